//! `sealgate sbom`: compare SBOMs and hold them against standards.

pub mod check;
pub mod diff;
mod input;

use crate::cli::exit::{CliError, Exit};

/// Options.
#[derive(Debug, clap::Args)]
pub struct SbomArgs {
    #[command(subcommand)]
    command: SbomCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SbomCommand {
    /// Show what changed between two SBOMs, or between a source and its binary
    Diff(diff::DiffArgs),
    /// Hold an SBOM against a standard
    Check(check::CheckArgs),
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for a path that cannot be opened, 3 for a file that cannot be read.
pub fn run(args: &SbomArgs) -> Result<Exit, CliError> {
    match &args.command {
        SbomCommand::Diff(args) => diff::run(args),
        SbomCommand::Check(args) => check::run(args),
    }
}
