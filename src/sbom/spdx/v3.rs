//! A document as SPDX 3.0.1 JSON-LD (<https://spdx.github.io/spdx-spec/v3.0.1/>), in the
//! profiles Core, Software, SimpleLicensing and (for properties) Extension.
//!
//! Every element has an id made of the document's namespace and of what it is, so that
//! the same document gives the same bytes. Nothing is read back from this format.

use super::ids::Ids;
use super::licences::Extracted;
use super::write::{created, is_namespace, name, name_extra};
use super::{NO_TIME, NO_TIME_COMMENT};
use crate::sbom::cyclonedx::serial_number;
use crate::sbom::document::extra::{At, telling_keys};
use crate::sbom::document::{
    Contact, Document, Extra, Format, Lifecycle, Organization, SpdxVersion,
};
use crate::sbom::loss::{Loss, LossReason, Losses};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

mod package;
mod relations;

/// The format.
const FORMAT: Format = Format::SpdxJson(SpdxVersion::V3_0_1);
/// Every element refers to it; it has no id outside the document.
const CREATION_INFO: &str = "_:creationinfo";

/// A document as SPDX 3.0.1 JSON-LD with a final line feed, and what that could not
/// carry.
pub fn render_v3(document: &Document) -> (Vec<u8>, Vec<Loss>) {
    let namespace = match &document.identifier {
        Some(identifier) if is_namespace(identifier) => identifier.clone(),
        // The ids depend on the namespace, so it is made of the document under another.
        _ => serial_number(&to_bytes(&Graph::new(document, "urn:uuid:0").finish())),
    };
    let mut graph = Graph::new(document, &namespace);
    if document
        .identifier
        .as_ref()
        .is_some_and(|identifier| *identifier != namespace)
    {
        let reason = LossReason::Invalid("is left out: a namespace is a URI without `#`");
        graph.losses.add(&At::ROOT.key("serialNumber"), reason);
    }
    let losses = std::mem::take(&mut graph.losses);
    let mut bytes = to_bytes(&graph.finish());
    bytes.push(b'\n');
    (bytes, losses.into_vec())
}

#[expect(
    clippy::expect_used,
    reason = "values of JSON with text keys always serialise"
)]
fn to_bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("plain data serialises")
}

/// Elements by id.
struct Graph<'d> {
    namespace: String,
    ids: Ids<'d>,
    creation_info: Value,
    elements: BTreeMap<String, Value>,
    losses: Losses,
}

impl<'d> Graph<'d> {
    fn new(document: &'d Document, namespace: &str) -> Self {
        let mut graph = Self {
            namespace: namespace.to_owned(),
            ids: Ids::new(document),
            creation_info: Value::Null,
            elements: BTreeMap::new(),
            losses: Losses::default(),
        };
        graph.creation_info(document);
        graph.name_rest(document);
        let mut extracted = Extracted::default();
        let listed = std::mem::take(&mut graph.ids.listed);
        for component in &listed {
            package::add(&mut graph, component, &mut extracted);
        }
        graph.ids.listed = listed;
        relations::add(&mut graph, document);
        let texts: BTreeMap<String, Value> = extracted
            .iter()
            .map(|(id, reference)| {
                let mut element = graph.element("simplelicensing_SimpleLicensingText", id);
                put(&mut element, "name", &reference.name);
                put(&mut element, "simplelicensing_licenseText", &reference.text);
                (graph.iri(id), Value::Object(element))
            })
            .collect();
        graph.elements.extend(texts);
        graph.sbom(document);
        graph
    }

    /// The id of an element.
    fn iri(&self, local: &str) -> String {
        let local = local.strip_prefix("SPDXRef-").unwrap_or(local);
        format!("{}#{local}", self.namespace)
    }

    /// An element without its own fields.
    fn element(&self, kind: &str, local: &str) -> Extra {
        let mut map = Extra::new();
        put(&mut map, "type", kind);
        put(&mut map, "spdxId", &self.iri(local));
        put(&mut map, "creationInfo", CREATION_INFO);
        map
    }

