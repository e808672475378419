//! `db export`: the database as one file.

use super::{failed, open};
use crate::checks::advisories::export;
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::model::terminal_safe;
use std::path::PathBuf;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate db export advisories.sgdb
  sealgate db import advisories.sgdb                 on the other machine")]
pub struct ExportArgs {
    /// Where to write it
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// As [`super::run`].
pub fn run(args: &ExportArgs, settings: &Settings) -> Result<Exit, CliError> {
    let database = open(settings)?;
    export(&database, &args.file).map_err(|e| failed(&e))?;
    let signed = match database.attachments().signature {
        Some(_) => "signed",
        None => "not signed",
    };
    terminal::result(&format!(
        "{}: sha256:{}, {signed}\n",
        terminal_safe(&args.file.display().to_string()),
        database.digest().hex()
    ))?;
    Ok(Exit::Pass)
}
