//! VEX documents on the command line and in a policy, and those made from waivers.

use crate::cli::{run, text, write};
use crate::findings::{check, import, project, record};
use crate::{conformance, sbom_schema};
use sealgate::support::hash::sha256;
use serde_json::{Value, json};
use std::path::Path;

const HEAD: &str = "schema = 1\nname = \"p\"\nversion = 1\nextends = \"baseline\"\n";

/// A project with one blocking finding.
fn affected(root: &Path) {
    project(root, &[("tar", "1.0.0", "")]);
    let mut one = record("GHSA-1", "npm", "tar", Some("2.0.0"));
    one["aliases"] = json!(["CVE-2026-0001"]);
    one["severity"] = json!([{ "type": "CVSS_V3",
        "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }]);
    import(root, &[one], &["CVE-2026-0009"], &[]);
}

fn openvex(product: &str, status: &str, time: &str) -> String {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:example:1",
        "author": "Acme Product Security", "timestamp": time, "version": 1,
        "statements": [{
            "vulnerability": { "name": "CVE-2026-0001" },
            "products": [{ "@id": product, "subcomponents": [{ "@id": "pkg:npm/tar@1.0.0" }] }],
            "status": status, "justification": "vulnerable_code_not_present",
            "action_statement": "wait",
        }],
    })
    .to_string()
}

fn gap_ids(report: &Value) -> Vec<String> {
    let gaps = report["gaps"].as_array().unwrap();
    gaps.iter()
        .map(|gap| gap["id"].as_str().unwrap().to_owned())
        .collect()
}

const NOVEMBER: &str = "2026-11-01T00:00:00Z";

#[test]
fn a_document_on_the_command_line_is_shown_and_changes_nothing_unless_the_policy_accepts_it() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    affected(root);
    let document = openvex("pkg:npm/app@1.0.0", "not_affected", NOVEMBER);
    write(root, "a.json", &document);
    let digest = sha256(document.as_bytes()).hex();
    let report = check(root, "baseline", &["--vex", "a.json"], 1);
    assert_eq!(
        report["vex"],
        json!([{
            "file": "a.json", "digest": digest, "format": "openvex",
            "author": "Acme Product Security", "statements": 1, "unusable": 0, "accepted": false,
        }])
    );
    let used = &report["findings"][0]["vex"][0];
    assert_eq!(
        (&used["accepted"], &used["decides"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(used["status"], "not_affected");
    let accepting = format!("{HEAD}[advisories]\nvex = \"accept\"\n");
    write(root, "accept.toml", accepting);
    let report = check(root, "accept.toml", &["--vex", "a.json"], 0);
    assert_eq!(report["findings"][0]["disposition"], "waived");
    assert_eq!(
        report["findings"][0]["reason"],
        "VEX: not_affected, vulnerable_code_not_present, by Acme Product Security (a.json)"
    );
    // Twins that do not clear: another product, another version, another status.
    for (product, status) in [
        ("pkg:npm/other@1.0.0", "not_affected"),
        ("pkg:npm/app@2.0.0", "not_affected"),
        ("pkg:npm/app@1.0.0", "affected"),
        ("pkg:npm/app@1.0.0", "fine"),
    ] {
        write(root, "b.json", openvex(product, status, NOVEMBER));
        let report = check(root, "accept.toml", &["--vex", "b.json"], 1);
        let unusable = gap_ids(&report).contains(&"vex/unusable-statement".to_owned());
        assert_eq!(unusable, status == "fine");
    }
}

#[test]
fn a_document_that_the_policy_names_counts_and_only_with_its_digest() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    affected(root);
    let document = openvex("pkg:npm/app", "not_affected", NOVEMBER);
    write(root, "policies/vendor.json", &document);
    let digest = sha256(document.as_bytes()).hex();
    write(
        root,
        "policies/p.toml",
        format!(
            "{HEAD}[[advisories.vex-document]]\nfile = \"vendor.json\"\nsha256 = \"{digest}\"\n"
        ),
    );
    let report = check(root, "policies/p.toml", &[], 0);
    assert_eq!(report["vex"][0]["accepted"], true);
    // A builder's own document beside it takes no part.
    write(
        root,
        "mine.json",
        openvex("pkg:npm/app", "affected", "2026-11-20T00:00:00Z"),
    );
    let report = check(root, "policies/p.toml", &["--vex", "mine.json"], 0);
    assert_eq!(report["findings"][0]["vex"].as_array().unwrap().len(), 2);
    write(root, "policies/vendor.json", document + "\n");
    let refused = run(root, &["check", "app", "--policy", "policies/p.toml"], 2);
    assert!(
        text(&refused.stderr).contains("has the SHA-256"),
        "{refused:?}"
    );
    std::fs::remove_file(root.join("policies/vendor.json")).unwrap();
    run(root, &["check", "app", "--policy", "policies/p.toml"], 2);
}

#[test]
fn statements_that_differ_at_the_same_time_clear_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    affected(root);
    write(
        root,
        "accept.toml",
        format!("{HEAD}[advisories]\nvex = \"accept\"\n"),
    );
    write(
        root,
        "a.json",
        openvex("pkg:npm/app", "not_affected", NOVEMBER),
    );
    write(root, "b.json", openvex("pkg:npm/app", "affected", NOVEMBER));
    let both = ["--vex", "a.json", "--vex", "b.json"];
    let report = check(root, "accept.toml", &both, 1);
    assert!(gap_ids(&report).contains(&"vex/conflicting-statements".to_owned()));
    write(
        root,
        "a.json",
        openvex("pkg:npm/app", "not_affected", "2026-11-02T00:00:00Z"),
    );
    let report = check(root, "accept.toml", &both, 0);
    assert!(!gap_ids(&report).contains(&"vex/conflicting-statements".to_owned()));
}

#[test]
fn a_file_that_is_no_vex_document_ends_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    affected(root);
    for (content, part) in [
        ("{", "not valid JSON"),
        ("{\"a\":1,\"a\":2}", "appears twice"),
        (
            "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"}",
            "vulnerabilities",
        ),
        ("[]", "no VEX document"),
    ] {
        write(root, "bad.json", content);
        let done = run(root, &["check", "app", "--vex", "bad.json"], 2);
        let message = text(&done.stderr);
        assert!(message.contains("bad.json"), "{message}");
        assert!(message.contains(part), "{message}");
    }
    run(root, &["check", "app", "--vex", "absent.json"], 2);
    // A document that nothing would ask is not passed over in silence.
    write(
        root,
        "a.json",
        openvex("pkg:npm/app", "not_affected", NOVEMBER),
    );
    let aside = ["check", "app", "--only", "secrets", "--vex", "a.json"];
    assert!(text(&run(root, &aside, 2).stderr).contains("--vex"));
}

