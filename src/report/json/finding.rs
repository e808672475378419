//! One finding in the shape of `sealgate/report/v1`.

use super::shown::{Shown, all_shown, shown, shown_purl};
use crate::model::{
    AdvisoryDetail, Approval, ConfiguredAt, Detail, GitReference, JudgedFinding, LapsedWaiver,
    Location, Origin, Reach, RegistryDetail, SecretDetail, Subject, VexJustification, VexUse,
    WaiverUse, YankDetail,
};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct FindingV1 {
    rule: &'static str,
    page: String,
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
    lapsed_waivers: Vec<LapsedV1>,
    vex: Vec<VexV1>,
    approval: Option<ApprovalV1>,
    advisory: Option<AdvisoryV1>,
    yanked: Option<YankedV1>,
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
pub(super) struct LocationV1 {
    path: Shown,
    line: Option<u32>,
    column: Option<u32>,
}

#[derive(Serialize)]
struct WaiverUseV1 {
    id: Shown,
    owner: Shown,
    reason: Shown,
    expires: Shown,
    days_left: i64,
    ends_soon: bool,
    status: &'static str,
    justification: Option<&'static str>,
}

#[derive(Serialize)]
struct LapsedV1 {
    id: Shown,
    owner: Shown,
    expires: Shown,
    why: &'static str,
}

#[derive(Serialize)]
struct VexV1 {
    status: &'static str,
    justification: Option<&'static str>,
    text: Option<Shown>,
    time: Option<String>,
    author: Shown,
    document: Shown,
    digest: Shown,
    accepted: bool,
    decides: bool,
}

#[derive(Serialize)]
pub(super) struct ApprovalV1 {
    approvers: Vec<Shown>,
    place: &'static str,
    entry: Shown,
}

#[derive(Serialize)]
struct AdvisoryV1 {
    id: Shown,
    aliases: Vec<Shown>,
    related: Vec<Shown>,
    withdrawn: Vec<Shown>,
    class: &'static str,
    summary: Shown,
    vector: Option<Shown>,
    /// Base score times ten, as an integer: no rounding differs between readers.
    score_tenths: Option<u8>,
    fixed: Vec<Shown>,
    url: Option<Shown>,
    indeterminate: bool,
    known_exploited: Option<KnownExploitedV1>,
    epss: Option<EpssV1>,
    #[serde(flatten)]
    reach: ReachV1,
}

#[derive(Serialize)]
struct KnownExploitedV1 {
    date_added: Shown,
    due: Option<Shown>,
    ransomware: bool,
}

/// Hundred-thousandths, as integers: no rounding differs between readers.
#[derive(Serialize)]
struct EpssV1 {
    score_e5: u32,
    percentile_e5: u32,
    date: Option<Shown>,
}

#[derive(Serialize)]
pub(super) struct ReachV1 {
    scope: &'static str,
    /// A shortest path.
    introduced_by: Vec<Shown>,
    /// One through each other direct dependency.
    other_paths: Vec<Vec<Shown>>,
    more_paths: usize,
}

#[derive(Serialize)]
struct YankedV1 {
    source: &'static str,
    reason: Option<Shown>,
    #[serde(flatten)]
    reach: ReachV1,
}

#[derive(Serialize)]
struct RegistryV1 {
    origin: OriginV1,
    approved: Vec<Shown>,
    configuration: Vec<ConfiguredV1>,
}

#[derive(Serialize)]
pub(super) struct ConfiguredV1 {
    location: LocationV1,
    says: Shown,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum OriginV1 {
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
pub(super) struct ReferenceV1 {
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
    marked: bool,
    encoding: Vec<&'static str>,
    why: Vec<&'static str>,
    introduced: Option<IntroducedV1>,
}

#[derive(Serialize)]
struct IntroducedV1 {
    commit: Shown,
    author: Shown,
    time: Shown,
    in_head: bool,
}

impl FindingV1 {
    pub(super) fn of(judged: &JudgedFinding) -> Self {
        let finding = &judged.finding;
        let (mut advisory, mut yanked, mut registry, mut secret) = (None, None, None, None);
        match &finding.detail {
            Detail::Advisory(detail) => advisory = Some(AdvisoryV1::of(detail)),
            Detail::Yanked(detail) => yanked = Some(YankedV1::of(detail)),
            Detail::Registry(detail) => registry = Some(RegistryV1::of(detail)),
            Detail::Secret(detail) => secret = Some(SecretV1::of(detail)),
        }
        Self {
            rule: finding.rule.id,
            page: format!("docs/rules/{}.md", finding.rule.id),
            title: finding.rule.title,
            severity: finding.severity.as_str(),
            disposition: judged.disposition.as_str(),
            reason: shown(&judged.reason),
            message: shown(&finding.message),
            remedy: shown(&finding.remedy),
            subject: match &finding.subject {
                Subject::Component { purl, label } => SubjectV1::Component {
                    purl: shown_purl(purl),
                    label: shown(label),
                },
                Subject::File { path } => SubjectV1::File { path: shown(path) },
            },
            location: LocationV1::of(&finding.location),
            also_at: finding.also_at.iter().map(LocationV1::of).collect(),
            excerpt: finding.excerpt.as_deref().map(shown),
            fingerprint: shown(&finding.fingerprint),
            waiver: judged.waiver.as_ref().map(WaiverUseV1::of),
            lapsed_waivers: judged.lapsed.iter().map(LapsedV1::of).collect(),
            vex: judged.vex.iter().map(VexV1::of).collect(),
            approval: judged.approval.as_ref().map(ApprovalV1::of),
            advisory,
            yanked,
            registry,
            secret,
        }
    }
}

impl LocationV1 {
    pub(super) fn of(location: &Location) -> Self {
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
            id: shown(&waiver.id),
            owner: shown(&waiver.owner),
            reason: shown(&waiver.reason),
            expires: shown(&waiver.expires),
            days_left: waiver.days_left,
            ends_soon: waiver.ends_soon,
            status: waiver.status.as_str(),
            justification: waiver.justification.map(VexJustification::as_str),
        }
    }
}

impl LapsedV1 {
    fn of(waiver: &LapsedWaiver) -> Self {
        Self {
            id: shown(&waiver.id),
            owner: shown(&waiver.owner),
            expires: shown(&waiver.expires),
            why: waiver.why.as_str(),
        }
    }
}

impl VexV1 {
    fn of(used: &VexUse) -> Self {
        let statement = &used.statement;
        Self {
            status: statement.status.as_str(),
            justification: statement.justification.map(VexJustification::as_str),
            text: statement.text.as_deref().map(shown),
            time: statement.time.map(|time| time.to_string()),
            author: shown(&statement.author),
            document: shown(&statement.document),
            digest: shown(&statement.digest),
            accepted: used.accepted,
            decides: used.decides,
        }
    }
}

impl ApprovalV1 {
    pub(super) fn of(approval: &Approval) -> Self {
        Self {
            approvers: all_shown(&approval.approvers),
            place: approval.place.as_str(),
            entry: shown(&approval.entry),
        }
    }
}

impl ReachV1 {
    pub(super) fn of(reach: &Reach) -> Self {
        let mut paths = reach.paths.iter().map(|path| all_shown(path));
        Self {
            scope: reach.scope.as_str(),
            introduced_by: paths.next().unwrap_or_default(),
            other_paths: paths.collect(),
            more_paths: reach.more_paths,
        }
    }
}

impl YankedV1 {
    fn of(detail: &YankDetail) -> Self {
        Self {
            source: detail.source.as_str(),
            reason: detail.reason.as_deref().map(shown),
            reach: ReachV1::of(&detail.reach),
        }
    }
}

impl AdvisoryV1 {
    fn of(detail: &AdvisoryDetail) -> Self {
        Self {
            id: shown(&detail.id),
            aliases: all_shown(&detail.aliases),
            related: all_shown(&detail.related),
            withdrawn: all_shown(&detail.withdrawn),
            class: detail.class.as_str(),
            summary: shown(&detail.summary),
            vector: detail.vector.as_deref().map(shown),
            score_tenths: detail.score_tenths,
            fixed: all_shown(&detail.fixed),
            url: detail.url.as_deref().map(shown),
            indeterminate: detail.indeterminate,
            known_exploited: detail
                .known_exploited
                .as_ref()
                .map(|known| KnownExploitedV1 {
                    date_added: shown(&known.date_added),
                    due: known.due.as_deref().map(shown),
                    ransomware: known.ransomware,
                }),
            epss: detail.exploit_score.as_ref().map(|score| EpssV1 {
                score_e5: score.score_e5,
                percentile_e5: score.percentile_e5,
                date: score.date.as_deref().map(shown),
            }),
            reach: ReachV1::of(&detail.reach),
        }
    }
}

impl RegistryV1 {
    fn of(detail: &RegistryDetail) -> Self {
        Self {
            origin: OriginV1::of(&detail.origin),
            approved: all_shown(&detail.approved),
            configuration: detail.configuration.iter().map(ConfiguredV1::of).collect(),
        }
    }
}

impl ConfiguredV1 {
    pub(super) fn of(place: &ConfiguredAt) -> Self {
        Self {
            location: LocationV1::of(&place.location),
            says: shown(&place.says),
        }
    }
}

impl OriginV1 {
    pub(super) fn of(origin: &Origin) -> Self {
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
            marked: detail.marked,
            encoding: detail.encoding.clone(),
            why: detail.why.clone(),
            introduced: detail.introduced.as_ref().map(|by| IntroducedV1 {
                commit: shown(&by.commit),
                author: shown(&by.author),
                time: shown(&by.time),
                in_head: by.in_head,
            }),
        }
    }
}
