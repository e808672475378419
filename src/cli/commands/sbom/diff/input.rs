//! What `sbom diff` is given: an SBOM, a project or a binary.

use crate::cli::commands::sbom::{in_file, read_bytes};
use crate::cli::exit::{CliError, Exit};
use crate::cli::input::is_executable;
use crate::inventory::{self, InventoryError};
use crate::model::Inventory;
use crate::sbom;
use crate::sbom::facts::Facts;
use std::path::Path;

/// What a file or directory says it is made of.
///
/// # Errors
/// Exit 3 where it cannot be read, so that nothing can be compared.
pub(super) fn read(path: &Path) -> Result<Facts, CliError> {
    if path.is_dir() {
        return read_project(path);
    }
    if inventory::is_lockfile(path) {
        let options = named_like(inventory::directory_of_file(path));
        return facts(inventory::read_lockfile(path, &options).map(|(inventory, _)| inventory));
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

fn read_binary(path: &Path) -> Result<Facts, CliError> {
    let inventory = inventory::binary::read_binary(path)
        .map_err(|error| CliError::of(Exit::Inconclusive, &error))?;
    Ok(Facts::of_inventory(&inventory))
}
