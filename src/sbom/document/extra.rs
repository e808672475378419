//! Takes a JSON object apart: what has a type is taken out, what is left is [`Extra`].

use super::{Extra, Note};
use serde_json::Value;
use std::fmt;

/// A place in a JSON document, for messages; costs nothing until it is shown.
#[derive(Clone, Copy)]
pub struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The document itself.
    pub const ROOT: At<'static> = At {
        parent: None,
        step: Step::Key(""),
    };

    /// Whether it is the document itself.
    pub fn is_root(&self) -> bool {
        self.parent.is_none()
    }

    /// Whether it is an item of a list under this key.
    pub fn is_in(&self, list: &str) -> bool {
        matches!(self.step, Step::Index(_))
            && self
                .parent
                .is_some_and(|parent| matches!(parent.step, Step::Key(key) if key == list))
    }

    /// A member.
    pub fn key(&'a self, key: &'a str) -> Self {
        Self {
            parent: Some(self),
            step: Step::Key(key),
        }
    }

    /// An item, 0-based.
    pub fn index(&'a self, index: usize) -> Self {
        Self {
            parent: Some(self),
            step: Step::Index(index),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else {
            return Ok(());
        };
        fmt::Display::fmt(parent, f)?;
        match self.step {
            Step::Key(key) if parent.parent.is_none() => f.write_str(key),
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// Collects what could not be taken over.
#[derive(Default)]
pub struct Notes(Vec<Note>);

/// More notes than this say nothing more.
const MAX_NOTES: usize = 1_000;

impl Notes {
    /// Adds one; past 1,000 they are only counted.
    pub fn add(&mut self, at: &At<'_>, message: impl Into<String>) {
        if self.0.len() < MAX_NOTES {
            self.0.push(Note {
                path: at.to_string(),
                message: message.into(),
            });
        } else if self.0.len() == MAX_NOTES {
            self.0.push(Note {
                path: String::new(),
                message: format!("more than {MAX_NOTES} places could not be read"),
            });
        }
    }

    /// Whether more are only counted.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MAX_NOTES
    }

    /// All of them, in the order in which they were found.
    pub fn into_vec(self) -> Vec<Note> {
        self.0
    }
}

/// Takes a text; one of another type stays, with a note.
pub fn text(map: &mut Extra, key: &str, at: &At<'_>, notes: &mut Notes) -> Option<String> {
    match map.remove(key)? {
        Value::String(text) => Some(text),
        other => {
            notes.add(
                &at.key(key),
                format!("is {}, not a text", type_name(&other)),
            );
            map.insert(key.to_owned(), other);
            None
        }
    }
}

/// Takes an object; something else stays, with a note.
pub fn object(map: &mut Extra, key: &str, at: &At<'_>, notes: &mut Notes) -> Option<Extra> {
    match map.remove(key)? {
        Value::Object(object) => Some(object),
        other => {
            notes.add(
                &at.key(key),
                format!("is {}, not an object", type_name(&other)),
            );
            map.insert(key.to_owned(), other);
            None
        }
    }
}

/// Takes a list; something else stays, with a note, and an empty one stays without, so
/// that it can be written back.
pub fn list(map: &mut Extra, key: &str, at: &At<'_>, notes: &mut Notes) -> Vec<Value> {
    match map.remove(key) {
        None => Vec::new(),
        Some(Value::Array(items)) if !items.is_empty() => items,
        Some(other) => {
            if !other.is_array() {
                notes.add(
                    &at.key(key),
                    format!("is {}, not a list", type_name(&other)),
                );
            }
            map.insert(key.to_owned(), other);
            Vec::new()
        }
    }
}

/// Takes a list of objects; an item that is none is left out, with a note.
pub fn objects<T>(
    map: &mut Extra,
    key: &str,
    at: &At<'_>,
    notes: &mut Notes,
    mut read: impl FnMut(Extra, &At<'_>, &mut Notes) -> T,
) -> Vec<T> {
    let at = at.key(key);
    let items = match map.contains_key(key) {
        true => list(map, key, at.parent.unwrap_or(&At::ROOT), notes),
        false => Vec::new(),
    };
    let mut taken = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Value::Object(object) => taken.push(read(object, &at.index(index), notes)),
            other => notes.add(
                &at.index(index),
                format!("is {}, not an object, and is left out", type_name(&other)),
            ),
        }
    }
    taken
}

/// Takes a list of texts; an item that is none is left out, with a note.
pub fn texts(map: &mut Extra, key: &str, at: &At<'_>, notes: &mut Notes) -> Vec<String> {
    let items = list(map, key, at, notes);
    let at = at.key(key);
    let mut taken = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Value::String(text) => taken.push(text),
            other => notes.add(
                &at.index(index),
                format!("is {}, not a text, and is left out", type_name(&other)),
            ),
        }
    }
    taken
}

/// The keys of an object that say something: an empty list or object says nothing.
pub fn telling_keys(map: &Extra) -> impl Iterator<Item = &String> {
    let says_nothing = |value: &Value| match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    let telling = map.iter().filter(move |(_, value)| !says_nothing(value));
    telling.map(|(key, _)| key)
}

/// Says that what is left of an object is not kept.
pub fn leftover(map: &Extra, at: &At<'_>, notes: &mut Notes) {
    for key in map.keys() {
        notes.add(&at.key(key), "is not known here and is left out");
    }
}

/// `a text`, `a list`, ….
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
