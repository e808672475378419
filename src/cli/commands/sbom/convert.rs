//! `sealgate sbom convert`: another format or version, and what it loses.

use super::{losses, unread};
use crate::cli::exit::{CliError, Exit};
use crate::sbom::{self, Format, Loss};
use crate::support::files;
use std::path::PathBuf;

/// Options of `sbom convert`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate sbom convert bom.xml --to cyclonedx-json --output bom.json
  sealgate sbom convert bom.json --to cyclonedx-json@1.4 --loss-report losses.json
  sealgate sbom convert bom.json --to spdx-json@3.0.1 --output bom.spdx.json

Read: CycloneDX JSON 1.2 to 1.7, CycloneDX XML 1.3 to 1.5, SPDX JSON 2.2 and 2.3.
Every field that the target has no place for is named: a summary on standard error, each
one in the loss report. Vulnerabilities are never written: they belong into a VEX document.

Exit codes: 0 converted, 2 usage, 3 (a part of) the input could not be read.")]
pub struct ConvertArgs {
    /// The SBOM
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// cyclonedx-json[@1.4|1.5|1.6|1.7] or spdx-json[@2.3|3.0.1]
    #[arg(long, value_name = "FORMAT", value_parser = super::parse_format)]
    pub to: Format,
    /// Write here instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write every loss here, as JSON
    #[arg(long, value_name = "FILE")]
    pub loss_report: Option<PathBuf>,
}

/// Converts one SBOM.
///
/// # Errors
/// Exit 3 where the input cannot be read, exit 2 where an output cannot be written.
pub fn run(args: &ConvertArgs) -> Result<Exit, CliError> {
    if args.output.is_some() && args.output == args.loss_report {
        let message = "the SBOM and the loss report are to be written to one file";
        return Err(CliError::new(Exit::Usage, message));
    }
    let read = super::read_document(&args.file)?;
    let mut lost: Vec<Loss> = unread(&read).collect();
    let is_whole = lost.is_empty();
    let (bytes, more) =
        sbom::render(&read.document, args.to).map_err(|error| CliError::of(Exit::Usage, &error))?;
    lost.extend(more);
    losses::summarise(&lost, args.to);
    if let Some(path) = &args.loss_report {
        losses::write(path, &lost, Some(read.format), args.to)?;
    }
    match &args.output {
        Some(path) => {
            files::write_atomic(path, &bytes).map_err(|error| CliError::of(Exit::Usage, &error))?
        }
        None => super::print(&bytes)?,
    }
    Ok(match is_whole {
        true => Exit::Pass,
        false => Exit::Inconclusive,
    })
}
