//! Directories, signed by their manifest.
//!
//! Source: `Hash1` of golang.org/x/mod/sumdb/dirhash, which in-toto's DigestSet calls
//! `dirHash`. The manifest has a line for each file: the SHA-256 of its content in lower-case
//! hex, two spaces, its path below the directory with `/`, a line feed; lines are sorted by
//! the bytes of the path. The manifest is what is signed, so that its SHA-256 is the
//! directory's `dirHash`; `sha256sum -c` reads it, and every Sigstore client verifies it as a
//! file.
//!
//! A manifest holds neither links, devices nor empty directories: a tree that has one is
//! refused, never signed or verified without it. Permissions, owners and times are no part.

use crate::model::{Hint, terminal_safe};
use crate::support::files::FileError;
use crate::support::hash;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Most files of a directory.
const MAX_FILES: usize = 100_000;
/// Most directories in each other.
const MAX_DEPTH: usize = 64;
/// Of a line of a manifest, beside the name: the digest, two spaces and a line feed.
const LINE_BYTES: u64 = 64 + 2 + 1;
/// Larger manifests are refused: 64 MiB.
pub const MAX_MANIFEST_BYTES: u64 = 64 * 1024 * 1024;
/// Most differences that are named.
const MAX_SHOWN: usize = 20;

/// Why a directory has no manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Something in it cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A symbolic link: what it leads to may be anything.
    #[error("`{}` is a symbolic link, which no manifest holds", path.display())]
    Link {
        /// Where it is.
        path: PathBuf,
    },
    /// A pipe, a socket or a device.
    #[error("`{}` is neither a file nor a directory", path.display())]
    Special {
        /// Where it is.
        path: PathBuf,
    },
    /// A directory without files.
    #[error("`{}` is an empty directory, which no manifest holds", path.display())]
    Empty {
        /// Where it is.
        path: PathBuf,
    },
    /// A name that a line cannot have.
    #[error("{path:?} is not a name for a manifest: UTF-8 without control characters and `\\`")]
    BadName {
        /// Where it is.
        path: PathBuf,
    },
    /// Two names that are one on other systems.
    #[error("`{one}` and `{other}` differ only in upper and lower case")]
    Twins {
        /// The one, below the directory.
        one: String,
        /// The other.
        other: String,
    },
    /// Too many files, too deep, or too long names.
    #[error("`{}` has {what}", path.display())]
    TooLarge {
        /// The directory.
        path: PathBuf,
        /// The limit.
        what: String,
    },
}

impl DirectoryError {
    /// Whether no signed directory can be like that, so that it is another one; else nothing
    /// was learned.
    #[must_use]
    pub fn is_another(&self) -> bool {
        !matches!(self, Self::File(_) | Self::TooLarge { .. })
    }
}

impl Hint for DirectoryError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::File(error) => return error.hint(),
            Self::Link { .. } => "put what it leads to in its place, or sign an archive",
            Self::Special { .. } | Self::Empty { .. } => "remove it, or sign an archive",
            Self::BadName { .. } | Self::Twins { .. } => "rename it, or sign an archive",
            Self::TooLarge { .. } => "sign an archive instead",
        };
        Some(text.to_owned())
    }
}

/// The manifest of a directory.
///
/// # Errors
/// Every variant of [`DirectoryError`].
pub(super) fn manifest(directory: &Path) -> Result<Vec<u8>, DirectoryError> {
    let mut files = BTreeMap::new();
    walk(directory, &mut files)?;
    let mut folded = BTreeMap::new();
    let mut text = String::new();
    for (name, path) in &files {
        // Directories are twins, too.
        for (end, _) in name.match_indices('/').chain([(name.len(), "")]) {
            let part = name.get(..end).unwrap_or(name);
            let other = folded.entry(folded_case(part)).or_insert(part);
            if *other != part {
                return Err(DirectoryError::Twins {
                    one: (*other).to_owned(),
                    other: part.to_owned(),
                });
            }
        }
        let (digest, _) = hash::sha256_file(path)?;
        let _ = writeln!(text, "{}  {name}", digest.hex());
    }
    if text.len() as u64 > MAX_MANIFEST_BYTES {
        return Err(manifest_too_large(directory));
    }
    Ok(text.into_bytes())
}

/// The name as file systems that fold cases see it. Letter by letter, since a final sigma is
/// written otherwise than one within a word; by way of the capital, which several small
/// letters may share.
fn folded_case(name: &str) -> String {
    let capitals = name.chars().flat_map(char::to_uppercase);
    capitals.flat_map(char::to_lowercase).collect()
}

