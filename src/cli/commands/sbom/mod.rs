//! `sealgate sbom`: compare SBOMs and hold them against standards.

pub mod check;
pub mod diff;

use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::sbom::document::MAX_BYTES;
use crate::sbom::{ReadDocument, SbomError};
use crate::support::files;
use std::path::Path;

/// Options.
#[derive(Debug, clap::Args)]
pub struct SbomArgs {
    #[command(subcommand)]
    command: SbomCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SbomCommand {
    /// Compare two SBOMs
    Diff(diff::DiffArgs),
    /// Ask whether an SBOM has what a standard asks for
    Check(check::CheckArgs),
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for a path that cannot be opened, 3 for a file that cannot be read.
pub fn run(args: &SbomArgs, settings: &Settings) -> Result<Exit, CliError> {
    match &args.command {
        SbomCommand::Diff(args) => diff::run(args, settings),
        SbomCommand::Check(args) => check::run(args, settings),
    }
}

/// The bytes of an SBOM file.
///
/// # Errors
/// Exit 3 where it cannot be read or is over the limit: nothing can be said of it.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    files::read_bounded(path, MAX_BYTES as u64)
        .map_err(|error| CliError::of(Exit::Inconclusive, &error))
}

/// An SBOM from a file, in any format that is read.
///
/// # Errors
/// Exit 3 where it cannot be read: nothing can be said of it.
pub fn read_document(path: &Path) -> Result<ReadDocument, CliError> {
    crate::sbom::read(&read_bytes(path)?).map_err(|error| in_file(path, &error))
}

/// An error of an SBOM with the name of its file.
#[must_use]
pub fn in_file(path: &Path, error: &SbomError) -> CliError {
    let error = CliError::of(Exit::Inconclusive, error);
    CliError {
        message: format!("{}: {}", path.display(), error.message),
        ..error
    }
}
