//! What the Python formats share: names, requirements, and the manifest `pyproject.toml`.

pub mod project;
pub mod requirement;

pub use crate::support::python::{Wanted, marker, normalise, requirement, wanted};

use super::document::{Document, items, table, text};
use super::formats::{Input, directory_of, join};
use crate::model::{Digest, DigestAlgorithm, Origin, Root};
use std::collections::BTreeSet;
use toml::de::{DeTable, DeValue};

/// A digest written as `sha256:HEX`.
///
/// # Errors
/// What is wrong with it.
pub fn digest(text: &str) -> Result<Digest, String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| format!("`{text}` names no hash algorithm"))?;
    let algorithm = DigestAlgorithm::from_name(name)
        .ok_or_else(|| format!("the hash algorithm `{name}` is not known"))?;
    Digest::from_hex(algorithm, value).map_err(|error| error.to_string())
}

/// Whether a path is that of a wheel or a source archive; else it is one of a directory.
#[must_use]
pub fn is_package_file(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    [
        ".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst",
    ]
    .iter()
    .any(|end| lower.ends_with(end))
}

/// What `pyproject.toml` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The project, where it has a name.
    pub root: Option<Root>,
    /// Everything that it asks for, of every group.
    pub wanted: Vec<Wanted>,
    /// `[tool.uv.workspace] members`, then `exclude`.
    pub workspace: (Vec<String>, Vec<String>),
}

/// The text of `pyproject.toml` in the directory of a lockfile, if it can be read.
fn project_file(input: &Input<'_>) -> Option<String> {
    let path = join(directory_of(input.path), "pyproject.toml");
    Some(input.neighbours.read(&path).ok()??.text)
}

impl Manifest {
    /// The manifest in the directory of a lockfile; `None` where there is none that can
    /// be read.
    #[must_use]
    pub fn beside(input: &Input<'_>) -> Option<Self> {
        Self::parse(&project_file(input)?)
    }

    /// Reads a manifest (<https://packaging.python.org/en/latest/specifications/pyproject-toml/>,
    /// <https://python-poetry.org/docs/pyproject/>); `None` where it is no TOML.
    #[must_use]
    pub fn parse(source: &str) -> Option<Self> {
        let document = Document::parse(source).ok()?;
        if document.broken.is_some() {
            return None;
        }
        let root = &document.root;
        let empty = DeTable::new();
        let project = table(root, "project").unwrap_or(&empty);
        let tool = table(root, "tool").unwrap_or(&empty);
        let poetry = table(tool, "poetry").unwrap_or(&empty);
        let version = text(project, "version").or_else(|| text(poetry, "version"));
        let name = text(project, "name").or_else(|| text(poetry, "name"));
        let mut manifest = Self {
            root: name.map(|name| Root {
                name: name.to_owned(),
                version: version.map(str::to_owned),
            }),
            ..Self::default()
        };
        manifest.want_strings(project, "dependencies");
        for groups in [
            table(project, "optional-dependencies"),
            table(root, "dependency-groups"),
        ] {
            for (group, _) in groups.into_iter().flat_map(|groups| groups.iter()) {
                manifest.want_strings(groups.unwrap_or(&empty), group.get_ref());
            }
        }
        manifest.want_poetry(table(poetry, "dependencies"));
        manifest.want_poetry(table(poetry, "dev-dependencies"));
        for (_, group) in table(poetry, "group").into_iter().flat_map(|g| g.iter()) {
            let group = group.get_ref().as_table();
            manifest.want_poetry(group.and_then(|group| table(group, "dependencies")));
        }
        let workspace = table(tool, "uv").and_then(|uv| table(uv, "workspace"));
        if let Some(workspace) = workspace {
            manifest.workspace = (strings(workspace, "members"), strings(workspace, "exclude"));
        }
        Some(manifest)
    }

    fn want_strings(&mut self, table: &DeTable<'_>, key: &str) {
        for requirement in strings(table, key) {
            if let Some(wanted) = wanted(&requirement) {
                self.wanted.push(wanted);
            }
        }
    }

