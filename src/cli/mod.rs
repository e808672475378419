//! The command line: arguments, settings, exit codes, commands. The only room that
//! prints.

pub mod args;
pub mod attestations;
pub mod aws;
pub mod commands;
pub mod database;
pub mod database_signature;
pub mod depth;
pub mod exit;
pub mod identity_source;
pub mod input;
pub mod judging;
pub mod key_source;
pub mod manifests;
mod network;
pub mod outputs;
pub mod pipeline;
pub mod policies;
pub mod progress;
pub mod registry_answers;
pub mod registry_credentials;
pub mod secret_exceptions;
pub mod secret_rules;
pub mod settings;
pub mod signing;
pub mod targets;
pub mod terminal;
pub mod vex;

use args::Arguments;
use clap::Parser as _;
use exit::{CliError, Exit};
use settings::Settings;
use std::process::ExitCode;

/// Runs the program on the process's own arguments and environment.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap prints help and version to stdout and errors to stderr.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                Exit::Pass.into()
            };
        }
    };
    let outcome = Settings::from_environment(&arguments.global)
        .and_then(|settings| commands::run(arguments.command, &settings));
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            report_error(&error);
            error.exit.into()
        }
    }
}

pub(crate) fn report_error(error: &CliError) {
    terminal::error(&error.message);
    if let Some(hint) = &error.hint {
        terminal::hint(hint);
    }
}
