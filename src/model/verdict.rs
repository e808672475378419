//! What the policy decided.

use super::{Finding, Gap, VexJustification, VexStatement, VexStatus};

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
    /// A waiver of the policy covers it, or a VEX statement that the policy accepts.
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
    /// What it waives, as written: an id of the group, or a rule.
    pub id: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Last day it holds, `YYYY-MM-DD`, UTC.
    pub expires: String,
    /// Whole days left at the time of the verdict.
    pub days_left: i64,
    /// It ends within the policy's warning time.
    pub ends_soon: bool,
    /// What it says to others: affected where the risk is accepted only.
    pub status: VexStatus,
    /// Why the product is not affected, as a label.
    pub justification: Option<VexJustification>,
}

/// Why a waiver that names a finding does not cover it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lapse {
    /// Its last day is over.
    Expired,
    /// The version in use is outside of its `versions`.
    OtherVersion,
    /// The version in use, or a bound of its `versions`, has no place in the order.
    VersionUnknown,
}

impl Lapse {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::OtherVersion => "other-version",
            Self::VersionUnknown => "version-unknown",
        }
    }
}

/// A waiver that names a finding and does not cover it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LapsedWaiver {
    /// What it waives, as written.
    pub id: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day it holds, `YYYY-MM-DD`, UTC.
    pub expires: String,
    /// Why it does not cover the finding.
    pub why: Lapse,
}

/// A VEX statement about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VexUse {
    /// The statement.
    pub statement: VexStatement,
    /// The policy lets its document change a verdict.
    pub accepted: bool,
    /// It is why the finding does not block.
    pub decides: bool,
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
    /// Waivers that name it and do not cover it, sorted.
    pub lapsed: Vec<LapsedWaiver>,
    /// VEX statements about it, the one that decides first, then newest first.
    pub vex: Vec<VexUse>,
    /// How its package can be let in, where the finding is about where a package comes from
    /// and nothing waives it.
    pub approval: Option<Approval>,
}

/// How a finding about one package can be settled in the policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Approval {
    /// Who may add the entry, as the policy names them; none where it names nobody.
    pub approvers: Vec<String>,
    /// What kind of entry it is.
    pub place: EntryPlace,
    /// The entry in TOML, lines separated by `\n`, none at the end.
    pub entry: String,
}

/// Where an entry of a policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryPlace {
    /// A `[[waiver]]` of its own.
    Waiver,
    /// The line of the ecosystem under `[registry.approved]`; it replaces the line there.
    ApprovedRegistries,
}

impl EntryPlace {
    /// The word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiver => "waiver",
            Self::ApprovedRegistries => "registry.approved",
        }
    }
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
    /// The findings that it covers or, expired or for other versions, no longer covers:
    /// an advisory's id or a rule, and what it is about. Sorted.
    pub about: Vec<String>,
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
