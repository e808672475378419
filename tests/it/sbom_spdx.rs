//! SPDX: what is written as 2.3 comes back, 2.2 is read, and 3.0.1 keeps to its published
//! context.

use crate::cli::{run, text, write};
use crate::conformance;
use crate::sbom::{every_case, inventory};
use sealgate::sbom::document::{CycloneDxVersion, DocComponent, Format, SpdxVersion};
use sealgate::sbom::{Document, DocumentOptions, read, render, validate};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SPDX_2: Format = Format::SpdxJson(SpdxVersion::V2_3);
const SPDX_3: Format = Format::SpdxJson(SpdxVersion::V3_0_1);
const CYCLONEDX: Format = Format::CycloneDxJson(CycloneDxVersion::V1_6);

/// What SPDX 2.3 has no field for, or says in other words.
const LOST: [&str; 5] = [
    "components[].externalReferences[].hashes",
    "compositions[].aggregate",
    "compositions[].assemblies",
    "compositions[].dependencies",
    "metadata.supplier",
];

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

/// A component without what is lost and with what SPDX says in another way: its reference,
/// and a licence of which nobody says whether it is declared or concluded, which SPDX
/// calls declared.
fn comparable(component: &DocComponent) -> DocComponent {
    let mut component = component.clone();
    component.ref_id = None;
    component.not_known.clear();
    for reference in &mut component.external_references {
        reference.hashes.clear();
    }
    for licence in &mut component.licences {
        let declared = || "declared".to_owned();
        licence.acknowledgement.get_or_insert_with(declared);
    }
    component
}

fn without_namespace(bytes: &[u8]) -> Value {
    let mut value: Value = serde_json::from_slice(bytes).unwrap();
    assert!(value["documentNamespace"].take().is_string());
    value
}

#[test]
fn an_inventory_comes_back_from_spdx_with_no_undeclared_loss() {
    for (name, root) in every_case() {
        let document = document(&root);
        let (spdx, losses) = render(&document, SPDX_2).unwrap();
        let back = read(&spdx).unwrap();
        assert_eq!((back.format, back.notes), (SPDX_2, vec![]), "{name}");
        let back = back.document;
        // Once more, and it is the same.
        assert_eq!(render(&back, SPDX_2).unwrap().0, spdx, "{name}");
        let all = |document: &Document| -> Vec<DocComponent> {
            document.all_components().map(comparable).collect()
        };
        for (left, right) in all(&back).iter().zip(&all(&document)) {
            assert_eq!(left, right, "{name}");
        }
        assert_eq!(all(&back).len(), all(&document).len(), "{name}");
        let ids: BTreeMap<&str, &str> = document
            .all_components()
            .zip(back.all_components())
            .map(|(one, other)| {
                (
                    one.ref_id.as_deref().unwrap(),
                    other.ref_id.as_deref().unwrap(),
                )
            })
            .collect();
        let edges: BTreeMap<&str, BTreeSet<&str>> = document
            .edges()
            .into_iter()
            .map(|(from, to)| (ids[from], to.into_iter().map(|to| ids[to]).collect()))
            .collect();
        assert_eq!(back.edges(), edges, "{name}");
        assert_eq!(back.timestamp, document.timestamp);
        assert_eq!(back.tools, document.tools);
        assert_eq!(back.authors, document.authors);
        assert_eq!(back.lifecycles, document.lifecycles);
        assert_eq!(back.properties, document.properties);
        for loss in &losses {
            let path: String = loss.path.chars().filter(|c| !c.is_ascii_digit()).collect();
            assert!(LOST.contains(&path.as_str()), "{name}: {loss}");
        }
        // From CycloneDX it is the same SPDX, and from there CycloneDX again.
        let (cyclonedx, _) = render(&document, CYCLONEDX).unwrap();
        let read_again = read(&cyclonedx).unwrap().document;
        let (from_cyclonedx, _) = render(&read_again, SPDX_2).unwrap();
        assert_eq!(
            without_namespace(&from_cyclonedx),
            without_namespace(&spdx),
            "{name}"
        );
        let (again, _) = render(&back, CYCLONEDX).unwrap();
        let found = validate(&again).unwrap();
        assert_eq!(found.problems, [], "{name}");
        assert_eq!(all(&read(&again).unwrap().document), all(&back), "{name}");
    }
}