fn walk(directory: &Path, files: &mut BTreeMap<String, PathBuf>) -> Result<(), DirectoryError> {
    let mut open = vec![(directory.to_owned(), String::new(), 1)];
    // Of the manifest, before anything is hashed for one that is too long.
    let mut length = 0;
    while let Some((path, prefix, depth)) = open.pop() {
        let failed = |source| FileError::Read {
            path: path.clone(),
            source,
        };
        if depth > MAX_DEPTH {
            return Err(too_large(
                directory,
                format!("more than {MAX_DEPTH} levels"),
            ));
        }
        let mut is_empty = true;
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            is_empty = false;
            let here = entry.path();
            // Of the entry itself: links are not followed.
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_symlink() {
                return Err(DirectoryError::Link { path: here });
            }
            let name = entry.file_name().into_string();
            let is_bad = |name: &String| name.chars().any(|c| c.is_control() || c == '\\');
            let Some(name) = name.ok().filter(|name| !is_bad(name)) else {
                return Err(DirectoryError::BadName { path: here });
            };
            let name = format!("{prefix}{name}");
            if kind.is_dir() {
                open.push((here, format!("{name}/"), depth + 1));
            } else if kind.is_file() {
                length += name.len() as u64 + LINE_BYTES;
                if length > MAX_MANIFEST_BYTES {
                    return Err(manifest_too_large(directory));
                }
                files.insert(name, here);
            } else {
                return Err(DirectoryError::Special { path: here });
            }
            if files.len() + open.len() > MAX_FILES {
                return Err(too_large(directory, format!("more than {MAX_FILES} files")));
            }
        }
        if is_empty {
            return Err(DirectoryError::Empty { path });
        }
    }
    Ok(())
}

fn manifest_too_large(directory: &Path) -> DirectoryError {
    let what = format!("a manifest over {MAX_MANIFEST_BYTES} bytes");
    too_large(directory, what)
}

fn too_large(directory: &Path, what: String) -> DirectoryError {
    DirectoryError::TooLarge {
        path: directory.to_owned(),
        what,
    }
}

/// Files and digests of a manifest; none where it is not one.
fn parse(manifest: &[u8]) -> Option<BTreeMap<&str, &str>> {
    let text = std::str::from_utf8(manifest).ok()?;
    let lines = text.lines().map(|line| {
        let (digest, name) = line.split_once("  ")?;
        Some((name, digest))
    });
    lines.collect()
}

/// What differs between two manifests, in one line that is safe to show; none where one of
/// them is no manifest.
pub(super) fn difference(signed: &[u8], found: &[u8]) -> Option<String> {
    let (signed, found) = (parse(signed)?, parse(found)?);
    let mut told = Vec::new();
    let mut moved = BTreeSet::new();
    for (name, digest) in &signed {
        match found.get(name) {
            Some(other) if other == digest => {}
            Some(_) => told.push(format!("changed `{name}`")),
            None => {
                // The same content under a name that was not signed.
                let target = found.iter().find(|(other, content)| {
                    *content == digest && !signed.contains_key(*other) && !moved.contains(*other)
                });
                match target {
                    Some((other, _)) => {
                        moved.insert(*other);
                        told.push(format!("renamed `{name}` to `{other}`"));
                    }
                    None => told.push(format!("removed `{name}`")),
                }
            }
        }
    }
    for name in found.keys() {
        if !signed.contains_key(name) && !moved.contains(name) {
            told.push(format!("added `{name}`"));
        }
    }
    let more = told.len().saturating_sub(MAX_SHOWN);
    told.truncate(MAX_SHOWN);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    Some(terminal_safe(&told.join(", ")).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::files::write_atomic;

    #[test]
    fn the_digest_is_that_of_gos_hash1() {
        // `h1:` of `dirhash.HashDir(dir, "", dirhash.Hash1)` over the SHA-256 lines of `a`
        // with `x\n` and `b/c` with nothing, put together by hand.
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("b")).unwrap();
        write_atomic(&dir.path().join("a"), b"x\n").unwrap();
        write_atomic(&dir.path().join("b/c"), b"").unwrap();
        // Sorted by bytes: `-` is before `/`.
        write_atomic(&dir.path().join("b-"), b"").unwrap();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let x = "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac";
        let expected = format!("{x}  a\n{empty}  b-\n{empty}  b/c\n");
        let text = String::from_utf8(manifest(dir.path()).unwrap()).unwrap();
        assert_eq!(text, expected);
    }

    #[test]
    fn differences_are_named_by_what_happened() {
        let of = |lines: &[(&str, &str)]| {
            let lines = lines
                .iter()
                .map(|(name, digest)| format!("{digest}  {name}\n"));
            lines.collect::<String>().into_bytes()
        };
        let signed = of(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
        let found = of(&[("a", "2"), ("b", "1"), ("e", "3"), ("f", "5")]);
        let told = difference(&signed, &found).unwrap();
        let expected = "changed `a`, changed `b`, renamed `c` to `e`, removed `d`, added `f`";
        assert_eq!(told, expected);
        assert_eq!(difference(b"no manifest", &found), None);
        let many: Vec<(String, String)> = (0..30).map(|n| (n.to_string(), "9".into())).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert!(
            difference(b"", &of(&many))
                .unwrap()
                .ends_with("and 10 more")
        );
    }
}
