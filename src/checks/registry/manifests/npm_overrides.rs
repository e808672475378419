//! `overrides` of a `package.json` against `package-lock.json`, which keeps no copy of them
//! (<https://docs.npmjs.com/cli/configuring-npm/package-json#overrides>): a locked package
//! that an override is for and that is not what it says. `npm ci` refuses such a lockfile,
//! `npm install` replaces the package.

use super::super::clients::{Source, place, says};
use super::Missing;
use super::javascript::GROUPS;
use crate::model::{Location, terminal_safe};
use crate::support::json_tree::Node;
use semver::{Version, VersionReq};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Overrides below one another.
const DEPTH: usize = 16;

/// A locked package, as far as overrides matter.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Locked {
    /// The real name behind an alias.
    name: Option<String>,
    version: Option<String>,
    resolved: Option<String>,
    link: bool,
    in_bundle: bool,
    dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
}

type Packages = BTreeMap<String, Locked>;

/// One override: `parents` are the packages below which it counts, outermost first.
struct Override<'t> {
    parents: Vec<&'t str>,
    /// `name` or `name@range`.
    key: &'t str,
    value: &'t str,
    line: u32,
}

/// The overrides in `main`, the manifest `shown`, that the lockfile does not follow. One
/// whose packages cannot be told is a gap where a locked one is not what it says.
pub(super) fn unfollowed(
    source: &Source<'_>,
    path: &str,
    lock: &str,
    shown: &str,
    main: &Node<'_>,
) -> Vec<Missing> {
    #[derive(Deserialize)]
    struct Lock {
        #[serde(default)]
        packages: Packages,
    }
    let Some(overrides) = main.value("overrides") else {
        return Vec::new();
    };
    let mut all = Vec::new();
    flatten(overrides, &mut Vec::new(), &mut all);
    let undecided = |line: u32, key: &str, why: &str| {
        let message = format!(
            "whether `{}` follows the override of `{}` in `{}` is not known: {why}",
            terminal_safe(path),
            terminal_safe(key),
            terminal_safe(shown)
        );
        source.undecided(Location::line(shown, line), &message);
    };
    let lock = match serde_json::from_str::<Lock>(lock) {
        Ok(lock) => lock,
        Err(_) => {
            if let Some(first) = all.first() {
                undecided(first.line, first.key, "it has a member of a wrong type");
            }
            return Vec::new();
        }
    };
    let mut out = Vec::new();
    let own: Vec<&str> = all
        .iter()
        .filter_map(|one| Some(split(one.parents.first()?).0))
        .collect();
    for one in &all {
        let (name, _) = split(one.key);
        let value = match one.value.strip_prefix('$') {
            None => one.value,
            Some(name) => {
                let asked = GROUPS
                    .iter()
                    .find_map(|group| main.value(group)?.text_of(name));
                let Some(asked) = asked else {
                    undecided(one.line, one.key, "what its value stands for is not there");
                    continue;
                };
                asked
            }
        };
        match one.judge(&lock.packages, value, &own) {
            Some(true) => {}
            Some(false) => out.push(Missing {
                place: place(
                    shown,
                    one.line,
                    says(&format!("overrides.{name}"), one.value),
                ),
            }),
            None => undecided(one.line, one.key, "which packages it is for cannot be told"),
        }
    }
    out
}

/// Every text below `overrides`. Under `.` stands the value for the package itself.
fn flatten<'t>(node: &'t Node<'_>, parents: &mut Vec<&'t str>, all: &mut Vec<Override<'t>>) {
    for member in node.members() {
        let key = member.key.as_ref();
        if let Some(value) = member.value.text() {
            let (parents, key) = match (key, parents.split_last()) {
                (".", Some((own, above))) => (above.to_vec(), *own),
                (key, _) => (parents.clone(), key),
            };
            all.push(Override {
                parents,
                key,
                value,
                line: member.line,
            });
        } else if parents.len() < DEPTH {
            parents.push(key);
            flatten(&member.value, parents, all);
            parents.pop();
        }
    }
}

