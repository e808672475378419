//! Public keys: which algorithms are allowed, how a key is named, how it verifies.

use super::error::SigningError;
use crate::model::{Digest, DigestAlgorithm};
use crate::support::{files, hash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pkcs8::der::Document;
use sigstore_crypto::{KeyAlgorithm, SigningScheme, VerificationKey, validate_raw_public_key};
use sigstore_types::{DerPublicKey, SignatureBytes};
use std::fmt;
use std::path::Path;

/// Larger public key files are refused: RSA-8192 in PEM takes 1.5 kB.
pub const MAX_PUBLIC_KEY_BYTES: u64 = 64 * 1024;

const PUBLIC_KEY_LABEL: &str = "PUBLIC KEY";

/// An algorithm that [`super::generate_key`] makes keys for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA over P-256 with SHA-256; signs digests, so artifacts may have any size.
    EcdsaP256,
    /// Ed25519 (RFC 8032, pure); signs whole messages.
    Ed25519,
}

/// An algorithm that signatures are verified with. Nothing else is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA P-256 with SHA-256.
    EcdsaP256Sha256,
    /// ECDSA P-384 with SHA-384.
    EcdsaP384Sha384,
    /// Ed25519, pure.
    Ed25519,
    /// RSA PKCS#1 v1.5 with SHA-256, 2048 to 8192 bits.
    RsaPkcs1Sha256,
}

impl SignatureAlgorithm {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "ECDSA P-256 with SHA-256",
            Self::EcdsaP384Sha384 => "ECDSA P-384 with SHA-384",
            Self::Ed25519 => "Ed25519",
            Self::RsaPkcs1Sha256 => "RSA PKCS#1 v1.5 with SHA-256",
        }
    }

    /// The hash that a signature over a digest needs; none where the whole message is
    /// signed.
    #[must_use]
    pub fn digest_algorithm(self) -> Option<DigestAlgorithm> {
        match self {
            Self::EcdsaP256Sha256 | Self::RsaPkcs1Sha256 => Some(DigestAlgorithm::Sha256),
            Self::EcdsaP384Sha384 => Some(DigestAlgorithm::Sha384),
            Self::Ed25519 => None,
        }
    }

    fn scheme(self) -> SigningScheme {
        match self {
            Self::EcdsaP256Sha256 => SigningScheme::EcdsaP256Sha256,
            Self::EcdsaP384Sha384 => SigningScheme::EcdsaP384Sha384,
            Self::Ed25519 => SigningScheme::Ed25519,
            Self::RsaPkcs1Sha256 => SigningScheme::RsaPkcs1Sha256,
        }
    }
}

/// The name of a key: SHA-256 of its SPKI DER. Shown as `sha256:HEX`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Digest);

impl KeyId {
    /// The hint that a bundle carries: standard base64 of the hash.
    #[must_use]
    pub fn hint(&self) -> String {
        STANDARD.encode(self.0.bytes())
    }

    /// Whether a bundle's hint names this key: base64 as above, or lower-case hex.
    #[must_use]
    pub fn matches_hint(&self, hint: &str) -> bool {
        hint == self.hint() || hint == self.0.hex()
    }
}

