//! The projects of a workspace of npm, pnpm, Yarn 2 or Bun, as its manifest lists them: a
//! lockfile may not know all of them.

use super::super::clients::{Source, join};
use super::workspaces;
use crate::model::{Location, terminal_safe};
use crate::support::json_tree::{self, Node};
use ignore::overrides::OverrideBuilder;
use std::collections::BTreeSet;
use std::path::Path;

/// Patterns of one workspace that are followed.
const PATTERNS: usize = 1_000;

/// Characters that mean something in a pattern.
const WILD: [char; 6] = ['*', '?', '[', '{', '(', '\\'];

/// A pattern of members, with its 1-based line.
pub(super) type Pattern<'t> = (&'t str, u32);

/// The patterns of `workspaces` in a `package.json`.
pub(super) fn patterns<'t>(main: &'t Node<'_>) -> Vec<Pattern<'t>> {
    let workspaces = main.value("workspaces");
    let listed = workspaces.map(|value| value.value("packages").unwrap_or(value));
    let items = listed.map_or(&[][..], Node::items).iter();
    items
        .filter_map(|item| Some((item.text()?, item.line)))
        .collect()
}

/// The directories, relative to the root, of the members that patterns in the file `shown`
/// find below `base`: those with a `package.json`. A pattern that cannot be followed is a
/// gap.
pub(super) fn of(
    root: &Path,
    source: &Source<'_>,
    base: &str,
    shown: &str,
    patterns: &[Pattern<'_>],
) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let (mut wild, mut not) = (Vec::new(), Vec::new());
    if let Some((_, line)) = patterns.get(PATTERNS) {
        let message = format!(
            "only the first {PATTERNS} patterns of members in `{}` are followed",
            terminal_safe(shown)
        );
        source.note(Location::line(shown, *line), &message);
    }
    for (pattern, line) in patterns.iter().take(PATTERNS) {
        let bare = pattern.trim_start_matches('!');
        let is_negated = (pattern.len() - bare.len()) % 2 == 1;
        let bare = bare.trim_start_matches("./").trim_matches('/');
        let is_hidden = bare
            .split('/')
            .any(|part| part.starts_with('.') && part != ".");
        let is_plain = !bare.contains(WILD);
        if !is_understood(bare) || (is_hidden && !is_plain && !is_negated) {
            let message = format!(
                "the members of the workspace that `{}` in `{}` names are not known",
                terminal_safe(pattern),
                terminal_safe(shown)
            );
            source.note(Location::line(shown, *line), &message);
        } else if is_negated {
            not.push(bare);
        } else if is_hidden && is_plain {
            match folded(base, bare) {
                Some(directory) => {
                    found.insert(directory);
                }
                None => {
                    let message = format!(
                        "the member `{}` of the workspace in `{}` lies outside of the checked tree",
                        terminal_safe(pattern),
                        terminal_safe(shown)
                    );
                    source.note(Location::line(shown, *line), &message);
                }
            }
        } else {
            wild.push(bare);
        }
    }
    found.extend(workspaces::directories(root, source, base, &wild, &not));
    found.retain(|directory| source.tree(&join(directory, "package.json")).is_some());
    found
}

/// The same for a `package.json` and, as Yarn 2 and later reads them, for those of its
/// members.
pub(super) fn nested(
    root: &Path,
    source: &Source<'_>,
    base: &str,
    main: &Node<'_>,
) -> BTreeSet<String> {
    let shown = join(base, "package.json");
    let mut found = of(root, source, base, &shown, &patterns(main));
    let mut open: Vec<String> = found.iter().cloned().collect();
    while let Some(directory) = open.pop() {
        let shown = join(&directory, "package.json");
        let Some(file) = source.tree(&shown) else {
            continue;
        };
        let document = json_tree::parse(&file.text);
        let patterns = patterns(&document.root);
        let inner = of(root, source, &directory, &shown, &patterns);
        open.extend(inner.into_iter().filter(|one| found.insert(one.clone())));
    }
    found
}

/// Whether sealgate finds what a pattern does: alternatives of the shell it does not.
fn is_understood(pattern: &str) -> bool {
    let leads_out = pattern.contains(WILD) && pattern.split('/').any(|part| part == "..");
    let mut builder = OverrideBuilder::new("");
    !pattern.contains('(') && !leads_out && builder.add(&format!("/{pattern}")).is_ok()
}

/// A path below a directory without `..`; none where it leaves the tree.
fn folded(base: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
