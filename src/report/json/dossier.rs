//! A request for one package in the frozen shape `sealgate/registry-request/v1`. Its JSON
//! Schema is `docs/schema/registry-request-v1.schema.json`. Keys are only ever added in v1.

use super::finding::{ApprovalV1, ConfiguredV1, FindingV1, LocationV1, OriginV1, ReachV1};
use super::layout::indented;
use super::shown::{AllShown, Shown, all_shown, shown, shown_owned, shown_purl};
use super::{DatabaseV1, GapV1, PolicyV1, RegistryAnswerV1, ToolV1};
use crate::model::{
    Availability, Clients, Component, Dossier, MissingPart, Occurrence, terminal_safe_json,
};
use crate::report::dossier::checksum;
use serde::Serialize;

/// The shape's name and version, in the key `schema`.
pub const DOSSIER_SCHEMA: &str = "sealgate/registry-request/v1";

/// The dossier as indented JSON with a line break at its end, made harmless as
/// [`super::render`] does it.
#[must_use]
pub fn render_dossier(dossier: &Dossier) -> String {
    let wire = DossierV1::of(dossier);
    let json = indented(&wire, 0);
    let mut json = terminal_safe_json(json);
    json.push('\n');
    json
}

#[derive(Serialize)]
struct DossierV1<'a> {
    schema: &'static str,
    tool: ToolV1,
    target: Shown<'a>,
    time: Shown<'a>,
    policy: PolicyV1<'a>,
    package: PackageV1<'a>,
    reason: Option<Shown<'a>>,
    approvers: AllShown<'a>,
    missing: Vec<MissingV1<'a>>,
    places: Vec<PlaceV1<'a>>,
    configured: Vec<ClientsV1<'a>>,
    asked: Option<Shown<'a>>,
    answer: Option<RegistryAnswerV1<'a>>,
    database: Option<DatabaseV1<'a>>,
    findings: Vec<FindingV1<'a>>,
    around: Vec<FindingV1<'a>>,
    gaps: Vec<GapV1<'a>>,
    direct: bool,
    dependents: AllShown<'a>,
    #[serde(flatten)]
    reach: ReachV1<'a>,
    entries: Vec<ApprovalV1<'a>>,
}

#[derive(Serialize)]
struct PackageV1<'a> {
    purl: Shown<'a>,
    ecosystem: &'static str,
    name: Shown<'a>,
    version: Option<Shown<'a>>,
    licence: Option<Shown<'a>>,
    licence_source: Option<&'static str>,
    runs_install_code: Option<bool>,
    availability: AvailabilityV1<'a>,
}

#[derive(Serialize)]
struct AvailabilityV1<'a> {
    state: &'static str,
    source: Option<&'static str>,
    text: Option<Shown<'a>>,
}

#[derive(Serialize)]
struct MissingV1<'a> {
    part: &'static str,
    why: Shown<'a>,
    remedy: Shown<'a>,
}

#[derive(Serialize)]
struct PlaceV1<'a> {
    location: LocationV1<'a>,
    origin: OriginV1<'a>,
    checksums: Vec<Shown<'a>>,
    scope: &'static str,
}

#[derive(Serialize)]
struct ClientsV1<'a> {
    lockfile: LocationV1<'a>,
    client: Shown<'a>,
    takes_from: AllShown<'a>,
    places: Vec<ConfiguredV1<'a>>,
}

impl<'a> DossierV1<'a> {
    fn of(dossier: &'a Dossier) -> Self {
        Self {
            schema: DOSSIER_SCHEMA,
            tool: ToolV1::of(&dossier.tool),
            target: shown(&dossier.target),
            time: shown(&dossier.time),
            policy: PolicyV1::of(&dossier.policy),
            package: PackageV1::of(&dossier.component),
            reason: dossier.reason.as_deref().map(shown),
            approvers: all_shown(&dossier.approvers),
            missing: dossier.missing.iter().map(MissingV1::of).collect(),
            places: dossier
                .component
                .occurrences
                .iter()
                .map(PlaceV1::of)
                .collect(),
            configured: dossier.configured.iter().map(ClientsV1::of).collect(),
            asked: dossier.asked.as_deref().map(shown),
            answer: dossier.answer.as_ref().map(RegistryAnswerV1::of),
            database: dossier
                .database
                .as_ref()
                .map(|database| DatabaseV1::of(database, &dossier.time)),
            findings: dossier.findings.iter().map(FindingV1::of).collect(),
            around: dossier.around.iter().map(FindingV1::of).collect(),
            gaps: dossier.gaps.iter().map(GapV1::of).collect(),
            direct: dossier.is_direct,
            dependents: all_shown(&dossier.dependents),
            reach: ReachV1::of(&dossier.reach),
            entries: dossier.entries.iter().map(ApprovalV1::of).collect(),
        }
    }
}

impl<'a> PackageV1<'a> {
    fn of(component: &'a Component) -> Self {
        Self {
            purl: shown_purl(&component.purl),
            ecosystem: component.ecosystem.purl_type(),
            name: shown(&component.name),
            version: component.version.as_deref().map(shown),
            licence: component.licence.text().map(shown),
            licence_source: component.licence.source().map(|source| source.as_str()),
            runs_install_code: component.runs_install_code,
            availability: AvailabilityV1::of(&component.availability),
        }
    }
}

impl<'a> AvailabilityV1<'a> {
    fn of(availability: &'a Availability) -> Self {
        let (state, source, text) = match availability {
            Availability::Unknown => ("unknown", None, None),
            Availability::Offered(source) => ("offered", Some(source), None),
            Availability::Withdrawn { source, reason } => {
                ("withdrawn", Some(source), reason.as_deref())
            }
            Availability::Abandoned { source, instead } => {
                ("abandoned", Some(source), instead.as_deref())
            }
        };
        Self {
            state,
            source: source.map(|source| source.as_str()),
            text: text.map(shown),
        }
    }
}

impl<'a> MissingV1<'a> {
    fn of(missing: &'a MissingPart) -> Self {
        Self {
            part: missing.part,
            why: shown(&missing.why),
            remedy: shown(&missing.remedy),
        }
    }
}

impl<'a> PlaceV1<'a> {
    fn of(place: &'a Occurrence) -> Self {
        Self {
            location: LocationV1::of(&place.location),
            origin: OriginV1::of(&place.origin),
            checksums: place
                .checksums
                .iter()
                .map(|one| shown_owned(checksum(one)))
                .collect(),
            scope: place.scope.as_str(),
        }
    }
}

impl<'a> ClientsV1<'a> {
    fn of(way: &'a Clients) -> Self {
        Self {
            lockfile: LocationV1::of(&way.lockfile),
            client: shown(&way.client),
            takes_from: all_shown(&way.takes_from),
            places: way.places.iter().map(ConfiguredV1::of).collect(),
        }
    }
}
