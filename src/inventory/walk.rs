//! The walk: which lockfiles and manifests a tree holds.

use super::formats::{FORMATS, Format, directory_of, join, names_of};
use super::manifest;
use super::rules;
use super::unsupported;
use crate::model::{Ecosystem, Gap, Location, SkipKind, Skipped};
use crate::support::git_index::{TrackedError, tracked_files};
use ignore::overrides::{Override, OverrideBuilder};
use ignore::{DirEntry, WalkBuilder};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Directories that hold no sources of the product: never walked.
const PRUNED: &[&str] = &[".git", "node_modules"];

/// Manifests, with the group of lockfiles that covers them; more are in [`manifest`].
const MANIFESTS: &[(&str, Group)] = &[
    ("Cargo.toml", Group::Cargo),
    ("Pipfile", Group::Python),
    ("package.json", Group::Npm),
    ("pyproject.toml", Group::Python),
    ("setup.cfg", Group::Python),
    ("setup.py", Group::Python),
];

/// Lockfiles that can stand in for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// `Cargo.lock`.
    Cargo,
    /// Of npm, Yarn, pnpm, Bun.
    Npm,
    /// Of pip, Poetry, uv and others.
    Python,
    /// `go.mod`.
    Go,
    /// Of one other ecosystem, by its purl type.
    Other(&'static str),
}

