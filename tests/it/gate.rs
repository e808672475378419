//! Attacks on the gate through the program: each is one mutation of a passing case, with
//! the exact reason ids and the exact exit code.

mod page;
pub mod scene;

use crate::signing::{expect, key, names, read, sealgate, write};
use scene::{
    AN_HOUR_AGO, ARTIFACT, NOW, Scene, TEST_RESULT, YESTERDAY, decision, edited, passing,
    passing_scene, sign, statement, test_result, tested,
};
use sealgate::support::hash::sha256;
use serde_json::{Value, json};

#[test]
fn one_changed_byte_makes_it_another_artifact() {
    let scene = passing_scene();
    write(&scene.path("app.bin"), b"the artifacT\n");
    let page = scene.staging(1, &["gate/other-subject"]);
    assert_eq!(page["evidence"][0]["why_not"], "is about another artifact");
}

#[test]
fn the_test_result_of_another_artifact_does_not_count() {
    let scene = passing_scene();
    let other = statement(
        &[b"other"],
        TEST_RESULT,
        test_result("PASSED", 5, 0, AN_HOUR_AGO),
    );
    scene.attest(&[sign("tester", &other)]);
    scene.staging(1, &["gate/other-subject"]);
    let several = statement(
        &[b"other", ARTIFACT],
        TEST_RESULT,
        test_result("PASSED", 5, 0, AN_HOUR_AGO),
    );
    scene.attest(&[sign("tester", &several)]);
    scene.staging(0, &[]);
}

#[test]
fn zero_few_failed_and_old_tests_are_told_apart() {
    let scene = passing_scene();
    for (predicate, id) in [
        (test_result("PASSED", 0, 0, AN_HOUR_AGO), "gate/zero-tests"),
        (
            test_result("PASSED", 1, 0, AN_HOUR_AGO),
            "gate/too-few-tests",
        ),
        (
            test_result("FAILED", 5, 1, AN_HOUR_AGO),
            "gate/tests-failed",
        ),
        (
            test_result("PASSED", 5, 0, "2026-10-01T00:00:00Z"),
            "gate/too-old",
        ),
        (
            test_result("PASSED", 5, 0, "2026-12-01T00:00:00Z"),
            "gate/future-time",
        ),
    ] {
        scene.attest(&[tested("tester", predicate)]);
        scene.staging(1, &[id]);
    }
}

#[test]
fn a_key_without_the_role_does_not_count() {
    let scene = passing_scene();
    let predicate = || test_result("PASSED", 5, 0, AN_HOUR_AGO);
    scene.attest(&[tested("stranger", predicate())]);
    scene.staging(1, &["gate/untrusted-signer"]);
    scene.attest(&[tested("promoter-staging", predicate())]);
    scene.staging(1, &["gate/wrong-signer-role"]);
    // The stranger's word does no harm beside the tester's.
    scene.attest(&[
        tested("stranger", test_result("FAILED", 0, 9, AN_HOUR_AGO)),
        passing(),
    ]);
    scene.staging(0, &[]);
    let hint = key_hint(&passing());
    let forged = edited(&tested("stranger", predicate()), |bundle| {
        bundle["verificationMaterial"]["publicKey"]["hint"] = json!(hint);
    });
    scene.attest(&[forged]);
    scene.staging(1, &["gate/bad-signature"]);
}

