//! What the policy decided.

use super::{Finding, Gap};

/// The answer. Its exit codes are in `cli::exit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Everything required was checked and nothing blocks.
    Pass,
    /// Something required could not be checked.
    Inconclusive,
    /// Something blocks; wins over inconclusive.
    Fail,
}

impl Decision {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

/// What becomes of one finding or gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// Makes the verdict fail.
    Block,
    /// Makes the verdict inconclusive.
    Inconclusive,
    /// A waiver of the policy covers it.
    Waived,
    /// Shown, changes nothing.
    Report,
}

impl Disposition {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Inconclusive => "inconclusive",
            Self::Waived => "waived",
            Self::Report => "report",
        }
    }
}

/// The waiver that covered a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverUse {
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Last day it holds, `YYYY-MM-DD`, UTC.
    pub expires: String,
    /// Whole days left at the time of the verdict.
    pub days_left: i64,
}

/// A finding with the policy's word on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedFinding {
    /// The finding.
    pub finding: Finding,
    /// What becomes of it.
    pub disposition: Disposition,
    /// Which line of the policy says so, one line of text.
    pub reason: String,
    /// The waiver, if one covers it.
    pub waiver: Option<WaiverUse>,
}

/// A gap with the policy's word on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedGap {
    /// The gap.
    pub gap: Gap,
    /// What becomes of it.
    pub disposition: Disposition,
    /// Which line of the policy says so.
    pub reason: String,
}

/// Why a waiver is reported although it covers nothing, or not for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaiverState {
    /// Its last day is over: it covers nothing.
    Expired,
    /// No finding matched it.
    Unused,
    /// It covers something and ends within the policy's warning time.
    ExpiresSoon,
}

impl WaiverState {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Unused => "unused",
            Self::ExpiresSoon => "expires-soon",
        }
    }
}

/// A waiver that needs its owner's eye.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedWaiver {
    /// What it waives: a rule or advisory id.
    pub id: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day it holds, `YYYY-MM-DD`.
    pub expires: String,
    /// What is the matter with it.
    pub state: WaiverState,
}

/// The policy's decision over everything that was found and not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub decision: Decision,
    /// One line that says why.
    pub summary: String,
    /// Every finding, worst first: blocking ones, then by severity, then by place.
    pub findings: Vec<JudgedFinding>,
    /// Every gap.
    pub gaps: Vec<JudgedGap>,
    /// Waivers to look at.
    pub waivers: Vec<UnusedWaiver>,
}
