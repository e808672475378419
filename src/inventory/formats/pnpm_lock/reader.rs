//! One document of a lockfile: packages, then what they and the importers need.

mod importers;
mod resolution;

use super::key::Syntax;
use crate::inventory::error::FormatError;
use crate::inventory::formats::{Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::npm::{self, Graph};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::inventory::yaml::{Member, Node};
use crate::model::{Rule, Scope};
use importers::asked;
use std::collections::{BTreeMap, HashMap};

/// Own packages by their directory, relative to that of the lockfile; none where nothing
/// names one.
pub type Own = BTreeMap<String, Option<usize>>;

/// The groups of what a package needs. Peers that were found stand among `dependencies`.
const PACKAGE_GROUPS: [(&str, Scope); 2] = [
    ("dependencies", Scope::Runtime),
    ("optionalDependencies", Scope::Optional),
];

/// The fields of a package that are read; `resolution` and the groups are looked at where
/// they are read.
const PACKAGE: &Shapes = &[
    (
        "bundledDependencies",
        Shape::Either(&[Shape::TEXTS, Shape::Flag]),
    ),
    ("deprecated", Shape::Text),
    ("dev", Shape::Flag),
    ("name", Shape::Text),
    ("optional", Shape::Flag),
    ("requiresBuild", Shape::Flag),
    ("version", Shape::Text),
];

/// The mappings that a document of any version may have
/// (<https://github.com/pnpm/pnpm/blob/main/lockfile/types/src/index.ts>).
const SECTIONS: [&str; 20] = [
    "catalogs",
    "configDependencies",
    "dependencies",
    "dependenciesMeta",
    "devDependencies",
    "ignoredOptionalDependencies",
    "importers",
    "neverBuiltDependencies",
    "onlyBuiltDependencies",
    "optionalDependencies",
    "overrides",
    "packageExtensions",
    "packageManagerDependencies",
    "packages",
    "patchedDependencies",
    "publishDirectory",
    "settings",
    "snapshots",
    "specifiers",
    "time",
];

/// Reads one document.
pub struct Reader<'t, 'i> {
    input: &'t Input<'i>,
    syntax: Syntax,
    parsed: &'t mut Parsed,
    graph: &'t mut Graph,
    own: &'t mut Own,
    /// Packages by their key in `packages` or `snapshots`, with and without peers.
    places: HashMap<&'t str, usize>,
}

impl<'t, 'i> Reader<'t, 'i> {
    /// A reader of documents whose keys follow a syntax.
    pub fn new(
        input: &'t Input<'i>,
        syntax: Syntax,
        parsed: &'t mut Parsed,
        graph: &'t mut Graph,
        own: &'t mut Own,
    ) -> Self {
        Self {
            input,
            syntax,
            parsed,
            graph,
            own,
            places: HashMap::new(),
        }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`FormatError::TooManyPackages`].
    pub fn read(mut self, document: &'t Node<'_>) -> Result<(), FormatError> {
        self.note_strays(document);
        let asked = asked(document);
        let mut needs = Vec::new();
        for section in ["packages", "snapshots"] {
            for entry in self.entries(document, section) {
                if self.parsed.packages.len() >= PACKAGE_LIMIT {
                    return Err(FormatError::TooManyPackages {
                        limit: PACKAGE_LIMIT,
                    });
                }
                if let Some(place) = self.entry(section, entry, &asked) {
                    needs.push((place, entry));
                }
            }
        }
        self.importers(document);
        for (place, entry) in needs {
            self.edges(Some(place), None, &entry.value, &PACKAGE_GROUPS);
        }
        Ok(())
    }

    /// Notes what looks like a section with entries, or with names and references, and is
    /// none that is known.
    fn note_strays(&mut self, document: &Node<'_>) {
        for member in document.members() {
            let is_known = SECTIONS.contains(&member.key.as_ref());
            if !is_known && !member.value.members().is_empty() {
                let message = format!(
                    "`{}` is no part of such a lockfile; what it holds was not read",
                    member.key
                );
                self.note(&rules::UNREADABLE_LOCKFILE, member.line, &message);
            }
        }
    }

    /// The members of a section that are whole mappings; the others are noted.
    fn entries(&mut self, document: &'t Node<'_>, section: &str) -> Vec<&'t Member<'t>> {
        let Some(node) = document.value(section) else {
            return Vec::new();
        };
        if !node.is_mapping() && !node.is_null() {
            let message = format!("`{section}` is not a mapping");
            self.note(&rules::UNREADABLE_LOCKFILE, node.line, &message);
        }
        let mut entries = Vec::with_capacity(node.members().len());
        for member in node.members() {
            if member.value.is_mapping() {
                // A broken end is a gap already; half an entry would be told as a whole.
                if !member.value.is_cut {
                    entries.push(member);
                }
            } else {
                let message = format!("the entry `{}` is not a mapping", member.key);
                self.note(&rules::INCOMPLETE_ENTRY, member.line, &message);
            }
        }
        entries
    }

    /// Takes an entry in, and gives its package.
    fn entry(
        &mut self,
        section: &str,
        entry: &'t Member<'_>,
        asked: &HashMap<String, &'t str>,
    ) -> Option<usize> {
        let key = entry.key.as_ref();
        let base = self.syntax.without_peers(key);
        if let Some(known) = self.places.get(base).copied() {
            self.places.insert(key, known);
            if section == "packages" {
                self.join(known, entry);
            }
            return Some(known);
        }
        if section == "snapshots" {
            let message = format!("`{base}` has no entry in `packages`");
            self.note(&rules::INCOMPLETE_ENTRY, entry.line, &message);
        }
        let package = self.package(entry, asked.get(key).copied())?;
        let place = self.parsed.packages.len();
        self.parsed.packages.push(package);
        self.places.insert(base, place);
        self.places.insert(key, place);
        Some(place)
    }

    fn package(&mut self, entry: &Member<'_>, asked: Option<&str>) -> Option<Package> {
        let key = self.syntax.parse(&entry.key);
        let fields = &entry.value;
        let resolution = fields.value("resolution");
        let kind = resolution.and_then(|resolution| resolution.text_of("type"));
        let found = wrong(fields, PACKAGE);
        let path = self.input.path;
        self.parsed.note_wrong(path, entry.line, &entry.key, &found);
        let recorded = fields.text_of("name");
        let is_registry = key.is_registry && recorded.is_none() && kind.is_none();
        let repository = resolution.and_then(|resolution| resolution.text_of("repo"));
        let name = match (recorded, repository) {
            (Some(name), _) => name,
            // A local repository has a path for a key, and no name anywhere.
            (None, Some(repository)) if self.syntax != Syntax::V9 => {
                let last = repository.rsplit(['/', ':']).next().unwrap_or_default();
                last.trim_end_matches(".git")
            }
            _ => key.name,
        };
        if name.is_empty() {
            let message = format!("`{}` names no package", entry.key);
            self.note(&rules::INCOMPLETE_ENTRY, entry.line, &message);
            return None;
        }
        let mut package = Package::new(name, entry.line);
        package.version = match fields.text_of("version") {
            Some(version) => Some(version.to_owned()),
            None if is_registry => Some(key.version.to_owned()),
            None => None,
        };
        if self.syntax != Syntax::V9 {
            package.scope = recorded_scope(fields);
        }
        if fields.value("requiresBuild").and_then(Node::flag) == Some(true) {
            package.runs_install_code = Some(true);
        }
        package.withdrawn = deprecated(fields);
        self.resolution(&mut package, resolution, is_registry, asked);
        package.version = package.version.filter(|version| !version.is_empty());
        if npm::lacks_version(&package) {
            let message = format!("`{}` has no version", package.name);
            self.note(&rules::INCOMPLETE_ENTRY, entry.line, &message);
        }
        self.note_bundled(&package.name, entry);
        Some(package)
    }

    /// Adds to a package what an entry with other peers says.
    fn join(&mut self, known: usize, entry: &Member<'_>) {
        let mut other = Package::new("", entry.line);
        let resolution = entry.value.value("resolution");
        if let Some(integrity) = resolution.and_then(|r| r.value("integrity")) {
            self.checksum(&mut other, integrity);
        }
        let scope = recorded_scope(&entry.value);
        let Some(package) = self.parsed.packages.get_mut(known) else {
            return;
        };
        for checksum in other.checksums {
            if !package.checksums.contains(&checksum) {
                package.checksums.push(checksum);
            }
        }
        if self.syntax != Syntax::V9 {
            package.scope = package.scope.min(scope);
        }
        if entry.value.value("requiresBuild").and_then(Node::flag) == Some(true) {
            package.runs_install_code = Some(true);
        }
    }

    /// What a package brings inside its own file is in no entry.
    fn note_bundled(&mut self, name: &str, entry: &Member<'_>) {
        let Some(bundled) = entry.value.value("bundledDependencies") else {
            return;
        };
        let names: Vec<&str> = bundled.items().iter().filter_map(Node::text).collect();
        let what = match (bundled.flag(), names.as_slice()) {
            (Some(true), _) => "all its dependencies".to_owned(),
            (_, []) => return,
            (_, names) => format!("`{}`", names.join("`, `")),
        };
        let message = format!(
            "`{name}` brings {what} inside its own file; this lockfile does not say in which versions"
        );
        self.note(&rules::UNRESOLVED_DEPENDENCY, entry.line, &message);
    }

    fn note(&mut self, rule: &Rule, line: u32, message: &str) {
        self.parsed.note(rule, self.input.path, line, message);
    }
}

/// The publisher's words; an empty text takes a deprecation back.
fn deprecated(fields: &Node<'_>) -> Option<String> {
    let node = fields.value("deprecated")?;
    match node.flag() {
        Some(deprecated) => deprecated.then(String::new),
        None => node
            .text()
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
    }
}

/// `dev`: needed to develop only. Absent where it is needed for both.
fn recorded_scope(fields: &Node<'_>) -> Scope {
    let flag = |key| fields.value(key).and_then(Node::flag) == Some(true);
    if flag("dev") {
        Scope::Dev
    } else if flag("optional") {
        Scope::Optional
    } else {
        Scope::Runtime
    }
}
