//! What `sbom diff` and `sbom check` are given: an SBOM, a project or a binary.

use crate::cli::exit::{CliError, Exit};
use crate::inventory;
use crate::model::terminal_safe;
use crate::sbom::facts::Facts;
use crate::sbom::{self, document};
use crate::support::files::{FileError, read_bounded};
use std::path::Path;

/// What a file or directory says it is made of.
///
/// # Errors
/// Exit 2 where the path cannot be opened; exit 3 where what is there cannot be read, so
/// that nothing could be compared.
pub(super) fn read(path: &Path) -> Result<Facts, CliError> {
    if path.is_dir() {
        return read_project(path);
    }
    let bytes = read_bytes(path)?;
    match is_executable(&bytes) {
        true => read_binary(path, &bytes),
        false => read_bytes_as_sbom(path, &bytes),
    }
}

/// What an SBOM file says.
///
/// # Errors
/// The same; a project or a binary is no SBOM.
pub(super) fn read_sbom(path: &Path) -> Result<Facts, CliError> {
    if path.is_dir() {
        let shown = path.display().to_string();
        return Err(CliError::new(
            Exit::Usage,
            format!("`{}` is a directory, not an SBOM", terminal_safe(&shown)),
        )
        .with_hint(format!(
            "write its SBOM first: sealgate sbom generate {shown}"
        )));
    }
    read_bytes_as_sbom(path, &read_bytes(path)?)
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    let limit = u64::try_from(document::MAX_BYTES).unwrap_or(u64::MAX);
    read_bounded(path, limit).map_err(|error| {
        let exit = match error {
            FileError::TooLarge { .. } => Exit::Inconclusive,
            _ => Exit::Usage,
        };
        CliError::of(exit, &error)
    })
}

fn read_bytes_as_sbom(path: &Path, bytes: &[u8]) -> Result<Facts, CliError> {
    match sbom::read(bytes) {
        Ok(read) => Ok(Facts::of_read(&read)),
        Err(error) => {
            let mut error = CliError::of(Exit::Inconclusive, &error);
            error.message = format!("{}: {}", path.display(), error.message);
            Err(error)
        }
    }
}

fn read_project(path: &Path) -> Result<Facts, CliError> {
    let name = std::fs::canonicalize(path)
        .ok()
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let options = inventory::Options {
        fallback_name: name.unwrap_or_default(),
        ..inventory::Options::default()
    };
    let inventory =
        inventory::read_tree(path, &options).map_err(|error| CliError::of(Exit::Usage, &error))?;
    Ok(Facts::of_inventory(&inventory))
}

/// ELF, Mach-O (thin and universal), PE and WebAssembly begin so.
fn is_executable(bytes: &[u8]) -> bool {
    const MAGICS: [&[u8]; 8] = [
        b"\x7fELF",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"MZ",
        b"\0asm",
    ];
    MAGICS.iter().any(|magic| bytes.starts_with(magic))
}

fn read_binary(path: &Path, _bytes: &[u8]) -> Result<Facts, CliError> {
    Err(CliError::new(
        Exit::Inconclusive,
        format!(
            "{}: what is linked into a binary is not read",
            path.display()
        ),
    )
    .with_hint("give an SBOM of the binary in its place"))
}
