//! Where poms come from: the tree, and a local Maven repository if the caller named one.
//! Each is read once for all lockfiles of a tree.

use super::effective::Effective;
use super::model::RawPom;
use super::reactor::Reactor;
use crate::inventory::formats::gradle_lockfile::verification::Verification;
use crate::inventory::formats::{Neighbour, Neighbours, directory_of, join};
use crate::inventory::tree::normalise;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Why a file could not be read: 1-based line and reason.
pub type Problem = (u32, String);

type Read<T> = Result<Option<Rc<T>>, Problem>;

/// A local Maven repository.
pub trait Store {
    /// A file by its path in the repository; `None` where there is none.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<Option<Neighbour>, String>;
}

/// Poms, and the checksums of Gradle builds, kept between lockfiles.
#[derive(Default)]
pub struct Shelf {
    repository: Option<Box<dyn Store>>,
    /// By path in the tree.
    files: RefCell<HashMap<String, Read<RawPom>>>,
    /// By path in the repository.
    stored: RefCell<HashMap<String, Read<RawPom>>>,
    /// By path of the topmost pom.
    reactors: RefCell<HashMap<String, Rc<Reactor>>>,
    /// By path in the tree.
    verifications: RefCell<HashMap<String, Read<Verification>>>,
}

impl Shelf {
    /// With a local Maven repository (`~/.m2/repository`).
    #[must_use]
    pub fn with_repository(repository: Option<Box<dyn Store>>) -> Self {
        Self {
            repository,
            ..Self::default()
        }
    }

    /// Whether there is a local repository.
    #[must_use]
    pub fn has_repository(&self) -> bool {
        self.repository.is_some()
    }

    /// The checksums of a Gradle build; none where there is no such file.
    ///
    /// # Errors
    /// Line and reason.
    pub fn verification(&self, path: &str, tree: &dyn Neighbours) -> Read<Verification> {
        if let Some(known) = self.verifications.borrow().get(path) {
            return known.clone();
        }
        let read = match tree.read(path) {
            Ok(Some(file)) => Verification::parse(&file).map(|read| Some(Rc::new(read))),
            Ok(None) => Ok(None),
            Err(reason) => Err((1, reason)),
        };
        let mut known = self.verifications.borrow_mut();
        known.entry(path.to_owned()).or_insert(read).clone()
    }

    /// A pom of the tree.
    ///
    /// # Errors
    /// Line and reason.
    pub fn file(&self, path: &str, tree: &dyn Neighbours) -> Read<RawPom> {
        let Some(path) = normalise(path) else {
            return Ok(None);
        };
        if let Some(known) = self.files.borrow().get(&path) {
            return known.clone();
        }
        let read = parse(tree.read(&path), Some(&path));
        self.files.borrow_mut().insert(path, read.clone());
        read
    }

    /// A pom of the tree whose text is at hand.
    ///
    /// # Errors
    /// Line and reason.
    pub fn put(&self, path: &str, text: &str) -> Result<Rc<RawPom>, Problem> {
        if let Some(Ok(Some(known))) = self.files.borrow().get(path) {
            return Ok(Rc::clone(known));
        }
        let mut pom = RawPom::parse(text).map_err(|error| (error.line, error.reason))?;
        pom.path = Some(path.to_owned());
        let pom = Rc::new(pom);
        let mut files = self.files.borrow_mut();
        files.insert(path.to_owned(), Ok(Some(Rc::clone(&pom))));
        Ok(pom)
    }

    /// A pom of the local repository
    /// (<https://maven.apache.org/repositories/layout.html>).
    fn stored(&self, group: &str, artifact: &str, version: &str) -> Option<Rc<RawPom>> {
        let repository = self.repository.as_deref()?;
        let is_name = |text: &str| {
            !text.is_empty()
                && !text.starts_with('.')
                && text
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'))
        };
        if ![group, artifact, version].into_iter().all(is_name) {
            return None;
        }
        let directory = group.replace('.', "/");
        let path = format!("{directory}/{artifact}/{version}/{artifact}-{version}.pom");
        if let Some(known) = self.stored.borrow().get(&path) {
            return known.clone().ok().flatten();
        }
        let read = parse(repository.read(&path), None);
        self.stored.borrow_mut().insert(path, read.clone());
        read.ok().flatten()
    }

    /// The build that a pom belongs to.
    pub fn reactor(&self, path: &str, tree: &dyn Neighbours) -> Rc<Reactor> {
        let top = Reactor::top_of(path, self, tree);
        if let Some(known) = self.reactors.borrow().get(&top) {
            return Rc::clone(known);
        }
        let reactor = Rc::new(Reactor::read(&top, self, tree));
        let mut known = self.reactors.borrow_mut();
        Rc::clone(known.entry(top).or_insert(reactor))
    }
}

fn parse(read: Result<Option<Neighbour>, String>, path: Option<&str>) -> Read<RawPom> {
    match read {
        Ok(Some(Neighbour { text, .. })) => match RawPom::parse(&text) {
            Ok(mut pom) => {
                pom.path = path.map(str::to_owned);
                Ok(Some(Rc::new(pom)))
            }
            Err(error) => Err((error.line, error.reason)),
        },
        Ok(None) => Ok(None),
        Err(reason) => Err((1, reason)),
    }
}

/// The view of one build on everything.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// All poms.
    pub shelf: &'a Shelf,
    /// The tree.
    pub tree: &'a dyn Neighbours,
    /// The build.
    pub reactor: &'a Reactor,
}

impl Context<'_> {
    /// The pom that a `relativePath` of another one leads to.
    pub fn beside(&self, path: &str, relative: &str) -> Option<Rc<RawPom>> {
        let target = pom_path(directory_of(path), relative);
        self.shelf.file(&target, self.tree).ok().flatten()
    }

    /// A pom by group, artifact and version: of the build, else of the local repository.
    pub fn named(&self, group: &str, artifact: &str, version: &str) -> Option<Rc<RawPom>> {
        if let Some(path) = self.reactor.member(group, artifact, version) {
            return self.shelf.file(path, self.tree).ok().flatten();
        }
        self.shelf.stored(group, artifact, version)
    }

    /// The effective pom of a package, kept.
    pub fn effective(&self, group: &str, artifact: &str, version: &str) -> Option<Rc<Effective>> {
        let label = format!("{group}:{artifact}:{version}");
        if let Some(known) = self.reactor.effective.borrow().get(&label) {
            return Some(Rc::clone(known));
        }
        let pom = self.named(group, artifact, version)?;
        let effective = Rc::new(super::effective::effective(&pom, self));
        let mut known = self.reactor.effective.borrow_mut();
        Some(Rc::clone(known.entry(label).or_insert(effective)))
    }
}

/// The pom at a directory or file, relative to a directory.
pub fn pom_path(directory: &str, relative: &str) -> String {
    let path = join(directory, relative.trim_end_matches('/'));
    if path.ends_with(".xml") {
        path
    } else {
        join(&path, "pom.xml")
    }
}
