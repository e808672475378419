//! What each version of CycloneDX knows, from `fields.txt`: the writer leaves out what a
//! version does not know, and the validator asks for what it requires.

use super::form::Form;
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
    choices: Vec<Choice>,
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
    /// It is a list in which nothing stands twice.
    pub unique: bool,
    span: Span,
}

/// Sets of fields of which an object has exactly one.
pub struct Choice {
    /// The names of the fields of each set.
    pub sets: Vec<Vec<&'static str>>,
    span: Span,
}

/// Least and greatest value of a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    low: Option<i64>,
    high: Option<i64>,
}

impl Bounds {
    /// `LOW..HIGH`; each may be left out.
    fn parse(text: &str) -> Option<Self> {
        let (low, high) = text.split_once("..")?;
        let bound = |text: &str| match text {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        };
        Some(Self {
            low: bound(low)?,
            high: bound(high)?,
        })
    }

    /// What is wrong with a number; `None` where it lies between them.
    pub fn broken_by(self, number: &Value) -> Option<String> {
        let number = number.as_f64()?;
        #[expect(clippy::cast_precision_loss, reason = "the bounds are single digits")]
        let broken = |bound: Option<i64>, is_beyond: fn(&f64, &f64) -> bool| {
            bound.filter(|bound| is_beyond(&number, &(*bound as f64)))
        };
        if let Some(low) = broken(self.low, f64::lt) {
            return Some(format!("is less than {low}"));
        }
        let high = broken(self.high, f64::gt)?;
        Some(format!("is more than {high}"))
    }
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text of a form.
    Form(Form),
    /// A whole number.
    Integer(Bounds),
    /// A number.
    Number(Bounds),
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
            } else if let Some(choice) = line.strip_prefix("! ") {
                let choice = parse_choice(choice).ok_or_else(bad)?;
                schema
                    .types
                    .last_mut()
                    .ok_or_else(bad)?
                    .choices
                    .push(choice);
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

fn parse_choice(line: &'static str) -> Option<Choice> {
    let (sets, span) = line.rsplit_once(' ')?;
    let sets = sets.split(' ').map(|set| set.split('+').collect());
    Some(Choice {
        sets: sets.collect(),
        span: Span::parse(span)?,
    })
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
            let (kind, list, unique) = match kind.strip_suffix("{}") {
                Some(kind) => (kind, true, true),
                None => match kind.strip_suffix("[]") {
                    Some(kind) => (kind, true, false),
                    None => (kind, false, false),
                },
            };
            Some(Alternative {
                kind: parse_kind(kind, names, enums)?,
                list,
                unique,
                span: Span::parse(span)?,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Field {
        name,
        alternatives,
        required,
    })
}

fn parse_kind(
    text: &'static str,
    names: &HashMap<&str, TypeId>,
    enums: &HashMap<&str, usize>,
) -> Option<Kind> {
    if let Some(name) = text.strip_prefix('=') {
        return Some(Kind::Enum(*enums.get(name)?));
    }
    if let Some(form) = Form::of(text) {
        return Some(Kind::Form(form));
    }
    let (name, bounds) = text.split_once(':').unwrap_or((text, ".."));
    let bounds = Bounds::parse(bounds)?;
    Some(match name {
        "text" => Kind::Text,
        "integer" => Kind::Integer(bounds),
        "number" => Kind::Number(bounds),
        "boolean" => Kind::Boolean,
        "licence-id" => Kind::LicenceId,
        "any" => Kind::Any,
        other => Kind::Object(*names.get(other)?),
    })
}

impl ObjectType {
    /// The choices that a version leaves.
    pub fn choices(&self, version: CycloneDxVersion) -> impl Iterator<Item = &Choice> {
        self.choices
            .iter()
            .filter(move |choice| choice.span.holds(version))
    }

    /// A field by its key.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.placed(name).map(|(_, field)| field)
    }

    /// A field by its key, and its place in the order of writing.
    pub fn placed(&self, name: &str) -> Option<(usize, &Field)> {
        let place = *self.by_name.get(name)?;
        Some((place, self.fields.get(place)?))
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
            Self::Text | Self::Form(_) | Self::LicenceId | Self::Enum(_) => value.is_string(),
            Self::Integer(_) => value.is_u64() || value.is_i64(),
            Self::Number(_) => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Object(_) => value.is_object(),
        }
    }

    /// `a text`, `an object`, ….
    pub fn shape_name(self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Text | Self::Form(_) | Self::LicenceId | Self::Enum(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
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
        assert_eq!(bom.placed("bomFormat").map(|(place, _)| place), Some(1));
        let version = bom.field("version").unwrap();
        assert!(version.is_required(CycloneDxVersion::V1_4));
        assert!(!version.is_required(CycloneDxVersion::V1_5));
        let citations = bom.field("citations").unwrap();
        assert_eq!(citations.in_version(CycloneDxVersion::V1_6).count(), 0);
        assert_eq!(citations.in_version(CycloneDxVersion::V1_7).count(), 1);
        assert!(Schema::parse("[a]\nb nowhere 1.2").is_err());
        assert!(Schema::parse("b text 1.2").is_err());
        assert!(Schema::parse("[a]\nb text 9").is_err());
        assert!(Schema::parse("[a]\nb integer:0..x 1.2").is_err());
        assert!(Schema::parse("[a]\n! b c").is_err());
    }
}
