//! SARIF against its schema and against GitHub's rules.

use crate::model::{Decision, Disposition, Location, Report, Severity};
use crate::report::fixtures::{advisory, all, empty, gap, hostile, registry, typical};
use crate::report::sarif::{Options, render};
use serde_json::{Value, json};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Command;

fn parsed(report: &Report) -> Value {
    serde_json::from_str(&render(report, &Options::default())).unwrap()
}

fn run(report: &Report) -> Value {
    parsed(report)["runs"][0].clone()
}

/// The SARIF schema that the development dependency `serde-sarif` ships.
fn schema() -> Option<Value> {
    let compiler = Command::new("rustc").arg("-vV").output().ok()?;
    let compiler = String::from_utf8(compiler.stdout).ok()?;
    let mut lines = compiler.lines();
    let host = lines.find_map(|line| line.strip_prefix("host: "))?;
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        // The crates of other platforms need not have been downloaded.
        .args(["--filter-platform", host])
        .arg("--manifest-path")
        .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .ok()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).ok()?;
    let manifest = metadata["packages"]
        .as_array()?
        .iter()
        .find(|package| package["name"] == "serde-sarif")?["manifest_path"]
        .as_str()?
        .to_owned();
    let path = PathBuf::from(manifest).parent()?.join("src/schema.json");
    serde_json::from_reader(BufReader::new(File::open(path).ok()?)).ok()
}

#[test]
fn every_report_fits_the_sarif_schema() {
    let Some(mut schema) = schema() else {
        println!("skipped: the crate serde-sarif with the SARIF schema is not unpacked here");
        return;
    };
    // That it is the schema of SARIF 2.1.0 and no stub of it.
    assert!(
        schema["$id"]
            .as_str()
            .unwrap()
            .ends_with("sarif-schema-2.1.0.json")
    );
    assert_eq!(schema["properties"]["version"]["enum"], json!(["2.1.0"]));
    assert_eq!(schema["definitions"].as_object().unwrap().len(), 52);
    assert_eq!(
        schema["definitions"]["result"]["required"],
        json!(["message"])
    );
    assert_eq!(
        schema["definitions"]["run"]["additionalProperties"],
        json!(false)
    );
    // The published pattern has an unbalanced `]`, which strict readers refuse. We write
    // no `language`.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in all() {
        let value = parsed(&report);
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let mut spoiled = parsed(&typical());
    spoiled["runs"][0]["results"][0]["level"] = json!("fatal");
    assert!(!validator.is_valid(&spoiled));
}

/// What GitHub's documentation of code scanning asks for beyond the schema.
fn assert_github_takes(run: &Value) {
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let notifications = run["tool"]["driver"]["notifications"].as_array().unwrap();
    for rule in rules.iter().chain(notifications) {
        for key in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[key]["text"].as_str().unwrap().is_empty(), "{rule}");
        }
        assert!(!rule["help"]["markdown"].as_str().unwrap().is_empty());
    }
    for rule in rules {
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        if let Some(severity) = rule["properties"].get("security-severity") {
            let number: f64 = severity.as_str().unwrap().parse().unwrap();
            assert!(number > 0.0 && number <= 10.0, "{severity}");
        }
    }
    let results = run["results"].as_array().unwrap();
    assert!(results.len() <= 25_000);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let locations = result["locations"].as_array().unwrap();
        assert!((1..=100).contains(&locations.len()));
        for location in locations {
            let physical = &location["physicalLocation"];
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.is_empty() && uri.is_ascii(), "{uri}");
            assert!(!uri.starts_with('/') && !uri.contains(':'), "{uri}");
            assert!(!uri.split('/').any(|part| part == ".."), "{uri}");
            assert!(physical["region"]["startLine"].as_u64().unwrap() >= 1);
        }
        let hash = result["partialFingerprints"]["primaryLocationLineHash"].as_str();
        assert!(!hash.unwrap().is_empty());
    }
    assert!(
        run["automationDetails"]["id"]
            .as_str()
            .unwrap()
            .ends_with('/')
    );
}

#[test]
fn every_report_keeps_githubs_rules() {
    for report in all() {
        assert_github_takes(&run(&report));
    }
}

#[test]
fn results_say_level_place_and_fingerprint() {
    let run = run(&typical());
    let levels: Vec<&str> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels, ["error", "error", "warning", "warning"]);
    let first = &run["results"][0];
    assert_eq!(first["ruleId"], "secrets/github");
    assert_eq!(
        first["locations"][0]["physicalLocation"]["region"],
        json!({"startLine": 3, "startColumn": 14})
    );
    assert_eq!(
        first["partialFingerprints"]["primaryLocationLineHash"],
        "b2".repeat(32)
    );
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(
        run["automationDetails"]["id"],
        "sealgate/sbom+advisories+registry+secrets/"
    );
}

