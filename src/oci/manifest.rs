//! Manifests, indexes and descriptors, read strictly.
//!
//! Source: `manifest.md`, `image-index.md` and `descriptor.md` of
//! github.com/opencontainers/image-spec. Docker's two types of manifest are read, too; they
//! have the same fields. Only SHA-256 is taken: statements about images name it.

use super::error::OciError;
use crate::model::{Digest, DigestAlgorithm, JsonLimits, parse_strict_json, terminal_safe};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Largest manifest or index; what registries have to take at least.
pub const MAX_MANIFEST_BYTES: u64 = 4 * 1024 * 1024;
/// Most entries of an index, and most referrers of an image.
pub const MAX_REFERRERS: usize = 1000;

pub(super) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Every type that is read, for the `Accept` header.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";
/// The type and bytes of a config that says nothing.
pub(super) const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
pub(super) const EMPTY_CONFIG: &[u8] = b"{}";

const LIMITS: JsonLimits = JsonLimits {
    depth: 32,
    values: 200_000,
};

/// What an image runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`.
    pub architecture: String,
    /// `v7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// Reads `OS/ARCHITECTURE[/VARIANT]`.
    ///
    /// # Errors
    /// [`OciError::BadPlatform`].
    pub fn parse(text: &str) -> Result<Self, OciError> {
        let bad = || OciError::BadPlatform {
            text: terminal_safe(text).into_owned(),
        };
        let parts: Vec<&str> = text.split('/').collect();
        let is_word = |part: &&str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        if !parts.iter().all(is_word) {
            return Err(bad());
        }
        let (os, architecture, variant) = match parts.as_slice() {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some((*variant).to_owned())),
            _ => return Err(bad()),
        };
        Ok(Self {
            os: (*os).to_owned(),
            architecture: (*architecture).to_owned(),
            variant,
        })
    }

    /// Whether `other` is this platform; a variant counts only where this one names it.
    #[must_use]
    pub fn takes(&self, other: &Self) -> bool {
        self.os == other.os
            && self.architecture == other.architecture
            && (self.variant.is_none() || self.variant == other.variant)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

/// A reference to a manifest or a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Its media type; empty where it is not known.
    pub media_type: String,
    /// Its SHA-256.
    pub digest: Digest,
    /// Its length in bytes; none where it is not known.
    pub size: Option<u64>,
    /// What kind of artifact it is.
    pub artifact_type: Option<String>,
    /// What is said about it.
    pub annotations: BTreeMap<String, String>,
    /// What it runs on.
    pub platform: Option<Platform>,
}

impl Descriptor {
    /// Something of which only the digest is known.
    #[must_use]
    pub fn of_digest(digest: Digest) -> Self {
        Self {
            media_type: String::new(),
            digest,
            size: None,
            artifact_type: None,
            annotations: BTreeMap::new(),
            platform: None,
        }
    }

    /// Something whose bytes are at hand.
    #[must_use]
    pub(super) fn new(media_type: &str, digest: Digest, size: usize) -> Self {
        Self {
            media_type: media_type.to_owned(),
            size: Some(size as u64),
            ..Self::of_digest(digest)
        }
    }
}

/// The manifest of one image or artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What kind of artifact it is: its own word, else its config's media type.
    pub artifact_type: Option<String>,
    /// Its config.
    pub config: Descriptor,
    /// Its layers.
    pub layers: Vec<Descriptor>,
    /// What it is about.
    pub subject: Option<Descriptor>,
    /// What is said about it.
    pub annotations: BTreeMap<String, String>,
}

/// Several manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its entries, at most [`MAX_REFERRERS`].
    pub manifests: Vec<Descriptor>,
}

