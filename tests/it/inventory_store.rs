//! `sealgate inventory`: documents into a store, and questions to it.

use crate::cli::{run, text, write};
use crate::findings::{import, project, record};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::Value;
use std::path::Path;

const LATER: &str = "2026-11-25T00:00:00Z";
const FIRST: &str = "2026-11-24T00:00:00Z";

/// The SBOM of a project with these packages, under a name of its own.
fn sbom(root: &Path, file: &str, packages: &[(&str, &str, &str)]) {
    project(root, packages);
    let made = run(root, &["sbom", "generate", "app"], 0).stdout;
    write(root, file, made);
}

fn two_builds(root: &Path) {
    sbom(
        root,
        "old.cdx.json",
        &[("tar", "1.0.0", ""), ("x", "1.0.0", "")],
    );
    sbom(root, "new.cdx.json", &[("tar", "2.5.0", "")]);
    let add = [
        "inventory",
        "add",
        "store",
        "old.cdx.json",
        "new.cdx.json",
        "--at",
        FIRST,
    ];
    let said = text(&run(root, &add, 0).stdout);
    assert_eq!(said, "2 documents added, 0 there already\n");
}

fn json(root: &Path, arguments: &[&str], code: i32) -> Value {
    let arguments = [
        &["inventory"],
        arguments,
        &["--store", "store", "--format", "json"],
    ]
    .concat();
    serde_json::from_slice(&run(root, &arguments, code).stdout).unwrap()
}

