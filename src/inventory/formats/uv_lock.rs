//! `uv.lock`, version 1
//! (<https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile>).

mod reach;

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::document::{Document, items, table, text};
use crate::inventory::error::FormatError;
use crate::inventory::python::{digest, normalise, runs_code, strings};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes};
use crate::inventory::unique::UniqueIndex;
use crate::model::{Checksum, ComponentKind, Ecosystem, GitReference, Origin, Root};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The members of the whole file that are read.
const FILE: &Shapes = &[("package", Shape::List)];

/// The fields of a package that are read.
const PACKAGE: &Shapes = &[
    ("version", Shape::Text),
    ("source", Shape::Table),
    ("dependencies", Shape::List),
    ("optional-dependencies", Shape::TableOf(&Shape::List)),
    ("dev-dependencies", Shape::TableOf(&Shape::List)),
    ("sdist", Shape::Fields(DISTRIBUTION)),
    ("wheels", Shape::ListOf(&Shape::Fields(DISTRIBUTION))),
    ("metadata", Shape::Table),
];

/// Those of a file of it.
const DISTRIBUTION: &Shapes = &[
    ("filename", Shape::Text),
    ("hash", Shape::Text),
    ("path", Shape::Text),
    ("url", Shape::Text),
];

/// Those of a dependency.
const DEPENDENCY: &Shapes = &[
    ("extra", Shape::TEXTS),
    ("source", Shape::TEXT_BY_NAME),
    ("version", Shape::Text),
];

/// The format.
pub struct UvLock;

impl Format for UvLock {
    fn name(&self) -> &'static str {
        "uv-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pypi
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["uv.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "uv.lock"
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
        let mut parsed = reader.resolve();
        parsed.root = product(&parsed);
        document.note(&mut parsed, input.path, "package", FILE);
        Ok(parsed)
    }
}

fn check_version(document: &Document<'_>) -> Result<(), FormatError> {
    let Some(version) = document.root.get("version") else {
        return Err(FormatError::Shape {
            line: 1,
            reason: "there is no `version`".to_owned(),
        });
    };
    match version.get_ref().as_integer().map(|number| number.as_str()) {
        Some("1") => Ok(()),
        found => Err(FormatError::UnknownVersion {
            line: document.line(version),
            found: found.unwrap_or("that is no number").to_owned(),
            known: "1",
        }),
    }
}

/// Why a package asks for another.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Group {
    /// `dependencies`.
    Always,
    /// `[package.optional-dependencies]`, with the extra.
    Extra(String),
    /// `[package.dev-dependencies]`.
    Dev,
}

/// One reference of one package to another.
struct Want<'t> {
    group: Group,
    name: &'t str,
    version: Option<&'t str>,
    source: Option<String>,
    extras: Vec<String>,
    line: u32,
}

/// What the entry of a package asks for, and the text of its source.
struct Wants<'t> {
    source: String,
    wants: Vec<Want<'t>>,
}

struct Reader<'t, 'a> {
    path: &'t str,
    document: &'t Document<'a>,
    parsed: Parsed,
    /// One for each of `parsed.packages`.
    wants: Vec<Wants<'t>>,
}

