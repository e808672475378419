//! What is different between two SBOMs, and between what a source declares and what a
//! binary holds.
//!
//! Packages are matched by their purl without version and qualifiers; where there is no
//! purl, by name. A package may be there in several versions: equal ones are matched
//! first, then those whose versions share the longest beginning (`1.2.3` goes with
//! `1.2.4` before `1.4.0` before `2.0.0`), the later ones first; what is left over was
//! added or removed.

mod drift;
mod pair;
#[cfg(test)]
mod tests;

use super::facts::{ComponentFacts, Facts, Hashes, Stated};
pub use drift::{Drift, Undeclared, Why, drift};
use std::collections::{BTreeMap, BTreeSet};

/// One component, as it is named in a result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Name, with group or scope.
    pub name: String,
    /// Version, where one is written.
    pub version: Option<String>,
    /// Package URL as text.
    pub purl: Option<String>,
    /// What it is needed for, where the document says.
    pub scope: Option<String>,
}

impl Item {
    pub(super) fn of(component: &ComponentFacts) -> Self {
        Self {
            name: component.name.known().cloned().unwrap_or_default(),
            version: component.version.known().cloned(),
            purl: component.purl.as_ref().map(ToString::to_string),
            scope: component.scope.clone(),
        }
    }

    /// `name@version`, the name alone, or the purl.
    #[must_use]
    pub fn label(&self) -> String {
        match (&self.version, self.name.is_empty(), &self.purl) {
            (Some(version), false, _) => format!("{}@{version}", self.name),
            (None, false, _) => self.name.clone(),
            (_, true, purl) => purl.clone().unwrap_or_default(),
        }
    }
}

/// A value on both sides; `None` is "not written" or "written as unknown".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Before.
    pub from: Option<String>,
    /// After.
    pub to: Option<String>,
}

/// A digest that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashChange {
    /// `sha256`, or the scheme of a checksum such as `go-h1`.
    pub algorithm: String,
    /// The values, before; empty where none was written.
    pub from: BTreeSet<String>,
    /// The same, after.
    pub to: BTreeSet<String>,
}

impl HashChange {
    /// Both sides name digests and have none in common: other bytes, not more or less
    /// said of the same bytes.
    #[must_use]
    pub fn contradicts(&self) -> bool {
        !self.from.is_empty() && !self.to.is_empty() && self.from.is_disjoint(&self.to)
    }
}

/// A component that is on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    /// The component, as it is after.
    pub item: Item,
    /// The version.
    pub version: Option<Change>,
    /// The digests; only where the version is the same, since another version always has
    /// other bytes.
    pub hashes: Vec<HashChange>,
    /// The licence.
    pub licence: Option<Change>,
    /// The scope.
    pub scope: Option<Change>,
    /// Labels of what it depends on now and did not before.
    pub edges_added: BTreeSet<String>,
    /// Labels of what it depended on before and does not now.
    pub edges_removed: BTreeSet<String>,
}

impl Changed {
    fn is_empty(&self) -> bool {
        self.version.is_none()
            && self.hashes.is_empty()
            && self.licence.is_none()
            && self.scope.is_none()
            && self.edges_added.is_empty()
            && self.edges_removed.is_empty()
    }
}

/// What is different between two documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Sorted.
    pub added: Vec<Item>,
    /// Sorted.
    pub removed: Vec<Item>,
    /// Sorted.
    pub changed: Vec<Changed>,
    /// Components that are the same on both sides.
    pub unchanged: usize,
    /// Components on both sides whose dependencies only one side writes down, so that
    /// they could not be compared.
    pub edges_not_compared: usize,
}

