//! `db rollback`: an earlier generation becomes current again.

use super::{Format, failed};
use crate::checks::advisories::{Generation, UpdateLock, generations};
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use serde_json::json;
use std::fmt::Write as _;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate db rollback --list
  sealgate db rollback                               to the generation before this one
  sealgate db rollback --to 6e53d9bf")]
pub struct RollbackArgs {
    /// Show the generations that are kept, and change nothing
    #[arg(long, conflicts_with = "to")]
    list: bool,
    /// The generation whose digest starts like this
    #[arg(long, value_name = "DIGEST", value_parser = prefix)]
    to: Option<String>,
    /// Form of the list
    #[arg(long, value_enum, default_value_t = Format::Human, requires = "list")]
    format: Format,
}

/// The start of a digest, with or without the name of its algorithm.
fn prefix(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    if digits.len() >= 4 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(digits.to_ascii_lowercase());
    }
    Err("at least four hex digits".to_owned())
}

/// Runs the command.
///
/// # Errors
/// Exit 2 where there is no such generation, 3 where it is damaged.
pub fn run(args: &RollbackArgs, settings: &Settings) -> Result<Exit, CliError> {
    let directory = settings.database()?;
    if args.list {
        let known = generations(directory).map_err(|e| failed(&e))?;
        terminal::result(&listed(&known, args.format))?;
        return Ok(Exit::Pass);
    }
    let lock = UpdateLock::take(directory).map_err(|e| failed(&e))?;
    let database = lock.rollback(args.to.as_deref()).map_err(|e| failed(&e))?;
    terminal::result(&format!(
        "the database is sha256:{} now\n",
        database.digest().hex()
    ))?;
    Ok(Exit::Pass)
}

fn listed(known: &[Generation], format: Format) -> String {
    if format == Format::Json {
        let list: Vec<_> = known
            .iter()
            .map(|generation| {
                json!({
                    "number": generation.number,
                    "digest": format!("sha256:{}", generation.digest),
                    "current": generation.current,
                    "bytes": generation.bytes,
                })
            })
            .collect();
        return format!("{:#}\n", json!({ "generations": list }));
    }
    let mut text = String::new();
    for generation in known {
        let _ = writeln!(
            text,
            "{:>6}  sha256:{}  {:>12} bytes{}",
            generation.number,
            generation.digest,
            generation.bytes,
            if generation.current { "  current" } else { "" }
        );
    }
    if known.is_empty() {
        text.push_str("no generations are kept\n");
    }
    text
}
