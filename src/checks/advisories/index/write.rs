//! Builds the bytes of an index.

use super::{
    BLOCK_BYTES, BLOCK_TARGET_BYTES, CHUNK_BYTES, DIGEST_BYTES, FLAG_WITHDRAWN, FORMAT_VERSION,
    HEADER_BYTES, IndexInfo, MAGIC, MAX_RECORD_METADATA_BYTES, RowKind, ecosystem_code, name_hash,
};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::record::{Affected, Record, RecordMetadata};
use crate::model::Ecosystem;
use crate::support::hash::sha256;
use crate::versions::{Scheme, Version};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;

/// The index of some records, sorted here by feed and id; the order given does not matter.
/// `info` is completed with the counts of packages and rows.
///
/// # Errors
/// [`DatabaseError::TooLarge`].
pub(in crate::checks::advisories) fn build(
    mut records: Vec<Record>,
    mut info: IndexInfo,
    signals: Vec<u8>,
) -> Result<Vec<u8>, DatabaseError> {
    records.sort_by(|a, b| {
        (a.feed, &a.metadata.id, &a.metadata.source).cmp(&(
            b.feed,
            &b.metadata.id,
            &b.metadata.source,
        ))
    });
    let mut strings = Strings::default();
    let mut packages: BTreeMap<(Ecosystem, String), Vec<u8>> = BTreeMap::new();
    let mut metadata = MetadataBlocks::default();
    for (ordinal, record) in records.into_iter().enumerate() {
        let ordinal = narrow(ordinal, "records")?;
        metadata.push(&record.metadata)?;
        let flags = if record.metadata.withdrawn.is_some() {
            FLAG_WITHDRAWN
        } else {
            0
        };
        let mut range_counts: HashMap<(Ecosystem, String), u16> = HashMap::new();
        for affected in record.affected {
            let key = (affected.ecosystem, affected.name.clone());
            let next_range = range_counts.entry(key.clone()).or_default();
            let rows = packages.entry(key).or_default();
            push_rows(rows, ordinal, flags, affected, next_range, &mut strings)?;
        }
    }
    let mut rows = Vec::new();
    let mut names = Vec::new();
    for ((ecosystem, name), of_package) in packages {
        let entry = NameEntry {
            hash: name_hash(ecosystem, &name),
            first_row: narrow(rows.len() / super::ROW_BYTES, "rows")?,
            rows: narrow(of_package.len() / super::ROW_BYTES, "rows")?,
            name: strings.intern(&name)?,
            ecosystem: ecosystem_code(ecosystem),
        };
        rows.extend_from_slice(&of_package);
        names.push(entry);
    }
    names.sort_by_key(|entry| (entry.hash, entry.ecosystem, entry.name));
    info.packages = names.len() as u64;
    info.rows = (rows.len() / super::ROW_BYTES) as u64;
    let metadata = metadata.finish()?;
    // A map with text keys and plain values always serialises.
    let info = serde_json::to_vec(&info).unwrap_or_default();
    let names: Vec<u8> = names.iter().flat_map(NameEntry::bytes).collect();
    assemble(&[
        info,
        names,
        rows,
        strings.bytes,
        metadata.records,
        metadata.blocks,
        metadata.data,
        signals,
    ])
}

fn push_rows(
    rows: &mut Vec<u8>,
    ordinal: u32,
    flags: u8,
    affected: Affected,
    next_range: &mut u16,
    strings: &mut Strings,
) -> Result<(), DatabaseError> {
    let scheme = Scheme::of(affected.ecosystem);
    let mut push = |kind: RowKind, range: u16, text: (u32, u16)| {
        rows.extend_from_slice(&ordinal.to_le_bytes());
        rows.extend_from_slice(&[kind.code(), flags]);
        rows.extend_from_slice(&range.to_le_bytes());
        rows.extend_from_slice(&text.0.to_le_bytes());
        rows.extend_from_slice(&text.1.to_le_bytes());
        rows.extend_from_slice(&[0, 0]);
    };
    for range in affected.ranges {
        let number = *next_range;
        *next_range = next_range.checked_add(1).ok_or(DatabaseError::TooLarge {
            limit: u64::from(u16::MAX),
            unit: "ranges in one record",
        })?;
        if range.incomplete {
            push(RowKind::Incomplete, number, (0, 0));
        }
        for (kind, version) in &range.events {
            push(RowKind::Event(*kind), number, strings.intern(version)?);
        }
    }
    let mut versions: Vec<_> = affected
        .versions
        .iter()
        .map(|version| canonical_version(scheme, version))
        .collect();
    versions.sort();
    versions.dedup();
    for version in versions {
        push(RowKind::Version, u16::MAX, strings.intern(&version)?);
    }
    Ok(())
}

/// The form in which listed versions are compared: equal in order means equal in text;
/// what has no place in the order is compared as it is written.
pub(in crate::checks::advisories) fn canonical_version(scheme: Scheme, version: &str) -> String {
    Version::parse(scheme, version).map_or_else(|_| version.to_owned(), |v| v.canonical())
}