/// What the published context says of the keys of one object and of those inside it:
/// each is a known term, and its value has the form of its type. The words of
/// enumerations do not stand in the context.
fn by_context(object: &serde_json::Map<String, Value>, context: &Value, at: &str) {
    for (key, value) in object {
        let at = format!("{at}.{key}");
        if key == "@id" {
            assert!(value.as_str().unwrap().starts_with("_:"), "{at}");
            continue;
        }
        let term = &context[key];
        assert!(!term.is_null(), "{at} is no term");
        let values = match value {
            Value::Array(items) => items.iter().collect(),
            one => vec![one],
        };
        for value in values {
            match (term.as_str(), term["@type"].as_str()) {
                (Some("@type"), _) => {
                    let kind = value.as_str().unwrap();
                    assert!(context[kind].is_string(), "{at}: no class {kind}");
                }
                (Some("@id"), _) => assert!(url::Url::parse(value.as_str().unwrap()).is_ok()),
                (_, Some("@vocab")) => match value {
                    Value::Object(inner) => by_context(inner, context, &at),
                    word => assert!(word.is_string(), "{at}: {word}"),
                },
                (_, Some(kind)) if kind.ends_with("#string") => assert!(value.is_string(), "{at}"),
                (_, Some(kind)) if kind.ends_with("#anyURI") => {
                    assert!(url::Url::parse(value.as_str().unwrap()).is_ok(), "{at}");
                }
                (_, Some(kind)) if kind.ends_with("#dateTimeStamp") => {
                    let time = value.as_str().unwrap();
                    assert!(time.len() == 20 && time.ends_with('Z'), "{at}: {time}");
                }
                other => panic!("{at}: {other:?}"),
            }
        }
    }
}

/// Every text that refers to an element.
fn references<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v str>) {
    const REFERRING: [&str; 10] = [
        "createdBy",
        "createdUsing",
        "creationInfo",
        "element",
        "from",
        "originatedBy",
        "rootElement",
        "suppliedBy",
        "to",
        "value",
    ];
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| references(value, key, found)),
        Value::Array(items) => items.iter().for_each(|item| references(item, key, found)),
        Value::String(text) if REFERRING.contains(&key) => found.push(text),
        _ => {}
    }
}

#[test]
fn spdx_3_keeps_to_the_published_context_and_refers_to_what_is_there() {
    let Some(files) = conformance::unpack("spdx.tar.gz") else {
        return;
    };
    let context: Value = serde_json::from_slice(&files["spdx/spdx-3.0-context.jsonld"]).unwrap();
    for (name, root) in every_case() {
        let (bytes, _) = render(&document(&root), SPDX_3).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let graph = value["@graph"].as_array().unwrap();
        let mut ids = BTreeSet::new();
        for element in graph {
            by_context(element.as_object().unwrap(), &context["@context"], &name);
            let id = element.get("spdxId").or(element.get("@id")).unwrap();
            assert!(
                ids.insert(id.as_str().unwrap()),
                "{name}: {id} stands twice"
            );
        }
        let mut referring = Vec::new();
        references(&value["@graph"], "", &mut referring);
        for id in referring {
            let is_individual = id.starts_with("https://spdx.org/rdf/3.0.1/terms/");
            assert!(
                ids.contains(id) || is_individual,
                "{name}: {id} is not there"
            );
        }
        // The document lists all of it but itself and the blank node.
        let of = |kind: &str| graph.iter().find(|one| one["type"] == kind).unwrap();
        let listed = of("SpdxDocument")["element"].as_array().unwrap();
        assert_eq!(listed.len(), graph.len() - 2, "{name}");
    }
}

#[test]
fn spdx_3_says_of_each_package_what_the_inventory_says() {
    for (name, root) in every_case() {
        let document = document(&root);
        let (bytes, _) = render(&document, SPDX_3).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let graph = value["@graph"].as_array().unwrap();
        let packages: BTreeMap<&str, &Value> = graph
            .iter()
            .filter(|one| one["type"] == "software_Package")
            .map(|one| (one["spdxId"].as_str().unwrap(), one))
            .collect();
        let label = |package: &Value| {
            let version = package["software_packageVersion"].as_str();
            let purl = package["software_packageUrl"].as_str();
            let name = package["name"].as_str().unwrap();
            (
                name.to_owned(),
                version.map(str::to_owned),
                purl.map(str::to_owned),
            )
        };
        let told: BTreeMap<_, _> = packages
            .values()
            .map(|package| {
                let hashes = package["verifiedUsing"].as_array().into_iter().flatten();
                let hashes: BTreeSet<&str> = hashes
                    .map(|hash| hash["hashValue"].as_str().unwrap())
                    .collect();
                (label(package), hashes)
            })
            .collect();
        let expected: BTreeMap<_, BTreeSet<&str>> = document
            .all_components()
            .map(|one| {
                let name = match &one.group {
                    Some(group)
                        if one
                            .purl
                            .as_deref()
                            .unwrap_or_default()
                            .starts_with("pkg:maven/") =>
                    {
                        format!("{group}:{}", one.name)
                    }
                    _ => one.full_name(),
                };
                let hashes = one.hashes.iter().map(|hash| hash.value.as_str());
                (
                    (name, one.version.clone(), one.purl.clone()),
                    hashes.collect(),
                )
            })
            .collect();
        assert_eq!(told, expected, "{name}");
        let depends: usize = graph
            .iter()
            .filter(|one| one["relationshipType"] == "dependsOn")
            .flat_map(|one| one["to"].as_array().unwrap())
            .filter(|to| packages.contains_key(to.as_str().unwrap()))
            .count();
        let edges: usize = document.edges().values().map(BTreeSet::len).sum();
        assert_eq!(depends, edges, "{name}");
    }
}

