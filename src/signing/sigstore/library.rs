//! The library's errors, one of ours for each.

use super::error::VerifyError;
use super::root::TrustedRoot;
use crate::signing::bundle::Bundle;
use crate::signing::error::SigningError;
use sigstore_crypto::parse_certificate_info;
use sigstore_types::{SignatureBytes, SignatureContent};
use sigstore_verify::bundle::Error as ShapeError;
use sigstore_verify::tsa::{Error as TsaError, verify_timestamp_for_authority};
use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};

/// Our error for the library's. The bundle and the root tell more about a timestamp than
/// the library's text.
pub(super) fn translate(error: Error, bundle: &Bundle, root: &TrustedRoot) -> SigningError {
    match error {
        // Compared before, by our own rules.
        Error::IdentityMismatch { .. } | Error::IssuerMismatch { .. } => {
            VerifyError::BadCertificate {
                reason: error.to_string(),
            }
            .into()
        }
        Error::SignatureInvalid(_) => VerifyError::BadSignature.into(),
        // The artifact is compared by our own rules; the library only saw the digest in
        // the bundle, and compared it with the log entry.
        Error::ArtifactMismatch(reason) => VerifyError::OtherLogEntry { reason }.into(),
        Error::UnsupportedArtifact(reason) | Error::UnsupportedBundle(reason) => {
            VerifyError::UnsupportedAlgorithm { reason }.into()
        }
        // The chain's builder finds out first that the time does not fit, and tells it in
        // a text.
        Error::Certificate(error @ CertificateError::ChainInvalid(_)) => {
            outside_certificate(bundle, root)
                .unwrap_or_else(|| of_certificate(error))
                .into()
        }
        Error::Certificate(error) => of_certificate(error).into(),
        Error::TransparencyLog(error) => of_log(error).into(),
        Error::Timestamp(error) => of_timestamp(error, bundle, root).into(),
        Error::InvalidBundle(reason) => SigningError::MalformedBundle { reason },
        Error::Bundle(error) => of_shape(&error),
        Error::InvalidTrustRoot(reason) => VerifyError::BadTrustedRoot { reason }.into(),
        Error::TrustRoot(_) | Error::TrustedCertificate(_) => VerifyError::BadTrustedRoot {
            reason: error.to_string(),
        }
        .into(),
        Error::Crypto(error) => VerifyError::UnsupportedAlgorithm {
            reason: error.to_string(),
        }
        .into(),
        error => SigningError::MalformedBundle {
            reason: error.to_string(),
        },
    }
}

fn of_certificate(error: CertificateError) -> VerifyError {
    match error {
        CertificateError::Malformed(reason) => VerifyError::BadCertificate { reason },
        CertificateError::NotYetValid { time, not_before } => VerifyError::CertificateNotYetValid {
            time: time.to_string(),
            from: not_before.to_string(),
        },
        CertificateError::Expired { time, not_after } => VerifyError::CertificateExpired {
            time: time.to_string(),
            until: not_after.to_string(),
        },
        CertificateError::Sct(reason) => VerifyError::BadSct { reason },
        error => VerifyError::UntrustedCertificate {
            reason: error.to_string(),
        },
    }
}

fn of_log(error: TransparencyLogError) -> VerifyError {
    match error {
        TransparencyLogError::UnknownLog { log_id } => VerifyError::UnknownLog { log: log_id },
        TransparencyLogError::InclusionProof(reason) => VerifyError::BadInclusionProof { reason },
        TransparencyLogError::Checkpoint(reason) => VerifyError::BadCheckpoint { reason },
        TransparencyLogError::InclusionPromise(reason) => {
            VerifyError::BadInclusionPromise { reason }
        }
        TransparencyLogError::EntryMismatch(reason) => VerifyError::OtherLogEntry { reason },
        TransparencyLogError::IntegratedTime(reason) => VerifyError::WrongLogTime { reason },
        error => VerifyError::MalformedLogEntry {
            reason: error.to_string(),
        },
    }
}

fn of_shape(error: &ShapeError) -> SigningError {
    let reason = error.to_string();
    match error {
        ShapeError::MissingInclusionPromise(_) | ShapeError::MissingSigningTimeEvidence => {
            VerifyError::NoSigningTime { reason }.into()
        }
        ShapeError::MissingInclusionProof(_) => VerifyError::MissingInclusionProof.into(),
        ShapeError::MissingCheckpoint => VerifyError::MissingCheckpoint.into(),
        ShapeError::LogIndexOutOfRange { .. } | ShapeError::CheckpointRootMismatch => {
            VerifyError::BadInclusionProof { reason }.into()
        }
        _ => SigningError::MalformedBundle { reason },
    }
}

fn of_timestamp(error: TimestampError, bundle: &Bundle, root: &TrustedRoot) -> VerifyError {
    match error {
        TimestampError::OutsideAuthorityValidity { time } => {
            VerifyError::TimestampOutsideAuthority {
                time: time.to_string(),
            }
        }
        TimestampError::NoVerifiedTimestamp(reason) => VerifyError::NoSigningTime { reason },
        error => other_signature(bundle, root).unwrap_or_else(|| VerifyError::BadTimestamp {
            reason: error.to_string(),
        }),
    }
}

/// The error for the first proved time that is outside the certificate's validity.
fn outside_certificate(bundle: &Bundle, root: &TrustedRoot) -> Option<VerifyError> {
    let wire = bundle.wire();
    let certificate = parse_certificate_info(wire.signing_certificate()?).ok()?;
    let signature = signature_of(bundle)?;
    let material = &wire.verification_material;
    let authorities = root.library().tsa_authorities();
    let stamped = material
        .timestamp_verification_data
        .rfc3161_timestamps
        .iter()
        .flat_map(|timestamp| {
            authorities.iter().filter_map(|authority| {
                verify_timestamp_for_authority(&timestamp.signed_timestamp, signature, authority)
                    .ok()
            })
        });
    // The library has verified the promises before it looked at the chain.
    let logged = material
        .tlog_entries
        .iter()
        .filter(|entry| entry.inclusion_promise.is_some())
        .filter_map(|entry| entry.integrated_time);
    stamped.chain(logged).find_map(|time| {
        if time > certificate.not_after {
            Some(VerifyError::CertificateExpired {
                time: time.to_string(),
                until: certificate.not_after.to_string(),
            })
        } else if time < certificate.not_before {
            Some(VerifyError::CertificateNotYetValid {
                time: time.to_string(),
                from: certificate.not_before.to_string(),
            })
        } else {
            None
        }
    })
}

fn signature_of(bundle: &Bundle) -> Option<&SignatureBytes> {
    match &bundle.wire().content {
        SignatureContent::MessageSignature(message) => Some(&message.signature),
        SignatureContent::DsseEnvelope(envelope) => Some(&envelope.signature.sig),
        _ => None,
    }
}

/// Asks again for each timestamp whether it is about another signature: the library tells
/// only what the last authority said.
fn other_signature(bundle: &Bundle, root: &TrustedRoot) -> Option<VerifyError> {
    let wire = bundle.wire();
    let signature = signature_of(bundle)?;
    let authorities = root.library().tsa_authorities();
    let data = &wire.verification_material.timestamp_verification_data;
    for timestamp in &data.rfc3161_timestamps {
        for authority in &authorities {
            if let Err(TsaError::HashMismatch { expected, actual }) =
                verify_timestamp_for_authority(&timestamp.signed_timestamp, signature, authority)
            {
                return Some(VerifyError::TimestampOfOtherSignature {
                    got: expected,
                    want: actual,
                });
            }
        }
    }
    None
}
