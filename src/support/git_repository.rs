//! A git repository opened for reading, without running git and without the user's
//! configuration: it comes with the tree that is checked.

use gix::prelude::FindExt as _;
use gix::{ObjectId, ThreadSafeRepository};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Bytes that a commit may unpack to. One with a long message has a few thousand.
const COMMIT_LIMIT: u64 = 16 * 1024 * 1024;
/// Bytes of unpacked delta bases that one reader keeps.
const BASE_CACHE: usize = 16 * 1024 * 1024;

/// Why something of a repository is not known.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// What lies in `.git` is no repository that can be opened.
    #[error("git's repository cannot be read: {0}")]
    Repository(String),
    /// A name is no commit of the repository.
    #[error("`{name}` is no commit of this repository: {reason}")]
    Revision {
        /// As it was given.
        name: String,
        /// What the look-up said.
        reason: String,
    },
    /// An object cannot be found or read.
    #[error("git's object {id} cannot be read: {reason}")]
    Object {
        /// Its name, in hex.
        id: String,
        /// Why.
        reason: String,
    },
    /// The references cannot be listed.
    #[error("git's references cannot be read: {0}")]
    References(String),
    /// The index cannot be read.
    #[error("git's index cannot be read: {0}")]
    Index(String),
    /// There is more of something than is looked at.
    #[error("git's repository holds more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are looked at.
        limit: usize,
    },
}

impl GitError {
    pub(super) fn object(id: impl std::fmt::Display, reason: &dyn std::fmt::Display) -> Self {
        Self::Object {
            id: id.to_string(),
            reason: reason.to_string(),
        }
    }
}

/// What a commit says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its object id, in hex.
    pub id: String,
    /// Who wrote it: a name as recorded, which anyone may choose.
    pub author: String,
    /// When it was made.
    pub time: Timestamp,
}

/// A repository. Threads share it; each makes its own [`Reader`].
pub struct Repository {
    shared: ThreadSafeRepository,
    /// The path of the root that was asked for inside the work tree, with a final `/`
    /// where it is not empty.
    prefix: String,
}

impl Repository {
    /// The repository around `root`; `None` where there is none. An object that would
    /// unpack to more than `object_limit` bytes is not read.
    ///
    /// # Errors
    /// [`GitError::Repository`] where there is one that cannot be opened.
    pub fn around(root: &Path, object_limit: u64) -> Result<Option<Self>, GitError> {
        let Ok(root) = root.canonicalize() else {
            return Ok(None);
        };
        let Some((top, is_bare)) = top_of(&root) else {
            return Ok(None);
        };
        let limit = format!("gitoxide.objects.allocLimit={object_limit}");
        // Replacements would show other contents than the commits that people fetch.
        let overrides = [limit.as_str(), "core.useReplaceRefs=false"];
        // Neither the user's configuration nor files that the repository's own includes.
        let options = gix::open::Options::isolated()
            .open_path_as_is(is_bare)
            .config_overrides(overrides);
        let shared = ThreadSafeRepository::open_opts(&top, options)
            .map_err(|error| GitError::Repository(error.to_string()))?;
        let mut prefix = String::new();
        if !is_bare {
            for part in root.strip_prefix(&top).unwrap_or(&root).components() {
                prefix.push_str(&part.as_os_str().to_string_lossy());
                prefix.push('/');
            }
        }
        Ok(Some(Self { shared, prefix }))
    }

    /// The path of the root that was asked for inside the work tree, with a final `/`
    /// where it is not empty.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether history was cut off when it was fetched.
    ///
    /// # Errors
    /// [`GitError::Repository`] where that cannot be read.
    pub fn is_shallow(&self) -> Result<bool, GitError> {
        let shallow = self.shared.to_thread_local().is_shallow();
        shallow.map_err(|error| GitError::Repository(error.to_string()))
    }

