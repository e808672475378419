//! Why no inventory could be made, and why one lockfile could not be read.

use super::document::SyntaxError;
use crate::model::Hint;
use std::path::PathBuf;

/// Why no inventory could be made at all. What could not be read *inside* the tree is a
/// gap of the inventory, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// The root is not there or cannot be looked at.
    #[error("cannot read the directory `{}`: {source}", path.display())]
    Root {
        /// As given.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The root is a file or something else.
    #[error("`{}` is not a directory", path.display())]
    NotADirectory {
        /// As given.
        path: PathBuf,
    },
    /// The name of a file is none of a lockfile that is known.
    #[error("`{}` is no lockfile by its name", path.display())]
    NotALockfile {
        /// As given.
        path: PathBuf,
    },
    /// A path to include is not a relative path inside the root.
    #[error("the path to include `{path}` does not lie inside the project")]
    IncludeOutside {
        /// As given.
        path: String,
    },
    /// A path to include names no lockfile and no directory with one.
    #[error("the path to include `{path}` holds no lockfile that was found")]
    IncludeWithoutLockfile {
        /// As given.
        path: String,
    },
}

impl Hint for InventoryError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Root { .. } => "check the path".to_owned(),
            Self::NotADirectory { .. } => "name the directory of the project".to_owned(),
            Self::NotALockfile { .. } => format!(
                "lockfiles are known by their names: {}",
                super::lockfile_names().join(", ")
            ),
            Self::IncludeOutside { .. } => {
                "write it relative to the project, without `..`".to_owned()
            }
            Self::IncludeWithoutLockfile { .. } => {
                "check the path, and that no .gitignore excludes its directory".to_owned()
            }
        })
    }
}

/// Why a whole lockfile could not be read. A part that could not be read is a gap of
/// [`super::formats::Parsed`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The file does not follow its syntax.
    #[error("{reason}")]
    Syntax {
        /// 1-based.
        line: u32,
        /// One line.
        reason: String,
    },
    /// The syntax holds, but this is not what such a lockfile looks like.
    #[error("{reason}")]
    Shape {
        /// 1-based.
        line: u32,
        /// One line.
        reason: String,
    },
    /// A version of the format that is not known.
    #[error("lockfile version {found} is not known; known: {known}")]
    UnknownVersion {
        /// 1-based.
        line: u32,
        /// As recorded.
        found: String,
        /// What can be read.
        known: &'static str,
    },
    /// A version of the format that is known, but not read.
    #[error("lockfile version {found} is not read; read: {known}")]
    OldVersion {
        /// 1-based.
        line: u32,
        /// As recorded.
        found: String,
        /// What can be read.
        known: &'static str,
    },
    /// More edges between packages than the limit.
    #[error("more than {limit} dependencies between packages")]
    TooManyEdges {
        /// The limit.
        limit: usize,
    },
    /// More packages than the limit.
    #[error("more than {limit} packages")]
    TooManyPackages {
        /// The limit.
        limit: usize,
    },
}

impl From<SyntaxError> for FormatError {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax {
            line: error.line,
            reason: error.reason,
        }
    }
}

impl FormatError {
    /// The 1-based line, where one is known.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::Syntax { line, .. }
            | Self::Shape { line, .. }
            | Self::UnknownVersion { line, .. }
            | Self::OldVersion { line, .. } => Some(*line),
            Self::TooManyPackages { .. } | Self::TooManyEdges { .. } => None,
        }
    }
}
