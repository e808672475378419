//! Tar archives of records, as code hosts give a RustSec tree out: read from the front to
//! the end, nothing is unpacked.

use super::commit::as_commit;
use super::pool::Queue;
use super::read::{Job, Kind, MAX_RECORD_BYTES, Shelf, too_large};
use super::walk::{MAX_ENTRIES, is_advisory_name};
use crate::checks::advisories::error::DatabaseError;
use crate::support::files::{FileError, check_is_file};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use tar::Archive;

/// Most decompressed bytes of one archive; today's RustSec tree has 3 MB. The library
/// holds a long name in memory, so this bounds memory as well.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
const MAX_COMMENT_BYTES: u64 = 64 * 1024;

/// Finds the records in an archive and hands them on.
pub(super) fn find(
    path: &Path,
    place: &str,
    compressed: bool,
    queue: &mut Queue,
) -> Result<(), DatabaseError> {
    check_is_file(path)?;
    let file = File::open(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })?;
    let file = BufReader::new(file);
    let reader: Box<dyn Read> = if compressed {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let failed = |source: std::io::Error| DatabaseError::Archive {
        path: path.to_owned(),
        source: source.into(),
    };
    let over = |limit, unit| DatabaseError::Limit {
        path: path.to_owned(),
        limit,
        unit,
    };
    // One byte more than is allowed tells an archive at the limit from one over it.
    let mut archive = Archive::new(reader.take(MAX_BYTES + 1));
    let (mut seen, mut records, mut bytes_seen) = (0_u64, 0_u64, 0_u64);
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        seen += 1;
        bytes_seen = bytes_seen.saturating_add(entry.size());
        if seen > MAX_ENTRIES {
            return Err(over(MAX_ENTRIES, "archive entries"));
        }
        if bytes_seen > MAX_BYTES {
            return Err(over(MAX_BYTES, "decompressed bytes"));
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            queue.commit = commit_in(&mut entry);
        }
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let above: Vec<&str> = name.split('/').collect();
        let above = above.split_last().map_or(&[][..], |(_, above)| above);
        let shelf = Shelf::of(above);
        let record = match Kind::of(&name) {
            Some(Kind::Markdown) if shelf.is_some() || is_advisory_name(&name) => Kind::Markdown,
            Some(Kind::Json) => Kind::Json,
            _ => continue,
        };
        records += 1;
        let bytes = if kind.is_file() {
            let mut bytes = Vec::new();
            Read::by_ref(&mut entry)
                .take(MAX_RECORD_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(failed)?;
            match bytes.len() as u64 > MAX_RECORD_BYTES {
                true => Err(too_large(MAX_RECORD_BYTES)),
                false => Ok(bytes),
            }
        } else {
            Err("it is a symbolic link or a device and was not read".to_owned())
        };
        queue.push(Job::Bytes {
            place: format!("{place}!{name}"),
            kind: record,
            shelf,
            bytes,
        });
    }
    // What comes behind the last entry, and with it the checksum of the compression.
    let mut rest = archive.into_inner();
    std::io::copy(&mut rest, &mut std::io::sink()).map_err(failed)?;
    if rest.limit() == 0 {
        return Err(over(MAX_BYTES, "decompressed bytes"));
    }
    if records == 0 {
        return Err(DatabaseError::NothingRecognised {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// `git archive`, which code hosts run, leaves the commit in a comment at the front.
fn commit_in<R: Read>(entry: &mut tar::Entry<'_, R>) -> Option<String> {
    if entry.size() > MAX_COMMENT_BYTES {
        return None;
    }
    let mut extensions = entry.pax_extensions().ok()??;
    extensions.find_map(|extension| {
        let extension = extension.ok()?;
        let is_comment = extension.key() == Ok("comment");
        as_commit(extension.value().ok().filter(|_| is_comment)?)
    })
}
