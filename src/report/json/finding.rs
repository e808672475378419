//! One finding in the shape of `sealgate/report/v1`.

use super::shown::{AllShown, Shown, all_shown, shown, shown_owned, shown_purl};
use crate::model::{
    AdvisoryDetail, Approval, ConfiguredAt, Detail, GitReference, JudgedFinding, LapsedWaiver,
    Location, Origin, Reach, RegistryDetail, SecretDetail, Subject, VexJustification, VexUse,
    WaiverUse, YankDetail,
};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct FindingV1<'a> {
    rule: &'static str,
    page: String,
    title: &'static str,
    severity: &'static str,
    disposition: &'static str,
    reason: Shown<'a>,
    message: Shown<'a>,
    remedy: Shown<'a>,
    subject: SubjectV1<'a>,
    location: LocationV1<'a>,
    also_at: Vec<LocationV1<'a>>,
    excerpt: Option<Shown<'a>>,
    fingerprint: Shown<'a>,
    waiver: Option<WaiverUseV1<'a>>,
    lapsed_waivers: Vec<LapsedV1<'a>>,
    vex: Vec<VexV1<'a>>,
    approval: Option<ApprovalV1<'a>>,
    advisory: Option<AdvisoryV1<'a>>,
    yanked: Option<YankedV1<'a>>,
    registry: Option<RegistryV1<'a>>,
    secret: Option<SecretV1<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum SubjectV1<'a> {
    Component { purl: Shown<'a>, label: Shown<'a> },
    File { path: Shown<'a> },
}

#[derive(Serialize)]
pub(super) struct LocationV1<'a> {
    path: Shown<'a>,
    line: Option<u32>,
    column: Option<u32>,
}

#[derive(Serialize)]
struct WaiverUseV1<'a> {
    id: Shown<'a>,
    owner: Shown<'a>,
    reason: Shown<'a>,
    expires: Shown<'a>,
    days_left: i64,
    ends_soon: bool,
    status: &'static str,
    justification: Option<&'static str>,
}

#[derive(Serialize)]
struct LapsedV1<'a> {
    id: Shown<'a>,
    owner: Shown<'a>,
    expires: Shown<'a>,
    why: &'static str,
}

#[derive(Serialize)]
struct VexV1<'a> {
    status: &'static str,
    justification: Option<&'static str>,
    text: Option<Shown<'a>>,
    time: Option<String>,
    author: Shown<'a>,
    document: Shown<'a>,
    digest: Shown<'a>,
    accepted: bool,
    decides: bool,
}

#[derive(Serialize)]
pub(super) struct ApprovalV1<'a> {
    approvers: AllShown<'a>,
    place: &'static str,
    entry: Shown<'a>,
}

#[derive(Serialize)]
struct AdvisoryV1<'a> {
    id: Shown<'a>,
    aliases: AllShown<'a>,
    related: AllShown<'a>,
    withdrawn: AllShown<'a>,
    class: &'static str,
    summary: Shown<'a>,
    vector: Option<Shown<'a>>,
    /// Base score times ten, as an integer: no rounding differs between readers.
    score_tenths: Option<u8>,
    fixed: AllShown<'a>,
    url: Option<Shown<'a>>,
    indeterminate: bool,
    known_exploited: Option<KnownExploitedV1<'a>>,
    epss: Option<EpssV1<'a>>,
    #[serde(flatten)]
    reach: ReachV1<'a>,
}

#[derive(Serialize)]
struct KnownExploitedV1<'a> {
    date_added: Shown<'a>,
    due: Option<Shown<'a>>,
    ransomware: bool,
}

/// Hundred-thousandths, as integers: no rounding differs between readers.
#[derive(Serialize)]
struct EpssV1<'a> {
    score_e5: u32,
    percentile_e5: u32,
    date: Option<Shown<'a>>,
}

#[derive(Serialize)]
pub(super) struct ReachV1<'a> {
    scope: &'static str,
    /// A shortest path.
    introduced_by: AllShown<'a>,
    /// One through each other direct dependency.
    other_paths: Vec<AllShown<'a>>,
    more_paths: usize,
}

#[derive(Serialize)]
struct YankedV1<'a> {
    source: &'static str,
    reason: Option<Shown<'a>>,
    #[serde(flatten)]
    reach: ReachV1<'a>,
}

#[derive(Serialize)]
struct RegistryV1<'a> {
    origin: OriginV1<'a>,
    approved: AllShown<'a>,
    configuration: Vec<ConfiguredV1<'a>>,
}

