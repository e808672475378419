//! `PackageReference` of a project file against the direct packages of
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

pub(super) fn packages(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let name = project(root, locked.directory);
    let file = name.and_then(|name| source.tree(&join(locked.directory, &name)));
    let (Some(file), Some(text)) = (file, javascript::lockfile(root, locked.path)) else {
        return out;
    };
    let document = match Xml::parse(&file.text) {
        Ok(document) => document,
        Err(error) => {
            source.broken(&file, &error);
            return out;
        }
    };
    let lock = json_tree::parse(&text);
    // By name in lower case, what was asked for, of every framework.
    let mut direct: BTreeMap<String, Vec<&str>> = BTreeMap::new();
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
                    place: place(&file.shown, line, says(name, asked)),
                });
            }
        }
    }
    out
}
