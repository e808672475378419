use super::*;
use serde_json::{Value, json};

fn finding(id: &str, aliases: &[&str], purl: &str, disposition: &str) -> Value {
    let label = purl.rsplit('/').next().unwrap();
    json!({
        "rule": "advisories/vulnerability", "severity": "high", "disposition": disposition,
        "reason": format!("reason for {disposition}"), "message": format!("`{label}` has {id}"),
        "subject": {"kind": "component", "purl": purl, "label": label},
        "lapsed_waivers": [],
        "advisory": {"id": id, "aliases": aliases, "class": "vulnerability"},
        "yanked": null,
    })
}

fn report(database: &str, purls: &[&str], findings: &[Value]) -> Value {
    json!({
        "schema": "sealgate/report/v1", "tool": {"name": "sealgate", "version": "0.1.0"},
        "target": "shop", "time": "2026-11-23T12:00:00Z", "decision": "fail", "summary": "x",
        "policy": {"name": "baseline", "source": "preset baseline", "digest": "5f5f"},
        "database": {"digest": database, "sources": []},
        "inventory": {"purls": purls}, "checks": ["advisories"],
        "findings": findings, "gaps": [],
    })
}

fn read(report: &Value) -> ReadReport {
    ReadReport::parse(&serde_json::to_vec(report).unwrap()).unwrap()
}

/// Kind, component and reason of every change.
fn changes(old: &Value, new: &Value) -> Vec<(ChangeKind, String, String)> {
    let (old, new) = (read(old), read(new));
    let diff = compare(&old, &new);
    diff.changes
        .iter()
        .map(|change| {
            let label = change.finding().unwrap().label.clone();
            (change.kind, label, change.why.clone())
        })
        .collect()
}

fn one(old: &Value, new: &Value) -> (ChangeKind, String) {
    let mut all = changes(old, new);
    assert_eq!(all.len(), 1, "{all:?}");
    let (kind, _, why) = all.remove(0);
    (kind, why)
}

const A1: &str = "pkg:npm/a@1.0.0";
const A2: &str = "pkg:npm/a@2.0.0";
const B: &str = "pkg:npm/b@1.0.0";

#[test]
fn a_report_does_not_differ_from_itself_nor_from_one_with_more_ids_in_a_group() {
    let old = report("d1", &[A1], &[finding("GHSA-1", &[], A1, "block")]);
    assert!(changes(&old, &old).is_empty());
    let more = finding("CVE-1", &["GHSA-1"], A1, "block");
    assert!(changes(&old, &report("d2", &[A1], &[more])).is_empty());
}

#[test]
fn what_is_new_says_whether_the_component_or_the_database_is() {
    let found = |purl: &str| report("d1", &[purl], &[finding("GHSA-1", &[], purl, "block")]);
    let nothing = |database: &str, purls: &[&str]| report(database, purls, &[]);
    for (old, why) in [
        (nothing("d1", &[]), "the component is new"),
        (nothing("d1", &[A2]), "the component was 2.0.0"),
        (nothing("d0", &[A1]), "the database did not report it"),
        (
            nothing("d1", &[A1]),
            "the same database and component, judged otherwise",
        ),
    ] {
        assert_eq!(one(&old, &found(A1)), (ChangeKind::New, why.to_owned()));
    }
    let mut unchecked = nothing("d1", &[A1]);
    unchecked["database"] = Value::Null;
    let why = "it was not looked up before".to_owned();
    assert_eq!(one(&unchecked, &found(A1)), (ChangeKind::New, why));
}

#[test]
fn what_is_gone_is_fixed_only_where_the_component_is_gone_and_all_was_read() {
    let old = report("d1", &[A1], &[finding("GHSA-1", &[], A1, "block")]);
    let new = |database: &str, purls: &[&str]| report(database, purls, &[]);
    assert_eq!(
        one(&old, &new("d1", &[A2])),
        (ChangeKind::Fixed, "the component is 2.0.0 now".to_owned())
    );
    assert_eq!(
        one(&old, &new("d1", &[B])),
        (ChangeKind::Fixed, "the component is gone".to_owned())
    );
    let mut unread = new("d1", &[B]);
    unread["gaps"] = json!([{"id": "inventory/unreadable-lockfile", "disposition": "inconclusive", "message": "x"}]);
    assert_eq!(one(&old, &unread).0, ChangeKind::NotReported);
    let (kind, why) = one(&old, &new("d2", &[A1]));
    assert_eq!(kind, ChangeKind::NotReported);
    assert!(why.starts_with("the database changed"), "{why}");
    for purls in [&[A1][..], &[A2]] {
        let mut unchecked = new("d1", purls);
        unchecked["database"] = Value::Null;
        assert_eq!(
            one(&old, &unchecked).0,
            ChangeKind::NotReported,
            "{purls:?}"
        );
    }
    let mut unlisted = new("d1", &[]);
    unlisted["inventory"] = json!({});
    assert_eq!(one(&old, &unlisted).0, ChangeKind::NotReported);
}

