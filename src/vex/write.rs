//! VEX documents, written. The same draft gives the same bytes.

use super::{cyclonedx, openvex};
use crate::model::{Purl, VexJustification, VexStatus};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A format that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// OpenVEX 0.2.0.
    OpenVex,
    /// CycloneDX 1.6, with nothing but vulnerabilities and what they are about.
    CycloneDx,
}

/// A document to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// 16 bytes that name the document: equal for equal content, and only for that.
    pub id: [u8; 16],
    /// Who answers for it.
    pub author: String,
    /// When it was issued.
    pub timestamp: Timestamp,
    /// Version of sealgate.
    pub tool_version: String,
    /// Purl of the product.
    pub product: Purl,
    /// Name of the product.
    pub product_name: String,
    /// Version of the product.
    pub product_version: Option<String>,
    /// What it says; sorted here.
    pub statements: Vec<DraftStatement>,
}

/// A statement to write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftStatement {
    /// The id shown first.
    pub vulnerability: String,
    /// Its other ids, sorted.
    pub aliases: Vec<String>,
    /// The component that has it.
    pub component: Purl,
    /// What is said.
    pub status: VexStatus,
    /// Why the product is not affected; only with [`VexStatus::NotAffected`].
    pub justification: Option<VexJustification>,
    /// In words: the impact, or what is done about it.
    pub text: String,
}

impl Draft {
    /// The document as indented JSON with a line break at its end.
    #[must_use]
    pub fn render(&self, format: Written) -> String {
        let mut statements = self.statements.clone();
        statements.sort();
        statements.dedup();
        let value = match format {
            Written::OpenVex => self.openvex(&statements),
            Written::CycloneDx => self.cyclonedx(&statements),
        };
        format!("{value:#}\n")
    }

    fn openvex(&self, statements: &[DraftStatement]) -> Value {
        let time = self.timestamp.to_string();
        let statements: Vec<Value> = statements
            .iter()
            .map(|statement| {
                let mut vulnerability = json!({ "name": statement.vulnerability });
                if !statement.aliases.is_empty() {
                    insert(&mut vulnerability, "aliases", json!(statement.aliases));
                }
                let mut written = json!({
                    "vulnerability": vulnerability,
                    "timestamp": time,
                    "products": [{
                        "@id": self.product.as_str(),
                        "identifiers": { "purl": self.product.as_str() },
                        "subcomponents": [{
                            "@id": statement.component.as_str(),
                            "identifiers": { "purl": statement.component.as_str() },
                        }],
                    }],
                    "status": statement.status.as_str(),
                });
                // The published schema takes a justification or an impact statement, not both.
                let field = match (statement.status, statement.justification) {
                    (VexStatus::NotAffected, Some(label)) => {
                        insert(&mut written, "justification", json!(label.as_str()));
                        "status_notes"
                    }
                    (VexStatus::NotAffected, None) => "impact_statement",
                    (VexStatus::Affected, _) => "action_statement",
                    (VexStatus::Fixed | VexStatus::UnderInvestigation, _) => "status_notes",
                };
                insert(&mut written, field, json!(statement.text));
                written
            })
            .collect();
        json!({
            "@context": openvex::CONTEXT,
            "@id": format!("urn:sealgate:vex:{}", hex::encode(self.id)),
            "author": self.author,
            // Optional in the specification, asked for by readers.
            "role": "Document Creator",
            "timestamp": time,
            "version": 1,
            "tooling": format!("sealgate {}", self.tool_version),
            "statements": statements,
        })
    }

    fn cyclonedx(&self, statements: &[DraftStatement]) -> Value {
        let time = self.timestamp.to_string();
        let components: BTreeMap<&str, Value> = statements
            .iter()
            .map(|statement| {
                (
                    statement.component.as_str(),
                    component(&statement.component),
                )
            })
            .collect();
        let vulnerabilities: Vec<Value> = statements
            .iter()
            .map(|statement| {
                let state = match statement.status {
                    VexStatus::NotAffected => "not_affected",
                    VexStatus::Fixed => "resolved",
                    VexStatus::Affected => "exploitable",
                    VexStatus::UnderInvestigation => "in_triage",
                };
                let mut analysis = json!({
                    "state": state,
                    "detail": statement.text,
                    "firstIssued": time,
                    "lastUpdated": time,
                });
                if let (VexStatus::NotAffected, Some(label)) =
                    (statement.status, statement.justification)
                {
                    let word = cyclonedx::justification_word(label);
                    insert(&mut analysis, "justification", json!(word));
                }
                let mut written = json!({
                    "id": statement.vulnerability,
                    "source": { "name": source(&statement.vulnerability) },
                    "analysis": analysis,
                    "affects": [{ "ref": statement.component.as_str() }],
                });
                if !statement.aliases.is_empty() {
                    let references: Vec<Value> = statement
                        .aliases
                        .iter()
                        .map(|id| json!({ "id": id, "source": { "name": source(id) } }))
                        .collect();
                    insert(&mut written, "references", json!(references));
                }
                written
            })
            .collect();
        let mut product = json!({
            "type": "application",
            "bom-ref": self.product.as_str(),
            "name": self.product_name,
            "purl": self.product.as_str(),
        });
        if let Some(version) = &self.product_version {
            insert(&mut product, "version", json!(version));
        }
        json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": format!("urn:uuid:{}", uuid(&self.id)),
            "version": 1,
            "metadata": {
                "timestamp": time,
                "tools": { "components": [{
                    "type": "application",
                    "name": "sealgate",
                    "version": self.tool_version,
                }] },
                "authors": [{ "name": self.author }],
                "component": product,
            },
            "components": components.into_values().collect::<Vec<_>>(),
            "vulnerabilities": vulnerabilities,
        })
    }
}

fn insert(object: &mut Value, field: &str, value: Value) {
    let mut empty = Map::new();
    object
        .as_object_mut()
        .unwrap_or(&mut empty)
        .insert(field.to_owned(), value);
}

fn component(purl: &Purl) -> Value {
    let mut written = json!({
        "type": "library",
        "bom-ref": purl.as_str(),
        "name": purl.name(),
        "purl": purl.as_str(),
    });
    for (field, value) in [("group", purl.namespace()), ("version", purl.version())] {
        if let Some(value) = value {
            insert(&mut written, field, json!(value));
        }
    }
    written
}

/// Who gives ids of a kind.
fn source(id: &str) -> &'static str {
    [
        ("CVE-", "NVD"),
        ("GHSA-", "GitHub Advisories"),
        ("RUSTSEC-", "RustSec"),
        ("PYSEC-", "PyPA"),
        ("GO-", "Go Vulnerability Database"),
    ]
    .into_iter()
    .find(|(prefix, _)| id.starts_with(prefix))
    .map_or("OSV", |(_, source)| source)
}

/// A UUID of version 8 (RFC 9562, 5.8): bits of one's own.
fn uuid(id: &[u8; 16]) -> String {
    let mut bytes = *id;
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0f) | 0x80;
    *variant = (*variant & 0x3f) | 0x80;
    let text = hex::encode(bytes);
    let parts: Vec<&str> = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)]
        .into_iter()
        .filter_map(|(from, to)| text.get(from..to))
        .collect();
    parts.join("-")
}
