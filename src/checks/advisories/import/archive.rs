//! Zip archives of records. The archive's directory is read entry by entry and never held
//! as a whole: an archive has as many entries as there are records.

use super::pool::Queue;
use super::read::{Job, Kind, MAX_RECORD_BYTES, too_large};
use super::walk::MAX_ENTRIES;
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::index::SharedFile;
use crate::checks::advisories::read_ahead::ReadAhead;
use crate::support::files::{FileError, check_is_file};
use flate2::Crc;
use libdeflater::{DecompressionError, Decompressor};
use rawzip::{
    CompressionMethod, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder, ZipFileHeaderRecord,
    ZipLocator,
};
use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most decompressed bytes of one archive.
const MAX_ARCHIVE_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// Entries that one thread reads in one go.
const BATCH: usize = 256;
/// More compressed bytes than an entry at the limit can have.
const MAX_COMPRESSED_BYTES: u64 = MAX_RECORD_BYTES + 64 * 1024;

/// Why an entry is not what its archive says.
const OTHER_LENGTH: &str =
    "it cannot be decompressed: its length or checksum is not the recorded one";

/// An archive that is being read.
struct Archive {
    path: PathBuf,
    /// Where it is below its input.
    place: String,
    file: SharedFile,
    length: u64,
    decompressed: AtomicU64,
}

/// Entries of one archive that lie together.
pub(super) struct Entries {
    archive: Arc<Archive>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    wayfinder: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    crc: u32,
    length: u64,
    /// Why it is not read at all.
    refused: Option<&'static str>,
}

impl Entry {
    fn of(header: &ZipFileHeaderRecord<'_>, name: String) -> Self {
        let method = header.compression_method();
        let known = [CompressionMethod::STORE, CompressionMethod::DEFLATE].contains(&method);
        let refused = if header.flags().is_encrypted() {
            Some("it is encrypted")
        } else if header.mode().is_symlink() {
            Some("it is a symbolic link")
        } else if known {
            None
        } else {
            Some("it is compressed in a way that is not known")
        };
        Self {
            name,
            wayfinder: header.wayfinder(),
            method,
            crc: header.crc32(),
            length: header.uncompressed_size_hint(),
            refused,
        }
    }
}

/// An archive's file, as the library reads it.
struct Window<'a>(RefCell<ReadAhead<'a>>);

impl<'a> Window<'a> {
    fn new(archive: &'a Archive) -> Self {
        Self(RefCell::new(ReadAhead::new(&archive.file, archive.length)))
    }
}

impl ReaderAt for Window<'_> {
    fn read_at(&self, target: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let mut window = self.0.borrow_mut();
        let bytes = window.read_some(offset, target.len())?;
        let count = bytes.len().min(target.len());
        if let (Some(to), Some(from)) = (target.get_mut(..count), bytes.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }
}

/// Finds the records in an archive and hands them on.
pub(super) fn find(path: &Path, place: &str, queue: &mut Queue) -> Result<(), DatabaseError> {
    let unreadable = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    check_is_file(path)?;
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let archive = Arc::new(Archive {
        path: path.to_owned(),
        place: place.to_owned(),
        file: SharedFile::new(file),
        length,
        decompressed: AtomicU64::new(0),
    });
    let mut buffer = vec![0_u8; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let zip = open(&archive, &mut buffer)?;
    let claimed = zip.entries_hint();
    let mut headers = zip.entries(&mut buffer);
    let (mut seen, mut records) = (0_u64, 0_u64);
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(header) = headers.next_entry().map_err(|e| failed(path, e))? {
        seen += 1;
        if seen > MAX_ENTRIES {
            return Err(over(path, MAX_ENTRIES, "archive entries"));
        }
        let name = String::from_utf8_lossy(header.file_path().as_bytes()).into_owned();
        if header.is_dir() || Kind::of(&name) != Some(Kind::Json) {
            continue;
        }
        records += 1;
        batch.push(Entry::of(&header, name));
        if batch.len() == BATCH {
            let entries = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            queue.push(Job::Entries(Entries {
                archive: Arc::clone(&archive),
                entries,
            }));
        }
    }
    queue.push(Job::Entries(Entries {
        archive: Arc::clone(&archive),
        entries: batch,
    }));
    // Old archives count their entries in 16 bits.
    if seen & 0xffff != claimed & 0xffff {
        return Err(failed(path, "its directory has lost entries"));
    }
    if records == 0 {
        return Err(DatabaseError::NothingRecognised {
            path: path.to_owned(),
        });
    }
    Ok(())
}

fn open<'a>(
    archive: &'a Archive,
    buffer: &mut [u8],
) -> Result<ZipArchive<Window<'a>>, DatabaseError> {
    ZipLocator::new()
        .locate_in_reader(Window::new(archive), buffer, archive.length)
        .map_err(|(_, error)| failed(&archive.path, error))
}

