//! Attacks on signatures by key: kinds of keys, hints, malleable signatures.

use super::{Scene, attack, fails, managed_key, unreadable};
use crate::signing::{expect, key, read, sealgate, write};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::path::Path;
use std::process::Command;

const ARTIFACT: &[u8] = b"the artifact\n";

/// A bundle of `sealgate sign` with one of the keys of the tests.
fn signed(name: &str) -> Scene {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("app"), ARTIFACT);
    let private = key(&format!("{name}.key"));
    expect(
        0,
        &mut sealgate(dir.path()),
        &["sign", "app", "--key", &private],
    );
    let bundle = serde_json::from_str(&read(&dir.path().join("app.sigstore.json"))).unwrap();
    let mut scene = Scene::new(ARTIFACT, bundle, &[]);
    scene.key = Some(public(name));
    scene
}

fn public(name: &str) -> Vec<u8> {
    read(Path::new(&key(&format!("{name}.pub")))).into_bytes()
}

fn testdata(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/signing/public-keys")
        .join(name);
    read(&path).into_bytes()
}

/// Takes the name of the key out of the bundle: then only the signature decides.
fn without_hint(scene: &mut Scene) {
    scene.bundle["verificationMaterial"]["publicKey"] = json!({});
}

#[test]
fn keys_of_other_kinds_and_other_signers() {
    let mut twin = signed("tester");
    without_hint(&mut twin);
    attack(
        &twin,
        &[
            fails("stranger", "signing/bad-signature", &|s| {
                s.key = Some(public("stranger"));
            }),
            fails("rsa-key-for-ecdsa", "signing/bad-signature", &|s| {
                s.key = Some(testdata("rsa-2048.pub"));
            }),
            fails("p384-key-for-p256", "signing/bad-signature", &|s| {
                s.key = Some(testdata("p384.pub"));
            }),
            fails("ed25519-key-for-ecdsa", "signing/bad-signature", &|s| {
                s.key = Some(public("builder"));
            }),
            unreadable("rsa-1024", "", &|s| s.key = Some(testdata("rsa-1024.pub"))),
            unreadable("secp256k1", "", &|s| {
                s.key = Some(testdata("secp256k1.pub"));
            }),
            unreadable("compressed-point", "", &|s| {
                s.key = Some(testdata("p256-compressed.pub"));
            }),
            unreadable("private-key-as-public", "", &|s| {
                s.key = Some(read(Path::new(&key("tester.key"))).into_bytes());
            }),
        ],
    );
    attack(
        &signed("tester"),
        &[
            fails("names-another-key", "signing/wrong-key", &|s| {
                s.key = Some(public("stranger"));
            }),
            // A name is not a signature: the hint of a trusted key on a bundle of others.
            fails("key-id-collision", "signing/bad-signature", &|s| {
                s.bundle["messageSignature"] =
                    signed("stranger").bundle["messageSignature"].clone();
            }),
            fails("identity-for-a-key", "signing/not-by-certificate", &|s| {
                s.key = None;
                s.add(&[
                    "--certificate-identity",
                    "a@acme.example",
                    "--certificate-oidc-issuer",
                    "https://accounts.acme.example",
                ]);
            }),
            unreadable("key-and-identity-at-once", "", &|s| {
                s.add(&[
                    "--certificate-identity",
                    "a@acme.example",
                    "--certificate-oidc-issuer",
                    "https://accounts.acme.example",
                ]);
            }),
            fails("log-entry-asked-for", "signing/log-entry-count", &|s| {
                s.add(&["--log-entries", "1"]);
            }),
        ],
    );
}

#[test]
fn a_key_bundle_with_several_trusted_keys_is_judged_by_the_one_that_it_names() {
    let mut scene = signed("tester");
    scene.add(&["--key", &key("stranger.pub")]);
    attack(&scene, &[]);
    scene.bundle["messageSignature"] = signed("builder").bundle["messageSignature"].clone();
    let judged = scene.run();
    assert_eq!(judged.reason.as_deref(), Some("signing/bad-signature"));
}

