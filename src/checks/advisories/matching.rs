//! Whether a record is about a version, and which versions are not affected.

use super::index::rows::{RangeRows, RecordRows, canonical_version};
use crate::model::Ecosystem;
use crate::versions::{Event, EventKind, Membership, Scheme, Version, evaluate_range};
use std::cmp::Ordering;

/// A version in use, read once.
pub(super) struct UsedVersion {
    ecosystem: Ecosystem,
    scheme: Scheme,
    canonical: String,
    /// `None` where it has no place in the order.
    parsed: Option<Version>,
}

impl UsedVersion {
    pub(super) fn read(ecosystem: Ecosystem, text: &str) -> Self {
        let scheme = Scheme::of(ecosystem);
        Self {
            ecosystem,
            scheme,
            canonical: canonical_version(scheme, text),
            parsed: Version::parse(scheme, text).ok(),
        }
    }

    /// Whether a record is about this version: its list of versions and each of its
    /// ranges are asked, and the strongest answer holds.
    ///
    /// Where the release of the distribution is not known, what the record says of single
    /// releases decides only where it says the same of each.
    pub(super) fn membership(&self, record: &RecordRows) -> Membership {
        let of_all = self.within(&record.ranges, &record.versions);
        let mut of_releases = record
            .by_release
            .iter()
            .map(|rows| self.within(&rows.ranges, &rows.versions));
        let Some(first) = of_releases.next() else {
            return of_all;
        };
        let of_any = match of_releases.all(|other| other == first) {
            true => first,
            false => Membership::Indeterminate,
        };
        of_all.max(of_any)
    }

    fn within(&self, ranges: &[RangeRows], versions: &[String]) -> Membership {
        if versions.contains(&self.canonical) {
            return Membership::Affected;
        }
        let mut answer = Membership::NotAffected;
        for range in ranges {
            let events: Vec<_> = range
                .events
                .iter()
                .map(|(kind, version)| Event {
                    kind: *kind,
                    version,
                })
                .collect();
            let of_range = evaluate_range(self.scheme, self.parsed.as_ref(), &events);
            answer = answer.max(if range.incomplete {
                of_range.max(Membership::Indeterminate)
            } else {
                of_range
            });
        }
        answer
    }

    /// Versions above this one at which the records name a fix and that none of the
    /// records is about; nearest first.
    pub(super) fn fixes(&self, records: &[&RecordRows]) -> Vec<String> {
        let Some(used) = &self.parsed else {
            return Vec::new();
        };
        let mut fixes = fixed_bounds(self.scheme, records.iter().copied());
        fixes.retain(|(fix, text)| {
            let candidate = Self::read(self.ecosystem, text);
            fix.compare(used) == Ok(Ordering::Greater)
                && records
                    .iter()
                    .all(|record| candidate.membership(record) == Membership::NotAffected)
        });
        fixes.into_iter().map(|(_, text)| text).collect()
    }

    /// The version, where it has a place in the order.
    pub(super) fn parsed(&self) -> Option<&Version> {
        self.parsed.as_ref()
    }

    /// The fix to take, and whether it can be taken without a break. It lies on the line
    /// of compatible versions where a fix is nearest; of several on one line it is the
    /// last, above which the records name no more (a record may call single versions
    /// free in the middle of affected ones).
    pub(super) fn advised<'a>(&self, fixes: &'a [String]) -> Option<(&'a String, bool)> {
        let used = self.parsed.as_ref()?;
        let last_on_the_line_of = |from: &Version| {
            fixes.iter().rev().find(|fix| {
                Version::parse(self.scheme, fix)
                    .is_ok_and(|fix| from.is_compatible_with(&fix, self.ecosystem))
            })
        };
        if let Some(fix) = last_on_the_line_of(used) {
            return Some((fix, true));
        }
        let nearest = fixes.first()?;
        let line = Version::parse(self.scheme, nearest).ok()?;
        Some((last_on_the_line_of(&line).unwrap_or(nearest), false))
    }
}

/// The versions at which records name a fix, each once, lowest first. An exporter's bound
/// such as `1.2.4-0` (the smallest version after `1.2.3`) is told as the release that it
/// stands for.
pub(super) fn fixed_bounds<'r>(
    scheme: Scheme,
    records: impl Iterator<Item = &'r RecordRows>,
) -> Vec<(Version, String)> {
    let bounds = records
        .flat_map(|record| record.events())
        .filter(|(kind, _)| *kind == EventKind::Fixed);
    let mut fixes: Vec<(Version, String)> = bounds
        .filter_map(|(_, bound)| {
            let text = match scheme {
                Scheme::Semver => bound.strip_suffix("-0").unwrap_or(bound),
                _ => bound,
            };
            Some((Version::parse(scheme, text).ok()?, text.to_owned()))
        })
        .collect();
    fixes.sort_by(|(a, _), (b, _)| a.compare(b).unwrap_or(Ordering::Equal));
    fixes.dedup_by(|(a, _), (b, _)| a.compare(b) == Ok(Ordering::Equal));
    fixes
}
