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

use super::formats::{Neighbours as _, Package, Parsed, join};
use super::order::leading;
use super::scopes;
use super::tree::{Tree, normalise};
use super::unique::UniqueIndex;
use super::walk::Group;
use super::workspace::Members;
use crate::model::{ComponentKind, Scope};
pub use manifest::CargoManifest;
use manifest::{PackageTable, Spec, Want, WorkspaceTable};
use semver::{Version, VersionReq};
use std::collections::{HashSet, VecDeque};
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
    /// Relative to the root of the tree.
    directory: String,
    manifest: Rc<CargoManifest>,
}

/// One entry of a table of dependencies.
#[derive(Debug, Clone, Copy)]
struct Wanted<'m> {
    /// Name of the package, not what the manifest calls it.
    name: &'m str,
    /// As written: most are never compared with anything.
    requirement: Option<&'m str>,
    scope: Scope,
}

/// With [`leading`] of its name, by which they are sorted.
type Named<'m> = (u64, Wanted<'m>);

/// Adds scopes and licences to the packages of the `Cargo.lock` in `base`. `directories`
/// are those of all `Cargo.toml` of the tree. Without a manifest beside the lockfile
/// nothing is known and nothing changes.
pub fn complete(tree: &Tree, directories: &[&str], base: &str, parsed: &mut Parsed) {
    let Some(root) = read_manifest(tree, base) else {
        return;
    };
    let workspace = Workspace::new(&root, base);
    let members = read_members(tree, directories, &workspace);
    if members.is_empty() {
        return;
    }
    let mut own = UniqueIndex::default();
    for (place, package) in parsed.packages.iter().enumerate() {
        if package.kind == ComponentKind::Own {
            own.add(package.name.as_str(), place);
        }
    }
    let mut member_of: Vec<Option<&Member>> = vec![None; parsed.packages.len()];
    for member in &members {
        let place = own.one(&member.name.as_str());
        if let Some(of_it) = place.and_then(|place| member_of.get_mut(place)) {
            *of_it = Some(member);
        }
    }
    let roots: Vec<usize> = parsed
        .packages
        .iter()
        .zip(&member_of)
        .enumerate()
        .filter(|(_, (package, _))| package.kind == ComponentKind::Own)
        // One without a manifest may be built for its own sake.
        .filter(|(_, (_, member))| member.is_none_or(|member| member.is_root))
        .map(|(place, _)| place)
        .collect();
    let edges = edges(parsed, &workspace, &member_of);
    let reached = scopes::reach(parsed.packages.len(), roots, edges);
    for ((package, scope), member) in parsed.packages.iter_mut().zip(reached).zip(member_of) {
        package.scope = scope.unwrap_or(package.scope);
        if let Some(member) = member {
            package.licence.clone_from(&member.licence);
        }
    }
}

/// The edges of a lockfile with what they are for.
fn edges(
    parsed: &Parsed,
    workspace: &Workspace<'_>,
    member_of: &[Option<&Member>],
) -> Vec<(usize, usize, Scope)> {
    let runtime = parsed.edges.iter();
    let mut edges: Vec<(usize, usize, Scope)> = runtime
        .map(|(from, to)| (*from, *to, Scope::Runtime))
        .collect();
    // Those of one entry together: only what members ask for needs explaining.
    edges.sort_unstable_by_key(|(from, ..)| *from);
    for of_one in edges.chunk_by_mut(|a, b| a.0 == b.0) {
        let from = of_one.first().map(|(from, ..)| *from);
        let member = from.and_then(|from| member_of.get(from).copied().flatten());
        if let Some(member) = member {
            explain(of_one, &parsed.packages, &workspace.wants(member));
        }
    }
    edges
}

