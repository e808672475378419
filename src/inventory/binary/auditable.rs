//! The list of dependencies that `cargo auditable` puts into a binary
//! (<https://github.com/rust-secure-code/cargo-auditable/blob/master/cargo-auditable.schema.json>).

use super::error::BinaryError;
use crate::inventory::formats::{Package, Parsed};
use crate::model::{ComponentKind, Origin, Root, Scope};
use auditable_extract::{Error, raw_auditable_data};
use auditable_serde::{DependencyKind, Source, VersionInfo};
use flate2::read::ZlibDecoder;
use std::io::Read as _;

/// Bytes of the unpacked list. That of a program of 1,000 crates takes some 150,000.
pub const LIST_LIMIT: usize = 8 * 1024 * 1024;

/// What the list in an image says; `None` where it holds none.
///
/// # Errors
/// [`BinaryError`] where the image or its list cannot be read.
pub fn read(name: &str, image: &[u8]) -> Result<Option<Parsed>, BinaryError> {
    let packed = match raw_auditable_data(image) {
        Ok(packed) => packed,
        // The latter three: a file without a table of sections.
        Err(
            Error::NoAuditData
            | Error::NotAnExecutable
            | Error::SectionIsMissing
            | Error::SymbolsSectionIsMissing
            | Error::UnexpectedSectionType,
        ) => return Ok(None),
        Err(error) => {
            return Err(BinaryError::Damaged {
                name: name.to_owned(),
                reason: error.to_string(),
            });
        }
    };
    let too_large = || BinaryError::ListTooLarge {
        name: name.to_owned(),
        limit: LIST_LIMIT,
    };
    if packed.len() > LIST_LIMIT {
        return Err(too_large());
    }
    let mut list = Vec::new();
    let limit = u64::try_from(LIST_LIMIT).unwrap_or(u64::MAX);
    ZlibDecoder::new(packed)
        .take(limit.saturating_add(1))
        .read_to_end(&mut list)
        .map_err(|source| BinaryError::List {
            name: name.to_owned(),
            source,
        })?;
    if list.len() > LIST_LIMIT {
        return Err(too_large());
    }
    let list: VersionInfo =
        serde_json::from_slice(&list).map_err(|source| BinaryError::ListShape {
            name: name.to_owned(),
            source,
        })?;
    Ok(Some(parsed(list)))
}

fn parsed(list: VersionInfo) -> Parsed {
    let count = list.packages.len();
    let mut parsed = Parsed::default();
    for (from, entry) in list.packages.into_iter().enumerate() {
        let mut package = Package::new(entry.name, 0);
        package.version = Some(entry.version.to_string());
        package.scope = match entry.kind {
            DependencyKind::Build => Scope::Build,
            DependencyKind::Runtime => Scope::Runtime,
        };
        if entry.root {
            parsed.root = Some(Root {
                name: package.name.clone(),
                version: package.version.clone(),
            });
        }
        if entry.root || entry.source == Source::Local {
            package.kind = ComponentKind::Own;
        }
        package.origin = match entry.source {
            Source::CratesIo => Origin::Registry {
                index: None,
                file: None,
                default: true,
            },
            Source::Local => Origin::Path {
                path: ".".to_owned(),
            },
            // `git` and `registry`, without saying which.
            _ => Origin::Unrecorded,
        };
        parsed.packages.push(package);
        let known = entry.dependencies.into_iter().filter(|to| *to < count);
        parsed.edges.extend(known.map(|to| (from, to)));
    }
    parsed.edges.sort_unstable();
    parsed.edges.dedup();
    parsed
}
