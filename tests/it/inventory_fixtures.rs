//! Every lockfile format: a typical file, an empty one, one that breaks off and a hostile one.

use crate::cli::{run, text};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn testdata(directory: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(directory)
}

/// The formats, each a directory with a typical lock.
fn formats() -> Vec<PathBuf> {
    let root = testdata("inventory");
    let mut found: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // Programs have records instead of lockfiles.
        .filter(|path| !path.ends_with("binary"))
        .collect();
    found.sort();
    assert!(found.len() >= 24, "{}", found.len());
    found
}

fn only_file(directory: &Path) -> String {
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap_or_else(|error| unreachable!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 1, "{}", directory.display());
    names.remove(0)
}

#[test]
fn what_is_empty_broken_or_hostile_is_told_in_every_format_and_never_a_pass() {
    for format in formats() {
        assert!(format.join("typical").is_dir(), "{}", format.display());
        for kind in ["empty", "broken", "hostile"] {
            let faulty = testdata("faulty").join(format.file_name().unwrap());
            let from = faulty.join(kind);
            let name = only_file(&from);
            let directory = tempfile::tempdir().unwrap();
            std::fs::copy(from.join(&name), directory.path().join(&name)).unwrap();
            let output = run(directory.path(), &["sbom", "generate"], 3);
            let said = text(&output.stderr);
            assert!(said.contains(&name), "{}: {said}", from.display());
            assert!(
                !said.contains('\u{1b}') && !said.contains('\u{7}'),
                "{said}"
            );
            let document: Value = serde_json::from_slice(&output.stdout).unwrap();
            let compositions = document["compositions"].to_string();
            assert!(
                compositions.contains("incomplete"),
                "{}: {compositions}",
                from.display()
            );
            run(directory.path(), &["sbom", "generate", "--lenient"], 0);
        }
    }
}
