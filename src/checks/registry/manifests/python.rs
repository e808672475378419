//! What Python manifests and lockfiles ask for, as their clients compare it: by what a
//! requirement means, not by how it is written.

use super::super::clients::Toml;
use crate::support::python::marker::{Budget, Marker, differ};
use crate::support::python::{normalise, requirement};
use pep440_rs::VersionSpecifiers;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::str::FromStr as _;
use toml::de::DeTable;

/// Requirements of one name in one list that are compared; more are a gap.
const ALIKE_LIMIT: usize = 100;
/// Parts of the range of one requirement that is compared; more are a gap.
const SPECIFIER_LIMIT: usize = 100;
/// Requirements and groups of all groups of a manifest, with those that they include. One
/// megabyte of groups that include each other stands for a thousand million.
const GROUPS_LIMIT: usize = 100_000;

/// One requirement.
pub(super) struct Asked {
    /// Normalised.
    pub name: String,
    extras: BTreeSet<String>,
    pub range: VersionSpecifiers,
    /// Absent where it cannot be read.
    marker: Option<Marker>,
    /// It comes from an address or a directory.
    pub is_placed: bool,
    /// 1-based.
    pub line: u32,
    /// As it is written; of a lockfile the name.
    pub text: String,
}

/// The marker that holds everywhere.
pub(super) fn always() -> Marker {
    Marker::All(Vec::new())
}

impl Asked {
    /// Reads a requirement of a manifest, which counts under one more condition; `None`
    /// where it is none.
    pub(super) fn of_text(text: &str, line: u32, condition: &Marker) -> Option<Self> {
        // An address may hold a `;`; the one of the marker has a blank beside it there.
        let end = match text.contains("://") {
            true => text.find(" ;").or_else(|| text.find("; ")),
            false => text.find(';'),
        };
        let (plain, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
        let (by_name, is_placed) = match plain.split_once('@') {
            Some((name, _)) => (name, true),
            None => (plain, false),
        };
        let read = requirement(by_name).ok()?;
        let own = match rest.trim_start().strip_prefix(';') {
            None => Some(always()),
            Some(marker) => Marker::parse(marker),
        };
        Some(Self {
            name: read.wanted.name,
            extras: read.wanted.extras,
            range: read.range,
            marker: own.map(|own| Marker::All(vec![own, condition.clone()])),
            is_placed,
            line,
            text: text.to_owned(),
        })
    }

    /// Reads an entry of `uv.lock`: `{ name = …, extras = […], specifier = …, marker = … }`.
    pub(super) fn of_lock(lock: &Toml<'_>, entry: &DeTable<'_>) -> Option<Self> {
        const PLACES: [&str; 6] = ["git", "url", "path", "directory", "editable", "virtual"];
        let (name, line) = lock.text(entry, "name")?;
        let range = match lock.text(entry, "specifier") {
            None => VersionSpecifiers::empty(),
            Some((text, _)) => VersionSpecifiers::from_str(text).ok()?,
        };
        let marker = match lock.text(entry, "marker") {
            None => Some(always()),
            Some((text, _)) => Marker::parse(text),
        };
        let extras = lock.texts(entry, "extras");
        Some(Self {
            name: normalise(name),
            extras: extras.iter().map(|(extra, _)| normalise(extra)).collect(),
            range,
            marker,
            is_placed: PLACES.iter().any(|key| entry.contains_key(*key)),
            line,
            text: name.to_owned(),
        })
    }

    /// Whether it counts everywhere.
    pub(super) fn is_unconditional(&self) -> bool {
        self.marker
            .as_ref()
            .is_some_and(|marker| marker == &Marker::All(vec![always(), always()]))
    }

    fn is_alike(&self, other: &Self) -> bool {
        let has = |these: &VersionSpecifiers, those: &VersionSpecifiers| {
            these
                .iter()
                .all(|this| those.iter().any(|that| that == this))
        };
        self.extras == other.extras
            && has(&self.range, &other.range)
            && has(&other.range, &self.range)
    }
}

/// How two lists of requirements are compared.
pub(super) struct Comparing<'c> {
    /// Where the lockfile counts at all.
    pub within: &'c Marker,
    /// Normalised names that come from elsewhere than an index: the client rewrites what is
    /// asked of them, and only whether they are asked for is compared.
    pub elsewhere: &'c BTreeSet<String>,
    /// What comparisons of one lockfile may take.
    pub budget: &'c Budget,
    /// Whether the client adds conditions of its own to its copy.
    pub ignores_markers: bool,
}