fn purls(answer: &Value, key: &str) -> Vec<String> {
    let uses = answer[key].as_array().unwrap().iter();
    uses.map(|used| used["purl"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_package_is_found_by_name_version_and_range() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    two_builds(root);
    for (query, expected) in [
        (
            "pkg:npm/tar",
            &["pkg:npm/tar@1.0.0", "pkg:npm/tar@2.5.0"][..],
        ),
        ("pkg:npm/tar@2.5.0", &["pkg:npm/tar@2.5.0"]),
        ("pkg:npm/tar@>=1.0.0,<2.0.0", &["pkg:npm/tar@1.0.0"]),
        ("pkg:npm/tar@>3", &[]),
        ("pkg:npm/none", &[]),
        ("pkg:npm/%40scope/tar", &[]),
        ("pkg:npm/@scope/tar", &[]),
    ] {
        let answer = json(root, &["who-uses", query], 0);
        assert_eq!(purls(&answer, "uses"), expected, "{query}");
        assert_eq!(answer["documents"], 2);
    }
    let answer = json(root, &["who-uses", "pkg:npm/x"], 0);
    let document = &answer["uses"][0]["document"];
    assert_eq!(document["product"], "app");
    assert_eq!(document["file"], "old.cdx.json");
    assert_eq!(document["added_at"], FIRST);
    let human = ["inventory", "who-uses", "pkg:npm/x", "--store", "store"];
    let said = text(&run(root, &human, 0).stdout);
    assert!(
        said.contains("1 use of 2 documents") && said.contains("old.cdx.json"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_compared_is_listed_apart_and_inconclusive() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    sbom(root, "odd.cdx.json", &[("tar", "not-a-version", "")]);
    run(root, &["inventory", "add", "store", "odd.cdx.json"], 0);
    let answer = json(root, &["who-uses", "pkg:npm/tar@<2.0.0"], 3);
    assert_eq!(purls(&answer, "undecided"), ["pkg:npm/tar@not-a-version"]);
    assert!(purls(&answer, "uses").is_empty());
    json(root, &["who-uses", "pkg:npm/tar"], 0);
}

#[test]
fn a_report_is_a_document_too_and_a_file_goes_in_once() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root, &[("tar", "1.0.0", "")]);
    import(
        root,
        &[record("GHSA-1", "npm", "none", Some("2.0.0"))],
        &[],
        &[],
    );
    let check = [
        "check",
        "app",
        "--only",
        "advisories",
        "--output",
        "json=r.json",
    ];
    run(root, &check, 0);
    let add = ["inventory", "add", "store", "r.json"];
    run(root, &add, 0);
    let again = text(&run(root, &add, 0).stdout);
    assert_eq!(again, "0 documents added, 1 there already\n");
    let answer = json(root, &["who-uses", "pkg:npm/tar"], 0);
    assert_eq!(answer["uses"][0]["document"]["kind"], "report");
    assert_eq!(answer["uses"][0]["document"]["decision"], "pass");
    let list = json(root, &["list"], 0);
    let digest = list["documents"][0]["digest"].as_str().unwrap().to_owned();
    let remove = |digest: &str, code| {
        run(
            root,
            &["inventory", "remove", "--store", "store", digest],
            code,
        );
    };
    remove("00000000", 2);
    remove(&digest[..12], 0);
    assert!(purls(&json(root, &["who-uses", "pkg:npm/tar"], 0), "uses").is_empty());
}

#[test]
fn an_incomplete_document_is_added_and_told_by_every_answer() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(
        root,
        "app/package-lock.json",
        "{ \"lockfileVersion\": 3, \"packages\": { ",
    );
    let made = run(root, &["sbom", "generate", "app"], 3).stdout;
    write(root, "cut.cdx.json", made);
    let said = run(root, &["inventory", "add", "store", "cut.cdx.json"], 3);
    assert!(text(&said.stderr).contains("cut.cdx.json"), "{said:?}");
    let answer = json(root, &["who-uses", "pkg:npm/tar"], 0);
    assert_eq!(answer["incomplete_documents"], 1);
}

#[test]
fn a_rescan_tells_what_is_new_since_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    two_builds(root);
    let rescan = |more: &[&str], code| json(root, &[&["rescan"], more].concat(), code);
    let none = ["inventory", "rescan", "--store", "store"];
    assert!(text(&run(root, &none, 3).stderr).contains("no advisory database"));
    import(root, &[record("GHSA-1", "npm", "none", None)], &[], &[]);
    assert_eq!(rescan(&["--at", FIRST], 0)["releases"], 3);
    let records = [
        record("GHSA-1", "npm", "none", None),
        record("GHSA-2", "npm", "tar", Some("2.0.0")),
    ];
    import(root, &records, &[], &[]);
    let found = rescan(&["--at", LATER], 1);
    assert_eq!(purls(&found, "newly_affected"), ["pkg:npm/tar@1.0.0"]);
    assert_eq!(found["newly_affected"][0]["advisory"], "GHSA-2");
    assert_eq!(
        found["newly_affected"][0]["document"]["file"],
        "old.cdx.json"
    );
    assert_eq!(found["newly_affected"][0]["since"], LATER);
    // A day later nothing is new, and it still is since the day before.
    let at = ["--at", "2026-11-26T00:00:00Z"];
    rescan(&at, 0);
    rescan(&[&at[..], &["--since", LATER]].concat(), 1);
    rescan(&[&at[..], &["--since", "2026-11-25T00:00:01Z"]].concat(), 0);
    rescan(&[&at[..], &["--since", FIRST]].concat(), 1);
    let bad = [
        "inventory",
        "rescan",
        "--store",
        "store",
        "--since",
        "yesterday",
    ];
    assert!(text(&run(root, &bad, 2).stderr).contains("--since"));
}

/// A report has package URLs only, and the names of advisories are made of them.
#[test]
fn a_report_with_packages_of_maven_is_rescanned() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "app/settings.gradle", "rootProject.name = 'app'\n");
    let lock = "org.acme:core:1.0.0=runtimeClasspath\nempty=\n";
    write(root, "app/gradle.lockfile", lock);
    let records = [record("GHSA-9", "Maven", "org.acme:core", Some("2.0.0"))];
    import(root, &records, &[], &[]);
    let check = [
        "check",
        "app",
        "--only",
        "advisories",
        "--output",
        "json=r.json",
    ];
    let _ = crate::cli::sealgate(root).args(check).output().unwrap();
    run(root, &["inventory", "add", "store", "r.json"], 0);
    let found = json(root, &["rescan"], 1);
    assert_eq!(
        purls(&found, "newly_affected"),
        ["pkg:maven/org.acme/core@1.0.0"]
    );
}