struct NameEntry {
    hash: u64,
    first_row: u32,
    rows: u32,
    name: (u32, u16),
    ecosystem: u8,
}

impl NameEntry {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(super::NAME_BYTES);
        bytes.extend_from_slice(&self.hash.to_le_bytes());
        bytes.extend_from_slice(&self.first_row.to_le_bytes());
        bytes.extend_from_slice(&self.rows.to_le_bytes());
        bytes.extend_from_slice(&self.name.0.to_le_bytes());
        bytes.extend_from_slice(&self.name.1.to_le_bytes());
        bytes.extend_from_slice(&[self.ecosystem, 0]);
        bytes
    }
}

/// Texts, each once, in the order of first use.
#[derive(Default)]
struct Strings {
    bytes: Vec<u8>,
    places: HashMap<String, (u32, u16)>,
}

impl Strings {
    fn intern(&mut self, text: &str) -> Result<(u32, u16), DatabaseError> {
        if let Some(place) = self.places.get(text) {
            return Ok(*place);
        }
        let offset = narrow(self.bytes.len(), "bytes of text")?;
        let length = u16::try_from(text.len()).map_err(|_| DatabaseError::TooLarge {
            limit: u64::from(u16::MAX),
            unit: "bytes in one name or version",
        })?;
        self.bytes.extend_from_slice(text.as_bytes());
        self.places.insert(text.to_owned(), (offset, length));
        Ok((offset, length))
    }
}

/// Metadata of the records in order, in compressed blocks.
#[derive(Default)]
struct MetadataBlocks {
    open: Vec<u8>,
    records: Vec<u8>,
    blocks: Vec<u8>,
    data: Vec<u8>,
}

impl MetadataBlocks {
    fn push(&mut self, metadata: &RecordMetadata) -> Result<(), DatabaseError> {
        let json = serde_json::to_vec(metadata).unwrap_or_default();
        if json.len() > MAX_RECORD_METADATA_BYTES {
            return Err(DatabaseError::TooLarge {
                limit: MAX_RECORD_METADATA_BYTES as u64,
                unit: "bytes of metadata in one record",
            });
        }
        if !self.open.is_empty() && self.open.len() + json.len() > BLOCK_TARGET_BYTES {
            self.close()?;
        }
        let block: u32 = narrow(self.blocks.len() / BLOCK_BYTES, "blocks")?;
        self.records.extend_from_slice(&block.to_le_bytes());
        self.records
            .extend_from_slice(&narrow(self.open.len(), "bytes")?.to_le_bytes());
        self.records
            .extend_from_slice(&narrow(json.len(), "bytes")?.to_le_bytes());
        self.open.extend_from_slice(&json);
        Ok(())
    }

    fn close(&mut self) -> Result<(), DatabaseError> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
        // Writing into memory does not fail.
        let stored = encoder
            .write_all(&self.open)
            .and_then(|()| encoder.finish())
            .unwrap_or_default();
        self.blocks
            .extend_from_slice(&(self.data.len() as u64).to_le_bytes());
        self.blocks
            .extend_from_slice(&narrow(stored.len(), "bytes")?.to_le_bytes());
        self.blocks
            .extend_from_slice(&narrow(self.open.len(), "bytes")?.to_le_bytes());
        self.data.extend_from_slice(&stored);
        self.open.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Self, DatabaseError> {
        if !self.open.is_empty() {
            self.close()?;
        }
        Ok(self)
    }
}

/// Header, body, chunk digests and root.
fn assemble(sections: &[Vec<u8>; super::SECTIONS]) -> Result<Vec<u8>, DatabaseError> {
    let body_length: usize = sections.iter().map(Vec::len).sum();
    // Chunk numbers are 32 bits wide.
    narrow(body_length / CHUNK_BYTES, "chunks")?;
    let chunks = body_length.div_ceil(CHUNK_BYTES);
    let mut file = Vec::with_capacity(HEADER_BYTES + body_length + (chunks + 1) * DIGEST_BYTES);
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    file.extend_from_slice(&narrow(CHUNK_BYTES, "bytes")?.to_le_bytes());
    file.extend_from_slice(&(body_length as u64).to_le_bytes());
    let mut offset = 0_u64;
    for section in sections {
        file.extend_from_slice(&offset.to_le_bytes());
        file.extend_from_slice(&(section.len() as u64).to_le_bytes());
        offset += section.len() as u64;
    }
    let mut sealed = file.clone();
    for section in sections {
        file.extend_from_slice(section);
    }
    let body = file.get(HEADER_BYTES..).unwrap_or_default();
    for chunk in body.chunks(CHUNK_BYTES) {
        sealed.extend_from_slice(sha256(chunk).bytes());
    }
    let root = sha256(&sealed);
    file.extend_from_slice(sealed.get(HEADER_BYTES..).unwrap_or_default());
    file.extend_from_slice(root.bytes());
    Ok(file)
}

fn narrow(value: usize, unit: &'static str) -> Result<u32, DatabaseError> {
    u32::try_from(value).map_err(|_| DatabaseError::TooLarge {
        limit: u64::from(u32::MAX),
        unit,
    })
}
