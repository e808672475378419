//! Where components come from: an inventory and the approved registries in, findings and
//! gaps out. Pure and offline: it judges what lockfiles record, nothing else. That a
//! lockfile records an approved origin does not prove that the client uses it (a Cargo
//! source replacement leaves no trace in the lockfile).

mod address;
mod case;
mod checksums;
mod error;
mod names;
pub mod online;
mod origins;
pub mod rules;
mod settings;
#[cfg(test)]
mod tests;

pub use error::RegistryError;
pub use rules::{GAPS, RULES};
pub use settings::{Approved, NamePattern, RegistrySettings};

use crate::model::{Checksum, ComponentKind, Ecosystem, Gap, Inventory, Outcome};
use case::{Case, Sink};
use std::collections::{BTreeMap, BTreeSet};

/// Every finding about the origins, checksums and package files of the inventory's
/// dependencies, sorted by place, and one gap that names the ecosystems without approved
/// registries. Own components are not judged.
#[must_use]
pub fn check_inventory(inventory: &Inventory, settings: &RegistrySettings) -> Outcome {
    let formats: BTreeMap<&str, &str> = inventory
        .lockfiles
        .iter()
        .map(|lock| (lock.path.as_str(), lock.format))
        .collect();
    let hashed = lockfiles_with_hashes(inventory);
    let mut findings = Vec::new();
    let mut open: BTreeSet<Ecosystem> = BTreeSet::new();
    for component in &inventory.components {
        if component.kind == ComponentKind::Own {
            continue;
        }
        let approved = settings.approved_for(component.ecosystem);
        if approved.is_empty() {
            open.insert(component.ecosystem);
        }
        let mut sink = Sink::new(component, approved);
        for occurrence in &component.occurrences {
            let case = Case {
                component,
                occurrence,
                settings,
                approved,
                format: formats
                    .get(occurrence.location.path.as_str())
                    .copied()
                    .unwrap_or_default(),
                lockfile_has_hashes: hashed.contains(occurrence.location.path.as_str()),
            };
            origins::check(&case, &mut sink);
            checksums::check(&case, &mut sink);
            names::check(&case, &mut sink);
        }
        checksums::check_conflict(component, &mut sink);
        findings.extend(sink.into_findings());
    }
    findings.sort_by(|a, b| {
        (&a.location, a.rule.id, &a.subject, &a.message).cmp(&(
            &b.location,
            b.rule.id,
            &b.subject,
            &b.message,
        ))
    });
    Outcome {
        findings,
        gaps: gap_for(&open).into_iter().collect(),
    }
}

/// Paths of lockfiles in which some dependency has a file checksum.
fn lockfiles_with_hashes(inventory: &Inventory) -> BTreeSet<&str> {
    inventory
        .components
        .iter()
        .flat_map(|component| &component.occurrences)
        .filter(|o| o.checksums.iter().any(|c| matches!(c, Checksum::File(_))))
        .map(|o| o.location.path.as_str())
        .collect()
}

fn gap_for(open: &BTreeSet<Ecosystem>) -> Option<Gap> {
    if open.is_empty() {
        return None;
    }
    let names: Vec<&str> = open.iter().map(|e| e.purl_type()).collect();
    let names = names.join(", ");
    Some(Gap {
        id: rules::NO_APPROVED_REGISTRIES,
        message: format!(
            "no approved registries are configured for {names}: where these dependencies come from was not judged"
        ),
        location: None,
        remedy: format!(
            "list the approved registries of {names} in the policy; `default` approves the public one"
        ),
    })
}
