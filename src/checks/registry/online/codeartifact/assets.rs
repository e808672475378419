//! The files of a version and their hashes, as `ListPackageVersionAssets` gives them.

use super::super::answers::{Failure, FileFacts};
use super::super::session::{Signed, bad_answer, malformed};
use super::{Asking, not_there};
use crate::model::Digest;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most pages of one version; a page has up to 1,000 files.
const MAX_PAGES: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    assets: Vec<Asset>,
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Asset {
    #[serde(default)]
    hashes: BTreeMap<String, String>,
}

impl Asking<'_> {
    /// The files of a version, at least one.
    pub(super) fn assets(&self, version: &str) -> Result<Vec<FileFacts>, Failure> {
        let mut files = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut more = vec![("version", version)];
            more.extend(token.as_deref().map(|token| ("next-token", token)));
            let query = self.of_the_package(&more);
            let path = ["v1", "package", "version", "assets"];
            let document = self
                .ask(Signed::Post, &path, &query)
                .map_err(not_there("list of the version's files"))?;
            let page: Page = serde_json::from_slice(&document.body).map_err(|error| {
                malformed(
                    &document,
                    "list of files of CodeArtifact",
                    &error.to_string(),
                )
            })?;
            for asset in page.assets {
                files.push(FileFacts {
                    checksums: checksums(&asset.hashes)?,
                    ..FileFacts::default()
                });
            }
            match page.next_token.filter(|token| !token.is_empty()) {
                Some(next) => token = Some(next),
                None if files.is_empty() => {
                    return Err(bad_answer("its API lists no file of the version"));
                }
                None => return Ok(files),
            }
        }
        Err(bad_answer("its API lists files of the version without end"))
    }
}

/// `SHA-256: HEX` as `sha256:HEX`, of the algorithms that locks have too.
fn checksums(hashes: &BTreeMap<String, String>) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for (name, hex) in hashes {
        let algorithm = match name.as_str() {
            "MD5" => "md5",
            "SHA-1" => "sha1",
            "SHA-256" => "sha256",
            "SHA-512" => "sha512",
            _ => continue,
        };
        let text = format!("{algorithm}:{}", hex.to_ascii_lowercase());
        let digest = Digest::parse(&text)
            .map_err(|_| bad_answer(&format!("its API gives a {name} that is none")))?;
        found.push(digest.to_string());
    }
    found.sort();
    Ok(found)
}
