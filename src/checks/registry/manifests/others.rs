//! Manifests of Python, PHP and Ruby: the names that they ask for, against the names in
//! the lockfile. Versions are not compared: their requirements differ too much.

use super::super::clients::{Source, Toml, join, place, says};
use super::{Locked, Missing, hashes, javascript};
use crate::support::json_tree;
use std::path::Path;
use toml::de::DeTable;

/// A Python name as all tools compare it (PEP 503).
fn normal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.to_lowercase().chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.push(c),
        }
    }
    out
}

fn lower(name: &str) -> String {
    name.to_lowercase()
}

/// The name at the start of a requirement (PEP 508).
fn name_of(requirement: &str) -> &str {
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(requirement.len());
    requirement.get(..end).unwrap_or_default()
}

fn add(
    locked: &Locked<'_>,
    path: &str,
    line: u32,
    name: &str,
    asked: &str,
    out: &mut Vec<Missing>,
) {
    if !name.is_empty() && !locked.has(&normal, name) {
        out.push(Missing {
            place: place(path, line, says(name, asked)),
        });
    }
}

/// How a lockfile is written.
enum Shape {
    Toml,
    Json,
}

/// The digest of the manifest that a lockfile keeps, with its line.
fn kept_hash(root: &Path, path: &str, keys: &[&str], shape: Shape) -> Option<(String, u32)> {
    let text = javascript::lockfile(root, path)?;
    let (last, above) = keys.split_last()?;
    match shape {
        Shape::Toml => {
            let document = Toml::parse(&text)?;
            let (found, line) = document.text(document.table(above)?, last)?;
            Some((found.to_owned(), line))
        }
        Shape::Json => {
            let document = json_tree::parse(&text);
            let start = Some(&document.root);
            let table = above.iter().fold(start, |node, key| node?.value(key));
            let member = table?.member(last)?;
            Some((member.value.text()?.to_owned(), member.line))
        }
    }
}

/// `[project]` of `pyproject.toml`, for uv and PDM.
pub(super) fn project(_root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let Some(file) = source.tree(&join(locked.directory, "pyproject.toml")) else {
        return out;
    };
    let Some(document) = Toml::parse(&file.text) else {
        return out;
    };
    requirements(&file.shown, &document, locked, &mut out);
    out
}

fn requirements(path: &str, document: &Toml<'_>, locked: &Locked<'_>, out: &mut Vec<Missing>) {
    let Some(project) = document.table(&["project"]) else {
        return;
    };
    for (text, line) in document.texts(project, "dependencies") {
        add(locked, path, line, name_of(text), text, out);
    }
}

/// `[tool.poetry]` groups, or `[project]`.
pub(super) fn poetry(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let Some(file) = source.tree(&join(locked.directory, "pyproject.toml")) else {
        return out;
    };
    let Some(document) = Toml::parse(&file.text) else {
        return out;
    };
    requirements(&file.shown, &document, locked, &mut out);
    let kept = kept_hash(
        root,
        locked.path,
        &["metadata", "content-hash"],
        Shape::Toml,
    );
    if let (Some((kept, line)), Some(known)) = (kept, hashes::of_poetry(&document.root))
        && !known.contains(&kept)
    {
        let says = says("content-hash", &kept);
        out.push(Missing {
            place: place(locked.path, line, says),
        });
    }
    let mut tables: Vec<&DeTable<'_>> = Vec::new();
    for key in ["dependencies", "dev-dependencies"] {
        tables.extend(document.table(&["tool", "poetry", key]));
    }
    for (_, group) in document
        .table(&["tool", "poetry", "group"])
        .into_iter()
        .flatten()
    {
        let group = group.get_ref().as_table();
        let names = group.and_then(|group| group.get("dependencies"));
        tables.extend(names.and_then(|names| names.get_ref().as_table()));
    }
    for table in tables {
        for (key, value) in table {
            let name = key.get_ref();
            if name != "python" {
                let asked = value.get_ref().as_str().unwrap_or("*");
                add(
                    locked,
                    &file.shown,
                    document.line(value),
                    name,
                    asked,
                    &mut out,
                );
            }
        }
    }
    out
}

/// `[packages]` and `[dev-packages]` of a Pipfile.
pub(super) fn pipfile(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let Some(file) = source.tree(&join(locked.directory, "Pipfile")) else {
        return out;
    };
    let Some(document) = Toml::parse(&file.text) else {
        return out;
    };
    let kept = kept_hash(root, locked.path, &["_meta", "hash", "sha256"], Shape::Json);
    if let (Some((kept, line)), Some(known)) = (kept, hashes::of_pipfile(&document.root))
        && known != kept
    {
        out.push(Missing {
            place: place(locked.path, line, says("sha256", &kept)),
        });
    }
    for key in ["packages", "dev-packages"] {
        for (name, value) in document.table(&[key]).into_iter().flatten() {
            // A project beside it is locked by its path, under no name.
            let elsewhere = value.get_ref().as_table().is_some_and(|table| {
                ["path", "file", "git"]
                    .iter()
                    .any(|key| table.contains_key(*key))
            });
            if !elsewhere {
                let asked = value.get_ref().as_str().unwrap_or("*");
                let line = document.line(value);
                add(locked, &file.shown, line, name.get_ref(), asked, &mut out);
            }
        }
    }
    out
}

/// `require` and `require-dev` of `composer.json`. What another package provides or
/// replaces is in the lockfile under that one's name: such names are left out.
pub(super) fn composer(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let Some(file) = source.tree(&join(locked.directory, "composer.json")) else {
        return out;
    };
    let document = json_tree::parse(&file.text);
    if document.broken.is_some() {
        return out;
    }
    let lock = crate::support::files::read_bounded(&root.join(locked.path), 100_000_000);
    let lock = lock.unwrap_or_default();
    for group in ["require", "require-dev"] {
        for member in document
            .root
            .value(group)
            .map_or(&[][..], json_tree::Node::members)
        {
            let name = member.key.as_ref();
            if !name.contains('/') || locked.has(&lower, name) {
                continue;
            }
            let quoted = format!("\"{name}\":");
            if memchr::memmem::find(&lock, quoted.as_bytes()).is_some() {
                // Named as provided or replaced, or as what a package asks for.
                continue;
            }
            let asked = member.value.text().unwrap_or_default();
            out.push(Missing {
                place: place(&file.shown, member.line, says(name, asked)),
            });
        }
    }
    out
}

/// `gem "name"` lines of a Gemfile. One with conditions or with parts elsewhere is a
/// program, and nothing is said of it.
pub(super) fn gemfile(_root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let Some(file) = source.tree(&join(locked.directory, "Gemfile")) else {
        return out;
    };
    let is_program = file.text.lines().any(|line| {
        let words = line
            .split_whitespace()
            .take_while(|word| !word.starts_with('#'));
        let mut words = words;
        words.any(|word| {
            matches!(
                word,
                "if" | "unless" | "case" | "eval_gemfile" | "install_if" | "else"
            )
        })
    });
    if is_program {
        return out;
    }
    for (index, line) in file.text.lines().enumerate() {
        let Some(rest) = line.trim().strip_prefix("gem") else {
            continue;
        };
        let rest = rest.trim_start_matches(['(', ' ', '\t']);
        let Some(quote @ ('"' | '\'')) = rest.chars().next() else {
            continue;
        };
        let Some((name, _)) = rest.get(1..).and_then(|rest| rest.split_once(quote)) else {
            continue;
        };
        if !name.contains("#{") && locked.named(name).is_empty() {
            let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
            out.push(Missing {
                place: place(&file.shown, number, says("gem", name)),
            });
        }
    }
    out
}
