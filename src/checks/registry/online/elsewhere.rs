//! Files that an approved registry lets its clients fetch from another server: one finding
//! for each server, since it is one decision.

use super::super::address::fold_origin;
use super::super::settings::Approved;
use super::rules;
use crate::model::{
    Component, Detail, Finding, Location, RegistryDetail, Severity, Subject, terminal_safe,
};
use crate::support::hash::sha256;
use std::collections::{BTreeMap, BTreeSet};

/// By registry and server.
#[derive(Default)]
pub(super) struct Elsewhere {
    found: BTreeMap<(String, String), Group>,
}

struct Group {
    components: BTreeSet<String>,
    places: BTreeSet<Location>,
    detail: RegistryDetail,
}

impl Elsewhere {
    /// Notes that a file of a component lies at `place`.
    pub(super) fn add(
        &mut self,
        component: &Component,
        registry: &str,
        place: &str,
        approved: &[Approved],
    ) {
        let Some(first) = component.occurrences.first() else {
            return;
        };
        let key = (registry.to_owned(), server(place));
        let group = self.found.entry(key).or_insert_with(|| Group {
            components: BTreeSet::new(),
            places: BTreeSet::new(),
            detail: RegistryDetail {
                origin: fold_origin(&first.origin),
                approved: approved.iter().map(ToString::to_string).collect(),
                configuration: Vec::new(),
                approvals: Vec::new(),
            },
        });
        group.components.insert(component.label());
        let places = component.occurrences.iter().map(|place| &place.location);
        group.places.extend(places.cloned());
    }

    pub(super) fn into_findings(self) -> impl Iterator<Item = Finding> {
        self.found.into_iter().filter_map(|((registry, server), group)| {
            let mut places = group.places.into_iter();
            let location = places.next()?;
            let first = group.components.first()?;
            let more = match group.components.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let message = format!(
                "`{registry}` is approved, but it lets its clients fetch `{}`{more} from `{server}`, which is not",
                terminal_safe(first)
            );
            Some(Finding {
                rule: &rules::ORIGIN_EXTERNAL,
                severity: Severity::High,
                fingerprint: sha256(
                    [rules::ORIGIN_EXTERNAL.id, &registry, &server].join("\0").as_bytes(),
                )
                .hex(),
                message,
                remedy: format!(
                    "let the registry serve its files itself, or approve `{server}` beside it in the policy"
                ),
                subject: Subject::File {
                    path: location.path.clone(),
                },
                location,
                also_at: places.collect(),
                excerpt: None,
                detail: Detail::Registry(group.detail),
            })
        })
    }
}

/// Scheme, host and port of an address.
fn server(place: &str) -> String {
    let mut parts = place.splitn(4, '/');
    let head: Vec<&str> = parts.by_ref().take(3).collect();
    terminal_safe(&format!("{}/", head.join("/"))).into_owned()
}
