//! Fields that hold something else than they should. Readers take what they expect and pass
//! over the rest, so without a word a number in the place of a hash would be no hash.

use super::json_tree;
use super::yaml;
use toml::de::{DeTable, DeValue};

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
}

impl Shape {
    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Flag => "true or false",
            Self::Table => "a table",
            Self::List => "a list",
        }
    }
}

/// Fields by name with what they should hold.
pub type Shapes = [(&'static str, Shape)];

/// The fields of a TOML table that are not as they should be: ``"`a` is not a text"``.
pub fn wrong_in_toml(table: &DeTable<'_>, shapes: &Shapes) -> Vec<String> {
    wrong(shapes, |name, shape| {
        let value = table.get(name)?.get_ref();
        Some(match shape {
            Shape::Text => matches!(value, DeValue::String(_)),
            Shape::Flag => matches!(value, DeValue::Boolean(_)),
            Shape::Table => matches!(value, DeValue::Table(_)),
            Shape::List => matches!(value, DeValue::Array(_)),
        })
    })
}

/// The fields of a JSON object that are not as they should be; `null` counts as absent.
pub fn wrong_in_json(node: &json_tree::Node<'_>, shapes: &Shapes) -> Vec<String> {
    use json_tree::Value;
    wrong(shapes, |name, shape| {
        let value = &node.value(name)?.value;
        Some(match (shape, value) {
            (_, Value::Null) => return None,
            (Shape::Text, value) => matches!(value, Value::Text(_)),
            (Shape::Flag, value) => matches!(value, Value::Flag(_)),
            (Shape::Table, value) => matches!(value, Value::Object(_)),
            (Shape::List, value) => matches!(value, Value::Array(_)),
        })
    })
}

/// The fields of a YAML mapping that are not as they should be; nothing counts as absent.
pub fn wrong_in_yaml(node: &yaml::Node<'_>, shapes: &Shapes) -> Vec<String> {
    use yaml::Value;
    wrong(shapes, |name, shape| {
        let field = node.value(name).filter(|field| !field.is_null())?;
        Some(match shape {
            Shape::Text => matches!(field.value, Value::Scalar { .. }),
            Shape::Flag => field.flag().is_some(),
            Shape::Table => field.is_mapping(),
            Shape::List => matches!(field.value, Value::Sequence(_)),
        })
    })
}

fn wrong(shapes: &Shapes, is_right: impl Fn(&str, Shape) -> Option<bool>) -> Vec<String> {
    let wrong = shapes
        .iter()
        .filter(|(name, shape)| is_right(name, *shape) == Some(false));
    wrong
        .map(|(name, shape)| format!("`{name}` is not {}", shape.as_str()))
        .collect()
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
    ];

    #[test]
    fn each_field_of_another_shape_is_named_in_every_syntax() {
        let all = [
            "`t` is not a text",
            "`f` is not true or false",
            "`m` is not a table",
            "`l` is not a list",
        ];
        let toml = |text: &str| wrong_in_toml(&Document::parse(text).unwrap().root, SHAPES);
        assert_eq!(toml("t = 1\nf = 'true'\nm = []\nl = {}\n"), all);
        assert!(toml("t = ''\nf = true\nm = {}\nl = []\nx = 1\n").is_empty());
        let json = |text: &str| wrong_in_json(&json_tree::parse(text).root, SHAPES);
        assert_eq!(json(r#"{"t": 1, "f": "true", "m": [], "l": {}}"#), all);
        assert!(json(r#"{"t": null, "f": true, "m": {}, "l": []}"#).is_empty());
        let yaml = |text: &str| wrong_in_yaml(&yaml::parse(text).documents[0], SHAPES);
        assert_eq!(yaml("{t: [], f: 'true', m: [], l: {}}"), all);
        assert!(yaml("{t: 1, f: true, m: {}, l: ~}").is_empty());
    }
}
