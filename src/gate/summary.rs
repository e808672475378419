//! The verification summary (VSA) that a gate leaves behind.

use super::evaluate::GateOutcome;
use crate::attest::{
    AttestError, ResourceDescriptor, Statement, Subject, VSA_TYPE, VerificationResult, Verifier,
    VsaPolicy, VsaPredicate, environment_uri,
};
use crate::model::{Decision, Digest, PolicyInfo};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Version of the SLSA specification that the summary follows.
const SLSA_VERSION: &str = "1.1";

/// What a summary is about.
#[derive(Debug, Clone, Copy)]
pub struct SummaryRequest<'a> {
    /// File name of the artifact.
    pub artifact_name: &'a str,
    /// Its SHA-256.
    pub artifact: &'a Digest,
    /// The environment.
    pub environment: &'a str,
    /// The policy.
    pub policy: &'a PolicyInfo,
    /// The time of the decision.
    pub now: Timestamp,
}

/// The statement of a decision. Only a pass is `PASSED`: what could not be settled has
/// not passed either.
///
/// # Errors
/// [`AttestError::MalformedPredicate`]; not for an outcome made here.
pub fn summary_statement(
    request: SummaryRequest<'_>,
    outcome: &GateOutcome,
) -> Result<Statement, AttestError> {
    let passed = outcome.decision == Decision::Pass;
    let mut inputs: Vec<ResourceDescriptor> = outcome
        .requirements
        .iter()
        .filter_map(|requirement| requirement.accepted.as_ref()?.bundle.as_ref())
        .map(|digest| ResourceDescriptor::new(None, digest))
        .collect();
    inputs.sort_by(|a, b| a.digest.cmp(&b.digest));
    inputs.dedup();
    let predicate = VsaPredicate {
        verifier: Verifier {
            id: "urn:sealgate:gate".to_owned(),
            version: BTreeMap::from([(
                "sealgate".to_owned(),
                env!("CARGO_PKG_VERSION").to_owned(),
            )]),
        },
        time_verified: request.now,
        resource_uri: environment_uri(request.environment),
        policy: VsaPolicy {
            uri: format!("urn:sealgate:policy:{}", request.policy.name),
            digest: BTreeMap::from([("sha256".to_owned(), request.policy.digest.clone())]),
        },
        input_attestations: inputs,
        verification_result: if passed {
            VerificationResult::Passed
        } else {
            VerificationResult::Failed
        },
        // The gate does not look at the SLSA build track, and says so.
        verified_levels: vec![
            if passed {
                "SLSA_BUILD_LEVEL_UNEVALUATED"
            } else {
                "FAILED"
            }
            .to_owned(),
        ],
        slsa_version: Some(SLSA_VERSION.to_owned()),
    };
    Ok(Statement {
        subjects: vec![Subject {
            name: request.artifact_name.to_owned(),
            sha256: request.artifact.clone(),
        }],
        predicate_type: VSA_TYPE.to_owned(),
        predicate: predicate.to_json()?,
    })
}
