//! The gate: may this exact digest enter this environment, and why.
//!
//! Enters: the digest of an artifact, bundles, the keys of the roles, what the
//! environment requires, a time. Leaves: a [`GateOutcome`] with a reason for everything
//! that stands against it, and a verification summary ([`summary_statement`]).
//!
//! Order of the decision (each step only sees what the one before let through):
//! 1. strict parse of every bundle;
//! 2. identity: which role's key does it name, does the signature verify;
//! 3. the subject: is the statement about this artifact;
//! 4. the conditions of the environment;
//! 5. the decision. Deny by default: what is absent, unreadable or too old never counts.
//!
//! A bundle that is damaged (`gate/malformed-bundle`) or whose signature is wrong
//! (`gate/bad-signature`) speaks against the artifact even if nothing needed it: somebody
//! changed the file. A bundle that is sound but not ours (another signer, artifact or
//! payload) does not count and does no harm.

mod conditions;
mod evaluate;
mod examine;
mod rules;
mod summary;

pub use evaluate::{Accepted, GateOutcome, Reason, RequirementOutcome, evaluate};
pub use examine::{Examination, Examined, VerifiedAttestation, examine};
pub use rules::RULES;
pub use summary::{SummaryRequest, summary_statement};

#[cfg(test)]
mod tests;
