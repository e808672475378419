//! Reading fields that may be anything.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// Longest text that is kept, in characters.
const MAX_TEXT_CHARS: usize = 2_000;
/// Longest id that can be meant, in bytes.
const MAX_ID_BYTES: usize = 512;

/// A JSON object.
pub type Object = Map<String, Value>;

/// A text that is not empty, cut.
pub fn text(object: &Object, field: &str) -> Option<String> {
    let text = object.get(field)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.chars().take(MAX_TEXT_CHARS).collect())
}

/// An id; one that is too long is none.
pub fn id(value: Option<&Value>) -> Option<String> {
    let id = value?.as_str()?.trim();
    (!id.is_empty() && id.len() <= MAX_ID_BYTES).then(|| id.to_owned())
}

/// The objects of a list; `None` where the field is no list or holds something else.
pub fn objects<'v>(object: &'v Object, field: &str) -> Option<Vec<&'v Object>> {
    match object.get(field) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(Value::as_object).collect(),
        Some(_) => None,
    }
}

/// The first of some fields that is there, as a time.
///
/// # Errors
/// The name of a field that is there and no RFC 3339 time.
pub fn time<'f>(object: &Object, fields: &[&'f str]) -> Result<Option<Timestamp>, &'f str> {
    for field in fields {
        if let Some(value) = object.get(*field) {
            let time = value.as_str().and_then(|text| text.parse().ok());
            return time.map(Some).ok_or(field);
        }
    }
    Ok(None)
}
