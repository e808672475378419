//! NuGet, version 3 (<https://learn.microsoft.com/nuget/api/registration-base-url-resource>):
//! the approved address is the service index; it names the registrations, which say `listed`,
//! `published` and `deprecation` of each version. They come compressed from some servers.
//! `contentHash` of lockfiles is over something else than any hash of a feed: where a lockfile
//! has it, the package is fetched and it is computed here.

mod content_hash;

use super::super::answers::{DateSource, FileFacts, Reply, VersionFacts};
use super::super::question::Question;
use super::super::session::{
    Document, Endpoint, NoDocument, Prepared, Session, bad_answer, malformed,
};
use super::{Failure, MAX_DOCUMENT, Protocol, time};
use crate::model::Ecosystem;
use crate::support::hash::sha256;
use crate::versions;
use content_hash::content_hash;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::PoisonError;

const TYPE: &str = "RegistrationsBaseUrl";
/// What lockfiles call their hash.
const CONTENT_HASH: &str = "nuget-content-hash";
/// NuGet's public registry takes no larger packages.
const MAX_PACKAGE: u64 = 250 * 1024 * 1024;
/// Of packages up to this size several are in memory at a time, of larger ones one.
const MAX_BESIDE: u64 = 8 * 1024 * 1024;
/// Pages of one name that are fetched apart; one has 64 versions or more.
const MAX_PAGES: usize = 100;

/// The protocol.
pub(super) struct Nuget;

#[derive(Deserialize)]
struct Index {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: Value,
}

#[derive(Deserialize)]
struct Registration {
    items: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "@id", default)]
    id: String,
    #[serde(default)]
    items: Option<Vec<Leaf>>,
    #[serde(default)]
    lower: String,
    #[serde(default)]
    upper: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leaf {
    catalog_entry: Entry,
    #[serde(default)]
    package_content: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    version: String,
    #[serde(default)]
    listed: Option<bool>,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    deprecation: Option<Deprecation>,
}

#[derive(Deserialize)]
struct Deprecation {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    reasons: Vec<String>,
}

impl Protocol for Nuget {
    fn prepare(&self, session: &Session<'_>, endpoint: &Endpoint) -> Result<Prepared, Failure> {
        let document = match session.get(
            endpoint,
            &endpoint.address,
            "application/json",
            MAX_DOCUMENT,
        ) {
            Ok(document) => document,
            Err(NoDocument::Absent) => {
                return Err(bad_answer(
                    "there is no service index; its address ends in `/v3/index.json`",
                ));
            }
            Err(NoDocument::Failed(failure)) => return Err(failure),
        };
        let index: Index = parse(&document, "service index of NuGet")?;
        // `/3.6.0` has also the versions of SemVer 2, which the one without a number lacks.
        let best = index
            .resources
            .iter()
            .filter_map(|resource| Some((rank(&resource.kind)?, resource)))
            .max_by_key(|(rank, _)| *rank);
        let Some((_, resource)) = best else {
            return Err(malformed(
                &document,
                "service index of NuGet",
                "it names no registrations",
            ));
        };
        // Clients take packages from here, and from what a version says only without it.
        let files = index.resources.iter().filter(|resource| {
            let mut kinds = kinds(&resource.kind);
            kinds.any(|text| text.starts_with("PackageBaseAddress/"))
        });
        let files: Vec<&str> = files.map(|resource| resource.id.as_str()).collect();
        Ok(Prepared {
            base: endpoint.own_address(&resource.id)?,
            files: files.iter().find_map(|id| endpoint.elsewhere(id)),
            template: files.first().map(|id| (*id).to_owned()),
        })
    }

