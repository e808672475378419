//! CycloneDX JSON of any version to a document.
//!
//! Source: <https://cyclonedx.org/docs/1.7/json/> and the versions before it. What has no
//! type in [`Document`] stays in its `extra` fields, so that it can be written back.

use crate::sbom::document::extra::{At, Notes, list, object, objects, text, texts};
use crate::sbom::document::given::SUPPLIER_NOT_KNOWN;
use crate::sbom::document::{
    Composition, Contact, Dependency, DocComponent, Document, ExternalReference, Extra, Format,
    Hash, LicenceChoice, LicenceText, Lifecycle, Organization, Place, Property, ReadDocument,
    Tools,
};
use serde_json::Value;

/// Reads the members of a CycloneDX document.
pub fn read_document(mut map: Extra, format: Format) -> ReadDocument {
    let (at, mut notes) = (At::ROOT, Notes::default());
    let notes = &mut notes;
    for known in ["$schema", "bomFormat", "specVersion"] {
        map.remove(known);
    }
    let mut document = Document {
        source: Some(format),
        version: 1,
        identifier: text(&mut map, "serialNumber", &at, notes),
        components: objects(&mut map, "components", &at, notes, component),
        dependencies: objects(&mut map, "dependencies", &at, notes, dependency),
        compositions: objects(&mut map, "compositions", &at, notes, composition),
        ..Document::default()
    };
    match map.remove("version") {
        None => {}
        Some(version) => match version.as_u64() {
            Some(version) => document.version = version,
            None => notes.add(&at.key("version"), "is no whole number from 1 on"),
        },
    }
    if let Some(metadata) = object(&mut map, "metadata", &at, notes) {
        read_metadata(&mut document, metadata, &at.key("metadata"), notes);
    }
    document.extra = map;
    ReadDocument {
        document,
        format,
        notes: std::mem::take(notes).into_vec(),
    }
}

fn read_metadata(document: &mut Document, mut map: Extra, at: &At<'_>, notes: &mut Notes) {
    document.timestamp = text(&mut map, "timestamp", at, notes);
    document.lifecycles = lifecycles(&mut map, at, notes);
    document.tools = tools(&mut map, at, notes);
    document.authors = objects(&mut map, "authors", at, notes, contact);
    document.manufacturer = one(&mut map, "manufacturer", at, notes, organization);
    document.supplier = one(&mut map, "supplier", at, notes, organization);
    document.licences = licences(&mut map, at, notes);
    document.properties = properties(&mut map, at, notes);
    document.root = one(&mut map, "component", at, notes, component);
    document.metadata_extra = map;
}

