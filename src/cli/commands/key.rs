//! key

use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;

/// Options.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {}

/// Runs the command.
///
/// # Errors
/// What ended it.
pub fn run(_args: &KeyArgs, _settings: &Settings) -> Result<Exit, CliError> {
    Ok(Exit::Usage)
}
