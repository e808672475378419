//! Relationships of SPDX 3.0.1: each says how complete it is.

use super::{Graph, put, short};
use crate::sbom::document::Document;
use crate::sbom::document::extra::{At, telling_keys};
use crate::sbom::loss::LossReason;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Depends on nothing, as far as is said.
const NONE: &str = "https://spdx.org/rdf/3.0.1/terms/Core/NoneElement";
/// Depends on something that is not known.
const NO_ASSERTION: &str = "https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement";

/// Adds what depends on what and what is inside what.
pub fn add(graph: &mut Graph<'_>, document: &Document) {
    let complete = Completeness::new(graph, document);
    let mut depends: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let at = At::ROOT.key("dependencies");
    let nowhere = LossReason::Invalid("is left out: it refers to no component");
    for (index, dependency) in document.dependencies.iter().enumerate() {
        let at = at.index(index);
        if !dependency.provides.is_empty() {
            graph.no_place(&at.key("provides"));
        }
        for key in telling_keys(&dependency.extra) {
            graph.no_place(&at.key(key));
        }
        let Some(from) = graph.ids.of(&dependency.ref_id).map(str::to_owned) else {
            graph.losses.add(&at, nowhere.clone());
            continue;
        };
        let to = depends.entry(from).or_default();
        let depends_on = at.key("dependsOn");
        for (index, reference) in dependency.depends_on.iter().enumerate() {
            match graph.ids.of(reference) {
                Some(id) => {
                    to.insert(graph.iri(id));
                }
                None => graph.losses.add(&depends_on.index(index), nowhere.clone()),
            }
        }
    }
    for id in complete.dependencies.keys() {
        depends.entry(id.clone()).or_default();
    }
    for (from, mut to) in depends {
        let completeness = complete.dependencies.get(&from).copied();
        if to.is_empty() {
            to.insert(match completeness {
                None | Some("complete") => NONE.to_owned(),
                Some(_) => NO_ASSERTION.to_owned(),
            });
        }
        relation(graph, "dependsOn", &from, &to, completeness);
    }
    contains(graph, &complete);
}

/// Parts of a component; the parts of the product are what the document lists.
fn contains(graph: &mut Graph<'_>, complete: &Completeness) {
    let root = graph.ids.listed.iter().find(|listed| listed.is_root);
    let root = root.map(|listed| listed.id.clone());
    let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for listed in &graph.ids.listed {
        let of_root = || root.clone().filter(|_| !listed.is_root);
        let holder = match &listed.inside {
            Some(holder) => Some(holder.clone()),
            None => of_root(),
        };
        if let Some(holder) = holder {
            let part = graph.iri(&listed.id);
            parts.entry(holder).or_default().insert(part);
        }
    }
    for id in complete.assemblies.keys() {
        parts.entry(id.clone()).or_default();
    }
    for (from, mut to) in parts {
        let completeness = complete.assemblies.get(&from).copied();
        if to.is_empty() {
            to.insert(match completeness {
                None | Some("complete") => NONE.to_owned(),
                Some(_) => NO_ASSERTION.to_owned(),
            });
        }
        relation(graph, "contains", &from, &to, completeness);
    }
}

fn relation(
    graph: &mut Graph<'_>,
    kind: &str,
    from: &str,
    to: &BTreeSet<String>,
    completeness: Option<&str>,
) {
    let local = format!("relationship-{}", short(&format!("{kind}\n{from}")));
    let mut element = graph.element("Relationship", &local);
    put(&mut element, "from", &graph.iri(from));
    put(&mut element, "relationshipType", kind);
    element.insert("to".to_owned(), json!(to));
    if let Some(completeness) = completeness {
        put(&mut element, "completeness", completeness);
    }
    graph.add(&local, element);
}

/// How complete parts and dependencies are, by component.
#[derive(Default)]
struct Completeness {
    assemblies: BTreeMap<String, &'static str>,
    dependencies: BTreeMap<String, &'static str>,
}

impl Completeness {
    fn new(graph: &mut Graph<'_>, document: &Document) -> Self {
        let mut complete = Self::default();
        let at = At::ROOT.key("compositions");
        for (index, composition) in document.compositions.iter().enumerate() {
            let at = at.index(index);
            for key in telling_keys(&composition.extra) {
                graph.no_place(&at.key(key));
            }
            let word = match composition.aggregate.as_str() {
                "complete" => "complete",
                "incomplete" => "incomplete",
                "unknown" => "noAssertion",
                other => {
                    let word = match other.starts_with("incomplete") {
                        true => "incomplete",
                        false => "noAssertion",
                    };
                    let into = format!("`{word}`");
                    let reason = LossReason::Changed { into };
                    graph.losses.add(&at.key("aggregate"), reason);
                    word
                }
            };
            for (list, into) in [
                (&composition.assemblies, &mut complete.assemblies),
                (&composition.dependencies, &mut complete.dependencies),
            ] {
                for reference in list {
                    if let Some(id) = graph.ids.of(reference) {
                        into.insert(id.to_owned(), word);
                    }
                }
            }
        }
        complete
    }
}