impl<'t> Reader<'t, '_> {
    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }

    fn package(&mut self, entry: &'t Spanned<DeValue<'_>>) {
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
        let source = table(fields, "source");
        self.origin(&mut package, source, fields);
        if package.version.is_none() && package.kind == ComponentKind::Dependency {
            self.incomplete(line, &format!("`{name}` has no version"));
        }
        for file in files(fields) {
            let Some(hash) = text(file, "hash") else {
                continue;
            };
            match digest(hash) {
                Ok(digest) => package.checksums.push(Checksum::File(digest)),
                Err(error) => self.incomplete(line, &format!("a hash of `{name}`: {error}")),
            }
        }
        package.checksums.sort();
        let names = files(fields).filter_map(|file| {
            let name = text(file, "url").or_else(|| text(file, "path"));
            name.or_else(|| text(file, "filename"))
        });
        package.runs_install_code = runs_code(&package.origin, names);
        self.parsed.packages.push(package);
        let wants = self.wants(fields);
        self.wants.push(Wants {
            source: source_text(source),
            wants,
        });
    }

    fn origin(&mut self, package: &mut Package, source: Option<&DeTable<'_>>, of: &DeTable<'_>) {
        let kind = source.and_then(|source| {
            let (kind, value) = source.iter().next()?;
            let known = [
                "registry",
                "git",
                "url",
                "path",
                "directory",
                "editable",
                "virtual",
            ];
            let kind = known.into_iter().find(|known| kind.get_ref() == *known)?;
            Some((kind, value.get_ref().as_str()?.to_owned()))
        });
        package.origin = match kind {
            Some(("registry", index)) => Origin::Registry {
                index: Some(index),
                file: files(of)
                    .find_map(|file| text(file, "url"))
                    .map(str::to_owned),
                default: false,
            },
            Some(("git", address)) => git(&address),
            Some(("url", url)) => Origin::Url { url },
            Some(("path", path)) => Origin::Path { path },
            // `directory`, `editable` and `virtual` are source trees, made here.
            Some((_, path)) => {
                package.kind = ComponentKind::Own;
                Origin::Path { path }
            }
            None => {
                let message = format!("the source of `{}` is not known", package.name);
                self.incomplete(package.line, &message);
                Origin::Unrecorded
            }
        };
    }

    fn wants(&mut self, fields: &'t DeTable<'_>) -> Vec<Want<'t>> {
        let mut wants: Vec<Want<'t>> = items(fields, "dependencies")
            .filter_map(|item| self.want(item, Group::Always))
            .collect();
        for (extra, list) in members(fields, "optional-dependencies") {
            for item in list {
                wants.extend(self.want(item, Group::Extra(normalise(extra))));
            }
        }
        for (_, list) in members(fields, "dev-dependencies") {
            for item in list {
                wants.extend(self.want(item, Group::Dev));
            }
        }
        wants
    }

    fn want(&mut self, item: &'t Spanned<DeValue<'_>>, group: Group) -> Option<Want<'t>> {
        let line = self.document.line(item);
        let fields = item.get_ref().as_table();
        let Some((fields, name)) = fields.and_then(|t| Some((t, text(t, "name")?))) else {
            self.incomplete(line, "this dependency has no name");
            return None;
        };
        let found = self.document.wrong(fields, DEPENDENCY);
        self.parsed.note_wrong(self.path, line, name, &found);
        let source = table(fields, "source");
        let mut extras = strings(fields, "extra");
        extras
            .iter_mut()
            .for_each(|extra| *extra = normalise(extra));
        Some(Want {
            group,
            name,
            version: text(fields, "version"),
            source: source.is_some().then(|| source_text(source)),
            extras,
            line,
        })
    }

    /// References to edges. uv gives a version where several have the name, and a source
    /// where several have the version.
    fn resolve(mut self) -> Parsed {
        let mut index: UniqueIndex<(&str, Option<&str>, Option<&str>)> = UniqueIndex::default();
        for (place, (package, wants)) in self.parsed.packages.iter().zip(&self.wants).enumerate() {
            let (name, source) = (package.name.as_str(), Some(wants.source.as_str()));
            index.add((name, None, None), place);
            index.add((name, None, source), place);
            if let Some(version) = package.version.as_deref() {
                index.add((name, Some(version), None), place);
                index.add((name, Some(version), source), place);
            }
        }
        let mut links = Vec::new();
        let mut unresolved = Vec::new();
        for (from, wants) in self.wants.iter().enumerate() {
            for want in &wants.wants {
                match index.one(&(want.name, want.version, want.source.as_deref())) {
                    Some(to) => links.push(reach::Link {
                        from,
                        to,
                        group: want.group.clone(),
                        extras: want.extras.clone(),
                    }),
                    None => unresolved.push((from, want.name, want.line)),
                }
            }
        }
        reach::scopes(&mut self.parsed.packages, &links);
        let mut edges: Vec<(usize, usize)> = links.iter().map(|l| (l.from, l.to)).collect();
        edges.sort_unstable();
        edges.dedup();
        for (from, name, line) in unresolved {
            let dependent = self.parsed.packages.get(from).map_or("", |p| &p.name);
            let message = format!(
                "`{dependent}` depends on `{name}`, which this lockfile does not hold, or not exactly once"
            );
            self.parsed
                .note(&rules::UNRESOLVED_DEPENDENCY, self.path, line, &message);
        }
        self.parsed.edges = edges;
        self.parsed
    }
}

/// Source distribution first, then wheels.
fn files<'t, 'a>(fields: &'t DeTable<'a>) -> impl Iterator<Item = &'t DeTable<'a>> {
    table(fields, "sdist")
        .into_iter()
        .chain(items(fields, "wheels").filter_map(|wheel| wheel.get_ref().as_table()))
}

fn members<'t, 'a>(
    fields: &'t DeTable<'a>,
    key: &str,
) -> impl Iterator<Item = (&'t str, impl Iterator<Item = &'t Spanned<DeValue<'a>>>)> {
    table(fields, key)
        .into_iter()
        .flat_map(|groups| groups.iter())
        .map(|(group, list)| {
            let list = list.get_ref().as_array().into_iter();
            (group.get_ref().as_ref(), list.flat_map(|list| list.iter()))
        })
}

/// A text that is equal for equal sources.
fn source_text(source: Option<&DeTable<'_>>) -> String {
    let mut parts: Vec<String> = source
        .into_iter()
        .flat_map(|source| source.iter())
        .map(|(key, value)| {
            let value = value.get_ref().as_str().unwrap_or_default();
            format!("{}={value}", key.get_ref())
        })
        .collect();
    parts.sort();
    parts.join("\n")
}

/// `URL?rev=NAME&subdirectory=DIR#COMMIT`.
fn git(address: &str) -> Origin {
    let (address, commit) = match address.split_once('#') {
        Some((address, commit)) => (address, Some(commit.to_owned())),
        None => (address, None),
    };
    let (url, query) = address.split_once('?').unwrap_or((address, ""));
    let reference = url::form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| {
        let value = value.into_owned();
        match key.as_ref() {
            "branch" => Some(GitReference::Branch(value)),
            "tag" => Some(GitReference::Tag(value)),
            "rev" => Some(GitReference::Revision(value)),
            _ => None,
        }
    });
    Origin::Git {
        url: url.to_owned(),
        reference: reference.unwrap_or(GitReference::Default),
        commit,
    }
}

/// The own package in the lockfile's own directory, or the only own one.
fn product(parsed: &Parsed) -> Option<Root> {
    let own = || {
        parsed
            .packages
            .iter()
            .filter(|package| package.kind == ComponentKind::Own)
    };
    let here = Origin::Path {
        path: ".".to_owned(),
    };
    let package = own().find(|package| package.origin == here).or_else(|| {
        let mut all = own();
        all.next().filter(|_| all.next().is_none())
    })?;
    Some(Root {
        name: package.name.clone(),
        version: package.version.clone(),
    })
}

#[cfg(test)]
mod tests;
