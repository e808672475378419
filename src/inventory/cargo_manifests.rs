//! What the manifests of a Cargo workspace add to its lockfile: the scope of what the
//! members ask for, and the members' own licence.
//!
//! `Cargo.lock` joins all kinds of dependencies. Only the members' own first edges have a
//! kind here, by `[dependencies]`, `[build-dependencies]`, `[dev-dependencies]` and their
//! `[target.*]` forms; every edge between packages of a registry counts as one of run
//! time, for their manifests are not in the tree. So what is called `Dev` or `Build` is
//! that, and some of what is called `Runtime` is needed to build only (a build dependency
//! of a dependency). `--with-cargo` knows better. An edge that no manifest explains is
//! one of run time.

mod manifest;

use super::formats::{Neighbours as _, Parsed, join};
use super::scopes;
use super::tree::{Tree, normalise};
use super::unique::UniqueIndex;
use super::walk::Group;
use super::workspace::Members;
use crate::model::{ComponentKind, Scope};
pub use manifest::CargoManifest;
use manifest::{PackageTable, Want, WorkspaceTable};
use semver::{Version, VersionReq};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// Manifests of one workspace that are read; what is left out counts as run time.
const MANIFEST_LIMIT: usize = 10_000;

/// Ways in which one manifest may ask for one name. Beyond, they are not told apart.
const WAYS_LIMIT: usize = 100;

/// A package with its manifest in the tree.
#[derive(Debug)]
struct Member {
    name: String,
    /// Built for its own sake, not only because another member asks for it.
    is_root: bool,
    licence: Option<String>,
    wants: Vec<Wanted>,
}

/// One entry of a table of dependencies.
#[derive(Debug)]
struct Wanted {
    /// Name of the package, not what the manifest calls it.
    name: String,
    /// As written: most are never compared with anything.
    requirement: Option<String>,
    scope: Scope,
    /// Directory of a path dependency, relative to the root of the tree.
    directory: Option<String>,
}

/// Adds scopes and licences to the packages of the `Cargo.lock` in `base`. `directories`
/// are those of all `Cargo.toml` of the tree. Without a manifest beside the lockfile
/// nothing is known and nothing changes.
pub fn complete(tree: &Tree, directories: &[&str], base: &str, parsed: &mut Parsed) {
    let members = read_members(tree, directories, base);
    if members.is_empty() {
        return;
    }
    let mut own = UniqueIndex::default();
    for (place, package) in parsed.packages.iter().enumerate() {
        if package.kind == ComponentKind::Own {
            own.add(package.name.as_str(), place);
        }
    }
    let member_of: HashMap<usize, &Member> = members
        .iter()
        .filter_map(|member| Some((own.one(&member.name.as_str())?, member)))
        .collect();
    let roots: Vec<usize> = parsed
        .packages
        .iter()
        .enumerate()
        .filter(|(_, package)| package.kind == ComponentKind::Own)
        .map(|(place, _)| place)
        // One without a manifest may be built for its own sake.
        .filter(|place| member_of.get(place).is_none_or(|member| member.is_root))
        .collect();
    let reached = scopes::reach(parsed.packages.len(), roots, edges(parsed, &member_of));
    for (package, scope) in parsed.packages.iter_mut().zip(reached) {
        package.scope = scope.unwrap_or(package.scope);
    }
    for (place, member) in member_of {
        if let Some(package) = parsed.packages.get_mut(place) {
            package.licence.clone_from(&member.licence);
        }
    }
}

/// The edges of a lockfile with what they are for.
fn edges(parsed: &Parsed, member_of: &HashMap<usize, &Member>) -> Vec<(usize, usize, Scope)> {
    let name = |place: usize| parsed.packages.get(place).map(|p| p.name.as_str());
    // How often a member's entry names packages of one name, in several versions.
    let mut versions: HashMap<(usize, &str), usize> = HashMap::new();
    for (from, to) in &parsed.edges {
        if let Some(name) = name(*to).filter(|_| member_of.contains_key(from)) {
            let count = versions.entry((*from, name)).or_default();
            *count = count.saturating_add(1);
        }
    }
    let ways: HashMap<usize, HashMap<&str, Vec<&Wanted>>> = member_of
        .iter()
        .map(|(place, member)| {
            let mut ways: HashMap<&str, Vec<&Wanted>> = HashMap::new();
            for wanted in &member.wants {
                ways.entry(&wanted.name).or_default().push(wanted);
            }
            (*place, ways)
        })
        .collect();
    let scope = |from: usize, to: usize| -> Option<Scope> {
        let package = parsed.packages.get(to)?;
        let ways = ways.get(&from)?.get(package.name.as_str())?;
        if versions.get(&(from, package.name.as_str())) == Some(&1) {
            return ways.iter().map(|way| way.scope).min();
        }
        if ways.len() > WAYS_LIMIT {
            return None;
        }
        let version = Version::parse(package.version.as_deref()?).ok()?;
        let fitting = ways.iter().filter(|way| {
            let requirement = way.requirement.as_deref();
            requirement
                .and_then(|text| VersionReq::parse(text).ok())
                .is_none_or(|requirement| requirement.matches(&version))
        });
        fitting.map(|way| way.scope).min()
    };
    parsed
        .edges
        .iter()
        .map(|(from, to)| (*from, *to, scope(*from, *to).unwrap_or(Scope::Runtime)))
        .collect()
}

