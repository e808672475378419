//! `inventory rescan`: everything in the store against today's advisories.

use super::{Shape, StoreArgs, show};
use crate::checks::advisories::{self, Paths};
use crate::cli::database::{Opened, Wanted};
use crate::cli::exit::{CliError, Exit};
use crate::cli::progress::Progress;
use crate::cli::settings::{Settings, parse_time};
use crate::cli::terminal;
use crate::model::{
    AdvisoryClass, Availability, Component, ComponentKind, Detail, Ecosystem, Finding, Gap,
    Inventory, Licence, Location, Occurrence, Origin, Purl, Root, Scope, Subject, terminal_safe,
};
use crate::store::{NewlyAffected, Release, Store};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate inventory rescan --store store
  sealgate inventory rescan --store store --since 2026-11-01T00:00:00Z --format json
  sealgate --db /mnt/advisories inventory rescan --store store

The store remembers when an advisory was first seen to affect a release, so that a later
scan tells what is new. A build is newly affected if it, or that knowledge, came at or
after --since. Withdrawn records do not count.

Exit codes: 0 no build is newly affected, 1 some are, 2 usage, 3 part of it could not be
checked (no database, an ecosystem without advisories, a version that cannot be compared).")]
pub struct RescanArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Tell what is known since this time, and not only since this scan
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t = Shape::Human)]
    format: Shape,
}

/// Scans.
///
/// # Errors
/// Exit 2 for a bad time and where there is no store; exit 3 where the store or the database
/// cannot be used.
pub fn run(args: &RescanArgs, settings: &Settings) -> Result<Exit, CliError> {
    let now = settings.now.as_second();
    let since = match &args.since {
        Some(text) => parse_time("--since", text)?.as_second(),
        None => now,
    };
    let mut store = Store::open_to_write(&args.store.store)?;
    let _progress = Progress::start("checking every release of the store");
    let database = match Wanted::current(settings.database()?).open()? {
        Opened::Open(database) => database,
        Opened::Damaged(error) => return Err(CliError::of(Exit::Inconclusive, &error)),
        Opened::Missing => {
            return Err(CliError::new(
                Exit::Inconclusive,
                "there is no advisory database, so nothing was checked",
            )
            .with_hint("import one with `sealgate db import --from DIR`, or name it with --db"));
        }
    };
    let releases = store.all_releases()?;
    let (inventory, unknown) = inventory(&releases);
    let outcome = advisories::check_inventory(&Paths::of(&inventory), Some(&database))
        .map_err(|error| CliError::of(Exit::Inconclusive, &error))?;
    let numbers: BTreeMap<&Purl, i64> = releases.iter().map(|r| (&r.purl, r.id)).collect();
    let affected: Vec<(i64, String, String)> = outcome
        .findings
        .iter()
        .filter_map(|finding| affected(finding, &numbers))
        .collect();
    store.set_affected(&affected, now)?;
    let newly = store.newly_affected(since)?;
    let (documents, incomplete) = store.count()?;
    let scan = Scan {
        documents,
        releases: releases.len(),
        database: database.digest().hex(),
        since,
        gaps: gaps(outcome.gaps, &unknown, documents, incomplete),
        newly,
    };
    terminal::result(&match args.format {
        Shape::Human => scan.human(),
        Shape::Json => scan.json(),
    })?;
    Ok(match (scan.newly.is_empty(), scan.gaps.is_empty()) {
        (false, _) => Exit::Fail,
        (true, false) => Exit::Inconclusive,
        (true, true) => Exit::Pass,
    })
}

/// Every release as a component of one inventory, and the purl types that have none.
fn inventory(releases: &[Release]) -> (Inventory, BTreeSet<&str>) {
    let mut unknown = BTreeSet::new();
    let mut components = Vec::new();
    for release in releases {
        match Ecosystem::from_purl_type(release.purl.purl_type()) {
            Some(ecosystem) => components.push(component(release, ecosystem)),
            None => {
                unknown.insert(release.purl.purl_type());
            }
        }
    }
    components.sort_by(|a, b| a.purl.cmp(&b.purl));
    let inventory = Inventory {
        root: Root {
            name: "store".to_owned(),
            version: None,
        },
        direct: components.iter().map(|c| c.purl.clone()).collect(),
        components,
        edges: BTreeMap::new(),
        lockfiles: Vec::new(),
        skipped: Vec::new(),
        gaps: Vec::new(),
    };
    (inventory, unknown)
}

