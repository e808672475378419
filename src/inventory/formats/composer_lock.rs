//! `composer.lock` (<https://getcomposer.org/doc/01-basic-usage.md>; its fields are those
//! of Composer's `Package/Locker.php` and `Package/Dumper/ArrayDumper.php`).
//!
//! The lockfile does not say what the project itself asks for: that, the project's name
//! and its own repositories come from `composer.json` beside it.

use preference::Preference;

use super::{Edges, Format, Input, PACKAGE_LIMIT, Package, Parsed, directory_of, join};
use crate::inventory::error::FormatError;
use crate::inventory::json_tree::{self, Node};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::model::{
    Checksum, ComponentKind, Digest, DigestAlgorithm, Ecosystem, GitReference, Origin, Root, Scope,
};
use std::collections::{BTreeSet, HashMap};

/// Names and what is asked of each; PHP writes a map without members as a list.
const NAMES: Shape = Shape::Either(&[Shape::TEXT_BY_NAME, Shape::Empty]);

/// The fields of a package that are read.
const PACKAGE: &Shapes = &[
    ("source", Shape::Fields(SOURCE)),
    ("dist", Shape::Fields(DIST)),
    ("type", Shape::Text),
    ("notification-url", Shape::Text),
    ("license", Shape::Either(&[Shape::TEXTS, Shape::Text])),
    ("require", NAMES),
    ("provide", NAMES),
    ("replace", NAMES),
];

/// Those of its source.
const SOURCE: &Shapes = &[
    ("type", Shape::Text),
    ("url", Shape::Text),
    ("reference", Shape::Text),
    ("mirrors", MIRRORS),
];

/// Those of its archive.
const DIST: &Shapes = &[
    ("type", Shape::Text),
    ("url", Shape::Text),
    ("shasum", Shape::Text),
    ("mirrors", MIRRORS),
];

/// Other servers of an archive or a repository.
const MIRRORS: Shape = Shape::ListOf(&Shape::Fields(&[("url", Shape::Text)]));

/// The format.
pub struct ComposerLock;

impl Format for ComposerLock {
    fn name(&self) -> &'static str {
        "composer-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Composer
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["composer.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "composer.lock"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let document = json_tree::parse(input.text);
        let root = &document.root;
        if root.member("packages").is_none() {
            if let Some(error) = document.broken {
                return Err(error.into());
            }
            return Err(FormatError::Shape {
                line: root.line,
                reason: "there is no `packages`".to_owned(),
            });
        }
        let mut parsed = Parsed::default();
        parsed.note_repeated(input.path, &document.repeated);
        let manifest = Manifest::read(input, &mut parsed);
        let mut reader = Reader {
            path: input.path,
            parsed,
            entries: Vec::new(),
            repositories: &manifest.repositories,
            preference: &manifest.preference,
        };
        for (list, scope) in [("packages", Scope::Runtime), ("packages-dev", Scope::Dev)] {
            reader.list(root, list, scope)?;
        }
        reader.resolve(&manifest)?;
        let mut parsed = reader.parsed;
        parsed.root = manifest.root;
        let strays = root.strays(&["packages", "packages-dev"]);
        parsed.note_strays(input.path, &strays);
        if let Some(broken) = &document.broken {
            parsed.note_broken(input.path, broken.line, &broken.reason);
        }
        Ok(parsed)
    }
}

/// What the project asks for, from `composer.json`.
#[derive(Default)]
struct Manifest {
    root: Option<Root>,
    /// Names under `require` and `require-dev`.
    wanted: BTreeSet<String>,
    /// Names that the project stands in for.
    provided: BTreeSet<String>,
    /// Addresses of Composer repositories of the project's own.
    repositories: Vec<String>,
    /// Whether archives or checkouts are installed.
    preference: Preference,
}

