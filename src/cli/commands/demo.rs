//! demo

use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;

/// Options.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {}

/// Runs the command.
///
/// # Errors
/// What ended it.
pub fn run(_args: &DemoArgs, _settings: &Settings) -> Result<Exit, CliError> {
    Ok(Exit::Usage)
}
