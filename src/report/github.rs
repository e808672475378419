//! Workflow commands that GitHub Actions turns into annotations
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).
//! A line of output that starts with `::` is a command, so that nothing from outside may
//! start one: messages and properties are escaped.

use super::{facts, text};
use crate::model::{Decision, Disposition, JudgedFinding, Report, Severity};

/// GitHub shows at most ten annotations of each kind per step and drops the rest.
const PER_KIND: usize = 10;

/// One command per line: findings worst first, gaps that hold the verdict up, and a notice
/// of the verdict, at most ten of a kind. Where a kind has more, its last one says so.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut kinds: [(&str, Vec<String>); 3] = [
        ("error", Vec::new()),
        ("warning", Vec::new()),
        ("notice", vec![verdict(report)]),
    ];
    for judged in text::worst_first(&report.verdict) {
        let Some(kind) = kind(judged) else { continue };
        push(&mut kinds, kind, finding(kind, judged));
    }
    for judged in text::gaps_worst_first(&report.verdict) {
        let kind = match judged.disposition {
            Disposition::Block => "error",
            Disposition::Inconclusive => "warning",
            Disposition::Report | Disposition::Waived => continue,
        };
        let gap = &judged.gap;
        let message = format!(
            "Not checked: {}. Fix: {}",
            text::line(&gap.message),
            text::line(&gap.remedy)
        );
        let file = gap.location.as_ref();
        let line = command(
            kind,
            file.map(|l| (l.path.as_str(), l.line, l.column)),
            gap.id,
            &message,
        );
        push(&mut kinds, kind, line);
    }
    let mut out = String::new();
    for (kind, lines) in kinds {
        let all = lines.len();
        if all <= PER_KIND {
            out.extend(lines);
            continue;
        }
        out.extend(lines.into_iter().take(PER_KIND - 1));
        let more = all - (PER_KIND - 1);
        out.push_str(&command(
            kind,
            None,
            "sealgate",
            &format!(
                "{} more: see the JSON or SARIF report",
                text::grouped(more as u64)
            ),
        ));
    }
    out
}

fn push(kinds: &mut [(&str, Vec<String>); 3], kind: &str, line: String) {
    for (name, lines) in kinds {
        if *name == kind {
            lines.push(line);
            return;
        }
    }
}

/// Waived findings are no annotations.
fn kind(judged: &JudgedFinding) -> Option<&'static str> {
    match (judged.disposition, judged.finding.severity) {
        (Disposition::Waived, _) => None,
        (Disposition::Block, _) => Some("error"),
        (Disposition::Inconclusive, _)
        | (_, Severity::Critical | Severity::High | Severity::Medium) => Some("warning"),
        (_, Severity::Unknown | Severity::Low | Severity::Info) => Some("notice"),
    }
}

fn verdict(report: &Report) -> String {
    let word = match report.verdict.decision {
        Decision::Pass => "PASS",
        Decision::Fail => "FAIL",
        Decision::Inconclusive => "INCONCLUSIVE",
    };
    let mut message = format!(
        "{word}: {} (policy {})",
        text::line(&report.verdict.summary),
        text::clipped(&report.policy.name, 80)
    );
    if let Some(database) = &report.database {
        message.push_str(&format!(
            "\nAdvisory database: {}",
            facts::database(database, &report.time)
        ));
    }
    command("notice", None, "sealgate", &message)
}

fn finding(kind: &str, judged: &JudgedFinding) -> String {
    let finding = &judged.finding;
    let location = &finding.location;
    let mut message = format!(
        "{}\nFix: {}\n",
        text::line(&finding.message),
        text::line(&finding.remedy),
    );
    for (name, value) in facts::facts(judged) {
        message.push_str(&format!("{name}: {value}\n"));
    }
    message.push_str(&format!("See: sealgate explain {}", finding.rule.id));
    command(
        kind,
        Some((&location.path, location.line, location.column)),
        &text::headline_id(finding),
        &message,
    )
}

fn command(
    kind: &str,
    place: Option<(&str, Option<u32>, Option<u32>)>,
    title: &str,
    message: &str,
) -> String {
    let mut properties = Vec::new();
    if let Some((path, line, column)) = place {
        properties.push(format!("file={}", property(&text::clipped(path, 1_000))));
        if let Some(line) = line {
            properties.push(format!("line={line}"));
            if let Some(column) = column {
                properties.push(format!("col={column}"));
            }
        }
    }
    properties.push(format!("title={}", property(&text::clipped(title, 200))));
    format!("::{kind} {}::{}\n", properties.join(","), data(message))
}

/// Escapes a message as the toolkit's `escapeData` does.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property value as the toolkit's `escapeProperty` does.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
