//! `yarn.lock` of Yarn 1. It holds no own packages: those come from the manifests.

use super::syntax::{self, Entry};
use crate::inventory::error::FormatError;
use crate::inventory::formats::{Input, PACKAGE_LIMIT, Package, Parsed, directory_of, join};
use crate::inventory::npm::{
    Graph, Manifest, OwnPackage, asks_registry, git_origin, is_commit, is_web_address,
    named_by_tarball, split_at_version,
};
use crate::inventory::rules;
use crate::inventory::workspace;
use crate::model::{Checksum, Digest, DigestAlgorithm, Origin, Root, Rule, Scope};
use std::collections::HashMap;

/// Reads the lockfile.
///
/// # Errors
/// [`FormatError`] where it is none, or holds too many packages.
pub fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    check_header(input.text)?;
    let (entries, damage) = syntax::parse(input.text);
    if let (true, Some(first)) = (entries.is_empty(), damage.first()) {
        return Err(FormatError::Syntax {
            line: first.line,
            reason: first.reason.clone(),
        });
    }
    if entries.len() >= PACKAGE_LIMIT {
        return Err(FormatError::TooManyPackages {
            limit: PACKAGE_LIMIT,
        });
    }
    let mut reader = Reader {
        input,
        parsed: Parsed::default(),
        graph: Graph::default(),
        places: HashMap::new(),
        own: HashMap::new(),
        links: Vec::new(),
    };
    for damage in damage {
        let message = format!("line {} cannot be read: {}", damage.line, damage.reason);
        reader.note(&rules::INCOMPLETE_ENTRY, damage.line, &message);
    }
    reader.packages(&entries);
    let manifests = reader.own_packages();
    reader.edges(&entries, &manifests);
    let Reader {
        mut parsed, graph, ..
    } = reader;
    graph.walk(&mut parsed);
    graph.finish(&mut parsed);
    Ok(parsed)
}

/// The comment at the head names the version, where it was not taken out.
fn check_header(text: &str) -> Result<(), FormatError> {
    let comments = (1_u32..).zip(text.lines().take_while(|line| line.starts_with('#')));
    for (line, comment) in comments {
        match comment.strip_prefix("# yarn lockfile v") {
            None | Some("1") => {}
            Some(found) => {
                return Err(FormatError::UnknownVersion {
                    line,
                    found: found.chars().take(20).collect(),
                    known: "1, and those of Yarn 2 and later",
                });
            }
        }
    }
    Ok(())
}

struct Reader<'t, 'i> {
    input: &'t Input<'i>,
    parsed: Parsed,
    graph: Graph,
    /// Packages by pattern.
    places: HashMap<&'t str, usize>,
    /// Workspace members by name.
    own: HashMap<String, usize>,
    /// Linked directories.
    links: Vec<Own>,
}

/// A manifest of the project, its path, and its package, if it is one.
type Own = (String, Manifest, Option<usize>);

