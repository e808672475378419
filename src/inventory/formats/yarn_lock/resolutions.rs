//! What the project's manifest and configuration put in the place of a range: the
//! `resolutions` of `package.json`
//! (<https://yarnpkg.com/configuration/manifest#resolutions>) and the catalogs of
//! `.yarnrc.yml` (<https://yarnpkg.com/features/catalogs>). The lockfile lists what came
//! of it, but keeps the ranges of the dependents.

use crate::inventory::formats::{Input, directory_of, join};
use crate::inventory::npm::{Manifest, split_at_version};
use crate::inventory::yaml::{self, Node};
use std::collections::HashMap;

/// Resolutions that are looked at. Those of one name are tried one by one for each of
/// its dependents.
const LIMIT: usize = 1_000;

/// Ranges that are replaced.
#[derive(Debug, Default)]
pub struct Resolutions {
    /// By the name of the dependency.
    rules: HashMap<String, Vec<Rule>>,
    /// Ranges by catalog and name; the default catalog has an empty name.
    catalogs: HashMap<(String, String), String>,
}

#[derive(Debug)]
struct Rule {
    /// Only for dependencies of this package, perhaps of one version.
    from: Option<(String, String)>,
    /// Only for this range; empty for any.
    range: String,
    /// What takes its place.
    becomes: String,
}

impl Resolutions {
    /// The resolutions of a manifest and the catalogs beside the lockfile, with what kept
    /// the catalogs from being read, one line.
    pub fn read(input: &Input<'_>, manifest: Option<&Manifest>) -> (Self, Option<String>) {
        let mut resolutions = Self::default();
        let listed = manifest.map_or(&[][..], |m| &m.resolutions);
        for (pattern, becomes) in listed.iter().take(LIMIT) {
            resolutions.add(pattern, becomes);
        }
        if listed.len() > LIMIT {
            let problem = format!("`package.json` has more than {LIMIT} resolutions");
            return (resolutions, Some(problem));
        }
        let path = join(directory_of(input.path), ".yarnrc.yml");
        let problem = match input.neighbours.read(&path) {
            Ok(None) => None,
            Ok(Some(file)) => {
                let stream = yaml::parse(&file.text);
                for document in &stream.documents {
                    resolutions.add_catalogs(document);
                }
                stream
                    .broken
                    .map(|broken| format!("`{path}` breaks off: {}", broken.reason))
            }
            Err(reason) => Some(format!("`{path}` cannot be read: {reason}")),
        };
        (resolutions, problem)
    }

    fn add(&mut self, pattern: &str, becomes: &str) {
        // What Yarn 1 wrote for "at any depth" means the same without.
        let pattern = pattern.trim_start_matches("**/");
        let (from, own) = match split_parts(pattern) {
            Some((from, own)) => (Some(from), own),
            None => (None, pattern),
        };
        let (name, range) = split_at_version(own);
        self.rules.entry(name.to_owned()).or_default().push(Rule {
            from: from.map(|from| {
                let (name, reference) = split_at_version(from);
                (name.to_owned(), reference.to_owned())
            }),
            range: range.to_owned(),
            becomes: becomes.to_owned(),
        });
    }

    fn add_catalogs(&mut self, document: &Node<'_>) {
        let unnamed = document.value("catalog").map(|catalog| ("", catalog));
        let named = document.value("catalogs").map_or(&[][..], Node::members);
        let named = named
            .iter()
            .map(|member| (member.key.as_ref(), &member.value));
        for (catalog, members) in unnamed.into_iter().chain(named) {
            for member in members.members() {
                if let Some(range) = member.value.text() {
                    self.catalogs.insert(
                        (catalog.to_owned(), member.key.to_string()),
                        range.to_owned(),
                    );
                }
            }
        }
    }

