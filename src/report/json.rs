//! Everything a report holds, in the frozen shape `sealgate/report/v1`. Its JSON Schema is
//! `docs/schema/report-v1.schema.json`. Keys are only ever added in v1.

mod advice;
mod dossier;
mod finding;
mod inventory;
mod layout;
mod shown;

use super::{facts, text};
use crate::model::{
    DatabaseInfo, DroppedCandidate, JudgedFinding, JudgedGap, PolicyInfo, RegistryAnswer,
    RegistryAsked, Report, SecretsScanned, ToolInfo, UnusedWaiver, VexDocumentInfo,
    terminal_safe_json,
};
use advice::AdviceV1;
pub use dossier::{DOSSIER_SCHEMA, render_dossier};
use finding::{FindingV1, LocationV1};
use inventory::InventoryV1;
use layout::indented;
use serde::Serialize;
use shown::{AllShown, Each, Shown, all_shown, shown};

/// The shape's name and version, in the key `schema`.
pub const SCHEMA: &str = "sealgate/report/v1";

/// The report as indented JSON with a line break at its end. Secrets are masked, addresses
/// are without credentials, and characters that could steer a terminal are escaped.
#[must_use]
pub fn render(report: &Report) -> String {
    let json = indented(&ReportV1::of(report), room(report));
    let mut json = terminal_safe_json(json);
    json.push('\n');
    json
}

/// Bytes that the report will mostly need: growing the text would copy it, and pages of it
/// that stay unused cost nothing.
fn room(report: &Report) -> usize {
    let components = report.inventory.as_ref().map_or(0, |i| i.components.len());
    let items = report.verdict.findings.len() + report.verdict.gaps.len();
    16 * 1024 + 64 * components + 2560 * items
}

#[derive(Serialize)]
struct ReportV1<'a> {
    schema: &'static str,
    tool: ToolV1,
    target: Shown<'a>,
    time: Shown<'a>,
    decision: &'static str,
    summary: Shown<'a>,
    policy: PolicyV1<'a>,
    database: Option<DatabaseV1<'a>>,
    vex: Vec<VexDocumentV1<'a>>,
    inventory: Option<InventoryV1<'a>>,
    checks: Vec<&'static str>,
    registry: Option<RegistryAskedV1<'a>>,
    secrets: Option<SecretsV1<'a>>,
    findings: Each<'a, JudgedFinding, FindingV1<'a>>,
    gaps: Vec<GapV1<'a>>,
    waivers: Vec<WaiverV1<'a>>,
    advice: Option<AdviceV1<'a>>,
}

#[derive(Serialize)]
struct ToolV1 {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct PolicyV1<'a> {
    name: Shown<'a>,
    source: Shown<'a>,
    digest: Shown<'a>,
}

#[derive(Serialize)]
struct DatabaseV1<'a> {
    digest: Shown<'a>,
    sources: Vec<SourceV1<'a>>,
}

#[derive(Serialize)]
struct SourceV1<'a> {
    name: Shown<'a>,
    records: u64,
    bad_records: u64,
    newest: Option<Shown<'a>>,
    age_days: Option<i64>,
    used_for: &'static str,
}

#[derive(Serialize)]
struct VexDocumentV1<'a> {
    file: Shown<'a>,
    digest: Shown<'a>,
    format: &'static str,
    author: Shown<'a>,
    statements: usize,
    unusable: usize,
    accepted: bool,
}

#[derive(Serialize)]
struct SecretsV1<'a> {
    files: u64,
    bytes: u64,
    rules: u64,
    commits: u64,
    dropped: Option<DroppedV1<'a>>,
}

#[derive(Serialize)]
struct DroppedV1<'a> {
    listed: Vec<DroppedCandidateV1<'a>>,
    more: u64,
}

#[derive(Serialize)]
struct DroppedCandidateV1<'a> {
    rule: &'static str,
    kind: &'static str,
    location: LocationV1<'a>,
    masked: Shown<'a>,
    why: &'static str,
}

impl<'a> SecretsV1<'a> {
    fn of(scanned: &'a SecretsScanned) -> Self {
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

impl<'a> DroppedCandidateV1<'a> {
    fn of(drop: &'a DroppedCandidate) -> Self {
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
struct RegistryAskedV1<'a> {
    asked: Shown<'a>,
    snapshot: bool,
    counts: std::collections::BTreeMap<&'static str, usize>,
    components: Vec<RegistryAnswerV1<'a>>,
}

#[derive(Serialize)]
struct RegistryAnswerV1<'a> {
    purl: Shown<'a>,
    registry: Option<Shown<'a>>,
    answers: Vec<&'static str>,
    published: Option<PublishedV1<'a>>,
}

#[derive(Serialize)]
struct PublishedV1<'a> {
    time: Shown<'a>,
    source: &'static str,
}

#[derive(Serialize)]
struct GapV1<'a> {
    id: &'static str,
    disposition: &'static str,
    reason: Shown<'a>,
    message: Shown<'a>,
    remedy: Shown<'a>,
    location: Option<LocationV1<'a>>,
}

#[derive(Serialize)]
struct WaiverV1<'a> {
    id: Shown<'a>,
    owner: Shown<'a>,
    expires: Shown<'a>,
    state: &'static str,
    about: AllShown<'a>,
}

impl<'a> ReportV1<'a> {
    fn of(report: &'a Report) -> Self {
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
            findings: Each::of(text::worst_first(verdict), FindingV1::of),
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

impl<'a> PolicyV1<'a> {
    fn of(policy: &'a PolicyInfo) -> Self {
        Self {
            name: shown(&policy.name),
            source: shown(&policy.source),
            digest: shown(&policy.digest),
        }
    }
}

impl<'a> DatabaseV1<'a> {
    fn of(database: &'a DatabaseInfo, now: &str) -> Self {
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

impl<'a> VexDocumentV1<'a> {
    fn of(document: &'a VexDocumentInfo) -> Self {
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

impl<'a> RegistryAskedV1<'a> {
    fn of(asked: &'a RegistryAsked) -> Self {
        Self {
            asked: shown(&asked.asked),
            snapshot: asked.is_snapshot,
            counts: asked.counts(),
            components: asked.components.iter().map(RegistryAnswerV1::of).collect(),
        }
    }
}

impl<'a> RegistryAnswerV1<'a> {
    fn of(component: &'a RegistryAnswer) -> Self {
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

impl<'a> GapV1<'a> {
    fn of(judged: &'a JudgedGap) -> Self {
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

impl<'a> WaiverV1<'a> {
    fn of(waiver: &'a UnusedWaiver) -> Self {
        Self {
            id: shown(&waiver.id),
            owner: shown(&waiver.owner),
            expires: shown(&waiver.expires),
            state: waiver.state.as_str(),
            about: all_shown(&waiver.about),
        }
    }
}
