//! Whole JSON documents with the line of every member, read under limits. Where only the
//! members of one object matter, `inventory` reads without building a tree.

use super::lines::{Lines, SyntaxError};

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// Collections inside one another.
pub const DEPTH_LIMIT: usize = 64;

/// Values of one document. A `project.assets.json` of 10 MB has 250,000.
pub const NODE_LIMIT: usize = 3_000_000;

/// A document, perhaps only the part before an error.
#[derive(Debug)]
pub struct Document<'a> {
    /// The root.
    pub root: Node<'a>,
    /// Keys that stand several times in one object, with the line of each repetition; at
    /// most 100. [`Node::member`] finds the last, as most readers do.
    pub repeated: Vec<(String, u32)>,
    /// What ended the reading early. What it broke off is marked ([`Node::is_cut`]).
    pub broken: Option<SyntaxError>,
}

/// A value.
#[derive(Debug, Default)]
pub struct Node<'a> {
    /// 1-based line: of its key, else of its own text, else of its first key.
    pub line: u32,
    /// Whether a syntax error broke this collection off.
    pub is_cut: bool,
    /// What it is.
    pub value: Value<'a>,
}

/// What a node is.
#[derive(Debug, Default)]
pub enum Value<'a> {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number, as text in its shortest form.
    Number(String),
    /// Unescaped.
    Text(Cow<'a, str>),
    /// A list.
    Array(Vec<Node<'a>>),
    /// Members in the order of the text, repetitions included.
    Object(Vec<Member<'a>>),
}

/// A member of an object.
#[derive(Debug)]
pub struct Member<'a> {
    /// Unescaped.
    pub key: Cow<'a, str>,
    /// 1-based line of the key.
    pub line: u32,
    /// Its value.
    pub value: Node<'a>,
}

impl<'a> Node<'a> {
    /// A string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A truth value.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The members of an object, where it is one.
    #[must_use]
    pub fn object(&self) -> Option<&[Member<'a>]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The members of an object; none of anything else.
    #[must_use]
    pub fn members(&self) -> &[Member<'a>] {
        self.object().unwrap_or_default()
    }

    /// The items of an array; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Node<'a>] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// The last member with this key.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Member<'a>> {
        self.members().iter().rfind(|member| member.key == key)
    }

    /// The value of the last member with this key.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Node<'a>> {
        Some(&self.member(key)?.value)
    }

    /// The string under this key.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.value(key)?.text()
    }

    /// Members that look like lists of entries under keys that the format does not have:
    /// lists of objects with a name. With the line of each.
    #[must_use]
    pub fn strays(&self, known: &[&str]) -> Vec<(String, u32)> {
        let members = self.members().iter();
        members
            .filter(|member| !known.contains(&member.key.as_ref()))
            .filter(|member| {
                let mut items = member.value.items().iter();
                items.any(|item| item.member("name").is_some())
            })
            .map(|member| (member.key.to_string(), member.line))
            .collect()
    }

    /// A string as it is, a number or truth value as JSON writes it, for messages.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => number.clone(),
            Value::Text(text) => text.chars().take(40).collect(),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        }
    }
}

/// Reads a document. A syntax error or a limit ends the reading; what stands before is
/// kept.
#[must_use]
pub fn parse(text: &str) -> Document<'_> {
    let mut state = State {
        text,
        lines: Lines::new(text),
        line: 1,
        nodes: 0,
        depth: 0,
        repeated: Vec::new(),
    };
    let mut root = Node::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Fill {
        state: &mut state,
        target: &mut root,
    }
    .deserialize(&mut json)
    .and_then(|()| json.end());
    if root.line == 0 {
        root.line = 1;
    }
    Document {
        root,
        repeated: state.repeated,
        broken: read.err().map(|error| SyntaxError {
            line: u32::try_from(error.line()).unwrap_or(u32::MAX).max(1),
            reason: error.to_string(),
        }),
    }
}

struct State<'a> {
    text: &'a str,
    lines: Lines<'a>,
    /// The line of the last string that was seen.
    line: u32,
    nodes: usize,
    depth: usize,
    repeated: Vec<(String, u32)>,
}

impl State<'_> {
    fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > NODE_LIMIT {
            return Err(E::custom(format!("more than {NODE_LIMIT} values")));
        }
        Ok(())
    }

    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH_LIMIT {
            return Err(E::custom(format!("more than {DEPTH_LIMIT} levels")));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The line of a string. One with escapes is a copy, whose place is not known; it
    /// gets the line of the string before it.
    fn line_of(&mut self, part: Option<&str>) -> u32 {
        if let Some(part) = part {
            let offset = part.as_ptr().addr().checked_sub(self.text.as_ptr().addr());
            self.line = self.lines.at(offset.unwrap_or(0));
        }
        self.line
    }
}

/// The part of the document itself, where the string is one.
fn borrowed<'s>(text: &Cow<'s, str>) -> Option<&'s str> {
    match text {
        Cow::Borrowed(text) => Some(text),
        Cow::Owned(_) => None,
    }
}

