//! Everything a report holds, in the frozen shape `sealgate/report/v1`. Its JSON Schema is
//! `docs/schema/report-v1.schema.json`. Keys are only ever added in v1.

use super::text;
use crate::model::{
    AdvisoryDetail, DatabaseInfo, Detail, GitReference, Inventory, JudgedFinding, JudgedGap,
    Location, Origin, RegistryDetail, Report, SecretDetail, Subject, UnusedWaiver, WaiverUse,
    fold_url_credentials, terminal_safe_json,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The shape's name and version, in the key `schema`.
pub const SCHEMA: &str = "sealgate/report/v1";

/// The report as indented JSON with a line break at its end. Secrets are masked, addresses
/// are without credentials, and characters that could steer a terminal are escaped.
#[must_use]
pub fn render(report: &Report) -> String {
    let wire = ReportV1::of(report);
    // Maps with string keys and plain values cannot fail to serialise.
    let json = serde_json::to_string_pretty(&wire).unwrap_or_default();
    let mut json = terminal_safe_json(&json).into_owned();
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
    inventory: Option<InventoryV1>,
    checks: Vec<&'static str>,
    secrets: Option<SecretsV1>,
    findings: Vec<FindingV1>,
    gaps: Vec<GapV1>,
    waivers: Vec<WaiverV1>,
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
}

#[derive(Serialize)]
struct InventoryV1 {
    root: RootV1,
    components: usize,
    by_ecosystem: BTreeMap<&'static str, u64>,
    lockfiles: Vec<LockfileV1>,
    skipped: Vec<SkippedV1>,
}

#[derive(Serialize)]
struct RootV1 {
    name: Shown,
    version: Option<Shown>,
}

#[derive(Serialize)]
struct LockfileV1 {
    path: Shown,
    format: &'static str,
    packages: usize,
    has_graph: bool,
    digest: Shown,
}

#[derive(Serialize)]
struct SkippedV1 {
    path: Shown,
    reason: Shown,
}

#[derive(Serialize)]
struct SecretsV1 {
    files: u64,
    bytes: u64,
    rules: u64,
}

#[derive(Serialize)]
struct FindingV1 {
    rule: &'static str,
    title: &'static str,
    severity: &'static str,
    disposition: &'static str,
    reason: Shown,
    message: Shown,
    remedy: Shown,
    subject: SubjectV1,
    location: LocationV1,
    also_at: Vec<LocationV1>,
    excerpt: Option<Shown>,
    fingerprint: Shown,
    waiver: Option<WaiverUseV1>,
    advisory: Option<AdvisoryV1>,
    registry: Option<RegistryV1>,
    secret: Option<SecretV1>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum SubjectV1 {
    Component { purl: Shown, label: Shown },
    File { path: Shown },
}

#[derive(Serialize)]
struct LocationV1 {
    path: Shown,
    line: Option<u32>,
    column: Option<u32>,
}

#[derive(Serialize)]
struct WaiverUseV1 {
    owner: Shown,
    reason: Shown,
    expires: Shown,
    days_left: i64,
}

#[derive(Serialize)]
struct AdvisoryV1 {
    id: Shown,
    aliases: Vec<Shown>,
    related: Vec<Shown>,
    class: &'static str,
    summary: Shown,
    vector: Option<Shown>,
    /// Base score times ten, as an integer: no rounding differs between readers.
    score_tenths: Option<u8>,
    fixed: Vec<Shown>,
    url: Option<Shown>,
    indeterminate: bool,
    introduced_by: Vec<Shown>,
}

#[derive(Serialize)]
struct RegistryV1 {
    origin: OriginV1,
    approved: Vec<Shown>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OriginV1 {
    Registry {
        index: Option<Shown>,
        file: Option<Shown>,
        default: bool,
    },
    ImpliedDefault,
    Git {
        url: Shown,
        reference: ReferenceV1,
        commit: Option<Shown>,
    },
    Url {
        url: Shown,
    },
    Path {
        path: Shown,
    },
    Bundled {
        inside: Shown,
    },
    Unrecorded,
}

#[derive(Serialize)]
struct ReferenceV1 {
    kind: &'static str,
    name: Option<Shown>,
}

#[derive(Serialize)]
struct SecretV1 {
    provider: Shown,
    kind: Shown,
    credential: Shown,
    masked: Shown,
    confidence: &'static str,
    validity: &'static str,
    action: &'static str,
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
}

/// Text from outside: addresses in it are without credentials. The only way to make one
/// folds them, so that no field can be forgotten.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown(String);

fn shown(text: &str) -> Shown {
    Shown(fold_url_credentials(text).into_owned())
}

fn all_shown(list: &[String]) -> Vec<Shown> {
    list.iter().map(|text| shown(text)).collect()
}

impl ReportV1 {
    fn of(report: &Report) -> Self {
        let verdict = &report.verdict;
        Self {
            schema: SCHEMA,
            tool: ToolV1 {
                name: report.tool.name,
                version: report.tool.version,
            },
            target: shown(&report.target),
            time: shown(&report.time),
            decision: verdict.decision.as_str(),
            summary: shown(&verdict.summary),
            policy: PolicyV1 {
                name: shown(&report.policy.name),
                source: shown(&report.policy.source),
                digest: shown(&report.policy.digest),
            },
            database: report.database.as_ref().map(DatabaseV1::of),
            inventory: report.inventory.as_ref().map(InventoryV1::of),
            checks: report.checks.clone(),
            secrets: report.secrets.map(|scanned| SecretsV1 {
                files: scanned.files,
                bytes: scanned.bytes,
                rules: scanned.rules,
            }),
            findings: text::worst_first(verdict)
                .into_iter()
                .map(FindingV1::of)
                .collect(),
            gaps: text::gaps_worst_first(verdict)
                .into_iter()
                .map(GapV1::of)
                .collect(),
            waivers: verdict.waivers.iter().map(WaiverV1::of).collect(),
        }
    }
}

impl DatabaseV1 {
    fn of(database: &DatabaseInfo) -> Self {
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
                })
                .collect(),
        }
    }
}

