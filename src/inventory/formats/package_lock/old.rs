//! The tree `dependencies` of version 1, which version 2 carries beside `packages` for
//! npm 6 (<https://docs.npmjs.com/cli/v6/configuring-npm/package-lock-json>). It becomes
//! the same entries that `packages` holds, so that both are resolved alike.

use super::entry::{Entry, Fields, PATH_LIMIT, scope};
use crate::inventory::formats::{Input, PACKAGE_LIMIT, Parsed, directory_of, join};
use crate::inventory::json::{Member, Object, offset_of, read_object, reason};
use crate::inventory::lines::Lines;
use crate::inventory::npm::{Manifest, named_by_tarball, split_at_version};
use crate::inventory::rules;
use crate::model::Scope;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Levels of packages inside packages. Each is read anew inside its own, so the limit
/// bounds the time too.
const LEVEL_LIMIT: usize = 32;

/// Reads the tree.
pub struct Reader<'r, 'a> {
    /// The whole text, which all members are borrowed from.
    pub text: &'a str,
    /// Its lines.
    pub lines: &'r Lines<'a>,
    /// The lockfile and its neighbours.
    pub input: &'r Input<'r>,
    /// Where problems are noted.
    pub parsed: &'r mut Parsed,
    /// What was read, parents first.
    pub entries: Vec<Entry>,
    /// Whether the limit of packages was reached.
    pub is_full: bool,
}

