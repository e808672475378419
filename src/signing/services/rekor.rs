//! Log entries of Rekor 1 and 2.
//!
//! Sources: `openapi.yaml` of github.com/sigstore/rekor (`createLogEntry`, `hashedrekord`
//! and `dsse` 0.0.1), `rekor_service.proto` of github.com/sigstore/rekor-tiles
//! (`CreateEntry`, `HashedRekordRequestV002`). An envelope is a `hashedrekord` over its
//! pre-authentication encoding in Rekor 2.

use super::ask::{Caller, Question, malformed, refused, strict_json, unavailable};
use super::error::{Service, ServiceError};
use crate::model::Digest;
use crate::signing::error::SigningError;
use crate::signing::key::{PublicKey, SignatureAlgorithm};
use crate::support::hash;
use crate::support::http::Address;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigstore_rekor::LogEntry;
use sigstore_types::{
    DerCertificate, DsseEnvelope, KindVersion, SignatureContent, TransparencyLogEntry,
};

/// A log and the version of its API.
#[derive(Debug, Clone)]
pub struct LogService {
    /// Its base address.
    pub address: Address,
    /// Which Rekor it is.
    pub version: RekorVersion,
}

/// Versions of Rekor's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RekorVersion {
    /// Promises inclusion and tells a time.
    V1,
    /// Tiles; a timestamp authority has to tell the time.
    V2,
}

impl RekorVersion {
    /// 1 or 2.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

/// By what a signature is verified.
#[derive(Debug, Clone, Copy)]
pub(in crate::signing) enum By<'a> {
    Certificate(&'a DerCertificate),
    Key(&'a PublicKey),
}

impl By<'_> {
    fn pem(self) -> Result<String, SigningError> {
        match self {
            Self::Certificate(certificate) => Ok(certificate.to_pem()),
            Self::Key(key) => key.to_pem(),
        }
    }

    /// Ephemeral keys are P-256.
    fn algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::Certificate(_) => SignatureAlgorithm::EcdsaP256Sha256,
            Self::Key(key) => key.algorithm(),
        }
    }
}

/// A signature that is to be logged.
#[derive(Debug, Clone, Copy)]
pub(in crate::signing) struct Signed<'a> {
    pub content: &'a SignatureContent,
    /// The file's SHA-256; none for an envelope.
    pub file: Option<&'a Digest>,
    pub by: By<'a>,
}

/// Refuses what a log does not take, or what nobody could verify afterwards, before anything
/// is signed: Rekor 1 takes files by their SHA-256, Rekor 2 only P-256.
///
/// # Errors
/// [`ServiceError::Unloggable`].
pub(in crate::signing) fn check_loggable(
    version: RekorVersion,
    algorithm: SignatureAlgorithm,
    is_file: bool,
) -> Result<(), ServiceError> {
    let fits = match (version, algorithm) {
        (_, SignatureAlgorithm::EcdsaP256Sha256) => true,
        (RekorVersion::V1, SignatureAlgorithm::RsaPkcs1Sha256) => true,
        (RekorVersion::V1, _) => !is_file,
        (RekorVersion::V2, _) => false,
    };
    match fits {
        true => Ok(()),
        false => Err(ServiceError::Unloggable {
            algorithm: algorithm.as_str(),
            what: if is_file { "a file" } else { "a statement" },
            version: version.number(),
        }),
    }
}

/// Has a signature logged; the entry as bundles hold it, not yet verified.
///
/// # Errors
/// [`ServiceError`].
pub(in crate::signing) fn log(
    caller: &Caller,
    log: &LogService,
    signed: &Signed<'_>,
) -> Result<TransparencyLogEntry, SigningError> {
    check_loggable(log.version, signed.by.algorithm(), signed.file.is_some())?;
    match log.version {
        RekorVersion::V1 => log_v1(caller, &log.address, signed),
        RekorVersion::V2 => log_v2(caller, &log.address, signed),
    }
}

fn log_v1(
    caller: &Caller,
    base: &Address,
    signed: &Signed<'_>,
) -> Result<TransparencyLogEntry, SigningError> {
    let verifier = STANDARD.encode(signed.by.pem()?);
    let (body, kind) = match (signed.content, signed.file) {
        (SignatureContent::MessageSignature(message), Some(sha256)) => (
            json!({
                "apiVersion": "0.0.1",
                "kind": "hashedrekord",
                "spec": {
                    "data": { "hash": { "algorithm": "sha256", "value": sha256.hex() } },
                    "signature": {
                        "content": STANDARD.encode(message.signature.as_bytes()),
                        "publicKey": { "content": verifier },
                    },
                },
            }),
            KindVersion::HashedRekordV001,
        ),
        (SignatureContent::DsseEnvelope(envelope), None) => (
            json!({
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": { "proposedContent": {
                    "envelope": text_of(envelope)?,
                    "verifiers": [verifier],
                } },
            }),
            KindVersion::DsseV001,
        ),
        _ => return Err(no_such_content()),
    };
    let body = body.to_string();
    let address = base.join(&["api", "v1", "log", "entries"]);
    let question = Question::json(Service::Log, &address, body.as_bytes());
    let replied = caller.post_any(&question)?;
    let value = match (replied.status, &replied.location) {
        (200 | 201, _) => strict_json(Service::Log, &replied.body)?,
        // It has the entry already: an answer got lost, or a signature is the same each
        // time. The log's own name of the entry is taken, its address is not.
        (409, Some(location)) if uuid_of(location).is_some() => {
            let uuid = uuid_of(location).unwrap_or_default();
            caller.get_json(Service::Log, &address.join(&[uuid]), Vec::new())?
        }
        _ => return Err(refused(&question, &replied).into()),
    };
    Ok(entry_v1(value, kind)?)
}

