//! Names of the projects of a workspace, as its patterns in `package.json` find them.

use super::super::clients::{Source, join};
use crate::support::json_tree::{self, Node};
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
        let Ok(entries) = std::fs::read_dir(root.join(&at)) else {
            continue;
        };
        // A link is no directory here.
        let inner = entries
            .flatten()
            .filter(|entry| depth < DEPTH && entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name != "node_modules" && !name.starts_with('.'));
        open.extend(inner.map(|name| (join(&at, &name), depth + 1)));
    }
    found
}
