//! From entries to packages and edges, by the way Node finds a module: in the
//! `node_modules` of the dependent's directory, then of each directory above it
//! (<https://nodejs.org/api/modules.html#loading-from-node_modules-folders>).

use super::entry::Entry;
use super::places;
use crate::inventory::formats::{Package, Parsed};
use crate::inventory::npm::lacks_version;
use crate::inventory::rules;
use crate::model::{Checksum, ComponentKind, Digest, GitReference, Origin, Scope};
use std::collections::HashMap;

/// How a dependency was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// It must be there.
    Required,
    /// It may be missing: another platform, or a peer that nobody brought.
    Wanted,
}

/// Adds packages, edges and gaps of the entries to `parsed`.
pub fn resolve(path: &str, entries: &[Entry], parsed: &mut Parsed) {
    let places = places(entries);
    let installed = installed(entries);
    // Which package stands for an entry: none for links and for a root without a name.
    let mut package_of: Vec<Option<usize>> = vec![None; entries.len()];
    for (place, entry) in entries.iter().enumerate() {
        if let Some(package) = package(path, entry, parsed) {
            if let Some(slot) = package_of.get_mut(place) {
                *slot = Some(parsed.packages.len());
            }
            parsed.packages.push(package);
        }
    }
    let mut asked: HashMap<usize, &str> = HashMap::new();
    for (place, entry) in entries.iter().enumerate() {
        if entry.fields.link {
            note_dangling(path, entry, &places, parsed);
            continue;
        }
        let from = package_of.get(place).copied().flatten();
        for (name, spec, need) in dependencies(entry) {
            let Some(found) = find(&entry.path, name, entries, &installed, &places) else {
                if need == Need::Required {
                    note_missing(path, entry, name, parsed);
                }
                continue;
            };
            let Some(to) = package_of.get(found).copied().flatten() else {
                continue;
            };
            // The smallest wins, so that the order of the entries does not matter.
            asked
                .entry(found)
                .and_modify(|known| *known = (*known).min(spec))
                .or_insert(spec);
            match from {
                Some(from) => parsed.edges.push((from, to)),
                None => parsed.direct.push(to),
            }
        }
    }
    parsed.edges.sort_unstable();
    parsed.edges.dedup();
    parsed.direct.sort_unstable();
    parsed.direct.dedup();
    for (place, entry) in entries.iter().enumerate() {
        let Some(package) = package_of.get(place).copied().flatten() else {
            continue;
        };
        let origin = origin(entry, asked.get(&place).copied(), entries, &places);
        if let Some(package) = parsed.packages.get_mut(package) {
            package.origin = origin;
            if entry.is_installed() && lacks_version(package) {
                let message = format!("`{}` has no version", package.name);
                parsed.note(&rules::INCOMPLETE_ENTRY, path, entry.line, &message);
            }
        }
    }
}

fn package(path: &str, entry: &Entry, parsed: &mut Parsed) -> Option<Package> {
    let fields = &entry.fields;
    if fields.link || (entry.path.is_empty() && fields.name.is_none()) {
        return None;
    }
    let mut package = Package::new(entry.name(), entry.line);
    package.version.clone_from(&fields.version);
    package.licence.clone_from(&fields.licence);
    if entry.is_installed() {
        package.scope = fields.scope;
        package.runs_install_code = Some(fields.has_install_script == Some(true));
        package.withdrawn.clone_from(&fields.deprecated);
    } else {
        package.kind = ComponentKind::Own;
        package.scope = Scope::Runtime;
        package.runs_install_code = fields.has_install_script;
    }
    if let Some(integrity) = &fields.integrity {
        match Digest::parse_sri(integrity) {
            Ok(digests) => package.checksums = digests.into_iter().map(Checksum::File).collect(),
            Err(error) => {
                let message = format!("the integrity of `{}`: {error}", package.name);
                parsed.note(&rules::INCOMPLETE_ENTRY, path, entry.line, &message);
            }
        }
    }
    Some(package)
}

/// What an entry asks for. Development dependencies count for own packages only: npm
/// installs none for others.
fn dependencies(entry: &Entry) -> impl Iterator<Item = (&str, &str, Need)> {
    let fields = &entry.fields;
    let own = if entry.is_installed() {
        &[][..]
    } else {
        &fields.dev_dependencies[..]
    };
    // npm writes a name into `dependencies` too where it is optional.
    let required = fields.dependencies.iter().filter(|(name, _)| {
        !fields
            .optional_dependencies
            .iter()
            .any(|(optional, _)| optional == name)
    });
    let wanted = fields
        .optional_dependencies
        .iter()
        .chain(&fields.peer_dependencies);
    required
        .chain(own)
        .map(|(name, spec)| (name.as_str(), spec.as_str(), Need::Required))
        .chain(wanted.map(|(name, spec)| (name.as_str(), spec.as_str(), Need::Wanted)))
}

/// Entries by the name that they are found under, then by the directory that holds their
/// `node_modules`. Lookups take slices of paths: a hostile lockfile can ask millions of
/// them.
type Installed<'e> = HashMap<&'e str, HashMap<&'e str, usize>>;

