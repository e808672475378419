//! `registry/checksum-conflict` for Python, where a version has several files: the same
//! file name with different SHA-256 in the lockfiles of one tree. Lockfiles of uv, Poetry and
//! PDM and `pylock.toml` name their files; requirement files and Pipenv do not.

use super::case::{Sink, label};
use super::checksums::conflict;
use super::clients::{Source, Toml};
use super::settings::RegistrySettings;
use crate::model::{Component, Ecosystem, Finding, Inventory, Occurrence, terminal_safe};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::{DeTable, DeValue};

const FORMATS: [&str; 4] = ["uv-lock", "poetry-lock", "pdm-lock", "pylock-toml"];

/// Entries with the packages that they are of.
type Places<'i> = Vec<(&'i Component, &'i Occurrence)>;

/// A file of a package in a lockfile.
struct Named<'t> {
    file: String,
    sha256: String,
    package: &'t str,
    version: Option<&'t str>,
}

/// What the lockfiles say of one file name: digests, and where each package stands.
#[derive(Default)]
struct Told<'i> {
    digests: BTreeSet<String>,
    places: Places<'i>,
}

/// The findings of all Python lockfiles of the inventory.
pub(super) fn check(
    inventory: &Inventory,
    settings: &RegistrySettings,
    source: &Source<'_>,
) -> Vec<Finding> {
    let locks: Vec<&str> = inventory
        .lockfiles
        .iter()
        .filter(|lock| FORMATS.contains(&lock.format))
        .map(|lock| lock.path.as_str())
        .collect();
    // By lockfile and name.
    let mut of_lock: BTreeMap<&str, BTreeMap<&str, Places<'_>>> = BTreeMap::new();
    for component in &inventory.components {
        if component.ecosystem != Ecosystem::Pypi {
            continue;
        }
        for place in &component.occurrences {
            of_lock
                .entry(place.location.path.as_str())
                .or_default()
                .entry(component.name.as_str())
                .or_default()
                .push((component, place));
        }
    }
    let mut told: BTreeMap<String, Told<'_>> = BTreeMap::new();
    for path in locks {
        let text = source.lockfile(path);
        // One that cannot be read is a gap of the inventory.
        let (Some(toml), Some(known)) = (Toml::parse(&text), of_lock.get(path)) else {
            continue;
        };
        for named in files(&toml) {
            let name = normalized(named.package);
            let found = known.get(name.as_str()).into_iter().flatten();
            let entry = told.entry(named.file.to_lowercase()).or_default();
            entry.digests.insert(named.sha256);
            let is_version = |component: &Component| {
                named.version.is_none() || component.version.as_deref() == named.version
            };
            let places = found.filter(|(component, _)| is_version(component));
            entry.places.extend(places.copied());
        }
    }
    let mut findings = Vec::new();
    for (file, told) in told.iter().filter(|(_, told)| told.digests.len() > 1) {
        let Some((component, _)) = told.places.first() else {
            continue;
        };
        let mut sink = Sink::new(component, settings.approved_for(Ecosystem::Pypi));
        let digests: Vec<String> = told
            .digests
            .iter()
            .take(4)
            .map(|hex| format!("`{}…`", hex.get(..16).unwrap_or(hex)))
            .collect();
        let message = format!(
            "entries of `{}` contradict each other: sha256 of `{}` {}",
            label(component),
            terminal_safe(file),
            digests.join(", ")
        );
        for (_, place) in told
            .places
            .iter()
            .filter(|(of, _)| of.purl == component.purl)
        {
            sink.add(conflict(message.clone()), place);
        }
        findings.extend(sink.into_findings());
    }
    findings
}

/// The name that comparisons use.
fn normalized(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

fn files<'t>(toml: &'t Toml<'_>) -> Vec<Named<'t>> {
    let mut out = Vec::new();
    for list in ["package", "packages"] {
        for package in toml.tables(&toml.root, list) {
            let Some((name, _)) = toml.text(package, "name") else {
                continue;
            };
            let version = toml.text(package, "version").map(|(version, _)| version);
            for key in ["files", "wheels"] {
                for file in toml.tables(package, key) {
                    out.extend(named(toml, file, name, version));
                }
            }
            for key in ["sdist", "archive"] {
                let file = package
                    .get(key)
                    .and_then(|value| value.get_ref().as_table());
                out.extend(file.and_then(|file| named(toml, file, name, version)));
            }
        }
    }
    // Older Poetry and PDM have all files in one table; PDM's keys have the version too.
    let old = toml.table(&["metadata", "files"]).into_iter().flatten();
    for (key, value) in old {
        let key: &str = key.get_ref();
        let name = key.split(' ').next().unwrap_or(key);
        if let DeValue::Array(items) = value.get_ref() {
            for file in items.iter().filter_map(|item| item.get_ref().as_table()) {
                out.extend(named(toml, file, name, None));
            }
        }
    }
    out
}

/// A file by its name, else by the end of its address.
fn named<'t>(
    toml: &'t Toml<'_>,
    file: &'t DeTable<'_>,
    package: &'t str,
    version: Option<&'t str>,
) -> Option<Named<'t>> {
    let text = |key: &str| toml.text(file, key).map(|(text, _)| text);
    let name = match text("file").or_else(|| text("name")) {
        Some(name) => name,
        None => {
            let address = text("url").or_else(|| text("path"))?;
            let bare = address.split(['?', '#']).next()?;
            bare.rsplit('/').next().filter(|name| !name.is_empty())?
        }
    };
    let hashes = file
        .get("hashes")
        .and_then(|value| value.get_ref().as_table());
    let sha256 = match text("hash") {
        Some(hash) => hash.strip_prefix("sha256:")?,
        None => toml.text(hashes?, "sha256").map(|(hex, _)| hex)?,
    };
    Some(Named {
        // Addresses may write `+` as `%2B`.
        file: name.replace("%2B", "+").replace("%2b", "+"),
        sha256: sha256.to_lowercase(),
        package,
        version,
    })
}
