//! `vendor/modules.txt` (<https://go.dev/ref/mod#go-mod-vendor>): which modules the
//! directory `vendor` holds. From it go builds, so it shows what go.mod leaves open: what
//! is there although go.mod does not require it.

use super::super::{AlsoRead, Input, PACKAGE_LIMIT, Package, Parsed};
use super::module::{Replaces, replace, replaced};
use crate::inventory::rules;
use crate::model::ComponentKind;
use std::collections::{HashMap, HashSet};

/// One module of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Vendored<'s> {
    path: &'s str,
    version: &'s str,
    line: u32,
    /// Packages of it that are there.
    packages: usize,
}

#[derive(Default)]
struct Listing<'s> {
    modules: Vec<Vendored<'s>>,
    replaces: Replaces<'s>,
    /// Made by `go work vendor`.
    workspace: bool,
    /// Lines that cannot be read.
    bad: Vec<u32>,
}

impl<'s> Listing<'s> {
    fn parse(text: &'s str) -> Self {
        let mut listing = Self::default();
        for (source, line) in text.lines().zip(1_u32..) {
            if let Some(note) = source.strip_prefix("## ") {
                listing.workspace |= note.split(';').any(|part| part.trim() == "workspace");
            } else if let Some(module) = source.strip_prefix("# ") {
                let words: Vec<&str> = module.split_whitespace().collect();
                let is_replaced = words.contains(&"=>");
                let read = !is_replaced || replace(&words, &mut listing.replaces);
                match words.as_slice() {
                    // The end of the file repeats the replacements without a version.
                    [_, "=>", ..] if read => {}
                    [path, version, rest @ ..] if read && (is_replaced || rest.is_empty()) => {
                        listing.modules.push(Vendored {
                            path,
                            version,
                            line,
                            packages: 0,
                        });
                    }
                    _ => listing.bad.push(line),
                }
            } else if !source.trim().is_empty() {
                match listing.modules.last_mut() {
                    Some(module) => module.packages = module.packages.saturating_add(1),
                    None => listing.bad.push(line),
                }
            }
        }
        listing
    }
}

/// What a directory `vendor` belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// One module.
    Module,
    /// A workspace.
    Workspace,
}

/// Adds what the directory beside a lockfile holds. Gives whether there is one.
pub fn add(
    input: &Input<'_>,
    path: &str,
    owner: Owner,
    complete: bool,
    parsed: &mut Parsed,
) -> bool {
    let file = match input.neighbours.read(path) {
        Ok(Some(file)) => file,
        Ok(None) => return false,
        Err(reason) => {
            let message = format!("`{path}` cannot be read: {reason}");
            parsed.note(&rules::UNREADABLE_LOCKFILE, path, 1, &message);
            return false;
        }
    };
    let listing = Listing::parse(&file.text);
    if listing.workspace != (owner == Owner::Workspace) {
        return false;
    }
    let known: HashSet<(String, Option<String>)> = parsed
        .packages
        .iter()
        .map(|package| (package.name.clone(), package.version.clone()))
        .collect();
    let versions: HashMap<String, Option<String>> = known.iter().cloned().collect();
    // One without packages is only named: nothing of it is there.
    let held = listing.modules.iter().filter(|module| module.packages > 0);
    for module in held.take(PACKAGE_LIMIT) {
        let rules = [&listing.replaces];
        let mut package = replaced(module.path, module.version, module.line, &rules);
        if package.kind == ComponentKind::Own {
            continue;
        }
        package.path = Some(path.to_owned());
        let identity = (package.name.clone(), package.version.clone());
        if !known.contains(&identity) && (complete || versions.contains_key(&package.name)) {
            note_unknown(&package, versions.get(&package.name), path, parsed);
        }
        parsed.packages.push(package);
    }
    for line in listing.bad {
        let message = "this line names neither a module nor a package";
        parsed.note(&rules::INCOMPLETE_ENTRY, path, line, message);
    }
    parsed.also_read.push(AlsoRead {
        path: file.path,
        format: "go-vendor",
        packages: listing.modules.len(),
        digest: file.digest,
    });
    true
}

fn note_unknown(
    package: &Package,
    required: Option<&Option<String>>,
    path: &str,
    parsed: &mut Parsed,
) {
    let version = package.version.as_deref().unwrap_or_default();
    let wanted = match required {
        Some(Some(required)) => format!("{required} is required"),
        _ => "no go.mod requires it".to_owned(),
    };
    let message = format!(
        "`vendor` holds `{}` in {version}, but {wanted}",
        package.name
    );
    parsed.note(&rules::UNRESOLVED_DEPENDENCY, path, package.line, &message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_with_its_replacements() {
        let listing = Listing::parse(
            "## workspace\n# a.example/a v1.0.0\n## explicit; go 1.18\na.example/a\na.example/a/b\n\
             # a.example/b v1.1.0 => ./b\n# a.example/c v1.2.0 => d.example/d v2.0.0\na.example/c\n\
             # a.example/b => ./b\n# odd\n# odd v1 more\n# a => b c d\n",
        );
        assert!(listing.workspace);
        let seen: Vec<(&str, &str, u32, usize)> = listing
            .modules
            .iter()
            .map(|m| (m.path, m.version, m.line, m.packages))
            .collect();
        assert_eq!(
            seen,
            [
                ("a.example/a", "v1.0.0", 2, 2),
                ("a.example/b", "v1.1.0", 6, 0),
                ("a.example/c", "v1.2.0", 7, 1)
            ]
        );
        assert_eq!(listing.bad, [10, 11, 12]);
        assert_eq!(Listing::parse("x\n").bad, [1]);
        assert_eq!(Listing::parse("").modules, []);
    }
}
