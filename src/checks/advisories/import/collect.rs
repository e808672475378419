//! Collects what was read: one record per feed and id, the signals, and the counts.

use crate::checks::advisories::index::{IndexInfo, SourceKind, SourceStatus};
use crate::checks::advisories::record::{BadRecord, Feed, Parsed, Record};
use crate::checks::advisories::signals::collect::{SignalCollector, Total};
use crate::checks::advisories::signals::{EPSS_SOURCE, KEV_SOURCE, epss, kev};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Bad lines of one file of signals that are listed; all of them are counted.
const LISTED_LINES: usize = 100;

#[derive(Default)]
pub(super) struct Collector {
    records: BTreeMap<(Feed, String), Record>,
    signals: SignalCollector,
    info: IndexInfo,
}

impl Collector {
    /// Takes the result for one file. `place` is the file below its input.
    pub(super) fn take(&mut self, place: &str, parsed: Parsed) {
        match parsed {
            Parsed::Record(record) => self.take_record(*record),
            Parsed::NotUsed(ecosystem) => {
                *self.info.not_used.entry(ecosystem).or_default() += 1;
            }
            Parsed::Bad { reason, packages } => {
                let source = match packages.first() {
                    _ if place.ends_with(".md") => "RustSec".to_owned(),
                    Some((ecosystem, _)) => format!("OSV {ecosystem}"),
                    None => "OSV (unknown ecosystem)".to_owned(),
                };
                self.source(&source, SourceKind::Advisories).bad_records += 1;
                self.info.bad.push(BadRecord {
                    source,
                    place: place.to_owned(),
                    reason,
                    packages,
                });
            }
        }
    }

    /// Takes a catalogue of exploited vulnerabilities.
    pub(super) fn take_kev(&mut self, place: &str, parsed: Result<kev::Catalogue, String>) {
        match parsed {
            Ok(mut catalogue) => {
                self.take_bad_lines(KEV_SOURCE, place, &catalogue.bad);
                self.info.notes.append(&mut catalogue.notes);
                self.signals.take_kev(catalogue);
            }
            Err(reason) => self.take_bad_file(KEV_SOURCE, place, reason),
        }
    }

    /// Takes a file of scores.
    pub(super) fn take_epss(&mut self, place: &str, parsed: Result<epss::Scores, String>) {
        match parsed {
            Ok(scores) => {
                self.take_bad_lines(EPSS_SOURCE, place, &scores.bad);
                self.signals.take_epss(scores);
            }
            Err(reason) => self.take_bad_file(EPSS_SOURCE, place, reason),
        }
    }

    fn take_bad_lines(&mut self, source: &str, place: &str, bad: &[(u64, String)]) {
        self.source(source, SourceKind::Signals).bad_records += bad.len() as u64;
        for (number, reason) in bad.iter().take(LISTED_LINES) {
            self.info.bad.push(BadRecord {
                source: source.to_owned(),
                place: format!("{place}:{number}"),
                reason: reason.clone(),
                packages: Vec::new(),
            });
        }
    }

    fn take_bad_file(&mut self, source: &str, place: &str, reason: String) {
        self.source(source, SourceKind::Signals).bad_records += 1;
        self.info.bad.push(BadRecord {
            source: source.to_owned(),
            place: place.to_owned(),
            reason,
            packages: Vec::new(),
        });
    }

    fn source(&mut self, name: &str, kind: SourceKind) -> &mut SourceStatus {
        let source = self.info.sources.entry(name.to_owned()).or_default();
        source.kind = kind;
        source
    }

    /// Of two records with one id in one feed the newer one stays; at the same time the
    /// one that is larger in content, so that the order of the inputs does not matter.
    fn take_record(&mut self, record: Record) {
        let key = (record.feed, record.metadata.id.clone());
        match self.records.get(&key) {
            None => {
                self.records.insert(key, record);
            }
            Some(kept) => {
                self.info.replaced += 1;
                if precedence(&record) > precedence(kept) {
                    self.records.insert(key, record);
                }
            }
        }
    }

    /// The records, what the index says about itself, and the table of signals.
    pub(super) fn finish(mut self) -> (Vec<Record>, IndexInfo, Vec<u8>) {
        let signals = std::mem::take(&mut self.signals).finish();
        for (name, total) in [(KEV_SOURCE, signals.kev), (EPSS_SOURCE, signals.epss)] {
            if let Some(Total { entries, newest }) = total {
                let source = self.source(name, SourceKind::Signals);
                source.records = entries;
                source.newest = newest.map(|time| time.to_string());
            }
        }
        let Self {
            records, mut info, ..
        } = self;
        let records: Vec<_> = records.into_values().collect();
        for record in &records {
            let metadata = &record.metadata;
            let source = info.sources.entry(metadata.source.clone()).or_default();
            count(source, record);
            let ecosystems: BTreeSet<_> = record.affected.iter().map(|a| a.ecosystem).collect();
            for ecosystem in ecosystems {
                *info
                    .ecosystems
                    .entry(ecosystem.osv_name().to_owned())
                    .or_default() += 1;
            }
            for note in &record.notes {
                info.notes.push(format!("{}: {note}", metadata.id));
            }
        }
        info.notes.sort();
        info.notes.dedup();
        info.bad.sort();
        (records, info, signals.table)
    }
}

fn count(source: &mut SourceStatus, record: &Record) {
    source.records += 1;
    source.withdrawn += u64::from(record.metadata.withdrawn.is_some());
    if let Some(time) = changed(record) {
        let newest = source.newest.as_deref().and_then(|t| t.parse().ok());
        if newest.is_none_or(|newest: Timestamp| newest < time) {
            source.newest = Some(time.to_string());
        }
    }
}

fn changed(record: &Record) -> Option<Timestamp> {
    record.metadata.modified.as_deref()?.parse().ok()
}

fn precedence(record: &Record) -> impl Ord + use<> {
    (
        changed(record),
        record.affected.clone(),
        serde_json::to_vec(&record.metadata).unwrap_or_default(),
    )
}
