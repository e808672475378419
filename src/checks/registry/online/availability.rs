//! Writes what the registry says about withdrawn versions into the inventory, for the
//! checks and documents that read it there.

use super::super::settings::RegistrySettings;
use super::answers::{Answers, Reply, VersionFacts};
use super::judge::counted;
use super::question::{Question, is_of_a_registry, questions};
use crate::model::{Availability, AvailabilitySource, Ecosystem, Inventory};
use std::collections::BTreeMap;

/// Replaces what lockfiles and caches said: the registry is the source of all of them.
pub fn fill_availability(
    inventory: &mut Inventory,
    settings: &RegistrySettings,
    answers: &Answers,
) {
    let questions = questions(inventory);
    let by_name: BTreeMap<(Ecosystem, String), Question> = questions
        .into_iter()
        .map(|question| ((question.ecosystem, question.name.clone()), question))
        .collect();
    let components = inventory.components.iter_mut();
    for component in components.filter(|component| is_of_a_registry(component)) {
        let key = (component.ecosystem, component.name.clone());
        let (Some(question), Some(version)) = (by_name.get(&key), &component.version) else {
            continue;
        };
        let facts =
            counted(question, settings, answers)
                .into_iter()
                .find_map(|answer| match &answer.reply {
                    Reply::Present { versions, .. } => versions.get(version),
                    _ => None,
                });
        if let Some(facts) = facts {
            component.availability = availability(facts);
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
