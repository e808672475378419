//! `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3
//! (<https://docs.npmjs.com/cli/configuring-npm/package-lock-json>).
//!
//! Version 1 has the tree `dependencies`, version 3 the list `packages`. Version 2 has
//! both, for npm 6 and for later ones: `packages` is read, and a tree that says something
//! else is a gap, since npm 6 would install that.

mod entry;
mod old;
mod resolve;

use super::{Format, Input, PACKAGE_LIMIT, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::json::{Member, Object, offset_of, read_object};
use crate::inventory::lines::Lines;
use crate::inventory::rules;
use crate::model::{Ecosystem, Root};
use entry::Entry;
pub use entry::licence_text;
use std::collections::{HashMap, HashSet};

/// The format.
pub struct PackageLock;

impl Format for PackageLock {
    fn name(&self) -> &'static str {
        "package-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Npm
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["package-lock.json", "npm-shrinkwrap.json"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        matches!(file, "package-lock.json" | "npm-shrinkwrap.json")
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let lines = Lines::new(input.text);
        let mut object = Object::default();
        let mut broken = read_object(input.text, "packages", PACKAGE_LIMIT, &mut object).err();
        let tree = "dependencies";
        let is_old = member(&object, "lockfileVersion").is_some_and(|v| v.value.get() == "1");
        if is_old {
            // The same again, so that whole entries before a syntax error are kept.
            object = Object::default();
            broken = read_object(input.text, tree, PACKAGE_LIMIT, &mut object).err();
        }
        if object.nested.len() >= PACKAGE_LIMIT {
            return Err(too_many());
        }
        let syntax = broken.map(|error| FormatError::Syntax {
            line: u32::try_from(error.line()).unwrap_or(u32::MAX).max(1),
            reason: error.to_string(),
        });
        if let (Some(error), true) = (&syntax, object.nested.is_empty()) {
            return Err(error.clone());
        }
        check_version(&object, &lines)?;
        let mut parsed = Parsed::default();
        let section = if is_old { tree } else { "packages" };
        note_repeated(&object, section, &lines, input.path, &mut parsed);
        if is_old {
            note_strays(&object, &lines, input.path, &mut parsed);
        }
        let entries = if is_old {
            if let Some(packages) = member(&object, "packages") {
                let message =
                    "version 1 has no `packages`; npm 7 and later would read it all the same";
                let line = lines.at(packages.offset);
                parsed.note(&rules::UNREADABLE_LOCKFILE, input.path, line, message);
            }
            let tree = read_tree(input, &lines, &object.nested, &mut parsed)?;
            let mut entries = vec![old_project(input, &object, &mut parsed)];
            entries.extend(tree);
            entries
        } else {
            let entries = entry::read(&object.nested, &lines, input.path, &mut parsed);
            note_disagreements(input, &lines, &object, &entries, &mut parsed)?;
            entries
        };
        parsed.root = product(&object, &entries);
        resolve::resolve(input.path, &entries, &mut parsed);
        if let Some(error) = syntax {
            parsed.note_broken(input.path, error.line().unwrap_or(1), &error.to_string());
        }
        Ok(parsed)
    }
}

/// Notes objects of objects that version 1 does not have; `packages` has its own word.
fn note_strays(object: &Object<'_>, lines: &Lines<'_>, path: &str, parsed: &mut Parsed) {
    let holds_objects = |member: &&Member<'_>| {
        let value = serde_json::from_str::<serde_json::Value>(member.value.get());
        let value = value.unwrap_or_default();
        value
            .as_object()
            .is_some_and(|members| members.values().any(serde_json::Value::is_object))
    };
    let members = object.members.iter();
    let members = members.filter(|member| member.key != "packages");
    let strays: Vec<(String, u32)> = members
        .filter(holds_objects)
        .map(|member| (member.key.to_string(), lines.at(member.offset)))
        .collect();
    parsed.note_strays(path, &strays);
}

fn too_many() -> FormatError {
    FormatError::TooManyPackages {
        limit: PACKAGE_LIMIT,
    }
}

/// The entries of the tree of versions 1 and 2.
fn read_tree<'a>(
    input: &Input<'a>,
    lines: &Lines<'_>,
    members: &[Member<'a>],
    parsed: &mut Parsed,
) -> Result<Vec<Entry>, FormatError> {
    let mut reader = old::Reader {
        text: input.text,
        lines,
        input,
        parsed,
        entries: Vec::new(),
        is_full: false,
    };
    reader.level(members, "", 1);
    if reader.is_full {
        return Err(too_many());
    }
    Ok(reader.entries)
}

