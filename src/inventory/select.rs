//! Which of the lockfiles found make up the product. The rules are in the documentation
//! of [`crate::inventory`].

use super::document::{Document, items, table, text as string};
use super::error::InventoryError;
use super::formats::{directory_of, github_actions, go_work};
use super::manifest;
use super::rules;
use super::tree::{Tree, normalise};
use super::walk::{Found, Group, Lockfile, Reader};
use super::workspace::Members;
use crate::model::{Ecosystem, Gap, Location, SkipKind, Skipped};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Names of directories whose lockfiles are samples or copies, not the product's.
const FIXTURES: &[&str] = &[
    ".git",
    "__fixtures__",
    "__tests__",
    "examples",
    "fixtures",
    "node_modules",
    "site-packages",
    "target",
    "test",
    "testdata",
    "tests",
    "third_party",
    "vendor",
];

/// The product's lockfiles, and what becomes of the rest.
#[derive(Default)]
pub struct Selection {
    /// To be read, sorted by path.
    pub product: Vec<Lockfile>,
    /// Left out, with reasons.
    pub skipped: Vec<Skipped>,
    /// Formats that are not read, and manifests without a lockfile.
    pub gaps: Vec<Gap>,
}

/// Decides over everything that was found.
///
/// # Errors
/// A path of `include` that does not lie inside, or brings no lockfile.
pub fn select(tree: &Tree, found: &Found, include: &[String]) -> Result<Selection, InventoryError> {
    let include = Include::new(include, found)?;
    let mut selection = Selection {
        skipped: found.skipped.clone(),
        gaps: found.gaps.clone(),
        ..Selection::default()
    };
    let mut by_depth: Vec<&Lockfile> = found.lockfiles.iter().collect();
    by_depth.sort_by_key(|lock| (lock.path.matches('/').count(), &lock.path));
    let all: HashSet<&str> = by_depth.iter().map(|lock| lock.path.as_str()).collect();
    let mut kept: BTreeMap<(Group, &str), Members> = BTreeMap::new();
    for lock in by_depth {
        if let Some(skipped) = skip(lock, &include, &all, &kept) {
            selection.skipped.push(skipped);
            continue;
        }
        kept.entry((lock.group, lock.directory()))
            .or_insert_with(|| {
                Members::read(tree, lock.group, lock.directory(), &mut selection.gaps)
            });
        match lock.reader {
            Reader::Format(_) => selection.product.push(lock.clone()),
            Reader::Unsupported(tool) => selection.gaps.push(unsupported(lock, tool)),
        }
    }
    leave_to_workspaces(tree, &mut selection.product);
    Missing {
        tree,
        found,
        include: &include,
        kept: &kept,
        texts: HashMap::new(),
    }
    .note(&mut selection);
    selection.skipped.sort();
    selection.product.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(selection)
}

/// Leaves out each `go.mod` that a `go.work` of the product reads itself.
fn leave_to_workspaces(tree: &Tree, product: &mut Vec<Lockfile>) {
    let work = product
        .iter()
        .filter(|lock| lock.path.rsplit('/').next() == Some("go.work"));
    let mut members: HashSet<String> = HashSet::new();
    for lock in work {
        if let Ok(Some(file)) = tree.read_text(&lock.path) {
            members.extend(go_work::member_directories(&lock.path, &file.text));
        }
    }
    product.retain(|lock| {
        let is_module = lock.path.rsplit('/').next() == Some("go.mod");
        !(is_module && members.contains(lock.directory()))
    });
}

/// The paths that the caller adds back.
struct Include(BTreeSet<String>);

impl Include {
    fn new(paths: &[String], found: &Found) -> Result<Self, InventoryError> {
        let mut normal = BTreeSet::new();
        for path in paths {
            let inside = normalise(path)
                .ok_or_else(|| InventoryError::IncludeOutside { path: path.clone() })?;
            let one = Self(BTreeSet::from([inside.clone()]));
            if !found.lockfiles.iter().any(|lock| one.covers(&lock.path)) {
                return Err(InventoryError::IncludeWithoutLockfile { path: path.clone() });
            }
            normal.insert(inside);
        }
        Ok(Self(normal))
    }

