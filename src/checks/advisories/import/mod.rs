//! From files of advisories to an index: the files are found in order, read by all cores,
//! and what they say is packed, sorted and written.

mod archive;
mod input;
mod pool;
mod read;
mod signal_files;
mod tarball;
mod walk;

use super::error::DatabaseError;
use super::index::FILE_NAME;
use super::index::build::build;
use super::index::read::Database;
use crate::support::files::{FileError, sync_directory};
pub use input::{Input, Origin};
use std::path::{Path, PathBuf};

/// Reads all advisories of some inputs and replaces the index in `directory` by one with
/// exactly these. The directory is made where it is missing; the old index stays until the
/// new one is complete.
///
/// An input is a directory (walked: `*.json` OSV records, `*.zip` archives of them,
/// `RUSTSEC-….md` advisories and those below `crates/` and `rust/`, CISA's catalogue of
/// exploited vulnerabilities, EPSS scores), an archive, or a single file of these. The
/// catalogue and the scores may be compressed (`.json.gz`, `.csv.gz`). Symbolic links
/// inside a directory are not followed.
///
/// # Errors
/// Every variant of [`DatabaseError`] but those of opening an index. A record that cannot
/// be used is not an error: it is in [`Database::remarks`].
pub fn import(inputs: &[PathBuf], directory: &Path) -> Result<Database, DatabaseError> {
    let inputs: Vec<Input> = inputs.iter().cloned().map(Input::from).collect();
    import_inputs(&inputs, directory)
}

/// As [`import`], of inputs that know where they were fetched from.
///
/// # Errors
/// As [`import`].
pub fn import_inputs(inputs: &[Input], directory: &Path) -> Result<Database, DatabaseError> {
    let parts = pool::read_all(directory, |queue| {
        inputs
            .iter()
            .try_for_each(|input| walk::read_input(&input.path, input.place.as_deref(), queue))
    })?;
    let mut origins: Vec<Origin> = inputs.iter().filter_map(|i| i.origin.clone()).collect();
    origins.sort();
    std::fs::create_dir_all(directory).map_err(|source| DatabaseError::Create {
        path: directory.to_owned(),
        source,
    })?;
    let path = directory.join(FILE_NAME);
    let failed = |source| {
        DatabaseError::Write(FileError::Write {
            path: path.clone(),
            source,
        })
    };
    let temporary = tempfile::Builder::new()
        .prefix(".sealgate-")
        .tempfile_in(directory)
        .map_err(failed)?;
    let (file, temporary) = temporary.into_parts();
    let file = build(parts, origins, file)?;
    file.sync_all().map_err(failed)?;
    temporary.persist(&path).map_err(|e| failed(e.error))?;
    sync_directory(directory).map_err(failed)?;
    Database::open(directory)
}
