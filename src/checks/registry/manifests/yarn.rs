//! `package.json` against the requests that `yarn.lock` answers: each entry's key lists
//! them, `name@requirement`.

use super::super::clients::{Source, join, place, says};
use super::{Locked, Missing, javascript, workspaces};
use crate::support::json_tree::{self, Node};
use std::collections::BTreeSet;
use std::path::Path;

/// What a lockfile answers.
struct Requests<'t> {
    is_berry: bool,
    all: BTreeSet<String>,
    /// Directories of the workspace's projects, as Yarn 2 and later lists them.
    projects: BTreeSet<&'t str>,
}

impl<'t> Requests<'t> {
    fn of(text: &'t str) -> Self {
        let mut requests = Self {
            is_berry: text.contains("__metadata:"),
            all: BTreeSet::new(),
            projects: BTreeSet::new(),
        };
        for line in text.lines() {
            if let Some(resolution) = line.trim().strip_prefix("resolution:") {
                let path = resolution.trim().trim_matches('"');
                let path = path.split_once("@workspace:").map(|(_, path)| path);
                requests.projects.extend(path);
            }
            // Keys over 1,024 characters are `? KEY`, with the colon on the next line.
            let long = line.strip_prefix("? ").filter(|_| requests.is_berry);
            let Some(key) = long.or_else(|| line.strip_suffix(':')) else {
                continue;
            };
            if key.is_empty() || key.starts_with([' ', '\t', '#']) {
                continue;
            }
            for request in key.replace('"', "").split(", ") {
                requests.all.insert(request.to_owned());
            }
        }
        requests
    }

    /// Whether a request is answered; also where it cannot be told how it is written.
    fn answers(&self, name: &str, asked: &str) -> bool {
        let asked = asked.trim();
        // Addresses, paths, repositories, patches, other projects of the workspace.
        let is_plain =
            !asked.is_empty() && !asked.contains(['/', ':', '#']) && !asked.contains(", ");
        let is_alias = asked.starts_with("npm:");
        if !is_plain && !is_alias {
            return true;
        }
        let exact = self.all.contains(&format!("{name}@{asked}"));
        exact || (self.is_berry && self.all.contains(&format!("{name}@npm:{asked}")))
    }
}

/// The name that an entry of `resolutions` replaces: the last one of its path, without a
/// requirement (`a/left`, `**/@acme/left`, `a@npm:1/left@npm:2`).
fn replaced_name(pattern: &str) -> &str {
    let mut rest = pattern;
    loop {
        let scope = match rest.starts_with('@') {
            true => rest.find('/').map_or(rest.len(), |slash| slash + 1),
            false => 0,
        };
        let after = rest.get(scope..).unwrap_or_default();
        let end = after.find(['/', '@']).unwrap_or(after.len());
        let (name, tail) = rest.split_at_checked(scope + end).unwrap_or((rest, ""));
        let next = match tail.strip_prefix('@') {
            None => tail.strip_prefix('/'),
            Some(range) => {
                // An alias of a name with a scope has a slash of its own, and so may whatever
                // is neither a version nor an alias.
                let skipped = if range.starts_with("npm:@") { 2 } else { 1 };
                let is_other = range.contains(':') && !range.starts_with("npm:");
                let mut parts = range.splitn(skipped + 1, '/');
                parts.nth(skipped).filter(|_| !is_other)
            }
        };
        match next {
            Some(next) if !next.is_empty() => rest = next,
            _ => return name,
        }
    }
}

/// Directories of the workspace's projects, which Yarn 1 does not list in its lockfile. It
/// takes `workspaces` of private projects only.
fn members(root: &Path, source: &Source<'_>, base: &str, main: &Node<'_>) -> Vec<String> {
    if main.value("private").and_then(Node::flag) != Some(true) {
        return Vec::new();
    }
    let workspaces = main.value("workspaces");
    let listed = workspaces.map(|value| value.value("packages").unwrap_or(value));
    let patterns = listed.map_or(&[][..], Node::items).iter();
    let (not, patterns): (Vec<&str>, Vec<&str>) = patterns
        .filter_map(Node::text)
        .partition(|pattern| pattern.starts_with('!'));
    let not: Vec<&str> = not
        .iter()
        .map(|text| text.trim_start_matches('!'))
        .collect();
    workspaces::directories(root, source, base, &patterns, &not)
}

/// The manifests of the root, and of the projects of the workspace.
pub(super) fn yarn_lock(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let Some(text) = javascript::lockfile(root, locked.path) else {
        return Vec::new();
    };
    let requests = Requests::of(&text);
    let mut directories: BTreeSet<String> = requests
        .projects
        .iter()
        .map(|path| match *path {
            "." => locked.directory.to_owned(),
            path => join(locked.directory, path),
        })
        .collect();
    directories.insert(locked.directory.to_owned());
    let main = source.tree(&join(locked.directory, "package.json"));
    let main = main.as_ref().map(|file| json_tree::parse(&file.text));
    let main = main.as_ref().map(|document| &document.root);
    let replaced: BTreeSet<&str> = main
        .and_then(|root| root.value("resolutions"))
        .map_or(&[][..], Node::members)
        .iter()
        .map(|entry| replaced_name(&entry.key))
        .collect();
    // Yarn 2 and later has entries for them.
    let own = match main.filter(|_| !requests.is_berry) {
        Some(main) => {
            directories.extend(members(root, source, locked.directory, main));
            let mut own = workspaces::names(root, source, locked.directory, main);
            let members = directories.iter();
            own.extend(members.filter_map(|at| workspaces::name(source, at)));
            own
        }
        None => BTreeSet::new(),
    };
    let mut out = Vec::new();
    for directory in directories {
        let Some(file) = source.tree(&join(&directory, "package.json")) else {
            continue;
        };
        let document = json_tree::parse(&file.text);
        if let Some(broken) = &document.broken {
            source.broken(&file, broken);
            continue;
        }
        for group in javascript::GROUPS {
            let members = document.root.value(group).map_or(&[][..], Node::members);
            for member in members {
                let name = member.key.as_ref();
                let is_own = replaced.contains(name) || own.contains(name);
                let Some(asked) = member.value.text() else {
                    continue;
                };
                // A name in several groups is asked for as one of them says.
                let is_answered = javascript::GROUPS.iter().any(|group| {
                    let group = document.root.value(group);
                    let asked = group.and_then(|group| group.value(name)?.text());
                    asked.is_some_and(|asked| requests.answers(name, asked))
                });
                if !is_own && !is_answered {
                    out.push(Missing {
                        place: place(&file.shown, member.line, says(name, asked)),
                    });
                }
            }
        }
    }
    out
}
