//! SBOMs: an inventory or another SBOM in, a document out. Vulnerabilities are never
//! part of it.

pub mod cyclonedx;
pub mod diff;
pub mod document;
mod error;
pub mod facts;
mod json;
mod licence;
pub mod loss;
pub mod profile;

pub use document::{Document, DocumentOptions, Format, ReadDocument, read};
pub use error::SbomError;
pub use licence::COMMON_LICENCES;
pub use loss::{Loss, LossReason};