/// A bundle's hint as [`KeyId`] shows keys, where it is base64 of a SHA-256; else as
/// written.
#[must_use]
pub fn show_hint(hint: &str) -> String {
    match Digest::from_base64(DigestAlgorithm::Sha256, hint) {
        Ok(digest) => digest.to_string(),
        Err(_) => hint.to_owned(),
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A public key of an allowed algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    algorithm: SignatureAlgorithm,
    id: KeyId,
}

impl PublicKey {
    /// A key from PEM (`PUBLIC KEY`, RFC 7468), one block.
    ///
    /// # Errors
    /// [`SigningError::NotAPublicKey`] or [`SigningError::UnsupportedPublicKey`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, SigningError> {
        let not_a_key = |reason: String| SigningError::NotAPublicKey { reason };
        let text = std::str::from_utf8(pem).map_err(|_| not_a_key("not text".to_owned()))?;
        // A second block would go unread, and its owner would believe it counts.
        if text.matches("-----BEGIN ").count() > 1 {
            return Err(not_a_key("more than one PEM block".to_owned()));
        }
        if !text.contains("-----BEGIN ") {
            return Err(not_a_key("there is no PEM block in it".to_owned()));
        }
        let (label, document) =
            Document::from_pem(text.trim_start()).map_err(|e| not_a_key(e.to_string()))?;
        if label != PUBLIC_KEY_LABEL {
            return Err(not_a_key(format!("the PEM block is a `{label}`")));
        }
        Self::from_spki(document.as_bytes())
    }

    /// A key from SPKI DER (RFC 5280, section 4.1.2.7).
    ///
    /// # Errors
    /// [`SigningError::UnsupportedPublicKey`], also where the DER is malformed.
    pub fn from_spki(spki: &[u8]) -> Result<Self, SigningError> {
        let unsupported = |e: sigstore_crypto::Error| SigningError::UnsupportedPublicKey {
            reason: e.to_string(),
        };
        let der = DerPublicKey::from_bytes(spki);
        let algorithm = match KeyAlgorithm::from_spki(&der).map_err(unsupported)? {
            KeyAlgorithm::EcdsaP256 => SignatureAlgorithm::EcdsaP256Sha256,
            KeyAlgorithm::EcdsaP384 => SignatureAlgorithm::EcdsaP384Sha384,
            KeyAlgorithm::Ed25519 => SignatureAlgorithm::Ed25519,
            KeyAlgorithm::Rsa => SignatureAlgorithm::RsaPkcs1Sha256,
            other => {
                return Err(SigningError::UnsupportedPublicKey {
                    reason: format!("{other:?}"),
                });
            }
        };
        let scheme = algorithm.scheme();
        let key = VerificationKey::from_spki_with_scheme(&der, scheme).map_err(unsupported)?;
        validate_raw_public_key(scheme, key.as_bytes()).map_err(unsupported)?;
        if algorithm == SignatureAlgorithm::Ed25519 && is_small_order(key.as_bytes()) {
            return Err(SigningError::UnsupportedPublicKey {
                reason: "an Ed25519 point of small order, with which anybody can sign".to_owned(),
            });
        }
        Ok(Self {
            spki: spki.to_vec(),
            algorithm,
            id: KeyId(hash::sha256(spki)),
        })
    }

    /// The algorithm of its signatures.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// As the library takes it.
    pub(super) fn to_library(&self) -> DerPublicKey {
        DerPublicKey::from_bytes(&self.spki)
    }

    /// SPKI PEM, 64 columns, `\n`, with a final line break.
    ///
    /// # Errors
    /// [`SigningError::Crypto`]; not for a key that was read.
    pub fn to_pem(&self) -> Result<String, SigningError> {
        Document::try_from(self.spki.as_slice())
            .and_then(|document| document.to_pem(PUBLIC_KEY_LABEL, pkcs8::LineEnding::LF))
            .map_err(|_| SigningError::Crypto {
                step: "writing the public key",
            })
    }

    /// Verifies a signature over a whole message.
    ///
    /// # Errors
    /// [`SigningError::BadSignature`].
    pub fn verify_message(&self, message: &[u8], signature: &[u8]) -> Result<(), SigningError> {
        self.verification_key()?
            .verify(message, &SignatureBytes::from_bytes(signature))
            .map_err(|_| self.bad_signature())
    }

    /// Verifies a signature over a digest of the algorithm's hash.
    ///
    /// # Errors
    /// [`SigningError::BadSignature`]; [`SigningError::NoDigestSigning`] for Ed25519.
    pub fn verify_digest(&self, digest: &Digest, signature: &[u8]) -> Result<(), SigningError> {
        match self.algorithm.digest_algorithm() {
            None => Err(SigningError::NoDigestSigning {
                algorithm: self.algorithm.as_str(),
            }),
            Some(want) if want != digest.algorithm() => Err(self.bad_signature()),
            Some(_) => self
                .verification_key()?
                .verify_prehashed(digest.bytes(), &SignatureBytes::from_bytes(signature))
                .map_err(|_| self.bad_signature()),
        }
    }

    fn verification_key(&self) -> Result<VerificationKey, SigningError> {
        let der = DerPublicKey::from_bytes(&self.spki);
        VerificationKey::from_spki_with_scheme(&der, self.algorithm.scheme())
            .map_err(|_| self.bad_signature())
    }

    fn bad_signature(&self) -> SigningError {
        SigningError::BadSignature {
            key: self.id.clone(),
        }
    }
}

/// The encodings of the points of small order on edwards25519, without the sign bit: the
/// neutral element, those of order 2, 4 and 8, and the two that are not reduced modulo
/// the field's prime. RFC 8032 does not refuse them, and neither does the library.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn is_small_order(point: &[u8]) -> bool {
    let mut point = point.to_vec();
    if let Some(last) = point.last_mut() {
        *last &= 0x7f;
    }
    SMALL_ORDER.contains(&hex::encode(point).as_str())
}

/// The public key in a PEM file of at most [`MAX_PUBLIC_KEY_BYTES`].
///
/// # Errors
/// [`SigningError::File`] and those of [`PublicKey::from_pem`].
pub fn read_public_key(path: &Path) -> Result<PublicKey, SigningError> {
    PublicKey::from_pem(&files::read_bounded(path, MAX_PUBLIC_KEY_BYTES)?)
}
