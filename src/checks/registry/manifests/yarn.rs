//! `package.json` against the requests that `yarn.lock` answers: each entry's key lists
//! them, `name@requirement`.

use super::super::clients::{Source, join, place, says};
use super::{Locked, Missing, javascript};
use crate::support::json_tree::{self, Node};
use std::collections::BTreeSet;
use std::path::Path;

/// What a lockfile answers.
struct Requests<'t> {
    is_berry: bool,
    all: BTreeSet<String>,
    names: BTreeSet<String>,
    /// Directories of the workspace's projects, as Yarn 2 and later lists them.
    projects: BTreeSet<&'t str>,
}

impl<'t> Requests<'t> {
    fn of(text: &'t str) -> Self {
        let mut requests = Self {
            is_berry: text.contains("__metadata:"),
            all: BTreeSet::new(),
            names: BTreeSet::new(),
            projects: BTreeSet::new(),
        };
        for line in text.lines() {
            if let Some(resolution) = line.trim().strip_prefix("resolution:") {
                let path = resolution.trim().trim_matches('"');
                let path = path.split_once("@workspace:").map(|(_, path)| path);
                requests.projects.extend(path);
            }
            let Some(key) = line.strip_suffix(':') else {
                continue;
            };
            if key.is_empty() || key.starts_with([' ', '\t', '#']) {
                continue;
            }
            for request in key.replace('"', "").split(", ") {
                if let Some(at) = request.get(1..).and_then(|rest| rest.find('@')) {
                    let name = request.get(..=at).unwrap_or_default();
                    requests.names.insert(name.to_owned());
                }
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

/// The manifests of the root, and of the projects that the lockfile lists.
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
    let replaced = main.and_then(|root| root.value("resolutions"));
    let is_workspace = main.is_some_and(|root| root.value("workspaces").is_some());
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
                let is_replaced = replaced
                    .map_or(&[][..], Node::members)
                    .iter()
                    .any(|entry| entry.key.contains(name));
                // A project of the workspace has no entry in a lockfile of Yarn 1.
                let is_project = is_workspace && !requests.names.contains(name);
                let Some(asked) = member.value.text() else {
                    continue;
                };
                // A name in several groups is asked for as one of them says.
                let elsewhere = javascript::GROUPS.iter().any(|other| {
                    *other != group
                        && document
                            .root
                            .value(other)
                            .is_some_and(|group| group.member(name).is_some())
                });
                if !is_replaced && !is_project && !elsewhere && !requests.answers(name, asked) {
                    out.push(Missing {
                        place: place(&file.shown, member.line, says(name, asked)),
                    });
                }
            }
        }
    }
    out
}
