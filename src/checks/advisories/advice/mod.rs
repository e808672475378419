//! The smallest set of upgrades that clears the findings that block.
//!
//! A locked version may move to a target above it if no record of the database matches the
//! target that does not match the locked version already. Of these targets those count that
//! clear most of its blocking findings, and of those the ones that the fewest other records
//! match: where a version is free of every advisory, nothing else is advised. Each target
//! then holds the locked versions that may move to it, and the fewest targets that hold all
//! of them are the upgrades ([`cover`]). Packages do not depend on each other here: what a
//! newer version of one package needs of another one is not known offline.

mod clients;
mod cover;
mod package;

use super::error::DatabaseError;
use super::index::described::PackageKey;
use super::index::read::Database;
use super::paths::Paths;
use super::query::query;
use super::rules::UNMAINTAINED;
use crate::model::{
    Advice, AdvisoryDetail, Component, Detail, Finding, Inventory, Purl, Subject, Uncleared,
};
use package::Plan;
use std::collections::BTreeMap;

/// A finding that blocks.
struct Asked<'a> {
    /// Place in the order of the verdict.
    place: usize,
    finding: &'a Finding,
    detail: &'a AdvisoryDetail,
}

/// Blocking findings of one package, by the component that they are about.
type ByComponent<'a> = BTreeMap<&'a Purl, (&'a Component, Vec<Asked<'a>>)>;

/// What a component is looked up as.
fn key_of(component: &Component) -> PackageKey {
    let query = query(component);
    PackageKey {
        ecosystem: component.ecosystem,
        // A component with a finding was asked for by a name.
        name: query.name.unwrap_or_default(),
        release: query.release,
    }
}

/// Upgrades that clear blocking findings of this check, given in the order of the verdict,
/// and those that no upgrade clears. The same input gives the same advice.
///
/// # Errors
/// [`DatabaseError::Corrupt`] and [`DatabaseError::Read`].
pub fn advise(
    paths: &Paths<'_>,
    blocking: &[&Finding],
    database: &Database,
) -> Result<Advice, DatabaseError> {
    let inventory = paths.inventory;
    let mut packages: BTreeMap<PackageKey, ByComponent<'_>> = BTreeMap::new();
    let mut uncleared: Vec<(usize, Uncleared)> = Vec::new();
    for (place, finding) in blocking.iter().copied().enumerate() {
        let (Detail::Advisory(detail), Some(component)) =
            (&finding.detail, component_of(inventory, finding))
        else {
            let why = match finding.rule.id == UNMAINTAINED.id {
                true => "nobody maintains it: replace it".to_owned(),
                false => "which version to take instead is not known here".to_owned(),
            };
            uncleared.push((place, uncleared_of(finding, why)));
            continue;
        };
        let package = packages.entry(key_of(component)).or_default();
        let (_, asked) = package
            .entry(&component.purl)
            .or_insert_with(|| (component, Vec::new()));
        asked.push(Asked {
            place,
            finding,
            detail,
        });
    }
    // All versions that the product holds of these packages.
    let mut here: BTreeMap<PackageKey, Vec<&str>> = BTreeMap::new();
    for component in &inventory.components {
        let key = key_of(component);
        if let (true, Some(version)) = (packages.contains_key(&key), &component.version) {
            here.entry(key).or_default().push(version);
        }
    }
    let mut advice = Advice::default();
    for (key, by_component) in packages {
        let also_here = here.get(&key).map_or(&[][..], Vec::as_slice);
        let plan = Plan::of(also_here, database, &key, &by_component)?;
        plan.add_to(&mut advice, &mut uncleared, inventory, paths);
    }
    uncleared.sort_by_key(|(place, _)| *place);
    advice.uncleared = uncleared.into_iter().map(|(_, one)| one).collect();
    Ok(advice)
}

fn component_of<'a>(inventory: &'a Inventory, finding: &Finding) -> Option<&'a Component> {
    match &finding.subject {
        Subject::Component { purl, .. } => inventory.component(purl),
        Subject::File { .. } => None,
    }
}

fn uncleared_of(finding: &Finding, why: String) -> Uncleared {
    Uncleared {
        id: match &finding.detail {
            Detail::Advisory(detail) => detail.id.clone(),
            _ => finding.rule.id.to_owned(),
        },
        fingerprint: finding.fingerprint.clone(),
        label: match &finding.subject {
            Subject::Component { label, .. } => label.clone(),
            Subject::File { path } => path.clone(),
        },
        why,
    }
}
