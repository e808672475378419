//! An inventory against the database.

use super::error::{DatabaseError, IMPORT_HINT};
use super::groups::{Group, RecordIds, first_id, group};
use super::index::read::Database;
use super::index::rows::{PackageRows, RecordRows};
use super::matching::UsedVersion;
use super::paths::Paths;
use super::query::query;
use super::record::RecordMetadata;
use super::rules;
use super::severity::{Judgement, class_of, judge, ratings_of, worst_class};
use crate::model::{
    AdvisoryClass, AdvisoryDetail, Component, ComponentKind, Detail, Ecosystem, Finding, Gap,
    Inventory, Location, Outcome, Severity, Subject, terminal_safe,
};
use crate::support::hash::sha256;
use crate::versions::Membership;
use std::collections::{BTreeMap, BTreeSet};

/// Looks up every dependency of an inventory by ecosystem, name and version; where it
/// comes from does not matter (a git dependency may hold the same code as the published
/// one). The product's own components are not looked up.
///
/// Findings are sorted by purl, then id; there is one for each component and group of
/// records that are about the same thing. Withdrawn records make none. Gaps are sorted.
///
/// # Errors
/// [`DatabaseError::Corrupt`] and [`DatabaseError::Read`]: a damaged database gives no
/// outcome at all, so that a missing finding is never read as a clean component.
pub fn check_inventory(
    inventory: &Inventory,
    database: Option<&Database>,
) -> Result<Outcome, DatabaseError> {
    let Some(database) = database else {
        return Ok(Outcome {
            findings: Vec::new(),
            gaps: vec![gap(
                rules::NO_DATABASE.id,
                "no component was checked against advisories: there is no database".to_owned(),
                None,
                IMPORT_HINT,
            )],
        });
    };
    let paths = Paths::of(inventory);
    let mut outcome = Outcome::default();
    outcome.gaps.extend(nameless_bad_records(database));
    outcome.gaps.extend(bad_signals(database));
    let mut uncovered: BTreeMap<Ecosystem, usize> = BTreeMap::new();
    let mut uncertain: BTreeMap<Ecosystem, usize> = BTreeMap::new();
    for component in &inventory.components {
        if component.kind == ComponentKind::Own {
            continue;
        }
        let query = query(component);
        if !database.covers(component.ecosystem) {
            *uncovered.entry(component.ecosystem).or_default() += 1;
        } else if !query.is_certain {
            *uncertain.entry(component.ecosystem).or_default() += 1;
        }
        let name = query.name.as_deref().unwrap_or_default();
        let package = match &query.name {
            Some(name) => {
                database.lookup(component.ecosystem, name, query.release.as_deref())?
            }
            None => PackageRows::default(),
        };
        if let Some(place) = package.bad.first() {
            outcome.gaps.push(gap(
                rules::BAD_RECORD.id,
                format!(
                    "an advisory about `{}` could not be read: {}",
                    terminal_safe(&component.name),
                    terminal_safe(place)
                ),
                first_location(component),
                rules::BAD_RECORD.remedy,
            ));
        }
        match &component.version {
            Some(version) => {
                let used = UsedVersion::read(component.ecosystem, version);
                let found =
                    check_component(component, name, &used, package.records, database, &paths)?;
                outcome.findings.extend(found);
            }
            None => outcome.gaps.push(gap(
                rules::NO_VERSION.id,
                format!(
                    "`{}` has no version, so no advisory could be matched",
                    terminal_safe(&component.name)
                ),
                first_location(component),
                rules::NO_VERSION.remedy,
            )),
        }
    }
    outcome.gaps.extend(uncovered.into_iter().map(not_covered));
    outcome.gaps.extend(uncertain.into_iter().map(not_certain));
    outcome.gaps.sort();
    outcome.gaps.dedup();
    Ok(outcome)
}

fn not_covered((ecosystem, components): (Ecosystem, usize)) -> Gap {
    gap(
        rules::ECOSYSTEM_NOT_COVERED.id,
        format!(
            "the advisory database has no records about {}: {components} {} not checked",
            ecosystem.osv_name(),
            if components == 1 {
                "component was"
            } else {
                "components were"
            },
        ),
        None,
        &format!(
            "import the OSV records of {} as well: `sealgate db import --from DIR …` names all \
             sources at once",
            ecosystem.osv_name()
        ),
    )
}

/// Packages of a distribution that cannot be asked for as records name them.
fn not_certain((ecosystem, components): (Ecosystem, usize)) -> Gap {
    gap(
        rules::ECOSYSTEM_NOT_COVERED.id,
        format!(
            "{components} {} of {} not checked for certain: the package {} not tell the \
             distribution and the source package",
            if components == 1 {
                "component is"
            } else {
                "components are"
            },
            ecosystem.osv_name(),
            if components == 1 { "URL does" } else { "URLs do" },
        ),
        None,
        "give package URLs with the distribution as namespace and the qualifiers `distro` and \
         `upstream`, as SBOM tools write them",
    )
}

