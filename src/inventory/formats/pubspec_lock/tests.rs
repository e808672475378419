use super::*;
use crate::inventory::formats::testing::{gaps, lines_hold_names, parse};

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/pubspec-lock/typical/pubspec.lock");

fn read(text: &str) -> Parsed {
    let manifest = ("pubspec.yaml", "name: shop_app\nversion: 1.2.0+3\n");
    parse(&PubspecLock, "pubspec.lock", text, &[manifest]).unwrap()
}

#[test]
fn a_typical_lockfile_gives_packages_scopes_and_origins() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(TYPICAL, &parsed);
    let found: Vec<(&str, Scope, ComponentKind)> = parsed
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.scope, p.kind))
        .collect();
    assert_eq!(
        found,
        [
            ("async", Scope::Unknown, ComponentKind::Dependency),
            ("flutter", Scope::Runtime, ComponentKind::Dependency),
            ("ledger", Scope::Runtime, ComponentKind::Dependency),
            ("lints", Scope::Dev, ComponentKind::Dependency),
            ("shared", Scope::Runtime, ComponentKind::Own),
        ]
    );
    assert_eq!(parsed.direct, [1, 2, 3, 4]);
    assert_eq!(parsed.packages[0].checksums.len(), 1);
    assert_eq!(
        parsed.packages[0].origin,
        Origin::Registry {
            index: Some("https://pub.corp.example".to_owned()),
            file: None,
            default: false,
        }
    );
    assert_eq!(
        parsed.packages[1].origin,
        Origin::Bundled {
            inside: "flutter".to_owned()
        }
    );
    assert_eq!(
        parsed.packages[2].origin,
        Origin::Git {
            url: "https://git.corp.example/acme/ledger.git".to_owned(),
            reference: GitReference::Revision("main".to_owned()),
            commit: Some("4f2c0b5d8a1e3c7f9b6d2a4e8c0f1b3d5a7e9c2b".to_owned()),
        }
    );
    let root = parsed.root.as_ref().unwrap();
    assert_eq!(
        (root.name.as_str(), root.version.as_deref()),
        ("shop_app", Some("1.2.0+3"))
    );
}

#[test]
fn a_hosted_package_under_another_name_is_itself() {
    let text = "packages:\n  fork:\n    dependency: transitive\n    description: {name: real, url: \"https://p.example\"}\n    source: hosted\n    version: \"1.0.0\"\n";
    assert_eq!(read(text).packages[0].name, "real");
}

#[test]
fn an_empty_lockfile_has_no_packages_and_no_gaps() {
    for text in ["packages: {}\nsdks:\n  dart: any\n", "packages:\n"] {
        let parsed = read(text);
        assert_eq!((parsed.packages.len(), parsed.gaps.len()), (0, 0));
    }
}

#[test]
fn a_broken_entry_is_a_gap_and_the_rest_is_read() {
    let text = "packages:\n  a:\n    source: hosted\n    description: {name: a, sha256: zz}\n  b:\n    source: carrier\n    version: \"1\"\n  c:\n    source: sdk\n    version: \"1\"\n  d:\n    version: [\n";
    let parsed = read(text);
    let names: Vec<&str> = parsed.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let found = gaps(&parsed);
    assert_eq!(
        found[..3],
        [
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 5),
        ]
    );
    assert_eq!(found[3].0, "inventory/unreadable-lockfile");
    let error = parse(&PubspecLock, "pubspec.lock", "sdks: {}\n", &[]).unwrap_err();
    assert!(matches!(error, FormatError::Shape { .. }));
}

#[test]
fn an_alias_bomb_ends_the_reading() {
    let mut text = "packages:\n  x: &a0 {v: [1,1,1,1,1,1,1,1,1]}\n".to_owned();
    for n in 1..12 {
        let before = n - 1;
        text.push_str(&format!(
            "  y{n}: &a{n} [*a{before}, *a{before}, *a{before}, *a{before}]\n"
        ));
    }
    let parsed = read(&text);
    assert!(
        gaps(&parsed)
            .iter()
            .any(|(id, _)| *id == "inventory/unreadable-lockfile")
    );
}

#[test]
fn a_description_may_be_the_name_alone_as_old_versions_wrote_it() {
    let of = |description: &str| {
        let text = format!(
            "packages:\n  args:\n    dependency: transitive\n    description: {description}\n    source: hosted\n    version: \"1.0.0\"\n"
        );
        gaps(&parse(&PubspecLock, "pubspec.lock", &text, &[]).unwrap())
    };
    assert_eq!(of("args"), []);
    assert_eq!(of("other"), [("inventory/incomplete-entry", 4)]);
}