#[test]
fn an_upgrade_that_takes_the_advisory_along_fixes_nothing() {
    let old = report("d1", &[A1], &[finding("GHSA-1", &["CVE-1"], A1, "block")]);
    let new = report("d1", &[A2], &[finding("CVE-1", &[], A2, "block")]);
    assert_eq!(
        one(&old, &new),
        (ChangeKind::Moved, "was a@1.0.0".to_owned())
    );
    let (old, new) = (read(&old), read(&new));
    assert!(!compare(&old, &new).has_new_block());
    // A second version beside the first is new, the first is what it was.
    let both = report(
        "d1",
        &[A1, A2],
        &[
            finding("CVE-1", &[], A1, "block"),
            finding("CVE-1", &[], A2, "block"),
        ],
    );
    let both = read(&both);
    let diff = compare(&old, &both);
    assert_eq!((diff.count(ChangeKind::New), diff.unchanged), (1, 1));
    assert!(diff.has_new_block());
}

#[test]
fn each_step_of_the_policy_has_its_kind() {
    use ChangeKind::{Blocks, Changed, Unblocked, Unwaived, Waived};
    for (before, after, kind) in [
        ("report", "block", Blocks),
        ("inconclusive", "block", Blocks),
        ("block", "report", Unblocked),
        ("block", "inconclusive", Unblocked),
        ("block", "waived", Waived),
        ("report", "waived", Waived),
        ("waived", "block", Unwaived),
        ("waived", "report", Unwaived),
        ("report", "inconclusive", Changed),
    ] {
        let old = report("d1", &[A1], &[finding("GHSA-1", &[], A1, before)]);
        let new = report("d1", &[A1], &[finding("GHSA-1", &[], A1, after)]);
        let why = format!("reason for {after}");
        assert_eq!(one(&old, &new), (kind, why), "{before} {after}");
        let (old, new) = (read(&old), read(&new));
        assert_eq!(compare(&old, &new).has_new_block(), after == "block");
    }
}

#[test]
fn a_waiver_that_is_over_and_a_record_that_was_withdrawn_are_named() {
    let old = report("d1", &[A1], &[finding("GHSA-1", &[], A1, "waived")]);
    let mut again = finding("GHSA-1", &[], A1, "block");
    again["lapsed_waivers"] = json!([{"id": "GHSA-1", "owner": "team@acme.example", "expires": "2026-10-01", "why": "expired"}]);
    let (kind, why) = one(&old, &report("d1", &[A1], &[again]));
    assert_eq!(kind, ChangeKind::WaiverExpired);
    assert!(
        why.contains("team@acme.example until 2026-10-01 is over"),
        "{why}"
    );
    let old = report("d1", &[A1], &[finding("GHSA-1", &[], A1, "block")]);
    let mut withdrawn = finding("GHSA-1", &[], A1, "report");
    withdrawn["advisory"]["class"] = json!("withdrawn");
    assert_eq!(
        one(&old, &report("d2", &[A1], &[withdrawn])),
        (
            ChangeKind::NotReported,
            "its record was withdrawn".to_owned()
        )
    );
    let mut worse = finding("GHSA-1", &[], A1, "block");
    worse["severity"] = json!("critical");
    assert_eq!(
        one(&old, &report("d2", &[A1], &[worse])),
        (ChangeKind::Changed, "the severity was high".to_owned())
    );
}

#[test]
fn a_gap_that_is_new_is_no_silence() {
    let old = report("d1", &[A1], &[]);
    let mut new = old.clone();
    new["gaps"] = json!([
        {"id": "advisories/no-database", "disposition": "inconclusive", "message": "x"},
        {"id": "secrets/unreadable", "disposition": "inconclusive", "message": "x"},
    ]);
    let (old, new) = (read(&old), read(&new));
    let diff = compare(&old, &new);
    assert!(diff.is_less_checked() && !diff.has_new_block());
    assert_eq!(diff.new_gaps.len(), 1);
    assert!(!compare(&new, &old).is_less_checked());
    assert_eq!(compare(&new, &old).gone_gaps.len(), 1);
}

