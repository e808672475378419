//! What the walk finds and leaves out.

use super::*;

#[test]
fn gitignore_hides_no_lockfile_that_is_tracked() {
    let directory = tree(&[
        (".gitignore", "Cargo.lock\nbuild/\nhidden/\n"),
        ("Cargo.lock", &cargo("root")),
        ("build/package-lock.json", &npm("built")),
        ("hidden/uv.lock", "version = 1\n"),
        ("hidden/go.mod", "module m.example/x\n"),
    ]);
    let lockfiles = |inventory: &Inventory| -> Vec<String> {
        let read = inventory.lockfiles.iter();
        let gaps = inventory
            .gaps
            .iter()
            .filter_map(|gap| gap.location.as_ref());
        let mut paths: Vec<String> = read
            .map(|lock| lock.path.clone())
            .chain(gaps.map(|place| place.path.clone()))
            .collect();
        paths.sort();
        paths
    };
    // Without git nothing tells what is left out for good reason.
    let everything = read_with(&directory, &[]).unwrap();
    assert_eq!(
        lockfiles(&everything),
        [
            "Cargo.lock",
            "build/package-lock.json",
            "hidden/go.mod",
            "hidden/uv.lock"
        ]
    );
    std::fs::create_dir(directory.path().join(".git")).unwrap();
    let tracked = [
        "Cargo.lock",
        "hidden/go.mod",
        "hidden/uv.lock",
        "gone/go.mod",
    ];
    let index = crate::support::git_index::testing::index(2, &tracked);
    write_atomic(&directory.path().join(".git/index"), &index).unwrap();
    let inventory = read_with(&directory, &[]).unwrap();
    assert_eq!(
        lockfiles(&inventory),
        ["Cargo.lock", "hidden/go.mod", "hidden/uv.lock"]
    );
    write_atomic(&directory.path().join(".git/index"), b"no index").unwrap();
    let inventory = read_with(&directory, &[]).unwrap();
    assert!(
        inventory
            .gaps
            .iter()
            .any(|gap| gap.id == "inventory/unreadable-path"),
        "{:?}",
        inventory.gaps
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_loops_do_no_harm() {
    use std::os::unix::fs::symlink;
    let outside = tree(&[("Cargo.lock", &cargo("outside"))]);
    let directory = tree(&[("a/package-lock.json", &npm("a"))]);
    let root = directory.path();
    symlink(outside.path(), root.join("linked")).unwrap();
    symlink("..", root.join("a/loop")).unwrap();
    symlink(outside.path().join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
    let inventory = read_with(&directory, &[]).unwrap();
    assert_eq!(purls(&inventory), ["pkg:npm/a@1.0.0"]);
    assert_eq!(
        gaps(&inventory),
        [gap("inventory/unreadable-lockfile", "Cargo.lock")]
    );
    assert!(inventory.gaps[0].message.contains("symbolic link"));
}

#[test]
fn a_file_as_root_and_an_absent_one_are_errors() {
    let directory = tree(&[("f", "")]);
    let read = |path: &str| read_tree(&directory.path().join(path), &Options::default());
    assert!(matches!(
        read("f"),
        Err(InventoryError::NotADirectory { .. })
    ));
    assert!(matches!(read("g"), Err(InventoryError::Root { .. })));
}

#[test]
fn an_included_file_is_not_listed_as_skipped() {
    let inventory = read(&[
        ("requirements.txt", "-r requirements/base.txt\n"),
        ("requirements/base.txt", "a==1\n"),
        ("requirements/docs.txt", "b==1\n"),
    ]);
    assert_eq!(purls(&inventory), ["pkg:pypi/a@1"]);
    assert_eq!(skipped(&inventory), ["requirements/docs.txt"]);
    let paths: Vec<&str> = inventory
        .lockfiles
        .iter()
        .map(|l| l.path.as_str())
        .collect();
    assert_eq!(paths, ["requirements.txt", "requirements/base.txt"]);
}
