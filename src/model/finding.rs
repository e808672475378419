//! What a check found.

use super::{AvailabilitySource, Gap, Location, Origin, Purl, Redacted, Scope, Severity};

/// The fixed texts of a rule. Each check keeps its own list in its `rules.rs`.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable id, `room/kebab-name`; its page is `docs/rules/<id>.md`.
    pub id: &'static str,
    /// A few words, as a heading.
    pub title: &'static str,
    /// What it means and why it matters, one or two sentences.
    pub description: &'static str,
    /// What to do in general, one sentence.
    pub remedy: &'static str,
}

/// Declares constants for rules of one room, and `RULES`, the list of all of them: `NAME = "id",
/// "title", "description", "remedy";`, sorted by id.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $title:literal, $description:literal, $remedy:literal;)*) => {
        $(
            $(#[$doc])*
            pub(crate) const $name: $crate::model::Rule = $crate::model::Rule {
                id: $id,
                title: $title,
                description: $description,
                remedy: $remedy,
            };
        )*
        /// Every reason, sorted by id.
        pub const RULES: &[$crate::model::Rule] = &[$($name),*];
    };
}
pub(crate) use rules;

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A component of the inventory.
    Component {
        /// Its purl.
        purl: Purl,
        /// `name@version` for people.
        label: String,
    },
    /// A file of the tree.
    File {
        /// Relative path.
        path: String,
    },
}

impl Subject {
    /// `name@version` of a component, the path of a file.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Component { label, .. } => label,
            Self::File { path } => path,
        }
    }
}

/// What an advisory is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdvisoryClass {
    /// A weakness that can be exploited.
    Vulnerability,
    /// The package itself is hostile.
    Malicious,
    /// Nobody maintains it.
    Unmaintained,
    /// Its safe interface can break memory safety.
    Unsound,
    /// Worth knowing.
    Notice,
    /// Its record was withdrawn: what it says does not hold any more.
    Withdrawn,
}

impl AdvisoryClass {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vulnerability => "vulnerability",
            Self::Malicious => "malicious",
            Self::Unmaintained => "unmaintained",
            Self::Unsound => "unsound",
            Self::Notice => "notice",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// How the product comes to a component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// What the product needs it for: the widest scope of all its places.
    pub scope: Scope,
    /// Paths from the product to the component, labels, both ends included: the shortest
    /// first, then one through each other direct dependency that leads there. Empty where
    /// the graph does not reach it.
    pub paths: Vec<Vec<String>>,
    /// Direct dependencies that lead there and have no path above.
    pub more_paths: usize,
}

/// The vulnerability is in CISA's catalogue of those that attackers use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownExploited {
    /// Day of the entry, `YYYY-MM-DD`.
    pub date_added: String,
    /// Day until which CISA wants it repaired, `YYYY-MM-DD`.
    pub due: Option<String>,
    /// It was seen in a ransomware campaign; `false` says that no one knows of one.
    pub ransomware: bool,
}

/// The EPSS score of a vulnerability (<https://www.first.org/epss/>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExploitScore {
    /// Probability of an attack in the next 30 days, in hundred-thousandths, 0 to 100000.
    pub score_e5: u32,
    /// Part of all scored vulnerabilities with this score or a lower one, in
    /// hundred-thousandths, 0 to 100000.
    pub percentile_e5: u32,
    /// Day of the score, `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// What an advisory finding adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisoryDetail {
    /// The id shown first.
    pub id: String,
    /// Every other id of the same group, sorted.
    pub aliases: Vec<String>,
    /// Related records that are not the same thing, sorted.
    pub related: Vec<String>,
    /// Ids among `id` and `aliases` whose records were withdrawn, sorted.
    pub withdrawn: Vec<String>,
    /// The class.
    pub class: AdvisoryClass,
    /// One line from the record.
    pub summary: String,
    /// The best vector of the group, as recorded.
    pub vector: Option<String>,
    /// Its base score times ten (75 is 7.5).
    pub score_tenths: Option<u8>,
    /// Versions that fix it and are above the one in use, nearest first.
    pub fixed: Vec<String>,
    /// Link to the record.
    pub url: Option<String>,
    /// A bound could not be compared with this version: it may be affected.
    pub indeterminate: bool,
    /// Attackers are known to use it, under any of its ids.
    pub known_exploited: Option<KnownExploited>,
    /// The highest score of all its ids.
    pub exploit_score: Option<ExploitScore>,
    /// How the product comes to the component.
    pub reach: Reach,
}

/// What a finding adds about a version that its registry withdrew, or about a package that
/// was given up; the rule tells which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YankDetail {
    /// Who says so.
    pub source: AvailabilitySource,
    /// Why, in the words of who withdrew it; what to take instead of what was given up.
    pub reason: Option<String>,
    /// How the product comes to the component.
    pub reach: Reach,
}

/// A line of a client's configuration that bears on a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfiguredAt {
    /// Where it stands. The path begins with `~/` in the home of the user and with `/` in
    /// the system; `environment:NAME` is a variable.
    pub location: Location,
    /// What it says, one line, terminal-safe, without credentials.
    pub says: String,
}

