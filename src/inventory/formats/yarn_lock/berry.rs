//! `yarn.lock` of Yarn 2 and later.

use super::locator::{self, Locator, Source};
use super::peers::{self, Place};
use super::resolutions::Resolutions;
use crate::inventory::error::FormatError;
use crate::inventory::formats::{Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::npm::{Graph, Manifest, OwnPackage, split_at_version};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::inventory::unique::UniqueIndex;
use crate::inventory::yaml::{self, Member, Node};
use crate::model::{Checksum, Root, Rule, Scope};
use std::collections::{HashMap, HashSet};

const KNOWN: &str = "4 to 10";

/// Reads the lockfile.
///
/// # Errors
/// [`FormatError`] where it is none, of another version, or holds too many packages.
pub fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let stream = yaml::parse(input.text);
    let Some(document) = stream.documents.first() else {
        let broken = stream.broken;
        return Err(FormatError::Syntax {
            line: broken.as_ref().map_or(1, |broken| broken.line),
            reason: broken.map_or_else(|| "it is empty".to_owned(), |broken| broken.reason),
        });
    };
    check_version(document)?;
    if document.members().len() >= PACKAGE_LIMIT {
        return Err(FormatError::TooManyPackages {
            limit: PACKAGE_LIMIT,
        });
    }
    let metadata = document.value("__metadata");
    let mut reader = Reader {
        input,
        cache_key: metadata.and_then(|metadata| metadata.text_of("cacheKey")),
        parsed: Parsed::default(),
        graph: Graph::default(),
        entries: Vec::new(),
    };
    if let Some(metadata) = metadata {
        let found = wrong(metadata, &[("cacheKey", Shape::Text)]);
        reader
            .parsed
            .note_wrong(input.path, metadata.line, "__metadata", &found);
    }
    for member in document.members() {
        reader.entry(member);
    }
    let patched = reader.patched();
    reader.edges();
    let Reader {
        mut parsed, graph, ..
    } = reader;
    graph.walk(&mut parsed);
    join_scopes(&mut parsed, &patched);
    graph.finish(&mut parsed);
    for (key, line) in &stream.repeated {
        let message = format!("the key `{key}` stands several times; the last one was read");
        parsed.note(&rules::UNREADABLE_LOCKFILE, input.path, *line, &message);
    }
    if let Some(second) = stream.documents.get(1) {
        let message = "a second document follows, which Yarn does not write";
        parsed.note(
            &rules::UNREADABLE_LOCKFILE,
            input.path,
            second.line,
            message,
        );
    }
    if let Some(broken) = &stream.broken {
        parsed.note_broken(input.path, broken.line, &broken.reason);
    }
    Ok(parsed)
}

fn check_version(document: &Node<'_>) -> Result<(), FormatError> {
    let metadata = document.member("__metadata");
    let version = metadata.and_then(|metadata| metadata.value.member("version"));
    let Some(version) = version else {
        return Err(FormatError::Shape {
            line: metadata.map_or(1, |metadata| metadata.line),
            reason: "there is no `version` in `__metadata`".to_owned(),
        });
    };
    match version.value.text() {
        Some("4" | "5" | "6" | "7" | "8" | "9" | "10") => Ok(()),
        // Of the release candidates of Yarn 2.
        Some(found @ ("1" | "2" | "3")) => Err(FormatError::OldVersion {
            line: version.line,
            found: found.to_owned(),
            known: KNOWN,
        }),
        found => Err(FormatError::UnknownVersion {
            line: version.line,
            found: found
                .unwrap_or("that is no text")
                .chars()
                .take(20)
                .collect(),
            known: KNOWN,
        }),
    }
}

/// The fields of an entry that are read, but for `checksum`.
const ENTRY: &Shapes = &[
    ("version", Shape::Text),
    ("dependencies", Shape::TEXT_BY_NAME),
    ("dependenciesMeta", META),
    ("peerDependencies", Shape::TEXT_BY_NAME),
    ("peerDependenciesMeta", META),
];

