//! For people: by kind of change, what blocks first.

use super::words;
use super::{Change, ChangeKind, ReportDiff};
use crate::model::Disposition;
use crate::report::text::{clipped, grouped};
use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();

/// Changes of one kind, and gaps, that are shown.
const LINES: usize = 50;

/// The comparison as text with colour codes, which ends with a line break.
#[must_use]
pub fn render(diff: &ReportDiff<'_>) -> String {
    let mut out = format!("old  {}\n", words::side(diff.old));
    out.push_str(&format!("new  {}\n\n", words::side(diff.new)));
    for kind in ChangeKind::ALL {
        let of_kind: Vec<&Change<'_>> = diff.changes.iter().filter(|c| c.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let heading = words::heading(kind);
        let number = grouped(of_kind.len() as u64);
        out.push_str(&format!("{BOLD}{heading}{BOLD:#} ({number})\n"));
        for change in of_kind.iter().take(LINES) {
            one(&mut out, change);
        }
        more(&mut out, of_kind.len());
        out.push('\n');
    }
    for (title, gaps) in [
        ("not checked any more", &diff.new_gaps),
        ("checked now", &diff.gone_gaps),
    ] {
        if gaps.is_empty() {
            continue;
        }
        let number = grouped(gaps.len() as u64);
        out.push_str(&format!("{BOLD}{title}{BOLD:#} ({number})\n"));
        for gap in gaps.iter().take(LINES) {
            out.push_str(&format!(
                "  {:<12} {}: {}\n",
                gap.disposition.as_str(),
                clipped(&gap.id, 80),
                clipped(&gap.message, 300)
            ));
        }
        more(&mut out, gaps.len());
        out.push('\n');
    }
    out.push_str(&words::totals(diff));
    out.push('\n');
    out
}

fn one(out: &mut String, change: &Change<'_>) {
    let Some(finding) = change.finding() else {
        return;
    };
    let word = |disposition: Disposition| disposition.as_str();
    let disposition = match (change.before, change.after) {
        (Some(before), Some(after)) if before.disposition != after.disposition => {
            format!("{} > {}", word(before.disposition), word(after.disposition))
        }
        _ => word(finding.disposition).to_owned(),
    };
    let style = match (change.kind, change.is_new_block()) {
        (_, true) => RED,
        (ChangeKind::Fixed, _) => GREEN,
        _ => Style::new(),
    };
    out.push_str(&format!(
        "  {style}{disposition:<12}{style:#} {:<8} {} {}\n    {}\n    {}\n",
        clipped(&finding.severity, 8),
        words::id(finding),
        clipped(&finding.label, 120),
        words::message(finding),
        clipped(&change.why, 400),
    ));
}

fn more(out: &mut String, number: usize) {
    let more = number.saturating_sub(LINES);
    if more > 0 {
        let more = grouped(more as u64);
        out.push_str(&format!("  ... and {more} more: use --format json\n"));
    }
}
