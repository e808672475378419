//! What a product is made of, read from the lockfiles of its tree: offline, without
//! running a tool of the tree, without following a link. Two things more only where the
//! caller asks: what caches of package managers say ([`Options::caches`]), and what cargo
//! says ([`Options::with_cargo`]), which runs in the tree.
//!
//! # Which lockfiles are the product
//! A tree may hold many lockfiles. Every one that is found is read, or is a gap, or is
//! listed in [`Inventory::skipped`] with the reason; the first rule that applies decides:
//!
//! 1. A path that [`Options::include`] names, or that lies below one, is the product.
//! 2. `package-lock.json` beside `npm-shrinkwrap.json` is skipped: npm reads the other.
//! 3. A lockfile in a directory that is a workspace member of a product lockfile above it
//!    (Cargo `[workspace]`, npm `workspaces`, uv `[tool.uv.workspace]`, `go.work`) is the
//!    product.
//! 4. One below a directory that keeps samples or copies (`tests`, `testdata`,
//!    `fixtures`, `examples`, `vendor`, `third_party`, `target`, …) is skipped.
//! 5. One below a directory that has a product lockfile of the same group (Cargo; npm and
//!    its rivals; Python; Go) is skipped.
//! 6. A GitHub workflow outside the root's `.github/workflows` is skipped: GitHub does not
//!    run it. Rules 3 and 5 do not concern workflows and actions, nor does rule 4 below
//!    `.github`.
//! 7. Every other one is the product. So a root without a lockfile has its nearest ones
//!    below as its product: several applications in one repository all count, and a web
//!    front end beside a Rust server does too.
//!
//! A `go.mod` that a `go.work` of the product uses is read by way of that.
//!
//! Directories `.git` and `node_modules` are not searched, nor are those that a
//! `.gitignore` of the tree excludes, but for what git tracks in them. Where git tracks
//! nothing, `.gitignore` does not count. A `node_modules` is listed as skipped where git
//! tracks something in it, or tracks nothing at all: an installed one is no part of a commit.
//!
//! Rule 5, and a manifest that the product lockfile above it does not know, go by the place
//! alone: whoever judges the product asks [`left_out`] for these.
//!
//! # What is a gap
//! A product lockfile that cannot be read, or only in part; one of a format or version
//! that is not read; a manifest with dependencies that no lockfile covers; a tree without
//! any of them. The ids and texts are in [`rules`].

mod availability;
pub mod binary;
mod cargo_manifests;
mod document;
pub mod error;
pub mod formats;
mod from_sbom;
mod json;
mod licences;
mod lone;
mod manifest;
mod merge;
mod npm;
mod order;
pub mod parsed;
mod python;
pub mod rules;
mod scopes;
mod select;
mod shape;
mod tree;
mod unique;
mod unsupported;
mod walk;
mod with_cargo;
mod workspace;

use crate::model::{Ecosystem, Gap, Inventory, Location, LockfileRead, Root, SkipKind};
use crate::support::{json_tree, lines, xml, yaml};
pub use binary::BinaryError;
pub use error::{FormatError, InventoryError};
use formats::pom::{Shelf, Store};
use formats::{Format, Input, Package, Parsed};
pub use from_sbom::of_sbom;
pub use licences::Caches;
pub use lone::{is_lockfile, lockfile_names, read_lockfile};
use merge::Merge;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tree::{Repository, Tree, Unreadable};
use walk::{Found, Group, Lockfile, Reader};
pub use with_cargo::WithCargo;

/// What the caller decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Paths of lockfiles, or of directories with lockfiles, relative to the root, that
    /// belong to the product although the rules leave them out.
    pub include: Vec<String>,
    /// Name of the product where no manifest says one: the name of its directory. Of a
    /// path only the last part is used.
    pub fallback_name: String,
    /// Caches of package managers that may be read for licences; none by default, so that
    /// the result is the same on every machine.
    pub caches: Caches,
    /// The cargo to ask for what `Cargo.lock` does not say; none by default. It runs in
    /// the tree, and the tree can then run code.
    pub with_cargo: Option<WithCargo>,
    /// A local Maven repository (`~/.m2/repository`), in which a `pom.xml` finds its
    /// parents, its boms, and what its dependencies depend on. Without one, a `pom.xml`
    /// gives its direct dependencies only, and a gap says so.
    pub maven_repository: Option<PathBuf>,
}

