//! One package of SPDX 2 to a component.

use super::licences::{self, Reference};
use super::package::parse_places;
use super::{ANNOTATOR, HASHES, NO_ASSERTION, NONE, PURPOSES, agents};
use crate::sbom::document::extra::{At, Notes, objects, text};
use crate::sbom::document::given::FILE_NAME;
use crate::sbom::document::{
    DocComponent, ExternalReference, Extra, Hash, LicenceChoice, Property,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A package. What has no type of its own stays under its own name.
pub fn package(
    mut map: Extra,
    extracted: &BTreeMap<String, Reference>,
    at: &At<'_>,
    notes: &mut Notes,
) -> DocComponent {
    let mut component = DocComponent {
        ref_id: text(&mut map, "SPDXID", at, notes),
        name: text(&mut map, "name", at, notes).unwrap_or_default(),
        version: text(&mut map, "versionInfo", at, notes),
        description: text(&mut map, "description", at, notes),
        hashes: checksums(&mut map, at, notes),
        not_known: not_known(&map),
        licences: licences(&mut map, extracted, at, notes),
        copyright: stated(&mut map, "copyrightText"),
        ..DocComponent::default()
    };
    if component.ref_id.is_none() {
        notes.add(at, "has no `SPDXID`");
    }
    if component.name.is_empty() {
        notes.add(at, "has no `name`");
    }
    if let Some(purpose) = text(&mut map, "primaryPackagePurpose", at, notes) {
        match PURPOSES.iter().find(|(_, word)| *word == purpose) {
            Some((kind, _)) => component.kind = (*kind).to_owned(),
            None => notes.add(&at.key("primaryPackagePurpose"), "is no known purpose"),
        }
    }
    agents_of(&mut component, &mut map, at, notes);
    external_references(&mut component, &mut map, at, notes);
    let places = map
        .get("sourceInfo")
        .and_then(Value::as_str)
        .and_then(parse_places);
    if let Some(places) = places {
        map.remove("sourceInfo");
        component.occurrences = places;
    }
    if let Some(file_name) = text(&mut map, "packageFileName", at, notes) {
        component
            .properties
            .push(Property::new(FILE_NAME, file_name));
    }
    take_carried(&mut component, &mut map);
    if map.get("filesAnalyzed") == Some(&Value::Bool(false)) {
        map.remove("filesAnalyzed");
    }
    component.extra = map;
    component
}

/// A text that says something; "nothing is known" is taken out, "there is none" stays.
fn stated(map: &mut Extra, key: &str) -> Option<String> {
    match map.get(key).and_then(Value::as_str) {
        Some(NO_ASSERTION) => {
            map.remove(key);
            None
        }
        Some(NONE) | None => None,
        Some(_) => match map.remove(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        },
    }
}

/// Fields that say so are taken out by their own readers.
fn not_known(map: &Extra) -> BTreeSet<String> {
    [
        "supplier",
        "originator",
        "licenseDeclared",
        "licenseConcluded",
    ]
    .into_iter()
    .filter(|key| map.get(*key).and_then(Value::as_str) == Some(NO_ASSERTION))
    .map(str::to_owned)
    .collect()
}

fn checksums(map: &mut Extra, at: &At<'_>, notes: &mut Notes) -> Vec<Hash> {
    objects(map, "checksums", at, notes, |mut map, at, notes| {
        let algorithm = text(&mut map, "algorithm", at, notes).unwrap_or_default();
        let known = HASHES.iter().find(|(_, name, _)| *name == algorithm);
        Hash {
            algorithm: known.map_or(algorithm.clone(), |(name, ..)| (*name).to_owned()),
            value: text(&mut map, "checksumValue", at, notes).unwrap_or_default(),
        }
    })
}

fn licences(
    map: &mut Extra,
    extracted: &BTreeMap<String, Reference>,
    at: &At<'_>,
    notes: &mut Notes,
) -> Vec<LicenceChoice> {
    let mut choices = Vec::new();
    for (key, acknowledgement) in [
        ("licenseDeclared", "declared"),
        ("licenseConcluded", "concluded"),
    ] {
        if map.get(key).and_then(Value::as_str) == Some(NONE) {
            // "There is none" is no licence, and more than silence: it stays.
            continue;
        }
        let field = text(map, key, at, notes).unwrap_or_default();
        if let Some(mut choice) = licences::read(&field, extracted) {
            choice.acknowledgement = Some(acknowledgement.to_owned());
            choices.push(choice);
        }
    }
    choices
}

fn agents_of(component: &mut DocComponent, map: &mut Extra, at: &At<'_>, notes: &mut Notes) {
    if let Some(supplier) = stated(map, "supplier") {
        match agents::parse(&supplier) {
            Some(agents::Agent::Organization(one)) => component.supplier = Some(one),
            Some(agents::Agent::Person(person)) => {
                // A person who supplies: the only contact of an organisation of that name.
                component.supplier = Some(crate::sbom::document::Organization {
                    name: person.name.clone(),
                    contacts: vec![person],
                    ..Default::default()
                });
            }
            _ => notes.add(&at.key("supplier"), "names no person or organisation"),
        }
    }
    if let Some(originator) = stated(map, "originator") {
        match agents::parse(&originator) {
            Some(agents::Agent::Organization(one)) => component.manufacturer = Some(one),
            Some(agents::Agent::Person(person)) => component.authors.push(person),
            _ => notes.add(&at.key("originator"), "names no person or organisation"),
        }
    }
}

fn external_references(
    component: &mut DocComponent,
    map: &mut Extra,
    at: &At<'_>,
    notes: &mut Notes,
) {
    let read = |mut map: Extra, at: &At<'_>, notes: &mut Notes| {
        let kind = text(&mut map, "referenceType", at, notes).unwrap_or_default();
        let url = text(&mut map, "referenceLocator", at, notes).unwrap_or_default();
        let comment = text(&mut map, "comment", at, notes);
        let is_other = map.get("referenceCategory").and_then(Value::as_str) == Some("OTHER");
        if is_other {
            map.remove("referenceCategory");
        }
        ExternalReference {
            kind,
            url,
            comment,
            hashes: Vec::new(),
            extra: map,
        }
    };
    let references = objects(map, "externalRefs", at, notes, read);
    let refs_at = at.key("externalRefs");
    for (index, reference) in references.into_iter().enumerate() {
        let is_identity = matches!(reference.kind.as_str(), "purl" | "cpe23Type" | "cpe22Type");
        if is_identity && reference.comment.is_some() {
            notes.add(&refs_at.index(index).key("comment"), "is left out");
        }
        match reference.kind.as_str() {
            "purl" if component.purl.is_none() => component.purl = Some(reference.url),
            "cpe23Type" | "cpe22Type" if component.cpe.is_none() => {
                component.cpe = Some(reference.url);
            }
            _ => component.external_references.push(reference),
        }
    }
    let Some(location) = stated(map, "downloadLocation") else {
        return;
    };
    if super::package::download_location(component) == location {
        return;
    }
    let kind = match location.starts_with("git+") || location.starts_with("git:") {
        true => "vcs",
        false => "distribution",
    };
    component.external_references.push(ExternalReference {
        kind: kind.to_owned(),
        url: location,
        comment: None,
        hashes: Vec::new(),
        extra: Extra::new(),
    });
}