fn component(release: &Release, ecosystem: Ecosystem) -> Component {
    Component {
        purl: release.purl.clone(),
        ecosystem,
        name: release.name.clone(),
        version: release.version.clone(),
        kind: ComponentKind::Dependency,
        licence: Licence::default(),
        runs_install_code: None,
        availability: Availability::Unknown,
        cargo: None,
        occurrences: vec![Occurrence {
            location: Location::file("store"),
            origin: Origin::Unrecorded,
            checksums: Vec::new(),
            scope: Scope::Unknown,
        }],
    }
}

/// The release of a finding, with advisory and severity.
fn affected(finding: &Finding, numbers: &BTreeMap<&Purl, i64>) -> Option<(i64, String, String)> {
    let (Detail::Advisory(detail), Subject::Component { purl, .. }) =
        (&finding.detail, &finding.subject)
    else {
        return None;
    };
    if detail.class == AdvisoryClass::Withdrawn {
        return None;
    }
    let severity = finding.severity.as_str().to_owned();
    Some((*numbers.get(purl)?, detail.id.clone(), severity))
}

fn gaps(
    of_the_check: Vec<Gap>,
    unknown: &BTreeSet<&str>,
    documents: i64,
    incomplete: i64,
) -> Vec<String> {
    // Whether versions were withdrawn is no question of advisories, and no document says it.
    let mut gaps: Vec<String> = of_the_check
        .into_iter()
        .filter(|gap| gap.id != advisories::rules::YANK_DATA_ABSENT.id)
        .map(|gap| format!("{}: {}", gap.id, gap.message))
        .collect();
    for purl_type in unknown {
        gaps.push(format!(
            "no advisories are known for packages of the type `{purl_type}`"
        ));
    }
    if documents == 0 {
        gaps.push("the store has no document".to_owned());
    }
    if incomplete > 0 {
        let number = incomplete.unsigned_abs();
        let which = show::count(number, "document is", "documents are");
        gaps.push(format!(
            "{which} not complete: what is missing there was not checked"
        ));
    }
    gaps
}

struct Scan {
    documents: i64,
    releases: usize,
    database: String,
    since: i64,
    gaps: Vec<String>,
    newly: Vec<NewlyAffected>,
}

impl Scan {
    fn human(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        for found in &self.newly {
            let _ = writeln!(
                text,
                "{}  {}  {}  {}  since {}",
                terminal_safe(&found.advisory),
                found.severity,
                terminal_safe(&found.purl),
                show::document(&found.document),
                show::time(found.since),
            );
        }
        for gap in &self.gaps {
            let _ = writeln!(text, "not checked: {}", terminal_safe(gap));
        }
        let builds: BTreeSet<&str> = self
            .newly
            .iter()
            .map(|f| f.document.digest.as_str())
            .collect();
        let _ = writeln!(
            text,
            "{} newly affected since {}; {} in {} checked against sha256:{}",
            show::count(builds.len() as u64, "document is", "documents are"),
            show::time(self.since),
            show::count(self.releases as u64, "release", "releases"),
            show::count(self.documents.unsigned_abs(), "document", "documents"),
            self.database,
        );
        text
    }

    fn json(&self) -> String {
        let newly: Vec<Value> = self
            .newly
            .iter()
            .map(|found| {
                json!({
                    "advisory": found.advisory,
                    "severity": found.severity,
                    "purl": found.purl,
                    "since": show::time(found.since),
                    "document": show::document_json(&found.document),
                })
            })
            .collect();
        show::json_text(&json!({
            "schema": "sealgate/rescan/v1",
            "since": show::time(self.since),
            "database": self.database,
            "documents": self.documents,
            "releases": self.releases,
            "newly_affected": newly,
            "gaps": self.gaps,
        }))
    }
}
