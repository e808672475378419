//! SBOMs: an inventory or another SBOM in, a document out. Vulnerabilities are never
//! part of it.

pub mod cyclonedx;
pub mod diff;
pub mod document;
mod error;
pub mod facts;
mod json;
mod licence;
mod loss;
mod merge;
pub mod profile;
mod spdx;
mod validate;

pub use document::{Document, DocumentOptions, Format, ReadDocument, read};
pub use error::SbomError;
pub use licence::COMMON_LICENCES;
pub use loss::{Loss, LossReason};
pub use merge::{MergeOptions, merge};
pub use validate::{Validation, validate};

use crate::model::terminal_safe_json;

/// A document in a format, with a final line feed, and what that format could not carry.
/// The same document gives the same bytes. Characters that could steer a terminal are
/// written as escapes of JSON.
///
/// # Errors
/// [`SbomError::NotWritten`] for a format outside [`Format::WRITTEN`].
pub fn render(document: &Document, format: Format) -> Result<(Vec<u8>, Vec<Loss>), SbomError> {
    if !Format::WRITTEN.contains(&format) {
        return Err(SbomError::NotWritten {
            format: format.to_string(),
        });
    }
    let (bytes, losses) = match format {
        Format::CycloneDxJson(version) | Format::CycloneDxXml(version) => {
            cyclonedx::render_document(document, version)
        }
        Format::SpdxJson(document::SpdxVersion::V3_0_1) => spdx::render_v3(document),
        Format::SpdxJson(_) => spdx::render_v2(document),
    };
    let safe = String::from_utf8(bytes).map(terminal_safe_json);
    let safe = safe.map_or_else(|error| error.into_bytes(), String::into_bytes);
    Ok((safe, losses))
}
