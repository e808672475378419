//! Strict JSON: one value, no key twice, bounded.
//!
//! Parsers differ on which of two equal keys they believe, so a document with two can
//! show one thing to the reviewer and another to the gate.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

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
    let state = RefCell::new(State {
        left: most,
        too_many: false,
        duplicate: None,
    });
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict(&state)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    let State {
        too_many,
        duplicate,
        ..
    } = state.into_inner();
    parsed.map_err(|error| match duplicate {
        Some(key) => JsonError::DuplicateKey { key },
        None if too_many => JsonError::TooManyValues { limit: most },
        None => JsonError::Syntax {
            message: error.to_string(),
        },
    })
}

/// What is known besides the value.
struct State {
    /// How many more values may come.
    left: usize,
    /// One more came.
    too_many: bool,
    /// The key that appears twice.
    duplicate: Option<String>,
}

/// Builds a value.
#[derive(Clone, Copy)]
struct Strict<'a>(&'a RefCell<State>);

impl Strict<'_> {
    fn count<E: serde::de::Error>(self) -> Result<(), E> {
        let mut state = self.0.borrow_mut();
        let Some(left) = state.left.checked_sub(1) else {
            state.too_many = true;
            return Err(E::custom("too many values"));
        };
        state.left = left;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                self.0.borrow_mut().duplicate = Some(key);
                return Err(A::Error::custom("a key twice in one object"));
            }
            map.insert(key, entries.next_value_seed(self)?);
        }
        Ok(Value::Object(map))
    }
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
