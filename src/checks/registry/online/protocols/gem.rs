//! RubyGems' compact index (RubyGems guides, "Compact Index API"):
//! `/info/NAME`, one line for each version and platform, `checksum:` and, where the index has
//! it, `created_at:`. A yanked version is not in it any more.

use super::super::answers::{DateSource, FileFacts, Reply, VersionFacts};
use super::super::question::Question;
use super::super::session::{Document, Endpoint, NoDocument, Prepared, Session, malformed};
use super::{Failure, MAX_DOCUMENT, Protocol, time};
use crate::model::{Digest, DigestAlgorithm};
use crate::support::hash::sha256;
use std::collections::BTreeMap;

/// The protocol.
pub(super) struct Gem;

impl Protocol for Gem {
    fn ask(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Reply, NoDocument> {
        let address = prepared.base.join(&["info", &question.name]);
        let document = session.get(endpoint, &address, "text/plain, */*", MAX_DOCUMENT)?;
        Ok(read(&document, question)?)
    }
}

fn read(document: &Document, question: &Question) -> Result<Reply, Failure> {
    let bad = |problem: &str| malformed(document, "compact index", problem);
    let text = std::str::from_utf8(&document.body).map_err(|error| bad(&error.to_string()))?;
    let mut lines = text.lines();
    if lines.next() != Some("---") {
        return Err(bad("it does not begin with `---`"));
    }
    let mut versions: BTreeMap<String, VersionFacts> = BTreeMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (head, requirements) = line
            .split_once('|')
            .ok_or_else(|| bad("a line has no `|`"))?;
        let full = head.split(' ').next().unwrap_or_default();
        let version = full.split_once('-').map_or(full, |(version, _)| version);
        if !question.versions.contains(version) {
            continue;
        }
        let field = |name: &str| {
            requirements
                .split(',')
                .filter_map(|field| field.split_once(':'))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let checksums = match field("checksum") {
            Some(hex) => vec![
                Digest::from_hex(DigestAlgorithm::Sha256, hex)
                    .map_err(|error| bad(&error.to_string()))?
                    .to_string(),
            ],
            None => Vec::new(),
        };
        let published = field("created_at").and_then(time);
        let facts = versions.entry(version.to_owned()).or_default();
        if published.is_some() {
            facts.date_source = Some(DateSource::Index);
        }
        facts.files.push(FileFacts {
            checksums,
            published,
            ..FileFacts::default()
        });
    }
    Ok(Reply::Present {
        document: sha256(&document.body).to_string(),
        versions,
    })
}
