//! `uv.lock`: a copy of what each project of the workspace asks for (`[package.metadata]`),
//! of what the root says for all (`[manifest]`), and of `requires-python`.
//!
//! Source: `satisfies` in `crates/uv-resolver/src/lock/mod.rs`.

use super::super::clients::{Source, Toml, join, place, says};
use super::python::{Asked, Comparing, always, groups};
use super::{Locked, Missing, javascript, others, workspaces};
use crate::model::{Location, terminal_safe};
use crate::support::python::marker::{Budget, Marker, differ};
use crate::support::python::normalise;
use pep440_rs::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;
use std::str::FromStr as _;
use toml::de::DeTable;

/// A `pyproject.toml`.
struct Manifest<'t> {
    path: &'t str,
    document: &'t Toml<'t>,
}

impl<'t> Manifest<'t> {
    fn uv(&self, key: &str) -> Option<&DeTable<'t>> {
        self.document.table(&["tool", "uv", key])
    }

    /// Names that it takes from elsewhere than an index.
    fn sources(&self) -> impl Iterator<Item = String> {
        let sources = self.uv("sources").into_iter().flatten();
        sources.map(|(name, _)| normalise(name.get_ref()))
    }

    fn missing(&self, line: u32, key: &str, value: &str) -> Missing {
        Missing {
            place: place(self.path, line, says(key, value)),
        }
    }
}

/// The lockfile.
struct Lock<'t> {
    path: &'t str,
    document: Toml<'t>,
    /// Written since the format counts revisions: what it does not say is not asked for.
    is_new: bool,
    /// What comparisons of markers may take.
    budget: Budget,
}

impl<'t> Lock<'t> {
    fn asked(&self, table: Option<&DeTable<'_>>, key: &str) -> Option<Vec<Asked>> {
        let Some(table) = table.filter(|table| table.contains_key(key)) else {
            return Some(Vec::new());
        };
        let entries = self.document.tables(table, key);
        let asked = entries
            .iter()
            .map(|entry| Asked::of_lock(&self.document, entry));
        asked.collect()
    }

    /// Whether an absent list says that nothing is asked for: earlier versions did not know
    /// all of them.
    fn tells(&self, table: Option<&DeTable<'_>>, key: &str) -> bool {
        self.is_new || table.is_some_and(|table| table.contains_key(key))
    }

    fn missing(&self, line: u32, key: &str, value: &str) -> Missing {
        Missing {
            place: place(self.path, line, says(key, value)),
        }
    }

    fn report(
        &self,
        manifest: &Manifest<'_>,
        (lacking, left): (Vec<&Asked>, Vec<&Asked>),
        out: &mut Vec<Missing>,
    ) {
        let names: BTreeSet<&str> = lacking.iter().map(|asked| asked.name.as_str()).collect();
        for asked in lacking {
            out.push(manifest.missing(asked.line, &asked.name, &asked.text));
        }
        for asked in left {
            // A requirement that was changed is one that is lacking, too.
            if !names.contains(asked.name.as_str()) {
                out.push(self.missing(asked.line, "name", &asked.text));
            }
        }
    }
}

/// `pyproject.toml` of each project that the lockfile has.
pub(super) fn uv_lock(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let text = javascript::lockfile(root, locked.path).unwrap_or_default();
    let lock = Toml::parse(&text).map(|document| Lock {
        path: locked.path,
        is_new: document.root.contains_key("revision"),
        budget: Budget::default(),
        document,
    });
    let main = source.tree(&join(locked.directory, "pyproject.toml"));
    let main_document = main.as_ref().and_then(|file| Toml::parse(&file.text));
    let (Some(lock), Some(main), Some(document)) = (lock, &main, &main_document) else {
        return others::project(root, source, locked);
    };
    let main = Manifest {
        path: &main.shown,
        document,
    };
    let mut out = Vec::new();
    let mut ranges = Vec::new();
    let requires = lock.document.text(&lock.document.root, "requires-python");
    let within = requires.and_then(|(range, _)| Marker::of_python(range));
    let within = within.unwrap_or_else(always);
    let mut seen = BTreeSet::new();
    for package in lock.document.tables(&lock.document.root, "package") {
        let Some(directory) = directory(&lock.document, package, locked.directory) else {
            continue;
        };
        // Entries can name one project as often as there is room in the lockfile.
        if !seen.insert(directory.clone()) {
            continue;
        }
        let Some(file) = source.tree(&join(&directory, "pyproject.toml")) else {
            continue;
        };
        let Some(document) = Toml::parse(&file.text) else {
            continue;
        };
        let manifest = Manifest {
            path: &file.shown,
            document: &document,
        };
        if let Some(project) = document.table(&["project"]) {
            let range = document.text(project, "requires-python");
            ranges.push(range.map(|(text, line)| (text.to_owned(), line, file.shown.clone())));
            member(&lock, package, &manifest, &main, &within, &mut out);
        }
    }
    if !seen.contains(locked.directory) && document.table(&["project"]).is_some() {
        // The root is locked as a project of its own, or there is none.
        out.extend(others::project(root, source, locked));
    }
    of_root(&lock, &main, &within, &mut out);
    members(root, source, locked, (&lock, &main), &mut out);
    if let Some((locked_range, _)) = requires {
        requires_python(&lock, &main, locked_range, &ranges, &mut out);
    }
    if lock.budget.is_exceeded() {
        let message = format!(
            "`{}` was not compared to the end with its manifests, which ask for too much",
            terminal_safe(locked.path)
        );
        source.note(Location::file(locked.path), &message);
    }
    out
}