impl Override<'_> {
    /// Whether the locked packages are what the override says; none where it cannot be told
    /// whether it is for them. `own` are the packages with overrides of their own.
    fn judge(&self, packages: &Packages, value: &str, own: &[&str]) -> Option<bool> {
        let (name, _) = split(self.key);
        let unlike: Vec<&str> = copies(packages, packages.keys().map(String::as_str), self.key)
            .into_iter()
            .filter(|path| {
                let locked = packages.get(*path);
                locked.is_some_and(|one| !is_like(name, one, value))
            })
            .collect();
        if unlike.is_empty() {
            return Some(true);
        }
        let Some((first, inner)) = self.parents.split_first() else {
            return Some(false);
        };
        let mut below = copies(packages, packages.keys().map(String::as_str), first);
        for parent in inner {
            let reached = reached(packages, &below, own);
            below = copies(packages, reached.into_iter(), parent);
        }
        let asked = |from: &BTreeSet<&str>| {
            let mut all = from.iter().filter_map(|path| {
                let locked = packages.get(*path)?;
                asks(locked, name).then(|| resolve(packages, path, name))?
            });
            all.any(|found| unlike.contains(&found))
        };
        let mut all = reached(packages, &below, own);
        all.retain(|path| name_of(path).is_none_or(|name| !own.contains(&name)));
        all.extend(&below);
        match (asked(&below), asked(&all)) {
            (true, _) if inner.is_empty() => Some(false),
            (false, false) => Some(true),
            // What is further down may be there for others.
            _ => None,
        }
    }
}

/// Those of these packages that a key of an override is for.
fn copies<'p>(
    packages: &'p Packages,
    paths: impl Iterator<Item = &'p str>,
    key: &str,
) -> BTreeSet<&'p str> {
    let (name, range) = split(key);
    paths
        .filter(|path| name_of(path) == Some(name))
        .filter(|path| {
            let locked = packages.get(*path);
            locked.is_some_and(|one| !one.in_bundle && (range.is_empty() || may_be(one, range)))
        })
        .collect()
}

/// Every package that these need, and that those need; not those that packages with
/// overrides of their own need, which take the place of the outer ones.
fn reached<'p>(
    packages: &'p Packages,
    from: &BTreeSet<&'p str>,
    own: &[&str],
) -> BTreeSet<&'p str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = from.iter().copied().collect();
    while let Some(path) = open.pop() {
        let Some(locked) = packages.get(path) else {
            continue;
        };
        let has_own = name_of(path).is_some_and(|name| own.contains(&name));
        if has_own && !from.contains(path) {
            continue;
        }
        for name in locked
            .dependencies
            .keys()
            .chain(locked.optional_dependencies.keys())
        {
            let next = resolve(packages, path, name);
            open.extend(next.filter(|next| found.insert(*next)));
        }
    }
    found
}

/// Whether a package depends on a name itself.
fn asks(locked: &Locked, name: &str) -> bool {
    locked.dependencies.contains_key(name) || locked.optional_dependencies.contains_key(name)
}

