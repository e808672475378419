//! From the entries of a `pdm.lock` to packages, edges and scopes.

use super::super::Parsed;
use super::{Entry, Reader};
use crate::inventory::document::{items, table, text};
use crate::inventory::python::marker::Marker;
use crate::inventory::python::normalise;
use crate::inventory::python::project::Project;
use crate::inventory::python::requirement::{Candidates, Line, Meaning};
use crate::inventory::rules;
use crate::model::{ComponentKind, Scope};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// What the entries stand for.
pub fn resolve(reader: Reader<'_, '_>, project: Option<&Project>) -> Parsed {
    let mut candidates = Candidates::new(environment(&reader));
    let Reader {
        path,
        parsed,
        entries,
        ..
    } = reader;
    let markers: Vec<Option<Marker>> = entries
        .iter()
        .map(|entry| entry.marker.as_deref().and_then(Marker::parse))
        .collect();
    for (place, (entry, marker)) in entries.iter().zip(&markers).enumerate() {
        let key = key(&normalise(&entry.package.name), entry.extras.iter());
        candidates.add(key, entry.package.version.as_deref(), marker.clone(), place);
    }
    let mut graph = Graph {
        path,
        parsed,
        candidates,
        markers,
        excluded: project.map(|project| &project.excluded),
        own: project.and_then(|project| Some(normalise(&project.root.as_ref()?.name))),
    };
    let links = graph.links(&entries);
    let wanted = graph.wanted(project);
    let has_groups = entries
        .iter()
        .any(|entry| entry.package.scope != Scope::Unknown);
    let scopes = if has_groups {
        Vec::new()
    } else {
        walk(entries.len(), &links, &wanted)
    };
    join(graph.parsed, entries, &links, &wanted, &scopes)
}

/// Where the lockfile can be used: one of its targets.
fn environment(reader: &Reader<'_, '_>) -> Option<Marker> {
    let metadata = table(&reader.document.root, "metadata")?;
    let mut any = Vec::new();
    for target in items(metadata, "targets") {
        let target = target.get_ref().as_table()?;
        any.push(Marker::of_python(text(target, "requires_python")?)?);
    }
    (!any.is_empty()).then_some(Marker::Any(any))
}

fn key<'e>(name: &str, extras: impl Iterator<Item = &'e String>) -> String {
    let extras: Vec<&str> = extras.map(String::as_str).collect();
    if extras.is_empty() {
        name.to_owned()
    } else {
        format!("{name}[{}]", extras.join(","))
    }
}

struct Graph<'p> {
    path: &'p str,
    parsed: Parsed,
    candidates: Candidates,
    markers: Vec<Option<Marker>>,
    excluded: Option<&'p BTreeSet<String>>,
    own: Option<String>,
}

impl Graph<'_> {
    /// Dependent and dependency, as entries.
    fn links(&mut self, entries: &[Entry]) -> Vec<(usize, usize)> {
        let mut links = Vec::new();
        for (from, entry) in entries.iter().enumerate() {
            for (text, line) in &entry.dependencies {
                let name = &entry.package.name;
                let Some(wanted) = Line::parse(text) else {
                    let message = format!("a dependency of `{name}` is no requirement");
                    let rule = &rules::INCOMPLETE_ENTRY;
                    self.parsed.note(rule, self.path, *line, &message);
                    continue;
                };
                let dependent = self.markers.get(from).cloned().flatten();
                match self.find(&wanted, dependent.as_ref()) {
                    Meaning::Packages(found) => links.extend(found.iter().map(|to| (from, *to))),
                    Meaning::Absent if wanted.conditional || self.leaves_out(&wanted.name) => {}
                    _ => {
                        let message = format!(
                            "`{name}` depends on `{}`, which this lockfile does not hold, or too often",
                            wanted.name
                        );
                        let rule = &rules::UNRESOLVED_DEPENDENCY;
                        self.parsed.note(rule, self.path, *line, &message);
                    }
                }
            }
        }
        links
    }

    /// The entry with the extras, or that of the package itself.
    fn find(&self, line: &Line, dependent: Option<&Marker>) -> Meaning {
        let with_extras = key(&line.name, line.extras.iter());
        let key = if self.candidates.has(&with_extras) {
            &with_extras
        } else {
            &line.name
        };
        self.candidates.find(key, line, dependent)
    }

    fn leaves_out(&self, name: &str) -> bool {
        self.own.as_deref() == Some(name)
            || self
                .excluded
                .is_some_and(|excluded| excluded.contains(name))
    }

    /// What the project asks for, as entries.
    fn wanted(&self, project: Option<&Project>) -> Vec<(Scope, usize)> {
        let lines = project.into_iter().flat_map(|project| &project.lines);
        lines
            .flat_map(|(scope, line)| match self.find(line, None) {
                Meaning::Packages(found) => {
                    found.into_iter().map(|place| (*scope, place)).collect()
                }
                _ => Vec::new(),
            })
            .collect()
    }
}

