//! `pdm.lock`, versions 4.x (<https://pdm-project.org/latest/usage/lockfile/>; the form is
//! that of PDM's `models/repositories/lock.py`).
//!
//! A package that is asked for with extras has an entry of its own for them, which holds
//! what the extras bring. Here both entries are one package.

mod graph;

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::document::{Document, items, table, text};
use crate::inventory::error::FormatError;
use crate::inventory::python::project::Project;
use crate::inventory::python::{digest, is_package_file, normalise, runs_code, strings};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes};
use crate::model::{Checksum, ComponentKind, Ecosystem, GitReference, Origin, Scope};
use std::collections::HashMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
    ("version", Shape::Text),
    ("groups", Shape::TEXTS),
    ("extras", Shape::TEXTS),
    ("marker", Shape::Text),
    (
        "files",
        Shape::ListOf(&Shape::Fields(&[
            ("file", Shape::Text),
            ("url", Shape::Text),
        ])),
    ),
    ("dependencies", Shape::List),
    ("git", Shape::Text),
    ("ref", Shape::Text),
    ("revision", Shape::Text),
    ("path", Shape::Text),
    ("url", Shape::Text),
];

/// The format.
pub struct PdmLock;

impl Format for PdmLock {
    fn name(&self) -> &'static str {
        "pdm-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pypi
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["pdm.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "pdm.lock"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let document = Document::parse(input.text)?;
        check_version(&document)?;
        let project = Project::beside(input);
        let mut reader = Reader {
            path: input.path,
            document: &document,
            parsed: Parsed::default(),
            entries: Vec::new(),
            old_files: old_files(&document),
        };
        for entry in items(&document.root, "package") {
            if reader.entries.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            reader.entry(entry, project.as_ref());
        }
        let mut parsed = graph::resolve(reader, project.as_ref());
        parsed.root = project.and_then(|project| project.root);
        document.note(&mut parsed, input.path, "package", FILE);
        Ok(parsed)
    }
}

fn check_version(document: &Document<'_>) -> Result<(), FormatError> {
    let metadata = table(&document.root, "metadata");
    let Some(version) = metadata.and_then(|metadata| metadata.get("lock_version")) else {
        // Up to 4.2 `[metadata]` is the last table: a file that breaks off lacks it.
        return match document.broken {
            Some(_) => Ok(()),
            None => Err(FormatError::Shape {
                line: 1,
                reason: "there is no `lock_version` in `[metadata]`".to_owned(),
            }),
        };
    };
    let line = document.line(version);
    let known = "4.x";
    let found = version.get_ref().as_str().unwrap_or("that is no string");
    let found = found.to_owned();
    match found.split('.').next() {
        Some("4") => Ok(()),
        Some("1" | "2" | "3") => Err(FormatError::OldVersion { line, found, known }),
        _ => Err(FormatError::UnknownVersion { line, found, known }),
    }
}

/// Up to version 4.2 the files of all packages stand in one table, by `name version`.
fn old_files<'t, 'a>(document: &'t Document<'a>) -> HashMap<&'t str, &'t Spanned<DeValue<'a>>> {
    table(&document.root, "metadata")
        .and_then(|metadata| table(metadata, "files"))
        .into_iter()
        .flat_map(|files| files.iter())
        .map(|(key, files)| (key.get_ref().as_ref(), files))
        .collect()
}

/// One entry: of a package, or of a package with extras.
struct Entry {
    package: Package,
    /// Normalised and sorted; empty for the package itself.
    extras: Vec<String>,
    /// Requirement lines with their place.
    dependencies: Vec<(String, u32)>,
    marker: Option<String>,
}

struct Reader<'t, 'a> {
    path: &'t str,
    document: &'t Document<'a>,
    parsed: Parsed,
    entries: Vec<Entry>,
    old_files: HashMap<&'t str, &'t Spanned<DeValue<'a>>>,
}

