//! Everything a report holds, in the frozen shape `sealgate/report/v1`. Its JSON Schema is
//! `docs/schema/report-v1.schema.json`. Keys are only ever added in v1.

mod advice;
mod dossier;
mod finding;
mod inventory;
mod shown;

use super::{facts, text};
use crate::model::{
    DatabaseInfo, DroppedCandidate, JudgedGap, PolicyInfo, RegistryAnswer, RegistryAsked, Report,
    SecretsScanned, ToolInfo, UnusedWaiver, VexDocumentInfo, terminal_safe_json,
};
use advice::AdviceV1;
pub use dossier::{DOSSIER_SCHEMA, render_dossier};
use finding::{FindingV1, LocationV1};
use inventory::InventoryV1;
use serde::Serialize;
use shown::{Shown, all_shown, shown};
use std::borrow::Cow;

/// The shape's name and version, in the key `schema`.
pub const SCHEMA: &str = "sealgate/report/v1";

/// The report as indented JSON with a line break at its end. Secrets are masked, addresses
/// are without credentials, and characters that could steer a terminal are escaped.
#[must_use]
pub fn render(report: &Report) -> String {
    let wire = ReportV1::of(report);
    // Maps with string keys and plain values cannot fail to serialise.
    let mut json = serde_json::to_string_pretty(&wire).unwrap_or_default();
    // Rarely is there anything to escape, and then the text need not be copied.
    if let Cow::Owned(escaped) = terminal_safe_json(&json) {
        json = escaped;
    }
    json.push('\n');
    json
}

#[derive(Serialize)]
struct ReportV1 {
    schema: &'static str,
    tool: ToolV1,
    target: Shown,
    time: Shown,
    decision: &'static str,
    summary: Shown,
    policy: PolicyV1,
    database: Option<DatabaseV1>,
    vex: Vec<VexDocumentV1>,
    inventory: Option<InventoryV1>,
    checks: Vec<&'static str>,
    registry: Option<RegistryAskedV1>,
    secrets: Option<SecretsV1>,
    findings: Vec<FindingV1>,
    gaps: Vec<GapV1>,
    waivers: Vec<WaiverV1>,
    advice: Option<AdviceV1>,
}

