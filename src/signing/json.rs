//! JSON under the limits of bundles and statements.

use crate::model::{JsonLimits, StrictJsonError, parse_strict_json};
use serde_json::Value;

/// Where `serde_json` itself stops.
const MAX_JSON_DEPTH: usize = 128;

/// Limit of values in one document. An SBOM of 10,000 components has 400,000; `0,` in a
/// file of 60 MB would take a gigabyte.
pub const MAX_JSON_VALUES: usize = 4_000_000;

/// Why bytes are not strict JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// More bytes than the reader allows.
    #[error("larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not JSON, cut short, nested too deeply (128), or followed by something.
    #[error("not valid JSON: {message}")]
    Syntax {
        /// The parser's word, with line and column.
        message: String,
    },
    /// More values than a document of this kind can have.
    #[error("more than {limit} values")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },
    /// An object has the same key twice.
    #[error("the key `{key}` appears twice in one object")]
    DuplicateKey {
        /// The key.
        key: String,
    },
}

/// The value of a JSON document of at most `limit` bytes; objects with a key twice and
/// bytes after the value are refused.
///
/// # Errors
/// Every variant of [`JsonError`].
pub fn parse_json(bytes: &[u8], limit: usize) -> Result<Value, JsonError> {
    if bytes.len() > limit {
        return Err(JsonError::TooLarge { limit });
    }
    parse_counted(bytes, MAX_JSON_VALUES)
}

fn parse_counted(bytes: &[u8], most: usize) -> Result<Value, JsonError> {
    let limits = JsonLimits {
        depth: MAX_JSON_DEPTH,
        values: most,
    };
    parse_strict_json(bytes, limits).map_err(|error| match error {
        StrictJsonError::DuplicateKey { key, .. } => JsonError::DuplicateKey { key },
        StrictJsonError::TooManyValues { limit } => JsonError::TooManyValues { limit },
        StrictJsonError::Syntax {
            line,
            column,
            message,
        } => JsonError::Syntax {
            message: format!("{message} at line {line} column {column}"),
        },
        error @ StrictJsonError::TooDeep { .. } => JsonError::Syntax {
            message: error.to_string(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Value, JsonError> {
        parse_json(text.as_bytes(), 1000)
    }

    #[test]
    fn a_plain_document_is_the_same_as_with_serde_json() {
        let text = r#"{"a":[1,-2,3.5,true,null,"x"],"b":{"c":{}}}"#;
        assert_eq!(
            parse(text).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }

    #[test]
    fn a_key_twice_is_refused_at_any_depth_even_in_another_spelling() {
        for text in [
            r#"{"k":1,"k":1}"#,
            r#"[{"a":{"k":1,"k":2}}]"#,
            "{\"k\":1,\"\\u006b\":2}",
        ] {
            assert_eq!(
                parse(text),
                Err(JsonError::DuplicateKey {
                    key: "k".to_owned()
                }),
                "{text}"
            );
        }
        assert!(parse(r#"[{"k":1},{"k":2}]"#).is_ok());
    }

    #[test]
    fn a_document_of_very_many_values_is_refused_before_it_takes_the_memory() {
        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        // The list itself is a value, too.
        assert!(parse_counted(list(9).as_bytes(), 10).is_ok());
        for text in [list(10), list(1000), format!("{{\"a\":{}}}", list(9))] {
            assert_eq!(
                parse_counted(text.as_bytes(), 10),
                Err(JsonError::TooManyValues { limit: 10 }),
                "{text}"
            );
        }
    }

    #[test]
    fn trailing_bytes_truncation_and_deep_nesting_are_refused() {
        let deep = "[".repeat(500) + &"]".repeat(500);
        for text in ["", "{}{}", "{} x", r#"{"a":"#, "\u{feff}{}", deep.as_str()] {
            assert!(
                matches!(
                    parse_json(text.as_bytes(), 10_000),
                    Err(JsonError::Syntax { .. })
                ),
                "{text}"
            );
        }
        assert_eq!(
            parse_json(b"[1,2,3]", 6),
            Err(JsonError::TooLarge { limit: 6 })
        );
    }
}
