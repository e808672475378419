//! Finds the records in what was named, within limits.

use super::collect::Collector;
use super::signal_files;
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::record::Parsed;
use crate::checks::advisories::signals::kev;
use crate::checks::advisories::{osv, rustsec_tree};
use crate::model::Ecosystem;
use crate::support::files::{FileError, read_bounded};
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;
use zip::ZipArchive;

/// Largest record, in bytes. The largest one in today's data has 1.2 MB.
pub(super) const MAX_RECORD_BYTES: u64 = 8 * 1024 * 1024;
/// Most entries of one archive or files of one directory tree.
const MAX_ENTRIES: u64 = 2_000_000;
/// Most decompressed bytes of one archive.
const MAX_ARCHIVE_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// Deepest directory below an input.
const MAX_DEPTH: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    /// A compressed JSON file: the catalogue of exploited vulnerabilities.
    JsonGz,
    /// Scores, if the content says so.
    Csv,
    CsvGz,
    Archive,
    Markdown,
}

/// Reads everything in one input.
pub(super) fn read_input(input: &Path, collector: &mut Collector) -> Result<(), DatabaseError> {
    let metadata = std::fs::metadata(input).map_err(|source| FileError::Read {
        path: input.to_owned(),
        source,
    })?;
    if metadata.is_dir() {
        let mut tree = Tree {
            entries: 0,
            recognised: false,
            collector,
        };
        tree.read_directory(input, &mut Vec::new())?;
        if tree.recognised {
            return Ok(());
        }
        return Err(DatabaseError::NothingRecognised {
            path: input.to_owned(),
        });
    }
    let name = file_name(input);
    match kind_of(&name) {
        Some(kind) => {
            // The two directories above a RustSec file say what it is about.
            let above: Vec<String> = input
                .parent()
                .into_iter()
                .flat_map(|parent| parent.components())
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            if read_file(input, &name, kind, collection_of(&above), None, collector)? {
                return Ok(());
            }
            Err(DatabaseError::NothingRecognised {
                path: input.to_owned(),
            })
        }
        None => Err(DatabaseError::NothingRecognised {
            path: input.to_owned(),
        }),
    }
}

struct Tree<'a> {
    entries: u64,
    recognised: bool,
    collector: &'a mut Collector,
}

impl Tree<'_> {
    /// Reads a directory in the order of names; `above` is where it is below the input.
    fn read_directory(
        &mut self,
        directory: &Path,
        above: &mut Vec<String>,
    ) -> Result<(), DatabaseError> {
        if above.len() > MAX_DEPTH {
            return Err(DatabaseError::Limit {
                path: directory.to_owned(),
                limit: MAX_DEPTH as u64,
                unit: "directories inside each other",
            });
        }
        let failed = |source| DatabaseError::List {
            path: directory.to_owned(),
            source,
        };
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(DatabaseError::Limit {
                    path: directory.to_owned(),
                    limit: MAX_ENTRIES,
                    unit: "files",
                });
            }
            entries.push((entry.path(), entry.file_type().map_err(failed)?));
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (path, file_type) in entries {
            let name = file_name(&path);
            if name.starts_with('.') {
                continue;
            }
            if file_type.is_dir() {
                above.push(name);
                self.read_directory(&path, above)?;
                above.pop();
            } else if let Some(kind) = kind_of(&name) {
                let place = above
                    .iter()
                    .map(String::as_str)
                    .chain([name.as_str()])
                    .collect::<Vec<_>>()
                    .join("/");
                self.read_entry(&path, &place, kind, above, file_type)?;
            }
        }
        Ok(())
    }

    fn read_entry(
        &mut self,
        path: &Path,
        place: &str,
        kind: Kind,
        above: &[String],
        file_type: std::fs::FileType,
    ) -> Result<(), DatabaseError> {
        let collection = collection_of(above);
        if kind == Kind::Markdown && collection.is_none() && !is_advisory_name(place) {
            return Ok(());
        }
        let is_record = matches!(kind, Kind::Json | Kind::Archive | Kind::Markdown);
        if !file_type.is_file()
            && !is_record
            && !signal_files::is_named_as_signals(&file_name(path))
        {
            return Ok(());
        }
        let package = above.last().filter(|_| collection == Some("crates"));
        if !file_type.is_file() {
            self.collector.take(
                place,
                Parsed::bad("it is a symbolic link or a device and was not read"),
            );
            self.recognised = true;
            return Ok(());
        }
        self.recognised |= read_file(path, place, kind, collection, package, self.collector)?;
        Ok(())
    }
}

