//! Attacks on what is signed: envelopes, statements and digests.

use super::{attack, conda, cosign, fails, flip, push, unreadable};
use serde_json::json;

#[test]
fn artifacts_and_digests() {
    attack(
        &cosign(),
        &[
            fails("other-artifact", "signing/other-subject", &|s| {
                s.artifact = Ok(b"other bytes".to_vec());
            }),
            fails("other-digest", "signing/other-subject", &|s| {
                s.artifact = Err(format!("sha256:{}", "00".repeat(32)));
            }),
            fails("digest-changed", "signing/bad-signature", &|s| {
                flip(&mut s.bundle["messageSignature"]["messageDigest"]["digest"]);
            }),
            unreadable("digest-cut", "signing/malformed-bundle", &|s| {
                s.bundle["messageSignature"]["messageDigest"]["digest"] = json!("AAAA");
            }),
            fails("sha1", "signing/unsupported-algorithm", &|s| {
                s.bundle["messageSignature"]["messageDigest"]["algorithm"] = json!("SHA1");
            }),
            fails(
                "algorithm-in-another-spelling",
                "signing/unsupported-algorithm",
                &|s| {
                    s.bundle["messageSignature"]["messageDigest"]["algorithm"] = json!("sha256");
                },
            ),
            fails("sha512", "signing/unsupported-algorithm", &|s| {
                s.bundle["messageSignature"]["messageDigest"]["algorithm"] = json!("SHA2_512");
            }),
        ],
    );
    let mut by_digest = cosign();
    let digest = sealgate::support::hash::sha256(by_digest.artifact.as_ref().unwrap());
    by_digest.artifact = Err(digest.to_string());
    attack(
        &by_digest,
        &[unreadable("digest-in-upper-case", "", &|s| {
            s.artifact = Err(format!("sha256:{}", digest.hex().to_uppercase()));
        })],
    );
}

#[test]
fn envelopes() {
    attack(
        &conda(),
        &[
            fails("other-artifact", "signing/other-subject", &|s| {
                s.artifact = Ok(b"other bytes".to_vec());
            }),
            fails("payload-type-changed", "signing/wrong-payload-type", &|s| {
                s.bundle["dsseEnvelope"]["payloadType"] = json!("text/plain");
            }),
            unreadable("two-signatures", "signing/signature-count", &|s| {
                let own = s.bundle["dsseEnvelope"]["signatures"][0].clone();
                push(&mut s.bundle["dsseEnvelope"]["signatures"], own);
            }),
            unreadable("no-signature", "signing/signature-count", &|s| {
                s.bundle["dsseEnvelope"]["signatures"] = json!([]);
            }),
            fails("signature-changed", "signing/bad-signature", &|s| {
                flip(&mut s.bundle["dsseEnvelope"]["signatures"][0]["sig"]);
            }),
        ],
    );
}

#[test]
fn subjects_that_are_not_signed() {
    let other = "00".repeat(32);
    attack(
        &conda(),
        &[
            fails("subject-swapped", "signing/bad-signature", &|s| {
                s.artifact = Ok(b"other bytes".to_vec());
                let digest = sealgate::support::hash::sha256(b"other bytes").hex();
                s.payload(|v| v["subject"][0]["digest"]["sha256"] = json!(digest));
            }),
            fails("subject-extra", "signing/bad-signature", &|s| {
                s.payload(|v| {
                    push(
                        &mut v["subject"],
                        json!({"name": "x", "digest": {"sha256": other}}),
                    );
                });
            }),
            fails("subject-empty", "signing/unusable-subject", &|s| {
                s.payload(|v| v["subject"] = json!([]));
            }),
            fails("subject-sha1-only", "signing/unusable-subject", &|s| {
                s.payload(|v| v["subject"][0]["digest"] = json!({"sha1": "00".repeat(20)}));
            }),
            fails("subject-upper-case", "signing/unusable-subject", &|s| {
                s.payload(|v| {
                    let hex = v["subject"][0]["digest"]["sha256"].as_str().unwrap();
                    v["subject"][0]["digest"]["sha256"] = json!(hex.to_uppercase());
                });
            }),
        ],
    );
}