#[test]
fn an_advisory_is_a_rule_of_its_own_with_its_own_severity() {
    let run = run(&typical());
    let rule = &run["tool"]["driver"]["rules"][1];
    assert_eq!(rule["id"], "advisories/vulnerability/GHSA-aaaa-bbbb-cccc");
    assert_eq!(rule["properties"]["security-severity"], "8.1");
    assert_eq!(
        rule["helpUri"],
        "https://advisories.example/GHSA-aaaa-bbbb-cccc"
    );
}

#[test]
fn a_rule_takes_the_severity_of_its_worst_finding() {
    let mut report = typical();
    let mut high = registry(500);
    high.finding.severity = Severity::High;
    report.verdict.findings = vec![registry(1), high];
    let rules = run(&report)["tool"]["driver"]["rules"].clone();
    assert_eq!(rules.as_array().unwrap().len(), 1);
    assert_eq!(rules[0]["properties"]["security-severity"], "8.0");
}

#[test]
fn a_waived_finding_is_suppressed_with_its_reason_and_others_are_not() {
    let run = run(&typical());
    let waived = &run["results"][3]["suppressions"];
    assert_eq!(waived[0]["kind"], "external");
    assert_eq!(
        waived[0]["justification"],
        "loopback mirror of the build farm (owner web-team@acme.example, until 2026-12-31)"
    );
    assert_eq!(run["results"][0]["suppressions"], json!([]));
}

#[test]
fn a_gap_is_a_notification_and_execution_was_not_successful() {
    let with_gap = run(&typical());
    let invocation = &with_gap["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(
        notification["descriptor"]["id"],
        "inventory/unreadable-lockfile"
    );
    assert_eq!(notification["level"], "error");
    assert_eq!(
        with_gap["tool"]["driver"]["notifications"][0]["id"],
        "inventory/unreadable-lockfile"
    );
    assert_eq!(run(&empty())["invocations"][0]["executionSuccessful"], true);
    let mut harmless = typical();
    harmless.verdict.gaps[0].disposition = Disposition::Report;
    assert_eq!(
        run(&harmless)["invocations"][0]["executionSuccessful"],
        true
    );
    let mut inconclusive = empty();
    inconclusive.verdict.decision = Decision::Inconclusive;
    assert_eq!(
        run(&inconclusive)["invocations"][0]["executionSuccessful"],
        false
    );
}

#[test]
fn too_many_results_are_cut_at_the_least_urgent_end_and_it_is_said() {
    let mut report = empty();
    report.verdict.findings = (1..=25_001).map(registry).collect();
    report.verdict.findings.push(advisory());
    let run = run(&report);
    assert_github_takes(&run);
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    assert_eq!(
        run["results"][0]["ruleId"],
        "advisories/vulnerability/GHSA-aaaa-bbbb-cccc"
    );
    let notes = &run["invocations"][0]["toolExecutionNotifications"];
    assert!(
        notes[0]["message"]["text"]
            .as_str()
            .unwrap()
            .starts_with("2 results are left out"),
        "{notes}"
    );
}

#[test]
fn many_places_and_many_gaps_are_cut_and_it_is_said() {
    let mut report = empty();
    let mut judged = registry(1);
    judged.finding.also_at = (1..=500).map(|l| Location::line("a/lock", l)).collect();
    report.verdict.findings = vec![judged];
    report.verdict.gaps = vec![gap(); 1_005];
    let run = run(&report);
    assert_github_takes(&run);
    assert_eq!(run["results"][0]["properties"]["morePlaces"], 401);
    let notes = run["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(notes.len(), 1_001);
    assert!(
        notes[1_000]["message"]["text"]
            .as_str()
            .unwrap()
            .starts_with("5 gaps are left out")
    );
}

#[test]
fn the_category_can_be_given() {
    let options = Options {
        category: Some("nightly/api".to_owned()),
    };
    let value: Value = serde_json::from_str(&render(&empty(), &options)).unwrap();
    assert_eq!(value["runs"][0]["automationDetails"]["id"], "nightly/api/");
}

#[test]
fn hostile_text_makes_no_link_and_no_html() {
    let run = run(&hostile());
    let result = &run["results"][0];
    assert!(!result["message"]["text"].as_str().unwrap().contains("]("));
    for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
        let markdown = rule["help"]["markdown"].as_str().unwrap();
        assert!(
            !markdown.contains("<script") && !markdown.contains("]("),
            "{markdown}"
        );
        assert!(rule.get("helpUri").is_none(), "{rule}");
    }
}
