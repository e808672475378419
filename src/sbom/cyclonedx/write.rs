//! A document to the members of a CycloneDX document, as the newest version has them.

use crate::sbom::document::{
    Composition, Contact, Dependency, DocComponent, Document, ExternalReference, Extra, Hash,
    LicenceChoice, LicenceText, Lifecycle, Organization, Place, Property, Tools,
};
use serde_json::Value;

/// Members without `$schema`, `bomFormat` and `specVersion`.
pub fn members(document: &Document, keeps_extra: bool) -> Extra {
    let extra = |extra: &Extra| match keeps_extra {
        true => extra.clone(),
        false => Extra::new(),
    };
    let mut map = extra(&document.extra);
    text(&mut map, "serialNumber", document.identifier.as_deref());
    map.insert("version".to_owned(), Value::from(document.version.max(1)));
    let writer = Writer { keeps_extra };
    let metadata = writer.metadata(document);
    if !metadata.is_empty() {
        map.insert("metadata".to_owned(), Value::Object(metadata));
    }
    objects(&mut map, "components", &document.components, |component| {
        writer.component(component)
    });
    objects(&mut map, "dependencies", &document.dependencies, |one| {
        writer.dependency(one)
    });
    objects(&mut map, "compositions", &document.compositions, |one| {
        writer.composition(one)
    });
    map
}

/// A text where there is one.
fn text(map: &mut Extra, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), Value::String(value.to_owned()));
    }
}

/// A list where it is not empty.
fn objects<T>(map: &mut Extra, key: &str, items: &[T], write: impl FnMut(&T) -> Extra) {
    if !items.is_empty() {
        let items = items.iter().map(write).map(Value::Object).collect();
        map.insert(key.to_owned(), Value::Array(items));
    }
}

fn texts(map: &mut Extra, key: &str, items: &[String]) {
    if !items.is_empty() {
        let items = items.iter().cloned().map(Value::String).collect();
        map.insert(key.to_owned(), Value::Array(items));
    }
}

fn object(map: &mut Extra, key: &str, value: Option<Extra>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), Value::Object(value));
    }
}

/// The fields that a tool has beside those of `kept`.
pub fn component_fields_beside(tool: &DocComponent, kept: &DocComponent) -> Vec<String> {
    let writer = Writer { keeps_extra: true };
    let kept_fields = writer.component(kept);
    let mut lost: Vec<String> = writer
        .component(tool)
        .into_iter()
        .map(|(key, _)| key)
        .filter(|key| !kept_fields.contains_key(key))
        .collect();
    if tool.kind != "application" {
        lost.push("type".to_owned());
    }
    if tool.supplier.as_ref().is_some_and(|supplier| {
        *supplier != Organization::named(supplier.name.clone().unwrap_or_default())
    }) {
        lost.push("supplier".to_owned());
    }
    lost
}

#[derive(Clone, Copy)]
struct Writer {
    /// The document was read from CycloneDX, so what has no type of its own is CycloneDX.
    keeps_extra: bool,
}

impl Writer {
    fn extra(self, extra: &Extra) -> Extra {
        match self.keeps_extra {
            true => extra.clone(),
            false => Extra::new(),
        }
    }

    fn metadata(self, document: &Document) -> Extra {
        let mut map = self.extra(&document.metadata_extra);
        text(&mut map, "timestamp", document.timestamp.as_deref());
        objects(&mut map, "lifecycles", &document.lifecycles, lifecycle);
        self.tools(&mut map, &document.tools);
        self.organization(&mut map, "manufacturer", document.manufacturer.as_ref());
        objects(&mut map, "authors", &document.authors, |one| {
            self.contact(one)
        });
        let root = document.root.as_ref().map(|root| self.component(root));
        object(&mut map, "component", root);
        self.organization(&mut map, "supplier", document.supplier.as_ref());
        self.licences(&mut map, &document.licences);
        properties(&mut map, &document.properties);
        map
    }

    fn tools(self, map: &mut Extra, tools: &Tools) {
        if tools.legacy {
            objects(map, "tools", &tools.components, |tool| {
                self.legacy_tool(tool)
            });
            return;
        }
        let mut inner = Extra::new();
        objects(&mut inner, "components", &tools.components, |tool| {
            self.component(tool)
        });
        if !tools.services.is_empty() && self.keeps_extra {
            inner.insert("services".to_owned(), Value::Array(tools.services.clone()));
        }
        if !inner.is_empty() {
            map.insert("tools".to_owned(), Value::Object(inner));
        }
    }

    /// A tool as versions up to 1.4 have it.
    fn legacy_tool(self, tool: &DocComponent) -> Extra {
        let mut map = self.extra(&tool.extra);
        let vendor = tool.supplier.as_ref().and_then(|s| s.name.as_deref());
        text(&mut map, "vendor", vendor);
        let name = Some(tool.name.as_str()).filter(|name| !name.is_empty());
        text(&mut map, "name", name);
        text(&mut map, "version", tool.version.as_deref());
        hashes(&mut map, &tool.hashes);
        self.external_references(&mut map, &tool.external_references);
        map
    }

