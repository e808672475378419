use super::*;
use crate::inventory::formats::testing::{gaps, parse};
use crate::model::Purl;

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/package-resolved/typical/Package.resolved");

fn read(text: &str) -> Parsed {
    parse(&PackageResolved, "Package.resolved", text, &[]).unwrap()
}

#[test]
fn a_typical_file_names_packages_by_their_repositories() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    let found: Vec<(&str, Option<&str>, u32)> = parsed
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.version.as_deref(), p.line))
        .collect();
    assert_eq!(
        found,
        [
            ("git.corp.example/acme/Swift-Ledger", Some("1.4.0"), 7),
            ("git.corp.example/acme/rates", None, 16),
            ("mona/LinkedList", Some("1.1.1"), 23),
        ]
    );
    assert_eq!(
        parsed.packages[1].origin,
        Origin::Git {
            url: "git@git.corp.example:acme/rates.git".to_owned(),
            reference: GitReference::Branch("main".to_owned()),
            commit: Some("9c2b4f2c0b5d8a1e3c7f9b6d2a4e8c0f1b3d5a7e".to_owned()),
        }
    );
    for package in &parsed.packages {
        Purl::of_package(
            Ecosystem::Swift,
            &package.name,
            package.version.as_deref(),
            &[],
        )
        .unwrap();
    }
}

#[test]
fn version_1_keeps_its_pins_one_level_down() {
    let text = "{\"object\": {\"pins\": [\n{\"package\": \"A\", \"repositoryURL\": \"https://u:p@h.example:8443/o/a.git/\", \"state\": {\"branch\": null, \"revision\": \"0f\", \"version\": \"1.0.0\"}}]}, \"version\": 1}";
    let parsed = read(text);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(parsed.packages[0].name, "h.example/o/a");
    assert!(matches!(
        &parsed.packages[0].origin,
        Origin::Git { reference: GitReference::Tag(tag), .. } if tag == "1.0.0"
    ));
}

#[test]
fn an_empty_file_has_no_packages_and_no_gaps() {
    let parsed = read("{\"pins\": [], \"version\": 2}");
    assert_eq!((parsed.packages.len(), parsed.gaps.len()), (0, 0));
}

#[test]
fn a_broken_pin_is_a_gap_and_the_rest_is_read() {
    let text = "{\"version\": 2, \"pins\": [\n{\"identity\": \"a\", \"kind\": \"remoteSourceControl\", \"location\": \"nowhere\", \"state\": {\"version\": \"1\"}},\n{\"identity\": \"b\", \"kind\": \"remoteSourceControl\", \"location\": \"https://h.example/o/b\", \"state\": {}},\n{\"identity\": \"c\", \"kind\": \"carrierPigeon\"},\n{\"kind\": \"registry\"},\n{\"identity\": \"d.D\", \"kind\": \"registry\", \"state\": {\"version\": \"1\"}},\n{\"identity\": \"e\", ";
    let parsed = read(text);
    let names: Vec<&str> = parsed.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["d/D"]);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-entry", 5),
            ("inventory/unreadable-lockfile", 7),
        ]
    );
}

#[test]
fn a_version_that_is_not_known_is_refused() {
    let error = |text: &str| parse(&PackageResolved, "Package.resolved", text, &[]).unwrap_err();
    assert!(matches!(
        error("{\"pins\": [],\n\"version\": 4}"),
        FormatError::UnknownVersion { line: 2, .. }
    ));
    assert!(matches!(error("{\"pins\": []}"), FormatError::Shape { .. }));
    assert!(matches!(
        error("{\"version\": 1}"),
        FormatError::Shape { .. }
    ));
    assert!(matches!(
        error(&"[".repeat(100_000)),
        FormatError::Syntax { .. }
    ));
}