/// Gives the edges of a member the scopes by what it wants, sorted by name.
fn explain(edges: &mut [(usize, usize, Scope)], packages: &[Package], wants: &[Named<'_>]) {
    let name = |edge: &(usize, usize, Scope)| packages.get(edge.1).map(|p| p.name.as_str());
    edges.sort_by(|a, b| name(a).cmp(&name(b)));
    for edges in edges.chunk_by_mut(|a, b| name(a) == name(b)) {
        let Some(name) = edges.first().and_then(name) else {
            continue;
        };
        let start = leading(name.as_bytes());
        let first = wants.partition_point(|(of_it, want)| (*of_it, want.name) < (start, name));
        let rest = wants.get(first..).unwrap_or_default();
        let end = rest.partition_point(|(_, want)| want.name == name);
        let ways = rest.get(..end).unwrap_or_default();
        if let [(.., scope)] = edges {
            *scope = ways
                .iter()
                .map(|(_, way)| way.scope)
                .min()
                .unwrap_or(*scope);
            continue;
        }
        for (_, to, scope) in edges {
            let version = packages.get(*to).and_then(|p| p.version.as_deref());
            *scope = version
                .and_then(|version| scope_of(ways, version))
                .unwrap_or(*scope);
        }
    }
}

/// What a version of a package is for that a member wants in some ways and has several
/// versions of.
fn scope_of(ways: &[Named<'_>], version: &str) -> Option<Scope> {
    if ways.is_empty() || ways.len() > WAYS_LIMIT {
        return None;
    }
    let version = Version::parse(version).ok()?;
    let fitting = ways.iter().filter(|(_, way)| {
        way.requirement
            .and_then(|text| VersionReq::parse(text).ok())
            .is_none_or(|requirement| requirement.matches(&version))
    });
    fitting.map(|(_, way)| way.scope).min()
}

/// The manifest beside the lockfile, those of its workspace, and those that path
/// dependencies and patches lead to, each once.
fn read_members(tree: &Tree, directories: &[&str], workspace: &Workspace<'_>) -> Vec<Member> {
    let base = workspace.base;
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
        let Some(member) = workspace.member(manifest, directory, is_root) else {
            continue;
        };
        for path in workspace.paths(&member) {
            // Cargo takes path dependencies below a workspace for members.
            let is_root = workspace.is_declared && workspace.contains(&path);
            waiting.push_back((path, is_root));
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

    fn member(
        &self,
        manifest: Rc<CargoManifest>,
        directory: String,
        is_root: bool,
    ) -> Option<Member> {
        let PackageTable {
            name,
            licence,
            inherits_licence,
        } = manifest.package.as_ref()?;
        let licence = match inherits_licence {
            true => self.table.and_then(|table| table.licence.clone()),
            false => licence.clone(),
        };
        Some(Member {
            name: name.clone()?,
            is_root,
            licence,
            directory,
            manifest,
        })
    }

    /// What a member wants, sorted by name.
    fn wants<'m>(&'m self, member: &'m Member) -> Vec<Named<'m>> {
        let wants = member.manifest.wants.iter();
        let mut wants: Vec<Named<'m>> = wants
            .map(|want| {
                let (spec, _) = self.spec(want, "");
                let name = spec.package.as_ref().unwrap_or(&want.key).as_str();
                let wanted = Wanted {
                    name,
                    requirement: spec.requirement.as_deref(),
                    scope: want.scope,
                };
                (leading(name.as_bytes()), wanted)
            })
            .collect();
        wants.sort_by(|(start, a), (other, b)| start.cmp(other).then_with(|| a.name.cmp(b.name)));
        wants
    }

    /// The directories of a member's path dependencies, relative to the root of the tree.
    fn paths(&self, member: &Member) -> impl Iterator<Item = String> {
        let wants = member.manifest.wants.iter();
        wants.filter_map(|want| {
            let (spec, directory) = self.spec(want, &member.directory);
            inside(directory, spec.path.as_ref()?)
        })
    }

    /// What an entry says, its own or that of the workspace, and the directory it stands in.
    fn spec<'m>(&'m self, want: &'m Want, directory: &'m str) -> (&'m Spec, &'m str) {
        let inherited = self.table.filter(|_| want.spec.inherits);
        match inherited.and_then(|table| table.dependencies.get(&want.key)) {
            Some(spec) => (spec, self.base),
            None => (&want.spec, directory),
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
