//! Digests of a manifest that its lockfile keeps: Poetry's `content-hash`, PDM's
//! `content_hash` and the hash of the `Pipfile`. They are SHA-256 of Python's `json.dumps` of a part of the manifest, with
//! sorted keys; the client refuses the lockfile where they differ.
//!
//! Source: `get_content_hash` in `poetry/packages/locker.py`, `content_hash` in
//! `pdm/project/project_file.py`, `get_hash` in `plette/pipfiles.py`.

use crate::support::hash::sha256;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use toml::de::{DeTable, DeValue};

/// What Python's `json.dumps` writes between items, and after keys.
#[derive(Clone, Copy)]
struct Style {
    comma: &'static str,
    colon: &'static str,
}

const PLAIN: Style = Style {
    comma: ", ",
    colon: ": ",
};
const DENSE: Style = Style {
    comma: ",",
    colon: ":",
};

/// JSON text of parts by their keys, sorted; `None` where a part has a value that is written
/// in a way not known here.
fn object(parts: &BTreeMap<&str, String>, style: Style) -> String {
    let mut out = String::from("{");
    for (index, (key, value)) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(style.comma);
        }
        string(key, &mut out);
        out.push_str(style.colon);
        out.push_str(value);
    }
    out.push('}');
    out
}

/// A text as Python writes it: ASCII only.
fn string(text: &str, out: &mut String) {
    ascii(text, Plain::Python, out);
}

/// Whose JSON a digest is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Plain {
    /// `json_encode`: slashes are escaped, the delete character is not.
    Php,
    /// `json.dumps`: the other way round.
    Python,
}

/// A text in the JSON of another language, in ASCII; digests are of its bytes.
pub(super) fn ascii(text: &str, plain: Plain, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '/' if plain == Plain::Php => out.push_str("\\/"),
            '\u{7f}' if plain == Plain::Php => out.push(c),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

fn value(value: &DeValue<'_>, style: Style) -> Option<String> {
    Some(match value {
        DeValue::String(text) => {
            let mut out = String::new();
            string(text, &mut out);
            out
        }
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()?
            .to_string(),
        DeValue::Array(items) => {
            let items: Option<Vec<String>> = items
                .iter()
                .map(|item| self::value(item.get_ref(), style))
                .collect();
            format!("[{}]", items?.join(style.comma))
        }
        DeValue::Table(table) => self::table(table, style)?,
        // Neither stands in such a manifest.
        DeValue::Float(_) | DeValue::Datetime(_) => return None,
    })
}

fn table(table: &DeTable<'_>, style: Style) -> Option<String> {
    let mut parts = BTreeMap::new();
    for (key, item) in table {
        parts.insert(key.get_ref().as_ref(), value(item.get_ref(), style)?);
    }
    Some(object(&parts, style))
}

fn digest(json: &str) -> String {
    sha256(json.as_bytes()).hex()
}

/// The values that `content-hash` may have: versions of Poetry differ in whether they count
/// `[dependency-groups]`, and before version 2 `[project]`; `is_new` where it was version 2 or
/// later that wrote the lockfile. `None` where it cannot be computed.
pub(super) fn of_poetry(pyproject: &DeTable<'_>, is_new: bool) -> Option<Vec<String>> {
    const PROJECT: [&str; 3] = ["requires-python", "dependencies", "optional-dependencies"];
    const LEGACY: [&str; 4] = ["dependencies", "source", "extras", "dev-dependencies"];
    let under = |path: &[&str]| {
        path.iter().try_fold(pyproject, |table, key| {
            table.get(*key)?.get_ref().as_table()
        })
    };
    let pick = |from: Option<&DeTable<'_>>, keys: &[&'static str]| {
        let mut parts = BTreeMap::new();
        for key in keys {
            if let Some(found) = from.and_then(|table| table.get(*key)) {
                parts.insert(*key, value(found.get_ref(), PLAIN)?);
            }
        }
        Some(parts)
    };
    let project = pick(under(&["project"]), &PROJECT)?;
    let groups = under(&["dependency-groups"]).filter(|groups| !groups.is_empty());
    let groups = match groups {
        Some(groups) => Some(table(groups, PLAIN)?),
        None => None,
    };
    let poetry = pick(
        under(&["tool", "poetry"]),
        &[&LEGACY[..], &["group"]].concat(),
    )?;
    let old = || {
        let mut parts = poetry.clone();
        for key in LEGACY {
            parts.entry(key).or_insert_with(|| "null".to_owned());
        }
        digest(&object(&parts, PLAIN))
    };
    let with = |groups: Option<&String>| {
        let mut parts = BTreeMap::new();
        if !project.is_empty() {
            parts.insert("project", object(&project, PLAIN));
        }
        parts.extend(groups.map(|groups| ("dependency-groups", groups.clone())));
        if parts.is_empty() {
            return old();
        }
        let inside = BTreeMap::from([("poetry", object(&poetry, PLAIN))]);
        parts.insert("tool", object(&inside, PLAIN));
        digest(&object(&parts, PLAIN))
    };
    let mut known = vec![with(groups.as_ref()), with(None)];
    if !is_new {
        known.push(old());
    }
    Some(known)
}

