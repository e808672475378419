//! `pnpm-lock.yaml` against `package.json`, `pnpm-workspace.yaml` and `.pnpmfile.cjs`
//! (<https://pnpm.io/settings>). pnpm refuses a lockfile whose copies of these differ.

use super::super::clients::{Source, join, place, says};
use super::javascript::{GROUPS, Wanted, compare, lockfile};
use super::{Locked, Missing, members};
use crate::model::{Digest, Location, terminal_safe};
use crate::support::hash::sha256;
use crate::support::{json_tree, yaml};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Files whose hooks may change what packages ask for.
const HOOKS: [&str; 2] = [".pnpmfile.cjs", ".pnpmfile.mjs"];

/// A setting by name, with its text and 1-based line.
type Settings = BTreeMap<String, (String, u32)>;

/// From version 6 on: `importers`, or the groups at the top. Only that part of the lockfile
/// is read as YAML.
pub(super) fn pnpm_lock(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let Some(text) = lockfile(root, locked.path) else {
        return Vec::new();
    };
    let head = before(&text, &["packages:", "snapshots:"]);
    let stream = yaml::parse(head);
    let (None, Some(document)) = (&stream.broken, stream.documents.first()) else {
        return Vec::new();
    };
    let overridden = texts(document, "overrides");
    let replaces = |name: &str, copied: Option<&str>| {
        overridden.iter().any(|(selector, (value, _))| {
            let is_place = ["link:", "file:", "workspace:"];
            // Paths are rewritten for the directory of each project.
            let is_path = is_place.iter().any(|start| value.starts_with(start));
            let is_it = copied == Some(value) || is_path || (value == "-" && copied.is_none());
            replaced_name(selector) == name && is_it
        })
    };
    let mut out = Vec::new();
    let mut known = BTreeSet::new();
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
            out.extend(compare(source, &manifest, &copy, &replaces));
        }
        known.insert(directory);
    }
    out.extend(settings(root, source, locked, document, &known));
    out
}

/// What the settings of the project say and the lockfile does not: members, `overrides`,
/// patches, hooks.
fn settings(
    root: &Path,
    source: &Source<'_>,
    locked: &Locked<'_>,
    lock: &yaml::Node<'_>,
    known: &BTreeSet<String>,
) -> Vec<Missing> {
    let mut out = Vec::new();
    let files = source.upwards(locked.directory, &["pnpm-workspace.yaml"]);
    let file = files.first().filter(|file| file.in_tree);
    let stream = file.map(|file| yaml::parse(&file.text));
    let workspace = stream.as_ref().and_then(|stream| stream.documents.first());
    let is_alone = workspace.is_some_and(|root| flag(root, "sharedWorkspaceLockfile", false))
        || npmrc_says_alone(source, locked.directory);
    let is_beside =
        file.is_some_and(|file| file.shown == join(locked.directory, "pnpm-workspace.yaml"));
    // A lockfile below a workspace with one of its own counts only where pnpm is told to
    // leave the workspace aside.
    let workspace = file.zip(workspace).filter(|_| is_beside || is_alone);
    let base = match workspace {
        Some((file, _)) => file.shown.rsplit_once('/').map_or("", |(above, _)| above),
        None => locked.directory,
    };
    let main = source.tree(&join(base, "package.json"));
    let main = main
        .as_ref()
        .map(|file| (file.shown.as_str(), json_tree::parse(&file.text)));
    let configured = Configured {
        workspace: workspace.map(|(file, root)| (file.shown.as_str(), root)),
        main: main
            .as_ref()
            .map(|(shown, document)| (*shown, &document.root)),
    };
    if let Some((file, workspace)) = workspace.filter(|_| !is_alone) {
        let items = workspace
            .value("packages")
            .map_or(&[][..], yaml::Node::items);
        let patterns: Vec<members::Pattern<'_>> = items
            .iter()
            .filter_map(|item| Some((item.text()?, item.line)))
            .collect();
        let found = members::of(root, source, locked.directory, &file.shown, &patterns);
        for directory in found.difference(known) {
            let manifest = join(directory, "package.json");
            out.extend(compare(source, &manifest, &Wanted::new(), &|_, _| false));
        }
    }
    let ignored = workspace.is_some_and(|(_, root)| flag(root, "ignorePnpmfile", true));
    if !ignored {
        let named = workspace.and_then(|(_, root)| root.text_of("pnpmfile"));
        let has_packages = configured.has_packages();
        out.extend(hooks(source, locked, lock, (named, has_packages)));
    }
    out.extend(configured.not_overridden(source, locked.path, lock));
    out.extend(configured.unpatched(lock));
    out.extend(configured.unextended(lock));
    out
}

