//! What cargo itself says of a workspace, where the caller asks for it.
//!
//! `cargo metadata` runs in the tree: it reads the tree's `.cargo/config.toml` and
//! `rust-toolchain.toml`, and those can name programs that it starts. Only for trees that
//! may be built here; nothing else in this room runs anything.
//!
//! The scopes that come out are those of `cargo-auditable`'s format 1: what is used by
//! `[dependencies]` alone is `Runtime`, except for procedural macros, which are needed to
//! build only, like all that only they, build scripts and `[build-dependencies]` use.
//! Cargo is asked with the default features of all members; a package that only other
//! features use keeps the scope that the manifests give it. `cargo metadata` joins the
//! features of all kinds of dependencies and takes `name?/feature` for a use of `name`, so
//! it calls a few crates `Runtime` that `cargo tree` does not list as such.

use super::formats::{directory_of, join};
use super::rules;
use super::scopes;
use crate::model::{
    CargoFacts, Component, ComponentKind, DependencyKind, DependencyUse, Ecosystem, Gap, Hint as _,
    Licence, LicenceSource, Location, Origin, Purl, Scope,
};
use crate::support::process::{self, Invocation};
use cargo_metadata::{
    DependencyKind as CargoKind, Metadata, MetadataCommand, Package, PackageId, Resolve, TargetKind,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of `cargo metadata`'s output. A workspace of 1,000 crates has about 15 MB.
const OUTPUT_LIMIT: u64 = 256 * 1000 * 1000;

/// The cargo to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithCargo {
    /// An absolute path.
    pub program: PathBuf,
    /// How long one call may take.
    pub time_limit: Duration,
}

impl WithCargo {
    /// A cargo with the usual limit of two minutes a workspace.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            time_limit: Duration::from_secs(120),
        }
    }

    /// Adds to the components of each `Cargo.lock` what cargo says. Where it says nothing
    /// the components stay as they are, and a gap says so.
    pub fn ask<'l>(
        &self,
        tree: &Path,
        locks: impl Iterator<Item = &'l str>,
        components: &mut [Component],
        edges: &BTreeMap<Purl, BTreeSet<Purl>>,
    ) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for lock in locks {
            match self.metadata(tree, lock) {
                Ok(metadata) => gaps.extend(apply(&metadata, lock, components, edges)),
                Err(reason) => gaps.push(failed(lock, &reason)),
            }
        }
        gaps
    }

    fn metadata(&self, tree: &Path, lock: &str) -> Result<Metadata, String> {
        // Error texts name the directory as cargo sees it; results name no absolute path.
        let tree = std::fs::canonicalize(tree).map_err(|error| error.to_string())?;
        let manifest = join(directory_of(lock), "Cargo.toml");
        if !tree.join(&manifest).is_file() {
            return Err(format!("there is no `{manifest}`"));
        }
        let finished = process::run(&Invocation {
            program: &self.program,
            arguments: &[
                "metadata",
                "--locked",
                "--offline",
                "--format-version",
                "1",
                "--manifest-path",
                "Cargo.toml",
            ],
            directory: &tree.join(directory_of(lock)),
            variables: &[
                ("CARGO_TERM_COLOR", "never"),
                ("CARGO_NET_OFFLINE", "true"),
                // A missing toolchain is a gap, not a download.
                ("RUSTUP_AUTO_INSTALL", "0"),
            ],
            output_limit: OUTPUT_LIMIT,
            time_limit: self.time_limit,
        });
        let finished = finished.map_err(|error| {
            let name = self
                .program
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            let text = error.to_string();
            let text = text.replace(&*self.program.to_string_lossy(), &name);
            error
                .hint()
                .map_or(text.clone(), |hint| format!("{text}; {hint}"))
        })?;
        if finished.code != Some(0) {
            return Err(first_error(&finished.stderr, &tree));
        }
        let text = String::from_utf8(finished.stdout)
            .map_err(|_| "its output is not valid UTF-8".to_owned())?;
        MetadataCommand::parse(text)
            .map_err(|error| format!("its output is not understood: {error}"))
    }
}

