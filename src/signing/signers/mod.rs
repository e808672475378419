//! What can sign, one file each.

#[cfg(feature = "full")]
mod aws_kms;
#[cfg(feature = "full")]
mod key_file;
#[cfg(feature = "full")]
mod pkcs11;

#[cfg(feature = "full")]
pub use aws_kms::{
    AWS_KMS_SCHEME, KmsConnection, KmsError, KmsKey, KmsReference, KmsSigner, Refusal,
};
#[cfg(feature = "full")]
pub use key_file::KeyFileSigner;
#[cfg(feature = "full")]
pub use pkcs11::{PKCS11_SCHEME, Pkcs11Error, Pkcs11Signer, Pkcs11Token, Pkcs11Uri};

use super::error::SigningError;
use super::key::PublicKey;
use crate::model::Digest;
#[cfg(feature = "full")]
use crate::model::DigestAlgorithm;
#[cfg(feature = "full")]
use aws_lc_rs::digest::{SHA256, SHA384, digest};

/// A private key, wherever it lives. Its algorithm is its public key's.
pub trait Signer {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// A signature over a whole message: DER for ECDSA, 64 bytes for Ed25519.
    ///
    /// # Errors
    /// [`SigningError::Crypto`], [`SigningError::Kms`], [`SigningError::Pkcs11`].
    fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;

    /// A signature over a digest of the algorithm's hash, equal in meaning to one over the
    /// message.
    ///
    /// # Errors
    /// [`SigningError::NoDigestSigning`] where the algorithm signs whole messages;
    /// [`SigningError::Crypto`], [`SigningError::Kms`], [`SigningError::Pkcs11`].
    fn sign_digest(&self, digest: &Digest) -> Result<Vec<u8>, SigningError>;
}

/// The digest that a signer of digests signs in the place of a message.
///
/// # Errors
/// [`SigningError::Crypto`].
#[cfg(feature = "full")]
fn digest_of(algorithm: DigestAlgorithm, message: &[u8]) -> Result<Digest, SigningError> {
    let function = match algorithm {
        DigestAlgorithm::Sha384 => &SHA384,
        _ => &SHA256,
    };
    let bytes = digest(function, message).as_ref().to_vec();
    Digest::new(algorithm, bytes).map_err(|_| SigningError::Crypto { step: "hashing" })
}