    fn ask(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Reply, NoDocument> {
        let id = question.name.to_lowercase();
        let address = prepared.base.join(&[&id, "index.json"]);
        let document = session.get(endpoint, &address, "application/json", MAX_DOCUMENT)?;
        let registration: Registration = parse(&document, "registration of NuGet")?;
        let mut versions = BTreeMap::new();
        // Fetched when all is said: a package that is late takes nothing else with it.
        let mut packages = Vec::new();
        let mut fetched = 0;
        for page in registration.items {
            let leaves = match page.items {
                Some(leaves) => leaves,
                None if !question.versions.iter().any(|v| may_hold(&page, v)) => continue,
                None if fetched >= MAX_PAGES => {
                    return Err(malformed(
                        &document,
                        "registration of NuGet",
                        "it has too many pages",
                    )
                    .into());
                }
                None => {
                    fetched += 1;
                    let address = endpoint.own_address(&page.id)?;
                    let document =
                        session.get(endpoint, &address, "application/json", MAX_DOCUMENT)?;
                    let page: Page = parse(&document, "page of a registration of NuGet")?;
                    page.items.unwrap_or_default()
                }
            };
            for leaf in leaves {
                if !leaf.catalog_entry.id.eq_ignore_ascii_case(&question.name) {
                    let problem = format!("it is about `{}`", leaf.catalog_entry.id);
                    return Err(malformed(&document, "registration of NuGet", &problem).into());
                }
                let asked = question
                    .versions
                    .iter()
                    .find(|v| same(v, &leaf.catalog_entry.version));
                let Some(asked) = asked else {
                    continue;
                };
                versions.insert(asked.clone(), facts(&leaf, endpoint, prepared));
                if question.schemes.contains(CONTENT_HASH) {
                    packages.push((asked, leaf));
                }
            }
        }
        for (asked, leaf) in packages {
            match hash((session, endpoint, prepared), &id, &leaf) {
                Ok(hash) => {
                    let facts = versions.get_mut(asked);
                    if let Some(file) = facts.and_then(|facts| facts.files.first_mut()) {
                        let opaque = hash.map(|hash| format!("{CONTENT_HASH}:{hash}"));
                        file.opaque.extend(opaque);
                    }
                }
                // What is registered has no file: nobody can install it.
                Err(NoDocument::Absent) => {
                    versions.remove(asked);
                }
                Err(failed) => return Err(failed),
            }
        }
        Ok(Reply::Present {
            document: sha256(&document.body).to_string(),
            versions,
        })
    }
}

/// `contentHash` of the package that clients get; nothing where it lies on a server that the
/// policy does not name, nobody says where, it does not come (in time) or is no package.
fn hash(
    (session, endpoint, prepared): (&Session<'_>, &Endpoint, &Prepared),
    id: &str,
    leaf: &Leaf,
) -> Result<Option<String>, NoDocument> {
    let address = match (&prepared.template, &leaf.package_content) {
        (Some(place), _) => endpoint.own_address(place).map(|base| {
            let version = normalized(&leaf.catalog_entry.version);
            let file = format!("{id}.{version}.nupkg");
            base.join(&[id, &version, &file])
        }),
        (None, Some(place)) => endpoint.own_address(place),
        (None, None) => return Ok(None),
    };
    let Ok(address) = address else {
        return Ok(None);
    };
    let fetched = match session.file(endpoint, &address, MAX_BESIDE) {
        Ok(None) => {
            let _alone = endpoint
                .packing
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let file = session.file(endpoint, &address, MAX_PACKAGE);
            file.map(|file| content_hash(&file?).ok())
        }
        file => file.map(|file| content_hash(&file?).ok()),
    };
    match fetched {
        Err(NoDocument::Failed(failure)) if failure.kind.is_of_a_file() => Ok(None),
        fetched => fetched,
    }
}

/// A version as addresses have it: in lower case, three numbers or four, without what stands
/// behind a `+` (<https://learn.microsoft.com/nuget/concepts/package-versioning>).
fn normalized(version: &str) -> String {
    let version = version.split('+').next().unwrap_or_default();
    let (numbers, label) = match version.split_once('-') {
        Some((numbers, label)) => (numbers, format!("-{label}")),
        None => (version, String::new()),
    };
    let mut numbers: Vec<&str> = numbers
        .split('.')
        .map(|number| match number.trim_start_matches('0') {
            "" => "0",
            rest => rest,
        })
        .collect();
    while numbers.len() < 3 {
        numbers.push("0");
    }
    if numbers.len() == 4 && numbers.last() == Some(&"0") {
        numbers.pop();
    }
    format!("{}{label}", numbers.join(".")).to_lowercase()
}

/// A document, unpacked if it is packed.
fn parse<T: for<'de> Deserialize<'de>>(document: &Document, what: &str) -> Result<T, Failure> {
    let bad = |problem: String| malformed(document, what, &problem);
    let mut unpacked = Vec::new();
    let bytes = if document.body.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(document.body.as_slice())
            .take(MAX_DOCUMENT + 1)
            .read_to_end(&mut unpacked)
            .map_err(|error| bad(error.to_string()))?;
        if unpacked.len() as u64 > MAX_DOCUMENT {
            return Err(bad("it unpacks to more than the limit".to_owned()));
        }
        unpacked.as_slice()
    } else {
        document.body.as_slice()
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))
}

