//! `pylock.toml` and `pylock.*.toml`, version 1.x
//! (<https://packaging.python.org/en/latest/specifications/pylock-toml/>).
//!
//! The dependency graph is optional there: pip and uv leave it out, PDM writes it as
//! requirement lines of its own.

mod graph;

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::document::{Document, items, table, text};
use crate::inventory::error::FormatError;
use crate::inventory::python::marker::Marker;
use crate::inventory::python::project::Project;
use crate::inventory::python::{normalise, runs_code, strings};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes};
use crate::model::{
    Checksum, ComponentKind, Digest, DigestAlgorithm, Ecosystem, GitReference, Origin, Root, Scope,
};
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The members of the whole file that are read.
const FILE: &Shapes = &[
    ("packages", Shape::List),
    ("extras", Shape::TEXTS),
    ("dependency-groups", Shape::TEXTS),
    ("default-groups", Shape::TEXTS),
];

/// The fields of a package that are read.
const PACKAGE: &Shapes = &[
    ("version", Shape::Text),
    ("index", Shape::Text),
    ("marker", Shape::Text),
    ("dependencies", Shape::List),
    (
        "tool",
        Shape::Fields(&[("pdm", Shape::Fields(&[("dependencies", Shape::TEXTS)]))]),
    ),
    ("vcs", Shape::Fields(SOURCE)),
    ("directory", Shape::Fields(SOURCE)),
    ("archive", Shape::Fields(SOURCE)),
    ("sdist", Shape::Fields(SOURCE)),
    ("wheels", Shape::ListOf(&Shape::Fields(SOURCE))),
];

/// Those of a file, a repository or a directory.
const SOURCE: &Shapes = &[
    ("commit-id", Shape::Text),
    ("hashes", Shape::TEXT_BY_NAME),
    ("name", Shape::Text),
    ("path", Shape::Text),
    ("requested-revision", Shape::Text),
    ("type", Shape::Text),
    ("url", Shape::Text),
];

/// The format.
pub struct PylockToml;

impl Format for PylockToml {
    fn name(&self) -> &'static str {
        "pylock-toml"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pypi
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["pylock.toml", "pylock.*.toml"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        let Some(rest) = file.strip_prefix("pylock.") else {
            return false;
        };
        match rest.strip_suffix("toml") {
            Some("") => true,
            Some(name) => name
                .strip_suffix('.')
                .is_some_and(|name| !name.is_empty() && !name.contains('.')),
            None => false,
        }
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let document = Document::parse(input.text)?;
        let mut reader = Reader {
            path: input.path,
            document: &document,
            parsed: Parsed::default(),
            entries: Vec::new(),
            groups: Groups::read(&document.root),
        };
        reader.check_version()?;
        for entry in items(&document.root, "packages") {
            if reader.parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            reader.package(entry);
        }
        let project = Project::beside(input);
        let mut parsed = graph::resolve(reader, project.as_ref());
        parsed.root = product(&parsed, project);
        document.note(&mut parsed, input.path, "packages", FILE);
        Ok(parsed)
    }
}

/// The extras and groups that a lockfile can be asked for. Without any it is meant for one
/// use, and what it holds is installed there, whatever for.
struct Groups {
    extras: BTreeSet<String>,
    all: BTreeSet<String>,
    default: BTreeSet<String>,
}

impl Groups {
    fn read(root: &DeTable<'_>) -> Self {
        let names = |key: &str| -> BTreeSet<String> {
            strings(root, key)
                .iter()
                .map(|name| normalise(name))
                .collect()
        };
        let default = names("default-groups");
        let mut all = names("dependency-groups");
        all.extend(default.iter().cloned());
        Self {
            extras: names("extras"),
            all,
            default,
        }
    }

    fn scope(&self, marker: Option<&str>) -> Scope {
        if self.extras.is_empty() && self.all.is_empty() {
            return Scope::Unknown;
        }
        let Some(marker) = marker else {
            return Scope::Runtime;
        };
        let Some(marker) = Marker::parse(marker) else {
            return Scope::Unknown;
        };
        if marker.can_hold(&BTreeSet::new(), &self.default) {
            Scope::Runtime
        } else if marker.can_hold(&self.extras, &self.default) {
            Scope::Optional
        } else if marker.can_hold(&self.extras, &self.all) {
            Scope::Dev
        } else {
            Scope::Unknown
        }
    }
}

/// What the graph is made of; one for each of `parsed.packages`.
struct Entry<'t, 'a> {
    fields: &'t DeTable<'a>,
    line: u32,
}

struct Reader<'t, 'a> {
    path: &'t str,
    document: &'t Document<'a>,
    parsed: Parsed,
    entries: Vec<Entry<'t, 'a>>,
    groups: Groups,
}

