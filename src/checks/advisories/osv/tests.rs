use super::*;
use crate::checks::advisories::record::Affected;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

fn record(value: &Value) -> Record {
    match parse_record(value.to_string().as_bytes()) {
        Parsed::Record(record) => *record,
        other => panic!("a record was expected: {other:?}"),
    }
}

fn bad_reason(bytes: &[u8]) -> String {
    match parse_record(bytes) {
        Parsed::Bad { reason, .. } => reason,
        other => panic!("a bad record was expected: {other:?}"),
    }
}

fn with_affected(affected: &Value) -> Value {
    json!({ "id": "X-1", "modified": "2026-01-01T00:00:00Z", "affected": affected })
}

fn only(record: &Record) -> &Affected {
    assert_eq!(record.affected.len(), 1);
    &record.affected[0]
}

fn npm(ranges: &Value) -> Value {
    with_affected(&json!([{ "package": { "ecosystem": "npm", "name": "demo" }, "ranges": ranges }]))
}

#[test]
fn a_commit_range_before_a_version_range_does_not_end_the_reading() {
    let record = record(&npm(&json!([
        { "type": "GIT", "repo": "r", "events": [{ "introduced": "0" }, { "fixed": "abc.patch" }] },
        { "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "1.0.0" }] },
    ])));
    let affected = only(&record);
    assert_eq!(affected.ranges.len(), 1);
    assert!(!affected.ranges[0].incomplete);
    assert_eq!(affected.ranges[0].events.len(), 2);
    assert_eq!(record.notes.len(), 1, "{:?}", record.notes);
}

#[test]
fn unknown_range_types_events_and_fields_never_drop_a_record() {
    let record = record(&json!({
        "id": "X-1", "new_field": [1, { "a": null }], "schema_version": 9,
        "affected": [
            { "package": { "ecosystem": "npm", "name": "demo" }, "ranges": [
                { "type": "CALVER", "events": [{ "introduced": "2020" }] },
                { "type": "SEMVER", "events": [{ "introduced": "0" }, { "reverted": "2.0.0" }] },
                { "events": "none" },
            ] },
            { "package": { "ecosystem": "Minitel", "name": "x" } },
        ],
    }));
    let affected = only(&record);
    assert_eq!(affected.ranges.len(), 3);
    assert!(affected.ranges.iter().all(|range| range.incomplete));
    assert_eq!(affected.ranges[1].events.len(), 1);
}

#[test]
fn an_entry_without_versions_is_kept_as_unknown() {
    for entry in [
        json!({ "package": { "ecosystem": "npm", "name": "demo" } }),
        json!({ "package": { "ecosystem": "npm", "name": "demo" },
                "ranges": [{ "type": "GIT", "events": [{ "introduced": "0" }] }] }),
        json!({ "package": { "ecosystem": "npm", "name": "demo" }, "ranges": 7, "versions": {} }),
    ] {
        let record = record(&with_affected(&json!([entry])));
        assert!(only(&record).ranges.iter().all(|r| r.incomplete));
        assert!(!record.notes.is_empty());
    }
}

#[test]
fn records_about_other_ecosystems_are_named_as_not_used() {
    for (affected, name) in [
        (
            json!([{ "package": { "ecosystem": "Minitel:12", "name": "x" } }]),
            "Minitel",
        ),
        (json!([]), "(no package)"),
        (
            json!([{ "ranges": [{ "type": "GIT", "events": [] }] }]),
            "GIT",
        ),
    ] {
        let parsed = parse_record(with_affected(&affected).to_string().as_bytes());
        assert!(
            matches!(&parsed, Parsed::NotUsed(n) if n == name),
            "{parsed:?}"
        );
    }
}

#[test]
fn a_record_without_an_id_is_bad_and_names_its_packages() {
    let text = json!({ "affected": [
        { "package": { "ecosystem": "PyPI", "name": "Foo_Bar" } },
        { "package": { "ecosystem": "Minitel", "name": "x" } },
    ] });
    match parse_record(text.to_string().as_bytes()) {
        Parsed::Bad { packages, .. } => {
            assert_eq!(packages, [("PyPI".to_owned(), "foo-bar".to_owned())]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_record_is_bad_with_a_reason() {
    assert!(bad_reason(b"").contains("JSON"));
    assert!(bad_reason(b"[]").contains("object"));
    assert!(bad_reason(b"{\"id\": \"x\", \"affected\": 3}").contains("affected"));
    assert!(bad_reason(b"{\"id\": 7}").contains("id"));
    assert!(
        bad_reason(br#"{"id":"x","affected":[{"package":{"ecosystem":"npm"}}]}"#)
            .contains("package")
    );
    let deep = "[".repeat(100_000);
    assert!(bad_reason(deep.as_bytes()).contains("JSON"));
}

#[test]
fn severity_is_read_at_the_top_and_for_each_package() {
    let record = record(&json!({
        "id": "GHSA-1", "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/A" }],
        "database_specific": { "severity": "HIGH" },
        "affected": [{
            "package": { "ecosystem": "crates.io", "name": "demo" }, "versions": ["1.0.0"],
            "severity": [{ "type": "CVSS_V4", "score": "CVSS:4.0/B" }],
            "database_specific": { "informational": "unsound" },
        }],
    }));
    assert_eq!(record.metadata.rating.vectors, ["CVSS:3.1/A"]);
    assert_eq!(record.metadata.rating.word.as_deref(), Some("HIGH"));
    let own = &record.metadata.packages[0].rating;
    assert_eq!(own.vectors, ["CVSS:4.0/B"]);
    assert_eq!(own.informational.as_deref(), Some("unsound"));
}

#[test]
fn the_zero_time_of_go_is_no_time() {
    let record = record(&json!({
        "id": "GO-1", "modified": "0001-01-01T00:00:00Z", "published": "2021-10-06T17:51:21Z",
        "withdrawn": null,
        "affected": [{ "package": { "ecosystem": "Go", "name": "a/b" }, "versions": ["1.0.0"] }],
    }));
    assert_eq!(
        record.metadata.modified.as_deref(),
        Some("2021-10-06T17:51:21Z")
    );
    assert_eq!(record.metadata.withdrawn, None);
}

const SOUND: &str = r#"{"id":"GHSA-1","aliases":["CVE-1"],"summary":"s","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"affected":[{"package":{"ecosystem":"npm","name":"demo"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.0"}]}],"versions":["0.1.0"]}]}"#;

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_never_a_record_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(!matches!(parse_record(&bytes), Parsed::Record(_)));
    }

    #[test]
    fn a_damaged_record_never_panics(at in 0..SOUND.len(), byte in any::<u8>(), cut in 0..SOUND.len()) {
        let mut bytes = SOUND.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = parse_record(&bytes);
        let is_bad = matches!(parse_record(&SOUND.as_bytes()[..cut]), Parsed::Bad { .. });
        prop_assert!(is_bad);
    }
}

#[test]
fn of_a_key_that_is_there_twice_the_last_one_counts() {
    let text = r#"{"id":"X-1","id":"X-2","affected":[{"package":{"ecosystem":"npm","name":"a",
        "name":"demo"},"versions":["1.0.0"],"versions":["2.0.0"]}]}"#;
    let Parsed::Record(record) = parse_record(text.as_bytes()) else {
        panic!("a record was expected");
    };
    assert_eq!(record.metadata.id, "X-2");
    assert_eq!(only(&record).name, "demo");
    assert_eq!(only(&record).versions, ["2.0.0"]);
}

