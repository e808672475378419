//! Why a Sigstore bundle does not verify.

use super::identity::SignerIdentity;
use super::pattern::IdentityPattern;
use crate::model::{Digest, Hint, Rule};
use crate::signing::key::KeyId;
use crate::signing::rules;

/// A condition on the signer that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// A pattern that may match a part of an identity.
    #[error("the pattern `{got}` does not start with `^` and end with `$`")]
    UnanchoredPattern {
        /// As written.
        got: String,
    },
    /// A pattern that is no regular expression, or too large.
    #[error("bad pattern `{got}`: {reason}")]
    BadPattern {
        /// As written.
        got: String,
        /// What is wrong.
        reason: String,
    },
    /// An identity that no certificate can have.
    #[error("no certificate can have the identity `{got}`")]
    ImpossibleIdentity {
        /// As written, escaped.
        got: String,
    },
    /// A text without `=`.
    #[error("`{got}` is not NAME=VALUE")]
    NotACondition {
        /// As written.
        got: String,
    },
    /// A claim that no certificate makes.
    #[error("there is no claim `{got}`")]
    UnknownClaim {
        /// As written.
        got: String,
        /// A claim with a similar name.
        nearest: Option<String>,
    },
    /// A value that the claim never has.
    #[error("the claim `{name}` is never `{got}`: expected {want}")]
    ImpossibleClaim {
        /// The claim.
        name: &'static str,
        /// As written.
        got: String,
        /// What it could be.
        want: String,
    },
}

impl Hint for ConditionError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnanchoredPattern { .. } => Some(
                "write `^…$`, and `\\.` for a dot: a pattern that matches a part lets others in"
                    .to_owned(),
            ),
            Self::ImpossibleIdentity { .. } => Some(
                "names in certificates are ASCII: look for letters that only look alike".to_owned(),
            ),
            Self::UnknownClaim { nearest, .. } => Some(match nearest {
                Some(known) => format!("did you mean `{known}`?"),
                None => "docs/signing.md lists every claim".to_owned(),
            }),
            _ => None,
        }
    }
}