impl<'a> Reader<'_, 'a> {
    /// Reads the members of one `dependencies` that lies in the directory `holder`.
    pub fn level(&mut self, members: &[Member<'a>], holder: &str, level: usize) {
        let last: HashMap<&str, usize> = members
            .iter()
            .enumerate()
            .map(|(place, member)| (member.key.as_ref(), place))
            .collect();
        for (place, member) in members.iter().enumerate() {
            if last.get(member.key.as_ref()) != Some(&place) {
                continue;
            }
            if self.entries.len() >= PACKAGE_LIMIT {
                self.is_full = true;
                return;
            }
            self.package(member, holder, level);
        }
    }

    fn package(&mut self, member: &Member<'a>, holder: &str, level: usize) {
        let line = self.lines.at(member.offset);
        let path = join(holder, &format!("node_modules/{}", member.key));
        if path.len() > PATH_LIMIT || level > LEVEL_LIMIT {
            let message = format!(
                "the entry `{}` lies deeper than {LEVEL_LIMIT} packages or {PATH_LIMIT} bytes; it was left out",
                member.key
            );
            return self.note(line, &message);
        }
        let mut object = Object::default();
        let raw = member.value.get();
        if let Err(error) = read_object(raw, "dependencies", PACKAGE_LIMIT, &mut object) {
            return self.note(line, &format!("the entry `{}`: {error}", member.key));
        }
        // Places inside the entry become places in the text.
        let start = offset_of(self.text, raw);
        for member in &mut object.nested {
            member.offset = member.offset.saturating_add(start);
        }
        let fields = self.fields(&object, &member.key, line);
        let (entry, inside) = self.entry(path, line, fields);
        self.entries.extend(entry);
        self.level(&object.nested, &inside, level + 1);
    }

    /// The entry, with what it links to where it is a link, and the directory that its
    /// own packages lie in.
    fn entry(&mut self, path: String, line: u32, old: Old) -> (Vec<Entry>, String) {
        let Old { mut fields, asked } = old;
        let Some(version) = fields.version.take() else {
            return (vec![entry(path.clone(), line, fields)], path);
        };
        let bare = version.strip_prefix("file:");
        if let Some(directory) = bare.filter(|path| !is_archive(path)) {
            let directory = directory.trim_start_matches("./").to_owned();
            let linked = self.linked(&directory, &mut fields);
            let link = Fields {
                link: true,
                resolved: Some(directory.clone()),
                ..Fields::default()
            };
            let entries = vec![
                entry(path, line, link),
                entry(directory.clone(), line, linked),
            ];
            return (entries, directory);
        }
        if let Some(renamed) = version.strip_prefix("npm:") {
            let (name, version) = split_at_version(renamed);
            fields.name = Some(name.to_owned());
            fields.version = Some(version.to_owned());
        } else if version.contains([':', '/']) {
            // An address: of a tarball, a repository or a file.
            if let Some((name, version)) = named_by_tarball(&version) {
                fields.name = Some(name);
                fields.version = Some(version);
            }
            fields.asked = Some(asked.unwrap_or_else(|| version.clone()));
            fields.resolved = Some(version);
        } else {
            fields.version = Some(version);
        }
        (vec![entry(path.clone(), line, fields)], path)
    }

    /// What a linked directory says of itself, with the dependencies of its entry.
    fn linked(&mut self, directory: &str, fields: &mut Fields) -> Fields {
        let path = join(directory_of(self.input.path), directory);
        let manifest = Manifest::read(self.input.neighbours, &path);
        let manifest = manifest.ok().flatten().unwrap_or_default();
        Fields {
            name: manifest.name,
            version: manifest.version,
            dependencies: std::mem::take(&mut fields.dependencies),
            ..Fields::default()
        }
    }

    fn fields(&mut self, object: &Object<'_>, key: &str, line: u32) -> Old {
        let mut problems = self.odd_members(object, key);
        let mut value = |field: &str| {
            let member = object.members.iter().rfind(|member| member.key == field)?;
            match serde_json::from_str::<Value>(member.value.get()) {
                Ok(value) => Some(value),
                Err(error) => {
                    problems.push(format!(
                        "`{field}` of the entry `{key}`: {}",
                        reason(&error)
                    ));
                    None
                }
            }
        };
        let [version, resolved, integrity, from] =
            ["version", "resolved", "integrity", "from"].map(&mut value);
        let flags = ["dev", "optional", "bundled"].map(&mut value);
        let requires = value("requires");
        let is_set = |flag: &Option<Value>| *flag == Some(Value::Bool(true));
        let mut text = |field: &str, value: Option<Value>| match value? {
            Value::String(text) => Some(text),
            _ => {
                problems.push(format!("`{field}` of the entry `{key}` is not a string"));
                None
            }
        };
        let fields = Fields {
            version: text("version", version),
            resolved: text("resolved", resolved),
            integrity: text("integrity", integrity),
            bundled: is_set(&flags[2]),
            scope: scope([is_set(&flags[0]), is_set(&flags[1]), false, false]),
            dependencies: requires
                .as_ref()
                .and_then(Value::as_object)
                .map_or_else(Vec::new, names),
            has_install_script: None,
            ..Fields::default()
        };
        // `NAME@WHAT WAS ASKED FOR`.
        let asked = text("from", from).map(|from| split_at_version(&from).1.to_owned());
        for (name, value) in ["dev", "optional", "bundled"].iter().zip(flags) {
            if value.is_some_and(|value| !value.is_boolean()) {
                problems.push(format!(
                    "`{name}` of the entry `{key}` is not true or false"
                ));
            }
        }
        for problem in problems {
            self.note(line, &problem);
        }
        Old { fields, asked }
    }

    /// Members that stand twice, and those that hold something like packages and are read
    /// by nobody.
    fn odd_members(&self, object: &Object<'_>, key: &str) -> Vec<String> {
        let mut problems = Vec::new();
        let mut seen = HashSet::new();
        let nested = std::iter::repeat_n("dependencies", object.nested_count);
        let members = object.members.iter().map(|member| member.key.as_ref());
        for name in members.chain(nested).filter(|name| !seen.insert(*name)) {
            problems.push(format!(
                "the key `{name}` of the entry `{key}` stands several times; the last one was read"
            ));
        }
        for member in &object.members {
            let name = member.key.as_ref();
            let problem = match serde_json::from_str(member.value.get()) {
                Ok(Value::Object(value)) if value.values().any(Value::is_object) => {
                    "holds objects, which were not read"
                }
                Ok(Value::Object(value)) if value.values().all(Value::is_string) => continue,
                Ok(_) if name == "requires" => "is not an object of strings",
                _ => continue,
            };
            problems.push(format!("`{name}` of the entry `{key}` {problem}"));
        }
        problems
    }

    fn note(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.input.path, line, message);
    }
}

