use super::*;
use crate::inventory::formats::Package;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use crate::model::{Checksum, ComponentKind, GitReference, Origin, Scope};

const BERRY: &str = include_str!("../../../../testdata/inventory/yarn-lock/typical/yarn.lock");
const BERRY_MANIFEST: &str =
    include_str!("../../../../testdata/inventory/yarn-lock/typical/package.json");
const V4: &str = include_str!("../../../../testdata/inventory/yarn-lock/version-4/yarn.lock");
const V4_MANIFEST: &str =
    include_str!("../../../../testdata/inventory/yarn-lock/version-4/package.json");
const V6: &str = include_str!("../../../../testdata/inventory/yarn-lock/version-6/yarn.lock");
const V6_MANIFEST: &str =
    include_str!("../../../../testdata/inventory/yarn-lock/version-6/package.json");
const CLASSIC: &str = include_str!("../../../../testdata/inventory/yarn-lock/typical/yarn-1.lock");

/// What the project of the classic lockfile asks for.
const CLASSIC_MANIFEST: &str = r#"{
  "name": "shop", "version": "1.0.0", "workspaces": ["packages/*"],
  "dependencies": {
    "gitdep": "git+https://git.corp.example/gitdep.git#d8f3305fe998189c8597ee7d7aa0cd61b020df93",
    "tarb": "https://git.corp.example/is-odd/-/is-odd-3.0.1.tgz",
    "localdir": "file:./localdir", "alias": "npm:lodash@4.17.20",
    "left-pad": "1.3.0", "once": "1.4.0", "tool": "link:./tool"
  },
  "devDependencies": {"rimraf": "3.0.2"},
  "optionalDependencies": {"fsevents": "2.3.3"},
  "resolutions": {"is-number": "7.0.0"}
}"#;

const ONE: &str = r#"{"name": "one", "version": "1.0.0", "dependencies": {"react": "17.0.2",
    "react-dom": "17.0.2", "use-sync-external-store": "1.2.0", "two": "*"}}"#;
const TWO: &str = r#"{"name": "two", "version": "2.0.0", "dependencies": {"react": "18.2.0",
    "react-dom": "18.2.0", "use-sync-external-store": "1.2.0"}, "devDependencies": {"one": "*"}}"#;

fn project(text: &str, manifest: &str) -> Parsed {
    let neighbours = [
        ("w/package.json", manifest),
        ("w/packages/one/package.json", ONE),
        ("w/packages/two/package.json", TWO),
        ("w/packages/notes/readme.md", ""),
        (
            "w/tool/package.json",
            "{\"name\": \"tool\", \"version\": \"1.1.0\"}",
        ),
        (
            "w/ported/package.json",
            "{\"name\": \"ported\", \"version\": \"1.2.0\"}",
        ),
        ("w/.yarnrc.yml", "catalog:\n  chalk: 4.1.2\n"),
    ];
    parse(&YarnLock, "w/yarn.lock", text, &neighbours).unwrap()
}

fn read(text: &str) -> Parsed {
    parse(&YarnLock, "yarn.lock", text, &[]).unwrap()
}

fn of<'p>(parsed: &'p Parsed, name: &str) -> &'p Package {
    let package = parsed.packages.iter().find(|p| p.name == name);
    package.unwrap_or_else(|| panic!("no {name}"))
}

fn labels(parsed: &Parsed) -> Vec<String> {
    let mut labels: Vec<String> = parsed
        .packages
        .iter()
        .map(|p| format!("{}@{}", p.name, p.version.as_deref().unwrap_or("?")))
        .collect();
    labels.sort();
    labels.dedup();
    labels
}

/// Edges of the project itself.
fn asked(parsed: &Parsed) -> Vec<String> {
    let edges = edges(parsed).into_iter();
    edges
        .filter_map(|edge| Some(edge.strip_prefix("shop@1.0.0 -> ")?.to_owned()))
        .collect()
}

