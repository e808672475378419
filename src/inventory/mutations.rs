//! Every field of every lockfile, once with something of another type in it: whatever
//! changes what was read must be a gap.

use super::formats::{FORMATS, Format, Parsed, testing};
use super::{json_tree, yaml};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// The syntax of a lockfile that holds typed values.
#[derive(Clone, Copy)]
enum Syntax {
    Json,
    Toml,
    Yaml,
}

impl Syntax {
    fn of(format: &str, file: &str, text: &str) -> Option<Self> {
        Some(match format {
            "cargo-lock" | "pdm-lock" | "poetry-lock" | "pylock-toml" | "uv-lock" => Self::Toml,
            "github-actions" | "pnpm-lock" | "pubspec-lock" => Self::Yaml,
            "yarn-lock" if text.contains("__metadata") => Self::Yaml,
            _ if file.ends_with(".json") || matches!(format, "bun-lock" | "composer-lock") => {
                Self::Json
            }
            "package-resolved" | "pipfile-lock" => Self::Json,
            _ => return None,
        })
    }

    fn read(self, text: &str) -> Value {
        match self {
            Self::Json => {
                let mut text = text.to_owned();
                json_strip_comments::strip(&mut text).unwrap();
                of_json(&json_tree::parse(&text).root)
            }
            Self::Toml => {
                serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap()
            }
            Self::Yaml => of_yaml(yaml::parse(text).documents.first().unwrap()),
        }
    }

    fn write(self, value: &Value) -> String {
        match self {
            Self::Toml => toml::to_string(value).unwrap(),
            Self::Json => serde_json::to_string_pretty(value).unwrap(),
            // JSON is YAML; but a format is told by a line that starts with `__metadata:`.
            Self::Yaml => value.as_object().unwrap().iter().map(yaml_member).collect(),
        }
    }

    /// What may stand in the place of a value: of every other type, and never empty, since
    /// PHP writes an empty map as a list.
    fn others(self, value: &Value) -> Vec<Value> {
        let all = [
            json!(42),
            json!(true),
            json!("x"),
            json!([1]),
            json!({"x": 1}),
        ];
        let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
        let is_other = |other: &Value| match self {
            // A text of YAML is any scalar, a truth value is not any text.
            Self::Yaml if value.is_string() => !is_scalar(other),
            _ => std::mem::discriminant(value) != std::mem::discriminant(other),
        };
        all.into_iter().filter(is_other).collect()
    }
}

fn yaml_member((key, value): (&String, &Value)) -> String {
    match key.as_str() {
        "__metadata" => format!("{key}: {value}\n"),
        _ => format!("{}: {value}\n", json!(key)),
    }
}

fn of_json(node: &json_tree::Node<'_>) -> Value {
    match &node.value {
        json_tree::Value::Null => Value::Null,
        json_tree::Value::Flag(flag) => json!(flag),
        json_tree::Value::Number(number) => number.parse().unwrap(),
        json_tree::Value::Text(text) => json!(text),
        json_tree::Value::Array(items) => items.iter().map(of_json).collect(),
        json_tree::Value::Object(members) => members
            .iter()
            .map(|member| (member.key.to_string(), of_json(&member.value)))
            .collect(),
    }
}

fn of_yaml(node: &yaml::Node<'_>) -> Value {
    match &node.value {
        _ if node.is_null() => Value::Null,
        yaml::Value::Scalar { text, .. } => node.flag().map_or_else(|| json!(text), Value::Bool),
        yaml::Value::Sequence(items) => items.iter().map(of_yaml).collect(),
        yaml::Value::Mapping(members) => members
            .iter()
            .map(|member| (member.key.to_string(), of_yaml(&member.value)))
            .collect(),
    }
}

/// Paths of all values.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                pointers(value, &format!("{at}/{}", escaped(key)), into);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{index}"), into);
            }
        }
        _ => {}
    }
}

/// What was read, without places.
fn gist(mut parsed: Parsed) -> Parsed {
    for package in &mut parsed.packages {
        package.line = 0;
    }
    parsed.gaps.clear();
    parsed.more_gaps = 0;
    parsed
}

/// Whether a value is one of the first of its kind: fields of the same name at the same
/// depth, and members of tables of the same name, are alike in all entries.
fn is_new(pointer: &str, seen: &mut HashMap<(usize, bool, String), usize>) -> bool {
    let depth = pointer.matches('/').count();
    let mut steps = pointer.rsplit('/').map(|step| match step.parse::<usize>() {
        Ok(_) => "[]".to_owned(),
        Err(_) => step.to_owned(),
    });
    let (own, parent) = (steps.next().unwrap(), steps.next().unwrap_or_default());
    let mut count = |key| {
        let count = seen.entry(key).or_insert(0_usize);
        *count += 1;
        *count
    };
    let of_name = count((depth, true, own));
    count((depth, false, parent)) <= 24 && of_name <= 3
}

