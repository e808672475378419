//! The checksum that Yarn 4 keeps of a package: the SHA-512 of the archive that it makes of
//! the registry's tarball, with nothing compressed (cache key `10c0`). It is made here again,
//! byte for byte, and only its digest is kept.
//!
//! Sources: `extractArchiveTo` in `packages/yarnpkg-core/sources/tgzUtils.ts`, `ZipFS.ts` in
//! `packages/yarnpkg-libzip`. Of Yarn's own, and tried with packages of the public registry
//! and with odd ones: entries in the order of the tarball, a directory before what lies in it,
//! one time for all, of the modes only whether something can be executed.

use crate::support::hash::sha512;
use flate2::read::MultiGzDecoder;
use std::collections::HashMap;
use std::io::{Cursor, Read, Write as _};
use tar::EntryType;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Most bytes of a package, unpacked; the largest known have 150 MB.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;
/// Most files and directories. With more the archive would be of another form.
const MAX_ENTRIES: usize = 60_000;
/// Parts of a path.
const MAX_DEPTH: usize = 100;
/// Bytes of a path: no system that Yarn runs on has longer ones.
const MAX_PATH: usize = 4096;
/// Bytes of all paths together, of directories as well. A few bytes packed are a megabyte of
/// names, and each is there several times before the archive is done; those of the largest
/// packages known are 5 MB.
const MAX_NAMES: usize = 32 * 1024 * 1024;

/// Bytes of an entry of the list at an archive's end, without its name; and of the end.
const LISTED: usize = 46;
const END: usize = 22;
const SIGNATURE: [u8; 4] = *b"PK\x01\x02";
/// Version 6.3, Unix: what libzip writes as the maker.
const MADE_BY: [u8; 2] = [63, 3];

/// What lies at a path.
enum Kind {
    Directory,
    File { content: Vec<u8>, executable: bool },
}

/// What Yarn would pack, in its order.
#[derive(Default)]
struct Packed {
    entries: Vec<(String, Kind)>,
    places: HashMap<String, usize>,
    /// Bytes of their paths.
    names: usize,
}

impl Packed {
    fn add(&mut self, path: String, kind: Kind) -> Result<(), String> {
        match self.places.get(&path).copied() {
            None => {
                if self.entries.len() >= MAX_ENTRIES {
                    return Err(format!("it has more than {MAX_ENTRIES} entries"));
                }
                self.names = self.names.saturating_add(path.len());
                if self.names > MAX_NAMES {
                    return Err("its names are longer than those of a package".to_owned());
                }
                self.places.insert(path.clone(), self.entries.len());
                self.entries.push((path, kind));
                Ok(())
            }
            Some(place) => match (self.entries.get_mut(place), kind) {
                // The last of several files of one name has the place of the first.
                (Some((_, old @ Kind::File { .. })), kind @ Kind::File { .. }) => {
                    *old = kind;
                    Ok(())
                }
                _ => Err("two of its entries are in each other's place".to_owned()),
            },
        }
    }

    /// A directory and those that it lies in, where they are not there.
    fn directories(&mut self, path: &str) -> Result<(), String> {
        let ends = path.match_indices('/').map(|(end, _)| end);
        for end in ends.chain([path.len()]) {
            let above = path.get(..end).unwrap_or_default();
            match self.places.get(above).and_then(|at| self.entries.get(*at)) {
                Some((_, Kind::Directory)) => {}
                Some(_) => return Err("a file lies in the place of a directory".to_owned()),
                None => self.add(above.to_owned(), Kind::Directory)?,
            }
        }
        Ok(())
    }
}

/// The checksum of a package of this name, in hex, of the bytes of its tarball.
///
/// # Errors
/// Why it cannot be told, one line.
pub(super) fn checksum(tarball: &[u8], name: &str) -> Result<String, String> {
    let packed = unpack(tarball, &format!("node_modules/{name}"))?;
    Ok(sha512(&archive(&packed)?).hex())
}

