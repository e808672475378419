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

/// A document in a format, with a final line feed, and what that format could not carry.
/// The same document gives the same bytes.
///
/// # Errors
/// [`SbomError::NotWritten`] for a format outside [`Format::WRITTEN`].
pub fn render(document: &Document, format: Format) -> Result<(Vec<u8>, Vec<Loss>), SbomError> {
    if !Format::WRITTEN.contains(&format) {
        return Err(SbomError::NotWritten {
            format: format.to_string(),
        });
    }
    Ok(match format {
        Format::CycloneDxJson(version) | Format::CycloneDxXml(version) => {
            cyclonedx::render_document(document, version)
        }
        Format::SpdxJson(document::SpdxVersion::V3_0_1) => spdx::render_v3(document),
        Format::SpdxJson(_) => spdx::render_v2(document),
    })
}
