//! All that one run has to say; what every output format renders.

use super::{Advice, Ecosystem, Inventory, Location, Purl, Verdict, VexDocumentInfo};
use std::collections::{BTreeMap, BTreeSet};

/// The program that made the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolInfo {
    /// `sealgate`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The policy that judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInfo {
    /// Its name.
    pub name: String,
    /// `preset baseline`, or the path as given.
    pub source: String,
    /// SHA-256 of its bytes, hex.
    pub digest: String,
}

/// One source of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInfo {
    /// `OSV npm`, `RustSec`.
    pub name: String,
    /// Records in use.
    pub records: u64,
    /// Records that could not be used.
    pub bad_records: u64,
    /// RFC 3339 time of the newest record.
    pub newest: Option<String>,
    /// What it is of use for here; only a source that is used can be too old.
    pub used_for: SourceUse,
}

/// What a source of the advisory database is of use for in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceUse {
    /// Advisories about packages of an ecosystem that the inventory has.
    Advisories,
    /// Nothing: its advisories are about other ecosystems.
    Nothing,
    /// Which vulnerabilities attackers are known to use (KEV).
    KnownExploited,
    /// How likely attacks are (EPSS).
    ExploitScores,
}

impl SourceUse {
    /// What a source of this name is of use for where the inventory has packages of these
    /// ecosystems. A name that tells nothing may be about any of them.
    #[must_use]
    pub fn of_source(name: &str, ecosystems: &BTreeSet<Ecosystem>) -> Self {
        let about = match name {
            "KEV" => return Self::KnownExploited,
            "EPSS" => return Self::ExploitScores,
            "RustSec" => Some(Ecosystem::Cargo),
            name => name.strip_prefix("OSV ").and_then(Ecosystem::from_osv_name),
        };
        let is_used = match about {
            Some(ecosystem) => ecosystems.contains(&ecosystem),
            None => true,
        };
        match is_used {
            true => Self::Advisories,
            false => Self::Nothing,
        }
    }

    /// The word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Advisories => "advisories",
            Self::Nothing => "nothing",
            Self::KnownExploited => "known-exploited",
            Self::ExploitScores => "exploit-scores",
        }
    }
}

/// The advisory database that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseInfo {
    /// SHA-256 root digest of the index, hex.
    pub digest: String,
    /// Its sources, sorted by name.
    pub sources: Vec<SourceInfo>,
}

/// What looked like a secret and is none, by the secrets check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DroppedCandidate {
    /// Where; of what is packed or encoded, the place of what holds it.
    pub location: Location,
    /// The rule that looked at it.
    pub rule: &'static str,
    /// The stable id of the kind that it would have been.
    pub kind: &'static str,
    /// The value, masked.
    pub masked: String,
    /// What it is instead, or what speaks against it; a text of the program.
    pub why: &'static str,
}

/// What the secrets check dropped, where that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DroppedCandidates {
    /// The first ones, sorted by place.
    pub listed: Vec<DroppedCandidate>,
    /// How many more there are.
    pub more: u64,
}

impl DroppedCandidates {
    /// Most that are listed.
    pub const MOST: usize = 500;

    /// Takes those of another part of the search; which ones are listed does not depend on
    /// the order of the calls.
    pub fn take(&mut self, other: Self) {
        self.listed.extend(other.listed);
        self.more += other.more;
        if self.listed.len() > 4 * Self::MOST {
            self.finish();
        }
    }

    /// Sorts what is listed and cuts it.
    pub fn finish(&mut self) {
        self.listed.sort();
        self.more += self.listed.len().saturating_sub(Self::MOST) as u64;
        self.listed.truncate(Self::MOST);
    }
}

/// What the secrets check looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretsScanned {
    /// Files read.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Rules loaded.
    pub rules: u64,
    /// Commits searched; zero where no history was.
    pub commits: u64,
    /// What looked like a secret and is none; `None` where nobody asks.
    pub dropped: Option<DroppedCandidates>,
}

/// What approved registries said of the components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryAsked {
    /// When they were asked, RFC 3339.
    pub asked: String,
    /// The answers come from a snapshot.
    pub is_snapshot: bool,
    /// Every component that has a registry, in the order of the inventory.
    pub components: Vec<RegistryAnswer>,
}

/// What was said of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryAnswer {
    /// The component.
    pub purl: Purl,
    /// The approved registry that has it.
    pub registry: Option<String>,
    /// `approved` alone, or what is the matter, sorted: `absent`, `age-unknown`,
    /// `checksum-mismatch`, `checksum-unknown`, `not-asked`, `origin-external`, `too-new`,
    /// `unlisted-checksum`, `unreachable`, `yanked`.
    pub answers: Vec<&'static str>,
    /// When the youngest file that the lockfile accepts was published; `None` where the
    /// registry does not say it of every one.
    pub published: Option<Published>,
}

/// When a version was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// RFC 3339.
    pub time: String,
    /// Who says so: `index`, `last-modified`, `commit-time`.
    pub source: &'static str,
}

impl RegistryAsked {
    /// How many components each answer was given of, by answer.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for answer in self.components.iter().flat_map(|c| &c.answers) {
            *counts.entry(*answer).or_default() += 1;
        }
        counts
    }
}

/// An attestation that was looked at by a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLine {
    /// Where it came from: `file` or `file:line`.
    pub source: String,
    /// Short name of the predicate: `test-result`.
    pub predicate: String,
    /// Who signed it: a role name, or the key hint.
    pub signer: String,
    /// Whether it counts, and why not.
    pub accepted: Result<(), String>,
}

/// Everything that one run has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The program.
    pub tool: ToolInfo,
    /// What was judged: the last part of the path given, or an artifact's name.
    pub target: String,
    /// RFC 3339 time of the verdict, UTC, seconds.
    pub time: String,
    /// The policy.
    pub policy: PolicyInfo,
    /// The inventory, where one was made.
    pub inventory: Option<Inventory>,
    /// The advisory database, where one was used.
    pub database: Option<DatabaseInfo>,
    /// VEX documents that were read, sorted.
    pub vex: Vec<VexDocumentInfo>,
    /// What approved registries said, where they were asked.
    pub registry: Option<RegistryAsked>,
    /// What the secrets check looked at, where it ran.
    pub secrets: Option<SecretsScanned>,
    /// The checks that ran, in order: `sbom`, `advisories`, `registry`, `secrets`.
    pub checks: Vec<&'static str>,
    /// The decision.
    pub verdict: Verdict,
    /// How to clear the advisory findings that block; `None` where none does.
    pub advice: Option<Advice>,
}