/// Hooks that the lockfile was not written with. It keeps a digest of their file, which
/// pnpm compares from version 9 on.
fn hooks(
    source: &Source<'_>,
    locked: &Locked<'_>,
    lock: &yaml::Node<'_>,
    (named, has_packages): (Option<&str>, bool),
) -> Option<Missing> {
    let names = named.into_iter().chain(HOOKS);
    let file = names
        .filter_map(|name| source.tree(&join(locked.directory, name.trim_start_matches("./"))))
        .next()?;
    let shown = terminal_safe(&file.shown).into_owned();
    let version = lock.text_of("lockfileVersion").unwrap_or_default();
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    let line = file
        .text
        .lines()
        .zip(1_u32..)
        .find(|(line, _)| line.contains("hooks"));
    let undecided = |why: &str| {
        let message = format!(
            "whether `{}` was written with the hooks of `{shown}` is not known: {why}",
            terminal_safe(locked.path)
        );
        source.undecided(Location::file(&file.shown), &message);
        None
    };
    let missing = |line: u32, why: &str| {
        Some(Missing {
            place: place(&file.shown, line, why.to_owned()),
        })
    };
    let checksum = lock.text_of("pnpmfileChecksum");
    match (checksum, line) {
        _ if major.is_none_or(|major| major < 9) => {
            undecided("its version keeps no digest of them")
        }
        (None, Some((_, line))) => missing(line, "hooks without a `pnpmfileChecksum`"),
        (None, None) => undecided("it has no `pnpmfileChecksum`, as if they had none"),
        (Some(checksum), _) => {
            let plain = file.text.replace("\r\n", "\n");
            match Digest::parse_sri(checksum).ok().as_deref() {
                Some([digest]) if *digest == sha256(plain.as_bytes()) => None,
                // pnpm 9 has another kind; with packages that configure it there are several.
                Some([_]) if named.is_none() && !has_packages => {
                    let line = line.map_or(1, |(_, line)| line);
                    missing(line, "hooks that `pnpmfileChecksum` is not of")
                }
                _ => undecided("its digest is not one of this file alone"),
            }
        }
    }
}

/// Whether a setting is this truth value.
fn flag(root: &yaml::Node<'_>, key: &str, wanted: bool) -> bool {
    root.value(key).and_then(yaml::Node::flag) == Some(wanted)
}

/// Whether `.npmrc` says that each project has a lockfile of its own.
fn npmrc_says_alone(source: &Source<'_>, directory: &str) -> bool {
    let files = source.upwards(directory, &[".npmrc"]);
    let mut lines = files.iter().flat_map(|file| file.text.lines());
    lines.any(|line| {
        let pair = line.split_once('=');
        pair.is_some_and(|(key, value)| {
            key.trim() == "shared-workspace-lockfile" && value.trim() == "false"
        })
    })
}

/// The texts of a mapping, with their lines.
fn texts(root: &yaml::Node<'_>, key: &str) -> Settings {
    let members = root.value(key).map_or(&[][..], yaml::Node::members).iter();
    members
        .filter_map(|one| {
            Some((
                one.key.to_string(),
                (one.value.text()?.to_owned(), one.line),
            ))
        })
        .collect()
}

