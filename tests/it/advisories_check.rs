//! `sealgate advisories` on directories, lockfiles, SBOMs and binaries.

use crate::cli::{import_demo_advisories, run, text, write};
use crate::sbom_diff::wasm;
use serde_json::{Value, json};
use std::path::Path;

const AT: &str = "2026-11-23T00:00:00Z";

fn package_lock(minimist: &str) -> String {
    json!({
        "name": "app", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
        "packages": {
            "": {"name": "app", "version": "1.0.0", "dependencies": {"minimist": "*"}},
            "node_modules/minimist": {
                "version": minimist,
                "resolved": format!("https://registry.acme.example/minimist/-/minimist-{minimist}.tgz"),
                "integrity": "sha512-2yyAR8qBkN3YuheJanUpWC5U3bb5osDywNB8RzDVlDwDHbocAJveqqj1u8+SVD7jkWT4yvsHCpWqqWqAxb0zCA==",
            },
        },
    })
    .to_string()
}

fn cyclonedx(purls: &[&str]) -> String {
    let components: Vec<Value> = purls
        .iter()
        .map(|purl| {
            let name = purl.rsplit('/').next().unwrap().split('@').next().unwrap();
            json!({"type": "library", "name": name, "purl": purl, "bom-ref": purl})
        })
        .collect();
    let sbom = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "application", "name": "app", "version": "1.0.0"}},
        "components": components,
    });
    serde_json::to_string_pretty(&sbom).unwrap()
}

/// What the policy of these tests does not want to know.
const POLICY: &str = "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[gaps]\n\"advisories/yank-data-absent\" = \"report\"\n";

/// A directory with a database and a policy.
fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    import_demo_advisories(dir.path());
    write(dir.path(), "policy.toml", POLICY);
    dir
}

/// The JSON report of `advisories` with some arguments.
fn report(dir: &Path, arguments: &[&str], code: i32) -> Value {
    let mut all = vec!["advisories", "--policy", "policy.toml", "--at", AT];
    all.extend(["--format", "json"]);
    all.extend(arguments);
    serde_json::from_str(&text(&run(dir, &all, code).stdout)).unwrap()
}

/// Ids and labels of the findings.
fn found(report: &Value) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().unwrap();
    let of = |finding: &Value| {
        (
            finding["advisory"]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            finding["subject"]["label"].as_str().unwrap().to_owned(),
        )
    };
    findings.iter().map(of).collect()
}

fn gaps(report: &Value) -> Vec<&str> {
    let gaps = report["gaps"].as_array().unwrap();
    gaps.iter().map(|gap| gap["id"].as_str().unwrap()).collect()
}

fn minimist() -> Vec<(String, String)> {
    vec![(
        "GHSA-xvch-5gv4-984h".to_owned(),
        "minimist@1.2.5".to_owned(),
    )]
}

#[test]
fn a_directory_a_lockfile_and_an_sbom_of_one_product_give_the_same_findings() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.5"));
    write(
        dir.path(),
        "app/package.json",
        r#"{"name":"app","version":"1.0.0"}"#,
    );
    write(dir.path(), "app/.env", "password = hunter2-is-long-enough");
    run(
        dir.path(),
        &[
            "sbom",
            "generate",
            "app",
            "--output",
            "cyclonedx-json=app.cdx.json",
            "--output",
            "spdx-json=app.spdx.json",
        ],
        0,
    );
    for input in [
        "app",
        "app/package-lock.json",
        "app.cdx.json",
        "app.spdx.json",
    ] {
        let report = report(dir.path(), &[input], 1);
        assert_eq!(found(&report), minimist(), "{input}");
        assert_eq!(report["checks"], json!(["advisories"]), "{input}");
        assert_eq!(report["advice"]["upgrades"][0]["to"], "1.2.6", "{input}");
        assert_eq!(report["secrets"], Value::Null);
    }
    let fixed = package_lock("1.2.6");
    write(dir.path(), "fixed/package-lock.json", fixed);
    assert_eq!(
        report(dir.path(), &["fixed/package-lock.json"], 0)["decision"],
        "pass"
    );
}

