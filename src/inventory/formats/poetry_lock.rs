//! `poetry.lock`, versions 1.x and 2.x
//! (<https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock>; the form is
//! that of poetry's `packages/locker.py`).
//!
//! The lockfile does not name the project: that, and what it asks for itself, comes from
//! `pyproject.toml` beside it.

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::document::{Document, flag, items, table, text};
use crate::inventory::error::FormatError;
use crate::inventory::python::{
    Manifest, Wanted, digest, extras_of, normalise, runs_code, strings, wanted,
};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes};
use crate::model::{Checksum, ComponentKind, Ecosystem, GitReference, Origin, Scope};
use pep440_rs::{Version, VersionSpecifiers};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Versions of one package that one lockfile may hold for different environments.
const SAME_NAME_LIMIT: usize = 100;

/// The members of the whole file that are read.
const FILE: &Shapes = &[
    ("package", Shape::List),
    (
        "metadata",
        Shape::Fields(&[("files", Shape::TableOf(&Shape::List))]),
    ),
];

/// The fields of a package that are read.
const PACKAGE: &Shapes = &[
    ("category", Shape::Text),
    ("optional", Shape::Flag),
    ("groups", Shape::TEXTS),
    (
        "files",
        Shape::ListOf(&Shape::Fields(&[("file", Shape::Text)])),
    ),
    ("source", Shape::Table),
    (
        "dependencies",
        Shape::TableOf(&Shape::Either(&[
            Shape::Text,
            Shape::Fields(DEPENDENCY),
            Shape::ListOf(&Shape::Either(&[Shape::Text, Shape::Fields(DEPENDENCY)])),
        ])),
    ),
    ("extras", Shape::TableOf(&Shape::TEXTS)),
];

/// Those of what is asked for of a dependency, in one environment or in each of several.
const DEPENDENCY: &Shapes = &[
    ("extras", Shape::TEXTS),
    ("markers", Shape::Text),
    ("optional", Shape::Flag),
    ("python", Shape::Text),
    ("version", Shape::Text),
];

/// Those of its source.
const SOURCE: &Shapes = &[
    ("type", Shape::Text),
    ("url", Shape::Text),
    ("reference", Shape::Text),
    ("resolved_reference", Shape::Text),
];

/// The format.
pub struct PoetryLock;

impl Format for PoetryLock {
    fn name(&self) -> &'static str {
        "poetry-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pypi
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["poetry.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "poetry.lock"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let document = Document::parse(input.text)?;
        check_version(&document)?;
        let mut reader = Reader {
            path: input.path,
            document: &document,
            parsed: Parsed::default(),
            wants: Vec::new(),
        };
        for entry in items(&document.root, "package") {
            if reader.parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            reader.package(entry);
        }
        reader.old_files();
        let manifest = Manifest::beside(input).unwrap_or_default();
        let mut parsed = reader.resolve(&manifest.wanted);
        parsed.root = manifest.root;
        document.note(&mut parsed, input.path, "package", FILE);
        Ok(parsed)
    }
}

fn check_version(document: &Document<'_>) -> Result<(), FormatError> {
    let metadata = table(&document.root, "metadata");
    let Some(version) = metadata.and_then(|metadata| metadata.get("lock-version")) else {
        // `[metadata]` is the last table: a file that breaks off does not have it.
        return match document.broken {
            Some(_) => Ok(()),
            None => Err(FormatError::Shape {
                line: 1,
                reason: "there is no `lock-version` in `[metadata]`".to_owned(),
            }),
        };
    };
    let found = version.get_ref().as_str().unwrap_or("that is no string");
    if found.starts_with("1.") || found.starts_with("2.") {
        return Ok(());
    }
    Err(FormatError::UnknownVersion {
        line: document.line(version),
        found: found.to_owned(),
        known: "1.x and 2.x",
    })
}

/// One dependency of one package.
struct Want {
    name: String,
    /// Version ranges, one for each environment; empty where one cannot be read.
    ranges: Vec<VersionSpecifiers>,
    /// Asked for by an extra only.
    optional: bool,
    /// Asked for in some environments only.
    conditional: bool,
    extras: BTreeSet<String>,
    line: u32,
}

