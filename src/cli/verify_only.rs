//! The command line of a build without the feature `full`: `sealgate verify` of files.

use super::commands::verify::{self, VerifyArgs};
use super::run_parsed;
use crate::support::clock;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Verifies artifacts against Sigstore bundles; a build of sealgate without its other commands.
#[derive(Debug, Parser)]
#[command(
    name = "sealgate",
    version,
    propagate_version = true,
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verify artifacts against Sigstore bundles, by key or by certificate
    Verify(Box<VerifyArgs>),
}

/// Runs the program on the process's own arguments.
#[must_use]
pub fn run() -> ExitCode {
    run_parsed(Arguments::try_parse(), |arguments| {
        match arguments.command {
            Command::Verify(args) => verify::run(&args, clock::system_now()),
        }
    })
}
