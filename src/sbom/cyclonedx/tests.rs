use super::*;
use crate::model::{
    CargoFacts, Checksum, DependencyKind, DependencyUse, Digest, DigestAlgorithm, Ecosystem, Gap,
    GitReference, Licence, LicenceSource, Location, LockfileRead, Occurrence, Origin, Root, Scope,
};
use crate::model::{Component, ComponentKind, Purl};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn component(ecosystem: Ecosystem, name: &str, version: &str) -> Component {
    Component {
        purl: Purl::of_package(ecosystem, name, Some(version), &[]).unwrap(),
        ecosystem,
        name: name.to_owned(),
        version: Some(version.to_owned()),
        kind: ComponentKind::Dependency,
        licence: Licence::default(),
        runs_install_code: None,
        availability: crate::model::Availability::Unknown,
        cargo: None,
        occurrences: vec![Occurrence {
            location: Location::line("lock", 3),
            origin: Origin::Unrecorded,
            checksums: Vec::new(),
            scope: Scope::Runtime,
        }],
    }
}

fn inventory(mut components: Vec<Component>) -> Inventory {
    components.sort_by(|a, b| a.purl.cmp(&b.purl));
    Inventory {
        root: Root {
            name: "app".to_owned(),
            version: Some("1.0.0".to_owned()),
        },
        direct: components.iter().map(|c| c.purl.clone()).collect(),
        components,
        edges: BTreeMap::new(),
        lockfiles: vec![LockfileRead {
            path: "lock".to_owned(),
            format: "cargo-lock",
            packages: 1,
            has_graph: true,
            digest: sha256(0),
        }],
        skipped: Vec::new(),
        gaps: Vec::new(),
    }
}

fn sha256(byte: u8) -> Digest {
    Digest::new(DigestAlgorithm::Sha256, vec![byte; 32]).unwrap()
}

fn render_json(inventory: &Inventory) -> Value {
    let options = CycloneDxOptions {
        timestamp: None,
        tool_version: "0.1.0".to_owned(),
        ..CycloneDxOptions::default()
    };
    serde_json::from_slice(&render(inventory, &options)).unwrap()
}

fn with_occurrence(origin: Origin, checksums: Vec<Checksum>) -> Value {
    let mut one = component(Ecosystem::Npm, "@s/a", "1.0.0");
    one.occurrences[0].origin = origin;
    one.occurrences[0].checksums = checksums;
    render_json(&inventory(vec![one]))["components"][0].clone()
}

fn properties<'v>(component: &'v Value, name: &str) -> Vec<&'v str> {
    component["properties"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|property| property["name"] == name)
        .map(|property| property["value"].as_str().unwrap())
        .collect()
}

#[test]
fn hashes_of_one_file_are_hashes_and_those_of_several_are_properties() {
    let sha512 = Digest::new(DigestAlgorithm::Sha512, vec![1; 64]).unwrap();
    let one = with_occurrence(
        Origin::Unrecorded,
        vec![Checksum::File(sha256(1)), Checksum::File(sha512)],
    );
    assert_eq!(one["hashes"][0]["alg"], "SHA-256");
    assert_eq!(one["hashes"][1]["alg"], "SHA-512");
    assert_eq!(properties(&one, "sealgate:distribution:sha256").len(), 0);
    let two = with_occurrence(
        Origin::Unrecorded,
        vec![Checksum::File(sha256(1)), Checksum::File(sha256(2))],
    );
    assert_eq!(two["hashes"], Value::Null);
    assert_eq!(
        properties(&two, "sealgate:distribution:sha256"),
        [sha256(1).hex(), sha256(2).hex()]
    );
}

#[test]
fn an_address_carries_only_the_hash_of_its_own_entry() {
    let file = |url: &str| Origin::Registry {
        index: None,
        file: Some(url.to_owned()),
        default: false,
    };
    let mut one = component(Ecosystem::Npm, "a", "1.0.0");
    one.occurrences[0].origin = file("https://one.example/a.tgz");
    one.occurrences[0].checksums = vec![Checksum::File(sha256(1))];
    let mut other = one.occurrences[0].clone();
    other.origin = file("https://two.example/a.tgz");
    other.checksums = Vec::new();
    one.occurrences.push(other);
    let bom = render_json(&inventory(vec![one]));
    let references = &bom["components"][0]["externalReferences"];
    assert_eq!(references[0]["hashes"][0]["content"], sha256(1).hex());
    assert_eq!(references[1]["url"], "https://two.example/a.tgz");
    assert_eq!(references[1]["hashes"], Value::Null);
}