impl<'t> Reader<'t, '_> {
    fn packages(&mut self, entries: &'t [Entry]) {
        for entry in entries {
            let place = self.parsed.packages.len();
            let package = self.package(entry);
            self.parsed.packages.push(package);
            for pattern in &entry.patterns {
                if self.places.insert(pattern, place).is_some() {
                    let message = format!(
                        "the pattern `{pattern}` stands several times; the last one was read"
                    );
                    self.note(&rules::UNREADABLE_LOCKFILE, entry.line, &message);
                }
            }
        }
    }

    fn package(&mut self, entry: &Entry) -> Package {
        let asked: Vec<(&str, &str)> = entry
            .patterns
            .iter()
            .map(|pattern| split_at_version(pattern))
            .collect();
        let (first, _) = asked.first().copied().unwrap_or_default();
        let link = asked
            .iter()
            .find_map(|(_, range)| range.strip_prefix("link:"));
        if let Some(path) = link {
            return self.linked(first, path, entry.line);
        }
        let mut package = Package::new(real_name(first, &asked, entry), entry.line);
        package.version.clone_from(&entry.version);
        if entry.version.is_none() {
            let message = format!("`{}` has no version", package.name);
            self.note(&rules::INCOMPLETE_ENTRY, entry.line, &message);
        }
        package.origin = origin(entry, &asked);
        if let Some(integrity) = &entry.integrity {
            match Digest::parse_sri(integrity) {
                Ok(digests) => {
                    package.checksums = digests.into_iter().map(Checksum::File).collect()
                }
                Err(error) => {
                    let message = format!("the integrity of `{}`: {error}", package.name);
                    self.note(&rules::INCOMPLETE_ENTRY, entry.line, &message);
                }
            }
        }
        // Behind the address of a file stands its SHA-1; behind that of a repository, the
        // commit.
        if !matches!(package.origin, Origin::Git { .. })
            && let Some((_, fragment)) = entry.resolved.as_deref().and_then(|r| r.split_once('#'))
            && let Ok(digest) = Digest::from_hex(DigestAlgorithm::Sha1, fragment)
            && !package.checksums.contains(&Checksum::File(digest.clone()))
        {
            package.checksums.push(Checksum::File(digest));
        }
        package
    }

    /// What a linked directory needs is listed, but not that it needs it.
    fn linked(&mut self, name: &str, path: &str, line: u32) -> Package {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        let own = OwnPackage::read(self.input, path, Some(name), line, &mut self.parsed);
        match own.manifest {
            Some(manifest) => {
                let place = self.parsed.packages.len();
                self.links.push((path.to_owned(), manifest, Some(place)));
            }
            None => own.note_unlisted(self.input, path, line, &mut self.parsed),
        }
        // It has the name that was given, at least.
        own.package.unwrap_or_else(|| Package::new(name, line))
    }

    /// The packages of the manifests: the project, then its members.
    fn own_packages(&mut self) -> Vec<Own> {
        let mut manifests = Vec::new();
        let Some((root, package)) = self.own_package("") else {
            return manifests;
        };
        if let Some(package) = package.and_then(|place| self.parsed.packages.get(place)) {
            self.parsed.root = Some(Root {
                name: package.name.clone(),
                version: package.version.clone(),
            });
        }
        let base = directory_of(self.input.path);
        let members = workspace::expand(self.input.neighbours, base, &root.workspaces);
        let members = members.unwrap_or_else(|reason| {
            let message = format!("the members of the workspace are not known: {reason}");
            self.note(&rules::UNREADABLE_LOCKFILE, 1, &message);
            Vec::new()
        });
        manifests.push((String::new(), root, package));
        for path in members {
            if let Some((manifest, package)) = self.own_package(&path) {
                if let (Some(name), Some(place)) = (&manifest.name, package) {
                    self.own.insert(name.clone(), place);
                }
                manifests.push((path, manifest, package));
            }
        }
        manifests
    }

    fn own_package(&mut self, path: &str) -> Option<(Manifest, Option<usize>)> {
        let own = OwnPackage::read(self.input, path, None, 1, &mut self.parsed);
        let manifest = own.manifest?;
        let place = own.package.map(|mut package| {
            package.path = Some(self.manifest_path(path));
            let place = self.parsed.packages.len();
            self.parsed.packages.push(package);
            self.graph.add_root(place);
            place
        });
        Some((manifest, place))
    }

    fn manifest_path(&self, path: &str) -> String {
        let directory = directory_of(self.input.path);
        match path {
            "" => join(directory, "package.json"),
            path => join(&join(directory, path), "package.json"),
        }
    }

    fn edges(&mut self, entries: &[Entry], manifests: &[Own]) {
        for entry in entries {
            let Some(from) = self.place(entry.patterns.first()) else {
                continue;
            };
            let required = entry.dependencies.iter().map(|d| (d, Scope::Runtime));
            let optional = entry.optional_dependencies.iter();
            for ((name, range, line), scope) in
                required.chain(optional.map(|d| (d, Scope::Optional)))
            {
                match self.find(name, range) {
                    Some(to) => self.graph.add(Some(from), to, scope),
                    None => {
                        let message =
                            format!("the dependency `{name}@{range}` is not in this lockfile");
                        self.note(&rules::UNRESOLVED_DEPENDENCY, *line, &message);
                    }
                }
            }
        }
        let links = std::mem::take(&mut self.links);
        let from_links = links.iter().map(|link| (link, true));
        for ((path, manifest, from), is_link) in
            manifests.iter().map(|own| (own, false)).chain(from_links)
        {
            for (name, range, scope) in &manifest.dependencies {
                if is_link && *scope == Scope::Dev {
                    continue;
                }
                match self.find(name, range) {
                    Some(to) => self.graph.add(*from, to, *scope),
                    None => {
                        let path = self.manifest_path(path);
                        let message = format!(
                            "`{path}` asks for `{name}@{range}`, which `{}` does not hold",
                            self.input.path
                        );
                        self.parsed
                            .note(&rules::UNRESOLVED_DEPENDENCY, &path, 1, &message);
                    }
                }
            }
        }
    }

    fn place(&self, pattern: Option<&String>) -> Option<usize> {
        self.places.get(pattern?.as_str()).copied()
    }

    /// What a name and range lead to: an entry, or else a member of the workspace.
    fn find(&self, name: &str, range: &str) -> Option<usize> {
        let pattern = format!("{name}@{range}");
        let bare = range.is_empty().then_some(name);
        self.places
            .get(pattern.as_str())
            .or_else(|| self.places.get(bare?))
            .or_else(|| self.own.get(name))
            .copied()
    }

    fn note(&mut self, rule: &Rule, line: u32, message: &str) {
        self.parsed.note(rule, self.input.path, line, message);
    }
}

