//! Signed files, and directories by their manifests.
//!
//! ECDSA and RSA sign the file's digest, so the file is streamed and may have any size.
//! Ed25519 signs the whole message (RFC 8032; as cosign and sigstore-rust do for blobs,
//! no prehash), so the file is held in memory and may have at most
//! [`MAX_WHOLE_MESSAGE_BYTES`].

use super::bundle::{Bundle, SignedContent};
use super::directory;
use super::dsse::check_hint;
use super::error::SigningError;
use super::key::PublicKey;
use super::signers::Signer;
use crate::model::{Digest, DigestAlgorithm};
use crate::support::files::{self, FileError};
use crate::support::hash;
use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use sigstore_crypto::{ArtifactHasher, hash_reader};
use sigstore_types::{
    DigestBytes, HashAlgorithm, MessageDigest, MessageSignature, SignatureBytes, SignatureContent,
};
use std::cell::OnceCell;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Limit of a file that is signed or verified with Ed25519: 1 GiB.
pub const MAX_WHOLE_MESSAGE_BYTES: u64 = 1024 * 1024 * 1024;

/// What was signed: a file on disk, of which each digest is taken at most once, or only
/// the SHA-256 of one, or a directory, which is its manifest.
#[derive(Debug)]
pub struct Artifact {
    path: PathBuf,
    kind: Kind,
    sha256: OnceCell<Digest>,
    sha384: OnceCell<Digest>,
    sha512: OnceCell<Digest>,
}

#[derive(Debug)]
enum Kind {
    File,
    /// Only the digest is known, there is no file.
    OnlyDigest,
    /// With its manifest, once it is needed.
    Directory(OnceCell<Vec<u8>>),
}

impl Artifact {
    /// A file or a directory, whichever is there; it is not opened yet.
    #[must_use]
    pub fn of_path(path: &Path) -> Self {
        let mut artifact = Self::new(path);
        if path.is_dir() {
            // Without the slash at the end: what stands beside it does not go into it.
            artifact.path = path.components().collect();
            artifact.kind = Kind::Directory(OnceCell::new());
        }
        artifact
    }

    /// The manifest of a directory; none for anything else.
    ///
    /// # Errors
    /// [`SigningError::Directory`].
    pub fn manifest(&self) -> Result<Option<&[u8]>, SigningError> {
        let Kind::Directory(cell) = &self.kind else {
            return Ok(None);
        };
        if let Some(manifest) = cell.get() {
            return Ok(Some(manifest));
        }
        let manifest = directory::manifest(&self.path)?;
        Ok(Some(cell.get_or_init(|| manifest)))
    }

    /// Whether it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }

    /// What differs between this directory and the one that was signed, by the manifest that
    /// was signed with it, if that one has the digest `signed`.
    #[must_use]
    pub fn difference(&self, manifest: &[u8], signed: &Digest) -> Option<String> {
        let found = self.manifest().ok().flatten()?;
        let algorithm = match signed.algorithm() {
            DigestAlgorithm::Sha256 => &SHA256,
            DigestAlgorithm::Sha384 => &SHA384,
            DigestAlgorithm::Sha512 => &SHA512,
            _ => return None,
        };
        match digest(algorithm, manifest).as_ref() == signed.bytes() {
            true => directory::difference(manifest, found),
            false => None,
        }
    }