/// A bad record that names no package may be about any of them.
fn nameless_bad_records(database: &Database) -> Option<Gap> {
    let status = database.status();
    let first = status.first_nameless_bad.as_ref()?;
    let more = match status.nameless_bad.saturating_sub(1) {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    Some(gap(
        rules::BAD_RECORD.id,
        format!(
            "an advisory could not be read and names no package: {}{more}",
            terminal_safe(first)
        ),
        None,
        rules::BAD_RECORD.remedy,
    ))
}

/// What a bad line would have said about attacks is not known of any CVE id.
fn bad_signals(database: &Database) -> Vec<Gap> {
    let status = database.status();
    let places = status.first_bad_signals.iter();
    places
        .map(|(name, place)| {
            let number = status.sources.get(name).map_or(0, |s| s.bad_records);
            gap(
                rules::BAD_RECORD.id,
                format!(
                    "{number} {} of {name} could not be read: {}",
                    if number == 1 { "entry" } else { "entries" },
                    terminal_safe(place),
                ),
                None,
                rules::BAD_RECORD.remedy,
            )
        })
        .collect()
}

fn gap(id: &'static str, message: String, location: Option<Location>, remedy: &str) -> Gap {
    Gap {
        id,
        message,
        location,
        remedy: remedy.to_owned(),
    }
}

fn first_location(component: &Component) -> Option<Location> {
    component.occurrences.first().map(|o| o.location.clone())
}

/// One record of the package, with what it says about the version in use.
struct Candidate {
    rows: RecordRows,
    metadata: RecordMetadata,
    membership: Membership,
}

fn check_component(
    component: &Component,
    name: &str,
    used: &UsedVersion,
    records: Vec<RecordRows>,
    database: &Database,
    paths: &Paths<'_>,
) -> Result<Vec<Finding>, DatabaseError> {
    let records: Vec<_> = records
        .into_iter()
        .filter(|record| !record.withdrawn)
        .map(|record| (used.membership(&record), record))
        .collect();
    if records.iter().all(|(m, _)| *m == Membership::NotAffected) {
        return Ok(Vec::new());
    }
    // Records that are not about this version still say which ids belong together.
    let mut candidates = Vec::with_capacity(records.len());
    for (membership, rows) in records {
        candidates.push(Candidate {
            metadata: database.metadata(rows.ordinal)?,
            rows,
            membership,
        });
    }
    let ids: Vec<_> = candidates
        .iter()
        .map(|candidate| RecordIds {
            own: candidate.metadata.id.clone(),
            aliases: candidate.metadata.aliases.clone(),
            related: candidate.metadata.related.clone(),
        })
        .collect();
    let mut findings: Vec<_> = group(&ids)
        .into_iter()
        .filter_map(|group| {
            let members: Vec<_> = group
                .members
                .iter()
                .filter_map(|i| candidates.get(*i))
                .collect();
            finding_of(component, name, used, &group, &members, paths)
        })
        .collect();
    findings.sort_by(|a, b| shown_id(a).cmp(shown_id(b)));
    Ok(findings)
}

/// The id that a finding shows first.
fn shown_id(finding: &Finding) -> &str {
    match &finding.detail {
        Detail::Advisory(detail) => &detail.id,
        Detail::Registry(_) | Detail::Secret(_) => "",
    }
}

fn finding_of(
    component: &Component,
    name: &str,
    used: &UsedVersion,
    group: &Group,
    members: &[&Candidate],
    paths: &Paths<'_>,
) -> Option<Finding> {
    let matching: Vec<_> = members
        .iter()
        .copied()
        .filter(|member| member.membership != Membership::NotAffected)
        .collect();
    let indeterminate = !matching
        .iter()
        .any(|member| member.membership == Membership::Affected);
    let id = first_id(group.ids.iter())?.clone();
    let osv_name = component.ecosystem.osv_name();
    // The record that speaks for the group: of the first id if it is here.
    let speaker = matching
        .iter()
        .find(|member| member.metadata.id == id)
        .or_else(|| {
            let first = first_id(matching.iter().map(|member| &member.metadata.id))?;
            matching.iter().find(|member| &member.metadata.id == first)
        })?;
    let class = worst_class(
        matching
            .iter()
            .map(|member| class_of(&member.metadata, osv_name, name)),
    );
    let mut judgement = judge(
        members
            .iter()
            .flat_map(|member| ratings_of(&member.metadata, osv_name, name))
            .collect::<Vec<_>>()
            .into_iter(),
    );
    if class == AdvisoryClass::Malicious && judgement.severity == Severity::Unknown {
        // No one scores malware; an attacker's code in the build is as bad as it gets.
        judgement.severity = Severity::Critical;
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
        class,
        summary: terminal_safe(&speaker.metadata.summary).into_owned(),
        vector: judgement.vector.clone(),
        score_tenths: judgement.score_tenths,
        fixed,
        url: speaker.metadata.url.clone(),
        indeterminate,
        introduced_by: paths.to(&component.purl),
        id,
    };
    Some(finding(component, judgement, detail, remedy))
}

fn finding(
    component: &Component,
    judgement: Judgement,
    detail: AdvisoryDetail,
    remedy: String,
) -> Finding {
    let rule = rules::rule_of(detail.class);
    let mut locations: BTreeSet<Location> = component
        .occurrences
        .iter()
        .map(|occurrence| occurrence.location.clone())
        .collect();
    let location = locations
        .pop_first()
        .unwrap_or_else(|| Location::file(String::new()));
    let key = [rule.id, &detail.id, component.purl.as_str()].join("\0");
    let mut fingerprint = sha256(key.as_bytes()).hex();
    fingerprint.truncate(32);
    Finding {
        rule,
        severity: judgement.severity,
        message: message(component, &detail),
        remedy,
        subject: Subject::Component {
            purl: component.purl.clone(),
            label: component.label(),
        },
        location,
        also_at: locations.into_iter().collect(),
        excerpt: None,
        fingerprint,
        detail: Detail::Advisory(detail),
    }
}

fn message(component: &Component, detail: &AdvisoryDetail) -> String {
    let label = component.label();
    let verb = match (detail.indeterminate, detail.class) {
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
