//! `db sign`: a signature that travels in the database's own file.

use super::failed;
use crate::checks::advisories::{Database, UpdateLock};
use crate::cli::commands::key::KeyOptions;
use crate::cli::database_signature::sign;
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate db sign --key advisories.key
  sealgate db export advisories.sgdb                 the signature goes with it")]
pub struct SignArgs {
    /// The key.
    #[command(flatten)]
    key: KeyOptions,
}

/// Runs the command. The database is read whole first: a signature says that its content
/// was sound.
///
/// # Errors
/// Exit 2 for a key or passphrase that cannot be used, 3 where there is no database or it
/// is damaged.
pub fn run(args: &SignArgs, settings: &Settings) -> Result<Exit, CliError> {
    let directory = settings.database()?;
    let lock = UpdateLock::take(directory).map_err(|e| failed(&e))?;
    let database = Database::open(directory).map_err(|e| failed(&e))?;
    database.verify().map_err(|e| failed(&e))?;
    let signer = args.key.signer(settings)?;
    let signature = sign(&database, signer.as_ref())?;
    lock.attach_signature(Some(signature))
        .map_err(|e| failed(&e))?;
    terminal::result(&format!(
        "signed sha256:{}\nkey {}\n",
        database.digest().hex(),
        signer.public_key().id()
    ))?;
    Ok(Exit::Pass)
}
