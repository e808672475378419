//! From a group of records to the one finding about it.

use super::groups::{Group, first_id};
use super::index::rows::RecordRows;
use super::matching::UsedVersion;
use super::record::RecordMetadata;
use super::rules;
use super::severity::{Judgement, class_of, judge, ratings_of, worst_class};
use crate::model::{
    AdvisoryClass, AdvisoryDetail, Component, Detail, Finding, Location, Reach, Rule, Severity,
    Subject, terminal_safe,
};
use crate::support::hash::sha256;
use crate::versions::Membership;
use std::collections::BTreeSet;

/// What is looked up.
pub(super) struct About<'a, 'u> {
    pub component: &'a Component,
    /// Normalised.
    pub name: &'u str,
    pub used: &'u UsedVersion,
}

/// One record of the package, with what it says about the version in use.
pub(super) struct Candidate<'d> {
    pub rows: &'d RecordRows,
    pub metadata: &'d RecordMetadata,
    pub membership: Membership,
}

/// The id that a finding shows first.
pub(super) fn shown_id(finding: &Finding) -> &str {
    match &finding.detail {
        Detail::Advisory(detail) => &detail.id,
        Detail::Yanked(_) | Detail::Registry(_) | Detail::Secret(_) => "",
    }
}

/// The finding of a group; `None` where the records that decide are not about the version.
/// Withdrawn records decide only where the group has no others.
pub(super) fn finding_of(
    about: &About<'_, '_>,
    group: &Group,
    members: &[&Candidate<'_>],
    reach: &Reach,
) -> Option<Finding> {
    let (component, used) = (about.component, about.used);
    let is_withdrawn = members.iter().all(|member| member.rows.withdrawn);
    let deciding: Vec<_> = members
        .iter()
        .copied()
        .filter(|member| member.rows.withdrawn == is_withdrawn)
        .collect();
    let matching: Vec<_> = deciding
        .iter()
        .copied()
        .filter(|member| member.membership != Membership::NotAffected)
        .collect();
    let indeterminate = !matching
        .iter()
        .any(|member| member.membership == Membership::Affected);
    let id = match is_withdrawn {
        true => first_id(group.withdrawn.iter()),
        false => first_id(group.ids.difference(&group.withdrawn)),
    }?
    .clone();
    // The record that speaks for the group: of the first id if it is here.
    let speaker = matching
        .iter()
        .find(|member| member.metadata.id == id)
        .or_else(|| {
            let first = first_id(matching.iter().map(|member| &member.metadata.id))?;
            matching.iter().find(|member| &member.metadata.id == first)
        })?;
    let (class, judgement) = class_and_judgement(about, &deciding, &matching);
    let rows: Vec<_> = matching.iter().map(|member| member.rows).collect();
    let fixed = used.fixes(&rows);
    let remedy = remedy(class, component, used, &fixed);
    let detail = AdvisoryDetail {
        aliases: group
            .ids
            .iter()
            .filter(|other| **other != id)
            .cloned()
            .collect(),
        related: group.related.iter().cloned().collect(),
        withdrawn: group.withdrawn.iter().cloned().collect(),
        class,
        summary: terminal_safe(&speaker.metadata.summary).into_owned(),
        vector: judgement.vector,
        score_tenths: judgement.score_tenths,
        fixed,
        url: speaker.metadata.url.clone(),
        indeterminate,
        known_exploited: None,
        exploit_score: None,
        reach: reach.clone(),
        id,
    };
    Some(component_finding(
        rules::rule_of(class),
        component,
        judgement.severity,
        &detail.id.clone(),
        message(component, &detail),
        remedy,
        Detail::Advisory(Box::new(detail)),
    ))
}

/// The class by the records that are about the version, the severity by all that decide.
fn class_and_judgement(
    about: &About<'_, '_>,
    deciding: &[&Candidate<'_>],
    matching: &[&Candidate<'_>],
) -> (AdvisoryClass, Judgement) {
    let osv_name = about.component.ecosystem.osv_name();
    let ratings: Vec<_> = deciding
        .iter()
        .flat_map(|member| ratings_of(member.metadata, osv_name, about.name))
        .collect();
    let mut judgement = judge(ratings.into_iter());
    if matching.iter().any(|member| member.rows.withdrawn) {
        // What a withdrawn record rates does not hold.
        judgement = Judgement {
            severity: Severity::Info,
            vector: None,
            score_tenths: None,
        };
        return (AdvisoryClass::Withdrawn, judgement);
    }
    let class = worst_class(
        matching
            .iter()
            .map(|member| class_of(member.metadata, osv_name, about.name)),
    );
    if class == AdvisoryClass::Malicious && judgement.severity == Severity::Unknown {
        // No one scores malware; an attacker's code in the build is as bad as it gets.
        judgement.severity = Severity::Critical;
    }
    (class, judgement)
}

/// A finding about a component at all its places. `key` tells findings of one rule about
/// one component apart.
pub(super) fn component_finding(
    rule: &'static Rule,
    component: &Component,
    severity: Severity,
    key: &str,
    message: String,
    remedy: String,
    detail: Detail,
) -> Finding {
    let mut locations: BTreeSet<Location> = component
        .occurrences
        .iter()
        .map(|occurrence| occurrence.location.clone())
        .collect();
    let location = locations
        .pop_first()
        .unwrap_or_else(|| Location::file(String::new()));
    let key = [rule.id, key, component.purl.as_str()].join("\0");
    let mut fingerprint = sha256(key.as_bytes()).hex();
    fingerprint.truncate(32);
    Finding {
        rule,
        severity,
        message,
        remedy,
        subject: Subject::Component {
            purl: component.purl.clone(),
            label: component.label(),
        },
        location,
        also_at: locations.into_iter().collect(),
        excerpt: None,
        fingerprint,
        detail,
    }
}

fn message(component: &Component, detail: &AdvisoryDetail) -> String {
    let label = component.label();
    let verb = match (detail.indeterminate, detail.class) {
        (_, AdvisoryClass::Withdrawn) => "was meant by the withdrawn",
        (false, AdvisoryClass::Vulnerability) => "is affected by",
        (true, AdvisoryClass::Vulnerability) => "may be affected by",
        (false, AdvisoryClass::Malicious) => "is malicious:",
        (true, AdvisoryClass::Malicious) => "may be malicious:",
        (false, AdvisoryClass::Unmaintained) => "is unmaintained:",
        (false, AdvisoryClass::Unsound) => "is unsound:",
        (false, AdvisoryClass::Notice) => "has a notice:",
        (true, _) => "may be meant by",
    };
    // Some databases begin each summary with the id.
    let own = format!("{}: ", detail.id);
    let summary = detail.summary.strip_prefix(&own).unwrap_or(&detail.summary);
    let summary = match summary {
        "" => String::new(),
        summary => format!(": {summary}"),
    };
    terminal_safe(&format!("`{label}` {verb} {}{summary}", detail.id)).into_owned()
}

fn remedy(
    class: AdvisoryClass,
    component: &Component,
    used: &UsedVersion,
    fixed: &[String],
) -> String {
    let name = &component.name;
    let text = match (class, used.advised(fixed)) {
        (AdvisoryClass::Withdrawn, _) => {
            "nothing: its source took the record back; drop waivers that name it".to_owned()
        }
        (AdvisoryClass::Malicious, _) => format!(
            "remove `{name}`, and treat the machines and secrets that it could reach as compromised"
        ),
        (_, Some((fix, true))) => format!("upgrade `{name}` to {fix}"),
        (_, Some((fix, false))) => format!(
            "upgrade `{name}` to {fix}; it is not compatible with the version in use, so expect changes"
        ),
        (AdvisoryClass::Unmaintained, None) => {
            format!("no fixed version: replace `{name}` by a maintained package")
        }
        (AdvisoryClass::Notice, None) => format!("read the notice about `{name}` and decide"),
        (AdvisoryClass::Vulnerability | AdvisoryClass::Unsound, None) => format!(
            "no fixed version: replace `{name}`, avoid the affected part, or waive with a reason \
             and an end"
        ),
    };
    terminal_safe(&text).into_owned()
}
