//! The shape of a bundle's JSON, before the library's types read it.
//!
//! Those pass over unknown keys and let one of two alternatives win. Here both are
//! refused, so that no two readers see different bundles in the same bytes.
//!
//! Source: `sigstore_bundle.proto`, `sigstore_rekor.proto` and `sigstore_common.proto` of
//! github.com/sigstore/protobuf-specs in their JSON form, where `null` means absent.

use super::error::SigningError;
use serde_json::{Map, Value};

/// Spellings of the media type, and the version that each stands for.
const MEDIA_TYPES: [(&str, BundleVersion); 6] = [
    (
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
        BundleVersion::V0_1,
    ),
    (
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        BundleVersion::V0_2,
    ),
    (
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
        BundleVersion::V0_3,
    ),
    (
        "application/vnd.dev.sigstore.bundle.v0.1+json",
        BundleVersion::V0_1,
    ),
    (
        "application/vnd.dev.sigstore.bundle.v0.2+json",
        BundleVersion::V0_2,
    ),
    (
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        BundleVersion::V0_3,
    ),
];

/// Limit of log entries, and of timestamps, in one bundle.
const MAX_EVIDENCE: usize = 32;
/// Limit of hashes in an inclusion proof: a tree of 2^64 leaves needs 64.
const MAX_PROOF_HASHES: usize = 64;
/// Limit of certificates in a chain.
const MAX_CHAIN: usize = 10;

/// The version of the bundle format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BundleVersion {
    /// 0.1: a chain of certificates; a promise of the log was enough.
    V0_1,
    /// 0.2: a chain of certificates and a proof of the log.
    V0_2,
    /// 0.3: one certificate, or a key; the current version.
    V0_3,
}

impl BundleVersion {
    /// `0.3`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1",
            Self::V0_2 => "0.2",
            Self::V0_3 => "0.3",
        }
    }

    /// The one spelling per version that the library reads.
    pub(super) fn library_spelling(self) -> &'static str {
        match self {
            Self::V0_1 => "application/vnd.dev.sigstore.bundle+json;version=0.1",
            Self::V0_2 => "application/vnd.dev.sigstore.bundle+json;version=0.2",
            Self::V0_3 => "application/vnd.dev.sigstore.bundle.v0.3+json",
        }
    }
}

/// The version that the media type names.
///
/// # Errors
/// [`SigningError::UnknownMediaType`]; [`SigningError::UnsupportedVersion`] for a version
/// that is not known.
pub(super) fn version(value: &Value) -> Result<BundleVersion, SigningError> {
    let got = value
        .get("mediaType")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if let Some((_, version)) = MEDIA_TYPES.iter().find(|(known, _)| *known == got) {
        return Ok(*version);
    }
    let got = got.to_owned();
    if got.starts_with("application/vnd.dev.sigstore.bundle") {
        return Err(SigningError::UnsupportedVersion { got });
    }
    Err(SigningError::UnknownMediaType { got })
}

/// Takes out members that are `null`: in the JSON form of protobuf they are absent.
pub(super) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, member| !member.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Refuses what the library's types would pass over: unknown keys, and two of a kind
/// where one is meant.
///
/// # Errors
/// [`SigningError::MalformedBundle`], [`SigningError::SignatureCount`],
/// [`SigningError::UnsupportedDigest`].
pub(super) fn check(value: &Value) -> Result<(), SigningError> {
    let bundle = object(value, "the bundle")?;
    only_keys(
        bundle,
        "the bundle",
        &[
            "mediaType",
            "verificationMaterial",
            "messageSignature",
            "dsseEnvelope",
        ],
    )?;
    exactly_one(bundle, "the bundle", &["messageSignature", "dsseEnvelope"])?;
    check_material(member(bundle, "verificationMaterial")?)?;
    if bundle.contains_key("messageSignature") {
        check_message(member(bundle, "messageSignature")?)
    } else {
        check_envelope(member(bundle, "dsseEnvelope")?)
    }
}

fn check_message(message: &Map<String, Value>) -> Result<(), SigningError> {
    only_keys(
        message,
        "`messageSignature`",
        &["messageDigest", "signature"],
    )?;
    if !message.contains_key("messageDigest") {
        return Ok(());
    }
    let digest = member(message, "messageDigest")?;
    only_keys(digest, "`messageDigest`", &["algorithm", "digest"])?;
    // The library also takes Rekor's and other spellings of the same names.
    match digest.get("algorithm").and_then(Value::as_str) {
        Some("SHA2_256" | "SHA2_384") => Ok(()),
        got => Err(SigningError::UnsupportedDigest {
            got: got.unwrap_or("none").to_owned(),
        }),
    }
}

fn check_envelope(envelope: &Map<String, Value>) -> Result<(), SigningError> {
    only_keys(
        envelope,
        "`dsseEnvelope`",
        &["payload", "payloadType", "signatures"],
    )?;
    let Some(Value::Array(signatures)) = envelope.get("signatures") else {
        return Err(malformed("`signatures` is not a list".to_owned()));
    };
    let [signature] = signatures.as_slice() else {
        return Err(SigningError::SignatureCount {
            got: signatures.len(),
        });
    };
    only_keys(
        object(signature, "a signature")?,
        "a signature",
        &["sig", "keyid"],
    )
}

