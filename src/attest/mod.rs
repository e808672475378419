//! Statements about artifacts: who says what about which bytes.
//!
//! Enters: bytes of in-toto statements, of test reports, SBOMs and scan reports. Leaves:
//! [`Statement`]s and typed [`Predicate`]s. Nothing here trusts a signature or judges:
//! `signing` does the one, `gate` the other.

mod error;
mod image;
mod predicate_types;
mod predicates;
mod statement;
mod subjects;
mod test_report;

pub use error::AttestError;
pub use image::{IMAGE_SIGNATURE_TYPE, image_signature};
pub use predicate_types::{PREDICATE_TYPES, predicate_type};
pub use predicates::{
    CYCLONEDX_TYPE, Predicate, ReportDigest, SCAN_TYPE, SbomPredicate, ScanPredicate,
    TEST_RESULT_TYPE, TestOutcome, TestResult, TestRun, Tool, VSA_TYPE, VerificationResult,
    Verifier, VsaPolicy, VsaPredicate, environment_uri, short_name,
};
pub use statement::{
    MAX_STATEMENT_BYTES, MAX_SUBJECTS, ResourceDescriptor, STATEMENT_TYPE, Statement, Subject,
};
pub use subjects::Subjects;
pub use test_report::{MAX_REPORT_BYTES, TestCounts, TestReport};
#[cfg(feature = "full")]
pub use test_report::{MAX_REPORT_NODES, parse_cargo_test, parse_junit};
