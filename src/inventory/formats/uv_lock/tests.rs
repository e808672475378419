use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use crate::model::Scope;

const TYPICAL: &str = include_str!("../../../../testdata/inventory/uv-lock/typical/uv.lock");

fn read(text: &str) -> Parsed {
    parse(&UvLock, "uv.lock", text, &[]).unwrap()
}

#[test]
fn a_typical_lockfile_has_exact_edges_and_scopes() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(TYPICAL, &parsed);
    assert_eq!(
        edges(&parsed),
        [
            "core@0.2.0 -> numpy@1.26.4",
            "core@0.2.0 -> numpy@2.1.0",
            "requests@2.32.3 -> pysocks@1.7.1",
            "service@1.0.0 -> core@0.2.0",
            "service@1.0.0 -> pytest@8.3.3",
            "service@1.0.0 -> rates@0.9.0",
            "service@1.0.0 -> requests@2.32.3",
        ]
    );
    let of = |name: &str| parsed.packages.iter().find(|p| p.name == name).unwrap();
    assert_eq!(of("requests").scope, Scope::Runtime);
    assert_eq!(of("pysocks").scope, Scope::Runtime);
    assert_eq!(of("rates").scope, Scope::Optional);
    assert_eq!(of("pytest").scope, Scope::Dev);
    assert_eq!(of("core").kind, ComponentKind::Own);
    assert_eq!(of("requests").checksums.len(), 2);
    assert_eq!(
        of("requests").origin,
        Origin::Registry {
            index: Some("https://pypi.corp.example/simple".to_owned()),
            file: Some("https://files.corp.example/requests-2.32.3.tar.gz".to_owned()),
            default: false,
        }
    );
    assert_eq!(
        of("rates").origin,
        Origin::Git {
            url: "https://git.corp.example/rates".to_owned(),
            reference: GitReference::Branch("main".to_owned()),
            commit: Some("4f2c0b5d8a1e3c7f9b6d2a4e8c0f1b3d5a7e9c2b".to_owned()),
        }
    );
    assert_eq!(parsed.root.unwrap().name, "service");
}

#[test]
fn an_extra_counts_only_where_it_is_asked_for() {
    let text = TYPICAL.replace(", extra = [\"socks\"]", "");
    let parsed = read(&text);
    let pysocks = parsed
        .packages
        .iter()
        .find(|p| p.name == "pysocks")
        .unwrap();
    assert_eq!(pysocks.scope, Scope::Unknown);
}

#[test]
fn a_reference_that_is_not_exact_is_a_gap() {
    let text = TYPICAL.replace("version = \"1.26.4\", source", "source");
    let parsed = read(&text);
    assert_eq!(gaps(&parsed), [("inventory/unresolved-dependency", 20)]);
    assert!(!edges(&parsed).contains(&"core@0.2.0 -> numpy@1.26.4".to_owned()));
}

#[test]
fn an_empty_lockfile_has_no_packages() {
    assert_eq!(
        read("version = 1\nrequires-python = \">=3\"\n"),
        Parsed::default()
    );
}

#[test]
fn a_broken_lockfile_keeps_what_stands_before_the_break() {
    let cut = TYPICAL.find("name = \"rates\"").unwrap() + 9;
    let parsed = read(TYPICAL.split_at(cut).0);
    assert_eq!(parsed.packages.len(), 5);
    assert_eq!(
        gaps(&parsed).last().unwrap().0,
        "inventory/unreadable-lockfile"
    );
    assert!(matches!(
        parse(&UvLock, "uv.lock", "version = ", &[]),
        Err(FormatError::Syntax { line: 1, .. })
    ));
}

#[test]
fn other_versions_are_not_guessed_at() {
    assert!(matches!(
        parse(&UvLock, "uv.lock", "\nversion = 2\n", &[]),
        Err(FormatError::UnknownVersion { line: 2, .. })
    ));
    assert!(matches!(
        parse(&UvLock, "uv.lock", "revision = 1\n", &[]),
        Err(FormatError::Shape { .. })
    ));
}

#[test]
fn a_hostile_lockfile_is_read_entry_by_entry() {
    let entry = "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://i.example\" }\n\
                 dependencies = [{ name = \"a\" }, { name = \"a\", version = \"1\" }]\n";
    let parsed = read(&format!("version = 1\n{}", entry.repeat(5000)));
    assert_eq!(parsed.packages.len(), 5000);
    assert_eq!(parsed.gaps.len() + parsed.more_gaps, 10_000);
    let odd = "version = 1\n[[package]]\nname = 3\n[[package]]\nname = \"b\"\nsource = { ftp = 1 }\n\
               wheels = [{ hash = \"sha256:zz\" }, { hash = \"crc:00\" }, { hash = \"x\" }]\ndependencies = [1]\n";
    let parsed = read(odd);
    assert_eq!(parsed.packages.len(), 1);
    assert_eq!(parsed.gaps.len(), 7);
    assert!(
        gaps(&parsed)
            .iter()
            .all(|(id, _)| *id == "inventory/incomplete-entry")
    );
}