fn one<T>(
    map: &mut Extra,
    key: &str,
    at: &At<'_>,
    notes: &mut Notes,
    read: impl FnOnce(Extra, &At<'_>, &mut Notes) -> T,
) -> Option<T> {
    let found = object(map, key, at, notes)?;
    Some(read(found, &at.key(key), notes))
}

fn required(map: &mut Extra, key: &str, at: &At<'_>, notes: &mut Notes) -> String {
    let found = text(map, key, at, notes);
    if found.is_none() && !map.contains_key(key) {
        notes.add(at, format!("has no `{key}`"));
    }
    found.unwrap_or_default()
}

/// Fields of an object that has a type for all of them: others are named, not kept.
fn closed(map: &Extra, at: &At<'_>, notes: &mut Notes) {
    crate::sbom::document::extra::leftover(map, at, notes);
}

fn component(mut map: Extra, at: &At<'_>, notes: &mut Notes) -> DocComponent {
    let mut component = DocComponent {
        ref_id: text(&mut map, "bom-ref", at, notes),
        kind: required(&mut map, "type", at, notes),
        group: text(&mut map, "group", at, notes),
        name: required(&mut map, "name", at, notes),
        version: text(&mut map, "version", at, notes),
        description: text(&mut map, "description", at, notes),
        purl: text(&mut map, "purl", at, notes),
        cpe: text(&mut map, "cpe", at, notes),
        scope: text(&mut map, "scope", at, notes),
        hashes: hashes(&mut map, at, notes),
        licences: licences(&mut map, at, notes),
        copyright: text(&mut map, "copyright", at, notes),
        supplier: one(&mut map, "supplier", at, notes, organization),
        manufacturer: one(&mut map, "manufacturer", at, notes, organization),
        authors: objects(&mut map, "authors", at, notes, contact),
        author: text(&mut map, "author", at, notes),
        publisher: text(&mut map, "publisher", at, notes),
        external_references: external_references(&mut map, at, notes),
        properties: properties(&mut map, at, notes),
        components: objects(&mut map, "components", at, notes, component),
        ..DocComponent::default()
    };
    if map
        .get("evidence")
        .and_then(Value::as_object)
        .is_some_and(|evidence| !evidence.is_empty())
        && let Some(mut evidence) = object(&mut map, "evidence", at, notes)
    {
        let at = at.key("evidence");
        component.occurrences = objects(&mut evidence, "occurrences", &at, notes, place);
        component.evidence_extra = evidence;
    }
    if component.property(SUPPLIER_NOT_KNOWN).is_some() {
        component.not_known.insert("supplier".to_owned());
    }
    component.extra = map;
    component
}

fn place(mut map: Extra, at: &At<'_>, notes: &mut Notes) -> Place {
    let location = required(&mut map, "location", at, notes);
    let line = map.get("line").and_then(Value::as_u64);
    if line.is_some() {
        map.remove("line");
    }
    Place {
        location,
        line,
        extra: map,
    }
}

fn hashes(map: &mut Extra, at: &At<'_>, notes: &mut Notes) -> Vec<Hash> {
    objects(map, "hashes", at, notes, |mut map, at, notes| {
        let hash = Hash {
            algorithm: required(&mut map, "alg", at, notes),
            value: required(&mut map, "content", at, notes),
        };
        closed(&map, at, notes);
        hash
    })
}

fn external_references(map: &mut Extra, at: &At<'_>, notes: &mut Notes) -> Vec<ExternalReference> {
    objects(
        map,
        "externalReferences",
        at,
        notes,
        |mut map, at, notes| ExternalReference {
            kind: required(&mut map, "type", at, notes),
            url: required(&mut map, "url", at, notes),
            comment: text(&mut map, "comment", at, notes),
            hashes: hashes(&mut map, at, notes),
            extra: map,
        },
    )
}

fn properties(map: &mut Extra, at: &At<'_>, notes: &mut Notes) -> Vec<Property> {
    objects(map, "properties", at, notes, |mut map, at, notes| {
        let property = Property {
            name: text(&mut map, "name", at, notes).unwrap_or_default(),
            value: text(&mut map, "value", at, notes),
        };
        closed(&map, at, notes);
        property
    })
}

/// `licenses`: a list of `{license: {id|name}}` and `{expression}`; in 1.2 also one of
/// them alone.
fn licences(map: &mut Extra, at: &At<'_>, notes: &mut Notes) -> Vec<LicenceChoice> {
    let items = list(map, "licenses", at, notes);
    let at = at.key("licenses");
    let mut choices = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let at = at.index(index);
        let Value::Object(mut outer) = item else {
            notes.add(&at, "is not an object, and is left out");
            continue;
        };
        if let Some(expression) = text(&mut outer, "expression", &at, notes) {
            choices.push(LicenceChoice {
                acknowledgement: text(&mut outer, "acknowledgement", &at, notes),
                extra: Extra::new(),
                outer_extra: outer,
                text: LicenceText::Expression(expression),
            });
            continue;
        }
        let inner_at = at.key("license");
        let mut inner = object(&mut outer, "license", &at, notes).unwrap_or_default();
        let id = text(&mut inner, "id", &inner_at, notes).map(LicenceText::Id);
        let licence = match id {
            Some(id) => Some(id),
            None => text(&mut inner, "name", &inner_at, notes).map(LicenceText::Name),
        };
        match licence {
            Some(text_of) => choices.push(LicenceChoice {
                text: text_of,
                acknowledgement: text(&mut inner, "acknowledgement", &inner_at, notes),
                extra: inner,
                outer_extra: outer,
            }),
            None => notes.add(&at, "has neither id, name nor expression, and is left out"),
        }
    }
    choices
}

