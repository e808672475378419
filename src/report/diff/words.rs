//! Words that the formats of a comparison share. Everything here is safe to show at a
//! terminal.

use super::read::{ReadFinding, ReadReport};
use super::{ChangeKind, ReportDiff};
use crate::report::text::{clipped, count, grouped, line};

/// A heading for a kind of change.
pub(super) fn heading(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "new",
        ChangeKind::Blocks => "blocks now",
        ChangeKind::WaiverExpired => "waiver expired",
        ChangeKind::Unwaived => "not waived any more",
        ChangeKind::Moved => "still there in another version",
        ChangeKind::Changed => "changed",
        ChangeKind::Waived => "newly waived",
        ChangeKind::Unblocked => "blocks no more",
        ChangeKind::Fixed => "fixed",
        ChangeKind::NotReported => "no longer reported",
    }
}

/// `shop at 2026-11-23T12:00:00Z: fail, database sha256:6e53d9bfcf214569…, policy baseline`.
pub(super) fn side(report: &ReadReport) -> String {
    let database = match &report.database {
        Some(digest) => format!("database sha256:{}", clipped(digest, 16)),
        None => "no database".to_owned(),
    };
    format!(
        "{} at {}: {}, {database}, policy {} sha256:{}",
        clipped(&report.target, 120),
        clipped(&report.time, 40),
        clipped(&report.decision, 20),
        clipped(&report.policy, 80),
        clipped(&report.policy_digest, 16),
    )
}

/// The id shown first, or the rule of a finding without one.
pub(super) fn id(finding: &ReadFinding) -> String {
    clipped(finding.ids.first().unwrap_or(&finding.rule), 120)
}

pub(super) fn message(finding: &ReadFinding) -> String {
    line(&finding.message)
}

/// `2 new (1 blocks), 1 fixed; 12 are the same`.
pub(super) fn totals(diff: &ReportDiff<'_>) -> String {
    let mut parts: Vec<String> = ChangeKind::ALL
        .into_iter()
        .map(|kind| (kind, diff.count(kind)))
        .filter(|(_, number)| *number > 0)
        .map(|(kind, number)| format!("{} {}", grouped(number as u64), heading(kind)))
        .collect();
    if parts.is_empty() {
        parts.push("nothing changed".to_owned());
    }
    let blocks = diff
        .changes
        .iter()
        .filter(|change| change.is_new_block())
        .count();
    let blocks = match blocks {
        0 => "none of it blocks that did not block before".to_owned(),
        number => format!(
            "{} that did not block before",
            count(number as u64, "finding blocks", "findings block")
        ),
    };
    format!(
        "{}; {blocks}; {} the same",
        parts.join(", "),
        grouped(diff.unchanged as u64)
    )
}
