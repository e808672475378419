//! Files of the tree, read with limits and never through a link.

use super::cargo_manifests::CargoManifest;
use super::formats::pom::Store;
use super::formats::{DIRECTORY_LIMIT, Neighbour, Neighbours};
use crate::support::files::{FileError, read_bounded};
use crate::support::hash::sha256;
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Bytes that one file may have.
pub const FILE_LIMIT: u64 = 100 * 1000 * 1000;

/// Bytes that all files together may have.
pub const TOTAL_LIMIT: u64 = 1000 * 1000 * 1000;

/// Why a file of the tree could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The path leads out of the root.
    #[error("it lies outside the project, or a backslash is part of its name")]
    Outside,
    /// The file, or a directory on the way, is a symbolic link.
    #[error("it is a symbolic link, which is not followed")]
    Link,
    /// The file, or all files together, are over a limit.
    #[error("it is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// It is not UTF-8.
    #[error("line {line} is not valid UTF-8")]
    NotText {
        /// 1-based.
        line: u32,
    },
    /// Anything else.
    #[error("{reason}")]
    Io {
        /// Without the path.
        reason: String,
    },
}

/// The tree below a root.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    left: Cell<u64>,
    /// The `Cargo.toml` that was read last, by its path: the selection of lockfiles, the
    /// product's name and the scopes all ask for the one beside the lockfile.
    manifest: RefCell<Option<(String, Manifest)>>,
}

/// A `Cargo.toml`, nothing where there is none, or why it cannot be read.
type Manifest = Result<Option<Rc<CargoManifest>>, String>;

impl Tree {
    /// The tree below a directory.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            left: Cell::new(TOTAL_LIMIT),
            manifest: RefCell::default(),
        }
    }

    /// A text file by its path relative to the root, without a byte order mark; `None`
    /// where there is none.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read_text(&self, path: &str) -> Result<Option<Neighbour>, Unreadable> {
        let Some((path, bytes)) = self.read_bytes(path)? else {
            return Ok(None);
        };
        let digest = sha256(&bytes);
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.as_bytes().get(..error.utf8_error().valid_up_to());
            let feeds = memchr::memchr_iter(b'\n', valid.unwrap_or_default()).count();
            Unreadable::NotText {
                line: u32::try_from(feeds).unwrap_or(u32::MAX).saturating_add(1),
            }
        })?;
        let text = without_mark(text);
        Ok(Some(Neighbour { path, text, digest }))
    }

    /// A file and its path without `.` and `..`; `None` where there is none.
    fn read_bytes(&self, path: &str) -> Result<Option<(String, Vec<u8>)>, Unreadable> {
        let path = normalise(path).ok_or(Unreadable::Outside)?;
        let mut absolute = self.root.clone();
        for part in path.split('/') {
            absolute.push(part);
            match std::fs::symlink_metadata(&absolute) {
                Ok(metadata) if metadata.file_type().is_symlink() => {
                    return Err(Unreadable::Link);
                }
                Ok(_) => {}
                Err(error) if is_absent(&error) => return Ok(None),
                Err(error) => {
                    return Err(Unreadable::Io {
                        reason: error.to_string(),
                    });
                }
            }
        }
        let limit = FILE_LIMIT.min(self.left.get());
        let bytes = read_bounded(&absolute, limit).map_err(|error| match error {
            FileError::TooLarge { limit, .. } => Unreadable::TooLarge { limit },
            FileError::Read { source, .. } => Unreadable::Io {
                reason: source.to_string(),
            },
            _ => Unreadable::Io {
                reason: "it is not a regular file".to_owned(),
            },
        })?;
        self.left
            .set(self.left.get().saturating_sub(bytes.len() as u64));
        Ok(Some((path, bytes)))
    }
}

fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{FEFF}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

impl Neighbours for Tree {
    fn read(&self, path: &str) -> Result<Option<Neighbour>, String> {
        self.read_text(path).map_err(|error| error.to_string())
    }

