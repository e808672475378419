//! Opens an index, reads it by position, and verifies every chunk that it touches.

use super::attachments::{self, Attachments};
use super::bytes::{SharedFile, u32_at, u64_at, usize_of};
use super::described::Kept;
use super::recent::Recent;
use super::{
    CHUNK_BYTES, DIGEST_BYTES, FILE_NAME, FORMAT_VERSION, HEADER_BYTES, IndexInfo, MAGIC,
    MAX_TEXT_BYTES, Remarks, SECTIONS, Section,
};
use crate::checks::advisories::error::DatabaseError;
use crate::model::{DatabaseInfo, Digest, Ecosystem, SourceInfo, SourceUse};
use crate::support::hash::{sha256, sha256_parts};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Chunks kept in memory, twice: half a mebibyte. Packages are asked for in the order in
/// which they lie, so few are enough.
const MAX_CACHED_CHUNKS: usize = 16;
/// Decompressed metadata blocks kept in memory, twice.
const MAX_CACHED_BLOCKS: usize = 8;
/// Bytes of them. Only an index that no import wrote has many large ones.
const MAX_CACHED_BLOCK_BYTES: usize = 4 * 1024 * 1024;
/// Largest body: what 32-bit chunk numbers can name is more than any disk holds; this
/// bounds the digest table that opening reads (32 MiB).
const MAX_BODY_BYTES: u64 = 16 * 1024 * 1024 * 1024;

/// Bytes that are copied with one system call.
const COPIED_TOGETHER: usize = 256 * 1024;

/// Offset in the body and length of each section.
type SectionTable = [(u64, u64); SECTIONS];

/// An opened advisory database. Reading it needs no lock on the file: an import replaces
/// the file and never changes it.
pub struct Database {
    path: PathBuf,
    file: SharedFile,
    digests: Vec<u8>,
    body_length: u64,
    sections: SectionTable,
    root: Digest,
    info: IndexInfo,
    attachments: Attachments,
    cache: Mutex<Cache>,
}

pub(super) struct Cache {
    chunks: Recent,
    blocks: Recent,
    pub(super) kept: Kept,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            chunks: Recent::new(MAX_CACHED_CHUNKS, MAX_CACHED_CHUNKS * CHUNK_BYTES),
            blocks: Recent::new(MAX_CACHED_BLOCKS, MAX_CACHED_BLOCK_BYTES),
            kept: Kept::default(),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("path", &self.path)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

impl Database {
    /// Opens the index in a database directory: verifies header, digests and root, and
    /// reads what the index says about itself.
    ///
    /// # Errors
    /// [`DatabaseError::Missing`] where there is none, [`DatabaseError::Read`],
    /// [`DatabaseError::Format`] and [`DatabaseError::Corrupt`].
    pub fn open(directory: &Path) -> Result<Self, DatabaseError> {
        Self::open_file(&directory.join(FILE_NAME)).map_err(|error| match error {
            DatabaseError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                DatabaseError::Missing {
                    directory: directory.to_owned(),
                }
            }
            other => other,
        })
    }

    /// Opens an index file of any name.
    ///
    /// # Errors
    /// As [`Database::open`], with [`DatabaseError::Read`] where there is none.
    pub fn open_file(path: &Path) -> Result<Self, DatabaseError> {
        let path = path.to_owned();
        let read = |source: std::io::Error| DatabaseError::Read {
            path: path.clone(),
            source,
        };
        let format = |reason| DatabaseError::Format {
            path: path.clone(),
            reason,
        };
        // The kind is looked at before opening: opening a pipe would wait for a writer.
        if !std::fs::metadata(&path).map_err(read)?.is_file() {
            return Err(format("it is not a regular file"));
        }
        let file = File::open(&path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let file = SharedFile::new(file);
        if length < HEADER_BYTES as u64 {
            return Err(format("it is shorter than a header"));
        }
        let mut header = [0_u8; HEADER_BYTES];
        file.read_exact_at(&mut header, 0).map_err(read)?;
        let layout = read_header(&header).map_err(format)?;
        let body_length = layout.body_length;
        let digest_bytes = body_length.div_ceil(CHUNK_BYTES as u64) * DIGEST_BYTES as u64;
        let body_end = HEADER_BYTES as u64 + body_length;
        let attached = length
            .checked_sub(body_end + digest_bytes + DIGEST_BYTES as u64)
            .filter(|attached| *attached <= attachments::MAX_BYTES + attachments::FOOT_BYTES);
        let Some(attached) = attached else {
            return Err(DatabaseError::Corrupt {
                path,
                what: format!("it has {length} bytes, which do not fit its header"),
            });
        };
        let mut tail = vec![0_u8; usize_of(digest_bytes + DIGEST_BYTES as u64 + attached)];
        file.read_exact_at(&mut tail, body_end).map_err(read)?;
        let mut stored_root = tail.split_off(usize_of(digest_bytes));
        let attached = stored_root.split_off(DIGEST_BYTES);
        let mut sealed = header.to_vec();
        sealed.extend_from_slice(&tail);
        let root = sha256(&sealed);
        if root.bytes() != stored_root {
            return Err(DatabaseError::Corrupt {
                path,
                what: "its header or its table of digests was changed".to_owned(),
            });
        }
        let Some(attachments) = Attachments::from_bytes(&attached) else {
            return Err(DatabaseError::Corrupt {
                path,
                what: "what is attached to it was changed or cut off".to_owned(),
            });
        };
        let mut database = Self {
            path,
            file,
            digests: tail,
            body_length,
            sections: layout.sections,
            root,
            info: IndexInfo::default(),
            attachments,
            cache: Mutex::default(),
        };
        let info = database.section(Section::Info)?;
        database.info = serde_json::from_slice(&info)
            .map_err(|_| database.corrupt("what it says about itself cannot be read"))?;
        Ok(database)
    }

    /// Where it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The SHA-256 that names all of its content.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.root
    }