/// What is said of dependencies by their names.
const META: Shape = Shape::TableOf(&Shape::Fields(&[("optional", Shape::Flag)]));

/// An entry, for the edges.
struct Entry<'t> {
    member: &'t Member<'t>,
    /// None for a project that nothing names: no component.
    package: Option<usize>,
    /// Name and reference.
    locator: (&'t str, &'t str),
    /// Of a workspace.
    manifest: Option<Manifest>,
    is_workspace: bool,
}

struct Reader<'t, 'i> {
    input: &'t Input<'i>,
    /// How the archives were packed of which checksums are that do not say it themselves.
    cache_key: Option<&'t str>,
    parsed: Parsed,
    graph: Graph,
    entries: Vec<Entry<'t>>,
}

impl<'t> Reader<'t, '_> {
    fn entry(&mut self, member: &'t Member<'t>) {
        if member.key == "__metadata" || member.value.is_cut {
            return;
        }
        let fields = &member.value;
        let Some(resolution) = fields.text_of("resolution") else {
            let message = format!("the entry `{}` has no resolution", member.key);
            return self.note(&rules::INCOMPLETE_ENTRY, member.line, &message);
        };
        let version = fields.text_of("version");
        let asked = descriptors(&member.key)
            .next()
            .map(|d| split_at_version(d).1);
        let found = wrong(fields, ENTRY);
        let path = self.input.path;
        self.parsed
            .note_wrong(path, member.line, &member.key, &found);
        let Locator { name, source } = locator::parse(resolution, version, asked);
        if name.is_empty() {
            let message = format!("the resolution `{resolution}` names no package");
            return self.note(&rules::INCOMPLETE_ENTRY, member.line, &message);
        }
        let mut entry = Entry {
            member,
            package: None,
            locator: split_at_version(resolution),
            manifest: None,
            is_workspace: matches!(source, Source::Workspace(_)),
        };
        let package = match source {
            Source::Workspace(path) => {
                let own = self.own(&path, &name, member.line);
                entry.manifest = own.manifest;
                own.package
            }
            Source::Linked {
                path,
                has_dependencies,
            } => {
                let own = self.own(&path, &name, member.line);
                if !has_dependencies {
                    own.note_unlisted(self.input, &path, member.line, &mut self.parsed);
                }
                own.package
            }
            Source::Fetched(origin) => {
                let mut package = Package::new(name, member.line);
                package.origin = origin;
                let is_patched = locator::patched(entry.locator.1).is_some();
                self.fetched(&mut package, fields, is_patched);
                Some(package)
            }
        };
        if let Some(package) = package {
            entry.package = Some(self.parsed.packages.len());
            self.parsed.packages.push(package);
        }
        if let (true, Some(place)) = (entry.is_workspace, entry.package) {
            self.graph.add_root(place);
        }
        self.entries.push(entry);
    }

    fn own(&mut self, path: &str, name: &str, line: u32) -> OwnPackage {
        // Yarn makes a name up for a project that has none.
        let name = Some(name).filter(|name| !name.starts_with("root-workspace-"));
        let own = OwnPackage::read(self.input, path, name, line, &mut self.parsed);
        if let (true, Some(package)) = (path.is_empty(), &own.package) {
            self.parsed.root = Some(Root {
                name: package.name.clone(),
                version: package.version.clone(),
            });
        }
        own
    }

    fn fetched(&mut self, package: &mut Package, fields: &Node<'_>, is_patched: bool) {
        package.version = fields.text_of("version").map(str::to_owned);
        if package.version.is_none() {
            let message = format!("`{}` has no version", package.name);
            self.note(&rules::INCOMPLETE_ENTRY, package.line, &message);
        }
        match fields.value("checksum") {
            None => {}
            Some(checksum) => match checksum.text() {
                // Of the archive that Yarn makes of the package, or of it and a patch, not of
                // what a registry serves.
                Some(value) => package.checksums.push(Checksum::Opaque {
                    scheme: match is_patched {
                        true => "yarn-patch",
                        false => "yarn-berry",
                    },
                    value: match self.cache_key {
                        Some(key) if !value.contains('/') => format!("{key}/{value}"),
                        _ => value.to_owned(),
                    },
                }),
                None => {
                    let message = format!("the checksum of `{}` is not a text", package.name);
                    self.note(&rules::INCOMPLETE_ENTRY, checksum.line, &message);
                }
            },
        }
    }

    /// Patched packages with what they were made of.
    fn patched(&self) -> Vec<(usize, usize)> {
        let places: HashMap<(&str, &str), usize> = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry.locator, entry.package?)))
            .collect();
        let pairs = self.entries.iter().filter_map(|entry| {
            let base = locator::patched(entry.locator.1)?;
            Some((entry.package?, *places.get(&split_at_version(&base))?))
        });
        pairs.collect()
    }

    fn edges(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        let index = Index::new(&entries);
        let root = entries
            .iter()
            .find(|entry| matches!(entry.locator.1, "workspace:." | "workspace:"));
        let manifest = root.and_then(|root| root.manifest.as_ref());
        let (resolutions, problem) = Resolutions::read(self.input, manifest);
        if let Some(problem) = problem {
            self.note(&rules::INCOMPLETE_ENTRY, 1, &problem);
        }
        let mut places = Vec::with_capacity(entries.len());
        for entry in &entries {
            let dependencies = entry.member.value.value("dependencies");
            let optional = optional(&entry.member.value, "dependenciesMeta");
            let mut asked = HashMap::new();
            for dependency in dependencies.map_or(&[][..], Node::members) {
                let name = dependency.key.as_ref();
                let range = dependency.value.text().unwrap_or_default();
                let found = index.find(entry, name, range, &resolutions, root);
                let Some((place, target)) =
                    found.and_then(|place| Some((place, entries.get(place)?)))
                else {
                    let message =
                        format!("the dependency `{name}@{range}` is not in this lockfile");
                    self.note(&rules::UNRESOLVED_DEPENDENCY, dependency.line, &message);
                    continue;
                };
                asked.insert(name, place);
                self.edge(entry, target, scope(entry, name, optional.contains(name)));
            }
            places.push(Place {
                name: entry.locator.0,
                dependencies: asked,
                peers: peer_names(&entry.member.value),
            });
        }
        self.peers(&entries, &places);
    }

    /// Adds what packages get for the peers that they expect.
    fn peers(&mut self, entries: &[Entry<'t>], places: &[Place<'t>]) {
        let Some(found) = peers::resolve(places) else {
            let message = "there are too many peer dependencies to follow; none is listed";
            return self.note(&rules::UNRESOLVED_DEPENDENCY, 1, message);
        };
        let mut may_be_missing = HashSet::new();
        for (place, entry) in entries.iter().enumerate() {
            let names = optional(&entry.member.value, "peerDependenciesMeta");
            may_be_missing.extend(names.into_iter().map(|name| (place, name)));
        }
        for (place, name, given) in found {
            let (Some(entry), Some(target)) = (entries.get(place), entries.get(given)) else {
                continue;
            };
            let scope = match may_be_missing.contains(&(place, name)) {
                true => Scope::Optional,
                false => Scope::Peer,
            };
            if entry.package != target.package {
                self.edge(entry, target, scope);
            }
        }
    }

    fn edge(&mut self, entry: &Entry<'_>, target: &Entry<'_>, scope: Scope) {
        match (entry.package, target.package) {
            (_, None) => {}
            (None, Some(to)) if entry.is_workspace => self.graph.add(None, to, scope),
            (from, Some(to)) => self.graph.add(from, to, scope),
        }
    }

    fn note(&mut self, rule: &Rule, line: u32, message: &str) {
        self.parsed.note(rule, self.input.path, line, message);
    }
}

