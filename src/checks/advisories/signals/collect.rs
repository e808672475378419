//! Collects the signals of several files: for each CVE id the newest word.

use super::epss::Scores;
use super::kev::Catalogue;
use super::table::{CveKey, EpssEntry, KevEntry, encode};
use jiff::Timestamp;

/// What was said of one kind, with the time of the file that said it.
struct Newest<T> {
    entries: Vec<(CveKey, Option<Timestamp>, T)>,
    time: Option<Timestamp>,
    used: bool,
}

// Not derived: that would ask the entries for a default.
impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            time: None,
            used: false,
        }
    }
}

impl<T: Ord + Copy> Newest<T> {
    fn take(&mut self, time: Option<Timestamp>, entries: Vec<(CveKey, T)>) {
        self.used = true;
        self.time = self.time.max(time);
        self.entries
            .extend(entries.into_iter().map(|(key, entry)| (key, time, entry)));
    }

    fn join(&mut self, other: Self) {
        self.used |= other.used;
        self.time = self.time.max(other.time);
        self.entries.extend(other.entries);
    }

    /// One entry a key: of the newest file, of equally new ones the greatest, so that the
    /// order of the inputs does not matter.
    fn finish(mut self) -> (Vec<(CveKey, T)>, Total) {
        self.entries.sort_unstable_by(|a, b| b.cmp(a));
        self.entries.dedup_by_key(|entry| entry.0);
        self.entries.reverse();
        let total = Total {
            entries: self.entries.len() as u64,
            newest: self.time,
        };
        let entries = self.entries.into_iter().map(|(key, _, e)| (key, e));
        (entries.collect(), total)
    }
}

/// How much there is of one kind.
pub(in crate::checks::advisories) struct Total {
    pub entries: u64,
    pub newest: Option<Timestamp>,
}

#[derive(Default)]
pub(in crate::checks::advisories) struct SignalCollector {
    kev: Newest<KevEntry>,
    epss: Newest<EpssEntry>,
}

/// The table of the index and its counts; a count only for what was imported.
#[derive(Default)]
pub(in crate::checks::advisories) struct CollectedSignals {
    pub table: Vec<u8>,
    pub kev: Option<Total>,
    pub epss: Option<Total>,
}

impl SignalCollector {
    pub(in crate::checks::advisories) fn take_kev(&mut self, catalogue: Catalogue) {
        self.kev.take(catalogue.released, catalogue.entries);
    }

    pub(in crate::checks::advisories) fn take_epss(&mut self, scores: Scores) {
        self.epss.take(scores.date, scores.entries);
    }

    pub(in crate::checks::advisories) fn join(&mut self, other: Self) {
        self.kev.join(other.kev);
        self.epss.join(other.epss);
    }

    pub(in crate::checks::advisories) fn finish(self) -> CollectedSignals {
        let (has_kev, has_epss) = (self.kev.used, self.epss.used);
        let (kev, kev_total) = self.kev.finish();
        let (epss, epss_total) = self.epss.finish();
        CollectedSignals {
            table: encode(&kev, &epss),
            kev: has_kev.then_some(kev_total),
            epss: has_epss.then_some(epss_total),
        }
    }
}
