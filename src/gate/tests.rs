//! The decision core on fixed statements. Attacks on whole files are in `tests/it/gate.rs`.

use super::*;
use crate::attest::{Predicate, SCAN_TYPE, Statement, Subject, TEST_RESULT_TYPE, VSA_TYPE};
use crate::model::{Decision, Digest, DigestAlgorithm, PolicyInfo};
use crate::policy::environments::{Age, Condition, PolicyDigest, Required};
use jiff::Timestamp;
use serde_json::{Value, json};

fn digest(fill: u8) -> Digest {
    Digest::new(DigestAlgorithm::Sha256, vec![fill; 32]).unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn tests_at(time: &str, result: &str, passed: u64, failed: u64) -> Value {
    json!({
        "result": result, "configuration": [],
        "sealgate_run": {
            "argv": ["t"], "exitCode": i32::from(failed > 0),
            "counts": {"passed": passed, "failed": failed},
            "startedOn": time, "finishedOn": time,
            "tool": {"name": "sealgate", "version": "0"},
        },
    })
}

fn bundle(source: &str, role: &str, predicate_type: &str, predicate: Value) -> Examined {
    let statement = Statement {
        subjects: vec![
            Subject {
                name: "other".to_owned(),
                sha256: digest(9),
            },
            Subject {
                name: "app".to_owned(),
                sha256: digest(1),
            },
        ],
        predicate_type: predicate_type.to_owned(),
        predicate,
    };
    let predicate = Predicate::of(&statement).unwrap();
    Examined {
        source: source.to_owned(),
        digest: Some(digest(200)),
        predicate: crate::attest::short_name(predicate_type).to_owned(),
        roles: vec![role.to_owned()],
        examination: Examination::Verified(Box::new(VerifiedAttestation {
            statement,
            predicate,
        })),
    }
}

fn test_bundle(predicate: Value) -> Examined {
    bundle("a:1", "tester", TEST_RESULT_TYPE, predicate)
}

fn tests_required() -> Required {
    Required {
        condition: Condition::TestResult {
            min_tests: 3,
            allow_warned: false,
        },
        role: "tester".to_owned(),
        max_age: Some(Age { seconds: 86_400 }),
    }
}

fn ids(outcome: &GateOutcome) -> Vec<&'static str> {
    outcome
        .reasons
        .iter()
        .map(|reason| reason.rule.id)
        .collect()
}

fn decide(bundles: &[Examined], required: &Required) -> GateOutcome {
    evaluate(&digest(1), bundles, std::slice::from_ref(required), now())
}

#[test]
fn a_fresh_passed_test_result_of_one_of_several_subjects_passes() {
    let outcome = decide(
        &[test_bundle(tests_at(
            "2026-11-23T11:00:00Z",
            "PASSED",
            3,
            0,
        ))],
        &tests_required(),
    );
    assert_eq!(outcome.decision, Decision::Pass);
    let accepted = outcome.requirements[0].accepted.as_ref().unwrap();
    assert_eq!(accepted.summary, "3 tests passed, 0 skipped, 1 h old");
    assert_eq!(outcome.evidence[0].source, "a:1");
    assert_eq!(outcome.evidence[0].accepted, Ok(()));
}

#[test]
fn nothing_required_and_nothing_given_are_denied() {
    let outcome = evaluate(&digest(1), &[], &[], now());
    assert_eq!(outcome.decision, Decision::Fail);
    let outcome = decide(&[], &tests_required());
    assert_eq!(outcome.decision, Decision::Fail);
    assert_eq!(ids(&outcome), ["gate/missing-predicate"]);
}

