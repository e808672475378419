//! The view of a document.

use super::{
    Completeness, ComponentFacts, Facts, Family, Format, Hashes, LicenceFacts, Party, Stated,
};
use crate::model::{DigestAlgorithm, Inventory, Purl};
use crate::sbom::document::given::{FILE_NAME, SUPPLIER_NOT_KNOWN};
use crate::sbom::document::{
    self, Contact, DocComponent, Document, DocumentOptions, LicenceText, Lifecycle, Organization,
    ReadDocument,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

impl Facts {
    /// What a document that was read says.
    #[must_use]
    pub fn of_read(read: &ReadDocument) -> Self {
        let family = match read.format {
            document::Format::CycloneDxJson(_) | document::Format::CycloneDxXml(_) => {
                Family::CycloneDx
            }
            document::Format::SpdxJson(_) => Family::Spdx,
        };
        let format = Format {
            family,
            version: read.format.version().to_owned(),
        };
        let unread = read.notes.iter().map(ToString::to_string).collect();
        of_document(&read.document, format, unread)
    }

    /// What an inventory says; its gaps are what could not be read.
    #[must_use]
    pub fn of_inventory(inventory: &Inventory) -> Self {
        let format = Format {
            family: Family::Inventory,
            version: String::new(),
        };
        let unread = inventory
            .gaps
            .iter()
            .map(|gap| gap.message.clone())
            .collect();
        let document = Document::of_inventory(inventory, &DocumentOptions::default());
        of_document(&document, format, unread)
    }
}

fn of_document(document: &Document, format: Format, unread: Vec<String>) -> Facts {
    let all: Vec<&DocComponent> = document.all_components().collect();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, component) in all.iter().enumerate() {
        if let Some(reference) = component.ref_id.as_deref() {
            positions.entry(reference).or_insert(position);
        }
    }
    let edges = Edges::new(document, &positions);
    let contained = Contained::new(document, &positions);
    let claims = Claims::new(document);
    let components = all
        .iter()
        .enumerate()
        .map(|(position, component)| {
            let mut facts = component_facts(component);
            let reference = component.ref_id.as_deref();
            facts.depends_on = edges.of(reference);
            // `all_components` gives the parts after their whole, so they are found by
            // their place in memory, not by a reference that they may lack.
            facts.contains = parts_of(component, &all, position);
            facts.contains.extend(contained.of(position));
            facts.completeness = claims.of_component(reference);
            facts
        })
        .collect();
    Facts {
        format,
        authors: authors(document),
        tools: tools(document),
        timestamp: document.timestamp.clone(),
        generation_context: generation_context(document),
        uri: document.identifier.clone(),
        vulnerabilities: document
            .extra
            .get("vulnerabilities")
            .and_then(Value::as_array)
            .map_or(0, Vec::len),
        product: document.root.is_some().then_some(0),
        completeness: claims.of_whole(document),
        components,
        dangling: edges.dangling,
        unread,
    }
}

fn parts_of(whole: &DocComponent, all: &[&DocComponent], position: usize) -> BTreeSet<usize> {
    let mut parts = BTreeSet::new();
    let mut at = position + 1;
    for part in &whole.components {
        // Each part stands before its own parts, which are skipped over.
        while let Some(candidate) = all.get(at) {
            at += 1;
            if std::ptr::eq(*candidate, part) {
                parts.insert(at - 1);
                break;
            }
        }
    }
    parts
}

/// The edges of a document between components that are there.
struct Edges {
    by_reference: BTreeMap<String, BTreeSet<usize>>,
    dangling: BTreeSet<String>,
}