/// The package's own name: an entry is listed under the name that it is asked for by.
fn real_name(first: &str, asked: &[(&str, &str)], entry: &Entry) -> String {
    let renamed = asked
        .iter()
        .filter_map(|(_, range)| Some(split_at_version(range.strip_prefix("npm:")?).0))
        .find(|name| !name.is_empty());
    if let Some(name) = renamed {
        return name.to_owned();
    }
    // Under the address of a tarball any name may stand.
    if asked.iter().any(|(_, range)| is_web_address(range))
        && let Some((name, version)) = entry.resolved.as_deref().and_then(named_by_tarball)
        && entry.version.as_deref() == Some(version.as_str())
    {
        return name;
    }
    first.to_owned()
}

fn origin(entry: &Entry, asked: &[(&str, &str)]) -> Origin {
    let foreign = asked
        .iter()
        .map(|(_, range)| *range)
        .find(|range| !asks_registry(range));
    let Some(resolved) = entry.resolved.as_deref() else {
        // Directories and files beside the project have no address.
        return match foreign {
            Some(range) => Origin::Path {
                path: range.strip_prefix("file:").unwrap_or(range).to_owned(),
            },
            None => Origin::Unrecorded,
        };
    };
    if let Some(path) = resolved.strip_prefix("file:") {
        let path = path.split('#').next().unwrap_or_default();
        return Origin::Path {
            path: path.to_owned(),
        };
    }
    let (address, fragment) = resolved.split_once('#').unwrap_or((resolved, ""));
    let is_repository = address.ends_with(".git") && is_commit(fragment);
    if is_repository || (address.contains("://") && !is_web_address(address)) {
        return git_origin(resolved, foreign);
    }
    if !is_web_address(address) {
        return Origin::Path {
            path: address.to_owned(),
        };
    }
    match foreign {
        Some(_) => Origin::Url {
            url: address.to_owned(),
        },
        None => Origin::Registry {
            index: None,
            file: Some(address.to_owned()),
            default: false,
        },
    }
}