/// The inventory of the product in a directory.
///
/// # Errors
/// [`InventoryError`] where the root is no directory or `include` is wrong. What could
/// not be read inside is in [`Inventory::gaps`].
pub fn read_tree(root: &Path, options: &Options) -> Result<Inventory, InventoryError> {
    let metadata = std::fs::metadata(root).map_err(|source| InventoryError::Root {
        path: root.to_owned(),
        source,
    })?;
    if !metadata.is_dir() {
        return Err(InventoryError::NotADirectory {
            path: root.to_owned(),
        });
    }
    let tree = Tree::new(root);
    let found = walk::walk(root, &options.include);
    let selection = select::select(&tree, &found, &options.include)?;
    let mut reading = Reading {
        gaps: selection.gaps,
        ..Reading::of(options)
    };
    for lock in &selection.product {
        if let Reader::Format(format) = lock.reader {
            reading.read(&tree, &found, lock, format);
        }
    }
    let mut inventory = reading.finish(selection.skipped, &options.fallback_name);
    complete(root, options, &mut inventory);
    Ok(inventory)
}

/// Adds what caches and cargo say beyond the lockfiles, where they are asked.
fn complete(root: &Path, options: &Options, inventory: &mut Inventory) {
    licences::fill(root, &options.caches, &mut inventory.components);
    availability::fill(&options.caches, &mut inventory.components);
    if let Some(cargo) = &options.with_cargo {
        ask_cargo(root, cargo, inventory);
    }
}

/// The directory that a file lies in.
#[must_use]
pub fn directory_of_file(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    }
}

/// A gap for everything that was left out and may be a part of the product all the same
/// ([`SkipKind::Open`]). The inventory is complete without it, a judgement is not.
#[must_use]
pub fn left_out(inventory: &Inventory) -> Vec<Gap> {
    let open = inventory.skipped.iter();
    open.filter(|skipped| skipped.kind == SkipKind::Open)
        .map(|skipped| {
            let message = format!("`{}` was left out: {}", skipped.path, skipped.reason);
            let location = Some(Location::file(&skipped.path));
            rules::gap(&rules::LEFT_OUT, location, &message, None)
        })
        .collect()
}

fn ask_cargo(root: &Path, cargo: &WithCargo, inventory: &mut Inventory) {
    let locks = inventory.lockfiles.iter();
    let locks = locks.filter(|lock| lock.format == "cargo-lock");
    let gaps = cargo.ask(
        root,
        locks.map(|lock| lock.path.as_str()),
        &mut inventory.components,
        &inventory.edges,
    );
    inventory.gaps.extend(gaps);
    inventory.gaps.sort();
    inventory.gaps.dedup();
}

#[derive(Default)]
struct Reading {
    merge: Merge,
    maven: Shelf,
    lockfiles: BTreeMap<String, LockfileRead>,
    gaps: Vec<Gap>,
    /// Products that lockfiles name, with the depth of the lockfile.
    roots: Vec<(usize, Root)>,
}

impl Reading {
    fn of(options: &Options) -> Self {
        let repository = options.maven_repository.as_deref();
        let repository = repository.map(|path| Box::new(Repository::new(path)) as Box<dyn Store>);
        Self {
            maven: Shelf::with_repository(repository),
            ..Self::default()
        }
    }

    fn read(&mut self, tree: &Tree, found: &Found, lock: &Lockfile, format: &dyn Format) {
        let path = lock.path.as_str();
        let file = match tree.read_text(path) {
            Ok(Some(file)) => file,
            Ok(None) if path.contains(char::REPLACEMENT_CHARACTER) => {
                let mut gap = unreadable(path, None, "its name is not valid UTF-8");
                gap.remedy = "rename it, or the directory above it".to_owned();
                return self.gaps.push(gap);
            }
            Ok(None) => return self.gaps.push(unreadable(path, None, "it is gone")),
            Err(error) => return self.gaps.push(unreadable_file(path, &error)),
        };
        if file.text.trim().is_empty() {
            return self.gaps.push(unreadable(path, None, "it is empty"));
        }
        let parsed = format.parse(&Input {
            path,
            text: &file.text,
            neighbours: tree,
            maven: &self.maven,
        });
        let mut parsed = match parsed {
            Ok(parsed) => parsed,
            Err(error) => return self.gaps.push(format_gap(path, &error)),
        };
        if format.ecosystem() == Ecosystem::Cargo {
            let manifests: Vec<&str> = found.directories(Group::Cargo).collect();
            cargo_manifests::complete(tree, &manifests, lock.directory(), &mut parsed);
        }
        let is_here = |package: &&Package| package.path.as_deref().is_none_or(|at| at == path);
        let has_graph = parsed.has_graph.unwrap_or_else(|| format.has_graph());
        self.lockfiles.insert(
            path.to_owned(),
            LockfileRead {
                path: path.to_owned(),
                format: format.name(),
                packages: parsed.packages.iter().filter(is_here).count(),
                has_graph,
                digest: file.digest,
            },
        );
        for also in std::mem::take(&mut parsed.also_read) {
            self.lockfiles
                .entry(also.path.clone())
                .or_insert(LockfileRead {
                    path: also.path,
                    format: also.format,
                    packages: also.packages,
                    has_graph,
                    digest: also.digest,
                });
        }
        if let Some(root) = parsed.root.take() {
            self.roots.push((path.matches('/').count(), root));
        }
        note_more(path, &mut parsed);
        self.merge.add(path, format.ecosystem(), parsed);
    }

