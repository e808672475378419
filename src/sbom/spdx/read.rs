//! SPDX 2.2 and 2.3 JSON to a document.

use super::licences::Reference;
use super::read_package::{carried, package};
use super::{NO_TIME, NO_TIME_COMMENT, agents};
use crate::sbom::document::extra::{At, Notes, list, object, objects, text, texts};
use crate::sbom::document::{
    Composition, Dependency, DocComponent, Document, Extra, Format, Lifecycle, ReadDocument,
};
use crate::sbom::spdx::{NO_ASSERTION, NONE};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Reads the members of an SPDX document.
pub fn read_document(mut map: Extra, format: Format) -> ReadDocument {
    let (at, mut notes) = (At::ROOT, Notes::default());
    let notes = &mut notes;
    for known in ["SPDXID", "spdxVersion", "dataLicense"] {
        map.remove(known);
    }
    let extracted = extracted(&mut map, notes);
    let read = |map: Extra, at: &At<'_>, notes: &mut Notes| package(map, &extracted, at, notes);
    let mut document = Document {
        source: Some(format),
        version: 1,
        name: text(&mut map, "name", &at, notes),
        identifier: text(&mut map, "documentNamespace", &at, notes),
        ..Document::default()
    };
    let packages = objects(&mut map, "packages", &at, notes, read);
    if let Some(info) = object(&mut map, "creationInfo", &at, notes) {
        creation_info(&mut document, info, &at.key("creationInfo"), notes);
    }
    for (name, value) in carried(&mut map) {
        match (name.as_str(), value) {
            ("cyclonedx:lifecycle", Some(phase)) => {
                document.lifecycles.push(Lifecycle::Phase(phase));
            }
            ("cyclonedx:version", Some(version)) if version.parse::<u64>().is_ok() => {
                document.version = version.parse().unwrap_or(1);
            }
            (_, value) => document
                .properties
                .push(crate::sbom::document::Property { name, value }),
        }
    }
    let mut relations = Relations::default();
    relations.described(&mut map, &at, notes);
    relations.relationships(&mut map, &at, notes);
    relations.apply(&mut document, packages);
    document.extra = map;
    if !relations.others.is_empty() {
        let others = std::mem::take(&mut relations.others);
        let others = others.into_iter().map(Value::Object).collect();
        let key = "relationships".to_owned();
        document.extra.insert(key, Value::Array(others));
    }
    ReadDocument {
        document,
        format,
        notes: std::mem::take(notes).into_vec(),
    }
}

/// Licences outside the list; they are taken over where a package names them.
fn extracted(map: &mut Extra, notes: &mut Notes) -> BTreeMap<String, Reference> {
    let key = "hasExtractedLicensingInfos";
    let read = |mut map: Extra, at: &At<'_>, notes: &mut Notes| {
        let id = text(&mut map, "licenseId", at, notes).unwrap_or_default();
        let content = text(&mut map, "extractedText", at, notes).unwrap_or_default();
        let name = text(&mut map, "name", at, notes);
        let name = name.filter(|name| name != NO_ASSERTION);
        let reference = Reference {
            name: name.unwrap_or_else(|| id.clone()),
            text: content,
        };
        (id, reference)
    };
    objects(map, key, &At::ROOT, notes, read)
        .into_iter()
        .collect()
}

fn creation_info(document: &mut Document, mut map: Extra, at: &At<'_>, notes: &mut Notes) {
    document.timestamp = text(&mut map, "created", at, notes);
    let is_placeholder = map.get("comment").and_then(Value::as_str) == Some(NO_TIME_COMMENT);
    if is_placeholder && document.timestamp.as_deref() == Some(NO_TIME) {
        document.timestamp = None;
        map.remove("comment");
    }
    let creators = texts(&mut map, "creators", at, notes);
    let at = at.key("creators");
    for (index, creator) in creators.iter().enumerate() {
        match agents::parse(creator) {
            Some(agents::Agent::Person(person)) => document.authors.push(person),
            Some(agents::Agent::Tool(tool)) => document.tools.components.push(*tool),
            Some(agents::Agent::Organization(one)) if document.manufacturer.is_none() => {
                document.manufacturer = Some(one);
            }
            Some(agents::Agent::Organization(one)) => {
                document.authors.push(crate::sbom::document::Contact {
                    name: one.name,
                    ..Default::default()
                });
                notes.add(
                    &at.index(index),
                    "is a second organisation, kept as an author",
                );
            }
            None => notes.add(&at.index(index), "names no person, organisation or tool"),
        }
    }
    document.metadata_extra = map;
}

