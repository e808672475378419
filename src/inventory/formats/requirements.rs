//! pip's requirement files
//! (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).
//!
//! A requirement without an exact version is a component without version and a gap:
//! nobody can say what will be installed. Nothing is read outside the root, no
//! environment variable is expanded, and no address is fetched.

mod line;

use super::{AlsoRead, Format, Input, PACKAGE_LIMIT, Package, Parsed, directory_of, join};
use crate::inventory::error::FormatError;
use crate::inventory::python::{Manifest, digest, normalise, runs_code};
use crate::inventory::rules;
use crate::model::{Checksum, ComponentKind, Ecosystem, Origin, Rule};
use line::{Logical, Requirement, Target};
use std::collections::{BTreeSet, HashMap};

/// Files that include one another, one inside the other.
const INCLUDE_DEPTH: usize = 10;

/// The format.
pub struct Requirements;

impl Format for Requirements {
    fn name(&self) -> &'static str {
        "requirements"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pypi
    }

    fn has_graph(&self) -> bool {
        false
    }

    fn globs(&self) -> &'static [&'static str] {
        &["*requirements*.txt", "**/requirements/*.txt"]
    }

    fn matches(&self, directory: &str, file: &str) -> bool {
        let named = file.starts_with("requirements") || file.ends_with("requirements.txt");
        file.ends_with(".txt") && (named || directory == "requirements")
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let mut reader = Reader {
            input,
            parsed: Parsed::default(),
            constraints: HashMap::new(),
            index: None,
            other_indexes: false,
            read: BTreeSet::new(),
            full: false,
        };
        reader.file(input.path, input.text, false, 0);
        if reader.full {
            return Err(FormatError::TooManyPackages {
                limit: PACKAGE_LIMIT,
            });
        }
        Ok(reader.finish())
    }
}

struct Reader<'i> {
    input: &'i Input<'i>,
    parsed: Parsed,
    /// Versions that `-c` files give to names.
    constraints: HashMap<String, String>,
    /// `--index-url`: the last one counts, wherever it stands.
    index: Option<String>,
    /// `--extra-index-url`, `--find-links` or `--no-index`: the file does not say which
    /// place a package comes from.
    other_indexes: bool,
    /// Files read, each with whether as a constraint file.
    read: BTreeSet<(String, bool)>,
    full: bool,
}

