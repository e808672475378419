//! Markdown, GitHub annotations and JUnit.

use crate::model::{Disposition, Report};
use crate::report::fixtures::{advisory, all, empty, gap, hostile, registry, typical};
use crate::report::{github, junit, markdown};
use roxmltree::{Document, Node};

#[test]
fn a_job_summary_has_the_verdict_first_and_a_row_per_finding() {
    let text = markdown::render(&typical());
    assert!(
        text.starts_with("## ❌ FAIL: shop\n\n2 findings block\n"),
        "{text}"
    );
    for line in [
        "### Blocking (2)",
        "### Reported (1)",
        "### Waived (1)",
        "### Not checked (1)",
        "### Waivers to look at",
    ] {
        assert!(text.contains(line), "{line}");
    }
    assert!(
        text.contains("| critical | secrets/github | deploy/ci.env&#58;3&#58;14 | GitHub personal access token |"),
        "{text}"
    );
}

#[test]
fn every_row_of_a_job_summary_has_the_columns_of_its_table() {
    for report in all() {
        let text = markdown::render(&report);
        let mut columns = None;
        for line in text.lines() {
            if line.starts_with('|') {
                assert_eq!(
                    *columns.get_or_insert(line.matches('|').count()),
                    line.matches('|').count(),
                    "{line}"
                );
            } else {
                columns = None;
            }
        }
    }
}

#[test]
fn hostile_text_makes_no_markup_in_a_job_summary() {
    let text = markdown::render(&hostile());
    for bad in ["<script", "](", "@team", "`code`", "https://"] {
        assert!(!text.contains(bad), "{bad}");
    }
}

#[test]
fn a_cut_job_summary_says_how_much_is_left_out() {
    let mut report = empty();
    report.verdict.findings = (1..=1_300).map(registry).collect();
    let text = markdown::render(&report);
    assert!(text.contains("\n… and 1,100 more: see the JSON report\n"));
    assert!(text.len() < 1 << 20);
}

/// Splits a workflow command as the runner does.
fn command(line: &str) -> (String, Vec<(String, String)>, String) {
    let unescape = |text: &str| {
        text.replace("%0A", "\n")
            .replace("%0D", "\r")
            .replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%25", "%")
    };
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (kind, properties) = head.split_once(' ').unwrap();
    let properties = properties
        .split(',')
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), unescape(value))
        })
        .collect();
    (kind.to_owned(), properties, unescape(message))
}

#[test]
fn an_annotation_names_file_line_column_and_rule() {
    let text = github::render(&typical());
    let (kind, properties, message) = command(text.lines().next().unwrap());
    assert_eq!(kind, "error");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        properties,
        [
            pair("file", "deploy/ci.env"),
            pair("line", "3"),
            pair("col", "14"),
            pair("title", "secrets/github")
        ]
    );
    assert!(
        message.starts_with("GitHub personal access token\nFix: "),
        "{message}"
    );
    let last = text.lines().last().unwrap();
    assert_eq!(
        last,
        "::notice title=sealgate::FAIL: 2 findings block (policy baseline)%0AAdvisory database: \
         sha256:d1d1d1d1d1d1d1d1…, oldest source in use OSV npm: newest 2026-11-20T08:00:00Z, 3 days old"
    );
}

#[test]
fn percent_colon_comma_and_line_breaks_are_escaped_where_they_mean_something() {
    let mut report = empty();
    let mut judged = advisory();
    judged.finding.location.path = "a,b:c%0A::d".to_owned();
    judged.finding.message = "100%25 a,b:c".to_owned();
    report.verdict.findings = vec![judged];
    let text = github::render(&report);
    let line = text.lines().next().unwrap();
    assert!(
        line.starts_with("::error file=a%2Cb%3Ac%250A%3A%3Ad,line=118,title="),
        "{line}"
    );
    assert!(line.contains("::100%2525 a,b:c%0AFix: "), "{line}");
    let (_, properties, message) = command(line);
    assert_eq!(properties[0].1, "a,b:c%0A::d");
    assert!(message.starts_with("100%25 a,b:c\n"));
}

#[test]
fn at_most_ten_annotations_of_a_kind_are_written_worst_first_and_the_last_says_the_rest() {
    let mut report = empty();
    report.verdict.findings = (1..=30).map(registry).collect();
    report.verdict.findings.push(advisory());
    report.verdict.gaps = vec![gap()];
    let text = github::render(&report);
    let warnings: Vec<&str> = text
        .lines()
        .filter(|l| l.starts_with("::warning"))
        .collect();
    assert_eq!(warnings.len(), 10);
    assert_eq!(
        warnings[9],
        "::warning title=sealgate::22 more: see the JSON or SARIF report"
    );
    assert!(text.starts_with("::error file=web/package-lock.json"));
    // Exactly ten need no such line.
    report.verdict.findings.truncate(9);
    let text = github::render(&report);
    assert_eq!(text.matches("::warning").count(), 10);
    assert!(!text.contains("more: see"), "{text}");
}

#[test]
fn a_waived_finding_is_no_annotation() {
    let mut report = empty();
    let mut judged = registry(1);
    judged.disposition = Disposition::Waived;
    report.verdict.findings = vec![judged];
    assert_eq!(github::render(&report).lines().count(), 1);
}

fn cases(report: &Report) -> Vec<(String, String, String)> {
    let text = junit::render(report);
    let document = Document::parse(&text).unwrap();
    let attribute = |node: Node<'_, '_>, name: &str| node.attribute(name).unwrap().to_owned();
    document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .map(|case| {
            let result = case
                .children()
                .find(Node::is_element)
                .map_or("passed", |child| child.tag_name().name());
            (
                attribute(case.parent().unwrap(), "name"),
                attribute(case, "classname"),
                result.to_owned(),
            )
        })
        .collect()
}

#[test]
fn junit_tells_failure_from_error_from_skipped_from_passed() {
    let all = cases(&typical());
    let has = |suite: &str, class: &str, result: &str| {
        all.contains(&(suite.to_owned(), class.to_owned(), result.to_owned()))
    };
    assert!(
        has("advisories", "advisories/vulnerability", "failure"),
        "{all:?}"
    );
    assert!(has("secrets", "secrets/github", "failure"), "{all:?}");
    assert!(has("registry", "registry/plain-http", "skipped"), "{all:?}");
    assert!(
        has("inventory", "inventory/unreadable-lockfile", "error"),
        "{all:?}"
    );
    assert!(has("sbom", "sbom", "passed"), "{all:?}");
    assert!(
        cases(&empty())
            .iter()
            .all(|(_, _, result)| result == "passed")
    );
    assert_eq!(cases(&empty()).len(), 4);
}

#[test]
fn the_totals_of_junit_add_up() {
    for report in all() {
        let text = junit::render(&report);
        let document = Document::parse(&text).unwrap();
        let number = |node: Node<'_, '_>, name: &str| -> usize {
            node.attribute(name).unwrap().parse().unwrap()
        };
        let root = document.root_element();
        let suites: Vec<Node<'_, '_>> = root.children().filter(Node::is_element).collect();
        for (attribute, tag) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
        ] {
            let mut sum = 0;
            for suite in &suites {
                let inside = suite.descendants().filter(|n| n.has_tag_name(tag)).count();
                assert_eq!(number(*suite, attribute), inside, "{attribute}");
                sum += inside;
            }
            assert_eq!(number(root, attribute), sum, "{attribute}");
        }
    }
}
