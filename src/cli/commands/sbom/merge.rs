//! `sealgate sbom merge`: several SBOMs as one.

use super::{losses, unread};
use crate::cli::exit::{CliError, Exit};
use crate::cli::pipeline;
use crate::cli::settings::Settings;
use crate::sbom::{self, Format, Loss, MergeOptions};
use crate::support::files;
use std::path::PathBuf;

/// Options of `sbom merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate sbom merge web.cdx.json api.spdx.json --name shop --output shop.cdx.json

Components with the same purl become one (without a purl: the same type, name and
version); hashes, licences, references, places and edges are united. What the inputs say
differently is named, and the less complete statement on completeness counts. Inputs that
are about one product keep it as the product; else the product is --name, and theirs are
its parts. The order of the files does not matter.

Exit codes: 0 merged, 2 usage, 3 (a part of) an input could not be read.")]
pub struct MergeArgs {
    /// The SBOMs, in any format that is read
    #[arg(value_name = "FILE", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// Name of the product where the inputs are about several
    #[arg(long, value_name = "NAME", default_value = "merged")]
    pub name: String,
    /// Version of that product
    #[arg(long, value_name = "VERSION")]
    pub product_version: Option<String>,
    /// cyclonedx-json[@1.4|1.5|1.6|1.7] or spdx-json[@2.3|3.0.1]
    #[arg(long, value_name = "FORMAT", default_value = "cyclonedx-json", value_parser = super::parse_format)]
    pub format: Format,
    /// Write here instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write every loss here, as JSON
    #[arg(long, value_name = "FILE")]
    pub loss_report: Option<PathBuf>,
}

/// Merges SBOMs.
///
/// # Errors
/// Exit 3 where an input cannot be read, exit 2 where an output cannot be written.
pub fn run(args: &MergeArgs, settings: &Settings) -> Result<Exit, CliError> {
    let mut lost: Vec<Loss> = Vec::new();
    let mut documents = Vec::new();
    for path in &args.files {
        let read = super::read_document(path)?;
        lost.extend(unread(&read).map(|loss| Loss {
            path: format!("{}: {}", path.display(), loss.path),
            ..loss
        }));
        documents.push(read.document);
    }
    let is_whole = lost.is_empty();
    let options = MergeOptions {
        name: args.name.clone(),
        version: args.product_version.clone(),
        timestamp: settings.document_time.map(|time| time.to_string()),
        tool_version: pipeline::tool().version.to_owned(),
    };
    let (merged, differing) = sbom::merge(documents, &options);
    lost.extend(differing);
    let (bytes, more) =
        sbom::render(&merged, args.format).map_err(|error| CliError::of(Exit::Usage, &error))?;
    lost.extend(more);
    losses::summarise(&lost, args.format);
    if let Some(path) = &args.loss_report {
        losses::write(path, &lost, None, args.format)?;
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
