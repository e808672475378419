//! Step 4: does an attestation say what the environment requires.

use super::evaluate::Reason;
use super::rules;
use crate::attest::{
    Predicate, SbomPredicate, ScanPredicate, TestOutcome, TestResult, VerificationResult,
    VsaPredicate,
};
use crate::policy::environments::{Condition, PolicyDigest, Required};
use jiff::Timestamp;

/// Clocks of two machines may differ by this much.
const CLOCK_TOLERANCE_SECONDS: i64 = 300;

/// What stands against counting this predicate; empty if nothing does.
pub(super) fn judge(required: &Required, predicate: &Predicate, now: Timestamp) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = judge_time(required, predicate, now).into_iter().collect();
    match (&required.condition, predicate) {
        (
            Condition::TestResult {
                min_tests,
                allow_warned,
            },
            Predicate::TestResult(result),
        ) => reasons.extend(judge_tests(result, *min_tests, *allow_warned)),
        (
            Condition::Sbom {
                complete,
                min_components,
            },
            Predicate::Sbom(sbom),
        ) => reasons.extend(judge_sbom(sbom, *complete, *min_components)),
        (Condition::Scan { policy, checks }, Predicate::Scan(scan)) => {
            reasons.extend(judge_scan(scan, policy.as_ref(), checks));
        }
        (Condition::Vsa { from, policy }, Predicate::Vsa(vsa)) => {
            reasons.extend(judge_vsa(vsa, from, policy.as_ref()));
        }
        // The caller selects by kind; a predicate of another kind proves nothing.
        (condition, _) => reasons.push(Reason::fail(
            &rules::MISSING_PREDICATE,
            format!("no `{}` attestation", condition.predicate()),
        )),
    }
    reasons
}

/// One line for people about an accepted predicate.
pub(super) fn describe(predicate: &Predicate, now: Timestamp) -> String {
    let what = match predicate {
        Predicate::TestResult(result) => {
            let counts = result.counts();
            let passed = counts.passed.saturating_add(counts.warned);
            format!("{passed} tests passed, {} skipped", counts.skipped)
        }
        Predicate::Sbom(sbom) => {
            let complete = if sbom.complete { ", complete" } else { "" };
            format!(
                "CycloneDX {}, {} components{complete}",
                sbom.spec_version, sbom.components
            )
        }
        Predicate::Scan(scan) => format!("{} under policy `{}`", scan.decision, scan.policy.name),
        Predicate::Vsa(_) => "passed".to_owned(),
        Predicate::Other(uri) => uri.clone(),
    };
    match predicate.time() {
        Some(time) => format!("{what}, {} old", age_text(age_seconds(time, now))),
        None => what,
    }
}

fn age_seconds(time: Timestamp, now: Timestamp) -> i64 {
    now.as_second().saturating_sub(time.as_second())
}

