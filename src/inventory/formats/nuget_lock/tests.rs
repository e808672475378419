use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/nuget-lock/typical/packages.lock.json");

fn read(text: &str) -> Parsed {
    parse(&NugetLock, "packages.lock.json", text, &[]).unwrap()
}

#[test]
fn a_typical_lockfile_gives_packages_and_edges_of_each_framework() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(TYPICAL, &parsed);
    assert_eq!(
        edges(&parsed),
        [
            "Serilog.Native@1.0.0 -> Serilog@3.1.1",
            "Serilog.Sinks.File@5.0.0 -> Serilog@3.1.1",
            "shop.core@? -> Newtonsoft.Json@13.0.3",
            "shop.core@? -> Serilog.Sinks.File@5.0.0",
        ]
    );
    let direct: Vec<_> = parsed
        .direct
        .iter()
        .map(|place| parsed.packages[*place].version.as_deref().unwrap())
        .collect();
    assert_eq!(direct, ["12.0.3", "13.0.3"]);
    let project = parsed
        .packages
        .iter()
        .find(|p| p.name == "shop.core")
        .unwrap();
    assert_eq!(project.kind, ComponentKind::Own);
    let fetched = parsed
        .packages
        .iter()
        .filter(|p| p.kind == ComponentKind::Dependency);
    for package in fetched {
        assert!(matches!(
            &package.checksums[..],
            [Checksum::Opaque { scheme: "nuget-content-hash", value }] if value.ends_with('=')
        ));
        assert_eq!(package.origin, Origin::Unrecorded);
    }
}

#[test]
fn an_empty_lockfile_has_no_packages_and_no_gaps() {
    let parsed = read("{\"version\": 1, \"dependencies\": {\"net8.0\": {}}}");
    assert_eq!((parsed.packages.len(), parsed.gaps.len()), (0, 0));
}

#[test]
fn a_broken_part_is_a_gap_and_the_rest_is_read() {
    let text = "{\"version\": 1, \"dependencies\": {\n\"net8.0\": {\n\"A\": {\"type\": \"Direct\", \"resolved\": false, \"contentHash\": 1},\n\"B\": {\"type\": \"New\", \"resolved\": \"1\", \"contentHash\": \"x\", \"dependencies\": {\"Gone\": \"1\"}},\n\"C\": {\"type\": \"Transitive\", \"resolved\": \"1\"},\n\"D\": {\"type\": \"Transitive\"";
    let parsed = read(text);
    let names: Vec<&str> = parsed.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["A", "B", "C"]);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-entry", 5),
            ("inventory/unresolved-dependency", 4),
            ("inventory/unreadable-lockfile", 6),
        ]
    );
}

#[test]
fn a_version_that_is_not_known_is_refused() {
    let read = |text: &str| parse(&NugetLock, "packages.lock.json", text, &[]).unwrap_err();
    assert!(matches!(
        read("{\n\"version\": 9, \"dependencies\": {}}"),
        FormatError::UnknownVersion { line: 2, found, .. } if found == "9"
    ));
    assert!(matches!(
        read("{\"dependencies\": {}}"),
        FormatError::Shape { .. }
    ));
    assert!(matches!(
        read("{\"version\": 1}"),
        FormatError::Shape { .. }
    ));
    assert!(matches!(
        read("{\"version\": 1,"),
        FormatError::Syntax { .. }
    ));
}

#[test]
fn endless_nesting_ends_the_reading() {
    let text = format!(
        "{{\"version\": 1, \"dependencies\": {{\"net8.0\": {{\"A\": {}",
        "{\"x\":".repeat(100_000)
    );
    let parsed = read(&text);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 1)]);
}
