//! `inventory export`: the tables for another query engine.

use super::{StoreArgs, parquet, show};
use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use crate::store::{Store, TABLES};
use crate::support::files;
use std::path::PathBuf;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate inventory export --store store --format parquet --output tables
  duckdb -c \"SELECT * FROM 'tables/release.parquet' LIMIT 5\"

One file for each table: document, package, release, use, affected. Their columns are
described in docs/inventory.md; times are seconds since 1970.")]
pub struct ExportArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Format of the tables
    #[arg(long, value_enum, default_value_t = TableFormat::Parquet)]
    format: TableFormat,
    /// Directory to write to; it is made where there is none
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
}

/// What tables are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TableFormat {
    /// Apache Parquet
    Parquet,
}

/// Writes the tables, each whole or not at all.
///
/// # Errors
/// Exit 2 where there is no store or the output cannot be written; exit 3 where the store
/// cannot be read.
pub fn run(args: &ExportArgs) -> Result<Exit, CliError> {
    let store = Store::open(&args.store.store)?;
    std::fs::create_dir_all(&args.output).map_err(|error| {
        let shown = args.output.display();
        CliError::new(Exit::Usage, format!("cannot make `{shown}`: {error}"))
            .with_hint("name a directory that can be written")
    })?;
    let mut tables = Vec::new();
    for table in TABLES {
        let (bytes, rows) = match args.format {
            TableFormat::Parquet => parquet::write(&store, table)?,
        };
        tables.push((format!("{}.parquet", table.name), bytes, rows));
    }
    for (name, bytes, rows) in tables {
        files::write_atomic(&args.output.join(&name), &bytes)
            .map_err(|error| CliError::of(Exit::Usage, &error))?;
        terminal::note(&format!("{name}: {}", show::count(rows, "row", "rows")));
    }
    Ok(Exit::Pass)
}
