//! Python's simple index: JSON (PEP 691, times by PEP 700), or HTML where the index has no
//! other form (PEP 503, yanked by PEP 592); the status of the whole project by PEP 792.
//!
//! A version is not named in the index, it stands in the names of its files. The times of
//! versions are `upload-time` alone: the `Last-Modified` of the page is that of the project.

use super::super::answers::{DateSource, FileFacts, Reply, VersionFacts};
use super::super::question::Question;
use super::super::session::{Document, Endpoint, NoDocument, Prepared, Session, malformed};
use super::{Failure, MAX_DOCUMENT, Protocol, time};
use crate::model::{Digest, DigestAlgorithm, Ecosystem};
use crate::support::hash::sha256;
use crate::versions;
use html5gum::{Token, Tokenizer};
use serde::Deserialize;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";
const EXTENSIONS: [&str; 8] = [
    ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.Z", ".tgz", ".tar", ".zip", ".egg",
];

/// The protocol.
pub(super) struct Pypi;

#[derive(Deserialize)]
struct Project {
    meta: Meta,
    name: String,
    files: Vec<FileEntry>,
    #[serde(default, rename = "project-status")]
    status: Value,
}

/// What the index says of a project as a whole. A status that is not known says nothing.
#[derive(Default)]
struct Status {
    word: String,
    reason: String,
}

impl Status {
    /// Taken away from everybody, perhaps with all of its files.
    fn is_quarantined(&self) -> bool {
        self.word == "quarantined"
    }

    /// Whether nobody works on it any more.
    fn is_given_up(&self) -> bool {
        matches!(self.word.as_str(), "archived" | "deprecated")
    }

    fn words(&self) -> String {
        match self.reason.is_empty() {
            true => format!("the whole project is {}", self.word),
            false => format!("the whole project is {}: {}", self.word, self.reason),
        }
    }
}

/// A simple index of one project.
#[derive(Default)]
struct Index {
    files: Vec<FileEntry>,
    status: Status,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "api-version")]
    api_version: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct FileEntry {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    #[serde(default)]
    yanked: Value,
    #[serde(default)]
    upload_time: Option<String>,
}