    /// Root digest and sources, for a report.
    #[must_use]
    pub fn info(&self) -> DatabaseInfo {
        DatabaseInfo {
            digest: self.root.hex(),
            sources: self
                .info
                .sources
                .iter()
                .map(|(name, status)| SourceInfo {
                    name: name.clone(),
                    records: status.records,
                    bad_records: status.bad_records,
                    newest: status.newest.clone(),
                    used_for: SourceUse::Advisories,
                })
                .collect(),
        }
    }

    /// Where the sources came from, and who signed; not part of what the digest names.
    #[must_use]
    pub fn attachments(&self) -> &Attachments {
        &self.attachments
    }

    /// Writes the index with other attachments.
    pub(in crate::checks::advisories) fn copy_with(
        &self,
        attachments: &Attachments,
        target: &mut File,
    ) -> Result<(), DatabaseError> {
        let scratch = |source| DatabaseError::Scratch { source };
        let root_end = HEADER_BYTES as u64
            + self.body_length
            + self.digests.len() as u64
            + DIGEST_BYTES as u64;
        let mut at = 0;
        let mut piece = vec![0_u8; COPIED_TOGETHER];
        while at < root_end {
            let count = usize_of(root_end - at).min(piece.len());
            let piece = piece.get_mut(..count).unwrap_or_default();
            self.file
                .read_exact_at(piece, at)
                .map_err(|source| DatabaseError::Read {
                    path: self.path.clone(),
                    source,
                })?;
            target.write_all(piece).map_err(scratch)?;
            at += count as u64;
        }
        target.write_all(&attachments.to_bytes()).map_err(scratch)
    }

    /// Everything that the index says about itself.
    #[must_use]
    pub fn status(&self) -> &IndexInfo {
        &self.info
    }

    /// What the import could not use, line by line.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`] and [`DatabaseError::Read`].
    pub fn remarks(&self) -> Result<Remarks, DatabaseError> {
        serde_json::from_slice(&self.section(Section::Remarks)?)
            .map_err(|_| self.corrupt("its list of bad records cannot be read"))
    }

    /// Whether at least one record is about an ecosystem.
    #[must_use]
    pub fn covers(&self, ecosystem: Ecosystem) -> bool {
        self.info
            .ecosystems
            .get(ecosystem.osv_name())
            .is_some_and(|records| *records > 0)
    }

    /// The chunks of the body.
    pub(super) fn chunks(&self) -> u64 {
        self.body_length.div_ceil(CHUNK_BYTES as u64)
    }

    fn section(&self, section: Section) -> Result<Vec<u8>, DatabaseError> {
        let mut bytes = Vec::new();
        let length = self.section_length(section);
        if length > MAX_TEXT_BYTES {
            return Err(self.corrupt("what it says about itself is too long"));
        }
        self.reader().read(section, 0, length, &mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn section_length(&self, section: Section) -> u64 {
        self.sections.get(section as usize).map_or(0, |s| s.1)
    }

    /// A reader for one lookup.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader {
            database: self,
            last: None,
        }
    }

    fn chunk(&self, number: u64) -> Result<Arc<Vec<u8>>, DatabaseError> {
        if let Some(chunk) = self.cache().chunks.get(number) {
            return Ok(chunk);
        }
        let chunk = Arc::new(self.read_chunk(number)?);
        self.cache().chunks.put(number, Arc::clone(&chunk));
        Ok(chunk)
    }

