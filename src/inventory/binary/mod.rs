//! What a built program is made of, as the program itself records it: by `cargo auditable`
//! or by Go.
//!
//! Both lists are written while the program is linked, so they hold what a lockfile can
//! only promise. Neither is signed: a binary from elsewhere can claim anything.

mod auditable;
pub mod error;
mod go;
mod image;

use super::merge::Merge;
use super::{formats::Parsed, note_more, rules};
use crate::model::{Ecosystem, Inventory, Location, LockfileRead, Root};
use crate::support::files::read_bounded;
use crate::support::hash::sha256;
pub use auditable::LIST_LIMIT;
pub use error::BinaryError;
pub use go::{BUILD_INFO_LIMIT, STANDARD_LIBRARY};
use std::path::Path;

/// Bytes that a binary may have.
pub const BINARY_LIMIT: u64 = 1024 * 1024 * 1024;

/// The inventory of a binary file. Its components are located in the file, by its name
/// without directories.
///
/// # Errors
/// As [`parse_binary`]; [`BinaryError::File`] where the file cannot be read or is larger
/// than [`BINARY_LIMIT`].
pub fn read_binary(path: &Path) -> Result<Inventory, BinaryError> {
    let bytes = read_bounded(path, BINARY_LIMIT)?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    parse_binary(&name.to_string_lossy(), &bytes)
}

/// The inventory of a binary by its bytes. The root is the crate or module that was built.
///
/// # Errors
/// [`BinaryError::NotABinary`] or [`BinaryError::NoRecord`] for what is no source of
/// an inventory, every other variant where a record is there and cannot be read. Where
/// one record of several cannot be read, that is a gap.
pub fn parse_binary(name: &str, bytes: &[u8]) -> Result<Inventory, BinaryError> {
    let mut merge = Merge::default();
    let mut root: Option<Root> = None;
    let mut failed: Vec<BinaryError> = Vec::new();
    let mut formats: Vec<(&'static str, usize)> = Vec::new();
    let mut gaps = Vec::new();
    type Read = fn(&str, &[u8]) -> Result<Option<Parsed>, BinaryError>;
    let readers: [(&'static str, Ecosystem, Read); 2] = [
        ("cargo-auditable", Ecosystem::Cargo, auditable::read),
        ("go-build-info", Ecosystem::Golang, go::read),
    ];
    for image in image::images(name, bytes)? {
        for (format, ecosystem, read) in readers {
            match read(name, image) {
                Ok(Some(mut parsed)) => {
                    formats.push((format, parsed.packages.len()));
                    root = root.or(parsed.root.take());
                    note_more(name, &mut parsed);
                    merge.add(name, ecosystem, parsed);
                }
                Ok(None) => {}
                Err(error) => failed.push(error),
            }
        }
    }
    if formats.is_empty() {
        return Err(failed.into_iter().next().unwrap_or(BinaryError::NoRecord {
            name: name.to_owned(),
        }));
    }
    for error in failed {
        let location = Some(Location::file(name));
        let message = error.to_string();
        gaps.push(rules::gap(
            &rules::INCOMPLETE_BINARY,
            location,
            &message,
            None,
        ));
    }
    let merged = merge.finish();
    gaps.extend(merged.gaps);
    gaps.sort();
    gaps.dedup();
    Ok(Inventory {
        root: root.unwrap_or_else(|| Root {
            name: name.to_owned(),
            version: None,
        }),
        components: merged.components,
        edges: merged.edges,
        direct: merged.direct,
        lockfiles: lockfiles(name, bytes, formats),
        skipped: Vec::new(),
        gaps,
    })
}

/// One for each kind of record; a universal file has one for each processor.
fn lockfiles(
    name: &str,
    bytes: &[u8],
    mut formats: Vec<(&'static str, usize)>,
) -> Vec<LockfileRead> {
    let digest = sha256(bytes);
    formats.sort_unstable();
    formats.reverse();
    formats.dedup_by_key(|(format, _)| *format);
    formats.reverse();
    formats
        .into_iter()
        .map(|(format, packages)| LockfileRead {
            path: name.to_owned(),
            format,
            packages,
            has_graph: format == "cargo-auditable",
            digest: digest.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