/// A name of a group as PDM compares it.
fn group_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            _ if out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    out
}

/// The values that PDM's `content_hash` may have: before 2.18 it did not count
/// `[dependency-groups]`, before 2.11 of `[tool.pdm.resolution]` the overrides only. `None`
/// where it cannot be computed: without `[project]`, which PDM then makes of something else,
/// and in a workspace, where the members count.
pub(super) fn of_pdm(pyproject: &DeTable<'_>) -> Option<Vec<String>> {
    let under = |path: &[&str]| {
        path.iter().try_fold(pyproject, |table, key| {
            table.get(*key)?.get_ref().as_table()
        })
    };
    if under(&["tool", "pdm", "workspace"]).is_some() {
        return None;
    }
    let project = under(&["project"])?;
    let part = |table: Option<&DeTable<'_>>, key: &str, none: &str| match table
        .and_then(|table| table.get(key))
    {
        Some(found) => value(found.get_ref(), PLAIN),
        None => Some(none.to_owned()),
    };
    let pdm = under(&["tool", "pdm"]);
    let resolution = under(&["tool", "pdm", "resolution"]);
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for table in [
        under(&["dependency-groups"]),
        under(&["tool", "pdm", "dev-dependencies"]),
    ] {
        for (name, list) in table.into_iter().flatten() {
            let group = groups.entry(group_name(name.get_ref())).or_default();
            for item in list.get_ref().as_array()? {
                group.push(value(item.get_ref(), PLAIN)?);
            }
        }
    }
    let groups: BTreeMap<&str, String> = groups
        .iter()
        .map(|(name, items)| (name.as_str(), format!("[{}]", items.join(PLAIN.comma))))
        .collect();
    let base = BTreeMap::from([
        ("sources", part(pdm, "source", "[]")?),
        ("dependencies", part(Some(project), "dependencies", "[]")?),
        (
            "optional-dependencies",
            part(Some(project), "optional-dependencies", "{}")?,
        ),
        (
            "requires-python",
            part(Some(project), "requires-python", "\"\"")?,
        ),
    ]);
    let all = object(&groups, PLAIN);
    let legacy = part(pdm, "dev-dependencies", "{}")?;
    let whole = part(pdm, "resolution", "{}")?;
    let earlier = pdm.filter(|pdm| pdm.contains_key("overrides"));
    let overrides = part(earlier.or(resolution), "overrides", "{}")?;
    let with = |groups: &str, key: &'static str, resolution: &str| {
        let mut parts = base.clone();
        parts.insert("dev-dependencies", groups.to_owned());
        parts.insert(key, resolution.to_owned());
        digest(&object(&parts, PLAIN))
    };
    Some(vec![
        with(&all, "resolution", &whole),
        with(&legacy, "resolution", &whole),
        with(&legacy, "overrides", &overrides),
    ])
}

/// The hash of a `Pipfile`. `None` where it names no source: Pipenv then takes one of its
/// own, or where it cannot be computed.
pub(super) fn of_pipfile(pipfile: &DeTable<'_>) -> Option<String> {
    const OWN: [&str; 9] = [
        "source",
        "packages",
        "dev-packages",
        "requires",
        "scripts",
        "pipfile",
        "pipenv",
        "default",
        "develop",
    ];
    let part = |key: &str| match pipfile.get(key) {
        Some(found) => value(found.get_ref(), DENSE),
        None => Some("{}".to_owned()),
    };
    let meta = BTreeMap::from([
        ("sources", value(pipfile.get("source")?.get_ref(), DENSE)?),
        ("requires", part("requires")?),
    ]);
    let mut parts = BTreeMap::from([
        ("_meta", object(&meta, DENSE)),
        ("default", part("packages")?),
        ("develop", part("dev-packages")?),
    ]);
    for (key, found) in pipfile {
        let key = key.get_ref().as_ref();
        if !OWN.contains(&key) {
            parts.insert(key, value(found.get_ref(), DENSE)?);
        }
    }
    Some(digest(&object(&parts, DENSE)))
}
