use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use crate::model::Checksum;

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/nuget-assets/typical/project.assets.json");

fn read(text: &str) -> Parsed {
    parse(&NugetAssets, "obj/project.assets.json", text, &[]).unwrap()
}

#[test]
fn a_typical_file_gives_the_project_its_packages_and_edges() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(TYPICAL, &parsed);
    assert_eq!(
        edges(&parsed),
        [
            "Shop.Core@1.0.0 -> Serilog@3.1.1",
            "Shop.Web@2.4.0 -> Newtonsoft.Json@12.0.3",
            "Shop.Web@2.4.0 -> Newtonsoft.Json@13.0.3",
            "Shop.Web@2.4.0 -> Shop.Core@1.0.0",
        ]
    );
    let root = parsed.root.as_ref().unwrap();
    assert_eq!(
        (root.name.as_str(), root.version.as_deref()),
        ("Shop.Web", Some("2.4.0"))
    );
    let of = |name: &str| parsed.packages.iter().find(|p| p.name == name).unwrap();
    assert_eq!(of("Shop.Core").kind, ComponentKind::Own);
    assert!(matches!(
        &of("Serilog").checksums[..],
        [Checksum::Opaque {
            scheme: "nuget-content-hash",
            ..
        }]
    ));
    assert!(matches!(
        &of("Serilog").origin,
        Origin::Registry { index: Some(index), .. } if index.contains("nuget.corp.example")
    ));
}

#[test]
fn of_several_feeds_none_is_the_origin() {
    let text = TYPICAL.replace(
        "\"https://nuget.corp.example/v3/index.json\"",
        "\"/srv/feed\": {}, \"https://nuget.corp.example/v3/index.json\"",
    );
    let parsed = read(&text);
    assert!(
        !parsed
            .packages
            .iter()
            .any(|p| matches!(p.origin, Origin::Registry { .. }))
    );
}

#[test]
fn an_empty_file_has_no_packages_and_no_gaps() {
    let parsed = read("{\"version\": 3, \"targets\": {\"net8.0\": {}}, \"libraries\": {}}");
    assert_eq!((parsed.packages.len(), parsed.gaps.len()), (0, 0));
}

#[test]
fn a_broken_part_is_a_gap_and_the_rest_is_read() {
    let text = "{\"version\": 3, \"libraries\": {\n\"A/1\": {\"type\": \"package\", \"sha512\": \"x\"},\n\"nameless\": {},\n\"B/2\": {\"type\": \"odd\", \"sha512\": 1},\n\"C/3\": {\"type\": \"package\"}},\n\"targets\": {\"net8.0\": {\n\"A/1\": {\"dependencies\": {\"Gone\": \"1\"}},\n\"X/9\": {}}}";
    let parsed = read(text);
    assert_eq!(parsed.packages.len(), 3);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-entry", 5),
            ("inventory/unresolved-dependency", 8),
            ("inventory/unresolved-dependency", 7),
            ("inventory/unreadable-lockfile", 8),
        ]
    );
    let error = |text: &str| parse(&NugetAssets, "project.assets.json", text, &[]).unwrap_err();
    assert!(matches!(
        error("{\"version\": 99}"),
        FormatError::UnknownVersion { .. }
    ));
    assert!(matches!(
        error("{\"version\": 3}"),
        FormatError::Shape { .. }
    ));
    assert!(matches!(error("[]"), FormatError::Shape { .. }));
}
