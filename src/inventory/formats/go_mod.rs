//! `go.mod` with its `go.sum` (<https://go.dev/ref/mod#go-mod-file>,
//! <https://go.dev/ref/mod#go-sum-files>).
//!
//! Components are what `go.mod` requires, with `replace` and `exclude` applied. `go.sum`
//! only adds checksums: it keeps lines of versions that were once looked at.

mod syntax;

use super::{AlsoRead, Format, Input, PACKAGE_LIMIT, Package, Parsed, directory_of, join};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::model::{Checksum, ComponentKind, Ecosystem, Origin, Root, Scope};
use std::collections::{BTreeMap, HashMap, HashSet};
use syntax::Statement;

/// From this language version on, `go.mod` lists indirect dependencies too
/// (<https://go.dev/ref/mod#go-mod-file-go>).
const LISTS_INDIRECT: (u32, u32) = (1, 17);

/// The format.
pub struct GoMod;

impl Format for GoMod {
    fn name(&self) -> &'static str {
        "go-mod"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Golang
    }

    fn has_graph(&self) -> bool {
        false
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "go.mod"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let (statements, broken) = syntax::statements(input.text);
        let module = Module::read(&statements, input.path);
        let Some(name) = module.name else {
            return Err(broken.unwrap_or(FormatError::Shape {
                line: 1,
                reason: "there is no `module` line".to_owned(),
            }));
        };
        let mut parsed = Parsed {
            gaps: module.gaps,
            root: Some(Root {
                name: name.0.clone(),
                version: None,
            }),
            ..Parsed::default()
        };
        let mut own = Package::new(name.0, name.1);
        own.kind = ComponentKind::Own;
        own.scope = Scope::Runtime;
        own.origin = Origin::Path {
            path: ".".to_owned(),
        };
        parsed.packages.push(own);
        let sums = Sums::beside(input, &mut parsed);
        for require in &module.requires {
            if parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            let required = (require.path.as_str(), require.version.as_str());
            if module.excludes.contains(&required) {
                continue;
            }
            let package = replaced(require, &module.replaces);
            if !require.indirect {
                parsed.edges.push((0, parsed.packages.len()));
            }
            parsed.packages.push(package);
        }
        sums.apply(&mut parsed);
        let indirect_listed = module.language.is_some_and(|v| v >= LISTS_INDIRECT);
        if !indirect_listed && !module.requires.is_empty() {
            let message =
                "before language version 1.17, go.mod does not list every indirect dependency";
            let line = module.requires.first().map_or(1, |require| require.line);
            parsed.note(&rules::INCOMPLETE_LOCKFILE, input.path, line, message);
        }
        if let Some(error) = broken {
            parsed.note_broken(input.path, error.line().unwrap_or(1), &error.to_string());
        }
        Ok(parsed)
    }
}

struct Require {
    path: String,
    version: String,
    indirect: bool,
    line: u32,
}

/// Old path and version (none: every version) to new path and version (none: a
/// directory), with the line.
type Replaces<'s> = HashMap<(&'s str, Option<&'s str>), (&'s str, Option<&'s str>)>;

#[derive(Default)]
struct Module<'s> {
    name: Option<(String, u32)>,
    language: Option<(u32, u32)>,
    requires: Vec<Require>,
    replaces: Replaces<'s>,
    excludes: HashSet<(&'s str, &'s str)>,
    gaps: Vec<crate::model::Gap>,
}

