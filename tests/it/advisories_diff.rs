//! `sealgate advisories diff` on reports that the program wrote.

use crate::cli::{import_demo_advisories, run, text, write};
use serde_json::{Value, json};
use std::path::Path;

const POLICY: &str = "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[gaps]\n\"advisories/yank-data-absent\" = \"report\"\n";
const WAIVER: &str = "[[waiver]]\nid = \"GHSA-xvch-5gv4-984h\"\nowner = \"web@acme.example\"\nreason = \"arguments are fixed\"\nexpires = 2026-12-01\n";

fn sbom(purls: &[&str]) -> String {
    let components: Vec<Value> = purls
        .iter()
        .map(|purl| json!({"type": "library", "name": "x", "purl": purl}))
        .collect();
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": components,
    })
    .to_string()
}

/// Writes a report of some components under a policy at a time.
fn report(dir: &Path, name: &str, purls: &[&str], policy: &str, at: &str) {
    write(dir, "x.cdx.json", sbom(purls));
    write(dir, "policy.toml", policy);
    let output = format!("json={name}");
    let arguments = [
        "advisories",
        "x.cdx.json",
        "--policy",
        "policy.toml",
        "--at",
        at,
        "--output",
        &output,
    ];
    let status = crate::cli::sealgate(dir)
        .args(arguments)
        .output()
        .unwrap()
        .status;
    assert!(matches!(status.code(), Some(0 | 1 | 3)), "{status:?}");
}

fn diff(dir: &Path, old: &str, new: &str, code: i32) -> Value {
    let output = run(
        dir,
        &[
            "advisories",
            "diff",
            old,
            new,
            "--exit-code",
            "--format",
            "json",
        ],
        code,
    );
    run(dir, &["advisories", "diff", old, new], 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn kinds(diff: &Value) -> Vec<&str> {
    let changes = diff["changes"].as_array().unwrap();
    changes
        .iter()
        .map(|change| change["kind"].as_str().unwrap())
        .collect()
}

const OLD: &str = "pkg:npm/minimist@1.2.5";
const FIXED: &str = "pkg:npm/minimist@1.2.6";
const NOW: &str = "2026-11-23T00:00:00Z";

#[test]
fn what_is_new_fixed_waived_and_expired_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    import_demo_advisories(dir.path());
    let waived = format!("{POLICY}{WAIVER}");
    let d = dir.path();
    report(d, "open.json", &[OLD], POLICY, NOW);
    report(d, "fixed.json", &[FIXED], POLICY, NOW);
    report(d, "waived.json", &[OLD], &waived, NOW);
    report(d, "over.json", &[OLD], &waived, "2026-12-02T00:00:00Z");
    for (old, new, expected, code) in [
        ("open.json", "open.json", &[][..], 0),
        ("fixed.json", "open.json", &["new"], 1),
        ("open.json", "fixed.json", &["fixed"], 0),
        ("open.json", "waived.json", &["waived"], 0),
        ("waived.json", "over.json", &["waiver-expired"], 1),
        ("waived.json", "open.json", &["unwaived"], 1),
    ] {
        assert_eq!(kinds(&diff(d, old, new, code)), expected, "{old} {new}");
    }
    let new = diff(d, "fixed.json", "open.json", 1);
    assert_eq!(new["changes"][0]["why"], "the component was 1.2.6");
    assert_eq!(new["changes"][0]["blocks_now"], true);
    let human = run(d, &["advisories", "diff", "fixed.json", "open.json"], 0);
    let human = text(&human.stdout);
    for part in [
        "old  x.cdx.json at",
        "new (1)",
        "GHSA-xvch-5gv4-984h minimist@1.2.5",
        "1 finding blocks that did not block before",
    ] {
        assert!(human.contains(part), "{part}\n{human}");
    }
    let markdown = run(
        d,
        &[
            "advisories",
            "diff",
            "fixed.json",
            "open.json",
            "--format",
            "markdown",
        ],
        0,
    );
    assert!(text(&markdown.stdout).starts_with("## ❌ Something new blocks\n"));
}

#[test]
fn another_database_is_told_apart_from_a_fix_and_a_missing_one_from_silence() {
    let dir = tempfile::tempdir().unwrap();
    import_demo_advisories(dir.path());
    let d = dir.path();
    report(d, "before.json", &[OLD], POLICY, NOW);
    let record = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/testdata/demo/osv/GHSA-xvch-5gv4-984h.json"
    );
    let mut record: Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    record["withdrawn"] = json!("2026-11-01T00:00:00Z");
    write(d, "osv/GHSA-xvch-5gv4-984h.json", record.to_string());
    run(d, &["db", "import", "--from", "osv"], 0);
    report(d, "withdrawn.json", &[OLD], POLICY, NOW);
    let withdrawn = diff(d, "before.json", "withdrawn.json", 0);
    assert_eq!(kinds(&withdrawn), ["not-reported"]);
    assert_eq!(withdrawn["changes"][0]["why"], "its record was withdrawn");
    std::fs::remove_dir_all(d.join("db")).unwrap();
    report(d, "without.json", &[OLD], POLICY, NOW);
    let without = diff(d, "before.json", "without.json", 3);
    assert_eq!(kinds(&without), ["not-reported"]);
    assert_eq!(without["less_checked"], true);
}

#[test]
fn what_is_no_report_ends_with_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    import_demo_advisories(dir.path());
    let d = dir.path();
    report(d, "good.json", &[OLD], POLICY, NOW);
    let good = std::fs::read(d.join("good.json")).unwrap();
    write(d, "cut.json", &good[..good.len() / 2]);
    write(d, "sbom.json", sbom(&[OLD]));
    write(d, "app/main.js", "");
    run(
        d,
        &[
            "check",
            "app",
            "--only",
            "secrets",
            "--output",
            "json=secrets.json",
        ],
        0,
    );
    for (bad, code, word) in [
        ("cut.json", 2, "not valid JSON"),
        ("sbom.json", 2, "not a JSON report of sealgate"),
        ("absent.json", 2, "absent.json"),
        ("secrets.json", 3, "without the advisory check"),
    ] {
        for pair in [[bad, "good.json"], ["good.json", bad]] {
            let output = run(d, &["advisories", "diff", pair[0], pair[1]], code);
            let error = text(&output.stderr);
            assert!(error.contains(word) && error.contains(bad), "{error}");
            assert!(output.stdout.is_empty());
        }
    }
    run(d, &["advisories", "diff", "good.json"], 2);
}
