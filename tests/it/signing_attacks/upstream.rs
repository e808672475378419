//! Every bundle that Sigstore's own clients are tested with must be judged rightly.
//!
//! The cases of the crate `sigstore-verify` always run. The official client conformance
//! suite runs where `../shared/conformance/sigstore-conformance.tar.gz` is: its
//! `test/assets/bundle-verify/` has a directory for each case, `_fail` at the end of the
//! name where verification must fail.

use super::{ACTIONS, GITHUB_LOGIN, Scene, upstream, upstream_json};
use crate::conformance::unpack;
use serde_json::Value;
use std::collections::BTreeMap;

/// The artifact that most bundles of the suites are about.
const A_TXT: &str = "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf";
const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// The artifact of GitHub's attestation for a private repository.
const COMMUNIQUE: &str = "sha256:76f1fe8593bf227cca2c089e3c16dc95014a8d3e89c5dd2";

/// A bundle of the crate, with any identity of an issuer.
fn by_anybody(bundle: &str, artifact: &str, issuer: &[&str], more: &[&str]) -> Scene {
    let mut scene = Scene::new(
        b"",
        upstream_json(bundle),
        &["--certificate-identity-regexp", "^.*$"],
    );
    scene.artifact = Err(artifact.to_owned());
    scene.add(issuer);
    scene.add(more);
    scene
}

fn issuer(issuer: &str) -> [&str; 2] {
    ["--certificate-oidc-issuer", issuer]
}

