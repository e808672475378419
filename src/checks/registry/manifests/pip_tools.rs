//! Requirement files that `pip-compile` or `uv pip compile` wrote, against the files that they
//! were compiled from: comments tell of each package which file asks for it (`# via -r
//! requirements.in`). Files without such comments are not compared.

use super::super::clients::{Source, Toml, place, says};
use super::python::{Asked, always};
use super::{Locked, Missing, javascript};
use crate::model::{Location, terminal_safe};
use crate::support::python::marker::Budget;
use crate::support::python::normalise;
use pep440_rs::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr as _;

/// Files that one requirement file is compiled from.
const FILE_LIMIT: usize = 100;

/// One package of the compiled file.
#[derive(Default)]
struct Entry<'t> {
    /// 1-based.
    line: u32,
    /// Of each line of this name; absent where it is none by version.
    versions: BTreeSet<Option<Version>>,
    /// What asks for it: names of packages, `-r file`, `-c file`, `app (pyproject.toml)`.
    via: BTreeSet<&'t str>,
}

/// The compiled file.
#[derive(Default)]
struct Compiled<'t> {
    /// By normalised name.
    entries: BTreeMap<String, Entry<'t>>,
    /// Names in comments: packages that were left out.
    noted: BTreeSet<String>,
    /// Whether versions are what an override says, and not what a file asks for.
    is_overridden: bool,
}

impl<'t> Compiled<'t> {
    fn of(text: &'t str) -> Self {
        let mut read = Self::default();
        let mut current: Option<String> = None;
        for (line, number) in text.lines().zip(1_u32..) {
            let (plain, comment) = match line.split_once('#') {
                // A fragment of an address is no comment.
                Some((plain, comment)) if plain.is_empty() || plain.ends_with([' ', '\t']) => {
                    (plain, Some(comment))
                }
                _ => (line, None),
            };
            read.is_overridden |= comment.is_some_and(|comment| comment.contains("--override"));
            if plain.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                let end = plain.find([';', '\\', ' ']).unwrap_or(plain.len());
                let (pinned, _) = plain.split_at_checked(end).unwrap_or((plain, ""));
                let (name, version) = match pinned.split_once("==") {
                    Some((name, version)) => (name, Version::from_str(version).ok()),
                    None => (pinned, None),
                };
                let name = normalise(name.split(['[', '@']).next().unwrap_or(name));
                let entry = read.entries.entry(name.clone()).or_default();
                entry.line = number;
                entry.versions.insert(version);
                current = Some(name);
            } else if !plain.trim().is_empty() && !plain.starts_with([' ', '\t']) {
                current = None;
            }
            let Some(comment) = comment else {
                if line.is_empty() {
                    current = None;
                }
                continue;
            };
            let entry = current.as_ref().and_then(|name| read.entries.get_mut(name));
            let Some(entry) = entry else {
                read.noted.insert(normalise(comment));
                continue;
            };
            let via = comment.trim();
            let via = via.strip_prefix("via").unwrap_or(via);
            let via = via.split(',').map(str::trim).filter(|one| !one.is_empty());
            entry.via.extend(via);
        }
        read
    }

    /// The files that were compiled, with the comment that tells of each.
    fn files(&self) -> BTreeSet<&'t str> {
        let via = self.entries.values().flat_map(|entry| &entry.via);
        let is_file = |via: &&str| {
            ["-r ", "-c "].iter().any(|option| via.starts_with(option))
                || via.ends_with("pyproject.toml)")
        };
        via.copied().filter(is_file).collect()
    }
}

/// What a file that was compiled asks for.
#[derive(Default)]
struct Input {
    asked: Vec<Asked>,
    /// Whether it may ask for other names, too.
    is_open: bool,
}

