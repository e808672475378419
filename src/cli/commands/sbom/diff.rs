//! `sealgate sbom diff`.

use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;

/// Options of `sbom diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {}

/// Runs it.
///
/// # Errors
/// Exit 2: it is not part of this build.
pub fn run(_args: &DiffArgs, _settings: &Settings) -> Result<Exit, CliError> {
    Err(CliError::new(
        Exit::Usage,
        "`sbom diff` is not part of this build",
    ))
}
