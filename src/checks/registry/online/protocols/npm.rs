//! npm's packument, the whole one: the short one has no times
//! (<https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md>). Where a
//! lockfile has checksums of Yarn 4, also the tarball, of which they are made again.

mod yarn;

use super::super::answers::{DateSource, FileFacts, Reply, VersionFacts};
use super::super::compare::YARN;
use super::super::question::Question;
use super::super::session::{Document, Endpoint, NoDocument, Prepared, Session, malformed};
use super::{Failure, MAX_DOCUMENT, Protocol, time};
use crate::model::{Digest, DigestAlgorithm};
use crate::support::hash::{sha1_parts, sha256, sha512};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

/// The protocol.
pub(super) struct Npm;

#[derive(Deserialize)]
struct Packument<'a> {
    name: String,
    #[serde(borrow, default)]
    versions: HashMap<String, &'a RawValue>,
    #[serde(default)]
    time: HashMap<String, Value>,
}

#[derive(Deserialize)]
struct Manifest {
    name: String,
    version: String,
    dist: Dist,
    #[serde(default)]
    deprecated: Option<Value>,
}

#[derive(Deserialize)]
struct Dist {
    #[serde(default)]
    integrity: Option<String>,
    #[serde(default)]
    shasum: Option<String>,
    #[serde(default)]
    tarball: Option<String>,
}

impl Protocol for Npm {
    fn ask(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Reply, NoDocument> {
        // The slash of a scoped name is written `%2F`.
        let address = prepared.base.join(&[&question.name]);
        let document = session.get(endpoint, &address, "application/json", MAX_DOCUMENT)?;
        let (mut reply, tarballs) = read(&document, endpoint, question)?;
        if let Reply::Present { versions, .. } = &mut reply
            && question.schemes.contains(YARN)
        {
            for (version, address) in tarballs {
                let file = versions
                    .get_mut(&version)
                    .and_then(|facts| facts.files.first_mut());
                if let Some(file) = file {
                    let made = packed(session, endpoint, &address, file, &question.name)?;
                    file.opaque.extend(made);
                }
            }
        }
        Ok(reply)
    }
}

/// The checksum that Yarn 4 has of a file of the registry; none where the file lies on a server
/// that the policy does not name, does not come in time, is not what the registry says of it,
/// or is no package that can be packed: then there is nothing to compare with.
fn packed(
    session: &Session<'_>,
    endpoint: &Endpoint,
    address: &str,
    file: &FileFacts,
    name: &str,
) -> Result<Option<String>, NoDocument> {
    let Ok(address) = endpoint.own_address(address) else {
        return Ok(None);
    };
    let tarball = match session.file(endpoint, &address, MAX_DOCUMENT) {
        Ok(Some(tarball)) => tarball,
        Err(NoDocument::Failed(failure)) if !failure.kind.is_of_a_file() => {
            return Err(NoDocument::Failed(failure));
        }
        Ok(None) | Err(_) => return Ok(None),
    };
    if !is_published(&tarball, file) {
        return Ok(None);
    }
    // Unpacked packages are large: one at a time.
    let _alone = endpoint
        .packing
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let made = yarn::checksum(&tarball, name).ok();
    Ok(made.map(|checksum| format!("{YARN}:{checksum}")))
}

/// Whether a file is the one that the registry says it is, by SHA-512, or by SHA-1 where the
/// registry has no other.
fn is_published(tarball: &[u8], file: &FileFacts) -> bool {
    let digests = file.checksums.iter();
    let digests: Vec<Digest> = digests
        .filter_map(|text| Digest::parse(text).ok())
        .collect();
    let of = |algorithm| {
        let mut digests = digests.iter();
        digests.find(move |digest| digest.algorithm() == algorithm)
    };
    match (of(DigestAlgorithm::Sha512), of(DigestAlgorithm::Sha1)) {
        (Some(digest), _) => *digest == sha512(tarball),
        (None, Some(digest)) => digest.bytes() == sha1_parts(&[tarball]),
        (None, None) => false,
    }
}

/// By version, where its file is.
type Tarballs = BTreeMap<String, String>;

fn read(
    document: &Document,
    endpoint: &Endpoint,
    question: &Question,
) -> Result<(Reply, Tarballs), Failure> {
    let what = "package document of npm";
    let bad = |problem: String| malformed(document, what, &problem);
    let packument: Packument<'_> =
        serde_json::from_slice(&document.body).map_err(|error| bad(error.to_string()))?;
    if packument.name != question.name {
        return Err(bad(format!("it is about `{}`", packument.name)));
    }
    if packument.versions.is_empty() && packument.time.contains_key("unpublished") {
        return Ok((Reply::Absent, Tarballs::new()));
    }
    let mut tarballs = Tarballs::new();
    let mut versions = BTreeMap::new();
    for version in &question.versions {
        let Some(raw) = packument.versions.get(version) else {
            continue;
        };
        let manifest: Manifest = serde_json::from_str(raw.get())
            .map_err(|error| bad(format!("version {version}: {error}")))?;
        if manifest.name != question.name || manifest.version != *version {
            return Err(bad(format!(
                "its version {version} is `{}@{}`",
                manifest.name, manifest.version
            )));
        }
        let published = packument
            .time
            .get(version)
            .and_then(Value::as_str)
            .and_then(time);
        let facts = facts(&manifest, published, endpoint)
            .map_err(|error| bad(format!("version {version}: {error}")))?;
        versions.insert(version.clone(), facts);
        if let Some(tarball) = manifest.dist.tarball {
            tarballs.insert(version.clone(), tarball);
        }
    }
    let reply = Reply::Present {
        document: sha256(&document.body).to_string(),
        versions,
    };
    Ok((reply, tarballs))
}

fn facts(
    manifest: &Manifest,
    published: Option<String>,
    endpoint: &Endpoint,
) -> Result<VersionFacts, String> {
    let dist = &manifest.dist;
    let mut digests = match &dist.integrity {
        Some(text) => Digest::parse_sri(text).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    if let Some(shasum) = dist.shasum.as_deref().filter(|text| !text.is_empty()) {
        digests.push(
            Digest::from_hex(DigestAlgorithm::Sha1, shasum).map_err(|error| error.to_string())?,
        );
    }
    let mut checksums: Vec<String> = digests.iter().map(ToString::to_string).collect();
    checksums.sort();
    checksums.dedup();
    Ok(VersionFacts {
        date_source: published.is_some().then_some(DateSource::Index),
        files: vec![FileFacts {
            checksums,
            published,
            elsewhere: dist
                .tarball
                .as_deref()
                .and_then(|url| endpoint.elsewhere(url)),
            ..FileFacts::default()
        }],
        // An empty text takes a deprecation back.
        deprecated: match &manifest.deprecated {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Bool(true)) => Some(String::new()),
            _ => None,
        },
        ..VersionFacts::default()
    })
}
