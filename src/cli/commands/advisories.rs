//! `sealgate advisories`: the advisory check alone, of anything that says what a product is
//! made of.

pub mod diff;

use crate::checks::secrets::OwnRules;
use crate::cli::database::{self, Wanted};
use crate::cli::exit::{CliError, Exit};
use crate::cli::input::Kind;
use crate::cli::judging::Judging;
use crate::cli::pipeline::{self, Check, Request};
use crate::cli::policies;
use crate::cli::registry_answers::RegistrySource;
use crate::cli::settings::Settings;
use crate::model::Digest;
use crate::report::Format;
use std::path::PathBuf;

/// Check a project, a lockfile, an SBOM or a binary against advisories alone; compare reports
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  sealgate advisories                                 the lockfiles of this directory
  sealgate advisories web/package-lock.json           one lockfile
  sealgate advisories vendor.spdx.json --all          an SBOM, of any tool
  sealgate advisories target/release/app              a binary that records what is in it
  sealgate advisories old.cdx.json --at 2026-03-01T00:00:00Z --db-digest sha256:6e53d9bf…
  sealgate advisories diff old.json new.json

A file is taken for a lockfile by its name, for a binary by its first bytes, and for an
SBOM otherwise: CycloneDX (JSON, XML) or SPDX JSON. The same input, policy, database and
--at give the same bytes.

Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 inconclusive."
)]
pub struct AdvisoriesArgs {
    /// What else to do
    #[command(subcommand)]
    pub command: Option<AdvisoriesCommand>,
    /// Directory, lockfile, SBOM or binary to check
    #[arg(default_value = ".", value_name = "PATH|SBOM|BINARY")]
    pub path: PathBuf,
    /// Use the database with this root digest and no other, or exit 3
    #[arg(long, value_name = "sha256:…", value_parser = database::parse_digest)]
    pub db_digest: Option<Digest>,
    /// How it is judged, and where the result goes.
    #[command(flatten)]
    pub judging: Judging,
}

/// The subcommands of `advisories`.
#[derive(Debug, clap::Subcommand)]
pub enum AdvisoriesCommand {
    /// Compare two JSON reports: what is new, what is fixed, what blocks now
    Diff(diff::DiffArgs),
}

/// Checks and writes every output. The exit code is the verdict's.
///
/// # Errors
/// Exit 2 for a bad path, policy or output; exit 3 for an input or a database that cannot
/// be used.
pub fn run(args: &AdvisoriesArgs, settings: &Settings) -> Result<Exit, CliError> {
    match &args.command {
        Some(AdvisoriesCommand::Diff(args)) => diff::run(args),
        None => check(args, settings),
    }
}

fn check(args: &AdvisoriesArgs, settings: &Settings) -> Result<Exit, CliError> {
    let judging = &args.judging;
    let outputs = judging.reporting.outputs()?;
    let kind = Kind::of(&args.path)?;
    check_formats(judging, kind)?;
    let options = judging.depth.options(&judging.include, kind, settings)?;
    let directory = settings.database()?;
    let report = pipeline::run(Request {
        path: &args.path,
        kind,
        checks: vec![Check::Advisories],
        inventory: options,
        policy: policies::load(&judging.reporting.policy)?,
        database: Some(match &args.db_digest {
            Some(digest) => Wanted::exactly(directory, digest),
            None => Wanted::current(directory),
        }),
        registry: RegistrySource::Offline,
        about: None,
        own_rules: OwnRules::default(),
        vex: &judging.vex,
        machine: None,
        now: settings.now,
        outputs: outputs.places(),
    })?;
    outputs.write(&report, settings)?;
    Ok(report.verdict.decision.into())
}

/// An SBOM is not written as an SBOM again.
fn check_formats(judging: &Judging, kind: Kind) -> Result<(), CliError> {
    let mut formats = judging
        .reporting
        .output
        .iter()
        .map(|target| target.format())
        .chain([judging.reporting.format]);
    let is_sbom = |format: Format| matches!(format, Format::CyclonedxJson | Format::SpdxJson);
    if kind == Kind::Sbom && formats.any(is_sbom) {
        return Err(CliError::new(Exit::Usage, "the input is an SBOM already")
            .with_hint("write it in another format with `sealgate sbom convert`"));
    }
    Ok(())
}
