//! What each version of CycloneDX knows, from `fields.txt`: the writer leaves out what a
//! version does not know, and the validator asks for what it requires.

use crate::sbom::document::CycloneDxVersion;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The objects and enumerations.
pub struct Schema {
    types: Vec<ObjectType>,
    enums: Vec<Vec<(&'static str, Span)>>,
}

/// Index of an object type; [`ROOT`] is the document.
pub type TypeId = usize;

/// The document.
pub const ROOT: TypeId = 0;

/// An object type.
#[derive(Default)]
pub struct ObjectType {
    /// In the order in which they are written.
    pub fields: Vec<Field>,
    by_name: HashMap<&'static str, usize>,
}

/// A field of an object.
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// The types it may have.
    pub alternatives: Vec<Alternative>,
    required: Option<Span>,
}

/// One type that a field may have.
#[derive(Clone, Copy)]
pub struct Alternative {
    /// The type of the value, or of its items.
    pub kind: Kind,
    /// It is a list.
    pub list: bool,
    span: Span,
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// An RFC 3339 time.
    Time,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An id of the SPDX list.
    LicenceId,
    /// Anything.
    Any,
    /// A word of an enumeration.
    Enum(usize),
    /// An object.
    Object(TypeId),
}

/// From a version to another, both included.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Span(CycloneDxVersion, CycloneDxVersion);

impl Span {
    fn holds(self, version: CycloneDxVersion) -> bool {
        (self.0..=self.1).contains(&version)
    }

    fn parse(text: &str) -> Option<Self> {
        match text.split_once('-') {
            Some((from, to)) => Some(Self(
                CycloneDxVersion::parse(from)?,
                CycloneDxVersion::parse(to)?,
            )),
            None => Some(Self(CycloneDxVersion::parse(text)?, CycloneDxVersion::V1_7)),
        }
    }
}

impl Schema {
    /// The one of `fields.txt`.
    pub fn embedded() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| {
            #[expect(
                clippy::expect_used,
                reason = "the text is part of the program; a test reads it"
            )]
            Self::parse(include_str!("fields.txt")).expect("fields.txt follows its own syntax")
        })
    }

    /// An object type.
    pub fn object(&self, id: TypeId) -> Option<&ObjectType> {
        self.types.get(id)
    }

    /// Whether a version knows a word of an enumeration.
    pub fn knows_word(&self, id: usize, word: &str, version: CycloneDxVersion) -> bool {
        self.words(id, version).any(|known| known == word)
    }

    /// The words of an enumeration in a version.
    pub fn words(
        &self,
        id: usize,
        version: CycloneDxVersion,
    ) -> impl Iterator<Item = &'static str> {
        self.enums
            .get(id)
            .into_iter()
            .flatten()
            .filter(move |(_, span)| span.holds(version))
            .map(|(word, _)| *word)
    }

    fn parse(text: &'static str) -> Result<Self, String> {
        let mut names: HashMap<&str, TypeId> = HashMap::new();
        let mut enum_names: HashMap<&str, usize> = HashMap::new();
        for line in text.lines() {
            if let Some(name) = bracketed(line, '[', ']') {
                let next = names.len();
                names.insert(name, next);
            } else if let Some(name) = bracketed(line, '<', '>') {
                let next = enum_names.len();
                enum_names.insert(name, next);
            }
        }
        let mut schema = Self {
            types: Vec::new(),
            enums: Vec::new(),
        };
        let mut in_enum = false;
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = || format!("fields.txt: `{line}`");
            if bracketed(line, '[', ']').is_some() {
                schema.types.push(ObjectType::default());
            } else if bracketed(line, '<', '>').is_some() {
                in_enum = true;
                schema.enums.push(Vec::new());
            } else if in_enum {
                let (span, words) = line.split_once(' ').ok_or_else(bad)?;
                let span = Span::parse(span).ok_or_else(bad)?;
                let words = words.split(' ').map(|word| (word, span));
                schema.enums.last_mut().ok_or_else(bad)?.extend(words);
            } else {
                let field = parse_field(line, &names, &enum_names).ok_or_else(bad)?;
                let object = schema.types.last_mut().ok_or_else(bad)?;
                object.by_name.insert(field.name, object.fields.len());
                object.fields.push(field);
            }
        }
        Ok(schema)
    }
}

