//! Steps 3 to 5: subject, conditions, decision. Pure: the same input gives the same
//! outcome.

use super::conditions;
use super::examine::{Examination, Examined, VerifiedAttestation};
use super::rules;
use crate::attest::{Predicate, environment_uri};
use crate::model::{Decision, Digest, EvidenceLine, Rule};
use crate::policy::environments::{Condition, Required};
use jiff::Timestamp;

/// Something that stands against the artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Its stable id and texts.
    pub rule: &'static Rule,
    /// What it does to the decision: fail or inconclusive.
    pub decision: Decision,
    /// The bundle that it is about: `file` or `file:line`.
    pub source: Option<String>,
    /// What it is here, one line.
    pub message: String,
}

impl Reason {
    pub(super) fn fail(rule: &'static Rule, message: String) -> Self {
        Self {
            rule,
            decision: Decision::Fail,
            source: None,
            message,
        }
    }

    pub(super) fn inconclusive(rule: &'static Rule, message: String) -> Self {
        Self {
            decision: Decision::Inconclusive,
            ..Self::fail(rule, message)
        }
    }

    fn of(mut self, bundle: &Examined) -> Self {
        self.source = Some(bundle.source.clone());
        self
    }
}

/// The attestation that a requirement is met by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Where it came from.
    pub source: String,
    /// SHA-256 of its bundle.
    pub bundle: Option<Digest>,
    /// What it says, one line.
    pub summary: String,
}

/// What became of one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementOutcome {
    /// `test-result`, `sbom`, `scan`, `vsa`.
    pub predicate: &'static str,
    /// For a VSA: the environment it must come from.
    pub from: Option<String>,
    /// Who must have signed.
    pub role: String,
    /// What meets it; none where it is not met.
    pub accepted: Option<Accepted>,
    /// The sources of what was judged and does not meet it.
    pub refused: Vec<String>,
    /// Why it is not met; empty where it is.
    pub reasons: Vec<Reason>,
}

/// The gate's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateOutcome {
    /// The decision.
    pub decision: Decision,
    /// In the order of the policy.
    pub requirements: Vec<RequirementOutcome>,
    /// Everything that stands against the artifact, no reason twice: first by
    /// requirement, then by bundle.
    pub reasons: Vec<Reason>,
    /// Every bundle that was looked at, in the order given.
    pub evidence: Vec<EvidenceLine>,
}

/// Decides. `artifact` is the SHA-256 of the artifact, `required` what the environment
/// demands; a gate that demands nothing denies.
#[must_use]
pub fn evaluate(
    artifact: &Digest,
    bundles: &[Examined],
    required: &[Required],
    now: Timestamp,
) -> GateOutcome {
    let requirements: Vec<RequirementOutcome> = required
        .iter()
        .map(|required| settle(required, artifact, bundles, now))
        .collect();
    let mut reasons: Vec<Reason> = Vec::new();
    let of_requirements = requirements.iter().flat_map(|outcome| &outcome.reasons);
    for reason in of_requirements
        .cloned()
        .chain(bundles.iter().filter_map(damage))
    {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let unmet = requirements.is_empty()
        || requirements
            .iter()
            .any(|outcome| outcome.accepted.is_none() && outcome.reasons.is_empty());
    let decision = reasons
        .iter()
        .map(|reason| reason.decision)
        .chain(unmet.then_some(Decision::Fail))
        .max()
        .unwrap_or(Decision::Pass);
    let evidence = bundles
        .iter()
        .map(|bundle| evidence_line(bundle, artifact, &requirements))
        .collect();
    GateOutcome {
        decision,
        requirements,
        reasons,
        evidence,
    }
}

/// A damaged or forged bundle counts against the artifact whatever it was for.
fn damage(bundle: &Examined) -> Option<Reason> {
    let reason = match &bundle.examination {
        Examination::Malformed(text) => {
            Reason::inconclusive(&rules::MALFORMED_BUNDLE, text.clone())
        }
        Examination::BadSignature(text) => Reason::fail(&rules::BAD_SIGNATURE, text.clone()),
        Examination::MalformedStatement(text) => {
            Reason::inconclusive(&rules::MALFORMED_STATEMENT, text.clone())
        }
        _ => return None,
    };
    Some(reason.of(bundle))
}

/// An attestation of the right kind by the right role about this artifact.
struct Candidate<'a> {
    bundle: &'a Examined,
    attestation: &'a VerifiedAttestation,
}