#[test]
fn a_checksum_that_is_no_file_digest_is_never_a_hash() {
    let checksum = Checksum::Opaque {
        scheme: "go-h1",
        value: "h1:AAAA".to_owned(),
    };
    let component = with_occurrence(Origin::Unrecorded, vec![checksum]);
    assert_eq!(component["hashes"], Value::Null);
    assert_eq!(
        properties(&component, "sealgate:checksum:go-h1"),
        ["h1:AAAA"]
    );
}

#[test]
fn credentials_in_addresses_do_not_leave() {
    let word = ["hunter", "2"].concat();
    let git = with_occurrence(
        Origin::Git {
            url: format!("https://user:{word}@h.example/r"),
            reference: GitReference::Default,
            commit: Some("0f".to_owned()),
        },
        Vec::new(),
    );
    let file = with_occurrence(
        Origin::Registry {
            index: None,
            file: Some(format!("https://:{word}@h.example/a.tgz")),
            default: false,
        },
        vec![Checksum::File(sha256(1))],
    );
    for component in [&git, &file] {
        assert!(!component.to_string().contains(&word), "{component}");
    }
    assert_eq!(git["externalReferences"][0]["type"], "vcs");
    assert_eq!(file["externalReferences"][0]["type"], "distribution");
    assert_eq!(file["externalReferences"][0]["hashes"][0]["alg"], "SHA-256");
    assert_eq!(file["group"], "@s");
    assert_eq!(file["name"], "a");
}

#[test]
fn an_address_that_is_none_is_kept_as_a_property_only() {
    let component = with_occurrence(
        Origin::Url {
            url: "not a url <\u{1b}[2J>".to_owned(),
        },
        Vec::new(),
    );
    assert_eq!(component["externalReferences"], Value::Null);
    assert_eq!(
        properties(&component, "sealgate:origin"),
        ["url not a url <\\u{1b}[2J>"]
    );
}

#[test]
fn scopes_keep_the_meaning_that_cyclonedx_gives_them() {
    for (scope, want) in [
        (Scope::Runtime, json!("required")),
        (Scope::Peer, json!("required")),
        (Scope::Optional, json!("optional")),
        (Scope::Build, json!("excluded")),
        (Scope::Dev, json!("excluded")),
        (Scope::Unknown, Value::Null),
    ] {
        let mut one = component(Ecosystem::Cargo, "a", "1.0.0");
        one.occurrences[0].scope = scope;
        let component = render_json(&inventory(vec![one]))["components"][0].clone();
        assert_eq!(component["scope"], want);
        assert_eq!(properties(&component, "sealgate:scope"), [scope.as_str()]);
    }
}

#[test]
fn a_licence_is_what_can_be_proved_of_it() {
    let of = |text: &str| {
        let mut one = component(Ecosystem::Npm, "a", "1.0.0");
        one.licence = Licence::of_text(text, LicenceSource::Lockfile);
        render_json(&inventory(vec![one]))["components"][0]["licenses"].clone()
    };
    assert_eq!(of("MIT"), json!([{"license": {"id": "MIT"}}]));
    assert_eq!(of("(MIT OR ISC)"), json!([{"expression": "(MIT OR ISC)"}]));
    assert_eq!(of("free"), json!([{"license": {"name": "free"}}]));
    assert_eq!(of(" "), Value::Null);
}

#[test]
fn who_told_a_licence_and_what_cargo_said_are_properties() {
    let mut one = component(Ecosystem::Cargo, "a", "1.0.0");
    one.licence = Licence::of_text("MIT", LicenceSource::CargoRegistry);
    one.runs_install_code = Some(true);
    let used = Purl::of_package(Ecosystem::Cargo, "b", Some("1.0.0"), &[]).unwrap();
    let uses = DependencyUse {
        kind: DependencyKind::Build,
        platform: Some("cfg(unix)".to_owned()),
    };
    one.cargo = Some(Box::new(CargoFacts {
        features: BTreeSet::from(["std".to_owned()]),
        targets: BTreeSet::from(["lib".to_owned(), "custom-build".to_owned()]),
        uses: BTreeMap::from([(used, BTreeSet::from([uses]))]),
    }));
    let bom = render_json(&inventory(vec![one]));
    let one = &bom["components"][0];
    assert_eq!(
        properties(one, "sealgate:licence:source"),
        ["cargo registry cache"]
    );
    assert_eq!(properties(one, "sealgate:licence").len(), 0);
    assert_eq!(properties(one, "sealgate:runs-install-code"), ["true"]);
    assert_eq!(properties(one, "sealgate:cargo:feature"), ["std"]);
    assert_eq!(
        properties(one, "sealgate:cargo:target"),
        ["custom-build", "lib"]
    );
    assert_eq!(
        properties(one, "sealgate:cargo:uses"),
        ["build pkg:cargo/b@1.0.0 cfg(unix)"]
    );
    let unknown = render_json(&inventory(vec![component(Ecosystem::Npm, "a", "1.0.0")]));
    assert_eq!(
        properties(&unknown["components"][0], "sealgate:licence"),
        ["not recorded in the lockfile"]
    );
}

