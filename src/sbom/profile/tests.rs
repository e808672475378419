use super::*;
use crate::sbom;
use serde_json::{Value, json};

/// A document that meets every profile, with one dependency.
fn complete() -> Value {
    let component = |name: &str| {
        json!({
            "type": "library",
            "bom-ref": name,
            "name": name,
            "version": "1.0.0",
            "purl": format!("pkg:cargo/{name}@1.0.0"),
            "manufacturer": { "name": "Acme", "contact": [{ "email": "oss@acme.example" }] },
            "hashes": [{ "alg": "SHA-256", "content": "aa".repeat(32) }],
            "licenses": [{ "expression": "MIT OR Apache-2.0", "acknowledgement": "concluded" }],
            "externalReferences": [{
                "type": "distribution",
                "url": format!("https://files.acme.example/{name}"),
                "hashes": [{ "alg": "SHA-512", "content": "bb".repeat(64) }],
            }],
            "properties": [
                { "name": "bsi:component:filename", "value": format!("{name}.crate") },
                { "name": "bsi:component:executable", "value": "non-executable" },
                { "name": "bsi:component:archive", "value": "archive" },
                { "name": "bsi:component:structured", "value": "structured" },
            ],
        })
    };
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 1,
        "metadata": {
            "timestamp": "2026-11-23T00:00:00Z",
            "lifecycles": [{ "phase": "build" }],
            "tools": { "components": [{ "type": "application", "name": "maker", "version": "1" }] },
            "authors": [{ "name": "Release team", "email": "release@acme.example" }],
            "component": component("app"),
        },
        "components": [component("dep")],
        "dependencies": [{ "ref": "app", "dependsOn": ["dep"] }, { "ref": "dep" }],
        "compositions": [
            { "aggregate": "complete", "assemblies": ["app"] },
            { "aggregate": "complete", "dependencies": ["app", "dep"] },
        ],
    })
}

fn checked(profile: &str, document: &Value) -> ProfileResult {
    let read = sbom::read(document.to_string().as_bytes()).unwrap();
    check(Profile::of(profile).unwrap(), &Facts::of_read(&read))
}

/// Ids of the required fields that are not met.
fn lacks(profile: &str, document: &Value) -> Vec<&'static str> {
    let result = checked(profile, document);
    let ids: Vec<&str> = result
        .fields
        .iter()
        .filter(|field| !field.is_met && field.level == Level::Required)
        .map(|field| field.id)
        .collect();
    assert_eq!(ids.is_empty(), result.is_met);
    ids
}

fn field<'r>(result: &'r ProfileResult, id: &str) -> &'r FieldResult {
    result.fields.iter().find(|field| field.id == id).unwrap()
}

#[test]
fn a_document_that_says_everything_meets_every_profile() {
    for profile in PROFILES {
        assert_eq!(lacks(profile.id, &complete()), [""; 0], "{}", profile.id);
    }
}

/// JSON pointer of what is removed; who misses what.
const REMOVED: &[(&str, &[(&str, &str)])] = &[
    (
        "/metadata/timestamp",
        &[
            ("ntia", "timestamp"),
            ("cisa2025", "timestamp"),
            ("bsi-2.1", "timestamp"),
        ],
    ),
    (
        "/metadata/authors",
        &[("cisa2025", "author"), ("bsi-2.1", "creator")],
    ),
    ("/metadata/tools", &[("cisa2025", "tool-name")]),
    (
        "/metadata/lifecycles",
        &[("cisa2025", "generation-context")],
    ),
    (
        "/components/0/version",
        &[
            ("ntia", "version"),
            ("cisa2025", "version"),
            ("bsi-2.1", "version"),
        ],
    ),
    (
        "/components/0/manufacturer",
        &[
            ("ntia", "supplier"),
            ("cisa2025", "producer"),
            ("bsi-2.1", "component-creator"),
        ],
    ),
    (
        "/components/0/manufacturer/contact",
        &[("bsi-2.1", "component-creator")],
    ),
    ("/components/0/purl", &[("cisa2025", "identifier")]),
    (
        "/components/0/licenses",
        &[("cisa2025", "licence"), ("bsi-2.1", "distribution-licence")],
    ),
    ("/components/0/externalReferences", &[("bsi-2.1", "sha512")]),
    (
        "/components/0/properties",
        &[
            ("bsi-2.1", "filename"),
            ("bsi-2.1", "executable"),
            ("bsi-2.1", "archive"),
            ("bsi-2.1", "structured"),
        ],
    ),
    ("/compositions", &[("bsi-2.1", "dependencies")]),
    ("/dependencies/1", &[("bsi-2.1", "dependencies")]),
    (
        "/dependencies/0",
        &[
            ("ntia", "dependency-relationship"),
            ("ntia", "relationship"),
            ("cisa2025", "dependency-relationship"),
            ("cisa2025", "relationship"),
            ("bsi-2.1", "product"),
            ("bsi-2.1", "dependencies"),
            ("cra", "top-level-dependencies"),
        ],
    ),
    (
        "/metadata/component",
        &[
            ("ntia", "dependency-relationship"),
            ("ntia", "relationship"),
            ("cisa2025", "dependency-relationship"),
            ("cisa2025", "relationship"),
            ("bsi-2.1", "product"),
            ("cra", "product"),
            ("cra", "top-level-dependencies"),
        ],
    ),
];

