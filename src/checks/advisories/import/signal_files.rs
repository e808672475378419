//! Files of signals: which they are, and reading them within limits.

use super::read::place_name;
use crate::checks::advisories::index::build::Part;
use crate::checks::advisories::signals::table::Day;
use crate::checks::advisories::signals::{epss, kev};
use crate::support::files::{FileError, check_is_file};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Whether a file is called as its publisher calls it. Then it is a bad file if it holds
/// anything else; of other names, it is passed over.
pub(super) fn is_named_as_signals(name: &str) -> bool {
    is_named_as_catalogue(name) || is_named_as_scores(name)
}

pub(super) fn is_named_as_catalogue(name: &str) -> bool {
    name.starts_with("known_exploited_vulnerabilities")
}

fn is_named_as_scores(name: &str) -> bool {
    name.starts_with("epss_scores")
}

/// Reads scores from a CSV file; `false` where it holds something else.
pub(super) fn read_scores(
    path: &Path,
    place: &str,
    compressed: bool,
    part: &mut Part,
) -> Result<bool, FileError> {
    let mut reader = open(path, compressed)?;
    let name = place_name(place);
    let is_meant = is_named_as_scores(name);
    match reader.fill_buf() {
        Err(_) if !is_meant => return Ok(false),
        Ok(start) if !is_meant && !epss::is_scores(start) => return Ok(false),
        _ => {}
    }
    part.take_epss(place, epss::parse(reader, date_in(name)));
    Ok(true)
}

/// Reads a compressed catalogue; `false` where the file holds something else.
pub(super) fn read_catalogue(path: &Path, place: &str, part: &mut Part) -> Result<bool, FileError> {
    let mut bytes = Vec::new();
    let read = open(path, true)?
        .take(kev::MAX_BYTES + 1)
        .read_to_end(&mut bytes);
    let parsed = match read {
        Err(error) => Err(format!("it cannot be decompressed: {error}")),
        Ok(_) if bytes.len() as u64 > kev::MAX_BYTES => {
            Err(format!("it is larger than {} bytes", kev::MAX_BYTES))
        }
        Ok(_) => kev::parse(&bytes),
    };
    if !is_named_as_catalogue(place_name(place)) && !kev::is_catalogue(&bytes) {
        return Ok(false);
    }
    part.take_kev(place, parsed);
    Ok(true)
}

fn open(path: &Path, compressed: bool) -> Result<Box<dyn BufRead>, FileError> {
    check_is_file(path)?;
    let file = File::open(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(if compressed {
        Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(file))))
    } else {
        Box::new(BufReader::new(file))
    })
}

/// The day in `epss_scores-2026-01-02.csv.gz`.
fn date_in(name: &str) -> Option<Day> {
    let (_, rest) = name.split_once('-')?;
    Day::parse(rest.get(..10)?)
}
