//! Fields that hold something else than they should. Readers take what they expect and pass
//! over the rest, so without a word a number in the place of a hash would be no hash.

use super::json_tree;
use super::yaml;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Wrong fields that are told of one entry; its reader is warned by the first.
const LIMIT: usize = 100;

/// What a field should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
    /// A table, an object, a mapping.
    Table,
    /// An array, a sequence.
    List,
    /// A list without items, as which PHP writes a table without members.
    Empty,
    /// A table with these fields, and perhaps others that are not read.
    Fields(&'static Shapes),
    /// A table of which every member has a shape.
    TableOf(&'static Shape),
    /// A list of which every item has a shape.
    ListOf(&'static Shape),
    /// One of several shapes.
    Either(&'static [Shape]),
}

impl Shape {
    /// Names and what is asked of each.
    pub const TEXT_BY_NAME: Self = Self::TableOf(&Self::Text);
    /// Several texts.
    pub const TEXTS: Self = Self::ListOf(&Self::Text);

    fn as_string(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Table | Self::Fields(_) | Self::TableOf(_) => "a table".to_owned(),
            Self::List | Self::ListOf(_) => "a list".to_owned(),
            Self::Empty => "an empty list".to_owned(),
            Self::Either(all) => {
                let all: Vec<String> = all.iter().map(|shape| shape.as_string()).collect();
                all.join(" or ")
            }
        }
    }
}

/// Fields by name with what they should hold.
pub type Shapes = [(&'static str, Shape)];

/// A field that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// 1-based line, where the syntax tells it.
    pub line: Option<u32>,
    /// ``"`dist.url` is not a text"``.
    pub what: String,
}

/// A value of one of the syntaxes.
pub trait Typed {
    /// Whether it counts as absent.
    fn is_absent(&self) -> bool;
    /// Whether it is a text.
    fn is_text(&self) -> bool;
    /// Whether it is `true` or `false`.
    fn is_flag(&self) -> bool;
    /// Where it stands: a line, or what [`super::document::Document::wrong`] makes one of.
    fn place(&self) -> Option<usize>;
    /// The value of a field.
    fn field(&self, name: &str) -> Option<&Self>;
    /// Gives every item, if it is a list; whether it is.
    fn items(&self, take: &mut dyn FnMut(&Self)) -> bool;
    /// Gives every member, if it is a table; whether it is.
    fn members(&self, take: &mut dyn FnMut(&str, &Self)) -> bool;
}

/// The fields of a value that are not as they should be; what is absent is right.
pub fn wrong<V: Typed>(value: &V, shapes: &'static Shapes) -> Vec<Wrong> {
    let mut found = Vec::new();
    fields(value, shapes, &mut found);
    let line = |place: usize| u32::try_from(place).ok();
    found.into_iter().map(|found| found.told(line)).collect()
}

/// As [`wrong`], for a TOML table; `line_at` gives the line of a byte offset.
pub fn wrong_in_toml(
    table: &DeTable<'_>,
    shapes: &'static Shapes,
    line_at: impl Fn(usize) -> u32,
) -> Vec<Wrong> {
    let mut found = Vec::new();
    for (name, shape) in shapes {
        if let Some(value) = table.get(*name) {
            inside(&mut found, name, |found| check(value, *shape, found));
        }
    }
    let line = |place: usize| Some(line_at(place));
    found.into_iter().map(|found| found.told(line)).collect()
}

/// A wrong field with the way to it, the last step first.
struct Found {
    place: Option<usize>,
    way: Vec<String>,
    shape: Shape,
}

impl Found {
    fn told(self, line: impl Fn(usize) -> Option<u32>) -> Wrong {
        let mut path = String::new();
        for step in self.way.iter().rev() {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(step);
        }
        Wrong {
            line: self.place.and_then(line),
            what: format!("`{path}` is not {}", self.shape.as_string()),
        }
    }
}

fn fields<V: Typed>(value: &V, shapes: &'static Shapes, found: &mut Vec<Found>) {
    for (name, shape) in shapes {
        if let Some(field) = value.field(name) {
            inside(found, name, |found| check(field, *shape, found));
        }
    }
}

/// Adds a step to the way of what is found in a part.
fn inside(found: &mut Vec<Found>, step: &str, look: impl FnOnce(&mut Vec<Found>)) {
    let before = found.len();
    look(found);
    for new in found.iter_mut().skip(before) {
        new.way.push(step.to_owned());
    }
    found.truncate(LIMIT);
}

fn check<V: Typed>(value: &V, shape: Shape, found: &mut Vec<Found>) {
    if value.is_absent() {
        return;
    }
    let is_right = match shape {
        Shape::Text => value.is_text(),
        Shape::Flag => value.is_flag(),
        Shape::Table => value.members(&mut |_, _| {}),
        Shape::List => value.items(&mut |_| {}),
        Shape::Empty => {
            let mut count = 0_usize;
            value.items(&mut |_| count = count.saturating_add(1)) && count == 0
        }
        Shape::Fields(shapes) => {
            fields(value, shapes, found);
            value.members(&mut |_, _| {})
        }
        Shape::TableOf(shape) => value.members(&mut |name, member| {
            inside(found, name, |found| check(member, *shape, found));
        }),
        Shape::ListOf(shape) => {
            let mut index = 0_usize;
            value.items(&mut |item| {
                let step = format!("[{index}]");
                inside(found, &step, |found| check(item, *shape, found));
                index = index.saturating_add(1);
            })
        }
        Shape::Either(shapes) => either(value, shapes, found),
    };
    if !is_right {
        found.push(Found {
            place: value.place(),
            way: Vec::new(),
            shape,
        });
    }
}

/// Whether a value has one of the shapes, or would have it but for parts, which are told.
fn either<V: Typed>(value: &V, shapes: &'static [Shape], found: &mut Vec<Found>) -> bool {
    let mut parts = None;
    for shape in shapes {
        let mut other = Vec::new();
        check(value, *shape, &mut other);
        if other.is_empty() {
            return true;
        }
        if !other.iter().any(|found| found.way.is_empty()) {
            parts = parts.or(Some(other));
        }
    }
    match parts {
        Some(parts) => {
            found.extend(parts);
            true
        }
        None => false,
    }
}

impl Typed for json_tree::Node<'_> {
    fn is_absent(&self) -> bool {
        self.is_null() || self.is_cut
    }

    fn is_text(&self) -> bool {
        self.text().is_some()
    }

    fn is_flag(&self) -> bool {
        self.flag().is_some()
    }

    fn place(&self) -> Option<usize> {
        usize::try_from(self.line).ok()
    }

    fn field(&self, name: &str) -> Option<&Self> {
        self.value(name)
    }

    fn items(&self, take: &mut dyn FnMut(&Self)) -> bool {
        self.items().iter().for_each(take);
        matches!(self.value, json_tree::Value::Array(_))
    }

    fn members(&self, take: &mut dyn FnMut(&str, &Self)) -> bool {
        let members = self.members().iter();
        members.for_each(|member| take(&member.key, &member.value));
        self.object().is_some()
    }
}

impl Typed for yaml::Node<'_> {
    fn is_absent(&self) -> bool {
        self.is_null() || self.is_cut
    }

    fn is_text(&self) -> bool {
        self.text().is_some()
    }

    fn is_flag(&self) -> bool {
        self.flag().is_some()
    }

    fn place(&self) -> Option<usize> {
        usize::try_from(self.line).ok()
    }

    fn field(&self, name: &str) -> Option<&Self> {
        self.value(name)
    }

    fn items(&self, take: &mut dyn FnMut(&Self)) -> bool {
        self.items().iter().for_each(take);
        matches!(self.value, yaml::Value::Sequence(_))
    }

    fn members(&self, take: &mut dyn FnMut(&str, &Self)) -> bool {
        let members = self.members().iter();
        members.for_each(|member| take(&member.key, &member.value));
        self.is_mapping()
    }
}

impl Typed for serde_json::Value {
    fn is_absent(&self) -> bool {
        self.is_null()
    }

    fn is_text(&self) -> bool {
        self.is_string()
    }

    fn is_flag(&self) -> bool {
        self.is_boolean()
    }

    fn place(&self) -> Option<usize> {
        None
    }

    fn field(&self, name: &str) -> Option<&Self> {
        self.get(name)
    }

    fn items(&self, take: &mut dyn FnMut(&Self)) -> bool {
        self.as_array().into_iter().flatten().for_each(take);
        self.is_array()
    }

    fn members(&self, take: &mut dyn FnMut(&str, &Self)) -> bool {
        let members = self.as_object().into_iter().flatten();
        members.for_each(|(name, member)| take(name, member));
        self.is_object()
    }
}

impl Typed for Spanned<DeValue<'_>> {
    fn is_absent(&self) -> bool {
        false
    }

    fn is_text(&self) -> bool {
        self.get_ref().is_str()
    }

    fn is_flag(&self) -> bool {
        self.get_ref().is_bool()
    }

    fn place(&self) -> Option<usize> {
        Some(self.span().start)
    }

    fn field(&self, name: &str) -> Option<&Self> {
        self.get_ref().as_table()?.get(name)
    }

    fn items(&self, take: &mut dyn FnMut(&Self)) -> bool {
        let items = self.get_ref().as_array().into_iter();
        items.flat_map(|items| items.iter()).for_each(take);
        self.get_ref().is_array()
    }

    fn members(&self, take: &mut dyn FnMut(&str, &Self)) -> bool {
        let members = self.get_ref().as_table().into_iter();
        let members = members.flat_map(|members| members.iter());
        members.for_each(|(name, member)| take(name.get_ref(), member));
        self.get_ref().is_table()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::document::Document;

    const SHAPES: &Shapes = &[
        ("t", Shape::Text),
        ("f", Shape::Flag),
        ("m", Shape::Table),
        ("l", Shape::List),
        (
            "in",
            Shape::Fields(&[("all", Shape::ListOf(&Shape::TEXT_BY_NAME))]),
        ),
        ("e", Shape::Either(&[Shape::TEXT_BY_NAME, Shape::Empty])),
        ("n", Shape::Either(&[Shape::TEXT_BY_NAME, Shape::Empty])),
    ];

    fn told(all: &[Wrong]) -> Vec<String> {
        let told = |wrong: &Wrong| match wrong.line {
            Some(line) => format!("{line}: {}", wrong.what),
            None => wrong.what.clone(),
        };
        all.iter().map(told).collect()
    }

    #[test]
    fn each_field_of_another_shape_is_named_in_every_syntax() {
        let all = [
            "1: `t` is not a text",
            "2: `f` is not true or false",
            "3: `m` is not a table",
            "4: `l` is not a list",
            "5: `in.all[1].x` is not a text",
            "6: `e.x` is not a text",
            "7: `n` is not a table or an empty list",
        ];
        let toml = |text: &str| {
            let document = Document::parse(text).unwrap();
            told(&document.wrong(&document.root, SHAPES))
        };
        let inner = "in = {all = [{}, {x = []}]}\ne = {x = 1}\nn = [1]";
        assert_eq!(
            toml(&format!("t = 1\nf = 'true'\nm = []\nl = {{}}\n{inner}")),
            all
        );
        assert!(toml("t = ''\nf = true\nm = {}\nl = []\nx = 1\ne = []\nin = {}").is_empty());
        let json = |text: &str| told(&wrong(&json_tree::parse(text).root, SHAPES));
        let text = "{\"t\": 1,\n\"f\": \"true\",\n\"m\": [],\n\"l\": {},\n\"in\": {\"all\": [{}, {\"x\": []}]},\n\"e\": {\"x\": 1},\n\"n\": [1]}";
        assert_eq!(json(text), all);
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let without_lines: Vec<&str> = all.iter().map(|text| text.split_at(3).1).collect();
        assert_eq!(told(&wrong(&value, SHAPES)), without_lines);
        assert!(json(r#"{"t": null, "f": true, "m": {}, "l": [], "e": {"a": "b"}}"#).is_empty());
        let yaml = |text: &str| told(&wrong(&yaml::parse(text).documents[0], SHAPES));
        assert_eq!(
            yaml("t: []\nf: 'true'\nm: []\nl: {}\nin: {all: [{}, {x: []}]}\ne: {x: []}\nn: [1]"),
            all
        );
        assert!(yaml("{t: 1, f: true, m: {}, l: ~, in: {all: [{x: 1}]}}").is_empty());
    }

    #[test]
    fn no_more_than_the_limit_is_kept() {
        let many = format!("[{}]", vec!["1"; 10_000].join(","));
        let value: serde_json::Value = serde_json::from_str(&many).unwrap();
        let root = serde_json::json!({"all": value});
        assert_eq!(wrong(&root, &[("all", Shape::TEXTS)]).len(), LIMIT);
    }
}