    /// The range that takes the place of one in the manifest of `from`, given as its
    /// name and its reference (`npm:1.0.0`).
    #[must_use]
    pub fn of(&self, from: (&str, &str), name: &str, range: &str) -> Option<&str> {
        let rules = self.rules.get(name).into_iter().flatten();
        for rule in rules {
            let is_from = rule.from.as_ref().is_none_or(|(parent, reference)| {
                parent == from.0 && (reference.is_empty() || same_range(reference, from.1))
            });
            if is_from && (rule.range.is_empty() || same_range(&rule.range, range)) {
                return Some(&rule.becomes);
            }
        }
        let catalog = range.strip_prefix("catalog:")?;
        let key = (catalog.to_owned(), name.to_owned());
        self.catalogs.get(&key).map(String::as_str)
    }
}

/// Ranges are the same with and without the protocol that is the default.
fn same_range(one: &str, two: &str) -> bool {
    let bare = |range| str::strip_prefix(range, "npm:").unwrap_or(range);
    bare(one) == bare(two)
}

/// `PARENT/NAME` of a pattern, where it has a parent. Names may have a scope, and a
/// description behind `@` may hold slashes.
fn split_parts(pattern: &str) -> Option<(&str, &str)> {
    let start = if pattern.starts_with('@') {
        pattern.find('/')? + 1
    } else {
        0
    };
    let rest = pattern.get(start..)?;
    let slash = rest.find('/')?;
    let described = rest.find('@').is_some_and(|at| at < slash);
    // `a@patch:…/…` is a description; `a@npm:1/b` has a parent of one version.
    if described && !rest.get(..slash)?.contains("npm:") {
        return None;
    }
    let parent = pattern.get(..start + slash)?;
    Some((parent, rest.get(slash + 1..)?)).filter(|(_, own)| !own.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::formats::testing::Files;

    #[test]
    fn a_rule_applies_to_its_dependents_and_ranges_only() {
        let manifest = Manifest::parse(
            r#"{"resolutions": {"a": "1", "p/b": "2", "@s/p@npm:3.0.0/@s/c": "3",
                "d@npm:^4": "patch:d@npm%3A4#~/d.patch", "**/e": "5"}}"#,
        )
        .unwrap();
        let yarnrc = "catalog:\n  x: ^1\ncatalogs:\n  old:\n    x: ^0\n";
        let files = Files::of(&[("w/.yarnrc.yml", yarnrc)]);
        let input = Input {
            path: "w/yarn.lock",
            text: "",
            neighbours: &files,
            maven: &crate::inventory::formats::pom::Shelf::default(),
        };
        let (found, problem) = Resolutions::read(&input, Some(&manifest));
        assert_eq!(problem, None);
        assert_eq!(found.of(("q", ""), "a", "npm:^9"), Some("1"));
        assert_eq!(found.of(("p", "npm:1"), "b", "^9"), Some("2"));
        assert_eq!(found.of(("q", "npm:1"), "b", "^9"), None);
        assert_eq!(found.of(("@s/p", "npm:3.0.0"), "@s/c", "^9"), Some("3"));
        assert_eq!(found.of(("@s/p", "npm:3.1.0"), "@s/c", "^9"), None);
        assert_eq!(
            found.of(("q", ""), "d", "^4"),
            Some("patch:d@npm%3A4#~/d.patch")
        );
        assert_eq!(found.of(("q", ""), "d", "^5"), None);
        assert_eq!(found.of(("q", ""), "e", ""), Some("5"));
        assert_eq!(found.of(("q", ""), "x", "catalog:"), Some("^1"));
        assert_eq!(found.of(("q", ""), "x", "catalog:old"), Some("^0"));
        assert_eq!(found.of(("q", ""), "y", "catalog:"), None);
        let many = Manifest {
            resolutions: vec![("a".to_owned(), "1".to_owned()); LIMIT + 1],
            ..Manifest::default()
        };
        assert!(Resolutions::read(&input, Some(&many)).1.is_some());
        for odd in ["", "/", "@", "@/", "a/", "é/ä", "@é"] {
            let _ = split_parts(odd);
        }
    }
}
