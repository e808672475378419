//! `db`: import, status and verification of the advisory database.

mod update;

use crate::checks::advisories::{self, Database, DatabaseError, FILE_NAME, IndexInfo};
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::model::terminal_safe;
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Bad records and notes that are listed by name.
const LISTED: usize = 20;

/// Options.
#[derive(Debug, clap::Args)]
pub struct DbArgs {
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Debug, clap::Subcommand)]
enum DbCommand {
    /// Build the database from advisory files; replaces the one that is there
    ///
    /// Reads OSV dumps (`DIR/<Ecosystem>/all.zip`), directories of OSV JSON files, single
    /// files and archives, RustSec trees, CISA's catalogue of exploited vulnerabilities
    /// (KEV, `.json` or `.json.gz`) and EPSS scores (`.csv` or `.csv.gz`). The new database holds exactly what all the
    /// `--from` together give, so name every source in one call. It is built beside the
    /// old one and put in its place when it is complete. Nothing is fetched: how the files
    /// get here is up to you.
    Import(ImportArgs),
    /// Fetch what has changed from mirrors and build the database anew
    ///
    /// The sources are those of `--source`, or of a settings file. Each is fetched into the
    /// database directory, from the first of its mirrors that has it and only where it has
    /// changed. The new database becomes current when all of them are there; otherwise the
    /// old one stays.
    Update(update::UpdateArgs),
    /// Show what the database holds; exits 3 if there is none or it is damaged
    Status(StatusArgs),
    /// Read every byte of the database and verify its digests; exits 3 if it is damaged
    Verify,
}

#[derive(Debug, clap::Args)]
struct ImportArgs {
    /// Directory, archive or file with advisories; may be given several times
    #[arg(long, value_name = "PATH", required = true)]
    from: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct StatusArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

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
        DbCommand::Import(args) => import(args, settings),
        DbCommand::Update(args) => update::run(args, settings),
        DbCommand::Status(args) => status(args, settings),
        DbCommand::Verify => {
            let database = open(settings)?;
            let chunks = database.verify().map_err(|e| failed(&e))?;
            terminal::result(&format!(
                "every digest holds: {chunks} chunks, root sha256:{}\n",
                database.info().digest
            ))?;
            Ok(Exit::Pass)
        }
    }
}

fn open(settings: &Settings) -> Result<Database, CliError> {
    Database::open(settings.database()?).map_err(|e| failed(&e))
}

fn failed(error: &DatabaseError) -> CliError {
    let exit = match error {
        DatabaseError::Input(_) | DatabaseError::NothingRecognised { .. } => Exit::Usage,
        _ => Exit::Inconclusive,
    };
    CliError::of(exit, error)
}

fn import(args: &ImportArgs, settings: &Settings) -> Result<Exit, CliError> {
    let database = advisories::import(&args.from, settings.database()?).map_err(|e| failed(&e))?;
    imported(String::new(), &database, settings)
}

/// Says what a new database holds, after `text`.
fn imported(mut text: String, database: &Database, settings: &Settings) -> Result<Exit, CliError> {
    let bad = database.status().bad;
    if bad > 0 {
        terminal::warning(&format!(
            "{} could not be used; packages that they are about will have a gap",
            count(bad, "record", "records")
        ));
    }
    let _ = writeln!(
        text,
        "imported into {}",
        settings.database()?.join(FILE_NAME).display()
    );
    render(&mut text, database)?;
    terminal::result(&text)?;
    Ok(Exit::Pass)
}

fn status(args: &StatusArgs, settings: &Settings) -> Result<Exit, CliError> {
    let database = open(settings)?;
    let text = match args.format {
        Format::Human => {
            let mut text = format!("{}\n", settings.database()?.join(FILE_NAME).display());
            render(&mut text, &database)?;
            text
        }
        Format::Json => format!("{:#}\n", as_json(&database)?),
    };
    terminal::result(&text)?;
    Ok(Exit::Pass)
}

fn render(text: &mut String, database: &Database) -> Result<(), CliError> {
    let remarks = database.remarks().map_err(|e| failed(&e))?;
    let info = database.status();
    let _ = writeln!(text, "  root sha256:{}", database.info().digest);
    let _ = writeln!(
        text,
        "  {} about {}, {}",
        count(info.records(), "record", "records"),
        count(info.packages, "package", "packages"),
        count(info.rows, "row", "rows")
    );
    let width = info.sources.keys().map(String::len).max().unwrap_or(0);
    for (name, source) in &info.sources {
        let _ = write!(
            text,
            "  {:width$}  {:>7} records",
            terminal_safe(name),
            source.records
        );
        if source.withdrawn > 0 {
            let _ = write!(text, ", {} of them withdrawn", source.withdrawn);
        }
        if source.bad_records > 0 {
            let _ = write!(text, ", {} could not be used", source.bad_records);
        }
        if let Some(newest) = &source.newest {
            let _ = write!(text, ", newest {}", terminal_safe(newest));
        }
        text.push('\n');
    }
    for origin in &info.origins {
        let _ = writeln!(
            text,
            "  {} from {}, fetched {}, last checked {}",
            terminal_safe(&origin.source),
            terminal_safe(&origin.url),
            terminal_safe(&origin.fetched),
            terminal_safe(&origin.checked),
        );
    }
    for (ecosystem, number) in &info.not_used {
        let _ = writeln!(
            text,
            "  not used: {} about {}",
            count(*number, "record", "records"),
            terminal_safe(ecosystem)
        );
    }
    if info.replaced > 0 {
        let _ = writeln!(
            text,
            "  {} there more than once; the newest of each is kept",
            count(info.replaced, "record was", "records were")
        );
    }
    list(
        text,
        "could not be used",
        info.bad,
        remarks
            .bad
            .iter()
            .map(|bad| format!("{}: {}", bad.place, bad.reason)),
    );
    list(
        text,
        "with malformed parts; the rest of each is used",
        info.notes,
        remarks.notes.iter().cloned(),
    );
    Ok(())
}

fn list(text: &mut String, what: &str, number: u64, items: impl Iterator<Item = String>) {
    if number == 0 {
        return;
    }
    let records = count(number, "record", "records");
    let _ = writeln!(text, "  {records} {what}:");
    for item in items.take(LISTED) {
        let _ = writeln!(text, "    {}", one_line(&item));
    }
    if number > LISTED as u64 {
        let _ = writeln!(text, "    and {} more", number - LISTED as u64);
    }
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn one_line(text: &str) -> String {
    terminal_safe(text).into_owned()
}

fn as_json(database: &Database) -> Result<serde_json::Value, CliError> {
    let remarks = database.remarks().map_err(|e| failed(&e))?;
    let info: &IndexInfo = database.status();
    let sources: Vec<_> = info
        .sources
        .iter()
        .map(|(name, source)| {
            json!({
                "name": name,
                "kind": source.kind,
                "records": source.records,
                "withdrawn": source.withdrawn,
                "bad_records": source.bad_records,
                "newest": source.newest,
            })
        })
        .collect();
    let bad: Vec<_> = remarks
        .bad
        .iter()
        .map(|bad| json!({ "place": bad.place, "reason": bad.reason }))
        .collect();
    Ok(json!({
        "digest": format!("sha256:{}", database.info().digest),
        "records": info.records(),
        "packages": info.packages,
        "rows": info.rows,
        "sources": sources,
        "origins": info.origins,
        "ecosystems": info.ecosystems,
        "not_used": info.not_used,
        "also_about": info.also_about,
        "replaced": info.replaced,
        "bad": bad,
        "notes": remarks.notes,
    }))
}
