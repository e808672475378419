//! `credential_process`: a program of the user's that prints credentials.
//!
//! Source: docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html. It is
//! started without a shell.

use super::answer::{Given, parse};
use super::{Chain, CredentialsError};
use crate::support::aws::Keys;
use crate::support::http::reason_of_body;
use crate::support::process::{Invocation, ProcessError, find_program, run};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most output.
const MAX_OUTPUT: u64 = 256 * 1024;
/// Most time; a program may ask the user for a code.
const MAX_TIME: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Versioned {
    #[serde(rename = "Version")]
    version: u32,
}

impl Chain {
    /// Starts the program of a profile. `source_name` is the profile's.
    pub(super) fn of_process(
        &self,
        command: &str,
        source_name: &str,
    ) -> Result<Keys, CredentialsError> {
        let source_name = format!("`credential_process` of {source_name}");
        let wrong = |problem: String, remedy: &str| CredentialsError::Configuration {
            source_name: source_name.clone(),
            problem,
            remedy: remedy.to_owned(),
        };
        if !self.environment.may_start_programs {
            return Err(wrong(
                "it stands in a file that may be part of the judged tree, and is not started"
                    .to_owned(),
                "name the files by absolute paths outside the working directory in AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
            ));
        }
        let words = shlex::split(command).unwrap_or_default();
        let (name, arguments) = words
            .split_first()
            .ok_or_else(|| wrong("it is no command line".to_owned(), "check its quotes"))?;
        let home = self.environment.home.as_deref().unwrap_or(Path::new("/"));
        let program = self.program(name).ok_or_else(|| {
            wrong(
                format!(
                    "the program `{}` is not found",
                    crate::model::terminal_safe(name)
                ),
                "give its absolute path",
            )
        })?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let finished = run(&Invocation {
            program: &program,
            arguments: &arguments,
            directory: home,
            variables: &[],
            output_limit: MAX_OUTPUT,
            time_limit: MAX_TIME.min(self.within.saturating_mul(3)),
        })
        .map_err(|error| match error {
            ProcessError::Start { .. } | ProcessError::NotAbsolute { .. } => {
                wrong(error.to_string(), "check that the program can be started")
            }
            error => CredentialsError::Unanswered {
                source_name: source_name.clone(),
                reason: error.to_string(),
            },
        })?;
        if finished.code != Some(0) {
            let said = reason_of_body(&finished.stderr, &[]);
            let code = finished
                .code
                .map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
            return Err(CredentialsError::Refused {
                source_name,
                said: said.map_or_else(|| code.clone(), |said| format!("{code}: {said}")),
            });
        }
        let of: Versioned = parse(&finished.stdout, &source_name)?;
        if of.version != 1 {
            return Err(CredentialsError::Malformed {
                source_name,
                reason: format!("`Version` is {}, only 1 is known", of.version),
            });
        }
        parse::<Given>(&finished.stdout, &source_name)?.keys(&source_name)
    }

    /// The file of a program: an absolute path, one from the home, or a name in the `PATH`.
    fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.path(name);
        if path.is_absolute() {
            return Some(path);
        }
        let is_name = !name.contains(['/', '\\']);
        let search = self.environment.variable("PATH").filter(|_| is_name)?;
        find_program(name, Some(search.into()))
    }
}
