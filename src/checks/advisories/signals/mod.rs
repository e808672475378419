//! Signs that attackers use a vulnerability: CISA's catalogue of known exploited
//! vulnerabilities (KEV) and the scores of FIRST's exploit prediction (EPSS).
//!
//! Their files come in through an import like advisories do; what they say about a CVE id
//! goes into the index and comes out of [`super::Database::signals`].

pub(super) mod collect;
pub(super) mod epss;
pub(super) mod kev;
pub(super) mod table;

/// The name that `db status` shows for the catalogue.
pub const KEV_SOURCE: &str = "KEV";
/// The name that `db status` shows for the scores.
pub const EPSS_SOURCE: &str = "EPSS";

/// What is known about attacks with one vulnerability.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals {
    /// It is in the catalogue.
    pub kev: Option<Kev>,
    /// It has a score.
    pub epss: Option<Epss>,
}

/// An entry of the catalogue: attacks were seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kev {
    /// Day of the entry, `YYYY-MM-DD`; `unknown` where the catalogue's own text is no day.
    pub date_added: String,
    /// Day until which CISA wants it repaired, `YYYY-MM-DD`.
    pub due: Option<String>,
    /// It was seen in a ransomware campaign; `false` says that no one knows of one.
    pub ransomware: bool,
}

/// A score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epss {
    /// Probability of an attack in the next 30 days, in hundred-thousandths, 0 to 100000.
    pub score_e5: u32,
    /// Part of all scored vulnerabilities with this score or a lower one, in
    /// hundred-thousandths, 0 to 100000.
    pub percentile_e5: u32,
    /// Day of the score, `YYYY-MM-DD`, where the file tells it.
    pub date: Option<String>,
}

#[cfg(test)]
mod tests;
