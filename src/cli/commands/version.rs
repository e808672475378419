//! version

use crate::cli::exit::{CliError, Exit};

/// Options.
#[derive(Debug, clap::Args)]
pub struct VersionArgs {}

/// Runs the command.
///
/// # Errors
/// What ended it.
pub fn run(_args: &VersionArgs) -> Result<Exit, CliError> {
    Ok(Exit::Usage)
}
