//! Whether what came from a server is what it should be: complete, of the right kind and
//! readable to its end. A login page, a half archive and a decompression bomb stop here,
//! before they replace anything. What the records say is the import's matter.

use crate::checks::advisories::is_scores;
use crate::model::Hint;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::fs::File;
use std::io::{BufReader, Read, Seek as _, Take};

const MEBIBYTE: u64 = 1024 * 1024;
/// The first bytes of a file of scores that are looked at.
const HEAD: u64 = 4096;

/// What a file must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// OSV records: a zip archive of JSON files, or one record.
    Records,
    /// A RustSec tree as `.tar.gz`.
    RustsecTree,
    /// The catalogue of exploited vulnerabilities, JSON, also compressed.
    Catalogue,
    /// EPSS scores, CSV, also compressed.
    Scores,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// It cannot be read again.
    #[error("it cannot be read: {0}")]
    Read(std::io::Error),
    /// It is something else.
    #[error("it is {found}, not {expected}")]
    Other {
        /// What it should be.
        expected: &'static str,
        /// What its first bytes say.
        found: &'static str,
    },
    /// It begins well and does not go on so.
    #[error("it is no complete {expected}: {reason}")]
    Broken {
        /// What it should be.
        expected: &'static str,
        /// The parser's word.
        reason: String,
    },
    /// It holds nothing of use.
    #[error("it is a {expected} without a single {item}")]
    Empty {
        /// What it is.
        expected: &'static str,
        /// What is missing.
        item: &'static str,
    },
    /// It unpacks to too much.
    #[error("it unpacks to more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
}

impl Hint for ContentError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Other { found: PAGE, .. } => Some(
                "a proxy, a login page or a directory listing answered in its place; check the \
                 address and the credentials"
                    .to_owned(),
            ),
            Self::Other { .. } | Self::Broken { .. } | Self::Empty { .. } => {
                Some("check the address, or name another mirror".to_owned())
            }
            Self::Read(_) | Self::TooLarge { .. } => None,
        }
    }
}

const PAGE: &str = "an HTML or XML page";
const RECORD: &str = "OSV record";
const ZIP: &str = "zip archive";
const TREE: &str = "archive of a RustSec tree";
const CATALOGUE: &str = "catalogue of exploited vulnerabilities";
const SCORES: &str = "file of EPSS scores";

/// What the first bytes say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Nothing,
    Page,
    Gzip,
    Zip,
    Json,
    Other,
}

impl Start {
    fn of(file: &mut File) -> std::io::Result<Self> {
        file.rewind()?;
        let mut start = Vec::new();
        file.by_ref().take(64).read_to_end(&mut start)?;
        file.rewind()?;
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
        Ok(match text.trim_ascii_start() {
            [] => Self::Nothing,
            [b'<', ..] => Self::Page,
            [0x1f, 0x8b, ..] => Self::Gzip,
            [b'P', b'K', ..] => Self::Zip,
            [b'{' | b'[', ..] => Self::Json,
            _ => Self::Other,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "empty",
            Self::Page => PAGE,
            Self::Gzip => "a gzip file",
            Self::Zip => "a zip archive",
            Self::Json => "JSON",
            Self::Other => "something else",
        }
    }
}

impl Content {
    /// Most bytes that are fetched of it.
    #[must_use]
    pub fn max_bytes(self) -> u64 {
        match self {
            Self::Records => 2048 * MEBIBYTE,
            Self::RustsecTree | Self::Scores => 256 * MEBIBYTE,
            Self::Catalogue => 64 * MEBIBYTE,
        }
    }

    /// Checks a file from its first byte to its last and gives the name that says what it
    /// is. `name` is what the server calls it.
    ///
    /// # Errors
    /// Every variant of [`ContentError`].
    pub fn check(self, file: &mut File, name: &str) -> Result<String, ContentError> {
        let limit = match self {
            Self::Scores => 1024 * MEBIBYTE,
            // The library holds a long name in memory, so this bounds memory as well.
            Self::RustsecTree | Self::Catalogue | Self::Records => 256 * MEBIBYTE,
        };
        self.check_within(file, name, limit)
    }

