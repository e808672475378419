//! This user's credentials for registries of images: the files of docker and podman.

use super::exit::{CliError, Exit};
use super::settings::Settings;
use crate::model::Redacted;
use crate::oci::{ConfigFile, Credentials, OciError, SystemHelpers};
use crate::support::files::{FileError, read_bounded};
use std::ffi::OsString;
use std::path::PathBuf;

/// Larger files are no such configuration.
const MAX_BYTES: u64 = 1024 * 1024;

/// What docker and podman would send, in this order: `REGISTRY_AUTH_FILE`,
/// `DOCKER_AUTH_CONFIG` (the content itself, as GitLab has it), `DOCKER_CONFIG` or
/// `~/.docker/config.json`, and podman's files. Nothing of a judged tree is read; helpers are
/// looked for in the absolute directories of `PATH`.
///
/// # Errors
/// Exit 2 for a file that is named and missing, and for one that cannot be read.
pub fn load() -> Result<Credentials, CliError> {
    let variables = Settings::variables();
    let variable = |name: &str| {
        let value = variables.get(name).map(Redacted::expose);
        value.filter(|value| !value.is_empty())
    };
    let path = |name: &str| variable(name).map(PathBuf::from);
    let home = path("HOME").or_else(|| path("USERPROFILE"));
    let mut files = Vec::new();
    if let Some(named) = path("REGISTRY_AUTH_FILE") {
        files.push(read(named, true)?);
    }
    if let Some(content) = variable("DOCKER_AUTH_CONFIG") {
        files.push(Some(ConfigFile {
            path: PathBuf::from("DOCKER_AUTH_CONFIG"),
            bytes: content.as_bytes().to_vec(),
        }));
    }
    let docker = path("DOCKER_CONFIG").or_else(|| Some(home.as_ref()?.join(".docker")));
    let config = path("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let podman = [path("XDG_RUNTIME_DIR"), config];
    let candidates = docker
        .map(|directory| directory.join("config.json"))
        .into_iter()
        .chain(
            podman
                .into_iter()
                .flatten()
                .map(|directory| directory.join("containers/auth.json")),
        );
    for candidate in candidates {
        files.push(read(candidate, false)?);
    }
    let helpers = SystemHelpers {
        path: variable("PATH").map(OsString::from),
    };
    Credentials::new(files.into_iter().flatten().collect(), helpers)
        .map_err(|e| CliError::of(Exit::Usage, &e))
}

/// A file that is there; one that was named must be.
fn read(path: PathBuf, is_named: bool) -> Result<Option<ConfigFile>, CliError> {
    match read_bounded(&path, MAX_BYTES) {
        Ok(bytes) => Ok(Some(ConfigFile { path, bytes })),
        Err(FileError::Read { source, .. })
            if !is_named && source.kind() == std::io::ErrorKind::NotFound =>
        {
            Ok(None)
        }
        Err(error) => Err(CliError::of(Exit::Usage, &OciError::File(error))),
    }
}