    fn component(self, component: &DocComponent) -> Extra {
        let mut map = self.extra(&component.extra);
        let kind = match component.kind.as_str() {
            "" => "library",
            kind => kind,
        };
        text(&mut map, "type", Some(kind));
        text(&mut map, "bom-ref", component.ref_id.as_deref());
        self.organization(&mut map, "supplier", component.supplier.as_ref());
        self.organization(&mut map, "manufacturer", component.manufacturer.as_ref());
        objects(&mut map, "authors", &component.authors, |one| {
            self.contact(one)
        });
        text(&mut map, "author", component.author.as_deref());
        text(&mut map, "publisher", component.publisher.as_deref());
        text(&mut map, "group", component.group.as_deref());
        text(&mut map, "name", Some(&component.name));
        text(&mut map, "version", component.version.as_deref());
        text(&mut map, "description", component.description.as_deref());
        text(&mut map, "scope", component.scope.as_deref());
        hashes(&mut map, &component.hashes);
        self.licences(&mut map, &component.licences);
        text(&mut map, "copyright", component.copyright.as_deref());
        text(&mut map, "cpe", component.cpe.as_deref());
        text(&mut map, "purl", component.purl.as_deref());
        self.external_references(&mut map, &component.external_references);
        objects(&mut map, "components", &component.components, |one| {
            self.component(one)
        });
        let mut evidence = self.extra(&component.evidence_extra);
        objects(
            &mut evidence,
            "occurrences",
            &component.occurrences,
            |one| self.place(one),
        );
        if !evidence.is_empty() {
            map.insert("evidence".to_owned(), Value::Object(evidence));
        }
        properties(&mut map, &component.properties);
        map
    }

    fn place(self, place: &Place) -> Extra {
        let mut map = self.extra(&place.extra);
        text(&mut map, "location", Some(&place.location));
        if let Some(line) = place.line {
            map.insert("line".to_owned(), Value::from(line));
        }
        map
    }

    fn organization(self, map: &mut Extra, key: &str, organization: Option<&Organization>) {
        let written = organization.map(|organization| {
            let mut map = self.extra(&organization.extra);
            text(&mut map, "name", organization.name.as_deref());
            texts(&mut map, "url", &organization.urls);
            objects(&mut map, "contact", &organization.contacts, |one| {
                self.contact(one)
            });
            map
        });
        object(map, key, written);
    }

    fn contact(self, contact: &Contact) -> Extra {
        let mut map = self.extra(&contact.extra);
        text(&mut map, "name", contact.name.as_deref());
        text(&mut map, "email", contact.email.as_deref());
        text(&mut map, "phone", contact.phone.as_deref());
        map
    }

    fn external_references(self, map: &mut Extra, references: &[ExternalReference]) {
        objects(map, "externalReferences", references, |reference| {
            let mut map = self.extra(&reference.extra);
            text(&mut map, "type", Some(&reference.kind));
            text(&mut map, "url", Some(&reference.url));
            text(&mut map, "comment", reference.comment.as_deref());
            hashes(&mut map, &reference.hashes);
            map
        });
    }

    fn licences(self, map: &mut Extra, licences: &[LicenceChoice]) {
        objects(map, "licenses", licences, |choice| {
            let mut outer = self.extra(&choice.outer_extra);
            let mut inner = self.extra(&choice.extra);
            if let Some(attachment) = choice.extra.get("text") {
                // SPDX's reader gives it the shape of CycloneDX.
                inner.insert("text".to_owned(), attachment.clone());
            }
            let acknowledgement = choice.acknowledgement.as_deref();
            let key = match &choice.text {
                LicenceText::Expression(expression) => {
                    text(&mut outer, "expression", Some(expression));
                    text(&mut outer, "acknowledgement", acknowledgement);
                    return outer;
                }
                LicenceText::Id(_) => "id",
                LicenceText::Name(_) => "name",
            };
            text(&mut inner, key, Some(choice.text.as_str()));
            text(&mut inner, "acknowledgement", acknowledgement);
            outer.insert("license".to_owned(), Value::Object(inner));
            outer
        });
    }

    fn dependency(self, dependency: &Dependency) -> Extra {
        let mut map = self.extra(&dependency.extra);
        text(&mut map, "ref", Some(&dependency.ref_id));
        texts(&mut map, "dependsOn", &dependency.depends_on);
        texts(&mut map, "provides", &dependency.provides);
        map
    }

    fn composition(self, composition: &Composition) -> Extra {
        let mut map = self.extra(&composition.extra);
        text(&mut map, "aggregate", Some(&composition.aggregate));
        texts(&mut map, "assemblies", &composition.assemblies);
        texts(&mut map, "dependencies", &composition.dependencies);
        map
    }
}

fn lifecycle(lifecycle: &Lifecycle) -> Extra {
    let mut map = Extra::new();
    match lifecycle {
        Lifecycle::Phase(phase) => text(&mut map, "phase", Some(phase)),
        Lifecycle::Named { name, description } => {
            text(&mut map, "name", Some(name));
            text(&mut map, "description", description.as_deref());
        }
    }
    map
}

fn hashes(map: &mut Extra, hashes: &[Hash]) {
    objects(map, "hashes", hashes, |hash| {
        let mut map = Extra::new();
        text(&mut map, "alg", Some(&hash.algorithm));
        text(&mut map, "content", Some(&hash.value));
        map
    });
}

fn properties(map: &mut Extra, properties: &[Property]) {
    objects(map, "properties", properties, |property| {
        let mut map = Extra::new();
        let name = Some(property.name.as_str()).filter(|name| !name.is_empty());
        text(&mut map, "name", name);
        text(&mut map, "value", property.value.as_deref());
        map
    });
}