    fn covers(&self, path: &str) -> bool {
        self.0.contains(path) || above(directory_of(path)).any(|dir| self.0.contains(dir))
    }
}

/// A directory and every one above it, the root (empty) last.
fn above(directory: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(directory);
    std::iter::from_fn(move || {
        let current = next?;
        next = if current.is_empty() {
            None
        } else {
            Some(directory_of(current))
        };
        Some(current)
    })
}

/// A lockfile that is left out, and why.
fn skip(
    lock: &Lockfile,
    include: &Include,
    all: &HashSet<&str>,
    kept: &BTreeMap<(Group, &str), Members>,
) -> Option<Skipped> {
    if include.covers(&lock.path) {
        return None;
    }
    let settled = |reason: String| Skipped {
        path: lock.path.clone(),
        reason,
        kind: SkipKind::Settled,
    };
    if let Some(directory) = lock.path.strip_suffix("package-lock.json") {
        let winner = format!("{directory}npm-shrinkwrap.json");
        if all.contains(winner.as_str()) {
            let reason = "npm reads `npm-shrinkwrap.json` beside it instead";
            return Some(settled(reason.to_owned()));
        }
    }
    let directory = lock.directory();
    if lock.group == Group::Other(Ecosystem::Github.purl_type()) {
        return reason_to_skip_action(&lock.path).map(settled);
    }
    let outer = above(directory)
        .skip(1)
        .find_map(|dir| Some((dir, kept.get(&(lock.group, dir))?)));
    let is_member = above(directory).skip(1).any(|dir| {
        kept.get(&(lock.group, dir))
            .is_some_and(|members| members.contain(directory))
    });
    if is_member {
        return None;
    }
    if let Some(name) = fixture(directory) {
        return Some(settled(sample(name)));
    }
    if matches!(lock.reader, Reader::Format(format) if format.is_per_project()) {
        return None;
    }
    outer.map(|(dir, _)| Skipped {
        path: lock.path.clone(),
        reason: format!(
            "{} has a lockfile of the same kind, and this directory is no member of its workspace",
            shown(dir)
        ),
        kind: SkipKind::Open,
    })
}

/// Each workflow and each action stands for itself, whatever lies above it.
fn reason_to_skip_action(path: &str) -> Option<String> {
    if path.starts_with(".github/") {
        return None;
    }
    if github_actions::is_workflow(path) {
        let reason = "GitHub runs the workflows in the root of a repository only";
        return Some(reason.to_owned());
    }
    fixture(directory_of(path)).map(sample)
}

fn sample(name: &str) -> String {
    format!("it lies below `{name}`, where samples and copies are kept")
}

fn fixture(directory: &str) -> Option<&'static str> {
    FIXTURES.iter().copied().find(|name| {
        directory
            .split('/')
            .any(|part| part.eq_ignore_ascii_case(name))
    })
}

/// A lockfile that is known and not read.
pub fn unsupported(lock: &Lockfile, tool: &str) -> Gap {
    let message = format!(
        "`{}` is a lockfile of {tool}, which is not read; its packages were not checked",
        lock.path
    );
    rules::gap(
        &rules::UNSUPPORTED_LOCKFILE,
        Some(Location::file(&lock.path)),
        &message,
        None,
    )
}

/// Looks for manifests that no lockfile covers.
struct Missing<'a> {
    tree: &'a Tree,
    found: &'a Found,
    include: &'a Include,
    kept: &'a BTreeMap<(Group, &'a str), Members>,
    /// Texts of the lockfiles that were looked into, by path.
    texts: HashMap<&'a str, String>,
}

