//! VEX: what a supplier says about vulnerabilities in a product.
//!
//! Enters: the bytes of an OpenVEX 0.2.0 or CycloneDX 1.4 to 1.7 document, or the
//! statements of one to write. Leaves: statements, each with the products that it is about,
//! and lines about those that cannot be used. Nothing here decides what a statement does:
//! the policy does.
//!
//! Unknown fields are passed over. What decides is read strictly: a statement with a status
//! that is not known, without a product by purl, or without the reason that
//! `not_affected` needs is no statement.

mod cyclonedx;
mod error;
mod json;
mod openvex;
mod product;
pub mod rules;
mod write;

pub use error::VexError;
pub use product::{Product, ProductPattern};
pub use rules::GAPS;
pub use write::{Draft, DraftStatement, Written};

use crate::model::{JsonLimits, Purl, VexJustification, VexStatus, parse_strict_json};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Larger documents are refused by the reader.
pub const MAX_VEX_BYTES: u64 = 32 * 1024 * 1024;
/// Most statements of one document.
pub const MAX_STATEMENTS: usize = 100_000;
/// What the JSON of a document may have.
const JSON_LIMITS: JsonLimits = JsonLimits {
    depth: 64,
    values: 4_000_000,
};

/// A document that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// `openvex` or `cyclonedx`.
    pub format: &'static str,
    /// Who answers for it; from outside. Empty where the document does not say it.
    pub author: String,
    /// What it says, in its own order.
    pub statements: Vec<Statement>,
    /// Statements that cannot be used, one line each: which, and why. From outside.
    pub unusable: Vec<String>,
}

/// One statement: vulnerabilities, products and a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// All ids of the vulnerability.
    pub vulnerability: BTreeSet<String>,
    /// What it is about; at least one.
    pub products: Vec<ProductPattern>,
    /// What it says.
    pub status: VexStatus,
    /// Why the product is not affected.
    pub justification: Option<VexJustification>,
    /// Impact, action or notes; from outside.
    pub text: Option<String>,
    /// When it was known to be true.
    pub time: Option<Timestamp>,
}

impl Statement {
    /// Whether it is about a vulnerability, under any of its ids, of a component in a
    /// product.
    #[must_use]
    pub fn is_about(&self, ids: &BTreeSet<&str>, component: &Purl, product: &Product) -> bool {
        self.vulnerability
            .iter()
            .any(|id| ids.contains(id.as_str()))
            && self
                .products
                .iter()
                .any(|pattern| pattern.covers(component, product))
    }
}

/// Reads a document; its format is told by its content.
///
/// # Errors
/// [`VexError`] where it is no VEX document that is known. Single statements that cannot
/// be used are in [`Document::unusable`].
pub fn parse(bytes: &[u8]) -> Result<Document, VexError> {
    let value = parse_strict_json(bytes, JSON_LIMITS).map_err(VexError::Json)?;
    let object = value.as_object().ok_or(VexError::UnknownFormat)?;
    if object.contains_key("@context") {
        return openvex::read(object);
    }
    if object.contains_key("bomFormat") {
        return cyclonedx::read(object);
    }
    Err(VexError::UnknownFormat)
}

#[cfg(test)]
mod tests;
