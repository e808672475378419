//! What the lockfile formats of JavaScript share: manifests, ways to write an origin, and
//! the graph with the scopes that follow from it.

mod graph;

use super::formats::{Input, Neighbours, Package, Parsed, directory_of, join};
use super::rules;
use crate::model::{ComponentKind, GitReference, Origin, Scope};
pub use graph::Graph;
use serde_json::{Map, Value};

/// The parts of a `package.json` that bear on its lockfile
/// (<https://docs.npmjs.com/cli/configuring-npm/package-json>).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// As written.
    pub name: Option<String>,
    /// As written.
    pub version: Option<String>,
    /// Name, what is asked for, and for what: optional, runtime or development. Sorted by
    /// name, no name twice; where several groups have one, the one that installers use.
    pub dependencies: Vec<(String, String, Scope)>,
    /// Patterns of workspace directories.
    pub workspaces: Vec<String>,
    /// Yarn's `resolutions`: pattern and what to use instead.
    pub resolutions: Vec<(String, String)>,
}

impl Manifest {
    /// The manifest of a directory; `None` where there is none.
    ///
    /// # Errors
    /// Why it cannot be read, one line.
    pub fn read(neighbours: &dyn Neighbours, directory: &str) -> Result<Option<Self>, String> {
        let path = join(directory, "package.json");
        match neighbours.read(&path)? {
            Some(file) => Self::parse(&file.text).map(Some),
            None => Ok(None),
        }
    }

    /// Reads a manifest. A member of another type than it should have counts as absent.
    ///
    /// # Errors
    /// What is wrong with it, one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let Value::Object(object) = value else {
            return Err("it is not an object".to_owned());
        };
        let text = |key: &str| Some(object.get(key)?.as_str()?.to_owned());
        let workspaces = object.get("workspaces");
        let workspaces = workspaces.map(|value| value.get("packages").unwrap_or(value));
        let patterns = workspaces.and_then(Value::as_array).into_iter().flatten();
        Ok(Self {
            name: text("name").filter(|name| !name.is_empty()),
            version: text("version").filter(|version| !version.is_empty()),
            dependencies: dependencies(&object),
            workspaces: patterns
                .filter_map(|pattern| Some(pattern.as_str()?.to_owned()))
                .collect(),
            resolutions: pairs(&object, "resolutions"),
        })
    }

    /// What a dependency is needed for, if the manifest has it.
    #[must_use]
    pub fn scope_of(&self, name: &str) -> Option<Scope> {
        let place = self
            .dependencies
            .binary_search_by(|(known, ..)| known.as_str().cmp(name));
        let (_, _, scope) = self.dependencies.get(place.ok()?)?;
        Some(*scope)
    }
}

