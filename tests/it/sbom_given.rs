//! What no lockfile knows and `sbom generate` is told: author, suppliers, the product's
//! file. With it an own SBOM meets the standards that ask for no more.

use crate::cli::{run, text, write};
use serde_json::Value;
use std::path::Path;

const TIME: [&str; 2] = ["--at", "2026-01-02T03:04:05Z"];
const GIVEN: [&str; 6] = [
    "--author",
    "Jo Doe <jo@acme.example>",
    "--supplier",
    "Acme <https://acme.example/>",
    "--artifact",
    "dist/shop.tgz",
];

/// A product of two dependencies, with licences and checksums in its lockfile.
fn project(dir: &Path) {
    let lock = r#"{"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "packages": {
        "": {"name": "shop", "version": "1.0.0", "license": "MIT",
             "dependencies": {"left": "^1.0.0", "@acme/right": "^2.0.0"}},
        "node_modules/left": {"version": "1.0.0", "license": "MIT",
            "resolved": "https://registry.example/left/-/left-1.0.0.tgz",
            "integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="},
        "node_modules/@acme/right": {"version": "2.0.0",
            "resolved": "https://registry.example/@acme/right/-/right-2.0.0.tgz",
            "integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="}
    }}"#;
    write(dir, "app/package-lock.json", lock);
    write(dir, "dist/shop.tgz", "the product");
}

