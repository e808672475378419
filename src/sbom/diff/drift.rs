//! Does a binary hold what its source declares?

use super::{HashChange, Item, all_hash_changes};
use crate::model::Purl;
use crate::sbom::facts::{ComponentFacts, Facts};
use std::collections::{BTreeMap, BTreeSet};

/// Why a linked component does not count as declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The source does not name the package at all.
    NotDeclared,
    /// The source names the package in these other versions only.
    OtherVersion(BTreeSet<String>),
    /// The source names this version from elsewhere: the purls that it names.
    OtherOrigin(BTreeSet<String>),
    /// The source names this version with other digests.
    OtherHash(Vec<HashChange>),
}

/// A component that is linked and not declared so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undeclared {
    /// The component, as the binary has it.
    pub item: Item,
    /// What is wrong.
    pub why: Why,
}

/// How a binary and its source differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Linked but not declared: the binary was built from something else. Sorted.
    pub undeclared: Vec<Undeclared>,
    /// Declared for running but not linked: a feature or a platform that is off, or a
    /// package that nothing needs. Sorted.
    pub not_linked: Vec<Item>,
    /// Declared for building, developing or testing and, as it should be, not linked.
    pub not_for_running: Vec<Item>,
    /// The binary says that these were used to build it and are not part of it. Sorted.
    pub build_only: Vec<Item>,
    /// Those of them that the source does not declare. Sorted.
    pub build_only_undeclared: Vec<Item>,
    /// What comes with the compiler and not from a lockfile: Go's standard library. Sorted.
    pub toolchain: Vec<Item>,
    /// Components that are linked and declared.
    pub matched: usize,
}

/// Compares what a source declares with what a binary holds. The products themselves are
/// left out: they have no lockfile entry that both sides share.
///
/// Versions and origins must be the same. A qualifier that only one side writes (the
/// binary rarely knows an origin) is no difference.
#[must_use]
pub fn drift(source: &Facts, binary: &Facts) -> Drift {
    let (source, binary) = (&source.united(), &binary.united());
    let declared = Declared::new(source);
    let mut drift = Drift::default();
    let mut linked = BTreeSet::new();
    for (position, component) in binary.components.iter().enumerate() {
        let found = declared.find(component);
        if binary.product == Some(position) || declared.is_product(component) {
            // In a workspace the source declares it among others.
            linked.extend(found.into_iter().flatten());
            continue;
        }
        let item = Item::of(component);
        if is_toolchain(component) {
            drift.toolchain.push(item);
            continue;
        }
        if is_build_only(component) {
            if found.is_err() {
                drift.build_only_undeclared.push(item.clone());
            }
            drift.build_only.push(item);
            // Used, although not linked.
            linked.extend(found.into_iter().flatten());
            continue;
        }
        match found {
            Ok(positions) => {
                linked.extend(positions);
                drift.matched += 1;
            }
            Err(why) => drift.undeclared.push(Undeclared { item, why }),
        }
    }
    for (position, component) in source.components.iter().enumerate() {
        let is_accounted_for = linked.contains(&position) || is_toolchain(component);
        if source.product == Some(position) || is_accounted_for {
            continue;
        }
        match is_for_running(component) {
            true => drift.not_linked.push(Item::of(component)),
            false => drift.not_for_running.push(Item::of(component)),
        }
    }
    drift.undeclared.sort();
    drift.not_linked.sort();
    drift.not_for_running.sort();
    drift.build_only.sort();
    drift.build_only_undeclared.sort();
    drift.toolchain.sort();
    drift
}

/// The binary itself says what it holds, so only its own word for "build" takes a
/// component out; `excluded` is CycloneDX's.
fn is_build_only(component: &ComponentFacts) -> bool {
    matches!(component.scope.as_deref(), Some("build" | "excluded"))
}

/// `go.mod` asks for a minimal version of Go and no lockfile pins one.
fn is_toolchain(component: &ComponentFacts) -> bool {
    component.key() == "pkg:golang/stdlib"
}

fn is_for_running(component: &ComponentFacts) -> bool {
    !matches!(
        component.scope.as_deref(),
        Some("build" | "dev" | "excluded")
    )
}

struct Declared<'a> {
    source: &'a Facts,
    by_key: BTreeMap<String, Vec<usize>>,
}

impl<'a> Declared<'a> {
    fn new(source: &'a Facts) -> Self {
        let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (position, component) in source.components.iter().enumerate() {
            by_key.entry(component.key()).or_default().push(position);
        }
        Self { source, by_key }
    }

    fn is_product(&self, component: &ComponentFacts) -> bool {
        self.source.product().is_some_and(|product| {
            product.key() == component.key() && product.version.known() == component.version.known()
        })
    }

    /// Positions of the entries that declare it.
    fn find(&self, linked: &ComponentFacts) -> Result<Vec<usize>, Why> {
        let same_package: Vec<(usize, &ComponentFacts)> = self
            .by_key
            .get(&linked.key())
            .into_iter()
            .flatten()
            .filter_map(|position| Some((*position, self.source.components.get(*position)?)))
            .collect();
        if same_package.is_empty() {
            return Err(Why::NotDeclared);
        }
        let same_version: Vec<_> = same_package
            .iter()
            .filter(|(_, declared)| declared.version.known() == linked.version.known())
            .collect();
        if same_version.is_empty() {
            let versions = same_package
                .iter()
                .filter_map(|(_, declared)| declared.version.known().cloned());
            return Err(Why::OtherVersion(versions.collect()));
        }
        let same_origin: Vec<_> = same_version
            .iter()
            .filter(|(_, declared)| origins_agree(declared.purl.as_ref(), linked.purl.as_ref()))
            .collect();
        if same_origin.is_empty() {
            let purls = same_version
                .iter()
                .filter_map(|(_, declared)| declared.purl.as_ref().map(ToString::to_string));
            return Err(Why::OtherOrigin(purls.collect()));
        }
        let mut contradictions = Vec::new();
        let mut positions = Vec::new();
        for (position, declared) in same_origin {
            let wrong = contradictions_of(declared, linked);
            match wrong.is_empty() {
                true => positions.push(*position),
                false => contradictions.extend(wrong),
            }
        }
        match positions.is_empty() {
            true => Err(Why::OtherHash(contradictions)),
            false => Ok(positions),
        }
    }
}

fn contradictions_of(declared: &ComponentFacts, linked: &ComponentFacts) -> Vec<HashChange> {
    let mut changes = all_hash_changes(declared, linked);
    changes.retain(HashChange::contradicts);
    changes
}

/// No qualifier that both write has two values.
fn origins_agree(a: Option<&Purl>, b: Option<&Purl>) -> bool {
    let (Some(a), Some(b)) = (a, b) else {
        return true;
    };
    a.qualifiers().iter().all(|(key, value)| {
        b.qualifiers()
            .iter()
            .all(|(other, theirs)| other != key || value == theirs)
    })
}