impl Reader<'_, '_> {
    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }

    fn entry(&mut self, entry: &Spanned<DeValue<'_>>, project: Option<&Project>) {
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
        if package.version.is_none() {
            self.incomplete(line, &format!("`{name}` has no version"));
        }
        let wrong = self.document.wrong(fields, PACKAGE);
        self.parsed.note_wrong(self.path, line, name, &wrong);
        package.scope = scope(&strings(fields, "groups"), project);
        let (address, files) = self.files(&mut package, fields);
        self.origin(&mut package, fields, address);
        package.runs_install_code = runs_code(&package.origin, files.iter().map(String::as_str));
        let mut extras: Vec<String> = strings(fields, "extras")
            .iter()
            .map(|extra| normalise(extra))
            .collect();
        extras.sort();
        extras.dedup();
        let dependencies = items(fields, "dependencies").map(|item| {
            let line = self.document.line(item);
            (item.get_ref().as_str().unwrap_or_default().to_owned(), line)
        });
        let entry = Entry {
            package,
            extras,
            dependencies: dependencies.collect(),
            marker: text(fields, "marker").map(str::to_owned),
        };
        self.entries.push(entry);
    }

    /// Takes in the hashes; gives the address of a file, where there is one, and the names of
    /// all.
    fn files(
        &mut self,
        package: &mut Package,
        fields: &DeTable<'_>,
    ) -> (Option<String>, Vec<String>) {
        let key = format!(
            "{} {}",
            package.name,
            package.version.as_deref().unwrap_or_default()
        );
        let files = fields
            .get("files")
            .or_else(|| self.old_files.get(key.as_str()).copied())
            .and_then(|files| files.get_ref().as_array());
        let mut address = None;
        let mut names = Vec::new();
        for file in files.into_iter().flat_map(|files| files.iter()) {
            let file = file.get_ref().as_table();
            let hash = file.and_then(|file| text(file, "hash"));
            let url = file.and_then(|file| text(file, "url"));
            let name = file.and_then(|file| text(file, "file")).or(url);
            names.extend(name.map(str::to_owned));
            address = address.or_else(|| url.map(str::to_owned));
            let message = match hash.map(digest) {
                Some(Ok(digest)) => {
                    package.checksums.push(Checksum::File(digest));
                    continue;
                }
                Some(Err(error)) => format!("a hash of `{}`: {error}", package.name),
                None => format!("a file of `{}` has no hash", package.name),
            };
            self.incomplete(package.line, &message);
        }
        package.checksums.sort();
        package.checksums.dedup();
        (address, names)
    }

    fn origin(&mut self, package: &mut Package, fields: &DeTable<'_>, file: Option<String>) {
        package.origin = if let Some(url) = text(fields, "git") {
            Origin::Git {
                url: url.to_owned(),
                reference: text(fields, "ref").map_or(GitReference::Default, |reference| {
                    GitReference::Revision(reference.to_owned())
                }),
                commit: text(fields, "revision").map(str::to_owned),
            }
        } else if let Some(path) = text(fields, "path") {
            local(package, path)
        } else if let Some(url) = text(fields, "url") {
            match url.strip_prefix("file:///${PROJECT_ROOT}") {
                Some(path) => local(package, &format!(".{path}")),
                None => Origin::Url {
                    url: url.to_owned(),
                },
            }
        } else if let Some(url) = ["hg", "svn", "bzr"]
            .iter()
            .find_map(|vcs| text(fields, vcs))
        {
            Origin::Url {
                url: url.to_owned(),
            }
        } else if file.is_some() {
            Origin::Registry {
                index: None,
                file,
                default: false,
            }
        } else {
            // The lockfile has no place for the index: `[[tool.pdm.source]]` names it.
            Origin::Unrecorded
        };
    }
}

/// A package file, or a source tree, which is made here.
fn local(package: &mut Package, path: &str) -> Origin {
    if !is_package_file(path) {
        package.kind = ComponentKind::Own;
    }
    Origin::Path {
        path: path.to_owned(),
    }
}

/// From the groups that need a package. The main one is `default`; whether another is an
/// extra or a development group, the manifest says.
fn scope(groups: &[String], project: Option<&Project>) -> Scope {
    let of = |group: &String| match group.as_str() {
        "default" => Scope::Runtime,
        group => project
            .and_then(|project| project.groups.get(&normalise(group)).copied())
            .unwrap_or(Scope::Unknown),
    };
    groups.iter().map(of).min().unwrap_or(Scope::Unknown)
}

#[cfg(test)]
mod tests;
