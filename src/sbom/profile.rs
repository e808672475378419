//! Does an SBOM say what a standard asks for?
//!
//! A profile is a list of [`Field`]s; each looks at the document or at every component
//! and finds it given, stated as not known, missing, or not applicable. Whether "not
//! known" will do is a word of the field, with its reason, because the standards differ.

mod bsi;
mod cisa;
mod cra;
mod fields;
mod ntia;
#[cfg(test)]
mod tests;

use super::facts::{ComponentFacts, Facts, Family};
use std::collections::BTreeSet;

/// Every profile.
pub const PROFILES: &[&Profile] = &[&ntia::NTIA, &cisa::CISA_2025, &bsi::BSI_2_1, &cra::CRA];

/// What a standard asks for.
#[derive(Debug)]
pub struct Profile {
    /// `ntia`.
    pub id: &'static str,
    /// The standard by its full name and date.
    pub title: &'static str,
    /// What the standard asks for.
    pub fields: &'static [Field],
    /// What of the standard no program can see in a document, one sentence.
    pub not_checked: &'static str,
}

impl Profile {
    /// The profile of an id.
    #[must_use]
    pub fn of(id: &str) -> Option<&'static Self> {
        PROFILES.iter().copied().find(|profile| profile.id == id)
    }
}

/// How strongly a standard asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The document does not conform without it.
    Required,
    /// Asked for where it exists, which the document alone does not show, or recommended:
    /// told, and no reason to fail.
    Advised,
}

/// What "it is not known", written by the author, counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// As given; why.
    Accepted(&'static str),
    /// As missing; why.
    NotAccepted(&'static str),
}

impl Unknown {
    /// Whether it counts as given.
    #[must_use]
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// Why it does or does not.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Accepted(reason) | Self::NotAccepted(reason) => reason,
        }
    }
}

/// What is found of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is there.
    Given,
    /// It is written that this is not known.
    Unknown,
    /// It is not there, or what is there does not do; why.
    Missing(&'static str),
}

/// One component with what its place in the document says.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The component.
    pub component: &'a ComponentFacts,
    /// It stands in some relationship.
    pub is_related: bool,
}

/// What a field looks at.
#[derive(Debug)]
pub enum Look {
    /// The document as a whole.
    Document(fn(&Facts) -> State),
    /// Each component, the product included.
    Component(fn(Subject<'_>) -> State),
}

/// One thing that a standard asks for.
#[derive(Debug)]
pub struct Field {
    /// Stable, `kebab-case`.
    pub id: &'static str,
    /// As the standard calls it.
    pub title: &'static str,
    /// Where the standard asks for it.
    pub source: &'static str,
    /// How strongly.
    pub level: Level,
    /// What "not known" counts as.
    pub unknown: Unknown,
    /// What to look at.
    pub look: Look,
    /// What to write, in CycloneDX.
    pub in_cyclonedx: &'static str,
    /// What to write, in SPDX.
    pub in_spdx: &'static str,
}

/// A component without a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lacking {
    /// `name@version`; empty for the document itself.
    pub component: String,
    /// What is wrong.
    pub reason: &'static str,
}

/// What was found of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldResult {
    /// Its id.
    pub id: &'static str,
    /// As the standard calls it.
    pub title: &'static str,
    /// Where the standard asks for it.
    pub source: &'static str,
    /// How strongly.
    pub level: Level,
    /// It looks at the document, not at components.
    pub of_document: bool,
    /// Whether the standard has what it asks for here.
    pub is_met: bool,
    /// How many were looked at: components, or 1 for the document.
    pub total: usize,
    /// How many give it.
    pub given: usize,
    /// How many say that it is not known.
    pub unknown: usize,
    /// What that counts as.
    pub unknown_counts: Unknown,
    /// Those that do not do, sorted. With [`Unknown::NotAccepted`] those that say "not
    /// known" are among them.
    pub lacking: Vec<Lacking>,
    /// What to write and where; `None` where nothing lacks.
    pub advice: Option<&'static str>,
}

/// What was found of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileResult {
    /// Its id.
    pub profile: &'static str,
    /// The standard.
    pub title: &'static str,
    /// Format of the document: `CycloneDX 1.6`.
    pub format: String,
    /// Components looked at, the product included.
    pub components: usize,
    /// Every required field is met.
    pub is_met: bool,
    /// The fields, in the order of the standard.
    pub fields: Vec<FieldResult>,
    /// What no program can see in a document.
    pub not_checked: &'static str,
}

/// Looks for everything that a profile asks for.
#[must_use]
pub fn check(profile: &'static Profile, facts: &Facts) -> ProfileResult {
    let related = facts.related();
    let fields: Vec<FieldResult> = profile
        .fields
        .iter()
        .map(|field| look(field, facts, &related))
        .collect();
    ProfileResult {
        profile: profile.id,
        title: profile.title,
        format: facts.format.to_string(),
        components: facts.components.len(),
        is_met: fields
            .iter()
            .all(|field| field.is_met || field.level == Level::Advised),
        fields,
        not_checked: profile.not_checked,
    }
}

fn look(field: &'static Field, facts: &Facts, related: &BTreeSet<usize>) -> FieldResult {
    let found: Vec<(String, State)> = match &field.look {
        Look::Document(look) => vec![(String::new(), look(facts))],
        Look::Component(look) => facts
            .components
            .iter()
            .enumerate()
            .map(|(position, component)| {
                let subject = Subject {
                    component,
                    is_related: related.contains(&position),
                };
                (component.label(), look(subject))
            })
            .collect(),
    };
    let total = found.len();
    let count = |wanted: State| found.iter().filter(|(_, state)| *state == wanted).count();
    let (given, unknown) = (count(State::Given), count(State::Unknown));
    let mut lacking: Vec<Lacking> = found
        .into_iter()
        .filter_map(|(component, state)| {
            let reason = match state {
                State::Given => return None,
                State::Unknown if field.unknown.is_accepted() => return None,
                State::Unknown => "it is stated as not known",
                State::Missing(reason) => reason,
            };
            Some(Lacking { component, reason })
        })
        .collect();
    lacking.sort();
    let advice = match facts.format.family {
        Family::Spdx => field.in_spdx,
        Family::CycloneDx | Family::Inventory => field.in_cyclonedx,
    };
    // A document without components gives nothing of any component.
    let is_met = lacking.is_empty() && total > 0;
    FieldResult {
        id: field.id,
        title: field.title,
        source: field.source,
        level: field.level,
        of_document: matches!(field.look, Look::Document(_)),
        is_met,
        total,
        given,
        unknown,
        unknown_counts: field.unknown,
        lacking,
        advice: (!is_met).then_some(advice),
    }
}