impl Edges {
    fn new(document: &Document, positions: &BTreeMap<&str, usize>) -> Self {
        let mut others = BTreeSet::new();
        for value in document.extra.values() {
            collect_references(value, &mut others);
        }
        let mut dangling = BTreeSet::new();
        let mut position_of = |reference: &str| {
            let found = positions.get(reference).copied();
            // Services and files are no components; other documents' parts are not here.
            let is_elsewhere = others.contains(reference)
                || reference.starts_with("urn:cdx:")
                || reference.starts_with("DocumentRef-");
            if found.is_none() && !is_elsewhere {
                dangling.insert(reference.to_owned());
            }
            found
        };
        let mut by_reference = BTreeMap::new();
        for (reference, targets) in document.edges() {
            position_of(reference);
            let targets = targets.into_iter().filter_map(&mut position_of).collect();
            by_reference.insert(reference.to_owned(), targets);
        }
        Self {
            by_reference,
            dangling,
        }
    }

    fn of(&self, reference: Option<&str>) -> Option<BTreeSet<usize>> {
        self.by_reference.get(reference?).cloned()
    }
}

/// What SPDX says to be inside what, beside what the reader has put there itself: several
/// packages may hold one, and the product holds what the document lists.
struct Contained(BTreeMap<usize, BTreeSet<usize>>);

impl Contained {
    fn new(document: &Document, positions: &BTreeMap<&str, usize>) -> Self {
        let mut by_holder: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let relations = document
            .extra
            .get("relationships")
            .and_then(Value::as_array);
        for relation in relations.into_iter().flatten() {
            let part = |key: &str| relation.get(key).and_then(Value::as_str);
            let position = |key: &str| positions.get(part(key)?).copied();
            let from = position("spdxElementId");
            let to = position("relatedSpdxElement");
            let pair = match part("relationshipType") {
                Some("CONTAINS") => from.zip(to),
                Some("CONTAINED_BY") => to.zip(from),
                _ => None,
            };
            if let Some((outer, inner)) = pair {
                by_holder.entry(outer).or_default().insert(inner);
            }
        }
        Self(by_holder)
    }

    fn of(&self, position: usize) -> BTreeSet<usize> {
        self.0.get(&position).cloned().unwrap_or_default()
    }
}

/// Every identity that a part without a type of its own has.
fn collect_references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if matches!(key.as_str(), "bom-ref" | "SPDXID") => {
                        found.insert(text);
                    }
                    value => collect_references(value, found),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                collect_references(value, found);
            }
        }
        _ => {}
    }
}

/// What the compositions claim. Of several claims the least sure counts.
struct Claims<'d> {
    edges: BTreeMap<&'d str, Completeness>,
    parts: BTreeMap<&'d str, Completeness>,
    whole: Completeness,
}

impl<'d> Claims<'d> {
    fn new(document: &'d Document) -> Self {
        let mut claims = Self {
            edges: BTreeMap::new(),
            parts: BTreeMap::new(),
            whole: Completeness::Unstated,
        };
        for composition in &document.compositions {
            let claim = match composition.aggregate.as_str() {
                "complete" => Completeness::Complete,
                "unknown" => Completeness::Unknown,
                text if text.starts_with("incomplete") => Completeness::Incomplete,
                _ => Completeness::Unstated,
            };
            for reference in &composition.dependencies {
                let of = claims.edges.entry(reference).or_default();
                *of = claim.max(*of);
            }
            for reference in &composition.assemblies {
                let of = claims.parts.entry(reference).or_default();
                *of = claim.max(*of);
            }
            let has_subject = !composition.dependencies.is_empty()
                || !composition.assemblies.is_empty()
                || composition.extra.contains_key("vulnerabilities");
            if !has_subject {
                claims.whole = claims.whole.max(claim);
            }
        }
        claims
    }

    fn of_component(&self, reference: Option<&str>) -> Completeness {
        let of = |map: &BTreeMap<&str, Completeness>| map.get(reference?).copied();
        of(&self.edges)
            .or_else(|| of(&self.parts))
            .unwrap_or(self.whole)
    }

    fn of_whole(&self, document: &Document) -> Completeness {
        let root = document
            .root
            .as_ref()
            .and_then(|root| root.ref_id.as_deref());
        root.and_then(|root| self.parts.get(root).copied())
            .unwrap_or(self.whole)
    }
}