fn unpack(tarball: &[u8], prefix: &str) -> Result<Packed, String> {
    let broken = |error: std::io::Error| error.to_string();
    let mut packed = Packed::default();
    let mut left = MAX_UNPACKED;
    // Headers and what is passed over count as well, so that nothing grows without end.
    let mut archive = tar::Archive::new(MultiGzDecoder::new(tarball).take(2 * MAX_UNPACKED));
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let header = entry.header();
        let kind = header.entry_type();
        let is_directory = match kind {
            EntryType::Directory => true,
            EntryType::Regular => false,
            // What `git archive` writes first.
            EntryType::XGlobalHeader => continue,
            // Links are in no package that npm has packed.
            _ => return Err("it has entries that are neither files nor directories".to_owned()),
        };
        let executable = header.mode().map_err(broken)? & 0o111 != 0;
        let path = entry.path_bytes();
        if path.len() > MAX_PATH {
            return Err("a path is longer than one can be".to_owned());
        }
        let path = path.into_owned();
        let path = String::from_utf8(path).map_err(|_| "a name is not UTF-8".to_owned())?;
        let parts: Vec<&str> = path
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .collect();
        if path.starts_with('/') || parts.contains(&"..") {
            return Err("a path leads out of the package".to_owned());
        }
        if parts.len() > MAX_DEPTH {
            return Err("a path is deeper than those of a package".to_owned());
        }
        // The first part is the package's own directory, whatever its name.
        let Some((_, [above @ .., last])) = parts.split_first() else {
            continue;
        };
        let directory = [&[prefix], above].concat().join("/");
        packed.directories(&directory)?;
        let path = format!("{directory}/{last}");
        if is_directory {
            packed.add(path, Kind::Directory)?;
            continue;
        }
        left = left
            .checked_sub(entry.size())
            .ok_or("it unpacks to more than a package may have")?;
        let mut content = Vec::new();
        let size = entry.size();
        entry.take(size).read_to_end(&mut content).map_err(broken)?;
        if content.len() as u64 != size {
            return Err("it breaks off".to_owned());
        }
        packed.add(
            path,
            Kind::File {
                content,
                executable,
            },
        )?;
    }
    Ok(packed)
}

/// The archive as libzip writes it.
fn archive(packed: &Packed) -> Result<Vec<u8>, String> {
    let broken = |error: zip::result::ZipError| error.to_string();
    // Yarn's one time, 456,789,000 s after 1970, in UTC.
    let time = DateTime::from_date_and_time(1984, 6, 22, 21, 50, 0);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(time.map_err(|error| error.to_string())?);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut names = Vec::new();
    for (path, kind) in &packed.entries {
        match kind {
            Kind::Directory => {
                let name = format!("{path}/");
                writer
                    .add_directory(&*name, options.unix_permissions(0o755))
                    .map_err(broken)?;
                names.push(name);
            }
            Kind::File {
                content,
                executable,
            } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                writer
                    .start_file(&**path, options.unix_permissions(mode))
                    .map_err(broken)?;
                writer
                    .write_all(content)
                    .map_err(|error| error.to_string())?;
                names.push(path.clone());
            }
        }
    }
    let mut bytes = writer.finish().map_err(broken)?.into_inner();
    made_by_libzip(&mut bytes, &names).ok_or("its list of files is of another form")?;
    Ok(bytes)
}

/// Says of every entry that libzip made it: the one field that the crate has no setting for.
/// `None` where the list is not the one that is expected.
fn made_by_libzip(bytes: &mut [u8], names: &[String]) -> Option<()> {
    let length = names.iter().try_fold(END, |sum, name| {
        sum.checked_add(LISTED)?.checked_add(name.len())
    })?;
    let start = bytes.len().checked_sub(length)?;
    let mut rest = bytes.get_mut(start..)?;
    for name in names {
        let (entry, after) = rest.split_at_mut_checked(LISTED.checked_add(name.len())?)?;
        if !entry.starts_with(&SIGNATURE) || entry.get(LISTED..)? != name.as_bytes() {
            return None;
        }
        entry.get_mut(4..6)?.copy_from_slice(&MADE_BY);
        rest = after;
    }
    rest.starts_with(b"PK\x05\x06").then_some(())
}

#[cfg(test)]
mod tests;
