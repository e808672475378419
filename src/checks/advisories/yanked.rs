//! Versions that their registry withdrew: yanked crates, gems and Python releases,
//! deprecated npm packages, retracted Go modules, unlisted NuGet packages, retired Hex
//! and retracted Pub packages.
//!
//! And packages that were given up as a whole, as `composer.lock` says of Packagist's: that
//! nobody maintains them is a finding of the same rule as where an advisory says it.
//!
//! Whoever knows it writes it into [`Component::availability`]: a lockfile, a cache, the
//! registry itself. This check only reads it there.

use super::check::gap;
use super::finding::component_finding;
use super::paths::Paths;
use super::rules;
use crate::model::{
    Availability, AvailabilitySource, Component, ComponentKind, Detail, Ecosystem, Finding, Gap,
    Origin, Outcome, Severity, YankDetail, terminal_safe,
};
use std::collections::BTreeMap;

/// Longest reason that a message repeats, in characters.
const MAX_REASON_CHARS: usize = 200;

/// A finding for each withdrawn version, and a gap for each ecosystem of which it is not
/// known for some component. Neither is sorted.
pub(super) fn check(paths: &Paths<'_>) -> Outcome {
    let inventory = paths.inventory;
    let mut outcome = Outcome::default();
    let mut unknown: BTreeMap<Ecosystem, usize> = BTreeMap::new();
    for component in &inventory.components {
        if component.kind == ComponentKind::Own {
            continue;
        }
        match &component.availability {
            Availability::Withdrawn { source, reason } => {
                let finding = withdrawn(component, *source, reason.as_deref(), paths);
                outcome.findings.push(finding);
            }
            Availability::Abandoned { source, instead } => {
                let finding = abandoned(component, *source, instead.as_deref(), paths);
                outcome.findings.push(finding);
            }
            Availability::Offered(_) => {}
            Availability::Unknown => {
                if has_withdrawals(component.ecosystem) && may_be_of_a_registry(component) {
                    *unknown.entry(component.ecosystem).or_default() += 1;
                }
            }
        }
    }
    outcome.gaps.extend(unknown.into_iter().map(not_known));
    outcome
}

/// Whether registries of the ecosystem can withdraw single versions.
fn has_withdrawals(ecosystem: Ecosystem) -> bool {
    matches!(
        ecosystem,
        Ecosystem::Cargo
            | Ecosystem::Npm
            | Ecosystem::Pypi
            | Ecosystem::Golang
            | Ecosystem::Nuget
            | Ecosystem::Gem
            | Ecosystem::Hex
            | Ecosystem::Pub
    )
}

/// What comes from a repository, a file or another package has no registry to ask.
fn may_be_of_a_registry(component: &Component) -> bool {
    component.version.is_some()
        && component.occurrences.iter().any(|place| {
            matches!(
                place.origin,
                Origin::Registry { .. } | Origin::ImpliedDefault | Origin::Unrecorded
            )
        })
}

fn withdrawn<'a>(
    component: &'a Component,
    source: AvailabilitySource,
    reason: Option<&str>,
    paths: &Paths<'a>,
) -> Finding {
    let what = match component.ecosystem {
        Ecosystem::Npm => "is deprecated by its publisher",
        Ecosystem::Golang | Ecosystem::Pub => "was retracted",
        Ecosystem::Hex => "was retired",
        Ecosystem::Nuget => "was unlisted",
        _ => "was yanked from its registry",
    };
    let reason = reason.map(short);
    let because = match &reason {
        Some(reason) => format!(": {reason}"),
        None => String::new(),
    };
    let message = format!("`{}` {what}{because}", component.label());
    let remedy = format!(
        "move `{}` to a version that is still offered",
        component.name
    );
    component_finding(
        &rules::YANKED,
        component,
        Severity::Unknown,
        "",
        terminal_safe(&message).into_owned(),
        terminal_safe(&remedy).into_owned(),
        Detail::Yanked(YankDetail {
            source,
            reason,
            reach: paths.reach(component),
        }),
    )
}

fn abandoned<'a>(
    component: &'a Component,
    source: AvailabilitySource,
    instead: Option<&str>,
    paths: &Paths<'a>,
) -> Finding {
    let instead = instead.map(short);
    let message = format!(
        "`{}` is unmaintained: it was abandoned by its maintainers",
        component.label()
    );
    let by = match &instead {
        Some(instead) => format!("`{instead}`, which they name"),
        None => "a maintained package".to_owned(),
    };
    let remedy = format!("replace `{}` by {by}", component.name);
    component_finding(
        &rules::UNMAINTAINED,
        component,
        Severity::Unknown,
        "abandoned",
        terminal_safe(&message).into_owned(),
        terminal_safe(&remedy).into_owned(),
        Detail::Yanked(YankDetail {
            source,
            reason: instead,
            reach: paths.reach(component),
        }),
    )
}

fn short(text: &str) -> String {
    let short: String = text.chars().take(MAX_REASON_CHARS).collect();
    terminal_safe(short.trim()).into_owned()
}

fn not_known((ecosystem, components): (Ecosystem, usize)) -> Gap {
    let remedy = match ecosystem {
        Ecosystem::Cargo => "add --read-caches on a machine whose cargo has asked the registry",
        _ => rules::YANK_DATA_ABSENT.remedy,
    };
    gap(
        rules::YANK_DATA_ABSENT.id,
        format!(
            "nothing here says whether {components} {} of {} {} withdrawn",
            if components == 1 {
                "version"
            } else {
                "versions"
            },
            ecosystem.osv_name(),
            if components == 1 { "was" } else { "were" },
        ),
        None,
        remedy,
    )
}