/// The project, of which version 1 holds the name only.
fn old_project(input: &Input<'_>, object: &Object<'_>, parsed: &mut Parsed) -> Entry {
    let (name, version) = (member_text(object, "name"), member_text(object, "version"));
    old::project(input, name, version, parsed)
}

/// Notes where the tree of version 2, which npm 6 reads, says another thing.
fn note_disagreements<'a>(
    input: &Input<'a>,
    lines: &Lines<'_>,
    object: &Object<'a>,
    entries: &[Entry],
    parsed: &mut Parsed,
) -> Result<(), FormatError> {
    let is_two = member(object, "lockfileVersion").is_some_and(|v| v.value.get() == "2");
    let Some(tree) = member(object, "dependencies").filter(|_| is_two) else {
        return Ok(());
    };
    let mut inner = Object::default();
    let whole = tree.value.get();
    let read = read_object(whole, "", PACKAGE_LIMIT, &mut inner);
    let line = lines.at(tree.offset);
    if let Err(error) = read {
        let message = format!("`dependencies` cannot be read: {error}");
        parsed.note(&rules::UNREADABLE_LOCKFILE, input.path, line, &message);
        return Ok(());
    }
    let start = offset_of(input.text, whole);
    for member in &mut inner.members {
        member.offset = member.offset.saturating_add(start);
    }
    let tree = read_tree(input, lines, &inner.members, parsed)?;
    for (line, message) in old::disagreements(entries, &tree) {
        let message = format!("the two lists of this lockfile disagree: {message}");
        parsed.note(&rules::UNREADABLE_LOCKFILE, input.path, line, &message);
    }
    Ok(())
}

/// The last member of a name: what npm, by `JSON.parse`, reads.
pub(super) fn member<'o, 'a>(object: &'o Object<'a>, key: &str) -> Option<&'o Member<'a>> {
    object.members.iter().rfind(|member| member.key == key)
}

fn member_text(object: &Object<'_>, key: &str) -> Option<String> {
    serde_json::from_str(member(object, key)?.value.get()).ok()
}

fn check_version(object: &Object<'_>, lines: &Lines<'_>) -> Result<(), FormatError> {
    let Some(version) = member(object, "lockfileVersion") else {
        return Err(FormatError::Shape {
            line: 1,
            reason: "there is no `lockfileVersion`".to_owned(),
        });
    };
    let line = lines.at(version.offset);
    let found = version.value.get().to_owned();
    match found.as_str() {
        "2" | "3" if object.nested_count > 0 => Ok(()),
        "2" | "3" => Err(FormatError::Shape {
            line,
            reason: "there is no `packages`".to_owned(),
        }),
        "1" => Ok(()),
        _ => Err(FormatError::UnknownVersion {
            line,
            found: found.chars().take(20).collect(),
            known: "1 to 3",
        }),
    }
}

/// Readers differ in which of two equal keys they believe, so a lockfile with such keys
/// can show one package to us and another to npm.
pub(super) fn note_repeated(
    object: &Object<'_>,
    nested: &str,
    lines: &Lines<'_>,
    path: &str,
    parsed: &mut Parsed,
) {
    if object.nested_count > 1 {
        let message = format!("the key `{nested}` stands several times; the last one was read");
        parsed.note(&rules::UNREADABLE_LOCKFILE, path, 1, &message);
    }
    for members in [&object.members, &object.nested] {
        let mut seen = HashSet::new();
        for member in members {
            if !seen.insert(member.key.as_ref()) {
                let message = format!(
                    "the key `{}` stands several times; the last one was read",
                    member.key
                );
                let line = lines.at(member.offset);
                parsed.note(&rules::UNREADABLE_LOCKFILE, path, line, &message);
            }
        }
    }
}

fn product(object: &Object<'_>, entries: &[Entry]) -> Option<Root> {
    let root = entries.iter().find(|entry| entry.path.is_empty());
    let name = root
        .and_then(|root| root.fields.name.clone())
        .or_else(|| member_text(object, "name"))?;
    Some(Root {
        name,
        version: root
            .and_then(|root| root.fields.version.clone())
            .or_else(|| member_text(object, "version")),
    })
}

/// Places of entries by path.
fn places(entries: &[Entry]) -> HashMap<&str, usize> {
    entries
        .iter()
        .enumerate()
        .map(|(place, entry)| (entry.path.as_str(), place))
        .collect()
}

#[cfg(test)]
mod tests;
