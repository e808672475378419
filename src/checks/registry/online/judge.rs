//! What the answers mean for the inventory. Pure: the same answers, settings and time give
//! the same findings.

mod outside;

use super::super::address::Address;
use super::super::case::{Hit, Sink, label};
use super::super::settings::RegistrySettings;
use super::age::{self, Age, AgeRule, UnknownAge};
use super::answers::{Answers, Failure, PackageAnswer, Reply, VersionFacts};
use super::compare::{Comparison, compare, locked_files};
use super::elsewhere::Elsewhere;
use super::gaps::Gaps;
use super::question::{Question, is_of_a_registry, questions};
use super::{protocols, rules};
use crate::model::{
    Component, Ecosystem, Inventory, Outcome, Published, RegistryAnswer, RegistryAsked, Severity,
    terminal_safe,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Longest text of a publisher that a message repeats, in characters.
const SAID_CHARACTERS: usize = 200;

/// What the policy says about answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnlineSettings {
    /// Minimum ages; the first that fits decides.
    pub ages: Vec<AgeRule>,
    /// Oldest snapshot, in days; none: any.
    pub max_snapshot_days: Option<u32>,
    /// Another check reports withdrawn versions.
    pub withdrawn_elsewhere: bool,
}

/// Findings and gaps about every component that has a registry, and each one's answer.
/// `is_snapshot`: the answers were written before.
#[must_use]
pub fn judge(
    inventory: &Inventory,
    settings: &RegistrySettings,
    online: &OnlineSettings,
    answers: &Answers,
    is_snapshot: bool,
    now: Timestamp,
) -> (Outcome, RegistryAsked) {
    let ready = Ready::all(inventory, settings);
    let mut judge = Judge {
        settings,
        online,
        now,
        findings: Vec::new(),
        gaps: Gaps::default(),
        elsewhere: Elsewhere::default(),
        asked: RegistryAsked {
            asked: terminal_safe(&answers.asked).into_owned(),
            is_snapshot,
            components: Vec::new(),
        },
    };
    for component in inventory.components.iter().filter(|c| is_of_a_registry(c)) {
        let key = (component.ecosystem, component.name.clone());
        if let Some(ready) = ready.get(&key) {
            judge.component(component, ready, answers);
        }
    }
    if is_snapshot {
        judge
            .gaps
            .snapshot_age(&answers.asked, online.max_snapshot_days, now);
    }
    let Judge {
        mut findings,
        gaps,
        elsewhere,
        asked,
        ..
    } = judge;
    findings.extend(elsewhere.into_findings());
    findings.sort_by(|a, b| {
        (&a.location, a.rule.id, &a.subject, &a.message).cmp(&(
            &b.location,
            b.rule.id,
            &b.subject,
            &b.message,
        ))
    });
    let outcome = Outcome {
        findings,
        gaps: gaps.into_gaps(),
    };
    (outcome, asked)
}

struct Judge<'a> {
    settings: &'a RegistrySettings,
    online: &'a OnlineSettings,
    now: Timestamp,
    findings: Vec<crate::model::Finding>,
    gaps: Gaps,
    elsewhere: Elsewhere,
    asked: RegistryAsked,
}

/// One registry that has the version.
pub(super) struct Has<'a> {
    answer: &'a PackageAnswer,
    pub facts: &'a VersionFacts,
    comparison: Comparison,
}

/// A question with the registries whose answers count.
pub(super) struct Ready {
    question: Question,
    registries: BTreeSet<String>,
}

impl Ready {
    /// For every name of an inventory, once.
    pub(super) fn all(
        inventory: &Inventory,
        settings: &RegistrySettings,
    ) -> BTreeMap<(Ecosystem, String), Self> {
        questions(inventory)
            .into_iter()
            .map(|question| {
                let registries = question.registries(settings);
                let registries = registries.into_iter().map(ToString::to_string).collect();
                let key = (question.ecosystem, question.name.clone());
                let ready = Self {
                    question,
                    registries,
                };
                (key, ready)
            })
            .collect()
    }

    /// The answers that count: of registries that the policy approves now and that answer
    /// for the name.
    fn counted<'a>(&self, answers: &'a Answers) -> Vec<&'a PackageAnswer> {
        answers
            .about(self.question.ecosystem, &self.question.name)
            .iter()
            .filter(|answer| self.registries.contains(&answer.registry))
            .collect()
    }
}

/// Of the registries that have the version the one whose file is most like the locked one.
pub(super) fn best<'a>(
    component: &Component,
    ready: &Ready,
    answers: &'a Answers,
) -> Option<Has<'a>> {
    let version = component.version.as_deref().unwrap_or_default();
    let has = ready.counted(answers).into_iter().filter_map(|answer| {
        let Reply::Present { versions, .. } = &answer.reply else {
            return None;
        };
        let facts = versions.get(version)?;
        Some(Has {
            answer,
            facts,
            comparison: worst(component, facts),
        })
    });
    has.min_by(|a, b| a.comparison.cmp(&b.comparison))
}

