//! `sealgate inventory`: which builds use what.

pub mod add;
mod documents;
pub mod export;
mod parquet;
pub mod rescan;
mod show;
pub mod who_uses;

use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::store::StoreError;
use std::path::PathBuf;

/// Which builds use what: add SBOMs and reports, who-uses, rescan, list, remove, export
#[derive(Debug, clap::Args)]
pub struct InventoryArgs {
    /// What to do
    #[command(subcommand)]
    pub command: InventoryCommand,
}

/// The subcommands of `inventory`.
#[derive(Debug, clap::Subcommand)]
pub enum InventoryCommand {
    /// Put SBOMs and JSON reports into a store
    Add(add::AddArgs),
    /// Which builds use a package
    WhoUses(who_uses::WhoUsesArgs),
    /// Check everything in the store against the advisory database of today
    Rescan(rescan::RescanArgs),
    /// List what is in a store
    List(documents::ListArgs),
    /// Take documents out of a store
    Remove(documents::RemoveArgs),
    /// Write the tables of a store for another query engine
    Export(export::ExportArgs),
}

/// Where the store is.
#[derive(Debug, clap::Args)]
pub struct StoreArgs {
    /// Directory of the store
    #[arg(long, value_name = "DIR", env = "SEALGATE_STORE")]
    pub store: PathBuf,
}

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// For people
    Human,
    /// For programs
    Json,
}

/// Runs one subcommand.
///
/// # Errors
/// What ended it, with its exit code.
pub fn run(args: &InventoryArgs, settings: &Settings) -> Result<Exit, CliError> {
    match &args.command {
        InventoryCommand::Add(args) => add::run(args, settings),
        InventoryCommand::WhoUses(args) => who_uses::run(args),
        InventoryCommand::Rescan(args) => rescan::run(args, settings),
        InventoryCommand::List(args) => documents::list(args),
        InventoryCommand::Remove(args) => documents::remove(args),
        InventoryCommand::Export(args) => export::run(args),
    }
}

/// A store that is not there was named wrongly; one that cannot be read tells nothing.
fn failed(error: &StoreError) -> CliError {
    let exit = match error {
        StoreError::Missing { .. } | StoreError::Directory { .. } => Exit::Usage,
        _ => Exit::Inconclusive,
    };
    CliError::of(exit, error)
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        failed(&error)
    }
}
