//! Reads an index by position and verifies every chunk that it touches.

use super::bytes::{SharedFile, byte_at, u16_at, u32_at, u64_at, usize_of};
use super::{
    BLOCK_BYTES, CHUNK_BYTES, DIGEST_BYTES, FILE_NAME, FLAG_WITHDRAWN, FORMAT_VERSION,
    HEADER_BYTES, IndexInfo, MAGIC, NAME_BYTES, RECORD_BYTES, ROW_BYTES, RowKind, SECTIONS,
    Section, ecosystem_code, name_hash,
};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::record::RecordMetadata;
use crate::checks::advisories::signals::Signals;
use crate::checks::advisories::signals::table::{self, CveKey};
use crate::model::{DatabaseInfo, Digest, Ecosystem, SourceInfo, SourceUse};
use crate::support::hash::sha256;
use crate::versions::EventKind;
use flate2::read::DeflateDecoder;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Chunks kept in memory: 8 MiB. All of them are let go when there are more.
const MAX_CACHED_CHUNKS: usize = 512;
/// Decompressed metadata blocks kept in memory.
const MAX_CACHED_BLOCKS: usize = 64;
/// Largest metadata block, decompressed: one record at its limit after a full block.
const MAX_BLOCK_BYTES: u32 = 8 * 1024 * 1024;
/// Largest body: what 32-bit chunk numbers can name is more than any disk holds; this
/// bounds the digest table that opening reads (32 MiB).
const MAX_BODY_BYTES: u64 = 16 * 1024 * 1024 * 1024;

/// Offset in the body and length of each section.
type SectionTable = [(u64, u64); SECTIONS];

