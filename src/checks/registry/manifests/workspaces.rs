//! The projects of a workspace, as the patterns in its manifest find them.

use super::super::clients::{Source, join};
use crate::model::{Location, terminal_safe};
use crate::support::json_tree::{self, Node};
use ignore::overrides::{Override, OverrideBuilder};
use std::collections::BTreeSet;
use std::path::Path;

/// Directories that are looked into; fewer in tests, which would take long to make as many.
const LIMIT: usize = if cfg!(test) { 500 } else { 10_000 };
/// Directories below one another.
const DEPTH: usize = 32;
/// The same where all manifests are looked for.
const NAMES_DEPTH: usize = 8;
/// Patterns of one list that are followed: each is tried on each directory.
const PATTERN_LIMIT: usize = 1_000;

/// The name in the `package.json` of a directory.
pub(super) fn name(source: &Source<'_>, directory: &str) -> Option<String> {
    let file = source.tree(&join(directory, "package.json"))?;
    let document = json_tree::parse(&file.text);
    let name = document.root.value("name").and_then(Node::text);
    name.map(str::to_owned)
}

/// The names of all manifests below the parts of the patterns that have no wildcard. Those
/// are the projects of the workspace, and packages beside them that are in the tree as well.
/// Nothing is said where it ends early: what is asked of a name that is not here is a finding.
pub(super) fn names(
    root: &Path,
    source: &Source<'_>,
    directory: &str,
    main: &Node<'_>,
) -> BTreeSet<String> {
    let workspaces = main.value("workspaces");
    let listed = workspaces.map(|value| value.value("packages").unwrap_or(value));
    let patterns = listed.map_or(&[][..], Node::items).iter();
    let mut found = BTreeSet::new();
    let mut open: Vec<(String, usize)> = patterns
        .filter_map(|pattern| pattern.text())
        .filter(|pattern| !pattern.split('/').any(|part| part == ".."))
        .map(|pattern| {
            let parts = pattern.split('/').filter(|part| !matches!(*part, "" | "."));
            let plain: Vec<&str> = parts
                .take_while(|part| !part.contains(['*', '?', '[', '{', '!', '(']))
                .collect();
            let inner = plain.join("/");
            match inner.is_empty() {
                true => (directory.to_owned(), 0),
                false => (join(directory, &inner), 0),
            }
        })
        .collect();
    for _ in 0..LIMIT {
        let Some((at, depth)) = open.pop() else {
            break;
        };
        // Says so where a link leads there.
        found.extend(name(source, &at));
        let is_followed = depth > 0 || is_in_tree(root, &at);
        if is_followed && depth < NAMES_DEPTH {
            let inner = inner_directories(root, &at);
            open.extend(inner.iter().map(|name| (join(&at, name), depth + 1)));
        }
    }
    found
}

/// The directories of the tree, relative to its root, that patterns of members match and none
/// of the excluded ones, with those that are named plainly; sorted. Where a pattern cannot be
/// understood, or there are too many, it finds none; that, and an early end, is a gap. Links
/// are not followed.
pub(super) fn directories(
    root: &Path,
    source: &Source<'_>,
    base: &str,
    patterns: &[&str],
    excluded: &[&str],
) -> Vec<String> {
    let note = |reason: &str| {
        let place = if base.is_empty() { "." } else { base };
        let message = format!(
            "not all members of the workspace in `{}` are known: {reason}",
            terminal_safe(place)
        );
        source.note(Location::file(place), &message);
    };
    if patterns.len().max(excluded.len()) > PATTERN_LIMIT {
        note(&format!("it has more than {PATTERN_LIMIT} patterns"));
        return Vec::new();
    }
    let (Some(members), Some(not)) = (matcher(patterns), matcher(excluded)) else {
        note("a pattern cannot be understood");
        return Vec::new();
    };
    let depth = patterns.iter().map(|pattern| match pattern.contains("**") {
        true => usize::MAX,
        false => pattern.split('/').count(),
    });
    let depth = depth.max().unwrap_or(0);
    let (mut found, mut is_deep) = (Vec::new(), false);
    let mut open = vec![(String::new(), 0_usize)];
    for _ in 0..LIMIT {
        let Some((at, level)) = open.pop() else {
            break;
        };
        if !at.is_empty() {
            if not.matched(&at, true).is_whitelist() {
                // What lies below an excluded directory is excluded with it.
                continue;
            }
            if members.matched(&at, true).is_whitelist() {
                found.push(under(base, &at));
            }
        }
        if level < depth {
            let inner = inner_directories(root, &under(base, &at));
            let inner = inner.iter().map(|name| join(&at, name));
            let inner = inner.filter(|inner| patterns.iter().any(|one| may_lead(one, inner)));
            let mut inner = inner.map(|inner| (inner, level + 1)).peekable();
            match level < DEPTH {
                true => open.extend(inner),
                false => is_deep |= inner.peek().is_some(),
            }
        }
    }
    if is_deep {
        note(&format!("directories lie over {DEPTH} deep"));
    }
    if !open.is_empty() {
        note(&format!("it has more than {LIMIT} directories"));
    }
    found.sort();
    found
}

/// Whether a directory, or one below it, may match a pattern.
fn may_lead(pattern: &str, directory: &str) -> bool {
    let mut parts = pattern.split('/').filter(|part| !matches!(*part, "" | "."));
    for name in directory.split('/') {
        match parts.next() {
            None => return false,
            // Alternatives and classes may hold slashes; the matcher decides.
            Some(part) if part == "**" || part.contains(['{', '[']) => return true,
            Some(part) if part.contains(['*', '?', '\\']) || part == name => {}
            Some(_) => return false,
        }
    }
    true
}

/// Whether a path below the root is a directory, and no part of it a link.
fn is_in_tree(root: &Path, at: &str) -> bool {
    let mut absolute = root.to_owned();
    at.split('/').filter(|part| !part.is_empty()).all(|part| {
        absolute.push(part);
        let found = std::fs::symlink_metadata(&absolute);
        !part.contains('\\') && found.is_ok_and(|found| found.is_dir())
    })
}

fn under(base: &str, at: &str) -> String {
    match at {
        "" => base.to_owned(),
        at => join(base, at),
    }
}

/// Names of the directories in one. A link is no directory here.
fn inner_directories(root: &Path, at: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root.join(at)).into_iter().flatten();
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != "node_modules" && !name.starts_with('.'))
        .collect()
}

/// Matches directories relative to the workspace. Patterns that lead out of it are left out.
fn matcher(patterns: &[&str]) -> Option<Override> {
    let mut builder = OverrideBuilder::new("");
    for pattern in patterns {
        let plain = pattern.trim_start_matches("./").trim_end_matches('/');
        if plain.is_empty() || plain == "." || plain.split('/').any(|part| part == "..") {
            continue;
        }
        builder.add(&format!("/{plain}")).ok()?;
    }
    builder.build().ok()
}
