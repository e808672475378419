//! Why a store could not be used.

use crate::model::Hint;
use std::path::PathBuf;

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no store.
    #[error("there is no store in `{}`", directory.display())]
    Missing {
        /// The directory.
        directory: PathBuf,
    },
    /// The directory cannot be made.
    #[error("cannot make the directory `{}`: {source}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// SQLite refuses.
    #[error("the store `{}` cannot be used: {source}", file.display())]
    Sqlite {
        /// The file.
        file: PathBuf,
        /// SQLite's word.
        source: rusqlite::Error,
    },
    /// A file of another program, or of a later version of this one.
    #[error(
        "`{}` is no store that this version reads (application {application:#x}, schema {schema})",
        file.display()
    )]
    NotAStore {
        /// The file.
        file: PathBuf,
        /// Its application id.
        application: i64,
        /// Its version of the schema.
        schema: i64,
    },
    /// A row holds what no version of this program writes.
    #[error("the store `{}` holds `{}`, which is no package URL", file.display(), text.escape_debug())]
    BadRow {
        /// The file.
        file: PathBuf,
        /// What stands there.
        text: String,
    },
}

impl Hint for StoreError {
    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Missing { .. } => "make one with `sealgate inventory add DIR FILES…`",
                Self::Directory { .. } => "name a directory that can be written",
                Self::NotAStore { .. } => {
                    "name another directory, or use the version that wrote it"
                }
                Self::Sqlite { .. } | Self::BadRow { .. } => {
                    "if the file is damaged, remove it and add the documents again"
                }
            }
            .to_owned(),
        )
    }
}