    fn directories(&self, path: &str) -> Result<Vec<String>, String> {
        let mut absolute = self.root.clone();
        if !path.is_empty() {
            let path = normalise(path).ok_or_else(|| Unreadable::Outside.to_string())?;
            for part in path.split('/') {
                absolute.push(part);
                match std::fs::symlink_metadata(&absolute) {
                    Ok(metadata) if metadata.is_dir() => {}
                    // A link is not followed; a file holds no directories.
                    Ok(_) => return Ok(Vec::new()),
                    Err(error) if is_absent(&error) => return Ok(Vec::new()),
                    Err(error) => return Err(error.to_string()),
                }
            }
        }
        let entries = std::fs::read_dir(&absolute).map_err(|error| error.to_string())?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| error.to_string())?;
            let kind = entry.file_type().map_err(|error| error.to_string())?;
            // A name that is not UTF-8 matches no pattern.
            if let (true, Ok(name)) = (kind.is_dir(), entry.file_name().into_string()) {
                names.push(name);
            }
            if names.len() > DIRECTORY_LIMIT {
                return Err(format!("more than {DIRECTORY_LIMIT} directories"));
            }
        }
        names.sort();
        Ok(names)
    }

    fn cargo_manifest(&self, path: &str) -> Manifest {
        if let Some((known, manifest)) = self.manifest.borrow().as_ref()
            && known == path
        {
            return manifest.clone();
        }
        let manifest = match self.read_text(path) {
            Ok(Some(file)) => match CargoManifest::parse(&file.text) {
                Ok(manifest) => Ok(Some(Rc::new(manifest))),
                Err(error) => Err(error.reason),
            },
            Ok(None) => Ok(None),
            Err(error) => Err(error.to_string()),
        };
        *self.manifest.borrow_mut() = Some((path.to_owned(), manifest.clone()));
        manifest
    }
}

/// A local Maven repository. Its files come from many authors; what is not UTF-8 is read
/// as ISO 8859-1, the other encoding that poms have.
#[derive(Debug)]
pub struct Repository(Tree);

impl Repository {
    /// The repository in a directory.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self(Tree::new(root))
    }
}

impl Store for Repository {
    fn read(&self, path: &str) -> Result<Option<Neighbour>, String> {
        let read = self.0.read_bytes(path).map_err(|error| error.to_string())?;
        Ok(read.map(|(path, bytes)| {
            let digest = sha256(&bytes);
            let text = String::from_utf8(bytes)
                .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect());
            Neighbour {
                path,
                text: without_mark(text),
                digest,
            }
        }))
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
}

/// A relative path without `.` and `..`; `None` where it leaves the root or is empty.
#[must_use]
pub fn normalise(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', '\0']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::files::write_atomic;

    #[test]
    fn a_path_cannot_leave_the_root() {
        assert_eq!(normalise("a/./b/../c").as_deref(), Some("a/c"));
        for outside in ["../a", "a/../../b", "/etc/passwd", "", "a/..", "a\\..\\b"] {
            assert_eq!(normalise(outside), None, "{outside}");
        }
    }

    #[test]
    fn a_file_beyond_a_limit_or_not_in_utf8_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::new(directory.path());
        assert!(tree.read_text("absent/a").unwrap().is_none());
        write_atomic(&directory.path().join("a"), b"x\ny\xFF").unwrap();
        assert!(matches!(
            tree.read_text("a"),
            Err(Unreadable::NotText { line: 2 })
        ));
        let big = std::fs::File::create(directory.path().join("big")).unwrap();
        big.set_len(200_000_000).unwrap();
        assert!(matches!(
            tree.read_text("big"),
            Err(Unreadable::TooLarge { limit: FILE_LIMIT })
        ));
        write_atomic(&directory.path().join("b"), b"\xEF\xBB\xBFok").unwrap();
        assert_eq!(tree.read_text("b").unwrap().unwrap().text, "ok");
        tree.left.set(1);
        assert!(matches!(
            tree.read_text("b"),
            Err(Unreadable::TooLarge { limit: 1 })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed_anywhere_on_the_way() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("in");
        std::fs::create_dir(&inside).unwrap();
        write_atomic(&inside.join("f"), b"x").unwrap();
        std::os::unix::fs::symlink(&inside, directory.path().join("link")).unwrap();
        std::os::unix::fs::symlink(inside.join("f"), directory.path().join("f")).unwrap();
        let tree = Tree::new(directory.path());
        assert!(matches!(tree.read_text("link/f"), Err(Unreadable::Link)));
        std::fs::create_dir(inside.join("deep")).unwrap();
        assert_eq!(tree.directories("").unwrap(), ["in"]);
        assert_eq!(tree.directories("in").unwrap(), ["deep"]);
        assert!(tree.directories("link").unwrap().is_empty());
        assert!(tree.directories("../x").is_err());
        assert!(matches!(tree.read_text("f"), Err(Unreadable::Link)));
        assert!(tree.read_text("in/f").unwrap().is_some());
    }
}