/// Whether a format has two forms of a value, of which this is the other one.
fn is_legal(format: &str, pointer: &str, other: &Value) -> bool {
    match (format, pointer.rsplit('/').next().unwrap_or_default()) {
        (_, "") => true,
        ("composer-lock", "license") => other.is_string(),
        // What is asked for may be a version alone.
        ("poetry-lock", _) if pointer.matches('/').count() == 4 => {
            pointer.contains("/dependencies/") && other.is_string()
        }
        _ => false,
    }
}

struct Case {
    format: &'static dyn Format,
    directory: String,
    file: String,
    text: String,
    neighbours: Vec<(String, String)>,
}

impl Case {
    fn read(&self, text: &str) -> Option<(Parsed, BTreeSet<String>)> {
        let neighbours: Vec<(&str, &str)> = self
            .neighbours
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let parsed = testing::parse(self.format, &self.file, text, &neighbours).ok()?;
        let gaps = parsed.gaps.iter().map(|gap| gap.message.to_string());
        let gaps = gaps.collect();
        Some((gist(parsed), gaps))
    }

    /// Changes that changed what was read without a gap.
    fn silent(&self, text: &str, changes: impl Iterator<Item = (String, String)>) -> Vec<String> {
        let (whole, gaps) = self.read(text).unwrap();
        // What is as it should be is never told.
        let is_told = |gap: &String| gap.contains(" in the entry of `");
        assert!(!gaps.iter().any(is_told), "{}: {gaps:?}", self.file);
        let is_silent = |changed: &str| match self.read(changed) {
            None => false,
            Some((other, told)) => other != whole && told.is_subset(&gaps),
        };
        changes
            .filter(|(_, changed)| is_silent(changed))
            .map(|(what, _)| format!("{} {}: {what}", self.format.name(), self.directory))
            .collect()
    }
}

/// Lockfiles of the test data that a format reads, with what lies beside them.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for format in FORMATS {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata/inventory")
            .join(format.name());
        for case in std::fs::read_dir(directory).unwrap() {
            let case = case.unwrap();
            if !case.path().is_dir() {
                continue;
            }
            let files: Vec<(String, String)> = std::fs::read_dir(case.path())
                .unwrap()
                .map(|file| file.unwrap())
                .filter(|file| file.path().is_file())
                .filter_map(|file| {
                    let bytes =
                        crate::support::files::read_bounded(&file.path(), 1_000_000).ok()?;
                    let name = file.file_name().to_string_lossy().into_owned();
                    Some((name, String::from_utf8(bytes).ok()?))
                })
                .collect();
            for (file, text) in &files {
                let case = Case {
                    format: *format,
                    directory: case.file_name().to_string_lossy().into_owned(),
                    file: file.clone(),
                    text: text.clone(),
                    neighbours: files.clone(),
                };
                let is_lockfile = format.matches("", file) || file.contains(".lock");
                if is_lockfile
                    && case
                        .read(text)
                        .is_some_and(|(read, _)| !read.packages.is_empty())
                {
                    cases.push(case);
                }
            }
        }
    }
    cases
}

#[test]
fn a_value_of_another_type_is_a_gap_or_was_never_read() {
    let mut silent = Vec::new();
    for case in cases() {
        let Some(syntax) = Syntax::of(case.format.name(), &case.file, &case.text) else {
            continue;
        };
        let whole = syntax.read(&case.text);
        let mut all = Vec::new();
        pointers(&whole, "", &mut all);
        let mut seen = HashMap::new();
        all.retain(|pointer| is_new(pointer, &mut seen));
        let mut changes = Vec::new();
        for pointer in &all {
            let others = syntax.others(whole.pointer(pointer).unwrap()).into_iter();
            for other in others.filter(|other| !is_legal(case.format.name(), pointer, other)) {
                let mut changed = whole.clone();
                let what = format!("{pointer} = {other}");
                *changed.pointer_mut(pointer).unwrap() = other;
                changes.push((what, syntax.write(&changed)));
            }
        }
        silent.extend(case.silent(&syntax.write(&whole), changes.into_iter()));
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn a_line_that_nobody_understands_is_a_gap_or_was_never_read() {
    let mut silent = Vec::new();
    for case in cases() {
        if Syntax::of(case.format.name(), &case.file, &case.text).is_some() {
            continue;
        }
        if case.file.ends_with(".xml") {
            continue;
        }
        let lines: Vec<&str> = case.text.lines().collect();
        let changes = lines.iter().enumerate().map(|(place, line)| {
            let indent = line.len() - line.trim_start().len();
            let changed = format!("{}?! ?! ?!", line.get(..indent).unwrap());
            let mut lines = lines.clone();
            lines[place] = &changed;
            (format!("line {}: {line}", place + 1), lines.join("\n"))
        });
        silent.extend(case.silent(&case.text, changes));
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
