//! Whether a document keeps the rules of its own format and version.
//!
//! The official JSON schemas are not part of the program: these are checks of our own,
//! and tests hold them against the schemas and their published examples.

mod cyclonedx;
mod spdx;

use super::document::extra::At;
use super::document::{Format, Note, detect};
use super::error::SbomError;

/// What validation found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// Format and version of the document.
    pub format: Format,
    /// What breaks a rule, sorted by place; at most 10,000.
    pub problems: Vec<Note>,
}

/// More problems than this say nothing more.
const MAX_PROBLEMS: usize = 10_000;

/// Checks the structure of an SBOM of any format that is read. XML is checked through
/// what its reader makes of it.
///
/// # Errors
/// Every variant of [`SbomError`] that [`super::read`] has.
pub fn validate(bytes: &[u8]) -> Result<Validation, SbomError> {
    let (format, problems) = match detect(bytes)? {
        (format @ Format::CycloneDxJson(version), map) => (format, cyclonedx::check(&map, version)),
        (format @ Format::SpdxJson(version), map) => (format, spdx::check(&map, version)),
        (format @ Format::CycloneDxXml(version), map) => (format, cyclonedx::check(&map, version)),
    };
    let mut problems = problems.0;
    problems.sort();
    problems.dedup();
    Ok(Validation { format, problems })
}

/// Collects problems.
#[derive(Default)]
struct Problems(Vec<Note>);

impl Problems {
    fn add(&mut self, at: &At<'_>, message: impl Into<String>) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push(Note {
                path: at.to_string(),
                message: message.into(),
            });
        }
    }
}
