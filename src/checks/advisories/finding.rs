//! From a group of records to the one finding about it.

use super::groups::{Group, first_id};
use super::index::rows::RecordRows;
use super::matching::UsedVersion;
use super::record::RecordMetadata;
use super::rules;
use super::severity::{class_of, judge, ratings_of, worst_class};
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
pub(super) struct Candidate {
    pub rows: RecordRows,
    pub metadata: RecordMetadata,
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
    members: &[&Candidate],
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
    let osv_name = component.ecosystem.osv_name();
    // The record that speaks for the group: of the first id if it is here.
    let speaker = matching
        .iter()
        .find(|member| member.metadata.id == id)
        .or_else(|| {
            let first = first_id(matching.iter().map(|member| &member.metadata.id))?;
            matching.iter().find(|member| &member.metadata.id == first)
        })?;
    let class = match is_withdrawn {
        true => AdvisoryClass::Withdrawn,
        false => worst_class(
            matching
                .iter()
                .map(|member| class_of(&member.metadata, osv_name, about.name)),
        ),
    };
    let ratings: Vec<_> = deciding
        .iter()
        .flat_map(|member| ratings_of(&member.metadata, osv_name, about.name))
        .collect();
    let mut judgement = judge(ratings.into_iter());
    match class {
        // No one scores malware; an attacker's code in the build is as bad as it gets.
        AdvisoryClass::Malicious if judgement.severity == Severity::Unknown => {
            judgement.severity = Severity::Critical;
        }
        // What a withdrawn record rates does not hold.
        AdvisoryClass::Withdrawn => {
            judgement.severity = Severity::Info;
            (judgement.vector, judgement.score_tenths) = (None, None);
        }
        _ => {}
    }
    let rows: Vec<_> = matching.iter().map(|member| &member.rows).collect();
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
        Detail::Advisory(detail),
    ))
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
    let summary = match detail.summary.as_str() {
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