#[test]
fn bundles_of_sigstores_clients_verify() {
    let old = "--allow-old-bundles";
    let rekor2_root = |scene: &mut Scene, path: &str| scene.root = Some(upstream_json(path));
    let mut with_roots = [
        by_anybody(
            "invalid-ct-key_fail/bundle.sigstore.json",
            A_TXT,
            &issuer(ACTIONS),
            &[old],
        ),
        by_anybody(
            "sct-multi-intermediate/staging_bundle.sigstore.json",
            EMPTY,
            &issuer(ACTIONS),
            &[],
        ),
        by_anybody("timestamps/valid_bundle.json", A_TXT, &issuer(ACTIONS), &[]),
    ];
    rekor2_root(
        &mut with_roots[1],
        "sct-multi-intermediate/staging_trusted_root.json",
    );
    let github = github_digest();
    let cases = [
        ("rekor 1, promise and timestamp", super::cosign()),
        ("rekor 1 dsse", super::conda()),
        ("rekor 2 dsse", super::rekor2()),
        ("managed key", super::managed_key()),
        ("v0.1 with the proof", with_roots[0].clone()),
        ("two authorities of one name", with_roots[1].clone()),
        ("rekor 2 message", {
            let mut scene = by_anybody(
                "upstream/sigstore-python/staging-rekor-v2.txt.sigstore.json",
                "",
                &issuer(GITHUB_LOGIN),
                &["--staging"],
            );
            scene.artifact = Ok(upstream("upstream/sigstore-python/staging-rekor-v2.txt"));
            scene
        }),
        (
            "rekor 2 dsse of sigstore-python",
            by_anybody(
                "upstream/sigstore-python/a.dsse.staging-rekor-v2.txt.sigstore.json",
                A_TXT,
                &issuer(ACTIONS),
                &["--staging"],
            ),
        ),
        ("rekor 2, another workflow", {
            let mut scene = with_roots[2].clone();
            scene.add(&["--staging"]);
            scene
        }),
        (
            "v0.2 of GitHub",
            by_anybody(
                "bundles/bundle_v3_github.whl.sigstore",
                "sha256:c4e92e9ecc828bef2aa7dba1de8ac983511f7532a0df11c770d39099a25cf201",
                &issuer(ACTIONS),
                &[old],
            ),
        ),
        (
            "GitHub's release attestation",
            by_anybody(
                "bundles/github-private-attestation.sigstore.json",
                &github,
                &["--without-issuer"],
                &["--github"],
            ),
        ),
    ];
    let mut passed = 0;
    let mut wrong = Vec::new();
    for (name, scene) in &cases {
        let judged = scene.run();
        match judged.code {
            0 => passed += 1,
            _ => wrong.push(format!("{name}: {judged:#?}")),
        }
    }
    println!("{passed} of {} valid bundles verify", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn github_digest() -> String {
    use base64::Engine as _;
    let bundle = upstream_json("bundles/github-private-attestation.sigstore.json");
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    let payload = base64::engine::general_purpose::STANDARD
        .decode(payload)
        .unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    let digest = statement["subject"][1]["digest"]["sha256"]
        .as_str()
        .unwrap();
    let digest = format!("sha256:{digest}");
    assert!(digest.starts_with(COMMUNIQUE));
    digest
}

#[test]
fn bundles_that_sigstores_clients_refuse_are_refused() {
    let old = "--allow-old-bundles";
    let login = issuer(GITHUB_LOGIN);
    let github = github_digest();
    let cases = [
        (
            "bundles/bundle_cve_2022_36056.txt.sigstore",
            &login[..],
            vec!["--staging"],
            A_TXT,
            "signing/other-log-entry",
        ),
        (
            "bundles/bundle_invalid_version.txt.sigstore",
            &login[..],
            vec!["--staging"],
            A_TXT,
            "signing/malformed-bundle",
        ),
        (
            "bundles/bundle_no_cert_v1.txt.sigstore",
            &login[..],
            vec![old],
            A_TXT,
            "signing/not-by-certificate",
        ),
        (
            "bundles/bundle_no_checkpoint.txt.sigstore",
            &login[..],
            vec![old, "--staging"],
            A_TXT,
            "signing/missing-checkpoint",
        ),
        (
            "bundles/bundle_no_log_entry.txt.sigstore",
            &["--certificate-oidc-issuer", "https://accounts.google.com"][..],
            vec![old],
            A_TXT,
            "signing/log-entry-count",
        ),
        (
            "bundles/bundle_v3_no_signed_time.txt.sigstore.json",
            &login[..],
            vec![],
            A_TXT,
            "signing/no-signing-time",
        ),
        (
            "bundles/dsse-2sigs.sigstore.json",
            &login[..],
            vec![old],
            A_TXT,
            "signing/signature-count",
        ),
        // Valid, but without the proof that we require whatever the label says.
        (
            "bundles/dsse.sigstore.json",
            &login[..],
            vec![old],
            A_TXT,
            "signing/missing-inclusion-proof",
        ),
        (
            "bundles/othername.sigstore.json",
            &login[..],
            vec![],
            A_TXT,
            "signing/bad-certificate",
        ),
        // GitHub's certificate on the public instance, and without saying what it lacks.
        (
            "bundles/github-private-attestation.sigstore.json",
            &login[..],
            vec![],
            &github,
            "signing/wrong-issuer",
        ),
    ];
    let mut refused = 0;
    for (bundle, issuer, more, artifact, reason) in &cases {
        let judged = by_anybody(bundle, artifact, issuer, more).run();
        assert_eq!(
            judged.reason.as_deref(),
            Some(*reason),
            "{bundle}: {judged:#?}"
        );
        assert!(matches!(judged.code, 1 | 2), "{bundle}");
        refused += 1;
    }
    let mut broken = by_anybody(
        "invalid-ct-key_fail/bundle.sigstore.json",
        A_TXT,
        &issuer(ACTIONS),
        &[old],
    );
    broken.root = Some(upstream_json("invalid-ct-key_fail/trusted_root.json"));
    assert_ne!(broken.run().code, 0);
    println!(
        "{} of {} invalid bundles are refused",
        refused + 1,
        cases.len() + 1
    );
}

/// What the suite's cases are signed by where they do not say otherwise.
const BEACON: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";

/// One case of a directory: `None` where it has no bundle.
fn conformance_case(files: &BTreeMap<String, Vec<u8>>, directory: &str) -> Option<Scene> {
    let file = |name: &str| files.get(&format!("{directory}/{name}"));
    let parse = |bytes: &Vec<u8>| serde_json::from_slice::<Value>(bytes).ok();
    let bundle = file("bundle.sigstore.json")?;
    let default = directory
        .rsplit_once('/')
        .map(|(all, _)| format!("{all}/a.txt"))?;
    let artifact = file("artifact").or_else(|| files.get(&default))?;
    let mut scene = Scene::new(artifact, Value::Null, &["--allow-old-bundles"]);
    scene.raw_bundle = Some(String::from_utf8_lossy(bundle).into_owned());
    scene.root = file("trusted_root.json").and_then(parse);
    scene.key = file("key.pub").cloned();
    match &scene.key {
        Some(_) => scene.add(&["--log-entries", "1"]),
        None => scene.add(&[
            "--certificate-identity",
            BEACON,
            "--certificate-oidc-issuer",
            ACTIONS,
        ]),
    }
    Some(scene)
}

/// Runs every case of a suite; how many passed as they must, and what did not.
fn run_conformance(files: &BTreeMap<String, Vec<u8>>) -> ([usize; 2], Vec<String>) {
    let mut right = [0, 0];
    let mut wrong = Vec::new();
    let directories: std::collections::BTreeSet<&str> = files
        .keys()
        .filter(|path| path.contains("bundle-verify/"))
        .filter_map(|path| path.rsplit_once('/').map(|(directory, _)| directory))
        .collect();
    for directory in directories {
        let Some(scene) = conformance_case(files, directory) else {
            continue;
        };
        let judged = scene.run();
        let must_fail = directory.ends_with("_fail");
        match (must_fail, judged.code) {
            (false, 0) => right[0] += 1,
            (true, 1 | 2) => right[1] += 1,
            _ => wrong.push(format!("{directory}: {judged:#?}")),
        }
    }
    (right, wrong)
}

#[test]
fn the_official_conformance_suite() {
    let Some(files) = unpack("sigstore-conformance.tar.gz") else {
        return;
    };
    let (right, wrong) = run_conformance(&files);
    println!(
        "conformance: {} valid verify, {} invalid are refused",
        right[0], right[1]
    );
    assert!(right[0] > 0 && right[1] > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The runner itself, on three cases in the suite's layout.
#[test]
fn the_conformance_runner_tells_right_from_wrong() {
    let case = |name: &str| format!("test/assets/bundle-verify/{name}");
    let mut files = BTreeMap::from([
        (case("a.txt"), upstream("managed-key/artifact.txt")),
        (
            case("managed-key/bundle.sigstore.json"),
            upstream("managed-key/bundle.sigstore.json"),
        ),
        (case("managed-key/key.pub"), upstream("managed-key/key.pub")),
        (
            case("no-time_fail/bundle.sigstore.json"),
            upstream("bundles/bundle_v3_no_signed_time.txt.sigstore.json"),
        ),
    ]);
    let (right, wrong) = run_conformance(&files);
    assert_eq!((right, wrong.len()), ([1, 1], 0), "{wrong:#?}");
    // A case that is judged wrongly is told.
    let bundle = files[&case("managed-key/bundle.sigstore.json")].clone();
    files.insert(case("k_fail/bundle.sigstore.json"), bundle);
    files.insert(case("k_fail/key.pub"), upstream("managed-key/key.pub"));
    assert_eq!(run_conformance(&files).1.len(), 1);
}
