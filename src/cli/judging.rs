//! Options of every command that judges: `check` and the checks alone.

use super::depth::Depth;
use super::exit::CliError;
use super::outputs::{OutputTarget, Outputs, format_parser};
use crate::report::Format;
use std::path::PathBuf;

/// Which policy judges, and where the result goes.
#[derive(Debug, clap::Args)]
pub struct Reporting {
    /// Preset (baseline, strict) or policy file
    #[arg(long, default_value = "baseline", value_name = "NAME|FILE")]
    pub policy: String,
    /// Format on standard output
    #[arg(long, value_parser = format_parser(), default_value = "human", value_name = "FORMAT")]
    pub format: Format,
    /// Also write this format to a file (repeatable)
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<OutputTarget>,
    /// Show every finding in full, also those that block nothing
    #[arg(long)]
    pub all: bool,
}

impl Reporting {
    /// The outputs, checked before any work is done.
    ///
    /// # Errors
    /// Those of [`Outputs::new`].
    pub fn outputs(&self) -> Result<Outputs, CliError> {
        Outputs::new(self.format, &self.output, self.all)
    }
}

/// The same, with what the inventory is made of and what others say of it.
#[derive(Debug, clap::Args)]
pub struct Judging {
    /// Treat this lockfile or directory as part of the product (repeatable)
    #[arg(long, value_name = "PATH")]
    pub include: Vec<String>,
    /// VEX document about the product or its components: OpenVEX or CycloneDX (repeatable).
    /// It is shown with the findings; only the policy can let it change the verdict
    #[arg(long, value_name = "FILE")]
    pub vex: Vec<PathBuf>,
    /// What the inventory reads beyond lockfiles and manifests.
    #[command(flatten)]
    pub depth: Depth,
    /// Policy and outputs.
    #[command(flatten)]
    pub reporting: Reporting,
}
