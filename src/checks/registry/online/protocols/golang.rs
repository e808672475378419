//! The module proxy protocol (<https://go.dev/ref/mod#goproxy-protocol>): `.info` for the
//! time, which is the commit's, and the hashes of `.mod` and `.zip` computed here as `go`
//! computes them for `go.sum`; retractions, which stand in the newest version's `go.mod`. The
//! checksum database is not contacted.

mod retractions;

use super::super::answers::{DateSource, FileFacts, Reply, VersionFacts};
use super::super::question::Question;
use super::super::session::{Document, Endpoint, NoDocument, Prepared, Session, malformed};
use super::{MAX_DOCUMENT, Protocol, time};
use crate::support::hash::{Sha256, sha256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};
use retractions::{Retractions, newest};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;

const MAX_INFO: u64 = 64 * 1024;
/// Go's own limit for a `go.mod`.
const MAX_MOD: u64 = 16 * 1024 * 1024;
/// Go's own limit for the files of a module.
const MAX_UNPACKED: u64 = 500 * 1024 * 1024;
const MAX_FILES: usize = 200_000;

/// The protocol.
pub(super) struct Golang;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    version: String,
    #[serde(default)]
    time: Option<String>,
}

impl Protocol for Golang {
    fn ask(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Reply, NoDocument> {
        let mut versions = BTreeMap::new();
        let mut seen = Vec::new();
        let retractions = self.retractions(session, endpoint, prepared, question)?;
        for version in &question.versions {
            match self.version(session, endpoint, prepared, question, version) {
                Ok((document, mut facts)) => {
                    facts.retractions = retractions.is_some();
                    let why = retractions.as_ref().and_then(|all| all.of(version));
                    facts.yanked = why.map(str::to_owned);
                    seen.extend_from_slice(document.as_bytes());
                    versions.insert(version.clone(), facts);
                }
                Err(NoDocument::Absent) => {}
                Err(failed) => return Err(failed),
            }
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

impl Golang {
    /// What the newest version takes back; `None` where the proxy does not say which one
    /// that is.
    fn retractions(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Option<Retractions>, NoDocument> {
        let path = escaped(&question.name);
        let get = |more: &[&str], limit: u64| {
            let parts: Vec<&str> = path.split('/').chain(more.iter().copied()).collect();
            let address = prepared.base.join(&parts);
            match session.get(endpoint, &address, "*/*", limit) {
                Ok(document) => Ok(Some(document)),
                Err(NoDocument::Absent) => Ok(None),
                Err(failed) => Err(failed),
            }
        };
        let list = get(&["@v", "list"], MAX_MOD)?;
        let listed = list
            .as_ref()
            .and_then(|list| std::str::from_utf8(&list.body).ok());
        let mut version = listed.and_then(newest).map(str::to_owned);
        if version.is_none()
            && let Some(latest) = get(&["@latest"], MAX_INFO)?
        {
            let read: Info = serde_json::from_slice(&latest.body).map_err(|error| {
                malformed(&latest, "`@latest` of a module proxy", &error.to_string())
            })?;
            version = Some(read.version);
        }
        let Some(version) = version.filter(|version| !version.contains('/')) else {
            return Ok(None);
        };
        let file = get(&["@v", &format!("{}.mod", escaped(&version))], MAX_MOD)?;
        let text = file
            .as_ref()
            .map(|file| String::from_utf8_lossy(&file.body));
        Ok(text.map(|text| Retractions::parse(&text)))
    }

    /// The digests of its documents, and what they say.
    fn version(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
        version: &str,
    ) -> Result<(String, VersionFacts), NoDocument> {
        let path = escaped(&question.name);
        let get = |ending: &str, limit: u64| {
            let file = format!("{}.{ending}", escaped(version));
            let mut parts: Vec<&str> = path.split('/').collect();
            parts.extend(["@v", file.as_str()]);
            let address = prepared.base.join(&parts);
            session.get(endpoint, &address, "*/*", limit)
        };
        let info = get("info", MAX_INFO)?;
        let read: Info = serde_json::from_slice(&info.body)
            .map_err(|error| malformed(&info, "`.info` of a module proxy", &error.to_string()))?;
        if read.version != version {
            let problem = format!("it is about version `{}`", read.version);
            return Err(malformed(&info, "`.info` of a module proxy", &problem).into());
        }
        let mut opaque = Vec::new();
        let mut documents = sha256(&info.body).to_string();
        if question.schemes.contains("go-mod-h1") {
            let file = get("mod", MAX_MOD)?;
            let hash = h1(&[("go.mod".to_owned(), sha256(&file.body).hex())]);
            opaque.push(format!("go-mod-h1:{hash}"));
            documents += &sha256(&file.body).to_string();
        }
        if question.schemes.contains("go-h1") {
            let file = get("zip", MAX_DOCUMENT)?;
            let hash = hash_of_zip(&file)
                .map_err(|problem| malformed(&file, "module archive", &problem))?;
            opaque.push(format!("go-h1:{hash}"));
            documents += &sha256(&file.body).to_string();
        }
        let published = read.time.as_deref().and_then(time);
        let facts = VersionFacts {
            date_source: published.is_some().then_some(DateSource::CommitTime),
            files: vec![FileFacts {
                opaque,
                published,
                ..FileFacts::default()
            }],
            ..VersionFacts::default()
        };
        Ok((documents, facts))
    }
}

/// Upper case as `!` and lower case, for file systems that know no case.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

/// The hash of a list of files, `Hash1` of `golang.org/x/mod/sumdb/dirhash`.
fn h1(files: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = files.iter().collect();
    sorted.sort();
    let mut list = String::new();
    for (name, hex) in sorted {
        let _ = writeln!(list, "{hex}  {name}");
    }
    format!("h1:{}", STANDARD.encode(sha256(list.as_bytes()).bytes()))
}

fn hash_of_zip(file: &Document) -> Result<String, String> {
    let archive = ZipArchive::from_slice(&file.body).map_err(|error| error.to_string())?;
    let mut entries = archive.entries();
    let mut files = Vec::new();
    let mut left = MAX_UNPACKED;
    while let Some(header) = entries.next_entry().map_err(|error| error.to_string())? {
        let name = std::str::from_utf8(header.file_path().as_bytes())
            .map_err(|error| error.to_string())?
            .to_owned();
        if name.contains('\n') || files.len() >= MAX_FILES {
            return Err("its list of files is not one of a module".to_owned());
        }
        let entry = archive
            .get_entry(header.wayfinder())
            .map_err(|error| error.to_string())?;
        let hex = match header.compression_method() {
            CompressionMethod::STORE => hash(entry.verifying_reader(entry.data()), &mut left)?,
            CompressionMethod::DEFLATE => {
                let inflate = DeflateDecoder::new(entry.data());
                hash(entry.verifying_reader(inflate), &mut left)?
            }
            _ => return Err("it is compressed in a way that is not known".to_owned()),
        };
        files.push((name, hex));
    }
    Ok(h1(&files))
}

fn hash(mut reader: impl Read, left: &mut u64) -> Result<String, String> {
    let mut hash = Sha256::default();
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        let count = reader
            .read(&mut buffer)
            .map_err(|error| error.to_string())?;
        if count == 0 {
            return Ok(hash.finish().hex());
        }
        *left = left
            .checked_sub(count as u64)
            .ok_or("it unpacks to more than a module may have")?;
        hash.update(buffer.get(..count).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_without_upper_case() {
        assert_eq!(
            escaped("github.com/Azure/azure-sdk"),
            "github.com/!azure/azure-sdk"
        );
    }

    /// The value that `go` writes into `go.sum` for a module file of these bytes.
    #[test]
    fn the_hash_of_a_module_file_is_that_of_a_list_with_one_line() {
        let body = b"module example.com/empty\n";
        let line = format!("{}  go.mod\n", sha256(body).hex());
        let expected = STANDARD.encode(sha256(line.as_bytes()).bytes());
        let hash = h1(&[("go.mod".to_owned(), sha256(body).hex())]);
        assert_eq!(hash, format!("h1:{expected}"));
    }
}
