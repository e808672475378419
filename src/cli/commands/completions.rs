//! `sealgate completions` and `sealgate man`: made from the same definition as the help.

use crate::cli::args::Arguments;
use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use clap::CommandFactory as _;

/// Write shell completions to standard output
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Writes the completion script of one shell to stdout.
///
/// # Errors
/// Exit 2 where stdout cannot be written.
pub fn run(args: &CompletionsArgs) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut Arguments::command(),
        "sealgate",
        &mut script,
    );
    terminal::result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Pass)
}

/// Writes the manual page (roff) to stdout.
///
/// # Errors
/// Exit 2 where stdout cannot be written.
pub fn man() -> Result<Exit, CliError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command())
        .render(&mut page)
        .map_err(|e| CliError::new(Exit::Usage, format!("cannot render the manual page: {e}")))?;
    terminal::result(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Pass)
}
