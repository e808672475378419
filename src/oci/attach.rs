//! Bundles that are attached to images, as cosign 3 attaches them.
//!
//! Source: `specs/BUNDLE_SPEC.md` of github.com/sigstore/cosign: a manifest with the image as
//! its subject, the bundle's media type as its artifact type, an empty config, and the bundle
//! as its one layer. Annotations say what is in it; they are read for listing alone.

use super::error::OciError;
use super::manifest::{
    Descriptor, Document, EMPTY_CONFIG, EMPTY_TYPE, Manifest, OCI_MANIFEST, WireDescriptor,
};
use super::store::{Fetched, Store};
use crate::model::{Digest, terminal_safe};
use crate::support::hash;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// The media type of a bundle, and the artifact type of the manifest that holds it.
pub const BUNDLE_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// How the media types of all versions begin.
const BUNDLE_TYPES: &str = "application/vnd.dev.sigstore.bundle";
/// `dsse-envelope` or `message-signature`.
pub const BUNDLE_CONTENT: &str = "dev.sigstore.bundle.content";
/// The predicate's type.
pub const BUNDLE_PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";
/// When it was made.
pub const IMAGE_CREATED: &str = "org.opencontainers.image.created";
const TITLE: &str = "org.opencontainers.image.title";

/// Something to be attached: blobs, and the manifest that holds them together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// What it is about.
    pub subject: Digest,
    /// The blobs.
    pub blobs: Vec<(Descriptor, Vec<u8>)>,
    /// The manifest's bytes.
    pub manifest: Vec<u8>,
    /// The manifest as a list of referrers names it.
    pub descriptor: Descriptor,
}

/// A bundle that is to be attached.
#[derive(Debug, Clone, Copy)]
pub struct NewBundle<'a> {
    /// The image.
    pub subject: &'a Descriptor,
    /// The bundle's JSON.
    pub json: &'a str,
    /// Type of the predicate of the statement in its envelope.
    pub predicate_type: &'a str,
    /// The time of this run.
    pub created: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireReferrer<'a> {
    schema_version: u8,
    media_type: &'static str,
    artifact_type: &'static str,
    config: WireDescriptor,
    layers: [WireDescriptor; 1],
    subject: WireDescriptor,
    annotations: &'a BTreeMap<String, String>,
}

impl Referrer {
    /// A bundle with an envelope, ready to be attached. The same bundle at the same time gives
    /// the same bytes.
    ///
    /// # Errors
    /// [`OciError::Malformed`]; not for what is made here.
    pub fn of_bundle(bundle: &NewBundle<'_>) -> Result<Self, OciError> {
        let config = Descriptor::new(EMPTY_TYPE, hash::sha256(EMPTY_CONFIG), EMPTY_CONFIG.len());
        let bytes = bundle.json.as_bytes();
        let mut layer = Descriptor::new(BUNDLE_TYPE, hash::sha256(bytes), bytes.len());
        layer.annotations.insert(
            TITLE.to_owned(),
            format!("sha256-{}.sigstore.json", layer.digest.hex()),
        );
        let seconds = Timestamp::from_second(bundle.created.as_second()).unwrap_or(bundle.created);
        let annotations = BTreeMap::from([
            (BUNDLE_CONTENT.to_owned(), "dsse-envelope".to_owned()),
            (
                BUNDLE_PREDICATE_TYPE.to_owned(),
                bundle.predicate_type.to_owned(),
            ),
            (IMAGE_CREATED.to_owned(), seconds.to_string()),
        ]);
        let subject = Descriptor {
            platform: None,
            annotations: BTreeMap::new(),
            artifact_type: None,
            ..bundle.subject.clone()
        };
        let wire = WireReferrer {
            schema_version: 2,
            media_type: OCI_MANIFEST,
            artifact_type: BUNDLE_TYPE,
            config: (&config).into(),
            layers: [(&layer).into()],
            subject: (&subject).into(),
            annotations: &annotations,
        };
        let manifest = serde_json::to_vec(&wire).map_err(|e| OciError::Malformed {
            what: "the manifest of the bundle".to_owned(),
            reason: e.to_string(),
        })?;
        let mut descriptor = Descriptor::new(OCI_MANIFEST, hash::sha256(&manifest), manifest.len());
        descriptor.artifact_type = Some(BUNDLE_TYPE.to_owned());
        descriptor.annotations = annotations;
        Ok(Self {
            subject: subject.digest,
            blobs: vec![(config, EMPTY_CONFIG.to_vec()), (layer, bytes.to_vec())],
            manifest,
            descriptor,
        })
    }
}