    fn check_within(self, file: &mut File, name: &str, limit: u64) -> Result<String, ContentError> {
        let start = Start::of(file).map_err(ContentError::Read)?;
        let other = |expected| {
            Err(ContentError::Other {
                expected,
                found: start.name(),
            })
        };
        match (self, start) {
            (Self::Records, Start::Zip) => check_zip(file).map(|()| "all.zip".to_owned()),
            (Self::Records, Start::Json) => {
                check_json::<Record, _>(plain(file), RECORD).map(|()| "record.json".to_owned())
            }
            (Self::Records, _) => other("a zip archive of OSV records"),
            (Self::RustsecTree, Start::Gzip) => {
                check_tree(unpacked(file, limit)).map(|()| "rustsec.tar.gz".to_owned())
            }
            (Self::RustsecTree, _) => other("a .tar.gz archive of a RustSec tree"),
            (Self::Catalogue, Start::Json) => check_json::<Catalogue, _>(plain(file), CATALOGUE)
                .map(|()| "known_exploited_vulnerabilities.json".to_owned()),
            (Self::Catalogue, Start::Gzip) => {
                check_json::<Catalogue, _>(unpacked(file, limit), CATALOGUE)
                    .map(|()| "known_exploited_vulnerabilities.json.gz".to_owned())
            }
            (Self::Catalogue, _) => other("the catalogue of exploited vulnerabilities (JSON)"),
            (Self::Scores, Start::Gzip) => {
                check_scores(unpacked(file, limit))?;
                Ok(format!("{}.csv.gz", scores_name(name)))
            }
            (Self::Scores, Start::Other) => {
                check_scores(plain(file))?;
                Ok(format!("{}.csv", scores_name(name)))
            }
            (Self::Scores, _) => other("EPSS scores (CSV)"),
        }
    }
}

fn broken(expected: &'static str, error: &dyn std::error::Error) -> ContentError {
    ContentError::Broken {
        expected,
        reason: error.to_string(),
    }
}

/// Its directory is whole and names a record. The entries are read by the import.
fn check_zip(file: &File) -> Result<(), ContentError> {
    let failed = |error: rawzip::Error| broken(ZIP, &error);
    let file = file.try_clone().map_err(ContentError::Read)?;
    let mut buffer = vec![0_u8; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let archive = rawzip::ZipArchive::from_file(file, &mut buffer).map_err(failed)?;
    let mut entries = archive.entries(&mut buffer);
    let mut records = 0_u64;
    while let Some(entry) = entries.next_entry().map_err(failed)? {
        let name = entry.file_path();
        records += u64::from(name.as_bytes().to_ascii_lowercase().ends_with(b".json"));
    }
    match records {
        0 => Err(ContentError::Empty {
            expected: ZIP,
            item: "JSON file",
        }),
        _ => Ok(()),
    }
}

/// What a record must have, so that no error message in JSON is taken for one.
#[derive(Deserialize)]
struct Record {
    #[serde(rename = "id")]
    _id: IgnoredAny,
}

/// As [`Record`].
#[derive(Deserialize)]
struct Catalogue {
    #[serde(rename = "vulnerabilities")]
    _vulnerabilities: IgnoredAny,
}

fn check_json<T: DeserializeOwned, R: Read>(
    mut body: Body<R>,
    expected: &'static str,
) -> Result<(), ContentError> {
    let parsed = serde_json::from_reader::<_, T>(&mut body.reader);
    parsed.map_err(|error| body.failed(expected, &error))?;
    // The limit may have ended the blanks behind it.
    body.read_to_end(expected)
}

/// The header, and the checksum at the end of a compressed file.
fn check_scores<R: Read>(mut body: Body<R>) -> Result<(), ContentError> {
    let mut head = Vec::new();
    let read = body.reader.by_ref().take(HEAD).read_to_end(&mut head);
    read.map_err(|error| body.failed(SCORES, &error))?;
    if !is_scores(&head) {
        return Err(ContentError::Broken {
            expected: SCORES,
            reason: "it has no header `cve,epss,percentile`".to_owned(),
        });
    }
    body.read_to_end(SCORES)
}

/// Every entry and the checksum at the end.
fn check_tree<R: Read>(mut body: Body<R>) -> Result<(), ContentError> {
    let mut archive = tar::Archive::new(&mut body.reader);
    let counted = count_advisories(&mut archive);
    let advisories = counted.map_err(|error| body.failed(TREE, &error))?;
    body.read_to_end(TREE)?;
    match advisories {
        0 => Err(ContentError::Empty {
            expected: TREE,
            item: "advisory",
        }),
        _ => Ok(()),
    }
}

fn count_advisories<R: Read>(archive: &mut tar::Archive<R>) -> std::io::Result<u64> {
    let mut advisories = 0_u64;
    for entry in archive.entries()? {
        advisories += u64::from(entry?.path_bytes().ends_with(b".md"));
    }
    Ok(advisories)
}

/// What a file holds, up to a limit.
struct Body<R> {
    reader: Take<R>,
    limit: u64,
}

fn plain(file: &File) -> Body<BufReader<&File>> {
    Body {
        reader: BufReader::new(file).take(u64::MAX),
        limit: u64::MAX,
    }
}

fn unpacked(file: &File, limit: u64) -> Body<BufReader<MultiGzDecoder<BufReader<&File>>>> {
    let decoder = MultiGzDecoder::new(BufReader::new(file));
    Body {
        reader: BufReader::new(decoder).take(limit),
        limit,
    }
}

impl<R: Read> Body<R> {
    /// The limit looks like an end to the parsers.
    fn failed(&self, expected: &'static str, error: &dyn std::error::Error) -> ContentError {
        if self.reader.limit() == 0 {
            return ContentError::TooLarge { limit: self.limit };
        }
        broken(expected, error)
    }

    /// Reads what is left, and so the checksum at the end.
    fn read_to_end(mut self, expected: &'static str) -> Result<(), ContentError> {
        let copied = std::io::copy(&mut self.reader, &mut std::io::sink());
        copied.map_err(|error| self.failed(expected, &error))?;
        match self.reader.limit() {
            0 => Err(ContentError::TooLarge { limit: self.limit }),
            _ => Ok(()),
        }
    }
}

/// The name of a file of scores without its endings, since it may hold the date.
fn scores_name(name: &str) -> &str {
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let stem = stem.strip_suffix(".csv").unwrap_or(stem);
    let is_plain = stem
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if is_plain && stem.starts_with("epss_scores") && stem.len() <= 64 {
        return stem;
    }
    "epss_scores-current"
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn check(content: Content, bytes: &[u8]) -> Result<String, ContentError> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        content.check(&mut file, "epss_scores-2026-11-20.csv.gz")
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip(names: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(b"{}").unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn tar_gz(names: &[&str]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for name in names {
            let mut header = tar::Header::new_gnu();
            header.set_size(4);
            builder
                .append_data(&mut header, name, &b"text"[..])
                .unwrap();
        }
        gzip(&builder.into_inner().unwrap())
    }

    #[test]
    fn what_is_whole_gets_the_name_of_its_kind() {
        let tree = tar_gz(&["advisory-db/crates/a/RUSTSEC-2020-0001.md"]);
        for (content, bytes, name) in [
            (Content::Records, zip(&["a.json"]), "all.zip"),
            (Content::Records, b" {\"id\": 1}".to_vec(), "record.json"),
            (Content::RustsecTree, tree, "rustsec.tar.gz"),
            (
                Content::Catalogue,
                b"{\"vulnerabilities\": []}".to_vec(),
                "known_exploited_vulnerabilities.json",
            ),
            (
                Content::Catalogue,
                gzip(b"{\"vulnerabilities\": []}"),
                "known_exploited_vulnerabilities.json.gz",
            ),
            (
                Content::Scores,
                gzip(b"cve,epss,percentile\n"),
                "epss_scores-2026-11-20.csv.gz",
            ),
            (
                Content::Scores,
                b"cve,epss,percentile\n".to_vec(),
                "epss_scores-2026-11-20.csv",
            ),
        ] {
            assert_eq!(check(content, &bytes).unwrap(), name);
        }
    }

    #[test]
    fn a_page_in_place_of_a_file_is_called_so() {
        let page = b"\n<!DOCTYPE html><title>Sign in</title>";
        for content in [
            Content::Records,
            Content::RustsecTree,
            Content::Catalogue,
            Content::Scores,
        ] {
            let error = check(content, page).unwrap_err();
            assert!(
                matches!(&error, ContentError::Other { found: PAGE, .. }),
                "{error}"
            );
            assert!(error.hint().unwrap().contains("login page"));
            let empty = check(content, b"").unwrap_err();
            assert!(empty.to_string().starts_with("it is empty"), "{empty}");
        }
    }

    #[test]
    fn what_is_cut_off_is_not_taken() {
        let tree = tar_gz(&["crates/a/RUSTSEC-2020-0001.md"]);
        for (content, whole) in [
            (Content::Records, zip(&["a.json"])),
            (Content::Records, b"{\"id\": \"A\"}".to_vec()),
            (Content::RustsecTree, tree),
            (Content::Catalogue, b"{\"vulnerabilities\": []}".to_vec()),
            (Content::Catalogue, gzip(b"{\"vulnerabilities\": []}")),
            (Content::Scores, gzip(b"cve,epss,percentile\n")),
        ] {
            check(content, &whole).unwrap();
            for cut in [1, whole.len() / 2] {
                let part = &whole[..whole.len() - cut];
                let error = check(content, part).unwrap_err();
                assert!(
                    matches!(error, ContentError::Broken { .. }),
                    "{content:?} {cut}: {error}"
                );
            }
        }
    }

    #[test]
    fn an_archive_without_advisories_is_not_taken() {
        for (content, bytes) in [
            (Content::Records, zip(&["readme.txt"])),
            (Content::Records, zip(&[])),
            (Content::RustsecTree, tar_gz(&["readme.txt"])),
        ] {
            let error = check(content, &bytes).unwrap_err();
            assert!(matches!(error, ContentError::Empty { .. }), "{error}");
        }
    }

    #[test]
    fn an_error_message_that_came_with_200_is_not_taken() {
        for (content, bytes) in [
            (Content::Records, &b"{\"error\": \"quota\"}"[..]),
            (Content::Catalogue, b"{\"error\": \"quota\"}"),
            (Content::Scores, b"Service unavailable, try again"),
        ] {
            let error = check(content, bytes).unwrap_err();
            assert!(matches!(error, ContentError::Broken { .. }), "{error}");
        }
    }

    #[test]
    fn what_unpacks_to_too_much_is_not_taken() {
        let tree = tar_gz(&["crates/a/RUSTSEC-2020-0001.md"]);
        let catalogue = gzip(&[&b"{\"vulnerabilities\": []}"[..], &[b' '; 100_000]].concat());
        let scores = gzip(&[&b"cve,epss,percentile\n"[..], &[b'\n'; 100_000]].concat());
        for (content, bytes) in [
            (Content::RustsecTree, tree),
            (Content::Catalogue, catalogue),
            (Content::Scores, scores),
        ] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            content.check_within(&mut file, "x", 1 << 20).unwrap();
            let error = content.check_within(&mut file, "x", 900).unwrap_err();
            assert!(
                matches!(error, ContentError::TooLarge { limit: 900 }),
                "{error}"
            );
        }
    }

    #[test]
    fn the_name_of_scores_is_a_plain_one() {
        for (name, expected) in [
            ("epss_scores-2026-11-20.csv.gz", "epss_scores-2026-11-20"),
            ("epss_scores-current.csv", "epss_scores-current"),
            ("epss_scores-../../x.csv", "epss_scores-current"),
            ("latest", "epss_scores-current"),
        ] {
            assert_eq!(scores_name(name), expected);
        }
    }
}
