//! Signed statements: DSSE envelopes with one signature.
//!
//! Source: the DSSE specification 1.0 of github.com/secure-systems-lab/dsse.

use super::bundle::{Bundle, SignedContent};
use super::error::SigningError;
use super::key::{KeyId, PublicKey, show_hint};
use super::shape::BundleVersion;
use super::signers::Signer;
use sigstore_types::{
    DsseEnvelope, DsseSignature, KeyId as WireKeyId, PayloadBytes, SignatureBytes,
    SignatureContent, pae,
};

/// The payload type of an in-toto statement.
pub const STATEMENT_PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A payload whose signature verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedStatement {
    /// The signed bytes, exactly.
    pub payload: Vec<u8>,
    /// The key that signed them.
    pub key: KeyId,
}

/// Signs the bytes of an in-toto statement.
///
/// # Errors
/// [`SigningError::Crypto`].
pub fn sign_statement(signer: &dyn Signer, statement: &[u8]) -> Result<Bundle, SigningError> {
    Bundle::of_key(
        signer.public_key().id(),
        signed_statement(signer, statement)?,
    )
}

/// The envelope of a statement.
pub(super) fn signed_statement(
    signer: &dyn Signer,
    statement: &[u8],
) -> Result<SignatureContent, SigningError> {
    let signature = signer.sign_message(&pae(STATEMENT_PAYLOAD_TYPE, statement))?;
    let envelope = DsseEnvelope::new(
        STATEMENT_PAYLOAD_TYPE,
        PayloadBytes::from_bytes(statement),
        DsseSignature::new(SignatureBytes::new(signature), WireKeyId::default()),
    );
    Ok(SignatureContent::DsseEnvelope(envelope))
}

/// The payload of a bundle, if `key` signed it as an in-toto statement.
///
/// 1. The bundle names this key, or none (DSSE: the hint is not trusted, it only chooses).
/// 2. It holds an envelope with the payload type of a statement.
/// 3. The signature over the pre-authentication encoding of type and payload verifies.
///
/// Whether the statement is about an artifact is the caller's next question.
///
/// # Errors
/// [`SigningError::OldBundle`], [`SigningError::NotByKey`], [`SigningError::WrongKey`],
/// [`SigningError::NotAStatement`], [`SigningError::WrongPayloadType`],
/// [`SigningError::BadSignature`].
pub fn verify_statement(
    bundle: &Bundle,
    key: &PublicKey,
) -> Result<VerifiedStatement, SigningError> {
    // 1. Identity.
    check_hint(bundle, key)?;
    // 2. Kind.
    let SignedContent::Envelope(envelope) = bundle.content()? else {
        return Err(SigningError::NotAStatement);
    };
    if envelope.payload_type != STATEMENT_PAYLOAD_TYPE {
        return Err(SigningError::WrongPayloadType {
            got: envelope.payload_type.clone(),
            want: STATEMENT_PAYLOAD_TYPE,
        });
    }
    // 3. Signature.
    key.verify_message(&envelope.pae(), envelope.signature.sig.as_bytes())?;
    Ok(VerifiedStatement {
        payload: envelope.payload.as_bytes().to_vec(),
        key: key.id().clone(),
    })
}

/// Refuses a bundle of an old version, and one that names another key, before anything is hashed for it.
pub(super) fn check_hint(bundle: &Bundle, key: &PublicKey) -> Result<(), SigningError> {
    if bundle.version() != BundleVersion::V0_3 {
        return Err(SigningError::OldBundle {
            got: bundle.version().as_str(),
        });
    }
    check_key(bundle, key)
}

/// The same for a bundle of any version.
pub(super) fn check_key(bundle: &Bundle, key: &PublicKey) -> Result<(), SigningError> {
    let hint = bundle.key_hint()?;
    if hint.is_empty() || key.id().matches_hint(hint) {
        return Ok(());
    }
    Err(SigningError::WrongKey {
        got: show_hint(hint),
        want: key.id().clone(),
    })
}