/// What a resource is: one word or several.
fn kinds(kind: &Value) -> impl Iterator<Item = &str> {
    let list = kind.as_array().map(Vec::as_slice).unwrap_or_default();
    let one = kind.as_str().into_iter();
    one.chain(list.iter().filter_map(Value::as_str))
}

/// The version of a registrations resource; `None` for another kind.
fn rank(kind: &Value) -> Option<u32> {
    kinds(kind)
        .filter_map(|text| match text.strip_prefix(TYPE)? {
            "/3.6.0" => Some(3),
            "/3.4.0" => Some(2),
            "/3.0.0-rc" | "/3.0.0-beta" => Some(0),
            "" => Some(1),
            _ => None,
        })
        .max()
}

/// Whether a page can hold a version; also where that cannot be told.
fn may_hold(page: &Page, version: &str) -> bool {
    let is = |a: &str, b: &str, not: Ordering| versions::compare(Ecosystem::Nuget, a, b) != Ok(not);
    is(&page.lower, version, Ordering::Greater) && is(version, &page.upper, Ordering::Greater)
}

fn same(asked: &str, found: &str) -> bool {
    asked.eq_ignore_ascii_case(found)
        || versions::compare(Ecosystem::Nuget, asked, found).is_ok_and(|o| o == Ordering::Equal)
}

fn facts(leaf: &Leaf, endpoint: &Endpoint, prepared: &Prepared) -> VersionFacts {
    let named = leaf.package_content.as_deref();
    let entry = &leaf.catalog_entry;
    // An unlisted version has this date in the place of its own.
    let published = entry
        .published
        .as_deref()
        .filter(|text| !text.starts_with("1900-"))
        .and_then(time);
    let deprecated = entry.deprecation.as_ref().map(|deprecation| {
        deprecation
            .message
            .clone()
            .unwrap_or_else(|| deprecation.reasons.join(", "))
    });
    VersionFacts {
        date_source: published.is_some().then_some(DateSource::Index),
        files: vec![FileFacts {
            published,
            elsewhere: prepared
                .files
                .clone()
                .or_else(|| named.and_then(|url| endpoint.elsewhere(url))),
            ..FileFacts::default()
        }],
        yanked: (entry.listed == Some(false)).then(|| "it is unlisted".to_owned()),
        deprecated,
        ..VersionFacts::default()
    }
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn versions_are_written_as_addresses_have_them() {
        for (version, expected) in [
            ("1.2.3", "1.2.3"),
            ("1.0", "1.0.0"),
            ("01.2.03.0", "1.2.3"),
            ("1.2.3.4", "1.2.3.4"),
            ("1.2.3-Beta.01+build.7", "1.2.3-beta.01"),
        ] {
            assert_eq!(normalized(version), expected);
        }
    }
}