#[test]
fn values_of_other_types_cost_only_themselves() {
    let record = record(&json!({
        "id": "X-1", "modified": 7, "published": "2026-01-01T00:00:00Z", "withdrawn": false,
        "summary": ["s"], "details": "First line.\nSecond.", "aliases": ["CVE-1", 4, null],
        "related": "none", "upstream": { "a": 1 }, "severity": { "score": 1 },
        "references": ["x", { "type": 1, "url": "https://a.example" },
                       { "type": "WEB", "url": "https://b.example" }],
        "database_specific": ["HIGH"],
        "affected": [
            "x", null, 7,
            { "package": "npm/demo" },
            { "package": { "ecosystem": "npm", "name": "demo" }, "severity": "HIGH",
              "ranges": ["x", { "type": "SEMVER", "events": [
                  { "introduced": "0" }, "x", { "fixed": 2 }, {}, null, { "limit": "9.0.0" },
              ] }],
              "versions": ["1.0.0", 2, null] },
        ],
    }));
    let metadata = &record.metadata;
    assert_eq!(metadata.summary, "First line.");
    assert_eq!(metadata.modified.as_deref(), Some("2026-01-01T00:00:00Z"));
    assert_eq!(metadata.withdrawn, None);
    assert_eq!(metadata.aliases, ["CVE-1"]);
    assert_eq!(metadata.url.as_deref(), Some("https://b.example"));
    let affected = only(&record);
    assert_eq!(affected.versions, ["1.0.0"]);
    assert_eq!(affected.ranges.len(), 3, "{affected:?}");
    assert!(affected.ranges.iter().all(|range| range.incomplete));
    assert_eq!(affected.ranges[1].events.len(), 2);
}

#[test]
fn both_places_of_an_informational_kind_are_read() {
    for place in ["database_specific", "ecosystem_specific"] {
        let mut entry = json!({
            "package": { "ecosystem": "crates.io", "name": "demo" }, "versions": ["1.0.0"],
        });
        entry[place] = json!({ "informational": "unmaintained", "severity": "LOW" });
        let record = record(&with_affected(&json!([entry])));
        let own = &record.metadata.packages[0].rating;
        assert_eq!(
            own.informational.as_deref(),
            Some("unmaintained"),
            "{place}"
        );
        assert_eq!(own.word.as_deref(), Some("LOW"), "{place}");
    }
}

#[test]
fn further_ecosystems_of_a_record_in_use_are_named() {
    let record = record(&with_affected(&json!([
        { "package": { "ecosystem": "Minitel:3", "name": "x" }, "versions": ["1"] },
        { "package": { "ecosystem": "npm", "name": "demo" }, "versions": ["1.0.0"] },
        { "ranges": [{ "type": "GIT", "events": [] }] },
    ])));
    assert_eq!(record.also_about, ["GIT", "Minitel"]);
    assert_eq!(only(&record).release, "");
}
