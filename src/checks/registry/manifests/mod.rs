//! Whether lockfiles hold what the manifests beside them ask for: by content, never by
//! time. A lockfile that does not is either refused by its client or quietly changed by it;
//! in both cases what was checked is not what is built. Only differences that need no
//! guess are told: a name that the lockfile does not have, a requirement that none of its
//! versions meets, or a copy of the manifest in the lockfile that differs.

mod bundler;
mod cargo;
mod composer;
mod golang;
mod hashes;
mod javascript;
mod members;
mod npm_overrides;
mod nuget;
mod others;
mod pip_tools;
mod pnpm;
mod python;
#[cfg(test)]
mod tests;
mod uv;
mod workspaces;
mod yarn;

use super::clients::Source;
use super::rules;
use crate::model::{
    Component, ConfiguredAt, Detail, Finding, Inventory, Location, Origin, RegistryDetail,
    Severity, Subject, terminal_safe,
};
use crate::support::hash::sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Requirements that one message names.
const NAMED: usize = 4;
/// Requirements of one manifest that are kept.
const KEPT: usize = 50;

/// One thing that a manifest asks for and its lockfile does not have.
pub(super) struct Missing {
    /// The manifest's line.
    pub place: ConfiguredAt,
}

/// What a lockfile holds: its components by name.
pub(super) struct Locked<'a> {
    /// Path relative to the root.
    pub path: &'a str,
    pub directory: &'a str,
    by_name: BTreeMap<&'a str, Vec<&'a Component>>,
}

impl<'a> Locked<'a> {
    fn of(path: &'a str, components: &[&'a Component]) -> Self {
        let mut by_name: BTreeMap<&str, Vec<&Component>> = BTreeMap::new();
        for component in components {
            by_name.entry(&component.name).or_default().push(component);
        }
        Self {
            path,
            directory: path.rsplit_once('/').map_or("", |(directory, _)| directory),
            by_name,
        }
    }

    /// Every component, by name.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Component> + '_ {
        self.by_name.values().flatten().copied()
    }

    /// The components of a name as the lockfile writes it.
    pub(super) fn named(&self, name: &str) -> &[&'a Component] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a component of this name is there, under another way to write names.
    pub(super) fn has(&self, fold: &dyn Fn(&str) -> String, name: &str) -> bool {
        let name = fold(name);
        self.by_name.keys().any(|known| fold(known) == name)
    }
}

/// A finding for each lockfile of the tree that is out of date, sorted by path.
pub(super) fn check(root: &Path, inventory: &Inventory, source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_lock: BTreeMap<&str, Vec<&Component>> = BTreeMap::new();
    for component in &inventory.components {
        let places = component.occurrences.iter();
        let paths: BTreeSet<&str> = places.map(|o| o.location.path.as_str()).collect();
        for path in paths {
            by_lock.entry(path).or_default().push(component);
        }
    }
    for lock in &inventory.lockfiles {
        let check = match lock.format {
            "cargo-lock" => cargo::missing,
            "package-lock" => javascript::package_lock,
            "pnpm-lock" => pnpm::pnpm_lock,
            "bun-lock" => javascript::bun_lock,
            "yarn-lock" => yarn::yarn_lock,
            "nuget-lock" => nuget::packages,
            "go-mod" => golang::go_sum,
            "poetry-lock" => others::poetry,
            "uv-lock" => uv::uv_lock,
            "pdm-lock" => others::pdm,
            "pipfile-lock" => others::pipfile,
            "requirements" => pip_tools::requirements,
            "composer-lock" => composer::lock,
            "gemfile-lock" => bundler::gemfile,
            _ => continue,
        };
        let locked = Locked::of(
            &lock.path,
            by_lock.get(lock.path.as_str()).map_or(&[], Vec::as_slice),
        );
        let missing = check(root, source, &locked);
        findings.extend(finding(&lock.path, missing));
    }
    findings
}

fn finding(lockfile: &str, missing: Vec<Missing>) -> Option<Finding> {
    let count = missing.len();
    let places: Vec<ConfiguredAt> = missing.into_iter().take(KEPT).map(|m| m.place).collect();
    let first = places.first()?;
    let named: Vec<String> = places
        .iter()
        .take(NAMED)
        .map(|place| format!("`{}`", place.says))
        .collect();
    let more = count.saturating_sub(named.len());
    let tail = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = terminal_safe(lockfile);
    let message = format!(
        "`{shown}` does not hold what its manifest asks for: {}{tail}",
        named.join(", ")
    );
    let text = [rules::STALE_LOCKFILE.id, lockfile, &message].join("\0");
    Some(Finding {
        rule: &rules::STALE_LOCKFILE,
        severity: Severity::Medium,
        message,
        remedy: "let the client write the lockfile anew, look at what changed, and commit both"
            .to_owned(),
        subject: Subject::File {
            path: lockfile.to_owned(),
        },
        location: first.location.clone(),
        also_at: vec![Location::file(lockfile)],
        excerpt: None,
        fingerprint: sha256(text.as_bytes()).hex(),
        detail: Detail::Registry(RegistryDetail {
            origin: Origin::Unrecorded,
            approved: Vec::new(),
            configuration: places,
            approvals: Vec::new(),
        }),
    })
}
