//! `Cargo.lock`, versions 1 to 4
//! (<https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>; the rules of
//! references are those of cargo's `core/resolver/encode.rs`).
//!
//! The crate `cargo-lock` reads the sources. Its lockfile type is only the oracle of the
//! tests: it has no line numbers, gives up on the whole file at the first bad entry, and
//! looks references up by scanning all packages, which a hostile file turns into hours.

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed, directory_of, join};
use crate::inventory::document::{Document, items, table, text};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::inventory::unique::UniqueIndex;
use crate::model::{
    Checksum, ComponentKind, Digest, DigestAlgorithm, Ecosystem, GitReference, Origin, Root,
};
use cargo_lock::package::{GitReference as CargoReference, SourceId, SourceKind};
use std::collections::HashMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const KNOWN: &str = "1 to 4";

/// The format.
pub struct CargoLock;

impl Format for CargoLock {
    fn name(&self) -> &'static str {
        "cargo-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Cargo
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["Cargo.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "Cargo.lock"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let document = Document::parse(input.text)?;
        check_version(&document)?;
        let mut reader = Reader {
            path: input.path,
            document: &document,
            parsed: Parsed::default(),
            references: Vec::new(),
        };
        let checksums = reader.old_checksums();
        let root = document.root.get("root").into_iter();
        for entry in root.chain(items(&document.root, "package")) {
            if reader.parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            reader.package(entry, &checksums);
        }
        reader.resolve();
        let mut parsed = reader.parsed;
        parsed.note_strays(input.path, &document.strays(&["package", "root"]));
        if parsed.packages.is_empty() && parsed.gaps.is_empty() {
            // Cargo lists the project itself at least.
            let message = format!("`{}` holds no package", input.path);
            parsed.note(&rules::UNREADABLE_LOCKFILE, input.path, 1, &message);
        }
        parsed.root = product(&parsed, input);
        if let Some(broken) = &document.broken {
            parsed.note_broken(input.path, broken.line, &broken.reason);
        }
        Ok(parsed)
    }
}

fn check_version(document: &Document<'_>) -> Result<(), FormatError> {
    let Some(version) = document.root.get("version") else {
        // Versions 1 and 2 do not say so.
        return Ok(());
    };
    let found = version.get_ref().as_integer().map(|number| number.as_str());
    match found {
        Some("1" | "2" | "3" | "4") => Ok(()),
        _ => Err(FormatError::UnknownVersion {
            line: document.line(version),
            found: found.unwrap_or("that is no number").to_owned(),
            known: KNOWN,
        }),
    }
}

/// The references of one entry, resolved when all entries are known.
struct References<'t> {
    replaced_by: Option<&'t str>,
    dependencies: Vec<(&'t str, u32)>,
    source: Option<&'t str>,
}

struct Reader<'t, 'a> {
    path: &'t str,
    document: &'t Document<'a>,
    parsed: Parsed,
    /// One for each of `parsed.packages`.
    references: Vec<References<'t>>,
}

