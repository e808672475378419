//! `sealgate sbom check`: does an SBOM say what a standard asks for?

mod render;

use super::read_document;
use crate::cli::commands::key::ResultFormat;
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::sbom::facts::Facts;
use crate::sbom::profile::{self, PROFILES, Profile};
use std::path::PathBuf;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate sbom check app.cdx.json --profile ntia
  sealgate sbom check app.cdx.json --profile bsi-2.1 --all
  sealgate sbom check app.spdx.json --profile cisa2025 --format json

Profiles:
  ntia      NTIA minimum elements (2021)
  cisa2025  CISA minimum elements (draft of 2025): adds hash, licence, tool, context
  bsi-2.1   BSI TR-03183-2 version 2.1.0
  cra       EU Cyber Resilience Act, Annex I, Part II (1)

Exit codes: 0 met, 1 not met, 2 usage, 3 the document could not be read in full.")]
pub struct CheckArgs {
    /// The SBOM (CycloneDX or SPDX)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What to hold it against
    #[arg(long, value_parser = profile_parser(), value_name = "PROFILE")]
    pub profile: String,
    /// List every component that lacks something
    #[arg(long)]
    pub all: bool,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

fn profile_parser() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(PROFILES.iter().map(|profile| profile.id))
}

/// Checks and shows.
///
/// # Errors
/// Exit 3 for a file that cannot be read or is no SBOM.
pub fn run(args: &CheckArgs, _settings: &Settings) -> Result<Exit, CliError> {
    let profile = Profile::of(&args.profile)
        .ok_or_else(|| CliError::new(Exit::Usage, format!("no profile `{}`", args.profile)))?;
    let facts = Facts::of_read(&read_document(&args.file)?);
    let result = profile::check(profile, &facts);
    let page = render::Page {
        file: args.file.display().to_string(),
        result: &result,
        unread: &facts.unread,
        is_full: args.all,
    };
    match args.format {
        ResultFormat::Human => terminal::result(&page.human())?,
        ResultFormat::Json => terminal::result(&page.json()?)?,
    }
    Ok(page.exit())
}