#[test]
fn each_condition_on_tests_has_its_own_reason() {
    let fresh = "2026-11-23T11:00:00Z";
    let edited = |key: &str, value: Value| {
        let mut predicate = tests_at(fresh, "PASSED", 5, 0);
        *predicate.pointer_mut(key).unwrap() = value;
        predicate
    };
    let with = |more: Value| {
        let mut predicate = tests_at(fresh, "PASSED", 5, 0);
        let more = more.as_object().unwrap().clone();
        predicate.as_object_mut().unwrap().extend(more);
        predicate
    };
    let cases = [
        // `PASSED` is not believed beside what contradicts it.
        (
            edited("/sealgate_run/counts/failed", json!(1)),
            "gate/tests-failed",
        ),
        (
            edited("/sealgate_run/exitCode", json!(1)),
            "gate/tests-failed",
        ),
        (with(json!({"failedTests": ["a::b"]})), "gate/tests-failed"),
        (with(json!({"warnedTests": ["a::b"]})), "gate/tests-warned"),
        (tests_at(fresh, "PASSED", 2, 0), "gate/too-few-tests"),
        (tests_at(fresh, "FAILED", 5, 1), "gate/tests-failed"),
        (tests_at(fresh, "PASSED", 5, 1), "gate/tests-failed"),
        (tests_at(fresh, "FAILED", 5, 0), "gate/tests-failed"),
        (tests_at(fresh, "PASSED", 0, 0), "gate/zero-tests"),
        (tests_at(fresh, "WARNED", 5, 0), "gate/tests-warned"),
        (
            tests_at("2026-11-20T11:00:00Z", "PASSED", 5, 0),
            "gate/too-old",
        ),
        (
            tests_at("2026-11-23T12:06:00Z", "PASSED", 5, 0),
            "gate/future-time",
        ),
        (
            json!({"result": "PASSED", "configuration": [], "passedTests": ["a", "b", "c"]}),
            "gate/no-time",
        ),
    ];
    for (predicate, id) in cases {
        let outcome = decide(&[test_bundle(predicate)], &tests_required());
        assert_eq!(ids(&outcome), [id]);
        assert_eq!(outcome.decision, Decision::Fail, "{id}");
        assert!(outcome.requirements[0].accepted.is_none(), "{id}");
    }
    // The clocks of two machines may differ a little.
    let ahead = tests_at("2026-11-23T12:04:00Z", "PASSED", 5, 0);
    assert_eq!(
        decide(&[test_bundle(ahead)], &tests_required()).decision,
        Decision::Pass
    );
}

#[test]
fn the_newest_result_decides_whatever_the_order_of_the_file() {
    let old_pass = test_bundle(tests_at("2026-11-23T10:00:00Z", "PASSED", 5, 0));
    let new_fail = test_bundle(tests_at("2026-11-23T11:00:00Z", "FAILED", 5, 1));
    let newer_pass = test_bundle(tests_at("2026-11-23T11:30:00Z", "PASSED", 5, 0));
    for order in [
        [old_pass.clone(), new_fail.clone()],
        [new_fail.clone(), old_pass.clone()],
    ] {
        assert_eq!(
            ids(&decide(&order, &tests_required())),
            ["gate/tests-failed"]
        );
    }
    let outcome = decide(&[newer_pass, new_fail, old_pass], &tests_required());
    assert_eq!(outcome.decision, Decision::Pass);
}

#[test]
fn at_one_time_or_without_a_time_the_worse_result_decides() {
    let pass = test_bundle(tests_at("2026-11-23T11:00:00Z", "PASSED", 5, 0));
    let fail = test_bundle(tests_at("2026-11-23T11:00:00Z", "FAILED", 5, 1));
    let untimed = test_bundle(
        json!({"result": "FAILED", "configuration": [], "failedTests": ["a"], "passedTests": []}),
    );
    assert_eq!(
        ids(&decide(&[pass.clone(), fail], &tests_required())),
        ["gate/tests-failed"]
    );
    assert!(ids(&decide(&[pass, untimed], &tests_required())).contains(&"gate/tests-failed"));
}

#[test]
fn a_genuine_attestation_of_another_role_or_artifact_does_not_count() {
    let fresh = tests_at("2026-11-23T11:00:00Z", "PASSED", 5, 0);
    let by_builder = bundle("a:1", "builder", TEST_RESULT_TYPE, fresh.clone());
    assert_eq!(
        ids(&decide(&[by_builder], &tests_required())),
        ["gate/wrong-signer-role"]
    );
    let outcome = evaluate(
        &digest(7),
        &[test_bundle(fresh)],
        &[tests_required()],
        now(),
    );
    assert_eq!(ids(&outcome), ["gate/other-subject"]);
    assert_eq!(
        outcome.evidence[0].accepted,
        Err("is about another artifact".to_owned())
    );
}

fn examined(examination: Examination, roles: &[&str]) -> Examined {
    Examined {
        source: "a:2".to_owned(),
        digest: None,
        predicate: "test-result".to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        examination,
    }
}

#[test]
fn a_damaged_bundle_blocks_even_if_nothing_needed_it_and_a_foreign_one_does_not() {
    let good = test_bundle(tests_at("2026-11-23T11:00:00Z", "PASSED", 5, 0));
    let text = || "x".to_owned();
    let cases = [
        (
            examined(Examination::Malformed(text()), &[]),
            Decision::Inconclusive,
            "gate/malformed-bundle",
        ),
        (
            examined(Examination::MalformedStatement(text()), &["tester"]),
            Decision::Inconclusive,
            "gate/malformed-statement",
        ),
        (
            examined(Examination::BadSignature(text()), &["tester"]),
            Decision::Fail,
            "gate/bad-signature",
        ),
    ];
    for (bad, decision, id) in cases {
        let outcome = decide(&[good.clone(), bad], &tests_required());
        assert_eq!((outcome.decision, ids(&outcome)), (decision, vec![id]));
        assert!(outcome.requirements[0].accepted.is_some(), "{id}");
    }
    for foreign in [
        examined(Examination::Untrusted(text()), &[]),
        examined(Examination::WrongPayloadType(text()), &["tester"]),
        examined(Examination::NotAStatement, &["tester"]),
    ] {
        let outcome = decide(&[good.clone(), foreign], &tests_required());
        assert_eq!(outcome.decision, Decision::Pass);
    }
}