/// What one record says about the versions of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks::advisories) struct RecordRows {
    /// Place of the record in the index.
    pub ordinal: u32,
    pub withdrawn: bool,
    pub ranges: Vec<RangeRows>,
    /// Canonical forms of listed versions.
    pub versions: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::checks::advisories) struct RangeRows {
    number: u16,
    pub events: Vec<(EventKind, String)>,
    pub incomplete: bool,
}

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
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    chunks: HashMap<u64, Arc<Vec<u8>>>,
    blocks: HashMap<u32, Arc<Vec<u8>>>,
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
        let path = directory.join(FILE_NAME);
        let read = |source: std::io::Error| DatabaseError::Read {
            path: path.clone(),
            source,
        };
        let format = |reason| DatabaseError::Format {
            path: path.clone(),
            reason,
        };
        // The kind is looked at before opening: opening a pipe would wait for a writer.
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err(format("it is not a regular file")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(DatabaseError::Missing {
                    directory: directory.to_owned(),
                });
            }
            Err(error) => return Err(read(error)),
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
        if length != body_end + digest_bytes + DIGEST_BYTES as u64 {
            return Err(DatabaseError::Corrupt {
                path,
                what: format!("it has {length} bytes, which do not fit its header"),
            });
        }
        let mut tail = vec![0_u8; usize_of(digest_bytes) + DIGEST_BYTES];
        file.read_exact_at(&mut tail, body_end).map_err(read)?;
        let stored_root = tail.split_off(usize_of(digest_bytes));
        let mut sealed = header.to_vec();
        sealed.extend_from_slice(&tail);
        let root = sha256(&sealed);
        if root.bytes() != stored_root {
            return Err(DatabaseError::Corrupt {
                path,
                what: "its header or its table of digests was changed".to_owned(),
            });
        }
        let mut database = Self {
            path,
            file,
            digests: tail,
            body_length,
            sections: layout.sections,
            root,
            info: IndexInfo::default(),
            cache: Mutex::default(),
        };
        let info = database.section(Section::Info)?;
        database.info = serde_json::from_slice(&info)
            .map_err(|_| database.corrupt("what it says about itself cannot be read"))?;
        Ok(database)
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

    /// Everything that the index says about itself.
    #[must_use]
    pub fn status(&self) -> &IndexInfo {
        &self.info
    }

    /// Whether at least one record is about an ecosystem.
    #[must_use]
    pub fn covers(&self, ecosystem: Ecosystem) -> bool {
        self.info
            .ecosystems
            .get(ecosystem.osv_name())
            .is_some_and(|records| *records > 0)
    }

    /// Reads every byte and verifies it; gives back the number of chunks.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`] for the first chunk that was changed.
    pub fn verify(&self) -> Result<u64, DatabaseError> {
        let chunks = self.body_length.div_ceil(CHUNK_BYTES as u64);
        for number in 0..chunks {
            self.read_chunk(number)?;
        }
        Ok(chunks)
    }

    /// What the records say about a package, by record; empty where none names it.
    /// `name` is normalised.
    pub(in crate::checks::advisories) fn lookup(
        &self,
        ecosystem: Ecosystem,
        name: &str,
    ) -> Result<Vec<RecordRows>, DatabaseError> {
        let Some((first, count)) = self.find_name(ecosystem, name)? else {
            return Ok(Vec::new());
        };
        let start = u64::from(first) * ROW_BYTES as u64;
        let bytes = self.read_section(Section::Rows, start, u64::from(count) * ROW_BYTES as u64)?;
        let mut records: Vec<RecordRows> = Vec::new();
        for row in bytes.chunks_exact(ROW_BYTES) {
            self.add_row(&mut records, row)?;
        }
        Ok(records)
    }

    fn add_row(&self, records: &mut Vec<RecordRows>, row: &[u8]) -> Result<(), DatabaseError> {
        let ordinal = u32_at(row, 0);
        let kind = RowKind::from_code(byte_at(row, 4))
            .ok_or_else(|| self.corrupt("a row is of an unknown kind"))?;
        let number = u16_at(row, 6);
        let text = self.string(u32_at(row, 8), u16_at(row, 12))?;
        if records.last().is_none_or(|last| last.ordinal != ordinal) {
            records.push(RecordRows {
                ordinal,
                withdrawn: byte_at(row, 5) & FLAG_WITHDRAWN != 0,
                ranges: Vec::new(),
                versions: Vec::new(),
            });
        }
        let Some(record) = records.last_mut() else {
            return Ok(());
        };
        if kind == RowKind::Version {
            record.versions.push(text);
            return Ok(());
        }
        if record
            .ranges
            .last()
            .is_none_or(|last| last.number != number)
        {
            record.ranges.push(RangeRows {
                number,
                ..RangeRows::default()
            });
        }
        if let Some(range) = record.ranges.last_mut() {
            match kind {
                RowKind::Event(event) => range.events.push((event, text)),
                RowKind::Incomplete | RowKind::Version => range.incomplete = true,
            }
        }
        Ok(())
    }

    /// First row and number of rows of a package.
    fn find_name(
        &self,
        ecosystem: Ecosystem,
        name: &str,
    ) -> Result<Option<(u32, u32)>, DatabaseError> {
        let wanted = name_hash(ecosystem, name);
        let count = self.section_length(Section::Names) / NAME_BYTES as u64;
        let mut entry = [0_u8; NAME_BYTES];
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            self.read_into(Section::Names, middle * NAME_BYTES as u64, &mut entry)?;
            if u64_at(&entry, 0) < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        while low < count {
            self.read_into(Section::Names, low * NAME_BYTES as u64, &mut entry)?;
            if u64_at(&entry, 0) != wanted {
                break;
            }
            let same = byte_at(&entry, 22) == ecosystem_code(ecosystem)
                && self.string(u32_at(&entry, 16), u16_at(&entry, 20))? == name;
            if same {
                return Ok(Some((u32_at(&entry, 8), u32_at(&entry, 12))));
            }
            low += 1;
        }
        Ok(None)
    }

    /// What is known about attacks with a vulnerability; nothing for ids that are not of
    /// CVE or that no imported file names.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`] and [`DatabaseError::Read`].
    pub fn signals(&self, id: &str) -> Result<Signals, DatabaseError> {
        let (Some(wanted), true) = (CveKey::parse(id), self.section_length(Section::Signals) > 0)
        else {
            return Ok(Signals::default());
        };
        let mut head = [0_u8; table::HEAD_BYTES];
        self.read_into(Section::Signals, 0, &mut head)?;
        let mut entry = [0_u8; table::DIRECTORY_BYTES];
        let mut read_entry = |number: u64| {
            let at = table::HEAD_BYTES as u64 + number * table::DIRECTORY_BYTES as u64;
            self.read_into(Section::Signals, at, &mut entry).map(|()| {
                (
                    CveKey(u64_at(&entry, 0)),
                    u32_at(&entry, 8),
                    u32_at(&entry, 12),
                )
            })
        };
        // The last block that starts at or before the wanted key.
        let (mut low, mut high) = (0, u64::from(u32_at(&head, 0)));
        while low < high {
            let middle = low + (high - low) / 2;
            if read_entry(middle)?.0 <= wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let Some(number) = low.checked_sub(1) else {
            return Ok(Signals::default());
        };
        let (first, offset, length) = read_entry(number)?;
        let block = self.read_section(Section::Signals, u64::from(offset), u64::from(length))?;
        table::find(&block, first, wanted)
            .map_err(|_| self.corrupt("a block of signals cannot be read"))
    }

    /// The metadata of a record.
    pub(in crate::checks::advisories) fn metadata(
        &self,
        ordinal: u32,
    ) -> Result<RecordMetadata, DatabaseError> {
        let mut entry = [0_u8; RECORD_BYTES];
        let at = u64::from(ordinal) * RECORD_BYTES as u64;
        self.read_into(Section::Records, at, &mut entry)?;
        let block = self.block(u32_at(&entry, 0))?;
        let start = usize_of(u64::from(u32_at(&entry, 4)));
        let length = usize_of(u64::from(u32_at(&entry, 8)));
        block
            .get(start..start.saturating_add(length))
            .and_then(|json| serde_json::from_slice(json).ok())
            .ok_or_else(|| self.corrupt("the metadata of a record cannot be read"))
    }

    fn block(&self, number: u32) -> Result<Arc<Vec<u8>>, DatabaseError> {
        if let Some(block) = self.cache().blocks.get(&number) {
            return Ok(Arc::clone(block));
        }
        let mut entry = [0_u8; BLOCK_BYTES];
        let at = u64::from(number) * BLOCK_BYTES as u64;
        self.read_into(Section::Blocks, at, &mut entry)?;
        let length = u32_at(&entry, 12);
        let unreadable = || self.corrupt("a metadata block cannot be decompressed");
        if length > MAX_BLOCK_BYTES {
            return Err(unreadable());
        }
        let stored = self.read_section(
            Section::Data,
            u64_at(&entry, 0),
            u64::from(u32_at(&entry, 8)),
        )?;
        let mut block = Vec::new();
        DeflateDecoder::new(stored.as_slice())
            .take(u64::from(length) + 1)
            .read_to_end(&mut block)
            .map_err(|_| unreadable())?;
        if block.len() as u64 != u64::from(length) {
            return Err(unreadable());
        }
        let block = Arc::new(block);
        let mut cache = self.cache();
        if cache.blocks.len() >= MAX_CACHED_BLOCKS {
            cache.blocks.clear();
        }
        cache.blocks.insert(number, Arc::clone(&block));
        Ok(block)
    }

    fn string(&self, offset: u32, length: u16) -> Result<String, DatabaseError> {
        if length == 0 {
            return Ok(String::new());
        }
        let bytes = self.read_section(Section::Strings, u64::from(offset), u64::from(length))?;
        String::from_utf8(bytes).map_err(|_| self.corrupt("a text is not valid UTF-8"))
    }

    fn section(&self, section: Section) -> Result<Vec<u8>, DatabaseError> {
        self.read_section(section, 0, self.section_length(section))
    }

    fn section_length(&self, section: Section) -> u64 {
        self.sections.get(section as usize).map_or(0, |s| s.1)
    }

    fn read_section(
        &self,
        section: Section,
        offset: u64,
        length: u64,
    ) -> Result<Vec<u8>, DatabaseError> {
        // Checked before allocating: the length may come from the file.
        if offset.saturating_add(length) > self.section_length(section) {
            return Err(self.corrupt("an offset points outside of its section"));
        }
        let mut bytes = vec![0_u8; usize_of(length)];
        self.read_into(section, offset, &mut bytes)?;
        Ok(bytes)
    }

    fn read_into(
        &self,
        section: Section,
        offset: u64,
        target: &mut [u8],
    ) -> Result<(), DatabaseError> {
        let (start, length) = self
            .sections
            .get(section as usize)
            .copied()
            .unwrap_or((0, 0));
        if offset.saturating_add(target.len() as u64) > length {
            return Err(self.corrupt("an offset points outside of its section"));
        }
        let mut at = start + offset;
        let mut rest = target;
        while !rest.is_empty() {
            let chunk = self.chunk(at / CHUNK_BYTES as u64)?;
            let within = usize_of(at % CHUNK_BYTES as u64);
            let available = chunk.get(within..).unwrap_or_default();
            let count = available.len().min(rest.len());
            if count == 0 {
                return Err(self.corrupt("a section ends outside of the body"));
            }
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(available.get(..count).unwrap_or_default());
            rest = later;
            at += count as u64;
        }
        Ok(())
    }

    fn chunk(&self, number: u64) -> Result<Arc<Vec<u8>>, DatabaseError> {
        if let Some(chunk) = self.cache().chunks.get(&number) {
            return Ok(Arc::clone(chunk));
        }
        let chunk = Arc::new(self.read_chunk(number)?);
        let mut cache = self.cache();
        if cache.chunks.len() >= MAX_CACHED_CHUNKS {
            cache.chunks.clear();
        }
        cache.chunks.insert(number, Arc::clone(&chunk));
        Ok(chunk)
    }

    fn read_chunk(&self, number: u64) -> Result<Vec<u8>, DatabaseError> {
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
        if wanted != Some(sha256(&bytes).bytes()) {
            return Err(self.corrupt(&format!("chunk {number} was changed")));
        }
        Ok(bytes)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        // A thread that panicked while it held the lock left whole entries only.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn corrupt(&self, what: &str) -> DatabaseError {
        DatabaseError::Corrupt {
            path: self.path.clone(),
            what: what.to_owned(),
        }
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
