use super::*;
use crate::sbom;
use serde_json::{Value, json};

fn inventory(document: &Value) -> Inventory {
    let bytes = serde_json::to_vec_pretty(document).unwrap();
    let read = sbom::read(&bytes).unwrap();
    of_sbom("app.cdx.json", &bytes, &read)
}

fn cyclonedx(components: &Value, dependencies: &Value) -> Inventory {
    inventory(&json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {
            "bom-ref": "root", "type": "application", "name": "app", "version": "1.0.0",
        }},
        "components": components,
        "dependencies": dependencies,
    }))
}

fn library(purl: &str) -> Value {
    let parsed = Purl::parse(purl).unwrap();
    json!({
        "bom-ref": purl, "type": "library", "name": parsed.name(),
        "version": parsed.version(), "purl": purl,
    })
}

fn ids(inventory: &Inventory) -> Vec<&'static str> {
    inventory.gaps.iter().map(|gap| gap.id).collect()
}

fn labels(inventory: &Inventory) -> Vec<String> {
    inventory.components.iter().map(|c| c.label()).collect()
}

#[test]
fn components_and_the_graph_are_those_of_the_document() {
    let found = cyclonedx(
        &json!([
            library("pkg:npm/%40acme/ui@2.0.0"),
            library("pkg:npm/minimist@1.2.5"),
            {"bom-ref": "x", "type": "library", "name": "github.com/BurntSushi/toml",
             "version": "v1.0.0", "purl": "pkg:golang/github.com/BurntSushi/toml@v1.0.0"},
            library("pkg:maven/org.acme/lib@1.0"),
        ]),
        &json!([
            {"ref": "root", "dependsOn": ["pkg:npm/%40acme/ui@2.0.0", "x"]},
            {"ref": "pkg:npm/%40acme/ui@2.0.0", "dependsOn": ["pkg:npm/minimist@1.2.5"]},
        ]),
    );
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
    assert_eq!(
        labels(&found),
        [
            "github.com/BurntSushi/toml@v1.0.0",
            "org.acme:lib@1.0",
            "@acme/ui@2.0.0",
            "minimist@1.2.5"
        ]
    );
    assert_eq!(found.root.name, "app");
    assert_eq!(found.root.version.as_deref(), Some("1.0.0"));
    let purl = |text: &str| Purl::parse(text).unwrap();
    assert!(!found.direct.contains(&purl("pkg:npm/minimist@1.2.5")));
    // Nothing leads to it, so the product itself is asked.
    assert!(found.direct.contains(&purl("pkg:maven/org.acme/lib@1.0")));
    let of_ui = &found.edges[&purl("pkg:npm/%40acme/ui@2.0.0")];
    assert!(of_ui.contains(&purl("pkg:npm/minimist@1.2.5")));
    let lock = &found.lockfiles[0];
    assert_eq!(
        (lock.format, lock.packages, lock.has_graph),
        ("cyclonedx-json", 4, true)
    );
    let place = &found.components[3].occurrences[0].location;
    assert_eq!(place.path, "app.cdx.json");
    assert!(place.line.unwrap() > 10, "{place}");
}

#[test]
fn an_sbom_written_here_gives_its_own_inventory_back() {
    let mut first = cyclonedx(
        &json!([library("pkg:npm/a@1.0.0"), library("pkg:pypi/b@2.0")]),
        &json!([{"ref": "pkg:npm/a@1.0.0", "dependsOn": ["pkg:pypi/b@2.0"]}]),
    );
    first.components[0].occurrences[0].scope = Scope::Dev;
    let document = Document::of_inventory(&first, &sbom::DocumentOptions::default());
    for format in [Format::CYCLONEDX, Format::SPDX] {
        let (bytes, _) = sbom::render(&document, format).unwrap();
        let again = of_sbom("x", &bytes, &sbom::read(&bytes).unwrap());
        assert_eq!(labels(&again), labels(&first));
        assert_eq!(again.edges, first.edges);
        assert_eq!(again.direct, first.direct);
        assert!(again.gaps.is_empty(), "{:?}", again.gaps);
        let scopes = |of: &Inventory| of.components.iter().map(|c| c.scope()).collect::<Vec<_>>();
        assert_eq!(scopes(&again), scopes(&first), "{format}");
    }
}

#[test]
fn what_cannot_be_identified_is_a_gap_and_files_are_not() {
    let found = cyclonedx(
        &json!([
            {"type": "library", "name": "zlib", "version": "1.2.11"},
            {"type": "library", "name": "odd", "purl": "npm/odd@1"},
            {"type": "library", "name": "two", "version": "1.0.0", "purl": "pkg:npm/two@2.0.0"},
            {"type": "file", "name": "README"},
            {"type": "operating-system", "name": "debian", "version": "12"},
            {"type": "application", "name": "Cargo.lock",
             "properties": [{"name": "aquasecurity:trivy:Class", "value": "lang-pkgs"}]},
        ]),
        &json!([]),
    );
    let messages: Vec<&str> = found.gaps.iter().map(|gap| gap.message.as_str()).collect();
    assert_eq!(ids(&found), ["inventory/unidentified-component"; 4]);
    for part in ["`zlib@1.2.11`", "`odd`", "`two@1.0.0`", "`debian@12`"] {
        assert!(
            messages.iter().any(|m| m.contains(part)),
            "{part} {messages:?}"
        );
    }
    assert_eq!(labels(&found), ["two@2.0.0"]);
}