#[test]
fn what_is_taken_away_is_missed_by_the_profiles_that_ask_for_it() {
    for (pointer, wanted) in REMOVED {
        let mut document = complete();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Object(map) => drop(map.remove(key).unwrap()),
            Value::Array(list) => drop(list.remove(key.parse().unwrap())),
            other => panic!("{pointer}: {other}"),
        }
        let found: Vec<(&str, &str)> = PROFILES
            .iter()
            .flat_map(|profile| {
                let lacks = lacks(profile.id, &document);
                lacks.into_iter().map(|field| (profile.id, field))
            })
            .collect();
        assert_eq!(found, *wanted, "{pointer}");
    }
}

#[test]
fn a_tool_is_an_author_for_ntia_and_not_for_cisa() {
    let mut document = complete();
    document["metadata"]["authors"] = json!([]);
    assert_eq!(lacks("ntia", &document), [""; 0]);
    assert_eq!(lacks("cisa2025", &document), ["author"]);
}

#[test]
fn each_profile_treats_stated_ignorance_in_its_own_way() {
    let mut document = complete();
    document["components"][0]["licenses"] = json!([{ "license": { "name": "NOASSERTION" } }]);
    document["components"][0]["manufacturer"] = json!({ "name": "NOASSERTION" });
    let cisa = checked("cisa2025", &document);
    assert!(cisa.is_met);
    let licence = field(&cisa, "licence");
    assert_eq!((licence.given, licence.unknown), (1, 1));
    assert_eq!(licence.lacking, []);
    assert_eq!(lacks("ntia", &document), ["supplier"]);
    assert_eq!(
        lacks("bsi-2.1", &document),
        ["component-creator", "distribution-licence"]
    );
    let bsi = checked("bsi-2.1", &document);
    let licence = field(&bsi, "distribution-licence");
    assert_eq!(licence.unknown, 1);
    assert_eq!(licence.lacking[0].component, "dep@1.0.0");
    assert!(!licence.unknown_counts.is_accepted());
}

#[test]
fn bsi_refuses_older_formats_other_hashes_paths_and_vulnerabilities() {
    let mut old = complete();
    old["specVersion"] = json!("1.5");
    assert!(lacks("bsi-2.1", &old).contains(&"format"));

    let mut hash = complete();
    hash["components"][0]["externalReferences"][0]["hashes"] =
        json!([{ "alg": "SHA-384", "content": "cc".repeat(48) }]);
    let result = checked("bsi-2.1", &hash);
    let reason = field(&result, "sha512").lacking[0].reason;
    assert!(reason.contains("other algorithms"), "{reason}");

    let mut path = complete();
    path["components"][0]["properties"][0]["value"] = json!("lib/dep.crate");
    assert_eq!(lacks("bsi-2.1", &path), ["filename"]);

    let mut value = complete();
    value["components"][0]["properties"][1]["value"] = json!("yes");
    assert_eq!(lacks("bsi-2.1", &value), ["executable"]);

    let mut inside = complete();
    inside["vulnerabilities"] = json!([{ "id": "CVE-2020-0001" }]);
    assert_eq!(lacks("bsi-2.1", &inside), ["no-vulnerabilities"]);
    assert_eq!(lacks("ntia", &inside), [""; 0]);
}

#[test]
fn bsi_takes_a_concluded_spdx_licence_for_the_distribution_licence() {
    for (licence, does) in [
        (
            json!({ "expression": "MIT", "acknowledgement": "concluded" }),
            true,
        ),
        (
            json!({ "expression": "MIT", "acknowledgement": "declared" }),
            false,
        ),
        (json!({ "expression": "MIT" }), false),
        (
            json!({ "license": { "name": "LicenseRef-scancode-acme", "acknowledgement": "concluded" } }),
            true,
        ),
        (
            json!({ "license": { "name": "Some licence", "acknowledgement": "concluded" } }),
            false,
        ),
    ] {
        let mut document = complete();
        document["components"][0]["licenses"] = json!([licence]);
        let lacks = lacks("bsi-2.1", &document);
        assert_eq!(lacks.is_empty(), does, "{licence}: {lacks:?}");
    }
}

#[test]
fn bsi_wants_the_hash_at_the_address_of_the_deployable() {
    let mut document = complete();
    document["components"][0]["externalReferences"] = json!([]);
    document["components"][0]["hashes"] = json!([{ "alg": "SHA-512", "content": "bb".repeat(64) }]);
    let result = checked("bsi-2.1", &document);
    let reason = field(&result, "sha512").lacking[0].reason;
    assert!(reason.contains("`hashes`"), "{reason}");
}

