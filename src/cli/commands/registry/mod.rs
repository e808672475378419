//! `sealgate registry`: where packages come from, alone, with all its options.

mod request;
mod snapshot;

use crate::checks::secrets::OwnRules;
use crate::cli::depth::Depth;
use crate::cli::exit::{CliError, Exit};
use crate::cli::input::Kind;
use crate::cli::judging::Reporting;
use crate::cli::pipeline::{self, Check, Request};
use crate::cli::policies;
use crate::cli::registry_answers::OnlineArgs;
use crate::cli::settings::Settings;
use std::path::PathBuf;

/// Check where packages come from alone; ask the approved registries, or keep their answers
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  sealgate registry --policy policy.toml              what the lockfiles say, offline
  sealgate registry --policy policy.toml --online     and what the approved registries say
  sealgate registry snapshot --policy policy.toml -o answers.json
  sealgate registry --policy policy.toml --snapshot answers.json
  sealgate registry request pkg:npm/left-pad@1.3.0 --policy policy.toml

Only addresses that the policy approves are contacted. Credentials come from the package
managers' own files and variables of this user, never from the tree. No answer is a gap,
never a pass.

Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 inconclusive."
)]
pub struct RegistryArgs {
    /// What else to do
    #[command(subcommand)]
    pub command: Option<RegistryCommand>,
    /// Directory, lockfile or SBOM to check
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Whether registries are asked.
    #[command(flatten)]
    pub online: OnlineArgs,
    /// Answers that `sealgate registry snapshot` has written, in the place of asking
    #[arg(long, value_name = "FILE", conflicts_with = "online")]
    pub snapshot: Option<PathBuf>,
    /// Also let the package managers' configuration in this machine's home, system and
    /// environment count. The result then depends on the machine
    #[arg(long)]
    pub client_config: bool,
    /// Treat this lockfile or directory as part of the product (repeatable)
    #[arg(long, value_name = "PATH")]
    pub include: Vec<String>,
    /// What the inventory reads beyond lockfiles and manifests.
    #[command(flatten)]
    pub depth: Depth,
    /// Policy and outputs.
    #[command(flatten)]
    pub reporting: Reporting,
}

/// The subcommands of `registry`.
#[derive(Debug, clap::Subcommand)]
pub enum RegistryCommand {
    /// Write what is known of one package, for whoever may approve it
    Request(Box<request::RequestArgs>),
    /// Ask the approved registries and write their answers to a file for later runs
    Snapshot(snapshot::SnapshotArgs),
}

/// Checks and writes every output. The exit code is the verdict's.
///
/// # Errors
/// Exit 2 for a bad path, policy, snapshot or output; exit 3 for an input that cannot be
/// read.
pub fn run(args: &RegistryArgs, settings: &Settings) -> Result<Exit, CliError> {
    match &args.command {
        Some(RegistryCommand::Request(args)) => request::run(args, settings),
        Some(RegistryCommand::Snapshot(args)) => snapshot::run(args, settings),
        None => check(args, settings),
    }
}

fn check(args: &RegistryArgs, settings: &Settings) -> Result<Exit, CliError> {
    let outputs = args.reporting.outputs()?;
    let kind = Kind::of(&args.path)?;
    let options = args.depth.options(&args.include, kind, settings)?;
    let report = pipeline::run(Request {
        path: &args.path,
        kind,
        checks: vec![Check::Registry],
        inventory: options,
        policy: policies::load(&args.reporting.policy)?,
        database: None,
        registry: args.online.source(args.snapshot.as_deref(), settings),
        about: None,
        own_rules: OwnRules::default(),
        vex: &[],
        machine: args.client_config.then(Settings::machine),
        now: settings.now,
        outputs: outputs.places(),
    })?;
    outputs.write(&report, settings)?;
    Ok(report.verdict.decision.into())
}
