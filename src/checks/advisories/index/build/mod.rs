//! Builds an index: parts that threads have filled come in, one file goes out. What is in
//! the file follows from the records alone, not from the order in which or the threads by
//! which they were read.

mod blocks;
mod file;
mod order;
mod part;
mod spill;

pub(in crate::checks::advisories) use part::Part;

use super::attachments::{Attachments, SourceOrigin};
use super::rows;
use super::{ECOSYSTEM_CODES, IndexInfo, Remarks, Section, SourceKind, SourceStatus, name_hash};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::import::Origin;
use crate::checks::advisories::record::Feed;
use crate::checks::advisories::signals::collect::{SignalCollector, Total};
use crate::checks::advisories::signals::{EPSS_SOURCE, KEV_SOURCE};
use crate::model::Ecosystem;
use file::IndexFile;
use jiff::Timestamp;
use order::{Order, RecordId};
use part::{Counts, EntryRef, Packed, Span, source_name};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

/// An input, as its origin is told.
pub(in crate::checks::advisories) struct InputName {
    pub name: String,
    pub commit: Option<String>,
    pub fetched: Option<Origin>,
}

/// Writes the index of everything in the parts into an empty file; gives the file back.
/// The parts name inputs by their places in `inputs`.
///
/// # Errors
/// [`DatabaseError::TooLarge`], [`DatabaseError::Scratch`].
pub(in crate::checks::advisories) fn build(
    parts: Vec<Part>,
    inputs: &[InputName],
    file: File,
) -> Result<File, DatabaseError> {
    let mut counts = Counts::default();
    let mut signals = SignalCollector::default();
    let mut packed = Vec::with_capacity(parts.len());
    for part in parts {
        let (records, of_part, collected) = part.close();
        packed.push(records);
        counts.join(of_part);
        signals.join(collected);
    }
    counts.bad.sort();
    let order = order::order(&packed).map_err(scratch)?;
    let mut info = IndexInfo {
        replaced: order.replaced,
        ..IndexInfo::default()
    };
    let mut origins = count_records(&mut info, &packed, &order);
    let signals_from = counts.signals_from.iter();
    origins.extend(signals_from.map(|(source, input)| ((*source).to_owned(), *input)));
    let mut file = IndexFile::new(file).map_err(scratch)?;
    write_packages(&mut file, &packed, &order, &counts, &mut info)?;
    blocks::write(&mut file, &packed, &order.records)?;
    let signals = signals.finish();
    file.begin(Section::Signals);
    file.write(Section::Signals, &signals.table)
        .map_err(scratch)?;
    for (name, total) in [(KEV_SOURCE, signals.kev), (EPSS_SOURCE, signals.epss)] {
        if let Some(Total { entries, newest }) = total {
            let source = info.sources.entry(name.to_owned()).or_default();
            source.kind = SourceKind::Signals;
            source.records = entries;
            source.newest = newest.map(|time| time.to_string());
        }
    }
    let remarks = remarks(&mut info, &packed, &order, counts);
    // Maps with text keys and plain values always serialise.
    let remarks = serde_json::to_vec(&remarks).unwrap_or_default();
    let info = serde_json::to_vec(&info).unwrap_or_default();
    let attachments = attachments(origins, inputs);
    within(info.len().max(remarks.len()), super::MAX_TEXT_BYTES)?;
    within(attachments.to_bytes().len(), super::attachments::MAX_BYTES)?;
    file.begin(Section::Remarks);
    file.write(Section::Remarks, &remarks).map_err(scratch)?;
    file.begin(Section::Info);
    file.write(Section::Info, &info).map_err(scratch)?;
    file.finish(&attachments)
}

/// What a reader would refuse is not written.
fn within(length: usize, limit: u64) -> Result<(), DatabaseError> {
    match length as u64 <= limit {
        true => Ok(()),
        false => Err(DatabaseError::TooLarge {
            limit,
            unit: "bytes about bad records and sources",
        }),
    }
}

/// Sources and the inputs that they came from.
type Origins = BTreeSet<(String, u16)>;

fn attachments(origins: Origins, inputs: &[InputName]) -> Attachments {
    let origins = origins.into_iter().filter_map(|(source, input)| {
        let input = inputs.get(usize::from(input))?;
        Some(SourceOrigin {
            source,
            name: input.name.clone(),
            commit: input.commit.clone(),
            fetched: input.fetched.clone(),
        })
    });
    // The numbers hang on the order of the inputs; what is told does not.
    let origins: BTreeSet<_> = origins.collect();
    Attachments {
        origins: origins.into_iter().collect(),
        signature: None,
    }
}

/// Counts of the records of one source.
struct OfSource {
    status: SourceStatus,
    newest: Option<Timestamp>,
    inputs: BTreeSet<u16>,
    /// Any one of them.
    example: RecordId,
}