#[derive(Serialize)]
struct ToolV1 {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct PolicyV1 {
    name: Shown,
    source: Shown,
    digest: Shown,
}

#[derive(Serialize)]
struct DatabaseV1 {
    digest: Shown,
    sources: Vec<SourceV1>,
}

#[derive(Serialize)]
struct SourceV1 {
    name: Shown,
    records: u64,
    bad_records: u64,
    newest: Option<Shown>,
    age_days: Option<i64>,
    used_for: &'static str,
}

#[derive(Serialize)]
struct VexDocumentV1 {
    file: Shown,
    digest: Shown,
    format: &'static str,
    author: Shown,
    statements: usize,
    unusable: usize,
    accepted: bool,
}

#[derive(Serialize)]
struct SecretsV1 {
    files: u64,
    bytes: u64,
    rules: u64,
    commits: u64,
    dropped: Option<DroppedV1>,
}

#[derive(Serialize)]
struct DroppedV1 {
    listed: Vec<DroppedCandidateV1>,
    more: u64,
}

#[derive(Serialize)]
struct DroppedCandidateV1 {
    rule: &'static str,
    kind: &'static str,
    location: LocationV1,
    masked: Shown,
    why: &'static str,
}

impl SecretsV1 {
    fn of(scanned: &SecretsScanned) -> Self {
        Self {
            files: scanned.files,
            bytes: scanned.bytes,
            rules: scanned.rules,
            commits: scanned.commits,
            dropped: scanned.dropped.as_ref().map(|dropped| DroppedV1 {
                listed: dropped.listed.iter().map(DroppedCandidateV1::of).collect(),
                more: dropped.more,
            }),
        }
    }
}

impl DroppedCandidateV1 {
    fn of(drop: &DroppedCandidate) -> Self {
        Self {
            rule: drop.rule,
            kind: drop.kind,
            location: LocationV1::of(&drop.location),
            masked: shown(&drop.masked),
            why: drop.why,
        }
    }
}

#[derive(Serialize)]
struct RegistryAskedV1 {
    asked: Shown,
    snapshot: bool,
    counts: std::collections::BTreeMap<&'static str, usize>,
    components: Vec<RegistryAnswerV1>,
}

#[derive(Serialize)]
struct RegistryAnswerV1 {
    purl: Shown,
    registry: Option<Shown>,
    answers: Vec<&'static str>,
    published: Option<PublishedV1>,
}

#[derive(Serialize)]
struct PublishedV1 {
    time: Shown,
    source: &'static str,
}

#[derive(Serialize)]
struct GapV1 {
    id: &'static str,
    disposition: &'static str,
    reason: Shown,
    message: Shown,
    remedy: Shown,
    location: Option<LocationV1>,
}

#[derive(Serialize)]
struct WaiverV1 {
    id: Shown,
    owner: Shown,
    expires: Shown,
    state: &'static str,
    about: Vec<Shown>,
}

impl ReportV1 {
    fn of(report: &Report) -> Self {
        let verdict = &report.verdict;
        Self {
            schema: SCHEMA,
            tool: ToolV1::of(&report.tool),
            target: shown(&report.target),
            time: shown(&report.time),
            decision: verdict.decision.as_str(),
            summary: shown(&verdict.summary),
            policy: PolicyV1::of(&report.policy),
            database: report
                .database
                .as_ref()
                .map(|database| DatabaseV1::of(database, &report.time)),
            vex: report.vex.iter().map(VexDocumentV1::of).collect(),
            inventory: report.inventory.as_ref().map(InventoryV1::of),
            checks: report.checks.clone(),
            registry: report.registry.as_ref().map(RegistryAskedV1::of),
            secrets: report.secrets.as_ref().map(SecretsV1::of),
            findings: text::worst_first(verdict)
                .into_iter()
                .map(FindingV1::of)
                .collect(),
            gaps: text::gaps_worst_first(verdict)
                .into_iter()
                .map(GapV1::of)
                .collect(),
            waivers: verdict.waivers.iter().map(WaiverV1::of).collect(),
            advice: report.advice.as_ref().map(AdviceV1::of),
        }
    }
}

impl ToolV1 {
    fn of(tool: &ToolInfo) -> Self {
        Self {
            name: tool.name,
            version: tool.version,
        }
    }
}

impl PolicyV1 {
    fn of(policy: &PolicyInfo) -> Self {
        Self {
            name: shown(&policy.name),
            source: shown(&policy.source),
            digest: shown(&policy.digest),
        }
    }
}

impl DatabaseV1 {
    fn of(database: &DatabaseInfo, now: &str) -> Self {
        Self {
            digest: shown(&database.digest),
            sources: database
                .sources
                .iter()
                .map(|source| SourceV1 {
                    name: shown(&source.name),
                    records: source.records,
                    bad_records: source.bad_records,
                    newest: source.newest.as_deref().map(shown),
                    age_days: facts::age_days(source, now),
                    used_for: source.used_for.as_str(),
                })
                .collect(),
        }
    }
}

impl VexDocumentV1 {
    fn of(document: &VexDocumentInfo) -> Self {
        Self {
            file: shown(&document.file),
            digest: shown(&document.digest),
            format: document.format,
            author: shown(&document.author),
            statements: document.statements,
            unusable: document.unusable,
            accepted: document.accepted,
        }
    }
}

impl RegistryAskedV1 {
    fn of(asked: &RegistryAsked) -> Self {
        Self {
            asked: shown(&asked.asked),
            snapshot: asked.is_snapshot,
            counts: asked.counts(),
            components: asked.components.iter().map(RegistryAnswerV1::of).collect(),
        }
    }
}

impl RegistryAnswerV1 {
    fn of(component: &RegistryAnswer) -> Self {
        Self {
            purl: shown(component.purl.as_str()),
            registry: component.registry.as_deref().map(shown),
            answers: component.answers.clone(),
            published: component.published.as_ref().map(|published| PublishedV1 {
                time: shown(&published.time),
                source: published.source,
            }),
        }
    }
}

impl GapV1 {
    fn of(judged: &JudgedGap) -> Self {
        Self {
            id: judged.gap.id,
            disposition: judged.disposition.as_str(),
            reason: shown(&judged.reason),
            message: shown(&judged.gap.message),
            remedy: shown(&judged.gap.remedy),
            location: judged.gap.location.as_ref().map(LocationV1::of),
        }
    }
}

impl WaiverV1 {
    fn of(waiver: &UnusedWaiver) -> Self {
        Self {
            id: shown(&waiver.id),
            owner: shown(&waiver.owner),
            expires: shown(&waiver.expires),
            state: waiver.state.as_str(),
            about: all_shown(&waiver.about),
        }
    }
}
