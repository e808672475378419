//! Manifests and lockfiles that ask for too much to compare: a gap, in bounded time and
//! memory, and beside each one that is small enough.

use super::{CLASSIC, judged, of_yarn};
use crate::checks::registry::clients::Source;
use crate::checks::registry::manifests::workspaces;
use crate::support::json_tree;
use std::fmt::Write as _;

type Judged = (Vec<String>, Vec<String>);

const ROOT: &str = "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { editable = \".\" }\n[package.metadata]\n";

/// What `pyproject.toml` with this text below its `[project]` asks for.
fn uv(manifest: &str, lock: &str) -> Judged {
    let manifest = format!("[project]\nname = \"a\"\nversion = \"1\"\n{manifest}");
    let lock = format!("version = 1\nrevision = 3\n{ROOT}{lock}");
    let files = [("pyproject.toml", manifest.as_str()), ("uv.lock", &lock)];
    judged("uv-lock", "uv.lock", &files, &[])
}

/// Nothing stale, and one gap that says so.
fn is_gap((stale, gaps): &Judged, message: &str) {
    assert!(stale.is_empty(), "{stale:?}");
    assert!(
        matches!(&gaps[..], [gap] if gap.contains(message)),
        "{gaps:?}"
    );
}

const UV_GAP: &str = "uv.lock `uv.lock` was not compared to the end";

fn including(names: usize, groups: usize) -> String {
    let names: Vec<String> = (0..names).map(|n| format!("\"n{n}\"")).collect();
    let mut text = format!("[dependency-groups]\nbig = [{}]\n", names.join(","));
    for group in 0..groups {
        let _ = writeln!(text, "g{group} = [{{include-group=\"big\"}}]");
    }
    text
}

#[test]
fn groups_that_include_each_other_are_expanded_up_to_a_limit() {
    is_gap(&uv(&including(40_000, 17_120), ""), UV_GAP);
    let (stale, gaps) = uv(&including(2, 3), "");
    assert_eq!((stale.len(), gaps.len()), (8, 0));
    // Each with all that follow.
    let chain = |count: usize| {
        let mut text = String::from("[dependency-groups]\n");
        for group in 0..count {
            let _ = writeln!(text, "g{group} = [{{include-group=\"g{}\"}}]", group + 1);
        }
        text + &format!("g{count} = [\"n\"]\n")
    };
    is_gap(&uv(&chain(5_000), ""), UV_GAP);
    let (stale, gaps) = uv(&chain(20), "");
    assert_eq!((stale.len(), gaps.len()), (21, 0));
}

#[test]
fn one_name_is_compared_up_to_a_limit() {
    let asked = |parts: usize, lines: usize| {
        let range: Vec<String> = (0..parts).map(|part| format!("!={part}")).collect();
        let line = format!("\"x{}\",", range.join(","));
        format!("dependencies = [{}]\n", line.repeat(lines))
    };
    let lock = "requires-dist = [{ name = \"x\", specifier = \">=1\" }]\n";
    is_gap(&uv(&asked(101, 1), lock), UV_GAP);
    is_gap(&uv(&asked(1, 101), lock), UV_GAP);
    is_gap(&uv(&asked(100, 100), lock), UV_GAP);
    for (parts, lines) in [(100, 1), (1, 100)] {
        let (stale, gaps) = uv(&asked(parts, lines), lock);
        // Of many, fifty are kept.
        assert_eq!((stale.len(), gaps.len()), (lines.min(50), 0));
    }
}

#[test]
fn markers_that_ask_for_too_many_environments_are_a_gap() {
    let asked = |extras: usize| {
        let extras: Vec<String> = (0..extras).map(|n| format!("extra == 'x{n}'")).collect();
        format!("dependencies = [\"x ; {}\"]\n", extras.join(" or "))
    };
    let lock = "requires-dist = [{ name = \"x\", marker = \"extra == 'y'\" }]\n";
    is_gap(&uv(&asked(2_000), lock), UV_GAP);
    assert_eq!(uv(&asked(2), lock).0.len(), 1);
}

#[test]
fn a_project_that_is_locked_many_times_is_compared_once() {
    let asked = "dependencies = [\"x\"]\n";
    let (stale, gaps) = uv(asked, &ROOT.repeat(2_000));
    assert_eq!((stale.len(), gaps.len()), (1, 0));
}

#[test]
fn a_compiled_file_is_compared_up_to_a_limit() {
    let judge = |versions: usize, parts: usize, lines: usize, inputs: usize| {
        let mut lock = String::new();
        for version in 1..=versions {
            let _ = writeln!(lock, "a=={version}");
        }
        for input in 0..inputs {
            let _ = writeln!(lock, "    # via -r {input}.in");
        }
        // The first part of it decides, so that the test takes no longer than it has to.
        let range: String = (0..parts)
            .map(|n| format!(",!={}", 9_000_001 + n))
            .collect();
        let asked = format!("a>9000000{range}\n").repeat(lines);
        let files = [("requirements.txt", lock.as_str()), ("0.in", &asked)];
        judged("requirements", "requirements.txt", &files, &[])
    };
    const GAP: &str = "`requirements.txt` was not compared to the end";
    // What was found before it ends is told.
    let (stale, gaps) = judge(1_000, 1_000, 40, 1);
    assert!((1..40).contains(&stale.len()), "{}", stale.len());
    is_gap(&(Vec::new(), gaps), GAP);
    let (stale, gaps) = judge(1_000, 10, 40, 1);
    assert_eq!((stale.len(), gaps.len()), (40, 0));
    assert!(judge(10, 1, 10, 100).1.is_empty());
    is_gap(&(Vec::new(), judge(10, 1, 10, 101).1), GAP);
}

