//! The result of `sealgate check` as a predicate.
//!
//! The type is a URN of our own: there is no domain of the project to stand for it, and
//! a borrowed one would belong to somebody else tomorrow.

use super::json_of;
use crate::attest::error::AttestError;
use crate::attest::statement::digest_set;
use crate::model::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Its type URI.
pub const SCAN_TYPE: &str = "urn:sealgate:predicate:scan:v0.1";

/// The `schema` of the reports that can be sealed.
const REPORT_SCHEMA: &str = "sealgate/report/v1";

/// The predicate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanPredicate {
    /// `pass`, `fail` or `inconclusive`.
    pub decision: String,
    /// The policy that judged.
    pub policy: ScanPolicy,
    /// The checks that ran. A scan that does not say counts as one without any.
    #[serde(default)]
    pub checks: Vec<String>,
    /// SHA-256 of the advisory database, hex; none where none was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_digest: Option<String>,
    /// When.
    pub time: Timestamp,
    /// The report's own summary.
    #[serde(default)]
    pub summary: Value,
    /// Digests of the report file.
    pub report_digest: BTreeMap<String, String>,
    /// The whole report.
    pub report: Value,
}

/// A policy by name and content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanPolicy {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes, hex.
    pub digest: String,
}

/// The parts of a report that the predicate repeats at its top.
#[derive(Deserialize)]
struct ReportHead {
    schema: String,
    decision: String,
    policy: ScanPolicy,
    checks: Vec<String>,
    database: Option<ReportDatabase>,
    time: Timestamp,
    #[serde(default)]
    summary: Value,
}

#[derive(Deserialize)]
struct ReportDatabase {
    digest: String,
}

impl ScanPredicate {
    /// The predicate of a JSON report of `sealgate check` and the SHA-256 of its file.
    ///
    /// # Errors
    /// [`AttestError::MalformedPredicate`] where it is no such report.
    pub fn of_report(report: Value, file: &Digest) -> Result<Self, AttestError> {
        let malformed = |reason: String| AttestError::MalformedPredicate {
            predicate: "scan",
            reason,
        };
        let head = ReportHead::deserialize(&report).map_err(|e| malformed(e.to_string()))?;
        if head.schema != REPORT_SCHEMA {
            return Err(malformed(format!(
                "the report's schema is `{}`, expected `{REPORT_SCHEMA}`",
                head.schema
            )));
        }
        if !matches!(head.decision.as_str(), "pass" | "fail" | "inconclusive") {
            return Err(malformed(format!(
                "the decision is `{}`: pass, fail or inconclusive is expected",
                head.decision
            )));
        }
        Ok(Self {
            decision: head.decision,
            policy: head.policy,
            checks: head.checks,
            database_digest: head.database.map(|database| database.digest),
            time: head.time,
            summary: head.summary,
            report_digest: digest_set(file),
            report,
        })
    }

    /// The predicate as JSON.
    ///
    /// # Errors
    /// [`AttestError::MalformedPredicate`]; not for one made here.
    pub fn to_json(&self) -> Result<Value, AttestError> {
        json_of("scan", self)
    }
}