    /// A chunk from the file, verified.
    pub(super) fn read_chunk(&self, number: u64) -> Result<Vec<u8>, DatabaseError> {
        let start = number.saturating_mul(CHUNK_BYTES as u64);
        let length = self
            .body_length
            .saturating_sub(start)
            .min(CHUNK_BYTES as u64);
        let mut bytes = vec![0_u8; usize_of(length)];
        self.file
            .read_exact_at(&mut bytes, HEADER_BYTES as u64 + start)
            .map_err(|source| DatabaseError::Read {
                path: self.path.clone(),
                source,
            })?;
        let at = usize_of(number).saturating_mul(DIGEST_BYTES);
        let wanted = self.digests.get(at..at.saturating_add(DIGEST_BYTES));
        if wanted != Some(&sha256_parts(&[&bytes])) {
            return Err(self.corrupt(&format!("chunk {number} was changed")));
        }
        Ok(bytes)
    }

    /// A decompressed block from the cache, else what `read` gives.
    pub(super) fn cached_block(
        &self,
        number: u32,
        read: impl FnOnce() -> Result<Vec<u8>, DatabaseError>,
    ) -> Result<Arc<Vec<u8>>, DatabaseError> {
        let number = u64::from(number);
        if let Some(block) = self.cache().blocks.get(number) {
            return Ok(block);
        }
        let block = Arc::new(read()?);
        self.cache().blocks.put(number, Arc::clone(&block));
        Ok(block)
    }

    pub(super) fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        // A thread that panicked while it held the lock left whole entries only.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn corrupt(&self, what: &str) -> DatabaseError {
        DatabaseError::Corrupt {
            path: self.path.clone(),
            what: what.to_owned(),
        }
    }
}

/// Reads bytes of the body. It keeps the chunk that it read last, so that a search does
/// not ask the shared cache for each step.
pub(super) struct Reader<'a> {
    database: &'a Database,
    last: Option<(u64, Arc<Vec<u8>>)>,
}

impl Reader<'_> {
    /// Fills `target` from a place in a section.
    pub(super) fn read_into(
        &mut self,
        section: Section,
        offset: u64,
        target: &mut [u8],
    ) -> Result<(), DatabaseError> {
        let database = self.database;
        let place = database.sections.get(section as usize).copied();
        let (start, length) = place.unwrap_or((0, 0));
        if offset.saturating_add(target.len() as u64) > length {
            return Err(database.corrupt("an offset points outside of its section"));
        }
        let mut at = start + offset;
        let mut rest = target;
        while !rest.is_empty() {
            let within = usize_of(at % CHUNK_BYTES as u64);
            let chunk = self.chunk(at / CHUNK_BYTES as u64)?;
            let available = chunk.get(within..).unwrap_or_default();
            let count = available.len().min(rest.len());
            if count == 0 {
                return Err(database.corrupt("a section ends outside of the body"));
            }
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(available.get(..count).unwrap_or_default());
            rest = later;
            at += count as u64;
        }
        Ok(())
    }

    /// Replaces the content of `bytes` by a part of a section.
    pub(super) fn read(
        &mut self,
        section: Section,
        offset: u64,
        length: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), DatabaseError> {
        // Checked before allocating: the length may come from the file.
        if offset.saturating_add(length) > self.database.section_length(section) {
            return Err(self
                .database
                .corrupt("an offset points outside of its section"));
        }
        bytes.clear();
        bytes.resize(usize_of(length), 0);
        self.read_into(section, offset, bytes)
    }

    fn chunk(&mut self, number: u64) -> Result<&[u8], DatabaseError> {
        let chunk = match self.last.take() {
            Some((last, chunk)) if last == number => chunk,
            _ => self.database.chunk(number)?,
        };
        Ok(&self.last.insert((number, chunk)).1)
    }
}

/// What a header says.
struct Layout {
    body_length: u64,
    sections: SectionTable,
}

/// Body length and sections of a header.
fn read_header(header: &[u8; HEADER_BYTES]) -> Result<Layout, &'static str> {
    if header.get(..MAGIC.len()) != Some(&MAGIC) {
        return Err("it does not start as one");
    }
    if u32_at(header, 8) != FORMAT_VERSION {
        return Err("it was written by another version of sealgate");
    }
    if u64::from(u32_at(header, 12)) != CHUNK_BYTES as u64 {
        return Err("its chunks have another size");
    }
    let body_length = u64_at(header, 16);
    if body_length > MAX_BODY_BYTES {
        return Err("it claims to be larger than is possible");
    }
    let mut sections = [(0, 0); SECTIONS];
    for (index, section) in sections.iter_mut().enumerate() {
        let (offset, length) = (
            u64_at(header, 24 + index * 16),
            u64_at(header, 32 + index * 16),
        );
        if offset
            .checked_add(length)
            .is_none_or(|end| end > body_length)
        {
            return Err("a section lies outside of it");
        }
        *section = (offset, length);
    }
    Ok(Layout {
        body_length,
        sections,
    })
}