#[test]
fn a_file_that_is_none_of_these_is_refused_and_says_what_would_be() {
    let dir = project();
    write(dir.path(), "notes.txt", "minimist 1.2.5");
    write(dir.path(), "other.json", "{\"packages\": []}");
    for name in ["notes.txt", "other.json"] {
        let output = run(dir.path(), &["advisories", name], 2);
        let error = text(&output.stderr);
        assert!(
            error.contains("neither a lockfile by its name, nor an SBOM"),
            "{error}"
        );
        assert!(error.contains("Cargo.lock"), "{error}");
    }
    run(dir.path(), &["advisories", "no/such"], 2);
    // One of these, and not readable: nothing can be said.
    write(
        dir.path(),
        "bad.cdx.json",
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"9.9\"}",
    );
    run(dir.path(), &["advisories", "bad.cdx.json"], 3);
    write(dir.path(), "empty", b"\x7fELF");
    run(dir.path(), &["advisories", "empty"], 3);
    write(
        dir.path(),
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"a",
    );
    let broken = report(dir.path(), &["Cargo.lock"], 3);
    let mut ids = gaps(&broken);
    ids.dedup();
    assert_eq!(ids, ["inventory/unreadable-lockfile"]);
}

#[test]
fn options_without_a_meaning_for_the_input_are_errors() {
    let dir = project();
    write(
        dir.path(),
        "app.cdx.json",
        cyclonedx(&["pkg:npm/minimist@1.2.6"]),
    );
    write(dir.path(), "package-lock.json", package_lock("1.2.6"));
    for arguments in [
        &["app.cdx.json", "--include", "x"][..],
        &["package-lock.json", "--include", "x"],
        &["app.cdx.json", "--read-caches"],
        &["app.cdx.json", "--format", "cyclonedx-json"],
        &["app.cdx.json", "--output", "spdx-json=x.spdx.json"],
        &["app.cdx.json", "--db-digest", "sha256:12"],
        &[
            "app.cdx.json",
            "--db-digest",
            "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
        ],
    ] {
        let mut all = vec!["advisories"];
        all.extend(arguments);
        run(dir.path(), &all, 2);
    }
    run(dir.path(), &["check", "package-lock.json"], 2);
}

#[test]
fn an_sbom_is_judged_again_against_a_database_by_its_digest() {
    let dir = project();
    write(
        dir.path(),
        "old.cdx.json",
        cyclonedx(&["pkg:npm/minimist@1.2.5"]),
    );
    let first = report(dir.path(), &["old.cdx.json"], 1);
    let digest = format!("sha256:{}", first["database"]["digest"].as_str().unwrap());
    let again = report(dir.path(), &["old.cdx.json", "--db-digest", &digest], 1);
    assert_eq!(first, again);
    // A newer database does not take the older one away.
    write(
        dir.path(),
        "more/TEST-1.json",
        json!({
            "id": "TEST-1", "modified": "2026-11-01T00:00:00Z",
            "affected": [{
                "package": {"ecosystem": "npm", "name": "minimist"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]
            }]
        })
        .to_string(),
    );
    run(dir.path(), &["db", "import", "--from", "more"], 0);
    let newer = report(dir.path(), &["old.cdx.json"], 0);
    assert_ne!(first["database"], newer["database"]);
    let again = report(dir.path(), &["old.cdx.json", "--db-digest", &digest], 1);
    assert_eq!(first, again);
    let digest = newer["database"]["digest"].as_str().unwrap();
    let digest = format!("sha256:{digest}");
    let other = format!("sha256:{}", "0".repeat(64));
    let output = run(
        dir.path(),
        &["advisories", "old.cdx.json", "--db-digest", &other],
        3,
    );
    assert!(output.stdout.is_empty());
    let error = text(&output.stderr);
    assert!(error.contains(&other) && error.contains(&digest), "{error}");
    let nowhere = dir.path().join("nowhere");
    let nowhere = nowhere.to_str().unwrap();
    run(
        dir.path(),
        &[
            "advisories",
            "old.cdx.json",
            "--db",
            nowhere,
            "--db-digest",
            &digest,
        ],
        3,
    );
}

