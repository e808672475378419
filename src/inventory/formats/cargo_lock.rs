//! `Cargo.lock`, versions 1 to 4
//! (<https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>; the rules of
//! references are those of cargo's `core/resolver/encode.rs`).
//!
//! The crate `cargo-lock` reads the sources. Its lockfile type is only the oracle of the
//! tests: it has no line numbers, gives up on the whole file at the first bad entry, and
//! looks references up by scanning all packages, which a hostile file turns into hours.

mod hidden;
mod pieces;

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed, directory_of, join};
use crate::inventory::document::{Document, items, table, text};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::inventory::unique::UniqueIndex;
use crate::model::{
    Checksum, ComponentKind, Digest, DigestAlgorithm, Ecosystem, GitReference, Origin, Root,
};
use crate::support::lines::Lines;
use cargo_lock::package::{GitReference as CargoReference, SourceId, SourceKind};
use std::borrow::Cow;
use std::collections::HashMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const KNOWN: &str = "1 to 4";

/// The fields of an entry that are texts.
const KEYS: &[&str] = &["name", "version", "source", "checksum", "replace"];

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
        let lines = Lines::new(input.text);
        let by_piece = pieces::read(input, &lines);
        let mut parsed = match by_piece {
            Some(parsed) => parsed?,
            None => read_whole(input, &lines)?,
        };
        if parsed.packages.is_empty() && parsed.gaps.is_empty() {
            // Cargo lists the project itself at least.
            let message = format!("`{}` holds no package", input.path);
            parsed.note(&rules::UNREADABLE_LOCKFILE, input.path, 1, &message);
        }
        hidden::note(&mut parsed, input);
        parsed.root = product(&parsed, input);
        Ok(parsed)
    }
}

/// Reads a lockfile as one document, perhaps only the part before an error.
fn read_whole(input: &Input<'_>, lines: &Lines<'_>) -> Result<Parsed, FormatError> {
    let document = Document::parse(input.text)?;
    check_version(&document.root, lines)?;
    let mut reader = Reader::new(input.path, lines);
    let checksums = old_checksums(&document.root);
    let root = document.root.get("root").into_iter();
    for entry in root.chain(items(&document.root, "package")) {
        if let Some(entry) = reader.fields(entry) {
            reader.entry(entry, &checksums)?;
        }
    }
    let mut parsed = reader.finish();
    parsed.note_strays(input.path, &document.strays(&["package", "root"]));
    if let Some(broken) = &document.broken {
        parsed.note_broken(input.path, broken.line, &broken.reason);
    }
    Ok(parsed)
}

fn check_version(root: &DeTable<'_>, lines: &Lines<'_>) -> Result<(), FormatError> {
    let Some(version) = root.get("version") else {
        // Versions 1 and 2 do not say so.
        return Ok(());
    };
    let found = version.get_ref().as_integer().map(|number| number.as_str());
    match found {
        Some("1" | "2" | "3" | "4") => Ok(()),
        _ => Err(FormatError::UnknownVersion {
            line: lines.at(version.span().start),
            found: found.unwrap_or("that is no number").to_owned(),
            known: KNOWN,
        }),
    }
}

/// Version 1 keeps checksums in `[metadata]`, under `checksum NAME VERSION (SOURCE)`.
fn old_checksums<'r>(root: &'r DeTable<'_>) -> HashMap<&'r str, &'r str> {
    table(root, "metadata")
        .into_iter()
        .flat_map(|metadata| metadata.iter())
        .filter_map(|(key, value)| {
            let package = key.get_ref().strip_prefix("checksum ")?;
            Some((package, value.get_ref().as_str()?))
        })
        .filter(|(_, value)| *value != "<none>")
        .collect()
}

/// The references of one entry, resolved when all entries are known. Their texts are parts
/// of the file's, unless they are written with escapes.
struct References<'t> {
    replaced_by: Option<Cow<'t, str>>,
    /// Where the document that they were read from begins in the file.
    base: usize,
    /// With the place of each in that. Its line is of interest where it cannot be resolved.
    dependencies: Vec<(Cow<'t, str>, usize)>,
    source: Option<Cow<'t, str>>,
}

