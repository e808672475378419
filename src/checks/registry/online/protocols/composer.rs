//! Composer's repository, version 2 (<https://getcomposer.org/doc/05-repositories.md#composer>):
//! `packages.json` names the place of the metadata, one document for each name; those of
//! development versions are in another one (`NAME~dev`). Documents may be minified: then an
//! entry holds only what differs from the one before.

use super::super::answers::{DateSource, FileFacts, Reply, VersionFacts};
use super::super::question::Question;
use super::super::session::{
    Document, Endpoint, NoDocument, Prepared, Session, bad_answer, malformed,
};
use super::{Failure, MAX_DOCUMENT, Protocol, time};
use crate::model::{Digest, DigestAlgorithm};
use crate::support::hash::sha256;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const MARK: &str = "%package%";

/// The protocol.
pub(super) struct Composer;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Root {
    #[serde(default)]
    metadata_url: Option<String>,
}

#[derive(Deserialize)]
struct Packages {
    #[serde(default)]
    minified: Option<String>,
    packages: BTreeMap<String, Vec<Map<String, Value>>>,
}

impl Protocol for Composer {
    fn prepare(&self, session: &Session<'_>, endpoint: &Endpoint) -> Result<Prepared, Failure> {
        let address = endpoint.address.join(&["packages.json"]);
        let document = match session.get(endpoint, &address, "application/json", MAX_DOCUMENT) {
            Ok(document) => document,
            Err(NoDocument::Absent) => {
                return Err(bad_answer(
                    "it has no `packages.json`, so it is no composer repository",
                ));
            }
            Err(NoDocument::Failed(failure)) => return Err(failure),
        };
        let root: Root = serde_json::from_slice(&document.body)
            .map_err(|error| malformed(&document, "`packages.json`", &error.to_string()))?;
        let template = root
            .metadata_url
            .filter(|url| url.contains(MARK))
            .ok_or_else(|| {
                malformed(
                    &document,
                    "`packages.json` of version 2",
                    "it has no `metadata-url`",
                )
            })?;
        Ok(Prepared {
            base: endpoint.address.clone(),
            files: None,
            template: Some(template),
        })
    }

    fn ask(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Reply, NoDocument> {
        let is_development =
            |version: &String| version.starts_with("dev-") || version.ends_with("-dev");
        let template = prepared.template.as_deref().unwrap_or_default();
        let mut versions = BTreeMap::new();
        let mut seen = Vec::new();
        let mut is_there = false;
        for (suffix, development) in [("", false), ("~dev", true)] {
            if !question
                .versions
                .iter()
                .any(|v| is_development(v) == development)
            {
                continue;
            }
            let name = format!("{}{suffix}", question.name.to_lowercase());
            let place = template.replace(MARK, &name);
            let address = match place.strip_prefix('/') {
                // Of the server's root, as composer reads it.
                Some(path) => endpoint.own_address(&format!("{}{path}", endpoint.root()))?,
                None if place.contains("://") => endpoint.own_address(&place)?,
                None => prepared.base.join(&place.split('/').collect::<Vec<_>>()),
            };
            match session.get(endpoint, &address, "application/json", MAX_DOCUMENT) {
                Ok(document) => {
                    is_there = true;
                    seen.extend_from_slice(sha256(&document.body).bytes());
                    versions.extend(read(&document, endpoint, question)?);
                }
                Err(NoDocument::Absent) => {}
                Err(failed) => return Err(failed),
            }
        }
        match is_there {
            false => Ok(Reply::Absent),
            true => Ok(Reply::Present {
                document: sha256(&seen).to_string(),
                versions,
            }),
        }
    }
}

fn read(
    document: &Document,
    endpoint: &Endpoint,
    question: &Question,
) -> Result<BTreeMap<String, VersionFacts>, Failure> {
    let bad = |problem: &str| malformed(document, "package metadata of composer", problem);
    let mut read: Packages =
        serde_json::from_slice(&document.body).map_err(|error| bad(&error.to_string()))?;
    let entries = read
        .packages
        .remove(&question.name.to_lowercase())
        .ok_or_else(|| bad("it is about other packages"))?;
    let is_minified = match read.minified.as_deref() {
        None => false,
        Some("composer/2.0") => true,
        Some(other) => return Err(bad(&format!("it is minified as `{other}`"))),
    };
    let mut current: Map<String, Value> = Map::new();
    let mut found = BTreeMap::new();
    for entry in entries {
        if !is_minified {
            current.clear();
        }
        for (key, value) in entry {
            if value.as_str() == Some("__unset") {
                current.remove(&key);
            } else {
                current.insert(key, value);
            }
        }
        let version = current.get("version").and_then(Value::as_str);
        if let Some(asked) = version.and_then(|v| question.versions.iter().find(|a| same(a, v))) {
            let facts = facts(&current, endpoint).map_err(|problem| bad(&problem))?;
            found.insert(asked.clone(), facts);
        }
    }
    Ok(found)
}

/// Tags are written with and without a `v`.
fn same(asked: &str, found: &str) -> bool {
    asked.trim_start_matches('v') == found.trim_start_matches('v')
}

fn facts(entry: &Map<String, Value>, endpoint: &Endpoint) -> Result<VersionFacts, String> {
    let dist = |key: &str| entry.get("dist")?.get(key)?.as_str();
    let checksums = match dist("shasum").filter(|text| !text.is_empty()) {
        Some(hex) => vec![
            Digest::from_hex(DigestAlgorithm::Sha1, hex)
                .map_err(|error| error.to_string())?
                .to_string(),
        ],
        None => Vec::new(),
    };
    let published = entry.get("time").and_then(Value::as_str).and_then(time);
    Ok(VersionFacts {
        date_source: published.is_some().then_some(DateSource::Index),
        files: vec![FileFacts {
            checksums,
            published,
            elsewhere: dist("url").and_then(|url| endpoint.elsewhere(url)),
            address: dist("url").map(|url| sha256(url.as_bytes()).to_string()),
            ..FileFacts::default()
        }],
        deprecated: match entry.get("abandoned") {
            Some(Value::Bool(true)) => Some("the package is abandoned".to_owned()),
            Some(Value::String(other)) => Some(format!("the package is abandoned for `{other}`")),
            _ => None,
        },
        ..VersionFacts::default()
    })
}