/// A patched package and its base are one package, but only one of them is asked for.
fn join_scopes(parsed: &mut Parsed, patched: &[(usize, usize)]) {
    for (one, two) in patched {
        for (from, to) in [(one, two), (two, one)] {
            let scope = parsed.packages.get(*from).map(|package| package.scope);
            if let (Some(scope), Some(package)) = (scope, parsed.packages.get_mut(*to))
                && package.scope == Scope::Unknown
            {
                package.scope = scope;
            }
        }
    }
}

/// What an entry needs a dependency for. The lockfile puts those for development among
/// the others; only the manifest tells.
fn scope(entry: &Entry<'_>, name: &str, is_optional: bool) -> Scope {
    match &entry.manifest {
        Some(manifest) => match manifest.scope_of(name) {
            Some(Scope::Runtime) if is_optional => Scope::Optional,
            Some(scope) => scope,
            None => Scope::Unknown,
        },
        None if is_optional => Scope::Optional,
        None if entry.is_workspace => Scope::Unknown,
        None => Scope::Runtime,
    }
}

fn peer_names<'t>(fields: &'t Node<'_>) -> Vec<&'t str> {
    let peers = fields
        .value("peerDependencies")
        .map_or(&[][..], Node::members);
    peers.iter().map(|member| member.key.as_ref()).collect()
}

