//! The crate `cyclonedx-bom` as a second reader of CycloneDX: of what is written as 1.5,
//! and of XML beside our own reading of JSON.

use crate::sbom::{every_case, inventory};
use crate::sbom_roundtrip::examples;
use cyclonedx_bom::models::bom::{Bom, SpecVersion};
use cyclonedx_bom::models::component::Component;
use cyclonedx_bom::models::license::{LicenseChoice, LicenseIdentifier};
use cyclonedx_bom::validation::Validate as _;
use sealgate::sbom::document::{CycloneDxVersion, DocComponent, Format, LicenceText};
use sealgate::sbom::{Document, DocumentOptions, read, render};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn document(root: &std::path::Path) -> Document {
    let options = DocumentOptions {
        is_of_binary: false,
        timestamp: Some("2026-01-02T03:04:05Z".to_owned()),
        tool_version: "0.1.0".to_owned(),
        author: "Release team".parse().ok(),
        supplier: "Acme".parse().ok(),
        ..DocumentOptions::default()
    };
    Document::of_inventory(&inventory(root), &options)
}

fn json_of(document: &Document, version: CycloneDxVersion) -> Vec<u8> {
    render(document, Format::CycloneDxJson(version)).unwrap().0
}

/// What both sides say of one component.
#[derive(Debug, PartialEq)]
struct Told {
    name: String,
    version: Option<String>,
    purl: Option<String>,
    hashes: Vec<(String, String)>,
    licences: Vec<(&'static str, String)>,
}

fn ours(component: &DocComponent) -> Told {
    Told {
        name: component.name.clone(),
        version: component.version.clone(),
        purl: component.purl.clone(),
        hashes: component
            .hashes
            .iter()
            .map(|hash| (hash.algorithm.clone(), hash.value.clone()))
            .collect(),
        licences: component
            .licences
            .iter()
            .map(|choice| {
                let kind = match choice.text {
                    LicenceText::Id(_) => "id",
                    LicenceText::Name(_) => "name",
                    LicenceText::Expression(_) => "expression",
                };
                (kind, choice.text.as_str().to_owned())
            })
            .collect(),
    }
}

fn theirs(component: &Component) -> Told {
    let hashes = component.hashes.iter().flat_map(|hashes| &hashes.0);
    let licences = component.licenses.iter().flat_map(|licenses| &licenses.0);
    Told {
        name: component.name.to_string(),
        version: component.version.as_ref().map(ToString::to_string),
        purl: component.purl.as_ref().map(ToString::to_string),
        hashes: hashes
            .map(|hash| (hash.alg.to_string(), hash.content.0.clone()))
            .collect(),
        licences: licences
            .map(|choice| match choice {
                LicenseChoice::Expression(expression) => ("expression", expression.to_string()),
                LicenseChoice::License(license) => match &license.license_identifier {
                    LicenseIdentifier::SpdxId(id) => ("id", id.to_string()),
                    LicenseIdentifier::Name(name) => ("name", name.to_string()),
                },
            })
            .collect(),
    }
}

#[test]
fn what_is_written_as_1_5_says_the_same_to_another_reader() {
    let (mut hashed, mut licensed, mut edges) = (0, 0, 0);
    for (name, root) in every_case() {
        let document = document(&root);
        let bytes = json_of(&document, CycloneDxVersion::V1_5);
        let bom = Bom::parse_from_json_v1_5(bytes.as_slice()).unwrap();
        let found = bom.validate_version(SpecVersion::V1_5);
        assert!(found.passed(), "{name}: {found:?}");
        let product = bom.metadata.as_ref().unwrap().component.as_ref();
        let listed = bom.components.iter().flat_map(|components| &components.0);
        let theirs: BTreeMap<String, Told> = product
            .into_iter()
            .chain(listed)
            .map(|component| (component.bom_ref.clone().unwrap(), theirs(component)))
            .collect();
        let ours: BTreeMap<String, Told> = document
            .all_components()
            .map(|component| (component.ref_id.clone().unwrap(), ours(component)))
            .collect();
        assert_eq!(theirs, ours, "{name}");
        let depends: BTreeMap<&str, BTreeSet<&str>> = bom
            .dependencies
            .iter()
            .flat_map(|dependencies| &dependencies.0)
            .map(|of| {
                let on = of.dependencies.iter().map(String::as_str);
                (of.dependency_ref.as_str(), on.collect())
            })
            .collect();
        assert_eq!(depends, document.edges(), "{name}");
        for told in ours.values() {
            hashed += usize::from(!told.hashes.is_empty());
            licensed += usize::from(!told.licences.is_empty());
        }
        edges += depends.values().map(BTreeSet::len).sum::<usize>();
    }
    assert!(
        hashed > 50 && licensed > 20 && edges > 100,
        "{hashed} {licensed} {edges}"
    );
}

/// Writes a document as XML with the crate.
fn xml_of(document: &Document, version: CycloneDxVersion) -> Vec<u8> {
    let json = json_of(document, CycloneDxVersion::V1_5);
    let bom = Bom::parse_from_json_v1_5(json.as_slice()).unwrap();
    let mut xml = Vec::new();
    match version {
        CycloneDxVersion::V1_3 => bom.output_as_xml_v1_3(&mut xml).unwrap(),
        CycloneDxVersion::V1_4 => bom.output_as_xml_v1_4(&mut xml).unwrap(),
        _ => bom.output_as_xml_v1_5(&mut xml).unwrap(),
    }
    xml
}

#[test]
fn our_documents_come_back_from_xml_as_from_json() {
    let mut compared = 0;
    for (name, root) in every_case() {
        let mut document = document(&root);
        // The crate reads these from XML, and writes none of them.
        for component in document.components.iter_mut().chain(&mut document.root) {
            component.occurrences.clear();
        }
        let xml = read(&xml_of(&document, CycloneDxVersion::V1_5)).unwrap();
        assert_eq!(xml.notes, [], "{name}");
        let json = read(&json_of(&document, CycloneDxVersion::V1_5)).unwrap();
        let again = json_of(&xml.document, CycloneDxVersion::V1_5);
        let same = json_of(&json.document, CycloneDxVersion::V1_5);
        assert_eq!(plain(&again), plain(&same), "{name}");
        // Older versions know less, and say the same of what a component is.
        for version in [CycloneDxVersion::V1_3, CycloneDxVersion::V1_4] {
            let all = document.all_components();
            let mut without_version = all.filter(|component| component.version.is_none());
            if version == CycloneDxVersion::V1_3 && without_version.next().is_some() {
                // 1.3 requires one, so the crate writes none of it.
                continue;
            }
            compared += 1;
            let older = read(&xml_of(&document, version)).unwrap();
            assert_eq!(older.format, Format::CycloneDxXml(version));
            assert_eq!(older.notes, [], "{name}");
            let of = |document: &Document| -> Vec<Told> {
                document.all_components().map(ours).collect()
            };
            assert_eq!(of(&older.document), of(&document), "{name}");
            assert_eq!(older.document.edges(), document.edges(), "{name}");
        }
    }
    assert!(compared > 40, "{compared}");
}

/// A document without what says nothing: empty lists and objects, and the form of numbers.
fn plain(bytes: &[u8]) -> Value {
    let mut value = serde_json::from_slice(bytes).unwrap();
    prune(&mut value);
    value
}

fn prune(value: &mut Value) {
    let is_empty = |value: &Value| match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(prune);
            map.retain(|_, inner| !is_empty(inner));
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        Value::Number(number) => *value = Value::from(number.as_f64().unwrap()),
        _ => {}
    }
}

