//! JSON objects with the place of each member, which `serde_json` does not give by itself.

use crate::support::json_tree::Key;
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Levels that `serde_json` follows.
const JSON_DEPTH: usize = 127;

/// One member of an object.
#[derive(Debug)]
pub struct Member<'a> {
    /// The key, unescaped.
    pub key: Cow<'a, str>,
    /// Byte offset of the key in the text; of the value, where the key is written with
    /// escapes.
    pub offset: usize,
    /// The value's own text.
    pub value: &'a RawValue,
}

/// A JSON object, one member of which is an object that is taken apart as well.
#[derive(Debug, Default)]
pub struct Object<'a> {
    /// Every other member, in the order of the text, duplicates included.
    pub members: Vec<Member<'a>>,
    /// The members of the nested object, in the order of the text, duplicates included;
    /// where it stands several times, of the last one.
    pub nested: Vec<Member<'a>>,
    /// How often the nested object stands there.
    pub nested_count: usize,
}

/// Reads a JSON object and the nested object under the key `nested`. What comes before a
/// syntax error is in `object` when it is returned. The values are only checked for
/// syntax, without recursion, so that depth costs no stack.
///
/// # Errors
/// The first syntax error, or more than `limit` members in one of the two objects.
pub fn read_object<'a>(
    text: &'a str,
    nested: &str,
    limit: usize,
    object: &mut Object<'a>,
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(Outer {
        text,
        nested,
        limit,
        object,
    })?;
    json.end()
}

/// What keeps a text from being JSON; of one that is nested too deep, with the limit.
pub fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // The library has no name for this error.
    match text.split_once("recursion limit exceeded") {
        Some((_, place)) => format!("it is nested deeper than {JSON_DEPTH} levels{place}"),
        None => text,
    }
}

/// Where a part of a text, borrowed from it, starts in it: a byte offset.
pub fn offset_of(text: &str, part: &str) -> usize {
    // Both come from one allocation: `part` is what the reader borrowed from `text`.
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

struct Outer<'a, 'o> {
    text: &'a str,
    nested: &'o str,
    limit: usize,
    object: &'o mut Object<'a>,
}

impl<'a> Visitor<'a> for Outer<'a, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            if key == self.nested {
                self.object.nested_count = self.object.nested_count.saturating_add(1);
                self.object.nested.clear();
                map.next_value_seed(Inner {
                    text: self.text,
                    limit: self.limit,
                    members: &mut self.object.nested,
                })?;
            } else {
                member(
                    self.text,
                    self.limit,
                    key,
                    &mut map,
                    &mut self.object.members,
                )?;
            }
        }
        Ok(())
    }
}

struct Inner<'a, 'o> {
    text: &'a str,
    limit: usize,
    members: &'o mut Vec<Member<'a>>,
}

impl<'a> DeserializeSeed<'a> for Inner<'a, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Inner<'a, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            member(self.text, self.limit, key, &mut map, self.members)?;
        }
        Ok(())
    }
}

fn member<'a, A: MapAccess<'a>>(
    text: &'a str,
    limit: usize,
    key: Cow<'a, str>,
    map: &mut A,
    members: &mut Vec<Member<'a>>,
) -> Result<(), A::Error> {
    if members.len() >= limit {
        return Err(A::Error::custom(format!("more than {limit} members")));
    }
    let value: &'a RawValue = map.next_value()?;
    let offset = match &key {
        Cow::Borrowed(key) => offset_of(text, key),
        Cow::Owned(_) => offset_of(text, value.get()),
    };
    members.push(Member { key, offset, value });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, limit: usize) -> (Object<'_>, bool) {
        let mut object = Object::default();
        let whole = read_object(text, "p", limit, &mut object).is_ok();
        (object, whole)
    }

    #[test]
    fn every_member_has_its_place_whatever_its_key_holds() {
        let text = "{\n \"a\": \"}\\\"{\",\n \"\\n\\u0062\" :\n  {\"a\": 1},\n \"a\":[\"a\"]\n}";
        let (object, whole) = read(text, 9);
        assert!(whole);
        let keys: Vec<&str> = object.members.iter().map(|m| m.key.as_ref()).collect();
        assert_eq!(keys, ["a", "\nb", "a"]);
        let at = |index: usize| text.split_at(object.members[index].offset).1;
        assert!(at(0).starts_with("a\": \"}"));
        assert!(at(1).starts_with("{\"a\""));
        assert!(at(2).starts_with("a\":["));
        assert_eq!(object.members[2].value.get(), "[\"a\"]");
    }

    #[test]
    fn the_last_nested_object_counts_and_what_precedes_an_error_is_kept() {
        let (object, whole) = read("{\"p\": {\"x\": 1}, \"p\": {\"y\": 2, \"z\": 3, \"w", 9);
        assert!(!whole);
        assert_eq!(object.nested_count, 2);
        let keys: Vec<&str> = object.nested.iter().map(|m| m.key.as_ref()).collect();
        assert_eq!(keys, ["y", "z"]);
        assert!(!read("{\"a\": 1, \"b\": 2}", 1).1);
        assert!(!read("{\"p\": {\"a\": 1, \"b\": 2}}", 1).1);
        assert!(!read("{} {}", 9).1);
        assert!(!read("[]", 9).1);
        assert!(!read("{\"p\": []}", 9).1);
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(&deep, 9).0.members.len(), 1);
    }

    #[test]
    fn the_limit_of_nesting_is_in_the_message() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let read = |depth| serde_json::from_str::<serde_json::Value>(&nested(depth));
        assert!(read(JSON_DEPTH).is_ok());
        let error = read(JSON_DEPTH + 1).unwrap_err();
        let said = reason(&error);
        assert!(
            said.starts_with("it is nested deeper than 127 levels"),
            "{said}"
        );
    }
}