/// What relationships say.
#[derive(Default)]
struct Relations {
    described: BTreeSet<String>,
    /// From, to; in the order of the document.
    edges: Vec<(String, String)>,
    /// Said to depend on nothing.
    without: Vec<String>,
    /// Said to depend on something that is not known.
    unknown: Vec<String>,
    /// Inner by outer.
    contained: Vec<(String, String)>,
    /// What has no meaning in the model.
    others: Vec<Extra>,
}

/// Whether a relationship is a dependency; `true` if it reads from the dependency back.
fn dependency_direction(kind: &str) -> Option<bool> {
    match kind {
        "DEPENDS_ON" => Some(false),
        "DEPENDENCY_OF"
        | "BUILD_DEPENDENCY_OF"
        | "DEV_DEPENDENCY_OF"
        | "OPTIONAL_DEPENDENCY_OF"
        | "PROVIDED_DEPENDENCY_OF"
        | "RUNTIME_DEPENDENCY_OF"
        | "TEST_DEPENDENCY_OF" => Some(true),
        _ => None,
    }
}

impl Relations {
    /// `documentDescribes`, as 2.2 has it.
    fn described(&mut self, map: &mut Extra, at: &At<'_>, notes: &mut Notes) {
        self.described
            .extend(texts(map, "documentDescribes", at, notes));
    }