/// How a lockfile is read.
#[derive(Clone, Copy)]
pub enum Reader {
    /// By a format.
    Format(&'static dyn Format),
    /// Not at all: the package manager that writes it.
    Unsupported(&'static str),
}

/// A file of interest.
#[derive(Clone)]
pub struct Lockfile {
    /// Path relative to the root.
    pub path: String,
    /// What it stands in for.
    pub group: Group,
    /// How it is read.
    pub reader: Reader,
}

impl Lockfile {
    /// Its directory, empty for the root.
    pub fn directory(&self) -> &str {
        directory_of(&self.path)
    }
}

/// What the walk found; every list is sorted by path.
#[derive(Default)]
pub struct Found {
    /// Lockfiles.
    pub lockfiles: Vec<Lockfile>,
    /// Manifests with the group that covers them.
    pub manifests: Vec<(String, Group)>,
    /// Directories that were not walked.
    pub skipped: Vec<Skipped>,
    /// What could not be walked.
    pub gaps: Vec<Gap>,
}

impl Found {
    /// Directories with a manifest of a group, sorted by the manifest's path.
    pub fn directories(&self, group: Group) -> impl Iterator<Item = &str> {
        self.manifests
            .iter()
            .filter(move |(_, of)| *of == group)
            .map(|(path, _)| directory_of(path))
    }
}

/// Walks the tree. `.gitignore` files inside the root count for directories, and only
/// where git tracks something: what it tracks is found all the same, so that no rule can
/// hide a lockfile. A lockfile or manifest in a directory that is walked is found even
/// where a rule names it, since the package manager reads it all the same. Rules outside
/// the root and of the user do not count: they differ between machines.
pub fn walk(root: &Path, include: &[String]) -> Found {
    let mut found = Found::default();
    let tracked = root
        .canonicalize()
        .map_or_else(|_| Ok(Vec::new()), |real| tracked_files(&real));
    let ignoring = tracked.as_ref().map_or(true, |paths| !paths.is_empty());
    let mut builder = WalkBuilder::new(root);
    builder
        .hidden(false)
        .parents(false)
        .ignore(false)
        .git_ignore(ignoring)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .follow_links(false);
    // Only a rule of `.gitignore` asks for the patterns: [`add`] looks at every name anyway.
    match ignoring.then(|| names_of_interest(root)) {
        Some(Ok(names)) => {
            match &tracked {
                Ok(paths) => add_tracked(root, paths, &names, include, &mut found),
                Err(error) => found.gaps.push(index_gap(error)),
            }
            builder.overrides(names);
        }
        Some(Err(error)) => found.gaps.push(walk_gap(root, &error)),
        None => {}
    }
    let pruned = Arc::new(Mutex::new(Vec::new()));
    let (base, include, note) = (root.to_owned(), include.to_vec(), Arc::clone(&pruned));
    builder.filter_entry(move |entry| match prune(&base, entry, &include) {
        Some(path) => {
            note.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(path);
            false
        }
        None => true,
    });
    for entry in builder.build() {
        match entry {
            Ok(entry) => add(root, &entry, &mut found),
            Err(error) => found.gaps.push(walk_gap(root, &error)),
        }
    }
    let mut pruned = pruned.lock().unwrap_or_else(PoisonError::into_inner);
    let tracked = tracked.unwrap_or_default();
    found.skipped = pruned
        .drain(..)
        .filter(|skipped| is_of_the_tree(&skipped.path, &tracked))
        .collect();
    found.skipped.sort();
    found.lockfiles.sort_by(|a, b| a.path.cmp(&b.path));
    found.lockfiles.dedup_by(|a, b| a.path == b.path);
    found.manifests.sort();
    found.manifests.dedup();
    found.gaps.sort();
    found
}

/// Adds what git tracks, whatever `.gitignore` says of it. A tracked file that is gone
/// from the work tree is no part of it; one whose name is not UTF-8 cannot be looked up
/// and becomes a gap when it is read.
fn add_tracked(
    root: &Path,
    paths: &[String],
    names: &Override,
    include: &[String],
    found: &mut Found,
) {
    for path in paths {
        let is_pruned = path.split('/').any(|part| PRUNED.contains(&part))
            && !include
                .iter()
                .any(|include| path == include || path.starts_with(&format!("{include}/")));
        if is_pruned || !names.matched(path, false).is_whitelist() {
            continue;
        }
        let metadata = root.join(path).symlink_metadata();
        if path.contains(char::REPLACEMENT_CHARACTER) || metadata.is_ok_and(|m| !m.is_dir()) {
            add_path(path.clone(), found);
        }
    }
}

fn index_gap(error: &TrackedError) -> Gap {
    let message = format!(
        "lockfiles that are tracked although ignored were not looked for: {}",
        error.brief()
    );
    let remedy = "repair the index with `git read-tree HEAD`";
    rules::gap(&rules::UNREADABLE_PATH, None, &message, Some(remedy))
}

fn names_of_interest(root: &Path) -> Result<Override, ignore::Error> {
    let mut names = OverrideBuilder::new(root);
    for glob in FORMATS.iter().flat_map(|format| format.globs()) {
        names.add(glob)?;
    }
    for name in unsupported::names() {
        names.add(name)?;
    }
    for (name, _) in MANIFESTS {
        names.add(name)?;
    }
    for (name, _) in manifest::NAMES {
        names.add(name)?;
    }
    names.build()
}

fn prune(root: &Path, entry: &DirEntry, include: &[String]) -> Option<Skipped> {
    let name = entry.file_name().to_str()?;
    if entry.depth() == 0 || !PRUNED.contains(&name) {
        return None;
    }
    if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return None;
    }
    let path = relative(root, entry.path());
    (!is_included(&path, include)).then(|| Skipped {
        path,
        reason: format!("`{name}` holds no sources of the product; it was not searched"),
        kind: SkipKind::Settled,
    })
}

/// Whether a directory that was not walked belongs to what is judged. Git's own does not,
/// and an installed `node_modules` depends on the machine: naming it would give one commit
/// two SBOMs, before and after `npm ci`. Where git tracks nothing, it cannot be told from
/// one that was handed over with the tree.
fn is_of_the_tree(directory: &str, tracked: &[String]) -> bool {
    let below = format!("{directory}/");
    let is_git = directory == ".git" || directory.ends_with("/.git");
    !is_git && (tracked.is_empty() || tracked.iter().any(|path| path.starts_with(&below)))
}

/// Whether something that lies in a directory is to be read.
fn is_included(directory: &str, include: &[String]) -> bool {
    let below = format!("{directory}/");
    include
        .iter()
        .any(|include| include == directory || include.starts_with(&below))
}

fn add(root: &Path, entry: &DirEntry, found: &mut Found) {
    // A directory may have the name of a lockfile; it is none.
    if entry.file_type().is_some_and(|kind| !kind.is_dir()) {
        add_path(relative(root, entry.path()), found);
    }
}

fn add_path(path: String, found: &mut Found) {
    let file = path.rsplit('/').next().unwrap_or(&path);
    let named = MANIFESTS.iter().find(|(name, _)| *name == file);
    let manifest = named
        .map(|(_, group)| *group)
        .or_else(|| manifest::kind_of(file).map(Group::Other));
    if let Some(lockfile) = lockfile_at(&path) {
        found.lockfiles.push(lockfile);
    } else if let Some(group) = manifest {
        found.manifests.push((path, group));
    }
}

/// The lockfile that a file is by its path below the root, if it is one.
pub fn lockfile_at(path: &str) -> Option<Lockfile> {
    let (directory, file) = names_of(path);
    let mut formats = FORMATS.iter();
    let (group, reader) = match formats.find(|f| f.matches_at(path, directory, file)) {
        Some(format) => (group_of(*format), Reader::Format(*format)),
        None => {
            let (tool, group) = unsupported::of(file)?;
            (group, Reader::Unsupported(tool))
        }
    };
    Some(Lockfile {
        path: path.to_owned(),
        group,
        reader,
    })
}

fn group_of(format: &dyn Format) -> Group {
    match format.ecosystem() {
        Ecosystem::Cargo => Group::Cargo,
        Ecosystem::Npm => Group::Npm,
        Ecosystem::Pypi => Group::Python,
        Ecosystem::Golang => Group::Go,
        other => Group::Other(other.purl_type()),
    }
}

/// The path below the root, with `/`. What is not UTF-8 becomes U+FFFD.
fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .fold(String::new(), |path, part| join(&path, &part))
}