#[test]
fn the_reason_of_an_absence_is_the_nearest_miss() {
    let text = || "x".to_owned();
    for (bundle, id) in [
        (
            examined(Examination::Untrusted(text()), &[]),
            "gate/untrusted-signer",
        ),
        (
            examined(Examination::WrongPayloadType(text()), &["tester"]),
            "gate/wrong-payload-type",
        ),
        (
            examined(Examination::BadSignature(text()), &["tester"]),
            "gate/bad-signature",
        ),
    ] {
        let outcome = decide(&[bundle], &tests_required());
        assert_eq!(
            (outcome.decision, ids(&outcome)),
            (Decision::Fail, vec![id])
        );
        // No signature was verified, so nobody is called its signer.
        assert!(outcome.evidence[0].signer.starts_with("unknown"), "{id}");
    }
    // Nobody knows what a damaged bundle was: both are said, and absence is a denial.
    let outcome = decide(
        &[examined(Examination::Malformed(text()), &[])],
        &tests_required(),
    );
    assert_eq!(outcome.decision, Decision::Fail);
    assert_eq!(
        ids(&outcome),
        ["gate/missing-predicate", "gate/malformed-bundle"]
    );
}

fn scan(decision: &str) -> Examined {
    bundle(
        "a:3",
        "scanner",
        SCAN_TYPE,
        json!({
            "decision": decision, "policy": {"name": "baseline", "digest": "ab"},
            "checks": ["sbom", "secrets"],
            "time": "2026-11-23T11:00:00Z", "reportDigest": {}, "report": {},
        }),
    )
}

#[test]
fn a_scan_must_pass_and_under_the_policy_that_was_named() {
    let required = |digest: Option<&str>| Required {
        condition: Condition::Scan {
            policy: digest.map(|hex| PolicyDigest::Sha256(hex.to_owned())),
            checks: vec!["secrets".to_owned()],
        },
        role: "scanner".to_owned(),
        max_age: None,
    };
    for (decision, expected, id) in [
        ("pass", Decision::Pass, None),
        ("fail", Decision::Fail, Some("gate/scan-failed")),
        ("excellent", Decision::Fail, Some("gate/scan-failed")),
        (
            "inconclusive",
            Decision::Inconclusive,
            Some("gate/scan-inconclusive"),
        ),
    ] {
        let outcome = decide(&[scan(decision)], &required(Some("ab")));
        assert_eq!(outcome.decision, expected, "{decision}");
        assert_eq!(ids(&outcome).first().copied(), id);
    }
    assert_eq!(
        ids(&decide(&[scan("pass")], &required(Some("cd")))),
        ["gate/scan-other-policy"]
    );
    assert_eq!(
        decide(&[scan("pass")], &required(None)).decision,
        Decision::Pass
    );
}

fn vsa(environment: &str, result: &str, time: &str) -> Examined {
    bundle(
        "v",
        "promoter",
        VSA_TYPE,
        json!({
            "verifier": {"id": "urn:sealgate:gate"}, "timeVerified": time,
            "resourceUri": crate::attest::environment_uri(environment),
            "policy": {"uri": "urn:x"}, "verificationResult": result, "verifiedLevels": [],
        }),
    )
}

#[test]
fn a_summary_counts_for_its_own_environment_and_only_the_newest() {
    let required = Required {
        condition: Condition::Vsa {
            from: "staging".to_owned(),
            policy: None,
        },
        role: "promoter".to_owned(),
        max_age: None,
    };
    let (early, late) = ("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z");
    let of = |bundles: &[Examined]| {
        let outcome = decide(bundles, &required);
        (outcome.decision, ids(&outcome).first().copied())
    };
    assert_eq!(
        of(&[vsa("staging", "PASSED", early)]),
        (Decision::Pass, None)
    );
    assert_eq!(
        of(&[vsa("dev", "PASSED", early)]),
        (Decision::Fail, Some("gate/missing-predicate"))
    );
    assert_eq!(
        of(&[
            vsa("staging", "PASSED", early),
            vsa("staging", "FAILED", late)
        ]),
        (Decision::Fail, Some("gate/vsa-failed"))
    );
}

