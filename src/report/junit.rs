//! JUnit XML for test dashboards: one suite per check, one case per finding or gap, and a
//! passing case for a check that found nothing. A finding that blocks is a `failure`, what
//! could not be checked an `error`, what is waived or only reported is `skipped`.

use super::{advice, facts, text};
use crate::model::{Detail, Disposition, Finding, JudgedFinding, JudgedGap, Report};
use std::collections::BTreeMap;

/// Sources and documents that are named.
const PROPERTIES: usize = 100;

/// The report as JUnit XML with a line break at its end.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut suites: BTreeMap<&str, Suite> = report
        .checks
        .iter()
        .map(|check| (*check, Suite::default()))
        .collect();
    let upgrades = advice::by_finding(report);
    for judged in text::worst_first(&report.verdict) {
        let suite = suites.entry(room(judged.finding.rule.id)).or_default();
        let upgrade = upgrades.get(judged.finding.fingerprint.as_str());
        suite.add_finding(judged, upgrade);
    }
    for judged in text::gaps_worst_first(&report.verdict) {
        let suite = suites.entry(room(judged.gap.id)).or_default();
        suite.add_gap(judged);
    }
    let properties = properties(report);
    if !properties.is_empty() {
        suites.entry("advisories").or_default().properties = properties;
    }
    let mut body = String::new();
    let mut totals = Totals::default();
    for (name, suite) in suites {
        suite.write(&mut body, name, &report.time);
        totals.add(&suite.totals());
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {}>\n{body}</testsuites>\n",
        escape(&format!("sealgate {}", text::clipped(&report.target, 200))),
        totals.attributes()
    )
}

fn room(id: &str) -> &str {
    id.split('/').next().unwrap_or(id)
}

#[derive(Default)]
struct Suite {
    cases: Vec<Case>,
    properties: Vec<(String, String)>,
}

struct Case {
    class: String,
    name: String,
    result: &'static str,
    kind: String,
    message: String,
    body: String,
}

#[derive(Default)]
struct Totals {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Totals {
    fn add(&mut self, other: &Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }

    fn attributes(&self) -> String {
        format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\"",
            self.tests, self.failures, self.errors
        )
    }
}

impl Suite {
    fn add_finding(&mut self, judged: &JudgedFinding, upgrade: Option<&String>) {
        let finding = &judged.finding;
        let place = text::place(&finding.location);
        self.cases.push(Case {
            class: finding.rule.id.to_owned(),
            name: name(finding, &place),
            result: match judged.disposition {
                Disposition::Block => "failure",
                Disposition::Inconclusive => "error",
                Disposition::Waived | Disposition::Report => "skipped",
            },
            kind: text::headline_id(finding),
            message: text::line(&finding.message),
            body: body(judged, &place, upgrade),
        });
    }

    fn add_gap(&mut self, judged: &JudgedGap) {
        let gap = &judged.gap;
        self.cases.push(Case {
            class: gap.id.to_owned(),
            name: match &gap.location {
                Some(location) => format!("not checked: {}", text::place(location)),
                None => "not checked".to_owned(),
            },
            result: match judged.disposition {
                Disposition::Block | Disposition::Inconclusive => "error",
                Disposition::Waived | Disposition::Report => "skipped",
            },
            kind: gap.id.to_owned(),
            message: text::line(&gap.message),
            body: format!("fix: {}", text::line(&gap.remedy)),
        });
    }

    fn totals(&self) -> Totals {
        let of = |result| self.cases.iter().filter(|c| c.result == result).count();
        Totals {
            tests: self.cases.len().max(1),
            failures: of("failure"),
            errors: of("error"),
            skipped: of("skipped"),
        }
    }

    fn write(&self, out: &mut String, name: &str, time: &str) {
        let totals = self.totals();
        out.push_str(&format!(
            "  <testsuite name=\"{}\" {} skipped=\"{}\" timestamp=\"{}\">\n",
            escape(name),
            totals.attributes(),
            totals.skipped,
            escape(&text::clipped(time, 40))
        ));
        if !self.properties.is_empty() {
            out.push_str("    <properties>\n");
            for (name, value) in &self.properties {
                out.push_str(&format!(
                    "      <property name=\"{}\" value=\"{}\"/>\n",
                    escape(name),
                    escape(value)
                ));
            }
            out.push_str("    </properties>\n");
        }
        if self.cases.is_empty() {
            out.push_str(&format!(
                "    <testcase classname=\"{0}\" name=\"nothing found\"/>\n",
                escape(name)
            ));
        }
        for case in &self.cases {
            out.push_str(&format!(
                "    <testcase classname=\"{}\" name=\"{}\">\n",
                escape(&case.class),
                escape(&case.name)
            ));
            // `skipped` has no `type` in the common schemas.
            let kind = if case.result == "skipped" {
                String::new()
            } else {
                format!(" type=\"{}\"", escape(&case.kind))
            };
            out.push_str(&format!(
                "      <{0} message=\"{1}\"{kind}>{2}</{0}>\n    </testcase>\n",
                case.result,
                escape(&case.message),
                escape(&case.body)
            ));
        }
        out.push_str("  </testsuite>\n");
    }
}

/// What dashboards tell cases apart by, so that two advisories about one component are two.
fn name(finding: &Finding, place: &str) -> String {
    let subject = text::subject(&finding.subject);
    match &finding.detail {
        Detail::Advisory(detail) => {
            format!("{} in {subject} at {place}", text::clipped(&detail.id, 80))
        }
        _ => format!("{subject} at {place}"),
    }
}

fn body(judged: &JudgedFinding, place: &str, upgrade: Option<&String>) -> String {
    let finding = &judged.finding;
    let mut lines = vec![
        ("severity", finding.severity.as_str().to_owned()),
        ("where", place.to_owned()),
        ("policy", text::line(&judged.reason)),
    ];
    if let Some(waiver) = &judged.waiver {
        lines.push((
            "waiver",
            format!(
                "{} until {}{}: {}",
                text::clipped(&waiver.owner, 80),
                text::clipped(&waiver.expires, 20),
                facts::soon(waiver),
                text::clipped(&waiver.reason, 200)
            ),
        ));
    }
    lines.extend(facts::facts(judged));
    lines.push(("fix", text::line(&finding.remedy)));
    lines.extend(upgrade.map(|upgrade| ("upgrade", upgrade.clone())));
    lines.push(("see", format!("sealgate explain {}", finding.rule.id)));
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.join("\n")
}

/// Database, its sources and VEX documents as properties of the advisories suite.
fn properties(report: &Report) -> Vec<(String, String)> {
    let mut properties = Vec::new();
    if let Some(database) = &report.database {
        let digest = format!("sha256:{}", text::clipped(&database.digest, 100));
        properties.push(("database".to_owned(), digest));
        for source in database.sources.iter().take(PROPERTIES) {
            properties.push((
                format!("source {}", text::clipped(&source.name, 80)),
                format!(
                    "{}, {}, used for {}",
                    text::count(source.records, "record", "records"),
                    facts::age(source, &report.time),
                    source.used_for.as_str()
                ),
            ));
        }
    }
    for document in report.vex.iter().take(PROPERTIES) {
        properties.push((
            format!("vex {}", text::clipped(&document.file, 120)),
            format!("sha256:{}", text::clipped(&document.digest, 100)),
        ));
    }
    properties
}

/// XML text and attribute values. Characters that XML 1.0 does not allow are replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' | '\t' => escaped.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
