//! Attacks on bundles: each one mutation of a bundle that verifies.

use super::*;
use crate::support::files;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::PathBuf;

struct Case {
    _dir: tempfile::TempDir,
    artifact: PathBuf,
    signer: KeyFileSigner,
}

fn case(algorithm: SigningAlgorithm) -> Case {
    let dir = tempfile::tempdir().unwrap();
    let artifact = dir.path().join("app.bin");
    files::write_atomic(&artifact, b"the artifact").unwrap();
    Case {
        artifact,
        signer: KeyFileSigner::generate(algorithm).unwrap().0,
        _dir: dir,
    }
}

fn other_key() -> PublicKey {
    KeyFileSigner::generate(SigningAlgorithm::EcdsaP256)
        .unwrap()
        .0
        .public_key()
        .clone()
}

fn value(bundle: &Bundle) -> Value {
    serde_json::from_str(&bundle.to_json().unwrap()).unwrap()
}

fn parse(value: &Value) -> Result<Bundle, SigningError> {
    Bundle::parse(value.to_string().as_bytes())
}

fn statement_bundle(signer: &KeyFileSigner) -> Bundle {
    sign_statement(signer, br#"{"_type":"x"}"#).unwrap()
}

#[test]
fn a_signed_file_verifies_and_one_changed_byte_does_not() {
    for algorithm in [SigningAlgorithm::EcdsaP256, SigningAlgorithm::Ed25519] {
        let case = case(algorithm);
        let key = case.signer.public_key();
        let bundle = sign_artifact(&case.signer, &Artifact::new(&case.artifact)).unwrap();
        let json = bundle.to_json().unwrap();
        assert!(!json.contains('\n'));
        let read = Bundle::parse(json.as_bytes()).unwrap();
        assert_eq!(read.key_hint().unwrap(), key.id().hint());
        verify_artifact(&read, key, &Artifact::new(&case.artifact)).unwrap();

        files::write_atomic(&case.artifact, b"the artifacT").unwrap();
        assert!(matches!(
            verify_artifact(&read, key, &Artifact::new(&case.artifact)),
            Err(SigningError::OtherSubject { .. })
        ));
        // The attacker also mends the digest in the bundle.
        let mut mended = value(&read);
        let digest = STANDARD.encode(crate::support::hash::sha256(b"the artifacT").bytes());
        mended["messageSignature"]["messageDigest"]["digest"] = json!(digest);
        assert!(matches!(
            verify_artifact(
                &parse(&mended).unwrap(),
                key,
                &Artifact::new(&case.artifact)
            ),
            Err(SigningError::BadSignature { .. })
        ));
    }
}

#[test]
fn another_key_is_refused_before_the_artifact_is_opened() {
    let case = case(SigningAlgorithm::EcdsaP256);
    let bundle = sign_artifact(&case.signer, &Artifact::new(&case.artifact)).unwrap();
    let absent = Artifact::new(&case.artifact.with_extension("absent"));
    assert!(matches!(
        verify_artifact(&bundle, &other_key(), &absent),
        Err(SigningError::WrongKey { .. })
    ));
    assert!(matches!(
        verify_artifact(&bundle, case.signer.public_key(), &absent),
        Err(SigningError::File(_))
    ));
}

#[test]
fn the_hint_chooses_but_does_not_prove() {
    let case = case(SigningAlgorithm::EcdsaP256);
    let stranger = other_key();
    let bundle = statement_bundle(&case.signer);
    let mut forged = value(&bundle);
    forged["verificationMaterial"]["publicKey"]["hint"] = json!(stranger.id().hint());
    assert!(matches!(
        verify_statement(&parse(&forged).unwrap(), &stranger),
        Err(SigningError::BadSignature { .. })
    ));
    let mut unnamed = value(&bundle);
    unnamed["verificationMaterial"]["publicKey"] = json!({});
    let unnamed = parse(&unnamed).unwrap();
    verify_statement(&unnamed, case.signer.public_key()).unwrap();
    assert!(matches!(
        verify_statement(&unnamed, &stranger),
        Err(SigningError::BadSignature { .. })
    ));
    let mut hex_hint = value(&bundle);
    let hex = case.signer.public_key().id().to_string();
    hex_hint["verificationMaterial"]["publicKey"]["hint"] = json!(hex.strip_prefix("sha256:"));
    verify_statement(&parse(&hex_hint).unwrap(), case.signer.public_key()).unwrap();
}

#[test]
fn a_statement_verifies_and_a_swapped_payload_type_or_payload_does_not() {
    let case = case(SigningAlgorithm::Ed25519);
    let key = case.signer.public_key();
    let bundle = statement_bundle(&case.signer);
    let verified = verify_statement(&bundle, key).unwrap();
    assert_eq!(verified.payload, br#"{"_type":"x"}"#);

    let mut other_type = value(&bundle);
    other_type["dsseEnvelope"]["payloadType"] = json!("text/plain");
    assert!(matches!(
        verify_statement(&parse(&other_type).unwrap(), key),
        Err(SigningError::WrongPayloadType { .. })
    ));
    let mut other_payload = value(&bundle);
    other_payload["dsseEnvelope"]["payload"] = json!(STANDARD.encode(br#"{"_type":"y"}"#));
    assert!(matches!(
        verify_statement(&parse(&other_payload).unwrap(), key),
        Err(SigningError::BadSignature { .. })
    ));
}

#[test]
fn a_signature_over_another_payload_type_is_no_signature_over_a_statement() {
    let case = case(SigningAlgorithm::EcdsaP256);
    let bundle = statement_bundle(&case.signer);
    // Made honestly for text/plain, then relabelled.
    let signature = case
        .signer
        .sign_message(&sigstore_types::pae("text/plain", br#"{"_type":"x"}"#))
        .unwrap();
    let mut relabelled = value(&bundle);
    relabelled["dsseEnvelope"]["signatures"][0]["sig"] = json!(STANDARD.encode(signature));
    assert!(matches!(
        verify_statement(&parse(&relabelled).unwrap(), case.signer.public_key()),
        Err(SigningError::BadSignature { .. })
    ));
}

#[test]
fn no_signature_and_two_signatures_are_refused() {
    let case = case(SigningAlgorithm::EcdsaP256);
    let mut value = value(&statement_bundle(&case.signer));
    let one = value["dsseEnvelope"]["signatures"][0].clone();
    for (signatures, count) in [(json!([]), 0), (json!([one, one]), 2)] {
        value["dsseEnvelope"]["signatures"] = signatures;
        assert!(matches!(
            parse(&value),
            Err(SigningError::SignatureCount { got }) if got == count
        ));
    }
}

#[test]
fn every_shape_but_the_one_is_refused() {
    let case = case(SigningAlgorithm::EcdsaP256);
    let good = value(&statement_bundle(&case.signer));
    let file = value(&sign_artifact(&case.signer, &Artifact::new(&case.artifact)).unwrap());
    parse(&good).unwrap();
    let broken = |edit: &dyn Fn(&mut Value)| {
        let mut value = good.clone();
        edit(&mut value);
        parse(&value).unwrap_err()
    };
    for edit in [
        &(|v: &mut Value| v["extra"] = json!(1)) as &dyn Fn(&mut Value),
        &|v| v["messageSignature"] = file["messageSignature"].clone(),
        &|v| v["verificationMaterial"]["certificate"] = json!({"rawBytes": "AAAA"}),
        &|v| v["verificationMaterial"] = json!({}),
        &|v| v["dsseEnvelope"]["payload"] = json!("***"),
        &|v| v["dsseEnvelope"]["signatures"] = json!("x"),
        &|v| drop(v.as_object_mut().unwrap().remove("dsseEnvelope")),
    ] {
        assert!(matches!(broken(edit), SigningError::MalformedBundle { .. }));
    }
    assert!(matches!(
        broken(&|v| drop(v.as_object_mut().unwrap().remove("mediaType"))),
        SigningError::UnknownMediaType { got } if got.is_empty()
    ));
    let media = "application/vnd.dev.sigstore.bundle.v0.4+json";
    assert!(matches!(
        broken(&|v| v["mediaType"] = json!(media)),
        SigningError::UnsupportedVersion { got } if got == media
    ));
    let key = case.signer.public_key();
    for (media, version) in [
        ("application/vnd.dev.sigstore.bundle+json;version=0.3", None),
        (
            "application/vnd.dev.sigstore.bundle+json;version=0.1",
            Some("0.1"),
        ),
        ("application/vnd.dev.sigstore.bundle.v0.2+json", Some("0.2")),
    ] {
        let mut value = good.clone();
        value["mediaType"] = json!(media);
        match (verify_statement(&parse(&value).unwrap(), key), version) {
            (Ok(_), None) => {}
            (Err(SigningError::OldBundle { got }), Some(want)) => assert_eq!(got, want),
            (other, _) => panic!("{media}: {other:?}"),
        }
    }
    let mut without_digest = file.clone();
    without_digest["messageSignature"]
        .as_object_mut()
        .unwrap()
        .remove("messageDigest");
    assert!(matches!(
        verify_artifact(
            &parse(&without_digest).unwrap(),
            key,
            &Artifact::new(&case.artifact)
        ),
        Err(SigningError::MalformedBundle { .. })
    ));
}

#[test]
fn a_key_twice_and_a_cut_bundle_are_refused() {
    let case = case(SigningAlgorithm::EcdsaP256);
    let json = statement_bundle(&case.signer).to_json().unwrap();
    let twice = json.replacen(
        "\"payloadType\"",
        "\"payloadType\":\"text/plain\",\"payloadType\"",
        1,
    );
    assert!(matches!(
        Bundle::parse(twice.as_bytes()),
        Err(SigningError::NotJson(JsonError::DuplicateKey { key })) if key == "payloadType"
    ));
    for cut in [0, 1, json.len() / 2, json.len() - 1] {
        assert!(matches!(
            Bundle::parse(&json.as_bytes()[..cut]),
            Err(SigningError::NotJson(JsonError::Syntax { .. }))
        ));
    }
    assert!(matches!(
        Bundle::parse(format!("{json}{json}").as_bytes()),
        Err(SigningError::NotJson(JsonError::Syntax { .. }))
    ));
}

#[test]
fn a_certificate_is_not_a_key() {
    let case = case(SigningAlgorithm::EcdsaP256);
    let mut value = value(&statement_bundle(&case.signer));
    value["verificationMaterial"] = json!({"certificate": {"rawBytes": "AAAA"}});
    let bundle = parse(&value).unwrap();
    assert!(matches!(
        verify_statement(&bundle, case.signer.public_key()),
        Err(SigningError::NotByKey)
    ));
    assert!(matches!(
        verify_artifact(
            &bundle,
            case.signer.public_key(),
            &Artifact::new(&case.artifact)
        ),
        Err(SigningError::NotByKey)
    ));
}

#[test]
fn a_file_signature_is_no_statement_and_the_reverse() {
    let case = case(SigningAlgorithm::EcdsaP256);
    let artifact = Artifact::new(&case.artifact);
    let file = sign_artifact(&case.signer, &artifact).unwrap();
    let key = case.signer.public_key();
    assert!(matches!(
        verify_statement(&file, key),
        Err(SigningError::NotAStatement)
    ));
    assert!(matches!(
        verify_artifact(&statement_bundle(&case.signer), key, &artifact),
        Err(SigningError::NotAMessage)
    ));
}

#[test]
fn weak_and_foreign_public_keys_are_refused() {
    // RSA of 1024 bits, secp256k1 and a P-256 point in compressed form: made with
    // OpenSSL 3, public halves only.
    for name in ["rsa-1024", "secp256k1", "p256-compressed"] {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("testdata/signing/public-keys")
            .join(format!("{name}.pub"));
        assert!(
            matches!(
                read_public_key(&path),
                Err(SigningError::UnsupportedPublicKey { .. })
            ),
            "{name}"
        );
    }
    for name in ["p384", "rsa-2048"] {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("testdata/signing/public-keys")
            .join(format!("{name}.pub"));
        read_public_key(&path).unwrap();
    }
    let two = format!(
        "{}{}",
        other_key().to_pem().unwrap(),
        other_key().to_pem().unwrap()
    );
    assert!(matches!(
        PublicKey::from_pem(two.as_bytes()),
        Err(SigningError::NotAPublicKey { .. })
    ));
}

#[test]
fn signatures_made_by_openssl_with_p384_and_rsa_verify() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/signing/public-keys");
    for name in ["p384", "rsa-2048"] {
        let key = read_public_key(&dir.join(format!("{name}.pub"))).unwrap();
        let signature = files::read_bounded(&dir.join(format!("{name}.sig")), 10_000).unwrap();
        key.verify_message(b"the artifact", &signature).unwrap();
        assert!(matches!(
            key.verify_message(b"the artifacT", &signature),
            Err(SigningError::BadSignature { .. })
        ));
        // The same through a bundle: the file is streamed.
        let file = dir.join("message");
        files::read_bounded(&file, 100).unwrap();
        let sha256 = crate::support::hash::sha256(b"the artifact");
        let bundle = json!({
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": key.id().hint()}},
            "messageSignature": {
                "messageDigest": {"algorithm": "SHA2_256", "digest": STANDARD.encode(sha256.bytes())},
                "signature": STANDARD.encode(&signature),
            },
        });
        verify_artifact(&parse(&bundle).unwrap(), &key, &Artifact::new(&file)).unwrap();
    }
}

#[test]
fn a_file_of_bundles_is_bounded_and_one_bad_line_hides_no_other() {
    let case = case(SigningAlgorithm::EcdsaP256);
    let line = statement_bundle(&case.signer).to_json().unwrap();
    let path = case.artifact.with_extension("attestations.jsonl");
    files::write_atomic(&path, format!("{line}\n\n{{\n{line}\n").as_bytes()).unwrap();
    let sources = read_bundles(&path).unwrap();
    let names: Vec<_> = sources
        .iter()
        .map(|source| (source.name.as_str(), source.bundle.is_ok()))
        .collect();
    assert_eq!(
        names,
        [
            ("app.attestations.jsonl:1", true),
            ("app.attestations.jsonl:3", false),
            ("app.attestations.jsonl:4", true)
        ]
    );
    assert!(matches!(
        bundle_lines("x\n".repeat(MAX_BUNDLES + 1).as_bytes()),
        Err(SigningError::TooManyBundles { .. })
    ));
    assert_eq!(bundle_lines(b"\n \n").unwrap().len(), 0);
}
