//! `sealgate sbom`: make, judge, convert, join and compare SBOMs.

pub mod check;
pub mod convert;
pub mod diff;
pub mod generate;
mod losses;
pub mod merge;
pub mod validate;

use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::model::Hint as _;
use crate::sbom::document::MAX_BYTES;
use crate::sbom::{Format, Loss, LossReason, ReadDocument, SbomError};
use crate::support::files;
use std::path::Path;
use std::str::FromStr;

/// SBOMs: generate, validate, convert, merge, diff, check
#[derive(Debug, clap::Args)]
pub struct SbomArgs {
    /// What to do
    #[command(subcommand)]
    pub command: SbomCommand,
}

/// The subcommands of `sbom`.
#[derive(Debug, clap::Subcommand)]
pub enum SbomCommand {
    /// Make the SBOM of a project from its lockfiles
    Generate(generate::GenerateArgs),
    /// Check the structure of an SBOM
    Validate(validate::ValidateArgs),
    /// Write an SBOM in another format or version, and name what it loses
    Convert(convert::ConvertArgs),
    /// Join SBOMs into one
    Merge(merge::MergeArgs),
    /// Compare two SBOMs
    Diff(diff::DiffArgs),
    /// Ask whether an SBOM has what a standard asks for
    Check(check::CheckArgs),
}

/// Runs one subcommand.
///
/// # Errors
/// What ended it, with its exit code.
pub fn run(args: &SbomArgs, settings: &Settings) -> Result<Exit, CliError> {
    match &args.command {
        SbomCommand::Generate(args) => generate::run(args, settings),
        SbomCommand::Validate(args) => validate::run(args),
        SbomCommand::Convert(args) => convert::run(args),
        SbomCommand::Merge(args) => merge::run(args, settings),
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

/// What could not be read, as losses.
fn unread(read: &ReadDocument) -> impl Iterator<Item = Loss> + '_ {
    read.notes.iter().map(|note| Loss {
        path: note.path.clone(),
        reason: LossReason::Unread(note.message.clone()),
    })
}

/// A format by its name, for clap.
fn parse_format(text: &str) -> Result<Format, String> {
    of_text(text)
}

/// A value by its text, for clap.
fn of_text<T: FromStr<Err = SbomError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: SbomError| {
        let hint = error.hint().unwrap_or_default();
        format!("{error}; {hint}")
    })
}

/// A document to standard output.
fn print(bytes: &[u8]) -> Result<(), CliError> {
    terminal::result(&String::from_utf8_lossy(bytes))
}