    fn want_poetry(&mut self, dependencies: Option<&DeTable<'_>>) {
        for (name, spec) in dependencies.into_iter().flat_map(|table| table.iter()) {
            let name = normalise(name.get_ref());
            if name != "python" {
                self.wanted.push(Wanted {
                    name,
                    extras: extras_of(spec.get_ref()),
                });
            }
        }
    }
}

/// The extras in Poetry's forms of a dependency: a string, a table, a list of tables.
pub fn extras_of(spec: &DeValue<'_>) -> BTreeSet<String> {
    match spec {
        DeValue::Table(table) => strings(table, "extras")
            .iter()
            .map(|extra| normalise(extra))
            .collect(),
        DeValue::Array(specs) => specs
            .iter()
            .flat_map(|spec| extras_of(spec.get_ref()))
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// The strings of an array member.
pub fn strings(table: &DeTable<'_>, key: &str) -> Vec<String> {
    items(table, key)
        .filter_map(|item| item.get_ref().as_str().map(str::to_owned))
        .collect()
}

/// Whether installing a package runs code that comes with it: a checkout and a source
/// distribution are built, which runs what they name as their build system
/// (<https://peps.python.org/pep-0517/>), a wheel is only unpacked. None where the installer
/// chooses between both, or where neither `files`, names or addresses, nor the origin tells.
#[must_use]
pub fn runs_code<'f>(origin: &Origin, files: impl IntoIterator<Item = &'f str>) -> Option<bool> {
    let builds = |file: &str| match file.split(['?', '#']).next().unwrap_or(file) {
        wheel if wheel.ends_with(".whl") => Some(false),
        file if is_package_file(file) => Some(true),
        _ => None,
    };
    match origin {
        Origin::Git { .. } => return Some(true),
        Origin::Url { url: file } | Origin::Path { path: file } => return builds(file),
        _ => {}
    }
    let mut kinds = files.into_iter().map(builds);
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GitReference;

    #[test]
    fn both_kinds_of_manifest_name_what_they_want() {
        let manifest = Manifest::parse(
            "[project]\nname = 'App'\nversion = '1'\ndependencies = ['Requests[Socks]>=2; python_version > \"3\"']\n\
             [project.optional-dependencies]\nx = ['a.b']\n\
             [dependency-groups]\ndev = ['pytest', {include-group = 'x'}]\n\
             [tool.poetry.dependencies]\npython = '^3'\nfoo = {version = '*', extras = ['Y']}\n\
             [tool.poetry.group.test.dependencies]\nbar = '*'\n\
             [tool.uv.workspace]\nmembers = ['libs/*']\nexclude = ['libs/old']\n",
        )
        .unwrap();
        assert_eq!(manifest.root.unwrap().name, "App");
        let names: Vec<&str> = manifest.wanted.iter().map(|w| w.name.as_str()).collect();
        assert_eq!(names, ["requests", "a-b", "pytest", "foo", "bar"]);
        assert!(manifest.wanted[0].extras.contains("socks"));
        assert!(manifest.wanted[3].extras.contains("y"));
        assert_eq!(manifest.workspace.0, ["libs/*"]);
        assert_eq!(Manifest::parse("[project"), None);
    }

    #[test]
    fn only_what_is_built_from_source_runs_code_when_it_is_installed() {
        let (wheel, source) = ("https://h.example/a-1-py3-none-any.whl#x", "a-1.tar.gz");
        let of_index = |files: &[&str]| runs_code(&Origin::ImpliedDefault, files.iter().copied());
        assert_eq!(of_index(&[wheel, "b-1-py3-none-any.whl"]), Some(false));
        assert_eq!(of_index(&[source]), Some(true));
        assert_eq!(of_index(&[wheel, source]), None);
        assert_eq!(of_index(&[]), None);
        let url = |url: &str| Origin::Url {
            url: url.to_owned(),
        };
        assert_eq!(runs_code(&url(wheel), []), Some(false));
        assert_eq!(runs_code(&url("https://h.example/a-1.zip"), []), Some(true));
        assert_eq!(runs_code(&url("https://h.example/a"), [source]), None);
        let git = Origin::Git {
            url: "https://h.example/a".to_owned(),
            reference: GitReference::Default,
            commit: None,
        };
        assert_eq!(runs_code(&git, [wheel]), Some(true));
    }
}
