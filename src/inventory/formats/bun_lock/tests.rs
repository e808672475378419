use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use crate::model::{Checksum, ComponentKind, GitReference};

const TYPICAL: &str = include_str!("../../../../testdata/inventory/bun-lock/typical/bun.lock");
const MANIFEST: &str = include_str!("../../../../testdata/inventory/bun-lock/typical/package.json");

fn read(text: &str) -> Parsed {
    parse(&BunLock, "bun.lock", text, &[]).unwrap()
}

fn lock(packages: &str) -> String {
    format!("{{\"lockfileVersion\": 1, \"workspaces\": {{}}, \"packages\": {{\n{packages}\n}}}}")
}

fn of<'p>(parsed: &'p Parsed, name: &str) -> &'p Package {
    let package = parsed.packages.iter().find(|p| p.name == name);
    package.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn a_typical_lockfile_gives_every_package_and_edge() {
    let neighbours = [
        ("w/package.json", MANIFEST),
        (
            "w/localdir/package.json",
            "{\"name\": \"localdir\", \"version\": \"1.0.0\"}",
        ),
    ];
    let parsed = parse(&BunLock, "w/bun.lock", TYPICAL, &neighbours).unwrap();
    // Bun does not record the version of what a repository holds: its commit does.
    assert_eq!(gaps(&parsed), []);
    let found = edges(&parsed);
    let asked: Vec<&str> = found
        .iter()
        .filter(|edge| edge.starts_with("shop@") || edge.starts_with("two@"))
        .map(String::as_str)
        .collect();
    assert_eq!(
        asked,
        [
            "shop@1.0.0 -> chalk@4.1.2",
            "shop@1.0.0 -> fsevents@2.3.3",
            "shop@1.0.0 -> gitdep@?",
            "shop@1.0.0 -> is-odd@3.0.1",
            "shop@1.0.0 -> left-pad@1.3.0",
            "shop@1.0.0 -> localdir@1.0.0",
            "shop@1.0.0 -> lodash@4.17.20",
            "shop@1.0.0 -> once@1.4.0",
            "shop@1.0.0 -> rimraf@3.0.2",
            "two@2.0.0 -> one@1.0.0",
            "two@2.0.0 -> react-dom@18.2.0",
            "two@2.0.0 -> react@18.2.0",
            "two@2.0.0 -> use-sync-external-store@1.2.0",
        ]
    );
    for edge in [
        "is-odd@3.0.1 -> is-number@7.0.0",
        "localdir@1.0.0 -> ms@2.0.0",
        "gitdep@? -> ms@2.1.2",
        // The nearest on the way up.
        "react-dom@18.2.0 -> react@18.2.0",
        "react-dom@17.0.2 -> react@17.0.2",
        "react-dom@18.2.0 -> scheduler@0.23.2",
    ] {
        assert!(found.iter().any(|known| known == edge), "{edge}");
    }
    for (name, kind, scope) in [
        ("shop", ComponentKind::Own, Scope::Runtime),
        ("one", ComponentKind::Own, Scope::Runtime),
        ("rimraf", ComponentKind::Dependency, Scope::Dev),
        ("glob", ComponentKind::Dependency, Scope::Dev),
        ("wrappy", ComponentKind::Dependency, Scope::Runtime),
        ("fsevents", ComponentKind::Dependency, Scope::Optional),
    ] {
        let package = of(&parsed, name);
        assert_eq!((package.kind, package.scope), (kind, scope), "{name}");
    }
    assert_eq!(of(&parsed, "fsevents").runs_install_code, Some(true));
    assert_eq!(of(&parsed, "once").runs_install_code, None);
    let lodash = of(&parsed, "lodash");
    assert_eq!(lodash.origin, Origin::ImpliedDefault);
    assert!(matches!(lodash.checksums.as_slice(), [Checksum::File(_)]));
    assert!(matches!(
        &of(&parsed, "gitdep").origin,
        Origin::Git { url, commit: Some(_), .. } if url == "https://git.corp.example/gitdep.git"
    ));
    assert!(matches!(&of(&parsed, "is-odd").origin, Origin::Url { .. }));
    assert_eq!(
        parsed.root.as_ref().unwrap().version.as_deref(),
        Some("1.0.0")
    );
}

