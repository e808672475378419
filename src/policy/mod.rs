//! The policy: what blocks, what is only reported, what is waived and by whom.
//!
//! Enters: the bytes of a TOML policy (or a preset's name), findings, gaps, a time.
//! Leaves: a [`crate::model::Verdict`] with a reason for every finding and gap.
//! Nothing here reads a file or a clock: the same input gives the same verdict.

mod advisories;
mod approval;
mod document;
pub mod environments;
mod error;
mod evaluate;
mod freshness;
mod level;
mod presets;
mod registry;
mod rules;
mod statements;
mod version_range;
mod waiver;

pub use advisories::{AdvisoryPolicy, VexDocument};
pub use approval::approval;
pub use document::{MAX_POLICY_BYTES, Marks, Policy, RegistryPolicy};
pub use error::{PolicyError, WaiverProblem};
pub use evaluate::{Checked, evaluate};
pub use level::Level;
pub use presets::{Preset, preset_names};
pub use registry::{AgeEntry, CodeArtifactEntry, UnknownAge};
pub use rules::GAPS;
pub use version_range::VersionRange;
pub use waiver::{ComponentName, Waiver, WaiverMatch, WaiverVex};