    /// The commit of a name such as `main`, `HEAD~3` or a hash.
    ///
    /// # Errors
    /// [`GitError::Revision`].
    pub fn commit(&self, name: &str) -> Result<ObjectId, GitError> {
        let bad = |reason: &dyn std::fmt::Display| GitError::Revision {
            name: name.to_owned(),
            reason: reason.to_string(),
        };
        let repository = self.shared.to_thread_local();
        let id = repository.rev_parse_single(name).map_err(|e| bad(&e))?;
        let object = id.object().map_err(|e| bad(&e))?;
        let commit = object.peel_to_commit().map_err(|e| bad(&e))?;
        Ok(commit.id)
    }

    /// The commit that is checked out; `None` before the first one.
    ///
    /// # Errors
    /// [`GitError::References`].
    pub fn head(&self) -> Result<Option<ObjectId>, GitError> {
        let unreadable = |error: &dyn std::fmt::Display| GitError::References(error.to_string());
        let repository = self.shared.to_thread_local();
        let mut head = repository.head().map_err(|e| unreadable(&e))?;
        if head.is_unborn() {
            return Ok(None);
        }
        let commit = head.peel_to_commit().map_err(|e| unreadable(&e))?;
        Ok(Some(commit.id))
    }

    /// The commits that all references lead to, `HEAD` and the stash included, sorted; tags
    /// of other objects are left out. The second part names references that lead nowhere.
    ///
    /// # Errors
    /// [`GitError::References`].
    pub fn tips(&self) -> Result<(Vec<ObjectId>, Vec<String>), GitError> {
        let unreadable = |error: &dyn std::fmt::Display| GitError::References(error.to_string());
        let repository = self.shared.to_thread_local();
        let platform = repository.references().map_err(|e| unreadable(&e))?;
        let mut tips: Vec<ObjectId> = self.head()?.into_iter().collect();
        let mut broken = Vec::new();
        for reference in platform.all().map_err(|e| unreadable(&e))? {
            let mut reference = reference.map_err(|e| unreadable(&e))?;
            let name = reference.name().as_bstr().to_string();
            match reference.peel_to_id() {
                Ok(id) => match id.header().map(|header| header.kind()) {
                    Ok(gix::objs::Kind::Commit) => tips.push(id.detach()),
                    Ok(_) => {}
                    Err(_) => broken.push(name),
                },
                Err(_) => broken.push(name),
            }
        }
        tips.sort();
        tips.dedup();
        broken.sort();
        Ok((tips, broken))
    }

    /// The commits that the branches last fetched from a remote lead to.
    ///
    /// # Errors
    /// [`GitError::References`].
    pub fn fetched_from(&self, remote: &str) -> Result<Vec<ObjectId>, GitError> {
        let unreadable = |error: &dyn std::fmt::Display| GitError::References(error.to_string());
        let repository = self.shared.to_thread_local();
        let platform = repository.references().map_err(|e| unreadable(&e))?;
        let prefix = format!("refs/remotes/{remote}/");
        let mut tips = Vec::new();
        for reference in platform.all().map_err(|e| unreadable(&e))? {
            let mut reference = reference.map_err(|e| unreadable(&e))?;
            if reference.name().as_bstr().starts_with(prefix.as_bytes())
                && let Ok(id) = reference.peel_to_id()
            {
                tips.push(id.detach());
            }
        }
        tips.sort();
        tips.dedup();
        Ok(tips)
    }

    /// The best common ancestor of a named commit and the one checked out.
    ///
    /// # Errors
    /// [`GitError::Revision`] where there is none, or the name is no commit.
    pub fn merge_base_with_head(&self, name: &str) -> Result<ObjectId, GitError> {
        let bad = |reason: &dyn std::fmt::Display| GitError::Revision {
            name: name.to_owned(),
            reason: reason.to_string(),
        };
        let other = self.commit(name)?;
        let head = self.head()?;
        let head = head.ok_or_else(|| bad(&"nothing is checked out yet"))?;
        let repository = self.shared.to_thread_local();
        let bases = repository
            .merge_bases_many(head, &[other])
            .map_err(|error| GitError::object(head, &error))?;
        let first = bases.first().map(|id| id.detach());
        first.ok_or_else(|| bad(&"it has no ancestor in common with the commit checked out"))
    }