fn authors(document: &Document) -> Vec<Party> {
    let people = document.authors.iter().map(person);
    let organisation = document.manufacturer.iter().map(organisation);
    people.chain(organisation).collect()
}

fn tools(document: &Document) -> BTreeSet<String> {
    let components = document
        .tools
        .components
        .iter()
        .map(|tool| tool.name.clone());
    let services = document
        .tools
        .services
        .iter()
        .filter_map(|service| Some(service.get("name")?.as_str()?.to_owned()));
    components
        .chain(services)
        .filter(|name| !name.trim().is_empty())
        .collect()
}

/// SPDX 2 has no field for it; its comment may name a type of SBOM, with the words of
/// CISA's "Types of Software Bill of Materials".
fn generation_context(document: &Document) -> Stated<String> {
    const TYPES: [&str; 6] = [
        "design", "source", "build", "analyzed", "deployed", "runtime",
    ];
    let phase = document
        .lifecycles
        .first()
        .map(|lifecycle| match lifecycle {
            Lifecycle::Phase(phase) => phase.as_str(),
            Lifecycle::Named { name, .. } => name.as_str(),
        });
    if phase.is_some() {
        return Stated::of(phase);
    }
    let comment = document
        .metadata_extra
        .get("comment")
        .and_then(Value::as_str);
    let comment = comment.unwrap_or_default().to_ascii_lowercase();
    let named = comment
        .split_once("sbom type:")
        .and_then(|(_, after)| after.split_whitespace().next())
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphabetic()))
        .filter(|word| TYPES.contains(word));
    Stated::of(named)
}

fn person(contact: &Contact) -> Party {
    Party {
        name: contact.name.clone(),
        contacts: contact.email.iter().cloned().collect(),
    }
}

fn organisation(organisation: &Organization) -> Party {
    let people = organisation.contacts.iter();
    Party {
        name: organisation.name.clone(),
        contacts: organisation
            .urls
            .iter()
            .cloned()
            .chain(people.filter_map(|contact| contact.email.clone()))
            .collect(),
    }
}

fn component_facts(component: &DocComponent) -> ComponentFacts {
    let property = |name: &str| component.property(name).map(str::to_owned);
    let reference = |kinds: &[&str]| {
        let mut references = component.external_references.iter();
        let found = references.find(|reference| kinds.contains(&reference.kind.as_str()));
        found.map(|reference| reference.url.clone())
    };
    let mut hashes = hashes(&component.hashes);
    let mut checksums = Hashes::new();
    for property in &component.properties {
        let Some(value) = &property.value else {
            continue;
        };
        // Each of several files of one version has a hash; sealgate writes them so.
        if let Some(algorithm) = property.name.strip_prefix("sealgate:distribution:") {
            add_hash(&mut hashes, algorithm, value);
        } else if let Some(scheme) = property.name.strip_prefix("sealgate:checksum:") {
            let values = checksums.entry(scheme.to_owned()).or_default();
            values.insert(value.clone());
        }
    }
    let mut distribution_hashes = Hashes::new();
    for reference in &component.external_references {
        if reference.kind == "distribution" {
            for hash in &reference.hashes {
                add_hash(&mut distribution_hashes, &hash.algorithm, &hash.value);
            }
        }
    }
    ComponentFacts {
        name: Stated::of(Some(&component.full_name())),
        version: Stated::of(component.version.as_deref()),
        purl: component
            .purl
            .as_deref()
            .and_then(|purl| Purl::parse(purl).ok()),
        identifiers: identifiers(component),
        hashes,
        distribution_hashes,
        checksums,
        licences: licences(component),
        producer: producer(component),
        scope: property("sealgate:scope").or_else(|| component.scope.clone()),
        filename: property(FILE_NAME),
        executable: property("bsi:component:executable"),
        archive: property("bsi:component:archive"),
        structured: property("bsi:component:structured"),
        source_uri: reference(&["source-distribution", "vcs"]),
        distribution_uri: reference(&["distribution"]),
        depends_on: None,
        contains: BTreeSet::new(),
        completeness: Completeness::Unstated,
    }
}