/// Names of the dependencies that may be missing, by the list that says so.
fn optional<'t>(fields: &'t Node<'_>, list: &str) -> HashSet<&'t str> {
    let meta = fields.value(list);
    meta.map_or(&[][..], Node::members)
        .iter()
        .filter(|member| member.value.value("optional").and_then(Node::flag) == Some(true))
        .map(|member| member.key.as_ref())
        .collect()
}

/// What was asked for, as the key of an entry lists it.
fn descriptors(key: &str) -> impl Iterator<Item = &str> {
    key.split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// Entries by what leads to them.
struct Index<'t> {
    by_descriptor: HashMap<&'t str, usize>,
    by_name: UniqueIndex<&'t str>,
}

impl<'t> Index<'t> {
    fn new(entries: &[Entry<'t>]) -> Self {
        let mut index = Self {
            by_descriptor: HashMap::new(),
            by_name: UniqueIndex::default(),
        };
        for (place, entry) in entries.iter().enumerate() {
            let mut names: Vec<&str> = Vec::new();
            for descriptor in descriptors(&entry.member.key) {
                index.by_descriptor.insert(descriptor, place);
                let (name, _) = split_at_version(descriptor);
                if !names.contains(&name) {
                    names.push(name);
                    index.by_name.add(name, place);
                }
            }
        }
        index
    }

    /// The entry that a dependency leads to: first by what takes its place, then as it
    /// is written. If neither is listed, something that is not read here has replaced
    /// the range; then the only entry that is asked for by this name is meant.
    fn find(
        &self,
        from: &Entry<'_>,
        name: &str,
        range: &str,
        resolutions: &Resolutions,
        root: Option<&Entry<'_>>,
    ) -> Option<usize> {
        let replaced = resolutions.of(from.locator, name, range);
        if let Some(range) = replaced
            && let Some(place) = self.listed(root.unwrap_or(from), name, range)
        {
            return Some(place);
        }
        self.listed(from, name, range)
            .or_else(|| self.by_name.one(&name))
    }

    fn listed(&self, from: &Entry<'_>, name: &str, range: &str) -> Option<usize> {
        let known = |descriptor: String| self.by_descriptor.get(descriptor.as_str()).copied();
        known(format!("{name}@{range}"))
            // Versions before 8 leave the default protocol out.
            .or_else(|| known(format!("{name}@npm:{range}")))
            .or_else(|| known(format!("{name}@{}", range.strip_prefix("npm:")?)))
            .or_else(|| {
                // A path is relative to who asks, whose locator is then part of it.
                let (parent, reference) = from.locator;
                let locator = encode(&format!("{parent}@{reference}"));
                known(format!("{name}@{range}::locator={locator}"))
            })
    }
}

/// As JavaScript's `encodeURIComponent`, by which Yarn writes locators.
fn encode(text: &str) -> String {
    const ESCAPED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'!')
        .remove(b'~')
        .remove(b'*')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')');
    percent_encoding::utf8_percent_encode(text, ESCAPED).to_string()
}
