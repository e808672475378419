//! Why the secrets check could not run at all. What it could not look at is a gap.

use super::shape::ShapeError;
use crate::model::Hint;

/// Why the secrets check could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// The root to search is missing or cannot be opened.
    #[error("cannot search `{path}` for secrets: {source}")]
    Root {
        /// The path as given.
        path: String,
        /// The system's word.
        source: std::io::Error,
    },
    /// A rule's shape is malformed.
    #[error("the rule for `{kind}` is malformed: {source}")]
    Shape {
        /// The token kind.
        kind: &'static str,
        /// What is wrong.
        source: ShapeError,
    },
    /// The keyword automaton cannot be built.
    #[error("cannot build the search for the rules' keywords: {0}")]
    Automaton(#[source] aho_corasick::BuildError),
}

impl Hint for SecretsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root { .. } => {
                Some("name a directory or file that exists and can be read".to_owned())
            }
            Self::Shape { .. } | Self::Automaton(_) => {
                Some("this is a fault in sealgate itself: please report it".to_owned())
            }
        }
    }
}