/// One variant per failed step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The trusted root cannot be used.
    #[error("the trusted root cannot be used: {reason}")]
    BadTrustedRoot {
        /// What is wrong.
        reason: String,
    },
    /// The trusted root is not the one that was pinned.
    #[error("the trusted root is {got}, not the pinned {want}")]
    OtherTrustedRoot {
        /// Its digest.
        got: Digest,
        /// The digest that it must have.
        want: Digest,
    },
    /// The bundle is signed by a key.
    #[error("the bundle is signed by a key, not with a certificate")]
    NotByCertificate,
    /// The certificate is unreadable, or does not name one signer.
    #[error("the certificate cannot be used: {reason}")]
    BadCertificate {
        /// What is wrong.
        reason: String,
    },
    /// Another issuer.
    #[error(
        "the identity is vouched for by {}, expected {}",
        issuer(got),
        issuer(want)
    )]
    WrongIssuer {
        /// The certificate's.
        got: Option<String>,
        /// The required one.
        want: Option<String>,
    },
    /// Another signer.
    #[error("signed by {got}, expected {want}")]
    WrongIdentity {
        /// The certificate's.
        got: SignerIdentity,
        /// The required one.
        want: IdentityPattern,
    },
    /// Another claim, or none.
    #[error(
        "the certificate's `{name}` is {}, expected `{}`",
        got.as_deref().map_or_else(|| "missing".to_owned(), |got| format!("`{}`", shown(got))),
        shown(want)
    )]
    WrongClaim {
        /// The claim.
        name: &'static str,
        /// The certificate's value.
        got: Option<String>,
        /// The required one.
        want: String,
    },
    /// Too few or too many log entries.
    #[error("the bundle has {got} log entries, expected {want}")]
    LogEntryCount {
        /// How many it has.
        got: usize,
        /// How many are asked for.
        want: String,
    },
    /// Two entries that are one, or of one log.
    #[error("two of the bundle's log entries {reason}")]
    LogEntryTwice {
        /// What they share.
        reason: &'static str,
    },
    /// An entry of a log that is not trusted.
    #[error("the log entry is of the log {log}, which the trusted root does not name")]
    UnknownLog {
        /// Its id, base64.
        log: String,
    },
    /// An entry without proof.
    #[error("a log entry has no inclusion proof")]
    MissingInclusionProof,
    /// A proof without a tree head.
    #[error("an inclusion proof has no checkpoint")]
    MissingCheckpoint,
    /// A tree head that the entry's log did not sign.
    #[error("the checkpoint does not verify: {reason}")]
    BadCheckpoint {
        /// What is wrong.
        reason: String,
    },
    /// A proof that does not lead to the tree head.
    #[error("the inclusion proof does not verify: {reason}")]
    BadInclusionProof {
        /// What is wrong.
        reason: String,
    },
    /// A signed entry timestamp that does not cover the entry.
    #[error("the log's promise (SET) does not verify: {reason}")]
    BadInclusionPromise {
        /// What is wrong.
        reason: String,
    },
    /// An entry that describes something else.
    #[error("the log entry does not describe this bundle: {reason}")]
    OtherLogEntry {
        /// What differs.
        reason: String,
    },
    /// An entry whose body cannot be read.
    #[error("the log entry cannot be read: {reason}")]
    MalformedLogEntry {
        /// What is wrong.
        reason: String,
    },
    /// The log's time cannot be.
    #[error("the log's time does not fit: {reason}")]
    WrongLogTime {
        /// How.
        reason: String,
    },
    /// A timestamp that no authority has signed, or that cannot be read.
    #[error("the timestamp does not verify: {reason}")]
    BadTimestamp {
        /// What is wrong.
        reason: String,
    },
    /// A timestamp about another signature.
    #[error("the timestamp is about the SHA-2 {got}, the signature has {want}")]
    TimestampOfOtherSignature {
        /// Digest in the timestamp, hex.
        got: String,
        /// Digest of the signature, hex.
        want: String,
    },
    /// A timestamp from before or after its authority is trusted.
    #[error("the timestamp's time {time} is outside the time in which its authority is trusted")]
    TimestampOutsideAuthority {
        /// The time.
        time: String,
    },
    /// Nothing proves when it was signed.
    #[error("nothing proves when the signature was made: {reason}")]
    NoSigningTime {
        /// What is missing.
        reason: String,
    },
    /// A certificate that no trusted authority has issued.
    #[error("the certificate is not from the trusted root: {reason}")]
    UntrustedCertificate {
        /// The library's word.
        reason: String,
    },
    /// Signed before the certificate's time.
    #[error("signed at {time}, but the certificate is valid only from {from}")]
    CertificateNotYetValid {
        /// The verified signing time.
        time: String,
        /// The certificate's first moment.
        from: String,
    },
    /// Signed after the certificate's time.
    #[error("signed at {time}, but the certificate was valid only until {until}")]
    CertificateExpired {
        /// The verified signing time.
        time: String,
        /// The certificate's last moment.
        until: String,
    },
    /// A certificate that no certificate transparency log has seen.
    #[error("the certificate has no timestamp of a certificate transparency log (SCT)")]
    MissingSct,
    /// A certificate transparency timestamp that does not verify.
    #[error("the certificate's SCT does not verify: {reason}")]
    BadSct {
        /// What is wrong.
        reason: String,
    },
    /// The signature is not the certificate's.
    #[error("the signature does not verify with the certificate")]
    BadSignature,
    /// An algorithm that is not on the list.
    #[error("the bundle uses something that is not allowed: {reason}")]
    UnsupportedAlgorithm {
        /// What.
        reason: String,
    },
    /// A key that does not count at that time.
    #[error("the key {key} counts from {range}, not at {time}")]
    KeyOutsideTime {
        /// The key.
        key: KeyId,
        /// The proved signing time, or now.
        time: String,
        /// When it counts.
        range: String,
    },
    /// The statement has nothing to compare with.
    #[error("the statement cannot be compared with an artifact: {reason}")]
    UnusableSubject {
        /// What is wrong.
        reason: String,
    },
}

