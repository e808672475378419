//! `sbom merge`: several SBOMs as one, in any order.

use crate::cli::{run, text, write};
use crate::sbom::every_case;
use serde_json::{Value, json};
use std::path::Path;

/// A product of one component, which depends on the other one.
fn bom(product: &str, components: &[Value], edges: &[(&str, &[&str])]) -> Value {
    let edges = edges
        .iter()
        .map(|(from, to)| json!({"ref": from, "dependsOn": to}));
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "root", "name": product, "version": "1.0.0",
        }},
        "components": components,
        "dependencies": edges.collect::<Vec<_>>(),
        "compositions": [{"aggregate": "complete", "assemblies": ["root"]}],
    })
}

fn component(reference: &str, name: &str, version: &str) -> Value {
    json!({
        "type": "library",
        "bom-ref": reference,
        "name": name,
        "version": version,
        "purl": format!("pkg:npm/{name}@{version}"),
    })
}

fn hash(value: &str) -> Value {
    json!([{"alg": "SHA-256", "content": value.repeat(32)}])
}

/// Two products that share `shared`, under different references; one says more of it.
fn two(dir: &Path) -> [String; 2] {
    let mut known = component("a", "shared", "1.0.0");
    known["hashes"] = hash("ab");
    known["licenses"] = json!([{"license": {"id": "MIT"}}]);
    let web = bom("web", &[known], &[("root", &["a"])]);
    let mut other = component("root-2", "shared", "1.0.0");
    other["scope"] = json!("optional");
    other["externalReferences"] = json!([{"type": "vcs", "url": "https://git.example/shared"}]);
    let api = bom(
        "api",
        &[other, component("x", "deep", "2.0.0")],
        &[("root", &["root-2"]), ("root-2", &["x"])],
    );
    [("web.json", web), ("api.json", api)].map(|(name, value)| {
        write(dir, name, value.to_string());
        name.to_owned()
    })
}

fn merged(dir: &Path, arguments: &[&str], code: i32) -> (Value, String) {
    let output = run(dir, &[&["sbom", "merge"], arguments].concat(), code);
    let value = serde_json::from_slice(&output.stdout).unwrap();
    (value, text(&output.stderr))
}

fn depends_on<'v>(value: &'v Value, of: &str) -> Vec<&'v str> {
    let all = value["dependencies"].as_array().unwrap();
    let of = all.iter().find(|one| one["ref"] == of);
    let to = of.and_then(|of| of["dependsOn"].as_array());
    to.into_iter()
        .flatten()
        .map(|to| to.as_str().unwrap())
        .collect()
}

