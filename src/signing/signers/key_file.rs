//! A key pair in memory, from an encrypted key file.

use super::Signer;
use crate::model::Digest;
use crate::signing::error::SigningError;
use crate::signing::key::{PublicKey, SigningAlgorithm};
use aws_lc_rs::digest::{Digest as LibraryDigest, SHA256};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use pkcs8::PrivateKeyInfoRef;
use zeroize::Zeroizing;

enum KeyPair {
    EcdsaP256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Signs with a key that was read from an encrypted key file.
pub struct KeyFileSigner {
    pair: KeyPair,
    public_key: PublicKey,
}

impl std::fmt::Debug for KeyFileSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFileSigner")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

const ID_EC_PUBLIC_KEY: pkcs8::ObjectIdentifier =
    pkcs8::ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ID_RSA: pkcs8::ObjectIdentifier = pkcs8::ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ID_ED25519: pkcs8::ObjectIdentifier = pkcs8::ObjectIdentifier::new_unwrap("1.3.101.112");

impl KeyFileSigner {
    /// A new key pair and its PKCS#8 v1 DER (OpenSSL reads no v2).
    pub(in crate::signing) fn generate(
        algorithm: SigningAlgorithm,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), SigningError> {
        let failed = |_| SigningError::Crypto {
            step: "generating the key",
        };
        let (pair, document) = match algorithm {
            SigningAlgorithm::EcdsaP256 => {
                let pair =
                    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(failed)?;
                let document = pair.to_pkcs8v1().map_err(failed)?;
                (KeyPair::EcdsaP256(pair), document)
            }
            SigningAlgorithm::Ed25519 => {
                let pair = Ed25519KeyPair::generate().map_err(failed)?;
                let document = pair.to_pkcs8v1().map_err(failed)?;
                (KeyPair::Ed25519(pair), document)
            }
        };
        let pkcs8 = Zeroizing::new(document.as_ref().to_vec());
        Ok((Self::of(pair)?, pkcs8))
    }

    /// The signer of a decrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`SigningError::WrongPassphrase`] where it is no PKCS#8 document,
    /// [`SigningError::UnsupportedPrivateKey`] where it holds another kind of key.
    pub(in crate::signing) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, SigningError> {
        let info = PrivateKeyInfoRef::try_from(pkcs8).map_err(|_| SigningError::WrongPassphrase)?;
        let rejected = |e: aws_lc_rs::error::KeyRejected| SigningError::UnsupportedPrivateKey {
            reason: e.to_string(),
        };
        let pair = match info.algorithm.oid {
            ID_EC_PUBLIC_KEY => KeyPair::EcdsaP256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8)
                    .map_err(rejected)?,
            ),
            ID_ED25519 => KeyPair::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(rejected)?),
            ID_RSA => {
                return Err(SigningError::UnsupportedPrivateKey {
                    reason: "it is an RSA key".to_owned(),
                });
            }
            oid => {
                return Err(SigningError::UnsupportedPrivateKey {
                    reason: format!("algorithm {oid}"),
                });
            }
        };
        Self::of(pair)
    }

    fn of(pair: KeyPair) -> Result<Self, SigningError> {
        let spki: Result<PublicKeyX509Der<'_>, _> = match &pair {
            KeyPair::EcdsaP256(pair) => pair.public_key().as_der(),
            KeyPair::Ed25519(pair) => pair.public_key().as_der(),
        };
        let spki = spki.map_err(|_| SigningError::Crypto {
            step: "writing the public key",
        })?;
        let public_key = PublicKey::from_spki(spki.as_ref())?;
        Ok(Self { pair, public_key })
    }
}

impl Signer for KeyFileSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let signature = match &self.pair {
            KeyPair::EcdsaP256(pair) => pair.sign(&SystemRandom::new(), message),
            KeyPair::Ed25519(pair) => pair.try_sign(message),
        };
        signature
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| SigningError::Crypto { step: "signing" })
    }

    fn sign_digest(&self, digest: &Digest) -> Result<Vec<u8>, SigningError> {
        let KeyPair::EcdsaP256(pair) = &self.pair else {
            return Err(SigningError::NoDigestSigning {
                algorithm: self.public_key.algorithm().as_str(),
            });
        };
        // A digest of another algorithm has another length and is refused here.
        LibraryDigest::import_less_safe(digest.bytes(), &SHA256)
            .and_then(|digest| pair.sign_digest(&digest))
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| SigningError::Crypto { step: "signing" })
    }
}
