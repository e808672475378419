//! OpenVEX (<https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md>), read.

use super::json::{Object, id, objects, text, time};
use super::product::Named;
use super::{Document, MAX_STATEMENTS, ProductPattern, Statement, VexError};
use crate::model::{Purl, VexJustification, VexStatus};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// The format's name in reports.
pub const FORMAT: &str = "openvex";
/// Contexts of version 0.2.0; documents before 1.0 may also write the bare one.
const CONTEXTS: [&str; 2] = ["https://openvex.dev/ns/v0.2.0", "https://openvex.dev/ns"];
/// The context that is written.
pub const CONTEXT: &str = CONTEXTS[0];

pub fn read(object: &Object) -> Result<Document, VexError> {
    let context = object.get("@context").and_then(Value::as_str);
    let context = context.ok_or(VexError::UnknownFormat)?;
    if !CONTEXTS.contains(&context) {
        return Err(match context.starts_with("https://openvex.dev/") {
            true => VexError::UnsupportedVersion {
                format: "OpenVEX",
                found: context.to_owned(),
                known: "0.2.0",
            },
            false => VexError::UnknownFormat,
        });
    }
    let malformed = |field, want| VexError::Malformed { field, want };
    let own_time = time(object, &["last_updated", "timestamp"])
        .map_err(|_| malformed("timestamp", "an RFC 3339 time"))?;
    let items = object.get("statements").and_then(Value::as_array);
    let items = items.ok_or(malformed("statements", "a list"))?;
    if items.len() > MAX_STATEMENTS {
        return Err(VexError::TooManyStatements);
    }
    let mut document = Document {
        format: FORMAT,
        author: text(object, "author").unwrap_or_default(),
        statements: Vec::new(),
        unusable: Vec::new(),
    };
    for (index, item) in items.iter().enumerate() {
        match statement(item, own_time) {
            Ok(statement) => document.statements.push(statement),
            Err(why) => document
                .unusable
                .push(format!("statement {}: {why}", index + 1)),
        }
    }
    Ok(document)
}

fn statement(item: &Value, document_time: Option<Timestamp>) -> Result<Statement, String> {
    let item = item.as_object().ok_or("it is not an object")?;
    let vulnerability =
        vulnerability(item.get("vulnerability")).ok_or("it names no vulnerability")?;
    let name = vulnerability.iter().next().cloned().unwrap_or_default();
    let about = |why: &str| format!("{name}: {why}");
    let status = status(item).map_err(|why| about(&why))?;
    let justification = justification(item).map_err(|why| about(&why))?;
    let impact = text(item, "impact_statement");
    if status == VexStatus::NotAffected && justification.is_none() && impact.is_none() {
        return Err(about(
            "`not_affected` needs a justification or an impact statement",
        ));
    }
    let time = time(item, &["last_updated", "timestamp"])
        .map_err(|field| about(&format!("`{field}` is no time")))?
        .or(document_time);
    Ok(Statement {
        products: products(item).map_err(|why| about(&why))?,
        vulnerability,
        status,
        justification: justification.filter(|_| status == VexStatus::NotAffected),
        text: impact
            .or_else(|| text(item, "action_statement"))
            .or_else(|| text(item, "status_notes")),
        time,
    })
}

/// Name and aliases; a text alone in documents before 0.2.0.
fn vulnerability(value: Option<&Value>) -> Option<BTreeSet<String>> {
    if let Some(name) = id(value) {
        return Some(BTreeSet::from([name]));
    }
    let object = value?.as_object()?;
    let aliases = object.get("aliases").and_then(Value::as_array);
    let aliases = aliases.into_iter().flatten().filter_map(|a| id(Some(a)));
    let mut ids: BTreeSet<String> = aliases.collect();
    ids.insert(id(object.get("name"))?);
    Some(ids)
}

fn status(item: &Object) -> Result<VexStatus, String> {
    let word = item
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let known = VexStatus::ALL.into_iter().find(|s| s.as_str() == word);
    known.ok_or_else(|| format!("the status `{word}` is not known"))
}

fn justification(item: &Object) -> Result<Option<VexJustification>, String> {
    match item.get("justification") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let label = value.as_str().unwrap_or_default();
            let known = VexJustification::from_label(label);
            known
                .map(Some)
                .ok_or_else(|| format!("the justification `{label}` is not known"))
        }
    }
}

/// The products that are named by purl. One without is passed over; a purl that is none, or
/// parts that are not all named by purl, make the whole statement unusable: what it leaves
/// out cannot be told.
fn products(item: &Object) -> Result<Vec<ProductPattern>, String> {
    let listed = match item.get("products") {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    };
    let mut products = Vec::new();
    for product in listed {
        let named = match product {
            Value::String(text) => purl(text)?,
            Value::Object(object) => purl_of(object)?,
            _ => return Err("a product is not an object".to_owned()),
        };
        let Some(named) = named else { continue };
        let parts = match product.as_object() {
            Some(object) if object.contains_key("subcomponents") => Some(parts(object)?),
            _ => None,
        };
        products.push(ProductPattern {
            product: Named::Purl(named),
            subcomponents: parts.filter(|parts| !parts.is_empty()),
        });
    }
    if products.is_empty() {
        return Err("it names no product by purl".to_owned());
    }
    Ok(products)
}

fn parts(product: &Object) -> Result<Vec<Purl>, String> {
    let wrong = || "a subcomponent is not named by purl".to_owned();
    let listed = objects(product, "subcomponents").ok_or_else(wrong)?;
    listed
        .into_iter()
        .map(|part| purl_of(part)?.ok_or_else(wrong))
        .collect()
}

/// The purl among the identifiers, else the `@id` if it is one.
fn purl_of(object: &Object) -> Result<Option<Purl>, String> {
    let identifiers = object.get("identifiers").and_then(Value::as_object);
    let identified = identifiers.and_then(|identifiers| identifiers.get("purl"));
    match identified.or_else(|| object.get("@id")) {
        None => Ok(None),
        Some(Value::String(text)) => purl(text),
        Some(_) => Err("a product's id is not a text".to_owned()),
    }
}

fn purl(text: &str) -> Result<Option<Purl>, String> {
    if !text.starts_with("pkg:") {
        return Ok(None);
    }
    Purl::parse(text)
        .map(Some)
        .map_err(|error| error.to_string())
}
