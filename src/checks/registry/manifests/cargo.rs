//! `Cargo.toml` of the lockfile's directory and of the members of its workspace, against
//! `Cargo.lock`.

mod sources;

use super::super::clients::{Source, Toml, join, place, says};
use super::{Locked, Missing, workspaces};
use crate::model::{Component, Location, terminal_safe};
use semver::{Version, VersionReq};
use sources::{Sources, Wanted};
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
    let shared = shared.map(|table| (&document, table));
    let sources = Sources::read(source, &file.shown, &document, locked.directory);
    manifest(&file.shown, &document, shared, &sources, locked, &mut out);
    for directory in members(root, source, &document, locked.directory) {
        if let Some(file) = source.tree(&join(&directory, "Cargo.toml"))
            && let Some(own) = Toml::parse(&file.text)
        {
            manifest(&file.shown, &own, shared, &sources, locked, &mut out);
        }
    }
    sources.unlocked(root, locked, &mut out);
    out
}

/// Directories of the members, but of the root, relative to the tree's.
fn members(root: &Path, source: &Source<'_>, document: &Toml<'_>, base: &str) -> Vec<String> {
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
    let found = workspaces::directories(root, source, base, &patterns, &texts("exclude"));
    let plain = plain
        .iter()
        .map(|member| member.trim_start_matches("./").trim_end_matches('/'))
        .filter(|member| !matches!(*member, "" | "."))
        .map(|member| join(base, member));
    let mut all: Vec<String> = plain.chain(found).collect();
    all.sort();
    all.dedup();
    if all.len() > MEMBER_LIMIT {
        let manifest = join(base, "Cargo.toml");
        let message = format!(
            "only the first {MEMBER_LIMIT} members of `{}` are compared with its lockfile",
            terminal_safe(&manifest)
        );
        source.note(Location::file(&manifest), &message);
        all.truncate(MEMBER_LIMIT);
    }
    all
}

fn manifest(
    path: &str,
    document: &Toml<'_>,
    shared: Option<(&Toml<'_>, &DeTable<'_>)>,
    sources: &Sources,
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
                shared,
                sources,
            );
            let Some(wanted) = wanted else { continue };
            let components = sources.fitting(locked, &wanted.name, &wanted.source);
            if is_met(&components, wanted.requirement.as_deref()) {
                continue;
            }
            let says = match (wanted.says, components.is_empty()) {
                (Some((from, text)), true) => says(&format!("{}.{from}", wanted.name), &text),
                _ => says(&wanted.name, wanted.requirement.as_deref().unwrap_or("*")),
            };
            out.push(Missing {
                place: place(path, line, says),
            });
        }
    }
}

/// A dependency of a manifest.
struct Dependency {
    /// Of the package.
    name: String,
    /// What is asked of its version, where it is to come from a registry or anywhere.
    requirement: Option<String>,
    source: Wanted,
    /// Key and value that name the source.
    says: Option<(&'static str, String)>,
}

fn wanted(
    key: &str,
    text: Option<&str>,
    table: Option<&DeTable<'_>>,
    document: &Toml<'_>,
    shared: Option<(&Toml<'_>, &DeTable<'_>)>,
    sources: &Sources,
) -> Option<Dependency> {
    if let Some(text) = text {
        return Some(Dependency {
            name: key.to_owned(),
            requirement: Some(text.to_owned()),
            source: Wanted::Default,
            says: None,
        });
    }
    let table = table?;
    if let Some((true, _)) = document.flag(table, "workspace") {
        let (document, shared) = shared?;
        let value = shared.get(key)?.get_ref();
        let (text, table) = (value.as_str(), value.as_table());
        return wanted(key, text, table, document, None, sources);
    }
    let name = document
        .text(table, "package")
        .map_or(key, |(name, _)| name);
    let named = sources.named(document, table);
    let requirement = match named.wanted {
        Wanted::Git(..) | Wanted::Path => None,
        Wanted::Default | Wanted::Registry(_) => document.text(table, "version"),
    };
    Some(Dependency {
        name: name.to_owned(),
        requirement: requirement.map(|(text, _)| text.to_owned()),
        source: named.wanted,
        says: named.says.map(|(key, text, _)| (key, text.to_owned())),
    })
}

/// Whether one of the components of a name and source has a version that is asked for.
fn is_met(components: &[&Component], requirement: Option<&str>) -> bool {
    let Some(requirement) = requirement else {
        return !components.is_empty();
    };
    let Ok(requirement) = VersionReq::parse(requirement) else {
        // Cargo refuses it; so nothing can be said of it.
        return !components.is_empty();
    };
    components.iter().any(|component| {
        let version = component.version.as_deref().unwrap_or_default();
        Version::parse(version).is_ok_and(|version| requirement.matches(&version))
    })
}
