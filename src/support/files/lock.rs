//! A lock for a file that is read, changed and written again.

use super::{FileError, is_stream};
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another process is waited for: it holds the lock for one reading and writing.
const WAIT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Held by one process at a time, until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    _file: File,
}

/// On Unix the lock's file goes with it, while it is still held: who has opened it meanwhile
/// sees that it is gone, and takes the next one.
impl Drop for FileLock {
    fn drop(&mut self) {
        if cfg!(unix) {
            // One that stays is taken by the next process.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Takes the lock of a file, which is a file of its own beside it (`.NAME.lock`): the file
/// itself is replaced by writing. `None` for the system's streams, which are only appended to.
///
/// # Errors
/// [`FileError::Locked`] where another process holds it for ten seconds,
/// [`FileError::Occupied`] and [`FileError::Write`] where there can be none.
pub fn lock(path: &Path) -> Result<Option<FileLock>, FileError> {
    lock_within(path, WAIT)
}

fn lock_within(path: &Path, limit: Duration) -> Result<Option<FileLock>, FileError> {
    if is_stream(path) {
        return Ok(None);
    }
    let own = beside(path);
    let failed = |source| FileError::Write {
        path: own.clone(),
        source,
    };
    let until = Instant::now() + limit;
    loop {
        // A pipe would be waited for, and a link leads elsewhere.
        if std::fs::symlink_metadata(&own).is_ok_and(|found| !found.is_file()) {
            return Err(FileError::Occupied { path: own });
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&own)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, &own) => {
                return Ok(Some(FileLock {
                    path: own,
                    _file: file,
                }));
            }
            // Its last holder has taken it away, or has it.
            Ok(()) | Err(TryLockError::WouldBlock) => {
                if Instant::now() >= until {
                    return Err(FileError::Locked {
                        path: path.to_owned(),
                    });
                }
                std::thread::sleep(PAUSE);
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".lock");
    path.with_file_name(name)
}

/// Whether an open file is the one that has the path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let place = |found: &std::fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(open), Ok(there)) => place(&open) == place(&there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("a"), dir.path().join("b"));
        let held = lock_within(&path, Duration::ZERO).unwrap();
        assert!(held.is_some());
        let refused = lock_within(&path, Duration::ZERO).unwrap_err();
        assert!(matches!(refused, FileError::Locked { .. }), "{refused}");
        assert!(lock_within(&other, Duration::ZERO).unwrap().is_some());
        drop(held);
        assert!(lock_within(&path, Duration::ZERO).unwrap().is_some());
        // What a process that was killed has left behind.
        super::super::write_atomic(&beside(&path), b"").unwrap();
        assert!(lock_within(&path, Duration::ZERO).unwrap().is_some());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_follows_no_link_and_waits_for_no_pipe() {
        let dir = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (dir.path().join("a"), dir.path().join("elsewhere"));
        std::os::unix::fs::symlink(&elsewhere, beside(&path)).unwrap();
        let error = lock_within(&path, Duration::ZERO).unwrap_err();
        assert!(matches!(error, FileError::Occupied { .. }), "{error}");
        assert!(!elsewhere.exists());
        std::fs::remove_file(beside(&path)).unwrap();
        lock_within(&path, Duration::ZERO).unwrap();
    }
}
