//! `sealgate sbom validate`: the structure of an SBOM.

use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use crate::sbom::{self, SbomError};
use std::path::PathBuf;

/// Options of `sbom validate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Checked, by the rules of the document's own version:
  CycloneDX   fields that the version knows, their types, required fields, words of
              enumerations, licence ids, times, serial number, one of id and name per
              licence; unique bom-refs; references of dependencies and compositions that
              lead nowhere; purls; hashes whose length does not fit their algorithm
  SPDX 2.2/3  required fields, identifiers and their uniqueness, relationships that lead
              nowhere, what is described, checksums, purls, CPEs, creators, the time,
              licence expressions and the LicenseRefs in them
The official schemas are not part of the program; its tests hold these checks against them.

Exit codes: 0 valid, 1 not valid, 2 usage, 3 of a format or version that is
not read, or with parts that the reader of XML does not know.")]
pub struct ValidateArgs {
    /// The SBOM
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Most problems that are shown.
const MAX_SHOWN: usize = 100;

/// Validates one SBOM; problems go to standard output.
///
/// # Errors
/// Exit 1 for broken JSON or XML, exit 3 for what is not read.
pub fn run(args: &ValidateArgs) -> Result<Exit, CliError> {
    let bytes = super::read_bytes(&args.file)?;
    let validation = sbom::validate(&bytes).map_err(|error| {
        let exit = match error {
            SbomError::Syntax { .. }
            | SbomError::DuplicateKey { .. }
            | SbomError::Malformed { .. } => Exit::Fail,
            _ => Exit::Inconclusive,
        };
        CliError {
            exit,
            ..super::in_file(&args.file, &error)
        }
    })?;
    let mut text = String::new();
    for problem in validation.problems.iter().take(MAX_SHOWN) {
        text.push_str(&crate::model::terminal_safe(&problem.to_string()));
        text.push('\n');
    }
    for unchecked in validation.unchecked.iter().take(MAX_SHOWN) {
        terminal::warning(&format!("not checked: {unchecked}"));
    }
    let count = validation.problems.len();
    let format = validation.format;
    text.push_str(&match count {
        0 => format!("valid {format}\n"),
        1 => format!("not valid {format}: 1 problem\n"),
        _ if count > MAX_SHOWN => {
            format!("not valid {format}: {count} problems, {MAX_SHOWN} shown\n")
        }
        _ => format!("not valid {format}: {count} problems\n"),
    });
    terminal::result(&text)?;
    Ok(match count {
        0 if validation.unchecked.is_empty() => Exit::Pass,
        0 => Exit::Inconclusive,
        _ => Exit::Fail,
    })
}
