//! `Pipfile.lock`, specification 6 (<https://pipenv.pypa.io/en/latest/pipfile.html>,
//! <https://github.com/pypa/pipfile>).
//!
//! It holds no graph. Each category (`default`, `develop` and others that the project
//! names) is an object of packages.

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::json::{Member, Object, offset_of, read_object, reason};
use crate::inventory::lines::Lines;
use crate::inventory::python::{digest, is_package_file, runs_code};
use crate::inventory::rules;
use crate::model::{Checksum, ComponentKind, Ecosystem, GitReference, Origin, Scope};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;

/// The member that is no category.
const META: &str = "_meta";

/// The format.
pub struct PipfileLock;

impl Format for PipfileLock {
    fn name(&self) -> &'static str {
        "pipfile-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pypi
    }

    fn has_graph(&self) -> bool {
        false
    }

    fn globs(&self) -> &'static [&'static str] {
        &["Pipfile.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "Pipfile.lock"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let lines = Lines::new(input.text);
        let (categories, broken) = categories(input.text);
        let meta = categories
            .members
            .iter()
            .rfind(|member| member.key == META)
            .ok_or_else(|| {
                broken.clone().unwrap_or(FormatError::Shape {
                    line: 1,
                    reason: "there is no `_meta`".to_owned(),
                })
            })?;
        let meta = read_meta(meta, &lines)?;
        let mut reader = Reader {
            path: input.path,
            text: input.text,
            lines: &lines,
            sources: meta.sources,
            parsed: Parsed::default(),
        };
        reader.note_repeated(&categories.members, 0);
        for member in &categories.members {
            if member.key != META {
                reader.category(member)?;
            }
        }
        for (category, entries) in &categories.cut {
            reader.entries(category, entries, 0)?;
        }
        let mut parsed = reader.parsed;
        if let Some(error) = broken {
            parsed.note_broken(input.path, error.line().unwrap_or(1), &error.to_string());
        }
        Ok(parsed)
    }
}

/// The members of the whole object.
struct Categories<'a> {
    /// Those that are whole.
    members: Vec<Member<'a>>,
    /// What is left of the one that the text breaks off in.
    cut: Vec<(&'static str, Vec<Member<'a>>)>,
}

fn categories(text: &str) -> (Categories<'_>, Option<FormatError>) {
    let mut whole = Object::default();
    // No category has an empty name, so every member is given as it stands.
    let error = read_object(text, "", PACKAGE_LIMIT, &mut whole).err();
    let mut categories = Categories {
        members: whole.members,
        cut: Vec::new(),
    };
    let Some(error) = error else {
        return (categories, None);
    };
    for name in ["default", "develop"] {
        if categories.members.iter().any(|member| member.key == name) {
            continue;
        }
        let mut part = Object::default();
        if read_object(text, name, PACKAGE_LIMIT, &mut part).is_err() && !part.nested.is_empty() {
            categories.cut.push((name, part.nested));
        }
    }
    let syntax = FormatError::Syntax {
        line: u32::try_from(error.line()).unwrap_or(u32::MAX).max(1),
        reason: error.to_string(),
    };
    (categories, Some(syntax))
}

/// `_meta`: the specification and the sources.
#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "pipfile-spec")]
    spec: Option<Value>,
    #[serde(default)]
    sources: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    name: Option<String>,
    url: Option<String>,
}

fn read_meta(member: &Member<'_>, lines: &Lines<'_>) -> Result<Meta, FormatError> {
    let line = lines.at(member.offset);
    let meta: Meta =
        serde_json::from_str(member.value.get()).map_err(|error| FormatError::Shape {
            line,
            reason: format!("`_meta` cannot be read: {}", reason(&error)),
        })?;
    let found = match &meta.spec {
        None => {
            return Err(FormatError::Shape {
                line,
                reason: "there is no `pipfile-spec` in `_meta`".to_owned(),
            });
        }
        Some(Value::Number(number)) => number.to_string(),
        Some(other) => other.to_string().chars().take(20).collect(),
    };
    let known = "6";
    match found.as_str() {
        "6" => Ok(meta),
        "1" | "2" | "3" | "4" | "5" => Err(FormatError::OldVersion { line, found, known }),
        _ => Err(FormatError::UnknownVersion { line, found, known }),
    }
}

/// The fields of one entry that are used.
#[derive(Deserialize)]
struct Fields {
    version: Option<String>,
    #[serde(default)]
    hashes: Vec<String>,
    index: Option<String>,
    git: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    hg: Option<String>,
    svn: Option<String>,
    bzr: Option<String>,
    file: Option<String>,
    path: Option<String>,
    editable: Option<bool>,
}

struct Reader<'t> {
    path: &'t str,
    text: &'t str,
    lines: &'t Lines<'t>,
    sources: Vec<Source>,
    parsed: Parsed,
}