/// The scope of every entry by what reaches it, where the lockfile names no groups.
fn walk(count: usize, links: &[(usize, usize)], wanted: &[(Scope, usize)]) -> Vec<Scope> {
    let mut of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in links {
        of.entry(*from).or_default().push(*to);
    }
    let mut scopes = vec![Scope::Unknown; count];
    let mut seen: HashSet<usize> = HashSet::new();
    // In the order of exposure: what is reached first keeps its scope.
    for scope in [Scope::Runtime, Scope::Optional, Scope::Dev] {
        let first = wanted.iter().filter(|(of, _)| *of == scope);
        let mut waiting: Vec<usize> = first.map(|(_, place)| *place).collect();
        while let Some(place) = waiting.pop() {
            if seen.insert(place) {
                if let Some(slot) = scopes.get_mut(place) {
                    *slot = scope;
                }
                waiting.extend(of.get(&place).into_iter().flatten());
            }
        }
    }
    scopes
}

/// Joins the entries of one package: that without extras gives place and origin.
fn join(
    mut parsed: Parsed,
    mut entries: Vec<Entry>,
    links: &[(usize, usize)],
    wanted: &[(Scope, usize)],
    scopes: &[Scope],
) -> Parsed {
    for (entry, scope) in entries.iter_mut().zip(scopes) {
        entry.package.scope = *scope;
    }
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|place| entries.get(*place).is_some_and(|e| !e.extras.is_empty()));
    let mut by_package: BTreeMap<(Arc<str>, Option<String>), usize> = BTreeMap::new();
    let mut places = vec![0; entries.len()];
    for place in order {
        let Some(entry) = entries.get(place) else {
            continue;
        };
        let name: Arc<str> = normalise(&entry.package.name).into();
        let identity = (name, entry.package.version.clone());
        let known = (!entry.extras.is_empty())
            .then(|| by_package.get(&identity).copied())
            .flatten();
        let target = match known {
            Some(target) => target,
            None => {
                parsed.packages.push(entry.package.clone());
                parsed.packages.len().saturating_sub(1)
            }
        };
        by_package.entry(identity).or_insert(target);
        if let (Some(slot), Some(package)) =
            (places.get_mut(place), parsed.packages.get_mut(target))
        {
            *slot = target;
            package.scope = joined(package.scope, entry.package.scope);
            package.checksums.extend(entry.package.checksums.clone());
            package.checksums.sort();
            package.checksums.dedup();
        }
    }
    let to_package = |place: &usize| places.get(*place).copied();
    let edges = links
        .iter()
        .filter_map(|(from, to)| Some((to_package(from)?, to_package(to)?)))
        .filter(|(from, to)| from != to);
    parsed.edges = edges.collect();
    parsed.edges.sort_unstable();
    parsed.edges.dedup();
    parsed.direct = wanted
        .iter()
        .filter_map(|(_, place)| to_package(place))
        .collect();
    parsed.direct.sort_unstable();
    parsed.direct.dedup();
    let own = parsed.packages.iter_mut();
    own.filter(|package| package.kind == ComponentKind::Own && package.scope == Scope::Unknown)
        .for_each(|package| package.scope = Scope::Runtime);
    parsed
}

/// The wider of two scopes; one that is not known says nothing.
fn joined(one: Scope, other: Scope) -> Scope {
    match (one, other) {
        (Scope::Unknown, known) | (known, Scope::Unknown) => known,
        (one, other) => one.min(other),
    }
}