/// The name that an override is for: the last one of `parent>name@range`.
fn replaced_name(selector: &str) -> &str {
    // A `>` behind a space, `|` or `@` is part of a range.
    let parent = selector.char_indices().rfind(|(at, c)| {
        let before = selector
            .get(..*at)
            .and_then(|before| before.chars().next_back());
        *c == '>' && before.is_some_and(|before| !" |@".contains(before))
    });
    let child = parent.map_or(selector, |(at, _)| {
        selector.get(at + 1..).unwrap_or_default()
    });
    let range = child.char_indices().skip(1).find(|(_, c)| *c == '@');
    range.map_or(child, |(at, _)| child.get(..at).unwrap_or(child))
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

/// The settings of a project, each with its file.
struct Configured<'t> {
    workspace: Option<(&'t str, &'t yaml::Node<'t>)>,
    main: Option<(&'t str, &'t json_tree::Node<'t>)>,
}

/// One setting.
struct Entry<'t> {
    name: &'t str,
    value: &'t str,
    path: &'t str,
    line: u32,
}

impl<'t> Configured<'t> {
    /// An override that the lockfile does not have, or has more. Where both files name some,
    /// pnpm 10 takes those of the manifest and pnpm 11 those of the workspace.
    fn not_overridden(
        &self,
        source: &Source<'_>,
        path: &str,
        lock: &yaml::Node<'_>,
    ) -> Option<Missing> {
        let copy = texts(lock, "overrides");
        let workspace = self.of_workspace("overrides");
        let mut main = self.of_main(&["resolutions"]);
        let own = self.of_main(&["pnpm", "overrides"]);
        main.retain(|entry| own.iter().all(|other| other.name != entry.name));
        if !self.is_eleven() {
            main.extend(own);
        }
        let sides: Vec<&[Entry<'_>]> = [workspace.as_slice(), main.as_slice()]
            .into_iter()
            .filter(|entries| !entries.is_empty())
            .collect();
        let undecided = |entry: &Entry<'_>, why: &str| {
            let message = format!(
                "whether `{}` follows `{}` in `{}` is not known: {why}",
                terminal_safe(path),
                terminal_safe(entry.name),
                terminal_safe(entry.path)
            );
            source.undecided(Location::line(entry.path, entry.line), &message);
            None
        };
        let unlike: Vec<Option<Missing>> = match sides.as_slice() {
            [] => vec![self.unlike(&[], path, &copy, &undecided)],
            all => all
                .iter()
                .map(|side| self.unlike(side, path, &copy, &undecided))
                .collect(),
        };
        let first = sides.first().and_then(|side| side.first());
        let is_like = unlike.iter().any(Option::is_none);
        let missing = unlike.into_iter().flatten().next()?;
        match first {
            Some(entry) if is_like => undecided(
                entry,
                "`package.json` names others, and pnpm's version decides",
            ),
            Some(entry) if self.has_packages() || lock.value("pnpmfileChecksum").is_some() => {
                undecided(entry, "hooks may change settings too")
            }
            _ => Some(missing),
        }
    }

    /// How the copy in the lockfile at `path` differs from these overrides.
    fn unlike(
        &self,
        said: &[Entry<'_>],
        path: &str,
        copy: &Settings,
        undecided: &dyn Fn(&Entry<'_>, &str) -> Option<Missing>,
    ) -> Option<Missing> {
        for entry in said {
            let Some(value) = self.resolved(entry) else {
                undecided(entry, "what its value stands for is not there");
                continue;
            };
            if copy.get(entry.name).is_none_or(|(text, _)| *text != value) {
                let says = says(&format!("overrides.{}", entry.name), entry.value);
                return Some(Missing {
                    place: place(entry.path, entry.line, says),
                });
            }
        }
        let more = copy
            .iter()
            .find(|(name, _)| said.iter().all(|entry| entry.name != *name));
        more.map(|(name, (value, line))| Missing {
            place: place(path, *line, says(&format!("overrides.{name}"), value)),
        })
    }

    /// The value as pnpm writes it into the lockfile: `$name` is what the manifest asks for
    /// directly, `catalog:` what the catalog says.
    fn resolved(&self, entry: &Entry<'_>) -> Option<String> {
        if let Some(name) = entry.value.strip_prefix('$') {
            let main = self.main?.1;
            let mut groups = GROUPS.iter();
            let asked = groups.find_map(|group| main.value(group)?.text_of(name));
            return asked.map(str::to_owned);
        }
        let Some(catalog) = entry.value.strip_prefix("catalog:") else {
            return Some(entry.value.to_owned());
        };
        let workspace = self.workspace?.1;
        let named = |name: &str| workspace.value("catalogs").and_then(|all| all.value(name));
        let entries = match catalog.trim() {
            "" | "default" => workspace.value("catalog").or_else(|| named("default")),
            name => named(name),
        };
        Some(entries?.text_of(replaced_name(entry.name))?.to_owned())
    }

    /// Patches that the lockfile does not know.
    fn unpatched(&self, lock: &yaml::Node<'_>) -> Vec<Missing> {
        let known = lock.value("patchedDependencies");
        let all = self.everywhere("patchedDependencies");
        let all = all
            .into_iter()
            .filter(|entry| known.is_none_or(|known| known.member(entry.name).is_none()));
        all.map(|entry| Missing {
            place: place(
                entry.path,
                entry.line,
                says(&format!("patchedDependencies.{}", entry.name), entry.value),
            ),
        })
        .collect()
    }

    /// Extensions of packages where the lockfile was written without any.
    fn unextended(&self, lock: &yaml::Node<'_>) -> Option<Missing> {
        if lock.value("packageExtensionsChecksum").is_some() {
            return None;
        }
        let key = "packageExtensions";
        let all = self.everywhere(key);
        let first = all.first()?;
        Some(Missing {
            place: place(
                first.path,
                first.line,
                says(&format!("{key}.{}", first.name), "…"),
            ),
        })
    }

    /// Whether packages configure pnpm.
    fn has_packages(&self) -> bool {
        let workspace = self.workspace.map(|(_, root)| root);
        workspace.is_some_and(|root| root.value("configDependencies").is_some())
    }

    /// The entries of a setting in both files.
    fn everywhere(&self, key: &str) -> Vec<Entry<'t>> {
        let mut all = self.of_workspace(key);
        if !self.is_eleven() {
            all.extend(self.of_main(&["pnpm", key]));
        }
        all
    }

    /// pnpm 9 and earlier read only members and catalogs there.
    fn of_workspace(&self, key: &str) -> Vec<Entry<'t>> {
        let is_read = self.major().is_none_or(|major| major >= 10);
        let Some((path, root)) = self.workspace.filter(|_| is_read) else {
            return Vec::new();
        };
        let members = root.value(key).map_or(&[][..], yaml::Node::members).iter();
        members
            .map(|one| Entry {
                name: &one.key,
                value: one.value.text().unwrap_or_default(),
                path,
                line: one.line,
            })
            .collect()
    }

    fn of_main(&self, keys: &[&str]) -> Vec<Entry<'t>> {
        let Some((path, root)) = self.main else {
            return Vec::new();
        };
        let found = keys.iter().try_fold(root, |node, key| node.value(key));
        let members = found.map_or(&[][..], json_tree::Node::members).iter();
        members
            .map(|one| Entry {
                name: &one.key,
                value: one.value.text().unwrap_or_default(),
                path,
                line: one.line,
            })
            .collect()
    }

    /// Whether pnpm 11 or later is asked for, which reads no settings of `package.json`.
    fn is_eleven(&self) -> bool {
        self.major().is_some_and(|major| major >= 11)
    }

    /// The first number of the version of pnpm that `packageManager` asks for.
    fn major(&self) -> Option<u32> {
        let manager = self
            .main
            .and_then(|(_, main)| main.text_of("packageManager"));
        let version = manager.and_then(|manager| manager.strip_prefix("pnpm@"));
        version?.split('.').next()?.parse().ok()
    }
}