/// Texts by their place.
fn leaves(value: &Value, at: String, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                leaves(inner, format!("{at}.{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                leaves(inner, format!("{at}[{index}]"), found);
            }
        }
        other => drop(found.insert(at, other.to_string())),
    }
}

/// Places at which two documents differ, read of XML and of JSON.
fn differing(xml: &Document, json: &Document, version: CycloneDxVersion) -> Vec<String> {
    let texts = |document: &Document| {
        let mut found = BTreeMap::new();
        let mut value = plain(&json_of(document, version));
        value.as_object_mut().unwrap().remove("serialNumber");
        leaves(&value, String::new(), &mut found);
        found
    };
    let (xml, json) = (texts(xml), texts(json));
    let places: BTreeSet<&String> = xml.keys().chain(json.keys()).collect();
    let differs = |place: &&&String| xml.get(**place) != json.get(**place);
    places
        .iter()
        .filter(differs)
        .map(|place| (*place).clone())
        .collect()
}

/// Published twins whose own content differs (other names, times, a component more), and
/// in how many fields; beside it, what the reader of XML leaves out and names.
const OTHER_CONTENT: &[(&str, usize, usize)] = &[
    ("annotation", 9, 0),
    ("bom", 72, 0),
    ("component-ref", 5, 0),
    ("compositions", 1, 0),
    ("dependency", 3, 0),
    ("external-reference", 2, 0),
    ("formulation", 8, 0),
    ("license-expression", 12, 0),
    ("license-id", 12, 0),
    ("license-name", 12, 0),
    // The crate does not know the considerations and properties of a model card.
    ("machine-learning", 20, 18),
    ("metadata-timestamp", 1, 0),
    ("properties", 4, 0),
    // The crate does not know release notes: 62 fields; one address is another.
    ("release-notes", 63, 62),
    ("saasbom", 12, 0),
    ("service", 2, 0),
];

#[test]
fn published_xml_examples_say_what_their_json_twins_say() {
    let mut same = 0;
    // There are none of 1.3: those of 1.4 are taken, as far as 1.3 knows what they say.
    for (version, published) in [("1.3", "1.4"), ("1.4", "1.4"), ("1.5", "1.5")] {
        let Some(all) = examples("valid-", published, ".xml") else {
            return;
        };
        let json = examples("valid-", published, ".json").unwrap();
        let json: BTreeMap<String, Vec<u8>> = json.into_iter().collect();
        for (name, bytes) in all {
            let Some(twin) = json.get(&name.replace(".xml", ".json")) else {
                continue;
            };
            let name = name.strip_prefix("valid-").unwrap();
            let name = name.strip_suffix(&format!("-{published}.xml")).unwrap();
            if version == "1.3" && matches!(name, "minimal-viable" | "vulnerability") {
                // Without a version of a component; with what 1.3 does not know.
                continue;
            }
            let xml = String::from_utf8(bytes).unwrap();
            let of_version = |number: &str| format!("http://cyclonedx.org/schema/bom/{number}");
            let xml = xml.replace(&of_version(published), &of_version(version));
            let xml = read(xml.as_bytes()).unwrap();
            let spec = CycloneDxVersion::parse(version).unwrap();
            assert_eq!(xml.format, Format::CycloneDxXml(spec));
            let json = read(twin).unwrap();
            let to = CycloneDxVersion::parse(published).unwrap();
            let differing = differing(&xml.document, &json.document, to);
            let named = OTHER_CONTENT.iter().find(|(other, ..)| *other == name);
            let expected = named.map_or((0, 0), |(_, fields, notes)| (*fields, *notes));
            let found = (differing.len(), xml.notes.len());
            assert_eq!(found, expected, "{name} {version}: {differing:#?}");
            same += usize::from(differing.is_empty());
        }
    }
    assert!(same > 40, "{same}");
}