impl Reader<'_> {
    fn note(&mut self, rule: &Rule, path: &str, line: u32, message: &str) {
        self.parsed.note(rule, path, line, message);
    }

    fn file(&mut self, path: &str, text: &str, constraint: bool, depth: usize) {
        if !self.read.insert((path.to_owned(), constraint)) {
            return;
        }
        for logical in line::logical(text) {
            if self.parsed.packages.len() >= PACKAGE_LIMIT {
                self.full = true;
                return;
            }
            let at = logical.line;
            match line::parse(&logical) {
                Err(reason) => self.note(&rules::INCOMPLETE_ENTRY, path, at, &reason),
                Ok(Logical::Requirement(requirement)) if constraint => {
                    self.constrain(&requirement, path, at);
                }
                Ok(Logical::Requirement(requirement)) => self.require(requirement, path, at),
                Ok(Logical::Include { file, constraint }) => {
                    self.include(path, at, &file, constraint, depth);
                }
                Ok(Logical::Index(url)) => self.index = Some(url),
                Ok(Logical::OtherIndex) => self.other_indexes = true,
                Ok(Logical::Nothing) => {}
            }
        }
    }

    fn include(&mut self, from: &str, at: u32, file: &str, constraint: bool, depth: usize) {
        if depth >= INCLUDE_DEPTH {
            let message = format!("`{file}`: files include one another more than 10 deep");
            return self.note(&rules::TOO_LARGE, from, at, &message);
        }
        if file.contains("://") {
            let message = format!("`{file}` is included from the network; it was not fetched");
            return self.note(&rules::UNREADABLE_LOCKFILE, from, at, &message);
        }
        let path = join(directory_of(from), file);
        match self.input.neighbours.read(&path) {
            Ok(Some(neighbour)) => {
                if neighbour.path != self.input.path {
                    self.parsed.also_read.push(AlsoRead {
                        path: neighbour.path.clone(),
                        format: "requirements",
                        packages: 0,
                        digest: neighbour.digest,
                    });
                }
                self.file(&neighbour.path, &neighbour.text, constraint, depth + 1);
            }
            Ok(None) => {
                let message = format!("`{file}` is included, but is not there");
                self.note(&rules::UNREADABLE_LOCKFILE, from, at, &message);
            }
            Err(reason) => {
                let message = format!("`{file}` is included, but cannot be read: {reason}");
                self.note(&rules::UNREADABLE_LOCKFILE, from, at, &message);
            }
        }
    }

    fn constrain(&mut self, requirement: &Requirement, path: &str, at: u32) {
        match &requirement.target {
            Target::Named {
                name,
                version: Some(version),
                ..
            } => {
                self.constraints.insert(name.clone(), version.clone());
            }
            // A range is no exact version: the requirement is reported where it stands.
            Target::Named { .. } => {}
            _ => {
                let message = "a constraint by address was not applied";
                self.note(&rules::INCOMPLETE_ENTRY, path, at, message);
            }
        }
    }

    fn require(&mut self, requirement: Requirement, path: &str, at: u32) {
        let mut package = match requirement.target {
            Target::Named {
                name,
                version,
                origin,
            } => {
                let mut package = Package::new(name, at);
                package.version = version;
                // `Unrecorded` becomes the index, when all files are read.
                package.origin = origin.unwrap_or(Origin::Unrecorded);
                package
            }
            Target::Directory { path: directory } => match self.project(path, &directory, at) {
                Some(package) => package,
                None => return,
            },
        };
        for hash in requirement.hashes {
            match digest(&hash) {
                Ok(digest) => package.checksums.push(Checksum::File(digest)),
                Err(error) => {
                    let message = format!("a hash of `{}`: {error}", package.name);
                    self.note(&rules::INCOMPLETE_ENTRY, path, at, &message);
                }
            }
        }
        if package.kind == ComponentKind::Dependency {
            package.runs_install_code = runs_code(&package.origin, []);
        }
        package.checksums.sort();
        package.checksums.dedup();
        if path != self.input.path {
            package.path = Some(path.to_owned());
        }
        self.parsed.packages.push(package);
    }

    /// A project in the tree, by the name in its manifest.
    fn project(&mut self, from: &str, directory: &str, at: u32) -> Option<Package> {
        let directory = directory.split('[').next().unwrap_or(directory);
        let at_path = join(directory_of(from), directory);
        let manifest = self
            .input
            .neighbours
            .read(&format!("{at_path}/pyproject.toml"));
        let root = manifest
            .ok()
            .flatten()
            .and_then(|file| Manifest::parse(&file.text)?.root);
        let Some(root) = root else {
            let message =
                format!("`{directory}` is a project, but no pyproject.toml in it gives its name");
            self.note(&rules::INCOMPLETE_ENTRY, from, at, &message);
            return None;
        };
        let mut package = Package::new(normalise(&root.name), at);
        package.version = root.version;
        package.kind = ComponentKind::Own;
        package.origin = Origin::Path {
            path: directory.to_owned(),
        };
        Some(package)
    }

    /// Applies what holds for all files: constraints and the index.
    fn finish(mut self) -> Parsed {
        let mut unpinned = Vec::new();
        for package in &mut self.parsed.packages {
            if package.version.is_none() {
                package.version = self.constraints.get(&package.name).cloned();
            }
            let indexed = package.origin == Origin::Unrecorded;
            // A branch or a tag can move: it is no exact version either.
            let moves = matches!(package.origin, Origin::Git { commit: None, .. });
            if indexed && let (Some(index), false) = (&self.index, self.other_indexes) {
                package.origin = Origin::Registry {
                    index: Some(index.clone()),
                    file: None,
                    default: false,
                };
            }
            if package.version.is_none() && (indexed || moves) {
                let path = package.path.as_deref().unwrap_or(self.input.path);
                unpinned.push((path.to_owned(), package.line, package.name.clone()));
            }
        }
        for (path, line, name) in unpinned {
            let message = format!("`{name}` has no exact version, and no commit");
            self.note(&rules::UNPINNED_REQUIREMENT, &path, line, &message);
        }
        let read: HashMap<String, usize> =
            self.parsed
                .packages
                .iter()
                .fold(HashMap::new(), |mut counts, package| {
                    if let Some(path) = &package.path {
                        *counts.entry(path.clone()).or_default() += 1;
                    }
                    counts
                });
        for also in &mut self.parsed.also_read {
            also.packages = read.get(&also.path).copied().unwrap_or(0);
        }
        self.parsed
    }
}

#[cfg(test)]
mod tests;