fn settle(
    required: &Required,
    artifact: &Digest,
    bundles: &[Examined],
    now: Timestamp,
) -> RequirementOutcome {
    let candidates: Vec<Candidate<'_>> = bundles
        .iter()
        .filter(|bundle| bundle.roles.contains(&required.role))
        .filter_map(|bundle| match &bundle.examination {
            Examination::Verified(attestation)
                if is_of_kind(required, &attestation.predicate)
                    && attestation.statement.is_about(artifact) =>
            {
                Some(Candidate {
                    bundle,
                    attestation,
                })
            }
            _ => None,
        })
        .collect();
    let mut outcome = RequirementOutcome {
        predicate: required.condition.predicate(),
        from: match &required.condition {
            Condition::Vsa { from, .. } => Some(from.clone()),
            _ => None,
        },
        role: required.role.clone(),
        accepted: None,
        refused: Vec::new(),
        reasons: Vec::new(),
    };
    let newest = newest(candidates);
    for candidate in &newest {
        for reason in conditions::judge(required, &candidate.attestation.predicate, now) {
            let reason = reason.of(candidate.bundle);
            if !outcome.reasons.contains(&reason) {
                outcome.reasons.push(reason);
            }
        }
    }
    match newest.first() {
        Some(candidate) if outcome.reasons.is_empty() => {
            outcome.accepted = Some(Accepted {
                source: candidate.bundle.source.clone(),
                bundle: candidate.bundle.digest.clone(),
                summary: conditions::describe(&candidate.attestation.predicate, now),
            });
        }
        Some(_) => {
            outcome.refused = newest
                .iter()
                .map(|candidate| candidate.bundle.source.clone())
                .collect();
        }
        None => outcome.reasons.push(absence(required, artifact, bundles)),
    }
    outcome
}

