//! What `sbom diff` is given: an SBOM, a project or a binary.

use crate::cli::commands::sbom::{in_file, read_bytes};
use crate::cli::exit::{CliError, Exit};
use crate::inventory::{self, InventoryError};
use crate::model::Inventory;
use crate::sbom;
use crate::sbom::facts::Facts;
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::Path;

/// What a file or directory says it is made of.
///
/// # Errors
/// Exit 3 where it cannot be read, so that nothing can be compared.
pub(super) fn read(path: &Path) -> Result<Facts, CliError> {
    if path.is_dir() {
        return read_project(path);
    }
    let name = path.file_name().and_then(OsStr::to_str);
    if name.is_some_and(inventory::is_lockfile) {
        let options = named_like(inventory::directory_of_file(path));
        return facts(inventory::read_lockfile(path, &options));
    }
    if is_executable(path) {
        return read_binary(path);
    }
    let bytes = read_bytes(path)?;
    match sbom::read(&bytes) {
        Ok(read) => Ok(Facts::of_read(&read)),
        Err(error) => Err(in_file(path, &error)),
    }
}

fn read_project(path: &Path) -> Result<Facts, CliError> {
    facts(inventory::read_tree(path, &named_like(path)))
}

fn named_like(directory: &Path) -> inventory::Options {
    let name = std::fs::canonicalize(directory)
        .ok()
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    inventory::Options {
        fallback_name: name.unwrap_or_default(),
        ..inventory::Options::default()
    }
}

fn facts(read: Result<Inventory, InventoryError>) -> Result<Facts, CliError> {
    let inventory = read.map_err(|error| CliError::of(Exit::Inconclusive, &error))?;
    Ok(Facts::of_inventory(&inventory))
}

/// ELF, Mach-O (thin and universal), PE and WebAssembly begin so. What cannot be opened is
/// left to the reader of SBOMs, which says why.
fn is_executable(path: &Path) -> bool {
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
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
    read.is_ok() && MAGICS.iter().any(|magic| start.starts_with(magic))
}

fn read_binary(path: &Path) -> Result<Facts, CliError> {
    let inventory = inventory::binary::read_binary(path)
        .map_err(|error| CliError::of(Exit::Inconclusive, &error))?;
    Ok(Facts::of_inventory(&inventory))
}
