//! Files, read with a limit and written whole or not at all.

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
/// rename, fsync of the directory. An existing file keeps its content on failure.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_with_mode(path, bytes, 0o644)
}

/// As [`write_atomic`], readable and writable by the owner only.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_atomic_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_with_mode(path, bytes, 0o600)
}

fn write_with_mode(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
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
            Err(FileError::Write { .. })
        ));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let error = write_atomic(&dir.path().join("no/such"), b"x").unwrap_err();
        assert!(!error.to_string().contains(".sealgate-"), "{error}");
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
