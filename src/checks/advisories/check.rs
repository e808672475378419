//! An inventory against the database.

use super::error::{DatabaseError, IMPORT_HINT};
use super::finding::{About, Candidate, finding_of, shown_id};
use super::groups::{RecordIds, group};
use super::index::described::{PackageKey, Place};
use super::index::read::Database;
use super::index::rows::PackageRows;
use super::matching::UsedVersion;
use super::paths::Paths;
use super::query::query;
use super::severity::class_of;
use super::signals::strongest;
use super::{rules, yanked};
use crate::model::{
    Component, ComponentKind, DatabaseInfo, Detail, Ecosystem, Finding, Gap, Inventory, Location,
    Outcome, SourceUse, terminal_safe,
};
use crate::support::both::both;
use crate::versions::Membership;
use std::collections::BTreeMap;

/// Fewer questions are answered before a second thread has begun.
const WORTH_A_THREAD: usize = 128;

/// Looks up every dependency of an inventory by ecosystem, name and version; where it
/// comes from does not matter (a git dependency may hold the same code as the published
/// one). The product's own components are not looked up.
///
/// Findings are sorted by purl, then id; there is one for each component and group of
/// records that are about the same thing, and one for each version that its registry
/// withdrew, which needs no database. Gaps are sorted.
///
/// # Errors
/// [`DatabaseError::Corrupt`] and [`DatabaseError::Read`]: a damaged database gives no
/// outcome at all, so that a missing finding is never read as a clean component.
pub fn check_inventory(
    paths: &Paths<'_>,
    database: Option<&Database>,
) -> Result<Outcome, DatabaseError> {
    let mut outcome = yanked::check(paths);
    match database {
        Some(database) => check_records(database, paths, &mut outcome)?,
        None => outcome.gaps.push(gap(
            rules::NO_DATABASE.id,
            "no component was checked against advisories: there is no database".to_owned(),
            None,
            IMPORT_HINT,
        )),
    }
    Ok(sorted(outcome))
}

fn sorted(mut outcome: Outcome) -> Outcome {
    outcome
        .findings
        .sort_by(|a, b| (&a.subject, shown_id(a)).cmp(&(&b.subject, shown_id(b))));
    outcome.gaps.sort();
    outcome.gaps.dedup();
    outcome
}

/// What can be said where the database is there and cannot be used: which versions were
/// withdrawn, and a gap. What a lookup found before it met the damage is not said, so that
/// a shorter list is never read as a complete one.
#[must_use]
pub fn check_damaged(paths: &Paths<'_>, error: &DatabaseError) -> Outcome {
    let mut outcome = yanked::check(paths);
    outcome.gaps.push(gap(
        rules::DATABASE_DAMAGED.id,
        terminal_safe(&format!(
            "no component was checked against advisories: {}",
            error.without_path()
        ))
        .into_owned(),
        None,
        rules::DATABASE_DAMAGED.remedy,
    ));
    sorted(outcome)
}

/// Root digest and sources of a database, with what each source is of use for here.
#[must_use]
pub fn database_info(database: &Database, inventory: &Inventory) -> DatabaseInfo {
    let ecosystems = inventory.fetched_ecosystems();
    let mut info = database.info();
    for source in &mut info.sources {
        source.used_for = SourceUse::of_source(&source.name, &ecosystems);
    }
    info
}

fn check_records(
    database: &Database,
    paths: &Paths<'_>,
    outcome: &mut Outcome,
) -> Result<(), DatabaseError> {
    outcome.gaps.extend(nameless_bad_records(database));
    outcome.gaps.extend(bad_signals(database));
    let ask = || questions(paths.inventory, database);
    let (asked, gaps) = match paths.inventory.components.len() < WORTH_A_THREAD {
        true => ask(),
        // Where nothing is found the graph is made for nothing, but without taking time.
        false => both(ask, || paths.prepare()).0,
    };
    outcome.gaps.extend(gaps);
    answer_all(&asked, database, paths, outcome)
}

/// What is to be asked, in the order of the index, and what cannot be.
fn questions<'a>(inventory: &'a Inventory, database: &Database) -> (Vec<Question<'a>>, Vec<Gap>) {
    let mut gaps = Vec::new();
    let mut uncovered: BTreeMap<(Ecosystem, &str), usize> = BTreeMap::new();
    let mut uncertain: BTreeMap<Ecosystem, usize> = BTreeMap::new();
    let mut asked = Vec::with_capacity(inventory.components.len());
    for component in &inventory.components {
        if component.kind == ComponentKind::Own {
            continue;
        }
        let query = query(component);
        if !database.covers(component.ecosystem) {
            let of_type = (component.ecosystem, component.purl.purl_type());
            *uncovered.entry(of_type).or_default() += 1;
        } else if !query.is_certain {
            *uncertain.entry(component.ecosystem).or_default() += 1;
        }
        if component.version.is_none() {
            gaps.push(no_version(component));
        }
        if let Some(name) = query.name {
            let place = Place::of(component.ecosystem, &name);
            let key = PackageKey {
                ecosystem: component.ecosystem,
                name,
                release: query.release,
            };
            asked.push(Question {
                place,
                component,
                key,
            });
        }
    }
    gaps.extend(uncovered.into_iter().map(not_covered));
    gaps.extend(uncertain.into_iter().map(not_certain));
    // Not the order of the inventory; what is found is sorted later.
    asked.sort_by_key(|question| question.place);
    (asked, gaps)
}