#[test]
fn every_line_holds_the_name_of_its_package() {
    let mut parsed = read(TYPICAL);
    // The project stands in the line of `workspaces`, its members in that of their path.
    parsed
        .packages
        .retain(|p| p.kind == ComponentKind::Dependency);
    lines_hold_names(TYPICAL, &parsed);
}

#[test]
fn each_kind_of_entry_has_its_origin() {
    let parsed = read(&lock(
        r#"
        // comments and trailing commas are Bun's
        "a": ["a@1.0.0", "https://r.example/a/-/a-1.0.0.tgz", {}, "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="],
        "b": ["b@1.0.0", "https://r.example/", { "dependencies": { "in": "1" } }, ""],
        "b/in": ["in@1.0.0", "", { "bundled": true }, "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="],
        "@s/c": ["@s/c@github:o/r#abc1234", { "dependencies": { "in": "1" } }, "o-r-abc1234", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="],
        "@s/c/in": ["in@2.0.0", "", {}, ""],
        "d": ["real@https://r.example/real/-/real-2.0.0.tgz", {}],
        "e": ["e@./e.tgz", {}],
        "f": ["f@root:", {}],
    "#,
    ));
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 7),
            ("inventory/incomplete-entry", 10)
        ]
    );
    let registry = |index: Option<&str>, file: Option<&str>| Origin::Registry {
        index: index.map(str::to_owned),
        file: file.map(str::to_owned),
        default: false,
    };
    assert_eq!(
        of(&parsed, "a").origin,
        registry(None, Some("https://r.example/a/-/a-1.0.0.tgz"))
    );
    assert_eq!(
        of(&parsed, "b").origin,
        registry(Some("https://r.example/"), None)
    );
    assert_eq!(
        of(&parsed, "in").origin,
        Origin::Bundled {
            inside: "b@1.0.0".to_owned()
        }
    );
    assert_eq!(
        of(&parsed, "@s/c").origin,
        Origin::Git {
            url: "https://github.com/o/r".to_owned(),
            reference: GitReference::Revision("abc1234".to_owned()),
            commit: None,
        }
    );
    assert_eq!(of(&parsed, "@s/c").checksums.len(), 1);
    assert_eq!(of(&parsed, "real").version.as_deref(), Some("2.0.0"));
    assert!(matches!(&of(&parsed, "e").origin, Origin::Path { .. }));
    assert_eq!(
        edges(&parsed),
        ["@s/c@? -> in@2.0.0", "b@1.0.0 -> in@1.0.0"]
    );
}

#[test]
fn keys_are_walked_up_by_whole_names() {
    assert_eq!(parent("a/@s/b"), "a");
    assert_eq!(parent("@s/b"), "");
    assert_eq!(parent("@s/b/c"), "@s/b");
    assert_eq!(parent("a/b"), "a");
    assert_eq!(parent("a"), "");
    assert_eq!(last_name("x/@s/b"), "@s/b");
    for odd in ["", "/", "@/", "é/@é/é", "//", "@"] {
        assert!(odd.starts_with(parent(odd)) && parent(odd).len() <= odd.len());
        assert!(odd.is_empty() || parent(odd).len() < odd.len(), "{odd}");
    }
}

#[test]
fn version_0_lists_workspaces_twice() {
    let text = r#"{"lockfileVersion": 0,
        "workspaces": {"": {"name": "r", "dependencies": {"w": "*"}}, "p/w": {"name": "w", "version": "1.0.0", "devDependencies": {"a": "1"}}},
        "packages": {"a": ["a@1.0.0", "", {}, ""], "w": ["w@workspace:p/w", {"devDependencies": {"a": "1"}}]}}"#;
    let parsed = read(text);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(edges(&parsed), ["r@? -> w@1.0.0", "w@1.0.0 -> a@1.0.0"]);
    assert_eq!(of(&parsed, "a").scope, Scope::Dev);
    assert_eq!(parsed.packages.len(), 3);
}

