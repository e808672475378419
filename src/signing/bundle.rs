//! Sigstore bundles, read strictly; v0.3 is written.
//!
//! Source: `sigstore_bundle.proto` of github.com/sigstore/protobuf-specs; its JSON form.
//! Stricter than the specification: a key twice, an unknown key, two kinds of content or
//! two kinds of verification material are refused instead of resolved. Versions 0.1 and
//! 0.2 are read, and whoever verifies decides whether they count.

use super::error::SigningError;
use super::json::parse_json;
use super::key::KeyId;
use super::shape::{self, BundleVersion};
use crate::model::Digest;
use crate::support::{files, hash};
use sigstore_types::bundle::{Rfc3161Timestamp, TimestampVerificationData};
use sigstore_types::{
    Bundle as WireBundle, DsseEnvelope, MediaType, MessageSignature, PublicKeyIdentifier,
    SignatureContent, TimestampToken, TransparencyLogEntry, VerificationMaterial,
    VerificationMaterialContent,
};
use std::path::Path;

/// The media type of a bundle that is written.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// Limit of a file of bundles, and of one bundle.
pub const MAX_ATTESTATIONS_BYTES: u64 = 64 * 1024 * 1024;
/// Limit of bundles in one file.
pub const MAX_BUNDLES: usize = 1000;

/// A well-formed bundle; nothing in it is verified yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    wire: WireBundle,
    version: BundleVersion,
    digest: Digest,
}

/// What a bundle signs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SignedContent<'a> {
    /// A file, by its digest.
    Message(&'a MessageSignature),
    /// A DSSE envelope.
    Envelope(&'a DsseEnvelope),
}

impl Bundle {
    /// Reads one bundle.
    ///
    /// # Errors
    /// [`SigningError::NotJson`], [`SigningError::UnknownMediaType`],
    /// [`SigningError::UnsupportedVersion`], [`SigningError::SignatureCount`],
    /// [`SigningError::MalformedBundle`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SigningError> {
        let limit = usize::try_from(MAX_ATTESTATIONS_BYTES).unwrap_or(usize::MAX);
        let mut value = parse_json(bytes, limit)?;
        let version = shape::version(&value)?;
        shape::drop_nulls(&mut value);
        shape::check(&value)?;
        if let Some(media_type) = value.get_mut("mediaType") {
            *media_type = version.library_spelling().into();
        }
        let wire: WireBundle =
            serde_json::from_value(value).map_err(|e| malformed(e.to_string()))?;
        Ok(Self {
            wire,
            version,
            digest: hash::sha256(bytes),
        })
    }

    /// A bundle of a key signature.
    pub(super) fn of_key(key: &KeyId, content: SignatureContent) -> Result<Self, SigningError> {
        let material = VerificationMaterial::new(by_key(key));
        let wire = WireBundle::new(MediaType::Bundle0_3, material, content);
        let json = wire.to_json().map_err(|e| malformed(e.to_string()))?;
        Ok(Self {
            wire,
            version: BundleVersion::V0_3,
            digest: hash::sha256(json.as_bytes()),
        })
    }

    /// A bundle of a signature and what stands beside it; read back as anybody will read it.
    ///
    /// # Errors
    /// Those of [`Bundle::parse`], where a part is not as bundles have it.
    #[cfg_attr(
        not(feature = "full"),
        expect(dead_code, reason = "only bundles made here have parts")
    )]
    pub(super) fn of_parts(
        by: VerificationMaterialContent,
        content: SignatureContent,
        entries: Vec<TransparencyLogEntry>,
        timestamps: Vec<TimestampToken>,
    ) -> Result<Self, SigningError> {
        let timestamps = timestamps.into_iter().map(Rfc3161Timestamp::new).collect();
        let material = VerificationMaterial::new(by)
            .with_tlog_entries(entries)
            .with_timestamp_verification_data(TimestampVerificationData::new(timestamps));
        let wire = WireBundle::new(MediaType::Bundle0_3, material, content);
        let json = wire.to_json().map_err(|e| malformed(e.to_string()))?;
        Self::parse(json.as_bytes())
    }

    /// The bundle as one line of JSON, without a line break.
    ///
    /// # Errors
    /// [`SigningError::MalformedBundle`]; not for a bundle made here.
    pub fn to_json(&self) -> Result<String, SigningError> {
        self.wire.to_json().map_err(|e| malformed(e.to_string()))
    }

    /// SHA-256 of the bytes it was read from, or of its JSON where it was made here.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The version of its format.
    #[must_use]
    pub fn version(&self) -> BundleVersion {
        self.version
    }

    /// Whether it is signed with a certificate, not with a key.
    #[must_use]
    pub fn has_certificate(&self) -> bool {
        self.wire.signing_certificate().is_some()
    }

    /// As the library reads it.
    pub(super) fn wire(&self) -> &WireBundle {
        &self.wire
    }

    /// The key hint; empty where it has none.
    ///
    /// # Errors
    /// [`SigningError::NotByKey`].
    pub fn key_hint(&self) -> Result<&str, SigningError> {
        match &self.wire.verification_material.content {
            VerificationMaterialContent::PublicKey(identifier) => Ok(&identifier.hint),
            _ => Err(SigningError::NotByKey),
        }
    }

    /// What it signs.
    ///
    /// # Errors
    /// [`SigningError::MalformedBundle`] for a kind that is not known.
    pub fn content(&self) -> Result<SignedContent<'_>, SigningError> {
        match &self.wire.content {
            SignatureContent::MessageSignature(message) => Ok(SignedContent::Message(message)),
            SignatureContent::DsseEnvelope(envelope) => Ok(SignedContent::Envelope(envelope)),
            _ => Err(malformed("unknown kind of content".to_owned())),
        }
    }

    /// How many log entries and timestamps it carries.
    #[must_use]
    pub fn evidence_count(&self) -> usize {
        let material = &self.wire.verification_material;
        material.tlog_entries.len()
            + material
                .timestamp_verification_data
                .rfc3161_timestamps
                .len()
    }
}