#[test]
fn a_rescan_of_nothing_or_of_what_is_incomplete_is_no_pass() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    two_builds(root);
    import(root, &[record("GHSA-1", "npm", "none", None)], &[], &[]);
    json(root, &["rescan"], 0);
    write(
        root,
        "cut/package-lock.json",
        "{ \"lockfileVersion\": 3, \"packages\": { ",
    );
    let made = run(root, &["sbom", "generate", "cut"], 3).stdout;
    write(root, "cut.cdx.json", made);
    run(root, &["inventory", "add", "store", "cut.cdx.json"], 3);
    let gaps = json(root, &["rescan"], 3)["gaps"].to_string();
    assert!(gaps.contains("1 document is not complete"), "{gaps}");
    let documents = json(root, &["list"], 0);
    let digests: Vec<&str> = documents["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["digest"].as_str().unwrap())
        .collect();
    run(
        root,
        &[
            &["inventory", "remove", "--store", "store"],
            digests.as_slice(),
        ]
        .concat(),
        0,
    );
    let gaps = json(root, &["rescan"], 3)["gaps"].to_string();
    assert!(gaps.contains("no document"), "{gaps}");
}

#[test]
fn the_tables_are_exported_as_parquet_with_the_same_bytes_twice() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    two_builds(root);
    let export = |to: &str| {
        let arguments = [
            "inventory",
            "export",
            "--store",
            "store",
            "--format",
            "parquet",
            "--output",
            to,
        ];
        run(root, &arguments, 0);
    };
    export("a");
    export("b");
    for (table, rows) in [
        ("document", 2),
        ("package", 2),
        ("release", 3),
        ("use", 3),
        ("affected", 0),
    ] {
        let name = format!("{table}.parquet");
        let bytes = std::fs::read(root.join("a").join(&name)).unwrap();
        assert_eq!(
            bytes,
            std::fs::read(root.join("b").join(&name)).unwrap(),
            "{name}"
        );
        let file = std::fs::File::open(root.join("a").join(&name)).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let read: Vec<String> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().to_string())
            .collect();
        assert_eq!(read.len(), rows, "{name}: {read:?}");
        if table == "release" {
            assert!(read[0].contains("\"pkg:npm/tar@"), "{read:?}");
        }
        if table == "document" {
            assert!(
                read[0].contains("decision: null") && read[0].contains("product: \"app\""),
                "{read:?}"
            );
        }
    }
}

#[test]
fn what_is_no_document_or_no_store_is_told_and_adds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    two_builds(root);
    write(root, "text.json", "{ \"schema\": \"sealgate/report/v9\" }");
    write(root, "other.json", "[1]");
    for (file, word) in [
        ("text.json", "report"),
        ("other.json", "other.json"),
        ("none.json", "none.json"),
    ] {
        let add = ["inventory", "add", "store", "old.cdx.json", file];
        let said = text(&run(root, &add, 3).stderr);
        assert!(said.contains(word), "{said}");
    }
    assert_eq!(
        json(root, &["list"], 0)["documents"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    for query in [
        "tar",
        "pkg:npm/tar@~1.0",
        "pkg:npm/tar@",
        "pkg:nosuch/tar@<1",
    ] {
        json_fails(root, &["who-uses", query, "--store", "store"]);
    }
    json_fails(root, &["who-uses", "pkg:npm/tar", "--store", "nowhere"]);
    write(root, "broken/inventory.sqlite", "no database");
    let broken = ["inventory", "who-uses", "pkg:npm/tar", "--store", "broken"];
    assert!(text(&run(root, &broken, 3).stderr).contains("inventory.sqlite"));
}

fn json_fails(root: &Path, arguments: &[&str]) {
    let said = run(root, &[&["inventory"], arguments].concat(), 2);
    assert!(said.stdout.is_empty() && !said.stderr.is_empty());
}
