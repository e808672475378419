//! Writes what the registry says about withdrawn versions into the inventory, for the
//! checks and documents that read it there.

use super::super::settings::RegistrySettings;
use super::answers::{Answers, VersionFacts};
use super::judge::{Ready, best};
use super::question::is_of_a_registry;
use crate::model::{Availability, AvailabilitySource, Ecosystem, Inventory};

/// Replaces what lockfiles and caches said: the registry is the source of all of them, of Go's
/// retractions where they were read. A package that was given up stays so where a mirror
/// leaves that out.
pub fn fill_availability(
    inventory: &mut Inventory,
    settings: &RegistrySettings,
    answers: &Answers,
) {
    let ready = Ready::all(inventory, settings);
    let components = inventory.components.iter_mut();
    for component in components.filter(|component| is_of_a_registry(component)) {
        let key = (component.ecosystem, component.name.clone());
        let Some(ready) = ready.get(&key) else {
            continue;
        };
        let Some(best) = best(component, ready, answers) else {
            continue;
        };
        if component.ecosystem == Ecosystem::Golang && !best.facts.retractions {
            continue;
        }
        let told = availability(best.facts);
        let is_kept = matches!(told, Availability::Offered(_))
            && matches!(component.availability, Availability::Abandoned { .. });
        if !is_kept {
            component.availability = told;
        }
    }
}

fn availability(facts: &VersionFacts) -> Availability {
    let source = AvailabilitySource::Registry;
    let withdrawn = facts.yanked.as_ref().or(facts.deprecated.as_ref());
    match withdrawn {
        Some(reason) => Availability::Withdrawn {
            source,
            reason: Some(reason.clone()).filter(|reason| !reason.trim().is_empty()),
        },
        None => Availability::Offered(source),
    }
}
