//! What must stand beside a signature, and our own rules for log entries.
//!
//! These come before the library's: it takes the version label's word for whether a proof
//! is needed, counts the same entry twice, and accepts a tree head of any trusted log.

use super::error::VerifyError;
use super::root::TrustedRoot;
use crate::signing::json::parse_json;
use sigstore_crypto::VerificationKey;
use sigstore_types::{Checkpoint, LogKeyId, TransparencyLogEntry};
use std::num::NonZeroUsize;

/// Limit of a log entry's body, in bytes.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Length of the hint by which a checkpoint's signature names its key, in bytes.
const HINT_BYTES: usize = 4;

/// How many logs must hold the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPolicy {
    /// Exactly so many entries, each of another log.
    Entries(NonZeroUsize),
    /// None is needed: nobody can find out later what was signed. Entries that are there
    /// must verify, and a timestamp is still required. For instances without a log.
    TimestampsOnly,
}

impl LogPolicy {
    /// One entry of one log.
    pub const ONE: Self = Self::Entries(NonZeroUsize::MIN);
}

/// Whether a certificate must carry a certificate transparency timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SctPolicy {
    /// It must, and it must verify.
    Required,
    /// The instance issues none: a certificate that it issued in secret is not noticed.
    /// The chain to its authority still must verify.
    NotIssued,
}

/// What must stand beside a signature by certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidencePolicy {
    /// Accept bundles that say they have version 0.1 or 0.2. The inclusion proof is
    /// required all the same.
    pub old_bundles: bool,
    /// Transparency logs.
    pub log: LogPolicy,
    /// Certificate transparency.
    pub sct: SctPolicy,
}

impl EvidencePolicy {
    /// The current version, one log entry with its proof, and certificate transparency.
    pub const STRICT: Self = Self {
        old_bundles: false,
        log: LogPolicy::ONE,
        sct: SctPolicy::Required,
    };
}

/// Compares the number of entries with the policy; each must be of another log.
///
/// # Errors
/// [`VerifyError::LogEntryTwice`], [`VerifyError::LogEntryCount`].
pub(super) fn check_count(
    entries: &[TransparencyLogEntry],
    policy: LogPolicy,
) -> Result<(), VerifyError> {
    for (index, entry) in entries.iter().enumerate() {
        for other in entries.iter().skip(index + 1) {
            if entry.canonicalized_body == other.canonicalized_body {
                return Err(VerifyError::LogEntryTwice {
                    reason: "have the same body",
                });
            }
            if entry.log_id == other.log_id {
                return Err(VerifyError::LogEntryTwice {
                    reason: "are of the same log",
                });
            }
        }
    }
    let (fits, want) = match policy {
        LogPolicy::Entries(count) => (entries.len() == count.get(), format!("{count}")),
        LogPolicy::TimestampsOnly => (entries.len() <= 1, "at most 1".to_owned()),
    };
    match fits {
        true => Ok(()),
        false => Err(VerifyError::LogEntryCount {
            got: entries.len(),
            want,
        }),
    }
}

/// Verifies that each entry has a proof under a tree head that its own log has signed.
/// Whether the proof leads there is the library's question.
///
/// # Errors
/// [`VerifyError::UnknownLog`], [`VerifyError::MissingInclusionProof`],
/// [`VerifyError::MissingCheckpoint`], [`VerifyError::BadCheckpoint`],
/// [`VerifyError::MalformedLogEntry`].
pub(super) fn verify_checkpoints(
    entries: &[TransparencyLogEntry],
    root: &TrustedRoot,
) -> Result<(), VerifyError> {
    for entry in entries {
        let key = log_key(&entry.log_id.key_id, root)?;
        let proof = entry
            .inclusion_proof
            .as_ref()
            .ok_or(VerifyError::MissingInclusionProof)?;
        let checkpoint = proof
            .checkpoint
            .checkpoint()
            .ok_or(VerifyError::MissingCheckpoint)?;
        // The library reads up to the second blank line and passes over the rest.
        if proof.checkpoint.envelope().matches("\n\n").count() != 1 {
            return Err(bad_checkpoint("something follows its signatures"));
        }
        verify_checkpoint(checkpoint, &entry.log_id.key_id, &key)?;
        parse_json(entry.canonicalized_body.as_bytes(), MAX_BODY_BYTES).map_err(|e| {
            VerifyError::MalformedLogEntry {
                reason: e.to_string(),
            }
        })?;
    }
    Ok(())
}

fn log_key(id: &LogKeyId, root: &TrustedRoot) -> Result<VerificationKey, VerifyError> {
    let log = root
        .library()
        .tlogs
        .iter()
        .find(|log| log.log_id.key_id == *id)
        .ok_or_else(|| VerifyError::UnknownLog {
            log: id.to_string(),
        })?;
    VerificationKey::from_spki(&log.public_key.raw_bytes).map_err(|e| VerifyError::BadTrustedRoot {
        reason: format!("the key of the log {id}: {e}"),
    })
}

fn verify_checkpoint(
    checkpoint: &Checkpoint,
    id: &LogKeyId,
    key: &VerificationKey,
) -> Result<(), VerifyError> {
    let hint = id.as_bytes().get(..HINT_BYTES);
    let mut named = false;
    // Hints may collide and witnesses sign, too: one good signature of the log is enough.
    for signature in checkpoint.signatures() {
        if Some(signature.key_id.as_slice()) != hint {
            continue;
        }
        named = true;
        if key
            .verify(checkpoint.signed_data(), &signature.signature)
            .is_ok()
        {
            return Ok(());
        }
    }
    Err(bad_checkpoint(match named {
        true => "the signature that names the entry's log is not by it",
        false => "no signature names the entry's log",
    }))
}

fn bad_checkpoint(reason: &str) -> VerifyError {
    VerifyError::BadCheckpoint {
        reason: reason.to_owned(),
    }
}
