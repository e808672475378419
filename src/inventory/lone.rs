//! One lockfile alone: `sealgate advisories web/package-lock.json`.

use super::formats::FORMATS;
use super::select::unsupported;
use super::tree::Tree;
use super::walk::{self, Found, Group, Lockfile, Reader};
use super::{InventoryError, Options, Reading, complete, directory_of_file, rules};
use crate::model::Inventory;
use std::path::{Path, PathBuf};

/// Directories above a lockfile that can tell its format: `.github/workflows/ci.yml` has
/// two.
const DIRECTORIES: usize = 3;

/// Whether a file is a lockfile by its name, and that of the directories above it.
#[must_use]
pub fn is_lockfile(path: &Path) -> bool {
    find(path).is_some()
}

/// The inventory of one lockfile, and the directory that its paths are relative to: of no
/// other one of its tree, even where that belongs to the same product. Files beside it are
/// read only where the format asks for them (`go.sum`, a manifest, an included file, the
/// members of a Cargo workspace), and only below its own directory.
///
/// # Errors
/// [`InventoryError::NotALockfile`] where the name is none of a format that is known; what
/// cannot be read is a gap.
pub fn read_lockfile(
    path: &Path,
    options: &Options,
) -> Result<(Inventory, PathBuf), InventoryError> {
    let not_one = || InventoryError::NotALockfile {
        path: path.to_owned(),
    };
    let (root, lock) = find(path).ok_or_else(not_one)?;
    let tree = Tree::new(&root);
    let mut reading = Reading::of(options);
    match lock.reader {
        Reader::Format(format) => {
            let found = match lock.group {
                Group::Cargo => walk::walk(&root, &[]),
                _ => Found::default(),
            };
            reading.read(&tree, &found, &lock, format);
        }
        Reader::Unsupported(tool) => reading.gaps.push(unsupported(&lock, tool)),
    }
    let mut inventory = reading.finish(Vec::new(), &options.fallback_name);
    // A workflow alone is what was asked for.
    inventory
        .gaps
        .retain(|gap| gap.id != rules::NOTHING_TO_CHECK.id);
    complete(&root, options, &mut inventory);
    Ok((inventory, root))
}

/// The directory that a lockfile is read from, and its path there: as few directories as
/// its format needs to know it.
fn find(path: &Path) -> Option<(PathBuf, Lockfile)> {
    let mut root = directory_of_file(path).canonicalize().ok()?;
    let mut inside = path.file_name()?.to_str()?.to_owned();
    for _ in 0..=DIRECTORIES {
        if let Some(lock) = walk::lockfile_at(&inside) {
            return Some((root, lock));
        }
        let name = root.file_name()?.to_str()?;
        inside = format!("{name}/{inside}");
        root = root.parent()?.to_owned();
    }
    None
}

/// File names by which lockfiles are known, as patterns, for a hint.
#[must_use]
pub fn lockfile_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = FORMATS
        .iter()
        .flat_map(|format| format.globs())
        .copied()
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::files::write_atomic;

    fn write(root: &Path, path: &str, text: &str) -> PathBuf {
        let whole = root.join(path);
        std::fs::create_dir_all(whole.parent().unwrap()).unwrap();
        write_atomic(&whole, text.as_bytes()).unwrap();
        whole
    }

    fn read(path: &Path) -> Inventory {
        read_lockfile(path, &Options::default()).unwrap().0
    }

    const LOCK: &str = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://index.example/\"\n";

    #[test]
    fn only_the_lockfile_that_is_named_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let lock = write(directory.path(), "web/Cargo.lock", LOCK);
        write(directory.path(), "web/package-lock.json", "{");
        write(directory.path(), "Cargo.lock", "?");
        let inventory = read(&lock);
        assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps);
        assert_eq!(inventory.lockfiles.len(), 1);
        assert_eq!(inventory.lockfiles[0].path, "Cargo.lock");
        assert_eq!(inventory.components[0].label(), "a@1.0.0");
    }

    #[test]
    fn a_format_may_be_known_by_the_directories_above() {
        let directory = tempfile::tempdir().unwrap();
        let workflow = write(
            directory.path(),
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    steps:\n      - uses: acme/build@v1\n",
        );
        let inventory = read(&workflow);
        assert_eq!(inventory.components.len(), 1, "{inventory:?}");
        assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps);
        let gradle = write(
            directory.path(),
            "gradle/dependency-locks/runtime.lockfile",
            "com.acme:lib:1.0\n",
        );
        assert_eq!(read(&gradle).lockfiles[0].format, "gradle-lockfile");
        let other = write(directory.path(), "locks/runtime.lockfile", "x");
        assert!(matches!(
            read_lockfile(&other, &Options::default()),
            Err(InventoryError::NotALockfile { .. })
        ));
        assert!(!is_lockfile(&other));
    }

    #[test]
    fn what_cannot_be_read_is_a_gap() {
        let directory = tempfile::tempdir().unwrap();
        for (name, text, id) in [
            ("Cargo.lock", "?", "inventory/unreadable-lockfile"),
            ("package-lock.json", "", "inventory/unreadable-lockfile"),
            ("bun.lockb", "x", "inventory/unsupported-lockfile"),
        ] {
            let inventory = read(&write(directory.path(), name, text));
            assert_eq!(inventory.gaps[0].id, id, "{name}");
        }
        let absent = directory.path().join("go.mod");
        assert_eq!(read(&absent).gaps[0].id, "inventory/unreadable-lockfile");
    }
}
