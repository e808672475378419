//! Strict JSON: one value, no key twice, bounded in depth and in number of values.
//!
//! Parsers differ on which of two equal keys they believe, so a document with two can
//! show one thing to the reviewer and another to the gate.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::{Cell, RefCell};
use std::fmt;

/// What a document may have. The reader bounds its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Deepest nesting; `serde_json` itself stops at 128, with a syntax error.
    pub depth: usize,
    /// Most values of any type.
    pub values: usize,
}

/// Why bytes are not strict JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StrictJsonError {
    /// Not JSON, cut short, or followed by something.
    #[error("not valid JSON: {message} at line {line} column {column}")]
    Syntax {
        /// 1-based.
        line: usize,
        /// As `serde_json` counts it.
        column: usize,
        /// The parser's word.
        message: String,
    },
    /// An object has the same key twice.
    #[error("the key `{key}` appears twice in one object")]
    DuplicateKey {
        /// 1-based.
        line: usize,
        /// As `serde_json` counts it.
        column: usize,
        /// The key.
        key: String,
    },
    /// Nested deeper than the reader allows.
    #[error("nested deeper than {limit}")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More values than the reader allows.
    #[error("more than {limit} values")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },
}

/// The value of a JSON document; objects with a key twice and bytes after the value are
/// refused.
///
/// # Errors
/// Every variant of [`StrictJsonError`].
pub fn parse_strict_json(bytes: &[u8], limits: Limits) -> Result<Value, StrictJsonError> {
    let refused = Refused::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let strict = Strict {
        refused: &refused,
        limits,
        depth: 0,
    };
    strict
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| {
            let (line, column) = (error.line(), error.column());
            match refused.why.take() {
                Some(Why::Depth) => StrictJsonError::TooDeep {
                    limit: limits.depth,
                },
                Some(Why::Count) => StrictJsonError::TooManyValues {
                    limit: limits.values,
                },
                Some(Why::Key(key)) => StrictJsonError::DuplicateKey { line, column, key },
                None => StrictJsonError::Syntax {
                    line,
                    column,
                    message: without_place(&error.to_string()),
                },
            }
        })
}

/// serde's message without its own ` at line 1 column 2`.
fn without_place(message: &str) -> String {
    match message.rsplit_once(" at line ") {
        Some((text, _)) => text.to_owned(),
        None => message.to_owned(),
    }
}

#[derive(Default)]
struct Refused {
    values: Cell<usize>,
    why: RefCell<Option<Why>>,
}

enum Why {
    Depth,
    Count,
    Key(String),
}

/// Builds a value; why it was refused is left in the cell.
#[derive(Clone, Copy)]
struct Strict<'a> {
    refused: &'a Refused,
    limits: Limits,
    depth: usize,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(self, why: Why) -> E {
        self.refused.why.replace(Some(why));
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= self.limits.depth {
            return Err(self.refuse(Why::Depth));
        }
        Ok(Self {
            refused: self.refused,
            limits: self.limits,
            depth: self.depth.saturating_add(1),
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let values = self.refused.values.get().saturating_add(1);
        self.refused.values.set(values);
        if values > self.limits.values {
            return Err(self.refuse(Why::Count));
        }
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
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(self.refuse(Why::Key(key)));
            }
            let value = entries.next_value_seed(inner)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
