//! `package.json` against the requests that `yarn.lock` answers: each entry's key lists
//! them, `name@requirement`.

use super::super::clients::{Source, join, place, says};
use super::{Locked, Missing, javascript, members, workspaces};
use crate::support::json_tree::{self, Member, Node};
use std::collections::BTreeSet;
use std::path::Path;

/// What a lockfile answers.
struct Requests<'t> {
    is_berry: bool,
    all: BTreeSet<String>,
    /// Directories of the workspace's projects, as Yarn 2 and later lists them.
    projects: BTreeSet<&'t str>,
    /// What each package asks for: its name, the other's name and the requirement.
    asked: BTreeSet<(&'t str, &'t str, &'t str)>,
}

impl<'t> Requests<'t> {
    fn of(text: &'t str) -> Self {
        let mut requests = Self {
            is_berry: text.contains("__metadata:"),
            all: BTreeSet::new(),
            projects: BTreeSet::new(),
            asked: BTreeSet::new(),
        };
        let mut entry = "";
        let mut is_asked = false;
        for line in text.lines() {
            if let Some(setting) = line.strip_prefix("  ")
                && !setting.starts_with(' ')
            {
                is_asked = matches!(setting, "dependencies:" | "optionalDependencies:");
            } else if is_asked
                && let Some(pair) = line.strip_prefix("    ")
                && let Some((name, asked)) = pair.split_once(": ").or_else(|| pair.split_once(' '))
            {
                let bare = |text: &'t str| text.trim().trim_matches(['"', '\'']);
                requests.asked.insert((entry, bare(name), bare(asked)));
            }
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
            entry = name_of(key.trim_start_matches('"'));
            is_asked = false;
            for request in key.replace('"', "").split(", ") {
                requests.all.insert(request.to_owned());
            }
        }
        requests
    }

    /// Whether a request is answered; also where it cannot be told how it is written.
    fn answers(&self, name: &str, asked: &str) -> bool {
        let asked = asked.trim();
        if asked.is_empty() || asked.contains(", ") {
            return true;
        }
        if self.all.contains(&format!("{name}@{asked}")) {
            return true;
        }
        let begins = |start: &str| {
            let start = format!("{name}@{start}");
            let mut from = self.all.range(start.clone()..);
            from.next().is_some_and(|first| first.starts_with(&start))
        };
        let protocol = asked.split_once(':').map_or("", |(protocol, _)| protocol);
        match (self.is_berry, protocol) {
            // Plain requirements; a repository (`user/name`) is exact.
            (true, "") => self.all.contains(&format!("{name}@npm:{asked}")),
            // Yarn puts what they are relative to behind them.
            (true, "file" | "link" | "portal" | "exec") => begins(asked),
            // It writes these its own way.
            (true, "workspace") => begins("workspace:"),
            (true, "catalog") => begins(""),
            (true, "patch") => {
                let plain = |text: &str| text.replace("npm%3A", "").replace("npm:", "");
                let (package, _) = asked.split_once('#').unwrap_or((asked, ""));
                let start = plain(&format!("{name}@{package}#"));
                self.all
                    .iter()
                    .any(|request| plain(request).starts_with(&start))
            }
            (true, _) => false,
            (false, "link" | "file" | "portal" | "workspace") => true,
            (false, _) => false,
        }
    }

    /// Whether a package of the lockfile asks for what an entry of `resolutions` replaces.
    fn uses(&self, resolution: &Resolution<'_>) -> bool {
        let mut asked = self.asked.iter();
        asked.any(|(parent, name, asked)| resolution.is_for(parent, name, asked))
    }
}

/// An entry of `resolutions`: `parent/name@requirement`, with everything but the name optional.
struct Resolution<'t> {
    pattern: &'t str,
    parent: Option<&'t str>,
    name: &'t str,
    range: &'t str,
    value: &'t str,
    line: u32,
}

impl<'t> Resolution<'t> {
    fn of(member: &'t Member<'_>) -> Self {
        let pattern = member.key.as_ref();
        let (at, name) = replaced(pattern);
        let above = pattern.get(..at).unwrap_or_default();
        let behind = pattern.get(at + name.len()..).unwrap_or_default();
        let above = above.trim_end_matches('/');
        Self {
            pattern,
            parent: match replaced(above) {
                (_, "" | "**") => None,
                (_, parent) => Some(parent),
            },
            name,
            range: behind.trim_start_matches('@'),
            value: member.value.text().unwrap_or_default(),
            line: member.line,
        }
    }

    /// Whether it replaces what a package asks for.
    fn is_for(&self, parent: &str, name: &str, asked: &str) -> bool {
        let plain = |text: &'_ str| text.strip_prefix("npm:").unwrap_or(text).to_owned();
        let is_range = self.range.is_empty() || plain(self.range) == plain(asked);
        self.name == name && is_range && self.parent.is_none_or(|own| own == parent)
    }
}

