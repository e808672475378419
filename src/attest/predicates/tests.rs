use super::*;
use crate::attest::{ResourceDescriptor, Subject, TestCounts, TestReport};
use crate::model::{Digest, DigestAlgorithm};
use serde_json::json;

/// A digest that stands for these bytes.
fn sha256(bytes: &[u8]) -> Digest {
    Digest::new(DigestAlgorithm::Sha256, vec![bytes[0]; 32]).unwrap()
}

fn statement(predicate_type: &str, predicate: Value) -> Statement {
    Statement {
        subjects: vec![Subject {
            name: "a".to_owned(),
            sha256: sha256(b"a"),
        }],
        predicate_type: predicate_type.to_owned(),
        predicate,
    }
}

fn run(exit_code: i32, counts: TestCounts) -> TestRun {
    TestRun {
        argv: vec!["make".to_owned(), "test".to_owned()],
        exit_code,
        counts,
        started: "2026-11-23T10:00:00Z".parse().unwrap(),
        finished: "2026-11-23T10:01:00Z".parse().unwrap(),
        report: Some(ReportDigest::new("junit", &sha256(b"r"))),
        problem: None,
        tool: Tool {
            name: "sealgate".to_owned(),
            version: "0".to_owned(),
        },
    }
}

fn result_of(exit_code: i32, passed: u64, failed: u64, warned: u64) -> TestOutcome {
    let counts = TestCounts {
        passed,
        warned,
        failed,
        skipped: 1,
    };
    let report = TestReport {
        counts,
        ..TestReport::default()
    };
    TestResult::of_run(report, Vec::new(), run(exit_code, counts)).result
}

#[test]
fn a_run_passes_only_if_everything_about_it_passed() {
    assert_eq!(result_of(0, 1, 0, 0), TestOutcome::Passed);
    assert_eq!(result_of(0, 1, 0, 1), TestOutcome::Warned);
    assert_eq!(result_of(0, 1, 1, 0), TestOutcome::Failed);
    assert_eq!(result_of(1, 1, 0, 0), TestOutcome::Failed);
    assert_eq!(result_of(0, 0, 0, 0), TestOutcome::Failed);
    let counts = TestCounts {
        passed: 1,
        ..TestCounts::default()
    };
    let mut with_problem = run(0, counts);
    with_problem.problem = Some("report missing".to_owned());
    let report = TestReport {
        counts,
        ..TestReport::default()
    };
    assert_eq!(
        TestResult::of_run(report, Vec::new(), with_problem).result,
        TestOutcome::Failed
    );
}

#[test]
fn a_test_result_has_the_field_names_of_the_specification() {
    let counts = TestCounts {
        passed: 1,
        ..TestCounts::default()
    };
    let report = TestReport {
        passed: vec!["t".to_owned()],
        counts,
        ..TestReport::default()
    };
    let configuration = vec![ResourceDescriptor::new(
        Some("ci.toml".to_owned()),
        &sha256(b"c"),
    )];
    let result = TestResult::of_run(report, configuration, run(0, counts));
    let json = result.to_json().unwrap();
    assert_eq!(json["result"], "PASSED");
    assert_eq!(json["passedTests"], json!(["t"]));
    assert_eq!(json["failedTests"], json!([]));
    assert_eq!(
        json["configuration"][0]["digest"]["sha256"],
        sha256(b"c").hex()
    );
    assert_eq!(json["sealgate_run"]["finishedOn"], "2026-11-23T10:01:00Z");
    let read = Predicate::of(&statement(TEST_RESULT_TYPE, json)).unwrap();
    assert_eq!(read.time().unwrap().as_second(), 1_795_428_060);
    assert_eq!(read, Predicate::TestResult(result));
}

#[test]
fn a_test_result_of_another_tool_is_counted_by_its_names() {
    let value = json!({"result": "PASSED", "configuration": [], "passedTests": ["a", "b"]});
    let Predicate::TestResult(result) = Predicate::of(&statement(TEST_RESULT_TYPE, value)).unwrap()
    else {
        panic!("not a test result");
    };
    assert_eq!(result.counts().passed, 2);
    for broken in [
        json!({}),
        json!({"result": "OK", "configuration": []}),
        json!([]),
    ] {
        assert!(matches!(
            Predicate::of(&statement(TEST_RESULT_TYPE, broken)),
            Err(AttestError::MalformedPredicate {
                predicate: "test-result",
                ..
            })
        ));
    }
}

#[test]
fn an_sbom_is_complete_only_if_it_says_so_everywhere() {
    let of = |compositions: Value| {
        let document = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}, {}],
            "metadata": {"timestamp": "2026-11-23T00:00:00Z"}, "compositions": compositions,
        });
        SbomPredicate::parse(&document).unwrap()
    };
    let complete = of(json!([{"aggregate": "complete"}]));
    assert!(complete.complete);
    assert_eq!(complete.components, 2);
    assert!(complete.time.is_some());
    for open in [
        json!([]),
        json!(null),
        json!([{"aggregate": "complete"}, {"aggregate": "incomplete"}]),
        json!([{}]),
    ] {
        assert!(!of(open.clone()).complete, "{open}");
    }
    for broken in [json!({}), json!({"bomFormat": "CycloneDX"}), json!("x")] {
        assert!(SbomPredicate::parse(&broken).is_err());
    }
}

#[test]
fn a_scan_repeats_the_head_of_its_report_and_keeps_the_whole() {
    let report = json!({
        "schema": "sealgate/report/v1", "decision": "pass", "time": "2026-11-23T00:00:00Z",
        "policy": {"name": "baseline", "digest": "ab", "source": "preset"},
        "database": {"digest": "cd", "sources": []}, "summary": {"block": 0}, "findings": [],
        "checks": ["sbom", "secrets"],
    });
    let scan = ScanPredicate::of_report(report.clone(), &sha256(b"file")).unwrap();
    assert_eq!(scan.policy.name, "baseline");
    assert_eq!(scan.checks, ["sbom", "secrets"]);
    assert_eq!(scan.database_digest.as_deref(), Some("cd"));
    assert_eq!(scan.report, report);
    let read = Predicate::of(&statement(SCAN_TYPE, scan.to_json().unwrap())).unwrap();
    assert_eq!(read, Predicate::Scan(scan));

    for (key, value) in [
        ("schema", json!("sealgate/report/v2")),
        ("decision", json!("maybe")),
        ("time", json!("yesterday")),
        ("checks", json!("all")),
    ] {
        let mut other = report.clone();
        other[key] = value;
        assert!(
            matches!(
                ScanPredicate::of_report(other, &sha256(b"file")),
                Err(AttestError::MalformedPredicate {
                    predicate: "scan",
                    ..
                })
            ),
            "{key}"
        );
    }
}

#[test]
fn an_unknown_predicate_is_kept_by_its_type() {
    let predicate = Predicate::of(&statement("urn:other", json!(1))).unwrap();
    assert_eq!(predicate, Predicate::Other("urn:other".to_owned()));
    assert_eq!(predicate.time(), None);
    assert_eq!(short_name("urn:other"), "urn:other");
    assert_eq!(short_name(VSA_TYPE), "vsa");
}
