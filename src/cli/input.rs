//! What a command is given to look into: a directory, a lockfile, an SBOM or a binary.

use super::commands::sbom;
use super::exit::{CliError, Exit};
use crate::inventory::{self, binary};
use crate::model::Inventory;
use crate::sbom::SbomError;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What kind of thing a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory: a project.
    Tree,
    /// A lockfile, by its name.
    Lockfile,
    /// A program, by its first bytes.
    Binary,
    /// Any other file.
    Sbom,
}

impl Kind {
    /// The kind of what is there.
    ///
    /// # Errors
    /// Exit 2 where nothing is there, or something that is neither a file nor a directory.
    pub fn of(path: &Path) -> Result<Self, CliError> {
        let shown = path.display();
        let metadata = std::fs::metadata(path).map_err(|error| {
            CliError::new(Exit::Usage, format!("cannot read `{shown}`: {error}"))
                .with_hint("name a directory, a lockfile, an SBOM or a binary")
        })?;
        if metadata.is_dir() {
            return Ok(Self::Tree);
        }
        if !metadata.is_file() {
            let message = format!("`{shown}` is neither a file nor a directory");
            return Err(CliError::new(Exit::Usage, message));
        }
        if inventory::is_lockfile(path) {
            return Ok(Self::Lockfile);
        }
        match is_executable(path) {
            true => Ok(Self::Binary),
            false => Ok(Self::Sbom),
        }
    }
}

/// An inventory, and the directory that the places in it are relative to.
pub struct Read {
    /// The inventory.
    pub inventory: Inventory,
    /// The directory.
    pub base: PathBuf,
}

/// The inventory of a path of any kind.
///
/// # Errors
/// Exit 2 for what is no such thing, exit 3 for what is one and cannot be read at all.
pub fn read(path: &Path, kind: Kind, options: &inventory::Options) -> Result<Read, CliError> {
    let usage = |error: inventory::InventoryError| CliError::of(Exit::Usage, &error);
    match kind {
        Kind::Tree => Ok(Read {
            inventory: inventory::read_tree(path, options).map_err(usage)?,
            base: path.to_owned(),
        }),
        Kind::Lockfile => {
            let (inventory, base) = inventory::read_lockfile(path, options).map_err(usage)?;
            Ok(Read { inventory, base })
        }
        Kind::Binary => Ok(Read {
            inventory: binary::read_binary(path)
                .map_err(|error| CliError::of(Exit::Inconclusive, &error))?,
            base: inventory::directory_of_file(path).to_owned(),
        }),
        Kind::Sbom => Ok(Read {
            inventory: read_sbom(path)?,
            base: inventory::directory_of_file(path).to_owned(),
        }),
    }
}

fn read_sbom(path: &Path) -> Result<Inventory, CliError> {
    let bytes = sbom::read_bytes(path)?;
    let read = crate::sbom::read(&bytes).map_err(|error| match error {
        SbomError::UnknownFormat => CliError::new(
            Exit::Usage,
            format!(
                "`{}` is neither a lockfile by its name, nor an SBOM, nor a binary",
                path.display()
            ),
        )
        .with_hint(format!(
            "SBOMs are CycloneDX (JSON, XML) or SPDX JSON; lockfiles are named {}",
            inventory::lockfile_names().join(", ")
        )),
        error => sbom::in_file(path, &error),
    })?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(inventory::of_sbom(&name.to_string_lossy(), &bytes, &read))
}

/// ELF, Mach-O (thin and universal), PE and WebAssembly begin so. What cannot be opened is
/// left to the reader of SBOMs, which says why.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
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
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
    read.is_ok() && MAGICS.iter().any(|magic| start.starts_with(magic))
}
