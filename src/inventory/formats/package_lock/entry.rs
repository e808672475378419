//! The entries of `packages`, read leniently: what is wrong in one is a gap, the rest of
//! it is kept.

use crate::inventory::formats::Parsed;
use crate::inventory::json::Member;
use crate::inventory::lines::Lines;
use crate::inventory::rules;
use crate::model::{JsonLimits, Scope, StrictJsonError, parse_strict_json};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Bytes of a path in `packages`. A longer one is no path of a real tree, and looking its
/// dependencies up costs time by its depth.
pub const PATH_LIMIT: usize = 1024;

/// What one entry may hold.
const LIMITS: JsonLimits = JsonLimits {
    depth: 64,
    values: 1_000_000,
};

/// One entry.
#[derive(Debug)]
pub struct Entry {
    /// Its key: empty for the root, `node_modules/a`, `packages/a`.
    pub path: String,
    /// 1-based line of the key.
    pub line: u32,
    /// What it says.
    pub fields: Fields,
}

/// The fields of an entry that are of use.
#[derive(Debug, Default)]
pub struct Fields {
    /// Of the manifest, where it differs from the path or the path holds none.
    pub name: Option<String>,
    /// As recorded.
    pub version: Option<String>,
    /// Where it comes from, or what a link leads to.
    pub resolved: Option<String>,
    /// Subresource Integrity string.
    pub integrity: Option<String>,
    /// A link to another entry.
    pub link: bool,
    /// Comes inside the package file of another one.
    pub bundled: bool,
    /// Installing it runs its code.
    pub has_install_script: Option<bool>,
    /// Why its publisher advises against it.
    pub deprecated: Option<String>,
    /// As recorded.
    pub licence: Option<String>,
    /// What the flags say.
    pub scope: Scope,
    /// Names and what was asked for.
    pub dependencies: Vec<(String, String)>,
    /// Needed to develop; only in entries of own packages.
    pub dev_dependencies: Vec<(String, String)>,
    /// May be missing.
    pub optional_dependencies: Vec<(String, String)>,
    /// Expected from above; may be missing.
    pub peer_dependencies: Vec<(String, String)>,
    /// What was asked for, where the entry says it itself (version 1).
    pub asked: Option<String>,
}

impl Entry {
    /// Whether it lies in a `node_modules` directory: fetched, not made here.
    pub fn is_installed(&self) -> bool {
        self.path.split('/').any(|part| part == "node_modules")
    }

    /// The name of the package: its own, else that of its directory.
    pub fn name(&self) -> &str {
        if let Some(name) = &self.fields.name {
            return name;
        }
        let path = self.path.as_str();
        match path.rsplit_once("node_modules/") {
            Some((_, name)) => name,
            None => path.rsplit('/').next().unwrap_or(path),
        }
    }
}