    /// When a commit was made, as git's `%ct` gives it.
    ///
    /// # Errors
    /// [`GitError::Object`].
    pub fn time(&self, id: ObjectId) -> Result<Timestamp, GitError> {
        let unreadable = |error: &dyn std::fmt::Display| GitError::object(id, error);
        let repository = self.shared.to_thread_local();
        let commit = repository.find_commit(id).map_err(|e| unreadable(&e))?;
        let seconds = commit.time().map_err(|e| unreadable(&e))?.seconds;
        Timestamp::from_second(seconds).map_err(|e| unreadable(&e))
    }

    /// What a commit says of itself.
    ///
    /// # Errors
    /// [`GitError::Object`].
    pub fn facts(&self, id: ObjectId) -> Result<CommitFacts, GitError> {
        let unreadable = |error: &dyn std::fmt::Display| GitError::object(id, error);
        let repository = self.shared.to_thread_local();
        let commit = repository.find_commit(id).map_err(|e| unreadable(&e))?;
        let author = commit.author().map_err(|e| unreadable(&e))?;
        Ok(CommitFacts {
            id: id.to_string(),
            author: author.name.to_string(),
            time: self.time(id)?,
        })
    }

    /// A reader of objects for one thread.
    #[must_use]
    pub fn reader(&self) -> Reader {
        let mut repository = self.shared.to_thread_local();
        repository.objects.set_pack_cache(|| {
            Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(
                BASE_CACHE,
            ))
        });
        Reader {
            repository,
            buffer: Vec::new(),
        }
    }

    /// The directory of the hooks that git runs: the repository's own, or the one that its
    /// configuration names.
    #[must_use]
    pub fn hooks_directory(&self) -> PathBuf {
        let repository = self.shared.to_thread_local();
        let named = repository
            .config_snapshot()
            .trusted_path("core.hooksPath")
            .ok()
            .flatten();
        match named {
            Some(path) if path.is_absolute() => path.to_path_buf(),
            Some(path) => repository.workdir().unwrap_or(Path::new(".")).join(path),
            None => repository.common_dir().join("hooks"),
        }
    }

    /// The index file that commits are made from.
    #[must_use]
    pub fn index_path(&self) -> PathBuf {
        self.shared.to_thread_local().index_path()
    }

    pub(super) fn local(&self) -> gix::Repository {
        self.shared.to_thread_local()
    }
}

/// The time of the commit that is checked out around `root`; `None` outside a repository,
/// and before the first commit.
///
/// # Errors
/// [`GitError`] where there is a repository and it does not tell.
pub fn commit_time(root: &Path) -> Result<Option<Timestamp>, GitError> {
    let Some(repository) = Repository::around(root, COMMIT_LIMIT)? else {
        return Ok(None);
    };
    let head = repository.head()?;
    head.map(|id| repository.time(id)).transpose()
}

/// The top of the work tree around a directory; `None` outside one.
#[must_use]
pub fn work_tree_of(directory: &Path) -> Option<PathBuf> {
    let directory = directory.canonicalize().ok()?;
    top_of(&directory).and_then(|(top, is_bare)| (!is_bare).then_some(top))
}

/// The top of the work tree around a directory, or the directory itself where it is a bare
/// repository.
fn top_of(root: &Path) -> Option<(PathBuf, bool)> {
    let has = |dir: &Path, name: &str| dir.join(name).symlink_metadata().is_ok();
    if let Some(top) = root.ancestors().find(|top| has(top, ".git")) {
        return Some((top.to_owned(), false));
    }
    let is_bare = ["HEAD", "objects", "refs"]
        .iter()
        .all(|name| has(root, name));
    is_bare.then(|| (root.to_owned(), true))
}

/// Reads objects one after the other into one buffer.
pub struct Reader {
    repository: gix::Repository,
    buffer: Vec<u8>,
}

/// Why the bytes of a file are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobError {
    /// It is larger than the limit given to [`Repository::around`].
    TooLarge,
    /// It is not in the repository, as in a partial clone.
    Missing,
    /// It is there and damaged, or no file.
    Unreadable(String),
}

