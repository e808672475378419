//! The paths that git tracks, read from its index. A tracked file is part of every
//! checkout even where `.gitignore` names it, so a walk under ignore rules alone would
//! leave out the file that was added by force, and a hostile `.gitignore` could hide
//! anything.
//!
//! The index is read as <https://git-scm.com/docs/index-format> lays it out, versions 2
//! to 4, without running git.

use super::files::{FileError, read_bounded};
use std::path::{Path, PathBuf};

/// Largest index that is read, in bytes: about a million files.
const MAX_INDEX: u64 = 128 * 1024 * 1024;
/// Largest `.git` file (of a linked work tree), in bytes.
const MAX_LINK: u64 = 4096;
/// Longest path that is followed, in bytes.
const MAX_PATH: usize = 4096;
/// Bytes of an entry before its object id: times, device, mode, owner, size.
const ENTRY_HEAD: usize = 40;
/// Bytes of an object id, and of the checksum at the end: SHA-1 in nearly every
/// repository, SHA-256 in those that were made so.
const ID_SIZES: [usize; 2] = [20, 32];

/// Why it is not known what git tracks.
#[derive(Debug, thiserror::Error)]
pub enum TrackedError {
    /// The index or the `.git` file could not be read.
    #[error("git's index cannot be read: {0}")]
    Unreadable(#[source] FileError),
    /// The bytes are no index of a known layout.
    #[error("git's index is damaged or of an unknown layout ({0})")]
    Malformed(&'static str),
    /// The index refers to a second file for most of its entries.
    #[error("git's index is split over two files")]
    Split,
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
            other => other.to_string(),
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
    let bytes = match read_bounded(&index, MAX_INDEX) {
        Ok(bytes) => bytes,
        // A repository without a first `git add` has no index.
        Err(FileError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(TrackedError::Unreadable(error)),
    };
    let below = |path: String| path.strip_prefix(&prefix).map(str::to_owned);
    // The index does not say which; the other size does not fit it.
    let [sha1, sha256] = ID_SIZES;
    let paths = match parse_index(&bytes, sha1) {
        Err(TrackedError::Malformed(reason)) => {
            parse_index(&bytes, sha256).map_err(|_| TrackedError::Malformed(reason))
        }
        read => read,
    };
    Ok(paths?.into_iter().filter_map(below).collect())
}

/// The index file of the work tree around `root`, and the path of `root` in it with a
/// final `/`.
fn index_of(root: &Path) -> Result<Option<(PathBuf, String)>, TrackedError> {
    for top in root.ancestors() {
        let git = top.join(".git");
        let Ok(metadata) = git.symlink_metadata() else {
            continue;
        };
        let mut prefix = String::new();
        for part in root.strip_prefix(top).unwrap_or(root).components() {
            prefix.push_str(&part.as_os_str().to_string_lossy());
            prefix.push('/');
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
                .ok_or(TrackedError::Malformed("`.git` names no directory"))?;
            return Ok(Some((top.join(target).join("index"), prefix)));
        }
    }
    Ok(None)
}

/// The paths of the regular files in an index.
fn parse_index(bytes: &[u8], id_size: usize) -> Result<Vec<String>, TrackedError> {
    let bad = TrackedError::Malformed;
    let short = || bad("it ends early");
    if !bytes.starts_with(b"DIRC") {
        return Err(bad("no signature"));
    }
    let version = number(bytes, 4).ok_or_else(short)?;
    let count = number(bytes, 8).ok_or_else(short)?;
    if !(2..=4).contains(&version) {
        return Err(bad("unknown version"));
    }
    let mut files = Vec::new();
    let mut path: Vec<u8> = Vec::new();
    let mut at = 12;
    for _ in 0..count {
        let start = at;
        let mode = number(bytes, start + 24).ok_or_else(short)?;
        let head = start + ENTRY_HEAD + id_size;
        let flags = bytes.get(head).ok_or_else(short)?;
        // Bit 14 of the flags announces two bytes more.
        let extended = version >= 3 && flags & 0x40 != 0;
        at = head + if extended { 4 } else { 2 };
        if version == 4 {
            let (strip, after) = offset(bytes, at).ok_or_else(short)?;
            let keep = path.len().checked_sub(strip).ok_or(bad("a bad prefix"))?;
            path.truncate(keep);
            at = after;
        } else {
            path.clear();
        }
        let rest = bytes.get(at..).ok_or_else(short)?;
        let length = memchr::memchr(0, rest).ok_or_else(short)?;
        path.extend_from_slice(rest.get(..length).unwrap_or_default());
        if path.is_empty() || path.len() > MAX_PATH {
            return Err(bad("a bad path"));
        }
        at += length + 1;
        if version < 4 {
            // Entries are padded with NULs to a multiple of eight bytes.
            at = start + (at - start).div_ceil(8) * 8;
        }
        if mode >> 12 == 0o10 {
            files.push(String::from_utf8_lossy(&path).into_owned());
        }
    }
    check_extensions(bytes, at, id_size)?;
    Ok(files)
}

fn check_extensions(bytes: &[u8], mut at: usize, trailer: usize) -> Result<(), TrackedError> {
    let end = bytes
        .len()
        .checked_sub(trailer)
        .ok_or(TrackedError::Malformed("it ends early"))?;
    while at < end {
        let size = number(bytes, at + 4).ok_or(TrackedError::Malformed("a bad extension"))?;
        if bytes.get(at..at + 4) == Some(b"link") {
            return Err(TrackedError::Split);
        }
        at = at.saturating_add(8).saturating_add(size as usize);
    }
    if at == end {
        Ok(())
    } else {
        Err(TrackedError::Malformed("its parts do not fit its size"))
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let (four, _) = bytes.get(at..)?.split_first_chunk::<4>()?;
    Some(u32::from_be_bytes(*four))
}

/// A number in the variable-width form of pack offsets, and the place behind it.
fn offset(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut byte = *bytes.get(at)?;
    let mut value = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        at += 1;
        byte = *bytes.get(at)?;
        value = (value.checked_add(1)?.checked_mul(128)?) | usize::from(byte & 0x7f);
        if value > MAX_PATH {
            return None;
        }
    }
    Some((value, at + 1))
}

#[cfg(test)]
pub mod testing {
    //! Indexes made by hand.

    /// A git index of regular files; hashes and checksum are zeros, which are not read.
    pub fn index(version: u32, paths: &[&str]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend(u32::try_from(paths.len()).unwrap().to_be_bytes());
        let mut before = "";
        for path in paths {
            let start = bytes.len();
            bytes.extend([0; 24]);
            bytes.extend(0o100_644_u32.to_be_bytes());
            bytes.extend([0; 34]);
            if version == 4 {
                let common = before
                    .bytes()
                    .zip(path.bytes())
                    .take_while(|(a, b)| a == b)
                    .count();
                bytes.push(u8::try_from(before.len() - common).unwrap());
                bytes.extend(&path.as_bytes()[common..]);
                bytes.push(0);
                before = path;
            } else {
                bytes.extend(path.as_bytes());
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

    #[test]
    fn the_paths_of_every_version_are_read() {
        let paths = ["a", "dir/file.txt", "dir/other.txt"];
        for version in 2..=4 {
            assert_eq!(parse_index(&index(version, &paths), 20).unwrap(), paths);
        }
        assert!(parse_index(&index(2, &[]), 20).unwrap().is_empty());
    }

    #[test]
    fn a_damaged_index_is_an_error_wherever_it_is_cut() {
        let whole = index(2, &["a", "dir/file.txt"]);
        for length in 0..whole.len() {
            assert!(
                matches!(
                    parse_index(&whole[..length], 20),
                    Err(TrackedError::Malformed(_))
                ),
                "{length}"
            );
        }
        let mut split = whole.clone();
        split.truncate(whole.len() - 20);
        split.extend(b"link\0\0\0\0");
        split.extend([0; 20]);
        assert!(matches!(parse_index(&split, 20), Err(TrackedError::Split)));
        assert!(matches!(
            parse_index(&index(5, &[]), 20),
            Err(TrackedError::Malformed("unknown version"))
        ));
    }
}