/// Fields as the tree has them.
struct Old {
    /// `version` may be an address.
    fields: Fields,
    /// Of a repository.
    asked: Option<String>,
}

fn entry(path: String, line: u32, fields: Fields) -> Entry {
    Entry { path, line, fields }
}

fn names(requires: &Map<String, Value>) -> Vec<(String, String)> {
    requires
        .iter()
        .map(|(name, range)| (name.clone(), range.as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn is_archive(path: &str) -> bool {
    [".tgz", ".tar.gz", ".tar"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

/// The entry of the project: version 1 leaves to the manifest what it asks for. One that
/// cannot be read is noted; then what nothing else asks for counts as asked for.
pub fn project(
    input: &Input<'_>,
    name: Option<String>,
    version: Option<String>,
    parsed: &mut Parsed,
) -> Entry {
    let manifest = Manifest::read(input.neighbours, directory_of(input.path));
    let manifest = manifest.unwrap_or_else(|reason| {
        let message = format!("the `package.json` beside it cannot be read: {reason}");
        parsed.note(&rules::INCOMPLETE_ENTRY, input.path, 1, &message);
        None
    });
    let manifest = manifest.unwrap_or_default();
    let of = |wanted: Scope| {
        let asked = manifest.dependencies.iter();
        asked
            .filter(|(_, _, scope)| *scope == wanted)
            .map(|(name, range, _)| (name.clone(), range.clone()))
            .collect()
    };
    let fields = Fields {
        dependencies: of(Scope::Runtime),
        dev_dependencies: of(Scope::Dev),
        optional_dependencies: of(Scope::Optional),
        name: name.or(manifest.name),
        version: version.or(manifest.version),
        ..Fields::default()
    };
    entry(String::new(), 1, fields)
}

/// Where the two copies of version 2 say different things, with the line of the entry in
/// `packages`, or else in the tree.
pub fn disagreements(packages: &[Entry], tree: &[Entry]) -> Vec<(u32, String)> {
    let is_installed = |entry: &&Entry| !entry.fields.link && entry.is_installed();
    let in_tree: HashMap<&str, &Entry> = tree
        .iter()
        .filter(is_installed)
        .map(|entry| (entry.path.as_str(), entry))
        .collect();
    let in_packages: HashMap<&str, &Entry> = packages
        .iter()
        .filter(is_installed)
        .map(|entry| (entry.path.as_str(), entry))
        .collect();
    let mut found = Vec::new();
    for entry in packages.iter().filter(is_installed) {
        let what = match in_tree.get(entry.path.as_str()) {
            None => "stands in `packages`, but not in `dependencies`".to_owned(),
            Some(other) => match difference(&entry.fields, &other.fields) {
                Some(field) => format!("has another `{field}` in `dependencies`"),
                None => continue,
            },
        };
        found.push((entry.line, format!("`{}` {what}", entry.path)));
    }
    for entry in tree.iter().filter(is_installed) {
        if !in_packages.contains_key(entry.path.as_str()) {
            let message = format!(
                "`{}` stands in `dependencies`, but not in `packages`",
                entry.path
            );
            found.push((entry.line, message));
        }
    }
    found
}

fn difference(new: &Fields, old: &Fields) -> Option<&'static str> {
    if new.integrity != old.integrity {
        return Some("integrity");
    }
    let is_same = match (&new.resolved, &old.resolved) {
        (Some(new), Some(old)) => same_address(new, old),
        (new, old) => new == old,
    };
    if !is_same {
        return Some("resolved");
    }
    // An address in the tree holds no version.
    match (&new.version, &old.version) {
        (Some(new), Some(old)) if new != old => Some("version"),
        _ => None,
    }
}

/// npm writes one address of a repository in several ways.
fn same_address(one: &str, two: &str) -> bool {
    let commit = |text: &str| text.rsplit_once('#').map(|(_, commit)| commit.to_owned());
    one == two || (commit(one).is_some() && commit(one) == commit(two))
}

#[cfg(test)]
mod tests;
