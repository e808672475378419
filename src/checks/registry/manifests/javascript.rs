//! `package.json` against the copy of it that npm and Bun keep in their lockfiles.

use super::super::clients::{Source, join, place, says};
use super::{Locked, Missing, members, npm_overrides};
use crate::model::{Location, terminal_safe};
use crate::support::files::read_bounded;
use crate::support::json_tree::{self, Node};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Bytes of a lockfile; the inventory reads no larger ones.
const LOCK_LIMIT: u64 = 100 * 1000 * 1000;

pub(super) const GROUPS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

pub(super) type Wanted = BTreeMap<String, String>;

/// What a lockfile says that a manifest asks for. Only the members of it are read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Copy {
    dependencies: Wanted,
    dev_dependencies: Wanted,
    optional_dependencies: Wanted,
    link: bool,
}

impl Copy {
    fn all(&self) -> Wanted {
        let groups = [
            &self.dev_dependencies,
            &self.dependencies,
            &self.optional_dependencies,
        ];
        groups
            .into_iter()
            .flatten()
            .map(|(name, asked)| (name.clone(), asked.clone()))
            .collect()
    }
}

/// The text of a lockfile.
pub(super) fn lockfile(root: &Path, path: &str) -> Option<String> {
    let bytes = read_bounded(&root.join(path), LOCK_LIMIT).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    Some(text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned())
}

/// The copies in a lockfile. Where one has a member of another type than its client writes,
/// nothing is compared, which is a gap.
fn copies<T: DeserializeOwned>(source: &Source<'_>, path: &str, text: &str) -> Option<T> {
    let error = match serde_json::from_str(text) {
        Ok(lock) => return Some(lock),
        Err(error) => error,
    };
    // One that breaks off is a gap of the inventory.
    if error.is_data() {
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
        let message = format!(
            "the copy of the manifest in `{}` cannot be compared with it: {}",
            terminal_safe(path),
            terminal_safe(&error.to_string())
        );
        source.note(Location::line(path, line), &message);
    }
    None
}

/// Compares a manifest with its copy: a name that the copy does not have, or with another
/// requirement. `replaces` says whether the client has put a requirement, or none, into the
/// place of the one of the manifest.
pub(super) fn compare(
    source: &Source<'_>,
    path: &str,
    copy: &Wanted,
    replaces: &dyn Fn(&str, Option<&str>) -> bool,
) -> Vec<Missing> {
    let Some(file) = source.tree(path) else {
        return Vec::new();
    };
    let document = json_tree::parse(&file.text);
    if let Some(broken) = &document.broken {
        source.broken(&file, broken);
        return Vec::new();
    }
    let mut out = Vec::new();
    for group in GROUPS {
        for member in document.root.value(group).map_or(&[][..], Node::members) {
            let Some(asked) = member.value.text() else {
                continue;
            };
            // The last of several groups that have a name is the one that is copied.
            let elsewhere = GROUPS.iter().filter(|other| **other != group).any(|other| {
                document
                    .root
                    .value(other)
                    .is_some_and(|group| group.member(&member.key).is_some())
            });
            let copied = copy.get(member.key.as_ref()).map(String::as_str);
            let is_same = copied == Some(asked) || replaces(&member.key, copied);
            // pnpm may leave links out.
            let is_link = asked.starts_with("link:");
            if !is_same && !is_link && !elsewhere {
                out.push(Missing {
                    place: place(&file.shown, member.line, says(&member.key, asked)),
                });
            }
        }
    }
    out
}

/// The manifests of the members of a workspace that a lockfile does not know, `known` being
/// the directories that it does.
fn unknown_members(
    root: &Path,
    source: &Source<'_>,
    base: &str,
    main: &Node<'_>,
    known: &BTreeSet<String>,
) -> Vec<Missing> {
    let shown = join(base, "package.json");
    let found = members::of(root, source, base, &shown, &members::patterns(main));
    found
        .difference(known)
        .flat_map(|directory| {
            let manifest = join(directory, "package.json");
            compare(source, &manifest, &Wanted::new(), &|_, _| false)
        })
        .collect()
}

/// `package-lock.json` from version 2 on: `packages` holds a copy of every manifest of the
/// workspace.
pub(super) fn package_lock(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    #[derive(Deserialize)]
    struct Lock {
        #[serde(default)]
        packages: BTreeMap<String, Copy>,
    }
    let Some(text) = lockfile(root, locked.path) else {
        return Vec::new();
    };
    let Some(lock) = copies::<Lock>(source, locked.path, &text) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut known = BTreeSet::new();
    for (key, copy) in &lock.packages {
        if copy.link || key.split('/').any(|part| part == "node_modules") {
            continue;
        }
        let directory = match key.as_str() {
            "" => locked.directory.to_owned(),
            key => join(locked.directory, key),
        };
        let manifest = join(&directory, "package.json");
        out.extend(compare(source, &manifest, &copy.all(), &|_, _| false));
        known.insert(directory);
    }
    // Version 1 has no copies.
    let main = source.tree(&join(locked.directory, "package.json"));
    if let Some(file) = main.filter(|_| lock.packages.contains_key("")) {
        let document = json_tree::parse(&file.text);
        let main = &document.root;
        out.extend(unknown_members(
            root,
            source,
            locked.directory,
            main,
            &known,
        ));
        out.extend(npm_overrides::unfollowed(
            source,
            locked.path,
            &text,
            &file.shown,
            main,
        ));
    }
    out
}

/// `bun.lock`: `workspaces` holds the copies.
pub(super) fn bun_lock(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    #[derive(Deserialize)]
    struct Lock {
        #[serde(default)]
        workspaces: BTreeMap<String, Copy>,
    }
    let Some(mut text) = lockfile(root, locked.path) else {
        return Vec::new();
    };
    if json_strip_comments::strip(&mut text).is_err() {
        return Vec::new();
    }
    let Some(lock) = copies::<Lock>(source, locked.path, &text) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut known = BTreeSet::new();
    for (key, copy) in &lock.workspaces {
        let directory = match key.as_str() {
            "" => locked.directory.to_owned(),
            key => join(locked.directory, key),
        };
        let manifest = join(&directory, "package.json");
        out.extend(compare(source, &manifest, &copy.all(), &|_, _| false));
        known.insert(directory);
    }
    if let Some(file) = source.tree(&join(locked.directory, "package.json")) {
        let document = json_tree::parse(&file.text);
        let main = &document.root;
        out.extend(unknown_members(
            root,
            source,
            locked.directory,
            main,
            &known,
        ));
    }
    out
}
