//! What a registry says of outside: whether an internal name came from there, or may.

use super::super::answers::{CameFrom, Failure, FailureKind, Outside};
use super::super::rules;
use super::{Has, Judge};
use crate::checks::registry::case::{Hit, label};
use crate::model::{Component, Severity, terminal_safe};
use std::collections::BTreeSet;

/// Most repositories that a message names.
const SHOWN: usize = 3;

impl Judge<'_> {
    /// An internal name that the registry itself took from outside.
    pub(super) fn came_from_outside(
        &mut self,
        component: &Component,
        best: &Has<'_>,
        words: &mut BTreeSet<&'static str>,
    ) -> bool {
        let internal = self
            .settings
            .is_internal(component.ecosystem, &component.name);
        if internal && best.facts.came_from == Some(CameFrom::Unknown) {
            self.gaps.unreachable(
                component,
                &best.answer.registry,
                &Failure {
                    kind: FailureKind::BadAnswer,
                    reason: "its API does not know whether the package came from outside, and its name is internal".to_owned(),
                    remedy: "publish the package anew to the registry, so that its origin is known".to_owned(),
                },
            );
            words.insert("unreachable");
        }
        let Some(CameFrom::External { connection }) = &best.facts.came_from else {
            return false;
        };
        if !internal {
            return false;
        }
        let by = match connection {
            Some(connection) => format!(" through `{}`", terminal_safe(connection)),
            None => String::new(),
        };
        self.add(
            component,
            Hit {
                rule: &rules::ORIGIN_EXTERNAL,
                severity: Severity::Critical,
                message: format!(
                    "`{}` has an internal name, but came into `{}` from outside{by}",
                    label(component),
                    best.answer.registry
                ),
                remedy: "do not build it: block the name's outside origin in the registry, and find out who published it".to_owned(),
            },
        );
        true
    }

    /// An internal name that further versions may come in for from outside.
    pub(super) fn open_to_outside(&mut self, component: &Component, best: &Has<'_>) {
        let internal = self
            .settings
            .is_internal(component.ecosystem, &component.name);
        let Some(Outside::Allowed {
            group,
            repositories,
        }) = best.facts.outside.as_ref().filter(|_| internal)
        else {
            return;
        };
        let who = words(repositories);
        let group = terminal_safe(group);
        self.add(
            component,
            Hit {
                rule: &rules::ORIGIN_OPEN,
                severity: Severity::Medium,
                message: format!(
                    "`{}` has an internal name, but the package group `{group}` lets {who} take it from outside",
                    label(component),
                ),
                remedy: "set EXTERNAL_UPSTREAM of the package group of your internal names to BLOCK".to_owned(),
            },
        );
    }
}

/// The repositories, in words; none means all of them.
fn words(repositories: &[String]) -> String {
    if repositories.is_empty() {
        return "every repository".to_owned();
    }
    let names = repositories.iter().take(SHOWN);
    let shown: Vec<String> = names
        .map(|name| format!("`{}`", terminal_safe(name)))
        .collect();
    match repositories.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