fn read_file(
    path: &Path,
    place: &str,
    kind: Kind,
    collection: Option<&str>,
    package: Option<&String>,
    collector: &mut Collector,
) -> Result<bool, DatabaseError> {
    match kind {
        Kind::Archive => return read_archive(path, place, collector).map(|()| true),
        Kind::Csv => return Ok(signal_files::read_scores(path, place, false, collector)?),
        Kind::CsvGz => return Ok(signal_files::read_scores(path, place, true, collector)?),
        Kind::JsonGz => return Ok(signal_files::read_catalogue(path, place, collector)?),
        Kind::Json | Kind::Markdown => {}
    }
    let is_catalogue = signal_files::is_named_as_catalogue(&file_name(path));
    let limit = if is_catalogue {
        kev::MAX_BYTES
    } else {
        MAX_RECORD_BYTES
    };
    let parsed = match read_bounded(path, limit) {
        Ok(bytes) if kind == Kind::Json && (is_catalogue || kev::is_catalogue(&bytes)) => {
            collector.take_kev(place, kev::parse(&bytes));
            return Ok(true);
        }
        Ok(bytes) if kind == Kind::Json => osv::parse_record(&bytes),
        Ok(bytes) => rustsec_tree::parse_advisory(&bytes, collection.unwrap_or("crates")),
        Err(FileError::TooLarge { limit, .. }) => too_large(limit),
        Err(error) => return Err(error.into()),
    };
    collector.take(
        place,
        match (parsed, package) {
            // The directory of a RustSec advisory is named after its package.
            (Parsed::Bad { reason, .. }, Some(package)) => Parsed::Bad {
                reason,
                packages: vec![(Ecosystem::Cargo.osv_name().to_owned(), package.clone())],
            },
            (parsed, _) => parsed,
        },
    );
    Ok(true)
}

fn read_archive(path: &Path, place: &str, collector: &mut Collector) -> Result<(), DatabaseError> {
    let failed = |source| DatabaseError::Archive {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(failed)?;
    let over = |limit, unit| DatabaseError::Limit {
        path: path.to_owned(),
        limit,
        unit,
    };
    if archive.len() as u64 > MAX_ENTRIES {
        return Err(over(MAX_ENTRIES, "archive entries"));
    }
    let mut total = 0_u64;
    let mut records = 0_u64;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(failed)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_dir() || kind_of(&name) != Some(Kind::Json) {
            continue;
        }
        records += 1;
        // The size that the archive claims is not trusted: the limit is on what comes out.
        let mut bytes = Vec::new();
        let read = entry
            .by_ref()
            .take(MAX_RECORD_BYTES + 1)
            .read_to_end(&mut bytes);
        total += bytes.len() as u64;
        if total > MAX_ARCHIVE_BYTES {
            return Err(over(MAX_ARCHIVE_BYTES, "decompressed bytes"));
        }
        let parsed = match read {
            Err(error) => Parsed::bad(format!("it cannot be decompressed: {error}")),
            Ok(_) if bytes.len() as u64 > MAX_RECORD_BYTES => too_large(MAX_RECORD_BYTES),
            Ok(_) => osv::parse_record(&bytes),
        };
        collector.take(&format!("{place}!{name}"), parsed);
    }
    if records == 0 {
        return Err(DatabaseError::NothingRecognised {
            path: path.to_owned(),
        });
    }
    Ok(())
}

fn too_large(limit: u64) -> Parsed {
    Parsed::bad(format!("it is larger than {limit} bytes"))
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn kind_of(name: &str) -> Option<Kind> {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".json.gz") {
        return Some(Kind::JsonGz);
    }
    if lower.ends_with(".csv.gz") {
        return Some(Kind::CsvGz);
    }
    let (_, extension) = lower.rsplit_once('.')?;
    match extension {
        "json" => Some(Kind::Json),
        "csv" => Some(Kind::Csv),
        "zip" => Some(Kind::Archive),
        "md" => Some(Kind::Markdown),
        _ => None,
    }
}

fn is_advisory_name(place: &str) -> bool {
    place
        .rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with("RUSTSEC-"))
}

/// `crates` or `rust`, where a file is at `<collection>/<package>/<file>`.
fn collection_of(above: &[String]) -> Option<&str> {
    let [.., collection, _package] = above else {
        return None;
    };
    ["crates", "rust"]
        .into_iter()
        .find(|known| known == collection)
}