fn installed(entries: &[Entry]) -> Installed<'_> {
    let mut installed: Installed<'_> = HashMap::new();
    for (place, entry) in entries.iter().enumerate() {
        if let Some((before, name)) = entry.path.rsplit_once("node_modules/") {
            let holder = before.strip_suffix('/').unwrap_or(before);
            installed.entry(name).or_default().insert(holder, place);
        }
    }
    installed
}

/// The entry that a module at `from` gets for a name; what a link leads to, not the link.
fn find(
    from: &str,
    name: &str,
    entries: &[Entry],
    installed: &Installed<'_>,
    places: &HashMap<&str, usize>,
) -> Option<usize> {
    let holders = installed.get(name)?;
    let mut directory = from;
    loop {
        // `holders` knows no directory that is itself called `node_modules`.
        if let Some(place) = holders.get(directory) {
            return follow(*place, entries, places);
        }
        if directory.is_empty() {
            return None;
        }
        directory = directory.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

fn follow(place: usize, entries: &[Entry], places: &HashMap<&str, usize>) -> Option<usize> {
    let entry = entries.get(place)?;
    if !entry.fields.link {
        return Some(place);
    }
    let target = entry.fields.resolved.as_deref()?;
    let place = places.get(target).copied()?;
    // A link to a link is nothing that npm writes.
    entries
        .get(place)
        .filter(|entry| !entry.fields.link)
        .map(|_| place)
}

fn note_dangling(path: &str, entry: &Entry, places: &HashMap<&str, usize>, parsed: &mut Parsed) {
    let target = entry.fields.resolved.as_deref().unwrap_or_default();
    if !places.contains_key(target) {
        let message = format!(
            "`{}` is a link to `{target}`, which this lockfile does not hold",
            entry.path
        );
        parsed.note(&rules::UNRESOLVED_DEPENDENCY, path, entry.line, &message);
    }
}

fn note_missing(path: &str, entry: &Entry, name: &str, parsed: &mut Parsed) {
    let dependent = match entry.path.as_str() {
        "" => "the project",
        path => path,
    };
    let message = format!("`{dependent}` depends on `{name}`, which this lockfile does not hold");
    parsed.note(&rules::UNRESOLVED_DEPENDENCY, path, entry.line, &message);
}

fn origin(
    entry: &Entry,
    asked: Option<&str>,
    entries: &[Entry],
    places: &HashMap<&str, usize>,
) -> Origin {
    if !entry.is_installed() {
        let path = if entry.path.is_empty() {
            "."
        } else {
            &entry.path
        };
        return Origin::Path {
            path: path.to_owned(),
        };
    }
    match entry.fields.resolved.as_deref() {
        Some(resolved) => {
            let asked = entry.fields.asked.as_deref().or(asked);
            recorded(resolved, asked.unwrap_or_default())
        }
        None if entry.fields.bundled => Origin::Bundled {
            inside: bundler(entry, entries, places),
        },
        None => Origin::Unrecorded,
    }
}

/// The origin that `resolved` names. An address of a tarball looks the same whether a
/// registry or the dependent named it; only what was asked for tells.
fn recorded(resolved: &str, asked: &str) -> Origin {
    if let Some(path) = resolved.strip_prefix("file:") {
        return Origin::Path {
            path: path.to_owned(),
        };
    }
    let git = resolved
        .strip_prefix("git+")
        .or_else(|| resolved.starts_with("git://").then_some(resolved));
    if let Some(address) = git {
        let (url, commit) = match address.split_once('#') {
            Some((url, commit)) => (url, Some(commit.to_owned())),
            None => (address, None),
        };
        return Origin::Git {
            url: url.to_owned(),
            reference: match asked.split_once('#') {
                Some((_, wanted)) if !wanted.is_empty() => {
                    GitReference::Revision(wanted.to_owned())
                }
                _ => GitReference::Default,
            },
            commit,
        };
    }
    if is_web_address(resolved) {
        if is_web_address(asked) {
            return Origin::Url {
                url: resolved.to_owned(),
            };
        }
        return Origin::Registry {
            index: None,
            file: Some(resolved.to_owned()),
            default: false,
        };
    }
    if resolved.contains("://") {
        return Origin::Url {
            url: resolved.to_owned(),
        };
    }
    Origin::Path {
        path: resolved.to_owned(),
    }
}

fn is_web_address(text: &str) -> bool {
    // A scheme has no case, and npm reads it so.
    ["https://", "http://"].iter().any(|scheme| {
        let start = text.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// `name@version` of the nearest entry above that is not itself bundled.
fn bundler(entry: &Entry, entries: &[Entry], places: &HashMap<&str, usize>) -> String {
    let mut path = entry.path.as_str();
    while let Some((above, _)) = path.rsplit_once("/node_modules/") {
        let outer = places.get(above).and_then(|place| entries.get(*place));
        if let Some(outer) = outer.filter(|outer| !outer.fields.bundled) {
            let version = outer.fields.version.as_deref().unwrap_or("?");
            return format!("{}@{version}", outer.name());
        }
        path = above;
    }
    "the project".to_owned()
}
