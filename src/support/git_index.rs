//! The paths that git tracks, read from its index. A tracked file is part of every
//! checkout even where `.gitignore` names it, so a walk under ignore rules alone would
//! leave out the file that was added by force, and a hostile `.gitignore` could hide
//! anything.

use super::files::{FileError, read_bounded};
use gix::index::entry::Mode;
use std::path::{Path, PathBuf};

/// Largest index that is read, in bytes: about a million files.
const MAX_INDEX: u64 = 128 * 1024 * 1024;
/// Largest `.git` file (of a linked work tree), in bytes.
const MAX_LINK: u64 = 4096;

/// Why it is not known what git tracks.
#[derive(Debug, thiserror::Error)]
pub enum TrackedError {
    /// The index or the `.git` file could not be read.
    #[error("git's index cannot be read: {0}")]
    Unreadable(#[source] FileError),
    /// The bytes are no index of a known layout.
    #[error("git's index is damaged or of an unknown layout: {0}")]
    Malformed(String),
}

impl TrackedError {
    /// The error's text without a path of this machine.
    #[must_use]
    pub fn brief(&self) -> String {
        match self {
            Self::Unreadable(FileError::Read { source, .. }) => {
                format!("git's index cannot be read: {source}")
            }
            Self::Unreadable(_) => "git's index is too large or no file".to_owned(),
            Self::Malformed(_) => "git's index is damaged or of an unknown layout".to_owned(),
        }
    }
}

/// The regular files below `root` that git tracks, relative with `/` between the parts;
/// empty outside a git work tree.
///
/// # Errors
/// Every variant of [`TrackedError`].
pub fn tracked_files(root: &Path) -> Result<Vec<String>, TrackedError> {
    let Some((index, prefix)) = index_of(root)? else {
        return Ok(Vec::new());
    };
    match index.metadata() {
        Ok(metadata) if metadata.len() <= MAX_INDEX => {}
        Ok(_) => {
            return Err(TrackedError::Unreadable(FileError::TooLarge {
                path: index,
                limit: MAX_INDEX,
            }));
        }
        // A repository without a first `git add` has no index.
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            let path = index;
            return Err(TrackedError::Unreadable(FileError::Read { path, source }));
        }
    }
    // The index does not say which; the other kind does not fit it.
    paths_in(&index, &prefix, gix::hash::Kind::Sha1)
        .or_else(|error| paths_in(&index, &prefix, gix::hash::Kind::Sha256).map_err(|_| error))
}

/// The index file of the work tree around `root`, and the path of `root` in it with a
/// final `/`.
fn index_of(root: &Path) -> Result<Option<(PathBuf, Vec<u8>)>, TrackedError> {
    for top in root.ancestors() {
        let git = top.join(".git");
        let Ok(metadata) = git.symlink_metadata() else {
            continue;
        };
        // The index has bytes, and names need not be UTF-8.
        let mut prefix = Vec::new();
        for part in root.strip_prefix(top).unwrap_or(root).components() {
            prefix.extend(part.as_os_str().as_encoded_bytes());
            prefix.push(b'/');
        }
        if metadata.is_dir() {
            return Ok(Some((git.join("index"), prefix)));
        }
        if metadata.is_file() {
            let bytes = read_bounded(&git, MAX_LINK).map_err(TrackedError::Unreadable)?;
            let text = String::from_utf8_lossy(&bytes);
            let target = text
                .trim()
                .strip_prefix("gitdir: ")
                .ok_or_else(|| TrackedError::Malformed("`.git` names no directory".to_owned()))?;
            return Ok(Some((top.join(target).join("index"), prefix)));
        }
    }
    Ok(None)
}

/// The paths behind a prefix of the regular files in an index whose object ids are of this
/// kind.
fn paths_in(
    index: &Path,
    prefix: &[u8],
    kind: gix::hash::Kind,
) -> Result<Vec<String>, TrackedError> {
    let options = gix::index::decode::Options::default();
    let file = gix::index::File::at(index, kind, false, options)
        .map_err(|error| TrackedError::Malformed(error.to_string()))?;
    let entries = file.entries().iter();
    let is_file = |mode: Mode| matches!(mode, Mode::FILE | Mode::FILE_EXECUTABLE);
    Ok(entries
        .filter(|entry| is_file(entry.mode))
        .filter_map(|entry| entry.path(&file).strip_prefix(prefix))
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect())
}