/// The last part of an entry's address: 64 or 80 hexadecimal digits.
fn uuid_of(location: &str) -> Option<&str> {
    let last = location.rsplit('/').next()?;
    let is_uuid = [64, 80].contains(&last.len()) && last.bytes().all(|b| b.is_ascii_hexdigit());
    is_uuid.then_some(last)
}

/// The one entry of an answer: an object with the entry's name as its only key.
fn entry_v1(value: Value, kind: KindVersion) -> Result<TransparencyLogEntry, ServiceError> {
    let failed = |reason: String| malformed(Service::Log, reason);
    let Value::Object(entries) = value else {
        return Err(failed("it is no object".to_owned()));
    };
    let count = entries.len();
    let mut entries = entries.into_iter();
    let (Some((_, entry)), None) = (entries.next(), entries.next()) else {
        return Err(failed(format!("it has {count} entries, not one")));
    };
    let entry: LogEntry = serde_json::from_value(entry).map_err(|e| failed(e.to_string()))?;
    let entry = entry
        .to_bundle_entry(kind)
        .map_err(|e| failed(e.to_string()))?;
    if entry.inclusion_promise.is_none() {
        return Err(failed("the promise of the log (SET) is missing".to_owned()));
    }
    Ok(entry)
}

fn log_v2(
    caller: &Caller,
    base: &Address,
    signed: &Signed<'_>,
) -> Result<TransparencyLogEntry, SigningError> {
    let (digest, signature) = match (signed.content, signed.file) {
        (SignatureContent::MessageSignature(message), Some(sha256)) => {
            (sha256.clone(), &message.signature)
        }
        (SignatureContent::DsseEnvelope(envelope), None) => {
            (hash::sha256(&envelope.pae()), &envelope.signature.sig)
        }
        _ => return Err(no_such_content()),
    };
    let mut verifier = json!({ "keyDetails": "PKIX_ECDSA_P256_SHA_256" });
    let (name, bytes) = match signed.by {
        By::Certificate(certificate) => ("x509Certificate", certificate.as_bytes().to_vec()),
        By::Key(key) => ("publicKey", key.to_library().as_bytes().to_vec()),
    };
    if let Some(verifier) = verifier.as_object_mut() {
        let key = json!({ "rawBytes": STANDARD.encode(bytes) });
        verifier.insert(name.to_owned(), key);
    }
    let body = json!({ "hashedRekordRequestV002": {
        "digest": STANDARD.encode(digest.bytes()),
        "signature": {
            "content": STANDARD.encode(signature.as_bytes()),
            "verifier": verifier,
        },
    } })
    .to_string();
    let address = base.join(&["api", "v2", "log", "entries"]);
    let question = Question::json(Service::Log, &address, body.as_bytes());
    let replied = caller.post_any(&question)?;
    let value = match replied.status {
        200 | 201 => strict_json(Service::Log, &replied.body)?,
        // It has the entry already: an answer got lost, and this log gives no entry twice.
        // Another signature is another entry.
        409 => return Err(unavailable(&question, &replied).into()),
        _ => return Err(refused(&question, &replied).into()),
    };
    let failed = |reason: String| malformed(Service::Log, reason);
    let mut entry: TransparencyLogEntry =
        serde_json::from_value(value).map_err(|e| failed(e.to_string()))?;
    if entry.kind_version != KindVersion::HashedRekordV002 {
        return Err(failed("the entry is of another kind".to_owned()).into());
    }
    // Nothing of the log proves it, so nobody should read it.
    entry.integrated_time = None;
    Ok(entry)
}

fn text_of(envelope: &DsseEnvelope) -> Result<String, SigningError> {
    serde_json::to_string(envelope).map_err(|e| SigningError::MalformedBundle {
        reason: e.to_string(),
    })
}

fn no_such_content() -> SigningError {
    SigningError::MalformedBundle {
        reason: "unknown kind of content".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_entry_is_hexadecimal_and_of_the_right_length() {
        let uuid = "0".repeat(80);
        assert_eq!(
            uuid_of(&format!("/api/v1/log/entries/{uuid}")),
            Some(uuid.as_str())
        );
        assert!(uuid_of(&"a".repeat(64)).is_some());
        for other in [
            "",
            "/",
            "/api/v1/log/entries/../x",
            &"g".repeat(64),
            &"0".repeat(65),
        ] {
            assert_eq!(uuid_of(other), None, "{other}");
        }
    }

    #[test]
    fn an_answer_has_one_entry() {
        for value in [
            json!({}),
            json!([]),
            json!({"a": {}, "b": {}}),
            json!({"a": 1}),
        ] {
            let error = entry_v1(value, KindVersion::HashedRekordV001).unwrap_err();
            assert!(matches!(error, ServiceError::Malformed { .. }), "{error}");
        }
    }

    #[test]
    fn what_nobody_could_verify_is_not_logged() {
        use SignatureAlgorithm as A;
        for (version, algorithm, is_file, fits) in [
            (RekorVersion::V1, A::EcdsaP256Sha256, true, true),
            (RekorVersion::V2, A::EcdsaP256Sha256, false, true),
            (RekorVersion::V1, A::RsaPkcs1Sha256, true, true),
            (RekorVersion::V1, A::Ed25519, true, false),
            (RekorVersion::V1, A::Ed25519, false, true),
            (RekorVersion::V1, A::EcdsaP384Sha384, true, false),
            (RekorVersion::V2, A::RsaPkcs1Sha256, true, false),
            (RekorVersion::V2, A::Ed25519, false, false),
        ] {
            let checked = check_loggable(version, algorithm, is_file);
            assert_eq!(checked.is_ok(), fits, "{version:?} {algorithm:?} {is_file}");
        }
    }
}
