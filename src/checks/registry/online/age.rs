//! The minimum age of versions (cool-down).

use super::super::settings::{Approved, NamePattern};
use super::answers::{DateSource, FileFacts, VersionFacts};
use crate::model::Ecosystem;
use jiff::Timestamp;

const DAY: i64 = 86_400;

/// A minimum age; the first rule of a list that fits decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgeRule {
    /// None: every ecosystem.
    pub ecosystem: Option<Ecosystem>,
    /// Registries at or below this address; none: every registry.
    pub registry: Option<Approved>,
    /// None of them: every name.
    pub names: Vec<NamePattern>,
    /// In days; 0 asks for no age.
    pub minimum_days: u32,
    /// What follows where the registry does not say the age.
    pub unknown: UnknownAge,
}

/// What an unknown age means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownAge {
    /// A finding.
    Deny,
    /// A gap.
    Warn,
    /// Nothing.
    Allow,
}

/// What the age of one version came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Age {
    /// Nobody asks for it, or it is old enough.
    Fine,
    /// Younger than the rule wants.
    TooNew {
        published: Timestamp,
        days: i64,
        source: DateSource,
        minimum_days: u32,
    },
    /// Not said; what the rule makes of it, and why it is not known.
    Unknown(UnknownAge, u32, &'static str),
}

/// Judges the age of a version by the youngest of the files that the lockfile means: a file
/// that was added to an old release is as new as its own date.
pub(super) fn judge(
    rules: &[AgeRule],
    (ecosystem, name, registry): (Ecosystem, &str, &str),
    facts: &VersionFacts,
    files: &[&FileFacts],
    now: Timestamp,
) -> Age {
    let rule = rules
        .iter()
        .find(|rule| rule.fits(ecosystem, name, registry));
    let Some(rule) = rule.filter(|rule| rule.minimum_days > 0) else {
        return Age::Fine;
    };
    let unknown = |why| Age::Unknown(rule.unknown, rule.minimum_days, why);
    let Some(source) = facts.date_source else {
        return unknown("the registry gives no date");
    };
    let Some(published) = youngest(files) else {
        return unknown("the registry gives no date for one of its files");
    };
    let age = now.as_second().saturating_sub(published.as_second());
    if age < -DAY {
        return unknown("the registry's date lies in the future");
    }
    match age < i64::from(rule.minimum_days).saturating_mul(DAY) {
        true => Age::TooNew {
            published,
            days: age.max(0) / DAY,
            source,
            minimum_days: rule.minimum_days,
        },
        false => Age::Fine,
    }
}

/// When the youngest of some files was published; `None` where one of them has no date.
pub(super) fn youngest(files: &[&FileFacts]) -> Option<Timestamp> {
    let times: Option<Vec<Timestamp>> = files
        .iter()
        .map(|file| file.published.as_deref()?.parse().ok())
        .collect();
    times.and_then(|times| times.into_iter().max())
}

impl AgeRule {
    fn fits(&self, ecosystem: Ecosystem, name: &str, registry: &str) -> bool {
        let address = |text: &str| {
            Approved::parse(text)
                .ok()
                .and_then(|entry| entry.address().cloned())
        };
        self.ecosystem.is_none_or(|e| e == ecosystem)
            && self.registry.as_ref().is_none_or(|wanted| {
                match (wanted.address(), address(registry)) {
                    (Some(wanted), Some(found)) => wanted.covers(&found),
                    _ => false,
                }
            })
            && (self.names.is_empty() || self.names.iter().any(|p| p.matches(ecosystem, name)))
    }
}