fn organization(mut map: Extra, at: &At<'_>, notes: &mut Notes) -> Organization {
    Organization {
        name: text(&mut map, "name", at, notes),
        urls: texts(&mut map, "url", at, notes),
        contacts: objects(&mut map, "contact", at, notes, contact),
        extra: map,
    }
}

fn contact(mut map: Extra, at: &At<'_>, notes: &mut Notes) -> Contact {
    Contact {
        name: text(&mut map, "name", at, notes),
        email: text(&mut map, "email", at, notes),
        phone: text(&mut map, "phone", at, notes),
        extra: map,
    }
}

fn dependency(mut map: Extra, at: &At<'_>, notes: &mut Notes) -> Dependency {
    Dependency {
        ref_id: required(&mut map, "ref", at, notes),
        depends_on: texts(&mut map, "dependsOn", at, notes),
        provides: texts(&mut map, "provides", at, notes),
        extra: map,
    }
}

fn composition(mut map: Extra, at: &At<'_>, notes: &mut Notes) -> Composition {
    Composition {
        aggregate: required(&mut map, "aggregate", at, notes),
        assemblies: texts(&mut map, "assemblies", at, notes),
        dependencies: texts(&mut map, "dependencies", at, notes),
        extra: map,
    }
}

fn lifecycles(map: &mut Extra, at: &At<'_>, notes: &mut Notes) -> Vec<Lifecycle> {
    let read = |mut map: Extra, at: &At<'_>, notes: &mut Notes| {
        let lifecycle = match text(&mut map, "phase", at, notes) {
            Some(phase) => Lifecycle::Phase(phase),
            None => Lifecycle::Named {
                name: required(&mut map, "name", at, notes),
                description: text(&mut map, "description", at, notes),
            },
        };
        closed(&map, at, notes);
        lifecycle
    };
    objects(map, "lifecycles", at, notes, read)
}

/// `tools`: since 1.5 an object of components and services, before a list.
fn tools(map: &mut Extra, at: &At<'_>, notes: &mut Notes) -> Tools {
    if map.get("tools").is_some_and(Value::is_array) {
        let components = objects(map, "tools", at, notes, legacy_tool);
        return Tools {
            legacy: !components.is_empty(),
            components,
            services: Vec::new(),
        };
    }
    let Some(mut inner) = object(map, "tools", at, notes) else {
        return Tools::default();
    };
    let at = at.key("tools");
    let tools = Tools {
        components: objects(&mut inner, "components", &at, notes, component),
        services: list(&mut inner, "services", &at, notes),
        legacy: false,
    };
    if tools == Tools::default() {
        map.insert("tools".to_owned(), Value::Object(inner));
    } else {
        inner.retain(|_, value| value != &Value::Array(Vec::new()));
        closed(&inner, &at, notes);
    }
    tools
}

fn legacy_tool(mut map: Extra, at: &At<'_>, notes: &mut Notes) -> DocComponent {
    DocComponent {
        supplier: text(&mut map, "vendor", at, notes).map(Organization::named),
        name: text(&mut map, "name", at, notes).unwrap_or_default(),
        version: text(&mut map, "version", at, notes),
        hashes: hashes(&mut map, at, notes),
        external_references: external_references(&mut map, at, notes),
        kind: "application".to_owned(),
        extra: map,
        ..DocComponent::default()
    }
}
