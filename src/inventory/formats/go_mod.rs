//! `go.mod` with its `go.sum` (<https://go.dev/ref/mod#go-mod-file>,
//! <https://go.dev/ref/mod#go-sum-files>).
//!
//! Components are what `go.mod` requires, with `replace` and `exclude` applied. `go.sum`
//! only adds checksums: it keeps lines of versions that were once looked at.

pub mod module;
pub mod sums;
pub mod syntax;
pub mod vendor;

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed, directory_of, join};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::model::{ComponentKind, Ecosystem, Origin, Root, Scope};
use module::{Module, replaced};
use sums::Sums;

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

    fn globs(&self) -> &'static [&'static str] {
        &["go.mod"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "go.mod"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let (statements, broken) = syntax::statements(input.text);
        let module = Module::read(&statements, input.path);
        let Some((name, line)) = &module.name else {
            return Err(broken.unwrap_or(FormatError::Shape {
                line: 1,
                reason: "there is no `module` line".to_owned(),
            }));
        };
        let mut parsed = Parsed {
            gaps: module.gaps.clone(),
            root: Some(Root {
                name: name.clone(),
                version: None,
            }),
            ..Parsed::default()
        };
        parsed.packages.push(own(name, *line));
        let directory = directory_of(input.path);
        let mut sums = Sums::default();
        sums.read(input, &join(directory, "go.sum"), &mut parsed);
        for require in &module.requires {
            if parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            let (path, version) = (require.path.as_str(), require.version.as_str());
            if module.excludes.contains(&(path, version)) {
                continue;
            }
            let package = replaced(path, version, require.line, &[&module.replaces]);
            if !require.indirect {
                parsed.edges.push((0, parsed.packages.len()));
            }
            parsed.packages.push(package);
        }
        sums.apply(&mut parsed);
        let complete = module.lists_indirect();
        let listing = join(directory, "vendor/modules.txt");
        let owner = vendor::Owner::Module;
        let vendored = vendor::add(input, &listing, owner, complete, &mut parsed);
        if !complete && !vendored {
            note_incomplete(&module, input.path, &mut parsed);
        }
        if let Some(error) = broken {
            parsed.note_broken(input.path, error.line().unwrap_or(1), &error.to_string());
        }
        Ok(parsed)
    }
}

/// The module that a go.mod is of.
pub fn own(name: &str, line: u32) -> Package {
    let mut own = Package::new(name, line);
    own.kind = ComponentKind::Own;
    own.scope = Scope::Runtime;
    own.origin = Origin::Path {
        path: ".".to_owned(),
    };
    own
}

/// Notes a go.mod of a language version that does not list every module.
pub fn note_incomplete(module: &Module<'_>, path: &str, parsed: &mut Parsed) {
    let message = "before language version 1.17, go.mod does not list every indirect dependency";
    let line = module.requires.first().map_or(1, |require| require.line);
    parsed.note(&rules::INCOMPLETE_LOCKFILE, path, line, message);
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

#[cfg(test)]
mod tests;
