//! Test results: in-toto `test-result` v0.1 with sealgate's record of the run.
//!
//! Source: `spec/predicates/test-result.md` of github.com/in-toto/attestation. The field
//! `sealgate_run` is ours, named as SLSA asks extensions to be (`<vendor>_<field>`);
//! others pass over it.

use super::json_of;
use crate::attest::error::AttestError;
use crate::attest::statement::ResourceDescriptor;
use crate::attest::test_report::{TestCounts, TestReport};
use crate::model::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Its type URI.
pub const TEST_RESULT_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The result of a test run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestOutcome {
    /// Every test that ran passed, and at least one ran.
    Passed,
    /// As passed, but some only after another try.
    Warned,
    /// A test failed, none ran, or the command failed.
    Failed,
}

/// The program that wrote something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The machine-readable report that the counts come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportDigest {
    /// `junit` or `cargo-test`.
    pub format: String,
    /// Its digests.
    pub digest: BTreeMap<String, String>,
}

impl ReportDigest {
    /// A report of a format.
    #[must_use]
    pub fn new(format: &str, digest: &Digest) -> Self {
        Self {
            format: format.to_owned(),
            digest: crate::attest::statement::digest_set(digest),
        }
    }
}

/// How the tests were run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestRun {
    /// The command and its arguments.
    pub argv: Vec<String>,
    /// Its exit code; 128 and the signal's number where a signal ended it.
    pub exit_code: i32,
    /// How many tests.
    pub counts: TestCounts,
    /// When the command was started.
    #[serde(rename = "startedOn")]
    pub started: Timestamp,
    /// When it had ended.
    #[serde(rename = "finishedOn")]
    pub finished: Timestamp,
    /// The report; none where there was none to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportDigest>,
    /// Why the run failed although no single test did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The program that recorded this.
    pub tool: Tool,
}

/// The predicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// The outcome.
    pub result: TestOutcome,
    /// What the tests were made of: files with their digests.
    pub configuration: Vec<ResourceDescriptor>,
    /// Where the run can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Names of the tests that passed, sorted.
    #[serde(rename = "passedTests", default)]
    pub passed: Vec<String>,
    /// Names of the tests that passed with a warning, sorted.
    #[serde(rename = "warnedTests", default)]
    pub warned: Vec<String>,
    /// Names of the tests that failed, sorted.
    #[serde(rename = "failedTests", default)]
    pub failed: Vec<String>,
    /// How they were run.
    #[serde(
        rename = "sealgate_run",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub run: Option<TestRun>,
}

impl TestResult {
    /// The result of a run: passed only if the command succeeded, at least one test ran,
    /// none failed and there was no other problem.
    #[must_use]
    pub fn of_run(
        report: TestReport,
        configuration: Vec<ResourceDescriptor>,
        run: TestRun,
    ) -> Self {
        let failed = run.exit_code != 0
            || run.problem.is_some()
            || report.counts.failed > 0
            || report.counts.ran() == 0;
        let result = match (failed, report.counts.warned) {
            (true, _) => TestOutcome::Failed,
            (false, 0) => TestOutcome::Passed,
            (false, _) => TestOutcome::Warned,
        };
        Self {
            result,
            configuration,
            url: None,
            passed: report.passed,
            warned: report.warned,
            failed: report.failed,
            run: Some(run),
        }
    }

    /// How many tests: as recorded, or by the names where another tool wrote this.
    #[must_use]
    pub fn counts(&self) -> TestCounts {
        let count = |names: &[String]| names.len() as u64;
        match &self.run {
            Some(run) => run.counts,
            None => TestCounts {
                passed: count(&self.passed),
                warned: count(&self.warned),
                failed: count(&self.failed),
                skipped: 0,
            },
        }
    }

    /// The predicate as JSON.
    ///
    /// # Errors
    /// [`AttestError::MalformedPredicate`]; not for a result made here.
    pub fn to_json(&self) -> Result<Value, AttestError> {
        json_of("test-result", self)
    }
}
