//! What would clear the advisory findings that block.

use super::{Ecosystem, Purl};

/// The smallest set of upgrades that clears what can be cleared, and the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// Sorted by ecosystem, name and target.
    pub upgrades: Vec<Upgrade>,
    /// No set with fewer upgrades clears as much: the number of `upgrades`, where they are
    /// known to be the fewest.
    pub at_least: usize,
    /// Blocking findings that no upgrade clears, in the order of the verdict.
    pub uncleared: Vec<Uncleared>,
}

impl Advice {
    /// Findings that the upgrades clear together.
    #[must_use]
    pub fn cleared(&self) -> usize {
        let steps = self.upgrades.iter().flat_map(|upgrade| &upgrade.steps);
        steps.map(|step| step.clears.len()).sum()
    }
}

/// One package that moves to one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// As the ecosystem writes it; from outside.
    pub name: String,
    /// The version to move to. No advisory of the database that is not in force already
    /// matches it, and of those no more than `remaining`. From outside.
    pub to: String,
    /// From each locked version that moves, sorted by purl; at least one.
    pub steps: Vec<Step>,
    /// Ids of advisories that match the target too, which do not block: sorted.
    pub remaining: Vec<String>,
}

/// One locked version that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The component.
    pub purl: Purl,
    /// Its version; from outside.
    pub from: String,
    /// Whether its users may take the target without expecting a break.
    pub is_compatible: bool,
    /// Where a break is to be expected: the nearest version without one that clears the
    /// same findings. Taking it instead needs an upgrade of its own.
    pub compatible_instead: Option<String>,
    /// What has to be changed.
    pub means: Means,
    /// Direct dependencies through which the product comes to it, labels, sorted; empty
    /// where it is one itself.
    pub through: Vec<String>,
    /// How the lockfiles' own clients do it; text to read, never run.
    pub commands: Vec<ClientCommand>,
    /// The findings that it clears, sorted by id.
    pub clears: Vec<Cleared>,
}

/// What has to be changed for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Means {
    /// The lockfile alone, unless a manifest pins the version.
    Lock,
    /// A manifest of the product.
    Direct,
    /// What depends on it has to accept the target first: see [`Step::through`].
    Indirect,
}

impl Means {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Direct => "direct",
            Self::Indirect => "indirect",
        }
    }
}

/// What to do with the client that wrote a lockfile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientCommand {
    /// Directory of the lockfile, relative to the root; empty for the root.
    pub directory: String,
    /// A command, or an edit in words.
    pub text: String,
}

/// A finding that an upgrade clears.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cleared {
    /// The advisory's id.
    pub id: String,
    /// Of the finding.
    pub fingerprint: String,
}

/// A finding that blocks and that no upgrade clears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncleared {
    /// The advisory's id, or the rule's where it has none.
    pub id: String,
    /// Of the finding.
    pub fingerprint: String,
    /// `name@version` of the component.
    pub label: String,
    /// Why, one line.
    pub why: String,
}
