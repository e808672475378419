//! For a comment on a pull request: one table of changes, what blocks first.

use super::words;
use super::{Change, ChangeKind, ReportDiff};
use crate::report::markdown::escape;
use crate::report::text::{clipped, grouped};

/// Rows per table.
const ROWS: usize = 200;

/// The comparison as Markdown with a line break at its end.
#[must_use]
pub fn render(diff: &ReportDiff<'_>) -> String {
    let word = match (diff.has_new_block(), diff.is_less_checked()) {
        (true, _) => "❌ Something new blocks",
        (false, true) => "⚠️ Less was checked",
        (false, false) => "✅ Nothing new blocks",
    };
    let mut out = format!("## {word}\n\n{}\n\n", escape(&words::totals(diff)));
    out.push_str("| | |\n|---|---|\n");
    for (name, side) in [("Old", diff.old), ("New", diff.new)] {
        out.push_str(&format!("| {name} | {} |\n", escape(&words::side(side))));
    }
    if !diff.changes.is_empty() {
        out.push_str("\n| Change | Verdict | Severity | Advisory | Component | Why |\n|---|---|---|---|---|---|\n");
    }
    for kind in ChangeKind::ALL {
        let of_kind = diff.changes.iter().filter(|change| change.kind == kind);
        for change in of_kind.take(ROWS) {
            row(&mut out, change);
        }
    }
    let over = ChangeKind::ALL
        .into_iter()
        .map(|kind| diff.count(kind).saturating_sub(ROWS))
        .sum();
    left_out(&mut out, over);
    gaps(&mut out, diff);
    out
}

fn row(out: &mut String, change: &Change<'_>) {
    let Some(finding) = change.finding() else {
        return;
    };
    let verdict = match change.before {
        Some(before) if before.disposition != finding.disposition => format!(
            "{} → {}",
            before.disposition.as_str(),
            finding.disposition.as_str()
        ),
        _ => finding.disposition.as_str().to_owned(),
    };
    out.push_str(&format!(
        "| {} | {verdict} | {} | {} | {} | {} |\n",
        words::heading(change.kind),
        escape(&clipped(&finding.severity, 20)),
        escape(&words::id(finding)),
        escape(&clipped(&finding.label, 120)),
        escape(&clipped(&change.why, 300)),
    ));
}

fn gaps(out: &mut String, diff: &ReportDiff<'_>) {
    for (title, gaps) in [
        ("Not checked any more", &diff.new_gaps),
        ("Checked now", &diff.gone_gaps),
    ] {
        if gaps.is_empty() {
            continue;
        }
        out.push_str(&format!(
            "\n### {title} ({})\n\n| Effect | Gap | What |\n|---|---|---|\n",
            grouped(gaps.len() as u64)
        ));
        for gap in gaps.iter().take(ROWS) {
            out.push_str(&format!(
                "| {} | {} | {} |\n",
                gap.disposition.as_str(),
                escape(&clipped(&gap.id, 80)),
                escape(&clipped(&gap.message, 300)),
            ));
        }
        left_out(out, gaps.len().saturating_sub(ROWS));
    }
}

fn left_out(out: &mut String, more: usize) {
    if more > 0 {
        let more = grouped(more as u64);
        out.push_str(&format!("\n… and {more} more: see the JSON\n"));
    }
}
