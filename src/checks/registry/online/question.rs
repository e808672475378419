//! What is asked: each name once, with all its versions, and which approved registries
//! answer for it.

use super::super::address::{Address, addresses};
use super::super::settings::{Approved, RegistrySettings};
use super::compare::{YARN, yarn_digest};
use crate::model::{
    Checksum, Component, ComponentKind, DigestAlgorithm, Ecosystem, Inventory, Origin,
};
use std::collections::{BTreeMap, BTreeSet};

/// One name and what the inventory needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub ecosystem: Ecosystem,
    pub name: String,
    pub versions: BTreeSet<String>,
    /// Algorithms of the checksums that lockfiles record of files.
    pub algorithms: BTreeSet<DigestAlgorithm>,
    /// Kinds of the other checksums.
    pub schemes: BTreeSet<&'static str>,
    /// Addresses of the registry that lockfiles record.
    recorded: BTreeSet<String>,
    /// Some entry means the ecosystem's default registry.
    of_default: bool,
}

/// Whether a component has a registry that can be asked about it: not what comes from a
/// repository, a path, or another package's file.
pub(super) fn is_of_a_registry(component: &Component) -> bool {
    component.kind == ComponentKind::Dependency
        && component.version.is_some()
        && component.occurrences.iter().any(|place| {
            matches!(
                place.origin,
                Origin::Registry { .. } | Origin::ImpliedDefault | Origin::Unrecorded
            )
        })
}

/// The questions of an inventory, sorted by ecosystem and name; one for each name.
pub(super) fn questions(inventory: &Inventory) -> Vec<Question> {
    let mut found: BTreeMap<(Ecosystem, &str), Question> = BTreeMap::new();
    for component in inventory.components.iter().filter(|c| is_of_a_registry(c)) {
        let key = (component.ecosystem, component.name.as_str());
        let question = found.entry(key).or_insert_with(|| Question {
            ecosystem: component.ecosystem,
            name: component.name.clone(),
            versions: BTreeSet::new(),
            algorithms: BTreeSet::new(),
            schemes: BTreeSet::new(),
            recorded: BTreeSet::new(),
            of_default: false,
        });
        question.versions.extend(component.version.clone());
        for place in &component.occurrences {
            question.note(&place.origin);
            for checksum in &place.checksums {
                match checksum {
                    Checksum::File(digest) => {
                        question.algorithms.insert(digest.algorithm());
                    }
                    // Other archives of Yarn cannot be made again.
                    Checksum::Opaque { scheme, value }
                        if *scheme == YARN && yarn_digest(value).is_none() => {}
                    Checksum::Opaque { scheme, .. } => {
                        question.schemes.insert(scheme);
                    }
                }
            }
        }
    }
    found.into_values().collect()
}

impl Question {
    fn note(&mut self, origin: &Origin) {
        match origin {
            Origin::ImpliedDefault => self.of_default = true,
            Origin::Registry {
                index,
                file,
                default,
            } => {
                self.of_default |= default;
                // Of a file alone only npm's address lies below its registry's.
                let is_told = index.is_some() || self.ecosystem != Ecosystem::Pypi;
                let told = if index.is_some() { index } else { file };
                if is_told {
                    self.recorded.extend(told.clone());
                }
            }
            other => self
                .recorded
                .extend(addresses(other).into_iter().map(str::to_owned)),
        }
    }

    /// The approved entries to ask, in order. Those that the lockfile names, where it names
    /// approved ones; else the ecosystem's default where the lockfile means that; else all.
    /// For an internal name only registries of one's own.
    pub(super) fn registries<'s>(&self, settings: &'s RegistrySettings) -> Vec<&'s Approved> {
        let approved = settings.approved_for(self.ecosystem);
        let internal = settings.is_internal(self.ecosystem, &self.name);
        let usable: Vec<&Approved> = approved
            .iter()
            .filter(|entry| !(internal && entry.is_default()))
            .collect();
        let best: BTreeSet<String> = self
            .recorded
            .iter()
            .filter_map(|text| covering(text, &usable))
            .map(ToString::to_string)
            .collect();
        let named: Vec<&Approved> = usable
            .iter()
            .copied()
            .filter(|entry| best.contains(&entry.to_string()))
            .collect();
        if !named.is_empty() {
            return named;
        }
        let defaults: Vec<&Approved> = usable.iter().copied().filter(|e| e.is_default()).collect();
        if self.of_default && !defaults.is_empty() {
            return defaults;
        }
        usable
    }
}

/// The approved entry with the longest path that an address lies at or below.
fn covering<'s>(text: &str, approved: &[&'s Approved]) -> Option<&'s Approved> {
    let address = Address::parse(text)?;
    approved
        .iter()
        .copied()
        .filter_map(|entry| Some((entry, entry.address()?)))
        .filter(|(_, prefix)| prefix.covers(&address))
        .max_by_key(|(_, prefix)| prefix.segments().len())
        .map(|(entry, _)| entry)
}
