//! `db import`: from advisory files, or from an exported database.

use super::{failed, imported};
use crate::checks::advisories::{Input, KEPT, UpdateLock, import_inputs};
use crate::cli::exit::{CliError, Exit};
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;
use std::path::PathBuf;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate db import --from osv --from advisory-db.tar.gz --from kev.json
  sealgate db import advisories.sgdb                 what `db export` wrote")]
pub struct ImportArgs {
    /// A database that `db export` wrote; it is verified whole before it becomes current
    #[arg(
        value_name = "FILE",
        conflicts_with = "from",
        required_unless_present = "from"
    )]
    exported: Option<PathBuf>,
    /// Directory, archive or file with advisories; may be given several times
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,
    /// Generations of the database that are kept, this one included
    #[arg(long, value_name = "N", default_value_t = KEPT, value_parser = kept)]
    keep: usize,
}

/// From 1 to 1000 generations.
pub(super) fn kept(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(kept @ 1..=1000) => Ok(kept),
        _ => Err("a number from 1 to 1000".to_owned()),
    }
}

/// Runs the command.
///
/// # Errors
/// As [`super::run`].
pub fn run(args: &ImportArgs, settings: &Settings) -> Result<Exit, CliError> {
    let lock = UpdateLock::take(settings.database()?).map_err(|e| failed(&e))?;
    let _progress = Progress::start("building the database");
    let database = match &args.exported {
        Some(exported) => lock.adopt(exported, args.keep),
        None => {
            let inputs: Vec<Input> = args.from.iter().cloned().map(Input::from).collect();
            import_inputs(&inputs, &lock, args.keep)
        }
    };
    imported(String::new(), &database.map_err(|e| failed(&e))?, settings)
}
