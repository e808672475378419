//! Attacks on log entries, proofs, checkpoints and promises, and on the bundle's label.

use super::{
    attack, conda, cosign, fails, flip, managed_key, push, rekor2, unreadable, upstream_json,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Relabels a v0.3 bundle as v0.1, as an attacker would who wants the weaker rules.
fn relabel(bundle: &mut Value) {
    bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.1");
    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
    let certificate = material.remove("certificate").unwrap();
    material.insert(
        "x509CertificateChain".to_owned(),
        json!({"certificates": [certificate]}),
    );
}

#[test]
fn labels_and_missing_proofs() {
    attack(
        &cosign(),
        &[
            fails("label-downgrade", "signing/old-bundle", &|s| {
                relabel(&mut s.bundle);
            }),
            fails(
                "label-downgrade-and-proof-removed",
                "signing/missing-inclusion-proof",
                &|s| {
                    relabel(&mut s.bundle);
                    s.entry().as_object_mut().unwrap().remove("inclusionProof");
                    s.add(&["--allow-old-bundles"]);
                },
            ),
            fails("proof-removed", "signing/missing-inclusion-proof", &|s| {
                s.entry().as_object_mut().unwrap().remove("inclusionProof");
            }),
            fails("proof-null", "signing/missing-inclusion-proof", &|s| {
                s.entry()["inclusionProof"] = Value::Null;
            }),
            fails("checkpoint-removed", "signing/missing-checkpoint", &|s| {
                s.proof().as_object_mut().unwrap().remove("checkpoint");
            }),
            fails("entry-removed", "signing/log-entry-count", &|s| {
                s.bundle["verificationMaterial"]["tlogEntries"] = json!([]);
            }),
            unreadable("unknown-version", "signing/malformed-bundle", &|s| {
                s.bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.4+json");
            }),
        ],
    );
    // What the label alone does not change: with the option, the relabelled bundle with
    // all its evidence verifies.
    let mut relabelled = cosign();
    relabel(&mut relabelled.bundle);
    relabelled.add(&["--allow-old-bundles"]);
    attack(&relabelled, &[]);
}

#[test]
fn inclusion_proofs_and_checkpoints() {
    let other = upstream_json("bundles/conda-attestation.sigstore.json");
    let other_proof = other["verificationMaterial"]["tlogEntries"][0]["inclusionProof"].clone();
    attack(
        &cosign(),
        &[
            fails("proof-too-long", "signing/bad-inclusion-proof", &|s| {
                let first = s.proof()["hashes"][0].clone();
                push(&mut s.proof()["hashes"], first);
            }),
            unreadable("proof-far-too-long", "signing/malformed-bundle", &|s| {
                let first = s.proof()["hashes"][0].clone();
                s.proof()["hashes"] = json!(vec![first; 65]);
            }),
            fails("proof-too-short", "signing/bad-inclusion-proof", &|s| {
                s.proof()["hashes"].as_array_mut().unwrap().pop();
            }),
            fails("proof-hash-changed", "signing/bad-inclusion-proof", &|s| {
                flip(&mut s.proof()["hashes"][3]);
            }),
            fails(
                "proof-of-another-tree",
                "signing/bad-inclusion-proof",
                &|s| {
                    *s.proof() = other_proof.clone();
                },
            ),
            fails("wrong-root", "signing/bad-inclusion-proof", &|s| {
                flip(&mut s.proof()["rootHash"]);
            }),
            fails("wrong-index", "signing/bad-inclusion-proof", &|s| {
                s.proof()["logIndex"] = json!("1");
            }),
            fails("wrong-checkpoint", "signing/bad-checkpoint", &|s| {
                s.checkpoint(|text| {
                    let mut lines: Vec<&str> = text.split('\n').collect();
                    let size = format!("{}1", lines[1]);
                    lines[1] = &size;
                    lines.join("\n")
                });
            }),
            fails("wrong-origin", "signing/bad-checkpoint", &|s| {
                s.checkpoint(|text| text.replacen("rekor.sigstore.dev", "rekor.sigstore.dex", 1));
            }),
            fails("wrong-key-hint", "signing/bad-checkpoint", &|s| {
                s.checkpoint(|text| edit_signature(text, 0));
            }),
            fails(
                "checkpoint-signature-changed",
                "signing/bad-checkpoint",
                &|s| {
                    s.checkpoint(|text| edit_signature(text, 40));
                },
            ),
            fails("checkpoint-trailing-text", "signing/bad-checkpoint", &|s| {
                s.checkpoint(|text| format!("{text}\n\nmore\n"));
            }),
        ],
    );
}

/// Changes one byte of the checkpoint's signature; the first four are the hint.
fn edit_signature(text: &str, index: usize) -> String {
    let (head, signature) = text.trim_end().rsplit_once(' ').unwrap();
    let mut bytes = STANDARD.decode(signature).unwrap();
    bytes[index] ^= 1;
    format!("{head} {}\n", STANDARD.encode(bytes))
}

#[test]
fn logs_promises_and_times() {
    attack(
        &cosign(),
        &[
            fails("forged-set", "signing/bad-inclusion-promise", &|s| {
                flip(&mut s.entry()["inclusionPromise"]["signedEntryTimestamp"]);
            }),
            fails(
                "integrated-time-moved",
                "signing/bad-inclusion-promise",
                &|s| {
                    let time: i64 = s.entry()["integratedTime"]
                        .as_str()
                        .unwrap()
                        .parse()
                        .unwrap();
                    s.entry()["integratedTime"] = json!((time - 60).to_string());
                },
            ),
            fails("unknown-log", "signing/unknown-log", &|s| {
                flip(&mut s.entry()["logId"]["keyId"]);
            }),
            // A tree head of one trusted log does not prove anything about another.
            fails(
                "entry-claims-another-trusted-log",
                "signing/bad-checkpoint",
                &|s| {
                    let own = s.entry()["logId"]["keyId"].clone();
                    let logs = s.root.as_ref().unwrap()["tlogs"]
                        .as_array()
                        .unwrap()
                        .clone();
                    let other = logs
                        .iter()
                        .find(|log| log["logId"]["keyId"] != own)
                        .unwrap();
                    s.entry()["logId"]["keyId"] = other["logId"]["keyId"].clone();
                },
            ),
            unreadable("root-names-a-log-twice", "", &|s| {
                let root = s.root.as_mut().unwrap();
                let first = root["tlogs"][0].clone();
                push(&mut root["tlogs"], first);
            }),
        ],
    );
    // Without a timestamp beside it, the promise's time is the only one.
    let times = |s: &mut super::Scene| {
        s.bundle["verificationMaterial"]["timestampVerificationData"] = json!({});
    };
    let mut twin = cosign();
    times(&mut twin);
    attack(
        &twin,
        &[
            fails("promise-removed", "signing/no-signing-time", &|s| {
                s.entry()
                    .as_object_mut()
                    .unwrap()
                    .remove("inclusionPromise");
            }),
            fails(
                "log-key-retired-before",
                "signing/bad-inclusion-promise",
                &|s| {
                    let own = s.entry()["logId"]["keyId"].clone();
                    let logs = s.root.as_mut().unwrap()["tlogs"].as_array_mut().unwrap();
                    let log = logs
                        .iter_mut()
                        .find(|log| log["logId"]["keyId"] == own)
                        .unwrap();
                    log["publicKey"]["validFor"]["end"] = json!("2023-01-01T00:00:00Z");
                },
            ),
        ],
    );
}

#[test]
fn entries_of_other_bundles_and_entries_twice() {
    let other = upstream_json("upstream/sigstore-python/a.dsse.staging-rekor-v2.txt.sigstore.json");
    let other_entry = other["verificationMaterial"]["tlogEntries"][0].clone();
    let twice = |s: &mut super::Scene| {
        let own = s.entry().clone();
        push(&mut s.bundle["verificationMaterial"]["tlogEntries"], own);
    };
    // The other entry's log is not in today's staging root, so its root comes from there.
    let mut twin = rekor2();
    twin.bundle = other.clone();
    attack(
        &rekor2(),
        &[
            fails("entry-of-another-bundle", "signing/other-log-entry", &|s| {
                *s.entry() = other_entry.clone();
            }),
            fails("entry-twice", "signing/log-entry-twice", &twice),
            fails(
                "entry-twice-for-two-logs",
                "signing/log-entry-twice",
                &|s| {
                    twice(s);
                    s.add(&["--log-entries", "2"]);
                },
            ),
            fails("two-entries-of-one-log", "signing/log-entry-twice", &|s| {
                push(
                    &mut s.bundle["verificationMaterial"]["tlogEntries"],
                    other_entry.clone(),
                );
            }),
            fails("fewer-than-asked-for", "signing/log-entry-count", &|s| {
                s.add(&["--log-entries", "2"]);
            }),
            fails("body-key-twice", "signing/malformed-log-entry", &|s| {
                let body = &mut s.entry()["canonicalizedBody"];
                let text = STANDARD.decode(body.as_str().unwrap()).unwrap();
                let text = String::from_utf8(text).unwrap();
                let twice = text.replacen('{', "{\"kind\":\"hashedrekord\",", 1);
                *body = STANDARD.encode(twice).into();
            }),
            fails("body-changed", "signing/bad-inclusion-proof", &|s| {
                let body = &mut s.entry()["canonicalizedBody"];
                let text = STANDARD.decode(body.as_str().unwrap()).unwrap();
                let text = String::from_utf8(text).unwrap();
                *body = STANDARD.encode(format!("{text} ")).into();
            }),
            unreadable("unknown-kind", "signing/malformed-bundle", &|s| {
                s.entry()["kindVersion"]["kind"] = json!("alpine");
            }),
        ],
    );
    // Rekor 1 tells the time, so an entry of another day fails there first.
    let conda_entry = upstream_json("bundles/conda-attestation.sigstore.json")
        ["verificationMaterial"]["tlogEntries"][0]
        .clone();
    attack(
        &managed_key(),
        &[
            fails(
                "entry-of-another-kind",
                "signing/unsupported-algorithm",
                &|s| *s.entry() = conda_entry.clone(),
            ),
            fails("entry-of-another-file", "signing/other-log-entry", &|s| {
                let other = upstream_json("bundles/cosign-v3-blob.sigstore.json");
                *s.entry() = other["verificationMaterial"]["tlogEntries"][0].clone();
            }),
            fails("key-entry-removed", "signing/log-entry-count", &|s| {
                s.bundle["verificationMaterial"]["tlogEntries"] = json!([]);
            }),
        ],
    );
}

#[test]
fn bytes_that_two_readers_could_understand_differently() {
    attack(
        &conda(),
        &[
            unreadable("duplicate-key", "signing/malformed-bundle", &|s| {
                let text = s.bundle.to_string();
                s.raw_bundle = Some(text.replacen(
                    "{\"dsseEnvelope\"",
                    "{\"dsseEnvelope\":{},\"dsseEnvelope\"",
                    1,
                ));
            }),
            unreadable("trailing-bytes", "signing/malformed-bundle", &|s| {
                s.raw_bundle = Some(format!("{} {{}}", s.bundle));
            }),
            unreadable("unknown-key", "signing/malformed-bundle", &|s| {
                s.entry()["inclusionprof"] = json!({});
            }),
            unreadable("empty", "signing/malformed-bundle", &|s| {
                s.raw_bundle = Some("{}".to_owned());
            }),
            unreadable("cut", "signing/malformed-bundle", &|s| {
                let text = s.bundle.to_string();
                s.raw_bundle = Some(text[..text.len() / 2].to_owned());
            }),
            unreadable("deep", "signing/malformed-bundle", &|s| {
                s.raw_bundle = Some("[".repeat(100_000));
            }),
            unreadable("bad-base64", "signing/malformed-bundle", &|s| {
                s.bundle["dsseEnvelope"]["payload"] = json!("***");
            }),
            unreadable("two-kinds-of-content", "signing/malformed-bundle", &|s| {
                s.bundle["messageSignature"] = json!({"signature": "AAAA"});
            }),
            unreadable(
                "jsonl-with-one-bad-line",
                "signing/malformed-bundle",
                &|s| {
                    s.bundle_name = "all.jsonl";
                    s.raw_bundle = Some(format!("{}\n{{\"mediaType\": \n", s.bundle));
                },
            ),
        ],
    );
    // The other lines are told all the same, and the bad one is named.
    let mut lines = conda();
    lines.bundle_name = "all.jsonl";
    lines.raw_bundle = Some(format!("{0}\n\n{0}\n", lines.bundle));
    attack(&lines, &[]);
    lines.raw_bundle = Some(format!("{}\nx\n", lines.bundle));
    let judged = lines.run();
    assert_eq!(judged.report["bundles"][0]["verified"], true);
    assert_eq!(judged.report["bundles"][1]["source"], "all.jsonl:2");
}
