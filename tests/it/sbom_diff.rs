//! `sealgate sbom diff` and `sealgate sbom check` through the program.

use crate::cli::{run, text, write};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::Output;

fn component(name: &str, version: &str) -> Value {
    json!({
        "type": "library",
        "bom-ref": format!("{name}@{version}"),
        "name": name,
        "version": version,
        "purl": format!("pkg:cargo/{name}@{version}"),
        "hashes": [{ "alg": "SHA-256", "content": "0a".repeat(32) }],
        "licenses": [{ "license": { "id": "MIT" } }],
    })
}

/// `app` with these components; it depends on all of them.
fn bom(components: &[Value]) -> Value {
    let references: Vec<&Value> = components.iter().map(|c| &c["bom-ref"]).collect();
    let mut dependencies = vec![json!({ "ref": "app", "dependsOn": references })];
    dependencies.extend(references.iter().map(|r| json!({ "ref": r })));
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "application", "bom-ref": "app", "name": "app", "version": "1.0.0",
        }},
        "components": components,
        "dependencies": dependencies,
    })
}

fn put(directory: &Path, name: &str, document: &Value) {
    write(directory, name, document.to_string());
}

fn parsed(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Two documents with a change of every kind.
fn two_documents(directory: &Path) {
    let mut licence = component("licence", "1.0.0");
    let mut bytes = component("bytes", "1.0.0");
    let before = [
        component("gone", "1.0.0"),
        component("raised", "1.2.0"),
        licence.clone(),
        bytes.clone(),
        component("same", "1.0.0"),
    ];
    licence["licenses"] = json!([{ "license": { "id": "GPL-3.0-only" } }]);
    bytes["hashes"][0]["content"] = json!("0b".repeat(32));
    let after = [
        component("new", "1.0.0"),
        component("raised", "1.3.0"),
        licence,
        bytes,
        component("same", "1.0.0"),
    ];
    put(directory, "a.json", &bom(&before));
    put(directory, "b.json", &bom(&after));
}

#[test]
fn a_diff_names_what_was_added_removed_and_changed() {
    let dir = tempfile::tempdir().unwrap();
    two_documents(dir.path());
    let output = run(dir.path(), &["sbom", "diff", "a.json", "b.json"], 0);
    insta::assert_snapshot!(text(&output.stdout), @r#"
    before  a.json  (CycloneDX 1.6, 6 components)
    after   b.json  (CycloneDX 1.6, 6 components)

    added (1)
      + new@1.0.0

    removed (1)
      - gone@1.0.0

    changed (4)
      ~ app@1.0.0
          depends on  +new@1.0.0
          depends on  -gone@1.0.0
      ~ bytes@1.0.0
          sha256  0a0a0a0a0a0a… -> 0b0b0b0b0b0b…  other bytes under the same version
      ~ licence@1.0.0
          licence  MIT -> GPL-3.0-only
      ~ raised  1.2.0 -> 1.3.0

    1 added, 1 removed, 4 changed, 1 the same
    "#);
    let json = ["sbom", "diff", "a.json", "b.json", "--format", "json"];
    let output = parsed(&run(dir.path(), &json, 0));
    assert_eq!(output["schema"], "sealgate/sbom-diff/v1");
    assert_eq!(output["added"][0]["purl"], "pkg:cargo/new@1.0.0");
    assert_eq!(output["removed"][0]["name"], "gone");
    let changed: Vec<&str> = output["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|changed| changed["name"].as_str().unwrap())
        .collect();
    assert_eq!(changed, ["app", "bytes", "licence", "raised"]);
    assert_eq!(
        output["changed"][1]["changes"]["hashes"][0]["contradicts"],
        true
    );
    assert_eq!(output["unchanged"], 1);
}

#[test]
fn exit_code_says_whether_two_documents_differ() {
    let dir = tempfile::tempdir().unwrap();
    two_documents(dir.path());
    for format in ["human", "json"] {
        let diff = |a: &str, b: &str, code: i32| {
            let arguments = ["sbom", "diff", a, b, "--exit-code", "--format", format];
            run(dir.path(), &arguments, code);
        };
        diff("a.json", "b.json", 1);
        diff("a.json", "a.json", 0);
    }
    // The same as far as it goes, and one of them says that something is missing.
    let mut incomplete = bom(&[component("same", "1.0.0")]);
    put(dir.path(), "complete.json", &incomplete);
    incomplete["compositions"] = json!([{ "aggregate": "incomplete", "assemblies": ["app"] }]);
    put(dir.path(), "incomplete.json", &incomplete);
    let arguments = ["sbom", "diff", "complete.json", "incomplete.json"];
    run(dir.path(), &arguments, 0);
    run(dir.path(), &[&arguments[..], &["--exit-code"]].concat(), 3);
}

#[test]
fn a_document_without_order_or_with_entries_twice_does_not_differ() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (component("a", "1.0.0"), component("b", "2.0.0"));
    put(dir.path(), "one.json", &bom(&[a.clone(), b.clone()]));
    let mut again = a.clone();
    again["bom-ref"] = json!("another place");
    put(dir.path(), "two.json", &bom(&[b, again, a]));
    let arguments = ["sbom", "diff", "one.json", "two.json", "--exit-code"];
    run(dir.path(), &arguments, 0);
}

const LOCK: &str = r#"version = 4

[[package]]
name = "app"
version = "1.0.0"
dependencies = ["feature-off", "used"]

[[package]]
name = "feature-off"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "CHECKSUM"

[[package]]
name = "used"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "CHECKSUM"
"#;

fn project(directory: &Path) {
    let lock = LOCK.replace("CHECKSUM", &"0a".repeat(32));
    write(directory, "project/Cargo.lock", lock);
    let manifest = "[package]\nname = \"app\"\nversion = \"1.0.0\"\n";
    write(directory, "project/Cargo.toml", manifest);
}

const DRIFT: [&str; 6] = [
    "sbom",
    "diff",
    "--source",
    "project",
    "--binary",
    "linked.json",
];

#[test]
fn what_is_linked_and_not_declared_fails_and_the_rest_informs() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let mut builds = component("builds", "1.0.0");
    builds["scope"] = json!("excluded");
    let linked = [component("used", "1.0.0"), builds.clone()];
    put(dir.path(), "linked.json", &bom(&linked));
    let passes = run(dir.path(), &DRIFT, 0);
    let shown = text(&passes.stdout);
    assert!(
        shown.contains("declared but not linked (1)\n  - feature-off@1.0.0"),
        "{shown}"
    );
    assert!(
        shown.contains("used to build only (1)\n    builds@1.0.0  not declared"),
        "{shown}"
    );

    let wrong = [
        component("used", "1.0.1"),
        component("smuggled", "1.0.0"),
        builds,
    ];
    put(dir.path(), "linked.json", &bom(&wrong));
    let fails = run(dir.path(), &DRIFT, 1);
    insta::assert_snapshot!(text(&fails.stdout), @r#"
    source  project  (inventory, 3 components)
    binary  linked.json  (CycloneDX 1.6, 4 components)

    linked but not declared (2)
      ! smuggled@1.0.0: the source does not name it
      ! used@1.0.1: the source declares 1.0.0

    declared but not linked (2)
      - feature-off@1.0.0
      - used@1.0.0

    used to build only (1)
        builds@1.0.0  not declared

    0 linked and declared, 0 declared for building or testing only
    FAIL: the binary holds what its source does not declare
    "#);
    let json = parsed(&run(
        dir.path(),
        &[&DRIFT[..], &["--format", "json"]].concat(),
        1,
    ));
    assert_eq!(json["verdict"], "fail");
    let reasons: Vec<&str> = json["undeclared"]
        .as_array()
        .unwrap()
        .iter()
        .map(|undeclared| undeclared["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["not-declared", "other-version"]);
}

#[test]
fn a_binary_of_which_nothing_is_known_is_inconclusive() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    put(dir.path(), "linked.json", &bom(&[]));
    run(dir.path(), &DRIFT, 3);
    let mut incomplete = bom(&[component("used", "1.0.0")]);
    incomplete["compositions"] = json!([{ "aggregate": "unknown", "assemblies": ["app"] }]);
    put(dir.path(), "linked.json", &incomplete);
    run(dir.path(), &DRIFT, 3);
    // What is wrong already outweighs what may be wrong.
    incomplete["components"][0]["version"] = json!("9.9.9");
    incomplete["components"][0]["purl"] = json!("pkg:cargo/used@9.9.9");
    put(dir.path(), "linked.json", &incomplete);
    run(dir.path(), &DRIFT, 1);
}

/// A WebAssembly module that holds nothing but the list of `cargo auditable`.
pub fn wasm(packages: &Value) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(json!({ "packages": packages }).to_string().as_bytes())
        .unwrap();
    let list = encoder.finish().unwrap();
    let name = b".dep-v0";
    let mut section = vec![u8::try_from(name.len()).unwrap()];
    section.extend(name);
    section.extend(list);
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    // A custom section and its length (LEB128).
    module.push(0);
    let mut length = section.len();
    while length >= 0x80 {
        module.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    module.push(u8::try_from(length).unwrap());
    module.extend(section);
    module
}

#[test]
fn a_binary_speaks_for_itself() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let crates = |used: &str| {
        json!([
            { "name": "app", "version": "1.0.0", "source": "local", "root": true,
              "dependencies": [1, 2] },
            { "name": "builds", "version": "3.0.0", "source": "crates.io", "kind": "build" },
            { "name": "used", "version": used, "source": "crates.io" },
        ])
    };
    let arguments = [
        "sbom", "diff", "--source", "project", "--binary", "app.wasm",
    ];
    write(dir.path(), "app.wasm", wasm(&crates("1.0.0")));
    let shown = text(&run(dir.path(), &arguments, 0).stdout);
    assert!(shown.contains("1 linked and declared"), "{shown}");
    assert!(shown.contains("builds@3.0.0  not declared"), "{shown}");
    assert!(shown.contains("- feature-off@1.0.0"), "{shown}");

    write(dir.path(), "app.wasm", wasm(&crates("1.0.1")));
    let shown = text(&run(dir.path(), &arguments, 1).stdout);
    assert!(
        shown.contains("! used@1.0.1: the source declares 1.0.0"),
        "{shown}"
    );

    // A binary that says nothing of itself, and one that is damaged.
    write(dir.path(), "app.wasm", b"\0asm\x01\0\0\0");
    run(dir.path(), &arguments, 3);
    write(dir.path(), "app.wasm", b"\x7fELF");
    run(dir.path(), &arguments, 3);
}

#[test]
fn arguments_that_do_not_go_together_are_usage_errors() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &["sbom", "diff"][..],
        &["sbom", "diff", "a.json"],
        &["sbom", "diff", "--source", "a.json"],
        &["sbom", "diff", "--binary", "a.json"],
        &["sbom", "diff", "a", "b", "--source", "c", "--binary", "d"],
        &[
            "sbom",
            "diff",
            "--source",
            "c",
            "--binary",
            "d",
            "--exit-code",
        ],
        &["sbom", "check", "a.json"],
        &["sbom", "check", "a.json", "--profile", "iso"],
    ] {
        run(dir.path(), arguments, 2);
    }
}