/// The first error of cargo, in one line and without the place of the tree.
fn first_error(stderr: &[u8], tree: &Path) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().find(|line| line.starts_with("error"));
    let line = line
        .or_else(|| text.lines().next())
        .unwrap_or("it failed without a word");
    line.replace(&*tree.to_string_lossy(), ".")
}

fn failed(lock: &str, reason: &str) -> Gap {
    let message = format!("cargo said nothing about `{lock}`: {reason}");
    let location = Some(Location::file(lock));
    rules::gap(&rules::CARGO_FAILED, location, &message, None)
}

/// Packages of cargo's answer by id, with the place of their component.
struct Answer<'m> {
    packages: HashMap<&'m PackageId, (&'m Package, usize)>,
}

fn apply(
    metadata: &Metadata,
    lock: &str,
    components: &mut [Component],
    edges: &BTreeMap<Purl, BTreeSet<Purl>>,
) -> Vec<Gap> {
    let Some(resolve) = &metadata.resolve else {
        return vec![failed(lock, "its answer holds no dependency graph")];
    };
    let (answer, strangers) = Answer::new(metadata, lock, components);
    let scopes = answer.scopes(metadata, resolve, components.len());
    let facts = answer.facts(resolve, components, edges);
    for (package, place) in answer.packages.values() {
        let Some(component) = components.get_mut(*place) else {
            continue;
        };
        if !component.licence.is_known() {
            component.licence = licence(package);
        }
        let runs = has_target(package, &TargetKind::CustomBuild) || is_proc_macro(package);
        component.runs_install_code = Some(runs || component.runs_install_code == Some(true));
        let Some(Some(scope)) = scopes.get(*place) else {
            continue;
        };
        for occurrence in &mut component.occurrences {
            if occurrence.location.path == lock {
                occurrence.scope = *scope;
            }
        }
    }
    for (place, more) in facts {
        if let Some(component) = components.get_mut(place) {
            let facts = component.cargo.get_or_insert_default();
            facts.features.extend(more.features);
            facts.targets.extend(more.targets);
            for (purl, uses) in more.uses {
                facts.uses.entry(purl).or_default().extend(uses);
            }
        }
    }
    let reason = strangers.first().map(|name| {
        let count = strangers.len();
        format!("it names {count} packages that the lockfile does not hold, such as `{name}`")
    });
    reason
        .map(|reason| failed(lock, &reason))
        .into_iter()
        .collect()
}

impl<'m> Answer<'m> {
    /// Also gives the packages that the lockfile does not hold; with `--locked` there
    /// should be none.
    fn new(
        metadata: &'m Metadata,
        lock: &str,
        components: &[Component],
    ) -> (Self, BTreeSet<String>) {
        let mut by_version: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (place, component) in components.iter().enumerate() {
            let is_locked = component.ecosystem == Ecosystem::Cargo
                && component
                    .occurrences
                    .iter()
                    .any(|o| o.location.path == lock);
            if let Some(version) = component.version.as_deref().filter(|_| is_locked) {
                by_version
                    .entry((&component.name, version))
                    .or_default()
                    .push(place);
            }
        }
        let mut packages = HashMap::new();
        let mut strangers = BTreeSet::new();
        for package in &metadata.packages {
            let version = package.version.to_string();
            let places = by_version.get(&(package.name.as_str(), version.as_str()));
            let place = match places.map_or(&[][..], Vec::as_slice) {
                [only] => Some(*only),
                several => several
                    .iter()
                    .copied()
                    .find(|place| components.get(*place).is_some_and(|c| is_from(c, package))),
            };
            match place {
                Some(place) => {
                    packages.insert(&package.id, (package, place));
                }
                None => {
                    strangers.insert(format!("{}@{version}", package.name));
                }
            }
        }
        (Self { packages }, strangers)
    }

    fn place(&self, id: &PackageId) -> Option<usize> {
        self.packages.get(id).map(|(_, place)| *place)
    }