fn hashes(list: &[document::Hash]) -> Hashes {
    let mut hashes = Hashes::new();
    for hash in list {
        add_hash(&mut hashes, &hash.algorithm, &hash.value);
    }
    hashes
}

fn add_hash(hashes: &mut Hashes, algorithm: &str, value: &str) {
    let algorithm = match DigestAlgorithm::from_name(algorithm) {
        Some(known) => known.as_str().to_owned(),
        None => algorithm.to_ascii_lowercase(),
    };
    if !value.trim().is_empty() {
        let value = value.trim().to_ascii_lowercase();
        hashes.entry(algorithm).or_default().insert(value);
    }
}

fn identifiers(component: &DocComponent) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = component.cpe.iter().cloned().collect();
    let swid = component.extra.get("swid");
    let tag = swid
        .and_then(|swid| swid.get("tagId"))
        .and_then(Value::as_str);
    found.extend(tag.map(str::to_owned));
    for field in ["swhid", "omniborId"] {
        let values = component.extra.get(field).and_then(Value::as_array);
        let texts = values.into_iter().flatten().filter_map(Value::as_str);
        found.extend(texts.map(str::to_owned));
    }
    found.retain(|identifier| Stated::of(Some(identifier)).known().is_some());
    found
}

fn licences(component: &DocComponent) -> BTreeSet<LicenceFacts> {
    let mut licences: BTreeSet<LicenceFacts> = component
        .licences
        .iter()
        .map(|choice| LicenceFacts {
            text: Stated::of(Some(choice.text.as_str())),
            is_spdx: match &choice.text {
                LicenceText::Id(_) => true,
                LicenceText::Expression(text) => !matches!(text.as_str(), "NONE" | "NOASSERTION"),
                LicenceText::Name(_) => false,
            },
            acknowledgement: choice.acknowledgement.clone(),
        })
        .collect();
    let unknown = |acknowledgement: Option<&str>| LicenceFacts {
        text: Stated::Unknown,
        is_spdx: false,
        acknowledgement: acknowledgement.map(str::to_owned),
    };
    for (field, acknowledgement) in [
        ("licenseDeclared", "declared"),
        ("licenseConcluded", "concluded"),
    ] {
        if component.not_known.contains(field) {
            licences.insert(unknown(Some(acknowledgement)));
        }
    }
    // CycloneDX has no word for it: sealgate gives the reason in this property.
    if licences.is_empty() && component.property("sealgate:licence").is_some() {
        licences.insert(unknown(None));
    }
    licences
}

/// Everyone who is named as its maker or supplier, as one.
fn producer(component: &DocComponent) -> Stated<Party> {
    let mut parties: Vec<Party> = Vec::new();
    parties.extend(component.manufacturer.iter().map(organisation));
    parties.extend(component.supplier.iter().map(organisation));
    parties.extend(component.authors.iter().map(person));
    for name in [&component.author, &component.publisher]
        .into_iter()
        .flatten()
    {
        parties.push(Party {
            name: Some(name.clone()),
            contacts: BTreeSet::new(),
        });
    }
    let mut name: Stated<String> = Stated::Missing;
    let mut contacts = BTreeSet::new();
    for party in parties {
        name = name.or(Stated::of(party.name.as_deref()));
        contacts.extend(party.contacts);
    }
    let is_not_known = |field: &&str| component.not_known.contains(*field);
    let is_marked = component.property(SUPPLIER_NOT_KNOWN).is_some();
    if is_marked || ["supplier", "originator"].iter().any(is_not_known) {
        name = name.or(Stated::Unknown);
    }
    match (name, contacts.is_empty()) {
        (Stated::Known(name), _) => Stated::Known(Party {
            name: Some(name),
            contacts,
        }),
        (_, false) => Stated::Known(Party {
            name: None,
            contacts,
        }),
        (other, true) => other.map(|_| Party::default()),
    }
}
