//! The effective configuration of the clients that read the lockfiles: which registries
//! they ask, and which of their own checks are off. Files of the tree in, routes out. No
//! client is run.
//!
//! By default only the tree counts: the same commit has the same result on every machine.
//! Home, system and environment count where the caller gives a [`Machine`]. A client's own
//! default is certain only then, because a file of the user may replace it.

mod bun;
mod bundler;
mod cargo;
mod composer;
mod files;
mod go;
mod gradle;
mod maven;
mod model;
mod npm;
mod npm_lines;
mod nuget;
mod pdm;
mod pip;
mod pip_lines;
mod pipenv;
mod poetry;
#[cfg(test)]
mod tests;
mod text;
mod uv;
mod yarn;

pub use files::Machine;
pub(super) use files::{Files as Source, join};
pub use model::{
    Client, CoolDown, Effective, Names, Recorded, Replacement, Route, Sources, Target, Weakness,
};
pub(super) use text::{Toml, place, says};

use crate::model::{Gap, Location, LockfileRead, Rule};
use files::Files;
use std::collections::BTreeMap;
use std::path::Path;

/// The configuration of every client, by the lockfile that it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clients {
    /// By the lockfile's path.
    pub effective: BTreeMap<String, Effective>,
    /// What could not be read or decided, sorted.
    pub gaps: Vec<Gap>,
    /// Whether home, system and environment were read.
    pub reads_machine: bool,
}

impl Clients {
    /// The configuration that counts for a lockfile.
    #[must_use]
    pub fn of(&self, lockfile: &str) -> Option<&Effective> {
        let found = self.effective.get(lockfile);
        // Checksums of Go stand in a file of their own.
        found.or_else(|| {
            let module = lockfile.strip_suffix("go.sum")?;
            self.effective.get(&format!("{module}go.mod"))
        })
    }
}

/// Reads the configuration of the clients of these lockfiles of a tree; with a machine,
/// also its home, system and environment.
#[must_use]
pub fn read(root: &Path, lockfiles: &[LockfileRead], machine: Option<&Machine>) -> Clients {
    let files = Files::new(root, machine);
    let mut effective = BTreeMap::new();
    let requirements: Vec<&str> = lockfiles
        .iter()
        .filter(|lock| lock.format == "requirements")
        .map(|lock| lock.path.as_str())
        .collect();
    effective.extend(pip::read_all(&files, &requirements));
    for lock in lockfiles {
        let path = lock.path.as_str();
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let found = match lock.format {
            "cargo-lock" => cargo::read(&files, directory),
            "package-lock" => npm::read(&files, directory),
            "pnpm-lock" => npm::read_pnpm(&files, directory),
            "yarn-lock" => yarn::read(&files, directory, path),
            "bun-lock" => bun::read(&files, directory),
            "uv-lock" => uv::read(&files, directory),
            "poetry-lock" => poetry::read(&files, directory),
            "pdm-lock" => pdm::read(&files, directory),
            "pipfile-lock" => pipenv::read(&files, directory),
            "nuget-lock" | "nuget-assets" => nuget::read(&files, directory),
            "pom" => maven::read(&files, path, directory),
            "gradle-lockfile" => gradle::read(&files, directory),
            "gemfile-lock" => bundler::read(&files, path, directory),
            "composer-lock" => composer::read(&files, path, directory),
            "go-mod" | "go-work" => go::read(&files),
            _ => continue,
        };
        effective.insert(lock.path.clone(), found);
    }
    Clients {
        effective,
        reads_machine: files.reads_machine(),
        gaps: files.into_gaps(),
    }
}

fn rules_gap(rule: &Rule, location: Option<Location>, message: &str) -> Gap {
    Gap {
        id: rule.id,
        message: message.to_owned(),
        location,
        remedy: rule.remedy.to_owned(),
    }
}