    /// A file; it is not opened yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            kind: Kind::File,
            sha256: OnceCell::new(),
            sha384: OnceCell::new(),
            sha512: OnceCell::new(),
        }
    }

    /// Something of which only the SHA-256 is known.
    ///
    /// # Errors
    /// [`SigningError::UnsupportedDigest`] for a digest of another algorithm.
    pub fn of_digest(sha256: Digest) -> Result<Self, SigningError> {
        if sha256.algorithm() != DigestAlgorithm::Sha256 {
            return Err(SigningError::UnsupportedDigest {
                got: sha256.algorithm().as_str().to_owned(),
            });
        }
        Ok(Self {
            path: PathBuf::from(sha256.to_string()),
            kind: Kind::OnlyDigest,
            sha256: OnceCell::from(sha256),
            sha384: OnceCell::new(),
            sha512: OnceCell::new(),
        })
    }

    /// Where it is; the digest itself where there is no file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last part of its path, with a slash behind it for a directory.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.path.file_name().map_or_else(
            || self.path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        );
        match self.is_directory() {
            true => format!("{name}/"),
            false => name,
        }
    }

    /// Its SHA-256.
    ///
    /// # Errors
    /// [`SigningError::File`].
    pub fn digest(&self) -> Result<&Digest, SigningError> {
        if let Some(digest) = self.sha256.get() {
            return Ok(digest);
        }
        let digest = match self.manifest()? {
            Some(manifest) => hash::sha256(manifest),
            None => hash::sha256_file(&self.path)?.0,
        };
        Ok(self.sha256.get_or_init(|| digest))
    }

    /// Its SHA-256 if it was needed so far; does not read the file.
    #[must_use]
    pub fn known_digest(&self) -> Option<&Digest> {
        self.sha256.get()
    }

    /// Looks whether it is there and a regular file or a directory, without opening it.
    ///
    /// # Errors
    /// [`SigningError::File`].
    pub fn check_is_file(&self) -> Result<(), SigningError> {
        self.need_file("its bytes")?;
        if self.is_directory() {
            return Ok(());
        }
        Ok(files::check_is_file(&self.path)?)
    }

    /// Its bytes, at most [`MAX_WHOLE_MESSAGE_BYTES`], and their SHA-256.
    ///
    /// # Errors
    /// [`SigningError::File`], [`SigningError::NeedsFile`].
    pub(super) fn bytes(&self) -> Result<(Vec<u8>, Digest), SigningError> {
        self.need_file("its bytes")?;
        let bytes = match self.manifest()? {
            Some(manifest) => manifest.to_vec(),
            None => files::read_bounded(&self.path, MAX_WHOLE_MESSAGE_BYTES)?,
        };
        let digest = hash::sha256(&bytes);
        self.sha256.get_or_init(|| digest.clone());
        Ok((bytes, digest))
    }

    fn need_file(&self, what: &'static str) -> Result<(), SigningError> {
        match self.kind {
            Kind::OnlyDigest => Err(SigningError::NeedsFile { what }),
            Kind::File | Kind::Directory(_) => Ok(()),
        }
    }

    /// Its digest by one of SHA-256, SHA-384 and SHA-512.
    ///
    /// # Errors
    /// [`SigningError::File`]; [`SigningError::NeedsFile`] where only its SHA-256 is
    /// known; [`SigningError::UnsupportedDigest`].
    pub fn digest_of(&self, algorithm: DigestAlgorithm) -> Result<Digest, SigningError> {
        let (cell, wire, name) = match algorithm {
            DigestAlgorithm::Sha256 => return self.digest().cloned(),
            DigestAlgorithm::Sha384 => (&self.sha384, HashAlgorithm::Sha2384, "its SHA-384"),
            DigestAlgorithm::Sha512 => (&self.sha512, HashAlgorithm::Sha2512, "its SHA-512"),
            other => {
                return Err(SigningError::UnsupportedDigest {
                    got: other.as_str().to_owned(),
                });
            }
        };
        if let Some(digest) = cell.get() {
            return Ok(digest.clone());
        }
        self.need_file(name)?;
        let read = |source| FileError::Read {
            path: self.path.clone(),
            source,
        };
        let failed = SigningError::Crypto { step: "hashing" };
        let Ok(mut hasher) = ArtifactHasher::new(wire) else {
            return Err(failed);
        };
        if let Some(manifest) = self.manifest()? {
            hash_reader(manifest, std::slice::from_mut(&mut hasher)).map_err(read)?;
        } else {
            self.check_is_file()?;
            let file = File::open(&self.path).map_err(read)?;
            hash_reader(file, std::slice::from_mut(&mut hasher)).map_err(read)?;
        }
        let digest =
            Digest::new(algorithm, hasher.finalize().as_bytes().to_vec()).map_err(|_| failed)?;
        Ok(cell.get_or_init(|| digest).clone())
    }
}

/// Signs a file.
///
/// # Errors
/// [`SigningError::File`], also for a file over [`MAX_WHOLE_MESSAGE_BYTES`] with Ed25519;
/// [`SigningError::Crypto`].
pub fn sign_artifact(signer: &dyn Signer, artifact: &Artifact) -> Result<Bundle, SigningError> {
    Bundle::of_key(signer.public_key().id(), signed_artifact(signer, artifact)?)
}