/// Puts the next value into `target`, part by part, so that an error leaves what came
/// before it.
struct Fill<'s, 'a, 't> {
    state: &'s mut State<'a>,
    target: &'t mut Node<'a>,
}

impl<'a> DeserializeSeed<'a> for Fill<'_, 'a, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, value: D) -> Result<(), D::Error> {
        self.state.count()?;
        value.deserialize_any(self)
    }
}

impl<'a> Fill<'_, 'a, '_> {
    fn scalar(self, value: Value<'a>) {
        if self.target.line == 0 {
            self.target.line = match &value {
                Value::Text(text) => self.state.line_of(borrowed(text)),
                _ => self.state.line,
            };
        }
        self.target.value = value;
    }
}

impl<'a> Visitor<'a> for Fill<'_, 'a, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.scalar(Value::Null);
        Ok(())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.scalar(Value::Flag(flag));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.scalar(Value::Number(number.to_string()));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.scalar(Value::Number(number.to_string()));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.scalar(Value::Number(number.to_string()));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<(), E> {
        self.scalar(Value::Text(Cow::Borrowed(text)));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.scalar(Value::Text(Cow::Owned(text.to_owned())));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { state, target } = self;
        state.enter()?;
        target.is_cut = true;
        target.value = Value::Array(Vec::new());
        loop {
            let mut item = Node::default();
            let read = seq.next_element_seed(Fill {
                state: &mut *state,
                target: &mut item,
            });
            let is_item = !matches!(read, Ok(None)) && item.line > 0;
            if is_item && let Value::Array(items) = &mut target.value {
                if target.line == 0 {
                    target.line = item.line;
                }
                items.push(item);
            }
            if read?.is_none() {
                break;
            }
        }
        if target.line == 0 {
            target.line = state.line;
        }
        target.is_cut = false;
        state.leave();
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { state, target } = self;
        state.enter()?;
        target.is_cut = true;
        target.value = Value::Object(Vec::new());
        let mut seen: HashSet<Cow<'a, str>> = HashSet::new();
        while let Some(key) = map.next_key_seed(Key)? {
            let line = state.line_of(borrowed(&key));
            if target.line == 0 {
                target.line = line;
            }
            if !seen.insert(key.clone()) && state.repeated.len() < 100 {
                state.repeated.push((key.clone().into_owned(), line));
            }
            let mut value = Node {
                line,
                ..Node::default()
            };
            let read = map.next_value_seed(Fill {
                state: &mut *state,
                target: &mut value,
            });
            // A key without its value is dropped; one with a part of it is kept.
            if let Value::Object(members) = &mut target.value
                && (read.is_ok() || value.is_cut)
            {
                members.push(Member { key, line, value });
            }
            read?;
        }
        if target.line == 0 {
            target.line = state.line;
        }
        target.is_cut = false;
        state.leave();
        Ok(())
    }
}

/// A key, borrowed from the text unless it is written with escapes.
pub struct Key;

impl<'a> DeserializeSeed<'a> for Key {
    type Value = Cow<'a, str>;

    fn deserialize<D: serde::Deserializer<'a>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(Self)
    }
}

impl<'a> Visitor<'a> for Key {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_and_every_entry_has_its_line() {
        let document =
            parse("{\n \"a\": [\n  {\n   \"n\": 1.5\n  },\n  \"x\"\n ],\n \"b\": null\n}");
        assert!(document.broken.is_none());
        let items = document.root.value("a").unwrap().items();
        assert_eq!((items[0].line, items[1].line), (4, 6));
        assert_eq!(items[0].value("n").unwrap().shown(), "1.5");
        let b = document.root.member("b").unwrap();
        assert!(b.line == 8 && b.value.is_null());
    }

    #[test]
    fn what_precedes_a_syntax_error_is_kept_and_what_it_breaks_off_is_marked() {
        let document = parse("{\"p\": [{\"n\": \"a\", \"v\": 1},\n{\"n\": \"b\", \"v");
        assert_eq!(document.broken.unwrap().line, 2);
        let items = document.root.value("p").unwrap().items();
        let names: Vec<_> = items.iter().map(|i| (i.text_of("n"), i.is_cut)).collect();
        assert_eq!(names, [(Some("a"), false), (Some("b"), true)]);
        assert!(parse("").broken.is_some() && parse("{} x").broken.is_some());
    }

    #[test]
    fn the_last_of_equal_keys_counts_and_is_noted() {
        let document = parse("{\"a\": 1,\n\"a\": 2}");
        assert_eq!(document.root.value("a").unwrap().shown(), "2");
        assert_eq!(document.repeated, [("a".to_owned(), 2)]);
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(&deep).broken.unwrap().reason.contains("64 levels"));
        let deep = "{\"a\":".repeat(100_000);
        assert!(parse(&deep).broken.unwrap().reason.contains("64 levels"));
        let many = format!("[{}0]", "0,".repeat(NODE_LIMIT));
        assert!(parse(&many).broken.unwrap().reason.contains("values"));
    }
}