#[test]
fn a_scan_that_left_a_required_check_out_does_not_count() {
    let required = |checks: &[&str]| Required {
        condition: Condition::Scan {
            policy: None,
            checks: checks.iter().map(|&check| check.to_owned()).collect(),
        },
        role: "scanner".to_owned(),
        max_age: None,
    };
    let passing = decide(&[scan("pass")], &required(&["sbom", "secrets"]));
    assert_eq!(passing.decision, Decision::Pass);
    let short = decide(&[scan("pass")], &required(&["advisories", "secrets"]));
    assert_eq!(ids(&short), ["gate/scan-incomplete"]);
    assert_eq!(short.reasons[0].message, "the scan left out advisories");
    // One that does not say what it checked has checked nothing.
    let silent = bundle(
        "a:3",
        "scanner",
        SCAN_TYPE,
        json!({
            "decision": "pass", "policy": {"name": "baseline", "digest": "ab"},
            "time": "2026-11-23T11:00:00Z", "reportDigest": {}, "report": {},
        }),
    );
    assert_eq!(
        ids(&decide(&[silent], &required(&["sbom"]))),
        ["gate/scan-incomplete"]
    );
}

#[test]
fn a_summary_under_another_policy_does_not_count_where_one_is_named() {
    let required = |hex: Option<&str>| Required {
        condition: Condition::Vsa {
            from: "staging".to_owned(),
            policy: hex.map(|hex| PolicyDigest::Sha256(hex.to_owned())),
        },
        role: "promoter".to_owned(),
        max_age: None,
    };
    let under = |policy: Value| {
        bundle(
            "v",
            "promoter",
            VSA_TYPE,
            json!({
                "verifier": {"id": "urn:sealgate:gate"}, "timeVerified": "2026-11-23T11:00:00Z",
                "resourceUri": crate::attest::environment_uri("staging"),
                "policy": policy, "verificationResult": "PASSED", "verifiedLevels": [],
            }),
        )
    };
    let named = || under(json!({"uri": "urn:x", "digest": {"sha256": "ab"}}));
    for passing in [
        decide(&[named()], &required(Some("ab"))),
        decide(&[named()], &required(None)),
    ] {
        assert_eq!(passing.decision, Decision::Pass);
    }
    for refused in [
        decide(&[named()], &required(Some("cd"))),
        decide(&[under(json!({"uri": "urn:x"}))], &required(Some("ab"))),
    ] {
        assert_eq!(ids(&refused), ["gate/vsa-other-policy"]);
    }
}

#[test]
fn an_sbom_must_be_complete_and_large_enough_where_the_policy_says_so() {
    let sbom = |aggregate: &str| {
        bundle(
            "s",
            "builder",
            crate::attest::CYCLONEDX_TYPE,
            json!({
                "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}],
                "compositions": [{"aggregate": aggregate}],
            }),
        )
    };
    let required = |complete, min_components| Required {
        condition: Condition::Sbom {
            complete,
            min_components,
        },
        role: "builder".to_owned(),
        max_age: None,
    };
    assert_eq!(
        decide(&[sbom("complete")], &required(true, 1)).decision,
        Decision::Pass
    );
    assert_eq!(
        decide(&[sbom("incomplete")], &required(false, 1)).decision,
        Decision::Pass
    );
    for outcome in [
        decide(&[sbom("incomplete")], &required(true, 1)),
        decide(&[sbom("complete")], &required(true, 2)),
    ] {
        assert_eq!(ids(&outcome), ["gate/sbom-incomplete"]);
    }
}

#[test]
fn only_a_pass_is_summed_up_as_passed() {
    let good = test_bundle(tests_at("2026-11-23T11:00:00Z", "PASSED", 5, 0));
    let damaged = examined(Examination::Malformed("x".to_owned()), &[]);
    let policy = PolicyInfo {
        name: "environments".to_owned(),
        source: "p.toml".to_owned(),
        digest: digest(5).hex(),
    };
    let artifact = digest(1);
    for (bundles, result) in [
        (vec![good.clone()], "PASSED"),
        (vec![good, damaged], "FAILED"),
        (vec![], "FAILED"),
    ] {
        let outcome = decide(&bundles, &tests_required());
        let request = SummaryRequest {
            artifact_name: "app",
            artifact: &artifact,
            environment: "prod",
            policy: &policy,
            now: now(),
        };
        let statement = summary_statement(request, &outcome).unwrap();
        assert!(statement.is_about(&artifact));
        let predicate = &statement.predicate;
        assert_eq!(predicate["verificationResult"], result);
        assert_eq!(predicate["resourceUri"], "urn:sealgate:environment:prod");
        assert_eq!(predicate["policy"]["digest"]["sha256"], policy.digest);
        let inputs = predicate
            .get("inputAttestations")
            .map_or(0, |list| list.as_array().unwrap().len());
        assert_eq!(inputs, usize::from(!bundles.is_empty()));
    }
}

#[test]
fn ids_are_sorted_and_unique() {
    let ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}
