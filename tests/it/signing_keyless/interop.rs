//! Our bundles in cosign 3, which `SEALGATE_COSIGN` names. Ignored unless asked for, since it
//! is not on every machine: a skipped test that counts as passed would say what is not known.

use super::services::Sigstore;
use super::{BUNDLE, keyless, run, scene, services};
use crate::signing::{key, write};
use crate::signing_attacks::world::{IDENTITY, ISSUER};
use std::path::Path;
use std::process::Command;

/// Runs cosign; whether it says yes, and what it says.
fn cosign(dir: &Path, arguments: &[&str]) -> (bool, String) {
    let program = std::env::var_os("SEALGATE_COSIGN").expect("SEALGATE_COSIGN names cosign 3");
    let output = Command::new(program)
        .current_dir(dir)
        .env("HOME", dir)
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), said)
}

#[test]
#[ignore = "needs cosign 3 in SEALGATE_COSIGN"]
fn cosign_verifies_what_is_signed_keyless() {
    for version in ["1", "2"] {
        let sigstore = Sigstore::honest().expect("openssl makes the timestamps");
        let dir = scene(&sigstore);
        let options = keyless(&sigstore, version);
        run(dir.path(), 0, &["sign", "app.bin"], &options);
        write(&dir.path().join("predicate.json"), b"{\"a\":1}");
        let attest = [
            "attest",
            "app.bin",
            "--predicate",
            "predicate.json",
            "--type",
            "https://acme.example/review/v1",
        ];
        run(dir.path(), 0, &attest, &options);
        let judged = |command: &[&str], identity: &str| {
            let by = [
                "--trusted-root",
                "root.json",
                "--certificate-identity",
                identity,
                "--certificate-oidc-issuer",
                ISSUER,
                "--insecure-ignore-sct",
                "--use-signed-timestamps",
                "app.bin",
            ];
            cosign(dir.path(), &[command, &by].concat())
        };
        for command in [
            &["verify-blob", "--bundle", BUNDLE][..],
            &[
                "verify-blob-attestation",
                "--type",
                "https://acme.example/review/v1",
                "--bundle",
                "app.bin.attestations.jsonl",
            ],
        ] {
            let (good, said) = judged(command, IDENTITY);
            assert!(good, "Rekor {version}, {command:?}: {said}");
            let (good, said) = judged(command, "evil@acme.example");
            assert!(!good, "Rekor {version}, {command:?}: {said}");
        }
    }
}

#[test]
#[ignore = "needs cosign 3 in SEALGATE_COSIGN"]
fn cosign_verifies_what_a_key_signs_with_witnesses() {
    for version in ["1", "2"] {
        let sigstore = Sigstore::honest().expect("openssl makes the timestamps");
        let dir = scene(&sigstore);
        let mut options = services(&sigstore, version);
        options.extend(["--key".to_owned(), key("tester.key")]);
        run(dir.path(), 0, &["sign", "app.bin"], &options);
        for (name, expected) in [("tester.pub", true), ("stranger.pub", false)] {
            let public = key(name);
            let arguments = [
                "verify-blob",
                "--bundle",
                BUNDLE,
                "--key",
                &public,
                "--trusted-root",
                "root.json",
                "--use-signed-timestamps",
                "app.bin",
            ];
            let (good, said) = cosign(dir.path(), &arguments);
            assert_eq!(good, expected, "Rekor {version}: {said}");
        }
    }
}