#[test]
fn a_lockfile_of_yarn_1_is_read_with_the_manifests_of_its_project() {
    let parsed = project(CLASSIC, CLASSIC_MANIFEST);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(
        asked(&parsed),
        [
            "fsevents@2.3.3",
            "gitdep@0.3.1",
            "is-odd@3.0.1",
            "left-pad@1.3.0",
            "localdir@1.0.0",
            "lodash@4.17.20",
            "once@1.4.0",
            "rimraf@3.0.2",
            "tool@1.1.0",
        ]
    );
    let edges = edges(&parsed);
    for edge in [
        "one@1.0.0 -> two@2.0.0",
        "two@2.0.0 -> one@1.0.0",
        "two@2.0.0 -> react-dom@18.2.0",
        // A resolution has replaced the range.
        "is-odd@3.0.1 -> is-number@7.0.0",
    ] {
        assert!(edges.iter().any(|known| known == edge), "{edge}");
    }
    assert_eq!(parsed.root.as_ref().unwrap().name, "shop");
    let own: Vec<(&str, Option<&str>)> = parsed
        .packages
        .iter()
        .filter(|p| p.kind == ComponentKind::Own)
        .map(|p| (p.name.as_str(), p.path.as_deref()))
        .collect();
    assert_eq!(
        own,
        [
            ("tool", None),
            ("shop", Some("w/package.json")),
            ("one", Some("w/packages/one/package.json")),
            ("two", Some("w/packages/two/package.json")),
        ]
    );
    assert_eq!(of(&parsed, "rimraf").scope, Scope::Dev);
    assert_eq!(of(&parsed, "glob").scope, Scope::Dev);
    assert_eq!(of(&parsed, "fsevents").scope, Scope::Optional);
    assert_eq!(of(&parsed, "wrappy").scope, Scope::Runtime);
}

#[test]
fn entries_of_yarn_1_have_their_origins_and_checksums() {
    let parsed = project(CLASSIC, CLASSIC_MANIFEST);
    let commit = "d8f3305fe998189c8597ee7d7aa0cd61b020df93";
    assert_eq!(
        of(&parsed, "gitdep").origin,
        Origin::Git {
            url: "https://git.corp.example/gitdep.git".to_owned(),
            reference: GitReference::Revision(commit.to_owned()),
            commit: Some(commit.to_owned()),
        }
    );
    assert!(of(&parsed, "gitdep").checksums.is_empty());
    assert_eq!(
        of(&parsed, "is-odd").origin,
        Origin::Url {
            url: "https://git.corp.example/is-odd/-/is-odd-3.0.1.tgz".to_owned()
        }
    );
    assert_eq!(
        of(&parsed, "localdir").origin,
        Origin::Path {
            path: "./localdir".to_owned()
        }
    );
    let lodash = of(&parsed, "lodash");
    assert_eq!(
        lodash.origin,
        Origin::Registry {
            index: None,
            file: Some("https://registry.corp.example/lodash/-/lodash-4.17.20.tgz".to_owned()),
            default: false,
        }
    );
    // SHA-512 of the integrity, SHA-1 behind the address.
    assert_eq!(lodash.checksums.len(), 2);
}

#[test]
fn a_lockfile_of_yarn_4_is_read_with_its_workspaces() {
    let parsed = project(BERRY, BERRY_MANIFEST);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(
        asked(&parsed),
        [
            "chalk@4.1.2",
            "fsevents@2.3.3",
            "gitdep@0.3.1",
            "is-odd@3.0.1",
            "left-pad@1.3.0",
            "localdir@1.0.0",
            "lodash@4.17.20",
            "once@1.4.0",
            "ported@1.2.0",
            "rimraf@3.0.2",
            "tool@1.1.0",
        ]
    );
    let found = edges(&parsed);
    let crossed = "react-dom@17.0.2 -> react@18.2.0".to_owned();
    assert!(!found.contains(&crossed), "{crossed}");
    for edge in [
        "one@1.0.0 -> two@2.0.0",
        "two@2.0.0 -> one@1.0.0",
        "is-odd@3.0.1 -> is-number@7.0.0",
        "ported@1.2.0 -> ms@2.1.3",
        "gitdep@0.3.1 -> ms@2.1.2",
        "localdir@1.0.0 -> ms@2.0.0",
        // Peers, of one package in two workspaces with different versions.
        "react-dom@17.0.2 -> react@17.0.2",
        "react-dom@18.2.0 -> react@18.2.0",
        "use-sync-external-store@1.2.0 -> react@17.0.2",
        "use-sync-external-store@1.2.0 -> react@18.2.0",
    ] {
        assert!(found.iter().any(|known| known == edge), "{edge}");
    }
    for (name, kind, scope) in [
        ("shop", ComponentKind::Own, Scope::Runtime),
        ("ported", ComponentKind::Own, Scope::Runtime),
        ("tool", ComponentKind::Own, Scope::Runtime),
        ("rimraf", ComponentKind::Dependency, Scope::Dev),
        ("glob", ComponentKind::Dependency, Scope::Dev),
        ("chalk", ComponentKind::Dependency, Scope::Runtime),
        ("fsevents", ComponentKind::Dependency, Scope::Optional),
        ("left-pad", ComponentKind::Dependency, Scope::Runtime),
    ] {
        let package = of(&parsed, name);
        assert_eq!((package.kind, package.scope), (kind, scope), "{name}");
    }
    // Base and patched package are two entries of one package.
    let pads: Vec<Scope> = parsed
        .packages
        .iter()
        .filter(|p| p.name == "left-pad")
        .map(|p| p.scope)
        .collect();
    assert_eq!(pads, [Scope::Runtime, Scope::Runtime]);
    let lodash = of(&parsed, "lodash");
    assert_eq!(lodash.origin, Origin::Unrecorded);
    assert!(matches!(
        lodash.checksums.as_slice(),
        [Checksum::Opaque { scheme: "yarn-berry", value }] if value.starts_with("10c0/")
    ));
    assert_eq!(
        parsed.root.as_ref().unwrap().version.as_deref(),
        Some("1.0.0")
    );
}

