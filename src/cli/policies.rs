//! Finding and reading the policy that a command names.

use super::commands::explain;
use super::commands::key::in_file;
use super::exit::{CliError, Exit};
use crate::model::PolicyInfo;
use crate::policy::{MAX_POLICY_BYTES, Policy, Preset, preset_names};
use crate::signing::{PublicKey, read_public_key};
use crate::support::{files, hash};
use std::path::{Path, PathBuf};

/// A policy with what a report says about it.
pub struct LoadedPolicy {
    /// The policy.
    pub policy: Policy,
    /// Name, source and digest.
    pub info: PolicyInfo,
    /// Where the files lie that it names; none for a preset.
    pub directory: Option<PathBuf>,
    /// The key that must have signed the advisory database.
    pub database_key: Option<PublicKey>,
}

/// Reads a preset by name or a policy by path.
///
/// # Errors
/// Exit 2 where there is no such policy, it is not well formed, or the key that it names
/// for the advisory database cannot be read.
pub fn load(name_or_path: &str) -> Result<LoadedPolicy, CliError> {
    let known: Vec<&str> = explain::known_ids().collect();
    let (policy, source, bytes, directory) = match Preset::named(name_or_path) {
        Some(preset) => {
            let policy = Policy::preset(preset, &known);
            let source = format!("preset {}", preset.name);
            (policy, source, preset.text.as_bytes().to_vec(), None)
        }
        None => {
            let path = Path::new(name_or_path);
            let bytes = files::read_bounded(path, MAX_POLICY_BYTES)
                .map_err(|error| no_such_policy(name_or_path, &error))?;
            let policy = Policy::parse(&bytes, name_or_path, &known);
            let directory = path.parent().map(Path::to_owned);
            (policy, file_name(path), bytes, directory)
        }
    };
    let policy = policy.map_err(|error| CliError::of(Exit::Usage, &error))?;
    let info = PolicyInfo {
        name: policy.name.clone(),
        source,
        digest: hash::sha256(&bytes).hex(),
    };
    let database_key = policy
        .advisories
        .database_key()
        .map(|file| {
            let path = directory.as_deref().unwrap_or(Path::new("")).join(file);
            read_public_key(&path).map_err(|error| in_file(&path, Exit::Usage, &error))
        })
        .transpose()?;
    Ok(LoadedPolicy {
        policy,
        info,
        directory,
        database_key,
    })
}

/// The last part of a path: reports hold no path of one machine.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn no_such_policy(name: &str, error: &files::FileError) -> CliError {
    let presets = preset_names().collect::<Vec<_>>().join(", ");
    CliError::of(Exit::Usage, error).with_hint(format!(
        "`{name}` is no preset either; the presets are {presets}"
    ))
}
