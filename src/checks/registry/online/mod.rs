//! The approved registry's own answer: does it serve exactly this name and version with the
//! locked checksum, withdrawn or not, since when, from where.
//!
//! [`ask`] contacts registries that the policy names, and nothing else: an address that only
//! a lockfile names is never contacted. What comes back are [`Answers`], facts without a
//! judgement, which a snapshot file keeps. [`judge`] makes findings and gaps of them, pure.
//! No answer is a gap, never a pass.

mod age;
mod answers;
mod ask;
mod availability;
mod cache;
mod codeartifact;
mod compare;
pub mod credentials;
mod elsewhere;
mod gaps;
mod judge;
mod protocols;
mod question;
pub mod rules;
mod session;
#[cfg(test)]
mod tests;

pub use age::{AgeRule, UnknownAge};
pub use answers::{
    Answers, CameFrom, DateSource, Failure, FailureKind, FileFacts, MAX_SNAPSHOT_BYTES, Outside,
    PackageAnswer, Reply, SnapshotError, VersionFacts,
};
pub use ask::{AskError, AskOptions, ask};
pub use availability::fill_availability;
pub use codeartifact::CodeArtifactApi;
pub use judge::{OnlineSettings, judge};