#[test]
fn what_cannot_be_read_is_inconclusive_and_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "good.json", &bom(&[]));
    write(dir.path(), "broken.json", "{\"bomFormat\": \"CycloneDX\",");
    write(dir.path(), "other.json", "{\"lockfileVersion\": 3}");
    write(dir.path(), "empty.json", "");
    for name in ["broken.json", "other.json", "empty.json", "gone.json"] {
        for arguments in [
            &["sbom", "diff", "good.json", name][..],
            &["sbom", "diff", "--source", name, "--binary", "good.json"],
            &["sbom", "check", name, "--profile", "ntia"],
        ] {
            let output = run(dir.path(), arguments, 3);
            let message = text(&output.stderr);
            assert!(message.contains(name), "{message}");
            assert!(message.contains("hint"), "{message}");
        }
    }
}

#[test]
fn names_in_a_document_cannot_steer_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let mut hostile = component("x", "1.0.0");
    hostile["name"] = json!("x\u{1b}[2J\u{202e}\nadded (0)");
    hostile["version"] = json!("1\u{7}");
    hostile["purl"].take();
    hostile["licenses"] = json!([{ "license": { "name": "\u{1b}]0;title\u{7}" } }]);
    hostile["scope"] = json!("\u{1b}[31m");
    put(dir.path(), "a.json", &bom(&[]));
    put(dir.path(), "b.json", &bom(&[hostile.clone()]));
    let mut other = hostile;
    other["licenses"] = json!([{ "license": { "name": "\u{9b}1m" } }]);
    put(dir.path(), "c.json", &bom(&[other]));
    for arguments in [
        &["sbom", "diff", "a.json", "b.json"][..],
        &["sbom", "diff", "b.json", "c.json"],
        &["sbom", "diff", "--source", "b.json", "--binary", "c.json"],
        &["sbom", "diff", "--source", "a.json", "--binary", "c.json"],
    ] {
        let output = crate::cli::sealgate(dir.path())
            .args(arguments)
            .output()
            .unwrap();
        let shown = format!("{}{}", text(&output.stdout), text(&output.stderr));
        let is_steered = |c: char| c.is_control() && c != '\n';
        assert!(!shown.contains(is_steered), "{arguments:?}: {shown:?}");
        assert!(!shown.contains('\u{202e}'), "{arguments:?}: {shown:?}");
        assert!(!shown.contains("\nadded (0)"), "{arguments:?}: {shown:?}");
    }
    for profile in ["ntia", "cisa2025", "bsi-2.1", "cra"] {
        let arguments = ["sbom", "check", "b.json", "--profile", profile, "--all"];
        let output = crate::cli::sealgate(dir.path())
            .args(arguments)
            .output()
            .unwrap();
        let shown = text(&output.stdout);
        assert!(
            !shown.contains(|c: char| c.is_control() && c != '\n'),
            "{shown:?}"
        );
    }
}

