//! Containers: gzip, zip and tar, told by their first bytes. Nothing is written to disk, no
//! name of an entry is ever used as a path of this machine.

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use rawzip::{CompressionMethod, ZipArchive};
use std::io::Read;

/// Largest entry that is searched, in bytes.
pub(super) const MAX_ENTRY: u64 = 50 * 1024 * 1024;
/// Most unpacked bytes of one file, all depths together.
const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;
/// Most entries of one file, all depths together.
const MAX_ENTRIES: u64 = 100_000;

/// What may still be unpacked of one file.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: u64,
    entries: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: MAX_UNPACKED,
            entries: MAX_ENTRIES,
        }
    }
}

/// A kind of container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Gzip,
    Zip,
    Tar,
}

/// The name of a container or compression that is told by its first bytes and not opened.
pub(super) fn unopened(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Some("bzip2"),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Some("Zstandard"),
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => Some("7z"),
        [b'R', b'a', b'r', b'!', 0x1A, 7, ..] => Some("RAR"),
        _ => None,
    }
}

/// Why an entry, or the rest of a container, was not searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unsearched {
    /// It is damaged, encrypted or compressed in a way that is not known.
    Unreadable(String),
    /// A limit was reached.
    Limit(String),
}

impl Container {
    /// The container that these bytes begin.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [b'P', b'K', 3, 4, ..] => Some(Self::Zip),
            _ if bytes.get(257..262) == Some(b"ustar") => Some(Self::Tar),
            _ => None,
        }
    }

    /// The word used in reports.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zip => "zip",
            Self::Tar => "tar",
        }
    }

    /// Gives the name and bytes of each file inside to `take`; what could not be searched
    /// comes back with the name of the entry, where there is one. `name` is the
    /// container's own.
    pub(super) fn unpack(
        self,
        name: &str,
        bytes: &[u8],
        budget: &mut Budget,
        take: &mut dyn FnMut(&str, &[u8], &mut Budget),
    ) -> Vec<(Option<String>, Unsearched)> {
        match self {
            Self::Gzip => gzip(name, bytes, budget, take),
            Self::Zip => zip(bytes, budget, take),
            Self::Tar => tar(bytes, budget, take),
        }
    }
}

fn gzip(
    name: &str,
    bytes: &[u8],
    budget: &mut Budget,
    take: &mut dyn FnMut(&str, &[u8], &mut Budget),
) -> Vec<(Option<String>, Unsearched)> {
    let inner = match name.strip_suffix(".tgz") {
        Some(stem) => format!("{stem}.tar"),
        None => name.strip_suffix(".gz").unwrap_or(name).to_owned(),
    };
    match read(MultiGzDecoder::new(bytes), budget) {
        Ok(content) => take(&inner, &content, budget),
        Err(reason) => return vec![(None, reason)],
    }
    Vec::new()
}

fn zip(
    bytes: &[u8],
    budget: &mut Budget,
    take: &mut dyn FnMut(&str, &[u8], &mut Budget),
) -> Vec<(Option<String>, Unsearched)> {
    let mut unsearched = Vec::new();
    let broken = |error: rawzip::Error| (None, Unsearched::Unreadable(error.to_string()));
    let archive = match ZipArchive::from_slice(bytes) {
        Ok(archive) => archive,
        Err(error) => return vec![broken(error)],
    };
    let mut entries = archive.entries();
    loop {
        let header = match entries.next_entry() {
            Ok(Some(header)) => header,
            Ok(None) => break,
            Err(error) => {
                unsearched.push(broken(error));
                break;
            }
        };
        if header.is_dir() || header.mode().is_symlink() {
            continue;
        }
        let name = String::from_utf8_lossy(header.file_path().as_bytes()).into_owned();
        let content = (|| {
            if header.flags().is_encrypted() {
                return Err(Unsearched::Unreadable("it is encrypted".to_owned()));
            }
            let entry = archive.get_entry(header.wayfinder());
            let entry = entry.map_err(|error| Unsearched::Unreadable(error.to_string()))?;
            match header.compression_method() {
                CompressionMethod::STORE => read(entry.verifying_reader(entry.data()), budget),
                CompressionMethod::DEFLATE => {
                    let inflate = DeflateDecoder::new(entry.data());
                    read(entry.verifying_reader(inflate), budget)
                }
                _ => Err(Unsearched::Unreadable(
                    "it is compressed in a way that is not known".to_owned(),
                )),
            }
        })();
        match content {
            Ok(content) => take(&name, &content, budget),
            Err(reason) => unsearched.push((Some(name), reason)),
        }
        if budget.is_spent() {
            unsearched.push((None, Unsearched::Limit(budget.said())));
            break;
        }
    }
    unsearched
}

fn tar(
    bytes: &[u8],
    budget: &mut Budget,
    take: &mut dyn FnMut(&str, &[u8], &mut Budget),
) -> Vec<(Option<String>, Unsearched)> {
    let mut unsearched = Vec::new();
    let broken = |error: std::io::Error| (None, Unsearched::Unreadable(error.to_string()));
    let mut archive = tar::Archive::new(bytes);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return vec![broken(error)],
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                // Where one header is damaged the next cannot be found.
                unsearched.push(broken(error));
                break;
            }
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match read(entry, budget) {
            Ok(content) => take(&name, &content, budget),
            Err(reason) => unsearched.push((Some(name), reason)),
        }
        if budget.is_spent() {
            unsearched.push((None, Unsearched::Limit(budget.said())));
            break;
        }
    }
    unsearched
}

/// One entry, within the limits. What the container says of its size is not trusted.
fn read(reader: impl Read, budget: &mut Budget) -> Result<Vec<u8>, Unsearched> {
    budget.entries = budget.entries.saturating_sub(1);
    let limit = MAX_ENTRY.min(budget.bytes);
    let mut content = Vec::new();
    let result = reader.take(limit + 1).read_to_end(&mut content);
    budget.bytes = budget.bytes.saturating_sub(content.len() as u64);
    if content.len() as u64 > limit {
        let limit = format!("it is larger than {MAX_ENTRY} bytes");
        return Err(Unsearched::Limit(limit));
    }
    match result {
        Ok(_) => Ok(content),
        Err(error) => Err(Unsearched::Unreadable(error.to_string())),
    }
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.bytes == 0 || self.entries == 0
    }

    fn said(&self) -> String {
        match self.entries {
            0 => format!("it holds more than {MAX_ENTRIES} entries"),
            _ => format!("it unpacks to more than {MAX_UNPACKED} bytes"),
        }
    }
}