/// The newest attestations decide alone: a newer failure beats an older pass. Of several
/// with one time all must hold, and one without a time may always be the newest.
fn newest(candidates: Vec<Candidate<'_>>) -> Vec<Candidate<'_>> {
    let time = |candidate: &Candidate<'_>| candidate.attestation.predicate.time();
    let latest = candidates.iter().filter_map(time).max();
    candidates
        .into_iter()
        .filter(|candidate| time(candidate).is_none() || time(candidate) == latest)
        .collect()
}

/// A VSA counts only for the environment that it names.
fn is_of_kind(required: &Required, predicate: &Predicate) -> bool {
    match (&required.condition, predicate) {
        (Condition::TestResult { .. }, Predicate::TestResult(_))
        | (Condition::Sbom { .. }, Predicate::Sbom(_))
        | (Condition::Scan { .. }, Predicate::Scan(_)) => true,
        (Condition::Vsa { from, .. }, Predicate::Vsa(vsa)) => {
            vsa.resource_uri == environment_uri(from)
        }
        _ => false,
    }
}

/// Why no attestation is left to judge: the nearest miss, else that there is none.
fn absence(required: &Required, artifact: &Digest, bundles: &[Examined]) -> Reason {
    let kind = required.condition.predicate();
    let role = &required.role;
    let ours = |bundle: &&Examined| bundle.roles.contains(role);
    let claims = |bundle: &&Examined| bundle.predicate == kind;
    let verified = |bundle: &Examined, about_artifact: bool| match &bundle.examination {
        Examination::Verified(attestation) => {
            is_of_kind(required, &attestation.predicate)
                && attestation.statement.is_about(artifact) == about_artifact
        }
        _ => false,
    };
    for bundle in bundles.iter().filter(ours).filter(claims) {
        // Already a reason of its own; told again here it belongs to the requirement.
        if let Some(reason) = damage(bundle) {
            return reason;
        }
        if let Examination::WrongPayloadType(text) = &bundle.examination {
            return Reason::fail(&rules::WRONG_PAYLOAD_TYPE, text.clone()).of(bundle);
        }
    }
    if let Some(bundle) = bundles.iter().filter(ours).find(|b| verified(b, false)) {
        let message = format!("is about {}, not about this artifact", about(bundle));
        return Reason::fail(&rules::OTHER_SUBJECT, message).of(bundle);
    }
    if let Some(bundle) = bundles.iter().find(|b| verified(b, true)) {
        let message = format!("is signed by {}, not by {role}", bundle.roles.join(", "));
        return Reason::fail(&rules::WRONG_SIGNER_ROLE, message).of(bundle);
    }
    for bundle in bundles.iter().filter(claims) {
        if let Examination::Untrusted(text) = &bundle.examination {
            return Reason::fail(&rules::UNTRUSTED_SIGNER, text.clone()).of(bundle);
        }
    }
    let what = match &required.condition {
        Condition::Vsa { from, .. } => format!("no summary of environment `{from}`"),
        _ => format!("no `{kind}` attestation"),
    };
    Reason::fail(
        &rules::MISSING_PREDICATE,
        format!("{what} by {role} for this artifact"),
    )
}

/// What a verified statement is about: its first subject, and how many more.
fn about(bundle: &Examined) -> String {
    let Examination::Verified(attestation) = &bundle.examination else {
        return "nothing that is known".to_owned();
    };
    let subjects = &attestation.statement.subjects;
    let Some(first) = subjects.first() else {
        return "nothing".to_owned();
    };
    let hex: String = first.sha256.hex().chars().take(12).collect();
    match subjects.len() {
        1 => format!("`{}` (sha256:{hex}…)", first.name),
        count => format!("`{}` (sha256:{hex}…) and {} more", first.name, count - 1),
    }
}

fn evidence_line(
    bundle: &Examined,
    artifact: &Digest,
    requirements: &[RequirementOutcome],
) -> EvidenceLine {
    let used = requirements.iter().any(|outcome| {
        outcome.accepted.as_ref().is_some_and(|accepted| {
            accepted.source == bundle.source && accepted.bundle == bundle.digest
        })
    });
    let refused = requirements
        .iter()
        .any(|outcome| outcome.refused.contains(&bundle.source));
    let asked_for = requirements.iter().any(|outcome| {
        outcome.predicate == bundle.predicate && bundle.roles.contains(&outcome.role)
    });
    let accepted = match &bundle.examination {
        Examination::Malformed(text)
        | Examination::Untrusted(text)
        | Examination::BadSignature(text)
        | Examination::WrongPayloadType(text)
        | Examination::MalformedStatement(text) => Err(text.clone()),
        Examination::NotAStatement => Err("signs a file, not a statement".to_owned()),
        Examination::Verified(attestation) if !attestation.statement.is_about(artifact) => {
            Err("is about another artifact".to_owned())
        }
        Examination::Verified(_) if used => Ok(()),
        Examination::Verified(_) if refused => Err("does not say what is required".to_owned()),
        Examination::Verified(_) if asked_for => Err("another one decides: the newest".to_owned()),
        Examination::Verified(_) => Err("is not required from this signer".to_owned()),
    };
    EvidenceLine {
        source: bundle.source.clone(),
        predicate: bundle.predicate.clone(),
        signer: signer(bundle),
        accepted,
    }
}

/// Who signed it; where no signature was verified, only what it claims.
fn signer(bundle: &Examined) -> String {
    let roles = bundle.roles.join(", ");
    match bundle.examination {
        Examination::Verified(_) | Examination::MalformedStatement(_) => roles,
        _ if roles.is_empty() => "unknown".to_owned(),
        _ => format!("unknown (names {roles})"),
    }
}