impl<'t, 'a> Reader<'t, 'a> {
    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }

    fn check_version(&mut self) -> Result<(), FormatError> {
        let Some(version) = self.document.root.get("lock-version") else {
            return Err(FormatError::Shape {
                line: 1,
                reason: "there is no `lock-version`".to_owned(),
            });
        };
        let line = self.document.line(version);
        match version.get_ref().as_str() {
            Some("1.0") => Ok(()),
            // By the specification a later minor version can be read, perhaps in part.
            Some(found) if found.starts_with("1.") => {
                let message = format!(
                    "lockfile version {found} is not known; it was read as version 1.0, which may miss what is new"
                );
                let rule = &rules::UNSUPPORTED_LOCK_VERSION;
                self.parsed.note(rule, self.path, line, &message);
                Ok(())
            }
            found => Err(FormatError::UnknownVersion {
                line,
                found: found.unwrap_or("that is no string").to_owned(),
                known: "1.0",
            }),
        }
    }

    fn package(&mut self, entry: &'t Spanned<DeValue<'a>>) {
        let entry_line = self.document.line(entry);
        let fields = entry.get_ref().as_table();
        let Some((fields, name)) = fields.and_then(|t| Some((t, text(t, "name")?))) else {
            return self.incomplete(entry_line, "this package has no name");
        };
        let line = fields
            .get("name")
            .map_or(entry_line, |name| self.document.line(name));
        let mut package = Package::new(name, line);
        package.version = text(fields, "version").map(str::to_owned);
        let wrong = self.document.wrong(fields, PACKAGE);
        self.parsed.note_wrong(self.path, line, name, &wrong);
        package.scope = self.groups.scope(text(fields, "marker"));
        self.origin(&mut package, fields);
        let archive = table(fields, "archive");
        for file in archive.into_iter().chain(files(fields)) {
            self.hashes(&mut package, file);
        }
        package.checksums.sort();
        package.checksums.dedup();
        let from_source = ["vcs", "directory", "archive"];
        if package.version.is_none() && !from_source.iter().any(|key| fields.contains_key(*key)) {
            self.incomplete(line, &format!("`{name}` has no version"));
        }
        let names = files(fields).filter_map(|file| {
            let name = text(file, "name").or_else(|| text(file, "url"));
            name.or_else(|| text(file, "path"))
        });
        package.runs_install_code = runs_code(&package.origin, names);
        self.parsed.packages.push(package);
        self.entries.push(Entry { fields, line });
    }

    fn origin(&mut self, package: &mut Package, fields: &DeTable<'_>) {
        package.origin = if let Some(vcs) = table(fields, "vcs") {
            let address = text(vcs, "url").or_else(|| text(vcs, "path"));
            let url = address.unwrap_or_default().to_owned();
            match text(vcs, "type") {
                Some("git") => Origin::Git {
                    url,
                    reference: text(vcs, "requested-revision")
                        .map_or(GitReference::Default, |revision| {
                            GitReference::Revision(revision.to_owned())
                        }),
                    commit: text(vcs, "commit-id").map(str::to_owned),
                },
                _ => Origin::Url { url },
            }
        } else if let Some(directory) = table(fields, "directory") {
            package.kind = ComponentKind::Own;
            let path = text(directory, "path").unwrap_or(".").to_owned();
            Origin::Path { path }
        } else if let Some(archive) = table(fields, "archive") {
            match (text(archive, "url"), text(archive, "path")) {
                (Some(url), _) => Origin::Url {
                    url: url.to_owned(),
                },
                (None, Some(path)) => Origin::Path {
                    path: path.to_owned(),
                },
                (None, None) => Origin::Unrecorded,
            }
        } else {
            let url = files(fields).find_map(|file| text(file, "url"));
            let path = files(fields).find_map(|file| text(file, "path"));
            let index = text(fields, "index");
            match (index, url, path) {
                (None, None, None) => Origin::Unrecorded,
                (None, None, Some(path)) => Origin::Path {
                    path: path.to_owned(),
                },
                _ => Origin::Registry {
                    index: index.map(str::to_owned),
                    file: url.map(str::to_owned),
                    default: false,
                },
            }
        };
        if package.origin == Origin::Unrecorded && files(fields).next().is_none() {
            let message = format!("`{}` has neither a source nor a file", package.name);
            self.incomplete(package.line, &message);
        }
    }

    /// The hashes of one file. Those of an algorithm that is not known are left out; a
    /// file without any other is incomplete.
    fn hashes(&mut self, package: &mut Package, file: &DeTable<'_>) {
        let mut found = false;
        let hashes = table(file, "hashes").into_iter().flat_map(|h| h.iter());
        for (name, value) in hashes {
            let Some(algorithm) = DigestAlgorithm::from_name(name.get_ref()) else {
                continue;
            };
            let value = value.get_ref().as_str().unwrap_or_default();
            match Digest::from_hex(algorithm, value) {
                Ok(digest) => {
                    found = true;
                    package.checksums.push(Checksum::File(digest));
                }
                Err(error) => {
                    let message = format!("a hash of `{}`: {error}", package.name);
                    return self.incomplete(package.line, &message);
                }
            }
        }
        if !found {
            let message = format!("a file of `{}` has no hash that is known", package.name);
            self.incomplete(package.line, &message);
        }
    }
}

/// Source distribution first, then wheels.
fn files<'t, 'a>(fields: &'t DeTable<'a>) -> impl Iterator<Item = &'t DeTable<'a>> {
    table(fields, "sdist")
        .into_iter()
        .chain(items(fields, "wheels").filter_map(|wheel| wheel.get_ref().as_table()))
}

/// The manifest's project, else the own package in the lockfile's own directory.
fn product(parsed: &Parsed, project: Option<Project>) -> Option<Root> {
    project.and_then(|project| project.root).or_else(|| {
        let here = parsed.packages.iter().find(|package| {
            package.kind == ComponentKind::Own
                && matches!(&package.origin, Origin::Path { path } if path == "." || path == "./")
        })?;
        Some(Root {
            name: here.name.clone(),
            version: here.version.clone(),
        })
    })
}

#[cfg(test)]
mod tests;
