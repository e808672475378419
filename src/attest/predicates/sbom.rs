//! An SBOM as a predicate: the CycloneDX document itself.
//!
//! Source: <https://cyclonedx.org/bom>, as `spec/predicates/cyclonedx.md` of
//! github.com/in-toto/attestation describes it.

use crate::attest::error::AttestError;
use jiff::Timestamp;
use serde_json::Value;

/// Its type URI.
pub const CYCLONEDX_TYPE: &str = "https://cyclonedx.org/bom";

/// What the gate asks of an SBOM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbomPredicate {
    /// `1.6`.
    pub spec_version: String,
    /// Number of components at the top level.
    pub components: u64,
    /// `metadata.timestamp`.
    pub time: Option<Timestamp>,
    /// It declares compositions, and every one of them is `complete`. An SBOM that does
    /// not say counts as incomplete.
    pub complete: bool,
}

impl SbomPredicate {
    /// Reads what is needed of a CycloneDX document.
    ///
    /// # Errors
    /// [`AttestError::MalformedPredicate`].
    pub fn parse(document: &Value) -> Result<Self, AttestError> {
        let malformed = |reason: &str| AttestError::MalformedPredicate {
            predicate: "sbom",
            reason: reason.to_owned(),
        };
        if document.get("bomFormat").and_then(Value::as_str) != Some("CycloneDX") {
            return Err(malformed("`bomFormat` is not `CycloneDX`"));
        }
        let spec_version = document
            .get("specVersion")
            .and_then(Value::as_str)
            .ok_or_else(|| malformed("`specVersion` is missing"))?;
        let components = match document.get("components") {
            None => 0,
            Some(Value::Array(components)) => components.len() as u64,
            Some(_) => return Err(malformed("`components` is not a list")),
        };
        let time = match document.pointer("/metadata/timestamp") {
            None => None,
            Some(value) => Some(
                value
                    .as_str()
                    .and_then(|text| text.parse().ok())
                    .ok_or_else(|| malformed("`metadata.timestamp` is not a time"))?,
            ),
        };
        Ok(Self {
            spec_version: spec_version.to_owned(),
            components,
            time,
            complete: is_complete(document),
        })
    }
}

fn is_complete(document: &Value) -> bool {
    match document.get("compositions") {
        Some(Value::Array(compositions)) => {
            !compositions.is_empty()
                && compositions.iter().all(|composition| {
                    composition.get("aggregate").and_then(Value::as_str) == Some("complete")
                })
        }
        _ => false,
    }
}
