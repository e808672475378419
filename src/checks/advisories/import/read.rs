//! Reads one thing that was found: a file, some entries of an archive, an advisory.

use super::archive::{ArchiveReader, Entries};
use super::signal_files;
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::index::build::Part;
use crate::checks::advisories::record::Parsed;
use crate::checks::advisories::signals::kev;
use crate::checks::advisories::{osv, rustsec_tree};
use crate::model::Ecosystem;
use crate::support::files::{FileError, read_bounded};
use std::path::PathBuf;

/// Largest record, in bytes. The largest one in today's data has 1.2 MB.
pub(super) const MAX_RECORD_BYTES: u64 = 8 * 1024 * 1024;

/// What files are, by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    /// A compressed JSON file: the catalogue of exploited vulnerabilities.
    JsonGz,
    /// Scores, if the content says so.
    Csv,
    CsvGz,
    /// A zip archive of records.
    Zip,
    /// A tar archive of records, compressed or not.
    Tar,
    TarGz,
    Markdown,
}

impl Kind {
    pub(super) fn of(name: &str) -> Option<Self> {
        const ENDINGS: [(&str, Kind); 9] = [
            (".json.gz", Kind::JsonGz),
            (".csv.gz", Kind::CsvGz),
            (".tar.gz", Kind::TarGz),
            (".tgz", Kind::TarGz),
            (".tar", Kind::Tar),
            (".json", Kind::Json),
            (".csv", Kind::Csv),
            (".zip", Kind::Zip),
            (".md", Kind::Markdown),
        ];
        let has = |ending: &str| {
            let start = name.len().checked_sub(ending.len());
            let end = start.and_then(|start| name.as_bytes().get(start..));
            end.is_some_and(|end| end.eq_ignore_ascii_case(ending.as_bytes()))
        };
        ENDINGS
            .into_iter()
            .find(|(ending, _)| has(ending))
            .map(|(_, kind)| kind)
    }
}

/// What a RustSec advisory is about, by the directories that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shelf {
    /// `crates` or `rust`.
    pub collection: &'static str,
    pub package: String,
}

impl Shelf {
    /// The shelf of a file, by the directories above it.
    pub(super) fn of<S: AsRef<str>>(above: &[S]) -> Option<Self> {
        let [.., collection, package] = above else {
            return None;
        };
        let known = ["crates", "rust"].into_iter();
        let collection = known
            .into_iter()
            .find(|known| *known == collection.as_ref())?;
        Some(Self {
            collection,
            package: package.as_ref().to_owned(),
        })
    }
}

/// Something to read.
pub(super) enum Job {
    /// A record or a catalogue.
    Json { path: PathBuf, place: String },
    /// An advisory of the RustSec tree.
    Markdown {
        path: PathBuf,
        place: String,
        shelf: Option<Shelf>,
    },
    /// Some entries of a zip archive.
    Entries(Entries),
    /// A record that was found in a tar archive; a reason, where it cannot be used.
    Bytes {
        place: String,
        kind: Kind,
        shelf: Option<Shelf>,
        bytes: Result<Vec<u8>, String>,
    },
}

/// A thread that reads.
pub(super) struct Worker {
    pub part: Part,
    archives: ArchiveReader,
}

impl Worker {
    pub(super) fn new(part: Part) -> Self {
        Self {
            part,
            archives: ArchiveReader::default(),
        }
    }

    pub(super) fn run(&mut self, job: Job) -> Result<(), DatabaseError> {
        match job {
            Job::Json { path, place } => {
                let named = signal_files::is_named_as_catalogue(place_name(&place));
                let limit = if named {
                    kev::MAX_BYTES
                } else {
                    MAX_RECORD_BYTES
                };
                match bounded(&path, limit)? {
                    Ok(bytes) if named || kev::is_catalogue(&bytes) => {
                        self.part.take_kev(&place, kev::parse(&bytes));
                        Ok(())
                    }
                    bytes => self.take(&place, Kind::Json, None, bytes),
                }
            }
            Job::Markdown { path, place, shelf } => {
                let bytes = bounded(&path, MAX_RECORD_BYTES)?;
                self.take(&place, Kind::Markdown, shelf.as_ref(), bytes)
            }
            Job::Bytes {
                place,
                kind,
                shelf,
                bytes,
            } => self.take(&place, kind, shelf.as_ref(), bytes),
            Job::Entries(entries) => {
                let part = &mut self.part;
                self.archives.read(&entries, |place, bytes| {
                    part.take(place, bytes.map_or_else(Parsed::bad, osv::parse_record))
                })
            }
        }
    }

    fn take(
        &mut self,
        place: &str,
        kind: Kind,
        shelf: Option<&Shelf>,
        bytes: Result<Vec<u8>, String>,
    ) -> Result<(), DatabaseError> {
        let parsed = match bytes {
            Err(reason) => Parsed::bad(reason),
            Ok(bytes) if kind == Kind::Markdown => {
                let collection = shelf.map_or("crates", |shelf| shelf.collection);
                rustsec_tree::parse_advisory(&bytes, collection)
            }
            Ok(bytes) => osv::parse_record(&bytes),
        };
        let parsed = match (parsed, shelf) {
            // The directory of a RustSec advisory is named after its package.
            (Parsed::Bad { reason, .. }, Some(shelf)) if shelf.collection == "crates" => {
                Parsed::Bad {
                    reason,
                    packages: vec![(
                        Ecosystem::Cargo.osv_name().to_owned(),
                        shelf.package.clone(),
                    )],
                }
            }
            (parsed, _) => parsed,
        };
        self.part.take(place, parsed)
    }
}

/// The bytes of a file, or why they are too many.
fn bounded(path: &std::path::Path, limit: u64) -> Result<Result<Vec<u8>, String>, FileError> {
    match read_bounded(path, limit) {
        Ok(bytes) => Ok(Ok(bytes)),
        Err(FileError::TooLarge { limit, .. }) => Ok(Err(too_large(limit))),
        Err(error) => Err(error),
    }
}

pub(super) fn too_large(limit: u64) -> String {
    format!("it is larger than {limit} bytes")
}

/// The last part of a place.
pub(super) fn place_name(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}