#[test]
fn older_berry_lockfiles_leave_the_default_protocol_out() {
    let six = project(V6, V6_MANIFEST);
    assert_eq!(gaps(&six), []);
    assert!(asked(&six).contains(&"left-pad@1.3.0".to_owned()));
    assert!(edges(&six).contains(&"is-odd@3.0.1 -> is-number@7.0.0".to_owned()));
    let four = project(V4, V4_MANIFEST);
    assert_eq!(gaps(&four), []);
    // The same project, but for what is optional there.
    let mut expected = asked(&six);
    expected.retain(|name| name != "fsevents@2.3.3");
    assert_eq!(asked(&four), expected);
}

#[test]
fn without_manifests_nothing_is_taken_for_a_development_dependency() {
    for text in [BERRY, CLASSIC] {
        let parsed = read(text);
        assert!(
            parsed
                .packages
                .iter()
                .all(|p| matches!(p.scope, Scope::Unknown | Scope::Optional | Scope::Runtime)),
        );
        assert!(parsed.packages.len() > 30);
    }
    let whole = labels(&project(BERRY, BERRY_MANIFEST)).len();
    assert_eq!(labels(&read(BERRY)).len(), whole);
}

#[test]
fn every_line_holds_the_name_that_is_asked_for() {
    let parsed = read(BERRY);
    lines_hold_names(BERRY, &parsed);
    let lines: Vec<&str> = CLASSIC.lines().collect();
    for package in &read(CLASSIC).packages {
        let line = lines[package.line as usize - 1];
        assert!(line.ends_with(':') && line.contains('@'), "{line}");
    }
}

#[test]
fn a_package_asked_for_under_other_names_is_found_by_its_own() {
    let parsed = read(
        "\"a@npm:@s/real@^1\", \"b@npm:@s/real@1.0.0\":\n  version \"1.0.0\"\n\nbare@:\n  version \"1\"\n  dependencies:\n    a \"npm:@s/real@^1\"\n    bare \"\"\n",
    );
    assert_eq!(labels(&parsed), ["@s/real@1.0.0", "bare@1"]);
    assert_eq!(
        edges(&parsed),
        ["bare@1 -> @s/real@1.0.0", "bare@1 -> bare@1"]
    );
}

#[test]
fn an_empty_lockfile_leaves_open_what_the_manifest_asks_for() {
    let manifest = "{\"name\": \"a\", \"dependencies\": {\"b\": \"1\"}}";
    let parsed = parse(&YarnLock, "yarn.lock", "", &[("package.json", manifest)]).unwrap();
    assert_eq!(gaps(&parsed), [("inventory/unresolved-dependency", 1)]);
    assert!(read("# yarn lockfile v1\n\n").packages.is_empty());
    let bad = parse(&YarnLock, "yarn.lock", "", &[("package.json", "{")]).unwrap();
    assert_eq!(gaps(&bad), [("inventory/incomplete-entry", 1)]);
    let members = "{\"workspaces\": [\"a[\"]}";
    let bad = parse(&YarnLock, "yarn.lock", "", &[("package.json", members)]).unwrap();
    assert_eq!(gaps(&bad), [("inventory/unreadable-lockfile", 1)]);
}

