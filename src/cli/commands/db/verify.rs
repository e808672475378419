//! `db verify`: every byte of the database, and who signed it.

use super::{failed, open};
use crate::cli::commands::key::in_file;
use crate::cli::database_signature::verify_signature;
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::signing::read_public_key;
use std::path::PathBuf;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate db verify
  sealgate db verify --key advisories.pub            signed by this key; exits 1 if not")]
pub struct VerifyArgs {
    /// A public key, PEM, that must have signed it; give it again to accept several
    #[arg(long, value_name = "PUB")]
    key: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Exit 1 where none of the keys has signed it, 2 for a key that cannot be read, 3 where
/// there is no database or it is damaged.
pub fn run(args: &VerifyArgs, settings: &Settings) -> Result<Exit, CliError> {
    let mut keys = Vec::new();
    for path in &args.key {
        keys.push(read_public_key(path).map_err(|e| in_file(path, Exit::Usage, &e))?);
    }
    let database = open(settings)?;
    let chunks = database.verify().map_err(|e| failed(&e))?;
    let mut text = format!(
        "every digest holds: {chunks} chunks, root sha256:{}\n",
        database.digest().hex()
    );
    if !keys.is_empty() {
        let key = verify_signature(&database, &keys)?;
        text.push_str(&format!("signed by key {key}\n"));
    }
    terminal::result(&text)?;
    Ok(Exit::Pass)
}
