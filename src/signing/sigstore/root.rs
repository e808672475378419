//! Trusted roots: whose certificates, logs and timestamps count.
//!
//! Source: `sigstore_trustroot.proto` of github.com/sigstore/protobuf-specs, JSON form.

use super::error::VerifyError;
use crate::model::Digest;
use crate::signing::error::SigningError;
use crate::signing::json::parse_json;
use crate::support::{files, hash};
#[cfg(feature = "full")]
use sigstore_trust_root::SigstoreInstance;
use sigstore_trust_root::{
    SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT, SIGSTORE_STAGING_TRUSTED_ROOT,
    TimeRange, TrustedRoot as LibraryRoot,
};
use std::path::Path;

/// Larger trusted roots are refused; GitHub's has 32 kB.
pub const MAX_TRUSTED_ROOT_BYTES: u64 = 4 * 1024 * 1024;

const MEDIA_TYPES: [&str; 2] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// An instance of Sigstore whose trusted root is part of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instance {
    /// The public-good instance.
    PublicGood,
    /// Its staging instance: for tests, never for artifacts that matter.
    Staging,
    /// GitHub's own, for attestations of private repositories: timestamps, no log.
    GitHub,
}

impl Instance {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PublicGood => "Sigstore public-good",
            Self::Staging => "Sigstore staging",
            Self::GitHub => "GitHub",
        }
    }

    /// Its trusted root as JSON, as it was when this program was made.
    #[must_use]
    pub fn json(self) -> &'static str {
        match self {
            Self::PublicGood => SIGSTORE_PRODUCTION_TRUSTED_ROOT,
            Self::Staging => SIGSTORE_STAGING_TRUSTED_ROOT,
            Self::GitHub => SIGSTORE_GITHUB_TRUSTED_ROOT,
        }
    }

    /// Where updates of its trusted root come from.
    #[cfg(feature = "full")]
    #[must_use]
    pub fn mirror(self) -> &'static str {
        self.library().tuf_url()
    }

    /// The TUF root that its updates begin with, as it was when this program was made.
    #[cfg(feature = "full")]
    #[must_use]
    pub fn tuf_root(self) -> &'static [u8] {
        self.library().tuf_root()
    }

    #[cfg(feature = "full")]
    fn library(self) -> SigstoreInstance {
        match self {
            Self::PublicGood => SigstoreInstance::PublicGood,
            Self::Staging => SigstoreInstance::Staging,
            Self::GitHub => SigstoreInstance::GitHub,
        }
    }
}

/// A well-formed trusted root.
#[derive(Debug, Clone)]
pub struct TrustedRoot {
    library: LibraryRoot,
    digest: Digest,
    name: String,
}

/// One line of what a trusted root trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootPart {
    /// `certificate authority`, `transparency log`, `certificate log` or
    /// `timestamp authority`.
    pub kind: &'static str,
    /// Its address.
    pub uri: String,
    /// What identifies it: the log's id (base64), or the SHA-256 of the last certificate
    /// of its chain.
    pub id: String,
    /// The first moment, RFC 3339; none where it is not limited.
    pub from: Option<String>,
    /// The last moment, RFC 3339; none where it is still trusted.
    pub until: Option<String>,
}

impl TrustedRoot {
    /// The trusted root of an instance.
    ///
    /// # Errors
    /// [`VerifyError::BadTrustedRoot`]; not for what this program was made with.
    pub fn of(instance: Instance) -> Result<Self, SigningError> {
        Self::parse(instance.json().as_bytes(), instance.as_str())
    }

    /// Reads a trusted root; `name` is for messages.
    ///
    /// # Errors
    /// [`VerifyError::BadTrustedRoot`], also for a key twice and trailing bytes.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, SigningError> {
        let bad = |reason: String| VerifyError::BadTrustedRoot { reason };
        let limit = usize::try_from(MAX_TRUSTED_ROOT_BYTES).unwrap_or(usize::MAX);
        let value = parse_json(bytes, limit).map_err(|e| bad(e.to_string()))?;
        let library: LibraryRoot = serde_json::from_value(value).map_err(|e| bad(e.to_string()))?;
        if !MEDIA_TYPES.contains(&library.media_type.as_str()) {
            return Err(bad(format!("its media type is `{}`", library.media_type)).into());
        }
        Ok(Self {
            library,
            digest: hash::sha256(bytes),
            name: name.to_owned(),
        })
    }

    /// Its name in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its JSON.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    pub(super) fn library(&self) -> &LibraryRoot {
        &self.library
    }

    /// What it trusts, in its order.
    #[must_use]
    pub fn parts(&self) -> Vec<RootPart> {
        let root = &self.library;
        let log = |kind, uri: &str, id: String, range: Option<TimeRange>| RootPart {
            kind,
            uri: uri.to_owned(),
            id,
            from: range.map(|range| range.start.to_string()),
            until: range.and_then(|range| range.end).map(|end| end.to_string()),
        };
        let last = |certificates: &[sigstore_trust_root::trusted_root::CertificateEntry]| {
            certificates.last().map_or_else(String::new, |certificate| {
                hash::sha256(certificate.raw_bytes.as_bytes()).to_string()
            })
        };
        let mut parts = Vec::new();
        for authority in &root.certificate_authorities {
            let id = last(&authority.cert_chain.certificates);
            let range = authority.valid_for;
            parts.push(log("certificate authority", &authority.uri, id, range));
        }
        for one in &root.tlogs {
            let id = one.log_id.key_id.to_string();
            let range = one.public_key.valid_for;
            parts.push(log("transparency log", &one.base_url, id, range));
        }
        for one in &root.ctlogs {
            let id = one.log_id.key_id.to_string();
            let range = one.public_key.valid_for;
            parts.push(log("certificate log", &one.base_url, id, range));
        }
        for authority in &root.timestamp_authorities {
            let id = last(&authority.cert_chain.certificates);
            let uri = authority.uri.as_deref().unwrap_or_default();
            parts.push(log("timestamp authority", uri, id, authority.valid_for));
        }
        parts
    }
}

/// The trusted root in a file of at most [`MAX_TRUSTED_ROOT_BYTES`].
///
/// # Errors
/// [`SigningError::File`], [`VerifyError::BadTrustedRoot`].
pub fn read_trusted_root(path: &Path) -> Result<TrustedRoot, SigningError> {
    let bytes = files::read_bounded(path, MAX_TRUSTED_ROOT_BYTES)?;
    TrustedRoot::parse(&bytes, &path.display().to_string())
}

/// The same, which must have this SHA-256: nobody can have changed it since it was written
/// down.
///
/// # Errors
/// As [`read_trusted_root`], and [`VerifyError::OtherTrustedRoot`].
pub fn read_pinned_root(path: &Path, pin: Option<&Digest>) -> Result<TrustedRoot, SigningError> {
    let root = read_trusted_root(path)?;
    match pin {
        Some(want) if want != root.digest() => Err(VerifyError::OtherTrustedRoot {
            got: root.digest().clone(),
            want: want.clone(),
        }
        .into()),
        _ => Ok(root),
    }
}