/// Fields and properties that were carried as annotations.
fn take_carried(component: &mut DocComponent, map: &mut Extra) {
    for (name, value) in carried(map) {
        match (name.as_str(), value) {
            ("cyclonedx:type", Some(kind)) => component.kind = kind,
            ("cyclonedx:group", Some(group)) => {
                let rest = component
                    .name
                    .strip_prefix(group.as_str())
                    .and_then(|rest| rest.strip_prefix(['/', ':']));
                if let Some(rest) = rest {
                    component.name = rest.to_owned();
                }
                component.group = Some(group);
            }
            ("cyclonedx:scope", Some(scope)) => component.scope = Some(scope),
            ("cyclonedx:author", Some(author)) => component.author = Some(author),
            ("cyclonedx:publisher", Some(publisher)) => component.publisher = Some(publisher),
            (_, value) => component.properties.push(Property { name, value }),
        }
    }
}

/// Takes the annotations out that carry a name and a value; others stay.
pub fn carried(map: &mut Extra) -> Vec<(String, Option<String>)> {
    let Some(Value::Array(annotations)) = map.get_mut("annotations") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    annotations.retain(|annotation| {
        let part = |key: &str| annotation.get(key).and_then(Value::as_str);
        let is_ours =
            part("annotator") == Some(ANNOTATOR) && part("annotationType") == Some("OTHER");
        let Some(comment) = part("comment").filter(|_| is_ours) else {
            return true;
        };
        found.push(match comment.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (comment.to_owned(), None),
        });
        false
    });
    if annotations.is_empty() {
        map.remove("annotations");
    }
    found
}