fn check_material(material: &Map<String, Value>) -> Result<(), SigningError> {
    only_keys(
        material,
        "`verificationMaterial`",
        &[
            "publicKey",
            "certificate",
            "x509CertificateChain",
            "tlogEntries",
            "timestampVerificationData",
        ],
    )?;
    exactly_one(
        material,
        "`verificationMaterial`",
        &["publicKey", "certificate", "x509CertificateChain"],
    )?;
    if material.contains_key("publicKey") {
        only_keys(member(material, "publicKey")?, "`publicKey`", &["hint"])?;
    }
    if material.contains_key("certificate") {
        let certificate = member(material, "certificate")?;
        only_keys(certificate, "`certificate`", &["rawBytes"])?;
    }
    if material.contains_key("x509CertificateChain") {
        let chain = member(material, "x509CertificateChain")?;
        only_keys(chain, "`x509CertificateChain`", &["certificates"])?;
        for certificate in list(chain, "certificates", MAX_CHAIN)? {
            let certificate = object(certificate, "a certificate")?;
            only_keys(certificate, "a certificate", &["rawBytes"])?;
        }
    }
    if material.contains_key("timestampVerificationData") {
        let data = member(material, "timestampVerificationData")?;
        only_keys(data, "`timestampVerificationData`", &["rfc3161Timestamps"])?;
        for timestamp in list(data, "rfc3161Timestamps", MAX_EVIDENCE)? {
            let timestamp = object(timestamp, "a timestamp")?;
            only_keys(timestamp, "a timestamp", &["signedTimestamp"])?;
        }
    }
    for entry in list(material, "tlogEntries", MAX_EVIDENCE)? {
        check_entry(object(entry, "a log entry")?)?;
    }
    Ok(())
}

fn check_entry(entry: &Map<String, Value>) -> Result<(), SigningError> {
    only_keys(
        entry,
        "a log entry",
        &[
            "logIndex",
            "logId",
            "kindVersion",
            "integratedTime",
            "inclusionPromise",
            "inclusionProof",
            "canonicalizedBody",
        ],
    )?;
    only_keys(member(entry, "logId")?, "`logId`", &["keyId"])?;
    let kind = member(entry, "kindVersion")?;
    only_keys(kind, "`kindVersion`", &["kind", "version"])?;
    if entry.contains_key("inclusionPromise") {
        only_keys(
            member(entry, "inclusionPromise")?,
            "`inclusionPromise`",
            &["signedEntryTimestamp"],
        )?;
    }
    if entry.contains_key("inclusionProof") {
        let proof = member(entry, "inclusionProof")?;
        only_keys(
            proof,
            "`inclusionProof`",
            &["logIndex", "rootHash", "treeSize", "hashes", "checkpoint"],
        )?;
        list(proof, "hashes", MAX_PROOF_HASHES)?;
        if proof.contains_key("checkpoint") {
            let checkpoint = member(proof, "checkpoint")?;
            only_keys(checkpoint, "`checkpoint`", &["envelope"])?;
        }
    }
    Ok(())
}

fn malformed(reason: String) -> SigningError {
    SigningError::MalformedBundle { reason }
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, SigningError> {
    value
        .as_object()
        .ok_or_else(|| malformed(format!("{what} is not an object")))
}

fn member<'a>(
    parent: &'a Map<String, Value>,
    key: &str,
) -> Result<&'a Map<String, Value>, SigningError> {
    match parent.get(key) {
        Some(value) => object(value, &format!("`{key}`")),
        None => Err(malformed(format!("`{key}` is missing"))),
    }
}

/// The items of a list, none where it is absent.
fn list<'a>(
    parent: &'a Map<String, Value>,
    key: &str,
    most: usize,
) -> Result<&'a [Value], SigningError> {
    match parent.get(key) {
        None => Ok(&[]),
        Some(Value::Array(items)) if items.len() <= most => Ok(items),
        Some(Value::Array(items)) => Err(malformed(format!(
            "`{key}` has {} items, at most {most} are allowed",
            items.len()
        ))),
        Some(_) => Err(malformed(format!("`{key}` is not a list"))),
    }
}

fn only_keys(map: &Map<String, Value>, what: &str, known: &[&str]) -> Result<(), SigningError> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(malformed(format!("{what} has the unknown key `{key}`"))),
        None => Ok(()),
    }
}

fn exactly_one(map: &Map<String, Value>, what: &str, keys: &[&str]) -> Result<(), SigningError> {
    let present: Vec<&str> = keys
        .iter()
        .copied()
        .filter(|key| map.contains_key(*key))
        .collect();
    match present.as_slice() {
        [_] => Ok(()),
        [] => Err(malformed(format!("{what} has none of {}", keys.join(", ")))),
        several => Err(malformed(format!(
            "{what} has {} at once",
            several.join(" and ")
        ))),
    }
}
