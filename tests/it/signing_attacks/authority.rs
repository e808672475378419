//! Attacks with certificates of an authority of our own.

use super::world::{ARTIFACT, ISSUER, Kind, Leaf, World};
use super::{attack, fails, unreadable};
use rcgen::SanType;

fn email(text: &str) -> SanType {
    SanType::Rfc822Name(text.try_into().unwrap())
}

#[test]
fn certificates_that_sigstore_would_not_issue() {
    let Some(world) = World::new() else {
        return;
    };
    let with = |edit: &dyn Fn(&mut Leaf)| {
        let mut leaf = Leaf::default();
        edit(&mut leaf);
        world.bundle(&leaf)
    };
    attack(
        &world.scene(&Leaf::default()),
        &[
            fails(
                "certificate-expired-at-signing",
                "signing/certificate-expired",
                &|s| {
                    s.bundle = with(&|leaf| leaf.years = (2020, 2021));
                },
            ),
            fails(
                "certificate-not-yet-valid",
                "signing/certificate-not-yet-valid",
                &|s| {
                    s.bundle = with(&|leaf| leaf.years = (2089, 2090));
                },
            ),
            fails("not-from-the-root", "signing/untrusted-certificate", &|s| {
                s.bundle = world.bundle_by(&Leaf::default(), &world.impostor());
            }),
            fails(
                "not-for-signing-code",
                "signing/untrusted-certificate",
                &|s| {
                    s.bundle = with(&|leaf| leaf.code_signing = false);
                },
            ),
            fails("without-sct", "signing/missing-sct", &|s| {
                s.arguments.retain(|argument| argument != "--without-sct");
            }),
            fails("without-log", "signing/log-entry-count", &|s| {
                s.set("--log-entries", "1");
            }),
            fails("two-names", "signing/bad-certificate", &|s| {
                s.bundle = with(&|leaf| leaf.names.push(email("evil@acme.example")));
            }),
            fails("another-name-first", "signing/bad-certificate", &|s| {
                s.bundle = with(&|leaf| leaf.names.insert(0, email("evil@acme.example")));
            }),
            fails("no-name", "signing/bad-certificate", &|s| {
                s.bundle = with(&|leaf| leaf.names.clear());
            }),
            fails("name-of-another-kind", "signing/bad-certificate", &|s| {
                s.bundle = with(&|leaf| {
                    leaf.names = vec![SanType::DnsName("acme.example".try_into().unwrap())];
                });
            }),
            fails("no-issuer", "signing/wrong-issuer", &|s| {
                s.bundle = with(&|leaf| leaf.issuer = None);
            }),
            fails("issuer-look-alike", "signing/wrong-issuer", &|s| {
                s.bundle = with(&|leaf| {
                    leaf.issuer = Some(ISSUER.replace("acme", "\u{430}cme"));
                });
            }),
            fails("issuer-with-nul", "signing/wrong-issuer", &|s| {
                s.bundle = with(&|leaf| leaf.issuer = Some(format!("{ISSUER}\0.evil.example")));
            }),
            fails("name-with-nul", "signing/wrong-identity", &|s| {
                s.bundle = with(&|leaf| {
                    leaf.names = vec![email("release@acme.example\0.evil.example")];
                });
            }),
            fails("timestamp-removed", "signing/no-signing-time", &|s| {
                s.bundle["verificationMaterial"]["timestampVerificationData"] =
                    serde_json::json!({});
            }),
        ],
    );
}

#[test]
fn no_issuer_is_accepted_only_where_it_is_said() {
    let Some(world) = World::new() else {
        return;
    };
    let mut twin = world.scene(&Leaf {
        issuer: None,
        ..Leaf::default()
    });
    let place = twin
        .arguments
        .iter()
        .position(|argument| argument == "--certificate-oidc-issuer")
        .unwrap();
    twin.arguments.drain(place..place + 2);
    twin.add(&["--without-issuer"]);
    attack(
        &twin,
        &[fails("an-issuer-after-all", "signing/wrong-issuer", &|s| {
            s.bundle = world.bundle(&Leaf::default());
        })],
    );
}

#[test]
fn certified_keys_of_every_kind() {
    let Some(world) = World::new() else {
        return;
    };
    for kind in [Kind::P384, Kind::Ed25519] {
        let leaf = Leaf {
            kind,
            ..Leaf::default()
        };
        attack(
            &world.scene(&leaf),
            &[
                fails("other-artifact", "signing/other-subject", &|s| {
                    s.artifact = Ok(b"other bytes".to_vec());
                    // What the signature is over is found out first where the key signs
                    // whole messages.
                    if matches!(kind, Kind::Ed25519) {
                        s.artifact = Ok(ARTIFACT.to_vec());
                        s.bundle["messageSignature"]["messageDigest"]["digest"] =
                            serde_json::json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
                    }
                }),
                unreadable("digest-alone", "signing/needs-file", &|s| {
                    s.artifact = Err(sealgate::support::hash::sha256(ARTIFACT).to_string());
                }),
            ],
        );
    }
}
