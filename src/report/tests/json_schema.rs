//! The JSON report against its published schema.

use crate::model::{DroppedCandidate, DroppedCandidates, GitReference, Location, Origin, Report};
use crate::report::fixtures::{all, hostile, registry, secret_value, typical};
use crate::report::json::render;
use jsonschema::Validator;
use serde_json::{Value, json};

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../docs/schema/report-v1.schema.json")).unwrap()
}

fn validator() -> Validator {
    jsonschema::draft202012::meta::validate(&schema()).unwrap();
    jsonschema::draft202012::new(&schema()).unwrap()
}

fn parsed(report: &Report) -> Value {
    serde_json::from_str(&render(report)).unwrap()
}

fn assert_valid(report: &Report) {
    let value = parsed(report);
    let errors: Vec<String> = validator()
        .iter_errors(&value)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn every_report_fits_the_published_schema() {
    for report in all() {
        assert_valid(&report);
    }
}

#[test]
fn dropped_candidates_fit_the_published_schema() {
    let mut report = typical();
    let listed = vec![DroppedCandidate {
        location: Location::file("a.js"),
        rule: "secrets/password",
        kind: "assigned-password",
        masked: "${DA… (14 characters)".to_owned(),
        why: "a reference to a value elsewhere",
    }];
    if let Some(scanned) = &mut report.secrets {
        scanned.dropped = Some(DroppedCandidates { listed, more: 3 });
    }
    assert_valid(&report);
    let dropped = &parsed(&report)["secrets"]["dropped"];
    assert_eq!(dropped["more"], 3);
    assert_eq!(
        dropped["listed"][0]["why"],
        "a reference to a value elsewhere"
    );
}

#[test]
fn every_kind_of_origin_fits_the_published_schema() {
    let git = |reference| Origin::Git {
        url: "https://git.example/lib".to_owned(),
        reference,
        commit: None,
    };
    let mut report = typical();
    report.verdict.findings = [
        Origin::ImpliedDefault,
        Origin::Unrecorded,
        Origin::Bundled {
            inside: "npm@6.0.0".to_owned(),
        },
        Origin::Path {
            path: "../lib".to_owned(),
        },
        Origin::Url {
            url: "https://files.example/lib.tgz".to_owned(),
        },
        Origin::Registry {
            index: None,
            file: None,
            default: true,
        },
        git(GitReference::Branch("main".to_owned())),
        git(GitReference::Tag("v1".to_owned())),
        git(GitReference::Revision("0123".to_owned())),
        git(GitReference::Default),
    ]
    .into_iter()
    .map(|origin| {
        let mut judged = registry(1);
        if let crate::model::Detail::Registry(detail) = &mut judged.finding.detail {
            detail.origin = origin;
        }
        judged
    })
    .collect();
    assert_valid(&report);
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let validator = validator();
    let valid = parsed(&typical());
    assert!(validator.is_valid(&valid));
    let spoiled = |pointer: &str, value: Value| {
        let mut report = valid.clone();
        *report.pointer_mut(pointer).unwrap() = value;
        report
    };
    for (pointer, value) in [
        ("/schema", json!("sealgate/report/v2")),
        ("/decision", json!("maybe")),
        ("/findings/0/severity", json!("awful")),
        ("/findings/0/rule", json!("no-room")),
        ("/findings/0/subject", json!({"kind": "file"})),
        ("/findings/1/advisory/score_tenths", json!(101)),
        ("/database/sources/0/records", json!(-1)),
        ("/inventory/by_ecosystem/npm", json!("many")),
        (
            "/tool",
            json!({"name": "sealgate", "version": "1", "more": 1}),
        ),
        ("/gaps/0", json!({})),
    ] {
        assert!(!validator.is_valid(&spoiled(pointer, value)), "{pointer}");
    }
    let mut more = valid.clone();
    more["more"] = json!(1);
    assert!(!validator.is_valid(&more));
    let mut less = valid;
    less.as_object_mut().unwrap().remove("gaps");
    assert!(!validator.is_valid(&less));
}

#[test]
fn what_the_report_holds_arrives() {
    let value = parsed(&typical());
    assert_eq!(value["schema"], "sealgate/report/v1");
    assert_eq!(value["decision"], "fail");
    assert_eq!(value["policy"]["name"], "baseline");
    assert_eq!(
        value["inventory"]["by_ecosystem"],
        json!({"cargo": 1, "npm": 1})
    );
    assert_eq!(value["findings"][0]["rule"], "secrets/github");
    assert_eq!(
        value["findings"][0]["location"],
        json!({"path": "deploy/ci.env", "line": 3, "column": 14})
    );
    assert_eq!(
        value["findings"][0]["secret"]["masked"],
        "ghp_… (40 characters)"
    );
    assert_eq!(value["findings"][0]["secret"]["action"], "rotate");
    assert_eq!(value["findings"][1]["advisory"]["score_tenths"], 81);
    assert_eq!(
        value["findings"][1]["advisory"]["fixed"],
        json!(["4.4.19", "6.1.9"])
    );
    assert_eq!(
        value["findings"][2]["registry"]["origin"]["kind"],
        "registry"
    );
    assert_eq!(value["findings"][3]["waiver"]["days_left"], 38);
    assert_eq!(value["gaps"][0]["disposition"], "inconclusive");
    assert_eq!(value["waivers"][0]["state"], "expired");
}

#[test]
fn keys_come_in_the_documented_order_and_the_text_ends_with_a_line_break() {
    let text = render(&typical());
    assert!(text.starts_with("{\n  \"schema\": \"sealgate/report/v1\",\n  \"tool\": {"));
    assert!(text.ends_with("}\n"));
}

#[test]
fn hostile_text_arrives_unchanged_but_for_credentials() {
    let value = parsed(&hostile());
    let message = value["findings"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("evil\u{1b}[2J"), "{message:?}");
    assert!(message.contains("https://***@evil.example/"), "{message:?}");
    let findings = value["findings"].as_array().unwrap();
    let purl = findings.iter().find_map(|f| f["subject"]["purl"].as_str());
    let purl = purl.unwrap();
    assert!(purl.contains("***"), "{purl}");
    assert!(!render(&hostile()).contains(&secret_value()));
}
