//! The edges of a `pylock.toml`.

use super::super::Parsed;
use super::{Entry, Reader};
use crate::inventory::document::{items, table, text};
use crate::inventory::python::marker::Marker;
use crate::inventory::python::project::Project;
use crate::inventory::python::requirement::{Candidates, Line, Meaning, SAME_NAME_LIMIT};
use crate::inventory::python::{normalise, strings};
use crate::inventory::rules;
use std::collections::HashMap;
use toml::de::{DeTable, DeValue};

/// Adds edges, and what the project asks for itself.
pub fn resolve(reader: Reader<'_, '_>, project: Option<&Project>) -> Parsed {
    let Reader {
        path,
        document,
        mut parsed,
        entries,
        ..
    } = reader;
    let mut candidates =
        Candidates::new(text(&document.root, "requires-python").and_then(Marker::of_python));
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    let mut markers: Vec<Option<Marker>> = Vec::new();
    for (place, (package, entry)) in parsed.packages.iter().zip(&entries).enumerate() {
        let name = normalise(&package.name);
        let environment = text(entry.fields, "marker").and_then(Marker::parse);
        by_name.entry(name.clone()).or_default().push(place);
        candidates.add(name, package.version.as_deref(), environment.clone(), place);
        markers.push(environment);
    }
    let mut edges = Vec::new();
    let mut gaps: Vec<(&crate::model::Rule, u32, String)> = Vec::new();
    let mut has_graph = false;
    for (from, entry) in entries.iter().enumerate() {
        let name = parsed.packages.get(from).map_or("", |p| p.name.as_str());
        for item in items(entry.fields, "dependencies") {
            has_graph = true;
            let line = document.line(item);
            let found = item.get_ref().as_table().and_then(|wanted| {
                let name = normalise(text(wanted, "name")?);
                Some(matching(wanted, by_name.get(&name)?, &entries))
            });
            match found {
                Some(found) if !found.is_empty() => {
                    edges.extend(found.iter().map(|to| (from, *to)));
                }
                _ => gaps.push((&rules::UNRESOLVED_DEPENDENCY, line, format!(
                    "`{name}` depends on a package that this lockfile does not hold, or too often"
                ))),
            }
        }
        let dependent = markers.get(from).cloned().flatten();
        for line in pdm_lines(entry) {
            has_graph = true;
            let Some(wanted) = Line::parse(&line) else {
                let message = format!("a dependency of `{name}` is no requirement");
                gaps.push((&rules::INCOMPLETE_ENTRY, entry.line, message));
                continue;
            };
            match candidates.find(&wanted.name, &wanted, dependent.as_ref()) {
                Meaning::Packages(found) => edges.extend(found.iter().map(|to| (from, *to))),
                // Lines of extras that nobody asks for are among them.
                Meaning::Absent if wanted.conditional => {}
                _ => gaps.push((
                    &rules::UNRESOLVED_DEPENDENCY,
                    entry.line,
                    format!(
                        "`{name}` depends on `{}`, which this lockfile does not hold, or too often",
                        wanted.name
                    ),
                )),
            }
        }
    }
    edges.retain(|(from, to)| from != to);
    edges.sort_unstable();
    edges.dedup();
    parsed.edges = edges;
    parsed.has_graph = Some(has_graph);
    let lines = project.into_iter().flat_map(|project| &project.lines);
    for (_, line) in lines {
        if let Meaning::Packages(found) = candidates.find(&line.name, line, None) {
            parsed.direct.extend(found);
        }
    }
    parsed.direct.sort_unstable();
    parsed.direct.dedup();
    for (rule, line, message) in gaps {
        parsed.note(rule, path, line, &message);
    }
    parsed
}

/// The packages that have everything that a reference says, none where they are too many.
fn matching(wanted: &DeTable<'_>, found: &[usize], entries: &[Entry<'_, '_>]) -> Vec<usize> {
    if found.len() > SAME_NAME_LIMIT {
        return Vec::new();
    }
    let fits = |place: &usize| {
        entries.get(*place).is_some_and(|entry| {
            wanted.iter().all(|(key, value)| {
                let held = entry.fields.get(key.get_ref().as_ref());
                let is_name = key.get_ref() == "name";
                is_name || held.is_some_and(|held| holds(held.get_ref(), value.get_ref()))
            })
        })
    };
    found.iter().copied().filter(fits).collect()
}

/// Whether a value is the same, or a table has all that another has. The depth is bounded
/// by that of the document.
fn holds(held: &DeValue<'_>, wanted: &DeValue<'_>) -> bool {
    match (held, wanted) {
        (DeValue::Table(held), DeValue::Table(wanted)) => wanted.iter().all(|(key, value)| {
            held.get(key.get_ref().as_ref())
                .is_some_and(|held| holds(held.get_ref(), value.get_ref()))
        }),
        (DeValue::String(held), DeValue::String(wanted)) => held == wanted,
        (DeValue::Boolean(held), DeValue::Boolean(wanted)) => held == wanted,
        (DeValue::Integer(held), DeValue::Integer(wanted)) => held.as_str() == wanted.as_str(),
        (DeValue::Array(held), DeValue::Array(wanted)) => {
            held.len() == wanted.len()
                && held
                    .iter()
                    .zip(wanted.iter())
                    .all(|(held, wanted)| holds(held.get_ref(), wanted.get_ref()))
        }
        (DeValue::Datetime(held), DeValue::Datetime(wanted)) => held == wanted,
        _ => false,
    }
}

/// `[packages.tool.pdm] dependencies`: requirement lines.
fn pdm_lines(entry: &Entry<'_, '_>) -> Vec<String> {
    table(entry.fields, "tool")
        .and_then(|tool| table(tool, "pdm"))
        .map_or_else(Vec::new, |pdm| strings(pdm, "dependencies"))
}