#[test]
fn a_component_of_two_inputs_becomes_one_that_says_what_both_say() {
    let dir = tempfile::tempdir().unwrap();
    let [web, api] = two(dir.path());
    let (value, stderr) = merged(dir.path(), &[&web, &api, "--name", "shop"], 0);
    assert_eq!(stderr, "");
    let names: Vec<&Value> = value["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    let shared = value["components"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "shared")
        .unwrap();
    assert_eq!(shared["hashes"], hash("ab"));
    assert_eq!(shared["licenses"][0]["license"]["id"], "MIT");
    assert_eq!(shared["externalReferences"][0]["type"], "vcs");
    // Required by the product that says nothing else.
    assert_eq!(shared.get("scope"), None);
    let product = value["metadata"]["component"]["bom-ref"].as_str().unwrap();
    assert_eq!(value["metadata"]["component"]["name"], "shop");
    assert_eq!(
        depends_on(&value, product),
        ["application:api@1.0.0", "application:web@1.0.0"]
    );
    assert_eq!(
        depends_on(&value, "application:web@1.0.0"),
        ["pkg:npm/shared@1.0.0"]
    );
    assert_eq!(
        depends_on(&value, "application:api@1.0.0"),
        ["pkg:npm/shared@1.0.0"]
    );
    assert_eq!(
        depends_on(&value, "pkg:npm/shared@1.0.0"),
        ["pkg:npm/deep@2.0.0"]
    );
    write(dir.path(), "merged.json", value.to_string());
    run(dir.path(), &["sbom", "validate", "merged.json"], 0);
}

#[test]
fn two_hashes_of_one_component_are_named_and_not_united() {
    let dir = tempfile::tempdir().unwrap();
    for (file, value) in [("a.json", "ab"), ("b.json", "cd")] {
        let mut known = component("a", "shared", "1.0.0");
        known["hashes"] = hash(value);
        write(
            dir.path(),
            file,
            bom("shop", &[known], &[("root", &["a"])]).to_string(),
        );
    }
    let arguments = ["a.json", "b.json", "--loss-report", "lost.json"];
    let (value, stderr) = merged(dir.path(), &arguments, 0);
    assert_eq!(value["components"][0]["hashes"], hash("ab"));
    assert!(stderr.contains("hashes.SHA-256"), "{stderr}");
    let lost = std::fs::read(dir.path().join("lost.json")).unwrap();
    let lost: Value = serde_json::from_slice(&lost).unwrap();
    assert_eq!(
        lost["losses"][0]["path"],
        "input 2.components[0].hashes.SHA-256"
    );
    let reason = lost["losses"][0]["reason"].as_str().unwrap();
    assert!(reason.contains(&"ab".repeat(32)), "{reason}");
    // Inputs that are about one product keep it.
    assert_eq!(value["metadata"]["component"]["name"], "shop");
}

#[test]
fn the_less_complete_statement_counts() {
    let dir = tempfile::tempdir().unwrap();
    let mut partial = bom("shop", &[component("a", "a", "1.0.0")], &[("root", &["a"])]);
    partial["compositions"] = json!([{"aggregate": "incomplete", "assemblies": ["root"]}]);
    write(dir.path(), "partial.json", partial.to_string());
    let whole = bom("shop", &[component("b", "b", "1.0.0")], &[("root", &["b"])]);
    write(dir.path(), "whole.json", whole.to_string());
    let aggregate = |value: &Value| value["compositions"][0]["aggregate"].clone();
    let (value, _) = merged(dir.path(), &["whole.json", "partial.json"], 0);
    assert_eq!(aggregate(&value), "incomplete");
    // Also of a product that is made of both.
    let mut other = whole.clone();
    other["metadata"]["component"]["name"] = json!("other");
    write(dir.path(), "other.json", other.to_string());
    let (value, _) = merged(dir.path(), &["other.json", "partial.json"], 0);
    let product = &value["metadata"]["component"]["bom-ref"];
    let of_product = value["compositions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["assemblies"].as_array().unwrap().contains(product));
    assert_eq!(of_product.unwrap()["aggregate"], "incomplete");
}

#[test]
fn the_order_of_the_inputs_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let [web, api] = two(dir.path());
    let mut files = vec![web, api];
    for (name, root) in every_case() {
        let file = format!("{}.json", name.replace('/', "-"));
        let root = root.to_str().unwrap();
        let format = match files.len() % 2 {
            0 => "cyclonedx-json",
            _ => "spdx-json",
        };
        let output = format!("{format}={file}");
        run(
            dir.path(),
            &["sbom", "generate", root, "--lenient", "--output", &output],
            0,
        );
        files.push(file);
    }
    let all = |files: &[String]| {
        let mut arguments = vec!["sbom", "merge"];
        arguments.extend(files.iter().map(String::as_str));
        run(dir.path(), &arguments, 0).stdout
    };
    let first = all(&files);
    files.reverse();
    assert_eq!(all(&files), first);
    files.rotate_left(7);
    assert_eq!(all(&files), first);
    let value: Value = serde_json::from_slice(&first).unwrap();
    assert!(value["components"].as_array().unwrap().len() > 150);
    write(dir.path(), "merged.json", &first);
    run(dir.path(), &["sbom", "validate", "merged.json"], 0);
}

#[test]
fn an_input_that_cannot_be_read_ends_the_merge_with_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let [web, _] = two(dir.path());
    write(dir.path(), "cut.json", "{\"bomFormat\": \"Cyc");
    let output = run(dir.path(), &["sbom", "merge", &web, "cut.json"], 3);
    assert!(output.stdout.is_empty());
    assert!(
        text(&output.stderr).starts_with("error: cut.json: line 1, column 18"),
        "{}",
        text(&output.stderr)
    );
    // A part that cannot be read is named, and the rest is there.
    let mut odd = bom("odd", &[component("a", "a", "1")], &[("root", &["a"])]);
    odd["components"][0]["hashes"] = json!("none");
    write(dir.path(), "odd.json", odd.to_string());
    let (value, stderr) = merged(dir.path(), &[&web, "odd.json"], 3);
    assert!(stderr.contains("odd.json: components[].hashes"), "{stderr}");
    assert_eq!(value["components"].as_array().unwrap().len(), 4);
}
