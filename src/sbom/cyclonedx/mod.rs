//! CycloneDX JSON (<https://cyclonedx.org/docs/1.6/json/>): written in 1.4 to 1.7, read
//! in 1.2 to 1.7.
//!
//! The same document gives the same bytes: there is no time unless one is given, and
//! where the document has no serial number it is a digest of the content (UUID version 8,
//! RFC 9562 section 5.8).

mod fit;
mod form;
mod order;
mod read;
pub(super) mod schema;
pub(super) mod version;
mod write;
mod xml;

pub(crate) use read::read_document;
pub(crate) use xml::parse as parse_xml;

use super::document::{CycloneDxVersion, Document, DocumentOptions};
use super::loss::{Loss, Losses};
use crate::model::Inventory;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

/// What the document says beside the inventory.
pub type CycloneDxOptions = DocumentOptions;

/// The inventory as a CycloneDX 1.6 JSON document, with a final line feed.
#[must_use]
pub fn render(inventory: &Inventory, options: &CycloneDxOptions) -> Vec<u8> {
    let document = Document::of_inventory(inventory, options);
    render_document(&document, CycloneDxVersion::V1_6).0
}

/// A document in a version of CycloneDX JSON, with a final line feed, and what that
/// version could not carry.
#[must_use]
pub fn render_document(document: &Document, version: CycloneDxVersion) -> (Vec<u8>, Vec<Loss>) {
    let mut losses = Losses::default();
    let members = version::members(document, version, &mut losses);
    let mut map = fit::fit(members, version, &mut losses);
    version::drop_signatures(document, version, &mut map, &mut losses);
    let number = version.as_str();
    let schema = format!("http://cyclonedx.org/schema/bom-{number}.schema.json");
    map.insert("$schema".to_owned(), Value::String(schema));
    map.insert(
        "bomFormat".to_owned(),
        Value::String("CycloneDX".to_owned()),
    );
    map.insert("specVersion".to_owned(), Value::String(number.to_owned()));
    if !map.contains_key("serialNumber") {
        let serial = serial_number(&order::to_bytes(&map, version));
        map.insert("serialNumber".to_owned(), Value::String(serial));
    }
    let mut bytes = order::to_bytes(&map, version);
    bytes.push(b'\n');
    (bytes, losses.into_vec())
}

/// `urn:uuid:` and a UUID made of the content.
pub(crate) fn serial_number(content: &[u8]) -> String {
    let hash = digest(&SHA256, content);
    let mut bytes = [0_u8; 16];
    for (byte, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *byte = *from;
    }
    // Version 8 and the RFC's variant.
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = hex::encode(bytes);
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    for length in [8, 4, 4, 4, 12] {
        let (part, after) = rest.split_at(length);
        parts.push(part);
        rest = after;
    }
    format!("urn:uuid:{}", parts.join("-"))
}

#[cfg(test)]
mod tests;
