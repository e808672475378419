//! One finding per group of advisories and component in every format, with everything that
//! is known of it.

use crate::model::{Detail, Disposition, JudgedFinding};
use crate::report::fixtures::of_advisories;
use crate::report::{github, human, json, junit, markdown, sarif};
use serde_json::{Value, json};

fn findings() -> Vec<JudgedFinding> {
    of_advisories().verdict.findings
}

fn id(judged: &JudgedFinding) -> String {
    match &judged.finding.detail {
        Detail::Advisory(detail) => detail.id.clone(),
        _ => judged.finding.rule.id.to_owned(),
    }
}

fn human() -> String {
    let options = human::Options {
        show_all: true,
        ..human::Options::default()
    };
    human::render(&of_advisories(), &options)
}

fn sarif() -> Value {
    let text = sarif::render(&of_advisories(), &sarif::Options::default());
    serde_json::from_str(&text).unwrap()
}

fn json() -> Value {
    serde_json::from_str(&json::render(&of_advisories())).unwrap()
}

#[test]
fn every_finding_is_there_once_in_every_format() {
    let (json, sarif, human) = (json(), sarif(), human());
    let (markdown, github) = (
        markdown::render(&of_advisories()),
        github::render(&of_advisories()),
    );
    let junit = junit::render(&of_advisories());
    let junit = roxmltree::Document::parse(&junit).unwrap();
    let cases: Vec<(&str, &str)> = junit
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .map(|case| {
            (
                case.attribute("classname").unwrap(),
                case.attribute("name").unwrap(),
            )
        })
        .filter(|(class, _)| class.contains('/'))
        .collect();
    let json = json["findings"].as_array().unwrap();
    let sarif = sarif["runs"][0]["results"].as_array().unwrap();
    let rows: Vec<&str> = markdown
        .lines()
        .filter(|line| line.contains("| advisories/"))
        .collect();
    let all = findings();
    for (format, number) in [
        ("json", json.len()),
        ("sarif", sarif.len()),
        ("junit", cases.len()),
        ("markdown", rows.len()),
    ] {
        assert_eq!(number, all.len(), "{format}");
    }
    for judged in &all {
        let (id, rule) = (id(judged), judged.finding.rule.id);
        let message = &judged.finding.message;
        let is_it = |finding: &&Value| {
            finding["advisory"]["id"] == id.as_str()
                || (finding["advisory"].is_null() && finding["rule"] == id.as_str())
        };
        assert_eq!(json.iter().filter(is_it).count(), 1, "{id}");
        let rule_id = match id == rule {
            true => rule.to_owned(),
            false => format!("{rule}/{id}"),
        };
        let results = sarif
            .iter()
            .filter(|result| result["ruleId"] == rule_id.as_str());
        assert_eq!(results.count(), 1, "{id}");
        let named = cases.iter().filter(|(class, name)| {
            *class == rule && (id == rule || name.starts_with(&format!("{id} in ")))
        });
        assert_eq!(named.count(), 1, "{id}");
        let cell = match id == rule {
            true => format!("| {rule} |"),
            false => format!("| {rule} {id} |"),
        };
        assert_eq!(
            rows.iter().filter(|row| row.contains(&cell)).count(),
            1,
            "{id}"
        );
        assert_eq!(human.matches(message.as_str()).count(), 1, "{id}: {human}");
        let annotations = github
            .lines()
            .filter(|line| line.contains(message.as_str()));
        let expected = usize::from(judged.disposition != Disposition::Waived);
        assert_eq!(annotations.count(), expected, "{id}");
    }
}

/// The text of each format that is about one finding.
fn about(wanted: &str) -> Vec<(&'static str, String)> {
    let mut report = of_advisories();
    report
        .verdict
        .findings
        .retain(|judged| id(judged) == wanted);
    report.verdict.findings[0].disposition = Disposition::Block;
    vec![
        ("human", human::render(&report, &human::Options::default())),
        ("json", json::render(&report)),
        ("sarif", sarif::render(&report, &sarif::Options::default())),
        ("junit", junit::render(&report)),
        ("markdown", markdown::render(&report)),
        ("github", github::render(&report)),
    ]
}

