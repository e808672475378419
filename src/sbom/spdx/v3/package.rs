//! One package of SPDX 3.0.1.

use super::super::ids::Listed;
use super::super::licences::Extracted;
use super::super::package::{cpe_type, download_location, full_name, is_hex};
use super::{FORMAT, Graph, put, short};
use crate::model::Purl;
use crate::sbom::document::extra::{At, telling_keys};
use crate::sbom::document::{DocComponent, Extra, Property};
use crate::sbom::loss::LossReason;
use serde_json::{Value, json};

/// Algorithms as CycloneDX and as SPDX 3 spell them, and their length in hex digits.
const HASHES: &[(&str, &str, usize)] = &[
    ("MD5", "md5", 32),
    ("SHA-1", "sha1", 40),
    ("SHA-256", "sha256", 64),
    ("SHA-384", "sha384", 96),
    ("SHA-512", "sha512", 128),
    ("SHA3-256", "sha3_256", 64),
    ("SHA3-384", "sha3_384", 96),
    ("SHA3-512", "sha3_512", 128),
    ("BLAKE2b-256", "blake2b256", 64),
    ("BLAKE2b-384", "blake2b384", 96),
    ("BLAKE2b-512", "blake2b512", 128),
    ("BLAKE3", "blake3", 64),
];

/// Types of components and `SoftwarePurpose`.
const PURPOSES: &[(&str, &str)] = &[
    ("application", "application"),
    ("archive", "archive"),
    ("container", "container"),
    ("data", "data"),
    ("device", "device"),
    ("device-driver", "deviceDriver"),
    ("file", "file"),
    ("firmware", "firmware"),
    ("framework", "framework"),
    ("install", "install"),
    ("library", "library"),
    ("machine-learning-model", "model"),
    ("operating-system", "operatingSystem"),
    ("other", "other"),
    ("platform", "platform"),
    ("source", "source"),
];

/// Types of external references and `ExternalRefType`.
const REFERENCES: &[(&str, &str)] = &[
    ("adversary-model", "securityAdversaryModel"),
    ("advisories", "securityAdvisory"),
    ("build-meta", "buildMeta"),
    ("build-system", "buildSystem"),
    ("certification-report", "certificationReport"),
    ("chat", "chat"),
    ("component-analysis-report", "componentAnalysisReport"),
    ("distribution", "altDownloadLocation"),
    ("documentation", "documentation"),
    ("dynamic-analysis-report", "dynamicAnalysisReport"),
    (
        "exploitability-statement",
        "vulnerabilityExploitabilityAssessment",
    ),
    ("issue-tracker", "issueTracker"),
    ("license", "license"),
    ("mailing-list", "mailingList"),
    ("other", "other"),
    ("pentest-report", "securityPenTestReport"),
    ("quality-metrics", "metrics"),
    ("release-notes", "releaseNotes"),
    ("risk-assessment", "riskAssessment"),
    ("runtime-analysis-report", "runtimeAnalysisReport"),
    ("social", "socialMedia"),
    ("source-distribution", "sourceArtifact"),
    ("static-analysis-report", "staticAnalysisReport"),
    ("support", "support"),
    ("threat-model", "securityThreatModel"),
    ("vcs", "vcs"),
    ("vulnerability-assertion", "vulnerabilityDisclosureReport"),
    ("website", "altWebPage"),
];

/// Adds a component as a package, with its licences and who supplied it.
pub fn add(graph: &mut Graph<'_>, listed: &Listed<'_>, extracted: &mut Extracted) {
    let component = listed.component;
    let at = At::ROOT;
    let at = at.key(&listed.path);
    name_rest(graph, component, &at);
    let mut map = graph.element("software_Package", &listed.id);
    put(&mut map, "name", &full_name(component));
    let mut text = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            put(&mut map, key, value);
        }
    };
    text("software_packageVersion", component.version.as_deref());
    text("description", component.description.as_deref());
    text("software_copyrightText", component.copyright.as_deref());
    let location = download_location(component);
    if location != "NOASSERTION" {
        text("software_downloadLocation", Some(&location));
    }
    let purpose = PURPOSES.iter().find(|(kind, _)| *kind == component.kind);
    if !component.kind.is_empty() {
        let purpose = purpose.map_or("other", |(_, purpose)| purpose);
        text("software_primaryPurpose", Some(purpose));
    }
    if let Some(supplier) = &component.supplier {
        let supplier = graph.organization(supplier, &at.key("supplier"));
        text("suppliedBy", supplier.as_deref());
    }
    let originators = originators(graph, component, &at);
    if !originators.is_empty() {
        map.insert("originatedBy".to_owned(), json!(originators));
    }
    let hashes = hashes(graph, component, &at);
    if !hashes.is_empty() {
        map.insert("verifiedUsing".to_owned(), Value::Array(hashes));
    }
    identifiers(graph, component, &at, &mut map);
    let references = references(graph, component, &at);
    if !references.is_empty() {
        map.insert("externalRef".to_owned(), Value::Array(references));
    }
    if let Some(extension) = cdx_properties(&properties(component, purpose.is_none())) {
        map.insert("extension".to_owned(), extension);
    }
    let package = graph.add(&listed.id, map);
    licences(graph, listed, extracted, &package);
}

