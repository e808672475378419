//! Collects what was read: one record per feed and id, and the counts.

use crate::checks::advisories::index::{IndexInfo, SourceStatus};
use crate::checks::advisories::record::{BadRecord, Feed, Parsed, Record};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Collector {
    records: BTreeMap<(Feed, String), Record>,
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
            Parsed::Bad { reason, packages } => self.info.bad.push(BadRecord {
                place: place.to_owned(),
                reason,
                packages,
            }),
        }
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

    pub(super) fn finish(self) -> (Vec<Record>, IndexInfo) {
        let Self { records, mut info } = self;
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
        for bad in &info.bad {
            let source = match bad.packages.first() {
                _ if bad.place.ends_with(".md") => "RustSec".to_owned(),
                Some((ecosystem, _)) => format!("OSV {ecosystem}"),
                None => "OSV (unknown ecosystem)".to_owned(),
            };
            info.sources.entry(source).or_default().bad_records += 1;
        }
        info.notes.sort();
        info.notes.dedup();
        info.bad.sort();
        (records, info)
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
