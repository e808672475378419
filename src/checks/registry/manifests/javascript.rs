//! `package.json` against the copy of it that npm, pnpm and Bun keep in their lockfiles.

use super::super::clients::{Source, join, place, says};
use super::{Locked, Missing};
use crate::model::{Location, terminal_safe};
use crate::support::files::read_bounded;
use crate::support::{json_tree, yaml};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

/// Bytes of a lockfile; the inventory reads no larger ones.
const LOCK_LIMIT: u64 = 100 * 1000 * 1000;

pub(super) const GROUPS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

type Wanted = BTreeMap<String, String>;

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
/// requirement.
fn compare(
    source: &Source<'_>,
    path: &str,
    copy: &Wanted,
    skip: &dyn Fn(&str) -> bool,
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
        for member in document
            .root
            .value(group)
            .map_or(&[][..], json_tree::Node::members)
        {
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
            let is_same = copy
                .get(member.key.as_ref())
                .is_some_and(|found| found == asked);
            // pnpm may leave links out.
            let is_link = asked.starts_with("link:");
            if !is_same && !is_link && !elsewhere && !skip(&member.key) {
                out.push(Missing {
                    place: place(&file.shown, member.line, says(&member.key, asked)),
                });
            }
        }
    }
    out
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
    for (key, copy) in &lock.packages {
        if copy.link || key.split('/').any(|part| part == "node_modules") {
            continue;
        }
        let directory = match key.as_str() {
            "" => locked.directory.to_owned(),
            key => join(locked.directory, key),
        };
        let manifest = join(&directory, "package.json");
        out.extend(compare(source, &manifest, &copy.all(), &|_| false));
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
    for (key, copy) in &lock.workspaces {
        let directory = match key.as_str() {
            "" => locked.directory.to_owned(),
            key => join(locked.directory, key),
        };
        let manifest = join(&directory, "package.json");
        out.extend(compare(source, &manifest, &copy.all(), &|_| false));
    }
    out
}

/// `pnpm-lock.yaml` from version 6 on: `importers`, or the groups at the top. Only that
/// part is read as YAML. What `overrides` change is not compared.
pub(super) fn pnpm_lock(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let Some(text) = lockfile(root, locked.path) else {
        return Vec::new();
    };
    let head = before(&text, &["packages:", "snapshots:"]);
    let stream = yaml::parse(head);
    let (None, Some(document)) = (&stream.broken, stream.documents.first()) else {
        return Vec::new();
    };
    let overridden = document
        .value("overrides")
        .map_or(&[][..], yaml::Node::members);
    let skip = |name: &str| overridden.iter().any(|member| member.key.contains(name));
    let mut out = Vec::new();
    let importers = document.value("importers").map(yaml::Node::members);
    let alone = [(".", document)];
    let all: Vec<(&str, &yaml::Node<'_>)> = match importers {
        Some(members) => members
            .iter()
            .map(|member| (member.key.as_ref(), &member.value))
            .collect(),
        None => alone.to_vec(),
    };
    for (key, importer) in all {
        let directory = match key {
            "." => locked.directory.to_owned(),
            key => join(locked.directory, key),
        };
        let mut copy = Wanted::new();
        let mut is_new = importer.members().is_empty();
        for group in GROUPS {
            for member in importer.value(group).map_or(&[][..], yaml::Node::members) {
                if let Some(specifier) = member.value.text_of("specifier") {
                    is_new = true;
                    copy.insert(member.key.to_string(), specifier.to_owned());
                }
            }
        }
        // Version 5 writes requirements elsewhere.
        if is_new && importer.value("specifiers").is_none() {
            let manifest = join(&directory, "package.json");
            out.extend(compare(source, &manifest, &copy, &skip));
        }
    }
    out
}

/// The text before the first line that begins with one of these.
fn before<'t>(text: &'t str, heads: &[&str]) -> &'t str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if heads.iter().any(|head| line.starts_with(head)) {
            break;
        }
        end += line.len();
    }
    text.get(..end).unwrap_or(text)
}