fn name_rest(graph: &mut Graph<'_>, component: &DocComponent, at: &At<'_>) {
    for key in telling_keys(&component.extra) {
        graph.no_place(&at.key(key));
    }
    let evidence = at.key("evidence");
    for key in telling_keys(&component.evidence_extra) {
        graph.no_place(&evidence.key(key));
    }
    let occurrences = evidence.key("occurrences");
    for (index, place) in component.occurrences.iter().enumerate() {
        for key in telling_keys(&place.extra) {
            graph.no_place(&occurrences.index(index).key(key));
        }
    }
}

/// Properties, and fields that are one text and have no other place.
fn properties(component: &DocComponent, without_purpose: bool) -> Vec<Property> {
    let kind = Some(component.kind.as_str()).filter(|kind| without_purpose && !kind.is_empty());
    let fields = [
        ("type", kind),
        ("group", component.group.as_deref()),
        ("scope", component.scope.as_deref()),
        ("author", component.author.as_deref()),
        ("publisher", component.publisher.as_deref()),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(key, value)| Some(Property::new(format!("cyclonedx:{key}"), value?)));
    let places = component.occurrences.iter().map(|place| {
        let shown = match place.line {
            Some(line) => format!("{}:{line}", place.location),
            None => place.location.clone(),
        };
        Property::new("cyclonedx:occurrence", shown)
    });
    let properties = component.properties.iter().cloned();
    fields.chain(places).chain(properties).collect()
}

/// Properties as the extension that SPDX has for those of CycloneDX.
pub fn cdx_properties(properties: &[Property]) -> Option<Value> {
    if properties.is_empty() {
        return None;
    }
    let entries: Vec<Value> = properties
        .iter()
        .map(|property| {
            let mut entry = Extra::new();
            put(&mut entry, "type", "extension_CdxPropertyEntry");
            put(&mut entry, "extension_cdxPropName", &property.name);
            if let Some(value) = &property.value {
                put(&mut entry, "extension_cdxPropValue", value);
            }
            Value::Object(entry)
        })
        .collect();
    Some(json!([{
        "type": "extension_CdxPropertiesExtension",
        "extension_cdxProperty": entries,
    }]))
}

fn originators(graph: &mut Graph<'_>, component: &DocComponent, at: &At<'_>) -> Vec<String> {
    let mut originators = Vec::new();
    if let Some(manufacturer) = &component.manufacturer {
        originators.extend(graph.organization(manufacturer, &at.key("manufacturer")));
    }
    let authors = at.key("authors");
    for (index, author) in component.authors.iter().enumerate() {
        originators.extend(graph.person(author, &authors.index(index)));
    }
    originators
}

fn hashes(graph: &mut Graph<'_>, component: &DocComponent, at: &At<'_>) -> Vec<Value> {
    let at = at.key("hashes");
    let mut hashes = Vec::new();
    for (index, hash) in component.hashes.iter().enumerate() {
        let value = hash.value.to_ascii_lowercase();
        match HASHES.iter().find(|(name, ..)| *name == hash.algorithm) {
            Some((_, name, length)) if is_hex(&value, *length) => {
                hashes.push(json!({"type": "Hash", "algorithm": name, "hashValue": value}));
            }
            Some(_) => {
                let reason =
                    LossReason::Invalid("is left out: its value does not fit its algorithm");
                graph.losses.add(&at.index(index), reason);
            }
            None => graph.no_place(&at.index(index)),
        }
    }
    hashes
}

