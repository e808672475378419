//! What several commands say in the same way: the form of a result, errors of rooms, errors
//! about a file.

use super::exit::{CliError, Exit};
use crate::model::{Digest, DigestAlgorithm, Hint};
use std::path::{Path, PathBuf};

/// The form of a result on stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ResultFormat {
    /// Text for people
    #[default]
    Human,
    /// JSON
    Json,
}

/// A path with something added to its last part.
#[must_use]
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// An error of a room as exit 2.
pub fn usage(error: &dyn Hint) -> CliError {
    CliError::of(Exit::Usage, error)
}

/// An error of a room about a file; the name is put before the message unless it is in it.
pub fn in_file(path: &Path, exit: Exit, error: &dyn Hint) -> CliError {
    let mut of = CliError::of(exit, error);
    let name = path.display().to_string();
    if !of.message.contains(&name) {
        of.message = format!("{name}: {}", of.message);
    }
    of
}

/// Reads the argument of `--trusted-root-digest`: `sha256:` and 64 hex digits.
///
/// # Errors
/// Why the text is no such digest.
pub fn parse_root_digest(text: &str) -> Result<Digest, String> {
    let digest = Digest::parse(text).map_err(|error| error.to_string())?;
    match digest.algorithm() {
        DigestAlgorithm::Sha256 => Ok(digest),
        other => Err(format!("it must be a SHA-256, not {}", other.as_str())),
    }
}
