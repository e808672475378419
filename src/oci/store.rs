//! What images are read from and written to: a registry or a layout.

use super::attach::Referrer;
use super::error::OciError;
use super::manifest::{Descriptor, Document, MAX_MANIFEST_BYTES, Platform};
use super::reference::Selector;
use crate::model::{Digest, JsonLimits, parse_strict_json};
use crate::support::hash;
use serde::Deserialize as _;

/// A manifest or an index whose digest is that of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its digest, length, and media type.
    pub descriptor: Descriptor,
    /// What it says.
    pub document: Document,
}

/// Images, and what is attached to them.
pub trait Store {
    /// Its name for messages: `host/repository`, or that of the layout.
    fn name(&self) -> String;

    /// The manifest or index that a name stands for; without a selector the only image there.
    ///
    /// # Errors
    /// Every variant of [`OciError`] that reading can have.
    fn select(&self, selector: Option<&Selector>) -> Result<Fetched, OciError>;

    /// The manifest or index of a descriptor.
    ///
    /// # Errors
    /// As [`Store::select`].
    fn manifest(&self, descriptor: &Descriptor) -> Result<Fetched, OciError>;

    /// A blob of at most `limit` bytes.
    ///
    /// # Errors
    /// As [`Store::select`].
    fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, OciError>;

    /// What is listed as being about a manifest: claims of the store, at most
    /// [`super::MAX_REFERRERS`].
    ///
    /// # Errors
    /// As [`Store::select`], and [`OciError::TooMany`].
    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, OciError>;

    /// Attaches something: afterwards it is listed, or there is an error and it is not.
    ///
    /// # Errors
    /// Every variant of [`OciError`] that writing can have.
    fn attach(&self, referrer: &Referrer) -> Result<(), OciError>;
}

/// Compares bytes with what they were asked by.
pub(super) fn check_bytes(
    bytes: &[u8],
    want: &Descriptor,
    what: &str,
    in_layout: bool,
) -> Result<(), OciError> {
    let got = bytes.len() as u64;
    if let Some(size) = want.size.filter(|size| *size != got) {
        return Err(OciError::WrongSize {
            what: what.to_owned(),
            want: size,
            got,
            in_layout,
        });
    }
    let digest = hash::sha256(bytes);
    if digest != want.digest {
        return Err(OciError::WrongDigest {
            what: what.to_owned(),
            want: want.digest.clone(),
            got: digest,
            in_layout,
        });
    }
    Ok(())
}

/// The image that a selector means: the index itself where there are several platforms, unless
/// one is named.
///
/// # Errors
/// As [`Store::select`]; [`OciError::NoPlatform`], [`OciError::Ambiguous`].
pub fn resolve(
    store: &dyn Store,
    selector: Option<&Selector>,
    platform: Option<&Platform>,
) -> Result<Fetched, OciError> {
    let fetched = store.select(selector)?;
    match platform {
        None => Ok(fetched),
        Some(platform) => for_platform(store, fetched, platform),
    }
}

/// The image for a platform: an entry of an index, or the image itself where its config says
/// that it runs there.
///
/// # Errors
/// As [`Store::manifest`]; [`OciError::NoPlatform`], [`OciError::Ambiguous`].
pub fn for_platform(
    store: &dyn Store,
    fetched: Fetched,
    platform: &Platform,
) -> Result<Fetched, OciError> {
    let what = || format!("{}@{}", store.name(), fetched.descriptor.digest);
    match &fetched.document {
        Document::Index(index) => {
            let fits: Vec<&Descriptor> = index
                .manifests
                .iter()
                .filter(|entry| entry.platform.as_ref().is_some_and(|p| platform.takes(p)))
                .collect();
            match fits.as_slice() {
                [one] => store.manifest(one),
                [] => {
                    let mut available: Vec<String> = index
                        .manifests
                        .iter()
                        .filter_map(|entry| entry.platform.as_ref())
                        .map(|p| crate::model::terminal_safe(&p.to_string()).into_owned())
                        .filter(|name| name != "unknown/unknown")
                        .take(20)
                        .collect();
                    available.dedup();
                    Err(OciError::NoPlatform {
                        what: what(),
                        platform: platform.to_string(),
                        available,
                    })
                }
                several => Err(OciError::Ambiguous {
                    what: format!("{} for {platform}", what()),
                    count: several.len(),
                }),
            }
        }
        Document::Manifest(manifest) => {
            let bytes = store.blob(&manifest.config, MAX_MANIFEST_BYTES)?;
            let limits = JsonLimits {
                depth: 64,
                values: 200_000,
            };
            let own = parse_strict_json(&bytes, limits)
                .ok()
                .and_then(|value| Platform::deserialize(value).ok());
            if own.as_ref().is_some_and(|own| platform.takes(own)) {
                return Ok(fetched);
            }
            Err(OciError::NoPlatform {
                what: what(),
                platform: platform.to_string(),
                available: own
                    .iter()
                    .map(|own| crate::model::terminal_safe(&own.to_string()).into_owned())
                    .collect(),
            })
        }
    }
}