/// The directory of a project of the tree, relative to the root.
fn directory(lock: &Toml<'_>, package: &DeTable<'_>, base: &str) -> Option<String> {
    let source = package.get("source")?.get_ref().as_table()?;
    let mut found = ["editable", "virtual", "directory"].iter();
    let (path, _) = found.find_map(|key| lock.text(source, key))?;
    match path {
        "." => Some(base.to_owned()),
        path => Some(join(base, path)),
    }
}

/// One project against its entry.
fn member(
    lock: &Lock<'_>,
    package: &DeTable<'_>,
    manifest: &Manifest<'_>,
    main: &Manifest<'_>,
    within: &Marker,
    out: &mut Vec<Missing>,
) {
    let document = manifest.document;
    let Some(project) = document.table(&["project"]) else {
        return;
    };
    let dynamic: BTreeSet<&str> = document
        .texts(project, "dynamic")
        .iter()
        .map(|(field, _)| *field)
        .collect();
    let own = document.text(project, "name");
    let locked_name = lock.document.text(package, "name");
    if let (Some((name, line)), Some((locked, _))) = (own, locked_name)
        && normalise(name) != normalise(locked)
    {
        out.push(manifest.missing(line, "name", name));
        return;
    }
    if let (Some((version, line)), Some((locked, _))) = (
        document.text(project, "version"),
        lock.document.text(package, "version"),
    ) && let (Ok(asked), Ok(locked)) = (Version::from_str(version), Version::from_str(locked))
        && asked != locked
    {
        out.push(manifest.missing(line, "version", version));
    }
    let metadata = package
        .get("metadata")
        .and_then(|value| value.get_ref().as_table());
    if metadata.is_none() && !lock.is_new {
        return;
    }
    let elsewhere: BTreeSet<String> = manifest.sources().chain(main.sources()).collect();
    let comparing = |ignores_markers| Comparing {
        within,
        elsewhere: &elsewhere,
        budget: &lock.budget,
        ignores_markers,
    };
    let is_static = !dynamic.contains("dependencies") && !dynamic.contains("optional-dependencies");
    let own_name = own.map(|(name, _)| normalise(name)).unwrap_or_default();
    if is_static
        && let Some(asked) = dependencies(document, project)
        && let Some(copy) = lock.asked(metadata, "requires-dist")
    {
        let asks_own = asked.iter().any(|one| one.name == own_name);
        // Earlier versions wrote what its own extras stand for.
        if lock.is_new || !asks_own || copy.iter().any(|one| one.name == own_name) {
            let differences = comparing(false).differences(&asked, &copy);
            lock.report(manifest, differences, out);
        }
    }
    let legacy = document.table(&["tool", "uv"]);
    let Some(groups) = all_groups(document, legacy, &lock.budget) else {
        return;
    };
    let conditions = manifest.uv("dependency-groups").is_some();
    let copies = metadata
        .and_then(|table| table.get("requires-dev"))
        .and_then(|value| value.get_ref().as_table());
    let mut names: BTreeSet<&str> = groups.keys().map(String::as_str).collect();
    names.extend(
        copies
            .into_iter()
            .flatten()
            .map(|(name, _)| name.get_ref().as_ref()),
    );
    let none = Vec::new();
    for name in names {
        let asked = groups.get(name).unwrap_or(&none);
        if lock.tells(copies, name)
            && let Some(copy) = lock.asked(copies, name)
        {
            let differences = comparing(conditions).differences(asked, &copy);
            lock.report(manifest, differences, out);
        }
    }
}

/// `dependencies` and, each under its extra, `optional-dependencies`; `None` where one cannot
/// be read.
fn dependencies(document: &Toml<'_>, project: &DeTable<'_>) -> Option<Vec<Rc<Asked>>> {
    let mut all = Vec::new();
    for (text, line) in document.texts(project, "dependencies") {
        all.push(Rc::new(Asked::of_text(text, line, &always())?));
    }
    let extras = document.table(&["project", "optional-dependencies"]);
    for (extra, _) in extras.into_iter().flatten() {
        let name = normalise(extra.get_ref());
        let condition = Marker::parse(&format!("extra == '{name}'"))?;
        for (text, line) in document.texts(extras?, extra.get_ref()) {
            all.push(Rc::new(Asked::of_text(text, line, &condition)?));
        }
    }
    Some(all)
}

