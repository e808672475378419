//! What can go wrong with versions.

use crate::model::Hint;

/// A version has no place in the order of its ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` cannot be ordered: {reason}")]
pub struct Incomparable {
    /// The version, at most 80 characters of it.
    pub text: String,
    /// Why.
    pub reason: &'static str,
}

impl Incomparable {
    pub(super) fn new(text: &str, reason: &'static str) -> Self {
        Self {
            text: text.chars().take(80).collect(),
            reason,
        }
    }
}

impl Hint for Incomparable {
    fn hint(&self) -> Option<String> {
        None
    }
}

/// Why a list of order lines could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// A line is not `a < b`, `a = b` or `a > b`.
    #[error("line {line}: `{text}` is not of the form `a < b`, `a = b` or `a > b`")]
    Malformed {
        /// 1-based.
        line: usize,
        /// The line, at most 80 characters of it.
        text: String,
    },
    /// A line is longer than [`super::MAX_LINE_BYTES`].
    #[error("line {line} is longer than {} bytes", super::MAX_LINE_BYTES)]
    TooLong {
        /// 1-based.
        line: usize,
    },
    /// There are more than [`super::MAX_LINES`] lines.
    #[error("more than {} lines", super::MAX_LINES)]
    TooMany,
}

impl Hint for LineError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Malformed { .. } => {
                "write two versions with a blank on both sides of the sign; `#` starts a comment line"
                    .to_owned()
            }
            Self::TooLong { .. } => "write one comparison a line".to_owned(),
            Self::TooMany => "split the list".to_owned(),
        })
    }
}