fn cargo(members: &str, more: &[(&str, &str)]) -> Judged {
    let manifest = format!("[workspace]\nmembers = [{members}]\n");
    let mut files = vec![("Cargo.toml", manifest.as_str())];
    files.extend(more);
    judged("cargo-lock", "Cargo.lock", &files, &[])
}

#[test]
fn members_of_cargo_are_counted_once_each() {
    let real = [("real/Cargo.toml", "[package]\nname = \"real\"\n")];
    let many = format!("{}\"real\"", "\"a\",".repeat(1_000));
    let stale = vec!["real/Cargo.toml:2 name = real".to_owned()];
    assert_eq!(cargo(&many, &real), (stale, Vec::new()));
    let many: String = (0..1_001).map(|n| format!("\"a{n}\",")).collect();
    is_gap(
        &cargo(&many, &real),
        "only the first 1000 members of `Cargo.toml`",
    );
}

#[test]
fn patterns_and_directories_of_a_workspace_are_followed_up_to_a_limit() {
    let deep = |levels: usize| format!("x/{}Cargo.toml", "d/".repeat(levels));
    let package = "[package]\nname = \"real\"\n";
    let judge = |members: &str, levels: usize| cargo(members, &[(&deep(levels), package)]);
    let patterns = |count: usize| "\"x/*\",".repeat(count);
    assert_eq!(judge(&patterns(1_000), 1).0.len(), 1);
    is_gap(&judge(&patterns(1_001), 1), "more than 1000 patterns");
    assert_eq!(judge("\"x/**\"", 30).0.len(), 1);
    is_gap(&judge("\"x/**\"", 40), "over 32 deep");
    is_gap(&judge("\"x/[\"", 1), "a pattern cannot be understood");
}

#[test]
fn a_member_of_yarn_1_beside_many_other_directories_is_one() {
    let dir = tempfile::tempdir().unwrap();
    for other in 0..510 {
        std::fs::create_dir_all(dir.path().join(format!("packages/b/{other}"))).unwrap();
    }
    let source = Source::new(dir.path(), None);
    let main = json_tree::parse("{\"workspaces\": [\"packages/*\"]}");
    // It ends in silence, and the members are found all the same: nothing below them is
    // looked into.
    assert!(workspaces::names(dir.path(), &source, "", &main.root).is_empty());
    let found = workspaces::directories(dir.path(), &source, "", &["packages/*"], &[]);
    assert_eq!(found, ["packages/b"]);
    assert!(source.into_gaps().is_empty());
    let source = Source::new(dir.path(), None);
    workspaces::directories(dir.path(), &source, "", &["packages/**"], &[]);
    let gaps = source.into_gaps();
    assert!(gaps[0].message.contains("more than 500 directories"));
}

#[test]
fn members_of_yarn_1_have_no_entry_however_deep_they_lie() {
    let deep = format!("p/{}b/package.json", "d/".repeat(12));
    let judge = |private: bool| {
        let main = format!(
            "{{\"private\": {private}, \"workspaces\": [\"p/**\"], \"dependencies\": {{\"b\": \"^9\"}}}}"
        );
        of_yarn(CLASSIC, &main, &[(&deep, "{\"name\": \"b\"}")])
    };
    assert!(judge(true).is_empty());
    // Without members, what lies as deep is not looked for.
    assert_eq!(judge(false), ["package.json:1 b = ^9"]);
}

#[cfg(unix)]
#[test]
fn a_workspace_does_not_lead_out_of_the_tree_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(outside.path().join("a-name-of-the-host")).unwrap();
    let text = b"{\"name\": \"left\"}";
    let manifest = outside.path().join("a-name-of-the-host/package.json");
    crate::support::files::write_atomic(&manifest, text).unwrap();
    let names = |is_link: bool| {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("link");
        if is_link {
            std::os::unix::fs::symlink(outside.path(), &at).unwrap();
        } else {
            std::fs::create_dir_all(at.join("inner")).unwrap();
            let manifest = at.join("inner/package.json");
            crate::support::files::write_atomic(&manifest, text).unwrap();
        }
        let source = Source::new(dir.path(), None);
        let main = json_tree::parse("{\"workspaces\": [\"link/*\"]}");
        let found = workspaces::names(dir.path(), &source, "", &main.root);
        (found.len(), source.into_gaps())
    };
    let (found, gaps) = names(true);
    assert_eq!(found, 0);
    assert!(gaps[0].message.contains("symbolic link"), "{gaps:?}");
    assert!(!format!("{gaps:?}").contains("a-name-of-the-host"));
    assert_eq!(names(false), (1, Vec::new()));
}