#[test]
fn bsi_takes_stated_incompleteness_for_an_answer() {
    for aggregate in ["incomplete", "unknown"] {
        let mut document = complete();
        document["compositions"][1]["aggregate"] = json!(aggregate);
        assert_eq!(lacks("bsi-2.1", &document), [""; 0], "{aggregate}");
    }
    let mut document = complete();
    document["compositions"][1]["aggregate"] = json!("not_specified");
    assert_eq!(lacks("bsi-2.1", &document), ["dependencies"]);
}

#[test]
fn a_reference_to_nowhere_is_no_top_level_dependency() {
    let mut document = complete();
    document["dependencies"][0]["dependsOn"] = json!(["gone"]);
    let result = checked("cra", &document);
    assert!(!field(&result, "top-level-dependencies").is_met);
}

#[test]
fn an_empty_document_meets_nothing_and_a_product_without_dependencies_does() {
    let empty = json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1 });
    for profile in PROFILES {
        assert!(!checked(profile.id, &empty).is_met, "{}", profile.id);
    }
    let mut alone = complete();
    alone["components"] = json!([]);
    alone["dependencies"] = json!([{ "ref": "app", "dependsOn": [] }]);
    for profile in PROFILES {
        assert_eq!(lacks(profile.id, &alone), [""; 0], "{}", profile.id);
    }
}

#[test]
fn parts_inside_a_component_are_checked_and_related() {
    let mut document = complete();
    document["components"][0]["components"] = json!([
        { "type": "library", "name": "inner", "version": "1",
          "components": [{ "type": "library", "name": "innermost" }] },
        { "type": "library", "name": "other" },
    ]);
    let result = checked("ntia", &document);
    assert_eq!(result.components, 5);
    assert!(field(&result, "relationship").is_met);
    let lacking: Vec<&str> = field(&result, "version")
        .lacking
        .iter()
        .map(|lacking| lacking.component.as_str())
        .collect();
    assert_eq!(lacking, ["innermost", "other"]);
}

#[test]
fn ids_of_fields_are_unique_and_each_has_advice_and_a_source() {
    for profile in PROFILES {
        let ids: BTreeSet<&str> = profile.fields.iter().map(|field| field.id).collect();
        assert_eq!(ids.len(), profile.fields.len(), "{}", profile.id);
        for field in profile.fields {
            for text in [field.title, field.source, field.in_cyclonedx, field.in_spdx] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}", field.id);
            }
        }
    }
}

/// The same two packages in SPDX 2.3.
fn spdx() -> Value {
    let package = |id: &str| {
        json!({
            "SPDXID": format!("SPDXRef-{id}"),
            "name": id,
            "versionInfo": "1.0.0",
            "supplier": "Organization: Acme (oss@acme.example)",
            "downloadLocation": "NOASSERTION",
            "licenseDeclared": "MIT",
            "licenseConcluded": "NOASSERTION",
            "checksums": [{ "algorithm": "SHA256", "checksumValue": "aa".repeat(32) }],
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": format!("pkg:cargo/{id}@1.0.0"),
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
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "app",
        "documentNamespace": "https://sbom.acme.example/app",
        "creationInfo": {
            "created": "2026-11-23T00:00:00Z",
            "creators": ["Organization: Acme", "Tool: maker-1"],
            "comment": "SBOM Type: Build",
        },
        "packages": [package("app"), package("dep")],
        "relationships": [
            relation("DOCUMENT", "DESCRIBES", "app"),
            relation("app", "DEPENDS_ON", "dep"),
        ],
    })
}

#[test]
fn spdx_says_the_same_in_its_own_words() {
    for profile in ["ntia", "cisa2025", "cra"] {
        assert_eq!(lacks(profile, &spdx()), [""; 0], "{profile}");
    }
    assert!(lacks("bsi-2.1", &spdx()).contains(&"format"));
    let advice = checked("bsi-2.1", &spdx());
    let advice = field(&advice, "format").advice.unwrap();
    assert!(advice.contains("spdx-json@3.0.1"), "{advice}");
}

#[test]
fn spdx_noassertion_is_more_than_silence() {
    let mut silent = spdx();
    silent["packages"][1]
        .as_object_mut()
        .unwrap()
        .remove("supplier");
    silent["packages"][1]
        .as_object_mut()
        .unwrap()
        .remove("licenseDeclared");
    silent["packages"][1]
        .as_object_mut()
        .unwrap()
        .remove("licenseConcluded");
    assert_eq!(lacks("cisa2025", &silent), ["producer", "licence"]);
    let mut stated = spdx();
    stated["packages"][1]["supplier"] = json!("NOASSERTION");
    stated["packages"][1]["licenseDeclared"] = json!("NOASSERTION");
    assert_eq!(lacks("cisa2025", &stated), [""; 0]);
    assert_eq!(lacks("ntia", &stated), ["supplier"]);
}

#[test]
fn to_contain_is_a_relationship_too() {
    let mut document = spdx();
    document["relationships"][1]["relationshipType"] = json!("CONTAINS");
    for profile in ["ntia", "cisa2025", "cra"] {
        assert_eq!(lacks(profile, &document), [""; 0], "{profile}");
    }
    document["relationships"].as_array_mut().unwrap().pop();
    assert_eq!(lacks("cra", &document), ["top-level-dependencies"]);
}