/// A document as other tools write 2.2: `documentDescribes`, relationships read backwards,
/// `PACKAGE_MANAGER` with an underscore, files.
fn version_2_2() -> Value {
    let package = |id: &str, version: &str| {
        json!({
            "SPDXID": format!("SPDXRef-{id}"),
            "name": id,
            "versionInfo": version,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": false,
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "MIT",
            "copyrightText": "NOASSERTION",
            "externalRefs": [{
                "referenceCategory": "PACKAGE_MANAGER",
                "referenceType": "purl",
                "referenceLocator": format!("pkg:npm/{id}@{version}"),
            }],
        })
    };
    let relation = |from: &str, kind: &str, to: &str| {
        json!({
            "spdxElementId": format!("SPDXRef-{from}"),
            "relationshipType": kind,
            "relatedSpdxElement": format!("SPDXRef-{to}"),
        })
    };
    let mut shop = package("shop", "1.0.0");
    shop["supplier"] = json!("Organization: Acme (oss@acme.example)");
    shop["licenseDeclared"] = json!("LicenseRef-acme");
    let mut left = package("left", "2.0.0");
    left["checksums"] = json!([{"algorithm": "SHA256", "checksumValue": "ab".repeat(32)}]);
    json!({
        "SPDXID": "SPDXRef-DOCUMENT",
        "spdxVersion": "SPDX-2.2",
        "dataLicense": "CC0-1.0",
        "name": "shop",
        "documentNamespace": "https://sbom.acme.example/shop-1.0.0",
        "documentDescribes": ["SPDXRef-shop"],
        "creationInfo": {
            "created": "2026-01-02T03:04:05Z",
            "creators": ["Organization: Acme", "Tool: maker-1.2"],
        },
        "packages": [shop, left, package("right", "3.0.0")],
        "hasExtractedLicensingInfos": [
            {"licenseId": "LicenseRef-acme", "name": "Acme terms", "extractedText": "All yours."},
        ],
        "relationships": [
            relation("left", "DEPENDENCY_OF", "shop"),
            relation("right", "DEV_DEPENDENCY_OF", "shop"),
            relation("left", "DEPENDS_ON", "right"),
        ],
    })
}

#[test]
fn spdx_2_2_of_another_tool_is_read_checked_and_converted() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "shop.spdx.json", version_2_2().to_string());
    let path = path.to_str().unwrap();
    let output = run(dir.path(), &["sbom", "validate", path], 0);
    assert_eq!(text(&output.stdout), "valid spdx-json@2.2\n");
    let to = ["--to", "cyclonedx-json", "--loss-report", "lost.json"];
    let output = run(
        dir.path(),
        &[&["sbom", "convert", path][..], &to].concat(),
        0,
    );
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(made["metadata"]["component"]["name"], "shop");
    assert_eq!(made["metadata"]["component"]["supplier"]["name"], "Acme");
    let licence = &made["metadata"]["component"]["licenses"][0]["license"];
    assert_eq!(licence["name"], "Acme terms");
    assert_eq!(licence["text"]["content"], "All yours.");
    assert_eq!(made["components"][0]["purl"], "pkg:npm/left@2.0.0");
    assert_eq!(made["components"][0]["hashes"][0]["alg"], "SHA-256");
    let depends = |of: &str| -> Vec<&str> {
        let all = made["dependencies"].as_array().unwrap();
        let of = all.iter().find(|one| one["ref"] == of).unwrap();
        of["dependsOn"]
            .as_array()
            .unwrap()
            .iter()
            .map(|to| to.as_str().unwrap())
            .collect()
    };
    assert_eq!(depends("SPDXRef-shop"), ["SPDXRef-left", "SPDXRef-right"]);
    assert_eq!(depends("SPDXRef-left"), ["SPDXRef-right"]);
    // CycloneDX has no word for whom a dependency is meant for, and the namespace is no UUID.
    let lost: Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("lost.json")).unwrap()).unwrap();
    let lost: Vec<&str> = lost["losses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|loss| loss["path"].as_str().unwrap())
        .collect();
    assert_eq!(lost, ["relationships", "serialNumber", "name"]);
    // As 2.3 nothing of it is lost, and the two say the same.
    let output = run(
        dir.path(),
        &["sbom", "convert", path, "--to", "spdx-json@2.3"],
        0,
    );
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let newer = write(dir.path(), "newer.spdx.json", &output.stdout);
    let newer = newer.to_str().unwrap();
    run(dir.path(), &["sbom", "diff", "--exit-code", path, newer], 0);
    run(dir.path(), &["sbom", "check", path, "--profile", "cra"], 0);
}
