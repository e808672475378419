//! `bun.lock`, versions 0 to 2 (<https://bun.sh/docs/pm/lockfile>): JSON with trailing
//! commas. `packages` is a tree of `node_modules` whose keys are the ways through it, so
//! dependencies are found as Node finds modules.
//!
//! The binary `bun.lockb` of older versions is not read.

mod entry;

use super::package_lock::{member, note_repeated};
use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::json::{Member, Object, offset_of, read_object};
use crate::inventory::lines::Lines;
use crate::inventory::npm::{self, Graph, OwnPackage};
use crate::inventory::rules;
use crate::inventory::shape::wrong;
use crate::model::{Ecosystem, Origin, Root, Rule, Scope};
use entry::{Entry, INFO, Needs, Place};
use std::collections::{HashMap, HashSet};

/// Bytes of a key, and slashes in it. A longer one is no way through a real tree, and
/// looking dependencies up costs time by its depth.
const KEY_LIMIT: usize = 1024;
const DEPTH_LIMIT: usize = 64;

/// The format.
pub struct BunLock;

impl Format for BunLock {
    fn name(&self) -> &'static str {
        "bun-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Npm
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["bun.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "bun.lock"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let lines = Lines::new(input.text);
        let text = plain_json(input.text);
        let mut object = Object::default();
        let broken = read_object(&text, "packages", PACKAGE_LIMIT, &mut object).err();
        if object.nested.len() >= PACKAGE_LIMIT {
            return Err(FormatError::TooManyPackages {
                limit: PACKAGE_LIMIT,
            });
        }
        let syntax = broken.map(|error| FormatError::Syntax {
            line: u32::try_from(error.line()).unwrap_or(u32::MAX).max(1),
            reason: error.to_string(),
        });
        if let (Some(error), true) = (&syntax, object.nested.is_empty()) {
            return Err(error.clone());
        }
        check_version(&object, &lines)?;
        let mut parsed = Parsed::default();
        note_repeated(&object, "packages", &lines, input.path, &mut parsed);
        let mut reader = Reader {
            input,
            lines: &lines,
            text: &text,
            parsed,
            graph: Graph::default(),
            workspaces: HashMap::new(),
            nodes: Vec::new(),
        };
        reader.workspaces(&object);
        reader.packages(&object);
        reader.edges();
        let Reader {
            mut parsed, graph, ..
        } = reader;
        graph.walk(&mut parsed);
        graph.finish(&mut parsed);
        if let Some(error) = syntax {
            parsed.note_broken(input.path, error.line().unwrap_or(1), &error.to_string());
        }
        Ok(parsed)
    }
}