/// Reads the members of `packages`; of equal keys the last one counts.
pub fn read(
    members: &[Member<'_>],
    lines: &Lines<'_>,
    path: &str,
    parsed: &mut Parsed,
) -> Vec<Entry> {
    let last: HashMap<&str, usize> = members
        .iter()
        .enumerate()
        .map(|(place, member)| (member.key.as_ref(), place))
        .collect();
    let mut entries = Vec::with_capacity(members.len());
    for (place, member) in members.iter().enumerate() {
        if last.get(member.key.as_ref()) != Some(&place) {
            continue;
        }
        let line = lines.at(member.offset);
        let mut problem = |message: &str| {
            parsed.note(&rules::INCOMPLETE_ENTRY, path, line, message);
        };
        if member.key.len() > PATH_LIMIT {
            problem("the path of this entry is longer than 1024 bytes; it was left out");
            continue;
        }
        match value(member, &mut problem) {
            Ok(Value::Object(object)) => entries.push(Entry {
                path: member.key.clone().into_owned(),
                line,
                fields: fields(object, &member.key, &mut problem),
            }),
            Ok(_) => problem(&format!("the entry `{}` is not an object", member.key)),
            Err(error) => problem(&format!("the entry `{}`: {error}", member.key)),
        }
    }
    entries
}

/// The value of an entry. Readers differ in which of two equal keys they believe; npm
/// takes the last one.
fn value(member: &Member<'_>, problem: &mut dyn FnMut(&str)) -> Result<Value, String> {
    match parse_strict_json(member.value.get().as_bytes(), LIMITS) {
        Ok(value) => return Ok(value),
        Err(StrictJsonError::DuplicateKey { key, .. }) => problem(&format!(
            "the key `{key}` of the entry `{}` stands several times; the last one was read",
            member.key
        )),
        // The other reader names the place.
        Err(StrictJsonError::Syntax { .. }) => {}
        Err(limit) => return Err(limit.to_string()),
    }
    serde_json::from_str(member.value.get()).map_err(|error| error.to_string())
}

fn fields(object: Map<String, Value>, key: &str, problem: &mut dyn FnMut(&str)) -> Fields {
    let mut reader = Reader {
        object,
        key,
        problem,
    };
    let flags = ["dev", "optional", "devOptional", "peer"].map(|flag| reader.flag(flag));
    Fields {
        name: reader.text("name"),
        version: reader.text("version"),
        resolved: reader.text("resolved"),
        integrity: reader.text("integrity"),
        link: reader.flag("link") == Some(true),
        bundled: reader.flag("inBundle") == Some(true) || reader.flag("bundled") == Some(true),
        has_install_script: reader.flag("hasInstallScript"),
        deprecated: reader.deprecated(),
        licence: reader.licence(),
        scope: scope(flags.map(|flag| flag == Some(true))),
        dependencies: reader.names("dependencies"),
        dev_dependencies: reader.names("devDependencies"),
        optional_dependencies: reader.names("optionalDependencies"),
        peer_dependencies: reader.names("peerDependencies"),
        asked: None,
    }
}

/// `dev`: reached through development dependencies only. `optional`: through optional
/// ones only. `devOptional`: through both kinds, so it may run. No flag: it runs.
pub fn scope([dev, optional, dev_optional, peer]: [bool; 4]) -> Scope {
    if dev {
        Scope::Dev
    } else if optional || dev_optional {
        Scope::Optional
    } else if peer {
        Scope::Peer
    } else {
        Scope::Runtime
    }
}

struct Reader<'r> {
    object: Map<String, Value>,
    key: &'r str,
    problem: &'r mut dyn FnMut(&str),
}

impl Reader<'_> {
    fn wrong(&mut self, field: &str, want: &str) {
        let message = format!("`{field}` of the entry `{}` is not {want}", self.key);
        (self.problem)(&message);
    }

    fn text(&mut self, field: &str) -> Option<String> {
        match self.object.remove(field)? {
            Value::String(text) => Some(text),
            _ => {
                self.wrong(field, "a string");
                None
            }
        }
    }

    /// npm notes the publisher's words; an empty text takes a deprecation back.
    fn deprecated(&mut self) -> Option<String> {
        match self.object.remove("deprecated")? {
            Value::String(text) => Some(text).filter(|text| !text.is_empty()),
            Value::Bool(deprecated) => deprecated.then(String::new),
            _ => {
                self.wrong("deprecated", "a string");
                None
            }
        }
    }

    fn flag(&mut self, field: &str) -> Option<bool> {
        match self.object.remove(field)? {
            Value::Bool(flag) => Some(flag),
            _ => {
                self.wrong(field, "true or false");
                None
            }
        }
    }

    /// A string, or what old manifests have: `{"type": "MIT"}`, or a list of either.
    fn licence(&mut self) -> Option<String> {
        let value = self
            .object
            .remove("license")
            .or_else(|| self.object.remove("licenses"))?;
        let text = licence_text(&value);
        if text.is_none() {
            self.wrong("license", "a licence");
        }
        text
    }

    fn names(&mut self, field: &str) -> Vec<(String, String)> {
        match self.object.remove(field) {
            None => Vec::new(),
            Some(Value::Object(names)) => {
                if names.values().any(|spec| !spec.is_string()) {
                    self.wrong(field, "an object of strings");
                }
                names
                    .into_iter()
                    .map(|(name, spec)| (name, spec.as_str().unwrap_or_default().to_owned()))
                    .collect()
            }
            Some(_) => {
                self.wrong(field, "an object");
                Vec::new()
            }
        }
    }
}

/// The licence of a manifest's `license` or `licenses`: a text, an object with a `type`, or
/// a list of either, which offers a choice.
pub fn licence_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => object.get("type")?.as_str().map(str::to_owned),
        Value::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(licence_text).collect();
            Some(texts?.join(" OR ")).filter(|text| !text.is_empty())
        }
        _ => None,
    }
}