#[test]
fn a_profile_lists_who_lacks_what_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let mut without = component("without", "1.0.0");
    without.as_object_mut().unwrap().remove("version");
    put(
        dir.path(),
        "a.json",
        &bom(&[component("with", "1.0.0"), without]),
    );
    let check = |profile: &str, code: i32| {
        run(
            dir.path(),
            &["sbom", "check", "a.json", "--profile", profile],
            code,
        )
    };
    insta::assert_snapshot!(text(&check("ntia", 1).stdout), @r#"
    a.json  (CycloneDX 1.6, 3 components)
    NTIA minimum elements for a Software Bill of Materials (2021)

    missing  Author of SBOM Data
               no person, organisation or tool is named as the author
               name who made the SBOM in `metadata.authors` or `metadata.manufacturer`, or the tool in `metadata.tools`  [NTIA 2021, Data Fields]
    missing  Timestamp
               there is no timestamp
               set `metadata.timestamp`; sealgate writes it from SOURCE_DATE_EPOCH  [NTIA 2021, Data Fields]
    ok       Dependency Relationship, to the top-level dependencies
    missing  Supplier Name  0 of 3
               3 components: no supplier or manufacturer: app@1.0.0, with@1.0.0, without
               set `supplier.name` (or `manufacturer`, `publisher`, `authors`) of the component  [NTIA 2021, Data Fields]
    ok       Component Name  3 of 3
    missing  Version of the Component  2 of 3
               1 component: no version: without
               set `version` of the component; for your own product, give its manifest a version  [NTIA 2021, Data Fields]
    advised  Other Unique Identifiers  2 of 3
               1 component: no purl, CPE or other identifier: app@1.0.0
               set `purl`, `cpe` or `swid` of the component  [NTIA 2021, Data Fields ("if they exist")]
    ok       Dependency Relationship, of each component  3 of 3
    advised  Known Unknowns
               it does not say whether the list of components is complete
               say in `compositions` whether the list is `complete`, `incomplete` or `unknown`  [NTIA 2021, Practices and Processes (absent means incomplete)]

    not checked: How often SBOMs are made, how they are delivered and who may read them does not stand in a document.
    FAIL: `ntia` is not met: author, timestamp, supplier, version
    "#);
    check("cra", 0);
    check("cisa2025", 1);
    check("bsi-2.1", 1);
    let json = [
        "sbom",
        "check",
        "a.json",
        "--profile",
        "ntia",
        "--format",
        "json",
    ];
    let result = parsed(&run(dir.path(), &json, 1));
    assert_eq!(result["schema"], "sealgate/sbom-check/v1");
    let version = result["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["id"] == "version")
        .unwrap();
    assert_eq!(version["missing"], 1);
    assert_eq!(version["lacking"][0]["component"], "without");
    assert!(version["advice"].as_str().unwrap().contains("`version`"));
}

#[test]
fn more_than_five_components_are_listed_only_when_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let many: Vec<Value> = (0..20)
        .map(|n| component(&format!("c{n:02}"), "1.0.0"))
        .collect();
    put(dir.path(), "a.json", &bom(&many));
    let arguments = ["sbom", "check", "a.json", "--profile", "ntia"];
    let short = text(&run(dir.path(), &arguments, 1).stdout);
    assert!(
        short.contains("and 16 more") && !short.contains("c19"),
        "{short}"
    );
    let all = text(&run(dir.path(), &[&arguments[..], &["--all"]].concat(), 1).stdout);
    assert!(all.contains("c19@1.0.0"), "{all}");
}