fn age_text(seconds: i64) -> String {
    match seconds {
        ..60 => "less than a minute".to_owned(),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn judge_time(required: &Required, predicate: &Predicate, now: Timestamp) -> Option<Reason> {
    let kind = required.condition.predicate();
    let Some(time) = predicate.time() else {
        return required.max_age.map(|_| {
            Reason::fail(
                &rules::NO_TIME,
                format!("the `{kind}` attestation does not say when it was made"),
            )
        });
    };
    let age = age_seconds(time, now);
    if age < -CLOCK_TOLERANCE_SECONDS {
        return Some(Reason::fail(
            &rules::FUTURE_TIME,
            format!("the `{kind}` attestation states {time}, which is after {now}"),
        ));
    }
    let limit = required.max_age?;
    (age > limit.seconds).then(|| {
        Reason::fail(
            &rules::TOO_OLD,
            format!(
                "the `{kind}` attestation is {} old, at most {} are allowed",
                age_text(age),
                age_text(limit.seconds)
            ),
        )
    })
}

fn judge_tests(result: &TestResult, min_tests: u64, allow_warned: bool) -> Option<Reason> {
    let counts = result.counts();
    let passed = counts.passed.saturating_add(counts.warned);
    let exit_code = result.run.as_ref().map_or(0, |run| run.exit_code);
    let problem = result.run.as_ref().and_then(|run| run.problem.as_deref());
    if counts.ran() == 0 {
        let why = problem.map_or_else(String::new, |text| format!(": {text}"));
        return Some(Reason::fail(
            &rules::ZERO_TESTS,
            format!("not a single test ran{why}"),
        ));
    }
    // The outcome is not believed alone: a `PASSED` beside failed tests is a contradiction.
    if result.result == TestOutcome::Failed
        || counts.failed > 0
        || !result.failed.is_empty()
        || exit_code != 0
        || problem.is_some()
    {
        let why = match (counts.failed, problem) {
            (0, Some(text)) => text.to_owned(),
            (0, None) if exit_code != 0 => format!("the test command ended with {exit_code}"),
            (0, None) if !result.failed.is_empty() => {
                format!("{} tests are named as failed", result.failed.len())
            }
            (0, None) => "the result is FAILED".to_owned(),
            (failed, _) => format!("{failed} of {} tests failed", counts.ran()),
        };
        return Some(Reason::fail(&rules::TESTS_FAILED, why));
    }
    let warned =
        result.result == TestOutcome::Warned || counts.warned > 0 || !result.warned.is_empty();
    if warned && !allow_warned {
        return Some(Reason::fail(
            &rules::TESTS_WARNED,
            format!("{} tests passed only on another try", counts.warned),
        ));
    }
    (passed < min_tests).then(|| {
        Reason::fail(
            &rules::TOO_FEW_TESTS,
            format!("{passed} tests passed, at least {min_tests} are required"),
        )
    })
}

fn judge_sbom(sbom: &SbomPredicate, complete: bool, min_components: u64) -> Option<Reason> {
    let text = if complete && !sbom.complete {
        "the SBOM does not declare itself complete".to_owned()
    } else if sbom.components < min_components {
        format!(
            "the SBOM has {} components, at least {min_components} are required",
            sbom.components
        )
    } else {
        return None;
    };
    Some(Reason::fail(&rules::SBOM_INCOMPLETE, text))
}

fn judge_scan(
    scan: &ScanPredicate,
    policy: Option<&PolicyDigest>,
    checks: &[String],
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    match scan.decision.as_str() {
        "pass" => {}
        "inconclusive" => reasons.push(Reason::inconclusive(
            &rules::SCAN_INCONCLUSIVE,
            format!(
                "the scan under policy `{}` was inconclusive",
                scan.policy.name
            ),
        )),
        other => reasons.push(Reason::fail(
            &rules::SCAN_FAILED,
            format!(
                "the scan under policy `{}` ended with `{other}`",
                scan.policy.name
            ),
        )),
    }
    let left_out: Vec<&str> = checks
        .iter()
        .filter(|check| !scan.checks.contains(check))
        .map(String::as_str)
        .collect();
    if !left_out.is_empty() {
        reasons.push(Reason::fail(
            &rules::SCAN_INCOMPLETE,
            format!("the scan left out {}", left_out.join(", ")),
        ));
    }
    if policy.is_some_and(|want| !want.is(&scan.policy.digest)) {
        reasons.push(Reason::fail(
            &rules::SCAN_OTHER_POLICY,
            format!(
                "the scan was judged by policy `{}` (sha256:{})",
                scan.policy.name, scan.policy.digest
            ),
        ));
    }
    reasons
}

fn judge_vsa(vsa: &VsaPredicate, from: &str, policy: Option<&PolicyDigest>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if vsa.verification_result != VerificationResult::Passed {
        reasons.push(Reason::fail(
            &rules::VSA_FAILED,
            format!("the newest summary of environment `{from}` says FAILED"),
        ));
    }
    let digest = vsa.policy.digest.get("sha256").map_or("", String::as_str);
    if policy.is_some_and(|want| !want.is(digest)) {
        reasons.push(Reason::fail(
            &rules::VSA_OTHER_POLICY,
            format!("environment `{from}` was passed under another policy (sha256:{digest})"),
        ));
    }
    reasons
}