fn issuer(issuer: &Option<String>) -> String {
    match issuer {
        Some(issuer) => format!("`{}`", shown(issuer)),
        None => "no issuer".to_owned(),
    }
}

/// A text of a certificate with letters that are not ASCII escaped: two that look alike
/// must not look alike in a message.
fn shown(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escape = !c.is_ascii() || c.is_ascii_control();
            let escaped: Vec<char> = if escape {
                c.escape_default().collect()
            } else {
                vec![c]
            };
            escaped
        })
        .collect()
}

impl VerifyError {
    /// The reason, and the page that explains it.
    #[must_use]
    pub fn rule(&self) -> &'static Rule {
        match self {
            Self::BadTrustedRoot { .. } | Self::OtherTrustedRoot { .. } => &rules::BAD_TRUSTED_ROOT,
            Self::NotByCertificate => &rules::NOT_BY_CERTIFICATE,
            Self::BadCertificate { .. } => &rules::BAD_CERTIFICATE,
            Self::WrongIssuer { .. } => &rules::WRONG_ISSUER,
            Self::WrongIdentity { .. } => &rules::WRONG_IDENTITY,
            Self::WrongClaim { .. } => &rules::WRONG_CLAIM,
            Self::LogEntryCount { .. } => &rules::LOG_ENTRY_COUNT,
            Self::LogEntryTwice { .. } => &rules::LOG_ENTRY_TWICE,
            Self::UnknownLog { .. } => &rules::UNKNOWN_LOG,
            Self::MissingInclusionProof => &rules::MISSING_INCLUSION_PROOF,
            Self::MissingCheckpoint => &rules::MISSING_CHECKPOINT,
            Self::BadCheckpoint { .. } => &rules::BAD_CHECKPOINT,
            Self::BadInclusionProof { .. } => &rules::BAD_INCLUSION_PROOF,
            Self::BadInclusionPromise { .. } => &rules::BAD_INCLUSION_PROMISE,
            Self::OtherLogEntry { .. } => &rules::OTHER_LOG_ENTRY,
            Self::MalformedLogEntry { .. } => &rules::MALFORMED_LOG_ENTRY,
            Self::WrongLogTime { .. } => &rules::WRONG_LOG_TIME,
            Self::BadTimestamp { .. } => &rules::BAD_TIMESTAMP,
            Self::TimestampOfOtherSignature { .. } => &rules::TIMESTAMP_OF_OTHER_SIGNATURE,
            Self::TimestampOutsideAuthority { .. } => &rules::TIMESTAMP_OUTSIDE_AUTHORITY,
            Self::NoSigningTime { .. } => &rules::NO_SIGNING_TIME,
            Self::UntrustedCertificate { .. } => &rules::UNTRUSTED_CERTIFICATE,
            Self::CertificateNotYetValid { .. } => &rules::CERTIFICATE_NOT_YET_VALID,
            Self::CertificateExpired { .. } => &rules::CERTIFICATE_EXPIRED,
            Self::MissingSct => &rules::MISSING_SCT,
            Self::BadSct { .. } => &rules::BAD_SCT,
            Self::BadSignature => &rules::BAD_SIGNATURE,
            Self::UnsupportedAlgorithm { .. } => &rules::UNSUPPORTED_ALGORITHM,
            Self::KeyOutsideTime { .. } => &rules::KEY_OUTSIDE_TIME,
            Self::UnusableSubject { .. } => &rules::UNUSABLE_SUBJECT,
        }
    }
}

impl Hint for VerifyError {
    fn hint(&self) -> Option<String> {
        if let Self::OtherTrustedRoot { .. } = self {
            return Some(
                "get the pinned one; or look with `trusted-root show` at what this one trusts, \
                 and pin it"
                    .to_owned(),
            );
        }
        let mut hint = self.rule().remedy.to_owned();
        if let Some(first) = hint.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        Some(hint)
    }
}