impl<'a> Missing<'a> {
    /// Of several manifests in one another only the outermost is a gap. One below a
    /// product lockfile that knows nothing of it is left out, as a lockfile there is.
    fn note(&mut self, selection: &mut Selection) {
        let locked: HashSet<(Group, &str)> = self
            .found
            .lockfiles
            .iter()
            .map(|lock| (lock.group, project_directory(lock.directory())))
            .collect();
        let mut manifests: Vec<&(String, Group)> = self.found.manifests.iter().collect();
        manifests.sort_by_key(|(path, _)| (path.matches('/').count(), path));
        let mut noted: HashSet<(Group, &str)> = HashSet::new();
        for (path, group) in manifests {
            let directory = directory_of(path);
            let is_noted = above(directory).any(|dir| noted.contains(&(*group, dir)));
            let is_fixture = fixture(directory).is_some() && !self.include.covers(path);
            if is_noted || is_fixture || locked.contains(&(*group, directory)) {
                continue;
            }
            // Where each project has a lockfile of its own, one above covers nothing.
            let is_alone = matches!(group, Group::Other(kind) if manifest::is_per_project(kind));
            let outer = above(directory)
                .skip(1)
                .filter(|_| !is_alone)
                .find(|dir| locked.contains(&(*group, dir)));
            let message = match self.tree.read_text(path) {
                Ok(Some(file)) if wants_lockfile(path, *group, &file.text) => {
                    if let Some(outer) = outer {
                        if !self.is_known(path, *group, &file.text) {
                            selection.skipped.push(outside(path, outer));
                        }
                        continue;
                    }
                    format!("`{path}` names dependencies, but there is no lockfile for it")
                }
                Ok(_) => continue,
                Err(error) => format!("`{path}` has no lockfile and cannot be read: {error}"),
            };
            noted.insert((*group, directory));
            let location = Some(Location::file(path));
            let remedy = Some(remedy_of(*group));
            let gap = rules::gap(&rules::MISSING_LOCKFILE, location, &message, remedy);
            selection.gaps.push(gap);
        }
    }

    /// Whether a lockfile above a manifest covers it: as a member of the workspace, or
    /// because the lockfile names its directory or its package.
    fn is_known(&mut self, path: &str, group: Group, text: &str) -> bool {
        let directory = directory_of(path);
        let is_member = above(directory).skip(1).any(|dir| {
            self.kept
                .get(&(group, dir))
                .is_some_and(|members| members.contain(directory))
        });
        // Others have projects in one another that share a lockfile by their own rules.
        if is_member || !matches!(group, Group::Cargo | Group::Npm | Group::Python) {
            return true;
        }
        let (tree, found) = (self.tree, self.found);
        let name = package_name(group, text);
        found
            .lockfiles
            .iter()
            .filter(|lock| lock.group == group)
            .filter(|lock| above(directory).skip(1).any(|dir| dir == lock.directory()))
            .any(|lock| {
                let text = self.texts.entry(lock.path.as_str()).or_insert_with(|| {
                    // One that cannot be read is a gap by itself.
                    let file = tree.read_text(&lock.path).ok().flatten();
                    file.map_or_else(String::new, |file| file.text)
                });
                let base = lock.directory();
                let inside = directory.strip_prefix(base).unwrap_or(directory);
                let inside = inside.trim_start_matches('/');
                let quoted = |word: &str| text.contains(&format!("\"{word}\""));
                text.is_empty()
                    || quoted(inside)
                    || text.contains(&format!("./{inside}"))
                    || name.as_deref().is_some_and(quoted)
            })
    }
}

/// What a Cargo or Python manifest calls its package; npm lockfiles know directories.
fn package_name(group: Group, text: &str) -> Option<String> {
    let document = match group {
        Group::Cargo | Group::Python => Document::parse(text).ok()?,
        _ => return None,
    };
    let section = if group == Group::Cargo {
        "package"
    } else {
        "project"
    };
    let name = string(table(&document.root, section)?, "name")?;
    Some(name.to_owned())
}

fn outside(path: &str, outer: &str) -> Skipped {
    Skipped {
        path: path.to_owned(),
        reason: format!(
            "{} has a lockfile of the same kind, which does not know this directory, and there is none here",
            shown(outer)
        ),
        kind: SkipKind::Open,
    }
}

fn shown(directory: &str) -> &str {
    if directory.is_empty() {
        "the root"
    } else {
        directory
    }
}

fn remedy_of(group: Group) -> &'static str {
    match group {
        Group::Cargo => "run `cargo generate-lockfile` and commit Cargo.lock",
        Group::Npm => "run `npm install --package-lock-only` and commit package-lock.json",
        Group::Python => "run `uv lock`, `poetry lock` or `pip-compile` and commit the result",
        Group::Other(kind) => manifest::remedy(kind),
        Group::Go => rules::MISSING_LOCKFILE.remedy,
    }
}