impl Comparing<'_> {
    /// The requirements of the manifest that the copy in the lockfile does not have, and
    /// those of the copy that the manifest does not have.
    pub(super) fn differences<'a>(
        &self,
        manifest: &'a [Rc<Asked>],
        copy: &'a [Asked],
    ) -> (Vec<&'a Asked>, Vec<&'a Asked>) {
        let ours = by_name(manifest.iter().map(|asked| &**asked));
        let theirs = by_name(copy.iter());
        let none = Vec::new();
        let (mut lacking, mut left) = (Vec::new(), Vec::new());
        for (name, asked) in &ours {
            let held = theirs.get(name).unwrap_or(&none);
            let is_placed = asked.iter().any(|one| one.is_placed) || self.elsewhere.contains(*name);
            if is_placed {
                // Something of this name is enough.
                if held.is_empty() {
                    lacking.extend(self.that_count(asked));
                }
                continue;
            }
            // Taken from elsewhere when it was locked, and no longer.
            if held.iter().any(|one| one.is_placed) {
                lacking.extend(asked.first().copied());
                continue;
            }
            lacking.extend(self.without_equal(asked, held));
            left.extend(self.without_equal(held, asked));
        }
        for (name, held) in &theirs {
            if !ours.contains_key(name) {
                left.extend(self.that_count(held));
            }
        }
        (lacking, left)
    }

    /// Those that can count at all.
    fn that_count<'a>(&self, list: &[&'a Asked]) -> Vec<&'a Asked> {
        self.without_equal(list, &[])
    }

    /// Those for which the other list does not ask alike, in the same environments.
    fn without_equal<'a>(&self, these: &[&'a Asked], those: &[&Asked]) -> Vec<&'a Asked> {
        let is_long = |list: &[&Asked]| {
            let long = list.iter().any(|one| one.range.len() > SPECIFIER_LIMIT);
            list.len() > ALIKE_LIMIT || long
        };
        if is_long(these) || is_long(those) {
            self.budget.exceed();
            return Vec::new();
        }
        // Each range is compared with each, part by part.
        let parts = |list: &[&Asked]| list.iter().map(|one| one.range.len()).sum::<usize>();
        let (own, all) = (parts(these), parts(these).saturating_add(parts(those)));
        if !self.budget.take(own.saturating_mul(all)) {
            return Vec::new();
        }
        let differs = |one: &&&Asked| {
            let (Some(here), Some(there)) = (alike(one, these), alike(one, those)) else {
                return false;
            };
            if self.ignores_markers {
                return there == Marker::Any(Vec::new());
            }
            // Of several that ask alike, the ones that stand in the other list as they are are
            // not what differs.
            let equals = |other: &&&Asked| match (&one.marker, &other.marker) {
                (Some(one), Some(other)) => !differ(one, other, self.within, self.budget),
                _ => false,
            };
            let mut others = those.iter().filter(|other| one.is_alike(other));
            differ(&here, &there, self.within, self.budget) && !others.any(|other| equals(&other))
        };
        these.iter().filter(differs).copied().collect()
    }
}

fn by_name<'a>(list: impl Iterator<Item = &'a Asked>) -> BTreeMap<&'a str, Vec<&'a Asked>> {
    let mut names: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for asked in list {
        names.entry(&asked.name).or_default().push(asked);
    }
    names
}

/// Where one of the requirements that ask for the same counts; `None` where that cannot be
/// told.
fn alike(one: &Asked, list: &[&Asked]) -> Option<Marker> {
    let alike = list.iter().filter(|other| one.is_alike(other));
    let markers: Option<Vec<Marker>> = alike.map(|asked| asked.marker.clone()).collect();
    markers.map(Marker::Any)
}

/// The requirements of the groups of a manifest by normalised name, with those that they
/// include; `None` where they cannot be told, or are too many, which the budget remembers.
/// Groups that only include have none.
pub(super) fn groups(
    document: &Toml<'_>,
    tables: &[&DeTable<'_>],
    budget: &Budget,
) -> Option<BTreeMap<String, Vec<Rc<Asked>>>> {
    let mut own: BTreeMap<String, Vec<Rc<Asked>>> = BTreeMap::new();
    let mut included: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for table in tables {
        for (name, list) in *table {
            let name = normalise(name.get_ref());
            let (asked, inner) = (own.entry(name.clone()).or_default(), &mut included);
            for item in list.get_ref().as_array()? {
                let line = document.line(item);
                if let Some(text) = item.get_ref().as_str() {
                    asked.push(Rc::new(Asked::of_text(text, line, &always())?));
                    continue;
                }
                let include = item.get_ref().as_table()?.get("include-group")?;
                let other = normalise(include.get_ref().as_str()?);
                inner.entry(name.clone()).or_default().insert(other);
            }
        }
    }
    let mut all = BTreeMap::new();
    let mut total = 0_usize;
    for name in own.keys() {
        let mut reached = BTreeSet::from([name.as_str()]);
        let mut open = vec![name.as_str()];
        while let Some(at) = open.pop() {
            total = total.saturating_add(own.get(at)?.len().saturating_add(1));
            if total > GROUPS_LIMIT {
                budget.exceed();
                return None;
            }
            for inner in included.get(at).into_iter().flatten() {
                if reached.insert(inner) {
                    open.push(inner);
                }
            }
        }
        let mut asked = Vec::new();
        for group in reached {
            asked.extend(own.get(group)?.iter().cloned());
        }
        all.insert(name.clone(), asked);
    }
    Some(all)
}