/// As each format writes it: JSON keys, or the words for people.
fn says(wanted: &str, json: &[&str], sarif: &[&str], people: &[&str]) {
    for (format, text) in about(wanted) {
        let expected = match format {
            "json" => json,
            "sarif" => sarif,
            _ => people,
        };
        // Line breaks of the layout, and marks that mean something in the format.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text
            .replace("&#58;", ":")
            .replace("&#95;", "_")
            .replace("&#40;", "(");
        let text = text
            .replace("&#41;", ")")
            .replace("&#62;", ">")
            .replace("&gt;", ">")
            .replace("&#64;", "@")
            .replace("%25", "%");
        for part in expected {
            assert!(text.contains(part), "{format} lacks `{part}`: {text}");
        }
    }
}

#[test]
fn a_known_exploited_vulnerability_is_marked_in_every_format() {
    says(
        "GHSA-kev0-0000-0000",
        &[
            "\"known_exploited\": { \"date_added\": \"2021-11-03\"",
            "\"score_e5\": 94358",
            "\"scope\": \"dev\"",
            "\"other_paths\": [ [ \"shop@1.0.0\"",
        ],
        &[
            "\"knownExploited\": { \"dateAdded\": \"2021-11-03\"",
            "\"scoreE5\": 94358",
            "\"scope\": \"dev\"",
            "(known exploited, dev). Fix: ",
        ],
        &[
            "exploited: known since 2021-11-03, to be repaired by 2022-05-03, also by ransomware",
            "EPSS: 94.35 % (higher than or equal to 99.96 % of all), on 2026-11-20",
            "scope: dev",
        ],
    );
}

#[test]
fn an_indeterminate_finding_and_its_lapsed_waivers_are_told_in_every_format() {
    says(
        "GHSA-inde-0000-0000",
        &["\"indeterminate\": true", "\"why\": \"version-unknown\""],
        &["\"indeterminate\": true", "\"why\": \"version-unknown\""],
        &[
            "note: a version bound could not be compared: it may be affected",
            "does not cover it: it expired on 2026-01-31",
            "does not cover it: it is for other versions",
        ],
    );
}

#[test]
fn vex_statements_are_told_in_every_format() {
    says(
        "GHSA-vex0-0000-0000",
        &["\"status\": \"not_affected\"", "\"decides\": true"],
        &["\"status\": \"not_affected\"", "\"decides\": true"],
        &[
            "vex: not_affected, vulnerable_code_not_present, by Acme Product Security",
            "(only shown: the policy does not accept the document)",
        ],
    );
}

#[test]
fn the_record_and_the_page_with_the_remedy_are_linked_in_every_format() {
    let id = "GHSA-inde-0000-0000";
    for (format, text) in about(id) {
        assert!(
            text.contains("https://advisories.example/GHSA-aaaa-bbbb-cccc"),
            "{format}: {text}"
        );
        assert!(
            text.contains("upgrade `tar` to 4.4.19") || format == "markdown",
            "{format}"
        );
    }
    let page = |format: &str, page: &str| {
        let (_, text) = about(id)
            .into_iter()
            .find(|(name, _)| *name == format)
            .unwrap();
        assert!(text.contains(page), "{format}: {text}");
    };
    page("json", "docs/rules/advisories/vulnerability.md");
    for format in ["human", "sarif", "junit", "github"] {
        page(format, "sealgate explain advisories/vulnerability");
    }
    page("markdown", "sealgate explain RULE");
}

#[test]
fn a_withdrawn_version_says_who_tells_it_and_how_the_product_comes_to_it() {
    says(
        "advisories/yanked",
        &[
            "\"yanked\": { \"source\": \"cargo-index-cache\"",
            "\"scope\": \"build\"",
            "\"more_paths\": 2",
        ],
        &["\"scope\": \"build\"", "\"morePaths\": 2"],
        &[
            "told by: cargo-index-cache",
            "through: shop@1.0.0 > itoa@1.3.0",
            "through: 2 more direct dependencies",
        ],
    );
}

#[test]
fn every_format_carries_the_database_and_how_old_its_sources_are() {
    let digest = "d1".repeat(8);
    for (format, text) in about("GHSA-kev0-0000-0000") {
        assert!(text.contains(&digest), "{format}: {text}");
        assert!(text.contains("OSV npm"), "{format}: {text}");
        assert!(text.contains("2026-11-20T08"), "{format}: {text}");
        let is_old = text.contains("3 days old")
            || text.contains("\"age_days\": 3")
            || text.contains("\"ageDays\": 3");
        assert!(is_old, "{format}: {text}");
        if format != "github" {
            assert!(
                text.contains(&"c3".repeat(8)),
                "{format} lacks the VEX document"
            );
        }
    }
    assert_eq!(json()["vex"][0]["statements"], json!(3));
}