impl Reader<'_> {
    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }

    /// Readers differ in which of two equal keys they believe; here both are read.
    fn note_repeated(&mut self, members: &[Member<'_>], base: usize) {
        let mut seen = HashSet::new();
        for member in members {
            if !seen.insert(member.key.as_ref()) {
                let message = format!(
                    "the key `{}` stands several times; each was read",
                    member.key
                );
                let line = self.lines.at(base.saturating_add(member.offset));
                let rule = &rules::UNREADABLE_LOCKFILE;
                self.parsed.note(rule, self.path, line, &message);
            }
        }
    }

    fn category(&mut self, member: &Member<'_>) -> Result<(), FormatError> {
        let mut packages = Object::default();
        let base = offset_of(self.text, member.value.get());
        if read_object(member.value.get(), "", PACKAGE_LIMIT, &mut packages).is_err() {
            if packages.members.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            let line = self.lines.at(member.offset);
            let message = format!("`{}` is no object of packages", member.key);
            self.incomplete(line, &message);
        }
        self.entries(&member.key, &packages.members, base)
    }

    /// Reads the packages of a category; `base` is where the text of their places starts.
    fn entries(
        &mut self,
        category: &str,
        members: &[Member<'_>],
        base: usize,
    ) -> Result<(), FormatError> {
        let scope = match category {
            "default" => Scope::Runtime,
            "develop" => Scope::Dev,
            // Installed on request only, as an extra is.
            _ => Scope::Optional,
        };
        self.note_repeated(members, base);
        for member in members {
            if self.parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            let line = self.lines.at(base.saturating_add(member.offset));
            self.package(member, line, scope);
        }
        Ok(())
    }

    fn package(&mut self, member: &Member<'_>, line: u32, scope: Scope) {
        let name = member.key.as_ref();
        let mut package = Package::new(name, line);
        package.scope = scope;
        let fields: Fields = match serde_json::from_str(member.value.get()) {
            Ok(fields) => fields,
            Err(error) => {
                // The package is there all the same.
                self.parsed.packages.push(package);
                return self
                    .incomplete(line, &format!("the entry of `{name}`: {}", reason(&error)));
            }
        };
        for hash in &fields.hashes {
            match digest(hash) {
                Ok(digest) => package.checksums.push(Checksum::File(digest)),
                Err(error) => self.incomplete(line, &format!("a hash of `{name}`: {error}")),
            }
        }
        package.checksums.sort();
        package.checksums.dedup();
        package.version = self.version(name, &fields, line);
        self.origin(&mut package, fields, line);
        package.runs_install_code = runs_code(&package.origin, []);
        self.parsed.packages.push(package);
    }

    /// `==1.2`; absent for what does not come from an index.
    fn version(&mut self, name: &str, fields: &Fields, line: u32) -> Option<String> {
        let Some(pin) = &fields.version else {
            let sources = [
                &fields.git,
                &fields.hg,
                &fields.svn,
                &fields.bzr,
                &fields.file,
                &fields.path,
            ];
            if sources.iter().all(|source| source.is_none()) {
                self.incomplete(line, &format!("`{name}` has no version"));
            }
            return None;
        };
        let version = pin.trim_start_matches('=').trim();
        if !pin.starts_with("==") || version.is_empty() || version.contains(['*', ',']) {
            let message = format!("the version of `{name}` is `{pin}`, not an exact one");
            self.incomplete(line, &message);
            return None;
        }
        Some(version.to_owned())
    }

    fn origin(&mut self, package: &mut Package, fields: Fields, line: u32) {
        package.origin = if let Some(url) = fields.git {
            // Pipenv writes the commit that it found, whatever the Pipfile asked for.
            let commit = fields.reference.clone().filter(|text| is_commit(text));
            Origin::Git {
                url,
                reference: fields
                    .reference
                    .map_or(GitReference::Default, GitReference::Revision),
                commit,
            }
        } else if let Some(url) = fields.hg.or(fields.svn).or(fields.bzr) {
            Origin::Url { url }
        } else if let Some(place) = fields.file.or(fields.path) {
            if place.contains("://") && !place.starts_with("file://") {
                Origin::Url { url: place }
            } else {
                if fields.editable == Some(true) || !is_package_file(&place) {
                    package.kind = ComponentKind::Own;
                }
                Origin::Path { path: place }
            }
        } else {
            self.index(package, fields.index.as_deref(), line)
        };
    }

    /// The source that an entry names; the only one, where it names none. Of several,
    /// pip takes any.
    fn index(&mut self, package: &Package, name: Option<&str>, line: u32) -> Origin {
        let found = match (name, self.sources.as_slice()) {
            (Some(name), sources) => sources
                .iter()
                .find(|source| source.name.as_deref() == Some(name)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        if let (Some(name), None) = (name, found) {
            let message = format!(
                "`{}` comes from the source `{name}`, which `_meta` does not name",
                package.name
            );
            self.parsed
                .note(&rules::INCOMPLETE_ENTRY, self.path, line, &message);
            return Origin::Unrecorded;
        }
        match found.and_then(|source| source.url.clone()) {
            Some(url) => Origin::Registry {
                index: Some(url),
                file: None,
                default: false,
            },
            None => Origin::Unrecorded,
        }
    }
}

/// A full commit id: SHA-1 or SHA-256 in hex.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