/// Whether a manifest asks for packages. One that cannot be understood does; of those
/// that are programs or in other languages, a word that they cannot do without decides.
fn wants_lockfile(path: &str, group: Group, text: &str) -> bool {
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match group {
        Group::Npm => npm_wants_lockfile(text),
        Group::Cargo => Document::parse(text).map_or(true, |document| {
            document.broken.is_some()
                || document.root.contains_key("package")
                || document.root.contains_key("workspace")
        }),
        Group::Python if path.ends_with("pyproject.toml") => python_wants_lockfile(text),
        Group::Python if path.ends_with("Pipfile") => any(&["packages]"]),
        Group::Python => any(&["install_requires"]),
        Group::Other(kind) => manifest::wants_lockfile(kind, text),
        Group::Go => true,
    }
}

/// The directory of the project whose lockfile lies in one; some tools put it deeper.
fn project_directory(directory: &str) -> &str {
    let mut outer = directory;
    for inner in ["obj", "gradle/dependency-locks"] {
        if directory == inner {
            return "";
        }
        if let Some(found) = directory.strip_suffix(inner) {
            outer = found.strip_suffix('/').unwrap_or(outer);
        }
    }
    outer
}

fn npm_wants_lockfile(text: &str) -> bool {
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(text) else {
        return true;
    };
    let filled = |key: &str| {
        manifest
            .get(key)
            .and_then(serde_json::Value::as_object)
            .is_some_and(|names| !names.is_empty())
    };
    [
        "dependencies",
        "devDependencies",
        "optionalDependencies",
        "peerDependencies",
    ]
    .into_iter()
    .any(filled)
        || manifest.get("workspaces").is_some()
}

fn python_wants_lockfile(text: &str) -> bool {
    let Ok(document) = Document::parse(text) else {
        return true;
    };
    let root = &document.root;
    let project = table(root, "project");
    let poetry = table(root, "tool").and_then(|tool| table(tool, "poetry"));
    let lists = project.is_some_and(|p| items(p, "dependencies").next().is_some());
    let tables = [
        project.and_then(|p| table(p, "optional-dependencies")),
        table(root, "dependency-groups"),
        poetry.and_then(|p| table(p, "group")),
        poetry.and_then(|p| table(p, "dev-dependencies")),
    ];
    let poetry_names = poetry
        .and_then(|p| table(p, "dependencies"))
        .is_some_and(|names| names.keys().any(|name| name.get_ref() != "python"));
    document.broken.is_some()
        || lists
        || poetry_names
        || tables.into_iter().flatten().any(|table| !table.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directories_above_end_with_the_root() {
        assert_eq!(above("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(above("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn a_lockfile_in_a_directory_of_its_tool_belongs_to_the_project_above() {
        for (directory, want) in [
            ("a/obj", "a"),
            ("obj", ""),
            ("a/myobj", "a/myobj"),
            ("gradle/dependency-locks", ""),
            ("a/b/gradle/dependency-locks", "a/b"),
            ("", ""),
        ] {
            assert_eq!(project_directory(directory), want, "{directory}");
        }
    }

    #[test]
    fn a_manifest_without_dependencies_wants_no_lockfile() {
        assert!(!wants_lockfile(
            "package.json",
            Group::Npm,
            r#"{"name": "a", "dependencies": {}}"#
        ));
        assert!(wants_lockfile(
            "package.json",
            Group::Npm,
            r#"{"devDependencies": {"a": "1"}}"#
        ));
        assert!(wants_lockfile("package.json", Group::Npm, "{"));
        assert!(!wants_lockfile(
            "Cargo.toml",
            Group::Cargo,
            "[profile.dev]\n"
        ));
        assert!(wants_lockfile("Cargo.toml", Group::Cargo, "[workspace]\n"));
        assert!(wants_lockfile("Cargo.toml", Group::Cargo, "[workspace"));
        let python = |text| wants_lockfile("pyproject.toml", Group::Python, text);
        assert!(!python("[tool.ruff]\n[project]\ndependencies = []\n"));
        assert!(!python("[tool.poetry.dependencies]\npython = '^3'\n"));
        assert!(python("[tool.poetry.dependencies]\na = '^3'\n"));
        assert!(python("[project]\ndependencies = ['a']\n"));
        assert!(python("[dependency-groups]\ndev = ['a']\n"));
    }
}
