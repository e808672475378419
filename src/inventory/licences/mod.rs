//! Licences, and code that runs at build time, from the copies of packages that package
//! managers keep: read only where [`Caches`] names them, because what they hold differs
//! between machines.
//!
//! A copy counts only where it is the locked package: name and version are its own, and
//! the origin is proved as far as the cache can prove it.
//!
//! | cache | proof |
//! |---|---|
//! | Cargo's registry | SHA-256 of the package file beside it is the locked one |
//! | `node_modules` | integrity that npm noted there does not differ from the locked one |
//! | `site-packages` | `direct_url.json` is there exactly where the lock names no registry |
//! | Go's modules | the `h1:` hash that go noted is the locked one |
//! | Maven's repository | the pom's own coordinates |
//!
//! What is proved is what the package manager fetched; a copy that its owner changed
//! afterwards speaks for itself. Nothing is run, and no link below a cache is followed.

mod cargo;
mod go;
mod maven;
mod npm;
mod python;
pub(super) mod store;

use crate::model::{
    Checksum, Component, ComponentKind, Digest, DigestAlgorithm, Ecosystem, Licence, LicenceSource,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use store::Store;

/// The caches that may be read; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caches {
    /// Whether `node_modules` and virtual environments inside the tree are read.
    pub in_tree: bool,
    /// Cargo's home, usually `~/.cargo`.
    pub cargo_home: Option<PathBuf>,
    /// Directories called `site-packages`.
    pub site_packages: Vec<PathBuf>,
    /// Go's module cache, usually `~/go/pkg/mod`.
    pub go_modules: Option<PathBuf>,
    /// Maven's local repository, usually `~/.m2/repository`.
    pub maven_repository: Option<PathBuf>,
}

/// What the copy of a package says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    licence: Licence,
    runs_install_code: Option<bool>,
}

/// Why nothing can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Untold {
    /// The cache has no such package.
    Absent,
    /// It has one of that name and version, which is not, or not surely, the locked one.
    Unproved,
    /// Packages of this origin are not looked up.
    OtherOrigin,
}

/// Adds what caches tell to components that were fetched. What a lockfile says stays.
pub fn fill(tree: &Path, caches: &Caches, components: &mut [Component]) {
    let mut cargo = caches.cargo_home.as_deref().and_then(cargo::Registry::open);
    let node = match caches.in_tree {
        true => npm::Installed::read(tree, components),
        false => None,
    };
    let python = python::Environments::read(tree, caches, components);
    let go = caches.go_modules.as_deref().and_then(Store::open);
    let maven = caches.maven_repository.as_deref().and_then(Store::open);
    for component in components {
        if component.kind == ComponentKind::Own {
            continue;
        }
        let told = match component.ecosystem {
            Ecosystem::Cargo => cargo.as_mut().map(|cache| cache.tell(component)),
            Ecosystem::Npm => node.as_ref().map(|cache| cache.tell(component)),
            Ecosystem::Pypi => python.as_ref().map(|cache| cache.tell(component)),
            Ecosystem::Golang => go.as_ref().map(|cache| go::tell(cache, component)),
            Ecosystem::Maven => maven.as_ref().map(|cache| maven::tell(cache, component)),
            _ => None,
        };
        if let Some(told) = told {
            take(component, told);
        }
    }
}

fn take(component: &mut Component, told: Result<Told, Untold>) {
    match told {
        Ok(told) => {
            if !component.licence.is_known() {
                component.licence = told.licence;
            }
            component.runs_install_code = component.runs_install_code.or(told.runs_install_code);
        }
        Err(why) if !component.licence.is_known() => {
            let cache = source_of(component.ecosystem).as_str();
            component.licence = Licence::unknown(match why {
                Untold::Absent => {
                    format!("not recorded in the lockfile, nor is the package in the {cache}")
                }
                Untold::Unproved => format!(
                    "not recorded in the lockfile, and the copy in the {cache} is not proved to be the locked one"
                ),
                Untold::OtherOrigin => format!(
                    "not recorded in the lockfile, and the {cache} holds packages of registries only"
                ),
            });
        }
        Err(_) => {}
    }
}

fn source_of(ecosystem: Ecosystem) -> LicenceSource {
    match ecosystem {
        Ecosystem::Cargo => LicenceSource::CargoRegistry,
        Ecosystem::Npm => LicenceSource::NodeModules,
        Ecosystem::Pypi => LicenceSource::SitePackages,
        Ecosystem::Golang => LicenceSource::GoModules,
        Ecosystem::Maven => LicenceSource::MavenRepository,
        _ => LicenceSource::Lockfile,
    }
}

/// The digests of files that the lockfiles record, of one algorithm or of all.
fn digests(component: &Component, only: Option<DigestAlgorithm>) -> BTreeSet<&Digest> {
    component
        .occurrences
        .iter()
        .flat_map(|occurrence| &occurrence.checksums)
        .filter_map(|checksum| match checksum {
            Checksum::File(digest) => Some(digest),
            Checksum::Opaque { .. } => None,
        })
        .filter(|digest| only.is_none_or(|only| digest.algorithm() == only))
        .collect()
}

/// Whether a name can be one part of a path.
fn is_one_part(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])
}

#[cfg(test)]
mod tests;
