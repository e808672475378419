//! The advisory index: one flat file, little-endian, read by position.
//!
//! ```text
//! header     magic, format version, chunk size, body length, section table
//! body       packages  what the records say about each package (`rows`)
//!            names     first and number for each ecosystem; then 16 bytes each, sorted by
//!                      hash: hash, offset, length of the package
//!            data      deflate-compressed blocks of record metadata
//!            records   8 bytes each: block, offset
//!            blocks    16 bytes each: offset, stored length, length
//!            signals   what is known about attacks, by CVE id (`signals::table`)
//!            remarks   JSON: records that could not be used, malformed parts
//!            info      JSON: sources and counts
//! digests    SHA-256 of every 16 KiB chunk of the body
//! root       SHA-256 of the header and the digests
//! attached   JSON: origins of the sources, a signature of the root (`attachments`)
//! foot       length of what is attached, SHA-256 of it and the length
//! ```
//!
//! Opening reads header, digests, root, what is attached and info; a lookup reads and verifies only the
//! chunks that it touches. A changed byte is therefore an error as soon as it could change
//! an answer. The root digest names the whole content: same records, same root.
//!
//! What one lookup needs lies together. Names are sorted by ecosystem first, packages lie
//! in the order of names, and records are numbered in the order of their packages: a
//! lockfile of one ecosystem touches that part of the file only, and the records of one
//! package share a block.

pub(super) mod attachments;
pub(super) mod build;
mod bytes;
mod cursor;
pub(super) mod described;
mod lookup;
pub(super) mod read;
mod recent;
pub(super) mod rows;

pub(super) use bytes::SharedFile;

use crate::model::Ecosystem;
use crate::support::hash::sha256_parts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::record::BadRecord;

/// Raised with every change of the layout; other versions are refused.
pub const FORMAT_VERSION: u32 = 3;
/// Name of the index in the database directory.
pub const FILE_NAME: &str = "index.sgdb";

const MAGIC: [u8; 8] = *b"SGDBINDX";
const CHUNK_BYTES: usize = 16 * 1024;
const DIGEST_BYTES: usize = 32;
const SECTIONS: usize = 8;
/// Magic, version, chunk size, body length, offset and length of each section.
const HEADER_BYTES: usize = 8 + 4 + 4 + 8 + SECTIONS * 16;
/// Ecosystem codes are below this.
const ECOSYSTEM_CODES: usize = 32;
/// First entry and number of entries of one ecosystem, before the entries.
const NAME_RANGE_BYTES: usize = 8;
const NAME_HEAD_BYTES: usize = ECOSYSTEM_CODES * NAME_RANGE_BYTES;
const NAME_BYTES: usize = 16;
const RECORD_BYTES: usize = 8;
const BLOCK_BYTES: usize = 16;
/// Metadata is compressed in blocks of about this size. Larger ones are smaller on disk
/// and cost more per finding.
const BLOCK_TARGET_BYTES: usize = 8 * 1024;
/// Largest `remarks` and largest `info`, which are read whole: a million bad records.
const MAX_TEXT_BYTES: u64 = 256 * 1024 * 1024;
/// Largest metadata of one record and so of a block that starts with small ones.
const MAX_RECORD_METADATA_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Packages = 0,
    Names = 1,
    Data = 2,
    Records = 3,
    Blocks = 4,
    Signals = 5,
    Remarks = 6,
    Info = 7,
}

/// One byte for an ecosystem; never reused for another one.
fn ecosystem_code(ecosystem: Ecosystem) -> u8 {
    match ecosystem {
        Ecosystem::Cargo => 1,
        Ecosystem::Npm => 2,
        Ecosystem::Pypi => 3,
        Ecosystem::Golang => 4,
        Ecosystem::Maven => 5,
        Ecosystem::Nuget => 6,
        Ecosystem::Gem => 7,
        Ecosystem::Composer => 8,
        Ecosystem::Swift => 9,
        Ecosystem::Hex => 10,
        Ecosystem::Pub => 11,
        Ecosystem::Github => 12,
        Ecosystem::Deb => 13,
        Ecosystem::Apk => 14,
        Ecosystem::Rpm => 15,
        Ecosystem::Cran => 16,
        Ecosystem::Hackage => 17,
        Ecosystem::Julia => 18,
        Ecosystem::Generic => 19,
    }
}

/// The first eight bytes of SHA-256 over ecosystem and name. The name itself is compared
/// after it, so a collision costs a comparison and no wrong answer.
fn name_hash(ecosystem: Ecosystem, name: &str) -> u64 {
    let digest = sha256_parts(&[&[ecosystem_code(ecosystem)], name.as_bytes()]);
    digest
        .first_chunk::<8>()
        .map_or(0, |first| u64::from_be_bytes(*first))
}

/// What a source tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Advisories: records about packages.
    #[default]
    Advisories,
    /// Signals: entries about CVE ids.
    Signals,
}

/// Counts of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStatus {
    /// What it tells.
    pub kind: SourceKind,
    /// Records in use, withdrawn ones included; of signals, the CVE ids.
    pub records: u64,
    /// Withdrawn ones among them: kept, never a finding.
    pub withdrawn: u64,
    /// Records or lines that could not be used.
    pub bad_records: u64,
    /// RFC 3339 time of the newest change of a record; of signals, of the newest file.
    pub newest: Option<String>,
}

/// What the index says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexInfo {
    /// By name of the source: `OSV npm`, `RustSec`, `KEV`, `EPSS`.
    pub sources: BTreeMap<String, SourceStatus>,
    /// Records in use by OSV ecosystem name.
    pub ecosystems: BTreeMap<String, u64>,
    /// Records that are not used, by the ecosystem that they are about.
    pub not_used: BTreeMap<String, u64>,
    /// Records in use that name packages of further ecosystems, by the name of these; what
    /// they say about those packages is not used.
    pub also_about: BTreeMap<String, u64>,
    /// Records that another one with the same id replaced.
    pub replaced: u64,
    /// Packages with at least one record.
    pub packages: u64,
    /// Rows of all packages: bounds and listed versions.
    pub rows: u64,
    /// Records and lines that could not be used, those that name no package, and the
    /// place of the first of these; signals are not counted among the nameless.
    pub bad: u64,
    /// See `bad`.
    pub nameless_bad: u64,
    /// See `bad`.
    pub first_nameless_bad: Option<String>,
    /// For each source of signals with bad lines, the place of the first.
    pub first_bad_signals: BTreeMap<String, String>,
    /// Malformed parts of records that are used otherwise.
    pub notes: u64,
}

/// What an import could not use, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remarks {
    /// Every record that could not be used, sorted.
    pub bad: Vec<BadRecord>,
    /// Malformed parts of records that are used otherwise, `id: what`, sorted.
    pub notes: Vec<String>,
}

impl IndexInfo {
    /// Advisories in use; signals are not counted.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.of_advisories().map(|source| source.records).sum()
    }

    /// Every advisory that was seen in the import.
    #[must_use]
    pub fn seen(&self) -> u64 {
        let bad: u64 = self.of_advisories().map(|source| source.bad_records).sum();
        self.records() + self.replaced + self.not_used.values().sum::<u64>() + bad
    }

    fn of_advisories(&self) -> impl Iterator<Item = &SourceStatus> {
        let all = self.sources.values();
        all.filter(|source| source.kind == SourceKind::Advisories)
    }
}

#[cfg(test)]
mod tests;
