//! `sealgate advisories diff`: two JSON reports against each other.

use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use crate::report::diff::{self, MAX_REPORT_BYTES, ReadError, ReadReport};
use crate::support::files;
use std::path::{Path, PathBuf};

/// Options of `advisories diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate advisories diff main.json branch.json --exit-code
  sealgate advisories diff yesterday.json today.json --format markdown

Both are written by `sealgate check` or `sealgate advisories` with `--output json=FILE`.
Only what the advisory check says is compared. A finding is the same where it is about the
same component and shares an id.

Exit codes: 0 compared, 2 an input is no such report, 3 a report has no advisory check.
With --exit-code also: 1 something blocks that did not, 3 nothing does and something was
not checked that was.")]
pub struct DiffArgs {
    /// JSON report, before
    #[arg(value_name = "OLD.json")]
    pub old: PathBuf,
    /// JSON report, after
    #[arg(value_name = "NEW.json")]
    pub new: PathBuf,
    /// Exit with 1 if something blocks that did not
    #[arg(long)]
    pub exit_code: bool,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
}

/// The form of a comparison on stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DiffFormat {
    /// Text for people
    #[default]
    Human,
    /// JSON, `sealgate/advisories-diff/v1`
    Json,
    /// For a comment on a pull request
    Markdown,
}

/// Compares and shows.
///
/// # Errors
/// Exit 2 for a file that is no report, exit 3 for a report without the advisory check.
pub fn run(args: &DiffArgs) -> Result<Exit, CliError> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let found = diff::compare(&old, &new);
    terminal::result(&match args.format {
        DiffFormat::Human => diff::human::render(&found),
        DiffFormat::Json => diff::json::render(&found),
        DiffFormat::Markdown => diff::markdown::render(&found),
    })?;
    Ok(match args.exit_code {
        true if found.has_new_block() => Exit::Fail,
        true if found.is_less_checked() => Exit::Inconclusive,
        _ => Exit::Pass,
    })
}

fn read(path: &Path) -> Result<ReadReport, CliError> {
    let bytes = files::read_bounded(path, MAX_REPORT_BYTES)
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    ReadReport::parse(&bytes).map_err(|error| {
        let exit = match error {
            ReadError::NoAdvisories => Exit::Inconclusive,
            _ => Exit::Usage,
        };
        let error = CliError::of(exit, &error);
        CliError {
            message: format!("{}: {}", path.display(), error.message),
            ..error
        }
    })
}
