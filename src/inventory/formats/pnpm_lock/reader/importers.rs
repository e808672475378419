//! What the importers and the packages need, and the own packages that importers are.

use super::Reader;
use crate::inventory::npm::OwnPackage;
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::inventory::tree::normalise;
use crate::inventory::yaml::{Member, Node};
use crate::model::{Root, Scope};
use std::collections::HashMap;

/// The groups of what an importer needs.
const IMPORTER_GROUPS: [(&str, Scope); 5] = [
    ("dependencies", Scope::Runtime),
    ("optionalDependencies", Scope::Optional),
    ("devDependencies", Scope::Dev),
    // What configures the installation, and pnpm itself.
    ("configDependencies", Scope::Build),
    ("packageManagerDependencies", Scope::Build),
];

/// The field of an importer with what each of the groups asks for, up to version 5.
const IMPORTER: &Shapes = &[("specifiers", Shape::TEXT_BY_NAME)];

/// A dependency with what was asked for beside it.
const ASKED: &Shapes = &[("specifier", Shape::Text)];

/// What else an importer may have.
const IMPORTER_REST: [&str; 3] = ["dependenciesMeta", "publishDirectory", "specifiers"];

impl<'t> Reader<'t, '_> {
    pub(super) fn importers(&mut self, document: &'t Node<'_>) {
        let Some(importers) = document.value("importers") else {
            // A project without a workspace is its own importer.
            let needs = |group: &(&str, Scope)| document.value(group.0).is_some();
            let is_used = IMPORTER_GROUPS.iter().any(needs);
            if document.value("packages").is_some() && !is_used && !document.is_cut {
                let message = "this lockfile does not say what the project depends on";
                self.note(&rules::UNREADABLE_LOCKFILE, document.line, message);
            }
            return self.importer(".", document.line, document);
        };
        if !importers.is_mapping() && !importers.is_null() {
            let message = "`importers` is not a mapping";
            self.note(&rules::UNREADABLE_LOCKFILE, importers.line, message);
        }
        let members = importers.members().iter();
        // All are known before a link leads to one.
        for member in members.clone() {
            self.own_package(&member.key, None, member.line);
        }
        for member in members {
            self.note_odd_groups(member);
            self.importer(&member.key, member.line, &member.value);
        }
    }

    /// Notes mappings of an importer that no version has.
    fn note_odd_groups(&mut self, importer: &Member<'_>) {
        for member in importer.value.members() {
            let key = member.key.as_ref();
            let is_group = IMPORTER_GROUPS.iter().any(|(group, _)| *group == key);
            let is_known = is_group || IMPORTER_REST.contains(&key);
            if !is_known && !member.value.members().is_empty() {
                let message = format!(
                    "`{key}` of `{}` is nothing that is known; it was not read",
                    importer.key
                );
                self.note(&rules::INCOMPLETE_ENTRY, member.line, &message);
            }
        }
    }

    fn importer(&mut self, path: &str, line: u32, fields: &Node<'_>) {
        if !fields.is_mapping() && !fields.is_null() {
            let message = format!("the importer `{path}` is not a mapping");
            self.note(&rules::INCOMPLETE_ENTRY, line, &message);
        }
        let found = wrong(fields, IMPORTER);
        let lockfile = self.input.path;
        self.parsed.note_wrong(lockfile, line, path, &found);
        let from = self.own_package(path, None, line);
        self.edges(from, Some(path), fields, &IMPORTER_GROUPS);
    }

    /// The package of an importer or, where `alias` is given, of a linked directory.
    fn own_package(&mut self, path: &str, alias: Option<&str>, line: u32) -> Option<usize> {
        let path = if path == "." {
            String::new()
        } else {
            // What lies outside keeps the path that it is written with.
            normalise(path).unwrap_or_else(|| path.to_owned())
        };
        if let Some(known) = self.own.get(&path) {
            return *known;
        }
        let parsed = &mut *self.parsed;
        let mut own = OwnPackage::read(self.input, &path, alias, line, parsed);
        if alias.is_some() {
            own.note_unlisted(self.input, &path, line, parsed);
        } else if path.is_empty()
            && let Some(package) = &own.package
        {
            parsed.root = Some(Root {
                name: package.name.clone(),
                version: package.version.clone(),
            });
        }
        let place = own.package.take().map(|package| {
            let place = parsed.packages.len();
            parsed.packages.push(package);
            self.graph.add_root(place);
            place
        });
        self.own.insert(path, place);
        place
    }

    pub(super) fn edges(
        &mut self,
        from: Option<usize>,
        importer: Option<&str>,
        fields: &Node<'_>,
        groups: &[(&str, Scope)],
    ) {
        for (group, scope) in groups {
            let Some(group_node) = fields.value(group) else {
                continue;
            };
            if !group_node.is_mapping() && !group_node.is_null() {
                let message = format!("`{group}` is not a mapping");
                self.note(&rules::INCOMPLETE_ENTRY, group_node.line, &message);
            }
            for member in group_node.members() {
                let found = wrong(&member.value, ASKED);
                let lockfile = self.input.path;
                self.parsed
                    .note_wrong(lockfile, member.line, &member.key, &found);
                // A reference, or a mapping with the specifier beside it.
                let reference = member.value.value("version").unwrap_or(&member.value);
                let Some(reference) = reference.text() else {
                    let message = format!("the dependency `{}` is not a text", member.key);
                    self.note(&rules::INCOMPLETE_ENTRY, member.line, &message);
                    continue;
                };
                match self.target(importer, &member.key, reference, member.line) {
                    Target::Package(to) => self.graph.add(from, to, *scope),
                    Target::Nameless => {}
                    Target::Missing => {
                        let message = format!(
                            "the dependency `{}: {reference}` is not in this lockfile",
                            member.key
                        );
                        self.note(&rules::UNRESOLVED_DEPENDENCY, member.line, &message);
                    }
                }
            }
        }
    }

    fn target(&mut self, importer: Option<&str>, name: &str, reference: &str, line: u32) -> Target {
        if let Some(path) = reference.strip_prefix("link:") {
            // Relative to the importer; of a package, to the lockfile.
            let path = match importer {
                None | Some("." | "") => path.to_owned(),
                Some(importer) => format!("{importer}/{path}"),
            };
            let path = match normalise(&path) {
                Some(path) => path,
                None if leads_home(&path) => ".".to_owned(),
                None => path,
            };
            return match self.own_package(&path, Some(name), line) {
                Some(place) => Target::Package(place),
                None => Target::Nameless,
            };
        }
        let key = self.syntax.target(name, reference);
        let place = self
            .places
            .get(key.as_str())
            .or_else(|| self.places.get(self.syntax.without_peers(&key)));
        match place {
            Some(place) => Target::Package(*place),
            None => Target::Missing,
        }
    }
}

