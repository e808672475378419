//! `package-lock.json` and `npm-shrinkwrap.json`, versions 2 and 3
//! (<https://docs.npmjs.com/cli/configuring-npm/package-lock-json>).
//!
//! Only `packages` is read: npm 7 and later ignore the `dependencies` that version 2
//! carries beside it for npm 6.

mod entry;
mod resolve;

use super::{Format, Input, PACKAGE_LIMIT, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::json::{Member, Object, read_object};
use crate::inventory::lines::Lines;
use crate::inventory::rules;
use crate::model::{Ecosystem, Root};
use entry::Entry;
use std::collections::{HashMap, HashSet};

const READ: &str = "2 and 3";

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
        let broken = read_object(input.text, "packages", PACKAGE_LIMIT, &mut object).err();
        if object.nested.len() >= PACKAGE_LIMIT {
            return Err(FormatError::TooManyPackages {
                limit: PACKAGE_LIMIT,
            });
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
        note_repeated(&object, &lines, input.path, &mut parsed);
        let entries = entry::read(&object.nested, &lines, input.path, &mut parsed);
        parsed.root = product(&object, &entries);
        resolve::resolve(input.path, &entries, &mut parsed);
        if let Some(error) = syntax {
            parsed.note_broken(input.path, error.line().unwrap_or(1), &error.to_string());
        }
        Ok(parsed)
    }
}

/// The last member of a name: what npm, by `JSON.parse`, reads.
fn member<'o, 'a>(object: &'o Object<'a>, key: &str) -> Option<&'o Member<'a>> {
    object.members.iter().rfind(|member| member.key == key)
}

fn member_text(object: &Object<'_>, key: &str) -> Option<String> {
    serde_json::from_str(member(object, key)?.value.get()).ok()
}

fn check_version(object: &Object<'_>, lines: &Lines) -> Result<(), FormatError> {
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
        "1" => Err(FormatError::OldVersion {
            line,
            found,
            known: READ,
        }),
        _ => Err(FormatError::UnknownVersion {
            line,
            found: found.chars().take(20).collect(),
            known: READ,
        }),
    }
}

/// Readers differ in which of two equal keys they believe, so a lockfile with such keys
/// can show one package to us and another to npm.
fn note_repeated(object: &Object<'_>, lines: &Lines, path: &str, parsed: &mut Parsed) {
    if object.nested_count > 1 {
        let message = "the key `packages` stands several times; the last one was read";
        parsed.note(&rules::UNREADABLE_LOCKFILE, path, 1, message);
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
