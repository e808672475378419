//! Files, read with a limit and written whole or not at all.

mod lock;

pub use lock::{FileLock, lock};

use crate::model::Hint;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Opening or reading failed.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// It is a directory, a pipe or a device.
    #[error("`{}` is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// It is larger than the reader allows.
    #[error("`{}` is larger than the limit of {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// What is there already is a directory, a pipe or a device.
    #[error("cannot write `{}`: it is there already and no regular file", path.display())]
    Occupied {
        /// The path.
        path: PathBuf,
    },
    /// Another process is writing it, and does not end.
    #[error("cannot write `{}`: another process has been writing it for ten seconds", path.display())]
    Locked {
        /// The path.
        path: PathBuf,
    },
    /// Writing failed; the old content, if any, is untouched.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
}

impl Hint for FileError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Some("check the path".to_owned()),
                std::io::ErrorKind::PermissionDenied => {
                    Some("give the user who runs sealgate the right to read it".to_owned())
                }
                _ => None,
            },
            Self::NotAFile { .. } => Some("name a file".to_owned()),
            Self::TooLarge { .. } => None,
            Self::Occupied { .. } => Some("name another file".to_owned()),
            Self::Locked { .. } => Some("wait for the other to end, and try again".to_owned()),
            Self::Write { .. } => {
                Some("check that the directory exists and can be written".to_owned())
            }
        }
    }
}

/// Looks whether a path is a regular file (or a link to one), before anything opens it:
/// opening a pipe would wait for a writer.
///
/// # Errors
/// [`FileError::Read`] where it is not there, [`FileError::NotAFile`].
pub fn check_is_file(path: &Path) -> Result<(), FileError> {
    let metadata = std::fs::metadata(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })?;
    if metadata.is_file() {
        return Ok(());
    }
    Err(FileError::NotAFile {
        path: path.to_owned(),
    })
}

/// The bytes of a regular file of at most `limit` bytes. A file that grows while it is
/// read does not pass the limit either.
///
/// # Errors
/// [`FileError::Read`], [`FileError::NotAFile`] or [`FileError::TooLarge`].
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let failed = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    // The kind is looked at before opening: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile {
            path: path.to_owned(),
        });
    }
    let too_large = || FileError::TooLarge {
        path: path.to_owned(),
        limit,
    };
    if metadata.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    File::open(path)
        .map_err(failed)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Writes a file whole or not at all: a temporary file in the same directory, fsync,
/// rename, fsync of the directory. An existing file keeps its content on failure; a
/// symbolic link is replaced, never followed, since a hostile tree may have put it there.
/// The system's own names for open files and devices (`/dev/stdout`, `/dev/fd/3`) are
/// written to as they are.
///
/// # Errors
/// [`FileError::Write`]; [`FileError::Occupied`] where a directory, a pipe or a device has
/// the name.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    if is_stream(path) {
        return append(path, bytes).map_err(|source| FileError::Write {
            path: path.to_owned(),
            source,
        });
    }
    write_with_mode(path, bytes, 0o644)
}

/// As [`write_atomic`], readable and writable by the owner only, and to no device.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_atomic_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_with_mode(path, bytes, 0o600)
}

/// Whether [`write_atomic`] can take a path: nothing has its name, or a file, a link or
/// one of the system's streams.
///
/// # Errors
/// [`FileError::Occupied`].
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    if is_stream(path) {
        return Ok(());
    }
    check_replaceable(path)
}

/// Whether a rename onto a path destroys nothing but a file or a link.
fn check_replaceable(path: &Path) -> Result<(), FileError> {
    let special =
        std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_file() && !found.is_symlink());
    if special || is_stream(path) {
        return Err(FileError::Occupied {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// Whether a path is one of the system's names for an open file, a pipe or a terminal. A
/// rename would put a file in its place.
#[cfg(unix)]
#[must_use]
pub fn is_stream(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let is_system = path.starts_with("/dev") || path.starts_with("/proc");
    is_system
        && std::fs::symlink_metadata(path).is_ok_and(|found| {
            let kind = found.file_type();
            kind.is_symlink() || kind.is_char_device() || kind.is_fifo()
        })
}

#[cfg(not(unix))]
#[must_use]
pub fn is_stream(_: &Path) -> bool {
    false
}

fn append(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::options().append(true).open(path)?;
    file.write_all(bytes)?;
    file.flush()
}

fn write_with_mode(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    check_replaceable(path)?;
    let failed = |source| FileError::Write {
        path: path.to_owned(),
        source,
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sealgate-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    // The library names its temporary file in the error; the caller's path says more.
    let mut temporary = builder
        .tempfile_in(directory)
        .map_err(|error| failed(error.kind().into()))?;
    temporary.write_all(bytes).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(path).map_err(|e| failed(e.error))?;
    sync_directory(directory).map_err(failed)
}

/// Makes renames in a directory durable; a no-op where directories cannot be opened.
///
/// # Errors
/// The system's error.
pub fn sync_directory(directory: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_refused_and_one_at_the_limit_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        write_atomic(&path, &[7; 10]).unwrap();
        assert_eq!(read_bounded(&path, 10).unwrap(), vec![7; 10]);
        assert!(matches!(
            read_bounded(&path, 9),
            Err(FileError::TooLarge { limit: 9, .. })
        ));
        assert!(matches!(
            read_bounded(dir.path(), 9),
            Err(FileError::NotAFile { .. })
        ));
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("taken");
        std::fs::create_dir(&target).unwrap();
        std::fs::create_dir(target.join("child")).unwrap();
        assert!(matches!(
            write_atomic(&target, b"x"),
            Err(FileError::Occupied { .. })
        ));
        assert!(matches!(
            write_atomic_private(&target, b"x"),
            Err(FileError::Occupied { .. })
        ));
        assert!(matches!(
            write_atomic(&dir.path().join("no/such"), b"x"),
            Err(FileError::Write { .. })
        ));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let error = write_atomic(&dir.path().join("no/such"), b"x").unwrap_err();
        assert!(!error.to_string().contains(".sealgate-"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (outside, link) = (dir.path().join("outside"), dir.path().join("link"));
        write_atomic(&outside, b"old").unwrap();
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert_eq!(read_bounded(&outside, 9).unwrap(), b"old");
        assert_eq!(read_bounded(&link, 9).unwrap(), b"new");
        assert!(!link.is_symlink());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_open_file_of_the_system_is_written_to_and_stays_what_it_is() {
        use std::os::fd::AsRawFd as _;
        let (mut reader, writer) = std::io::pipe().unwrap();
        let name = format!("/proc/self/fd/{}", writer.as_raw_fd());
        write_atomic(Path::new(&name), b"x").unwrap();
        assert!(matches!(
            write_atomic_private(Path::new(&name), b"y"),
            Err(FileError::Occupied { .. })
        ));
        drop(writer);
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"x");
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write_atomic_private(&path, b"x").unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
