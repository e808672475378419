//! The directives of `go.mod` that say what is built, and those that `go.work` shares.

use super::super::{Package, Parsed};
use super::syntax::Statement;
use crate::inventory::rules;
use crate::model::{ComponentKind, Gap, Origin};
use std::collections::{HashMap, HashSet};

/// From this language version on, `go.mod` lists indirect dependencies too
/// (<https://go.dev/ref/mod#go-mod-file-go>).
const LISTS_INDIRECT: (u32, u32) = (1, 17);

/// A module in a version that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require {
    /// Module path.
    pub path: String,
    /// As written.
    pub version: String,
    /// Marked as one that only dependencies need.
    pub indirect: bool,
    /// 1-based.
    pub line: u32,
}

/// Old path and version (none: every version) to new path and version (none: a
/// directory).
pub type Replaces<'s> = HashMap<(&'s str, Option<&'s str>), (&'s str, Option<&'s str>)>;

/// What a file says.
#[derive(Default)]
pub struct Module<'s> {
    /// Module path, with its line.
    pub name: Option<(String, u32)>,
    language: Option<(u32, u32)>,
    /// In the order of the file.
    pub requires: Vec<Require>,
    /// Replacements.
    pub replaces: Replaces<'s>,
    /// Paths and versions that are never used.
    pub excludes: HashSet<(&'s str, &'s str)>,
    /// Directories of a workspace as written, with their lines.
    pub uses: Vec<(&'s str, u32)>,
    /// Lines that cannot be read.
    pub gaps: Vec<Gap>,
}

impl<'s> Module<'s> {
    /// Takes in the statements of the file at `path`.
    pub fn read(statements: &'s [Statement], path: &str) -> Self {
        let mut module = Self::default();
        let mut notes = Parsed::default();
        for statement in statements {
            let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
            match (statement.verb.as_str(), words.as_slice()) {
                ("module", [name]) => {
                    module.name = Some(((*name).to_owned(), statement.line));
                }
                ("go", [version]) => module.language = language(version),
                ("use", [directory]) => module.uses.push((*directory, statement.line)),
                ("require", [path, version]) => module.requires.push(Require {
                    path: (*path).to_owned(),
                    version: (*version).to_owned(),
                    indirect: statement.comment.split(';').next().map(str::trim)
                        == Some("indirect"),
                    line: statement.line,
                }),
                ("exclude", [path, version]) => {
                    module.excludes.insert((*path, *version));
                }
                ("replace", words) if replace(words, &mut module.replaces) => {}
                ("module" | "go" | "require" | "exclude" | "replace" | "use", _) => {
                    let message = format!("this `{}` line cannot be read", statement.verb);
                    notes.note(&rules::INCOMPLETE_ENTRY, path, statement.line, &message);
                }
                // These name no module that is built.
                ("toolchain" | "godebug" | "retract" | "tool" | "ignore", _) => {}
                // Go refuses them in the file of a main module.
                (verb, _) => {
                    let message = format!("`{verb}` is no directive that is known");
                    notes.note(&rules::INCOMPLETE_ENTRY, path, statement.line, &message);
                }
            }
        }
        module.note_excluded(path, &mut notes);
        module.gaps = notes.gaps;
        module
    }

    /// Go passes over a requirement whose version is excluded. Without another one for
    /// that module the file leaves open which version is built.
    fn note_excluded(&self, path: &str, notes: &mut Parsed) {
        let is_excluded = |require: &Require| {
            let required = (require.path.as_str(), require.version.as_str());
            self.excludes.contains(&required)
        };
        let kept = self.requires.iter().filter(|require| !is_excluded(require));
        let kept: HashSet<&str> = kept.map(|require| require.path.as_str()).collect();
        let open = self.requires.iter().filter(|require| is_excluded(require));
        for require in open.filter(|require| !kept.contains(require.path.as_str())) {
            let message = format!(
                "`{}` is required in {}, which is excluded; which version is built is not said",
                require.path, require.version
            );
            notes.note(&rules::UNRESOLVED_DEPENDENCY, path, require.line, &message);
        }
    }

    /// Whether the file lists every module that is built.
    pub fn lists_indirect(&self) -> bool {
        self.requires.is_empty() || self.language.is_some_and(|v| v >= LISTS_INDIRECT)
    }
}

/// Takes in `old [version] => new [version]`; false where it is none.
pub fn replace<'s>(words: &[&'s str], replaces: &mut Replaces<'s>) -> bool {
    let (old, new) = match words {
        [old, "=>", new] => ((*old, None), (*new, None)),
        [old, "=>", new, version] => ((*old, None), (*new, Some(*version))),
        [old, of, "=>", new] => ((*old, Some(*of)), (*new, None)),
        [old, of, "=>", new, version] => ((*old, Some(*of)), (*new, Some(*version))),
        _ => return false,
    };
    replaces.insert(old, new);
    true
}

fn language(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next().unwrap_or("0");
    // `1.21rc1` is a language version too.
    let digits = minor
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(minor.len());
    Some((major, minor.get(..digits)?.parse().ok()?))
}

/// What is built for a module: the first rules that say something of it count, and in
/// them one for its version goes before one for all.
pub fn replaced(path: &str, version: &str, line: u32, rules: &[&Replaces<'_>]) -> Package {
    let rule = rules.iter().find_map(|replaces| {
        replaces
            .get(&(path, Some(version)))
            .or_else(|| replaces.get(&(path, None)))
    });
    let mut package = Package::new(path, line);
    package.version = Some(version.to_owned());
    match rule {
        None => {}
        Some((new, Some(version))) => {
            package.name = (*new).to_owned();
            package.version = Some((*version).to_owned());
        }
        Some((directory, None)) => {
            package.origin = Origin::Path {
                path: (*directory).to_owned(),
            };
            // The version that go writes for a module that was never published. Any
            // other one stands for a copy of what was: a dependency, whoever keeps it.
            let never_published =
                matches!(version, "v0.0.0" | "v0.0.0-00010101000000-000000000000");
            if never_published {
                package.kind = ComponentKind::Own;
            }
        }
    }
    package
}