#[test]
fn the_product_is_the_main_component_and_not_listed_twice() {
    let mut own = component(Ecosystem::Cargo, "app", "1.0.0");
    own.kind = ComponentKind::Own;
    let mut made = inventory(vec![own.clone(), component(Ecosystem::Cargo, "a", "1.0.0")]);
    made.direct = BTreeSet::from([own.purl.clone()]);
    let dependency = made.components[0].purl.clone();
    made.edges.insert(own.purl, BTreeSet::from([dependency]));
    let bom = render_json(&made);
    assert_eq!(
        bom["metadata"]["component"]["bom-ref"],
        "pkg:cargo/app@1.0.0"
    );
    assert_eq!(bom["metadata"]["component"]["type"], "application");
    assert_eq!(bom["components"].as_array().unwrap().len(), 1);
    assert_eq!(
        bom["dependencies"],
        json!([
            {"ref": "pkg:cargo/a@1.0.0"},
            {"ref": "pkg:cargo/app@1.0.0", "dependsOn": ["pkg:cargo/a@1.0.0"]},
        ])
    );
}

#[test]
fn what_is_missing_is_said() {
    let mut made = inventory(vec![component(Ecosystem::Cargo, "a", "1.0.0")]);
    let aggregates = |bom: &Value| -> Vec<String> {
        let all = bom["compositions"].as_array().unwrap().iter();
        all.map(|c| c["aggregate"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        aggregates(&render_json(&made)),
        ["complete", "complete", "complete"]
    );
    made.lockfiles[0].has_graph = false;
    assert_eq!(
        aggregates(&render_json(&made)),
        ["complete", "incomplete", "unknown"]
    );
    made.gaps.push(Gap {
        id: "inventory/missing-lockfile",
        message: "no lock".to_owned(),
        location: Some(Location::file("Cargo.toml")),
        remedy: String::new(),
    });
    let bom = render_json(&made);
    assert_eq!(aggregates(&bom), ["incomplete", "incomplete", "unknown"]);
    let said = properties(&bom["metadata"], "sealgate:incomplete");
    assert_eq!(said, ["inventory/missing-lockfile: Cargo.toml: no lock"]);
}

#[test]
fn the_time_is_only_there_if_given_and_the_serial_number_follows_the_content() {
    let made = inventory(vec![component(Ecosystem::Cargo, "a", "1.0.0")]);
    let bom = render_json(&made);
    assert_eq!(bom["metadata"]["timestamp"], Value::Null);
    let serial = bom["serialNumber"].as_str().unwrap();
    assert_eq!(serial.len(), 45);
    assert_eq!(serial.as_bytes()[23], b'8');
    assert_eq!(serial, render_json(&made)["serialNumber"]);
    let other = inventory(vec![component(Ecosystem::Cargo, "b", "1.0.0")]);
    assert_ne!(serial, render_json(&other)["serialNumber"]);
    let options = CycloneDxOptions {
        timestamp: Some("2026-01-02T03:04:05Z".to_owned()),
        tool_version: "0.1.0".to_owned(),
        ..CycloneDxOptions::default()
    };
    let dated: Value = serde_json::from_slice(&render(&made, &options)).unwrap();
    assert_eq!(dated["metadata"]["timestamp"], "2026-01-02T03:04:05Z");
}

proptest! {
    #[test]
    fn every_reference_is_a_component_whatever_the_names_hold(
        names in proptest::collection::btree_set("\\PC{1,12}", 1..12),
    ) {
        let components: Vec<Component> = names
            .iter()
            .filter(|name| Purl::of_package(Ecosystem::Npm, name, Some("1"), &[]).is_ok())
            .map(|name| component(Ecosystem::Npm, name, "1"))
            .collect();
        let bom = render_json(&inventory(components));
        // None of the names may be one of npm; then there are no components.
        let listed: BTreeSet<&str> = bom["components"]
            .as_array().into_iter().flatten()
            .map(|c| c["bom-ref"].as_str().unwrap())
            .collect();
        for dependency in bom["dependencies"].as_array().unwrap() {
            for reference in dependency["dependsOn"].as_array().into_iter().flatten() {
                prop_assert!(listed.contains(reference.as_str().unwrap()));
            }
        }
    }
}
