//! When the commit that is checked out was made, read from the repository without running
//! git: its configuration may name programs, and it comes with the tree.

use jiff::Timestamp;
use std::path::Path;

/// Bytes that one object may unpack to. A commit with a long message has a few thousand.
const OBJECT_LIMIT: &str = "gitoxide.objects.allocLimit=16777216";

/// Why the time of the commit is not known.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// What lies in `.git` is no repository that can be opened.
    #[error("git's repository cannot be read: {0}")]
    Repository(String),
    /// The commit that is checked out cannot be found or read.
    #[error("git's commit cannot be read: {0}")]
    Commit(String),
}

/// The time at which the commit of the work tree around `root` was made, as git's `%ct`
/// gives it; `None` outside a work tree, and before the first commit.
///
/// # Errors
/// [`CommitError`] where there is a repository and it does not tell.
pub fn commit_time(root: &Path) -> Result<Option<Timestamp>, CommitError> {
    let Ok(root) = root.canonicalize() else {
        return Ok(None);
    };
    let mut around = root.ancestors();
    let Some(top) = around.find(|top| top.join(".git").symlink_metadata().is_ok()) else {
        return Ok(None);
    };
    // Neither the user's configuration nor files that the repository's own one includes.
    let options = gix::open::Options::isolated().config_overrides([OBJECT_LIMIT]);
    let repository =
        gix::open_opts(top, options).map_err(|error| CommitError::Repository(error.to_string()))?;
    let unreadable = |error: &dyn std::fmt::Display| CommitError::Commit(error.to_string());
    let mut head = repository.head().map_err(|error| unreadable(&error))?;
    if head.is_unborn() {
        return Ok(None);
    }
    let commit = head.peel_to_commit().map_err(|error| unreadable(&error))?;
    let time = commit.time().map_err(|error| unreadable(&error))?;
    Timestamp::from_second(time.seconds)
        .map(Some)
        .map_err(|error| unreadable(&error))
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
        assert!(matches!(read(), Err(CommitError::Repository(_))));
        for name in ["objects", "refs"] {
            std::fs::create_dir(git.join(name)).unwrap();
        }
        write_atomic(
            &git.join("HEAD"),
            b"1f00000000000000000000000000000000000000\n",
        )
        .unwrap();
        assert!(matches!(read(), Err(CommitError::Commit(_))));
        std::fs::create_dir(git.join("objects/1f")).unwrap();
        let object = git.join("objects/1f/00000000000000000000000000000000000000");
        // An object that says it unpacks to 4 GB, and one that is no object.
        for bytes in [
            &b"x\x9c\x4b\xca\xc9O\x52\x30\x31\x01"[..],
            b"commit 4000000000\0",
        ] {
            write_atomic(&object, bytes).unwrap();
            assert!(matches!(read(), Err(CommitError::Commit(_))));
        }
    }
}