impl Manifest {
    fn read(input: &Input<'_>, parsed: &mut Parsed) -> Self {
        let path = join(directory_of(input.path), "composer.json");
        let text = match input.neighbours.read(&path) {
            Ok(Some(file)) => file.text,
            Ok(None) => return Self::default(),
            Err(reason) => {
                let message = format!("`{path}` cannot be read: {reason}");
                parsed.note(&rules::UNREADABLE_LOCKFILE, &path, 1, &message);
                return Self::default();
            }
        };
        let document = json_tree::parse(&text);
        if let Some(error) = &document.broken {
            let message = format!(
                "`{path}` breaks off at line {}: {}",
                error.line, error.reason
            );
            parsed.note(&rules::UNREADABLE_LOCKFILE, &path, error.line, &message);
        }
        let root = &document.root;
        let names = |keys: [&str; 2]| {
            keys.into_iter()
                .flat_map(|key| names_in(root, key).map(|(name, _)| name))
                .collect()
        };
        Self {
            root: root.text_of("name").map(|name| Root {
                name: name.to_owned(),
                version: root.text_of("version").map(str::to_owned),
            }),
            wanted: names(["require", "require-dev"]),
            provided: names(["provide", "replace"]),
            repositories: repositories(root),
            preference: Preference::of(root),
        }
    }
}

/// Addresses under `repositories` of the type `composer`, which have an index.
fn repositories(root: &Node<'_>) -> Vec<String> {
    let Some(list) = root.value("repositories") else {
        return Vec::new();
    };
    let named = list.members().iter().map(|member| &member.value);
    let all = list.items().iter().chain(named);
    let indexes = all.filter(|entry| entry.text_of("type") == Some("composer"));
    let addresses = indexes.filter_map(|entry| entry.text_of("url"));
    addresses.map(str::to_owned).collect()
}

/// The repository that a file lies below, the nearest one; else the only one on its server.
fn repository_of<'r>(file: &str, repositories: &'r [String]) -> Option<&'r str> {
    let below = repositories.iter().filter(|address| {
        let rest = file.strip_prefix(address.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.starts_with('/'))
    });
    if let Some(nearest) = below.max_by_key(|address| address.len()) {
        return Some(nearest);
    }
    let server = |address: &str| {
        let (scheme, rest) = address.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        Some(format!("{scheme}://{host}").to_ascii_lowercase())
    };
    let own = server(file)?;
    let mut same = repositories
        .iter()
        .filter(|address| server(address).as_ref() == Some(&own));
    let first = same.next()?;
    same.next().is_none().then_some(first.as_str())
}

/// The names of a map from packages to constraints, in lower case as Composer compares
/// them, with their lines; platform packages (`php`, `ext-json`, `lib-curl`,
/// `composer-plugin-api`) left out: they alone have no vendor.
fn names_in<'n>(node: &'n Node<'_>, key: &str) -> impl Iterator<Item = (String, u32)> + use<'n> {
    let members = node.value(key).map(Node::members).unwrap_or_default();
    members
        .iter()
        .filter(|member| member.key.contains('/'))
        .map(|member| (member.key.to_lowercase(), member.line))
}

/// What an entry says of others.
#[derive(Default)]
struct Entry {
    requires: Vec<(String, u32)>,
    provides: Vec<String>,
}

struct Reader<'t> {
    path: &'t str,
    parsed: Parsed,
    preference: &'t Preference,
    /// One for each of `parsed.packages`.
    entries: Vec<Entry>,
    repositories: &'t [String],
}

