//! The projects of a workspace, as the patterns in its manifest find them.

use super::super::clients::{Source, join};
use crate::support::json_tree::{self, Node};
use ignore::overrides::{Override, OverrideBuilder};
use std::collections::BTreeSet;
use std::path::Path;

/// Directories that are looked into.
const LIMIT: usize = 10_000;
/// Directories below one another.
const DEPTH: usize = 8;

/// The names of all manifests below the parts of the patterns that have no wildcard. Those
/// are all projects of the workspace, and packages beside them that are in the tree as well.
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
        let manifest = source.tree(&join(&at, "package.json"));
        if let Some(document) = manifest.as_ref().map(|file| json_tree::parse(&file.text)) {
            found.extend(
                document
                    .root
                    .value("name")
                    .and_then(Node::text)
                    .map(str::to_owned),
            );
        }
        if depth < DEPTH {
            let inner = inner_directories(root, &at);
            open.extend(inner.iter().map(|name| (join(&at, name), depth + 1)));
        }
    }
    found
}

/// The directories of the tree, relative to its root, that patterns of members match and none
/// of the excluded ones, with those that are named plainly; sorted. None where a pattern cannot
/// be understood. Links are not followed.
pub(super) fn directories(
    root: &Path,
    base: &str,
    patterns: &[&str],
    excluded: &[&str],
) -> Vec<String> {
    let (Some(members), Some(not)) = (matcher(patterns), matcher(excluded)) else {
        return Vec::new();
    };
    let depth = patterns.iter().map(|pattern| match pattern.contains("**") {
        true => DEPTH,
        false => pattern.split('/').count(),
    });
    let depth = depth.max().unwrap_or(0);
    let mut found = Vec::new();
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
        if level < depth.min(DEPTH) {
            let inner = inner_directories(root, &under(base, &at));
            let inner = inner.iter().map(|name| join(&at, name));
            let inner = inner.filter(|inner| patterns.iter().any(|one| may_lead(one, inner)));
            open.extend(inner.map(|inner| (inner, level + 1)));
        }
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