/// The path of the package that a name means in another one: in its own `node_modules`, or
/// in those of the directories above.
fn resolve<'p>(packages: &'p Packages, path: &str, name: &str) -> Option<&'p str> {
    let mut here = path;
    loop {
        let inside = match here {
            "" => format!("node_modules/{name}"),
            here => format!("{here}/node_modules/{name}"),
        };
        if let Some((found, _)) = packages.get_key_value(&inside) {
            return Some(found);
        }
        if here.is_empty() {
            return None;
        }
        here = here.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// The name that a package is installed under.
fn name_of(path: &str) -> Option<&str> {
    let (_, name) = path.rsplit_once("node_modules/")?;
    (!name.is_empty()).then_some(name)
}

/// The name and the range of `name@range`; the range may be empty.
fn split(key: &str) -> (&str, &str) {
    let at = key.char_indices().skip(1).find(|(_, c)| *c == '@');
    match at.and_then(|(at, _)| key.split_at_checked(at)) {
        Some((name, range)) => (name, range.get(1..).unwrap_or_default()),
        None => (key, ""),
    }
}

/// Whether a locked package may be one of a range: also where that cannot be told.
fn may_be(locked: &Locked, range: &str) -> bool {
    let version = locked.version.as_deref();
    version.is_none_or(|version| within(version, range) != Some(false))
}

/// Whether a package that is locked as `name` is what a value asks for.
fn is_like(name: &str, locked: &Locked, value: &str) -> bool {
    let value = value.trim();
    let resolved = locked.resolved.as_deref().unwrap_or_default();
    let real = locked.name.as_deref().unwrap_or(name);
    let in_range = |range: &str| {
        let version = locked.version.as_deref().unwrap_or_default();
        // A tag is whatever was locked.
        within(version, range) != Some(false)
    };
    if let Some(alias) = value.strip_prefix("npm:") {
        let (name, range) = split(alias);
        return real == name && (range.is_empty() || in_range(range));
    }
    if value.starts_with("file:") || value.starts_with(['.', '~', '/']) {
        return locked.link || resolved.starts_with("file:");
    }
    // Addresses of files and of repositories, and `user/repository`.
    if value.contains([':', '/']) {
        let is_repository = resolved.starts_with("git");
        return resolved == value || (is_repository && repository(resolved) == repository(value));
    }
    let is_elsewhere = resolved.starts_with("git") || resolved.starts_with("file:");
    real == name && !is_elsewhere && !locked.link && in_range(value)
}

/// The last two parts of the address of a repository: who has it, and its name.
fn repository(address: &str) -> Vec<String> {
    let path = address.split('#').next().unwrap_or_default();
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    let parts = path.rsplit(['/', ':']).take(2);
    parts.map(str::to_lowercase).collect()
}

/// Whether a version is in a range of npm; none where one of them cannot be read.
fn within(version: &str, range: &str) -> Option<bool> {
    let version = Version::parse(version).ok()?;
    let range = range.trim();
    if range.contains(" - ") {
        return None;
    }
    let mut is_in = false;
    for part in range.split("||") {
        is_in |= requirement(part)?.matches(&version);
    }
    Some(is_in)
}

/// One alternative of a range. npm takes a version without an operator as it stands.
fn requirement(text: &str) -> Option<VersionReq> {
    let mut terms: Vec<String> = Vec::new();
    let mut operator = String::new();
    for part in text.split_whitespace() {
        let bare = part.trim_start_matches(['<', '>', '=', '^', '~']);
        operator.push_str(part.get(..part.len() - bare.len())?);
        let bare = bare.strip_prefix('v').unwrap_or(bare);
        if bare.is_empty() {
            continue;
        }
        let core = bare.split(['-', '+']).next()?;
        let is_full = core.split('.').count() == 3;
        let is_wild = core.contains(['x', 'X', '*']);
        let operator = std::mem::take(&mut operator);
        terms.push(match (operator.as_str(), is_full && !is_wild) {
            ("" | "=", true) => format!("={bare}"),
            ("" | "=", false) if is_wild => bare.replace(['x', 'X'], "*"),
            ("" | "=", false) => format!("~{bare}"),
            (operator, _) => format!("{operator}{bare}"),
        });
    }
    match terms.is_empty() {
        true => Some(VersionReq::STAR),
        false => VersionReq::parse(&terms.join(", ")).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn ranges_are_those_of_npm() {
        for (version, range, is_in) in [
            ("1.2.3", "1.2.3", Some(true)),
            ("1.2.4", "1.2.3", Some(false)),
            ("1.2.4", "1.2", Some(true)),
            ("1.3.0", "1.2", Some(false)),
            ("1.3.0", "1", Some(true)),
            ("1.3.0", "1.x", Some(true)),
            ("2.0.0", "1.x.x", Some(false)),
            ("2.0.0", "", Some(true)),
            ("2.0.0", "*", Some(true)),
            ("2.1.0", "^1 || ^2", Some(true)),
            ("2.1.0", ">=2.0.0 <2.1.0", Some(false)),
            ("2.0.9", ">= 2.0.0 < 2.1.0", Some(true)),
            ("2.0.9", "1.0.0 - 3.0.0", None),
            ("2.0.9", "latest", None),
            ("2.0.9", "v2.0.9", Some(true)),
        ] {
            assert_eq!(within(version, range), is_in, "{version} {range}");
        }
    }
}
