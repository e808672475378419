//! The shared words of every room. Nothing here reads a file, a clock or the network.

mod component;
mod digest;
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

pub use component::{
    CargoFacts, Checksum, Component, ComponentKind, DependencyKind, DependencyUse, GitReference,
    Inventory, LockfileRead, Occurrence, Origin, Root, Scope, Skipped,
};
pub use digest::{Digest, DigestAlgorithm, DigestError};
pub use ecosystem::Ecosystem;
pub use finding::{
    AdvisoryClass, AdvisoryDetail, Confidence, Detail, Finding, Outcome, RegistryDetail, Rule,
    SecretDetail, Subject, Validity,
};
pub use gap::Gap;
pub use hint::Hint;
pub use licence::{Licence, LicenceSource};
pub use location::Location;
pub use purl::{Purl, PurlError, PurlParts};
pub use report::{
    DatabaseInfo, EvidenceLine, PolicyInfo, Report, SecretsScanned, SourceInfo, ToolInfo,
};
pub use severity::Severity;
pub use strict_json::{Limits as JsonLimits, StrictJsonError, parse_strict_json};
pub use text::{Redacted, fold_url_credentials, is_secret_parameter, terminal_safe};
pub use toml_problem::{TomlProblem, nearest};
pub use verdict::{
    Decision, Disposition, JudgedFinding, JudgedGap, UnusedWaiver, Verdict, WaiverState, WaiverUse,
};