/// `[dependency-groups]`, and `dev-dependencies` of earlier versions.
fn all_groups(
    document: &Toml<'_>,
    uv: Option<&DeTable<'_>>,
    budget: &Budget,
) -> Option<BTreeMap<String, Vec<Rc<Asked>>>> {
    let tables: Vec<&DeTable<'_>> = document.table(&["dependency-groups"]).into_iter().collect();
    let mut all = groups(document, &tables, budget)?;
    if let Some(uv) = uv {
        for (text, line) in document.texts(uv, "dev-dependencies") {
            let asked = Asked::of_text(text, line, &always())?;
            let dev = all.entry("dev".to_owned()).or_default();
            dev.push(Rc::new(asked));
        }
    }
    Some(all)
}

/// What the root says for all projects.
fn of_root(lock: &Lock<'_>, main: &Manifest<'_>, within: &Marker, out: &mut Vec<Missing>) {
    let elsewhere: BTreeSet<String> = main.sources().collect();
    let comparing = Comparing {
        within,
        elsewhere: &elsewhere,
        budget: &lock.budget,
        ignores_markers: false,
    };
    let manifest = lock.document.table(&["manifest"]);
    let uv = main.document.table(&["tool", "uv"]);
    for (asked, copied) in [
        ("override-dependencies", "overrides"),
        ("constraint-dependencies", "constraints"),
        ("build-constraint-dependencies", "build-constraints"),
    ] {
        let texts = uv.map(|uv| main.document.texts(uv, asked));
        let texts = texts.unwrap_or_default();
        let asked = texts
            .iter()
            .map(|(text, line)| Asked::of_text(text, *line, &always()).map(Rc::new));
        if lock.tells(manifest, copied)
            && let Some(asked) = asked.collect::<Option<Vec<_>>>()
            && let Some(copy) = lock.asked(manifest, copied)
        {
            lock.report(main, comparing.differences(&asked, &copy), out);
        }
    }
    // A root that is no project keeps its groups here.
    if main.document.table(&["project"]).is_some() {
        return;
    }
    let Some(groups) = all_groups(main.document, uv, &lock.budget) else {
        return;
    };
    let copies = lock.document.table(&["manifest", "dependency-groups"]);
    for (name, asked) in &groups {
        if lock.tells(copies, name)
            && let Some(copy) = lock.asked(copies, name)
        {
            lock.report(main, comparing.differences(asked, &copy), out);
        }
    }
}

/// Projects that the patterns of the workspace find, and the lockfile does not have.
fn members(
    root: &Path,
    source: &Source<'_>,
    locked: &Locked<'_>,
    (lock, main): (&Lock<'_>, &Manifest<'_>),
    out: &mut Vec<Missing>,
) {
    let Some(workspace) = main.uv("workspace") else {
        return;
    };
    let texts = |key| {
        let texts = main.document.texts(workspace, key);
        texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>()
    };
    let (patterns, excluded) = (texts("members"), texts("exclude"));
    let packages = lock.document.tables(&lock.document.root, "package");
    let names: BTreeSet<String> = packages
        .iter()
        .filter_map(|package| lock.document.text(package, "name"))
        .map(|(name, _)| normalise(name))
        .collect();
    for at in workspaces::directories(root, source, locked.directory, &patterns, &excluded) {
        let Some(file) = source.tree(&join(&at, "pyproject.toml")) else {
            continue;
        };
        let Some(document) = Toml::parse(&file.text) else {
            continue;
        };
        let uv = document.table(&["tool", "uv"]);
        let is_managed = uv.and_then(|uv| document.flag(uv, "managed"));
        let is_managed = is_managed.is_none_or(|(managed, _)| managed);
        let project = document.table(&["project"]);
        let name = project.and_then(|project| document.text(project, "name"));
        if let Some((name, line)) = name.filter(|_| is_managed)
            && !names.contains(&normalise(name))
        {
            out.push(Missing {
                place: place(&file.shown, line, says("name", name)),
            });
        }
    }
}

/// `requires-python`: what every project of the workspace accepts.
fn requires_python(
    lock: &Lock<'_>,
    main: &Manifest<'_>,
    locked_range: &str,
    ranges: &[Option<(String, u32, String)>],
    out: &mut Vec<Missing>,
) {
    // Ranges of groups count as well.
    if main.uv("dependency-groups").is_some() {
        return;
    }
    let given: Vec<&(String, u32, String)> = ranges.iter().flatten().collect();
    let Some((text, line, path)) = given.first() else {
        return;
    };
    let markers = given.iter().map(|(text, _, _)| Marker::of_python(text));
    let (Some(markers), Some(locked)) = (
        markers.collect::<Option<Vec<_>>>(),
        Marker::of_python(locked_range),
    ) else {
        return;
    };
    // Earlier versions kept the lower bound only.
    if !lock.is_new && !locked_range.contains(['<', '!', '~']) {
        return;
    }
    if differ(&Marker::All(markers), &locked, &always(), &lock.budget) {
        out.push(Missing {
            place: place(path, *line, says("requires-python", text)),
        });
    }
}