/// What the database is asked of one component.
struct Question<'a> {
    place: Place,
    component: &'a Component,
    key: PackageKey,
}

/// Asks the database, half of it from a second thread where there is enough to ask. What is
/// found does not depend on how it is divided.
fn answer_all<'a>(
    asked: &[Question<'a>],
    database: &Database,
    paths: &Paths<'a>,
    outcome: &mut Outcome,
) -> Result<(), DatabaseError> {
    if asked.len() < WORTH_A_THREAD {
        outcome.add(answer(asked, database, paths)?);
        return Ok(());
    }
    let (front, back) = asked.split_at(asked.len() / 2);
    let (front, back) = both(
        || answer(front, database, paths),
        || answer(back, database, paths),
    );
    outcome.add(front?);
    outcome.add(back?);
    Ok(())
}

/// Asks about components in the order of their places.
fn answer<'a>(
    asked: &[Question<'a>],
    database: &Database,
    paths: &Paths<'a>,
) -> Result<Outcome, DatabaseError> {
    let mut outcome = Outcome::default();
    let mut cursor = database.cursor();
    for Question {
        place,
        component,
        key,
    } in asked
    {
        let package = cursor.lookup(*place, &key.name, key.release.as_deref())?;
        if let Some(place) = package.bad.first() {
            outcome.gaps.push(bad_record(component, place));
        }
        let findings = check_component(component, key, package, database, paths)?;
        outcome.findings.extend(findings);
    }
    Ok(outcome)
}

fn no_version(component: &Component) -> Gap {
    gap(
        rules::NO_VERSION.id,
        format!(
            "`{}` has no version, so no advisory could be matched",
            terminal_safe(&component.name)
        ),
        first_location(component),
        rules::NO_VERSION.remedy,
    )
}

fn bad_record(component: &Component, place: &str) -> Gap {
    gap(
        rules::BAD_RECORD.id,
        format!(
            "an advisory about `{}` could not be read: {}",
            terminal_safe(&component.name),
            terminal_safe(place)
        ),
        first_location(component),
        rules::BAD_RECORD.remedy,
    )
}

fn not_covered(((ecosystem, purl_type), components): ((Ecosystem, &str), usize)) -> Gap {
    // No database of advisories has records about these.
    let (what, remedy) = match ecosystem {
        Ecosystem::Generic => (
            format!("packages of the type {}", terminal_safe(purl_type)),
            "check them by other means, or let the policy say that the gap does not count"
                .to_owned(),
        ),
        known => (
            known.osv_name().to_owned(),
            format!(
                "import the OSV records of {} as well: `sealgate db import --from DIR …` names \
                 all sources at once",
                known.osv_name()
            ),
        ),
    };
    let were = match components {
        1 => "component was",
        _ => "components were",
    };
    let message = format!(
        "the advisory database has no records about {what}: {components} {were} not checked"
    );
    gap(rules::ECOSYSTEM_NOT_COVERED.id, message, None, &remedy)
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
            if components == 1 {
                "URL does"
            } else {
                "URLs do"
            },
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

pub(super) fn gap(
    id: &'static str,
    message: String,
    location: Option<Location>,
    remedy: &str,
) -> Gap {
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

fn check_component<'a>(
    component: &'a Component,
    key: &PackageKey,
    package: PackageRows,
    database: &Database,
    paths: &Paths<'a>,
) -> Result<Vec<Finding>, DatabaseError> {
    let Some(version) = component
        .version
        .as_ref()
        .filter(|_| !package.records.is_empty())
    else {
        return Ok(Vec::new());
    };
    let used = UsedVersion::read(component.ecosystem, version);
    let memberships = package.records.iter().map(|r| used.membership(r));
    let memberships: Vec<Membership> = memberships.collect();
    if memberships.iter().all(|m| *m == Membership::NotAffected) {
        return Ok(Vec::new());
    }
    // Records that are not about this version still say which ids belong together.
    let described = database.describe(key, package)?;
    let records = described.records.iter().zip(&described.metadata);
    let candidates: Vec<_> = records
        .zip(memberships)
        .map(|((rows, metadata), membership)| Candidate {
            rows,
            metadata,
            membership,
        })
        .collect();
    let osv_name = component.ecosystem.osv_name();
    let ids: Vec<_> = candidates
        .iter()
        .map(|candidate| {
            let class = class_of(candidate.metadata, osv_name, &key.name);
            RecordIds::of(candidate.metadata, candidate.rows.withdrawn, class)
        })
        .collect();
    let about = About {
        component,
        name: &key.name,
        used: &used,
    };
    let reach = paths.reach(component);
    let mut findings = Vec::new();
    for group in group(&ids) {
        let members: Vec<_> = group
            .members
            .iter()
            .filter_map(|i| candidates.get(*i))
            .collect();
        if let Some(mut finding) = finding_of(&about, &group, &members, &reach) {
            if let Detail::Advisory(detail) = &mut finding.detail {
                (detail.known_exploited, detail.exploit_score) =
                    strongest(database, group.ids.iter())?;
            }
            findings.push(finding);
        }
    }
    Ok(findings)
}