fn bracketed(line: &'static str, open: char, close: char) -> Option<&'static str> {
    line.strip_prefix(open)?.strip_suffix(close)
}

fn parse_field(
    line: &'static str,
    names: &HashMap<&str, TypeId>,
    enums: &HashMap<&str, usize>,
) -> Option<Field> {
    let (name, rest) = line.split_once(' ')?;
    let (alternatives, required) = match rest.split_once(" !") {
        Some((alternatives, span)) => (alternatives, Some(Span::parse(span)?)),
        None => (rest, None),
    };
    let alternatives = alternatives
        .split(", ")
        .map(|alternative| {
            let (kind, span) = alternative.split_once(' ')?;
            let (kind, list) = match kind.strip_suffix("[]") {
                Some(kind) => (kind, true),
                None => (kind, false),
            };
            let kind = match kind {
                "text" => Kind::Text,
                "time" => Kind::Time,
                "integer" => Kind::Integer,
                "number" => Kind::Number,
                "boolean" => Kind::Boolean,
                "licence-id" => Kind::LicenceId,
                "any" => Kind::Any,
                other => match other.strip_prefix('=') {
                    Some(name) => Kind::Enum(*enums.get(name)?),
                    None => Kind::Object(*names.get(other)?),
                },
            };
            let span = Span::parse(span)?;
            Some(Alternative { kind, list, span })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Field {
        name,
        alternatives,
        required,
    })
}

impl ObjectType {
    /// A field by its key.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(*self.by_name.get(name)?)
    }

    /// The place of a field in the order of writing.
    pub fn position(&self, name: &str) -> usize {
        self.by_name.get(name).copied().unwrap_or(usize::MAX)
    }
}

impl Field {
    /// Whether a version requires it.
    pub fn is_required(&self, version: CycloneDxVersion) -> bool {
        self.required.is_some_and(|span| span.holds(version))
    }

    /// The types it may have in a version; none where the version does not know it.
    pub fn in_version(&self, version: CycloneDxVersion) -> impl Iterator<Item = &Alternative> {
        self.alternatives
            .iter()
            .filter(move |alternative| alternative.span.holds(version))
    }
}

impl Kind {
    /// Whether a value has this shape, without a look inside.
    pub fn has_shape_of(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Text | Self::Time | Self::LicenceId | Self::Enum(_) => value.is_string(),
            Self::Integer => value.is_u64() || value.is_i64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Object(_) => value.is_object(),
        }
    }

    /// `a text`, `an object`, ….
    pub fn shape_name(self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Text | Self::LicenceId | Self::Enum(_) => "a text",
            Self::Time => "a time",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
            Self::Object(_) => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_list_is_read_whole() {
        let schema = Schema::parse(include_str!("fields.txt")).unwrap();
        let bom = schema.object(ROOT).unwrap();
        assert_eq!(bom.position("bomFormat"), 1);
        let version = bom.field("version").unwrap();
        assert!(version.is_required(CycloneDxVersion::V1_4));
        assert!(!version.is_required(CycloneDxVersion::V1_5));
        let citations = bom.field("citations").unwrap();
        assert_eq!(citations.in_version(CycloneDxVersion::V1_6).count(), 0);
        assert_eq!(citations.in_version(CycloneDxVersion::V1_7).count(), 1);
        assert!(Schema::parse("[a]\nb nowhere 1.2").is_err());
        assert!(Schema::parse("b text 1.2").is_err());
        assert!(Schema::parse("[a]\nb text 9").is_err());
    }
}
