//! `sealgate sbom check`.

use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;

/// Options of `sbom check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {}

/// Runs it.
///
/// # Errors
/// Exit 2: it is not part of this build.
pub fn run(_args: &CheckArgs, _settings: &Settings) -> Result<Exit, CliError> {
    Err(CliError::new(
        Exit::Usage,
        "`sbom check` is not part of this build",
    ))
}