/// A policy with a waiver for the finding.
fn waiving(root: &Path, keys: &str) {
    write(
        root,
        "waive.toml",
        format!(
            "{HEAD}[[waiver]]\nid = \"CVE-2026-0001\"\ncomponent = \"tar\"\n\
             owner = \"web@acme.example\"\nreason = \"archives are not read\"\nexpires = 2026-12-31\n{keys}"
        ),
    );
}

fn generate(root: &Path, format: &str) -> Vec<u8> {
    generate_of(root, "app", format)
}

fn generate_of(root: &Path, input: &str, format: &str) -> Vec<u8> {
    let arguments = [
        "vex",
        "generate",
        input,
        "--policy",
        "waive.toml",
        "--format",
        format,
        "--at",
        "2026-11-23T12:00:00Z",
    ];
    run(root, &arguments, 0).stdout
}

#[test]
fn waivers_become_statements_that_are_read_back_in_both_formats() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    affected(root);
    write(
        root,
        "accept.toml",
        format!("{HEAD}[advisories]\nvex = \"accept\"\n"),
    );
    for format in ["openvex", "cyclonedx"] {
        for (keys, clears) in [
            (
                "justification = \"vulnerable_code_not_in_execute_path\"\n",
                true,
            ),
            ("status = \"not_affected\"\n", true),
            // An accepted risk is no claim that there is none.
            ("", false),
        ] {
            waiving(root, keys);
            let bytes = generate(root, format);
            assert_eq!(generate(root, format), bytes, "the same bytes twice");
            write(root, "made.json", &bytes);
            let code = if clears { 0 } else { 1 };
            let report = check(root, "accept.toml", &["--vex", "made.json"], code);
            assert_eq!(report["vex"][0]["unusable"], 0, "{format} {keys}");
            assert_eq!(report["vex"][0]["author"], "web@acme.example");
            let used = &report["findings"][0]["vex"][0];
            assert_eq!(used["decides"], clears, "{format} {keys}");
            let words = used["text"].as_str().unwrap();
            assert!(words.contains("archives are not read"), "{words}");
        }
    }
}