    /// Adds an element; its id.
    fn add(&mut self, local: &str, element: Extra) -> String {
        let iri = self.iri(local);
        self.elements.insert(iri.clone(), Value::Object(element));
        iri
    }

    fn no_place(&mut self, at: &At<'_>) {
        self.losses.add(at, LossReason::NoPlace(FORMAT));
    }

    fn creation_info(&mut self, document: &Document) {
        let created = created(document, FORMAT, &mut self.losses);
        let at = At::ROOT.key("metadata");
        let mut by: Vec<String> = Vec::new();
        let authors = at.key("authors");
        for (index, author) in document.authors.iter().enumerate() {
            by.extend(self.person(author, &authors.index(index)));
        }
        if let Some(manufacturer) = &document.manufacturer {
            by.extend(self.organization(manufacturer, &at.key("manufacturer")));
        }
        if by.is_empty() {
            // One agent is required, and a program is one.
            let mut agent = self.element("SoftwareAgent", "agent-sealgate");
            put(&mut agent, "name", "sealgate");
            by.push(self.add("agent-sealgate", agent));
        }
        let mut using: Vec<String> = Vec::new();
        let tools = at.key("tools");
        for (index, tool) in document.tools.components.iter().enumerate() {
            let label = tool.label();
            let local = format!("tool-{}", short(&label));
            let mut element = self.element("Tool", &local);
            let shown = match &tool.version {
                Some(version) => format!("{}-{version}", tool.full_name()),
                None => tool.full_name(),
            };
            put(&mut element, "name", &shown);
            using.push(self.add(&local, element));
            let plain = crate::sbom::document::DocComponent {
                kind: "application".to_owned(),
                name: tool.name.clone(),
                version: tool.version.clone(),
                ..Default::default()
            };
            if plain != *tool {
                let into = format!("the tool `{shown}`");
                let reason = LossReason::Changed { into };
                self.losses.add(&tools.index(index), reason);
            }
        }
        let mut info = json!({
            "type": "CreationInfo",
            "@id": CREATION_INFO,
            "specVersion": "3.0.1",
            "created": created.as_deref().unwrap_or(NO_TIME),
            "createdBy": by,
        });
        if let Value::Object(info) = &mut info {
            if !using.is_empty() {
                info.insert("createdUsing".to_owned(), json!(using));
            }
            if created.is_none() {
                put(info, "comment", NO_TIME_COMMENT);
            }
        }
        self.creation_info = info;
    }

    fn person(&mut self, contact: &Contact, at: &At<'_>) -> Option<String> {
        if contact.phone.is_some() {
            self.no_place(&at.key("phone"));
        }
        for key in telling_keys(&contact.extra) {
            self.no_place(&at.key(key));
        }
        let email = contact.email.as_deref();
        self.agent("Person", contact.name.as_deref().or(email), email, at)
    }

    fn organization(&mut self, organization: &Organization, at: &At<'_>) -> Option<String> {
        if !organization.urls.is_empty() {
            self.no_place(&at.key("url"));
        }
        for key in telling_keys(&organization.extra) {
            self.no_place(&at.key(key));
        }
        let email = organization
            .contacts
            .first()
            .and_then(|contact| contact.email.as_deref());
        let only_email = Contact {
            email: email.map(str::to_owned),
            ..Contact::default()
        };
        if organization
            .contacts
            .iter()
            .any(|contact| *contact != only_email)
        {
            self.no_place(&at.key("contact"));
        }
        self.agent("Organization", organization.name.as_deref(), email, at)
    }

    fn agent(
        &mut self,
        kind: &str,
        name: Option<&str>,
        email: Option<&str>,
        at: &At<'_>,
    ) -> Option<String> {
        let Some(name) = name.filter(|name| !name.trim().is_empty()) else {
            let reason = LossReason::Invalid("is left out: it has no name");
            self.losses.add(at, reason);
            return None;
        };
        let content = format!("{kind}\n{name}\n{}", email.unwrap_or_default());
        let local = format!("agent-{}", short(&content));
        let mut element = self.element(kind, &local);
        put(&mut element, "name", name);
        if let Some(email) = email {
            let identifier = json!([{
                "type": "ExternalIdentifier",
                "externalIdentifierType": "email",
                "identifier": email,
            }]);
            element.insert("externalIdentifier".to_owned(), identifier);
        }
        Some(self.add(&local, element))
    }