/// What a registry finding adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryDetail {
    /// The origin that was found.
    pub origin: Origin,
    /// What the policy approves for this ecosystem.
    pub approved: Vec<String>,
    /// The lines of the client's configuration that lead to it, the one that decides
    /// first; none where the lockfile alone tells.
    pub configuration: Vec<ConfiguredAt>,
    /// What would have to stand beside `approved` for the origin to be approved; none where
    /// no such entry would do.
    pub approvals: Vec<String>,
}

/// How sure a secret finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Looks like one; shown with `--all`.
    Low,
    /// A shape that other things may have.
    Medium,
    /// A shape that only secrets have.
    High,
}

impl Confidence {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What an offline look at the structure of a secret says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// Its checksum or structure holds.
    Valid,
    /// Its checksum or structure does not hold: perhaps an example, perhaps damaged.
    Mismatch,
    /// Its kind has nothing to check.
    Unknown,
}

impl Validity {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Mismatch => "mismatch",
            Self::Unknown => "unknown",
        }
    }
}

/// The commit that brought something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduced {
    /// Its object id, in hex.
    pub commit: String,
    /// Who wrote it, as recorded: anyone may choose the name.
    pub author: String,
    /// When, RFC 3339.
    pub time: String,
    /// The commit that is checked out still has it.
    pub in_head: bool,
}

/// What a secret finding adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretDetail {
    /// The provider's or kind's name: `GitHub`, `private key`.
    pub provider: String,
    /// Stable id of the token kind, `provider-kind`: `github-personal-access-token`.
    pub kind: String,
    /// The credential type, a few words: `personal access token`.
    pub credential: String,
    /// The value; only its mask leaves the program.
    pub value: Redacted,
    /// How sure.
    pub confidence: Confidence,
    /// Whether the structure holds.
    pub validity: Validity,
    /// `true`: replace the credential by a mechanism without a stored secret;
    /// `false`: rotate it.
    pub replace: bool,
    /// The key of the exception for it, where the repository has one.
    pub exception: Option<String>,
    /// Its line says `sealgate:allow`.
    pub marked: bool,
    /// How the value is written or packed, outermost first; empty where it is plain.
    pub encoding: Vec<&'static str>,
    /// Why it counts as a secret, and why it is no surer; texts of the program.
    pub why: Vec<&'static str>,
    /// The first commit that has it, where a history was searched.
    pub introduced: Option<Box<Introduced>>,
}

/// The part of a finding that only its kind has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// From `checks::advisories`.
    Advisory(Box<AdvisoryDetail>),
    /// From `checks::advisories`: the registry withdrew the version.
    Yanked(YankDetail),
    /// From `checks::registry`.
    Registry(RegistryDetail),
    /// From `checks::secrets`.
    Secret(SecretDetail),
}

/// One result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that made it.
    pub rule: &'static Rule,
    /// How bad.
    pub severity: Severity,
    /// What is wrong here, one line, terminal-safe, no secret in it.
    pub message: String,
    /// What to do here, one line.
    pub remedy: String,
    /// What it is about.
    pub subject: Subject,
    /// Where to look first.
    pub location: Location,
    /// Other places of the same thing, sorted.
    pub also_at: Vec<Location>,
    /// The source line at `location`, terminal-safe, secrets masked, at most 200
    /// characters; `None` where the line tells nothing.
    pub excerpt: Option<String>,
    /// Stable over line moves and between machines; lower-case hex.
    pub fingerprint: String,
    /// What only this kind of finding has.
    pub detail: Detail,
}

impl Finding {
    /// Its place among findings of one disposition, the greatest first: what attackers are
    /// known to use, then the worst, then what they will most likely use.
    #[must_use]
    pub fn urgency(&self) -> (bool, Severity, u32) {
        let (is_exploited, score) = match &self.detail {
            Detail::Advisory(detail) if detail.class != AdvisoryClass::Withdrawn => (
                detail.known_exploited.is_some(),
                detail.exploit_score.as_ref().map_or(0, |s| s.score_e5),
            ),
            _ => (false, 0),
        };
        (is_exploited, self.severity, score)
    }

    /// The advisory's id, or the rule's where there is no advisory.
    #[must_use]
    pub fn id(&self) -> &str {
        match &self.detail {
            Detail::Advisory(detail) => &detail.id,
            Detail::Yanked(_) | Detail::Registry(_) | Detail::Secret(_) => self.rule.id,
        }
    }

    /// How the product comes to it, where it is about a component that was looked up.
    #[must_use]
    pub fn reach(&self) -> Option<&Reach> {
        match &self.detail {
            Detail::Advisory(detail) => Some(&detail.reach),
            Detail::Yanked(detail) => Some(&detail.reach),
            Detail::Registry(_) | Detail::Secret(_) => None,
        }
    }
}

/// What every check gives back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What was found.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub gaps: Vec<Gap>,
}

impl Outcome {
    /// Adds what another check gave back.
    pub fn add(&mut self, more: Self) {
        self.findings.extend(more.findings);
        self.gaps.extend(more.gaps);
    }
}
