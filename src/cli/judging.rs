//! Options of every command that judges: `check` and the checks alone.

use super::depth::Depth;
use super::outputs::{OutputTarget, format_parser};
use crate::report::Format;
use std::path::PathBuf;

/// By what is judged, and where the result goes.
#[derive(Debug, clap::Args)]
pub struct Judging {
    /// Preset (baseline, strict) or policy file
    #[arg(long, default_value = "baseline", value_name = "NAME|FILE")]
    pub policy: String,
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
