//! Finds what is to be read in what was named, within limits.

use super::input::Input;
use super::pool::Queue;
use super::read::{Job, Kind, Shelf, place_name};
use super::{archive, signal_files, tarball};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::record::Parsed;
use crate::support::files::FileError;
use std::path::Path;

/// Most entries of one archive or files of one directory tree.
pub(super) const MAX_ENTRIES: u64 = 2_000_000;
/// Deepest directory below an input.
const MAX_DEPTH: usize = 32;

/// Reads everything in one input.
pub(super) fn read_input(input: &Input, queue: &mut Queue) -> Result<(), DatabaseError> {
    let place = input.place.as_deref();
    let input = input.path.as_path();
    let metadata = std::fs::metadata(input).map_err(|source| FileError::Read {
        path: input.to_owned(),
        source,
    })?;
    let recognised = if metadata.is_dir() {
        let mut tree = Tree {
            entries: 0,
            recognised: false,
            queue,
        };
        tree.read_directory(input, &mut Vec::new())?;
        tree.recognised
    } else {
        let name = place.map_or_else(|| file_name(input), str::to_owned);
        // The two directories above a RustSec file say what it is about.
        let above: Vec<String> = input
            .parent()
            .into_iter()
            .flat_map(|parent| parent.components())
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        match Kind::of(&name) {
            Some(kind) => read_file(input, &name, kind, Shelf::of(&above), queue)?,
            None => false,
        }
    };
    if recognised {
        return Ok(());
    }
    Err(DatabaseError::NothingRecognised {
        path: input.to_owned(),
    })
}

struct Tree<'a> {
    entries: u64,
    recognised: bool,
    queue: &'a mut Queue,
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
            } else if let Some(kind) = Kind::of(&name) {
                let place = above
                    .iter()
                    .map(String::as_str)
                    .chain([name.as_str()])
                    .collect::<Vec<_>>()
                    .join("/");
                self.read_entry(&path, &place, kind, Shelf::of(above), file_type)?;
            }
        }
        Ok(())
    }

    fn read_entry(
        &mut self,
        path: &Path,
        place: &str,
        kind: Kind,
        shelf: Option<Shelf>,
        file_type: std::fs::FileType,
    ) -> Result<(), DatabaseError> {
        if kind == Kind::Markdown && shelf.is_none() && !is_advisory_name(place) {
            return Ok(());
        }
        if file_type.is_file() {
            self.recognised |= read_file(path, place, kind, shelf, self.queue)?;
            return Ok(());
        }
        let is_meant = matches!(kind, Kind::Json | Kind::Zip | Kind::Markdown)
            || signal_files::is_named_as_signals(place_name(place));
        if is_meant {
            self.recognised = true;
            let bad = Parsed::bad("it is a symbolic link or a device and was not read");
            self.queue.part.take(place, bad)?;
        }
        Ok(())
    }
}

/// Reads a file, or hands it on; `false` where it holds something else.
fn read_file(
    path: &Path,
    place: &str,
    kind: Kind,
    shelf: Option<Shelf>,
    queue: &mut Queue,
) -> Result<bool, DatabaseError> {
    let (path_buf, place_string) = (path.to_owned(), place.to_owned());
    match kind {
        Kind::Json => queue.push(Job::Json {
            path: path_buf,
            place: place_string,
        }),
        Kind::Markdown => queue.push(Job::Markdown {
            path: path_buf,
            place: place_string,
            shelf,
        }),
        Kind::Zip => archive::find(path, place, queue)?,
        Kind::Tar => tarball::find(path, place, false, queue)?,
        Kind::TarGz => tarball::find(path, place, true, queue)?,
        Kind::Csv => {
            return Ok(signal_files::read_scores(
                path,
                place,
                false,
                &mut queue.part,
            )?);
        }
        Kind::CsvGz => {
            return Ok(signal_files::read_scores(
                path,
                place,
                true,
                &mut queue.part,
            )?);
        }
        Kind::JsonGz => return Ok(signal_files::read_catalogue(path, place, &mut queue.part)?),
    }
    Ok(true)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

pub(super) fn is_advisory_name(place: &str) -> bool {
    place_name(place).starts_with("RUSTSEC-")
}
