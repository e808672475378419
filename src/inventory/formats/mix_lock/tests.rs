use super::*;
use crate::inventory::formats::testing::{edges, gaps, parse};

/// Written by Mix 1.14 (`Mix.Dep.Lock.write`).
const TYPICAL: &str = include_str!("../../../../testdata/inventory/mix-lock/typical/mix.lock");

fn read(text: &str) -> Parsed {
    parse(&MixLock, "mix.lock", text, &[]).unwrap()
}

#[test]
fn a_typical_lockfile_gives_packages_edges_and_origins() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    // The application `web` is made of the package `web_kit`; `absent` is optional.
    assert_eq!(
        edges(&parsed),
        [
            "web_kit@2.1.0-rc.1 -> bunt@1.0.0",
            "web_kit@2.1.0-rc.1 -> old@0.1.0"
        ]
    );
    let of = |name: &str| parsed.packages.iter().find(|p| p.name == name).unwrap();
    assert!(matches!(
        of("bunt").origin,
        Origin::Registry {
            index: None,
            default: true,
            ..
        }
    ));
    assert!(matches!(
        &of("old").origin,
        Origin::Registry { index: Some(index), default: false, .. } if index == "hexpm:acme"
    ));
    assert_eq!(of("older").origin, Origin::ImpliedDefault);
    let outer = Digest::from_hex(DigestAlgorithm::Sha256, &"1b".repeat(32)).unwrap();
    assert_eq!(
        of("bunt").checksums,
        [
            Checksum::Opaque {
                scheme: "hex-inner",
                value: "0a".repeat(32),
            },
            Checksum::File(outer),
        ]
    );
    assert_eq!(
        of("odd-name").origin,
        Origin::Git {
            url: "git@git.example:acme/o\"dd#{x}\\.git".to_owned(),
            reference: GitReference::Default,
            commit: Some("cd".repeat(20)),
        }
    );
    assert_eq!(of("web_kit").line, 7);
    // What `g` needs is not in this file.
    assert_eq!(parsed.has_graph, Some(false));
}

#[test]
fn an_empty_lockfile_has_no_packages_and_no_gaps() {
    for text in ["%{}\n", "%{\n}\n"] {
        let parsed = read(text);
        assert_eq!((parsed.packages.len(), parsed.gaps.len()), (0, 0));
        assert_eq!(parsed.has_graph, Some(true));
    }
}

#[test]
fn a_broken_entry_is_a_gap_and_the_rest_is_read() {
    let text = "%{\n  \"a\": {:hex, :a, \"1.0\", \"00\", [:mix], [{:gone, \"> 0\", []}], \"hexpm\", \"zz\"},\n  \"b\": System.halt(),\n  \"c\": {:svn, \"x\"},\n  \"d\": {:hex, :d},\n  \"e\": {:hex, :e, \"1.0\"},\n  \"e\": {:hex, :e, \"2.0\"},\n  \"f\": {:hex, :f, \"1.0";
    let parsed = read(text);
    let names: Vec<&str> = parsed.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["a", "e", "e"]);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-entry", 5),
            ("inventory/incomplete-entry", 7),
            ("inventory/incomplete-entry", 8),
            ("inventory/unreadable-lockfile", 8),
            ("inventory/unresolved-dependency", 2),
        ]
    );
}

#[test]
fn what_is_no_map_is_refused() {
    let error = parse(&MixLock, "mix.lock", "\n[]", &[]).unwrap_err();
    assert!(matches!(error, FormatError::Syntax { line: 2, .. }));
    assert_eq!(read("%{}\n x").gaps.len(), 1);
}

#[test]
fn a_hostile_file_of_many_lines_ends() {
    let parsed = read(&format!("%{{\n{}", "{\n".repeat(100_000)));
    assert!(parsed.packages.is_empty());
    assert!(parsed.more_gaps > 0);
}