/// What a package asks for, and which extras bring which names.
#[derive(Default)]
struct Wants {
    wants: Vec<Want>,
    extras: BTreeMap<String, BTreeSet<String>>,
}

struct Reader<'t, 'a> {
    path: &'t str,
    document: &'t Document<'a>,
    parsed: Parsed,
    /// One for each of `parsed.packages`.
    wants: Vec<Wants>,
}

impl Reader<'_, '_> {
    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }

    fn package(&mut self, entry: &Spanned<DeValue<'_>>) {
        let entry_line = self.document.line(entry);
        let fields = entry.get_ref().as_table();
        let named = fields.and_then(|t| Some((t, text(t, "name")?, text(t, "version")?)));
        let Some((fields, name, version)) = named else {
            return self.incomplete(entry_line, "this package has no name or no version");
        };
        let line = fields
            .get("name")
            .map_or(entry_line, |name| self.document.line(name));
        let mut package = Package::new(name, line);
        package.version = Some(version.to_owned());
        package.scope = scope(fields);
        let source = table(fields, "source");
        let mut wrong = self.document.wrong(fields, PACKAGE);
        wrong.extend(source.map_or_else(Vec::new, |source| self.document.wrong(source, SOURCE)));
        self.parsed.note_wrong(self.path, line, name, &wrong);
        self.origin(&mut package, source);
        for file in items(fields, "files") {
            self.file(&mut package, file);
        }
        let names = items(fields, "files").filter_map(file_name);
        package.runs_install_code = runs_code(&package.origin, names);
        package.checksums.sort();
        self.parsed.packages.push(package);
        self.wants.push(Wants {
            wants: self.wants_of(fields),
            extras: extras(fields),
        });
    }

    fn file(&mut self, package: &mut Package, file: &Spanned<DeValue<'_>>) {
        let file = file.get_ref().as_table();
        let hash = file.and_then(|file| text(file, "hash"));
        let message = match hash.map(digest) {
            Some(Ok(digest)) => return package.checksums.push(Checksum::File(digest)),
            Some(Err(error)) => format!("a hash of `{}`: {error}", package.name),
            None => format!("a file of `{}` has no hash", package.name),
        };
        self.incomplete(package.line, &message);
    }

    /// Version 1 keeps the files of all packages in one table at the end, those of
    /// several versions of one name together.
    fn old_files(&mut self) {
        let root = &self.document.root;
        let Some(files) = table(root, "metadata").and_then(|m| table(m, "files")) else {
            return;
        };
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, package) in self.parsed.packages.iter().enumerate() {
            by_name
                .entry(normalise(&package.name))
                .or_default()
                .push(place);
        }
        for (name, list) in files.iter() {
            let places = by_name
                .remove(&normalise(name.get_ref()))
                .unwrap_or_default();
            let several = places.len() > 1;
            for place in places.into_iter().take(SAME_NAME_LIMIT) {
                let Some(slot) = self.parsed.packages.get_mut(place) else {
                    continue;
                };
                let mut package = std::mem::replace(slot, Package::new("", 0));
                let version = format!("-{}", package.version.as_deref().unwrap_or_default());
                let all = list.get_ref().as_array().into_iter();
                let own: Vec<_> = all
                    .flat_map(|list| list.iter())
                    .filter(|file| {
                        !several || file_name(file).is_some_and(|name| name.contains(&version))
                    })
                    .collect();
                for file in &own {
                    self.file(&mut package, file);
                }
                let names = own.into_iter().filter_map(file_name);
                package.runs_install_code = runs_code(&package.origin, names);
                package.checksums.sort();
                if let Some(slot) = self.parsed.packages.get_mut(place) {
                    *slot = package;
                }
            }
        }
    }

    fn wants_of(&self, fields: &DeTable<'_>) -> Vec<Want> {
        table(fields, "dependencies")
            .into_iter()
            .flat_map(|dependencies| dependencies.iter())
            .map(|(name, spec)| Want {
                name: normalise(name.get_ref()),
                ranges: ranges(spec.get_ref()),
                optional: every_table(spec.get_ref(), |table| {
                    flag(table, "optional") == Some(true)
                }),
                conditional: every_table(spec.get_ref(), |table| {
                    table.contains_key("markers") || table.contains_key("python")
                }),
                extras: extras_of(spec.get_ref()),
                line: self.document.lines.at(name.span().start),
            })
            .collect()
    }

    fn origin(&mut self, package: &mut Package, source: Option<&DeTable<'_>>) {
        let Some(source) = source else {
            package.origin = Origin::ImpliedDefault;
            return;
        };
        // It has none; one that stands here is that of a package without its header.
        if text(source, "name").is_some() {
            let message = format!("the source of `{}` holds another entry", package.name);
            self.incomplete(package.line, &message);
        }
        let url = text(source, "url").unwrap_or_default().to_owned();
        package.origin = match text(source, "type") {
            Some("legacy") => Origin::Registry {
                index: Some(url),
                file: None,
                default: false,
            },
            Some("git") => Origin::Git {
                url,
                reference: match text(source, "reference") {
                    Some(reference) if reference != "HEAD" => {
                        GitReference::Revision(reference.to_owned())
                    }
                    _ => GitReference::Default,
                },
                commit: text(source, "resolved_reference").map(str::to_owned),
            },
            Some("url") => Origin::Url { url },
            Some("file") => Origin::Path { path: url },
            Some("directory") => {
                package.kind = ComponentKind::Own;
                Origin::Path { path: url }
            }
            _ => {
                let message = format!("the source of `{}` is not known", package.name);
                self.incomplete(package.line, &message);
                Origin::Unrecorded
            }
        };
    }

    /// Names to edges. An optional dependency is one where the extra that brings it was
    /// asked for; the lockfile holds it for that or for another reason.
    fn resolve(mut self, project: &[Wanted]) -> Parsed {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, package) in self.parsed.packages.iter().enumerate() {
            by_name
                .entry(normalise(&package.name))
                .or_default()
                .push(place);
        }
        let asked = self.extras_asked(project);
        let mut edges = Vec::new();
        let mut missing = Vec::new();
        for (from, wants) in self.wants.iter().enumerate() {
            let name = self.parsed.packages.get(from).map(|p| normalise(&p.name));
            let of_extras: BTreeSet<&String> = name
                .and_then(|name| asked.get(&name))
                .into_iter()
                .flatten()
                .filter_map(|extra| wants.extras.get(extra))
                .flatten()
                .collect();
            for want in &wants.wants {
                if want.optional && !of_extras.contains(&want.name) {
                    continue;
                }
                let found = by_name
                    .get(&want.name)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                // The lockfile leaves out what the project's Python and platforms never
                // install.
                if found.is_empty() && !want.conditional || found.len() > SAME_NAME_LIMIT {
                    missing.push((from, want.name.clone(), want.line));
                    continue;
                }
                edges.extend(self.fitting(want, found).into_iter().map(|to| (from, to)));
            }
        }
        edges.sort_unstable();
        edges.dedup();
        self.parsed.edges = edges;
        let direct = project
            .iter()
            .filter_map(|wanted| by_name.get(&wanted.name));
        self.parsed.direct = direct.flatten().copied().collect();
        self.parsed.direct.sort_unstable();
        self.parsed.direct.dedup();
        for (from, name, line) in missing {
            let dependent = self.parsed.packages.get(from).map_or("", |p| &p.name);
            let message = format!(
                "`{dependent}` depends on `{name}`, which this lockfile does not hold, or too often"
            );
            self.parsed
                .note(&rules::UNRESOLVED_DEPENDENCY, self.path, line, &message);
        }
        self.parsed
    }

    /// Extras that any package or the project asks for, by name.
    fn extras_asked(&self, project: &[Wanted]) -> HashMap<String, BTreeSet<String>> {
        let mut asked: HashMap<String, BTreeSet<String>> = HashMap::new();
        let wants = self.wants.iter().flat_map(|wants| &wants.wants);
        let all = wants
            .map(|want| (&want.name, &want.extras))
            .chain(project.iter().map(|wanted| (&wanted.name, &wanted.extras)));
        for (name, extras) in all.filter(|(_, extras)| !extras.is_empty()) {
            asked
                .entry(name.clone())
                .or_default()
                .extend(extras.iter().cloned());
        }
        asked
    }

    /// Of several versions those in the range asked for; all, where that cannot be told.
    fn fitting(&self, want: &Want, found: &[usize]) -> Vec<usize> {
        let fits = |place: &usize| {
            let version = self.parsed.packages.get(*place)?.version.as_deref()?;
            let version = Version::from_str(version).ok()?;
            Some(want.ranges.iter().any(|range| range.contains(&version)))
        };
        let fitting: Vec<usize> = found
            .iter()
            .copied()
            .filter(|place| fits(place) == Some(true))
            .collect();
        if found.len() == 1 || fitting.is_empty() {
            return found.to_vec();
        }
        fitting
    }
}

