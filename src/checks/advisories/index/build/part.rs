//! The records that one thread has read, packed: texts and rows in one run of bytes,
//! metadata in a spill, and some numbers for each.

use super::spill::{Spill, Spilled};
use super::{narrow, scratch};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::index::{
    MAX_RECORD_METADATA_BYTES, ecosystem_code, name_hash, rows,
};
use crate::checks::advisories::record::{BadRecord, Feed, Parsed, Record, RecordMetadata};
use crate::checks::advisories::signals::collect::SignalCollector;
use crate::checks::advisories::signals::{EPSS_SOURCE, KEV_SOURCE, epss, kev};
use crate::model::Ecosystem;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Bad lines of one file of signals that are listed; all of them are counted.
const LISTED_LINES: usize = 100;

/// A place in the bytes of a part.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub offset: u32,
    pub length: u32,
}

impl Span {
    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        let start = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        bytes
            .get(start..start.saturating_add(length))
            .unwrap_or_default()
    }
}

/// A record.
pub(super) struct RecordRef {
    pub id: Span,
    pub feed: Feed,
    pub withdrawn: bool,
    /// The ecosystem that its source is named after, by code.
    pub source: u8,
    /// A bit for the code of each ecosystem.
    pub ecosystems: u32,
    pub modified: Option<Timestamp>,
    /// The input that it came from.
    pub input: u16,
    /// Where its metadata are in the spill.
    pub metadata: u64,
    pub metadata_length: u32,
    pub first_entry: u32,
    pub entries: u32,
}

/// What a record says about a package.
pub(super) struct EntryRef {
    pub hash: u64,
    pub ecosystem: u8,
    pub name: Span,
    pub rows: Span,
    pub count: u32,
    pub record: u32,
}

/// The writing end: takes what was read.
pub(in crate::checks::advisories) struct Part {
    /// The input that is being read.
    pub input: u16,
    pub(super) bytes: Vec<u8>,
    pub(super) spill: Spill,
    pub(super) records: Vec<RecordRef>,
    pub(super) entries: Vec<EntryRef>,
    pub(super) notes: Vec<(u32, String)>,
    pub(super) also_about: Vec<(u32, String)>,
    pub(super) counts: Counts,
    pub(super) signals: SignalCollector,
}

/// What does not hang on single records.
#[derive(Default)]
pub(super) struct Counts {
    pub not_used: BTreeMap<String, u64>,
    pub bad: Vec<BadRecord>,
    /// Bad records and lines by source, and whether it is one of signals.
    pub bad_of: BTreeMap<String, (u64, bool)>,
    pub notes: Vec<String>,
    /// Sources of signals and the inputs that they came from.
    pub signals_from: BTreeSet<(&'static str, u16)>,
}

impl Part {
    /// An empty part; what does not fit into memory goes to `directory`.
    pub(in crate::checks::advisories) fn new(directory: &Path) -> Self {
        Self {
            input: 0,
            bytes: Vec::new(),
            spill: Spill::new(directory),
            records: Vec::new(),
            entries: Vec::new(),
            notes: Vec::new(),
            also_about: Vec::new(),
            counts: Counts::default(),
            signals: SignalCollector::default(),
        }
    }

    /// Takes the result for one file. `place` is the file below its input.
    ///
    /// # Errors
    /// [`DatabaseError::TooLarge`], [`DatabaseError::Scratch`].
    pub(in crate::checks::advisories) fn take(
        &mut self,
        place: &str,
        parsed: Parsed,
    ) -> Result<(), DatabaseError> {
        match parsed {
            Parsed::Record(record) => return self.take_record(place, *record),
            Parsed::NotUsed(ecosystem) => {
                *self.counts.not_used.entry(ecosystem).or_default() += 1;
            }
            Parsed::Bad { reason, packages } => self.take_bad(place, reason, packages),
        }
        Ok(())
    }

    fn take_bad(&mut self, place: &str, reason: String, packages: Vec<(String, String)>) {
        let source = match packages.first() {
            _ if place.ends_with(".md") => "RustSec".to_owned(),
            Some((ecosystem, _)) => format!("OSV {ecosystem}"),
            None => "OSV (unknown ecosystem)".to_owned(),
        };
        self.counts.count_bad(&source, 1, false);
        self.counts.bad.push(BadRecord {
            source,
            place: place.to_owned(),
            reason,
            packages,
        });
    }

    fn take_record(&mut self, place: &str, record: Record) -> Result<(), DatabaseError> {
        let metadata = self.spill.position();
        let put = |bytes: &mut Vec<u8>| {
            rows::put(bytes, &record.metadata).map_err(|_| std::io::ErrorKind::OutOfMemory.into())
        };
        self.spill
            .append(put)
            .map_err(|error: std::io::Error| scratch(error))?;
        let length = self.spill.position() - metadata;
        if length > MAX_RECORD_METADATA_BYTES as u64 {
            let reason = format!("its texts are larger than {MAX_RECORD_METADATA_BYTES} bytes");
            let packages = record.affected.into_iter();
            let packages = packages.map(|a| (a.ecosystem.osv_name().to_owned(), a.name));
            self.take_bad(place, reason, packages.collect());
            return Ok(());
        }
        let number = narrow(self.records.len(), "records")?;
        let first_entry = narrow(self.entries.len(), "packages of records")?;
        let withdrawn = record.metadata.withdrawn.is_some();
        let mut ecosystems = 0;
        let id = self.put_text(&record.metadata.id)?;
        for affected in &record.affected {
            let ecosystem = ecosystem_code(affected.ecosystem);
            ecosystems |= 1_u32.checked_shl(u32::from(ecosystem)).unwrap_or(0);
            let name = self.put_text(&affected.name)?;
            let start = self.bytes.len();
            let count =
                rows::put_entry(&mut self.bytes, affected, withdrawn).map_err(|_| too_large())?;
            self.entries.push(EntryRef {
                hash: name_hash(affected.ecosystem, &affected.name),
                ecosystem,
                name,
                rows: self.span_from(start)?,
                count,
                record: number,
            });
        }
        let source = record.affected.first().map(|a| ecosystem_code(a.ecosystem));
        self.records.push(RecordRef {
            id,
            feed: record.feed,
            withdrawn,
            source: source.unwrap_or(0),
            ecosystems,
            modified: changed(&record.metadata),
            input: self.input,
            metadata,
            metadata_length: u32::try_from(length).unwrap_or(u32::MAX),
            first_entry,
            entries: narrow(record.affected.len(), "packages of a record")?,
        });
        let notes = record.notes.into_iter();
        self.notes.extend(notes.map(|note| (number, note)));
        let others = record.also_about.into_iter();
        self.also_about.extend(others.map(|other| (number, other)));
        Ok(())
    }

