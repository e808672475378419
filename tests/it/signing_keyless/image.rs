//! Images are signed and attested for an identity, and verified by it.

use super::services::Sigstore;
use super::{keyless, run, scene};
use crate::images::stub::Registry;
use crate::signing::{Ran, expect, sealgate, write};
use crate::signing_attacks::world::{IDENTITY, ISSUER};
use std::path::Path;

fn verify(dir: &Path, code: i32, image: &str, identity: &str, options: &[&str]) -> Ran {
    let arguments = [
        "verify",
        image,
        "--certificate-identity",
        identity,
        "--certificate-oidc-issuer",
        ISSUER,
        "--trusted-root",
        "root.json",
        "--without-sct",
    ];
    let arguments = [&arguments[..], options].concat();
    expect(code, &mut sealgate(dir), &arguments)
}

#[test]
fn an_image_is_signed_and_attested_for_an_identity() {
    for version in ["1", "2"] {
        let Some(sigstore) = Sigstore::honest() else {
            return;
        };
        let registry = Registry::honest();
        let digest = registry.image("one", "1.0");
        let image = registry.name(&format!("@{digest}"));
        let dir = scene(&sigstore);
        let options = keyless(&sigstore, version);
        let ran = run(dir.path(), 0, &["sign", &image], &options);
        assert!(ran.stdout.contains(IDENTITY), "{}", ran.stdout);
        let ran = verify(dir.path(), 0, &image, IDENTITY, &[]);
        assert!(ran.stdout.contains("in 1 log"), "{}", ran.stdout);
        let ran = verify(dir.path(), 1, &image, "evil@acme.example", &[]);
        assert!(ran.stderr.contains("signing/wrong-identity"));
        let by_type = ["--type", "urn:x"];
        verify(dir.path(), 1, &image, IDENTITY, &by_type);
        write(&dir.path().join("predicate.json"), b"{\"a\": 1}");
        let attest = [
            "attest",
            &image,
            "--predicate",
            "predicate.json",
            "--type",
            "urn:x",
        ];
        run(dir.path(), 0, &attest, &options);
        verify(dir.path(), 0, &image, IDENTITY, &by_type);
        verify(dir.path(), 1, &image, IDENTITY, &["--log-entries", "2"]);
    }
}

#[test]
fn nothing_is_attached_where_no_certificate_is_given() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let registry = Registry::honest();
    registry.image("one", "1.0");
    let image = registry.name(":1.0");
    let dir = scene(&sigstore);
    let mut options = keyless(&sigstore, "1");
    let fulcio = options.iter().position(|o| o == "--fulcio-url").unwrap();
    options[fulcio + 1] = sigstore.server.url("/no-such-authority/");
    let before = registry.state().manifests.len();
    let ran = run(dir.path(), 2, &["sign", &image], &options);
    assert!(ran.stderr.contains("404"), "{}", ran.stderr);
    assert_eq!(registry.state().manifests.len(), before);
    run(dir.path(), 0, &["sign", &image], &keyless(&sigstore, "1"));
    assert_eq!(registry.state().manifests.len(), before + 1);
}
