//! `version compare`: does a list of version orders hold?

use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::support::files::read_bounded;
use crate::versions::{Scheme, parse_order_lines};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;

/// Largest list, in bytes.
const MAX_LIST_BYTES: u64 = 64 * 1024 * 1024;

/// Compare version numbers as an ecosystem does
#[derive(Debug, clap::Args)]
pub struct VersionArgs {
    #[command(subcommand)]
    command: VersionCommand,
}

#[derive(Debug, clap::Subcommand)]
enum VersionCommand {
    /// Check lines `a < b`, `a = b`, `a > b` against an ecosystem's order
    ///
    /// Prints each line that does not hold, with what does. Exits 1 if there is one, 0 if
    /// all hold, 2 if a line is malformed or the ecosystem is not known. Lines that start
    /// with `#` or `//` are comments.
    Compare(CompareArgs),
}

#[derive(Debug, clap::Args)]
struct CompareArgs {
    #[arg(long, value_name = "NAME", help = ecosystem_help())]
    ecosystem: String,
    /// Read the lines from standard input
    #[arg(long, conflicts_with = "file", required_unless_present = "file")]
    stdin: bool,
    /// File with the lines
    file: Option<PathBuf>,
}

fn ecosystem_help() -> String {
    format!(
        "Ecosystem, a release of it (`Debian:12`) or scheme: {}",
        Scheme::names().join(", ")
    )
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for an unknown ecosystem, an unreadable or malformed list.
pub fn run(args: &VersionArgs) -> Result<Exit, CliError> {
    let VersionCommand::Compare(args) = &args.command;
    let scheme = Scheme::from_name(&args.ecosystem).ok_or_else(|| {
        CliError::new(
            Exit::Usage,
            format!("the ecosystem `{}` is not known", args.ecosystem),
        )
        .with_hint(format!("known are {}", Scheme::names().join(", ")))
    })?;
    let bytes = match &args.file {
        Some(path) => {
            read_bounded(path, MAX_LIST_BYTES).map_err(|e| CliError::of(Exit::Usage, &e))?
        }
        None => read_standard_input()?,
    };
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| CliError::new(Exit::Usage, "the list is not valid UTF-8"))?;
    let lines = parse_order_lines(text).map_err(|e| CliError::of(Exit::Usage, &e))?;
    let mut failures = 0_usize;
    let mut shown = String::new();
    for line in &lines {
        if let Some(failure) = line.failure(scheme) {
            failures += 1;
            let _ = writeln!(
                shown,
                "line {}: {}  ({})",
                line.number,
                terminal_safe(line.text),
                terminal_safe(&failure)
            );
        }
    }
    terminal::result(&shown)?;
    terminal::note(&format!(
        "{} of {} lines hold",
        lines.len() - failures,
        lines.len()
    ));
    Ok(if failures == 0 {
        Exit::Pass
    } else {
        Exit::Fail
    })
}

fn read_standard_input() -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAX_LIST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| CliError::new(Exit::Usage, format!("cannot read standard input: {e}")))?;
    if bytes.len() as u64 > MAX_LIST_BYTES {
        return Err(CliError::new(
            Exit::Usage,
            format!("the list is larger than {MAX_LIST_BYTES} bytes"),
        ));
    }
    Ok(bytes)
}
