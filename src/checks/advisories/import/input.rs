//! What an import reads, and where it was had from.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One input of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// File or directory.
    pub path: PathBuf,
    /// What messages call a file, where its own name says too little; its last part says
    /// what kind of file it is.
    pub place: Option<String>,
    /// Where it was fetched from.
    pub origin: Option<Origin>,
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self {
            path,
            place: None,
            origin: None,
        }
    }
}

/// Where a file was fetched from, and when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The source: `OSV npm`, `RustSec`, `KEV`.
    pub source: String,
    /// Its address, without credentials.
    pub url: String,
    /// The server's tag for this content.
    pub etag: Option<String>,
    /// The server's date of this content.
    pub last_modified: Option<String>,
    /// RFC 3339 time at which it was fetched.
    pub fetched: String,
    /// RFC 3339 time at which the server last said that it is the newest.
    pub checked: String,
}
