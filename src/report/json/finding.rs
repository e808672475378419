//! A finding in the frozen shape.

use super::{Shown, all_shown, shown};
use crate::model::{
    AdvisoryDetail, Detail, GitReference, JudgedFinding, Location, Origin, RegistryDetail,
    SecretDetail, Subject, WaiverUse,
};
use crate::report::text;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct FindingV1 {
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
pub(super) enum SubjectV1 {
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
pub(super) struct WaiverUseV1 {
    owner: Shown,
    reason: Shown,
    expires: Shown,
    days_left: i64,
}

#[derive(Serialize)]
pub(super) struct AdvisoryV1 {
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
pub(super) struct RegistryV1 {
    origin: OriginV1,
    approved: Vec<Shown>,
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
pub(super) struct SecretV1 {
    provider: Shown,
    kind: Shown,
    credential: Shown,
    masked: Shown,
    confidence: &'static str,
    validity: &'static str,
    action: &'static str,
}

impl FindingV1 {
    pub(super) fn of(judged: &JudgedFinding) -> Self {
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
    pub(super) fn of(location: &Location) -> Self {
        Self {
            path: shown(&location.path),
            line: location.line,
            column: location.column,
        }
    }
}

impl WaiverUseV1 {
    pub(super) fn of(waiver: &WaiverUse) -> Self {
        Self {
            owner: shown(&waiver.owner),
            reason: shown(&waiver.reason),
            expires: shown(&waiver.expires),
            days_left: waiver.days_left,
        }
    }
}

impl AdvisoryV1 {
    pub(super) fn of(detail: &AdvisoryDetail) -> Self {
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
    pub(super) fn of(detail: &RegistryDetail) -> Self {
        Self {
            origin: OriginV1::of(&detail.origin),
            approved: all_shown(&detail.approved),
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
    pub(super) fn of(reference: &GitReference) -> Self {
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
    pub(super) fn of(detail: &SecretDetail) -> Self {
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