impl Reader {
    pub(super) fn into_inner(self) -> gix::Repository {
        self.repository
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`BlobError`].
    pub fn blob(&mut self, id: &gix::oid, limit: u64) -> Result<&[u8], BlobError> {
        let objects = &self.repository.objects;
        match objects.find_blob(id, &mut self.buffer) {
            // The borrow of a result that is returned early would last for both arms.
            Ok(_) => Ok(&self.buffer),
            Err(error) => Err(match self.repository.try_find_header(id) {
                Ok(Some(header)) if header.size() > limit => BlobError::TooLarge,
                Ok(None) => BlobError::Missing,
                _ => BlobError::Unreadable(error.to_string()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::files::write_atomic;
    use crate::support::git_index::tracked_files;
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    /// A repository of one file and, if `commit`, one commit; `None` where git is not
    /// installed or too old.
    fn repository(arguments: &[&str], commit: bool) -> Option<tempfile::TempDir> {
        let directory = tempfile::tempdir().unwrap();
        write_atomic(&directory.path().join("go.mod"), b"module m\n").unwrap();
        let git = |arguments: &[&str]| {
            let run = Command::new("git")
                .args(["-c", "user.name=a", "-c", "user.email=a@h.example"])
                .args(arguments)
                .current_dir(directory.path())
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("GIT_COMMITTER_DATE", "2024-03-04T05:06:07+02:00")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            run.is_ok_and(|status| status.success())
        };
        let mut made = git(&[&["init"], arguments].concat()) && git(&["add", "."]);
        if commit {
            made = made && git(&["commit", "-m", "x"]);
        }
        if !made {
            println!("skipped: no git here that makes {arguments:?}");
        }
        made.then_some(directory)
    }

    fn below(directory: &tempfile::TempDir) -> PathBuf {
        let below = directory.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        below
    }

    #[test]
    fn the_time_is_that_of_the_commit_around_the_tree() {
        for format in ["sha1", "sha256"] {
            let Some(directory) = repository(&["--object-format", format], true) else {
                continue;
            };
            let time = commit_time(&below(&directory)).unwrap().unwrap();
            assert_eq!(time.to_string(), "2024-03-04T03:06:07Z", "{format}");
            assert_eq!(tracked_files(directory.path()).unwrap(), ["go.mod"]);
        }
    }

    #[test]
    fn outside_a_repository_and_before_the_first_commit_there_is_none() {
        let plain = tempfile::tempdir().unwrap();
        assert_eq!(commit_time(plain.path()).unwrap(), None);
        assert_eq!(commit_time(&plain.path().join("gone")).unwrap(), None);
        if let Some(directory) = repository(&[], false) {
            assert_eq!(commit_time(directory.path()).unwrap(), None);
        }
    }

    #[test]
    fn a_damaged_repository_is_an_error_of_its_step() {
        let directory = tempfile::tempdir().unwrap();
        let git = directory.path().join(".git");
        std::fs::create_dir(&git).unwrap();
        let read = || commit_time(directory.path());
        assert!(matches!(read(), Err(GitError::Repository(_))));
        for name in ["objects", "refs"] {
            std::fs::create_dir(git.join(name)).unwrap();
        }
        write_atomic(
            &git.join("HEAD"),
            b"1f00000000000000000000000000000000000000\n",
        )
        .unwrap();
        assert!(matches!(
            read(),
            Err(GitError::References(_) | GitError::Object { .. })
        ));
        std::fs::create_dir(git.join("objects/1f")).unwrap();
        let object = git.join("objects/1f/00000000000000000000000000000000000000");
        // An object that says it unpacks to 4 GB, and one that is no object.
        for bytes in [
            &b"x\x9c\x4b\xca\xc9O\x52\x30\x31\x01"[..],
            b"commit 4000000000\0",
        ] {
            write_atomic(&object, bytes).unwrap();
            assert!(matches!(
                read(),
                Err(GitError::References(_) | GitError::Object { .. })
            ));
        }
    }
}