/// The manifest beside the lockfile, those of its workspace, and those that path
/// dependencies and patches lead to, each once.
fn read_members(tree: &Tree, directories: &[&str], base: &str) -> Vec<Member> {
    let Some(root) = read_manifest(tree, base) else {
        return Vec::new();
    };
    let workspace = Workspace::new(&root, base);
    // A pattern that cannot be read is a gap of the selection.
    let patterns = Members::read(tree, Group::Cargo, base, &mut Vec::new());
    let mut waiting: VecDeque<(String, bool)> = VecDeque::from([(base.to_owned(), true)]);
    waiting.extend(
        directories
            .iter()
            .filter(|directory| patterns.contain(directory))
            .map(|directory| ((*directory).to_owned(), true)),
    );
    waiting.extend(workspace.patches().map(|directory| (directory, false)));
    let mut seen: HashSet<String> = HashSet::new();
    let mut members = Vec::new();
    while let Some((directory, is_root)) = waiting.pop_front() {
        if members.len() >= MANIFEST_LIMIT || !seen.insert(directory.clone()) {
            continue;
        }
        let Some(manifest) = read_manifest(tree, &directory) else {
            continue;
        };
        if manifest.is_broken {
            continue;
        }
        let Some(member) = workspace.member(&manifest, &directory, is_root) else {
            continue;
        };
        for path in member.wants.iter().filter_map(|w| w.directory.as_ref()) {
            // Cargo takes path dependencies below a workspace for members.
            let is_root = workspace.is_declared && workspace.contains(path);
            waiting.push_back((path.clone(), is_root));
        }
        members.push(member);
    }
    members
}

fn read_manifest(tree: &Tree, directory: &str) -> Option<Rc<CargoManifest>> {
    tree.cargo_manifest(&join(directory, "Cargo.toml")).ok()?
}

/// What members inherit.
struct Workspace<'d> {
    base: &'d str,
    is_declared: bool,
    patches: &'d [String],
    table: Option<&'d WorkspaceTable>,
}

impl<'d> Workspace<'d> {
    fn new(root: &'d CargoManifest, base: &'d str) -> Self {
        Self {
            base,
            is_declared: root.workspace.is_some(),
            patches: &root.patches,
            table: root.workspace.as_ref(),
        }
    }

    /// Whether a directory lies below the workspace and is not excluded.
    fn contains(&self, directory: &str) -> bool {
        let inside = self.base.is_empty()
            || directory
                .strip_prefix(self.base)
                .is_some_and(|rest| rest.starts_with('/'));
        let excluded = self.table.into_iter().flat_map(|table| &table.exclude);
        let is_excluded = excluded.into_iter().any(|path| {
            normalise(&join(self.base, path)).is_some_and(|path| {
                directory
                    .strip_prefix(path.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        });
        inside && !is_excluded
    }

    /// Directories that `[patch]` takes packages from.
    fn patches(&self) -> impl Iterator<Item = String> {
        let paths = self.patches.iter();
        paths.filter_map(|path| inside(self.base, path))
    }

    fn member(&self, manifest: &CargoManifest, directory: &str, is_root: bool) -> Option<Member> {
        let PackageTable {
            name,
            licence,
            inherits_licence,
        } = manifest.package.as_ref()?;
        let licence = match inherits_licence {
            true => self.table.and_then(|table| table.licence.clone()),
            false => licence.clone(),
        };
        let wants = manifest.wants.iter();
        Some(Member {
            name: name.clone()?,
            is_root,
            licence,
            wants: wants.map(|want| self.wanted(want, directory)).collect(),
        })
    }

    fn wanted(&self, want: &Want, directory: &str) -> Wanted {
        let inherited = self.table.filter(|_| want.spec.inherits);
        let inherited = inherited.and_then(|table| table.dependencies.get(&want.key));
        let (spec, directory) = match inherited {
            Some(spec) => (spec, self.base),
            None => (&want.spec, directory),
        };
        let path = spec.path.as_ref();
        Wanted {
            name: spec.package.as_ref().unwrap_or(&want.key).clone(),
            requirement: spec.requirement.clone(),
            scope: want.scope,
            directory: path.and_then(|path| inside(directory, path)),
        }
    }
}

/// A directory of the tree by a path that is relative to another one.
fn inside(directory: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let whole = join(directory, path);
    match normalise(&whole) {
        // The root of the tree itself is empty.
        None if normalise(&join(&whole, "x")).as_deref() == Some("x") => Some(String::new()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