/// The text with comments and trailing commas blanked; offsets stay.
fn plain_json(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    // What cannot be blanked is a syntax error that the JSON reader tells with its line.
    let _ = json_strip_comments::strip_slice(&mut bytes);
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn check_version(object: &Object<'_>, lines: &Lines<'_>) -> Result<(), FormatError> {
    let Some(version) = member(object, "lockfileVersion") else {
        return Err(FormatError::Shape {
            line: 1,
            reason: "there is no `lockfileVersion`".to_owned(),
        });
    };
    match version.value.get() {
        "0" | "1" | "2" => Ok(()),
        found => Err(FormatError::UnknownVersion {
            line: lines.at(version.offset),
            found: found.chars().take(20).collect(),
            known: "0 to 2",
        }),
    }
}

/// Something that has dependencies.
struct Node {
    /// Key in `packages`; empty for the project.
    key: String,
    line: u32,
    /// None for an own one that nothing names.
    package: Option<usize>,
    needs: Needs,
}

struct Reader<'t, 'i> {
    input: &'t Input<'i>,
    lines: &'t Lines<'t>,
    text: &'t str,
    parsed: Parsed,
    graph: Graph,
    /// Own packages by their directory, until `packages` gives them a key: the package
    /// and what it needs.
    workspaces: HashMap<String, (u32, Option<usize>, Needs)>,
    nodes: Vec<Node>,
}

impl Reader<'_, '_> {
    fn workspaces(&mut self, object: &Object<'_>) {
        let Some(found) = member(object, "workspaces") else {
            let message = "there is no `workspaces`, so what the project asks for is not known";
            return self.note(&rules::INCOMPLETE_ENTRY, 1, message);
        };
        let start = offset_of(self.text, found.value.get());
        let mut inner = Object::default();
        let read = read_object(found.value.get(), "", PACKAGE_LIMIT, &mut inner);
        if let Err(error) = read {
            let line = self.lines.at(start);
            let message = format!("`workspaces` cannot be read: {error}");
            self.note(&rules::INCOMPLETE_ENTRY, line, &message);
        }
        // The key of the project is empty, like the name of the object taken apart.
        let project = serde_json::from_str::<serde_json::Value>(found.value.get());
        let project = project
            .ok()
            .and_then(|mut all| Some(all.get_mut("")?.take()));
        if let Some(project) = project {
            self.workspace("", &project, self.lines.at(start));
        }
        for Member { key, offset, value } in &inner.members {
            let line = self.lines.at(start.saturating_add(*offset));
            match serde_json::from_str(value.get()) {
                Ok(fields) => self.workspace(key, &fields, line),
                Err(error) => {
                    let message = format!("the workspace `{key}`: {error}");
                    self.note(&rules::INCOMPLETE_ENTRY, line, &message);
                }
            }
        }
    }

    fn workspace(&mut self, path: &str, fields: &serde_json::Value, line: u32) {
        if !fields.is_object() {
            let message = format!("the workspace `{path}` is not an object");
            self.note(&rules::INCOMPLETE_ENTRY, line, &message);
        }
        let found = wrong(fields, INFO);
        self.parsed.note_wrong(self.input.path, line, path, &found);
        let text = |key: &str| fields.get(key).and_then(serde_json::Value::as_str);
        let package = self.own(path, text("name"), text("version"), line);
        if let (true, Some(package)) = (path.is_empty(), package)
            && let Some(package) = self.parsed.packages.get(package)
        {
            self.parsed.root = Some(Root {
                name: package.name.clone(),
                version: package.version.clone(),
            });
        }
        if let Some(place) = package {
            self.graph.add_root(place);
        }
        let needs = Needs::of(fields, true);
        if path.is_empty() {
            self.nodes.push(Node {
                key: String::new(),
                line,
                package,
                needs,
            });
        } else {
            self.workspaces
                .insert(path.to_owned(), (line, package, needs));
        }
    }

    fn own(
        &mut self,
        path: &str,
        name: Option<&str>,
        version: Option<&str>,
        line: u32,
    ) -> Option<usize> {
        let own = OwnPackage::read(self.input, path, name, line, &mut self.parsed);
        let mut package = own.package?;
        // What the lockfile says counts before the manifest.
        if let Some(name) = name {
            name.clone_into(&mut package.name);
        }
        if let Some(version) = version {
            package.version = Some(version.to_owned());
        }
        self.parsed.packages.push(package);
        Some(self.parsed.packages.len() - 1)
    }

    /// Names of the packages whose scripts run.
    fn trusted(&mut self, object: &Object<'_>) -> HashSet<String> {
        let Some(found) = member(object, "trustedDependencies") else {
            return HashSet::new();
        };
        serde_json::from_str(found.value.get()).unwrap_or_else(|error| {
            let line = self.lines.at(found.offset);
            let message = format!("`trustedDependencies` cannot be read: {error}");
            self.note(&rules::INCOMPLETE_ENTRY, line, &message);
            HashSet::new()
        })
    }

    fn packages(&mut self, object: &Object<'_>) {
        let trusted = self.trusted(object);
        let last: HashMap<&str, usize> = object
            .nested
            .iter()
            .enumerate()
            .map(|(place, member)| (member.key.as_ref(), place))
            .collect();
        let mut bundled = Vec::new();
        for (place, member) in object.nested.iter().enumerate() {
            if last.get(member.key.as_ref()) != Some(&place) {
                continue;
            }
            let line = self.lines.at(member.offset);
            let depth = member.key.matches('/').count();
            let read = if member.key.len() > KEY_LIMIT || depth > DEPTH_LIMIT {
                Err(format!(
                    "its key is longer than {KEY_LIMIT} bytes or {DEPTH_LIMIT} names"
                ))
            } else {
                Entry::parse(member.value.get())
            };
            let entry = match read {
                Ok(entry) => entry,
                Err(reason) => {
                    let message = format!("the entry `{}` was left out: {reason}", member.key);
                    self.note(&rules::INCOMPLETE_ENTRY, line, &message);
                    continue;
                }
            };
            for problem in &entry.problems {
                let message = format!("`{}`: {problem}", member.key);
                self.note(&rules::INCOMPLETE_ENTRY, line, &message);
            }
            let mut node = self.node(&member.key, line, entry, &mut bundled);
            if trusted.contains(last_name(&member.key))
                && let Some(package) = node.package.and_then(|p| self.parsed.packages.get_mut(p))
            {
                package.runs_install_code = Some(true);
            }
            node.key = member.key.clone().into_owned();
            self.nodes.push(node);
        }
        // Workspaces that `packages` does not list still have dependencies.
        let mut left: Vec<_> = self.workspaces.drain().collect();
        left.sort_by(|one, two| one.0.cmp(&two.0));
        for (path, (line, package, needs)) in left {
            self.nodes.push(Node {
                key: path,
                line,
                package,
                needs,
            });
        }
        self.bundled(&bundled);
    }

    /// The node of an entry; its key is filled in by the caller.
    fn node(
        &mut self,
        key: &str,
        line: u32,
        entry: Entry,
        bundled: &mut Vec<(usize, String)>,
    ) -> Node {
        let path = match entry.place {
            Place::Workspace(path) => {
                if let Some((line, package, needs)) = self.workspaces.remove(&path) {
                    return Node {
                        key: String::new(),
                        line,
                        package,
                        needs,
                    };
                }
                path
            }
            Place::Linked(path) => {
                let own =
                    OwnPackage::read(self.input, &path, Some(&entry.name), line, &mut self.parsed);
                own.note_unlisted(self.input, &path, line, &mut self.parsed);
                path
            }
            Place::Project => String::new(),
            Place::Fetched(origin) => {
                let mut package = Package::new(entry.name, line);
                package.version = entry.version.or_else(|| match &origin {
                    Origin::Path { path } => self.version_in(path, line),
                    _ => None,
                });
                package.origin = origin;
                package.checksums = entry.checksums;
                if npm::lacks_version(&package) {
                    let message = format!("`{}` has no version", package.name);
                    self.note(&rules::INCOMPLETE_ENTRY, line, &message);
                }
                let place = self.parsed.packages.len();
                if entry.is_bundled {
                    bundled.push((place, key.to_owned()));
                }
                self.parsed.packages.push(package);
                return Node {
                    key: String::new(),
                    line,
                    package: Some(place),
                    needs: entry.needs,
                };
            }
        };
        Node {
            key: String::new(),
            line,
            package: self.own(&path, Some(&entry.name), None, line),
            needs: entry.needs,
        }
    }

    /// The version in the manifest of a directory beside the project.
    fn version_in(&mut self, path: &str, line: u32) -> Option<String> {
        let own = OwnPackage::read(self.input, path, None, line, &mut self.parsed);
        own.manifest?.version
    }

    /// What comes inside the file of another package has that for its origin.
    fn bundled(&mut self, bundled: &[(usize, String)]) {
        let by_key = by_key(&self.nodes);
        for (place, key) in bundled {
            let outer = by_key
                .get(parent(key))
                .and_then(|node| self.nodes.get(*node))
                .and_then(|node| self.parsed.packages.get(node.package?));
            let inside = outer.map_or_else(
                || "the project".to_owned(),
                |outer| format!("{}@{}", outer.name, outer.version.as_deref().unwrap_or("?")),
            );
            if let Some(package) = self.parsed.packages.get_mut(*place) {
                package.origin = Origin::Bundled { inside };
            }
        }
    }

    fn edges(&mut self) {
        let nodes = std::mem::take(&mut self.nodes);
        let by_key = by_key(&nodes);
        for node in &nodes {
            for (name, scope) in &node.needs.0 {
                let found = find(&by_key, &node.key, name).and_then(|place| nodes.get(place));
                match found {
                    Some(target) => {
                        if let Some(to) = target.package {
                            self.graph.add(node.package, to, *scope);
                        }
                    }
                    // These may be missing.
                    None if matches!(scope, Scope::Optional | Scope::Peer) => {}
                    None => {
                        let message = format!(
                            "`{}` depends on `{name}`, which this lockfile does not hold",
                            if node.key.is_empty() {
                                "the project"
                            } else {
                                &node.key
                            }
                        );
                        self.note(&rules::UNRESOLVED_DEPENDENCY, node.line, &message);
                    }
                }
            }
        }
    }

    fn note(&mut self, rule: &Rule, line: u32, message: &str) {
        self.parsed.note(rule, self.input.path, line, message);
    }
}

fn by_key(nodes: &[Node]) -> HashMap<&str, usize> {
    let keyed = nodes.iter().enumerate();
    keyed
        .map(|(place, node)| (node.key.as_str(), place))
        .collect()
}

/// What a module at `from` gets for a name: the nearest on the way up.
fn find(by_key: &HashMap<&str, usize>, from: &str, name: &str) -> Option<usize> {
    let mut above = from;
    while !above.is_empty() {
        let key = format!("{above}/{name}");
        if let Some(place) = by_key.get(key.as_str()) {
            return Some(*place);
        }
        above = parent(above);
    }
    by_key.get(name).copied()
}

/// The key without its last name, which may have a scope.
fn parent(key: &str) -> &str {
    let name = last_name(key);
    let above = key.strip_suffix(name).unwrap_or_default();
    above.strip_suffix('/').unwrap_or_default()
}

/// The last name of a key.
fn last_name(key: &str) -> &str {
    let Some((above, name)) = key.rsplit_once('/') else {
        return key;
    };
    let scope = above.rsplit('/').next().unwrap_or_default();
    if scope.starts_with('@') {
        let length = scope.len() + 1 + name.len();
        return key.get(key.len() - length..).unwrap_or(name);
    }
    name
}

#[cfg(test)]
mod tests;
