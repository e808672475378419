//! `db`: the advisory database. One file for each command.

mod export;
mod import;
mod render;
mod rollback;
mod sign;
mod status;
mod update;
mod verify;

use crate::checks::advisories::{Database, DatabaseError, FILE_NAME};
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;

/// The advisory database: update, import, status, verify, export, rollback, sign
#[derive(Debug, clap::Args)]
pub struct DbArgs {
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Debug, clap::Subcommand)]
enum DbCommand {
    /// Build the database from advisory files, or take an exported one
    ///
    /// Reads OSV dumps (`DIR/<Ecosystem>/all.zip`), directories of OSV JSON files, single
    /// files and archives, RustSec trees and their tar archives, CISA's catalogue of
    /// exploited vulnerabilities (KEV, `.json` or `.json.gz`) and EPSS scores (`.csv` or
    /// `.csv.gz`). The new database holds exactly what all the `--from` together give, so
    /// name every source in one call. It is built beside the old one and put in its place
    /// when it is complete. Nothing is fetched: how the files get here is up to you.
    Import(import::ImportArgs),
    /// Fetch what has changed from mirrors and build the database anew
    ///
    /// The sources are those of `--source`, or of a settings file. Each is fetched into the
    /// database directory, from the first of its mirrors that has it and only where it has
    /// changed. The new database becomes current when all of them are there; otherwise the
    /// old one stays.
    Update(update::UpdateArgs),
    /// Show what the database holds; exits 3 if there is none or it is damaged
    Status(status::StatusArgs),
    /// Read all of the database and verify its digests; exits 3 if it is damaged
    Verify(verify::VerifyArgs),
    /// Write the database to one file, for a machine without a network
    Export(export::ExportArgs),
    /// Go back to an earlier generation of the database
    Rollback(rollback::RollbackArgs),
    /// Sign the database, so that policies can require it
    Sign(sign::SignArgs),
}

/// The form of what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for an input that does not exist or is nothing known, 3 for what cannot be read
/// and for a missing or damaged database.
pub fn run(args: &DbArgs, settings: &Settings) -> Result<Exit, CliError> {
    match &args.command {
        DbCommand::Import(args) => import::run(args, settings),
        DbCommand::Update(args) => update::run(args, settings),
        DbCommand::Status(args) => status::run(args, settings),
        DbCommand::Verify(args) => verify::run(args, settings),
        DbCommand::Export(args) => export::run(args, settings),
        DbCommand::Rollback(args) => rollback::run(args, settings),
        DbCommand::Sign(args) => sign::run(args, settings),
    }
}

fn open(settings: &Settings) -> Result<Database, CliError> {
    Database::open(settings.database()?).map_err(|e| failed(&e))
}

fn failed(error: &DatabaseError) -> CliError {
    let exit = match error {
        DatabaseError::Input(_)
        | DatabaseError::NothingRecognised { .. }
        | DatabaseError::NoGeneration { .. } => Exit::Usage,
        _ => Exit::Inconclusive,
    };
    CliError::of(exit, error)
}

/// Shows a database that has just become current, below what is said about how it did.
fn imported(mut text: String, database: &Database, settings: &Settings) -> Result<Exit, CliError> {
    let bad = database.status().bad;
    if bad > 0 {
        terminal::warning(&format!(
            "{} could not be used; packages that they are about will have a gap",
            render::count(bad, "record", "records")
        ));
    }
    let index = settings.database()?.join(FILE_NAME);
    text.push_str(&format!("imported into {}\n", index.display()));
    render::human(&mut text, database, settings.now)?;
    terminal::result(&text)?;
    Ok(Exit::Pass)
}
