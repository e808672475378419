//! `PackageReference` of a project file, or `packages.config`, against the direct packages of
//! `packages.lock.json`, which keeps what was asked for
//! (<https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files>).

use super::super::clients::{Source, join, place, says};
use super::{Locked, Missing, javascript};
use crate::support::json_tree::{self, Node};
use crate::support::xml::{self, Xml};
use std::collections::BTreeMap;
use std::path::Path;

const PROJECTS: [&str; 3] = [".csproj", ".fsproj", ".vbproj"];
/// Files of a directory that are looked at for one of a project.
const LISTED: usize = 10_000;

/// The one project file beside a lockfile; none where there are several, of which it is not
/// told whose lockfile it is.
fn project(root: &Path, directory: &str) -> Option<String> {
    let listed = std::fs::read_dir(root.join(directory)).ok()?;
    let mut found = listed
        .take(LISTED)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| PROJECTS.iter().any(|ending| name.ends_with(ending)));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A version of numbers alone, as NuGet compares it: `1.0` is `1.0.0`.
fn numbers(text: &str) -> Option<[u32; 4]> {
    let mut out = [0; 4];
    let mut parts = text.trim().split('.');
    for place in &mut out {
        if let Some(part) = parts.next() {
            *place = part.parse().ok()?;
        }
    }
    parts.next().is_none().then_some(out)
}

/// Whether a lockfile's `requested` is what a version asks for: `13.0.1` is `[13.0.1, )`.
/// Also where it cannot be told.
fn is_same(asked: &str, requested: &str) -> bool {
    let minimum = requested
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(", )"));
    match (numbers(asked), minimum.and_then(numbers)) {
        (Some(asked), Some(requested)) => asked == requested,
        _ => true,
    }
}

/// What was asked for of each direct package, by name in lower case, of every framework.
type Direct<'t> = BTreeMap<String, Vec<&'t str>>;

pub(super) fn packages(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let Some(text) = javascript::lockfile(root, locked.path) else {
        return out;
    };
    let lock = json_tree::parse(&text);
    let mut direct = Direct::new();
    let frameworks = lock
        .root
        .value("dependencies")
        .map_or(&[][..], Node::members);
    for package in frameworks
        .iter()
        .flat_map(|framework| framework.value.members())
    {
        if package.value.value("type").and_then(Node::text) == Some("Direct") {
            let requested = package.value.value("requested").and_then(Node::text);
            let of = direct.entry(package.key.to_lowercase()).or_default();
            of.extend(requested);
        }
    }
    if let Some(name) = project(root, locked.directory) {
        references(source, &join(locked.directory, &name), &direct, &mut out);
    }
    listed(
        source,
        &join(locked.directory, "packages.config"),
        &direct,
        &mut out,
    );
    out
}

/// The document of a file of the tree, with its name.
fn document<T>(
    source: &Source<'_>,
    path: &str,
    read: impl FnOnce(&str, &Xml<'_>) -> T,
) -> Option<T> {
    let file = source.tree(path)?;
    match Xml::parse(&file.text) {
        Ok(document) => Some(read(&file.shown, &document)),
        Err(error) => {
            source.broken(&file, &error);
            None
        }
    }
}

fn references(source: &Source<'_>, path: &str, direct: &Direct<'_>, out: &mut Vec<Missing>) {
    document(source, path, |shown, document| {
        for group in xml::children(document.root(), "ItemGroup") {
            if group.attribute("Condition").is_some() {
                continue;
            }
            for reference in xml::children(group, "PackageReference") {
                let name = reference.attribute("Include").unwrap_or_default().trim();
                // Properties and lists are for MSBuild to work out.
                let is_computed = name.contains(['$', '*', ';', '@', '%']);
                if name.is_empty() || is_computed || reference.attribute("Condition").is_some() {
                    continue;
                }
                let inside = xml::child_text(reference, "Version");
                let version = reference.attribute("Version").or(inside.as_deref());
                let asked = version.unwrap_or_default();
                let is_locked = direct.get(&name.to_lowercase()).is_some_and(|of| {
                    of.is_empty() || of.iter().any(|requested| is_same(asked, requested))
                });
                if !is_locked {
                    let line = document.line(reference);
                    out.push(Missing {
                        place: place(shown, line, says(name, asked)),
                    });
                }
            }
        }
    });
}

/// Packages of `packages.config`, which are asked for in one version exactly: `[1.2.3, 1.2.3]`.
/// A lockfile with anything else is that of a project file.
fn listed(source: &Source<'_>, path: &str, direct: &Direct<'_>, out: &mut Vec<Missing>) {
    let exact = |requested: &&str| {
        let (low, high) = requested
            .strip_prefix('[')?
            .strip_suffix(']')?
            .split_once(", ")?;
        (low == high).then(|| low.to_owned())
    };
    let all = direct.values().flatten();
    if direct.is_empty() || all.clone().any(|requested| exact(requested).is_none()) {
        return;
    }
    document(source, path, |shown, document| {
        for package in xml::children(document.root(), "package") {
            let name = package.attribute("id").unwrap_or_default().trim();
            let asked = package.attribute("version").unwrap_or_default().trim();
            let is_same = |locked: &str| match (numbers(asked), numbers(locked)) {
                (Some(asked), Some(locked)) => asked == locked,
                _ => asked.eq_ignore_ascii_case(locked),
            };
            let is_locked = direct.get(&name.to_lowercase()).is_some_and(|of| {
                of.is_empty() || of.iter().filter_map(exact).any(|locked| is_same(&locked))
            });
            if !is_locked && !name.is_empty() {
                let line = document.line(package);
                out.push(Missing {
                    place: place(shown, line, says(name, asked)),
                });
            }
        }
    });
}
