//! The rooms of `src/` import only what their row allows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

const CHECKS: &[&str] = &["checks/advisories", "checks/registry", "checks/secrets"];

const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("support", &["model"]),
    ("versions", &["model"]),
    ("sbom", &["model"]),
    ("inventory", &["model", "support", "sbom"]),
    ("checks/advisories", &["model", "support", "versions"]),
    ("checks/registry", &["model", "support", "versions"]),
    ("checks/secrets", &["model", "support", "versions"]),
    ("signing", &["model", "support"]),
    ("oci", &["model", "support"]),
    ("attest", &["model", "sbom", "signing"]),
    ("store", &["model"]),
    ("vex", &["model"]),
    ("policy", &["model", "signing", "versions"]),
    ("gate", &["model", "signing", "attest", "policy"]),
    ("report", &["model"]),
];

/// `cli` may use every room; the two files at the top only list rooms.
const FREE: &[&str] = &["cli", "lib.rs", "main.rs"];

struct Imports {
    /// Module path of the file or inline module being visited, from the crate root.
    here: Vec<String>,
    found: BTreeSet<Vec<String>>,
}

impl Imports {
    /// Turns a path as written into one from the crate root; `None` for other crates.
    fn absolute(&self, segments: &[String]) -> Option<Vec<String>> {
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([self.here.as_slice(), rest].concat()),
            "super" => {
                let mut base = self.here.clone();
                let mut rest = segments;
                while let Some((head, tail)) = rest.split_first() {
                    if head != "super" {
                        break;
                    }
                    base.pop();
                    rest = tail;
                }
                Some([base.as_slice(), rest].concat())
            }
            _ => None,
        }
    }

    fn add(&mut self, segments: &[String]) {
        if let Some(path) = self.absolute(segments) {
            self.found.insert(path);
        }
    }

    fn add_tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                let mut prefix = prefix.to_vec();
                prefix.push(path.ident.to_string());
                self.add_tree(&prefix, &path.tree);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_tree(prefix, tree);
                }
            }
            syn::UseTree::Name(name) => {
                let path = [prefix, &[name.ident.to_string()]].concat();
                self.add(&path);
            }
            syn::UseTree::Rename(rename) => {
                let path = [prefix, &[rename.ident.to_string()]].concat();
                self.add(&path);
            }
            syn::UseTree::Glob(_) => self.add(prefix),
        }
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.add(&segments);
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.here.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.here.pop();
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        // Tokens of a macro are not parsed; their printed form has spaces around `::`.
        let text = item.tokens.to_string();
        for (at, _) in text.match_indices("crate ::") {
            let path: Vec<String> = text[at..]
                .split("::")
                .map(str::trim)
                .map(|part| {
                    part.chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect::<String>()
                })
                .take(4)
                .collect();
            self.add(&path);
        }
        visit::visit_macro(self, item);
    }
}

/// The room of a module path: two parts below `checks`, one elsewhere.
fn room(path: &[String]) -> Option<String> {
    match path {
        [first, second, ..] if first == "checks" => Some(format!("{first}/{second}")),
        [first, ..] => Some(first.clone()),
        [] => None,
    }
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn imports_of(text: &str, here: Vec<String>) -> BTreeSet<Vec<String>> {
    let file = syn::parse_file(text).unwrap();
    let mut imports = Imports {
        here,
        found: BTreeSet::new(),
    };
    imports.visit_file(&file);
    imports.found
}

/// Edges that the table does not allow, as `from -> to (file)`.
fn forbidden_edges(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, text) in files {
        let mut here: Vec<String> = name
            .trim_end_matches(".rs")
            .split('/')
            .map(str::to_owned)
            .collect();
        if here.last().is_some_and(|last| last == "mod") {
            here.pop();
        }
        let from = room(&here).unwrap();
        if FREE.contains(&from.as_str()) || FREE.contains(&name.as_str()) || name == "checks/mod.rs"
        {
            continue;
        }
        let allowed = MAY_USE
            .iter()
            .find(|(name, _)| *name == from)
            .unwrap_or_else(|| panic!("room `{from}` ({name}) has no row in the layering table"))
            .1;
        for path in imports_of(text, here) {
            let Some(to) = room(&path) else { continue };
            let known = MAY_USE.iter().any(|(name, _)| *name == to) || FREE.contains(&to.as_str());
            let within_checks = to == "checks" || (from.starts_with("checks/") && to == from);
            if (known || to == "checks")
                && to != from
                && !within_checks
                && !allowed.contains(&to.as_str())
            {
                wrong.push(format!("{from} -> {to} ({name})"));
            }
            if CHECKS.contains(&to.as_str()) && CHECKS.contains(&from.as_str()) && to != from {
                wrong.push(format!("{from} -> {to} ({name})"));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong
}

#[test]
fn every_room_imports_only_what_its_row_allows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    rust_files(&source, &mut paths);
    let mut files = BTreeMap::new();
    for path in paths {
        let name = path
            .strip_prefix(&source)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        let mut text = String::new();
        std::fs::File::open(&path)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        files.insert(name, text);
    }
    assert!(files.len() > 30, "the sources were not found");
    assert_eq!(forbidden_edges(&files), Vec::<String>::new());
}

#[test]
fn the_layering_test_sees_every_way_to_write_an_import() {
    let wrong = |name: &str, text: &str| {
        forbidden_edges(&BTreeMap::from([(name.to_owned(), text.to_owned())]))
    };
    for (name, text) in [
        ("model/a.rs", "use crate::support::files;"),
        (
            "model/a.rs",
            "use crate::{model::x, support::{files, hash}};",
        ),
        ("model/a.rs", "use super::super::support as s;"),
        ("model/a.rs", "fn f() { crate::cli::run(); }"),
        ("model/a.rs", "fn f() { g!(crate::cli::run()); }"),
        (
            "model/mod.rs",
            "mod tests { use super::super::support::x; }",
        ),
        ("checks/secrets/a.rs", "use crate::checks::registry::x;"),
        ("checks/secrets/a.rs", "use super::super::registry::x;"),
        ("checks/registry/mod.rs", "use crate::policy::Policy;"),
        ("report/json.rs", "pub use crate::inventory::*;"),
    ] {
        assert_eq!(wrong(name, text).len(), 1, "{name}: {text}");
    }
    for (name, text) in [
        ("support/a.rs", "use crate::model::Digest;"),
        (
            "checks/secrets/a.rs",
            "use super::rules::x; use crate::model;",
        ),
        ("model/a.rs", "mod tests { use super::*; }"),
        ("cli/mod.rs", "use crate::gate::x;"),
    ] {
        assert_eq!(wrong(name, text), Vec::<String>::new(), "{name}: {text}");
    }
}
