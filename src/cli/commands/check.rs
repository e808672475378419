//! `sealgate check`: one step in a build, one verdict, many outputs.

use crate::cli::database::Wanted;
use crate::cli::exit::{CliError, Exit};
use crate::cli::input::Kind;
use crate::cli::judging::Judging;
use crate::cli::pipeline::{self, Check, Request};
use crate::cli::policies;
use crate::cli::registry_answers::{OnlineArgs, RegistrySource};
use crate::cli::secret_rules;
use crate::cli::settings::Settings;
use std::mem::ManuallyDrop;
use std::path::PathBuf;

/// Check a project: SBOM, advisories, registry and secrets, one verdict
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate check                                      this directory, policy `baseline`
  sealgate check app --policy policy.toml             a policy of your own
  sealgate check --only secrets                       one check alone
  sealgate check --output sarif=out.sarif --output cyclonedx-json=sbom.json

Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 inconclusive.")]
pub struct CheckArgs {
    /// Directory to check
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Checks to run
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CHECK,…")]
    pub only: Vec<Check>,
    /// Rules for secrets of your own, beside the built-in ones: TOML of their form or a
    /// gitleaks configuration (repeatable)
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// Also let the package managers' configuration in this machine's home, system and
    /// environment count. The result then depends on the machine
    #[arg(long)]
    pub client_config: bool,
    /// Whether registries are asked.
    #[command(flatten)]
    pub online: OnlineArgs,
    /// Answers that `sealgate registry snapshot` has written, in the place of asking
    #[arg(long, value_name = "FILE", conflicts_with = "online")]
    pub registry_snapshot: Option<PathBuf>,
    /// How it is judged, and where the result goes.
    #[command(flatten)]
    pub judging: Judging,
}

/// Checks a tree and writes every output. The exit code is the verdict's.
///
/// # Errors
/// Exit 2 for a bad path, policy or output.
pub fn run(args: &CheckArgs, settings: &Settings) -> Result<Exit, CliError> {
    let outputs = args.judging.reporting.outputs()?;
    let mut checks = args.only.clone();
    if checks.is_empty() {
        checks = Check::ALL.to_vec();
    }
    checks.sort();
    checks.dedup();
    if !args.judging.vex.is_empty() && !checks.contains(&Check::Advisories) {
        return Err(CliError::new(
            Exit::Usage,
            "--vex: statements are about advisories, and --only leaves them out",
        )
        .with_hint("add `advisories` to --only"));
    }
    if !args.rules.is_empty() && !checks.contains(&Check::Secrets) {
        return Err(CliError::new(
            Exit::Usage,
            "--rules: the rules are about secrets, and --only leaves them out",
        )
        .with_hint("add `secrets` to --only"));
    }
    let registry = args
        .online
        .source(args.registry_snapshot.as_deref(), settings);
    if !matches!(registry, RegistrySource::Offline) && !checks.contains(&Check::Registry) {
        return Err(CliError::new(
            Exit::Usage,
            "--online and --registry-snapshot are about registries, and --only leaves them out",
        )
        .with_hint("add `registry` to --only"));
    }
    let judging = &args.judging;
    let options = judging
        .depth
        .options(&judging.include, Kind::Tree, settings)?;
    let database = match checks.contains(&Check::Advisories) {
        true => Some(Wanted::current(settings.database()?)),
        false => None,
    };
    // The process ends soon: taking all of it apart piece by piece would be wasted.
    let report = ManuallyDrop::new(pipeline::run(Request {
        path: &args.path,
        // Secrets and registry settings are those of a whole tree.
        kind: Kind::Tree,
        checks,
        inventory: options,
        policy: policies::load(&args.judging.reporting.policy)?,
        database,
        registry,
        about: None,
        own_rules: secret_rules::load(&args.rules)?,
        vex: &args.judging.vex,
        machine: args.client_config.then(Settings::machine),
        now: settings.now,
        outputs: outputs.places(),
    })?);
    let mut settings = settings.clone();
    if outputs.have_sbom() {
        settings.document_time = settings.time_of_tree(&args.path);
    }
    outputs.write(&report, &settings)?;
    Ok(report.verdict.decision.into())
}