impl Judge<'_> {
    fn component(&mut self, component: &Component, ready: &Ready, answers: &Answers) {
        let counted = ready.counted(answers);
        let failures: Vec<(&PackageAnswer, &Failure)> = counted
            .iter()
            .filter_map(|answer| match &answer.reply {
                Reply::Unreachable(failure) => Some((*answer, failure)),
                _ => None,
            })
            .collect();
        let best = best(component, ready, answers);
        let mut words = BTreeSet::new();
        let mut registry = None;
        let mut published = None;
        match best {
            Some(best) => {
                registry = Some(best.answer.registry.clone());
                let files = locked_files(component, best.facts);
                published =
                    age::youngest(&files)
                        .zip(best.facts.date_source)
                        .map(|(time, source)| Published {
                            time: time.to_string(),
                            source: source.as_str(),
                        });
                self.present(component, &best, &mut words);
                // Another approved registry may have the file that is taken, and did not say.
                if best.comparison != Comparison::Same {
                    self.unreachable(component, &failures, &mut words);
                }
            }
            None if !failures.is_empty() => {
                self.unreachable(component, &failures, &mut words);
            }
            None if counted.is_empty() => {
                words.insert("not-asked");
                let has_protocol = protocols::of(component.ecosystem).is_some();
                self.gaps
                    .not_asked(component, &ready.question, self.settings, has_protocol);
            }
            None => {
                words.insert("absent");
                self.absent(component, &counted);
            }
        }
        if words.is_empty() {
            words.insert("approved");
        }
        self.asked.components.push(RegistryAnswer {
            purl: component.purl.clone(),
            registry,
            answers: words.into_iter().collect(),
            published,
        });
    }

    fn unreachable(
        &mut self,
        component: &Component,
        failures: &[(&PackageAnswer, &Failure)],
        words: &mut BTreeSet<&'static str>,
    ) {
        for (answer, failure) in failures {
            words.insert("unreachable");
            self.gaps.unreachable(component, &answer.registry, failure);
        }
    }

    fn absent(&mut self, component: &Component, counted: &[&PackageAnswer]) {
        let registries: Vec<String> = counted
            .iter()
            .map(|answer| format!("`{}`", answer.registry))
            .collect();
        let has_name = counted
            .iter()
            .any(|answer| matches!(answer.reply, Reply::Present { .. }));
        let what = match has_name {
            true => "has the name, but not this version",
            false => "does not have this name",
        };
        self.add(
            component,
            Hit {
                rule: &rules::ABSENT,
                severity: Severity::High,
                message: format!(
                    "`{}` is not served by the approved registry {}: it {what}",
                    label(component),
                    registries.join(", ")
                ),
                remedy: "do not install it from elsewhere: publish it to the approved registry, or lock a version that is there".to_owned(),
            },
        );
    }

    fn present(
        &mut self,
        component: &Component,
        best: &Has<'_>,
        words: &mut BTreeSet<&'static str>,
    ) {
        let registry = &best.answer.registry;
        if let Some(word) = self.checksum(component, best) {
            words.insert(word);
        }
        if !self.online.withdrawn_elsewhere {
            self.withdrawn(component, best);
        }
        if best.facts.yanked.is_some() {
            words.insert("yanked");
        }
        if let Some(word) = self.age(component, best) {
            words.insert(word);
        }
        let files = locked_files(component, best.facts);
        let approved = self.settings.approved_for(component.ecosystem);
        for place in files.iter().filter_map(|file| file.elsewhere.as_deref()) {
            let is_approved = Address::parse(place).is_some_and(|address| {
                approved
                    .iter()
                    .filter_map(|entry| entry.address())
                    .any(|entry| entry.covers(&address))
            });
            if !is_approved {
                words.insert("origin-external");
                self.elsewhere.add(component, registry, place, approved);
            }
        }
        if self.came_from_outside(component, best, words) {
            words.insert("origin-external");
        }
        self.open_to_outside(component, best);
    }

    fn checksum(&mut self, component: &Component, best: &Has<'_>) -> Option<&'static str> {
        let name = label(component);
        let registry = &best.answer.registry;
        let hit = match &best.comparison {
            Comparison::Same | Comparison::NotRecorded => return None,
            Comparison::Unknown(why) => {
                self.gaps.checksum_unknown(component, registry, why);
                return Some("checksum-unknown");
            }
            Comparison::Unlisted(missing) => Hit {
                rule: &rules::UNLISTED_CHECKSUM,
                severity: Severity::Medium,
                message: format!(
                    "the lockfile accepts a file of `{name}` that `{registry}` does not serve: {missing}"
                ),
                remedy: "lock it anew from the approved registry, and find out where the other checksum came from".to_owned(),
            },
            Comparison::Different { locked, served } => Hit {
                rule: &rules::CHECKSUM_MISMATCH,
                severity: Severity::Critical,
                message: format!(
                    "`{name}` is locked as {locked}, but `{registry}` serves {served}"
                ),
                remedy: "do not build: find out whether the lockfile or the registry was changed, then lock anew".to_owned(),
            },
        };
        let word = match hit.rule.id == rules::CHECKSUM_MISMATCH.id {
            true => "checksum-mismatch",
            false => "unlisted-checksum",
        };
        // At the entries that differ, not at those that agree.
        let mut sink = Sink::new(component, self.settings.approved_for(component.ecosystem));
        let wanted = component
            .occurrences
            .iter()
            .find(|place| compare(component, place, best.facts) == best.comparison);
        if let Some(place) = wanted.or(component.occurrences.first()) {
            sink.add(hit, place);
        }
        self.findings.extend(sink.into_findings());
        Some(word)
    }

    fn withdrawn(&mut self, component: &Component, best: &Has<'_>) {
        let registry = &best.answer.registry;
        let name = label(component);
        if let Some(reason) = &best.facts.yanked {
            self.add(
                component,
                Hit {
                    rule: &rules::YANKED,
                    severity: Severity::Medium,
                    message: match component.ecosystem {
                        Ecosystem::Golang => {
                            format!(
                                "`{name}` was retracted, as `{registry}` says{}",
                                said(reason)
                            )
                        }
                        _ => format!("`{name}` was yanked from `{registry}`{}", said(reason)),
                    },
                    remedy: format!(
                        "move `{}` to a version that is still offered",
                        terminal_safe(&component.name)
                    ),
                },
            );
        }
        if let Some(text) = &best.facts.deprecated {
            self.add(
                component,
                Hit {
                    rule: &rules::DEPRECATED,
                    severity: Severity::Low,
                    message: format!("`{name}` is deprecated by its publisher{}", said(text)),
                    remedy:
                        "move to what the publisher names, or to a version that is not deprecated"
                            .to_owned(),
                },
            );
        }
    }

    fn age(&mut self, component: &Component, best: &Has<'_>) -> Option<&'static str> {
        let registry = best.answer.registry.as_str();
        let files = locked_files(component, best.facts);
        let place = (component.ecosystem, component.name.as_str(), registry);
        let age = age::judge(&self.online.ages, place, best.facts, &files, self.now);
        let name = label(component);
        match age {
            Age::Fine => None,
            Age::TooNew {
                published,
                days,
                source,
                minimum_days,
            } => {
                self.add(
                    component,
                    Hit {
                        rule: &rules::TOO_NEW,
                        severity: Severity::Medium,
                        message: format!(
                            "`{name}` was published {published} ({}), {days} days ago: the policy wants {minimum_days}",
                            source.words()
                        ),
                        remedy: "lock an older version, or wait; for a repair that cannot wait give the name its own age in the policy".to_owned(),
                    },
                );
                Some("too-new")
            }
            Age::Unknown(UnknownAge::Allow, ..) => None,
            Age::Unknown(UnknownAge::Warn, minimum_days, why) => {
                self.gaps
                    .age_unknown(component, registry, minimum_days, why);
                Some("age-unknown")
            }
            Age::Unknown(UnknownAge::Deny, minimum_days, why) => {
                self.add(
                    component,
                    Hit {
                        rule: &rules::AGE_DENIED,
                        severity: Severity::Medium,
                        message: format!(
                            "the age of `{name}` is not known, and the policy wants {minimum_days} days: {why}"
                        ),
                        remedy: rules::AGE_DENIED.remedy.to_owned(),
                    },
                );
                Some("age-unknown")
            }
        }
    }

    /// Adds a finding at every place of the component.
    fn add(&mut self, component: &Component, hit: Hit) {
        let approved = self.settings.approved_for(component.ecosystem);
        self.findings
            .extend(super::super::case::at_every_place(component, approved, hit));
    }
}

/// The worst comparison of all entries.
fn worst(component: &Component, facts: &VersionFacts) -> Comparison {
    component
        .occurrences
        .iter()
        .map(|occurrence| compare(component, occurrence, facts))
        .max()
        .unwrap_or(Comparison::NotRecorded)
}

/// What a publisher says, short and safe, after a colon; nothing where it says nothing.
fn said(text: &str) -> String {
    let short: String = text.trim().chars().take(SAID_CHARACTERS).collect();
    match short.is_empty() {
        true => String::new(),
        false => format!(": {}", terminal_safe(&short)),
    }
}
