//! Why there are no AWS credentials.

use crate::model::Hint;

/// One variant per way to fail. `source` names where they were looked for ("the profile
/// `release`"); texts are one line, safe to show and without credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// No source has any.
    #[error("no AWS credentials were found; tried: {tried}")]
    NotFound {
        /// Every source, with the reason.
        tried: String,
    },
    /// A source is configured in a way that cannot be used.
    #[error("no AWS credentials from {source_name}: {problem}")]
    Configuration {
        /// Where.
        source_name: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A source is there and says no.
    #[error("{source_name} gave no AWS credentials: {said}")]
    Refused {
        /// Where.
        source_name: String,
        /// Its words.
        said: String,
    },
    /// A source did not answer, or said that it cannot now.
    #[error("{source_name} gave no AWS credentials: {reason}")]
    Unanswered {
        /// Where.
        source_name: String,
        /// Why there is no answer.
        reason: String,
    },
    /// An answer that holds no credentials.
    #[error("the answer of {source_name} is not one with AWS credentials: {reason}")]
    Malformed {
        /// Where.
        source_name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Credentials, or a token that gets them, of the past.
    #[error("what {source_name} has expired at {when}")]
    Expired {
        /// Where.
        source_name: String,
        /// RFC 3339.
        when: String,
        /// What to do.
        remedy: String,
    },
}

impl CredentialsError {
    /// Whether the caller can mend it. Else a source gave no usable answer, and the same
    /// command may succeed another time.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::NotFound { .. }
            | Self::Configuration { .. }
            | Self::Refused { .. }
            | Self::Expired { .. } => true,
            Self::Unanswered { .. } | Self::Malformed { .. } => false,
        }
    }
}

impl Hint for CredentialsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { .. } => {
                "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or name a \
                 profile in AWS_PROFILE"
                    .to_owned()
            }
            Self::Configuration { remedy, .. } | Self::Expired { remedy, .. } => remedy.clone(),
            Self::Refused { .. } => "look at its words: the role's trust policy, the token, and \
                 what this identity may do"
                .to_owned(),
            Self::Unanswered { .. } => "try again later, or give keys in the environment: \
                 `aws configure export-credentials --format env` prints them"
                .to_owned(),
            Self::Malformed { .. } => {
                "check which server or program that is, and what stands in front of it".to_owned()
            }
        })
    }
}