#[test]
fn a_file_without_a_lockfile_is_refused() {
    let refused = |text| parse(&BunLock, "bun.lock", text, &[]).unwrap_err();
    assert!(matches!(refused(""), FormatError::Syntax { .. }));
    assert!(matches!(refused("{}"), FormatError::Shape { line: 1, .. }));
    assert!(matches!(
        refused("{\n\"lockfileVersion\": 3}"),
        FormatError::UnknownVersion { line: 2, .. }
    ));
    assert!(matches!(
        refused("{ /x }"),
        FormatError::Syntax { line: 1, .. }
    ));
    let empty = read("{\"lockfileVersion\": 2, \"workspaces\": {\"\": {}}, \"packages\": {}}");
    assert_eq!((empty.packages.len(), gaps(&empty)), (0, vec![]));
}

#[test]
fn one_bad_entry_costs_no_other() {
    let parsed = read(&lock(
        "\"a\": [\"a@1.0.0\", \"\", {\"dependencies\": {\"gone\": \"1\"}, \"peerDependencies\": {\"p\": \"1\"}}, \"sha512-x\"],
\"b\": false,
\"c\": [\"c\"],
\"d\": [\"d@1.0.0\", \"\", {}, \"\"],
\"d\": [\"d@2.0.0\", \"\", {}, \"\"]",
    ));
    let labels: Vec<_> = parsed
        .packages
        .iter()
        .map(|p| p.version.as_deref())
        .collect();
    assert_eq!(labels, [Some("1.0.0"), Some("2.0.0")]);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/unreadable-lockfile", 6),
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/unresolved-dependency", 2),
        ]
    );
    let odd = read("{\"lockfileVersion\": 1, \"workspaces\": [], \"packages\": {}}");
    assert_eq!(gaps(&odd), [("inventory/incomplete-entry", 1)]);
    let none = read("{\"lockfileVersion\": 1, \"packages\": {}}");
    assert_eq!(gaps(&none), [("inventory/incomplete-entry", 1)]);
}

#[test]
fn whole_entries_before_a_syntax_error_are_kept() {
    let text = "{\"lockfileVersion\": 1, \"workspaces\": {}, \"packages\": {\n\"a\": [\"a@1.0.0\", \"\", {}, \"\"],\n\"b\": [\"b@1";
    let parsed = read(text);
    assert_eq!(parsed.packages.len(), 1);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 3)]);
}

#[test]
fn a_hostile_lockfile_ends_in_gaps_or_errors() {
    let deep = lock(&format!(
        "\"a\": {}{}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    ));
    assert_eq!(gaps(&read(&deep)), [("inventory/incomplete-entry", 2)]);
    let long = lock(&format!(
        "\"{}\": [\"a@1\", \"\", {{}}, \"\"]",
        "a/".repeat(50_000)
    ));
    assert_eq!(gaps(&read(&long)), [("inventory/incomplete-entry", 2)]);
    let low = lock(&format!(
        "\"{}b\": [\"b@1\", \"\", {{}}, \"\"]",
        "a/".repeat(65)
    ));
    assert_eq!(gaps(&read(&low)), [("inventory/incomplete-entry", 2)]);
    let circle = lock(
        "\"a\": [\"a@1.0.0\", \"\", {\"dependencies\": {\"b\": \"1\"}}, \"\"],\n\"b\": [\"b@1.0.0\", \"\", {\"dependencies\": {\"a\": \"1\"}}, \"\"]",
    );
    assert_eq!(edges(&read(&circle)).len(), 2);
    let comment = read(&format!("{} /* {}", lock(""), "x".repeat(10_000)));
    assert!(comment.packages.is_empty());
}
