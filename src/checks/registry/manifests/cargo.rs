//! `Cargo.toml` of the lockfile's directory and of the members of its workspace, against
//! `Cargo.lock`.

use super::super::clients::{Source, Toml, join, place, says};
use super::{Locked, Missing, workspaces};
use crate::model::ComponentKind;
use semver::{Version, VersionReq};
use std::path::Path;
use toml::de::DeTable;

const TABLES: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];
/// Members of a workspace whose manifests are read.
const MEMBER_LIMIT: usize = 1_000;

pub(super) fn missing(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let Some(file) = source.tree(&join(locked.directory, "Cargo.toml")) else {
        return out;
    };
    // A manifest that breaks off is a gap of the inventory, or no manifest of the product.
    let Some(document) = Toml::parse(&file.text) else {
        return out;
    };
    let shared = document.table(&["workspace", "dependencies"]);
    let scope = Scope {
        shared: shared.map(|table| (&document, table)),
        is_patched: is_patched(source, &document, locked.directory),
    };
    manifest(&file.shown, &document, &scope, locked, &mut out);
    for directory in members(root, &document, locked.directory) {
        if let Some(file) = source.tree(&join(&directory, "Cargo.toml"))
            && let Some(own) = Toml::parse(&file.text)
        {
            manifest(&file.shown, &own, &scope, locked, &mut out);
        }
    }
    out
}

/// Directories of the members, but of the root, relative to the tree's.
fn members(root: &Path, document: &Toml<'_>, base: &str) -> Vec<String> {
    let Some(workspace) = document.table(&["workspace"]) else {
        return Vec::new();
    };
    let texts = |key| {
        let texts = document.texts(workspace, key);
        texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>()
    };
    let is_pattern = |member: &&str| member.contains(['*', '?', '[']);
    let (patterns, plain): (Vec<&str>, Vec<&str>) =
        texts("members").into_iter().partition(is_pattern);
    // `exclude` takes away what patterns find, not what is listed.
    let found = workspaces::directories(root, base, &patterns, &texts("exclude"));
    let plain = plain
        .iter()
        .map(|member| member.trim_start_matches("./").trim_end_matches('/'))
        .filter(|member| !matches!(*member, "" | "."))
        .map(|member| join(base, member));
    let mut all: Vec<String> = plain.chain(found).take(MEMBER_LIMIT).collect();
    all.sort();
    all.dedup();
    all
}

/// What the root of a workspace says for all of its members.
struct Scope<'t> {
    shared: Option<(&'t Toml<'t>, &'t DeTable<'t>)>,
    /// Directories may stand in for packages of registries.
    is_patched: bool,
}

/// Whether the root's manifest, or the configuration beside it, replaces packages.
fn is_patched(source: &Source<'_>, root: &Toml<'_>, directory: &str) -> bool {
    let replaces = |document: &Toml<'_>| {
        ["patch", "replace"]
            .iter()
            .any(|key| document.table(&[key]).is_some())
    };
    replaces(root)
        || ["config.toml", "config"].iter().any(|name| {
            let file = source.tree(&join(directory, &format!(".cargo/{name}")));
            file.is_some_and(|file| Toml::parse(&file.text).is_some_and(|own| replaces(&own)))
        })
}

fn manifest(
    path: &str,
    document: &Toml<'_>,
    scope: &Scope<'_>,
    locked: &Locked<'_>,
    out: &mut Vec<Missing>,
) {
    let name = document
        .table(&["package"])
        .and_then(|package| document.text(package, "name"));
    if let Some((name, line)) = name
        && locked.named(name).is_empty()
    {
        out.push(Missing {
            place: place(path, line, says("name", name)),
        });
        // The rest would only say the same.
        return;
    }
    let mut tables: Vec<&DeTable<'_>> = Vec::new();
    for kind in TABLES {
        tables.extend(document.table(&[kind]));
    }
    for (_, target) in document.table(&["target"]).into_iter().flatten() {
        let Some(target) = target.get_ref().as_table() else {
            continue;
        };
        for kind in TABLES {
            tables.extend(
                target
                    .get(kind)
                    .and_then(|value| value.get_ref().as_table()),
            );
        }
    }
    for table in tables {
        for (key, value) in table {
            let line = document.line(value);
            let wanted = wanted(
                key.get_ref(),
                value.get_ref().as_str(),
                value.get_ref().as_table(),
                document,
                scope.shared,
            );
            if let Some((name, requirement)) = wanted
                && !is_met(locked, &name, requirement.as_deref(), scope.is_patched)
            {
                let text = requirement.unwrap_or_else(|| "*".to_owned());
                out.push(Missing {
                    place: place(path, line, says(&name, &text)),
                });
            }
        }
    }
}

/// Name of the package and what is asked of its version, where it is to come from a
/// registry or anywhere.
fn wanted(
    key: &str,
    text: Option<&str>,
    table: Option<&DeTable<'_>>,
    document: &Toml<'_>,
    shared: Option<(&Toml<'_>, &DeTable<'_>)>,
) -> Option<(String, Option<String>)> {
    if let Some(text) = text {
        return Some((key.to_owned(), Some(text.to_owned())));
    }
    let table = table?;
    if let Some((true, _)) = document.flag(table, "workspace") {
        let (document, shared) = shared?;
        let value = shared.get(key)?.get_ref();
        return wanted(key, value.as_str(), value.as_table(), document, None);
    }
    let name = document
        .text(table, "package")
        .map_or(key, |(name, _)| name);
    let from_elsewhere = ["git", "path"].iter().any(|key| table.contains_key(*key));
    let requirement = match from_elsewhere {
        true => None,
        false => document
            .text(table, "version")
            .map(|(text, _)| text.to_owned()),
    };
    Some((name.to_owned(), requirement))
}

/// A version that is asked for alone comes from a registry: a package of the project's own is
/// none, unless it was put in its place.
fn is_met(locked: &Locked<'_>, name: &str, requirement: Option<&str>, is_patched: bool) -> bool {
    let components = locked.named(name);
    let Some(requirement) = requirement else {
        return !components.is_empty();
    };
    let Ok(requirement) = VersionReq::parse(requirement) else {
        // Cargo refuses it; so nothing can be said of it.
        return !components.is_empty();
    };
    let mut usable = components
        .iter()
        .filter(|component| is_patched || component.kind != ComponentKind::Own);
    usable.any(|component| {
        let version = component.version.as_deref().unwrap_or_default();
        Version::parse(version).is_ok_and(|version| requirement.matches(&version))
    })
}