/// Names a key in a bundle.
pub(super) fn by_key(key: &KeyId) -> VerificationMaterialContent {
    VerificationMaterialContent::PublicKey(PublicKeyIdentifier::new(key.hint()))
}

/// The lines of a `.jsonl` file of bundles with their 1-based numbers; blank lines are
/// left out.
///
/// # Errors
/// [`SigningError::TooManyBundles`].
pub fn bundle_lines(bytes: &[u8]) -> Result<Vec<(usize, &[u8])>, SigningError> {
    let lines: Vec<_> = bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
        .take(MAX_BUNDLES + 1)
        .collect();
    if lines.len() > MAX_BUNDLES {
        return Err(SigningError::TooManyBundles { limit: MAX_BUNDLES });
    }
    Ok(lines)
}

/// One bundle of a file.
#[derive(Debug)]
pub struct BundleSource {
    /// `file`, or `file:line` with a 1-based line.
    pub name: String,
    /// The bundle, or why it cannot be read.
    pub bundle: Result<Bundle, SigningError>,
}

/// The bundles of a file: one per line where its name ends in `.jsonl`, else one. A
/// bundle that cannot be read does not hide the others.
///
/// # Errors
/// [`SigningError::File`] and [`SigningError::TooManyBundles`].
pub fn read_bundles(path: &Path) -> Result<Vec<BundleSource>, SigningError> {
    let bytes = files::read_bounded(path, MAX_ATTESTATIONS_BYTES)?;
    let name = path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    );
    if path
        .extension()
        .is_some_and(|extension| extension == "jsonl")
    {
        return Ok(bundle_lines(&bytes)?
            .into_iter()
            .map(|(number, line)| BundleSource {
                name: format!("{name}:{number}"),
                bundle: Bundle::parse(line),
            })
            .collect());
    }
    Ok(vec![BundleSource {
        name,
        bundle: Bundle::parse(bytes.trim_ascii()),
    }])
}

fn malformed(reason: String) -> SigningError {
    SigningError::MalformedBundle { reason }
}
