//! From the report about the whole product to what it says of one package.

use crate::checks::advisories;
use crate::checks::registry::clients::Machine;
use crate::checks::registry::{self, RegistrySettings};
use crate::model::{
    Approval, Component, ComponentKind, Disposition, Dossier, Inventory, JudgedFinding, JudgedGap,
    MissingPart, Purl, RegistryAnswer, Report, Subject,
};
use crate::policy::{self, Policy};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::Path;

/// Answers of a registry that leave something open.
const OPEN_ANSWERS: [&str; 4] = [
    "age-unknown",
    "checksum-unknown",
    "not-asked",
    "unreachable",
];

/// What a dossier is made of.
pub(super) struct Gathered<'a> {
    /// What the checks said of the whole product; only the package was asked about.
    pub report: &'a Report,
    /// The package.
    pub purl: &'a Purl,
    /// The policy that judged.
    pub policy: &'a Policy,
    /// What it says of registries.
    pub registries: &'a RegistrySettings,
    /// Where the clients' configuration lies; an SBOM has none.
    pub root: Option<&'a Path>,
    /// This machine's configuration, where it counts.
    pub machine: Option<&'a Machine>,
    /// Time of the verdict.
    pub now: Timestamp,
    /// Why the package is wanted.
    pub reason: Option<&'a str>,
}

/// The dossier; `None` where the report does not have the package.
pub(super) fn dossier(gathered: &Gathered<'_>) -> Option<Dossier> {
    let Gathered { report, purl, .. } = gathered;
    let inventory = report.inventory.as_ref()?;
    let component = inventory.component(purl)?;
    let findings: Vec<JudgedFinding> = report
        .verdict
        .findings
        .iter()
        .filter(|judged| is_about(judged, purl))
        .cloned()
        .collect();
    let around = report.verdict.findings.iter();
    let around = around.filter(|judged| matches!(judged.finding.subject, Subject::File { .. }));
    let gaps: Vec<JudgedGap> = report
        .verdict
        .gaps
        .iter()
        .filter(|judged| concerns(judged, gathered.registries, component))
        .cloned()
        .collect();
    let answer = report.registry.as_ref().and_then(|asked| {
        let mut answers = asked.components.iter();
        answers.find(|answer| answer.purl == **purl).cloned()
    });
    let configured = match gathered.root {
        Some(root) => registry::configured_ways(
            root,
            inventory,
            gathered.registries,
            gathered.machine,
            component,
        ),
        None => Vec::new(),
    };
    Some(Dossier {
        tool: report.tool.clone(),
        target: report.target.clone(),
        time: report.time.clone(),
        policy: report.policy.clone(),
        configured,
        asked: report.registry.as_ref().map(|asked| asked.asked.clone()),
        reach: advisories::reach(inventory, component),
        is_direct: is_direct(inventory, purl),
        dependents: dependents(inventory, purl),
        database: report.database.clone(),
        around: around.cloned().collect(),
        missing: missing(report, component, answer.as_ref(), &gaps),
        approvers: gathered.policy.registry.approvers.clone(),
        entries: entries(gathered.policy, &findings, gathered.now),
        reason: gathered.reason.map(str::to_owned),
        component: component.clone(),
        answer,
        findings,
        gaps,
    })
}

fn is_about(judged: &JudgedFinding, wanted: &Purl) -> bool {
    match &judged.finding.subject {
        Subject::Component { purl, .. } => purl == wanted,
        Subject::File { .. } => false,
    }
}

/// The gap of ecosystems without approved registries names all of them; the others are
/// about the whole product, or about what was asked.
fn concerns(judged: &JudgedGap, registries: &RegistrySettings, component: &Component) -> bool {
    judged.gap.id != registry::rules::NO_APPROVED_REGISTRIES
        || registries.approved_for(component.ecosystem).is_empty()
}

/// Whether the product itself asks for it, or one of its own packages does: a lockfile that
/// holds the project as a package has an edge from that.
fn is_direct(inventory: &Inventory, wanted: &Purl) -> bool {
    let own = inventory.components.iter();
    let mut own = own.filter(|component| component.kind == ComponentKind::Own);
    inventory.direct.contains(wanted)
        || own.any(|own| {
            let needs = inventory.edges.get(&own.purl);
            needs.is_some_and(|needs| needs.contains(wanted))
        })
}