/// What one entry says.
#[derive(Default)]
struct Entry<'t> {
    /// Where the document that it was read from begins in the file.
    base: usize,
    /// Where the name stands in that.
    name_at: usize,
    name: Option<Cow<'t, str>>,
    version: Option<Cow<'t, str>>,
    source: Option<Cow<'t, str>>,
    checksum: Option<Cow<'t, str>>,
    replaced_by: Option<Cow<'t, str>>,
    /// With the place of each.
    dependencies: Vec<(Cow<'t, str>, usize)>,
}

struct Reader<'t> {
    path: &'t str,
    lines: &'t Lines<'t>,
    parsed: Parsed,
    /// One for each of `parsed.packages`.
    references: Vec<References<'t>>,
    /// What the source read last means: most entries have the same one.
    last_origin: Option<(String, Origin)>,
}

impl<'t> Reader<'t> {
    fn new(path: &'t str, lines: &'t Lines<'t>) -> Self {
        Self {
            path,
            lines,
            parsed: Parsed::default(),
            references: Vec::new(),
            last_origin: None,
        }
    }

    fn finish(mut self) -> Parsed {
        self.resolve();
        self.parsed
    }

    /// For so many packages: growing moves all of them again and again.
    fn make_room(&mut self, packages: usize) {
        self.parsed.packages.reserve_exact(packages);
        self.references.reserve_exact(packages);
    }