fn pairs(object: &Map<String, Value>, key: &str) -> Vec<(String, String)> {
    let members = object.get(key).and_then(Value::as_object);
    members
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn dependencies(object: &Map<String, Value>) -> Vec<(String, String, Scope)> {
    let mut all: Vec<(String, String, Scope)> = Vec::new();
    // The first group that has a name wins: installers let optional ones replace runtime
    // ones, and runtime ones development ones.
    for (group, scope) in [
        ("optionalDependencies", Scope::Optional),
        ("dependencies", Scope::Runtime),
        ("devDependencies", Scope::Dev),
    ] {
        let known = all.len();
        for (name, asked) in pairs(object, group) {
            let before = all.get(..known).unwrap_or_default();
            if before
                .binary_search_by(|(other, ..)| other.as_str().cmp(&name))
                .is_err()
            {
                all.push((name, asked, scope));
            }
        }
        all.sort_unstable();
    }
    all
}

/// Name and range of `name@range`; the name may have a scope. The range is empty where
/// there is none.
#[must_use]
pub fn split_at_version(text: &str) -> (&str, &str) {
    // The first character may be the `@` of a scope.
    let first = text.chars().next().map_or(0, char::len_utf8);
    let (start, rest) = text.split_at(first);
    match rest.split_once('@') {
        Some((name, range)) => (text.get(..start.len() + name.len()).unwrap_or(text), range),
        None => (text, ""),
    }
}

/// Name and version that the address of a tarball holds, where it has the form that
/// registries give it: `…/NAME/-/LAST-PART-VERSION.tgz`.
#[must_use]
pub fn named_by_tarball(url: &str) -> Option<(String, String)> {
    let path = url.split(['?', '#']).next()?;
    let (before, file) = path.split_once("/-/")?;
    let mut parts = before.rsplit('/');
    let last = parts.next().filter(|part| !part.is_empty())?;
    let scope = parts
        .next()
        .map(|part| part.replace("%40", "@"))
        .filter(|part| part.starts_with('@'));
    let (encoded_scope, last) = match last.split_once("%2f").or_else(|| last.split_once("%2F")) {
        Some((scope, name)) => (Some(scope.replace("%40", "@")), name),
        None => (None, last),
    };
    let version = file
        .strip_suffix(".tgz")?
        .strip_prefix(last)?
        .strip_prefix('-')?;
    if !version.starts_with(|c: char| c.is_ascii_digit()) || version.contains('/') {
        return None;
    }
    let name = match encoded_scope.or(scope) {
        Some(scope) => format!("{scope}/{last}"),
        None => last.to_owned(),
    };
    Some((name, version.to_owned()))
}

/// Whether a range is one that a registry resolves: versions and tags, not addresses,
/// paths or other protocols than `npm:`.
#[must_use]
pub fn asks_registry(range: &str) -> bool {
    let range = match range.strip_prefix("npm:") {
        Some(renamed) if renamed.starts_with('@') || renamed.contains('@') => {
            split_at_version(renamed).1
        }
        Some(range) => range,
        None => range,
    };
    !range.contains(['/', ':'])
}

/// The origin of a git address such as `git+ssh://git@host/repo.git#COMMIT`, with what
/// was asked for, if that is known.
#[must_use]
pub fn git_origin(address: &str, asked: Option<&str>) -> Origin {
    let address = address.strip_prefix("git+").unwrap_or(address);
    let (url, fragment) = match address.split_once('#') {
        Some((url, fragment)) => (url, Some(fragment)),
        None => (address, None),
    };
    let commit = fragment.and_then(|fragment| {
        let value = |part: &str| match part.split_once('=') {
            Some(("commit", value)) => Some(value.to_owned()),
            Some(_) => None,
            None => Some(part.to_owned()),
        };
        fragment.split('&').find_map(value)
    });
    let wanted = asked.and_then(|asked| asked.split_once('#'));
    let reference = match wanted.map(|(_, wanted)| wanted) {
        None | Some("") => GitReference::Default,
        Some(wanted) => match wanted.split_once('=') {
            Some(("head", name)) => GitReference::Branch(name.to_owned()),
            Some(("tag", name)) => GitReference::Tag(name.to_owned()),
            Some(("commit", name)) => GitReference::Revision(name.to_owned()),
            _ => GitReference::Revision(wanted.to_owned()),
        },
    };
    Origin::Git {
        url: url.to_owned(),
        reference,
        // A short or symbolic one pins nothing.
        commit: commit.filter(|commit| is_commit(commit)),
    }
}

/// Whether a text is a full commit id, SHA-1 or SHA-256.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether it is open what a package is: it has no version, and neither a commit nor the
/// directory that it is stands in for one.
#[must_use]
pub fn lacks_version(package: &Package) -> bool {
    let is_archive = |path: &str| {
        [".tgz", ".tar.gz", ".tar"]
            .iter()
            .any(|end| path.ends_with(end))
    };
    package.version.is_none()
        && match &package.origin {
            Origin::Git { commit, .. } => commit.is_none(),
            Origin::Path { path } => is_archive(path),
            _ => true,
        }
}

/// Whether a text is an address that is fetched over HTTP.
#[must_use]
pub fn is_web_address(text: &str) -> bool {
    // A scheme has no case, and npm reads it so.
    ["https://", "http://"].iter().any(|scheme| {
        let start = text.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// An own package, or one that is a directory beside the project, as its manifest
/// describes it.
#[derive(Debug, Default)]
pub struct OwnPackage {
    /// None where nothing gives it a name.
    pub package: Option<Package>,
    /// None where there is none, or it cannot be read.
    pub manifest: Option<Manifest>,
}

impl OwnPackage {
    /// Reads the manifest in `path`, a directory relative to that of the lockfile, empty
    /// or `.` for its own. `name` is used where the manifest gives none. A manifest that
    /// cannot be read is noted.
    pub fn read(
        input: &Input<'_>,
        path: &str,
        name: Option<&str>,
        line: u32,
        parsed: &mut Parsed,
    ) -> Self {
        let directory = match (directory_of(input.path), path) {
            (base, "" | ".") => base.to_owned(),
            (base, path) => join(base, path),
        };
        let manifest = match Manifest::read(input.neighbours, &directory) {
            Ok(manifest) => manifest,
            Err(reason) => {
                let message = format!(
                    "`{}` cannot be read: {reason}",
                    join(&directory, "package.json")
                );
                parsed.note(&rules::INCOMPLETE_ENTRY, input.path, line, &message);
                None
            }
        };
        let named = manifest
            .as_ref()
            .and_then(|manifest| manifest.name.as_deref());
        let package = named.or(name).map(|name| {
            let mut package = Package::new(name, line);
            package.kind = ComponentKind::Own;
            package.scope = Scope::Runtime;
            package.version = manifest.as_ref().and_then(|m| m.version.clone());
            package.origin = Origin::Path {
                path: if path.is_empty() { "." } else { path }.to_owned(),
            };
            package
        });
        Self { package, manifest }
    }

    /// Notes that the lockfile leaves out what a linked directory needs.
    pub fn note_unlisted(&self, input: &Input<'_>, path: &str, line: u32, parsed: &mut Parsed) {
        let what = match &self.manifest {
            None => "has no manifest that can be read",
            Some(manifest)
                if manifest
                    .dependencies
                    .iter()
                    .any(|(_, _, scope)| *scope != Scope::Dev) =>
            {
                "has dependencies of its own"
            }
            Some(_) => return,
        };
        let message = format!(
            "the linked directory `{path}` {what}; this lockfile does not list what it needs"
        );
        parsed.note(&rules::UNRESOLVED_DEPENDENCY, input.path, line, &message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_each_dependency_once() {
        let manifest = Manifest::parse(
            r#"{"name": "a", "version": "", "dependencies": {"x": "1", "y": "2", "z": 3},
                "devDependencies": {"x": "9", "d": "1"}, "optionalDependencies": {"y": "7"},
                "workspaces": {"packages": ["p/*", 1]}, "resolutions": {"q": "1"}}"#,
        )
        .unwrap();
        let names: Vec<(&str, &str, Scope)> = manifest
            .dependencies
            .iter()
            .map(|(name, asked, scope)| (name.as_str(), asked.as_str(), *scope))
            .collect();
        assert_eq!(
            names,
            [
                ("d", "1", Scope::Dev),
                ("x", "1", Scope::Runtime),
                ("y", "7", Scope::Optional),
            ]
        );
        assert_eq!(manifest.scope_of("y"), Some(Scope::Optional));
        assert_eq!(manifest.scope_of("q"), None);
        assert_eq!((manifest.version, manifest.workspaces.len()), (None, 1));
        assert!(Manifest::parse("[]").is_err() && Manifest::parse("{").is_err());
    }

    #[test]
    fn names_are_told_from_ranges_and_from_addresses() {
        assert_eq!(split_at_version("@s/a@^1"), ("@s/a", "^1"));
        assert_eq!(split_at_version("a@npm:@s/b@1"), ("a", "npm:@s/b@1"));
        assert_eq!(split_at_version("@s/a"), ("@s/a", ""));
        assert_eq!(split_at_version(""), ("", ""));
        let named = |url| named_by_tarball(url).map(|(name, version)| format!("{name} {version}"));
        let url = "https://r.example/npm/is-odd/-/is-odd-3.0.1.tgz#abc";
        assert_eq!(named(url).as_deref(), Some("is-odd 3.0.1"));
        let url = "https://r.example/@s/a/-/a-1.0.0-rc.1.tgz";
        assert_eq!(named(url).as_deref(), Some("@s/a 1.0.0-rc.1"));
        let url = "https://r.example/%40s%2fa/-/a-1.0.0.tgz";
        assert_eq!(named(url).as_deref(), Some("@s/a 1.0.0"));
        assert_eq!(named("https://r.example/a/-/b-1.0.0.tgz"), None);
        assert_eq!(named("https://r.example/a-1.0.0.tgz"), None);
        for range in ["^1.0", "latest", "", "npm:^1", "npm:@s/a@^1 || 2", "1 - 2"] {
            assert!(asks_registry(range), "{range}");
        }
        for range in [
            "o/r",
            "github:o/r",
            "https://h.example/a.tgz",
            "file:./a",
            "link:a",
        ] {
            assert!(!asks_registry(range), "{range}");
        }
    }

    #[test]
    fn a_git_address_pins_only_a_full_commit() {
        let sha = "9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b";
        let git = |address: &str, asked| git_origin(address, asked);
        assert_eq!(
            git(
                &format!("git+ssh://git@h.example/r.git#{sha}"),
                Some("r#v1")
            ),
            Origin::Git {
                url: "ssh://git@h.example/r.git".to_owned(),
                reference: GitReference::Revision("v1".to_owned()),
                commit: Some(sha.to_owned()),
            }
        );
        assert_eq!(
            git(
                &format!("https://h.example/r.git#workspace=w&commit={sha}"),
                Some("https://h.example/r.git#head=dev")
            ),
            Origin::Git {
                url: "https://h.example/r.git".to_owned(),
                reference: GitReference::Branch("dev".to_owned()),
                commit: Some(sha.to_owned()),
            }
        );
        assert_eq!(
            git("https://h.example/r#abc1234", None),
            Origin::Git {
                url: "https://h.example/r".to_owned(),
                reference: GitReference::Default,
                commit: None,
            }
        );
    }

    #[test]
    fn a_commit_or_a_directory_stands_in_for_a_version() {
        let lacks = |origin: Origin| {
            let mut package = Package::new("a", 1);
            package.origin = origin;
            lacks_version(&package)
        };
        let git = |address: &str| git_origin(address, None);
        let path = |path: &str| Origin::Path {
            path: path.to_owned(),
        };
        assert!(!lacks(git(&format!(
            "https://h.example/a#{}",
            "0".repeat(40)
        ))));
        assert!(lacks(git("https://h.example/a#main")));
        assert!(!lacks(path("libs/a")) && lacks(path("libs/a.tgz")));
        assert!(lacks(Origin::Unrecorded));
    }

    #[test]
    fn a_package_is_as_exposed_as_its_most_exposed_way() {
        let mut parsed = Parsed::default();
        for name in ["own", "dev", "both", "optional", "under", "apart"] {
            parsed.packages.push(Package::new(name, 1));
        }
        parsed.packages[0].kind = ComponentKind::Own;
        let mut graph = Graph::default();
        graph.add_root(0);
        graph.add(Some(0), 1, Scope::Dev);
        graph.add(Some(1), 2, Scope::Runtime);
        graph.add(Some(1), 3, Scope::Optional);
        graph.add(Some(0), 3, Scope::Optional);
        graph.add(Some(3), 4, Scope::Runtime);
        graph.add(Some(4), 3, Scope::Runtime);
        graph.add(None, 2, Scope::Runtime);
        graph.walk(&mut parsed);
        let scopes: Vec<Scope> = parsed.packages.iter().map(|p| p.scope).collect();
        assert_eq!(
            scopes,
            [
                Scope::Unknown,
                Scope::Dev,
                Scope::Runtime,
                Scope::Optional,
                Scope::Optional,
                Scope::Unknown,
            ]
        );
        graph.finish(&mut parsed);
        assert_eq!(parsed.direct, [2]);
        assert_eq!(parsed.edges.len(), 6);
    }
}