/// The signature of a file.
pub(super) fn signed_artifact(
    signer: &dyn Signer,
    artifact: &Artifact,
) -> Result<SignatureContent, SigningError> {
    let key = signer.public_key();
    let (digest, signature) = match key.algorithm().digest_algorithm() {
        Some(algorithm) => {
            let digest = artifact.digest_of(algorithm)?;
            let signature = signer.sign_digest(&digest)?;
            (digest, signature)
        }
        None => {
            let (bytes, digest) = artifact.bytes()?;
            (digest, signer.sign_message(&bytes)?)
        }
    };
    let algorithm = match digest.algorithm() {
        DigestAlgorithm::Sha384 => HashAlgorithm::Sha2384,
        _ => HashAlgorithm::Sha2256,
    };
    let message = MessageSignature::new(SignatureBytes::new(signature)).with_message_digest(
        MessageDigest::new(algorithm, DigestBytes::new(digest.bytes().to_vec())),
    );
    Ok(SignatureContent::MessageSignature(message))
}

/// Verifies that `key` signed exactly this file.
///
/// Only bundles of version 0.3. Log entries and timestamps are not looked at: `sigstore`
/// verifies them, too.
///
/// 1. The bundle names this key, or none.
/// 2. It holds a message signature with an allowed digest.
/// 3. The digest is the file's.
/// 4. The signature verifies: over the digest, or over the bytes for Ed25519.
///
/// # Errors
/// [`SigningError::OldBundle`], [`SigningError::NotByKey`], [`SigningError::WrongKey`],
/// [`SigningError::NotAMessage`], [`SigningError::UnsupportedDigest`],
/// [`SigningError::OtherSubject`], [`SigningError::BadSignature`], [`SigningError::File`].
pub fn verify_artifact(
    bundle: &Bundle,
    key: &PublicKey,
    artifact: &Artifact,
) -> Result<(), SigningError> {
    // 1. Identity.
    check_hint(bundle, key)?;
    // 2. Kind.
    let SignedContent::Message(message) = bundle.content()? else {
        return Err(SigningError::NotAMessage);
    };
    let Some(claimed) = claimed_digest(message)? else {
        return Err(SigningError::MalformedBundle {
            reason: "`messageDigest` is missing".to_owned(),
        });
    };
    let signature = message.signature.as_bytes();
    // 3. and 4. The bytes that are hashed are the bytes that are verified.
    match key.algorithm().digest_algorithm() {
        Some(algorithm) => {
            expect_subject(&claimed, artifact.digest_of(claimed.algorithm())?)?;
            key.verify_digest(&artifact.digest_of(algorithm)?, signature)
        }
        None => {
            if claimed.algorithm() != DigestAlgorithm::Sha256 {
                return Err(SigningError::UnsupportedDigest {
                    got: claimed.algorithm().as_str().to_owned(),
                });
            }
            let (bytes, digest) = artifact.bytes()?;
            expect_subject(&claimed, digest)?;
            key.verify_message(&bytes, signature)
        }
    }
}

/// The digest that a bundle says the signed file has; it is not signed itself.
///
/// # Errors
/// [`SigningError::UnsupportedDigest`], [`SigningError::MalformedBundle`].
pub(super) fn claimed_digest(message: &MessageSignature) -> Result<Option<Digest>, SigningError> {
    let Some(digest) = &message.message_digest else {
        return Ok(None);
    };
    let algorithm = match digest.algorithm {
        HashAlgorithm::Sha2256 => DigestAlgorithm::Sha256,
        HashAlgorithm::Sha2384 => DigestAlgorithm::Sha384,
        other => {
            return Err(SigningError::UnsupportedDigest {
                got: other.to_string(),
            });
        }
    };
    Digest::new(algorithm, digest.digest.as_bytes().to_vec())
        .map(Some)
        .map_err(|e| SigningError::MalformedBundle {
            reason: e.to_string(),
        })
}

/// Compares what a bundle is about with what it should be about.
///
/// # Errors
/// [`SigningError::OtherSubject`].
pub(super) fn expect_subject(claimed: &Digest, actual: Digest) -> Result<(), SigningError> {
    if *claimed == actual {
        return Ok(());
    }
    Err(SigningError::OtherSubject {
        got: claimed.clone(),
        want: actual,
    })
}
