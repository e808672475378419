//! Signatures by key and by certificate: encrypted key files, Sigstore bundles, DSSE envelopes.
//!
//! Enters: bytes of keys, bundles and artifacts. Leaves: [`Bundle`]s, and proof that a
//! public key signed an artifact ([`verify_artifact`]) or a statement
//! ([`verify_statement`]). Every failed step has its own [`SigningError`] variant.
//!
//! Bundle types and the verification of signatures come from the Sigstore project's own
//! crates `sigstore-types` and `sigstore-crypto`, not from the older crate `sigstore`:
//! its 0.15.0 never checks the Merkle proof or the log's signature in its bundle path
//! and accepts forged log entries (100 of 140 cases of the official conformance suite,
//! against 140 of 140).
//!
//! Bundles hold a *key hint*: standard base64 of the SHA-256 of the public key's SPKI
//! DER, as sigstore-go and cosign write it. Lower-case hex of the same hash is accepted
//! too. The hint is not signed: it chooses the key, it never stands for the signature.
//!
//! [`sigstore`] verifies signatures by certificate, log entries and timestamps.
//! [`verify_artifact`] and [`verify_statement`] look at the key's signature alone; what
//! they leave out is counted ([`Bundle::evidence_count`]).

mod bundle;
#[cfg(feature = "full")]
mod cosign_key;
mod directory;
mod dsse;
mod error;
#[cfg(feature = "full")]
pub mod identity;
mod json;
mod key;
#[cfg(feature = "full")]
mod key_file;
#[cfg(feature = "full")]
mod maker;
mod message;
mod rules;
#[cfg(feature = "full")]
pub mod services;
mod shape;
mod signers;
pub mod sigstore;
mod trusted_keys;
#[cfg(feature = "full")]
pub mod tuf;

pub use bundle::{
    Bundle, BundleSource, MAX_ATTESTATIONS_BYTES, MAX_BUNDLES, MEDIA_TYPE, SignedContent,
    bundle_lines, holds_lines, read_bundles,
};
#[cfg(feature = "full")]
pub use cosign_key::import_cosign_key;
pub use directory::{DirectoryError, MAX_MANIFEST_BYTES};
pub use dsse::{STATEMENT_PAYLOAD_TYPE, VerifiedStatement, sign_statement, verify_statement};
pub use error::SigningError;
pub use json::{JsonError, parse_json};
pub use key::{
    KeyId, MAX_PUBLIC_KEY_BYTES, PublicKey, SignatureAlgorithm, SigningAlgorithm, read_public_key,
    show_hint,
};
#[cfg(feature = "full")]
pub use key_file::{
    EncryptedKey, GeneratedKey, MAX_KEY_FILE_BYTES, Passphrase, generate_key, read_key_file,
};
#[cfg(feature = "full")]
pub use maker::{BundleMaker, Keyless, Witnesses};
pub use message::{Artifact, MAX_WHOLE_MESSAGE_BYTES, sign_artifact, verify_artifact};
pub use rules::RULES;
pub use shape::BundleVersion;
pub use signers::Signer;
#[cfg(feature = "full")]
pub use signers::{
    AWS_KMS_SCHEME, KeyFileSigner, KmsConnection, KmsError, KmsKey, KmsReference, KmsSigner,
    PKCS11_SCHEME, Pkcs11Error, Pkcs11Signer, Pkcs11Token, Pkcs11Uri, Refusal,
};
pub use trusted_keys::{MAX_TRUSTED_KEYS, MAX_TRUSTED_KEYS_BYTES, TrustedKey, read_trusted_keys};

#[cfg(test)]
mod tests;
