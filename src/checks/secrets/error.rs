//! Why the secrets check could not run at all. What it could not look at is a gap.

use super::shape::ShapeError;
use crate::model::Hint;
use crate::support::git_repository::GitError;
use std::path::Path;

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
    /// What comes in cannot be read.
    #[error("what comes in cannot be read: {source}")]
    Stream {
        /// The system's word.
        source: std::io::Error,
    },
    /// There is no git repository around the root.
    #[error("`{path}` is in no git repository")]
    NoRepository {
        /// The path as given.
        path: String,
    },
    /// The repository does not tell what to search.
    #[error(transparent)]
    Git(#[from] GitError),
    /// What a search of the history remembers cannot be written.
    #[error("cannot write the cache `{path}`: {reason}")]
    Cache {
        /// The file.
        path: String,
        /// The system's word.
        reason: String,
    },
    /// A rule's shape is malformed.
    #[error("the rule for `{kind}` is malformed: {source}")]
    Shape {
        /// The token kind.
        kind: &'static str,
        /// What is wrong.
        source: ShapeError,
    },
}

impl SecretsError {
    pub(super) fn none(root: &Path) -> Self {
        Self::NoRepository {
            path: root.display().to_string(),
        }
    }
}

impl Hint for SecretsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root { .. } => {
                Some("name a directory or file that exists and can be read".to_owned())
            }
            Self::Stream { .. } => {
                Some("see what writes to it: it must not end with an error".to_owned())
            }
            Self::NoRepository { .. } => {
                Some("name a directory inside a git work tree, or a bare repository".to_owned())
            }
            Self::Git(GitError::Revision { .. }) => Some(
                "name a branch, a tag or a commit that was fetched; in CI fetch the whole history"
                    .to_owned(),
            ),
            Self::Git(_) => Some("`git fsck --full` says what is missing or damaged".to_owned()),
            Self::Cache { .. } => Some("name a directory that can be written".to_owned()),
            Self::Shape { .. } => {
                Some("this is a fault in sealgate itself: please report it".to_owned())
            }
        }
    }
}