#[test]
fn generated_documents_have_the_shape_of_their_formats() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    affected(root);
    waiving(
        root,
        "justification = \"vulnerable_code_not_in_execute_path\"\n",
    );
    let openvex: Value = serde_json::from_slice(&generate(root, "openvex")).unwrap();
    assert_eq!(openvex["@context"], "https://openvex.dev/ns/v0.2.0");
    assert_eq!(openvex["timestamp"], "2026-11-23T12:00:00Z");
    let statement = &openvex["statements"][0];
    assert_eq!(
        statement["vulnerability"],
        json!({ "name": "GHSA-1", "aliases": ["CVE-2026-0001"] })
    );
    assert_eq!(statement["products"][0]["@id"], "pkg:npm/app@1.0.0");
    assert_eq!(
        statement["products"][0]["subcomponents"][0]["@id"],
        "pkg:npm/tar@1.0.0"
    );
    assert_eq!(
        statement["justification"],
        "vulnerable_code_not_in_execute_path"
    );
    assert_eq!(statement["status_notes"], "archives are not read");
    let cyclonedx: Value = serde_json::from_slice(&generate(root, "cyclonedx")).unwrap();
    let analysis = &cyclonedx["vulnerabilities"][0]["analysis"];
    assert_eq!(analysis["justification"], "code_not_reachable");
    assert_eq!(analysis["detail"], "archives are not read");
    if let Some(files) = conformance::unpack("cyclonedx.tar.gz") {
        let validator = sbom_schema::validator(&files, "1.6");
        for keys in [
            "",
            "status = \"not_affected\"\n",
            "justification = \"component_not_present\"\n",
            "justification = \"vulnerable_code_not_present\"\n",
            "justification = \"vulnerable_code_cannot_be_controlled_by_adversary\"\n",
            "justification = \"inline_mitigations_already_exist\"\n",
        ] {
            waiving(root, keys);
            let value: Value = serde_json::from_slice(&generate(root, "cyclonedx")).unwrap();
            let errors: Vec<String> = validator
                .iter_errors(&value)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{keys}: {errors:#?}");
        }
    }
}

#[test]
fn a_lockfile_and_an_sbom_give_the_statements_of_their_directory() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    affected(root);
    waiving(root, "");
    let sbom = run(root, &["sbom", "generate", "app"], 0).stdout;
    write(root, "app.cdx.json", &sbom);
    let statements = |input: &str| {
        let document: Value = serde_json::from_slice(&generate_of(root, input, "openvex")).unwrap();
        document["statements"].clone()
    };
    let of_the_directory = statements("app");
    for input in ["app/package-lock.json", "app.cdx.json"] {
        assert_eq!(statements(input), of_the_directory, "{input}");
    }
    let aside = [
        "vex",
        "generate",
        "app.cdx.json",
        "--policy",
        "waive.toml",
        "--include",
        "x",
    ];
    assert!(text(&run(root, &aside, 2).stderr).contains("--include"));
}

#[test]
fn without_a_waived_finding_there_is_nothing_to_state() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    affected(root);
    let generate = |policy: &str, code: i32| {
        let arguments = [
            "vex", "generate", "app", "--policy", policy, "--output", "out.json",
        ];
        let done = run(root, &arguments, code);
        assert_eq!(root.join("out.json").exists(), code == 0);
        text(&done.stderr)
    };
    assert!(generate("baseline", 3).contains("no waiver"));
    waiving(root, "versions = \"<1.0.0\"\n");
    assert!(generate("waive.toml", 3).contains("no waiver"));
    std::fs::remove_dir_all(root.join("db")).unwrap();
    assert!(generate("waive.toml", 3).contains("no advisory database"));
    affected(root);
    waiving(root, "");
    generate("waive.toml", 0);
}

#[test]
fn examples_of_cyclonedx_are_read_without_trouble() {
    let Some(files) = conformance::unpack("cyclonedx.tar.gz") else {
        return;
    };
    let mut statements = 0;
    for (name, bytes) in files {
        if !name.contains("/valid-") || !name.ends_with(".json") {
            continue;
        }
        if let Ok(document) = sealgate::vex::parse(&bytes) {
            assert_eq!(document.format, "cyclonedx", "{name}");
            statements += document.statements.len() + document.unusable.len();
        }
    }
    assert!(statements >= 3, "{statements}");
}
