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
    /// What was not checked (parts of an XML document that its reader does not know).
    pub unchecked: Vec<Note>,
}

/// More problems than this say nothing more.
const MAX_PROBLEMS: usize = 10_000;

/// Checks the structure of an SBOM of any format that is read. XML is checked through
/// what its reader makes of it.
///
/// # Errors
/// Every variant of [`SbomError`] that [`super::read`] has.
pub fn validate(bytes: &[u8]) -> Result<Validation, SbomError> {
    let (format, map, notes) = detect(bytes)?;
    let problems = match format {
        Format::CycloneDxJson(version) | Format::CycloneDxXml(version) => {
            cyclonedx::check(&map, version)
        }
        Format::SpdxJson(version) => spdx::check(&map, version),
    };
    let mut problems = problems.0;
    // What the reader of XML does not know may still be right: it is not checked.
    let unchecked = notes;
    problems.sort();
    problems.dedup();
    Ok(Validation {
        format,
        problems,
        unchecked,
    })
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
