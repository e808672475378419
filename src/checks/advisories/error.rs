//! What can go wrong with the advisory database.

use crate::model::Hint;
use crate::support::files::FileError;
use std::path::PathBuf;

/// Why the advisory database could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// There is no index in the directory.
    #[error("there is no advisory database in `{}`", directory.display())]
    Missing {
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// The index cannot be opened or read.
    #[error("cannot read the advisory database `{}`: {source}", path.display())]
    Read {
        /// The index file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The file is not an index, or not one of this version.
    #[error("`{}` is not an advisory database of format {}: {reason}", path.display(), super::index::FORMAT_VERSION)]
    Format {
        /// The index file.
        path: PathBuf,
        /// What is different.
        reason: &'static str,
    },
    /// The bytes do not have the digest that they had when they were written.
    #[error("the advisory database `{}` is damaged: {what}", path.display())]
    Corrupt {
        /// The index file.
        path: PathBuf,
        /// Which part.
        what: String,
    },
    /// An input of an import cannot be read.
    #[error(transparent)]
    Input(#[from] FileError),
    /// A directory of an import cannot be listed.
    #[error("cannot list `{}`: {source}", path.display())]
    List {
        /// The directory.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// An input of an import is nothing that is known.
    #[error("`{}` holds no advisories that sealgate can read", path.display())]
    NothingRecognised {
        /// The input.
        path: PathBuf,
    },
    /// An archive of an import cannot be read.
    #[error("cannot read the archive `{}`: {source}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An import is over a limit.
    #[error("`{}` is over the limit of {limit} {unit}", path.display())]
    Limit {
        /// Where the limit was passed.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// The index would be larger than its format can hold.
    #[error("the advisories need more than {limit} {unit}, which the database format cannot hold")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// The data of an import cannot be written while it runs; the old index, if any, is
    /// untouched.
    #[error("cannot write the advisory database while it is built: {source}")]
    Scratch {
        /// The system's word.
        source: std::io::Error,
    },
    /// Another process is changing the directory.
    #[error("the advisory database in `{}` is being changed by another sealgate", directory.display())]
    Busy {
        /// The database directory.
        directory: PathBuf,
    },
    /// There is no generation to go back to, or more than one.
    #[error("{}", no_generation(wanted.as_deref(), *matching))]
    NoGeneration {
        /// The start of the digest that was asked for.
        wanted: Option<String>,
        /// How many there are.
        matching: usize,
    },
    /// The database directory cannot be made.
    #[error("cannot create `{}`: {source}", path.display())]
    Create {
        /// The directory.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The index cannot be written; the old one, if any, is untouched.
    #[error(transparent)]
    Write(FileError),
}

impl DatabaseError {
    /// What is wrong with a database that is there, without its path: reports hold no path
    /// of one machine.
    pub(super) fn without_path(&self) -> String {
        match self {
            Self::Corrupt { what, .. } => format!("the database is damaged: {what}"),
            Self::Format { reason, .. } => format!(
                "the database is not one of format {}: {reason}",
                super::index::FORMAT_VERSION
            ),
            Self::Read { source, .. } => format!("the database cannot be read: {source}"),
            _ => "the database cannot be used".to_owned(),
        }
    }

    /// The same about another file: an index that was read under a temporary name.
    pub(super) fn about(self, path: &std::path::Path) -> Self {
        let path = path.to_owned();
        match self {
            Self::Read { source, .. } => Self::Read { path, source },
            Self::Format { reason, .. } => Self::Format { path, reason },
            Self::Corrupt { what, .. } => Self::Corrupt { path, what },
            other => other,
        }
    }
}

fn no_generation(wanted: Option<&str>, matching: usize) -> String {
    match (wanted, matching) {
        (None, _) => "no earlier generation of the advisory database is kept".to_owned(),
        (Some(wanted), 0) => {
            format!("no generation of the advisory database starts with `{wanted}`")
        }
        (Some(wanted), n) => {
            format!("{n} generations of the advisory database start with `{wanted}`")
        }
    }
}

/// How to get a database, in the words of every hint.
pub(super) const IMPORT_HINT: &str = "fetch one with `sealgate db update`, or import one: \
                                      `sealgate db import --from DIR` with OSV dumps or a \
                                      RustSec tree";

impl Hint for DatabaseError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some(IMPORT_HINT.to_owned()),
            Self::Corrupt { .. } | Self::Format { .. } => {
                Some("import it again with `sealgate db import --from DIR`".to_owned())
            }
            Self::Input(error) | Self::Write(error) => error.hint(),
            Self::NothingRecognised { .. } => Some(
                "name a directory with `<Ecosystem>/all.zip`, OSV JSON files, one such file or \
                 archive, a RustSec tree or its .tar.gz; an exported database is given without \
                 --from"
                    .to_owned(),
            ),
            Self::Busy { .. } => Some("try again when it has ended".to_owned()),
            Self::NoGeneration { .. } => {
                Some("`sealgate db rollback --list` shows the ones that are kept".to_owned())
            }
            Self::Archive { .. } => Some("fetch the archive again".to_owned()),
            Self::Read { .. }
            | Self::List { .. }
            | Self::Limit { .. }
            | Self::TooLarge { .. }
            | Self::Scratch { .. }
            | Self::Create { .. } => None,
        }
    }
}
