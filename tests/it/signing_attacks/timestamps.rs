//! Attacks on timestamps, and on what the trusted root says about authorities.

use super::{
    attack, cosign, embedded_root, fails, flip, managed_key, rekor2, unreadable, upstream_json,
};
use serde_json::{Value, json};

#[test]
fn timestamps() {
    let other = managed_key().timestamp().clone();
    attack(
        &cosign(),
        &[
            fails(
                "timestamp-of-another-message",
                "signing/timestamp-of-other-signature",
                &|s| *s.timestamp() = other.clone(),
            ),
            fails("timestamp-garbage", "signing/bad-timestamp", &|s| {
                *s.timestamp() = json!("AAAA");
            }),
            fails(
                "timestamp-signature-changed",
                "signing/bad-timestamp",
                &|s| {
                    use base64::Engine as _;
                    use base64::engine::general_purpose::STANDARD;
                    let mut bytes = STANDARD.decode(s.timestamp().as_str().unwrap()).unwrap();
                    let last = bytes.len() - 1;
                    bytes[last] ^= 1;
                    *s.timestamp() = STANDARD.encode(bytes).into();
                },
            ),
            fails("unknown-authority", "signing/bad-timestamp", &|s| {
                let staging = embedded_root("trusted_root_staging.json");
                s.root.as_mut().unwrap()["timestampAuthorities"] =
                    staging["timestampAuthorities"].clone();
            }),
            fails("no-authority", "signing/bad-timestamp", &|s| {
                s.root.as_mut().unwrap()["timestampAuthorities"] = json!([]);
            }),
            fails(
                "timestamp-after-its-authority",
                "signing/timestamp-outside-authority",
                &|s| {
                    for authority in authorities(s.root.as_mut().unwrap()) {
                        authority["validFor"] = json!({
                            "start": "2020-01-01T00:00:00Z", "end": "2025-07-05T00:00:00Z"
                        });
                    }
                },
            ),
        ],
    );
}

fn authorities(root: &mut Value) -> &mut Vec<Value> {
    root["timestampAuthorities"].as_array_mut().unwrap()
}

#[test]
fn rekor_2_gives_no_time_of_its_own() {
    attack(
        &rekor2(),
        &[
            fails("timestamp-removed", "signing/no-signing-time", &|s| {
                s.bundle["verificationMaterial"]["timestampVerificationData"] = json!({});
            }),
            fails(
                "integrated-time-invented",
                "signing/no-signing-time",
                &|s| {
                    s.bundle["verificationMaterial"]["timestampVerificationData"] = json!({});
                    s.entry()["integratedTime"] = json!("1779781341");
                },
            ),
            fails(
                "signature-changed",
                "signing/timestamp-of-other-signature",
                &|s| flip(&mut s.bundle["dsseEnvelope"]["signatures"][0]["sig"]),
            ),
        ],
    );
}

#[test]
fn certificate_authorities_and_certificate_logs() {
    let staging = embedded_root("trusted_root_staging.json");
    attack(
        &cosign(),
        &[
            fails(
                "authority-of-another-root",
                "signing/untrusted-certificate",
                &|s| {
                    s.root.as_mut().unwrap()["certificateAuthorities"] =
                        staging["certificateAuthorities"].clone();
                },
            ),
            fails(
                "authority-retired-before",
                "signing/untrusted-certificate",
                &|s| {
                    let root = s.root.as_mut().unwrap();
                    for authority in root["certificateAuthorities"].as_array_mut().unwrap() {
                        authority["validFor"]["end"] = json!("2023-01-01T00:00:00Z");
                    }
                },
            ),
            fails(
                "certificate-logs-of-another-root",
                "signing/bad-sct",
                &|s| {
                    s.root.as_mut().unwrap()["ctlogs"] = staging["ctlogs"].clone();
                },
            ),
            fails("certificate-log-retired-before", "signing/bad-sct", &|s| {
                for log in s.root.as_mut().unwrap()["ctlogs"].as_array_mut().unwrap() {
                    log["publicKey"]["validFor"]["end"] = json!("2023-01-01T00:00:00Z");
                }
            }),
            // A genuine certificate of another day, and its holder as the signer.
            fails(
                "certificate-of-another-bundle",
                "signing/certificate-expired",
                &|s| {
                    let other = upstream_json("bundles/bundle_v3_no_signed_time.txt.sigstore.json");
                    s.bundle["verificationMaterial"]["certificate"] =
                        other["verificationMaterial"]["certificate"].clone();
                    s.set("--certificate-identity", "william@yossarian.net");
                },
            ),
            unreadable("root-key-twice", "", &|s| {
                let text = s.root.as_ref().unwrap().to_string();
                s.root = None;
                s.arguments.push("--trusted-root".to_owned());
                s.arguments.push("bundle.sigstore.json".to_owned());
                s.raw_bundle = Some(text.replacen('{', "{\"tlogs\":[],", 1));
            }),
        ],
    );
}