    fn scopes(&self, metadata: &Metadata, resolve: &Resolve, count: usize) -> Vec<Option<Scope>> {
        let roots = metadata
            .workspace_members
            .iter()
            .filter_map(|id| self.place(id));
        let mut edges = Vec::new();
        for node in &resolve.nodes {
            let Some(from) = self.place(&node.id) else {
                continue;
            };
            for dependency in &node.deps {
                let Some((package, to)) = self.packages.get(&dependency.pkg) else {
                    continue;
                };
                for kind in kinds(dependency) {
                    let scope = match kind.kind {
                        DependencyKind::Dev => Scope::Dev,
                        DependencyKind::Build => Scope::Build,
                        DependencyKind::Normal if is_proc_macro(package) => Scope::Build,
                        DependencyKind::Normal => Scope::Runtime,
                    };
                    edges.push((from, *to, scope));
                }
            }
        }
        scopes::reach(count, roots, edges)
    }

    fn facts(
        &self,
        resolve: &Resolve,
        components: &[Component],
        edges: &BTreeMap<Purl, BTreeSet<Purl>>,
    ) -> Vec<(usize, CargoFacts)> {
        let mut all = Vec::new();
        for node in &resolve.nodes {
            let Some((package, place)) = self.packages.get(&node.id) else {
                continue;
            };
            let known = components
                .get(*place)
                .and_then(|from| edges.get(&from.purl));
            let mut facts = CargoFacts {
                features: node.features.iter().map(ToString::to_string).collect(),
                targets: package
                    .targets
                    .iter()
                    .flat_map(|target| &target.kind)
                    // What is not built for a dependent is none of its business.
                    .filter(|kind| {
                        !matches!(
                            kind,
                            TargetKind::Bench | TargetKind::Example | TargetKind::Test
                        )
                    })
                    .map(ToString::to_string)
                    .collect(),
                uses: BTreeMap::new(),
            };
            for dependency in &node.deps {
                let to = self
                    .place(&dependency.pkg)
                    .and_then(|to| components.get(to));
                if let Some(to) = to
                    && known.is_some_and(|known| known.contains(&to.purl))
                {
                    let uses = facts.uses.entry(to.purl.clone()).or_default();
                    uses.extend(kinds(dependency));
                }
            }
            all.push((*place, facts));
        }
        all
    }
}

fn kinds(dependency: &cargo_metadata::NodeDep) -> impl Iterator<Item = DependencyUse> {
    dependency.dep_kinds.iter().map(|info| DependencyUse {
        kind: match info.kind {
            CargoKind::Development => DependencyKind::Dev,
            CargoKind::Build => DependencyKind::Build,
            // A kind that is not known yet counts as the widest.
            _ => DependencyKind::Normal,
        },
        platform: info.target.as_ref().map(ToString::to_string),
    })
}

/// Whether a component has the source of a package; asked where name and version are
/// shared by several.
fn is_from(component: &Component, package: &Package) -> bool {
    let Some(source) = &package.source else {
        return component.kind == ComponentKind::Own;
    };
    let address = source
        .repr
        .split_once('+')
        .map_or("", |(_, address)| address);
    component
        .occurrences
        .iter()
        .any(|place| match &place.origin {
            Origin::Registry { index, .. } => index.as_deref() == Some(address),
            Origin::Git { url, commit, .. } => {
                let (before, after) = address.split_once('#').unwrap_or((address, ""));
                before.split('?').next() == Some(url.as_str()) && commit.as_deref() == Some(after)
            }
            _ => false,
        })
}

fn has_target(package: &Package, kind: &TargetKind) -> bool {
    package
        .targets
        .iter()
        .any(|target| target.kind.contains(kind))
}

fn is_proc_macro(package: &Package) -> bool {
    has_target(package, &TargetKind::ProcMacro)
}

fn licence(package: &Package) -> Licence {
    match (&package.license, &package.license_file) {
        (Some(text), _) => Licence::of_text(text, LicenceSource::CargoMetadata),
        (None, Some(file)) => {
            let name = file.file_name().unwrap_or_default();
            Licence::unknown(format!("the package names the file `{name}` only"))
        }
        (None, None) => Licence::unknown("the package states none"),
    }
}

#[cfg(test)]
mod tests;
