//! What the next commit would bring: files of git's index that the commit checked out does
//! not have in this form.

use super::git_history::files_of;
use super::git_repository::{GitError, Repository};
use gix::ObjectId;
use gix::index::entry::{Flags, Mode};
use std::collections::HashMap;
use std::path::Path;

/// Largest index that is read.
const MAX_INDEX: u64 = 1024 * 1024 * 1024;

/// A file of the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StagedFile {
    /// Relative to the root that was asked for.
    pub path: String,
    /// Its content.
    pub id: ObjectId,
    /// What the commit that is checked out has at this path.
    pub before: Option<ObjectId>,
}

/// The files that differ from the commit that is checked out, sorted by path. `index` is
/// another file to read than the repository's own: git names one to its hooks.
///
/// # Errors
/// [`GitError`] where the index or the commit cannot be read.
pub fn staged_files(
    repository: &Repository,
    index: Option<&Path>,
) -> Result<Vec<StagedFile>, GitError> {
    let bad = |error: &dyn std::fmt::Display| GitError::Index(error.to_string());
    let own = repository.index_path();
    let path = index.unwrap_or(&own);
    match path.metadata() {
        Ok(metadata) if metadata.len() > MAX_INDEX => return Err(bad(&"it is too large")),
        Ok(_) => {}
        // A repository without a first `git add` has none.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && index.is_none() => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(bad(&error)),
    }
    let hash = repository.local().object_hash();
    let index = gix::index::File::at(path, hash, false, gix::index::decode::Options::default())
        .map_err(|error| bad(&error))?;
    let head = match repository.head()? {
        Some(commit) => files_of(repository, commit)?,
        None => Vec::new(),
    };
    let head: HashMap<String, ObjectId> = head.into_iter().collect();
    let mut staged = Vec::new();
    for entry in index.entries() {
        let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE);
        // `git add --intent-to-add` names a file without its content.
        if !is_file || entry.flags.contains(Flags::INTENT_TO_ADD) {
            continue;
        }
        let path = entry.path(&index).to_string();
        let Some(path) = path.strip_prefix(repository.prefix()) else {
            continue;
        };
        let before = head.get(path).copied();
        if before != Some(entry.id) {
            staged.push(StagedFile {
                path: path.to_owned(),
                id: entry.id,
                before,
            });
        }
    }
    staged.sort();
    Ok(staged)
}