impl Diff {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Compares two documents. The products are compared with each other whatever they are
/// called.
#[must_use]
pub fn compare(before: &Facts, after: &Facts) -> Diff {
    let (before, after) = (&before.united(), &after.united());
    let pairs = pair::pairs(before, after);
    let mut diff = Diff::default();
    let identities = Identities::new(&pairs);
    let mut seen_before = BTreeSet::new();
    let mut seen_after = BTreeSet::new();
    for (from, to) in &pairs {
        seen_before.insert(*from);
        seen_after.insert(*to);
        let (Some(a), Some(b)) = (before.components.get(*from), after.components.get(*to)) else {
            continue;
        };
        let mut changed = changed(a, b);
        match (&a.depends_on, &b.depends_on) {
            (Some(old), Some(new)) => {
                let (added, removed) = identities.edges(old, new);
                changed.edges_added = labels(after, &added);
                changed.edges_removed = labels(before, &removed);
            }
            (None, None) => {}
            _ => diff.edges_not_compared += 1,
        }
        match changed.is_empty() {
            true => diff.unchanged += 1,
            false => diff.changed.push(changed),
        }
    }
    diff.removed = others(before, &seen_before);
    diff.added = others(after, &seen_after);
    diff.changed.sort();
    diff
}

fn others(facts: &Facts, seen: &BTreeSet<usize>) -> Vec<Item> {
    let mut items: Vec<Item> = facts
        .components
        .iter()
        .enumerate()
        .filter(|(position, _)| !seen.contains(position))
        .map(|(_, component)| Item::of(component))
        .collect();
    items.sort();
    items
}

fn labels(facts: &Facts, positions: &BTreeSet<usize>) -> BTreeSet<String> {
    positions
        .iter()
        .filter_map(|position| facts.components.get(*position))
        .map(ComponentFacts::label)
        .collect()
}

fn changed(from: &ComponentFacts, to: &ComponentFacts) -> Changed {
    let version = change(&from.version, &to.version);
    let hashes = match version {
        None => all_hash_changes(from, to),
        Some(_) => Vec::new(),
    };
    let scope = (!is_same_scope(from.scope.as_deref(), to.scope.as_deref())).then(|| Change {
        from: from.scope.clone(),
        to: to.scope.clone(),
    });
    Changed {
        item: Item::of(to),
        version,
        hashes,
        licence: change(&from.licence(), &to.licence()),
        scope,
        edges_added: BTreeSet::new(),
        edges_removed: BTreeSet::new(),
    }
}

/// CycloneDX has three words where [`crate::model::Scope`] has six, and means `required` where it says
/// nothing: two words are compared as exactly as the coarser side has them.
fn is_same_scope(from: Option<&str>, to: Option<&str>) -> bool {
    let is_coarse = |word: Option<&str>| {
        word.is_none_or(|word| matches!(word, "required" | "optional" | "excluded"))
    };
    let coarse = |word: Option<&str>| match word {
        Some("optional") => "optional",
        Some("excluded" | "build" | "dev") => "excluded",
        _ => "required",
    };
    match is_coarse(from) || is_coarse(to) {
        true => coarse(from) == coarse(to),
        false => from == to,
    }
}

fn change(from: &Stated<String>, to: &Stated<String>) -> Option<Change> {
    (from.known() != to.known()).then(|| Change {
        from: from.known().cloned(),
        to: to.known().cloned(),
    })
}

/// The algorithms and checksum schemes whose values differ.
fn all_hash_changes(from: &ComponentFacts, to: &ComponentFacts) -> Vec<HashChange> {
    let mut changes = hash_changes(&from.hashes, &to.hashes);
    changes.extend(hash_changes(&from.checksums, &to.checksums));
    changes
}

fn hash_changes(from: &Hashes, to: &Hashes) -> Vec<HashChange> {
    let algorithms: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    algorithms
        .into_iter()
        .map(|algorithm| HashChange {
            algorithm: algorithm.clone(),
            from: from.get(algorithm).cloned().unwrap_or_default(),
            to: to.get(algorithm).cloned().unwrap_or_default(),
        })
        .filter(|change| change.from != change.to)
        .collect()
}

/// Which component of one side is which of the other.
struct Identities {
    after_of: BTreeMap<usize, usize>,
    before_of: BTreeMap<usize, usize>,
}

impl Identities {
    fn new(pairs: &[(usize, usize)]) -> Self {
        Self {
            after_of: pairs.iter().copied().collect(),
            before_of: pairs.iter().map(|(from, to)| (*to, *from)).collect(),
        }
    }

    /// Edges that are only after, and only before. An edge whose target merely changed
    /// its version is the same edge.
    fn edges(
        &self,
        old: &BTreeSet<usize>,
        new: &BTreeSet<usize>,
    ) -> (BTreeSet<usize>, BTreeSet<usize>) {
        let is_old = |to: &usize| {
            self.before_of
                .get(to)
                .is_some_and(|from| old.contains(from))
        };
        let is_new = |from: &usize| self.after_of.get(from).is_some_and(|to| new.contains(to));
        (
            new.iter().copied().filter(|to| !is_old(to)).collect(),
            old.iter().copied().filter(|from| !is_new(from)).collect(),
        )
    }
}
