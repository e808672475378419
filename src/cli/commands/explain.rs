//! explain

use crate::cli::exit::{CliError, Exit};

/// Options.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {}

/// Runs the command.
///
/// # Errors
/// What ended it.
pub fn run(_args: &ExplainArgs) -> Result<Exit, CliError> {
    Ok(Exit::Usage)
}