fn identifiers(graph: &mut Graph<'_>, component: &DocComponent, at: &At<'_>, map: &mut Extra) {
    let mut identifiers = Vec::new();
    let mut add = |kind: &str, identifier: &str| {
        identifiers.push(json!({
            "type": "ExternalIdentifier",
            "externalIdentifierType": kind,
            "identifier": identifier,
        }));
    };
    if let Some(purl) = &component.purl {
        match Purl::parse(purl) {
            Ok(_) => {
                put(map, "software_packageUrl", purl);
                add("packageUrl", purl);
            }
            Err(_) => {
                let reason = LossReason::Invalid("is left out: it is no package URL");
                graph.losses.add(&at.key("purl"), reason);
            }
        }
    }
    if let Some(cpe) = &component.cpe {
        match cpe_type(cpe) {
            Some(kind) => add(kind.trim_end_matches("Type"), cpe),
            None => {
                let reason = LossReason::Invalid("is left out: it is no CPE name");
                graph.losses.add(&at.key("cpe"), reason);
            }
        }
    }
    if !identifiers.is_empty() {
        map.insert("externalIdentifier".to_owned(), Value::Array(identifiers));
    }
}

fn references(graph: &mut Graph<'_>, component: &DocComponent, at: &At<'_>) -> Vec<Value> {
    let at = at.key("externalReferences");
    let mut references = Vec::new();
    for (index, reference) in component.external_references.iter().enumerate() {
        let at = at.index(index);
        for key in telling_keys(&reference.extra) {
            graph.no_place(&at.key(key));
        }
        if !reference.hashes.is_empty() {
            graph.no_place(&at.key("hashes"));
        }
        let known = REFERENCES.iter().find(|(kind, _)| *kind == reference.kind);
        let kind = known.map_or("other", |(_, kind)| kind);
        if known.is_none() {
            let into = "`other`".to_owned();
            let reason = LossReason::Changed { into };
            graph.losses.add(&at.key("type"), reason);
        }
        let mut written = json!({
            "type": "ExternalRef",
            "externalRefType": kind,
            "locator": [reference.url],
        });
        if let (Some(comment), Value::Object(map)) = (&reference.comment, &mut written) {
            put(map, "comment", comment);
        }
        references.push(written);
    }
    references
}

fn licences(graph: &mut Graph<'_>, listed: &Listed<'_>, extracted: &mut Extracted, package: &str) {
    let at = At::ROOT;
    let at = at.key(&listed.path);
    let choices = &listed.component.licences;
    let expressions = extracted.expressions(choices, FORMAT, &at, &mut graph.losses);
    for (kind, expression) in [
        ("hasDeclaredLicense", expressions.declared),
        ("hasConcludedLicense", expressions.concluded),
    ] {
        let to = match expression {
            Some(expression) => licence(graph, &expression, extracted),
            // Silence would look like an oversight.
            None if kind == "hasDeclaredLicense" => {
                "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense".to_owned()
            }
            None => continue,
        };
        let local = format!("relationship-{}", short(&format!("{kind}\n{}", listed.id)));
        let mut relation = graph.element("Relationship", &local);
        put(&mut relation, "from", package);
        put(&mut relation, "relationshipType", kind);
        relation.insert("to".to_owned(), json!([to]));
        graph.add(&local, relation);
    }
}

/// An expression as an element; the licence texts that it names are told by their ids.
fn licence(graph: &mut Graph<'_>, expression: &str, extracted: &Extracted) -> String {
    let local = format!("licence-{}", short(expression));
    let mut element = graph.element("simplelicensing_LicenseExpression", &local);
    put(
        &mut element,
        "simplelicensing_licenseExpression",
        expression,
    );
    let custom: Vec<Value> = extracted
        .iter()
        .filter(|(id, _)| {
            expression
                .split(|c: char| c.is_whitespace() || c == '(' || c == ')')
                .any(|word| word == *id)
        })
        .map(|(id, _)| json!({"type": "DictionaryEntry", "key": id, "value": graph.iri(id)}))
        .collect();
    if !custom.is_empty() {
        element.insert(
            "simplelicensing_customIdToUri".to_owned(),
            Value::Array(custom),
        );
    }
    graph.add(&local, element)
}