/// Counts the records in use by source and ecosystem; gives back where they came from.
fn count_records(info: &mut IndexInfo, packed: &[Packed], order: &Order) -> Origins {
    // Sources are told apart by two small numbers before any text is made.
    let mut sources: BTreeMap<(Feed, u8), OfSource> = BTreeMap::new();
    let mut of_ecosystem = [0_u64; ECOSYSTEM_CODES];
    for id in &order.records {
        let Some(record) = id.of(packed) else {
            continue;
        };
        let of_source = sources
            .entry((record.feed, record.source))
            .or_insert_with(|| OfSource {
                status: SourceStatus::default(),
                newest: None,
                inputs: BTreeSet::new(),
                example: *id,
            });
        of_source.status.records += 1;
        of_source.status.withdrawn += u64::from(record.withdrawn);
        of_source.newest = of_source.newest.max(record.modified);
        of_source.inputs.insert(record.input);
        for (code, number) in of_ecosystem.iter_mut().enumerate() {
            *number += u64::from(record.ecosystems >> code & 1);
        }
    }
    let mut origins = Origins::new();
    for mut of_source in sources.into_values() {
        let Some(record) = of_source.example.of(packed) else {
            continue;
        };
        let name = source_name(record);
        let inputs = of_source.inputs.into_iter();
        origins.extend(inputs.map(|input| (name.clone(), input)));
        of_source.status.newest = of_source.newest.map(|time| time.to_string());
        info.sources.insert(name, of_source.status);
    }
    for ecosystem in Ecosystem::ALL {
        let code = usize::from(super::ecosystem_code(ecosystem));
        let number = of_ecosystem.get(code).copied().unwrap_or(0);
        if number > 0 {
            info.ecosystems
                .insert(ecosystem.osv_name().to_owned(), number);
        }
    }
    for (part, packed) in packed.iter().enumerate() {
        for (record, other) in &packed.also_about {
            if order.ordinal(part, *record).is_some() {
                *info.also_about.entry(other.clone()).or_default() += 1;
            }
        }
    }
    origins
}

/// What could not be used, and its counts.
fn remarks(info: &mut IndexInfo, packed: &[Packed], order: &Order, counts: Counts) -> Remarks {
    let mut notes = counts.notes;
    for (part, packed) in packed.iter().enumerate() {
        for (number, note) in &packed.notes {
            let in_use = order.ordinal(part, *number).is_some();
            let index = usize::try_from(*number).unwrap_or(usize::MAX);
            if let (true, Some(record)) = (in_use, packed.records.get(index)) {
                let id = String::from_utf8_lossy(packed.bytes(record.id));
                notes.push(format!("{id}: {note}"));
            }
        }
    }
    notes.sort();
    notes.dedup();
    for (name, (number, is_signal)) in counts.bad_of {
        let source = info.sources.entry(name.clone()).or_default();
        source.bad_records = number;
        info.bad += number;
        if is_signal && number > 0 {
            source.kind = SourceKind::Signals;
            let first = counts.bad.iter().find(|bad| bad.source == name);
            let place = first.map(|bad| bad.place.clone()).unwrap_or_default();
            info.first_bad_signals.insert(name, place);
        }
    }
    let is_signal = |source: &str| info.first_bad_signals.contains_key(source);
    let mut nameless = counts
        .bad
        .iter()
        .filter(|bad| bad.packages.is_empty() && !is_signal(&bad.source));
    let first = nameless.next().map(|bad| bad.place.clone());
    let others = nameless.count() as u64;
    info.nameless_bad = others + u64::from(first.is_some());
    info.first_nameless_bad = first;
    info.not_used = counts.not_used;
    info.notes = notes.len() as u64;
    Remarks {
        bad: counts.bad,
        notes,
    }
}

/// An entry of the packages' section, as it is sorted.
struct Row {
    ecosystem: u8,
    hash: u64,
    ordinal: u32,
    part: u8,
    index: u32,
}

/// Places of records that could not be used, as entries of the packages that they name.
fn bad_entries(counts: &Counts) -> Result<(Vec<u8>, Vec<EntryRef>), DatabaseError> {
    let mut bytes = Vec::new();
    let mut entries = Vec::new();
    let span = |start: usize, end: usize| -> Result<Span, DatabaseError> {
        Ok(Span {
            offset: narrow(start, "bytes")?,
            length: narrow(end - start, "bytes")?,
        })
    };
    for bad in &counts.bad {
        for (ecosystem, name) in &bad.packages {
            let Some(ecosystem) = Ecosystem::from_osv_name(ecosystem) else {
                continue;
            };
            let start = bytes.len();
            bytes.extend_from_slice(name.as_bytes());
            let middle = bytes.len();
            rows::put_bad_entry(&mut bytes, &bad.place).map_err(|_| too_many_rows())?;
            entries.push(EntryRef {
                hash: name_hash(ecosystem, name),
                ecosystem: super::ecosystem_code(ecosystem),
                name: span(start, middle)?,
                rows: span(middle, bytes.len())?,
                count: 0,
                record: 0,
            });
        }
    }
    Ok((bytes, entries))
}

