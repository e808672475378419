//! What this user's AWS tools would use: credentials, region, endpoints.

use super::settings::Settings;
use crate::checks::registry::online::credentials::Variables;
use crate::model::{Redacted, terminal_safe};
use crate::support::aws::{self, Chain, Profiles};
use crate::support::files::{FileError, read_bounded};
use crate::support::http::Network;
use std::path::{Path, PathBuf};

/// Larger files are no such configuration.
const MAX_BYTES: u64 = 1024 * 1024;

/// The environment, and the shared files.
pub struct Environment(aws::Environment);

impl Environment {
    /// Reads it; for commands that ask AWS. A file that is not there is none; one that
    /// cannot be read is told when credentials are looked for in it.
    #[must_use]
    pub fn read() -> Self {
        Self::read_beside(Path::new("."))
    }

    /// The same for a command that judges a tree, or a file in one.
    #[must_use]
    pub fn read_beside(judged: &Path) -> Self {
        let variables = Settings::variables();
        let home = ["HOME", "USERPROFILE"]
            .iter()
            .find_map(|name| value(&variables, name))
            .map(PathBuf::from);
        let mut unreadable = None;
        let mut may_start_programs = true;
        let mut text = |named: &str, usual: &str| {
            let path = match (value(&variables, named), &home) {
                (Some(path), home) => {
                    let path = in_home(path, home.as_deref());
                    may_start_programs &= path.is_absolute()
                        && is_outside(&path, Path::new("."))
                        && is_outside(&path, directory_of(judged));
                    path
                }
                (None, Some(home)) => home.join(".aws").join(usual),
                (None, None) => return None,
            };
            let read = match read_bounded(&path, MAX_BYTES) {
                Ok(bytes) => String::from_utf8(bytes)
                    .map_err(|_| format!("`{}` is not valid UTF-8", path.display())),
                Err(FileError::Read { source, .. })
                    if source.kind() == std::io::ErrorKind::NotFound =>
                {
                    return None;
                }
                Err(error) => Err(error.to_string()),
            };
            read.map_err(|reason| unreadable = Some(terminal_safe(&reason).into_owned()))
                .ok()
        };
        let credentials = text("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config = text("AWS_CONFIG_FILE", "config");
        Self(aws::Environment {
            profiles: Profiles::of(credentials.as_deref(), config.as_deref()),
            variables,
            unreadable,
            home,
            may_start_programs,
        })
    }

    /// Where credentials come from; nothing is asked before they are wanted.
    #[must_use]
    pub fn chain(&self, network: &Network) -> Chain {
        Chain::new(self.0.clone(), network.clone())
    }

    /// The region: `AWS_REGION`, `AWS_DEFAULT_REGION`, else the profile's.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.0.region()
    }

    /// An endpoint that replaces the service's own, named in capitals; see
    /// [`aws::Environment::endpoint`].
    #[must_use]
    pub fn endpoint(&self, service: &str) -> Option<&str> {
        self.0.endpoint(service)
    }

    /// Whether `AWS_USE_FIPS_ENDPOINT` asks for the validated endpoints.
    #[must_use]
    pub fn wants_fips(&self) -> bool {
        self.0.wants_fips()
    }
}

fn in_home(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// The directory of a file, or the directory itself.
fn directory_of(path: &Path) -> &Path {
    match path.is_dir() {
        true => path,
        false => path.parent().unwrap_or(path),
    }
}

/// Whether a file is there and lies outside a directory, wherever links lead.
fn is_outside(path: &Path, directory: &Path) -> bool {
    let directory = match directory.as_os_str().is_empty() {
        true => Path::new("."),
        false => directory,
    };
    match (path.canonicalize(), directory.canonicalize()) {
        (Ok(file), Ok(directory)) => !file.starts_with(directory),
        _ => false,
    }
}

fn value<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    let value = variables.get(name).map(Redacted::expose);
    value.filter(|value| !value.is_empty())
}