    /// What the document has and this format has not.
    fn name_rest(&mut self, document: &Document) {
        name_extra(document, FORMAT, &mut self.losses);
        let at = At::ROOT.key("metadata");
        if !document.tools.services.is_empty() {
            self.no_place(&at.key("tools").key("services"));
        }
        for index in 0..document.licences.len() {
            self.no_place(&at.key("licenses").index(index));
        }
        if document.version > 1 {
            self.no_place(&At::ROOT.key("version"));
        }
        let of_product = document
            .root
            .as_ref()
            .and_then(|root| root.supplier.as_ref());
        if let Some(supplier) = &document.supplier {
            let at = at.key("supplier");
            if of_product == Some(supplier) {
                let into = "the supplier of the product".to_owned();
                self.losses.add(&at, LossReason::Changed { into });
            } else {
                self.no_place(&at);
            }
        }
    }

    /// The SBOM and the document that holds it.
    fn sbom(&mut self, document: &Document) {
        let listed = self.ids.listed.iter();
        let roots: Vec<String> = match document.root {
            Some(_) => listed
                .filter(|listed| listed.is_root)
                .map(|listed| self.iri(&listed.id))
                .collect(),
            None => listed
                .filter(|listed| listed.inside.is_none())
                .map(|listed| self.iri(&listed.id))
                .collect(),
        };
        let packages: Vec<String> = self
            .ids
            .listed
            .iter()
            .map(|listed| self.iri(&listed.id))
            .collect();
        let mut sbom = self.element("software_Sbom", "sbom");
        let types = self.sbom_types(document);
        if !types.is_empty() {
            sbom.insert("software_sbomType".to_owned(), json!(types));
        }
        let properties = package::cdx_properties(&document.properties);
        if let Some(extension) = properties {
            sbom.insert("extension".to_owned(), extension);
        }
        if !packages.is_empty() {
            sbom.insert("rootElement".to_owned(), json!(roots));
            sbom.insert("element".to_owned(), json!(packages));
        }
        let sbom = self.add("sbom", sbom);
        let mut spdx = self.element("SpdxDocument", "document");
        put(&mut spdx, "name", &name(document));
        let profiles = json!(["core", "extension", "simpleLicensing", "software"]);
        spdx.insert("profileConformance".to_owned(), profiles);
        spdx.insert("rootElement".to_owned(), json!([sbom]));
        let all: Vec<&String> = self.elements.keys().collect();
        spdx.insert("element".to_owned(), json!(all));
        self.add("document", spdx);
    }

    /// The phases of SPDX (`SbomType`) that the lifecycles are.
    fn sbom_types(&mut self, document: &Document) -> BTreeSet<&'static str> {
        let at = At::ROOT.key("metadata");
        let at = at.key("lifecycles");
        let mut types = BTreeSet::new();
        for (index, lifecycle) in document.lifecycles.iter().enumerate() {
            let phase = match lifecycle {
                Lifecycle::Phase(phase) => phase.as_str(),
                Lifecycle::Named { .. } => "",
            };
            let known = match phase {
                "design" => "design",
                "pre-build" => "source",
                "build" => "build",
                "post-build" => "analyzed",
                "operations" => "deployed",
                "discovery" => "runtime",
                _ => {
                    self.no_place(&at.index(index));
                    continue;
                }
            };
            types.insert(known);
        }
        types
    }

    fn finish(self) -> Value {
        let mut graph = vec![self.creation_info];
        graph.extend(self.elements.into_values());
        json!({
            "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
            "@graph": graph,
        })
    }
}

fn put(map: &mut Extra, key: &str, value: &str) {
    map.insert(key.to_owned(), Value::from(value));
}

/// Twelve hex digits of the SHA-256 of a text.
fn short(text: &str) -> String {
    let hash = hex::encode(digest(&SHA256, text.as_bytes()).as_ref());
    hash.chars().take(12).collect()
}
