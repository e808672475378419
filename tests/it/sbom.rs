//! SBOMs of real lockfile forms: valid by the published schema, the same bytes every time.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use crate::conformance;
use proptest::prelude::*;
use sealgate::inventory::{Options, read_tree};
use sealgate::model::Inventory;
use sealgate::sbom::cyclonedx::{CycloneDxOptions, render};
use sealgate::support::files::{read_bounded, write_atomic};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every tree of `testdata/inventory`, by its format and name.
pub fn every_case() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/inventory");
    let directories = |of: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(of).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_dir()).collect()
    };
    let mut cases: Vec<(String, PathBuf)> = directories(&root)
        .iter()
        .flat_map(|format| directories(format))
        .map(|case| {
            let name = case.strip_prefix(&root).unwrap().display().to_string();
            (name, case)
        })
        .collect();
    cases.sort();
    assert!(cases.len() > 30);
    cases
}

/// What is read of a tree.
pub fn inventory(root: &Path) -> Inventory {
    let options = Options {
        fallback_name: "typical".to_owned(),
        ..Options::default()
    };
    read_tree(root, &options).unwrap()
}

fn bom(inventory: &Inventory) -> Vec<u8> {
    let options = CycloneDxOptions {
        timestamp: Some("2026-01-02T03:04:05Z".to_owned()),
        tool_version: "0.1.0".to_owned(),
        ..CycloneDxOptions::default()
    };
    render(inventory, &options)
}

/// Names, addresses, licences and versions that no registry would take.
const HOSTILE: &str = r#"{"lockfileVersion": 3, "packages": {
 "": {"name": "\u001b[2J\u202e", "dependencies": {"a b": "1"}},
 "node_modules/a b": {"version": "1 <0>", "resolved": "https://u:p@h.example/a b\"<>|.tgz", "license": "\u0007"},
 "node_modules/@@/..": {"version": "@?#%", "resolved": "git+ssh://h .example/x#", "license": {"type": ""}},
 "node_modules/é\n": {"version": "1", "resolved": "::", "license": ["MIT", "x\ny"]},
 "node_modules/pkg:npm/a@1": {"version": "1", "resolved": "file:\u0000"}
}}"#;

#[test]
fn the_sbom_of_every_format_is_valid_by_the_published_schema() {
    let Some(files) = conformance::unpack("cyclonedx.tar.gz") else {
        return;
    };
    let schema = |name: &str| -> Value {
        let (_, bytes) = files
            .iter()
            .find(|(path, _)| path.ends_with(&format!("schema/{name}")))
            .unwrap();
        serde_json::from_slice(bytes).unwrap()
    };
    let (main, spdx, jsf) = (
        schema("bom-1.6.schema.json"),
        schema("spdx.schema.json"),
        schema("jsf-0.82.schema.json"),
    );
    let base = "http://cyclonedx.org/schema/";
    let registry = jsonschema::Registry::new()
        .add(format!("{base}spdx.schema.json"), &spdx)
        .unwrap()
        .add(format!("{base}jsf-0.82.schema.json"), &jsf)
        .unwrap()
        .prepare()
        .unwrap();
    let validator = jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(&main)
        .unwrap();
    let hostile = tempfile::tempdir().unwrap();
    write_atomic(
        &hostile.path().join("package-lock.json"),
        HOSTILE.as_bytes(),
    )
    .unwrap();
    let mut cases = every_case();
    cases.push(("hostile".to_owned(), hostile.path().to_owned()));
    for (format, root) in cases {
        let document: Value = serde_json::from_slice(&bom(&inventory(&root))).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{format}: {errors:#?}");
        assert!(!document["components"].as_array().unwrap().is_empty());
    }
    // The validator does tell wrong from right.
    let mut wrong: Value = serde_json::from_slice(&bom(&inventory(hostile.path()))).unwrap();
    wrong["components"][0]["type"] = "crate".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn licence_ids_are_those_of_the_spdx_list() {
    let Some(files) = conformance::unpack("cyclonedx.tar.gz") else {
        return;
    };
    let (_, spdx) = files
        .iter()
        .find(|(path, _)| path.ends_with("schema/spdx.schema.json"))
        .unwrap();
    let spdx: Value = serde_json::from_slice(spdx).unwrap();
    let known: BTreeSet<&str> = spdx["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    for id in sealgate::sbom::COMMON_LICENCES {
        assert!(known.contains(id), "{id}");
    }
}

#[test]
fn dependencies_reach_every_component_from_the_root() {
    for (format, root) in every_case() {
        let document: Value = serde_json::from_slice(&bom(&inventory(&root))).unwrap();
        let mut reached = BTreeSet::new();
        let mut waiting = vec![
            document["metadata"]["component"]["bom-ref"]
                .as_str()
                .unwrap(),
        ];
        let dependencies = document["dependencies"].as_array().unwrap();
        while let Some(reference) = waiting.pop() {
            if reached.insert(reference) {
                let of = dependencies.iter().find(|d| d["ref"] == reference).unwrap();
                let next = of["dependsOn"].as_array().into_iter().flatten();
                waiting.extend(next.map(|reference| reference.as_str().unwrap()));
            }
        }
        for component in document["components"].as_array().unwrap() {
            let reference = component["bom-ref"].as_str().unwrap();
            assert!(reached.contains(reference), "{format}: {reference}");
        }
        assert_eq!(reached.len(), dependencies.len(), "{format}");
    }
}

#[test]
fn a_second_run_gives_the_same_bytes() {
    for (format, root) in every_case() {
        assert_eq!(bom(&inventory(&root)), bom(&inventory(&root)), "{format}");
    }
}

#[test]
fn the_sbom_of_our_own_lockfile_names_what_we_are() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["Cargo.toml", "Cargo.lock"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let bytes = read_bounded(&source, 10_000_000).unwrap();
        write_atomic(&directory.path().join(name), &bytes).unwrap();
    }
    let document: Value = serde_json::from_slice(&bom(&inventory(directory.path()))).unwrap();
    let product = &document["metadata"]["component"];
    assert_eq!(product["name"], "sealgate");
    assert_eq!(product["version"], env!("CARGO_PKG_VERSION"));
    for composition in document["compositions"].as_array().unwrap() {
        assert_eq!(composition["aggregate"], "complete");
    }
}

/// Packages `p0`, `p1`, … of which each depends on some of those after it.
fn lockfile(order: &[usize]) -> String {
    let mut text = "version = 4\n".to_owned();
    for number in order {
        text.push_str(&format!(
            "\n[[package]]\nname = \"p{number}\"\nversion = \"1.0.{number}\"\ndependencies = [\n"
        ));
        for other in (number + 1..order.len()).filter(|other| (other * 7 + number) % 3 == 0) {
            text.push_str(&format!(" \"p{other}\",\n"));
        }
        text.push_str("]\n");
    }
    text
}

fn without_places(bytes: &[u8]) -> Value {
    let mut document: Value = serde_json::from_slice(bytes).unwrap();
    // Where an entry stands, and the digest of the file, do depend on its order.
    document["serialNumber"].take();
    document["metadata"]["properties"].take();
    for component in document["components"].as_array_mut().unwrap() {
        component["evidence"].take();
    }
    document
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_order_of_entries_does_not_matter(
        order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let made = |order: &[usize]| {
            let directory = tempfile::tempdir().unwrap();
            write_atomic(&directory.path().join("Cargo.lock"), lockfile(order).as_bytes()).unwrap();
            bom(&inventory(directory.path()))
        };
        let sorted: Vec<usize> = (0..12).collect();
        prop_assert_eq!(without_places(&made(&order)), without_places(&made(&sorted)));
    }
}
