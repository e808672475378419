//! The check through its public interface, on databases imported from records written
//! here.

mod advice;
mod archives;
mod classes;
mod ecosystems;
mod findings;
mod oracle;
mod sources;

use super::{Database, Paths, check_inventory, import};
use crate::model::{
    AdvisoryDetail, Availability, AvailabilitySource, Component, ComponentKind, Detail, Ecosystem,
    Finding, Inventory, Location, Occurrence, Origin, Outcome, Purl, Root, Scope,
};
use crate::support::files::write_atomic;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Writes records as `<index>.json` and imports them.
fn database(directory: &Path, records: &[Value]) -> Database {
    let from = directory.join("osv");
    std::fs::create_dir(&from).unwrap();
    for (index, record) in records.iter().enumerate() {
        write_atomic(
            &from.join(format!("{index}.json")),
            record.to_string().as_bytes(),
        )
        .unwrap();
    }
    let db = directory.join("db");
    import(&[from], &db).unwrap();
    Database::open(&db).unwrap()
}

/// A record about versions of one package below `fixed`.
fn below(id: &str, aliases: &[&str], ecosystem: &str, name: &str, fixed: &str) -> Value {
    json!({
        "id": id, "modified": "2026-01-01T00:00:00Z", "summary": format!("summary of {id}"),
        "aliases": aliases,
        "affected": [{
            "package": { "ecosystem": ecosystem, "name": name },
            "ranges": [{ "type": "ECOSYSTEM",
                         "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }],
    })
}

pub(super) fn component(ecosystem: Ecosystem, name: &str, version: Option<&str>) -> Component {
    // A purl of Julia is none without it.
    let uuid = [("uuid", "00000000-0000-4000-8000-000000000000")];
    let qualifiers = match ecosystem {
        Ecosystem::Julia => &uuid[..],
        _ => &[],
    };
    Component {
        purl: Purl::of_package(ecosystem, name, version, qualifiers).unwrap(),
        ecosystem,
        name: name.to_owned(),
        version: version.map(str::to_owned),
        kind: ComponentKind::Dependency,
        licence: crate::model::Licence::default(),
        runs_install_code: None,
        availability: Availability::Offered(AvailabilitySource::Lockfile),
        cargo: None,
        occurrences: vec![Occurrence {
            location: Location::line("lock", 7),
            origin: Origin::Unrecorded,
            checksums: Vec::new(),
            scope: Scope::Runtime,
        }],
    }
}

fn inventory(mut components: Vec<Component>) -> Inventory {
    components.sort_by(|a, b| a.purl.cmp(&b.purl));
    Inventory {
        root: Root {
            name: "product".to_owned(),
            version: Some("1.0.0".to_owned()),
        },
        direct: components.iter().map(|c| c.purl.clone()).collect(),
        components,
        edges: BTreeMap::new(),
        lockfiles: Vec::new(),
        skipped: Vec::new(),
        gaps: Vec::new(),
    }
}

fn check(database: &Database, components: Vec<Component>) -> Outcome {
    check_inventory(&Paths::of(&inventory(components)), Some(database)).unwrap()
}

fn npm(version: &str) -> Component {
    component(Ecosystem::Npm, "demo", Some(version))
}

fn detail(finding: &Finding) -> &AdvisoryDetail {
    match &finding.detail {
        Detail::Advisory(detail) => detail,
        other => panic!("{other:?}"),
    }
}

/// Each path on one line.
fn paths(finding: &Finding) -> Vec<String> {
    let reach = finding.reach().unwrap();
    reach.paths.iter().map(|path| path.join(" > ")).collect()
}

fn shown_ids(outcome: &Outcome) -> Vec<&str> {
    outcome
        .findings
        .iter()
        .map(|finding| detail(finding).id.as_str())
        .collect()
}

fn gap_ids(outcome: &Outcome) -> BTreeSet<&'static str> {
    outcome.gaps.iter().map(|gap| gap.id).collect()
}