impl Protocol for Pypi {
    fn ask(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Reply, NoDocument> {
        let address = prepared.base.join(&[&normalised(&question.name), ""]);
        let document = session.get(endpoint, &address, ACCEPT, MAX_DOCUMENT)?;
        Ok(read(&document, endpoint, question)?)
    }
}

/// A name as PEP 503 compares it.
fn normalised(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.to_lowercase().chars() {
        match c {
            '-' | '_' | '.' if folded.ends_with('-') => {}
            '-' | '_' | '.' => folded.push('-'),
            c => folded.push(c),
        }
    }
    folded
}

fn read(document: &Document, endpoint: &Endpoint, question: &Question) -> Result<Reply, Failure> {
    let name = normalised(&question.name);
    let Index { files, status } = match document.is_page() {
        true => html(document)?,
        false => json(document, &name)?,
    };
    let mut versions: BTreeMap<String, Found> = BTreeMap::new();
    for file in &files {
        let Some(version) = version_of(&file.filename, &name) else {
            continue;
        };
        let asked = question
            .versions
            .iter()
            .filter(|asked| same_version(asked, &version));
        for asked in asked {
            let facts = file_facts(file, endpoint)
                .map_err(|problem| malformed(document, "simple index", &problem))?;
            let found = versions.entry(asked.clone()).or_default();
            found.files.push(facts);
            found.yanks.push(yank_reason(&file.yanked));
        }
    }
    if status.is_quarantined() {
        // Its files may be gone from the index; that is why.
        for asked in &question.versions {
            versions.entry(asked.clone()).or_default();
        }
    }
    Ok(Reply::Present {
        document: sha256(&document.body).to_string(),
        versions: versions
            .into_iter()
            .map(|(version, found)| (version, found.facts(&status)))
            .collect(),
    })
}

#[derive(Default)]
struct Found {
    files: Vec<FileFacts>,
    yanks: Vec<Option<String>>,
}

impl Found {
    fn facts(mut self, status: &Status) -> VersionFacts {
        self.files
            .sort_by(|a, b| (&a.checksums, &a.published).cmp(&(&b.checksums, &b.published)));
        let is_dated = self.files.iter().any(|file| file.published.is_some());
        // A release is yanked where all of its files are.
        let reasons: Option<Vec<String>> = self.yanks.into_iter().collect();
        let yanked = reasons.map(|all| all.into_iter().max().unwrap_or_default());
        VersionFacts {
            date_source: is_dated.then_some(DateSource::Index),
            yanked: match status.is_quarantined() {
                true => Some(status.words()),
                false => yanked,
            },
            deprecated: status.is_given_up().then(|| status.words()),
            files: self.files,
            ..VersionFacts::default()
        }
    }
}

fn yank_reason(yanked: &Value) -> Option<String> {
    match yanked {
        Value::Bool(true) => Some(String::new()),
        Value::String(reason) => Some(reason.clone()),
        _ => None,
    }
}

fn file_facts(file: &FileEntry, endpoint: &Endpoint) -> Result<FileFacts, String> {
    let mut checksums = Vec::new();
    for (algorithm, value) in &file.hashes {
        // An algorithm that no lockfile has is none that can be compared.
        let Some(algorithm) = DigestAlgorithm::from_name(algorithm) else {
            continue;
        };
        let digest = Digest::from_hex(algorithm, value)
            .map_err(|error| format!("file `{}`: {error}", file.filename))?;
        checksums.push(digest.to_string());
    }
    Ok(FileFacts {
        checksums,
        published: file.upload_time.as_deref().and_then(time),
        elsewhere: endpoint.elsewhere(&file.url),
        ..FileFacts::default()
    })
}

fn json(document: &Document, name: &str) -> Result<Index, Failure> {
    let bad = |problem: &str| malformed(document, "simple index in JSON", problem);
    let project: Project =
        serde_json::from_slice(&document.body).map_err(|error| bad(&error.to_string()))?;
    if !project.meta.api_version.starts_with("1.") {
        return Err(bad(&format!("its version is {}", project.meta.api_version)));
    }
    if normalised(&project.name) != name {
        return Err(bad(&format!("it is about `{}`", project.name)));
    }
    let said = |key: &str| {
        let text = project.status.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    Ok(Index {
        status: Status {
            word: said("status"),
            reason: said("reason"),
        },
        files: project.files,
    })
}

/// The anchors of a page. A page without any is no index of a project: a portal's login
/// page has none, or none that names a file of the project.
fn html(document: &Document) -> Result<Index, Failure> {
    let bad = |problem: &str| malformed(document, "simple index in HTML", problem);
    let text = std::str::from_utf8(&document.body).map_err(|error| bad(&error.to_string()))?;
    let mut files: Vec<FileEntry> = Vec::new();
    let mut open: Option<FileEntry> = None;
    let mut status = Status::default();
    for Ok(token) in Tokenizer::new(text) {
        match token {
            Token::StartTag(tag) if tag.name.as_slice() == b"meta" => {
                let said = |key: &[u8]| {
                    let mut found = tag.attributes.iter();
                    let found = found.find(|(name, _)| name.as_slice() == key);
                    found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
                };
                let content = said(b"content").unwrap_or_default();
                match said(b"name").as_deref() {
                    Some("pypi:project-status") => status.word = content,
                    Some("pypi:project-status-reason") => status.reason = content,
                    _ => {}
                }
            }
            Token::StartTag(tag) if tag.name.as_slice() == b"a" => {
                let mut file = FileEntry::default();
                for (name, value) in &tag.attributes {
                    let value = String::from_utf8_lossy(value).into_owned();
                    match name.as_slice() {
                        b"href" => file.url = value,
                        b"data-yanked" => file.yanked = Value::String(value),
                        _ => {}
                    }
                }
                open = Some(file);
            }
            Token::String(text) => {
                if let Some(file) = &mut open {
                    file.filename.push_str(&String::from_utf8_lossy(&text));
                }
            }
            Token::EndTag(tag) if tag.name.as_slice() == b"a" => {
                if let Some(mut file) = open.take() {
                    file.filename = file.filename.trim().to_owned();
                    if let Some((_, fragment)) = file.url.split_once('#')
                        && let Some((algorithm, value)) = fragment.split_once('=')
                    {
                        file.hashes.insert(algorithm.to_owned(), value.to_owned());
                    }
                    files.push(file);
                }
            }
            _ => {}
        }
    }
    let is_file = |file: &FileEntry| {
        file.filename.ends_with(".whl") || EXTENSIONS.iter().any(|e| file.filename.ends_with(e))
    };
    match files.iter().any(is_file) || status.is_quarantined() {
        true => Ok(Index { files, status }),
        false => Err(bad("it lists no file")),
    }
}

/// The version in a file's name: of a wheel the second part, of a source archive what
/// follows the project's name.
fn version_of(filename: &str, name: &str) -> Option<String> {
    if let Some(stem) = filename.strip_suffix(".whl") {
        let mut parts = stem.split('-');
        let found = parts.next()?;
        return (normalised(found) == name)
            .then(|| parts.next())
            .flatten()
            .map(str::to_owned);
    }
    let stem = EXTENSIONS
        .iter()
        .find_map(|extension| filename.strip_suffix(extension))?;
    stem.match_indices('-')
        .find(|(at, _)| {
            stem.get(..*at)
                .is_some_and(|found| normalised(found) == name)
        })
        .and_then(|(at, _)| stem.get(at + 1..))
        .map(str::to_owned)
}

fn same_version(asked: &str, found: &str) -> bool {
    asked == found
        || versions::compare(Ecosystem::Pypi, asked, found).is_ok_and(|o| o == Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_the_names_of_wheels_and_archives() {
        for (file, name, version) in [
            (
                "acme_left-1.2.3-py3-none-any.whl",
                "acme-left",
                Some("1.2.3"),
            ),
            ("acme-left-1.2.3.tar.gz", "acme-left", Some("1.2.3")),
            ("acme_left-1.2.3.zip", "acme-left", Some("1.2.3")),
            ("acme-left-pad-1.2.3.tar.gz", "acme-left", Some("pad-1.2.3")),
            ("other-1.2.3.tar.gz", "acme-left", None),
            ("acme-left", "acme-left", None),
        ] {
            assert_eq!(version_of(file, name).as_deref(), version, "{file}");
        }
        assert!(same_version("1.0", "1.0.0"));
        assert!(!same_version("1.0", "pad-1.0"));
    }
}