#[test]
fn unknown_versions_are_refused() {
    let refused = |text| parse(&YarnLock, "yarn.lock", text, &[]).unwrap_err();
    assert!(matches!(
        refused("# THIS FILE\n# yarn lockfile v2\n\na@1:\n  version \"1\"\n"),
        FormatError::UnknownVersion { line: 2, .. }
    ));
    assert!(matches!(
        refused("__metadata:\n  version: 11\n"),
        FormatError::UnknownVersion { line: 2, .. }
    ));
    assert!(matches!(
        refused("__metadata:\n  version: 3\n"),
        FormatError::OldVersion { line: 2, .. }
    ));
    assert!(matches!(
        refused("__metadata: 1\n"),
        FormatError::Shape { line: 1, .. }
    ));
    assert!(matches!(
        refused("\n]]]\n"),
        FormatError::Syntax { line: 2, .. }
    ));
    assert!(matches!(
        refused("}\n__metadata: [\n"),
        FormatError::Syntax { line: 1, .. }
    ));
}

#[test]
fn one_bad_entry_costs_no_other() {
    let classic = read(
        "a@1:\n  version \"1.0.0\"\n  resolved \"https://r.example/a.tgz#zz\"\n  integrity sha512-x\n  dependencies:\n    gone \"^1\"\n\nb@1:\n  resolved \"https://r.example/b.tgz\"\n\na@1:\n  version \"2.0.0\"\n",
    );
    assert_eq!(labels(&classic), ["a@1.0.0", "a@2.0.0", "b@?"]);
    assert_eq!(
        gaps(&classic),
        [
            ("inventory/incomplete-entry", 1),
            ("inventory/incomplete-entry", 8),
            ("inventory/unreadable-lockfile", 11),
            ("inventory/unresolved-dependency", 6),
        ]
    );
    let berry = read(
        "__metadata:\n  version: 8\n\"a@npm:1\":\n  resolution: \"a@npm:1.0.0\"\n  checksum: [x]\n\"b@npm:1\": false\n\"c@npm:1\":\n  version: 1.0.0\n  resolution: \"c@npm:1.0.0\"\n  dependencies:\n    gone: \"npm:^1\"\n\"d@npm:1\":\n  resolution: \"\"\n\"c@npm:1\": {}\n",
    );
    assert_eq!(labels(&berry), ["a@?", "c@1.0.0"]);
    assert_eq!(
        gaps(&berry),
        [
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 5),
            ("inventory/incomplete-entry", 6),
            ("inventory/incomplete-entry", 12),
            ("inventory/incomplete-entry", 14),
            ("inventory/unresolved-dependency", 11),
            ("inventory/unreadable-lockfile", 14),
        ]
    );
}

#[test]
fn whole_entries_before_a_syntax_error_are_kept() {
    let text = "__metadata:\n  version: 8\n\"a@npm:1\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n\"b@npm:1\":\n  version: 1.0.0\n  resolution: ]\n";
    let parsed = read(text);
    assert_eq!(labels(&parsed), ["a@1.0.0"]);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 8)]);
}

#[test]
fn a_hostile_lockfile_ends_in_gaps_or_errors() {
    let bomb = format!(
        "__metadata:\n  version: 8\n  x: &x [{}]\n{}",
        "y, ".repeat(5000),
        "a: [*x, *x]\n".repeat(100)
    );
    assert_eq!(gaps(&read(&bomb))[0].0, "inventory/unreadable-lockfile");
    let deep = format!("__metadata:\n  version: 8\na: {}", "[".repeat(100_000));
    assert_eq!(gaps(&read(&deep))[0].0, "inventory/unreadable-lockfile");
    let circle = "a@1:\n  version \"1\"\n  dependencies:\n    b \"1\"\nb@1:\n  version \"1\"\n  dependencies:\n    a \"1\"\n";
    assert_eq!(edges(&read(circle)).len(), 2);
    let noise = "x\n".repeat(100_000);
    let refused = parse(&YarnLock, "yarn.lock", &noise, &[]).unwrap_err();
    assert!(matches!(refused, FormatError::Syntax { line: 1, .. }));
    let noisy = read(&format!("a@1:\n  version \"1\"\n{noise}"));
    assert_eq!((noisy.gaps.len(), noisy.more_gaps), (50, 99_950));
}
