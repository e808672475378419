//! The command line: arguments, settings, exit codes, commands. The only room that
//! prints.

#[cfg(feature = "full")]
pub mod args;
#[cfg(feature = "full")]
pub mod attestations;
#[cfg(feature = "full")]
pub mod aws;
#[cfg(feature = "full")]
pub mod commands;
#[cfg(not(feature = "full"))]
pub mod commands {
    //! The one command of a build without the feature `full`.
    pub mod verify;
}
#[cfg(feature = "full")]
pub mod database;
#[cfg(feature = "full")]
pub mod database_signature;
#[cfg(feature = "full")]
pub mod depth;
#[cfg(feature = "full")]
mod excerpts;
pub mod exit;
pub mod forms;
#[cfg(feature = "full")]
pub mod identity_source;
#[cfg(feature = "full")]
pub mod image_credentials;
#[cfg(feature = "full")]
pub mod images;
#[cfg(feature = "full")]
pub mod input;
#[cfg(feature = "full")]
pub mod judging;
#[cfg(feature = "full")]
pub mod key_source;
pub mod manifests;
#[cfg(feature = "full")]
mod masked;
#[cfg(feature = "full")]
pub mod network;
#[cfg(feature = "full")]
pub mod outputs;
#[cfg(feature = "full")]
pub mod pipeline;
#[cfg(feature = "full")]
pub mod policies;
#[cfg(feature = "full")]
pub mod progress;
#[cfg(feature = "full")]
pub mod registry_answers;
#[cfg(feature = "full")]
pub mod registry_credentials;
#[cfg(feature = "full")]
pub mod secret_exceptions;
#[cfg(feature = "full")]
pub mod secret_rules;
#[cfg(feature = "full")]
pub mod settings;
#[cfg(feature = "full")]
pub mod signing;
#[cfg(feature = "full")]
pub mod targets;
pub mod terminal;
#[cfg(not(feature = "full"))]
mod verify_only;
#[cfg(feature = "full")]
pub mod vex;

#[cfg(feature = "full")]
use args::Arguments;
#[cfg(feature = "full")]
use clap::Parser as _;
use exit::{CliError, Exit};
#[cfg(feature = "full")]
use settings::Settings;
use std::process::ExitCode;
#[cfg(not(feature = "full"))]
pub use verify_only::run;

/// Runs the program on the process's own arguments and environment.
#[cfg(feature = "full")]
#[must_use]
pub fn run() -> ExitCode {
    run_parsed(Arguments::try_parse(), |arguments| {
        Settings::from_environment(&arguments.global)
            .and_then(|settings| commands::run(arguments.command, &settings))
    })
}

/// Runs what was typed, if it could be read, and tells how it ended.
fn run_parsed<A>(
    parsed: Result<A, clap::Error>,
    run: impl FnOnce(A) -> Result<Exit, CliError>,
) -> ExitCode {
    let arguments = match parsed {
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
    match run(arguments) {
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
