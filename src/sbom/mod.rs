//! SBOMs: an inventory in, a document out. Vulnerabilities are never part of it.

pub mod cyclonedx;
mod licence;

pub use licence::COMMON_LICENCES;
