//! From files of advisories to an index: the files are found in order, read by all cores,
//! and what they say is packed, sorted and written.

mod archive;
mod commit;
mod input;
mod pool;
mod read;
mod signal_files;
mod tarball;
mod walk;

pub use input::{Input, Origin};

use super::error::DatabaseError;
use super::index::build::{InputName, build};
use super::index::read::Database;
use super::store::{KEPT, UpdateLock};
use std::path::{Path, PathBuf};

/// Reads all advisories of some inputs and makes an index with exactly these the current
/// one of `directory`, which is made where it is missing; the old index stays current
/// until the new one is complete, and is kept after that.
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
    import_inputs(&inputs, &UpdateLock::take(directory)?, KEPT)
}

/// As [`import`], of inputs that know where they were fetched from, into a directory that
/// is locked; `kept` generations are kept.
///
/// # Errors
/// As [`import`].
pub fn import_inputs(
    inputs: &[Input],
    lock: &UpdateLock,
    kept: usize,
) -> Result<Database, DatabaseError> {
    // Each is known by a number of 16 bits.
    let limit = u64::from(u16::MAX);
    if inputs.len() as u64 > limit {
        let unit = "inputs";
        return Err(DatabaseError::TooLarge { limit, unit });
    }
    let mut commits = Vec::new();
    let parts = pool::read_all(lock.directory(), |queue| {
        for (number, input) in (0..=u16::MAX).zip(inputs) {
            queue.begin(number);
            walk::read_input(input, queue)?;
            commits.push(queue.commit.take());
        }
        Ok(())
    })?;
    let names: Vec<_> = inputs
        .iter()
        .zip(commits)
        .map(|(input, commit)| InputName {
            name: name_of(&input.path),
            commit: commit.or_else(|| commit::commit_of(&input.path)),
            fetched: input.origin.clone(),
        })
        .collect();
    let temporary = lock.temporary()?;
    let file = temporary
        .as_file()
        .try_clone()
        .map_err(|source| DatabaseError::Scratch { source })?;
    build(parts, &names, file)?;
    lock.commit(temporary, kept)
}

/// The last part of a path: an index holds no directory of one machine.
fn name_of(path: &Path) -> String {
    let whole;
    let name = match path.file_name() {
        Some(name) => Some(name),
        None => {
            whole = path.canonicalize().unwrap_or_default();
            whole.file_name()
        }
    };
    name.map_or_else(
        || ".".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
