//! Attacks on who must have signed: look-alikes of identities, issuers and claims.

use super::{ACTIONS, CONDA_IDENTITY, attack, conda, cosign, fails, unreadable};

const IDENTITY: &str = "--certificate-identity";
const ISSUER: &str = "--certificate-oidc-issuer";

#[test]
fn identities_and_issuers() {
    attack(
        &conda(),
        &[
            fails("identity-prefix", "signing/wrong-identity", &|s| {
                s.set(IDENTITY, &CONDA_IDENTITY[..CONDA_IDENTITY.len() - 1]);
            }),
            fails("identity-suffix", "signing/wrong-identity", &|s| {
                s.set(IDENTITY, &CONDA_IDENTITY[1..]);
            }),
            fails("identity-longer", "signing/wrong-identity", &|s| {
                s.set(IDENTITY, &format!("{CONDA_IDENTITY}x"));
            }),
            fails("identity-case", "signing/wrong-identity", &|s| {
                s.set(
                    IDENTITY,
                    &CONDA_IDENTITY.replace("prefix-dev", "Prefix-dev"),
                );
            }),
            fails("identity-of-another-kind", "signing/wrong-identity", &|s| {
                s.add(&["--certificate-identity-kind", "email"]);
            }),
            unreadable("identity-unicode-look-alike", "", &|s| {
                s.set(IDENTITY, &CONDA_IDENTITY.replace("dev", "d\u{435}v"));
            }),
            fails("issuer-look-alike", "signing/wrong-issuer", &|s| {
                s.set(
                    ISSUER,
                    &ACTIONS.replace("githubusercontent", "githubusercontents"),
                );
            }),
            fails("issuer-unicode-look-alike", "signing/wrong-issuer", &|s| {
                s.set(ISSUER, &ACTIONS.replace("actions", "acti\u{43e}ns"));
            }),
            fails("issuer-trailing-slash", "signing/wrong-issuer", &|s| {
                s.set(ISSUER, &format!("{ACTIONS}/"));
            }),
            fails("issuer-case", "signing/wrong-issuer", &|s| {
                s.set(ISSUER, &ACTIONS.replace("token", "Token"));
            }),
            fails("issuer-prefix", "signing/wrong-issuer", &|s| {
                s.set(ISSUER, &ACTIONS[..ACTIONS.len() - 4]);
            }),
            unreadable("no-issuer-on-the-public-instance", "", &|s| {
                let place = s.arguments.iter().position(|a| a == ISSUER).unwrap();
                s.arguments.drain(place..place + 2);
                s.add(&["--without-issuer"]);
            }),
            fails(
                "signed-with-a-certificate-not-the-key",
                "signing/not-by-key",
                &|s| {
                    s.arguments.clear();
                    s.key = Some(super::upstream("managed-key/key.pub"));
                },
            ),
        ],
    );
    // The message must not look as if both were the same.
    let mut look_alike = conda();
    look_alike.set(ISSUER, &ACTIONS.replace("actions", "acti\u{43e}ns"));
    let report = look_alike.run().report;
    let error = report["bundles"][0]["error"].as_str().unwrap();
    assert!(error.contains("acti\\u{43e}ns"), "{error}");
}

#[test]
fn patterns() {
    let with = |pattern: &str| {
        let mut scene = conda();
        scene.arguments[0] = "--certificate-identity-regexp".to_owned();
        scene.arguments[1] = pattern.to_owned();
        scene
    };
    let whole =
        r"^https://github\.com/prefix-dev/[a-z-]+/\.github/workflows/action\.yaml@refs/heads/main$";
    attack(
        &with(whole),
        &[
            unreadable("unanchored-pattern", "", &|s| {
                s.arguments[1] = "https://github.com/prefix-dev/".to_owned();
            }),
            unreadable("pattern-anchored-at-one-end", "", &|s| {
                s.arguments[1] = r"^https://github\.com/prefix-dev/".to_owned();
            }),
            unreadable("pattern-with-an-escaped-anchor", "", &|s| {
                s.arguments[1] = r"^https://.*\$".to_owned();
            }),
            fails("pattern-that-ends-early", "signing/wrong-identity", &|s| {
                s.arguments[1] = r"^https://github\.com/prefix-dev/$".to_owned();
            }),
            fails(
                "pattern-with-an-open-alternative",
                "signing/wrong-identity",
                &|s| {
                    s.arguments[1] = r"^https://github\.com/prefix-dev/|x$".to_owned();
                },
            ),
            fails("pattern-in-several-lines", "signing/wrong-identity", &|s| {
                s.arguments[1] = r"^(?m)https://github\.com/prefix-dev/$".to_owned();
            }),
        ],
    );
}

#[test]
fn every_claim_of_a_certificate_is_a_condition() {
    let twin = conda().run();
    let claims = twin.report["bundles"][0]["signer"]["claims"]
        .as_object()
        .unwrap()
        .clone();
    assert!(claims.len() >= 19, "{claims:#?}");
    let mut all = conda();
    for (name, value) in &claims {
        all.add(&[
            "--require-claim",
            &format!("{name}={}", value.as_str().unwrap()),
        ]);
    }
    attack(&all, &[]);
    for name in claims.keys() {
        let wrong = match name.as_str() {
            name if name.ends_with("uri") => "https://github.com/acme/other".to_owned(),
            name if name.ends_with("digest") || name.ends_with("sha") => "0".repeat(40),
            "runner-environment" => "self-hosted".to_owned(),
            "source-repository-visibility" => "private".to_owned(),
            _ => "other".to_owned(),
        };
        let mut scene = all.clone();
        scene.add(&["--require-claim", &format!("{name}={wrong}")]);
        let judged = scene.run();
        assert_eq!(
            (judged.code, judged.reason.as_deref()),
            (1, Some("signing/wrong-claim")),
            "{name}"
        );
    }
}

#[test]
fn claims_that_are_missing_or_cannot_be() {
    attack(
        &cosign(),
        &[
            // A person's certificate makes no claims about a build.
            fails("claim-missing", "signing/wrong-claim", &|s| {
                s.add(&["--require-claim", "build-trigger=push"]);
            }),
            unreadable("claim-unknown", "", &|s| {
                s.add(&["--require-claim", "build-triger=push"]);
            }),
            unreadable("claim-impossible", "", &|s| {
                s.add(&["--require-claim", "source-repository-digest=main"]);
            }),
        ],
    );
}