/// The log entry and the timestamp of the bundle are of 2025-12-18.
#[test]
fn a_retired_key_counts_for_what_was_signed_before() {
    let dir = tempfile::tempdir().unwrap();
    write(
        &dir.path().join("k.pub"),
        &super::upstream("managed-key/key.pub"),
    );
    let keys = dir.path().join("keys.toml");
    let mut twin = managed_key();
    twin.key = None;
    twin.add(&["--trusted-keys", &keys.display().to_string()]);
    let trust = |lines: &str| {
        let text = format!("schema = 1\n[[key]]\nkey = \"k.pub\"\n{lines}\n");
        write(&keys, text.as_bytes());
    };
    trust("from = \"2025-01-01T00:00:00Z\"\nuntil = \"2025-12-31T00:00:00Z\"");
    attack(
        &twin,
        &[
            fails("key-not-used-yet", "signing/key-outside-time", &|_| {
                trust("from = \"2025-12-19T00:00:00Z\"");
            }),
            fails("key-retired-before", "signing/key-outside-time", &|_| {
                trust("until = \"2025-12-17T00:00:00Z\"");
            }),
            // Without a proved time a retired key says nothing: it may have leaked since.
            fails(
                "retired-key-without-a-time",
                "signing/key-outside-time",
                &|s| {
                    trust("until = \"2025-12-31T00:00:00Z\"");
                    s.set("--log-entries", "0");
                    s.bundle["verificationMaterial"]["tlogEntries"] = json!([]);
                    s.bundle["verificationMaterial"]["timestampVerificationData"] = json!({});
                },
            ),
            unreadable("time-that-ends-before-it-starts", "", &|_| {
                trust("from = \"2026-01-01T00:00:00Z\"\nuntil = \"2025-12-31T00:00:00Z\"");
            }),
            unreadable("key-twice", "", &|_| trust("[[key]]\nkey = \"k.pub\"")),
            unreadable("unknown-option", "", &|_| trust("untill = \"x\"")),
        ],
    );
}

fn spki_ed25519(point: &[u8; 32]) -> Vec<u8> {
    let mut der = hex::decode("302a300506032b6570032100").unwrap();
    der.extend(point);
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der)
    )
    .into_bytes()
}

/// RFC 8032, section 7.1, test 3 has the message `af82`. The signature of Ed25519ph over
/// `abc` was made, and verified as such, with Go's `crypto/ed25519` and the seed 07…07.
#[test]
fn ed25519_against_ed25519ph_and_low_order_points() {
    let pure = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    let signature = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
                     18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
    let prehashed_key = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    let prehashed = "a9ac9afe78029192356e8c4602e069659a62325c692daabed85cddae2087d16b\
                     a9d8624a5cad902c5f007d9c0a5c8f8cee3be19edafa2e149a8cceedf144140d";
    let point = |text: &str| <[u8; 32]>::try_from(hex::decode(text).unwrap()).unwrap();
    let bundle = |message: &[u8], signature: &[u8]| {
        let digest = sealgate::support::hash::sha256(message);
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": ""}},
            "messageSignature": {
                "messageDigest": {
                    "algorithm": "SHA2_256", "digest": STANDARD.encode(digest.bytes())
                },
                "signature": STANDARD.encode(signature),
            },
        })
    };
    let mut twin = Scene::new(
        &hex::decode("af82").unwrap(),
        bundle(
            &hex::decode("af82").unwrap(),
            &hex::decode(signature).unwrap(),
        ),
        &[],
    );
    twin.key = Some(spki_ed25519(&point(pure)));
    // With the neutral element as key, R = S·B makes a signature of every message.
    let mut neutral = [0_u8; 32];
    neutral[0] = 1;
    let mut forged = [0_u8; 64];
    forged[0] = 1;
    attack(
        &twin,
        &[
            fails("ed25519ph", "signing/bad-signature", &|s| {
                s.artifact = Ok(b"abc".to_vec());
                s.bundle = bundle(b"abc", &hex::decode(prehashed).unwrap());
                s.key = Some(spki_ed25519(&point(prehashed_key)));
            }),
            unreadable("low-order-point", "", &|s| {
                s.bundle = bundle(&hex::decode("af82").unwrap(), &forged);
                s.key = Some(spki_ed25519(&neutral));
            }),
            fails("s-not-reduced", "signing/bad-signature", &|s| {
                // S + L is the same number modulo the order: RFC 8032 demands S < L.
                let order =
                    hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
                        .unwrap();
                let mut bytes = hex::decode(signature).unwrap();
                let mut carry = 0_u16;
                for (byte, add) in bytes[32..].iter_mut().zip(order) {
                    carry += u16::from(*byte) + u16::from(add);
                    *byte = carry as u8;
                    carry >>= 8;
                }
                s.bundle = bundle(&hex::decode("af82").unwrap(), &bytes);
            }),
            unreadable("digest-alone-for-ed25519", "signing/needs-file", &|s| {
                let digest = sealgate::support::hash::sha256(s.artifact.as_ref().unwrap());
                s.artifact = Err(digest.to_string());
            }),
        ],
    );
}

