//! A Maven repository's layout: the `.pom` of a version shows that it is there and, by its
//! `Last-Modified`, since when this server has it; `.sha512`, `.sha256` and `.sha1` beside
//! the artifact are its checksums
//! (<https://maven.apache.org/repositories/layout.html>). There are no withdrawals.

use super::super::answers::{DateSource, Failure, FailureKind, FileFacts, Reply, VersionFacts};
use super::super::question::Question;
use super::super::session::{Document, Endpoint, NoDocument, Prepared, Session, malformed};
use super::Protocol;
use crate::model::{Digest, DigestAlgorithm};
use crate::support::hash::sha256;
use jiff::fmt::rfc2822;
use std::collections::BTreeMap;

const MAX_POM: u64 = 8 * 1024 * 1024;
const MAX_SUM: u64 = 8 * 1024;
/// Endings of the file that a dependency means, the usual one first.
const ENDINGS: [&str; 5] = ["jar", "aar", "klib", "war", "zip"];

/// The protocol.
pub(super) struct Maven;

impl Protocol for Maven {
    fn ask(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Reply, NoDocument> {
        let (group, artifact) = question.name.split_once(':').ok_or(NoDocument::Absent)?;
        let mut versions = BTreeMap::new();
        let mut seen = Vec::new();
        for version in &question.versions {
            if version.ends_with("-SNAPSHOT") {
                return Err(Failure {
                    kind: FailureKind::BadName,
                    reason: "a snapshot version has no file that stays the same".to_owned(),
                    remedy: "depend on a release".to_owned(),
                }
                .into());
            }
            let get = |ending: &str, limit: u64| {
                let file = format!("{artifact}-{version}.{ending}");
                let mut parts: Vec<&str> = group.split('.').collect();
                parts.extend([artifact, version, file.as_str()]);
                session.get(endpoint, &prepared.base.join(&parts), "*/*", limit)
            };
            let pom = match get("pom", MAX_POM) {
                Ok(pom) => pom,
                Err(NoDocument::Absent) => continue,
                Err(failed) => return Err(failed),
            };
            // A version may come from a parent, the artifact's name may not.
            let own_name = format!("<artifactId>{artifact}</artifactId>");
            if !contains(&pom.body, b"<project") || !contains(&pom.body, own_name.as_bytes()) {
                let problem = format!("it is no `<project` of `{artifact}`");
                return Err(malformed(&pom, "project description", &problem).into());
            }
            let checksums = checksums(question, &get)?;
            let published = pom.last_modified.as_deref().and_then(date);
            seen.extend_from_slice(sha256(&pom.body).bytes());
            versions.insert(
                version.clone(),
                VersionFacts {
                    date_source: published.is_some().then_some(DateSource::LastModified),
                    files: vec![FileFacts {
                        checksums,
                        published,
                        ..FileFacts::default()
                    }],
                    ..VersionFacts::default()
                },
            );
        }
        match versions.is_empty() {
            true => Ok(Reply::Absent),
            false => Ok(Reply::Present {
                document: sha256(&seen).to_string(),
                versions,
            }),
        }
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}

/// An HTTP date as RFC 3339.
fn date(text: &str) -> Option<String> {
    let time = rfc2822::parse(text.trim()).ok()?.timestamp();
    Some(time.to_string())
}

/// The checksums of the artifact under the algorithms that the lockfile has, of the first
/// ending under which there is one.
fn checksums(
    question: &Question,
    get: &dyn Fn(&str, u64) -> Result<Document, NoDocument>,
) -> Result<Vec<String>, NoDocument> {
    let mut found = Vec::new();
    for ending in ENDINGS {
        for algorithm in &question.algorithms {
            match get(&format!("{ending}.{}", algorithm.as_str()), MAX_SUM) {
                Ok(document) => found.push(digest(&document, *algorithm)?),
                Err(NoDocument::Absent) => {}
                Err(failed) => return Err(failed),
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    found.sort();
    Ok(found)
}

/// Hex digits, which some tools let a file name follow.
fn digest(document: &Document, algorithm: DigestAlgorithm) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(&document.body);
    let word = text.split_whitespace().next().unwrap_or_default();
    Digest::from_hex(algorithm, word)
        .map(|digest| digest.to_string())
        .map_err(|error| malformed(document, "checksum file", &error.to_string()))
}
