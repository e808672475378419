//! `sealgate check`: one step in a build, one verdict, many outputs.

use crate::cli::depth::Depth;
use crate::cli::exit::{CliError, Exit};
use crate::cli::outputs::{OutputTarget, Outputs, format_parser};
use crate::cli::pipeline::{self, Check, Request};
use crate::cli::policies;
use crate::cli::secret_rules;
use crate::cli::settings::Settings;
use crate::inventory;
use crate::report::Format;
use std::path::PathBuf;

/// Options of `check`.
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
    /// Preset (baseline, strict) or policy file
    #[arg(long, default_value = "baseline", value_name = "NAME|FILE")]
    pub policy: String,
    /// Checks to run
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CHECK,…")]
    pub only: Vec<Check>,
    /// Treat this lockfile or directory as part of the product (repeatable)
    #[arg(long, value_name = "PATH")]
    pub include: Vec<String>,
    /// VEX document about the product or its components: OpenVEX or CycloneDX (repeatable).
    /// It is shown with the findings; only the policy can let it change the verdict
    #[arg(long, value_name = "FILE")]
    pub vex: Vec<PathBuf>,
    /// Rules for secrets of your own, beside the built-in ones: TOML of their form or a
    /// gitleaks configuration (repeatable)
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// What the inventory reads beyond lockfiles and manifests.
    #[command(flatten)]
    pub depth: Depth,
    /// Format on standard output
    #[arg(long, value_parser = format_parser(), default_value = "human", value_name = "FORMAT")]
    pub format: Format,
    /// Also write this format to a file (repeatable)
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<OutputTarget>,
    /// Show every finding in full, also those that block nothing
    #[arg(long)]
    pub all: bool,
}

/// Checks a tree and writes every output. The exit code is the verdict's.
///
/// # Errors
/// Exit 2 for a bad path, policy or output; exit 3 where the database is damaged.
pub fn run(args: &CheckArgs, settings: &Settings) -> Result<Exit, CliError> {
    let outputs = Outputs::new(args.format, &args.output, args.all)?;
    let mut checks = args.only.clone();
    if checks.is_empty() {
        checks = Check::ALL.to_vec();
    }
    checks.sort();
    checks.dedup();
    if !args.vex.is_empty() && !checks.contains(&Check::Advisories) {
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
    let mut options = inventory::Options {
        include: args.include.clone(),
        ..inventory::Options::default()
    };
    args.depth.apply(settings, &mut options)?;
    let database = match checks.contains(&Check::Advisories) {
        true => Some(settings.database()?),
        false => None,
    };
    let report = pipeline::run(Request {
        root: &args.path,
        checks,
        inventory: options,
        policy: policies::load(&args.policy)?,
        database,
        own_rules: secret_rules::load(&args.rules)?,
        vex: &args.vex,
        now: settings.now,
        outputs: outputs.places(),
    })?;
    let mut settings = settings.clone();
    if outputs.have_sbom() {
        settings.document_time = settings.time_of_tree(&args.path);
    }
    outputs.write(&report, &settings)?;
    Ok(report.verdict.decision.into())
}