fn key_hint(line: &str) -> String {
    let value: Value = serde_json::from_str(line).unwrap();
    value["verificationMaterial"]["publicKey"]["hint"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_bundle_that_cannot_be_read_strictly_is_never_a_pass() {
    let scene = passing_scene();
    let good = passing();
    let cut = good.split_at(good.len() - 20).0.to_owned();
    let twice = good.replacen(
        "\"payloadType\"",
        "\"payloadType\":\"x\",\"payloadType\"",
        1,
    );
    let two_signatures = edited(&good, |bundle| {
        let one = bundle["dsseEnvelope"]["signatures"][0].clone();
        bundle["dsseEnvelope"]["signatures"] = json!([one, one]);
    });
    let no_signature = edited(&good, |bundle| {
        bundle["dsseEnvelope"]["signatures"] = json!([]);
    });
    let trailing = format!("{good} {{}}");
    for bad in [cut, twice, two_signatures, no_signature, trailing] {
        scene.attest(&[good.clone(), bad.clone()]);
        scene.staging(3, &["gate/malformed-bundle"]);
        scene.attest(&[bad]);
        scene.staging(1, &["gate/missing-predicate", "gate/malformed-bundle"]);
    }
}

#[test]
fn a_swapped_payload_type_or_signature_does_not_count() {
    let scene = passing_scene();
    let good = passing();
    let other_type = edited(&good, |bundle| {
        bundle["dsseEnvelope"]["payloadType"] = json!("application/json");
    });
    scene.attest(&[other_type]);
    scene.staging(1, &["gate/wrong-payload-type"]);

    let failed: Value =
        serde_json::from_str(&tested("tester", test_result("FAILED", 5, 1, AN_HOUR_AGO))).unwrap();
    let borrowed = edited(&good, |bundle| {
        bundle["dsseEnvelope"]["signatures"] = failed["dsseEnvelope"]["signatures"].clone();
    });
    scene.attest(std::slice::from_ref(&borrowed));
    scene.staging(1, &["gate/bad-signature"]);
    // Somebody tampers with the file: that counts even beside a good one.
    scene.attest(&[good, borrowed]);
    scene.staging(1, &["gate/bad-signature"]);
}

#[test]
fn a_signed_statement_that_cannot_be_read_is_never_a_pass() {
    let scene = passing_scene();
    let broken = tested("tester", json!({"configuration": []}));
    scene.attest(&[passing(), broken]);
    scene.staging(3, &["gate/malformed-statement"]);
    let twice = statement(
        &[ARTIFACT],
        TEST_RESULT,
        test_result("FAILED", 5, 1, AN_HOUR_AGO),
    )
    .replacen(
        "\"result\":\"FAILED\"",
        "\"result\":\"PASSED\",\"result\":\"FAILED\"",
        1,
    );
    scene.attest(&[passing(), sign("tester", &twice)]);
    scene.staging(3, &["gate/malformed-statement"]);
}

#[test]
fn the_newest_failure_beats_an_older_pass_in_any_order() {
    let scene = passing_scene();
    let failed = |time: &str| tested("tester", test_result("FAILED", 5, 1, time));
    let passed = |time: &str| tested("tester", test_result("PASSED", 5, 0, time));
    for lines in [
        [failed(AN_HOUR_AGO), passed(YESTERDAY)],
        [passed(YESTERDAY), failed(AN_HOUR_AGO)],
        [failed(AN_HOUR_AGO), passed(AN_HOUR_AGO)],
    ] {
        scene.attest(&lines);
        scene.staging(1, &["gate/tests-failed"]);
    }
    scene.attest(&[failed(YESTERDAY), passed(AN_HOUR_AGO)]);
    scene.staging(0, &[]);
}

#[test]
fn no_attestations_are_a_denial() {
    let scene = passing_scene();
    scene.attest(&[]);
    scene.staging(1, &["gate/missing-predicate"]);
    std::fs::remove_file(scene.path("app.bin.attestations.jsonl")).unwrap();
    scene.staging(1, &["gate/missing-predicate"]);
    let options = ["--no-vsa", "--attestations", "mistyped.jsonl"];
    let ran = scene.gate("staging", 2, &options);
    assert!(ran.stderr.contains("mistyped.jsonl"), "{}", ran.stderr);
}

#[test]
fn a_certificate_is_not_taken_for_a_role() {
    let scene = passing_scene();
    let keyless = edited(&passing(), |bundle| {
        bundle["verificationMaterial"] = json!({"certificate": {"rawBytes": "AAAA"}});
    });
    scene.attest(&[keyless]);
    let page = scene.staging(1, &["gate/untrusted-signer"]);
    let why = page["evidence"][0]["why_not"].as_str().unwrap();
    assert!(why.contains("no role is one by certificate"), "{why}");
}

fn scanned(decision: &str) -> String {
    let predicate = json!({
        "decision": decision, "policy": {"name": "baseline", "digest": "ab"},
        "checks": ["sbom", "advisories", "registry", "secrets"],
        "time": AN_HOUR_AGO, "reportDigest": {}, "report": {},
    });
    sign(
        "builder",
        &statement(&[ARTIFACT], "urn:sealgate:predicate:scan:v0.1", predicate),
    )
}

#[test]
fn prod_wants_a_passed_scan_and_the_word_of_staging() {
    let scene = Scene::new();
    scene.attest(&[passing(), scanned("pass")]);
    let staging_key = key("promoter-staging.key");
    scene.gate("staging", 0, &["--key", &staging_key]);
    let page = scene.prod(0, &[]);
    assert_eq!(page["requirements"][0]["by"], "app.bin.staging.vsa.json");

    for (decision, code, id) in [
        ("fail", 1, "gate/scan-failed"),
        ("inconclusive", 3, "gate/scan-inconclusive"),
    ] {
        scene.attest(&[passing(), scanned(decision)]);
        scene.prod(code, &[id]);
    }

    // A denial of staging is signed too, and holds.
    scene.attest(&[scanned("pass")]);
    scene.gate("staging", 1, &["--key", &staging_key]);
    scene.prod(1, &["gate/vsa-failed"]);
}

#[test]
fn a_scan_of_one_check_alone_or_under_another_policy_is_not_the_scan_of_prod() {
    let scene = Scene::new();
    let policy = read(&scene.path("policy.toml"));
    let dir = scene.dir.path();
    std::fs::create_dir(scene.path("project")).unwrap();
    write(&scene.path("project/requirements.txt"), b"");
    // The same environments judge the scan here, and only what it covers is at stake.
    let policy = format!("{policy}policy-digest = \"this\"\n[gaps]\n\"*\" = \"report\"\n");
    write(&scene.path("policy.toml"), policy.as_bytes());
    write(
        &scene.path("lax.toml"),
        policy.replacen("version = 1", "version = 2", 1).as_bytes(),
    );
    let tests = statement(
        &[ARTIFACT],
        TEST_RESULT,
        test_result("PASSED", 5, 0, AN_HOUR_AGO),
    );
    scene.attest(&[sign("tester", &tests)]);
    scene.gate("staging", 0, &["--key", &key("promoter-staging.key")]);
    let sealed = read(&scene.path("app.bin.attestations.jsonl"));
    let scan = |options: &[&str]| {
        write(&scene.path("app.bin.attestations.jsonl"), sealed.as_bytes());
        let check = [
            "--at",
            NOW,
            "check",
            "project",
            "--output",
            "json=scan.json",
        ];
        expect(0, &mut sealgate(dir), &[&check[..], options].concat());
        let builder = key("builder.key");
        let seal = ["seal", "app.bin", "--only", "scan", "--append"];
        let options = ["--scan", "scan.json", "--key", &builder];
        expect(0, &mut sealgate(dir), &[&seal[..], &options].concat()).stderr
    };
    scan(&["--policy", "policy.toml"]);
    scene.prod(0, &[]);
    let warning = scan(&["--policy", "policy.toml", "--only", "sbom"]);
    assert!(warning.contains("ran only sbom"), "{warning}");
    scene.prod(1, &["gate/scan-incomplete"]);
    scan(&["--policy", "lax.toml"]);
    scene.prod(1, &["gate/scan-other-policy"]);
}

#[test]
fn only_the_promoter_of_staging_speaks_for_staging_and_only_about_staging() {
    let scene = Scene::new();
    scene.attest(&[passing(), scanned("pass")]);
    scene.gate("staging", 0, &["--key", &key("promoter-staging.key")]);
    scene.prod(0, &[]);
    let vsa_of = |artifact: &[u8], environment: &str| {
        let predicate = json!({
            "verifier": {"id": "urn:sealgate:gate"}, "timeVerified": AN_HOUR_AGO,
            "resourceUri": format!("urn:sealgate:environment:{environment}"),
            "policy": {"uri": "urn:x"}, "verificationResult": "PASSED", "verifiedLevels": [],
        });
        let predicate_type = "https://slsa.dev/verification_summary/v1";
        statement(&[artifact], predicate_type, predicate)
    };
    let vsa = |environment: &str| vsa_of(ARTIFACT, environment);
    for (role, environment, id) in [
        ("promoter-staging", "staging", None),
        ("tester", "staging", Some("gate/wrong-signer-role")),
        ("stranger", "staging", Some("gate/untrusted-signer")),
        ("promoter-staging", "dev", Some("gate/missing-predicate")),
        ("promoter-staging", "prod", Some("gate/missing-predicate")),
    ] {
        let bundle = sign(role, &vsa(environment));
        write(&scene.path("app.bin.staging.vsa.json"), bundle.as_bytes());
        scene.prod(i32::from(id.is_some()), id.as_slice());
    }
    let other = sign("promoter-staging", &vsa_of(b"other", "staging"));
    write(&scene.path("app.bin.staging.vsa.json"), other.as_bytes());
    scene.prod(1, &["gate/other-subject"]);
}

#[test]
fn the_summary_is_truthful_and_verifies_with_the_promoters_key() {
    let scene = passing_scene();
    let summary = |code: i32| {
        scene.gate("staging", code, &["--key", &key("promoter-staging.key")]);
        let public = key("promoter-staging.pub");
        let verify = [
            "verify",
            "app.bin",
            "--bundle",
            "app.bin.staging.vsa.json",
            "--key",
            &public,
        ];
        let ran = expect(0, &mut sealgate(scene.dir.path()), &verify);
        assert!(ran.stdout.contains("vsa"), "{}", ran.stdout);
        let bundle: Value =
            serde_json::from_str(&read(&scene.path("app.bin.staging.vsa.json"))).unwrap();
        use base64::Engine as _;
        let payload = base64::engine::general_purpose::STANDARD
            .decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap())
            .unwrap();
        let statement: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(statement["predicate"]["timeVerified"], NOW);
        let policy = sha256(read(&scene.path("policy.toml")).as_bytes()).hex();
        assert_eq!(statement["predicate"]["policy"]["digest"]["sha256"], policy);
        statement["predicate"]["verificationResult"].clone()
    };
    assert_eq!(summary(0), "PASSED");
    scene.attest(&[]);
    assert_eq!(summary(1), "FAILED");
    scene.attest(&[passing(), "{".to_owned()]);
    assert_eq!(summary(3), "FAILED");
}

#[test]
fn a_wrong_passphrase_or_key_decides_nothing_and_writes_nothing() {
    let scene = passing_scene();
    let before = names(scene.dir.path());
    let ran = scene.gate("staging", 2, &[]);
    assert!(ran.stderr.contains("--no-vsa"), "{}", ran.stderr);
    let tester = key("tester.key");
    let ran = scene.gate("staging", 2, &["--key", &tester]);
    assert!(
        ran.stderr.contains("role `promoter-staging`"),
        "{}",
        ran.stderr
    );
    let promoter = key("promoter-staging.key");
    let arguments = [
        "gate",
        "app.bin",
        "--env",
        "staging",
        "--policy",
        "policy.toml",
        "--key",
        &promoter,
    ];
    let mut command = sealgate(scene.dir.path());
    command.env("SEALGATE_PASSPHRASE", "wrong");
    let ran = expect(2, &mut command, &arguments);
    assert!(ran.stderr.contains("wrong passphrase"), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
    scene.gate("staging", 2, &[]);
    assert_eq!(names(scene.dir.path()), before);
    scene.gate("staging", 0, &["--key", &promoter]);
    assert_eq!(names(scene.dir.path()).len(), before.len() + 1);
}

#[test]
fn an_older_summary_does_not_outlive_a_gate_that_could_not_decide() {
    let scene = passing_scene();
    let promoter = key("promoter-staging.key");
    let with_key = ["--key", promoter.as_str()];
    scene.gate("staging", 0, &with_key);
    let summary = "app.bin.staging.vsa.json".to_owned();
    assert!(names(scene.dir.path()).contains(&summary));
    // Too large to be read: it may hold what speaks against the artifact.
    std::fs::File::create(scene.path("app.bin.attestations.jsonl"))
        .unwrap()
        .set_len(100 * 1024 * 1024)
        .unwrap();
    let ran = scene.gate("staging", 3, &with_key);
    assert!(
        ran.stderr.contains("larger than the limit"),
        "{}",
        ran.stderr
    );
    assert!(!names(scene.dir.path()).contains(&summary));
}

#[test]
fn the_summary_beside_the_artifact_is_found_and_judged_like_any_other() {
    let scene = Scene::new();
    scene.attest(&[passing(), scanned("pass")]);
    let options = ["--no-vsa", "--format", "json"];
    let prod = |code: i32, ids: &[&str]| decision(&scene.gate("prod", code, &options), ids);
    prod(1, &["gate/missing-predicate"]);
    scene.gate("staging", 0, &["--key", &key("promoter-staging.key")]);
    prod(0, &[]);
    write(
        &scene.path("app.bin.staging.vsa.json"),
        passing().as_bytes(),
    );
    prod(1, &["gate/missing-predicate"]);
    write(&scene.path("app.bin.staging.vsa.json"), b"");
    prod(1, &["gate/missing-predicate", "gate/malformed-bundle"]);
}

#[test]
fn no_summary_replaces_what_the_gate_reads() {
    let scene = passing_scene();
    let promoter = key("promoter-staging.key");
    let before: Vec<String> = ["app.bin", "policy.toml"]
        .map(|name| read(&scene.path(name)))
        .into();
    for output in ["app.bin", "policy.toml"] {
        let ran = scene.gate("staging", 2, &["--key", &promoter, "--vsa", output]);
        assert!(ran.stderr.contains("would replace"), "{}", ran.stderr);
    }
    let after = ["app.bin", "policy.toml"].map(|name| read(&scene.path(name)));
    assert_eq!(before, after);
    scene.gate("staging", 0, &["--key", &promoter, "--vsa", "out.json"]);
}
