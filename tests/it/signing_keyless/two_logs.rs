//! Signatures in two logs of two operators, one of Rekor 1 and one of Rekor 2, and what is
//! left of them when somebody changes the bundle.

use super::services::{FULCIO, REKOR_1, REKOR_2, Sigstore, TSA};
use super::{BUNDLE, run, scene};
use crate::signing::{expect, key, read, sealgate, write};
use crate::signing_attacks::world::{IDENTITY, ISSUER};
use serde_json::{Value, json};
use std::path::Path;

/// A directory where `signing.json` asks every operator's log.
fn both(sigstore: &Sigstore) -> tempfile::TempDir {
    let dir = scene(sigstore);
    let service = |path: &str, version: u32, operator: &str| {
        json!({
            "url": sigstore.server.url(path), "majorApiVersion": version,
            "validFor": {"start": "2020-01-01T00:00:00Z"}, "operator": operator,
        })
    };
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service("", 1, "one")],
        "rekorTlogUrls": [service("", 1, "one"), service("", 2, "two")],
        "tsaUrls": [service("/timestamp", 1, "one")],
        "rekorTlogConfig": {"selector": "ALL"}, "tsaConfig": {"selector": "ANY"},
    });
    write(
        &dir.path().join("signing.json"),
        config.to_string().as_bytes(),
    );
    dir
}

fn services() -> Vec<String> {
    [
        "--signing-config",
        "signing.json",
        "--trusted-root",
        "root.json",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Verifies with so many log entries; the reason must be this.
fn verify(dir: &Path, who: &[&str], entries: &str, reason: Option<&str>) {
    let common = [
        "verify",
        "app.bin",
        "--trusted-root",
        "root.json",
        "--format",
        "json",
    ];
    let arguments = [&common[..], who, &["--log-entries", entries]].concat();
    let code = i32::from(reason.is_some());
    let ran = expect(code, &mut sealgate(dir), &arguments);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let bundle = &json["bundles"][0];
    assert_eq!(bundle["reason"].as_str(), reason, "{}", ran.stdout);
    if reason.is_none() {
        assert_eq!(bundle["log_entries"].to_string(), entries);
    }
}

/// The bundle as it is counts two entries of two logs, and no other number; and none of these
/// changes gets through.
fn holds(dir: &Path, who: &[&str]) {
    verify(dir, who, "2", None);
    for other in ["0", "1", "3"] {
        verify(dir, who, other, Some("signing/log-entry-count"));
    }
    let path = dir.join(BUNDLE);
    let text = read(&path);
    let honest: Value = serde_json::from_str(&text).unwrap();
    type Change = fn(&mut Vec<Value>);
    let changes: [(Change, &str, &str); 5] = [
        (
            |entries| drop(entries.pop()),
            "2",
            "signing/log-entry-count",
        ),
        (
            |entries| entries[1] = entries[0].clone(),
            "2",
            "signing/log-entry-twice",
        ),
        (
            |entries| entries[0] = entries[1].clone(),
            "2",
            "signing/log-entry-twice",
        ),
        (
            |entries| entries.push(entries[0].clone()),
            "3",
            "signing/log-entry-twice",
        ),
        (
            |entries| drop(entries[1].as_object_mut().unwrap().remove("inclusionProof")),
            "2",
            "signing/missing-inclusion-proof",
        ),
    ];
    for (change, entries, reason) in changes {
        let mut bundle = honest.clone();
        let list = &mut bundle["verificationMaterial"]["tlogEntries"];
        change(list.as_array_mut().unwrap());
        write(&path, bundle.to_string().as_bytes());
        verify(dir, who, entries, Some(reason));
    }
    write(&path, text.as_bytes());
    verify(dir, who, "2", None);
}

#[test]
fn a_keyless_signature_is_in_two_logs() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = both(&sigstore);
    let mut options = services();
    let more = [
        "--keyless",
        "--identity-token-file",
        "token",
        "--without-sct",
    ];
    options.extend(more.map(str::to_owned));
    run(dir.path(), 0, &["sign", "app.bin"], &options);
    assert_eq!(sigstore.lines(), [FULCIO, TSA, REKOR_2, REKOR_1]);
    let who = [
        "--certificate-identity",
        IDENTITY,
        "--certificate-oidc-issuer",
        ISSUER,
        "--without-sct",
    ];
    holds(dir.path(), &who);
}

#[test]
fn a_signature_by_key_is_in_two_logs() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = both(&sigstore);
    let mut options = services();
    options.extend(["--key".to_owned(), key("tester.key")]);
    run(dir.path(), 0, &["sign", "app.bin"], &options);
    assert_eq!(sigstore.lines(), [TSA, REKOR_2, REKOR_1]);
    holds(dir.path(), &["--key", &key("tester.pub")]);
}