#[cfg(test)]
pub mod testing {
    //! Indexes made by hand.

    /// A git index of regular files; hashes and checksum are zeros, which are not read.
    pub fn index(version: u32, paths: &[&str]) -> Vec<u8> {
        let paths: Vec<&[u8]> = paths.iter().map(|path| path.as_bytes()).collect();
        index_of_bytes(version, &paths)
    }

    /// The same of paths that need not be UTF-8.
    pub fn index_of_bytes(version: u32, paths: &[&[u8]]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend(u32::try_from(paths.len()).unwrap().to_be_bytes());
        let mut before: &[u8] = b"";
        for path in paths {
            let start = bytes.len();
            bytes.extend([0; 24]);
            bytes.extend(0o100_644_u32.to_be_bytes());
            // Owner, size and object id; then the length of the path.
            bytes.extend([0; 32]);
            bytes.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
            if version == 4 {
                let common = before.iter().zip(*path).take_while(|(a, b)| a == b).count();
                bytes.push(u8::try_from(before.len() - common).unwrap());
                bytes.extend(&path[common..]);
                bytes.push(0);
                before = path;
            } else {
                bytes.extend(*path);
                bytes.push(0);
                while !(bytes.len() - start).is_multiple_of(8) {
                    bytes.push(0);
                }
            }
        }
        bytes.extend([0; 20]);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::testing::index;
    use super::*;
    use crate::support::files::write_atomic;
    use gix::hash::Kind;

    fn read(bytes: &[u8]) -> Result<Vec<String>, TrackedError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index");
        write_atomic(&path, bytes).unwrap();
        paths_in(&path, b"", Kind::Sha1)
    }

    #[test]
    fn the_paths_of_every_version_are_read() {
        let paths = ["a", "dir/file.txt", "dir/other.txt"];
        for version in 2..=4 {
            assert_eq!(read(&index(version, &paths)).unwrap(), paths);
        }
        assert!(read(&index(2, &[])).unwrap().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn below_a_directory_whose_name_is_not_utf_8_its_own_files_are_tracked() {
        use std::os::unix::ffi::OsStrExt as _;
        let directory = tempfile::tempdir().unwrap();
        // Both would be the same text.
        let [of, beside]: [&[u8]; 2] = [b"caf\xe9", b"caf\xe8"];
        for name in [of, beside] {
            let below = directory.path().join(std::ffi::OsStr::from_bytes(name));
            if std::fs::create_dir_all(below.join("sub")).is_err() {
                println!("skipped: this file system has no such names");
                return;
            }
        }
        std::fs::create_dir(directory.path().join(".git")).unwrap();
        let paths: [&[u8]; 3] = [b"caf\xe8/sub/b", b"caf\xe9/sub/a", b"top"];
        let bytes = testing::index_of_bytes(2, &paths);
        write_atomic(&directory.path().join(".git/index"), &bytes).unwrap();
        for (name, expected) in [(of, "a"), (beside, "b")] {
            let name = std::ffi::OsStr::from_bytes(name);
            let root = directory.path().join(name).join("sub");
            assert_eq!(tracked_files(&root).unwrap(), [expected]);
        }
    }

    #[test]
    fn a_damaged_index_is_an_error_wherever_it_is_cut() {
        let whole = index(2, &["a", "dir/file.txt"]);
        for length in 0..whole.len() {
            let cut = read(&whole[..length]);
            assert!(matches!(cut, Err(TrackedError::Malformed(_))), "{length}");
        }
        // It says that most of its entries are in a second file, which is not there.
        let mut split = whole.clone();
        split.truncate(whole.len() - 20);
        split.extend(b"link\0\0\0\x14");
        split.extend([7; 20]);
        split.extend([0; 20]);
        assert!(matches!(read(&split), Err(TrackedError::Malformed(_))));
        let unknown = read(&index(5, &[]));
        assert!(matches!(unknown, Err(TrackedError::Malformed(_))));
    }
}
