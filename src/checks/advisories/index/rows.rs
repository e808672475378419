//! What the records say about one package, as bytes of the index (the format of the crate
//! `postcard`) and as what a lookup gives back.
//!
//! A package is its name and then, for each record that names it, the record's number and
//! an entry. Entries are written while records are read, before the numbers are known.

use super::super::record::Affected;
use crate::versions::{EventKind, Scheme, Version};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What one record says about the versions of one package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::checks::advisories) struct RecordRows {
    /// Place of the record in the index.
    pub ordinal: u32,
    pub withdrawn: bool,
    /// What holds for the release that was asked for, or for every release.
    pub ranges: Vec<RangeRows>,
    /// Canonical forms of listed versions.
    pub versions: Vec<String>,
    /// What holds in single releases of a distribution, where none was asked for.
    pub by_release: Vec<ReleaseRows>,
}

impl RecordRows {
    /// The bounds of every range.
    pub(in crate::checks::advisories) fn events(
        &self,
    ) -> impl Iterator<Item = &(EventKind, String)> {
        let of_releases = self.by_release.iter().flat_map(|rows| &rows.ranges);
        self.ranges
            .iter()
            .chain(of_releases)
            .flat_map(|range| &range.events)
    }
}

/// What one record says about one package in one release of a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::checks::advisories) struct ReleaseRows {
    pub release: String,
    pub ranges: Vec<RangeRows>,
    pub versions: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::checks::advisories) struct RangeRows {
    pub events: Vec<(EventKind, String)>,
    pub incomplete: bool,
}

/// Everything about one package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::checks::advisories) struct PackageRows {
    /// By record, in the order of their places.
    pub records: Vec<RecordRows>,
    /// Places of records about it that could not be used.
    pub bad: Vec<String>,
}

/// Set in an entry's flags where its record was withdrawn.
const WITHDRAWN: u8 = 1;
/// The entry is of a record that could not be used; its release is the record's place.
const BAD: u8 = 2;

#[derive(Serialize, Deserialize)]
struct WireEntry<'a> {
    flags: u8,
    release: Cow<'a, str>,
    ranges: Vec<WireRange<'a>>,
    versions: Vec<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct WireRange<'a> {
    incomplete: bool,
    events: Vec<(u8, Cow<'a, str>)>,
}

fn code(kind: EventKind) -> u8 {
    match kind {
        EventKind::Introduced => 0,
        EventKind::Fixed => 1,
        EventKind::LastAffected => 2,
        EventKind::Limit => 3,
    }
}

fn kind(code: u8) -> Option<EventKind> {
    Some(match code {
        0 => EventKind::Introduced,
        1 => EventKind::Fixed,
        2 => EventKind::LastAffected,
        3 => EventKind::Limit,
        _ => return None,
    })
}

/// Bytes that are no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// Appends an entry; gives back its number of rows.
pub(super) fn put_entry(
    bytes: &mut Vec<u8>,
    affected: &Affected,
    withdrawn: bool,
) -> Result<u32, Malformed> {
    let scheme = Scheme::of(affected.ecosystem);
    let ranges: Vec<_> = affected
        .ranges
        .iter()
        .map(|range| WireRange {
            incomplete: range.incomplete,
            events: range
                .events
                .iter()
                .map(|(kind, version)| (code(*kind), Cow::Borrowed(version.as_str())))
                .collect(),
        })
        .collect();
    let mut versions: Vec<_> = affected
        .versions
        .iter()
        .map(|version| Cow::<str>::Owned(canonical_version(scheme, version)))
        .collect();
    versions.sort();
    versions.dedup();
    let rows = ranges
        .iter()
        .map(|range| range.events.len() + usize::from(range.incomplete))
        .sum::<usize>()
        + versions.len();
    put(
        bytes,
        &WireEntry {
            flags: if withdrawn { WITHDRAWN } else { 0 },
            release: Cow::Borrowed(&affected.release),
            ranges,
            versions,
        },
    )?;
    u32::try_from(rows).map_err(|_| Malformed)
}

/// Appends an entry for a record that could not be used.
pub(super) fn put_bad_entry(bytes: &mut Vec<u8>, place: &str) -> Result<(), Malformed> {
    put(
        bytes,
        &WireEntry {
            flags: BAD,
            release: Cow::Borrowed(place),
            ranges: Vec::new(),
            versions: Vec::new(),
        },
    )
}

/// Appends a value as it stands before entries: a package's name, a record's number.
pub(super) fn put<T: Serialize + ?Sized>(bytes: &mut Vec<u8>, value: &T) -> Result<(), Malformed> {
    // A vector that is taken and put back costs nothing.
    *bytes = postcard::to_extend(value, std::mem::take(bytes)).map_err(|_| Malformed)?;
    Ok(())
}

/// Reads a value from the front.
pub(super) fn take<'a, T: Deserialize<'a>>(bytes: &mut &'a [u8]) -> Result<T, Malformed> {
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|_| Malformed)?;
    *bytes = rest;
    Ok(value)
}

/// Reads the rows of a package behind its name. With a release, entries about others are
/// left out, and records that have no more.
pub(super) fn read_package(
    mut bytes: &[u8],
    release: Option<&str>,
) -> Result<PackageRows, Malformed> {
    let mut package = PackageRows::default();
    while !bytes.is_empty() {
        let ordinal: u32 = take(&mut bytes)?;
        let entry: WireEntry<'_> = take(&mut bytes)?;
        if entry.flags & BAD != 0 {
            package.bad.push(entry.release.into_owned());
            continue;
        }
        let is_of_all = entry.release.is_empty();
        if release.is_some_and(|release| !is_of_all && release != entry.release) {
            continue;
        }
        let ranges = entry.ranges.into_iter().map(read_range);
        let ranges = ranges.collect::<Result<Vec<_>, _>>()?;
        let versions = entry.versions.into_iter().map(Cow::into_owned);
        if package
            .records
            .last()
            .is_none_or(|last| last.ordinal != ordinal)
        {
            package.records.push(RecordRows {
                ordinal,
                withdrawn: entry.flags & WITHDRAWN != 0,
                ..RecordRows::default()
            });
        }
        let Some(record) = package.records.last_mut() else {
            return Err(Malformed);
        };
        if is_of_all || release.is_some() {
            record.ranges.extend(ranges);
            record.versions.extend(versions);
            continue;
        }
        let known = record
            .by_release
            .iter()
            .position(|r| r.release == entry.release);
        let at = known.unwrap_or(record.by_release.len());
        if known.is_none() {
            record.by_release.push(ReleaseRows {
                release: entry.release.into_owned(),
                ..ReleaseRows::default()
            });
        }
        if let Some(rows) = record.by_release.get_mut(at) {
            rows.ranges.extend(ranges);
            rows.versions.extend(versions);
        }
    }
    Ok(package)
}

fn read_range(wire: WireRange<'_>) -> Result<RangeRows, Malformed> {
    let events = wire
        .events
        .into_iter()
        .map(|(code, version)| Some((kind(code)?, version.into_owned())));
    Ok(RangeRows {
        events: events.collect::<Option<_>>().ok_or(Malformed)?,
        incomplete: wire.incomplete,
    })
}

/// The form in which listed versions are compared: equal in order means equal in text;
/// what has no place in the order is compared as it is written.
pub(in crate::checks::advisories) fn canonical_version(scheme: Scheme, version: &str) -> String {
    Version::parse(scheme, version).map_or_else(|_| version.to_owned(), |v| v.canonical())
}