#[test]
fn what_is_no_report_is_refused_with_the_reason() {
    let parse = |value: &Value| ReadReport::parse(&serde_json::to_vec(value).unwrap());
    let good = report("d1", &[A1], &[]);
    assert!(parse(&good).is_ok());
    let with = |key: &str, value: Value| {
        let mut report = good.clone();
        report[key] = value;
        parse(&report)
    };
    assert!(matches!(ReadReport::parse(b"{"), Err(ReadError::Json(_))));
    assert!(matches!(
        ReadReport::parse(b"{\"a\": 1, \"a\": 2}"),
        Err(ReadError::Json(_))
    ));
    assert!(matches!(parse(&json!([])), Err(ReadError::NotAReport)));
    assert!(matches!(
        parse(&json!({"bomFormat": "CycloneDX"})),
        Err(ReadError::NotAReport)
    ));
    assert!(matches!(
        with("schema", json!("sealgate/report/v2")),
        Err(ReadError::OtherSchema { .. })
    ));
    assert!(matches!(
        with("findings", json!(7)),
        Err(ReadError::Shape { .. })
    ));
    assert!(matches!(
        with("checks", json!(["secrets"])),
        Err(ReadError::NoAdvisories)
    ));
}

#[test]
fn every_format_is_harmless_and_the_json_fits_its_schema() {
    let text = crate::report::fixtures::hostile_text();
    let mut old = report("d1", &[A1, B], &[finding("GHSA-1", &[], A1, "block")]);
    let mut new = report(
        &text,
        &[A2, &text],
        &[finding("GHSA-2", &[], &text, "block")],
    );
    for side in [&mut old, &mut new] {
        side["target"] = json!(text);
        side["findings"][0]["message"] = json!(text);
        side["findings"][0]["reason"] = json!(text);
        side["findings"][0]["advisory"]["aliases"] = json!([text]);
    }
    new["gaps"] = json!([{"id": "advisories/x", "disposition": "block", "message": text}]);
    let schema: Value = serde_json::from_str(include_str!(
        "../../../docs/schema/advisories-diff-v1.schema.json"
    ))
    .unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for (old, new) in [(&old, &new), (&new, &old), (&old, &old)] {
        let (old, new) = (read(old), read(new));
        let diff = compare(&old, &new);
        let json = json::render(&diff);
        let value: Value = serde_json::from_str(&json).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert!(!markdown::render(&diff).contains("<script>"));
        let human = anstream::adapter::strip_str(&human::render(&diff)).to_string();
        for text in [human, json, markdown::render(&diff)] {
            let bad: Vec<char> = text
                .chars()
                .filter(|c| {
                    *c != '\n' && crate::model::terminal_safe(&c.to_string()) != c.to_string()
                })
                .collect();
            assert!(bad.is_empty(), "{bad:?}");
            assert!(!text.contains(&crate::report::fixtures::url_password()));
        }
    }
}

#[test]
fn people_see_what_blocks_first_and_the_totals_last() {
    let old = report(
        "d1",
        &[A1, B],
        &[
            finding("GHSA-1", &[], A1, "block"),
            finding("GHSA-3", &[], B, "report"),
        ],
    );
    let new = report(
        "d2",
        &[A2, B],
        &[
            finding("GHSA-2", &[], B, "block"),
            finding("GHSA-3", &[], B, "report"),
        ],
    );
    let (old, new) = (read(&old), read(&new));
    let text = anstream::adapter::strip_str(&human::render(&compare(&old, &new))).to_string();
    insta::assert_snapshot!(text, @r"
    old  shop at 2026-11-23T12:00:00Z: fail, database sha256:d1, policy baseline sha256:5f5f
    new  shop at 2026-11-23T12:00:00Z: fail, database sha256:d2, policy baseline sha256:5f5f

    new (1)
      block        high     GHSA-2 b@1.0.0
        `b@1.0.0` has GHSA-2
        the database did not report it

    fixed (1)
      block        high     GHSA-1 a@1.0.0
        `a@1.0.0` has GHSA-1
        the component is 2.0.0 now

    1 new, 1 fixed; 1 finding blocks that did not block before; 1 the same
    ");
}
