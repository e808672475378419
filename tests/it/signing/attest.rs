//! `attest` through the program.

use super::{Ran, expect, key, names, read, scene, sealgate, write};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;

const OUTPUT: &str = "app.bin.attestations.jsonl";

/// A directory with an artifact and a predicate.
fn with_predicate(predicate: &[u8]) -> tempfile::TempDir {
    let (dir, _) = scene();
    write(&dir.path().join("predicate.json"), predicate);
    dir
}

fn attest(directory: &Path, code: i32, type_name: &str) -> Ran {
    let key = key("tester.key");
    let arguments = [
        "attest",
        "app.bin",
        "--predicate",
        "predicate.json",
        "--type",
        type_name,
        "--key",
        &key,
    ];
    expect(code, &mut sealgate(directory), &arguments)
}

/// The statements of a file, line by line.
fn statements(path: &Path) -> Vec<Value> {
    let lines = read(path);
    let lines = lines.lines().map(|line| {
        let bundle: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            bundle["mediaType"],
            "application/vnd.dev.sigstore.bundle.v0.3+json"
        );
        let envelope = &bundle["dsseEnvelope"];
        assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
        assert_eq!(envelope["signatures"].as_array().unwrap().len(), 1);
        let payload = STANDARD.decode(envelope["payload"].as_str().unwrap());
        serde_json::from_slice(&payload.unwrap()).unwrap()
    });
    lines.collect()
}

#[test]
fn a_predicate_is_signed_for_the_artifact_and_added_to_what_is_there() {
    let dir = with_predicate(br#"{"reviewed-by": ["a", "b"], "lines": 12}"#);
    let output = dir.path().join(OUTPUT);
    let ran = attest(dir.path(), 0, "https://acme.example/review/v1");
    assert!(
        ran.stdout
            .contains("attested https://acme.example/review/v1")
    );
    let first = read(&output);
    attest(dir.path(), 0, "slsaprovenance1");
    assert!(read(&output).starts_with(&first), "the first line stays");
    let digest = sealgate::support::hash::sha256(b"the artifact\n").hex();
    for (statement, predicate_type) in statements(&output).iter().zip([
        "https://acme.example/review/v1",
        "https://slsa.dev/provenance/v1",
    ]) {
        assert_eq!(
            *statement,
            json!({
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": "app.bin", "digest": {"sha256": digest}}],
                "predicateType": predicate_type,
                "predicate": {"reviewed-by": ["a", "b"], "lines": 12},
            })
        );
    }
    let public = key("tester.pub");
    let verify = ["verify", "app.bin", "--key", &public];
    expect(0, &mut sealgate(dir.path()), &verify);
    // The twin: other bytes, another key.
    let stranger = key("stranger.pub");
    let other = ["verify", "app.bin", "--key", &stranger];
    expect(1, &mut sealgate(dir.path()), &other);
    write(&dir.path().join("app.bin"), b"other bytes\n");
    expect(1, &mut sealgate(dir.path()), &verify);
}

#[test]
fn what_is_no_predicate_is_refused_and_nothing_is_written() {
    let statement = json!({"_type": "x", "subject": [], "predicateType": "urn:x"}).to_string();
    for (predicate, type_name, text) in [
        ("{}", "revew", "`revew` is no predicate type"),
        ("{}", "cyclondx", "did you mean `cyclonedx`?"),
        ("{", "urn:x", "malformed"),
        ("", "urn:x", "malformed"),
        ("{\"a\":1,\"a\":2}", "urn:x", "malformed"),
        ("{} {}", "urn:x", "malformed"),
        ("[]", "urn:x", "no JSON object"),
        (&statement, "urn:x", "whole statement"),
        ("{}", "test-result", "`test-result` predicate is malformed"),
        ("{}", "cyclonedx", "predicate is malformed"),
    ] {
        let dir = with_predicate(predicate.as_bytes());
        let ran = attest(dir.path(), 2, type_name);
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
        assert_eq!(names(dir.path()), ["app.bin", "predicate.json"]);
    }
    let dir = with_predicate(b"{}");
    attest(dir.path(), 0, "urn:x");
}

#[test]
fn several_artifacts_are_attested_together_or_not_at_all() {
    let dir = with_predicate(b"{}");
    write(&dir.path().join("b.bin"), b"b\n");
    let key = key("tester.key");
    let arguments = |more: &[&'static str]| {
        let mut all = vec![
            "attest",
            "app.bin",
            "b.bin",
            "--predicate",
            "predicate.json",
        ];
        all.extend(["--type", "urn:x", "--key", &key]);
        all.extend(more);
        all.iter().map(|a| (*a).to_owned()).collect::<Vec<String>>()
    };
    let run = |code: i32, more: &[&'static str]| {
        let arguments = arguments(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        expect(code, &mut sealgate(dir.path()), &arguments)
    };
    run(2, &["--output", "all.jsonl"]);
    assert!(run(2, &["./app.bin"]).stderr.contains("named twice"));
    // What is there cannot be kept.
    write(&dir.path().join("b.bin.attestations.jsonl"), b"{\n");
    let ran = run(2, &[]);
    assert!(
        ran.stderr.contains("b.bin.attestations.jsonl:1"),
        "{}",
        ran.stderr
    );
    assert!(!dir.path().join(OUTPUT).exists());
    std::fs::remove_file(dir.path().join("b.bin.attestations.jsonl")).unwrap();
    run(0, &[]);
    assert_eq!(statements(&dir.path().join(OUTPUT)).len(), 1);
    let other = statements(&dir.path().join("b.bin.attestations.jsonl"));
    assert_eq!(other[0]["subject"][0]["name"], "b.bin");
}

#[test]
fn the_output_replaces_no_input() {
    let dir = with_predicate(b"{}");
    let key = key("tester.key");
    for output in ["app.bin", "predicate.json", "./app.bin"] {
        let arguments = [
            "attest",
            "app.bin",
            "--predicate",
            "predicate.json",
            "--type",
            "urn:x",
            "--key",
            &key,
            "--output",
            output,
        ];
        let ran = expect(2, &mut sealgate(dir.path()), &arguments);
        assert!(ran.stderr.contains("would replace"), "{}", ran.stderr);
    }
    assert_eq!(read(&dir.path().join("predicate.json")), "{}");
}
