//! The generations of a database directory, by the names of their files.

use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::index::FILE_NAME;
use crate::checks::advisories::index::read::Database;
use std::path::{Path, PathBuf};

/// Name of the directory below the database directory.
pub(super) const DIRECTORY: &str = "generations";
const ENDING: &str = ".sgdb";

/// An index that is or was current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Grows with every new index.
    pub number: u64,
    /// Root digest, hex.
    pub digest: String,
    /// It is the one that checks read.
    pub current: bool,
    /// Length of its file.
    pub bytes: u64,
}

impl Generation {
    pub(super) fn path(&self, directory: &Path) -> PathBuf {
        directory
            .join(DIRECTORY)
            .join(file_name(self.number, &self.digest))
    }
}

pub(super) fn file_name(number: u64, digest: &str) -> String {
    format!("{number:06}-{digest}{ENDING}")
}

fn parse_name(name: &str) -> Option<(u64, &str)> {
    let (number, digest) = name.strip_suffix(ENDING)?.split_once('-')?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    is_digest.then_some((number.parse().ok()?, digest))
}

/// The database of a directory with this root digest (hex), the current one or one that is
/// kept; `None` where there is none.
///
/// # Errors
/// [`DatabaseError::List`]; the errors of [`Database::open_file`] where it is there and
/// cannot be used, or is not what its name says.
pub fn with_digest(directory: &Path, digest: &str) -> Result<Option<Database>, DatabaseError> {
    let all = generations(directory)?;
    let Some(generation) = all.iter().find(|generation| generation.digest == digest) else {
        return Ok(None);
    };
    let path = generation.path(directory);
    let database = Database::open_file(&path)?;
    match database.info().digest == digest {
        true => Ok(Some(database)),
        false => Err(DatabaseError::Corrupt {
            path,
            what: "its content is not what its name says".to_owned(),
        }),
    }
}

/// The generations of a database directory, newest first; empty where there are none.
///
/// # Errors
/// [`DatabaseError::List`].
pub fn generations(directory: &Path) -> Result<Vec<Generation>, DatabaseError> {
    let below = directory.join(DIRECTORY);
    let failed = |source| DatabaseError::List {
        path: below.clone(),
        source,
    };
    let entries = match std::fs::read_dir(&below) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let current = Database::open_file(&directory.join(FILE_NAME))
        .ok()
        .map(|database| database.info().digest);
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if let Some((number, digest)) = name.to_str().and_then(parse_name) {
            found.push(Generation {
                number,
                digest: digest.to_owned(),
                current: current.as_deref() == Some(digest),
                bytes: entry.metadata().map_err(failed)?.len(),
            });
        }
    }
    found.sort_by(|a, b| (b.number, &b.digest).cmp(&(a.number, &a.digest)));
    Ok(found)
}