impl<'t> Reader<'t, '_> {
    /// Version 1 keeps checksums in `[metadata]`, under `checksum NAME VERSION (SOURCE)`.
    fn old_checksums(&self) -> HashMap<&'t str, &'t str> {
        table(&self.document.root, "metadata")
            .into_iter()
            .flat_map(|metadata| metadata.iter())
            .filter_map(|(key, value)| {
                let package = key.get_ref().strip_prefix("checksum ")?;
                Some((package, value.get_ref().as_str()?))
            })
            .filter(|(_, value)| *value != "<none>")
            .collect()
    }

    fn package(
        &mut self,
        entry: &'t Spanned<DeValue<'_>>,
        old_checksums: &HashMap<&'t str, &'t str>,
    ) {
        let entry_line = self.document.line(entry);
        let Some(fields) = entry.get_ref().as_table() else {
            return self.incomplete(entry_line, "this package is not a table");
        };
        let (Some(name), Some(version)) = (text(fields, "name"), text(fields, "version")) else {
            return self.incomplete(entry_line, "this package has no name or no version");
        };
        let line = fields
            .get("name")
            .map_or(entry_line, |name| self.document.line(name));
        self.note_odd_fields(fields, name);
        let source = text(fields, "source");
        let mut package = Package::new(name, line);
        package.version = Some(version.to_owned());
        if source.is_none() {
            package.kind = ComponentKind::Own;
            package.origin = Origin::Path {
                path: ".".to_owned(),
            };
        } else if let Some(source) = source {
            package.origin = self.origin(source, name, line);
        }
        let key = format!("{name} {version} ({})", source.unwrap_or_default());
        let checksum =
            text(fields, "checksum").or_else(|| old_checksums.get(key.as_str()).copied());
        if let Some(checksum) = checksum {
            match Digest::from_hex(DigestAlgorithm::Sha256, checksum) {
                Ok(digest) => package.checksums.push(Checksum::File(digest)),
                Err(error) => {
                    self.incomplete(line, &format!("the checksum of `{name}`: {error}"));
                }
            }
        }
        self.parsed.packages.push(package);
        let references = self.references_of(fields, name, source);
        self.references.push(references);
    }

    /// Notes fields that no version has, and values of another type: a `source` that is not
    /// read would make a dependency one of the project's own packages.
    fn note_odd_fields(&mut self, fields: &DeTable<'_>, name: &str) {
        for (key, value) in fields.iter() {
            let is_right = match key.get_ref().as_ref() {
                "name" | "version" | "source" | "checksum" | "replace" => value.get_ref().is_str(),
                "dependencies" => value.get_ref().is_array(),
                _ => false,
            };
            if !is_right {
                let line = self.document.lines.at(key.span().start);
                let message = format!(
                    "`{}` of `{name}` is nothing that cargo writes",
                    key.get_ref()
                );
                self.incomplete(line, &message);
            }
        }
    }

    fn references_of(
        &mut self,
        fields: &'t DeTable<'_>,
        name: &str,
        source: Option<&'t str>,
    ) -> References<'t> {
        let mut dependencies = Vec::new();
        for item in items(fields, "dependencies") {
            let line = self.document.line(item);
            match item.get_ref().as_str() {
                Some(reference) => dependencies.push((reference, line)),
                None => {
                    self.incomplete(line, &format!("a dependency of `{name}` is not a string"));
                }
            }
        }
        References {
            replaced_by: text(fields, "replace"),
            dependencies,
            source,
        }
    }

    fn origin(&mut self, source: &str, name: &str, line: u32) -> Origin {
        let parsed = match SourceId::from_url(source) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.incomplete(line, &format!("the source of `{name}`: {error}"));
                return Origin::Unrecorded;
            }
        };
        // Addresses stay as recorded; `SourceId` would add a slash here and there.
        let address = source
            .split_once('+')
            .map_or(source, |(_, address)| address);
        match parsed.kind() {
            SourceKind::Git(reference) => Origin::Git {
                url: address
                    .split(['?', '#'])
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                reference: match reference {
                    CargoReference::DefaultBranch => GitReference::Default,
                    CargoReference::Branch(name) => GitReference::Branch(name.clone()),
                    CargoReference::Tag(name) => GitReference::Tag(name.clone()),
                    CargoReference::Rev(name) => GitReference::Revision(name.clone()),
                },
                commit: parsed.precise().map(str::to_owned),
            },
            SourceKind::Path => Origin::Path {
                path: address.to_owned(),
            },
            _ => Origin::Registry {
                index: Some(address.to_owned()),
                file: None,
                default: parsed.is_default_registry(),
            },
        }
    }

    fn resolve(&mut self) {
        let index = Index::new(&self.parsed.packages, &self.references);
        let mut edges = Vec::new();
        let mut unresolved = Vec::new();
        // `[replace]`, the forerunner of `[patch]`, keeps an entry for what is replaced.
        let target = |to: usize| {
            let replaced_by = self.references.get(to).and_then(|r| r.replaced_by);
            replaced_by
                .and_then(|reference| index.find(reference))
                .unwrap_or(to)
        };
        for (from, references) in self.references.iter().enumerate() {
            for (reference, line) in &references.dependencies {
                match index.find(reference) {
                    Some(to) => edges.push((from, target(to))),
                    None => unresolved.push((from, *reference, *line)),
                }
            }
        }
        for (from, reference, line) in unresolved {
            let name = self.parsed.packages.get(from).map_or("", |p| &p.name);
            let message =
                format!("`{name}` depends on `{reference}`, which this lockfile does not hold");
            self.parsed
                .note(&rules::UNRESOLVED_DEPENDENCY, self.path, line, &message);
        }
        self.parsed.edges = edges;
        self.drop_replaced();
    }

    /// What `[replace]` took the place of is not built: it is no component.
    fn drop_replaced(&mut self) {
        let mut kept = 0;
        let places: Vec<Option<usize>> = self
            .references
            .iter()
            .map(|references| match references.replaced_by {
                Some(_) => None,
                None => {
                    kept += 1;
                    Some(kept - 1)
                }
            })
            .collect();
        let mut place = places.iter();
        self.parsed
            .packages
            .retain(|_| place.next().is_some_and(Option::is_some));
        let moved = |old: usize| places.get(old).copied().flatten();
        let mut edges: Vec<(usize, usize)> = self
            .parsed
            .edges
            .iter()
            .filter_map(|(from, to)| Some((moved(*from)?, moved(*to)?)))
            .collect();
        edges.sort_unstable();
        edges.dedup();
        self.parsed.edges = edges;
    }

    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }
}

