//! Cargo's sparse index (<https://doc.rust-lang.org/cargo/reference/registry-index.html>).
//!
//! `config.json` is asked for once: its `dl` says where the crates come from, which may be a
//! third server. Then one request for each name; 404, 410 and 451 mean that there is none.

use super::super::answers::{DateSource, FileFacts, Reply, VersionFacts};
use super::super::question::Question;
use super::super::session::{
    Document, Endpoint, NoDocument, Prepared, Session, bad_answer, malformed,
};
use super::{Failure, MAX_DOCUMENT, Protocol, time};
use crate::model::{Digest, DigestAlgorithm};
use crate::support::hash::sha256;
use serde::Deserialize;
use std::collections::BTreeMap;

const MAX_CONFIG: u64 = 64 * 1024;

/// The protocol.
pub(super) struct Cargo;

#[derive(Deserialize)]
struct Config {
    dl: String,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    vers: String,
    cksum: String,
    #[serde(default)]
    yanked: Option<bool>,
    #[serde(default)]
    pubtime: Option<String>,
}

impl Protocol for Cargo {
    fn prepare(&self, session: &Session<'_>, endpoint: &Endpoint) -> Result<Prepared, Failure> {
        let address = endpoint.address.join(&["config.json"]);
        let document = match session.get(endpoint, &address, "*/*", MAX_CONFIG) {
            Ok(document) => document,
            Err(NoDocument::Absent) => {
                return Err(bad_answer(
                    "it has no `config.json`, so it is no sparse index",
                ));
            }
            Err(NoDocument::Failed(failure)) => return Err(failure),
        };
        let config: Config = serde_json::from_slice(&document.body).map_err(|error| {
            malformed(&document, "`config.json` of an index", &error.to_string())
        })?;
        // Markers such as `{crate}` belong in the path; one in the host makes another server.
        let place = config.dl.split('{').next().unwrap_or_default();
        let whole = config.dl.replace(['{', '}'], "");
        Ok(Prepared {
            base: endpoint.address.clone(),
            files: endpoint
                .elsewhere(place)
                .or_else(|| endpoint.elsewhere(&whole)),
            template: None,
        })
    }

    fn ask(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Reply, NoDocument> {
        let place = index_path(&question.name).ok_or(NoDocument::Absent)?;
        let parts: Vec<&str> = place.split('/').collect();
        let address = prepared.base.join(&parts);
        let document = session.get(endpoint, &address, "*/*", MAX_DOCUMENT)?;
        Ok(read(&document, prepared, question)?)
    }
}

/// Where an index keeps a crate; `None` for what is no crate's name.
fn index_path(name: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !name.bytes().all(is_plain) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    Some(match name.len() {
        0 => return None,
        1 => format!("1/{name}"),
        2 => format!("2/{name}"),
        3 => format!("3/{}/{name}", name.get(..1)?),
        _ => format!("{}/{}/{name}", name.get(..2)?, name.get(2..4)?),
    })
}

/// One line of JSON for each version. Of two lines for one version cargo takes the later.
fn read(document: &Document, prepared: &Prepared, question: &Question) -> Result<Reply, Failure> {
    let what = "lines of a sparse index";
    let text = std::str::from_utf8(&document.body)
        .map_err(|error| malformed(document, what, &error.to_string()))?;
    let mut versions = BTreeMap::new();
    let mut problem = None;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    for line in lines {
        match serde_json::from_str::<Entry>(line) {
            Ok(entry) if entry.name != question.name => {}
            Ok(entry) if !question.versions.contains(&entry.vers) => {}
            Ok(entry) => match Digest::from_hex(DigestAlgorithm::Sha256, &entry.cksum) {
                Ok(digest) => {
                    versions.insert(entry.vers.clone(), facts(entry, &digest, prepared));
                }
                Err(error) => problem = Some(error.to_string()),
            },
            Err(error) => problem = Some(error.to_string()),
        }
    }
    // A line that cannot be read may be the one about the version.
    let is_complete = question.versions.iter().all(|v| versions.contains_key(v));
    match problem {
        Some(problem) if !is_complete => Err(malformed(document, what, &problem)),
        _ => Ok(Reply::Present {
            document: sha256(&document.body).to_string(),
            versions,
        }),
    }
}

fn facts(entry: Entry, digest: &Digest, prepared: &Prepared) -> VersionFacts {
    let published = entry.pubtime.as_deref().and_then(time);
    VersionFacts {
        date_source: published.is_some().then_some(DateSource::Index),
        files: vec![FileFacts {
            checksums: vec![digest.to_string()],
            published,
            elsewhere: prepared.files.clone(),
            ..FileFacts::default()
        }],
        yanked: entry.yanked.unwrap_or(false).then(String::new),
        ..VersionFacts::default()
    }
}
