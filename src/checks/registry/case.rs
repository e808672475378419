//! One lockfile entry under judgement, and the findings of one component.

use super::address::fold_origin;
use super::clients::Effective;
use super::settings::{Approved, RegistrySettings};
use crate::model::{
    Component, ConfiguredAt, Detail, Finding, Location, Occurrence, Origin, RegistryDetail, Rule,
    Severity, Subject, terminal_safe,
};
use crate::support::hash::sha256;
use std::collections::BTreeMap;

/// Longest `name@version` shown in a message, in characters.
const LABEL_CHARACTERS: usize = 120;

/// One entry of one lockfile with what is known around it.
pub(super) struct Case<'a> {
    pub component: &'a Component,
    pub occurrence: &'a Occurrence,
    pub settings: &'a RegistrySettings,
    /// What is approved for the component's ecosystem; empty where nothing is configured.
    pub approved: &'a [Approved],
    /// The lockfile's format name; empty where the inventory does not list the file.
    pub format: &'a str,
    /// Some entry of the same lockfile has a file checksum.
    pub lockfile_has_hashes: bool,
    /// The configuration of the client that reads the lockfile, where it was read.
    pub client: Option<&'a Effective>,
}

impl Case<'_> {
    /// `name@version`, safe to show.
    pub(super) fn label(&self) -> String {
        label(self.component)
    }

    /// The approved registries in words, for remedies.
    pub(super) fn approved_words(&self) -> String {
        let shown: Vec<String> = self
            .approved
            .iter()
            .take(3)
            .map(|entry| format!("`{entry}`"))
            .collect();
        let more = self.approved.len().saturating_sub(shown.len());
        let list = shown.join(", ");
        if more > 0 {
            format!("{list} and {more} more")
        } else {
            list
        }
    }
}

/// `name@version` of a component, safe to show, at most 120 characters.
pub(super) fn label(component: &Component) -> String {
    let label = component.label();
    let safe = terminal_safe(&label);
    match safe.char_indices().nth(LABEL_CHARACTERS) {
        Some((end, _)) => format!("{}…", safe.get(..end).unwrap_or_default()),
        None => safe.into_owned(),
    }
}

/// What one rule says of one entry.
pub(super) struct Hit {
    pub rule: &'static Rule,
    pub severity: Severity,
    pub message: String,
    pub remedy: String,
}

/// Entries that one rule says the same of.
struct Group {
    hit: Hit,
    origin: Origin,
    places: Vec<Location>,
    configuration: Vec<ConfiguredAt>,
    approvals: Vec<String>,
}

/// Collects the findings of one component: entries that one rule says the same of become
/// one finding with several places.
pub(super) struct Sink<'a> {
    component: &'a Component,
    approved: &'a [Approved],
    groups: BTreeMap<(&'static str, String), Group>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(component: &'a Component, approved: &'a [Approved]) -> Self {
        Self {
            component,
            approved,
            groups: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, hit: Hit, occurrence: &Occurrence) {
        self.add_configured(hit, occurrence, Vec::new());
    }

    /// As [`Sink::add`], with the lines of configuration that lead to it.
    pub(super) fn add_configured(
        &mut self,
        hit: Hit,
        occurrence: &Occurrence,
        configuration: Vec<ConfiguredAt>,
    ) {
        let key = (hit.rule.id, hit.message.clone());
        let group = self.groups.entry(key).or_insert_with(|| Group {
            hit,
            origin: fold_origin(&occurrence.origin),
            places: Vec::new(),
            configuration: Vec::new(),
            approvals: Vec::new(),
        });
        group.places.push(occurrence.location.clone());
        for place in configuration {
            if !group.configuration.contains(&place) {
                group.configuration.push(place);
            }
        }
    }

    /// As [`Sink::add_configured`], with what would have to be approved.
    pub(super) fn add_unapproved(
        &mut self,
        hit: Hit,
        occurrence: &Occurrence,
        configuration: Vec<ConfiguredAt>,
        approvals: Vec<String>,
    ) {
        let key = (hit.rule.id, hit.message.clone());
        self.add_configured(hit, occurrence, configuration);
        if let Some(group) = self.groups.get_mut(&key) {
            group.approvals = approvals;
        }
    }

    /// Adds what is said of the component itself, at every place of it.
    fn add_everywhere(&mut self, hit: Hit) {
        let mut places = self.component.occurrences.iter();
        let Some(first) = places.next() else {
            return;
        };
        let key = (hit.rule.id, hit.message.clone());
        self.add(hit, first);
        if let Some(group) = self.groups.get_mut(&key) {
            group
                .places
                .extend(places.map(|occurrence| occurrence.location.clone()));
        }
    }

    pub(super) fn into_findings(self) -> impl Iterator<Item = Finding> {
        let Self {
            component,
            approved,
            groups,
        } = self;
        let approved: Vec<String> = approved.iter().map(ToString::to_string).collect();
        groups.into_values().filter_map(move |group| {
            let mut places = group.places;
            places.sort();
            places.dedup();
            let mut places = places.into_iter();
            let location = places.next()?;
            Some(Finding {
                rule: group.hit.rule,
                severity: group.hit.severity,
                fingerprint: fingerprint(component, &group.hit),
                message: group.hit.message,
                remedy: group.hit.remedy,
                subject: Subject::Component {
                    purl: component.purl.clone(),
                    label: component.label(),
                },
                location,
                also_at: places.collect(),
                excerpt: None,
                detail: Detail::Registry(RegistryDetail {
                    origin: group.origin,
                    approved: approved.clone(),
                    configuration: group.configuration,
                    approvals: group.approvals,
                }),
            })
        })
    }
}

/// The finding that one rule makes of a component, at every place of it.
pub(super) fn at_every_place<'a>(
    component: &'a Component,
    approved: &'a [Approved],
    hit: Hit,
) -> impl Iterator<Item = Finding> {
    let mut sink = Sink::new(component, approved);
    sink.add_everywhere(hit);
    sink.into_findings()
}

/// Of rule, purl and message: the message names the folded origin and no line, so it is
/// stable over line moves and holds no secret.
fn fingerprint(component: &Component, hit: &Hit) -> String {
    let text = [hit.rule.id, component.purl.as_str(), &hit.message].join("\0");
    sha256(text.as_bytes()).hex()
}