    /// Takes a catalogue of exploited vulnerabilities.
    pub(in crate::checks::advisories) fn take_kev(
        &mut self,
        place: &str,
        parsed: Result<kev::Catalogue, String>,
    ) {
        match parsed {
            Ok(mut catalogue) => {
                self.counts.bad_lines(KEV_SOURCE, place, &catalogue.bad);
                self.counts.notes.append(&mut catalogue.notes);
                self.counts.signals_from.insert((KEV_SOURCE, self.input));
                self.signals.take_kev(catalogue);
            }
            Err(reason) => self.counts.bad_file(KEV_SOURCE, place, reason),
        }
    }

    /// Takes a file of scores.
    pub(in crate::checks::advisories) fn take_epss(
        &mut self,
        place: &str,
        parsed: Result<epss::Scores, String>,
    ) {
        match parsed {
            Ok(scores) => {
                self.counts.bad_lines(EPSS_SOURCE, place, &scores.bad);
                self.counts.signals_from.insert((EPSS_SOURCE, self.input));
                self.signals.take_epss(scores);
            }
            Err(reason) => self.counts.bad_file(EPSS_SOURCE, place, reason),
        }
    }

    fn put_text(&mut self, text: &str) -> Result<Span, DatabaseError> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text.as_bytes());
        self.span_from(start)
    }

    fn span_from(&self, start: usize) -> Result<Span, DatabaseError> {
        Ok(Span {
            offset: narrow(start, "bytes")?,
            length: narrow(self.bytes.len() - start, "bytes")?,
        })
    }

    pub(super) fn close(self) -> (Packed, Counts, SignalCollector) {
        let packed = Packed {
            bytes: self.bytes,
            spilled: self.spill.finish(),
            records: self.records,
            entries: self.entries,
            notes: self.notes,
            also_about: self.also_about,
        };
        (packed, self.counts, self.signals)
    }
}

/// The reading end of a part.
pub(super) struct Packed {
    bytes: Vec<u8>,
    pub spilled: Spilled,
    pub records: Vec<RecordRef>,
    pub entries: Vec<EntryRef>,
    pub notes: Vec<(u32, String)>,
    pub also_about: Vec<(u32, String)>,
}

impl Packed {
    pub(super) fn bytes(&self, span: Span) -> &[u8] {
        span.of(&self.bytes)
    }
}

impl Counts {
    fn count_bad(&mut self, source: &str, number: u64, is_signal: bool) {
        let entry = self.bad_of.entry(source.to_owned()).or_default();
        entry.0 += number;
        entry.1 = is_signal;
    }

    fn bad_lines(&mut self, source: &str, place: &str, bad: &[(u64, String)]) {
        self.count_bad(source, bad.len() as u64, true);
        for (number, reason) in bad.iter().take(LISTED_LINES) {
            self.bad.push(BadRecord {
                source: source.to_owned(),
                place: format!("{place}:{number}"),
                reason: reason.clone(),
                packages: Vec::new(),
            });
        }
    }

    fn bad_file(&mut self, source: &str, place: &str, reason: String) {
        self.count_bad(source, 1, true);
        self.bad.push(BadRecord {
            source: source.to_owned(),
            place: place.to_owned(),
            reason,
            packages: Vec::new(),
        });
    }

    pub(super) fn join(&mut self, other: Self) {
        for (ecosystem, number) in other.not_used {
            *self.not_used.entry(ecosystem).or_default() += number;
        }
        for (source, (number, is_signal)) in other.bad_of {
            self.count_bad(&source, number, is_signal);
        }
        self.bad.extend(other.bad);
        self.notes.extend(other.notes);
        self.signals_from.extend(other.signals_from);
    }
}

fn changed(metadata: &RecordMetadata) -> Option<Timestamp> {
    metadata.modified.as_deref()?.parse().ok()
}

fn too_large() -> DatabaseError {
    DatabaseError::TooLarge {
        limit: u64::from(u32::MAX),
        unit: "rows",
    }
}

/// The name that `db status` shows for a record's source.
pub(super) fn source_name(record: &RecordRef) -> String {
    match record.feed {
        Feed::RustSec => "RustSec".to_owned(),
        Feed::Osv => {
            let all = Ecosystem::ALL.into_iter();
            let mut named = all.filter(|e| ecosystem_code(*e) == record.source);
            let name = named.next().map_or("(unknown)", Ecosystem::osv_name);
            format!("OSV {name}")
        }
    }
}