/// Finds packages by the references `NAME`, `NAME VERSION` and `NAME VERSION (SOURCE)`.
#[derive(Default)]
struct Index<'k> {
    by_name: UniqueIndex<&'k str>,
    by_version: UniqueIndex<(&'k str, &'k str)>,
    /// Those without a source, which win where several share name and version.
    own: UniqueIndex<(&'k str, &'k str)>,
    by_source: UniqueIndex<(&'k str, &'k str, &'k str)>,
}

impl<'k> Index<'k> {
    /// What no reference asks for is left out: most lockfiles need names only.
    fn new(packages: &'k [Package], references: &[References<'k>]) -> Self {
        let all = || {
            let dependencies = references.iter().flat_map(|r| &r.dependencies);
            let replacements = references.iter().filter_map(|r| r.replaced_by);
            dependencies
                .map(|(reference, _)| *reference)
                .chain(replacements)
        };
        let has_versions = all().any(|reference| reference.contains(' '));
        let has_sources = has_versions && all().any(|reference| reference.contains('('));
        let mut index = Self::default();
        for (place, (package, references)) in packages.iter().zip(references).enumerate() {
            let name = package.name.as_str();
            let version = package.version.as_deref().unwrap_or_default();
            index.by_name.add(name, place);
            if has_versions {
                index.by_version.add((name, version), place);
                if references.source.is_none() {
                    index.own.add((name, version), place);
                }
            }
            if has_sources && let Some(source) = references.source {
                let source = without_commit(source);
                index.by_source.add((name, version, source), place);
            }
        }
        index
    }

    fn find(&self, reference: &str) -> Option<usize> {
        let mut parts = reference.splitn(3, ' ');
        let name = parts.next()?;
        let Some(version) = parts.next() else {
            return self.by_name.one(&name);
        };
        match parts.next() {
            Some(source) => {
                let source = source.strip_prefix('(')?.strip_suffix(')')?;
                self.by_source.one(&(name, version, without_commit(source)))
            }
            None if self.own.has(&(name, version)) => self.own.one(&(name, version)),
            None => self.by_version.one(&(name, version)),
        }
    }
}

/// References leave the commit of a git source out.
fn without_commit(source: &str) -> &str {
    source.split('#').next().unwrap_or(source)
}

/// The package of the manifest beside the lockfile, or the only own one.
fn product(parsed: &Parsed, input: &Input<'_>) -> Option<Root> {
    let own: Vec<&Package> = parsed
        .packages
        .iter()
        .filter(|package| package.kind == ComponentKind::Own)
        .collect();
    let manifest = input
        .neighbours
        .read(&join(directory_of(input.path), "Cargo.toml"));
    let named = manifest.ok().flatten().and_then(|manifest| {
        let document = Document::parse(&manifest.text).ok()?;
        let name = text(table(&document.root, "package")?, "name")?.to_owned();
        own.iter().find(|package| package.name == name).copied()
    });
    let only = match own.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    named.or(only).map(|package| Root {
        name: package.name.clone(),
        version: package.version.clone(),
    })
}

#[cfg(test)]
mod tests;