/// Where a reference leads.
enum Target {
    Package(usize),
    /// An own directory that nothing names: no component.
    Nameless,
    Missing,
}

/// Whether a path ends where it starts: `packages/a/../..`.
fn leads_home(path: &str) -> bool {
    let mut depth = 0_usize;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    depth == 0
}

/// What importers asked for, by the reference that it became.
pub(super) fn asked<'t>(document: &'t Node<'_>) -> HashMap<String, &'t str> {
    let mut asked: HashMap<String, &str> = HashMap::new();
    let importers = document.value("importers").map_or(&[][..], Node::members);
    for importer in importers
        .iter()
        .map(|member| &member.value)
        .chain(std::iter::once(document))
    {
        let specifiers = importer.value("specifiers").map_or(&[][..], Node::members);
        let specifiers: HashMap<&str, &str> = specifiers
            .iter()
            .filter_map(|member| Some((member.key.as_ref(), member.value.text()?)))
            .collect();
        for (group, _) in IMPORTER_GROUPS {
            for member in importer.value(group).map_or(&[][..], Node::members) {
                let inline = member.value.text_of("specifier");
                let beside = || specifiers.get(member.key.as_ref()).copied();
                let reference = member
                    .value
                    .value("version")
                    .unwrap_or(&member.value)
                    .text();
                if let (Some(reference), Some(specifier)) = (reference, inline.or_else(beside)) {
                    // Keys of git packages are their references, or end with them.
                    for key in [reference.to_owned(), format!("{}@{reference}", member.key)] {
                        asked
                            .entry(key)
                            .and_modify(|known| *known = (*known).min(specifier))
                            .or_insert(specifier);
                    }
                }
            }
        }
    }
    asked
}