/// The other signature `(r, n - s)` of the same message and key (P-256).
fn malleated(signature: &[u8]) -> Vec<u8> {
    let order =
        hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    // SEQUENCE { INTEGER r, INTEGER s }, all lengths under 128.
    let r_length = usize::from(signature[3]);
    let r = &signature[2..4 + r_length];
    let s_length = usize::from(signature[5 + r_length]);
    let s = &signature[6 + r_length..6 + r_length + s_length];
    let mut padded = vec![0; 32_usize.saturating_sub(s.len())];
    padded.extend(&s[s.len().saturating_sub(32)..]);
    let mut other = vec![0_u8; 32];
    let mut borrow = 0_i16;
    for index in (0..32).rev() {
        let mut digit = i16::from(order[index]) - i16::from(padded[index]) - borrow;
        borrow = i16::from(digit < 0);
        digit += borrow * 256;
        other[index] = digit as u8;
    }
    while other.len() > 1 && other[0] == 0 && other[1] < 0x80 {
        other.remove(0);
    }
    if other[0] >= 0x80 {
        other.insert(0, 0);
    }
    let mut body = r.to_vec();
    body.extend([2, other.len() as u8]);
    body.extend(&other);
    let mut der = vec![0x30, body.len() as u8];
    der.extend(&body);
    der
}

#[test]
fn a_malleable_signature_is_not_the_logged_one() {
    let change = |s: &mut Scene| {
        let value = &mut s.bundle["messageSignature"]["signature"];
        let bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
        *value = STANDARD.encode(malleated(&bytes)).into();
    };
    let without_timestamp = |s: &mut Scene| {
        s.bundle["verificationMaterial"]["timestampVerificationData"] = json!({});
    };
    let mut twin = managed_key();
    without_timestamp(&mut twin);
    attack(
        &twin,
        &[fails(
            "malleable-signature",
            "signing/other-log-entry",
            &change,
        )],
    );
    attack(
        &managed_key(),
        &[fails(
            "malleable-signature-with-a-timestamp",
            "signing/timestamp-of-other-signature",
            &change,
        )],
    );
    // It is a signature by the key all the same: nothing was forged, and where no log
    // and no timestamp are asked for, there is nothing that it contradicts.
    let mut alone = signed("tester");
    change(&mut alone);
    assert_eq!(alone.run().code, 0);
}

/// A P-384 key signs with SHA-384; OpenSSL makes the signatures.
#[test]
fn p384_needs_its_own_hash() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: openssl is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl")
            .current_dir(dir.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    write(&dir.path().join("app"), ARTIFACT);
    openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-384",
        "-out",
        "k.pem",
    ]);
    let public = openssl(&["pkey", "-in", "k.pem", "-pubout"]);
    let bundle = |name: &str, hash: &str| {
        let digest = openssl(&["dgst", hash, "-binary", "app"]);
        let signature = openssl(&["dgst", hash, "-sign", "k.pem", "app"]);
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {}},
            "messageSignature": {
                "messageDigest": {"algorithm": name, "digest": STANDARD.encode(digest)},
                "signature": STANDARD.encode(signature),
            },
        })
    };
    let mut twin = Scene::new(ARTIFACT, bundle("SHA2_384", "-sha384"), &[]);
    twin.key = Some(public);
    attack(
        &twin,
        &[
            fails("p384-hash-mismatch", "signing/bad-signature", &|s| {
                s.bundle = bundle("SHA2_256", "-sha256");
            }),
            unreadable("p384-by-sha256-digest-alone", "signing/needs-file", &|s| {
                s.artifact = Err(sealgate::support::hash::sha256(ARTIFACT).to_string());
            }),
        ],
    );
}