    fn finish(mut self, mut skipped: Vec<crate::model::Skipped>, fallback: &str) -> Inventory {
        let merged = self.merge.finish();
        self.gaps.extend(merged.gaps);
        // Workflows build the product; they do not say what it is made of.
        let only_workflows = self
            .lockfiles
            .keys()
            .all(|path| path.starts_with(".github/"));
        if only_workflows && self.gaps.is_empty() {
            let message = "no lockfile was found, and no manifest that names dependencies, so no dependency was checked";
            self.gaps
                .push(rules::gap(&rules::NOTHING_TO_CHECK, None, message, None));
        }
        self.gaps.sort();
        self.gaps.dedup();
        // One that another lockfile includes was read after all.
        skipped.retain(|skipped| !self.lockfiles.contains_key(&skipped.path));
        skipped.sort();
        skipped.dedup();
        Inventory {
            root: product(&self.roots, fallback),
            components: merged.components,
            edges: merged.edges,
            direct: merged.direct,
            lockfiles: self.lockfiles.into_values().collect(),
            skipped,
            gaps: self.gaps,
        }
    }
}

/// What the lockfiles of the root itself call the product, if they agree on one name.
fn product(roots: &[(usize, Root)], fallback: &str) -> Root {
    let mut at_root = roots.iter().filter(|(depth, _)| *depth == 0);
    if let Some((_, first)) = at_root.next() {
        let mut version = first.version.clone();
        let mut agreed = true;
        for (_, other) in at_root {
            agreed &= other.name == first.name;
            // One that gives no version does not contradict one that does.
            version = version.or_else(|| other.version.clone());
        }
        if agreed {
            return Root {
                name: first.name.clone(),
                version,
            };
        }
    }
    let name = fallback.rsplit(['/', '\\']).find(|part| !part.is_empty());
    Root {
        name: name.unwrap_or("project").to_owned(),
        version: None,
    }
}

/// Says how many gaps of a file were counted only.
fn note_more(path: &str, parsed: &mut Parsed) {
    if parsed.more_gaps > 0 {
        let message = format!(
            "{} more entries of `{path}` cannot be read",
            parsed.more_gaps
        );
        let location = Some(Location::file(path));
        let rule = &rules::INCOMPLETE_ENTRY;
        parsed.gaps.push(rules::gap(rule, location, &message, None));
    }
}

fn unreadable(path: &str, line: Option<u32>, reason: &str) -> Gap {
    let location = match line {
        Some(line) => Location::line(path, line),
        None => Location::file(path),
    };
    let message = format!("`{location}` cannot be read: {reason}");
    rules::gap(&rules::UNREADABLE_LOCKFILE, Some(location), &message, None)
}

fn unreadable_file(path: &str, error: &Unreadable) -> Gap {
    let reason = error.to_string();
    match error {
        Unreadable::TooLarge { .. } => {
            let message = format!("`{path}` was not read: {reason}");
            let location = Some(Location::file(path));
            rules::gap(&rules::TOO_LARGE, location, &message, None)
        }
        Unreadable::NotText { line } => unreadable(path, Some(*line), &reason),
        Unreadable::Io { .. } => {
            let mut gap = unreadable(path, None, &reason);
            gap.remedy = "give the user who runs sealgate the right to read it".to_owned();
            gap
        }
        Unreadable::Link => {
            let mut gap = unreadable(path, None, &reason);
            gap.remedy = "replace the link by the file itself".to_owned();
            gap
        }
        Unreadable::Outside => {
            let mut gap = unreadable(path, None, &reason);
            gap.remedy = "rename it, or the directory above it".to_owned();
            gap
        }
    }
}

fn format_gap(path: &str, error: &FormatError) -> Gap {
    let location = match error.line() {
        Some(line) => Location::line(path, line),
        None => Location::file(path),
    };
    let message = format!("`{location}`: {error}");
    let rule = match error {
        FormatError::UnknownVersion { .. } => &rules::UNSUPPORTED_LOCK_VERSION,
        FormatError::OldVersion { .. } => &rules::UNSUPPORTED_LOCKFILE,
        FormatError::TooManyPackages { .. } | FormatError::TooManyEdges { .. } => &rules::TOO_LARGE,
        FormatError::Syntax { .. } | FormatError::Shape { .. } => {
            return unreadable(path, error.line(), &error.to_string());
        }
    };
    rules::gap(rule, Some(location), &message, None)
}

#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;
