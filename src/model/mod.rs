//! The shared words of every room. Nothing here reads a file, a clock or the network.

mod advice;
mod component;
mod digest;
mod dossier;
mod ecosystem;
mod finding;
mod gap;
mod hint;
mod licence;
mod location;
mod purl;
mod report;
mod severity;
mod strict_json;
mod text;
mod toml_problem;
mod verdict;
mod vex;

pub use advice::{Advice, Cleared, ClientCommand, Means, Step, Uncleared, Upgrade};
pub use component::{
    Availability, AvailabilitySource, CargoFacts, Checksum, Component, ComponentKind,
    DependencyKind, DependencyUse, GitReference, Inventory, LockfileRead, Occurrence, Origin, Root,
    Scope, SkipKind, Skipped,
};
pub use digest::{Digest, DigestAlgorithm, DigestError};
pub use dossier::{Clients, Dossier, MissingPart};
pub use ecosystem::Ecosystem;
pub(crate) use finding::rules;
pub use finding::{
    AdvisoryClass, AdvisoryDetail, Confidence, ConfiguredAt, Detail, ExploitScore, Finding,
    Introduced, KnownExploited, Outcome, Reach, RegistryDetail, Rule, SecretDetail, Subject,
    Validity, YankDetail,
};
pub use gap::Gap;
pub use hint::Hint;
pub use licence::{Licence, LicenceSource};
pub use location::Location;
pub use purl::{Purl, PurlError, PurlParts};
pub use report::{
    DatabaseInfo, DroppedCandidate, DroppedCandidates, EvidenceLine, PolicyInfo, Published,
    RegistryAnswer, RegistryAsked, Report, SecretsScanned, SourceInfo, SourceUse, ToolInfo,
};
pub use severity::Severity;
pub use strict_json::{Limits as JsonLimits, StrictJsonError, parse_strict_json};
pub use text::{
    Redacted, fold_url_credentials, is_secret_parameter, terminal_safe, terminal_safe_json,
};
pub use toml_problem::{TomlProblem, nearest};
pub use verdict::{
    Approval, Decision, Disposition, EntryPlace, JudgedFinding, JudgedGap, Lapse, LapsedWaiver,
    UnusedWaiver, Verdict, VexUse, WaiverState, WaiverUse,
};
pub use vex::{VexDocumentInfo, VexJustification, VexStatement, VexStatus};