#[test]
fn every_output_is_the_same_twice_for_every_kind_of_input() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.5"));
    write(
        dir.path(),
        "app.cdx.json",
        cyclonedx(&[
            "pkg:npm/minimist@1.2.5",
            "pkg:cargo/time@0.1.43",
            "pkg:oci/base@1",
        ]),
    );
    for input in ["app", "app/package-lock.json", "app.cdx.json"] {
        let outputs = |name: &str| {
            let mut arguments = vec![
                "advisories".to_owned(),
                input.to_owned(),
                "--at".to_owned(),
                AT.to_owned(),
            ];
            let formats = ["human", "json", "sarif", "junit", "markdown", "github"];
            for format in formats {
                arguments.extend(["--output".to_owned(), format!("{format}={name}.{format}")]);
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            run(dir.path(), &arguments, 1);
            formats
                .map(|format| std::fs::read(dir.path().join(format!("{name}.{format}"))).unwrap())
        };
        let first = outputs("first");
        assert_eq!(first, outputs("second"), "{input}");
        for (place, bytes) in first.iter().enumerate() {
            let shown = text(bytes);
            assert!(shown.contains("GHSA-xvch-5gv4-984h"), "{input} {place}");
            assert!(
                !shown.contains(dir.path().to_str().unwrap()),
                "{input} {place}"
            );
        }
    }
}

#[test]
fn what_an_sbom_does_not_say_is_a_gap_and_no_pass() {
    let dir = project();
    let sbom = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": [
            {"type": "library", "name": "minimist", "version": "1.2.5"},
            {"type": "library", "name": "b", "purl": "pkg:npm/b"},
            {"type": "library", "name": "c", "version": "1", "purl": "pkg:conan/c@1"},
            {"type": "library", "name": "d", "version": "1.0.0", "purl": "pkg:npm/d@1.0.0"},
        ],
    });
    write(dir.path(), "x.cdx.json", sbom.to_string());
    let report = report(dir.path(), &["x.cdx.json"], 3);
    assert!(found(&report).is_empty());
    let gaps = gaps(&report);
    for id in [
        "inventory/unidentified-component",
        "advisories/no-version",
        "advisories/ecosystem-not-covered",
    ] {
        assert!(gaps.contains(&id), "{id} {gaps:?}");
    }
    assert!(
        report.to_string().contains("packages of the type conan"),
        "{report:#}"
    );
    write(dir.path(), "empty.cdx.json", cyclonedx(&[]));
    let empty = self::report(dir.path(), &["empty.cdx.json"], 3);
    assert_eq!(empty["gaps"][0]["id"], "inventory/nothing-to-check");
}

#[test]
fn a_binary_is_checked_by_what_it_records() {
    let dir = project();
    let records = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/advisories/real");
    run(dir.path(), &["db", "import", "--from", records], 0);
    let packages = json!([
        {"name": "app", "version": "0.1.0", "source": "local", "root": true, "dependencies": [1]},
        {"name": "time", "version": "0.1.43", "source": "crates.io"},
    ]);
    write(dir.path(), "app.wasm", wasm(&packages));
    let report = report(dir.path(), &["app.wasm"], 0);
    assert_eq!(
        found(&report),
        [("RUSTSEC-2020-0071".to_owned(), "time@0.1.43".to_owned())]
    );
    assert_eq!(report["findings"][0]["location"]["path"], "app.wasm");
    assert_eq!(
        report["inventory"]["lockfiles"][0]["format"],
        "cargo-auditable"
    );
}