#[test]
fn packages_of_unknown_types_and_without_a_version_are_kept_for_the_check() {
    let found = cyclonedx(
        &json!([library("pkg:conan/zlib@1.3"), library("pkg:npm/a")]),
        &json!([]),
    );
    assert_eq!(labels(&found), ["zlib@1.3", "a"]);
    assert_eq!(found.components[0].ecosystem, Ecosystem::Generic);
    assert_eq!(found.components[1].version, None);
}

#[test]
fn source_packages_of_distributions_come_from_qualifier_or_property() {
    let named = cyclonedx(
        &json!([
            library("pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl"),
            library("pkg:deb/debian/git@1:2.39.5-0?distro=debian-12"),
            {"type": "library", "name": "bsdutils", "version": "1:2.38.1-5",
             "purl": "pkg:deb/debian/bsdutils@2.38.1-5?distro=debian-12&epoch=1",
             "properties": [
                {"name": "aquasecurity:trivy:SrcName", "value": "util-linux"},
                {"name": "aquasecurity:trivy:SrcVersion", "value": "2.38.1"},
                {"name": "aquasecurity:trivy:SrcRelease", "value": "5"}]},
            {"type": "operating-system", "name": "debian", "version": "12"},
        ]),
        &json!([]),
    );
    assert!(named.gaps.is_empty(), "{:?}", named.gaps);
    let bsdutils = &named.components[0];
    assert_eq!(bsdutils.version.as_deref(), Some("1:2.38.1-5"));
    let upstream = ("upstream".to_owned(), "util-linux@2.38.1-5".to_owned());
    assert!(bsdutils.purl.qualifiers().contains(&upstream));
    let unnamed = cyclonedx(
        &json!([library(
            "pkg:apk/alpine/libssl3@3.0.11-r0?distro=alpine-3.18.4"
        )]),
        &json!([]),
    );
    assert_eq!(ids(&unnamed), ["inventory/unidentified-component"]);
    assert!(
        unnamed.gaps[0]
            .message
            .starts_with("1 package of the type `apk`")
    );
}

#[test]
fn a_document_that_is_not_complete_is_a_gap() {
    let document = |extra: Value| {
        let mut document = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
            "components": [library("pkg:npm/a@1.0.0")],
        });
        for (key, value) in extra.as_object().unwrap() {
            document[key] = value.clone();
        }
        inventory(&document)
    };
    let a = "pkg:npm/a@1.0.0";
    for (extra, complete) in [
        (json!({}), true),
        (
            json!({"compositions": [{"aggregate": "incomplete", "assemblies": [a]}]}),
            false,
        ),
        (
            json!({"compositions": [{"aggregate": "incomplete"}]}),
            false,
        ),
        (
            json!({"compositions": [{"aggregate": "incomplete", "dependencies": [a]}]}),
            true,
        ),
        (
            json!({"compositions": [{"aggregate": "complete", "assemblies": [a]}]}),
            true,
        ),
        (
            json!({"dependencies": [{"ref": a, "dependsOn": ["pkg:npm/gone@1.0.0"]}]}),
            false,
        ),
        (json!({"components": [7, library(a)]}), false),
        (
            json!({"components": [{"type": "library", "name": "a", "purl": a, "hashes": [7]}]}),
            true,
        ),
    ] {
        let found = document(extra.clone());
        let expected: &[&str] = match complete {
            true => &[],
            false => &["inventory/incomplete-sbom"],
        };
        assert_eq!(ids(&found), expected, "{extra}");
    }
    let empty = document(json!({"components": []}));
    assert_eq!(ids(&empty), ["inventory/nothing-to-check"]);
}

#[test]
fn the_product_and_its_own_entries_are_own_and_its_other_parts_are_not() {
    let found = inventory(&json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {
            "type": "application", "name": "app", "version": "1.0.0",
            "purl": "pkg:cargo/app@1.0.0?download_url=file://.",
            "components": [
                {"type": "application", "name": "app", "version": "1.0.0",
                 "purl": "pkg:cargo/app@1.0.0?download_url=file://.#src/main.rs"},
                {"type": "library", "name": "time", "version": "0.1.43",
                 "purl": "pkg:cargo/time@0.1.43"},
            ],
        }},
        "components": [{
            "type": "library", "name": "member", "version": "0.1.0",
            "purl": "pkg:cargo/member@0.1.0",
            "properties": [{"name": "sealgate:kind", "value": "own"}],
        }],
    }));
    let kinds: Vec<(String, ComponentKind)> = found
        .components
        .iter()
        .map(|component| (component.label(), component.kind))
        .collect();
    let own = |name: &str| (name.to_owned(), ComponentKind::Own);
    assert_eq!(
        kinds,
        [
            own("app@1.0.0"),
            own("app@1.0.0"),
            own("member@0.1.0"),
            ("time@0.1.43".to_owned(), ComponentKind::Dependency)
        ]
    );
}
