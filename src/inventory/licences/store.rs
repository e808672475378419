//! A directory of packages, read with limits and without following links below it.

use crate::inventory::tree::normalise;
use crate::model::Digest;
use crate::support::files::read_bounded;
use crate::support::hash::sha256_file;
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// Bytes of one file of metadata. The largest is npm's list of what it installed.
const FILE_LIMIT: u64 = 16 * 1000 * 1000;

/// Bytes of all files of one cache together.
const TOTAL_LIMIT: u64 = 1000 * 1000 * 1000;

/// Bytes of one package file whose digest is computed.
const PACKAGE_LIMIT: u64 = 1000 * 1000 * 1000;

/// Names in one directory. A module cache has some thousands.
const NAME_LIMIT: usize = 200_000;

/// One cache. What cannot be read is not there: it only leaves a licence unknown.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    left: Cell<u64>,
}

impl Store {
    /// The cache in a directory, which may itself be reached through links; `None` where
    /// there is no such directory.
    #[must_use]
    pub fn open(root: &Path) -> Option<Self> {
        let root = std::fs::canonicalize(root).ok()?;
        root.is_dir().then_some(Self {
            root,
            left: Cell::new(TOTAL_LIMIT),
        })
    }

    /// A text file; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<String> {
        let file = self.place(path)?;
        let bytes = read_bounded(&file, FILE_LIMIT.min(self.left.get())).ok()?;
        let left = self.left.get().saturating_sub(bytes.len() as u64);
        self.left.set(left);
        Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// Whether there is a file.
    #[must_use]
    pub fn has_file(&self, path: &str) -> bool {
        self.place(path).is_some_and(|file| file.is_file())
    }

    /// The SHA-256 of a file.
    #[must_use]
    pub fn sha256(&self, path: &str) -> Option<Digest> {
        let file = self.place(path)?;
        let length = std::fs::metadata(&file).ok()?.len();
        if length > PACKAGE_LIMIT {
            return None;
        }
        sha256_file(&file).ok().map(|(digest, _)| digest)
    }

    /// Names of the directories in a directory, sorted; links are none. An empty path is
    /// the cache itself.
    #[must_use]
    pub fn directories(&self, path: &str) -> Vec<String> {
        let directory = match path {
            "" => Some(self.root.clone()),
            path => self.place(path),
        };
        let Some(entries) = directory.and_then(|directory| std::fs::read_dir(directory).ok())
        else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .take(NAME_LIMIT)
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// Where a path is; `None` where it leads out, through a link, or nowhere.
    fn place(&self, path: &str) -> Option<PathBuf> {
        let path = normalise(path)?;
        let mut place = self.root.clone();
        for part in path.split('/') {
            place.push(part);
            let metadata = std::fs::symlink_metadata(&place).ok()?;
            if metadata.file_type().is_symlink() {
                return None;
            }
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::files::write_atomic;

    #[test]
    fn what_is_outside_too_large_or_not_there_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("cache");
        std::fs::create_dir_all(inside.join("a")).unwrap();
        write_atomic(&directory.path().join("secret"), b"x").unwrap();
        write_atomic(&inside.join("a/f"), b"x\xFF").unwrap();
        let big = std::fs::File::create(inside.join("big")).unwrap();
        big.set_len(FILE_LIMIT + 1).unwrap();
        let store = Store::open(&inside).unwrap();
        assert_eq!(store.read("a/./f").as_deref(), Some("x\u{FFFD}"));
        for path in [
            "../secret",
            "a/../../secret",
            "/etc/passwd",
            "a",
            "big",
            "absent",
            "",
        ] {
            assert_eq!(store.read(path), None, "{path}");
        }
        assert!(store.has_file("a/f") && !store.has_file("a"));
        assert_eq!(store.directories(""), ["a"]);
        store.left.set(1);
        assert_eq!(store.read("a/f"), None);
        assert!(Store::open(&inside.join("a/f")).is_none());
        assert!(Store::open(&inside.join("absent")).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn links_below_a_cache_are_not_followed_and_the_cache_may_be_one() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("cache");
        std::fs::create_dir_all(&inside).unwrap();
        write_atomic(&directory.path().join("secret"), b"x").unwrap();
        std::os::unix::fs::symlink(directory.path(), inside.join("out")).unwrap();
        std::os::unix::fs::symlink(directory.path().join("secret"), inside.join("f")).unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&inside, &link).unwrap();
        let store = Store::open(&link).unwrap();
        assert_eq!(store.read("out/secret"), None);
        assert_eq!(store.read("f"), None);
        assert!(store.sha256("f").is_none() && !store.has_file("f"));
        assert!(store.directories("").is_empty());
    }
}
