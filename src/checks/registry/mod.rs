//! Where components come from: an inventory, the configuration of the clients and the
//! approved registries in, findings and gaps out. Offline. That a lockfile records an
//! approved origin does not prove that the client uses it (a Cargo source replacement
//! leaves no trace in the lockfile), so [`clients`] reads what is configured, and a finding
//! joins both with every line.

mod address;
mod approvals;
mod case;
mod checksums;
pub mod clients;
mod configuration;
mod effective;
mod error;
mod licences;
mod lookalikes;
mod manifests;
mod names;
pub mod online;
mod origins;
mod python_files;
pub mod rules;
mod settings;
#[cfg(test)]
mod tests;

pub use error::RegistryError;
pub use licences::AllowedLicences;
pub use rules::{GAPS, RULES};
pub use settings::{Approved, NamePattern, RegistrySettings};

use crate::model::{
    Checksum, Clients as ClientsOfPackage, Component, ComponentKind, Ecosystem, Finding, Gap,
    Inventory, Outcome,
};
use case::{Case, Sink};
use clients::{Clients, Machine, Source};
use lookalikes::Known;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Everything that a tree says about the origin of the packages in its inventory: as
/// [`check_configured`] with the configuration of the tree, and with a machine that of its
/// home, system and environment; and lockfiles that do not hold what their manifests ask
/// for.
#[must_use]
pub fn check_tree(
    root: &Path,
    inventory: &Inventory,
    settings: &RegistrySettings,
    machine: Option<&Machine>,
) -> Outcome {
    let clients = clients::read(root, &inventory.lockfiles, machine);
    let mut outcome = check_configured(inventory, settings, &clients);
    let source = Source::new(root, None);
    outcome
        .findings
        .extend(manifests::check(root, inventory, &source));
    let of_python = python_files::check(inventory, settings, &source);
    outcome.findings.extend(of_python);
    sort(&mut outcome.findings);
    outcome.gaps.extend(source.into_gaps());
    outcome.gaps.sort();
    outcome.gaps.dedup();
    outcome
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (&a.location, a.rule.id, &a.subject, &a.message).cmp(&(
            &b.location,
            b.rule.id,
            &b.subject,
            &b.message,
        ))
    });
}

/// As [`check_configured`], by the lockfiles alone.
#[must_use]
pub fn check_inventory(inventory: &Inventory, settings: &RegistrySettings) -> Outcome {
    check_configured(inventory, settings, &Clients::default())
}

/// Every finding about the origins, checksums and package files of the inventory's
/// dependencies and about the configuration of the clients, sorted by place; the gaps of
/// the configuration, and one that names the ecosystems without approved registries. Own
/// components are not judged.
#[must_use]
pub fn check_configured(
    inventory: &Inventory,
    settings: &RegistrySettings,
    clients: &Clients,
) -> Outcome {
    let formats: BTreeMap<&str, &str> = inventory
        .lockfiles
        .iter()
        .map(|lock| (lock.path.as_str(), lock.format))
        .collect();
    let hashed = lockfiles_with_hashes(inventory);
    let known = Known::of(inventory, settings);
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
                client: clients.of(&occurrence.location.path),
            };
            origins::check(&case, &mut sink);
            checksums::check(&case, &mut sink);
            names::check(&case, &mut sink);
            licences::check(&case, &mut sink);
            lookalikes::check(&case, &known, &mut sink);
        }
        checksums::check_conflict(component, &mut sink);
        findings.extend(sink.into_findings());
    }
    findings.extend(configuration::check(clients, settings, &findings));
    sort(&mut findings);
    let mut gaps = clients.gaps.clone();
    gaps.extend(gap_for(&open));
    Outcome { findings, gaps }
}

/// Where the configuration of the clients takes one component from, for each of its places
/// where it says more than the lockfile; sorted.
#[must_use]
pub fn configured_ways(
    root: &Path,
    inventory: &Inventory,
    settings: &RegistrySettings,
    machine: Option<&Machine>,
    component: &Component,
) -> Vec<ClientsOfPackage> {
    let clients = clients::read(root, &inventory.lockfiles, machine);
    let mut found: Vec<ClientsOfPackage> = component
        .occurrences
        .iter()
        .filter_map(|occurrence| {
            let case = Case {
                component,
                occurrence,
                settings,
                approved: settings.approved_for(component.ecosystem),
                format: "",
                lockfile_has_hashes: false,
                client: clients.of(&occurrence.location.path),
            };
            let way = effective::way(&case)?;
            Some(ClientsOfPackage {
                lockfile: occurrence.location.clone(),
                client: way.client.to_string(),
                takes_from: way.targets(),
                places: way.places(),
            })
        })
        .collect();
    found.sort();
    found.dedup();
    found
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
