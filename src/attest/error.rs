//! Why a statement or a test report cannot be used.

use crate::model::{DigestError, Hint, terminal_safe};
use crate::signing::JsonError;

/// One variant per failure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// The statement is not strict JSON.
    #[error("the statement is malformed: {0}")]
    NotJson(#[from] JsonError),
    /// A part of the statement is missing or of the wrong type.
    #[error("the statement is malformed: {reason}")]
    MalformedStatement {
        /// Which part and how.
        reason: String,
    },
    /// The statement has another type or version.
    #[error("the statement's type is `{got}`, expected `{want}`")]
    WrongStatementType {
        /// As written.
        got: String,
        /// What is expected.
        want: &'static str,
    },
    /// A subject without a strong digest, or with one that is none.
    #[error("the subject `{name}` has no usable digest: {reason}")]
    BadSubjectDigest {
        /// The subject's name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The statement names no subject, or too many.
    #[error("the statement has {got} subjects, 1 to {limit} are allowed")]
    SubjectCount {
        /// How many.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// The predicate does not have the fields of its type.
    #[error("the `{predicate}` predicate is malformed: {reason}")]
    MalformedPredicate {
        /// Short name of the type.
        predicate: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A text that is neither a short name of a predicate type nor a URI.
    #[error("`{}` is no predicate type", terminal_safe(got))]
    UnknownPredicateType {
        /// The first 80 characters, as written.
        got: String,
        /// A short name that is nearly the same.
        nearest: Option<&'static str>,
    },
    /// A digest in a predicate cannot be read.
    #[error("bad digest: {0}")]
    Digest(#[from] DigestError),

    /// The test report is larger than allowed.
    #[error("the test report is larger than the limit of {limit} bytes")]
    ReportTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The test report is not text.
    #[error("the test report is not UTF-8")]
    ReportNotText,
    /// The test report is not well-formed XML, has a DTD, or too many nodes.
    #[error("the JUnit report cannot be read: {reason}")]
    BadXml {
        /// The parser's word, with line and column.
        reason: String,
    },
    /// The XML is not a JUnit report.
    #[error("the JUnit report's root element is `{got}`, expected `testsuites` or `testsuite`")]
    NotJunit {
        /// The root element.
        got: String,
    },
    /// The report contradicts itself.
    #[error("the test report contradicts itself: {reason}")]
    Inconsistent {
        /// How.
        reason: String,
    },
    /// The report ends in the middle of a run.
    #[error("the test report is cut short: {reason}")]
    Truncated {
        /// Where.
        reason: String,
    },
}

impl Hint for AttestError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::UnknownPredicateType {
                nearest: Some(name),
                ..
            } => return Some(format!("did you mean `{name}`?")),
            Self::UnknownPredicateType { .. } => {
                "write the URI of the predicate's type, or a short name: `sealgate attest --help`"
            }
            Self::NotJson(_)
            | Self::MalformedStatement { .. }
            | Self::BadSubjectDigest { .. }
            | Self::SubjectCount { .. }
            | Self::MalformedPredicate { .. }
            | Self::Digest(_) => "make it again with `sealgate test`, `seal` or `gate`",
            Self::WrongStatementType { .. } => "use a tool that writes in-toto statements v1",
            Self::ReportTooLarge { .. } => "split the test run, or drop captured output from it",
            Self::ReportNotText | Self::BadXml { .. } | Self::NotJunit { .. } => {
                "name the JUnit XML that the test command writes"
            }
            Self::Inconsistent { .. } | Self::Truncated { .. } => {
                "a test program ended early or its output was mixed: look at the run, or write \
                 JUnit XML and name it with --report"
            }
        };
        Some(text.to_owned())
    }
}
