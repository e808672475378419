//! Signed files.
//!
//! ECDSA and RSA sign the file's digest, so the file is streamed and may have any size.
//! Ed25519 signs the whole message (RFC 8032; as cosign and sigstore-rust do for blobs,
//! no prehash), so the file is held in memory and may have at most
//! [`MAX_WHOLE_MESSAGE_BYTES`].

use super::bundle::{Bundle, SignedContent};
use super::dsse::check_hint;
use super::error::SigningError;
use super::key::PublicKey;
use super::signers::Signer;
use crate::model::{Digest, DigestAlgorithm};
use crate::support::files::{self, FileError};
use crate::support::hash;
use sigstore_crypto::{ArtifactHasher, hash_reader};
use sigstore_types::{
    DigestBytes, HashAlgorithm, MessageDigest, MessageSignature, SignatureBytes, SignatureContent,
};
use std::cell::OnceCell;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Limit of a file that is signed or verified with Ed25519: 1 GiB.
pub const MAX_WHOLE_MESSAGE_BYTES: u64 = 1024 * 1024 * 1024;

/// A file on disk whose SHA-256 is taken at most once.
#[derive(Debug)]
pub struct Artifact {
    path: PathBuf,
    sha256: OnceCell<Digest>,
}

impl Artifact {
    /// A file; it is not opened yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            sha256: OnceCell::new(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last part of its path.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().map_or_else(
            || self.path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    /// Its SHA-256.
    ///
    /// # Errors
    /// [`SigningError::File`].
    pub fn digest(&self) -> Result<&Digest, SigningError> {
        if let Some(digest) = self.sha256.get() {
            return Ok(digest);
        }
        let (digest, _) = hash::sha256_file(&self.path)?;
        Ok(self.sha256.get_or_init(|| digest))
    }

    /// Its SHA-256 if it was needed so far; does not read the file.
    #[must_use]
    pub fn known_digest(&self) -> Option<&Digest> {
        self.sha256.get()
    }

    /// Looks whether it is there and a regular file, without opening it.
    ///
    /// # Errors
    /// [`SigningError::File`].
    pub fn check_is_file(&self) -> Result<(), SigningError> {
        Ok(files::check_is_file(&self.path)?)
    }

    fn digest_of(&self, algorithm: DigestAlgorithm) -> Result<Digest, SigningError> {
        if algorithm == DigestAlgorithm::Sha256 {
            return self.digest().cloned();
        }
        let wire = match algorithm {
            DigestAlgorithm::Sha384 => HashAlgorithm::Sha2384,
            other => {
                return Err(SigningError::UnsupportedDigest {
                    got: other.as_str().to_owned(),
                });
            }
        };
        let read = |source| FileError::Read {
            path: self.path.clone(),
            source,
        };
        let failed = SigningError::Crypto { step: "hashing" };
        let Ok(mut hasher) = ArtifactHasher::new(wire) else {
            return Err(failed);
        };
        self.check_is_file()?;
        let file = File::open(&self.path).map_err(read)?;
        hash_reader(file, std::slice::from_mut(&mut hasher)).map_err(read)?;
        Digest::new(algorithm, hasher.finalize().as_bytes().to_vec()).map_err(|_| failed)
    }
}

/// Signs a file.
///
/// # Errors
/// [`SigningError::File`], also for a file over [`MAX_WHOLE_MESSAGE_BYTES`] with Ed25519;
/// [`SigningError::Crypto`].
pub fn sign_artifact(signer: &dyn Signer, artifact: &Artifact) -> Result<Bundle, SigningError> {
    let key = signer.public_key();
    let (digest, signature) = match key.algorithm().digest_algorithm() {
        Some(algorithm) => {
            let digest = artifact.digest_of(algorithm)?;
            let signature = signer.sign_digest(&digest)?;
            (digest, signature)
        }
        None => {
            let bytes = files::read_bounded(artifact.path(), MAX_WHOLE_MESSAGE_BYTES)?;
            (hash::sha256(&bytes), signer.sign_message(&bytes)?)
        }
    };
    let algorithm = match digest.algorithm() {
        DigestAlgorithm::Sha384 => HashAlgorithm::Sha2384,
        _ => HashAlgorithm::Sha2256,
    };
    let message = MessageSignature::new(SignatureBytes::new(signature)).with_message_digest(
        MessageDigest::new(algorithm, DigestBytes::new(digest.bytes().to_vec())),
    );
    Bundle::of_key(key.id(), SignatureContent::MessageSignature(message))
}

/// Verifies that `key` signed exactly this file.
///
/// 1. The bundle names this key, or none.
/// 2. It holds a message signature with an allowed digest.
/// 3. The digest is the file's.
/// 4. The signature verifies: over the digest, or over the bytes for Ed25519.
///
/// # Errors
/// [`SigningError::CertificateNotSupported`], [`SigningError::WrongKey`],
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
    let claimed = claimed_digest(message)?;
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
            let bytes = files::read_bounded(artifact.path(), MAX_WHOLE_MESSAGE_BYTES)?;
            let digest = artifact.sha256.get_or_init(|| hash::sha256(&bytes));
            expect_subject(&claimed, digest.clone())?;
            key.verify_message(&bytes, signature)
        }
    }
}

fn claimed_digest(message: &MessageSignature) -> Result<Digest, SigningError> {
    let malformed = |reason: String| SigningError::MalformedBundle { reason };
    let digest = message
        .message_digest
        .as_ref()
        .ok_or_else(|| malformed("`messageDigest` is missing".to_owned()))?;
    let algorithm = match digest.algorithm {
        HashAlgorithm::Sha2256 => DigestAlgorithm::Sha256,
        HashAlgorithm::Sha2384 => DigestAlgorithm::Sha384,
        other => {
            return Err(SigningError::UnsupportedDigest {
                got: other.to_string(),
            });
        }
    };
    Digest::new(algorithm, digest.digest.as_bytes().to_vec()).map_err(|e| malformed(e.to_string()))
}

fn expect_subject(claimed: &Digest, actual: Digest) -> Result<(), SigningError> {
    if *claimed == actual {
        return Ok(());
    }
    Err(SigningError::OtherSubject {
        got: claimed.clone(),
        want: actual,
    })
}
