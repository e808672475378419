//! Documents and counts, for people and for programs.

use crate::model::terminal_safe;
use crate::store::Document;
use jiff::Timestamp;
use serde_json::{Value, json};

/// `1 document`, `2 documents`.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// RFC 3339, UTC; the number itself where it is out of range.
pub(super) fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// `shop 1.2.0 (shop.cdx.json)`.
pub(super) fn document(document: &Document) -> String {
    let version = document.product_version.as_deref().unwrap_or_default();
    let space = if version.is_empty() { "" } else { " " };
    terminal_safe(&format!(
        "{}{space}{version} ({})",
        document.product, document.file
    ))
    .into_owned()
}

pub(super) fn document_json(document: &Document) -> Value {
    json!({
        "product": document.product,
        "product_version": document.product_version,
        "artifact": document.artifact,
        "file": document.file,
        "digest": document.digest,
        "kind": document.kind,
        "made_at": document.made_at.map(time),
        "added_at": time(document.added_at),
        "decision": document.decision,
        "gaps": document.gaps,
    })
}

/// Indented JSON with a line break at its end, safe on a terminal.
pub(super) fn json_text(value: &Value) -> String {
    crate::model::terminal_safe_json(format!("{value:#}\n"))
}
