//! Verification summaries: what a gate decided.
//!
//! Source: <https://slsa.dev/spec/v1.1/verification_summary>. `resourceUri` names the
//! environment ([`environment_uri`]): a summary for staging is none for prod, whoever
//! signed it. SLSA levels are not evaluated, and the summary says so.

use super::json_of;
use crate::attest::error::AttestError;
use crate::attest::statement::ResourceDescriptor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Its type URI.
pub const VSA_TYPE: &str = "https://slsa.dev/verification_summary/v1";

/// The `resourceUri` of an environment.
#[must_use]
pub fn environment_uri(environment: &str) -> String {
    format!("urn:sealgate:environment:{environment}")
}

/// The decision of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum VerificationResult {
    /// The artifact may enter.
    Passed,
    /// It may not, or it could not be settled.
    Failed,
}

/// Who decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier {
    /// URI of the verifier.
    pub id: String,
    /// Versions of its parts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub version: BTreeMap<String, String>,
}

/// The policy that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VsaPolicy {
    /// URI of the policy.
    pub uri: String,
    /// Digests of its file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digest: BTreeMap<String, String>,
}

/// The predicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VsaPredicate {
    /// Who decided.
    pub verifier: Verifier,
    /// When.
    pub time_verified: Timestamp,
    /// For what: see [`environment_uri`].
    pub resource_uri: String,
    /// By which policy.
    pub policy: VsaPolicy,
    /// The bundles that were counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_attestations: Vec<ResourceDescriptor>,
    /// The decision.
    pub verification_result: VerificationResult,
    /// SLSA levels; see the module.
    pub verified_levels: Vec<String>,
    /// Version of the SLSA specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slsa_version: Option<String>,
}

impl VsaPredicate {
    /// The predicate as JSON.
    ///
    /// # Errors
    /// [`AttestError::MalformedPredicate`]; not for one made here.
    pub fn to_json(&self) -> Result<Value, AttestError> {
        json_of("vsa", self)
    }
}
