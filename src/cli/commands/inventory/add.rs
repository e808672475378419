//! `inventory add`: SBOMs and reports into a store.

use super::show;
use crate::cli::commands::sbom;
use crate::cli::exit::{CliError, Exit};
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::inventory;
use crate::model::{ComponentKind, JsonLimits, Purl, parse_strict_json};
use crate::sbom::document::{DocComponent, MAX_BYTES};
use crate::store::{NewDocument, NewUse, Store};
use crate::support::{files, hash};
use jiff::Timestamp;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What the JSON reports of every version say of themselves.
const REPORT: &str = "sealgate/report/v1";
/// Deepest nesting of a report; reports have 9.
const MAX_DEPTH: usize = 30;
/// Most values of a report, of any type.
const MAX_VALUES: usize = 10_000_000;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate inventory add store web.cdx.json api.spdx.json
  sealgate inventory add store reports/*.json
  sealgate check . --output json=r.json && sealgate inventory add store r.json

SBOMs are CycloneDX (JSON, XML) or SPDX JSON, of any tool; reports are those of
`--output json=FILE`. All files of one call are added, or none. A file that is there
already, byte for byte, is left as it is. The store is one SQLite file.

Exit codes: 0 added, 2 usage, 3 a file cannot be read or says that it is not complete: it
is added, and what it leaves open is counted.")]
pub struct AddArgs {
    /// Directory of the store; it is made where there is none
    #[arg(value_name = "DIR")]
    pub store: PathBuf,
    /// SBOMs and JSON reports
    #[arg(value_name = "FILE", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,
}

/// Adds documents.
///
/// # Errors
/// Exit 2 for a store that cannot be made, exit 3 for a file or a store that cannot be read.
pub fn run(args: &AddArgs, settings: &Settings) -> Result<Exit, CliError> {
    let _progress = Progress::start("adding documents");
    let mut store = Store::open_or_create(&args.store)?;
    let mut incomplete = Vec::new();
    let documents = args.files.iter().map(|path| {
        let document = read(path)?;
        if document.gaps > 0 {
            incomplete.push((path, document.gaps));
        }
        Ok::<_, CliError>(document)
    });
    let added = store.add(documents, settings.now.as_second())?;
    for (path, gaps) in &incomplete {
        terminal::warning(&format!(
            "{}: {} not known; who uses what is missing in it cannot be told",
            path.display(),
            show::count(*gaps, "thing is", "things are"),
        ));
    }
    terminal::result(&format!(
        "{} added, {} there already\n",
        show::count(added.new, "document", "documents"),
        added.known
    ))?;
    Ok(match incomplete.is_empty() {
        true => Exit::Pass,
        false => Exit::Inconclusive,
    })
}

fn read(path: &Path) -> Result<NewDocument, CliError> {
    let bytes = files::read_bounded(path, MAX_BYTES as u64)
        .map_err(|error| CliError::of(Exit::Inconclusive, &error))?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    let name = name.to_string_lossy().into_owned();
    match is_report(&bytes) {
        true => of_report(path, name, &bytes),
        false => of_sbom(path, name, &bytes),
    }
}

/// Reports begin with their schema, because their keys are in a fixed order.
fn is_report(bytes: &[u8]) -> bool {
    let start = bytes.get(..200).unwrap_or(bytes);
    String::from_utf8_lossy(start).contains("sealgate/report/")
}

fn of_sbom(path: &Path, file: String, bytes: &[u8]) -> Result<NewDocument, CliError> {
    let read = crate::sbom::read(bytes).map_err(|error| sbom::in_file(path, &error))?;
    let inventory = inventory::of_sbom(&file, bytes, &read);
    let uses = inventory
        .components
        .into_iter()
        .filter(|component| component.kind == ComponentKind::Dependency)
        .map(|component| NewUse {
            scope: component.scope().as_str(),
            purl: component.purl,
            name: component.name,
            version: component.version,
        })
        .collect();
    let made_at = read.document.timestamp.as_deref();
    Ok(NewDocument {
        digest: hash::sha256(bytes).hex(),
        kind: "sbom",
        file,
        product: inventory.root.name,
        product_version: inventory.root.version,
        artifact: read.document.root.as_ref().and_then(artifact),
        made_at: made_at.and_then(seconds),
        decision: None,
        gaps: inventory.gaps.len() as u64,
        uses,
    })
}

fn artifact(root: &DocComponent) -> Option<String> {
    let mut hashes = root.hashes.iter();
    let found = hashes.find(|hash| hash.algorithm == "SHA-256")?;
    Some(found.value.to_ascii_lowercase())
}

fn seconds(text: &str) -> Option<i64> {
    Some(text.parse::<Timestamp>().ok()?.as_second())
}

#[derive(Deserialize)]
struct Report {
    schema: String,
    target: String,
    time: String,
    decision: String,
    inventory: Option<ReportInventory>,
    gaps: Vec<ReportGap>,
}

#[derive(Deserialize)]
struct ReportInventory {
    root: ReportRoot,
    purls: Vec<String>,
}

#[derive(Deserialize)]
struct ReportRoot {
    name: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct ReportGap {
    id: String,
}

fn of_report(path: &Path, file: String, bytes: &[u8]) -> Result<NewDocument, CliError> {
    let refused = |reason: String| {
        CliError::new(
            Exit::Inconclusive,
            format!(
                "{}: it is no report that can be stored: {reason}",
                path.display()
            ),
        )
        .with_hint("write reports with `--output json=FILE`, or add an SBOM")
    };
    let limits = JsonLimits {
        depth: MAX_DEPTH,
        values: MAX_VALUES,
    };
    let value = parse_strict_json(bytes, limits).map_err(|error| refused(error.to_string()))?;
    let report: Report =
        serde_json::from_value(value).map_err(|error| refused(error.to_string()))?;
    if report.schema != REPORT {
        let found = report.schema.escape_debug();
        return Err(refused(format!(
            "its shape is `{found}`, and `{REPORT}` is read"
        )));
    }
    let inventory = report
        .inventory
        .ok_or_else(|| refused("it has no inventory".to_owned()))?;
    let uses = inventory
        .purls
        .iter()
        .map(|text| {
            let purl = Purl::parse(text).map_err(|error| refused(error.to_string()))?;
            Ok(of_purl(purl))
        })
        .collect::<Result<_, CliError>>()?;
    let gaps = report.gaps.iter();
    Ok(NewDocument {
        digest: hash::sha256(bytes).hex(),
        kind: "report",
        file,
        product: match inventory.root.name.is_empty() {
            true => report.target,
            false => inventory.root.name,
        },
        product_version: inventory.root.version,
        artifact: None,
        made_at: seconds(&report.time),
        decision: Some(report.decision),
        gaps: gaps.filter(|gap| gap.id.starts_with("inventory/")).count() as u64,
        uses,
    })
}

fn of_purl(purl: Purl) -> NewUse {
    NewUse {
        name: purl.package_name(),
        version: purl.version().map(str::to_owned),
        scope: "unknown",
        purl,
    }
}