/// Labels of what depends on it directly, sorted.
fn dependents(inventory: &Inventory, wanted: &Purl) -> Vec<String> {
    let users = inventory
        .edges
        .iter()
        .filter(|(_, needs)| needs.contains(wanted))
        .map(|(user, _)| match inventory.component(user) {
            Some(component) => component.label(),
            None => user.to_string(),
        });
    users.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The entries for everything that keeps the verdict from passing, sorted, none twice.
fn entries(policy: &Policy, findings: &[JudgedFinding], now: Timestamp) -> Vec<Approval> {
    let open = findings
        .iter()
        .filter(|judged| {
            matches!(
                judged.disposition,
                Disposition::Block | Disposition::Inconclusive
            )
        })
        .filter_map(|judged| policy::approval(policy, &judged.finding, now));
    open.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What could not be gathered: sorted, each part with every reason.
fn missing(
    report: &Report,
    component: &Component,
    answer: Option<&RegistryAnswer>,
    gaps: &[JudgedGap],
) -> Vec<MissingPart> {
    let mut missing = BTreeSet::new();
    for judged in gaps {
        let part = match judged.gap.id.split_once('/') {
            Some(("advisories" | "vex", _)) => "advisories",
            Some(("registry", "not-asked" | "unreachable" | "checksum-unknown")) => {
                "registry answer"
            }
            Some(("registry", "age-unknown")) => "age",
            Some(("registry", _)) => "origin",
            _ => "dependents",
        };
        // What the policy only reports was to be expected; what the answer lacks was not.
        let is_open = matches!(
            judged.disposition,
            Disposition::Block | Disposition::Inconclusive
        );
        let is_answer = matches!(part, "registry answer" | "age");
        let no_origin = judged.gap.id == registry::rules::NO_APPROVED_REGISTRIES;
        let no_database = report.database.is_none() && judged.gap.id == NO_DATABASE;
        if is_open || is_answer || no_origin || no_database {
            missing.insert(MissingPart {
                part,
                why: judged.gap.message.clone(),
                remedy: judged.gap.remedy.clone(),
            });
        }
    }
    let has = |missing: &BTreeSet<MissingPart>, part: &str| missing.iter().any(|m| m.part == part);
    if report.database.is_none() && !has(&missing, "advisories") {
        missing.insert(MissingPart {
            part: "advisories",
            why: "there is no advisory database".to_owned(),
            remedy: "make one with `sealgate db update` or `sealgate db import`".to_owned(),
        });
    }
    let words = answer.map_or(&[][..], |answer| answer.answers.as_slice());
    let open: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| OPEN_ANSWERS.contains(word))
        .collect();
    if !open.is_empty() && !has(&missing, "registry answer") && !has(&missing, "age") {
        missing.insert(MissingPart {
            part: "registry answer",
            why: format!("the registry's answer leaves open: {}", open.join(", ")),
            remedy: "ask again, or look at the registry".to_owned(),
        });
    }
    let is_there = answer.is_some_and(|answer| answer.registry.is_some());
    let has_date = answer.is_some_and(|answer| answer.published.is_some());
    if is_there && !has_date && !has(&missing, "age") {
        missing.insert(MissingPart {
            part: "age",
            why: "the registry does not say when it was published".to_owned(),
            remedy: "find out the date where the package is made".to_owned(),
        });
    }
    missing.extend(unknown_facts(component));
    missing.into_iter().collect()
}

const NO_DATABASE: &str = advisories::rules::NO_DATABASE.id;

/// What nothing that was read says of the package.
fn unknown_facts(component: &Component) -> Vec<MissingPart> {
    let remedy = "install it and use --read-caches, which reads what package managers keep";
    let mut missing = Vec::new();
    if let crate::model::Licence::Unknown { reason } = &component.licence {
        missing.push(MissingPart {
            part: "licence",
            why: reason.to_string(),
            remedy: remedy.to_owned(),
        });
    }
    if component.runs_install_code.is_none() {
        missing.push(MissingPart {
            part: "install code",
            why: "nothing that was read says whether installing it runs code".to_owned(),
            remedy: remedy.to_owned(),
        });
    }
    missing
}