impl InventoryV1 {
    fn of(inventory: &Inventory) -> Self {
        let mut by_ecosystem: BTreeMap<&'static str, u64> = BTreeMap::new();
        for component in &inventory.components {
            *by_ecosystem
                .entry(component.ecosystem.purl_type())
                .or_default() += 1;
        }
        Self {
            root: RootV1 {
                name: shown(&inventory.root.name),
                version: inventory.root.version.as_deref().map(shown),
            },
            components: inventory.components.len(),
            by_ecosystem,
            lockfiles: inventory
                .lockfiles
                .iter()
                .map(|lock| LockfileV1 {
                    path: shown(&lock.path),
                    format: lock.format,
                    packages: lock.packages,
                    has_graph: lock.has_graph,
                    digest: shown(&lock.digest.to_string()),
                })
                .collect(),
            skipped: inventory
                .skipped
                .iter()
                .map(|skipped| SkippedV1 {
                    path: shown(&skipped.path),
                    reason: shown(&skipped.reason),
                })
                .collect(),
        }
    }
}

impl FindingV1 {
    fn of(judged: &JudgedFinding) -> Self {
        let finding = &judged.finding;
        let (mut advisory, mut registry, mut secret) = (None, None, None);
        match &finding.detail {
            Detail::Advisory(detail) => advisory = Some(AdvisoryV1::of(detail)),
            Detail::Registry(detail) => registry = Some(RegistryV1::of(detail)),
            Detail::Secret(detail) => secret = Some(SecretV1::of(detail)),
        }
        Self {
            rule: finding.rule.id,
            title: finding.rule.title,
            severity: finding.severity.as_str(),
            disposition: judged.disposition.as_str(),
            reason: shown(&judged.reason),
            message: shown(&finding.message),
            remedy: shown(&finding.remedy),
            subject: match &finding.subject {
                Subject::Component { purl, label } => SubjectV1::Component {
                    purl: Shown(text::purl(purl)),
                    label: shown(label),
                },
                Subject::File { path } => SubjectV1::File { path: shown(path) },
            },
            location: LocationV1::of(&finding.location),
            also_at: finding.also_at.iter().map(LocationV1::of).collect(),
            excerpt: finding.excerpt.as_deref().map(shown),
            fingerprint: shown(&finding.fingerprint),
            waiver: judged.waiver.as_ref().map(WaiverUseV1::of),
            advisory,
            registry,
            secret,
        }
    }
}

impl LocationV1 {
    fn of(location: &Location) -> Self {
        Self {
            path: shown(&location.path),
            line: location.line,
            column: location.column,
        }
    }
}

impl WaiverUseV1 {
    fn of(waiver: &WaiverUse) -> Self {
        Self {
            owner: shown(&waiver.owner),
            reason: shown(&waiver.reason),
            expires: shown(&waiver.expires),
            days_left: waiver.days_left,
        }
    }
}

impl AdvisoryV1 {
    fn of(detail: &AdvisoryDetail) -> Self {
        Self {
            id: shown(&detail.id),
            aliases: all_shown(&detail.aliases),
            related: all_shown(&detail.related),
            class: detail.class.as_str(),
            summary: shown(&detail.summary),
            vector: detail.vector.as_deref().map(shown),
            score_tenths: detail.score_tenths,
            fixed: all_shown(&detail.fixed),
            url: detail.url.as_deref().map(shown),
            indeterminate: detail.indeterminate,
            introduced_by: all_shown(&detail.introduced_by),
        }
    }
}

impl RegistryV1 {
    fn of(detail: &RegistryDetail) -> Self {
        Self {
            origin: OriginV1::of(&detail.origin),
            approved: all_shown(&detail.approved),
        }
    }
}

impl OriginV1 {
    fn of(origin: &Origin) -> Self {
        match origin {
            Origin::Registry {
                index,
                file,
                default,
            } => Self::Registry {
                index: index.as_deref().map(shown),
                file: file.as_deref().map(shown),
                default: *default,
            },
            Origin::ImpliedDefault => Self::ImpliedDefault,
            Origin::Git {
                url,
                reference,
                commit,
            } => Self::Git {
                url: shown(url),
                reference: ReferenceV1::of(reference),
                commit: commit.as_deref().map(shown),
            },
            Origin::Url { url } => Self::Url { url: shown(url) },
            Origin::Path { path } => Self::Path { path: shown(path) },
            Origin::Bundled { inside } => Self::Bundled {
                inside: shown(inside),
            },
            Origin::Unrecorded => Self::Unrecorded,
        }
    }
}

impl ReferenceV1 {
    fn of(reference: &GitReference) -> Self {
        let (kind, name) = match reference {
            GitReference::Branch(name) => ("branch", Some(shown(name))),
            GitReference::Tag(name) => ("tag", Some(shown(name))),
            GitReference::Revision(name) => ("revision", Some(shown(name))),
            GitReference::Default => ("default", None),
        };
        Self { kind, name }
    }
}

impl SecretV1 {
    fn of(detail: &SecretDetail) -> Self {
        Self {
            provider: shown(&detail.provider),
            kind: shown(&detail.kind),
            credential: shown(&detail.credential),
            masked: shown(&detail.value.masked()),
            confidence: detail.confidence.as_str(),
            validity: detail.validity.as_str(),
            action: if detail.replace { "replace" } else { "rotate" },
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
        }
    }
}
