//! The comparison in the frozen shape `sealgate/advisories-diff/v1`. Its JSON Schema is
//! `docs/schema/advisories-diff-v1.schema.json`. Keys are only ever added in v1.

use super::read::{ReadFinding, ReadGap, ReadReport};
use super::{Change, ChangeKind, ReportDiff};
use crate::model::terminal_safe_json;
use crate::report::text::line;
use serde::Serialize;
use std::collections::BTreeMap;

/// The shape's name and version, in the key `schema`.
pub const SCHEMA: &str = "sealgate/advisories-diff/v1";

/// The comparison as indented JSON with a line break at its end.
#[must_use]
pub fn render(diff: &ReportDiff<'_>) -> String {
    let wire = Wire {
        schema: SCHEMA,
        old: Side::of(diff.old),
        new: Side::of(diff.new),
        counts: ChangeKind::ALL
            .into_iter()
            .map(|kind| (kind.as_str(), diff.count(kind)))
            .collect(),
        unchanged: diff.unchanged,
        new_block: diff.has_new_block(),
        less_checked: diff.is_less_checked(),
        changes: diff.changes.iter().map(WireChange::of).collect(),
        new_gaps: diff.new_gaps.iter().map(|gap| WireGap::of(gap)).collect(),
        gone_gaps: diff.gone_gaps.iter().map(|gap| WireGap::of(gap)).collect(),
    };
    // Plain values and maps with string keys cannot fail to serialise.
    let json = serde_json::to_string_pretty(&wire).unwrap_or_default();
    let mut json = terminal_safe_json(json);
    json.push('\n');
    json
}

#[derive(Serialize)]
struct Wire {
    schema: &'static str,
    old: Side,
    new: Side,
    counts: BTreeMap<&'static str, usize>,
    unchanged: usize,
    new_block: bool,
    less_checked: bool,
    changes: Vec<WireChange>,
    new_gaps: Vec<WireGap>,
    gone_gaps: Vec<WireGap>,
}

#[derive(Serialize)]
struct Side {
    target: String,
    time: String,
    decision: String,
    policy: String,
    policy_digest: String,
    database_digest: Option<String>,
}

#[derive(Serialize)]
struct WireChange {
    kind: &'static str,
    why: String,
    blocks_now: bool,
    before: Option<WireFinding>,
    after: Option<WireFinding>,
}

#[derive(Serialize)]
struct WireFinding {
    id: Option<String>,
    aliases: Vec<String>,
    rule: String,
    purl: String,
    label: String,
    severity: String,
    disposition: &'static str,
    reason: String,
    message: String,
}

#[derive(Serialize)]
struct WireGap {
    id: String,
    disposition: &'static str,
    message: String,
}

impl Side {
    fn of(report: &ReadReport) -> Self {
        Self {
            target: line(&report.target),
            time: line(&report.time),
            decision: line(&report.decision),
            policy: line(&report.policy),
            policy_digest: line(&report.policy_digest),
            database_digest: report.database.as_deref().map(line),
        }
    }
}

impl WireChange {
    fn of(change: &Change<'_>) -> Self {
        Self {
            kind: change.kind.as_str(),
            why: line(&change.why),
            blocks_now: change.is_new_block(),
            before: change.before.map(WireFinding::of),
            after: change.after.map(WireFinding::of),
        }
    }
}

impl WireFinding {
    fn of(finding: &ReadFinding) -> Self {
        Self {
            id: finding.ids.first().map(|id| line(id)),
            aliases: finding.ids.iter().skip(1).map(|id| line(id)).collect(),
            rule: line(&finding.rule),
            purl: line(&finding.purl),
            label: line(&finding.label),
            severity: line(&finding.severity),
            disposition: finding.disposition.as_str(),
            reason: line(&finding.reason),
            message: line(&finding.message),
        }
    }
}

impl WireGap {
    fn of(gap: &ReadGap) -> Self {
        Self {
            id: line(&gap.id),
            disposition: gap.disposition.as_str(),
            message: line(&gap.message),
        }
    }
}