fn walk_gap(root: &Path, error: &ignore::Error) -> Gap {
    let (path, reason) = place_of(error);
    let path = path.map_or_else(String::new, |path| relative(root, path));
    let shown = if path.is_empty() { "." } else { &path };
    let message = format!("`{shown}` could not be searched: {reason}");
    rules::gap(
        &rules::UNREADABLE_PATH,
        Some(Location::file(shown)),
        &message,
        None,
    )
}

/// The path of an error and its reason without the path, which may be absolute.
fn place_of(error: &ignore::Error) -> (Option<&Path>, String) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path), place_of(err).1),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            place_of(err)
        }
        ignore::Error::Partial(errors) => match errors.first() {
            Some(first) => place_of(first),
            None => (None, "unknown reason".to_owned()),
        },
        ignore::Error::Io(error) => match error.raw_os_error() {
            Some(code) => (None, std::io::Error::from_raw_os_error(code).to_string()),
            None => (None, error.kind().to_string()),
        },
        ignore::Error::Loop { child, .. } => (Some(child), "it is a loop of links".to_owned()),
        other => (None, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_directory_is_a_gap_without_an_absolute_path() {
        let error = ignore::Error::WithDepth {
            depth: 1,
            err: Box::new(ignore::Error::WithPath {
                path: "/srv/app/secret".into(),
                err: Box::new(ignore::Error::Io(std::io::Error::from_raw_os_error(13))),
            }),
        };
        let gap = walk_gap(Path::new("/srv/app"), &error);
        assert_eq!(gap.id, "inventory/unreadable-path");
        assert_eq!(gap.location, Some(Location::file("secret")));
        assert!(!gap.message.contains("/srv"), "{}", gap.message);
    }

    #[test]
    fn every_format_is_among_the_names_that_are_walked() {
        let directory = tempfile::tempdir().unwrap();
        let names = names_of_interest(directory.path()).unwrap();
        for path in [
            "Cargo.lock",
            "a/package-lock.json",
            "npm-shrinkwrap.json",
            "poetry.lock",
            "uv.lock",
            "go.mod",
            "requirements-dev.txt",
            "dev-requirements.txt",
            "a/requirements/dev.txt",
            "Gemfile.lock",
            "gems.locked",
            "a.xcodeproj/project.xcworkspace/xcshareddata/swiftpm/Package.resolved",
            "composer.lock",
            "gradle.lockfile",
            "a/buildscript-gradle.lockfile",
            "gradle/dependency-locks/compileClasspath.lockfile",
            "mix.lock",
            "a/packages.lock.json",
            "obj/project.assets.json",
            "out/App.deps.json",
            "pom.xml",
            "pubspec.lock",
        ] {
            assert!(names.matched(path, false).is_whitelist(), "{path}");
            let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
            let directory = directory.rsplit('/').next().unwrap();
            assert!(FORMATS.iter().any(|f| f.matches(directory, file)), "{path}");
        }
        assert!(names.matched("a/main.rs", false).is_ignore());
    }

    /// Without rules of `.gitignore` the walk does without the patterns.
    #[test]
    fn what_is_taken_without_the_patterns_is_taken_with_them() {
        let directory = tempfile::tempdir().unwrap();
        let names = names_of_interest(directory.path()).unwrap();
        let exact = FORMATS.iter().flat_map(|format| format.globs().iter());
        let exact = exact.copied().chain(unsupported::names());
        let exact = exact.chain(MANIFESTS.iter().map(|(name, _)| *name));
        let exact = exact.chain(manifest::NAMES.iter().map(|(name, _)| *name));
        let mut taken = 0;
        for pattern in exact {
            for put in ["", "a", "a.b", "\u{FFFD}\n"] {
                let name = pattern.replace("**/", "").replace('*', put);
                for path in [
                    name.clone(),
                    format!("requirements/{name}"),
                    format!("x/y/{name}x"),
                ] {
                    let mut found = Found::default();
                    add_path(path.clone(), &mut found);
                    let is_taken = !found.lockfiles.is_empty() || !found.manifests.is_empty();
                    assert!(
                        !is_taken || names.matched(&path, false).is_whitelist(),
                        "{path}"
                    );
                    taken += usize::from(is_taken);
                }
            }
        }
        assert!(taken > 300, "{taken}");
    }
}
