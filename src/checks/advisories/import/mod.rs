//! From files of advisories to an index.

mod collect;
mod signal_files;
mod walk;

use super::error::DatabaseError;
use super::index::{FILE_NAME, IndexInfo, write};
use crate::support::files::write_atomic;
use collect::Collector;
use std::path::{Path, PathBuf};

/// Reads all advisories of some inputs and replaces the index in `directory` by one with
/// exactly these. The directory is made where it is missing; the old index stays until the
/// new one is complete.
///
/// An input is a directory (walked: `*.json` OSV records, `*.zip` archives of them,
/// `RUSTSEC-….md` advisories and those below `crates/` and `rust/`, CISA's catalogue of
/// exploited vulnerabilities, EPSS scores), an archive, or a single file of these. The
/// catalogue and the scores may be compressed (`.json.gz`, `.csv.gz`). Symbolic links inside a directory are not followed.
///
/// # Errors
/// Every variant of [`DatabaseError`] but those of opening an index. A record that cannot
/// be used is not an error: it is in [`IndexInfo::bad`].
pub fn import(inputs: &[PathBuf], directory: &Path) -> Result<IndexInfo, DatabaseError> {
    let mut collector = Collector::default();
    for input in inputs {
        walk::read_input(input, &mut collector)?;
    }
    let (records, info, signals) = collector.finish();
    let bytes = write::build(records, info, signals)?;
    std::fs::create_dir_all(directory).map_err(|source| DatabaseError::Create {
        path: directory.to_owned(),
        source,
    })?;
    write_atomic(&directory.join(FILE_NAME), &bytes).map_err(DatabaseError::Write)?;
    super::Database::open(directory).map(|database| database.status().clone())
}
