//! Names, requirements and markers of Python packages.
//!
//! Requirements are taken apart here and not by `pep508_rs` 0.9.2: that crate panics on a
//! name with a dash at its end, and the text of its errors on letters outside ASCII.

pub mod marker;

use pep440_rs::VersionSpecifiers;
use std::collections::BTreeSet;
use std::str::FromStr as _;

/// A project name as comparisons use it: lower case, runs of `-`, `_` and `.` as one `-`
/// (<https://packaging.python.org/en/latest/specifications/name-normalization/>).
#[must_use]
pub fn normalise(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.trim().chars() {
        match c {
            '-' | '_' | '.' => {
                if !normal.ends_with('-') {
                    normal.push('-');
                }
            }
            c => normal.extend(c.to_lowercase()),
        }
    }
    normal
}

/// A name that a manifest asks for, with the extras that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Normalised.
    pub name: String,
    /// Normalised.
    pub extras: BTreeSet<String>,
}

/// A requirement by name (<https://packaging.python.org/en/latest/specifications/dependency-specifiers/>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Name and extras.
    pub wanted: Wanted,
    /// The range of versions; everything, where none is given.
    pub range: VersionSpecifiers,
}

/// Reads a requirement by name; the marker is left aside.
///
/// # Errors
/// What is wrong with it, one line.
pub fn requirement(text: &str) -> Result<Requirement, String> {
    let plain = text.split(';').next().unwrap_or(text).trim();
    let end = plain.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let (name, rest) = plain.split_at(end.unwrap_or(plain.len()));
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !edge(name.chars().next()) || !edge(name.chars().next_back()) {
        return Err("it does not start with the name of a package".to_owned());
    }
    let rest = rest.trim_start();
    let (extras, rest) = match rest.strip_prefix('[') {
        Some(inside) => inside
            .split_once(']')
            .ok_or("the list of extras is not closed")?,
        None => ("", rest),
    };
    let rest = rest.trim();
    let range = match rest.strip_prefix('(') {
        Some(inside) => inside
            .strip_suffix(')')
            .ok_or("the range of versions is not closed")?,
        None => rest,
    };
    let range = VersionSpecifiers::from_str(range.trim())
        .map_err(|_| format!("`{range}` is no range of versions"))?;
    Ok(Requirement {
        wanted: Wanted {
            name: normalise(name),
            extras: extras
                .split(',')
                .map(normalise)
                .filter(|extra| !extra.is_empty())
                .collect(),
        },
        range,
    })
}

/// The name and extras of a requirement, with or without an address; `None` where it is
/// none.
#[must_use]
pub fn wanted(text: &str) -> Option<Wanted> {
    let by_name = text.split('@').next().unwrap_or(text);
    requirement(by_name)
        .ok()
        .map(|requirement| requirement.wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_is_read_without_its_marker() {
        let read = requirement("Foo_Bar[B,a] (>=1,<2) ; python_version > '3'").unwrap();
        assert_eq!(read.wanted.name, "foo-bar");
        assert_eq!(read.wanted.extras.len(), 2);
        assert_eq!(read.range.to_string(), ">=1, <2");
        assert!(requirement("a").unwrap().range.is_empty());
        for wrong in [
            "", "-a", "a-", "a b", "a[b", "a (>1", "a ==", "\u{e9}", "a \u{e9}",
        ] {
            assert!(requirement(wrong).is_err(), "{wrong}");
        }
        assert_eq!(wanted("a @ https://h.example/a.whl").unwrap().name, "a");
    }
}