/// The name in `name@requirement`.
fn name_of(request: &str) -> &str {
    let at = request.char_indices().skip(1).find(|(_, c)| *c == '@');
    let name = at.and_then(|(at, _)| request.get(..at));
    name.unwrap_or(request)
}

/// The name that an entry of `resolutions` replaces: the last one of its path, without a
/// requirement (`a/left`, `**/@acme/left`, `a@npm:1/left@npm:2`), and where it begins.
fn replaced(pattern: &str) -> (usize, &str) {
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
            _ => return (pattern.len() - rest.len(), name),
        }
    }
}

/// What one lockfile is compared with.
struct Comparison<'t> {
    requests: Requests<'t>,
    resolutions: Vec<Resolution<'t>>,
    /// Which of them replace something.
    used: Vec<bool>,
    /// Names of the workspace's projects, of which Yarn 1 keeps none.
    own: BTreeSet<String>,
}

impl Comparison<'_> {
    /// What a project asks for and the lockfile does not answer; nothing at all of one that
    /// it does not know.
    fn unanswered(
        &mut self,
        source: &Source<'_>,
        directory: &str,
        is_known: bool,
        out: &mut Vec<Missing>,
    ) {
        let Some(file) = source.tree(&join(directory, "package.json")) else {
            return;
        };
        let document = json_tree::parse(&file.text);
        if let Some(broken) = &document.broken {
            source.broken(&file, broken);
            return;
        }
        let project = document.root.text_of("name").unwrap_or_default();
        for group in javascript::GROUPS {
            let members = document.root.value(group).map_or(&[][..], Node::members);
            for member in members {
                let name = member.key.as_ref();
                let Some(asked) = member.value.text() else {
                    continue;
                };
                let mut is_own = self.own.contains(name);
                for (resolution, is_used) in self.resolutions.iter().zip(&mut self.used) {
                    let is_for = resolution.is_for(project, name, asked);
                    *is_used |= is_for;
                    is_own |= is_for;
                }
                // A name in several groups is asked for as one of them says.
                let is_answered = javascript::GROUPS.iter().any(|group| {
                    let group = document.root.value(group);
                    let asked = group.and_then(|group| group.value(name)?.text());
                    asked.is_some_and(|asked| self.requests.answers(name, asked))
                });
                if !is_known || (!is_own && !is_answered) {
                    out.push(Missing {
                        place: place(&file.shown, member.line, says(name, asked)),
                    });
                }
            }
        }
    }

    /// Entries of `resolutions` that replace something and are not answered. Yarn 1 keeps
    /// what was asked for beside what it was replaced by: nothing is said of it.
    fn unfollowed(&self, shown: &str, out: &mut Vec<Missing>) {
        let used = self.resolutions.iter().zip(&self.used);
        for (resolution, is_used) in used.filter(|_| self.requests.is_berry) {
            if *is_used && !self.requests.answers(resolution.name, resolution.value) {
                let key = format!("resolutions.{}", resolution.pattern);
                out.push(Missing {
                    place: place(shown, resolution.line, says(&key, resolution.value)),
                });
            }
        }
    }
}

/// The manifests of the root and of the projects of the workspace.
pub(super) fn yarn_lock(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let Some(text) = javascript::lockfile(root, locked.path) else {
        return Vec::new();
    };
    let requests = Requests::of(&text);
    let mut known: BTreeSet<String> = requests
        .projects
        .iter()
        .map(|path| match *path {
            "." => locked.directory.to_owned(),
            path => join(locked.directory, path),
        })
        .collect();
    known.insert(locked.directory.to_owned());
    let shown = join(locked.directory, "package.json");
    let main = source.tree(&shown);
    let main = main.as_ref().map(|file| json_tree::parse(&file.text));
    let main = main.as_ref().map(|document| &document.root);
    let resolutions: Vec<Resolution<'_>> = main
        .and_then(|root| root.value("resolutions"))
        .map_or(&[][..], Node::members)
        .iter()
        .map(Resolution::of)
        .collect();
    let mut directories = known.clone();
    let mut own = BTreeSet::new();
    if let Some(main) = main {
        let base = locked.directory;
        if requests.is_berry {
            directories.extend(members::nested(root, source, base, main));
        } else {
            own = workspaces::names(root, source, base, main);
            // Yarn 1 takes `workspaces` of private projects only.
            if main.value("private").and_then(Node::flag) == Some(true) {
                let patterns = members::patterns(main);
                directories.extend(members::of(root, source, base, &shown, &patterns));
            }
            // Of those that the search for names did not come to.
            own.extend(
                directories
                    .iter()
                    .filter_map(|at| workspaces::name(source, at)),
            );
        }
    }
    let mut comparison = Comparison {
        used: resolutions.iter().map(|one| requests.uses(one)).collect(),
        requests,
        resolutions,
        own,
    };
    let mut out = Vec::new();
    for directory in directories {
        // Yarn 2 and later has an entry for each project.
        let is_known = !comparison.requests.is_berry || known.contains(&directory);
        comparison.unanswered(source, &directory, is_known, &mut out);
    }
    comparison.unfollowed(&shown, &mut out);
    out
}
