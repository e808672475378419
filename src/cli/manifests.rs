//! The manifests of signed directories, which stand beside them: `DIR.manifest`.

#[cfg(feature = "full")]
use super::exit::{CliError, Exit};
#[cfg(feature = "full")]
use super::forms::usage;
use super::forms::with_ending;
#[cfg(feature = "full")]
use super::targets::check_target;
use crate::model::Digest;
use crate::signing::{Artifact, MAX_MANIFEST_BYTES};
use crate::support::files;
#[cfg(feature = "full")]
use std::path::Path;
use std::path::PathBuf;

fn beside(artifact: &Artifact) -> PathBuf {
    with_ending(artifact.path(), ".manifest")
}

/// Looks whether directories can be signed: they have names, their manifests can be written
/// and replace nothing that is read, and the output does not go into one of them, which would
/// change it.
///
/// # Errors
/// Exit 2 where not.
#[cfg(feature = "full")]
pub fn check<'a>(
    artifacts: &'a [Artifact],
    output: &'a Path,
    inputs: impl Iterator<Item = &'a Path> + Clone,
) -> Result<(), CliError> {
    for artifact in artifacts.iter().filter(|artifact| artifact.is_directory()) {
        let path = artifact.path();
        if path.file_name().is_none() {
            return Err(CliError::new(
                Exit::Usage,
                format!(
                    "`{}` does not say what the directory is called",
                    path.display()
                ),
            )
            .with_hint("name it from the directory above"));
        }
        check_target(&beside(artifact), inputs.clone().chain([path, output]))?;
        let parent = output.parent().filter(|parent| *parent != Path::new(""));
        let parent = std::fs::canonicalize(parent.unwrap_or(Path::new(".")));
        let inside = parent.ok().zip(std::fs::canonicalize(path).ok());
        if inside.is_some_and(|(parent, directory)| parent.starts_with(directory)) {
            return Err(CliError::new(
                Exit::Usage,
                format!(
                    "`{}` is inside the directory that is signed",
                    output.display()
                ),
            )
            .with_hint("write it beside the directory"));
        }
    }
    Ok(())
}

/// Writes the manifest of each directory beside it.
///
/// # Errors
/// Exit 2 where one cannot be written.
#[cfg(feature = "full")]
pub fn write(artifacts: &[Artifact]) -> Result<(), CliError> {
    for artifact in artifacts {
        if let Some(manifest) = artifact.manifest().map_err(|e| usage(&e))? {
            files::write_atomic(&beside(artifact), manifest).map_err(|e| usage(&e))?;
        }
    }
    Ok(())
}

/// What to add to the message that a directory is not the one that was signed.
pub fn told(artifact: &Artifact, signed: &Digest) -> String {
    let path = beside(artifact);
    let difference = files::read_bounded(&path, MAX_MANIFEST_BYTES)
        .ok()
        .and_then(|manifest| artifact.difference(&manifest, signed));
    match difference {
        Some(difference) => format!(": {difference}"),
        None => format!(
            "; what differs cannot be told: `{}` is not the manifest that was signed",
            path.display()
        ),
    }
}
