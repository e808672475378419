//! `db status`: what the database holds and how old it is.

use super::{Format, open, render};
use crate::checks::advisories::FILE_NAME;
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::model::terminal_safe_json;

/// Options.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
/// Exit 3 where there is no database or it is damaged.
pub fn run(args: &StatusArgs, settings: &Settings) -> Result<Exit, CliError> {
    let database = open(settings)?;
    let text = match args.format {
        Format::Human => {
            let index = settings.database()?.join(FILE_NAME);
            let mut text = format!("{}\n", index.display());
            render::human(&mut text, &database, settings.now)?;
            text
        }
        Format::Json => {
            let json = format!("{:#}\n", render::json(&database, settings.now)?);
            terminal_safe_json(json)
        }
    };
    terminal::result(&text)?;
    Ok(Exit::Pass)
}
