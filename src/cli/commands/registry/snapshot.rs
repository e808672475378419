//! `sealgate registry snapshot`: the registries' answers in a file.

use crate::checks::registry::online::{PackageAnswer, Reply};
use crate::cli::exit::{CliError, Exit};
use crate::cli::input::{self, Kind};
use crate::cli::pipeline::{registry_settings, target_name};
use crate::cli::registry_answers::{self, AskArgs};
use crate::cli::settings::Settings;
use crate::cli::{policies, terminal};
use crate::inventory;
use crate::support::files::{check_writable, write_atomic};
use crate::support::hash::sha256;
use std::path::PathBuf;

/// Options of `registry snapshot`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate registry snapshot --policy policy.toml -o answers.json
  sealgate registry snapshot app --policy policy.toml -o answers.json --budget 600

The file holds facts of the registries about the versions in the lockfiles; what they mean is
judged when it is used. The same answers and --at give the same bytes.

Exit codes: 0 every registry answered, 2 usage or configuration, 3 some did not (the file
says which).")]
pub struct SnapshotArgs {
    /// Directory, lockfile or SBOM to ask about
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// Where to write the answers
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Preset or policy file that names the approved registries
    #[arg(long, default_value = "baseline", value_name = "NAME|FILE")]
    policy: String,
    /// Treat this lockfile or directory as part of the product (repeatable)
    #[arg(long, value_name = "PATH")]
    include: Vec<String>,
    /// How they are asked.
    #[command(flatten)]
    ask: AskArgs,
}

/// Asks and writes.
///
/// # Errors
/// Exit 2 for a bad path or policy, or a file that cannot be written; exit 3 for an input
/// that cannot be read.
pub fn run(args: &SnapshotArgs, settings: &Settings) -> Result<Exit, CliError> {
    let usage = |error: &dyn crate::model::Hint| CliError::of(Exit::Usage, error);
    check_writable(&args.output).map_err(|error| usage(&error))?;
    let policy = policies::load(&args.policy)?;
    let registries = registry_settings(&policy)?;
    let options = inventory::Options {
        include: args.include.clone(),
        fallback_name: target_name(&args.path),
        ..inventory::Options::default()
    };
    let read = input::read(&args.path, Kind::of(&args.path)?, &options)?;
    let answers = registry_answers::ask(
        &args.ask.asking(settings),
        &args.path,
        &read.inventory,
        &registries,
        &policy,
    )?;
    let text = answers.render();
    write_atomic(&args.output, text.as_bytes()).map_err(|error| usage(&error))?;
    let failed = answers
        .answers
        .iter()
        .filter(|answer| matches!(answer.reply, Reply::Unreachable(_)))
        .count();
    terminal::result(&format!(
        "{} answers of approved registries, {failed} of them are none, {}\n",
        answers.answers.len(),
        sha256(text.as_bytes())
    ))?;
    if let Some(PackageAnswer {
        name,
        registry,
        reply: Reply::Unreachable(failure),
        ..
    }) = answers
        .answers
        .iter()
        .find(|answer| matches!(answer.reply, Reply::Unreachable(_)))
    {
        let name = crate::model::terminal_safe(name);
        terminal::warning(&format!(
            "`{registry}` gave no answer about `{name}`: {}",
            failure.reason
        ));
        terminal::hint(&failure.remedy);
        return Ok(Exit::Inconclusive);
    }
    if answers.answers.is_empty() {
        terminal::warning(
            "nothing was asked: the policy names no address of a registry for what is here",
        );
        return Ok(Exit::Inconclusive);
    }
    Ok(Exit::Pass)
}
