//! What one `Cargo.toml` says, apart from its text: several questions are put to the same
//! manifest, and a document tree of it is read once.

use super::super::document::{Document, table, text};
use super::super::python::strings;
use crate::model::Scope;
use crate::support::lines::SyntaxError;
use std::collections::HashMap;
use toml::de::{DeTable, DeValue};

/// Tables of dependencies with what they are for. The spelling with `_` is an old one.
const TABLES: &[(&str, Scope)] = &[
    ("dependencies", Scope::Runtime),
    ("build-dependencies", Scope::Build),
    ("build_dependencies", Scope::Build),
    ("dev-dependencies", Scope::Dev),
    ("dev_dependencies", Scope::Dev),
];

/// A manifest (<https://doc.rust-lang.org/cargo/reference/manifest.html>).
#[derive(Debug)]
pub struct CargoManifest {
    /// A syntax error ended the reading early; what stands here is the part before it.
    pub is_broken: bool,
    /// `[package]`, or `[project]`, its old name.
    pub package: Option<PackageTable>,
    /// `[workspace]`.
    pub workspace: Option<WorkspaceTable>,
    /// The paths that `[patch]` takes packages from, as written.
    pub patches: Vec<String>,
    /// The entries of every table of dependencies.
    pub wants: Vec<Want>,
}

/// The package of a manifest.
#[derive(Debug)]
pub struct PackageTable {
    /// Its name.
    pub name: Option<String>,
    /// Its licence, where it stands here.
    pub licence: Option<String>,
    /// Whether the licence is that of the workspace.
    pub inherits_licence: bool,
}

/// The workspace of a manifest.
#[derive(Debug)]
pub struct WorkspaceTable {
    /// Patterns of members.
    pub members: Vec<String>,
    /// What is left out of them.
    pub exclude: Vec<String>,
    /// What members inherit, by key.
    pub dependencies: HashMap<String, Spec>,
    /// The licence that members inherit.
    pub licence: Option<String>,
}

/// One entry of a table of dependencies.
#[derive(Debug)]
pub struct Want {
    /// What the manifest calls it.
    pub key: String,
    /// What the table is for.
    pub scope: Scope,
    /// What it says.
    pub spec: Spec,
}

/// What an entry says of a dependency.
#[derive(Debug, Default)]
pub struct Spec {
    /// The package's name, where it is another than the key.
    pub package: Option<String>,
    /// The version requirement, as written.
    pub requirement: Option<String>,
    /// The directory of a path dependency, as written.
    pub path: Option<String>,
    /// Whether the workspace says the rest.
    pub inherits: bool,
}

impl CargoManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`SyntaxError`] where not even a part before the error can be read.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        let document = Document::parse(source)?;
        let root = &document.root;
        let package = table(root, "package").or_else(|| table(root, "project"));
        let patches = table(root, "patch")
            .into_iter()
            .flat_map(|sources| sources.values())
            .filter_map(|source| source.get_ref().as_table())
            .flat_map(|patches| patches.values())
            .filter_map(|patch| text(patch.get_ref().as_table()?, "path"));
        Ok(Self {
            is_broken: document.broken.is_some(),
            package: package.map(|package| PackageTable {
                name: text(package, "name").map(str::to_owned),
                licence: text(package, "license").map(str::to_owned),
                inherits_licence: table(package, "license").is_some(),
            }),
            workspace: table(root, "workspace").map(WorkspaceTable::of),
            patches: patches.map(str::to_owned).collect(),
            wants: wants(root),
        })
    }
}

impl WorkspaceTable {
    fn of(workspace: &DeTable<'_>) -> Self {
        let dependencies = table(workspace, "dependencies").into_iter();
        let dependencies = dependencies.flat_map(|all| all.iter());
        Self {
            members: strings(workspace, "members"),
            exclude: strings(workspace, "exclude"),
            dependencies: dependencies
                .map(|(key, spec)| (key.get_ref().to_string(), Spec::of(spec.get_ref())))
                .collect(),
            licence: table(workspace, "package")
                .and_then(|package| text(package, "license"))
                .map(str::to_owned),
        }
    }
}

impl Spec {
    fn of(spec: &DeValue<'_>) -> Self {
        if let Some(requirement) = spec.as_str() {
            return Self {
                requirement: Some(requirement.to_owned()),
                ..Self::default()
            };
        }
        let member = |name: &str| text(spec.as_table()?, name).map(str::to_owned);
        Self {
            package: member("package"),
            requirement: member("version"),
            path: member("path"),
            inherits: spec
                .as_table()
                .is_some_and(|spec| spec.contains_key("workspace")),
        }
    }
}

fn wants(manifest: &DeTable<'_>) -> Vec<Want> {
    let mut wants = Vec::new();
    let targets = table(manifest, "target")
        .into_iter()
        .flat_map(|targets| targets.values())
        .filter_map(|target| target.get_ref().as_table());
    for tables in std::iter::once(manifest).chain(targets) {
        for (key, scope) in TABLES {
            let entries = table(tables, key).into_iter().flat_map(|t| t.iter());
            wants.extend(entries.map(|(name, spec)| Want {
                key: name.get_ref().to_string(),
                scope: *scope,
                spec: Spec::of(spec.get_ref()),
            }));
        }
    }
    wants
}
