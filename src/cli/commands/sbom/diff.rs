//! `sealgate sbom diff`: what changed between two SBOMs, and whether a binary holds what
//! its source declares.

mod input;
mod render;

use crate::cli::commands::key::ResultFormat;
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::sbom::diff::{compare, drift};
use crate::sbom::facts::Facts;
use render::{DiffPage, DriftPage, Side};
use std::path::{Path, PathBuf};

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate sbom diff old.cdx.json new.cdx.json
  sealgate sbom diff old.cdx.json .                    against the lockfiles here
  sealgate sbom diff --exit-code old.cdx.json new.spdx.json
  sealgate sbom diff --source . --binary target/release/app

Exit codes of A and B: 0, whatever differs; with --exit-code 1 if something differs, and 3
if nothing does but one side is incomplete. Of --source and --binary: 0 all that is linked
is declared, 1 something linked is not declared, 3 what is linked is not fully known.")]
pub struct DiffArgs {
    /// SBOM (CycloneDX, SPDX), project directory or binary, before
    #[arg(value_name = "A", required_unless_present = "source")]
    pub before: Option<PathBuf>,
    /// The same, after
    #[arg(value_name = "B", required_unless_present = "source")]
    pub after: Option<PathBuf>,
    /// What is declared: a project directory or an SBOM of it
    #[arg(long, value_name = "X", requires = "binary", conflicts_with_all = ["before", "after"])]
    pub source: Option<PathBuf>,
    /// What was built from it: a binary or an SBOM of it
    #[arg(long, value_name = "Y", requires = "source")]
    pub binary: Option<PathBuf>,
    /// Exit with 1 if A and B differ
    #[arg(long, conflicts_with = "source")]
    pub exit_code: bool,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

/// Compares and shows.
///
/// # Errors
/// Exit 3 for a path that cannot be read.
pub fn run(args: &DiffArgs, _settings: &Settings) -> Result<Exit, CliError> {
    match (&args.source, &args.binary, &args.before, &args.after) {
        (Some(source), Some(binary), ..) => run_drift(args.format, source, binary),
        (_, _, Some(before), Some(after)) => run_diff(args, before, after),
        _ => Err(CliError::new(
            Exit::Usage,
            "give two SBOMs, or --source and --binary",
        )),
    }
}

fn run_diff(args: &DiffArgs, before: &Path, after: &Path) -> Result<Exit, CliError> {
    let (before_facts, after_facts) = (input::read(before)?, input::read(after)?);
    let diff = compare(&before_facts, &after_facts);
    let page = DiffPage {
        before: Side::of(before, &before_facts),
        after: Side::of(after, &after_facts),
        diff: &diff,
    };
    show(args.format, &page.human(), page.json()?)?;
    warn_unread(&page.before);
    warn_unread(&page.after);
    Ok(match (args.exit_code, diff.is_empty()) {
        (false, _) => Exit::Pass,
        (true, false) => Exit::Fail,
        // What is missing on one side might be the difference.
        (true, true) if before_facts.is_incomplete() || after_facts.is_incomplete() => {
            Exit::Inconclusive
        }
        (true, true) => Exit::Pass,
    })
}

fn run_drift(format: ResultFormat, source: &Path, binary: &Path) -> Result<Exit, CliError> {
    let (source_facts, binary_facts) = (input::read(source)?, input::read(binary)?);
    let drift = drift(&source_facts, &binary_facts);
    let exit = match drift.undeclared.is_empty() {
        false => Exit::Fail,
        true if is_unsure(&binary_facts) => Exit::Inconclusive,
        true => Exit::Pass,
    };
    let page = DriftPage {
        source: Side::of(source, &source_facts),
        binary: Side::of(binary, &binary_facts),
        drift: &drift,
        exit,
    };
    show(format, &page.human(), page.json()?)?;
    warn_unread(&page.source);
    warn_unread(&page.binary);
    Ok(exit)
}

/// Whether something may be linked that is not listed. An incomplete *source* cannot hide
/// anything: what it lacks is undeclared.
fn is_unsure(binary: &Facts) -> bool {
    let others = binary.components.len() - usize::from(binary.product.is_some());
    binary.is_incomplete() || others == 0
}

fn show(format: ResultFormat, human: &str, json: String) -> Result<(), CliError> {
    match format {
        ResultFormat::Human => terminal::result(human),
        ResultFormat::Json => terminal::result(&json),
    }
}

/// Lines of stderr, so that a result on stdout stays one document.
fn warn_unread(side: &Side) {
    const SHOWN: usize = 5;
    for line in side.unread.iter().take(SHOWN) {
        terminal::warning(&format!("{}: {line}", side.name));
    }
    if let Some(more) = side
        .unread
        .len()
        .checked_sub(SHOWN)
        .filter(|more| *more > 0)
    {
        terminal::warning(&format!("{}: {more} more such places", side.name));
    }
}
