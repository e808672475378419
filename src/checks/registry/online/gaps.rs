//! Gaps, one for each reason and not one for each package.

use super::super::case::label;
use super::super::settings::RegistrySettings;
use super::answers::{Failure, FailureKind};
use super::question::Question;
use super::rules;
use crate::model::{Component, Gap, Location, Rule, terminal_safe};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Packages that a gap names.
const NAMED: usize = 3;
/// Longest reason that is repeated, in characters.
const REASON_CHARACTERS: usize = 800;
const DAY: i64 = 86_400;

/// What is missing, grouped.
#[derive(Default)]
pub(super) struct Gaps {
    /// By gap id and what tells the groups of it apart.
    groups: BTreeMap<(&'static str, String), Group>,
    single: Vec<Gap>,
}

struct Group {
    rule: &'static Rule,
    /// What could not be said, before the packages' names.
    before: String,
    /// Why, after them.
    after: String,
    remedy: String,
    packages: BTreeSet<String>,
    place: Option<Location>,
}

impl Gaps {
    fn add(
        &mut self,
        rule: &'static Rule,
        key: String,
        component: &Component,
        texts: impl FnOnce() -> (String, String, String),
    ) {
        let group = self.groups.entry((rule.id, key)).or_insert_with(|| {
            let (before, after, remedy) = texts();
            Group {
                rule,
                before,
                after,
                remedy,
                packages: BTreeSet::new(),
                place: None,
            }
        });
        group.packages.insert(label(component));
        let place = component.occurrences.first().map(|o| o.location.clone());
        group.place = match (group.place.take(), place) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    pub(super) fn unreachable(&mut self, component: &Component, registry: &str, failure: &Failure) {
        // A refusal may be about one package, the others are about the registry.
        let key = match failure.kind {
            FailureKind::Forbidden | FailureKind::BadAnswer | FailureKind::BadName => {
                format!("{registry}\0{:?}\0{}", failure.kind, failure.reason)
            }
            kind => format!("{registry}\0{kind:?}"),
        };
        self.add(&rules::UNREACHABLE, key, component, || {
            (
                format!("`{registry}` gave no answer about"),
                failure.reason.clone(),
                failure.remedy.clone(),
            )
        });
    }

    pub(super) fn age_unknown(
        &mut self,
        component: &Component,
        registry: &str,
        minimum_days: u32,
        why: &'static str,
    ) {
        let key = format!("{registry}\0{minimum_days}\0{why}");
        self.add(&rules::AGE_UNKNOWN, key, component, || {
            (
                format!("the policy wants an age of {minimum_days} days, which `{registry}` does not show for"),
                why.to_owned(),
                rules::AGE_UNKNOWN.remedy.to_owned(),
            )
        });
    }

    pub(super) fn checksum_unknown(&mut self, component: &Component, registry: &str, why: &str) {
        let key = format!("{registry}\0{why}");
        self.add(&rules::CHECKSUM_UNKNOWN, key, component, || {
            (
                format!("the checksums of `{registry}` could not be compared for"),
                why.to_owned(),
                rules::CHECKSUM_UNKNOWN.remedy.to_owned(),
            )
        });
    }

    /// Nobody was asked about it: why, and what to write into the policy.
    pub(super) fn not_asked(
        &mut self,
        component: &Component,
        question: &Question,
        settings: &RegistrySettings,
        has_protocol: bool,
    ) {
        let ecosystem = component.ecosystem;
        let entries = question.registries(settings);
        let (why, remedy) = if !has_protocol {
            (
                format!("no registry protocol of {ecosystem} is known here"),
                "accept this gap in the policy, or check these by other means".to_owned(),
            )
        } else if settings.approved_for(ecosystem).is_empty() {
            (
                format!("the policy approves no registry of {ecosystem}"),
                format!(
                    "write into the policy: [registry.approved] {ecosystem} = [\"https://host/path/\"]"
                ),
            )
        } else if entries.is_empty() {
            (
                format!(
                    "internal names of {ecosystem} must come from a registry of one's own, and the policy names none"
                ),
                format!("add the address of your own registry to [registry.approved] {ecosystem}"),
            )
        } else if entries.iter().all(|entry| entry.address().is_none()) {
            (
                format!(
                    "the policy approves the default registry of {ecosystem} without its address"
                ),
                format!(
                    "write `default=https://host/path/` in the place of `default` in [registry.approved] {ecosystem}, with the address that its client asks"
                ),
            )
        } else {
            (
                "the snapshot has no answer of a registry that the policy approves".to_owned(),
                "write a new one with `sealgate registry snapshot`, with the same policy and tree"
                    .to_owned(),
            )
        };
        let key = format!("{ecosystem}\0{why}");
        self.add(&rules::NOT_ASKED, key, component, || {
            ("no registry was asked about".to_owned(), why, remedy)
        });
    }

    /// Adds a gap where a snapshot is older than the policy allows.
    pub(super) fn snapshot_age(&mut self, asked: &str, max_days: Option<u32>, now: Timestamp) {
        let Some(max_days) = max_days else {
            return;
        };
        let age = asked
            .parse::<Timestamp>()
            .ok()
            .map(|asked| now.as_second().saturating_sub(asked.as_second()));
        let message = match age {
            Some(age) if age < -DAY => "the snapshot is dated after now".to_owned(),
            Some(age) if age <= i64::from(max_days).saturating_mul(DAY) => return,
            Some(age) => format!(
                "the snapshot is {} days old, and the policy allows {max_days}",
                age / DAY
            ),
            None => "the snapshot does not say when the registries were asked".to_owned(),
        };
        self.single.push(Gap {
            id: rules::STALE_SNAPSHOT.id,
            message,
            location: None,
            remedy: rules::STALE_SNAPSHOT.remedy.to_owned(),
        });
    }

    pub(super) fn into_gaps(self) -> Vec<Gap> {
        let mut gaps = self.single;
        gaps.extend(self.groups.into_values().map(Group::into_gap));
        gaps.sort();
        gaps
    }
}

impl Group {
    fn into_gap(self) -> Gap {
        let named: Vec<String> = self
            .packages
            .iter()
            .take(NAMED)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = match self.packages.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        // A snapshot may hold texts of any length.
        let why: String = self.after.chars().take(REASON_CHARACTERS).collect();
        let message = format!("{} {}{more}: {why}", self.before, named.join(", "));
        Gap {
            id: self.rule.id,
            message: terminal_safe(&message).into_owned(),
            location: self.place,
            remedy: terminal_safe(&self.remedy).into_owned(),
        }
    }
}