/// Writes the sections of packages and of names.
fn write_packages(
    file: &mut IndexFile,
    packed: &[Packed],
    order: &Order,
    counts: &Counts,
    info: &mut IndexInfo,
) -> Result<(), DatabaseError> {
    let (bad_bytes, bad) = bad_entries(counts)?;
    let of_bad = u8::MAX;
    let entry = |row: &Row| -> Option<(&EntryRef, &[u8], &[u8])> {
        let index = usize::try_from(row.index).ok()?;
        let part = packed.get(usize::from(row.part));
        let entry = match part {
            Some(part) => part.entries.get(index)?,
            None => bad.get(index)?,
        };
        let bytes = |span: Span| match part {
            Some(part) => part.bytes(span),
            None => span.of(&bad_bytes),
        };
        Some((entry, bytes(entry.name), bytes(entry.rows)))
    };
    let rows = sorted_rows(packed, order, &bad, of_bad)?;
    file.begin(Section::Packages);
    let mut names = Vec::new();
    let mut ranges = [(0_u32, 0_u32); ECOSYSTEM_CODES];
    let mut blob = Vec::new();
    let mut offset = 0_usize;
    let same = |a: &Row, b: &Row| (a.ecosystem, a.hash) == (b.ecosystem, b.hash);
    for run in rows.chunk_by(same) {
        // More than one name only where two have one hash.
        let mut by_name: BTreeMap<&[u8], Vec<&Row>> = BTreeMap::new();
        for row in run {
            let name = entry(row).map_or(&[][..], |(_, name, _)| name);
            by_name.entry(name).or_default().push(row);
        }
        for (name, rows_of_name) in by_name {
            blob.clear();
            let text = std::str::from_utf8(name).unwrap_or_default();
            rows::put(&mut blob, text).map_err(|_| too_many_rows())?;
            for row in &rows_of_name {
                let Some((entry, _, bytes)) = entry(row) else {
                    continue;
                };
                rows::put(&mut blob, &row.ordinal).map_err(|_| too_many_rows())?;
                blob.extend_from_slice(bytes);
                info.rows += u64::from(entry.count);
            }
            let first = run.first().map_or((0, 0), |row| (row.ecosystem, row.hash));
            if let Some(range) = ranges.get_mut(usize::from(first.0)) {
                range.0 = if range.1 == 0 {
                    narrow(names.len() / super::NAME_BYTES, "packages")?
                } else {
                    range.0
                };
                range.1 += 1;
            }
            names.extend_from_slice(&first.1.to_le_bytes());
            names.extend_from_slice(&narrow(offset, "bytes of packages")?.to_le_bytes());
            names.extend_from_slice(&narrow(blob.len(), "bytes of a package")?.to_le_bytes());
            offset += blob.len();
            file.write(Section::Packages, &blob).map_err(scratch)?;
            info.packages += u64::from(rows_of_name.iter().any(|row| row.part != of_bad));
        }
    }
    file.begin(Section::Names);
    for (first, count) in ranges {
        let both = [first.to_le_bytes(), count.to_le_bytes()].concat();
        file.write(Section::Names, &both).map_err(scratch)?;
    }
    file.write(Section::Names, &names).map_err(scratch)
}

/// Entries of records in use and of bad ones, by ecosystem, hash of the name, and record.
fn sorted_rows(
    packed: &[Packed],
    order: &Order,
    bad: &[EntryRef],
    of_bad: u8,
) -> Result<Vec<Row>, DatabaseError> {
    let mut rows = Vec::with_capacity(packed.iter().map(|part| part.entries.len()).sum());
    for (number, part) in packed.iter().enumerate() {
        for (index, entry) in part.entries.iter().enumerate() {
            let Some(ordinal) = order.ordinal(number, entry.record) else {
                continue;
            };
            rows.push(Row {
                ecosystem: entry.ecosystem,
                hash: entry.hash,
                ordinal,
                part: u8::try_from(number).unwrap_or(of_bad),
                index: narrow(index, "packages of records")?,
            });
        }
    }
    for (index, entry) in bad.iter().enumerate() {
        rows.push(Row {
            ecosystem: entry.ecosystem,
            hash: entry.hash,
            ordinal: u32::MAX,
            part: of_bad,
            index: narrow(index, "packages of records")?,
        });
    }
    // The entries of one record are in one part, in its own order.
    rows.sort_unstable_by_key(|row| (row.ecosystem, row.hash, row.ordinal, row.index));
    Ok(rows)
}

fn narrow(value: usize, unit: &'static str) -> Result<u32, DatabaseError> {
    u32::try_from(value).map_err(|_| DatabaseError::TooLarge {
        limit: u64::from(u32::MAX),
        unit,
    })
}

fn too_many_rows() -> DatabaseError {
    DatabaseError::TooLarge {
        limit: u64::from(u32::MAX),
        unit: "rows of a package",
    }
}

fn scratch(source: std::io::Error) -> DatabaseError {
    DatabaseError::Scratch { source }
}
