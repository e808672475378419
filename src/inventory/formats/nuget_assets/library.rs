//! What `project.assets.json` and `*.deps.json` share: `libraries`, and `targets` with
//! the dependencies of each library for each framework.

use crate::inventory::error::FormatError;
use crate::inventory::formats::nuget_lock::CONTENT_HASH;
use crate::inventory::formats::{Edges, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::json_tree::{Member, Node};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::model::{Checksum, ComponentKind, Origin};
use std::collections::HashMap;

/// The members of the whole file that are read. Those of `targets` are tables of
/// libraries, each of which is looked at by itself.
const FILE: &Shapes = &[
    ("targets", Shape::TableOf(&Shape::Table)),
    ("libraries", Shape::Table),
    ("projectFileDependencyGroups", Shape::TableOf(&Shape::TEXTS)),
    ("project", Shape::Fields(PROJECT)),
];

/// Those of the project.
const PROJECT: &Shapes = &[
    ("version", Shape::Text),
    (
        "restore",
        Shape::Fields(&[("projectName", Shape::Text), ("sources", Shape::Table)]),
    ),
];

/// The fields of a library of a framework that are read.
const TARGET: &Shapes = &[
    ("dependencies", Shape::TEXT_BY_NAME),
    ("compileOnly", Shape::Flag),
    ("build", Shape::Table),
    ("buildMultiTargeting", Shape::Table),
    ("buildTransitive", Shape::Table),
];

/// Those of a library by itself.
const LIBRARY: &Shapes = &[("files", Shape::TEXTS)];

/// Reads both parts of a document into a [`Parsed`].
pub struct Libraries<'t> {
    path: &'t str,
    /// What was read so far.
    pub parsed: Parsed,
    /// Packages by key, `NAME/VERSION`.
    places: HashMap<String, usize>,
    /// Packages by name, in any version.
    names: HashMap<String, Vec<usize>>,
    /// Of each package, whether every framework marks it as one that the compiler alone
    /// reads; none where no framework has it.
    pub compile_only: Vec<Option<bool>>,
}

impl<'t> Libraries<'t> {
    /// Reads the libraries of the document and the edges between them.
    ///
    /// # Errors
    /// More than the limit.
    pub fn read(path: &'t str, root: &Node<'_>) -> Result<Self, FormatError> {
        let mut libraries = Self {
            path,
            parsed: Parsed::default(),
            places: HashMap::new(),
            names: HashMap::new(),
            compile_only: Vec::new(),
        };
        libraries.parsed.note_wrong_file(path, &wrong(root, FILE));
        for member in root
            .value("libraries")
            .map(Node::members)
            .unwrap_or_default()
        {
            if member.value.is_cut {
                continue;
            }
            if libraries.parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            libraries.library(member);
        }
        let mut edges = Edges::default();
        for target in root.value("targets").map(Node::members).unwrap_or_default() {
            libraries.target(target.value.members(), &mut edges);
        }
        libraries.parsed.connect(edges)?;
        Ok(libraries)
    }

    fn library(&mut self, member: &Member<'_>) {
        let Some((name, version)) = member.key.split_once('/') else {
            let message = format!("`{}` is not `NAME/VERSION`", member.key);
            return self.incomplete(member.line, &message);
        };
        let entry = &member.value;
        let mut package = Package::new(name, member.line);
        match entry.text_of("type") {
            Some("package") => {}
            Some("project" | "msbuildProject") => {
                package.kind = ComponentKind::Own;
                package.origin = Origin::Path {
                    path: ".".to_owned(),
                };
            }
            // A part of the framework that a self-contained program carries along.
            Some("runtimepack") => {
                package.name = name.strip_prefix("runtimepack.").unwrap_or(name).to_owned();
            }
            // A file that the project names without a package.
            Some("reference" | "referenceassembly" | "platform") => {
                package.origin = Origin::Path {
                    path: format!("{name}.dll"),
                };
            }
            kind => {
                let shown = kind.unwrap_or("none");
                let message = format!("the type of `{name}` ({shown}) is not known");
                self.incomplete(member.line, &message);
            }
        }
        package.version = Some(version.to_owned());
        let found = wrong(entry, LIBRARY);
        self.parsed.note_wrong(self.path, member.line, name, &found);
        // The compiler loads analysers and generators of source.
        let files = entry.value("files").map(Node::items);
        package.runs_install_code = files.map(|files| {
            let mut names = files.iter().filter_map(Node::text);
            names.any(|name| name.starts_with("analyzers/"))
        });
        match entry.member("sha512") {
            Some(hash) => match hash.value.text() {
                Some("") => {}
                Some(value) => package.checksums.push(Checksum::Opaque {
                    scheme: CONTENT_HASH,
                    value: value.strip_prefix("sha512-").unwrap_or(value).to_owned(),
                }),
                None => {
                    self.incomplete(hash.line, &format!("the hash of `{name}` is no text"));
                }
            },
            None if entry.text_of("type") != Some("package") => {}
            None => self.incomplete(member.line, &format!("`{name}` has no `sha512`")),
        }
        let place = self.parsed.packages.len();
        self.places.insert(member.key.to_lowercase(), place);
        let named = self.names.entry(package.name.to_lowercase()).or_default();
        named.push(place);
        self.parsed.packages.push(package);
        self.compile_only.push(None);
    }

    /// The edges of one framework, in which a name has one version.
    fn target(&mut self, members: &[Member<'_>], edges: &mut Edges) {
        let mut by_name: HashMap<String, usize> = HashMap::new();
        let mut entries = Vec::new();
        for member in members.iter().filter(|member| !member.value.is_cut) {
            let key = member.key.to_lowercase();
            let Some(place) = self.places.get(&key).copied() else {
                let message = format!("`{}` is not among the libraries", member.key);
                let rule = &rules::UNRESOLVED_DEPENDENCY;
                self.parsed.note(rule, self.path, member.line, &message);
                continue;
            };
            let is_compile_only =
                member.value.value("compileOnly").and_then(Node::flag) == Some(true);
            if member.value.object().is_none() {
                let message = format!("`{}` is not an object", member.key);
                self.incomplete(member.line, &message);
            }
            let found = wrong(&member.value, TARGET);
            self.parsed
                .note_wrong(self.path, member.line, &member.key, &found);
            // Targets and properties that MSBuild takes into the build.
            let builds = ["build", "buildMultiTargeting", "buildTransitive"];
            let mut builds = builds.iter().filter_map(|key| member.value.value(key));
            if builds.any(|files| !files.members().is_empty())
                && let Some(package) = self.parsed.packages.get_mut(place)
            {
                package.runs_install_code = Some(true);
            }
            if let Some(known) = self.compile_only.get_mut(place) {
                *known = Some(known.unwrap_or(true) && is_compile_only);
            }
            let name = key.split_once('/').map_or(key.as_str(), |(name, _)| name);
            by_name.insert(name.to_owned(), place);
            entries.push((place, &member.value));
        }
        for (from, entry) in entries {
            let dependencies = entry.value("dependencies").map(Node::members);
            for dependency in dependencies.unwrap_or_default() {
                match by_name.get(&dependency.key.to_lowercase()) {
                    Some(to) => edges.add(from, &[*to]),
                    None => {
                        let (name, line) = (&dependency.key, dependency.line);
                        self.parsed.note_missing(self.path, from, name, line);
                    }
                }
            }
        }
    }

    /// The packages of a name, in any version.
    pub fn named(&self, name: &str) -> &[usize] {
        self.names
            .get(&name.to_lowercase())
            .map_or(&[], Vec::as_slice)
    }

    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }
}