/// What a digest stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// One image or artifact.
    Manifest(Box<Manifest>),
    /// Several.
    Index(Index),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireDescriptor {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDocument {
    schema_version: u8,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    config: Option<WireDescriptor>,
    #[serde(default)]
    layers: Option<Vec<WireDescriptor>>,
    #[serde(default)]
    manifests: Option<Vec<WireDescriptor>>,
    #[serde(default)]
    subject: Option<WireDescriptor>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

impl From<&Descriptor> for WireDescriptor {
    fn from(own: &Descriptor) -> Self {
        Self {
            media_type: own.media_type.clone(),
            digest: own.digest.to_string(),
            size: own.size.unwrap_or(0),
            artifact_type: own.artifact_type.clone(),
            annotations: (!own.annotations.is_empty()).then(|| own.annotations.clone()),
            platform: own.platform.clone(),
        }
    }
}

impl TryFrom<WireDescriptor> for Descriptor {
    type Error = String;

    fn try_from(wire: WireDescriptor) -> Result<Self, String> {
        Ok(Self {
            digest: parse_digest(&wire.digest)?,
            media_type: wire.media_type,
            size: Some(wire.size),
            artifact_type: wire.artifact_type.filter(|text| !text.is_empty()),
            annotations: wire.annotations.unwrap_or_default(),
            platform: wire.platform,
        })
    }
}

/// A digest as the specification writes it, `sha256:` and 64 digits of lower-case hex: it
/// becomes part of a path, and two spellings of one digest would be two images.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse_digest(text: &str) -> Result<Digest, String> {
    let shown = || terminal_safe(text).chars().take(100).collect::<String>();
    let hex = text
        .strip_prefix("sha256:")
        .ok_or_else(|| format!("`{}` is not a sha256 digest", shown()))?;
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if hex.len() != 64 || !hex.bytes().all(is_hex) {
        return Err(format!(
            "`{}` is not `sha256:` and 64 digits of lower-case hex",
            shown()
        ));
    }
    Digest::from_hex(DigestAlgorithm::Sha256, hex).map_err(|e| e.to_string())
}

impl Document {
    /// Reads a manifest or an index of at most [`MAX_MANIFEST_BYTES`]. `declared` is the media
    /// type that whoever gave it named, empty for none: it must be the document's own. `what`
    /// is its name for messages.
    ///
    /// A document that is both is refused: two readers would see two images.
    ///
    /// # Errors
    /// [`OciError::Malformed`], [`OciError::NotAnImage`], [`OciError::TooMany`].
    pub fn parse(bytes: &[u8], declared: &str, what: &str) -> Result<(Self, String), OciError> {
        let malformed = |reason: String| OciError::Malformed {
            what: what.to_owned(),
            reason: terminal_safe(&reason).chars().take(300).collect(),
        };
        let value = parse_strict_json(bytes, LIMITS).map_err(|e| malformed(e.to_string()))?;
        let wire: WireDocument =
            serde_json::from_value(value).map_err(|e| malformed(e.to_string()))?;
        if wire.schema_version != 2 {
            return Err(OciError::NotAnImage {
                what: what.to_owned(),
                got: format!("schema version {}", wire.schema_version),
            });
        }
        let own = wire.media_type.clone().unwrap_or_default();
        // Parameters such as a charset say nothing about the kind.
        let declared = declared.split(';').next().unwrap_or_default().trim();
        let generic = ["", "application/json", "application/octet-stream"].contains(&declared);
        if !generic && !own.is_empty() && own != declared {
            return Err(malformed(format!(
                "it calls itself `{own}`, and was given as `{declared}`"
            )));
        }
        let has_layers = wire.config.is_some() || wire.layers.is_some();
        let media_type = match (own.as_str(), generic) {
            ("", false) => declared.to_owned(),
            // Older tools leave it out.
            ("", true) if wire.manifests.is_some() => OCI_INDEX.to_owned(),
            ("", true) => OCI_MANIFEST.to_owned(),
            (own, _) => own.to_owned(),
        };
        if wire.manifests.is_some() && has_layers {
            return Err(malformed("it is a manifest and an index".to_owned()));
        }
        let document = match media_type.as_str() {
            OCI_MANIFEST | DOCKER_MANIFEST => {
                Self::Manifest(Box::new(manifest(wire).map_err(malformed)?))
            }
            OCI_INDEX | DOCKER_INDEX => Self::Index(index(wire, what, &malformed)?),
            other => {
                return Err(OciError::NotAnImage {
                    what: what.to_owned(),
                    got: format!(
                        "`{}`",
                        terminal_safe(other).chars().take(100).collect::<String>()
                    ),
                });
            }
        };
        Ok((document, media_type))
    }
}

fn manifest(wire: WireDocument) -> Result<Manifest, String> {
    let config = wire.config.ok_or("it has no `config`")?;
    let config_type = config.media_type.clone();
    let layers = wire.layers.ok_or("it has no `layers`")?;
    if layers.len() > MAX_REFERRERS {
        return Err(format!("it has more than {MAX_REFERRERS} layers"));
    }
    let named = wire.artifact_type.filter(|text| !text.is_empty());
    Ok(Manifest {
        artifact_type: named.or_else(|| Some(config_type).filter(|text| !text.is_empty())),
        config: config.try_into()?,
        layers: layers
            .into_iter()
            .map(Descriptor::try_from)
            .collect::<Result<_, _>>()?,
        subject: wire.subject.map(Descriptor::try_from).transpose()?,
        annotations: wire.annotations.unwrap_or_default(),
    })
}

fn index(
    wire: WireDocument,
    what: &str,
    malformed: &dyn Fn(String) -> OciError,
) -> Result<Index, OciError> {
    let manifests = wire
        .manifests
        .ok_or_else(|| malformed("it has no `manifests`".to_owned()))?;
    if manifests.len() > MAX_REFERRERS {
        return Err(OciError::TooMany {
            what: format!("{what} has more than {MAX_REFERRERS} entries"),
        });
    }
    Ok(Index {
        manifests: manifests
            .into_iter()
            .map(Descriptor::try_from)
            .collect::<Result<_, _>>()
            .map_err(malformed)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn descriptor(digest: &str) -> Value {
        json!({"mediaType": "application/x", "digest": digest, "size": 2})
    }

    fn zeros() -> String {
        format!("sha256:{}", "0".repeat(64))
    }

    fn good() -> Value {
        json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": descriptor(&zeros()), "layers": [descriptor(&zeros())]
        })
    }

    fn parse(value: &Value, declared: &str) -> Result<(Document, String), OciError> {
        Document::parse(value.to_string().as_bytes(), declared, "it")
    }

    #[test]
    fn a_manifest_is_read_with_and_without_its_media_type() {
        for declared in [OCI_MANIFEST, "", "application/json; charset=utf-8"] {
            let (document, media_type) = parse(&good(), declared).unwrap();
            assert!(matches!(document, Document::Manifest(_)));
            assert_eq!(media_type, OCI_MANIFEST);
        }
        let mut silent = good();
        silent.as_object_mut().unwrap().remove("mediaType");
        assert_eq!(parse(&silent, "").unwrap().1, OCI_MANIFEST);
        assert_eq!(parse(&silent, DOCKER_MANIFEST).unwrap().1, DOCKER_MANIFEST);
        let index = json!({"schemaVersion": 2, "manifests": [descriptor(&zeros())]});
        assert_eq!(parse(&index, "").unwrap().1, OCI_INDEX);
    }

    #[test]
    fn digests_are_no_paths_and_have_one_spelling() {
        for digest in [
            "sha256:../../../../etc/passwd".to_owned(),
            format!("sha256:{}/../x", "0".repeat(59)),
            format!("sha256:{}", "A".repeat(64)),
            format!("sha256:{}", "0".repeat(63)),
            format!("sha512:{}", "0".repeat(128)),
            format!("SHA256:{}", "0".repeat(64)),
            "0".repeat(64),
            String::new(),
        ] {
            let mut bad = good();
            bad["layers"] = json!([descriptor(&digest)]);
            let error = parse(&bad, "").unwrap_err();
            assert!(
                matches!(error, OciError::Malformed { .. }),
                "{digest}: {error}"
            );
        }
        assert!(parse_digest(&zeros()).is_ok());
    }

    #[test]
    fn a_document_of_two_kinds_another_kind_or_another_name_is_refused() {
        let mut both = good();
        both["manifests"] = json!([]);
        assert!(matches!(parse(&both, ""), Err(OciError::Malformed { .. })));
        assert!(matches!(
            parse(&good(), OCI_INDEX),
            Err(OciError::Malformed { .. })
        ));
        let mut other = good();
        other["mediaType"] = json!("application/vnd.example+json");
        assert!(matches!(
            parse(&other, ""),
            Err(OciError::NotAnImage { .. })
        ));
        let mut old = good();
        old["schemaVersion"] = json!(1);
        assert!(matches!(parse(&old, ""), Err(OciError::NotAnImage { .. })));
        let twice = good().to_string().replacen('{', r#"{"layers":[],"#, 1);
        assert!(Document::parse(twice.as_bytes(), "", "it").is_err());
        let index =
            json!({"schemaVersion": 2, "manifests": vec![descriptor(&zeros()); MAX_REFERRERS + 1]});
        assert!(matches!(parse(&index, ""), Err(OciError::TooMany { .. })));
    }

    #[test]
    fn platforms_have_two_or_three_words() {
        let arm = Platform::parse("linux/arm/v7").unwrap();
        assert_eq!(arm.to_string(), "linux/arm/v7");
        let any = Platform::parse("linux/arm").unwrap();
        assert!(any.takes(&arm) && !arm.takes(&any));
        for bad in ["", "linux", "linux/", "/arm", "a/b/c/d", "linux/arm 64"] {
            assert!(
                matches!(Platform::parse(bad), Err(OciError::BadPlatform { .. })),
                "{bad}"
            );
        }
    }
}
