//! One document of a lockfile: packages, then what they and the importers need.

use super::key::Syntax;
use crate::inventory::error::FormatError;
use crate::inventory::formats::{Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::npm::{Graph, OwnPackage, git_origin};
use crate::inventory::rules;
use crate::inventory::tree::normalise;
use crate::inventory::yaml::{Member, Node};
use crate::model::{Checksum, Digest, Origin, Root, Rule, Scope};
use std::collections::{BTreeMap, HashMap};

/// Own packages by their directory, relative to that of the lockfile; none where nothing
/// names one.
pub type Own = BTreeMap<String, Option<usize>>;

/// The groups of what an importer needs.
const IMPORTER_GROUPS: [(&str, Scope); 5] = [
    ("dependencies", Scope::Runtime),
    ("optionalDependencies", Scope::Optional),
    ("devDependencies", Scope::Dev),
    // What configures the installation, and pnpm itself.
    ("configDependencies", Scope::Build),
    ("packageManagerDependencies", Scope::Build),
];

/// The groups of what a package needs. Peers that were found stand among `dependencies`.
const PACKAGE_GROUPS: [(&str, Scope); 2] = [
    ("dependencies", Scope::Runtime),
    ("optionalDependencies", Scope::Optional),
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
        if package.version.as_deref().unwrap_or_default().is_empty() {
            package.version = None;
            let message = format!("`{}` has no version", package.name);
            self.note(&rules::INCOMPLETE_ENTRY, entry.line, &message);
        }
        self.note_bundled(&package.name, entry);
        Some(package)
    }

    /// Origin and checksums.
    fn resolution(
        &mut self,
        package: &mut Package,
        resolution: Option<&Node<'_>>,
        is_registry: bool,
        asked: Option<&str>,
    ) {
        let line = package.line;
        let Some(resolution) = resolution else {
            return;
        };
        if !resolution.is_mapping() {
            let message = format!("the resolution of `{}` is not a mapping", package.name);
            return self.note(&rules::INCOMPLETE_ENTRY, line, &message);
        }
        let text = |key: &str| resolution.text_of(key);
        let tarball = text("tarball");
        package.origin = match (text("type"), tarball) {
            (Some("git"), _) => {
                let repository = text("repo").unwrap_or_default();
                let commit = text("commit").unwrap_or_default();
                git_origin(&format!("{repository}#{commit}"), asked)
            }
            (Some("directory"), _) => {
                let directory = text("directory").unwrap_or_default();
                if package.version.is_none() {
                    let parsed = &mut *self.parsed;
                    let found = OwnPackage::read(self.input, directory, None, line, parsed);
                    package.version = found.manifest.and_then(|manifest| manifest.version);
                }
                Origin::Path {
                    path: directory.to_owned(),
                }
            }
            (Some("variations"), _) => variant(resolution),
            (_, Some(tarball)) => match tarball.strip_prefix("file:") {
                Some(path) => Origin::Path {
                    path: path.to_owned(),
                },
                None if is_registry => Origin::Registry {
                    index: text("registry").map(str::to_owned),
                    file: Some(tarball.to_owned()),
                    default: false,
                },
                None => Origin::Url {
                    url: tarball.to_owned(),
                },
            },
            (_, None) => match text("registry") {
                Some(registry) => Origin::Registry {
                    index: Some(registry.to_owned()),
                    file: None,
                    default: false,
                },
                None => Origin::Unrecorded,
            },
        };
        let own = resolution.value("integrity").into_iter();
        let variants = resolution.value("variants").map_or(&[][..], Node::items);
        let theirs = variants
            .iter()
            .filter_map(|variant| variant.value("resolution")?.value("integrity"));
        for integrity in own.chain(theirs) {
            self.checksum(package, integrity);
        }
    }

    fn checksum(&mut self, package: &mut Package, integrity: &Node<'_>) {
        let read = integrity.text().map(Digest::parse_sri);
        let message = match read {
            Some(Ok(digests)) => {
                package
                    .checksums
                    .extend(digests.into_iter().map(Checksum::File));
                return;
            }
            Some(Err(error)) => format!("the integrity of `{}`: {error}", package.name),
            None => format!("the integrity of `{}` is not a text", package.name),
        };
        self.note(&rules::INCOMPLETE_ENTRY, integrity.line, &message);
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

    fn importers(&mut self, document: &'t Node<'_>) {
        let Some(importers) = document.value("importers") else {
            // A project without a workspace is its own importer.
            return self.importer(".", document.line, document);
        };
        let members = importers.members().iter();
        // All are known before a link leads to one.
        for member in members.clone() {
            self.own_package(&member.key, None, member.line);
        }
        for member in members {
            self.importer(&member.key, member.line, &member.value);
        }
    }

    fn importer(&mut self, path: &str, line: u32, fields: &Node<'_>) {
        let from = self.own_package(path, None, line);
        self.edges(from, Some(path), fields, &IMPORTER_GROUPS);
    }

    /// The package of an importer or, where `alias` is given, of a linked directory.
    fn own_package(&mut self, path: &str, alias: Option<&str>, line: u32) -> Option<usize> {
        let path = if path == "." {
            String::new()
        } else {
            // What lies outside keeps the path that it is written with.
            normalise(path).unwrap_or_else(|| path.to_owned())
        };
        if let Some(known) = self.own.get(&path) {
            return *known;
        }
        let parsed = &mut *self.parsed;
        let mut own = OwnPackage::read(self.input, &path, alias, line, parsed);
        if alias.is_some() {
            own.note_unlisted(self.input, &path, line, parsed);
        } else if path.is_empty()
            && let Some(package) = &own.package
        {
            parsed.root = Some(Root {
                name: package.name.clone(),
                version: package.version.clone(),
            });
        }
        let place = own.package.take().map(|package| {
            let place = parsed.packages.len();
            parsed.packages.push(package);
            self.graph.add_root(place);
            place
        });
        self.own.insert(path, place);
        place
    }

    fn edges(
        &mut self,
        from: Option<usize>,
        importer: Option<&str>,
        fields: &Node<'_>,
        groups: &[(&str, Scope)],
    ) {
        for (group, scope) in groups {
            for member in fields.value(group).map_or(&[][..], Node::members) {
                // A reference, or a mapping with the specifier beside it.
                let reference = member.value.value("version").unwrap_or(&member.value);
                let Some(reference) = reference.text() else {
                    let message = format!("the dependency `{}` is not a text", member.key);
                    self.note(&rules::INCOMPLETE_ENTRY, member.line, &message);
                    continue;
                };
                match self.target(importer, &member.key, reference, member.line) {
                    Target::Package(to) => self.graph.add(from, to, *scope),
                    Target::Nameless => {}
                    Target::Missing => {
                        let message = format!(
                            "the dependency `{}: {reference}` is not in this lockfile",
                            member.key
                        );
                        self.note(&rules::UNRESOLVED_DEPENDENCY, member.line, &message);
                    }
                }
            }
        }
    }

    fn target(&mut self, importer: Option<&str>, name: &str, reference: &str, line: u32) -> Target {
        if let Some(path) = reference.strip_prefix("link:") {
            // Relative to the importer; of a package, to the lockfile.
            let path = match importer {
                None | Some("." | "") => path.to_owned(),
                Some(importer) => format!("{importer}/{path}"),
            };
            let path = match normalise(&path) {
                Some(path) => path,
                None if leads_home(&path) => ".".to_owned(),
                None => path,
            };
            return match self.own_package(&path, Some(name), line) {
                Some(place) => Target::Package(place),
                None => Target::Nameless,
            };
        }
        let key = self.syntax.target(name, reference);
        let place = self
            .places
            .get(key.as_str())
            .or_else(|| self.places.get(self.syntax.without_peers(&key)));
        match place {
            Some(place) => Target::Package(*place),
            None => Target::Missing,
        }
    }

    fn note(&mut self, rule: &Rule, line: u32, message: &str) {
        self.parsed.note(rule, self.input.path, line, message);
    }
}

/// Where a reference leads.
enum Target {
    Package(usize),
    /// An own directory that nothing names: no component.
    Nameless,
    Missing,
}

/// Whether a path ends where it starts: `packages/a/../..`.
fn leads_home(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    depth == 0
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

/// Of the files of a runtime, one for each platform, the first by address.
fn variant(resolution: &Node<'_>) -> Origin {
    let variants = resolution.value("variants").map_or(&[][..], Node::items);
    let urls = variants
        .iter()
        .filter_map(|variant| variant.value("resolution")?.text_of("url"));
    urls.min().map_or(Origin::Unrecorded, |url| Origin::Url {
        url: url.to_owned(),
    })
}

/// What importers asked for, by the reference that it became.
fn asked<'t>(document: &'t Node<'_>) -> HashMap<String, &'t str> {
    let mut asked: HashMap<String, &str> = HashMap::new();
    let importers = document.value("importers").map_or(&[][..], Node::members);
    for importer in importers
        .iter()
        .map(|member| &member.value)
        .chain(std::iter::once(document))
    {
        let specifiers = importer.value("specifiers").map_or(&[][..], Node::members);
        let specifiers: HashMap<&str, &str> = specifiers
            .iter()
            .filter_map(|member| Some((member.key.as_ref(), member.value.text()?)))
            .collect();
        for (group, _) in IMPORTER_GROUPS {
            for member in importer.value(group).map_or(&[][..], Node::members) {
                let inline = member.value.text_of("specifier");
                let beside = || specifiers.get(member.key.as_ref()).copied();
                let reference = member
                    .value
                    .value("version")
                    .unwrap_or(&member.value)
                    .text();
                if let (Some(reference), Some(specifier)) = (reference, inline.or_else(beside)) {
                    // Keys of git packages are their references, or end with them.
                    for key in [reference.to_owned(), format!("{}@{reference}", member.key)] {
                        asked
                            .entry(key)
                            .and_modify(|known| *known = (*known).min(specifier))
                            .or_insert(specifier);
                    }
                }
            }
        }
    }
    asked
}
