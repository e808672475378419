//! JSON under limits: no key twice, bounded in depth and in number of values.

use super::error::SbomError;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::{Cell, RefCell};
use std::fmt;

/// Deepest nesting. Below the 128 at which `serde_json` itself stops, so that the
/// message is ours.
const MAX_DEPTH: usize = 100;
/// Most values of any type.
const MAX_VALUES: usize = 20_000_000;

/// The value of a JSON document.
///
/// # Errors
/// [`SbomError::Syntax`], [`SbomError::DuplicateKey`], [`SbomError::TooDeep`] or
/// [`SbomError::TooLarge`].
pub fn parse(bytes: &[u8]) -> Result<Value, SbomError> {
    let refused = Refused::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let strict = Strict {
        refused: &refused,
        depth: 0,
    };
    strict
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| match refused.why.take() {
            Some(Why::Depth) => SbomError::TooDeep { limit: MAX_DEPTH },
            Some(Why::Count) => SbomError::TooLarge {
                what: "values",
                limit: MAX_VALUES,
            },
            Some(Why::Key(key)) => SbomError::DuplicateKey {
                line: error.line(),
                column: error.column(),
                key,
            },
            None => SbomError::Syntax {
                line: error.line(),
                column: error.column(),
                message: without_place(&error.to_string()),
            },
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
    depth: usize,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(self, why: Why) -> E {
        self.refused.why.replace(Some(why));
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(Why::Depth));
        }
        Ok(Self {
            refused: self.refused,
            depth: self.depth.saturating_add(1),
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let values = self.refused.values.get().saturating_add(1);
        self.refused.values.set(values);
        if values > MAX_VALUES {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named_and_keys_count_once() {
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(
            parse(deep(MAX_DEPTH + 1).as_bytes()),
            Err(SbomError::TooDeep { limit: MAX_DEPTH })
        );
        assert_eq!(
            parse(deep(1_000_000).as_bytes()),
            Err(SbomError::TooDeep { limit: MAX_DEPTH })
        );
        assert!(matches!(
            parse(b"{\"a\": 1,\n \"\\u0061\": 2}"),
            Err(SbomError::DuplicateKey { line: 2, key, .. }) if key == "a"
        ));
        assert!(matches!(
            parse(b"{} {}"),
            Err(SbomError::Syntax {
                line: 1,
                column: 4,
                ..
            })
        ));
        assert!(matches!(parse(b""), Err(SbomError::Syntax { .. })));
        assert!(matches!(parse(b"[1e999]"), Err(SbomError::Syntax { .. })));
        assert!(matches!(parse(b"\"\xff\""), Err(SbomError::Syntax { .. })));
    }
}