fn of_lines(text: &str) -> Input {
    let mut input = Input::default();
    let mut lines = text.lines().zip(1_u32..);
    while let Some((line, number)) = lines.next() {
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            match lines.next() {
                Some((more, _)) => whole.push_str(more),
                None => break,
            }
        }
        let plain = match whole.trim_start().starts_with('#') {
            true => "",
            false => whole.split(" #").next().unwrap_or_default(),
        };
        let plain = plain.split(" --").next().unwrap_or_default().trim();
        let is_project = plain.starts_with("-e") || plain.starts_with("--editable");
        if plain.is_empty() || (plain.starts_with('-') && !is_project) {
            continue;
        }
        // Variables and projects in directories have no name here.
        match Asked::of_text(plain, number, &always()) {
            Some(asked) if !plain.contains("${") => input.asked.push(asked),
            _ => input.is_open = true,
        }
    }
    input
}

fn of_project(text: &str) -> Option<Input> {
    let document = Toml::parse(text)?;
    let project = document.table(&["project"])?;
    let mut input = Input {
        asked: Vec::new(),
        // Extras and groups may have been asked for.
        is_open: true,
    };
    for (text, line) in document.texts(project, "dependencies") {
        input.asked.extend(Asked::of_text(text, line, &always()));
    }
    Some(input)
}

/// The path of a file that a comment names, relative to the directory of the compiled file or
/// to the root; `None` where there is none, or one in each.
fn resolve(source: &Source<'_>, directory: &str, file: &str) -> Option<String> {
    let clean = |base: &str| {
        let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
        for part in file.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    };
    if file.starts_with('/') {
        return None;
    }
    let mut found: Vec<String> = [directory, ""].into_iter().filter_map(clean).collect();
    found.dedup();
    found.retain(|path| source.tree(path).is_some());
    match found.len() {
        1 => found.pop(),
        _ => None,
    }
}

/// The files that a requirement file was compiled from.
pub(super) fn requirements(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let text = javascript::lockfile(root, locked.path).unwrap_or_default();
    let compiled = Compiled::of(&text);
    let files = compiled.files();
    // A line is compared with every version of its name.
    let budget = Budget::default();
    if files.len() > FILE_LIMIT {
        budget.exceed();
    }
    for via in files.into_iter().take(FILE_LIMIT) {
        let file = match via.split_once('(') {
            Some((_, file)) => file.trim_end_matches(')'),
            None => via.get(3..).unwrap_or_default().trim(),
        };
        let path = resolve(source, locked.directory, file);
        let Some(file) = path.and_then(|path| source.tree(&path)) else {
            continue;
        };
        let input = match via.ends_with(')') {
            true => of_project(&file.text),
            false => Some(of_lines(&file.text)),
        };
        let Some(input) = input else {
            continue;
        };
        for asked in &input.asked {
            if !is_met(&compiled, via, asked, &budget) {
                out.push(Missing {
                    place: place(&file.shown, asked.line, says(&asked.name, &asked.text)),
                });
            }
        }
        if input.is_open {
            continue;
        }
        let names: BTreeSet<&str> = input.asked.iter().map(|one| one.name.as_str()).collect();
        for (name, entry) in &compiled.entries {
            if entry.via.contains(via) && !names.contains(name.as_str()) {
                out.push(Missing {
                    place: place(locked.path, entry.line, says(name, via)),
                });
            }
        }
    }
    if budget.is_exceeded() {
        let message = format!(
            "`{}` was not compared to the end with what it was compiled from: that is too much",
            terminal_safe(locked.path)
        );
        source.note(Location::file(locked.path), &message);
    }
    out
}

/// Whether a compiled file has what a line asks for; also where that takes more than the
/// budget.
fn is_met(compiled: &Compiled<'_>, via: &str, asked: &Asked, budget: &Budget) -> bool {
    if asked.is_placed || !asked.is_unconditional() {
        return true;
    }
    let is_constraint = via.starts_with("-c ");
    let Some(entry) = compiled.entries.get(&asked.name) else {
        return is_constraint || compiled.noted.contains(&asked.name);
    };
    if compiled.is_overridden {
        return true;
    }
    let parts = asked.range.len().max(1);
    if !budget.take(entry.versions.len().saturating_mul(parts)) {
        return true;
    }
    let mut versions = entry.versions.iter();
    let fits = versions.any(|version| {
        let version = version.as_ref();
        version.is_none_or(|version| asked.range.contains(version))
    });
    fits && (is_constraint || entry.via.contains(via))
}
