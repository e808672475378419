//! The commit that a checked-out tree is at, for people: nothing is decided by it.

use crate::support::files::read_bounded;
use std::path::Path;

const MAX_REFERENCE_BYTES: u64 = 4096;
const MAX_PACKED_BYTES: u64 = 16 * 1024 * 1024;

/// The commit of a git work tree, if its files tell it.
pub(super) fn commit_of(directory: &Path) -> Option<String> {
    let git = directory.join(".git");
    let read = |name: &str, limit| {
        let bytes = read_bounded(&git.join(name), limit).ok()?;
        String::from_utf8(bytes).ok()
    };
    let head = read("HEAD", MAX_REFERENCE_BYTES)?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else {
        return as_commit(&head);
    };
    let is_plain = reference.starts_with("refs/")
        && reference
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".."));
    if !is_plain {
        return None;
    }
    if let Some(loose) = read(reference, MAX_REFERENCE_BYTES) {
        return as_commit(&loose);
    }
    let packed = read("packed-refs", MAX_PACKED_BYTES)?;
    let line = packed.lines().find(|line| {
        let name = line.split_once(' ').map(|(_, name)| name);
        name == Some(reference)
    })?;
    as_commit(line.split(' ').next()?)
}

/// A text that is a commit id.
pub(super) fn as_commit(text: &str) -> Option<String> {
    let text = text.trim();
    let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_id.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::files::write_atomic;

    #[test]
    fn the_commit_of_a_work_tree_is_read_from_its_files() {
        let root = tempfile::tempdir().unwrap();
        let git = root.path().join(".git");
        std::fs::create_dir_all(git.join("refs/heads")).unwrap();
        let put = |name: &str, text: &str| write_atomic(&git.join(name), text.as_bytes()).unwrap();
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        assert_eq!(commit_of(root.path()), None);
        put("HEAD", &format!("{a}\n"));
        assert_eq!(commit_of(root.path()), Some(a.clone()));
        put("HEAD", "ref: refs/heads/main\n");
        assert_eq!(commit_of(root.path()), None);
        put(
            "packed-refs",
            &format!("# pack-refs\n{b} refs/heads/main\n"),
        );
        assert_eq!(commit_of(root.path()), Some(b));
        put("refs/heads/main", &a);
        assert_eq!(commit_of(root.path()), Some(a));
        put("HEAD", "ref: refs/../../outside\n");
        assert_eq!(commit_of(root.path()), None);
    }
}
