//! Files that a command is about to write, looked at before it does any work.

use super::exit::{CliError, Exit};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Checks that `output` can be written and is none of the files that the command reads:
/// an artifact must not be replaced by its own signature.
///
/// # Errors
/// Exit 2 where it is one of `inputs`, is a directory, or its directory does not exist or
/// cannot be written.
pub fn check_target<'a>(
    output: &Path,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Result<(), CliError> {
    let shown = output.display();
    if output.is_dir() {
        return Err(
            CliError::new(Exit::Usage, format!("`{shown}` is a directory"))
                .with_hint("name a file to write to"),
        );
    }
    let directory = directory_of(output);
    let failed = |error: std::io::Error| {
        CliError::new(Exit::Usage, format!("cannot write `{shown}`: {error}"))
            .with_hint("check that the directory exists and can be written")
    };
    let place = place_of(output).map_err(failed)?;
    for input in inputs {
        let same_place = place_of(input).is_ok_and(|other| other == place);
        let same_file = std::fs::canonicalize(input).is_ok_and(|other| other == place);
        if same_place || same_file {
            return Err(CliError::new(
                Exit::Usage,
                format!(
                    "the output `{shown}` would replace the input `{}`",
                    input.display()
                ),
            )
            .with_hint("name another output"));
        }
    }
    // What will be done at the end is tried at the start: a temporary file beside it.
    tempfile::Builder::new()
        .prefix(".sealgate-")
        .tempfile_in(directory)
        .map_err(|error| failed(std::io::Error::from(error.kind())))?;
    Ok(())
}

/// Checks that no file is named twice, however it is spelled: what is written for it the
/// second time would replace what was written first.
///
/// # Errors
/// Exit 2 where one is.
pub fn check_named_once(files: &[PathBuf]) -> Result<(), CliError> {
    let mut seen = BTreeSet::new();
    for file in files {
        if !seen.insert(std::fs::canonicalize(file).unwrap_or_else(|_| file.clone())) {
            return Err(
                CliError::new(Exit::Usage, format!("`{}` is named twice", file.display()))
                    .with_hint("name each file once"),
            );
        }
    }
    Ok(())
}

/// Takes an older output away, so that it does not outlive a run that ends badly.
///
/// # Errors
/// Exit 2 where it is there and cannot be removed.
pub fn remove_old(output: &Path) -> Result<(), CliError> {
    match std::fs::remove_file(output) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(CliError::new(
            Exit::Usage,
            format!("cannot replace `{}`: {error}", output.display()),
        )
        .with_hint("name another output")),
        _ => Ok(()),
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The path with its directory resolved, so that two spellings of one place are equal.
/// The last part stays as it is: writing replaces a link, not what it points to.
fn place_of(path: &Path) -> std::io::Result<PathBuf> {
    let mut place = std::fs::canonicalize(directory_of(path))?;
    place.extend(path.file_name());
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::files::write_atomic;

    #[test]
    fn an_input_is_recognised_in_every_spelling_and_a_neighbour_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir(root.join("sub")).unwrap();
        let input = root.join("app");
        write_atomic(&input, b"x").unwrap();
        for spelling in ["app", "./app", "sub/../app"] {
            let error = check_target(&root.join(spelling), [input.as_path()]).unwrap_err();
            assert_eq!(error.exit, Exit::Usage);
            assert!(error.message.contains("would replace"), "{}", error.message);
        }
        check_target(&root.join("app.sigstore.json"), [input.as_path()]).unwrap();
        assert_eq!(std::fs::read_dir(root).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn an_input_that_is_a_link_to_the_output_is_recognised() {
        let dir = tempfile::tempdir().unwrap();
        let (app, link) = (dir.path().join("app"), dir.path().join("link"));
        write_atomic(&app, b"x").unwrap();
        std::os::unix::fs::symlink("app", &link).unwrap();
        assert!(check_target(&app, [link.as_path()]).is_err());
        assert!(check_target(&link, [link.as_path()]).is_err());
        // Writing to the link takes the link's place and leaves the file.
        check_target(&link, [app.as_path()]).unwrap();
    }

    #[test]
    fn a_directory_and_a_place_without_directory_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let directory = check_target(dir.path(), []).unwrap_err();
        assert!(directory.message.contains("is a directory"));
        let nowhere = check_target(&dir.path().join("no/such"), []).unwrap_err();
        assert!(
            nowhere.message.contains("cannot write"),
            "{}",
            nowhere.message
        );
    }
}