fn file_name<'f>(file: &'f Spanned<DeValue<'_>>) -> Option<&'f str> {
    text(file.get_ref().as_table()?, "file")
}

/// Version 2.1 has `groups`, version 1 `category`; 2.0 does not say.
fn scope(fields: &DeTable<'_>) -> Scope {
    let groups = strings(fields, "groups");
    let main = if groups.is_empty() {
        match text(fields, "category") {
            Some("main") => true,
            Some(_) => return Scope::Dev,
            None => return Scope::Unknown,
        }
    } else {
        groups.iter().any(|group| group == "main")
    };
    match (main, flag(fields, "optional")) {
        (true, Some(true)) => Scope::Optional,
        (true, _) => Scope::Runtime,
        (false, _) => Scope::Dev,
    }
}

/// Whether something holds for all of Poetry's forms of a dependency that are tables; a
/// plain string has neither flag nor marker.
fn every_table(spec: &DeValue<'_>, holds: impl Fn(&DeTable<'_>) -> bool + Copy) -> bool {
    match spec {
        DeValue::Table(table) => holds(table),
        DeValue::Array(specs) => {
            !specs.is_empty() && specs.iter().all(|spec| every_table(spec.get_ref(), holds))
        }
        _ => false,
    }
}

/// The version ranges of a dependency; none where one of them cannot be read.
fn ranges(spec: &DeValue<'_>) -> Vec<VersionSpecifiers> {
    let read = |text: &str| -> Option<Vec<VersionSpecifiers>> {
        text.split("||")
            .map(|range| match range.trim() {
                "*" => Some(VersionSpecifiers::empty()),
                range => VersionSpecifiers::from_str(range).ok(),
            })
            .collect()
    };
    match spec {
        DeValue::String(text) => read(text).unwrap_or_default(),
        DeValue::Table(table) => text(table, "version").and_then(read).unwrap_or_default(),
        DeValue::Array(specs) => specs
            .iter()
            .flat_map(|spec| ranges(spec.get_ref()))
            .collect(),
        _ => Vec::new(),
    }
}

/// `[package.extras]`: requirement lines by extra, as the names that they bring.
fn extras(fields: &DeTable<'_>) -> BTreeMap<String, BTreeSet<String>> {
    table(fields, "extras")
        .into_iter()
        .flat_map(|extras| extras.iter())
        .map(|(extra, list)| {
            let lines = list.get_ref().as_array().into_iter().flat_map(|l| l.iter());
            let names = lines
                .filter_map(|line| requirement_name(line.get_ref().as_str()?))
                .collect();
            (normalise(extra.get_ref()), names)
        })
        .collect()
}

/// The name in a line such as `PySocks (>=1.5.6)` or `foo[bar] ; marker`.
fn requirement_name(line: &str) -> Option<String> {
    if let Some(wanted) = wanted(line) {
        return Some(wanted.name);
    }
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let name = line.get(..end.unwrap_or(line.len()))?;
    (!name.is_empty()).then(|| normalise(name))
}

#[cfg(test)]
mod tests;