#[derive(Serialize)]
pub(super) struct ConfiguredV1<'a> {
    location: LocationV1<'a>,
    says: Shown<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum OriginV1<'a> {
    Registry {
        index: Option<Shown<'a>>,
        file: Option<Shown<'a>>,
        default: bool,
    },
    ImpliedDefault,
    Git {
        url: Shown<'a>,
        reference: ReferenceV1<'a>,
        commit: Option<Shown<'a>>,
    },
    Url {
        url: Shown<'a>,
    },
    Path {
        path: Shown<'a>,
    },
    Bundled {
        inside: Shown<'a>,
    },
    Unrecorded,
}

#[derive(Serialize)]
pub(super) struct ReferenceV1<'a> {
    kind: &'static str,
    name: Option<Shown<'a>>,
}

#[derive(Serialize)]
struct SecretV1<'a> {
    provider: Shown<'a>,
    kind: Shown<'a>,
    credential: Shown<'a>,
    masked: Shown<'a>,
    confidence: &'static str,
    validity: &'static str,
    action: &'static str,
    marked: bool,
    encoding: Vec<&'static str>,
    why: Vec<&'static str>,
    introduced: Option<IntroducedV1<'a>>,
}

#[derive(Serialize)]
struct IntroducedV1<'a> {
    commit: Shown<'a>,
    author: Shown<'a>,
    time: Shown<'a>,
    in_head: bool,
}

impl<'a> FindingV1<'a> {
    pub(super) fn of(judged: &'a JudgedFinding) -> Self {
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
            page: ["docs/rules/", finding.rule.id, ".md"].concat(),
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

impl<'a> LocationV1<'a> {
    pub(super) fn of(location: &'a Location) -> Self {
        Self {
            path: shown(&location.path),
            line: location.line,
            column: location.column,
        }
    }
}

impl<'a> WaiverUseV1<'a> {
    fn of(waiver: &'a WaiverUse) -> Self {
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

impl<'a> LapsedV1<'a> {
    fn of(waiver: &'a LapsedWaiver) -> Self {
        Self {
            id: shown(&waiver.id),
            owner: shown(&waiver.owner),
            expires: shown(&waiver.expires),
            why: waiver.why.as_str(),
        }
    }
}

impl<'a> VexV1<'a> {
    fn of(used: &'a VexUse) -> Self {
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

impl<'a> ApprovalV1<'a> {
    pub(super) fn of(approval: &'a Approval) -> Self {
        Self {
            approvers: all_shown(&approval.approvers),
            place: approval.place.as_str(),
            entry: shown(&approval.entry),
        }
    }
}

impl<'a> ReachV1<'a> {
    pub(super) fn of(reach: &'a Reach) -> Self {
        let mut paths = reach.paths.iter().map(|path| all_shown(path));
        Self {
            scope: reach.scope.as_str(),
            introduced_by: paths.next().unwrap_or_default(),
            other_paths: paths.collect(),
            more_paths: reach.more_paths,
        }
    }
}

impl<'a> YankedV1<'a> {
    fn of(detail: &'a YankDetail) -> Self {
        Self {
            source: detail.source.as_str(),
            reason: detail.reason.as_deref().map(shown),
            reach: ReachV1::of(&detail.reach),
        }
    }
}

impl<'a> AdvisoryV1<'a> {
    fn of(detail: &'a AdvisoryDetail) -> Self {
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

impl<'a> RegistryV1<'a> {
    fn of(detail: &'a RegistryDetail) -> Self {
        Self {
            origin: OriginV1::of(&detail.origin),
            approved: all_shown(&detail.approved),
            configuration: detail.configuration.iter().map(ConfiguredV1::of).collect(),
        }
    }
}

impl<'a> ConfiguredV1<'a> {
    pub(super) fn of(place: &'a ConfiguredAt) -> Self {
        Self {
            location: LocationV1::of(&place.location),
            says: shown(&place.says),
        }
    }
}

impl<'a> OriginV1<'a> {
    pub(super) fn of(origin: &'a Origin) -> Self {
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

impl<'a> ReferenceV1<'a> {
    fn of(reference: &'a GitReference) -> Self {
        let (kind, name) = match reference {
            GitReference::Branch(name) => ("branch", Some(shown(name))),
            GitReference::Tag(name) => ("tag", Some(shown(name))),
            GitReference::Revision(name) => ("revision", Some(shown(name))),
            GitReference::Default => ("default", None),
        };
        Self { kind, name }
    }
}

impl<'a> SecretV1<'a> {
    fn of(detail: &'a SecretDetail) -> Self {
        Self {
            provider: shown(&detail.provider),
            kind: shown(&detail.kind),
            credential: shown(&detail.credential),
            masked: shown_owned(detail.value.masked()),
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