#[test]
fn a_damaged_database_is_a_gap_and_the_other_checks_still_report() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.5"));
    let token = ["ghp_", &"a1B2c3D4e5F6".repeat(3)].concat();
    write(
        dir.path(),
        "app/deploy.sh",
        format!("export GITHUB_TOKEN={token}\n"),
    );
    let index = crate::db_store::index(dir.path());
    let mut bytes = std::fs::read(&index).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&index, bytes).unwrap();
    let output = run(
        dir.path(),
        &[
            "check",
            "app",
            "--policy",
            "policy.toml",
            "--output",
            "json=out.json",
            "--output",
            "sarif=out.sarif",
        ],
        1,
    );
    assert!(
        text(&output.stderr).contains("damaged"),
        "{}",
        text(&output.stderr)
    );
    let report: Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("out.json")).unwrap()).unwrap();
    assert!(gaps(&report).contains(&"advisories/database-damaged"));
    assert!(!gaps(&report).contains(&"advisories/no-database"));
    assert_eq!(report["database"], Value::Null);
    assert!(
        report.to_string().contains("GitHub"),
        "the secret is reported too"
    );
    assert!(!report.to_string().contains(dir.path().to_str().unwrap()));
    assert!(dir.path().join("out.sarif").exists());
    std::fs::remove_file(dir.path().join("app/deploy.sh")).unwrap();
    run(dir.path(), &["check", "app", "--policy", "policy.toml"], 3);
    run(dir.path(), &["advisories", "app"], 3);
    let lenient = format!("{POLICY}\"*\" = \"report\"\n");
    write(dir.path(), "policy.toml", &lenient);
    run(
        dir.path(),
        &["advisories", "app", "--policy", "policy.toml"],
        3,
    );
    write(
        dir.path(),
        "policy.toml",
        format!("{lenient}\"advisories/database-damaged\" = \"report\"\n"),
    );
    run(
        dir.path(),
        &["advisories", "app", "--policy", "policy.toml"],
        0,
    );
}

/// A crate that two direct dependencies bring, and one that is direct itself.
fn cargo_lock() -> String {
    let mut lock = "version = 4\n".to_owned();
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    for (name, version, dependencies) in [
        ("app", "0.1.0", "[\"one\", \"two\"]"),
        ("one", "1.0.0", "[\"time\"]"),
        ("time", "0.1.43", "[]"),
        ("two", "1.0.0", "[\"time\"]"),
    ] {
        let source = match name {
            "app" => String::new(),
            _ => format!("source = \"{registry}\"\n"),
        };
        lock.push_str(&format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}dependencies = {dependencies}\n"
        ));
    }
    lock
}

#[test]
fn advice_names_every_direct_dependency_that_brings_the_component() {
    let dir = project();
    write(dir.path(), "app/Cargo.lock", cargo_lock());
    let records = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/advisories/real");
    run(dir.path(), &["db", "import", "--from", records], 0);
    let strict =
        format!("{POLICY}[advisories]\nblock-severity = \"low\"\nunknown-severity = \"block\"\n");
    write(dir.path(), "policy.toml", strict);
    let report = report(dir.path(), &["app"], 1);
    let step = &report["advice"]["upgrades"][0]["steps"][0];
    assert_eq!(step["means"], "indirect");
    assert_eq!(step["through"], json!(["one@1.0.0", "two@1.0.0"]));
    let finding = &report["findings"][0]["advisory"];
    assert_eq!(
        finding["introduced_by"],
        json!(["app@0.1.0", "one@1.0.0", "time@0.1.43"])
    );
    assert_eq!(
        finding["other_paths"],
        json!([["app@0.1.0", "two@1.0.0", "time@0.1.43"]])
    );
    let human = run(
        dir.path(),
        &["advisories", "app", "--policy", "policy.toml"],
        1,
    );
    let human = text(&human.stdout);
    assert!(human.contains("to pass: 1 upgrade\n"), "{human}");
    assert!(
        human.contains("one@1.0.0, two@1.0.0 must accept it"),
        "{human}"
    );
}