    fn relationships(&mut self, map: &mut Extra, at: &At<'_>, notes: &mut Notes) {
        let items = list(map, "relationships", at, notes);
        let at = at.key("relationships");
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::Object(item) => self.add(item, &at.index(index), notes),
                _ => notes.add(&at.index(index), "is not an object, and is left out"),
            }
        }
    }

    fn add(&mut self, map: Extra, at: &At<'_>, notes: &mut Notes) {
        let part = |key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
        let (Some(from), Some(kind), Some(to)) = (
            part("spdxElementId"),
            part("relationshipType"),
            part("relatedSpdxElement"),
        ) else {
            notes.add(
                at,
                "lacks one of its two elements or its type, and is left out",
            );
            return;
        };
        let is_plain = map.len() == 3;
        match (kind.as_str(), from.as_str(), to.as_str()) {
            // That it says nothing of it is what a document without it says too.
            ("DESCRIBES", "SPDXRef-DOCUMENT", NO_ASSERTION) if is_plain => {}
            ("DESCRIBES", "SPDXRef-DOCUMENT", _) if is_plain => {
                self.described.insert(to);
            }
            ("DESCRIBED_BY", _, "SPDXRef-DOCUMENT") if is_plain => {
                self.described.insert(from);
            }
            ("DEPENDS_ON", _, NONE) if is_plain => self.without.push(from),
            ("DEPENDS_ON", _, NO_ASSERTION) if is_plain => self.unknown.push(from),
            ("CONTAINS", ..) if is_plain => self.contained.push((to, from)),
            ("CONTAINED_BY", ..) if is_plain => self.contained.push((from, to)),
            _ => match dependency_direction(&kind) {
                Some(back) => {
                    let edge = match back {
                        true => (to, from),
                        false => (from, to),
                    };
                    self.edges.push(edge);
                    // The edge is taken over; that it is for tests only has no place.
                    if !is_plain || !matches!(kind.as_str(), "DEPENDS_ON" | "DEPENDENCY_OF") {
                        self.others.push(map);
                    }
                }
                None => self.others.push(map),
            },
        }
    }

    fn apply(&mut self, document: &mut Document, packages: Vec<DocComponent>) {
        let known: BTreeSet<String> = packages
            .iter()
            .filter_map(|package| package.ref_id.clone())
            .collect();
        let root = match (self.described.len(), self.described.first()) {
            (1, Some(only)) if known.contains(only) => Some(only.clone()),
            _ => None,
        };
        if root.is_none() {
            for described in &self.described {
                self.others
                    .push(relation("SPDXRef-DOCUMENT", "DESCRIBES", described));
            }
        }
        let holders = self.holders(&known, root.as_deref());
        let mut by_holder: BTreeMap<String, Vec<DocComponent>> = BTreeMap::new();
        for package in packages {
            let id = package.ref_id.clone().unwrap_or_default();
            if Some(&id) == root.as_ref() && document.root.is_none() {
                document.root = Some(package);
            } else if let Some(holder) = holders.get(&id) {
                by_holder.entry(holder.clone()).or_default().push(package);
            } else {
                document.components.push(package);
            }
        }
        if let Some(root) = &mut document.root {
            put_inside(root, &mut by_holder);
        }
        for component in &mut document.components {
            put_inside(component, &mut by_holder);
        }
        self.dependencies(document);
    }

    /// The one component that each other is inside of, where that makes a tree. What the
    /// product contains is what the document lists.
    fn holders(
        &mut self,
        known: &BTreeSet<String>,
        root: Option<&str>,
    ) -> BTreeMap<String, String> {
        let mut holders: BTreeMap<String, String> = BTreeMap::new();
        for (inner, outer) in std::mem::take(&mut self.contained) {
            let fits = known.contains(&inner)
                && known.contains(&outer)
                && Some(outer.as_str()) != root
                && Some(inner.as_str()) != root
                && !holders.contains_key(&inner)
                && !is_inside(&outer, &inner, &holders);
            if fits {
                holders.insert(inner, outer);
            } else {
                self.others.push(relation(&outer, "CONTAINS", &inner));
            }
        }
        holders
    }

    fn dependencies(&mut self, document: &mut Document) {
        let mut by_ref: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in std::mem::take(&mut self.edges) {
            by_ref.entry(from).or_default().insert(to);
        }
        for reference in self.without.iter().chain(&self.unknown) {
            by_ref.entry(reference.clone()).or_default();
        }
        document.dependencies = by_ref
            .into_iter()
            .map(|(ref_id, depends_on)| Dependency {
                ref_id,
                depends_on: depends_on.into_iter().collect(),
                ..Dependency::default()
            })
            .collect();
        if !self.unknown.is_empty() {
            document.compositions.push(Composition {
                aggregate: "unknown".to_owned(),
                dependencies: std::mem::take(&mut self.unknown),
                ..Composition::default()
            });
        }
    }
}

/// Whether `inner` holds `outer` already, directly or not; too deep counts as yes.
fn is_inside(outer: &str, inner: &str, holders: &BTreeMap<String, String>) -> bool {
    let mut at = outer;
    for _ in 0..MAX_NESTING {
        if at == inner {
            return true;
        }
        match holders.get(at) {
            Some(next) => at = next,
            None => return false,
        }
    }
    true
}

/// Deepest nesting of components that is built from relationships.
const MAX_NESTING: usize = 32;

fn put_inside(component: &mut DocComponent, by_holder: &mut BTreeMap<String, Vec<DocComponent>>) {
    let Some(id) = &component.ref_id else {
        return;
    };
    component.components = by_holder.remove(id).unwrap_or_default();
    for inner in &mut component.components {
        put_inside(inner, by_holder);
    }
}

fn relation(from: &str, kind: &str, to: &str) -> Extra {
    [
        ("spdxElementId", from),
        ("relationshipType", kind),
        ("relatedSpdxElement", to),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), Value::from(value)))
    .collect()
}