/// Whether something that is listed for an image may hold a bundle. Where a registry does not
/// tell the artifact type, or tells the config's, the manifest has to be looked at.
#[must_use]
pub fn is_candidate(listed: &Descriptor) -> bool {
    match listed.artifact_type.as_deref() {
        None | Some(EMPTY_TYPE) => true,
        Some(kind) => kind.starts_with(BUNDLE_TYPES),
    }
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidate {
    /// A bundle's bytes.
    Bundle(Vec<u8>),
    /// Something else, of this artifact type.
    Other(Option<String>),
}

/// The bundle of something that is listed for the image `subject`, of at most `limit` bytes.
///
/// # Errors
/// [`OciError::OtherSubject`] for one that is about another image, [`OciError::NoBundle`] for
/// one that calls itself a bundle and holds none, and those of reading.
pub fn attached_bundle(
    store: &dyn Store,
    subject: &Digest,
    listed: &Descriptor,
    limit: u64,
) -> Result<Candidate, OciError> {
    let what = || format!("{}@{}", store.name(), listed.digest);
    let Fetched { document, .. } = store.manifest(listed)?;
    let Document::Manifest(manifest) = document else {
        return Ok(Candidate::Other(listed.artifact_type.clone()));
    };
    let kind = manifest.artifact_type.as_deref();
    let claims = listed
        .artifact_type
        .as_deref()
        .is_some_and(|kind| kind.starts_with(BUNDLE_TYPES));
    if !claims && !kind.is_some_and(|kind| kind.starts_with(BUNDLE_TYPES)) {
        return Ok(Candidate::Other(manifest.artifact_type.clone()));
    }
    let about = manifest.subject.as_ref().map(|subject| &subject.digest);
    if about != Some(subject) {
        return Err(OciError::OtherSubject {
            what: what(),
            got: about.map_or_else(|| "nothing".to_owned(), ToString::to_string),
        });
    }
    let layer = only_layer(&manifest).map_err(|reason| OciError::NoBundle {
        what: what(),
        reason,
    })?;
    store.blob(layer, limit).map(Candidate::Bundle)
}

fn only_layer(manifest: &Manifest) -> Result<&Descriptor, String> {
    let [layer] = manifest.layers.as_slice() else {
        return Err(format!("it has {} layers", manifest.layers.len()));
    };
    if layer.media_type.starts_with(BUNDLE_TYPES) {
        return Ok(layer);
    }
    Err(format!(
        "its layer is `{}`",
        terminal_safe(&layer.media_type)
            .chars()
            .take(100)
            .collect::<String>()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DigestAlgorithm;
    use serde_json::{Value, json};

    #[test]
    fn a_bundle_is_attached_as_cosign_attaches_it() {
        let image = Digest::new(DigestAlgorithm::Sha256, vec![7; 32]).unwrap();
        let mut subject = Descriptor::new(OCI_MANIFEST, image.clone(), 99);
        subject.platform = Some(super::super::Platform::parse("linux/amd64").unwrap());
        let referrer = Referrer::of_bundle(&NewBundle {
            subject: &subject,
            json: "{\"bundle\":1}",
            predicate_type: "https://p.example/v1",
            created: "2026-11-29T12:00:00.123Z".parse().unwrap(),
        })
        .unwrap();
        let layer = hash::sha256(b"{\"bundle\":1}").hex();
        let manifest: Value = serde_json::from_slice(&referrer.manifest).unwrap();
        assert_eq!(
            manifest,
            json!({
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "config": {
                    "mediaType": "application/vnd.oci.empty.v1+json",
                    "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                    "size": 2
                },
                "layers": [{
                    "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                    "digest": format!("sha256:{layer}"),
                    "size": 12,
                    "annotations": {
                        "org.opencontainers.image.title": format!("sha256-{layer}.sigstore.json")
                    }
                }],
                "subject": {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": image.to_string(),
                    "size": 99
                },
                "annotations": {
                    "dev.sigstore.bundle.content": "dsse-envelope",
                    "dev.sigstore.bundle.predicateType": "https://p.example/v1",
                    "org.opencontainers.image.created": "2026-11-29T12:00:00Z"
                }
            })
        );
        assert_eq!(referrer.descriptor.digest, hash::sha256(&referrer.manifest));
        let (read, _) = Document::parse(&referrer.manifest, OCI_MANIFEST, "it").unwrap();
        assert!(
            matches!(read, Document::Manifest(m) if m.subject.as_ref().unwrap().digest == image)
        );
    }
}