fn failed(
    path: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> DatabaseError {
    DatabaseError::Archive {
        path: path.to_owned(),
        source: source.into(),
    }
}

fn over(path: &Path, limit: u64, unit: &'static str) -> DatabaseError {
    DatabaseError::Limit {
        path: path.to_owned(),
        limit,
        unit,
    }
}

/// Decompresses entries, in buffers that are used again.
pub(super) struct ArchiveReader {
    inflate: Decompressor,
    bytes: Vec<u8>,
    place: String,
    directory: Vec<u8>,
}

impl Default for ArchiveReader {
    fn default() -> Self {
        Self {
            inflate: Decompressor::new(),
            bytes: Vec::new(),
            place: String::new(),
            directory: vec![0; rawzip::RECOMMENDED_BUFFER_SIZE],
        }
    }
}

impl ArchiveReader {
    /// Gives place and bytes of every entry to `take`, or why there are none.
    pub(super) fn read(
        &mut self,
        entries: &Entries,
        mut take: impl FnMut(&str, Result<&[u8], String>) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        let archive = &entries.archive;
        let zip = open(archive, &mut self.directory)?;
        for entry in &entries.entries {
            // One that is refused counts nothing.
            self.bytes.clear();
            let read = match entry.refused {
                Some(reason) => Err(reason.to_owned()),
                None => self.decompress(&zip, entry),
            };
            let bytes = self.bytes.len() as u64;
            let total = archive.decompressed.fetch_add(bytes, Ordering::Relaxed);
            if total.saturating_add(bytes) > MAX_ARCHIVE_BYTES {
                return Err(over(&archive.path, MAX_ARCHIVE_BYTES, "decompressed bytes"));
            }
            self.place.clear();
            self.place.push_str(&archive.place);
            self.place.push('!');
            self.place.push_str(&entry.name);
            take(&self.place, read.map(|()| self.bytes.as_slice()))?;
        }
        Ok(())
    }

    fn decompress(&mut self, zip: &ZipArchive<Window<'_>>, entry: &Entry) -> Result<(), String> {
        self.bytes.clear();
        let broken = |what: &dyn std::fmt::Display| format!("it cannot be decompressed: {what}");
        let found = zip.get_entry(entry.wayfinder).map_err(|e| broken(&e))?;
        let (start, end) = found.compressed_data_range();
        let length = end.saturating_sub(start);
        if length > MAX_COMPRESSED_BYTES {
            return Err(too_large(MAX_RECORD_BYTES));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut window = zip.get_ref().0.borrow_mut();
        let stored = window.read(start, length).map_err(|e| broken(&e))?;
        if entry.method == CompressionMethod::STORE {
            self.bytes.extend_from_slice(stored);
        } else {
            self.inflate(stored, entry.length)?;
        }
        // What the archive claims is not trusted: the limit is on what comes out.
        if self.bytes.len() as u64 > MAX_RECORD_BYTES {
            return Err(too_large(MAX_RECORD_BYTES));
        }
        let mut crc = Crc::new();
        crc.update(&self.bytes);
        if self.bytes.len() as u64 != entry.length || crc.sum() != entry.crc {
            return Err(OTHER_LENGTH.to_owned());
        }
        Ok(())
    }

    /// Decompresses into `bytes`, which is made as long as the archive says and no longer.
    fn inflate(&mut self, stored: &[u8], expected: u64) -> Result<(), String> {
        if expected > MAX_RECORD_BYTES {
            return Err(too_large(MAX_RECORD_BYTES));
        }
        let expected = usize::try_from(expected).unwrap_or(usize::MAX);
        self.bytes.resize(expected, 0);
        let inflated = self.inflate.deflate_decompress(stored, &mut self.bytes);
        self.bytes.truncate(*inflated.as_ref().unwrap_or(&0));
        inflated.map(drop).map_err(|error| match error {
            DecompressionError::InsufficientSpace => OTHER_LENGTH.to_owned(),
            DecompressionError::BadData => {
                "it cannot be decompressed: it is damaged, or it ends too early".to_owned()
            }
        })
    }
}