impl Reader<'_> {
    fn list(&mut self, root: &Node<'_>, key: &str, scope: Scope) -> Result<(), FormatError> {
        let Some(member) = root.member(key) else {
            return Ok(());
        };
        // Composer writes `null` where the development packages were not resolved.
        if !matches!(
            member.value.value,
            json_tree::Value::Array(_) | json_tree::Value::Null
        ) {
            self.incomplete(member.line, &format!("`{key}` is not a list"));
        }
        for item in member.value.items() {
            if self.parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            if !item.is_cut {
                self.package(item, scope);
            }
        }
        Ok(())
    }

    fn package(&mut self, item: &Node<'_>, scope: Scope) {
        let (Some(name), Some(version)) = (item.member("name"), item.text_of("version")) else {
            return self.incomplete(item.line, "this package has no name or no version");
        };
        let Some(text) = name.value.text().filter(|text| text.contains('/')) else {
            return self.incomplete(name.line, "the name of this package is not `vendor/name`");
        };
        let found = wrong(item, PACKAGE);
        self.parsed.note_wrong(self.path, name.line, text, &found);
        let mut package = Package::new(text, name.line);
        package.version = Some(version.to_owned());
        package.scope = scope;
        package.origin = self.origin(item, text);
        let mut also = self.also_from(item, text, version, &package.origin);
        also.retain(|(_, origin)| *origin != package.origin);
        package.also_from = also;
        if matches!(package.origin, Origin::Path { .. }) {
            package.kind = ComponentKind::Own;
        }
        let shasum = item.value("dist").and_then(|dist| dist.text_of("shasum"));
        if let Some(shasum) = shasum.filter(|shasum| !shasum.is_empty()) {
            match Digest::from_hex(DigestAlgorithm::Sha1, shasum) {
                Ok(digest) => package.checksums.push(Checksum::File(digest)),
                Err(error) => {
                    self.incomplete(name.line, &format!("the shasum of `{text}`: {error}"));
                }
            }
        }
        package.licence = item.value("license").and_then(licence);
        package.abandoned = match item.value("abandoned").map(|node| &node.value) {
            Some(json_tree::Value::Flag(true)) => Some(String::new()),
            Some(json_tree::Value::Text(instead)) => Some(instead.to_string()),
            None | Some(json_tree::Value::Flag(false) | json_tree::Value::Null) => None,
            Some(_) => {
                self.incomplete(name.line, &format!("`abandoned` of `{text}` is no answer"));
                None
            }
        };
        // Composer runs code of plugins only, and of nothing else that it installs.
        package.runs_install_code = item
            .text_of("type")
            .map(|kind| matches!(kind, "composer-plugin" | "composer-installer"));
        self.parsed.packages.push(package);
        self.entries.push(Entry {
            requires: names_in(item, "require").collect(),
            provides: names_in(item, "provide")
                .chain(names_in(item, "replace"))
                .map(|(name, _)| name)
                .collect(),
        });
    }

    /// A package of a registry has the registry's `notification-url`, if that has one; one
    /// without is from a repository of the project's own: an index where its archive lies on
    /// the server of one that `composer.json` names, else a checkout or a file.
    fn origin(&mut self, item: &Node<'_>, name: &str) -> Origin {
        let field = |of: &str, key: &str| {
            let text = item.value(of).and_then(|node| node.text_of(key));
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let file = field("dist", "url");
        let dist = field("dist", "type");
        if dist.as_deref() == Some("path") {
            return Origin::Path {
                path: file.unwrap_or_default(),
            };
        }
        if let Some(index) = item.text_of("notification-url") {
            return Origin::Registry {
                index: Some(index.to_owned()),
                file,
                default: false,
            };
        }
        if let Some(file) = &file
            && let Some(index) = repository_of(file, self.repositories)
        {
            return Origin::Registry {
                index: Some(index.to_owned()),
                file: Some(file.clone()),
                default: false,
            };
        }
        let commit = field("source", "reference");
        // An archive is preferred to a checkout; one of the very commit is git all the same.
        let is_checkout = match (&file, &commit) {
            (Some(file), Some(commit)) => file.contains(commit.as_str()),
            (file, _) => file.is_none(),
        };
        if is_checkout && let Some(url) = field("source", "url") {
            return match field("source", "type").as_deref() {
                Some("git") => Origin::Git {
                    url,
                    reference: git_reference(item.text_of("version").unwrap_or_default()),
                    commit,
                },
                _ => Origin::Url { url },
            };
        }
        match file {
            Some(url) => Origin::Url { url },
            None => {
                // A metapackage has no files; anything else must come from somewhere.
                if item.text_of("type") != Some("metapackage") {
                    self.incomplete(item.line, &format!("`{name}` has no source and no dist"));
                }
                Origin::Unrecorded
            }
        }
    }

    /// Where Composer may take the package from besides its archive: from each mirror of
    /// it, and where the project prefers checkouts or asks for them as a way out, from the
    /// repository. Without a word of the project Composer checks nothing out, before 2.10
    /// only what it cannot download; nearly every entry names a repository: those are not
    /// told.
    fn also_from(
        &self,
        item: &Node<'_>,
        name: &str,
        version: &str,
        origin: &Origin,
    ) -> Vec<(u32, Origin)> {
        let mut also = Vec::new();
        let mirrors = |of: &str| -> Vec<(u32, String)> {
            let list = item.value(of).and_then(|node| node.value("mirrors"));
            let urls = list.map(Node::items).unwrap_or_default().iter();
            urls.filter_map(|mirror| {
                let url = mirror.member("url")?;
                Some((url.line, url.value.text()?.to_owned()))
            })
            .collect()
        };
        // A mirror stands in for the archive of the same index.
        let index = match origin {
            Origin::Registry { index, .. } => index.clone(),
            _ => None,
        };
        for (line, url) in mirrors("dist") {
            let origin = match &index {
                Some(index) => Origin::Registry {
                    index: Some(index.clone()),
                    file: Some(url),
                    default: false,
                },
                None => Origin::Url { url },
            };
            also.push((line, origin));
        }
        // An archive of the very commit counts as git, and is fetched all the same.
        if index.is_none()
            && let Some(dist) = item.value("dist")
            && dist.text_of("type") != Some("path")
            && let Some(url) = dist.member("url")
            && let Some(text) = url.value.text().filter(|text| !text.is_empty())
        {
            let url_of_it = Origin::Url {
                url: text.to_owned(),
            };
            also.push((url.line, url_of_it));
        }
        let source = item.value("source");
        let has_dist = item
            .value("dist")
            .is_some_and(|dist| dist.text_of("type").is_some_and(|kind| !kind.is_empty()));
        let Some(source) = source else {
            return also;
        };
        let may_check_out =
            self.preference.falls_back() || self.preference.is_source(name, version);
        if has_dist && !may_check_out {
            return also;
        }
        let own = source.member("url").and_then(|url| {
            let text = url.value.text().filter(|text| !text.is_empty())?;
            Some((url.line, text.to_owned()))
        });
        let is_git = source.text_of("type") == Some("git");
        for (line, url) in own.into_iter().chain(mirrors("source")) {
            let origin = match is_git {
                true => Origin::Git {
                    url,
                    reference: git_reference(version),
                    commit: source.text_of("reference").map(str::to_owned),
                },
                false => Origin::Url { url },
            };
            also.push((line, origin));
        }
        also
    }

    fn resolve(&mut self, manifest: &Manifest) -> Result<(), FormatError> {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, package) in self.parsed.packages.iter().enumerate() {
            let places = by_name.entry(package.name.to_lowercase()).or_default();
            places.push(place);
        }
        // A name that no package has is a virtual one: every package that stands in for
        // it may be meant.
        let mut virtually: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, entry) in self.entries.iter().enumerate() {
            for name in &entry.provides {
                virtually.entry(name).or_default().push(place);
            }
        }
        let find = |name: &str| by_name.get(name).or_else(|| virtually.get(name));
        let mut missing = Vec::new();
        let mut edges = Edges::default();
        for (from, entry) in self.entries.iter().enumerate() {
            for (name, line) in &entry.requires {
                match find(name) {
                    Some(places) => edges.add(from, places),
                    None if manifest.provided.contains(name) => {}
                    None => missing.push((from, name.clone(), *line)),
                }
            }
        }
        let wanted = manifest.wanted.iter().filter_map(|name| find(name));
        let direct: BTreeSet<usize> = wanted.flatten().copied().collect();
        self.parsed.direct = direct.into_iter().collect();
        self.parsed.connect(edges)?;
        for (from, name, line) in missing {
            self.parsed.note_missing(self.path, from, &name, line);
        }
        Ok(())
    }

    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }
}

/// Composer makes versions of branches and tags
/// (<https://getcomposer.org/doc/articles/versions.md#vcs-tags-and-branches>).
fn git_reference(version: &str) -> GitReference {
    match (version.strip_prefix("dev-"), version.strip_suffix("-dev")) {
        (Some(branch), _) | (_, Some(branch)) => GitReference::Branch(branch.to_owned()),
        _ => GitReference::Tag(version.to_owned()),
    }
}

/// A list of licences is a choice
/// (<https://getcomposer.org/doc/04-schema.md>, `license`).
fn licence(node: &Node<'_>) -> Option<String> {
    if let Some(text) = node.text() {
        return Some(text.to_owned());
    }
    let texts: Vec<&str> = node.items().iter().filter_map(Node::text).collect();
    match texts.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        several => Some(
            several
                .iter()
                .map(|text| {
                    if text.contains(' ') && !text.starts_with('(') {
                        format!("({text})")
                    } else {
                        (*text).to_owned()
                    }
                })
                .collect::<Vec<_>>()
                .join(" OR "),
        ),
    }
}

mod preference;

#[cfg(test)]
mod tests;
