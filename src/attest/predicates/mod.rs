//! The kinds of predicates that the gate understands, one file each.

mod sbom;
mod scan;
mod test_result;
mod vsa;

pub use sbom::{CYCLONEDX_TYPE, SbomPredicate};
pub use scan::{SCAN_TYPE, ScanPredicate};
pub use test_result::{ReportDigest, TEST_RESULT_TYPE, TestOutcome, TestResult, TestRun, Tool};
pub use vsa::{VSA_TYPE, VerificationResult, Verifier, VsaPolicy, VsaPredicate, environment_uri};

use super::error::AttestError;
use super::image::IMAGE_SIGNATURE_TYPE;
use super::statement::Statement;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A predicate of a known type.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Tests were run against the subjects.
    TestResult(TestResult),
    /// What the subjects are made of.
    Sbom(SbomPredicate),
    /// The subjects' sources were checked against a policy.
    Scan(ScanPredicate),
    /// A gate decided about the subjects.
    Vsa(VsaPredicate),
    /// Of another type, by its URI; not an error: others may attest other things.
    Other(String),
}

impl Predicate {
    /// The typed predicate of a statement.
    ///
    /// # Errors
    /// [`AttestError::MalformedPredicate`].
    pub fn of(statement: &Statement) -> Result<Self, AttestError> {
        let value = &statement.predicate;
        Ok(match statement.predicate_type.as_str() {
            TEST_RESULT_TYPE => Self::TestResult(typed("test-result", value)?),
            CYCLONEDX_TYPE => Self::Sbom(SbomPredicate::parse(value)?),
            SCAN_TYPE => Self::Scan(typed("scan", value)?),
            VSA_TYPE => Self::Vsa(typed("vsa", value)?),
            other => Self::Other(other.to_owned()),
        })
    }

    /// The time that the predicate itself states: end of the tests, time of the SBOM, of
    /// the scan, of the verdict.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        match self {
            Self::TestResult(result) => result.run.as_ref().map(|run| run.finished),
            Self::Sbom(sbom) => sbom.time,
            Self::Scan(scan) => Some(scan.time),
            Self::Vsa(vsa) => Some(vsa.time_verified),
            Self::Other(_) => None,
        }
    }
}

/// The short name of a predicate type: `test-result`, `sbom`, `scan`, `vsa`,
/// `image-signature`, or the URI.
#[must_use]
pub fn short_name(predicate_type: &str) -> &str {
    match predicate_type {
        TEST_RESULT_TYPE => "test-result",
        CYCLONEDX_TYPE => "sbom",
        SCAN_TYPE => "scan",
        VSA_TYPE => "vsa",
        IMAGE_SIGNATURE_TYPE => "image-signature",
        other => other,
    }
}

fn typed<T: DeserializeOwned>(predicate: &'static str, value: &Value) -> Result<T, AttestError> {
    T::deserialize(value).map_err(|error| AttestError::MalformedPredicate {
        predicate,
        reason: error.to_string(),
    })
}

/// The predicate as JSON, for a statement made here.
fn json_of<T: serde::Serialize>(predicate: &'static str, value: &T) -> Result<Value, AttestError> {
    serde_json::to_value(value).map_err(|error| AttestError::MalformedPredicate {
        predicate,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
