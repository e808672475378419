//! Gates whose promoters have no keys.

use super::services::Sigstore;
use super::{TESTED, keyless, run, scene};
use crate::signing::{expect, key, read, sealgate, write};
use crate::signing_attacks::world::{IDENTITY, ISSUER};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

#[test]
fn an_artifact_passes_from_gate_to_gate_without_any_key() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = scene(&sigstore);
    let role = |name: &str, identity: &str| {
        format!(
            "[roles.{name}]\nidentity = \"{identity}\"\nissuer = \"{ISSUER}\"\n\
             trusted-root = \"root.json\"\nwithout-sct = true\n"
        )
    };
    let policy = |promoter: &str| {
        let text = format!(
            "schema = 1\nname = \"environments\"\nversion = 1\n{}{}[environments.staging]\n\
             promoter = \"promoter\"\n[[environments.staging.require]]\npredicate = \
             \"test-result\"\nrole = \"tester\"\nmin-tests = 1\n[environments.prod]\n\
             promoter = \"promoter\"\nrequires-vsa-from = \"staging\"\n",
            role("tester", IDENTITY),
            role("promoter", promoter)
        );
        write(&dir.path().join("policy.toml"), text.as_bytes());
    };
    let options = keyless(&sigstore, "2");
    write(&dir.path().join("output.txt"), TESTED.as_bytes());
    let test = ["test", "app.bin", "--", "sh", "-c", "cat output.txt"];
    expect(0, &mut sealgate(dir.path()), &test);
    let seal = ["seal", "app.bin", "--only", "test-result"];
    run(dir.path(), 0, &seal, &options);
    let gate = |env: &'static str| ["gate", "app.bin", "--env", env, "--policy", "policy.toml"];
    policy(IDENTITY);
    run(dir.path(), 1, &gate("prod"), &options);
    run(dir.path(), 0, &gate("staging"), &options);
    run(dir.path(), 0, &gate("prod"), &options);
    // The twin: the summary is of somebody who is not the promoter.
    policy("somebody-else@acme.example");
    let no_vsa = ["--no-vsa".to_owned()];
    run(dir.path(), 1, &gate("prod"), &no_vsa);
}

#[test]
fn a_gate_signs_its_summary_as_the_promoter_that_the_policy_names() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = scene(&sigstore);
    let policy = |identity: &str| {
        let text = format!(
            "schema = 1\nname = \"environments\"\nversion = 1\n[roles.promoter]\n\
             identity = \"{identity}\"\nissuer = \"{ISSUER}\"\ntrusted-root = \"root.json\"\n\
             without-sct = true\n[environments.prod]\npromoter = \"promoter\"\n\
             [[environments.prod.require]]\npredicate = \"test-result\"\nrole = \"promoter\"\n"
        );
        write(&dir.path().join("policy.toml"), text.as_bytes());
    };
    let gate = [
        "gate",
        "app.bin",
        "--env",
        "prod",
        "--policy",
        "policy.toml",
    ];
    let options = keyless(&sigstore, "2");
    let summary = dir.path().join("app.bin.prod.vsa.json");
    policy("somebody-else@acme.example");
    let ran = run(dir.path(), 2, &gate, &options);
    assert!(ran.stderr.contains("would not count"), "{}", ran.stderr);
    assert!(!summary.exists());
    // Nothing is attested, so it denies; that too is signed.
    policy(IDENTITY);
    run(dir.path(), 1, &gate, &options);
    let line = read(&summary);
    let bundle: Value = serde_json::from_str(&line).unwrap();
    let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap());
    let statement: Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    assert_eq!(statement["predicate"]["verificationResult"], "FAILED");
    // A key where the policy has an identity.
    let with_key = ["--key".to_owned(), key("tester.key")];
    let ran = run(dir.path(), 2, &gate, &with_key);
    assert!(ran.stderr.contains("has an identity"), "{}", ran.stderr);
    assert!(!summary.exists(), "an older summary outlives no failed run");
    // No token at all.
    write(&summary, line.as_bytes());
    write(&dir.path().join("token"), b"");
    run(dir.path(), 2, &gate, &options);
    assert!(!summary.exists(), "an older summary outlives no failed run");
}

#[test]
fn a_summary_takes_the_place_of_none_that_is_read() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = scene(&sigstore);
    let text = format!(
        "schema = 1\nname = \"environments\"\nversion = 1\n[roles.promoter]\n\
         identity = \"{IDENTITY}\"\nissuer = \"{ISSUER}\"\ntrusted-root = \"root.json\"\n\
         without-sct = true\n[environments.prod]\npromoter = \"promoter\"\n\
         requires-vsa-from = \"staging\"\n[environments.staging]\npromoter = \"promoter\"\n\
         [[environments.staging.require]]\npredicate = \"test-result\"\nrole = \"promoter\"\n"
    );
    write(&dir.path().join("policy.toml"), text.as_bytes());
    let gate = ["gate", "app.bin", "--policy", "policy.toml", "--env"];
    let options = keyless(&sigstore, "2");
    run(dir.path(), 1, &[&gate[..], &["staging"]].concat(), &options);
    let staging = dir.path().join("app.bin.staging.vsa.json");
    let before = read(&staging);
    for named in [&["--vsa-in", "app.bin.staging.vsa.json"][..], &[]] {
        let output = ["prod", "--vsa", "app.bin.staging.vsa.json"];
        let ran = run(
            dir.path(),
            2,
            &[&gate, &output[..], named].concat(),
            &options,
        );
        assert!(ran.stderr.contains("would replace"), "{}", ran.stderr);
        assert_eq!(read(&staging), before);
    }
    run(dir.path(), 1, &[&gate[..], &["prod"]].concat(), &options);
}
