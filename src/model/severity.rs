//! How bad a finding is.

use std::fmt;
use std::str::FromStr;

/// The level of a finding; the order is the order of harm.
///
/// `Unknown` is a level of its own: about half of all advisories carry no vector, and
/// treating them as "low" would hide them, as "critical" would block everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Info,
    /// CVSS 0.1 to 3.9.
    Low,
    /// No vector and no word from the source.
    Unknown,
    /// CVSS 4.0 to 6.9.
    Medium,
    /// CVSS 7.0 to 8.9.
    High,
    /// CVSS 9.0 to 10.0.
    Critical,
}

impl Severity {
    /// Every level, least harm first.
    pub const ALL: [Self; 6] = [
        Self::Info,
        Self::Low,
        Self::Unknown,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Unknown => "unknown",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level of a CVSS base score (0.0 to 10.0), by the qualitative scale of the
    /// CVSS 3.1 specification, section 5.
    #[must_use]
    pub fn from_cvss_score(score: f64) -> Self {
        if score >= 9.0 {
            Self::Critical
        } else if score >= 7.0 {
            Self::High
        } else if score >= 4.0 {
            Self::Medium
        } else if score > 0.0 {
            Self::Low
        } else {
            Self::Info
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == s)
            .ok_or(())
    }
}