impl<'s> Module<'s> {
    fn read(statements: &'s [Statement], path: &str) -> Self {
        let mut module = Self::default();
        let mut notes = Parsed::default();
        for statement in statements {
            let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
            match (statement.verb.as_str(), words.as_slice()) {
                ("module", [name]) => {
                    module.name = Some(((*name).to_owned(), statement.line));
                }
                ("go", [version]) => module.language = language(version),
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
                ("replace", [old, "=>", new]) => {
                    module.replaces.insert((*old, None), (*new, None));
                }
                ("replace", [old, "=>", new, version]) => {
                    module.replaces.insert((*old, None), (*new, Some(*version)));
                }
                ("replace", [old, of, "=>", new]) => {
                    module.replaces.insert((*old, Some(*of)), (*new, None));
                }
                ("replace", [old, of, "=>", new, version]) => {
                    module
                        .replaces
                        .insert((*old, Some(*of)), (*new, Some(*version)));
                }
                ("module" | "go" | "require" | "exclude" | "replace", _) => {
                    let message = format!("this `{}` line cannot be read", statement.verb);
                    notes.note(&rules::INCOMPLETE_ENTRY, path, statement.line, &message);
                }
                // `toolchain`, `godebug`, `retract`, `tool`, `ignore` and what is to come
                // name no module that is built.
                _ => {}
            }
        }
        module.gaps = notes.gaps;
        module
    }
}

/// The directories that a `go.work` file uses, as written
/// (<https://go.dev/ref/mod#go-work-file-use>).
#[must_use]
pub fn used_directories(go_work: &str) -> Vec<String> {
    let (statements, _) = syntax::statements(go_work);
    statements
        .into_iter()
        .filter(|statement| statement.verb == "use")
        .filter_map(|statement| statement.words.into_iter().next())
        .collect()
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

/// What is built for a requirement: a rule for its version goes before one for all.
fn replaced(require: &Require, replaces: &Replaces<'_>) -> Package {
    let (path, version) = (require.path.as_str(), require.version.as_str());
    let rule = replaces
        .get(&(path, Some(version)))
        .or_else(|| replaces.get(&(path, None)));
    let mut package = Package::new(path, require.line);
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

/// The lines of `go.sum` by module and version.
#[derive(Default)]
struct Sums {
    path: String,
    hashes: HashMap<(String, String), BTreeMap<&'static str, String>>,
}

impl Sums {
    fn beside(input: &Input<'_>, parsed: &mut Parsed) -> Self {
        let path = join(directory_of(input.path), "go.sum");
        let file = match input.neighbours.read(&path) {
            Ok(Some(file)) => file,
            Ok(None) => return Self::default(),
            Err(reason) => {
                let message = format!("`{path}` cannot be read: {reason}");
                parsed.note(&rules::UNREADABLE_LOCKFILE, &path, 1, &message);
                return Self::default();
            }
        };
        let mut sums = Self {
            path: path.clone(),
            ..Self::default()
        };
        for (line, number) in file.text.lines().zip(1..) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [module, version, hash] if hash.starts_with("h1:") => {
                    let (version, scheme) = match version.strip_suffix("/go.mod") {
                        Some(version) => (version, "go-mod-h1"),
                        None => (*version, "go-h1"),
                    };
                    sums.hashes
                        .entry(((*module).to_owned(), version.to_owned()))
                        .or_default()
                        .insert(scheme, (*hash).to_owned());
                }
                _ => {
                    let message = "this line is not `module version h1:hash`";
                    parsed.note(&rules::INCOMPLETE_ENTRY, &path, number, message);
                }
            }
        }
        parsed.also_read.push(AlsoRead {
            path: file.path,
            format: "go-sum",
            packages: 0,
            digest: file.digest,
        });
        sums
    }

    fn apply(mut self, parsed: &mut Parsed) {
        let mut used = 0;
        for package in &mut parsed.packages {
            let version = package.version.clone().unwrap_or_default();
            // A directory has no line; one for the same version would be another thing.
            if matches!(package.origin, Origin::Path { .. }) {
                continue;
            }
            let Some(hashes) = self.hashes.remove(&(package.name.clone(), version)) else {
                continue;
            };
            used += 1;
            package.checksums = hashes
                .into_iter()
                .map(|(scheme, value)| Checksum::Opaque { scheme, value })
                .collect();
        }
        for also in parsed.also_read.iter_mut().filter(|a| a.path == self.path) {
            also.packages = used;
        }
    }
}

#[cfg(test)]
mod tests;