fn generate(dir: &Path, arguments: &[&str]) -> Value {
    let all = [&["sbom", "generate", "app"], &TIME[..], arguments].concat();
    let output = run(dir, &all, 0);
    // Nothing is told but what the format has no place for.
    let stderr = text(&output.stderr);
    let is_loss = |line: &str| line.starts_with("  `") || line.contains(" not in ");
    assert!(stderr.lines().all(is_loss), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Ids of the required fields that a profile misses in a document, and what it misses
/// them in.
fn lacks(dir: &Path, file: &str, profile: &str) -> Vec<(String, usize)> {
    let arguments = [
        "sbom",
        "check",
        file,
        "--profile",
        profile,
        "--format",
        "json",
    ];
    let output = crate::cli::sealgate(dir).args(arguments).output().unwrap();
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fields = result["fields"].as_array().unwrap().iter();
    let lacking: Vec<(String, usize)> = fields
        .filter(|field| field["level"] == "required" && field["met"] == false)
        .map(|field| {
            (
                field["id"].as_str().unwrap().to_owned(),
                field["lacking"].as_array().unwrap().len(),
            )
        })
        .collect();
    let code = if lacking.is_empty() { 0 } else { 1 };
    assert_eq!(output.status.code(), Some(code));
    lacking
}

#[test]
fn an_own_sbom_meets_ntia_and_cisa_once_it_is_told_what_no_lockfile_knows() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let of = |id: &str, count: usize| (id.to_owned(), count);
    let write_as = |format: &str, arguments: &[&str]| {
        let value = generate(dir.path(), &[&["--format", format], arguments].concat());
        let name = format!("{format}.json");
        write(dir.path(), &name, value.to_string());
        name
    };
    // CycloneDX 1.4 has no field for the moment of the build at which it was made.
    for format in [
        "cyclonedx-json@1.5",
        "cyclonedx-json@1.6",
        "cyclonedx-json@1.7",
        "spdx-json@2.3",
    ] {
        let bare = write_as(format, &[]);
        assert_eq!(lacks(dir.path(), &bare, "ntia"), [of("supplier", 3)]);
        assert_eq!(
            lacks(dir.path(), &bare, "cisa2025"),
            [of("author", 1), of("producer", 1), of("hash", 1)]
        );
        // What its makers know is told, and that the rest is not known.
        let own = write_as(format, &GIVEN);
        assert_eq!(lacks(dir.path(), &own, "cisa2025"), []);
        assert_eq!(lacks(dir.path(), &own, "ntia"), [of("supplier", 2)]);
        let partly = [&GIVEN[..], &["--supplier-of", "pkg:npm/@acme/*=Acme"]].concat();
        let partly = write_as(format, &partly);
        assert_eq!(lacks(dir.path(), &partly, "ntia"), [of("supplier", 1)]);
        let all = [
            &GIVEN[..],
            &["--supplier-of", "pkg:npm/left=Left Ltd."],
            &["--supplier-of", "pkg:npm/@acme/*=Acme"],
        ];
        let all = write_as(format, &all.concat());
        assert_eq!(lacks(dir.path(), &all, "ntia"), []);
        assert_eq!(lacks(dir.path(), &all, "cisa2025"), []);
    }
}

#[test]
fn a_supplier_that_nobody_names_is_marked_and_not_invented() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let arguments = [
        &GIVEN[..],
        &["--supplier-of", "pkg:npm/%40acme/right@2.0.0=Acme"],
    ]
    .concat();
    let value = generate(dir.path(), &arguments);
    let product = &value["metadata"]["component"];
    assert_eq!(product["supplier"]["name"], "Acme");
    assert_eq!(product["supplier"]["url"][0], "https://acme.example/");
    assert_eq!(value["metadata"]["authors"][0]["email"], "jo@acme.example");
    let component = |name: &str| {
        let all = value["components"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()
    };
    let marked = |component: &Value| {
        let properties = component["properties"].as_array().unwrap();
        properties
            .iter()
            .any(|one| one["name"] == "sealgate:supplier")
    };
    assert_eq!(component("right")["supplier"]["name"], "Acme");
    assert!(!marked(component("right")) && !marked(product));
    assert_eq!(component("left").get("supplier"), None);
    assert!(marked(component("left")));
    // SPDX has a word for it, from here and from CycloneDX.
    let arguments = [&arguments[..], &["--format", "spdx-json@2.3"]].concat();
    let direct = generate(dir.path(), &arguments);
    write(dir.path(), "bom.json", value.to_string());
    let output = run(
        dir.path(),
        &["sbom", "convert", "bom.json", "--to", "spdx-json@2.3"],
        0,
    );
    let converted: Value = serde_json::from_slice(&output.stdout).unwrap();
    for spdx in [direct, converted] {
        let package = |name: &str| {
            let all = spdx["packages"].as_array().unwrap();
            all.iter().find(|one| one["name"] == name).unwrap()
        };
        assert_eq!(package("left")["supplier"], "NOASSERTION");
        assert_eq!(package("@acme/right")["supplier"], "Organization: Acme");
        assert_eq!(package("shop")["packageFileName"], "shop.tgz");
    }
}

#[test]
fn the_artifact_is_named_and_hashed_and_nothing_else_of_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let value = generate(dir.path(), &GIVEN);
    let hashes = value["metadata"]["component"]["hashes"].as_array().unwrap();
    let algorithms: Vec<&Value> = hashes.iter().map(|hash| &hash["alg"]).collect();
    assert_eq!(algorithms, ["SHA-256", "SHA-512"]);
    let expected = sealgate::support::hash::sha256(b"the product").hex();
    assert_eq!(hashes[0]["content"], expected.as_str());
    assert!(!value.to_string().contains("dist/"));
    // A file that is not there ends it before anything is written.
    let arguments = [
        "sbom",
        "generate",
        "app",
        "--artifact",
        "gone",
        "--output",
        "cyclonedx-json=out.json",
    ];
    let output = run(dir.path(), &arguments, 2);
    assert!(
        text(&output.stderr).contains("`gone`"),
        "{}",
        text(&output.stderr)
    );
    assert!(!dir.path().join("out.json").exists());
    let arguments = ["sbom", "generate", "app", "--artifact", "dist"];
    let output = run(dir.path(), &arguments, 2);
    assert!(text(&output.stderr).contains("`dist` is not a regular file"));
}

#[test]
fn what_names_nobody_is_a_usage_error_and_a_supplier_of_nothing_is_told() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    for (arguments, message) in [
        (["--author", ""], "names no person or organisation"),
        (
            ["--author", "Jo <https://jo.example>"],
            "by an e-mail address, not by a URL",
        ),
        (
            ["--supplier", "Acme <x>"],
            "write NAME, NAME <E-MAIL> or NAME <URL>",
        ),
        (
            ["--supplier-of", "left=Acme"],
            "it does not begin with a purl",
        ),
        (["--supplier-of", "pkg:npm/left"], "there is no `=`"),
        (
            ["--supplier-of", "pkg:*=Acme"],
            "before `*` stands at least `pkg:TYPE/`",
        ),
    ] {
        let all = [&["sbom", "generate", "app"], &arguments[..]].concat();
        let output = run(dir.path(), &all, 2);
        let stderr = text(&output.stderr).replace('\n', " ");
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
    }
    let arguments = [
        "sbom",
        "generate",
        "app",
        "--supplier-of",
        "pkg:cargo/*=Acme",
    ];
    let output = run(dir.path(), &arguments, 0);
    let warning = "warning: --supplier-of `pkg:cargo/*` is about no component\n";
    assert_eq!(text(&output.stderr), warning);
}