    /// The fields of an entry of a document; notes those that are not as they should be: a
    /// `source` that is not read would make a dependency one of the project's own packages.
    fn fields(&mut self, entry: &Spanned<DeValue<'t>>) -> Option<Entry<'t>> {
        let Some(fields) = entry.get_ref().as_table() else {
            let line = self.lines.at(entry.span().start);
            self.incomplete(line, "this package is not a table");
            return None;
        };
        let (Some(name), Some(_)) = (text(fields, "name"), text(fields, "version")) else {
            let line = self.lines.at(entry.span().start);
            self.incomplete(line, "this package has no name or no version");
            return None;
        };
        let mut read = Entry {
            name_at: fields.get("name").map_or(0, |name| name.span().start),
            ..Entry::default()
        };
        for (key, value) in fields.iter() {
            let shared = match value.get_ref() {
                DeValue::String(text) => Some(text.clone()),
                _ => None,
            };
            let place = match (key.get_ref().as_ref(), value.get_ref()) {
                ("name", _) => &mut read.name,
                ("version", _) => &mut read.version,
                ("source", _) => &mut read.source,
                ("checksum", _) => &mut read.checksum,
                ("replace", _) => &mut read.replaced_by,
                ("dependencies", DeValue::Array(_)) => continue,
                _ => &mut None,
            };
            let is_known = shared.is_some() && KEYS.contains(&key.get_ref().as_ref());
            *place = shared;
            if !is_known {
                let line = self.lines.at(key.span().start);
                let message = format!(
                    "`{}` of `{name}` is nothing that cargo writes",
                    key.get_ref()
                );
                self.incomplete(line, &message);
            }
        }
        for item in items(fields, "dependencies") {
            let at = item.span().start;
            match item.get_ref() {
                DeValue::String(reference) => read.dependencies.push((reference.clone(), at)),
                _ => {
                    let message = format!("a dependency of `{name}` is not a string");
                    self.incomplete(self.lines.at(at), &message);
                }
            }
        }
        Some(read)
    }

    fn entry(
        &mut self,
        entry: Entry<'t>,
        old_checksums: &HashMap<&str, &str>,
    ) -> Result<(), FormatError> {
        if self.parsed.packages.len() >= PACKAGE_LIMIT {
            return Err(FormatError::TooManyPackages {
                limit: PACKAGE_LIMIT,
            });
        }
        let line = self.lines.at(entry.base.saturating_add(entry.name_at));
        let (Some(name), Some(version)) = (&entry.name, &entry.version) else {
            self.incomplete(line, "this package has no name or no version");
            return Ok(());
        };
        let mut package = Package::new(name.as_ref(), line);
        package.version = Some(version.to_string());
        match &entry.source {
            None => {
                package.kind = ComponentKind::Own;
                package.origin = Origin::Path {
                    path: ".".to_owned(),
                };
            }
            Some(source) => package.origin = self.origin(source, name, line),
        }
        let checksum = entry.checksum.as_deref().or_else(|| {
            let source = entry.source.as_deref().unwrap_or_default();
            let is_empty = old_checksums.is_empty();
            let key = (!is_empty).then(|| format!("{name} {version} ({source})"))?;
            old_checksums.get(key.as_str()).copied()
        });
        if let Some(checksum) = checksum {
            match Digest::from_hex(DigestAlgorithm::Sha256, checksum) {
                Ok(digest) => package.checksums = vec![Checksum::File(digest)],
                Err(error) => {
                    self.incomplete(line, &format!("the checksum of `{name}`: {error}"));
                }
            }
        }
        if package.kind == ComponentKind::Own && checksum.is_some() {
            self.incomplete(line, &format!("`{name}` has a checksum, but no source"));
        }
        self.parsed.packages.push(package);
        self.references.push(References {
            replaced_by: entry.replaced_by,
            base: entry.base,
            dependencies: entry.dependencies,
            source: entry.source,
        });
        Ok(())
    }

    fn origin(&mut self, source: &str, name: &str, line: u32) -> Origin {
        if let Some((last, origin)) = &self.last_origin
            && last == source
        {
            return origin.clone();
        }
        match origin_of(source) {
            Ok(origin) => {
                self.last_origin = Some((source.to_owned(), origin.clone()));
                origin
            }
            Err(error) => {
                self.incomplete(line, &format!("the source of `{name}`: {error}"));
                Origin::Unrecorded
            }
        }
    }

    fn resolve(&mut self) {
        let index = Index::new(&self.parsed.packages, &self.references);
        let all = self.references.iter().map(|r| r.dependencies.len()).sum();
        let mut edges = Vec::with_capacity(all);
        let mut unresolved = Vec::new();
        // `[replace]`, the forerunner of `[patch]`, keeps an entry for what is replaced.
        let target = |to: usize| {
            let references = self.references.get(to);
            let replaced_by = references.and_then(|r| r.replaced_by.as_deref());
            replaced_by
                .and_then(|reference| index.find(reference))
                .unwrap_or(to)
        };
        for (from, references) in self.references.iter().enumerate() {
            for (reference, at) in &references.dependencies {
                match index.find(reference) {
                    Some(to) => edges.push((from, target(to))),
                    None => unresolved.push((from, reference, references.base.saturating_add(*at))),
                }
            }
        }
        for (from, reference, at) in unresolved {
            let line = self.lines.at(at);
            let name = self.parsed.packages.get(from).map_or("", |p| &p.name);
            let message =
                format!("`{name}` depends on `{reference}`, which this lockfile does not hold");
            self.parsed
                .note(&rules::UNRESOLVED_DEPENDENCY, self.path, line, &message);
        }
        self.parsed.edges = edges;
        if self.references.iter().any(|r| r.replaced_by.is_some()) {
            self.drop_replaced();
        }
        self.parsed.edges.sort_unstable();
        self.parsed.edges.dedup();
    }

    /// What `[replace]` took the place of is not built: it is no component.
    fn drop_replaced(&mut self) {
        let mut kept = 0;
        let places: Vec<Option<usize>> = self
            .references
            .iter()
            .map(|references| match &references.replaced_by {
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
        self.parsed.edges = self
            .parsed
            .edges
            .iter()
            .filter_map(|(from, to)| Some((moved(*from)?, moved(*to)?)))
            .collect();
    }

    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }
}

/// Where a package comes from by its recorded source.
fn origin_of(source: &str) -> Result<Origin, cargo_lock::Error> {
    let parsed = SourceId::from_url(source)?;
    // Addresses stay as recorded; `SourceId` would add a slash here and there.
    let address = source
        .split_once('+')
        .map_or(source, |(_, address)| address);
    Ok(match parsed.kind() {
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
    })
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
    fn new(packages: &'k [Package], references: &'k [References<'_>]) -> Self {
        let all = || {
            let dependencies = references.iter().flat_map(|r| &r.dependencies);
            let replacements = references.iter().filter_map(|r| r.replaced_by.as_deref());
            dependencies
                .map(|(reference, _)| reference.as_ref())
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
            if has_sources && let Some(source) = references.source.as_deref() {
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
        .cargo_manifest(&join(directory_of(input.path), "Cargo.toml"));
    let named = manifest.ok().flatten().and_then(|manifest| {
        let name = manifest.package.as_ref()?.name.as_ref()?;
        own.iter().find(|package| package.name == *name).copied()
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
