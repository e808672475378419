//! `Gemfile.lock` and `gems.locked` of Bundler
//! (<https://bundler.io/man/bundle-lock.1.html>; the grammar is that of Bundler's
//! `lockfile_parser.rb`).
//!
//! A gem that is built per platform has an entry and a package file for each, so each is
//! a component of its own: the purl's `platform` tells them apart.

use super::{Edges, Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::model::{
    Checksum, ComponentKind, Digest, DigestAlgorithm, Ecosystem, GitReference, Origin, Root,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The format.
pub struct GemfileLock;

impl Format for GemfileLock {
    fn name(&self) -> &'static str {
        "gemfile-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Gem
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["Gemfile.lock", "gems.locked"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        matches!(file, "Gemfile.lock" | "gems.locked")
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let mut reader = Reader {
            path: input.path,
            parsed: Parsed::default(),
            section: Section::None,
            source: Source::default(),
            versions: Vec::new(),
            dependencies: Vec::new(),
            wanted: Vec::new(),
            checksums: HashMap::new(),
            has_dependencies: false,
        };
        for (number, text) in input.text.lines().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
            reader.line(text, number)?;
        }
        // Bundler writes it into every file, after all sources.
        if !reader.has_dependencies {
            let last = u32::try_from(input.text.lines().count()).unwrap_or(u32::MAX);
            reader.incomplete(
                last,
                "the file breaks off: it has no section `DEPENDENCIES`",
            );
        }
        reader.finish()
    }
}

/// The block that a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    /// `GEM`, `GIT`, `PATH`, `PLUGIN SOURCE`.
    Source(&'static str),
    Dependencies,
    Checksums,
    /// Without packages: `PLATFORMS`, `RUBY VERSION`, `BUNDLED WITH`.
    Other,
    Unknown,
}

/// What stands above the `specs:` of a source block.
#[derive(Default)]
struct Source {
    fields: BTreeMap<String, String>,
    /// Every `remote:` with its line.
    remotes: Vec<(u32, String)>,
}

/// A line of a list: `NAME (VERSION)`, with a `!` or more behind it.
struct Line<'t> {
    indent: usize,
    name: &'t str,
    /// What stands in the parentheses.
    inside: Option<&'t str>,
    after: &'t str,
}

struct Reader<'t> {
    path: &'t str,
    parsed: Parsed,
    section: Section,
    source: Source,
    /// Version with platform of each package.
    versions: Vec<&'t str>,
    /// Dependent, name of the dependency, line.
    dependencies: Vec<(usize, &'t str, u32)>,
    /// Names under `DEPENDENCIES`.
    wanted: Vec<&'t str>,
    /// By name and version with platform.
    checksums: HashMap<(&'t str, &'t str), Vec<Checksum>>,
    has_dependencies: bool,
}

impl<'t> Reader<'t> {
    fn line(&mut self, text: &'t str, number: u32) -> Result<(), FormatError> {
        let text = text.trim_end();
        if text.is_empty() {
            return Ok(());
        }
        if !text.starts_with(' ') {
            self.section = section(text);
            self.has_dependencies |= self.section == Section::Dependencies;
            self.source = Source::default();
            if self.section == Section::Unknown {
                let message = format!("`{text}` is no section that is known; it was left out");
                self.incomplete(number, &message);
            }
            return Ok(());
        }
        match self.section {
            Section::Source(_) => self.source_line(text, number),
            Section::Dependencies => {
                // Bundler writes `!` to a name whose source the Gemfile gives.
                let name = parse_line(text).map(|line| line.name.trim_end_matches('!'));
                match name.filter(|name| is_gem_name(name)) {
                    Some(name) => self.wanted.push(name),
                    None => self.incomplete(number, "this line is no dependency of the project"),
                }
                Ok(())
            }
            Section::Checksums => {
                self.checksum(text, number);
                Ok(())
            }
            Section::None => {
                self.incomplete(number, "this line stands before the first section");
                Ok(())
            }
            Section::Other | Section::Unknown => Ok(()),
        }
    }

    fn source_line(&mut self, text: &'t str, number: u32) -> Result<(), FormatError> {
        let Some(line) = parse_line(text) else {
            self.incomplete(number, "this line is no entry of a source");
            return Ok(());
        };
        match line.indent {
            2 => {
                match option(text) {
                    Some(("specs", "")) => {}
                    Some((key, value)) if key != "specs" => {
                        if key == "remote" {
                            self.source.remotes.push((number, value.to_owned()));
                        }
                        self.source.fields.insert(key.to_owned(), value.to_owned());
                    }
                    _ => self.incomplete(number, "this line is no option of a source"),
                }
                Ok(())
            }
            4 => self.spec(&line, number),
            6 => {
                let requirement = line.inside.unwrap_or_default();
                let is_plain = |c: char| c.is_ascii_alphanumeric() || " .,~><=!-+_".contains(c);
                if !requirement.chars().all(is_plain) || !line.after.is_empty() {
                    self.incomplete(number, "this line is no dependency of a gem");
                }
                match self.parsed.packages.len().checked_sub(1) {
                    Some(from) => self.dependencies.push((from, line.name, number)),
                    None => self.incomplete(number, "this dependency belongs to no gem"),
                }
                Ok(())
            }
            _ => {
                self.incomplete(number, "this line is not indented as an entry is");
                Ok(())
            }
        }
    }

    fn spec(&mut self, line: &Line<'t>, number: u32) -> Result<(), FormatError> {
        if self.parsed.packages.len() >= PACKAGE_LIMIT {
            return Err(FormatError::TooManyPackages {
                limit: PACKAGE_LIMIT,
            });
        }
        let mut package = Package::new(line.name, number);
        match line.inside.filter(|inside| !inside.is_empty()) {
            Some(inside) => {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
                if !inside.chars().all(is_plain) || !matches!(line.after, "" | "!") {
                    self.incomplete(number, "this line is no gem with its version");
                }
                let (version, platform) = version_and_platform(inside);
                package.version = Some(version.to_owned());
                if let Some(platform) = platform {
                    package.qualifiers.push(("platform", platform.to_owned()));
                }
            }
            None => self.incomplete(number, &format!("`{}` has no version", line.name)),
        }
        package.origin = self.origin();
        if self.section == Section::Source("GEM") {
            // Of several remotes in one block, the form of old Bundlers, any may serve it.
            let more = self.source.remotes.iter().skip(1);
            package.also_from = more
                .map(|(line, url)| (*line, registry(url.clone())))
                .collect();
        }
        if matches!(package.origin, Origin::Path { .. }) {
            package.kind = ComponentKind::Own;
        }
        self.parsed.packages.push(package);
        self.versions.push(line.inside.unwrap_or_default());
        Ok(())
    }

    fn origin(&self) -> Origin {
        let field = |key: &str| self.source.fields.get(key).cloned();
        let remote = field("remote");
        match (self.section, remote) {
            (Section::Source("GIT"), Some(url)) => Origin::Git {
                url,
                reference: if let Some(branch) = field("branch") {
                    GitReference::Branch(branch)
                } else if let Some(tag) = field("tag") {
                    GitReference::Tag(tag)
                } else if let Some(reference) = field("ref") {
                    GitReference::Revision(reference)
                } else {
                    GitReference::Default
                },
                commit: field("revision"),
            },
            (Section::Source("PATH"), Some(path)) => Origin::Path { path },
            (Section::Source("GEM"), Some(last)) => {
                let first = self.source.remotes.first();
                registry(first.map_or(last, |(_, url)| url.clone()))
            }
            (Section::Source("PLUGIN SOURCE"), Some(url)) => Origin::Url { url },
            _ => Origin::Unrecorded,
        }
    }

    fn checksum(&mut self, text: &'t str, number: u32) {
        let Some(Line {
            name,
            inside: Some(version),
            after,
            ..
        }) = parse_line(text)
        else {
            return self.incomplete(number, "this line is no checksum of a gem");
        };
        let mut checksums = Vec::new();
        for entry in after.split(',').map(str::trim).filter(|e| !e.is_empty()) {
            let digest = entry
                .split_once('=')
                .and_then(|(algorithm, value)| {
                    Some((DigestAlgorithm::from_name(algorithm)?, value))
                })
                .map(|(algorithm, value)| Digest::from_hex(algorithm, value));
            match digest {
                Some(Ok(digest)) => checksums.push(Checksum::File(digest)),
                Some(Err(error)) => {
                    self.incomplete(number, &format!("the checksum of `{name}`: {error}"));
                }
                None => self.incomplete(number, &format!("the checksum of `{name}` is unknown")),
            }
        }
        self.checksums
            .entry((name, version))
            .or_default()
            .extend(checksums);
    }

    fn finish(mut self) -> Result<Parsed, FormatError> {
        for (package, version) in self.parsed.packages.iter_mut().zip(&self.versions) {
            if let Some(found) = self.checksums.get(&(package.name.as_str(), *version)) {
                package.checksums.clone_from(found);
            }
        }
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, package) in self.parsed.packages.iter().enumerate() {
            by_name
                .entry(package.name.as_str())
                .or_default()
                .push(place);
        }
        let mut edges = Edges::default();
        let mut missing = Vec::new();
        for (from, name, line) in &self.dependencies {
            match by_name.get(name) {
                // Which platform's gem it gets is decided at installation: every one.
                Some(places) => edges.add(*from, places),
                // Bundler itself is never locked.
                None if *name == "bundler" => {}
                None => missing.push((*from, *name, *line)),
            }
        }
        // A name under `DEPENDENCIES` without an entry is a gem for a platform that the
        // lockfile is not for (`platforms:` in the Gemfile): nothing is installed.
        let wanted: BTreeSet<&str> = self.wanted.iter().copied().collect();
        let direct = wanted.iter().filter_map(|name| by_name.get(name));
        self.parsed.direct = direct.flatten().copied().collect();
        self.parsed.connect(edges)?;
        for (from, name, line) in missing {
            self.parsed.note_missing(self.path, from, name, line);
        }
        self.parsed.root = product(&self.parsed);
        Ok(self.parsed)
    }

    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }
}

fn registry(index: String) -> Origin {
    Origin::Registry {
        index: Some(index),
        file: None,
        default: false,
    }
}

fn section(text: &str) -> Section {
    match text {
        "GEM" => Section::Source("GEM"),
        "GIT" => Section::Source("GIT"),
        "PATH" => Section::Source("PATH"),
        "PLUGIN SOURCE" => Section::Source("PLUGIN SOURCE"),
        "DEPENDENCIES" => Section::Dependencies,
        "CHECKSUMS" => Section::Checksums,
        "PLATFORMS" | "RUBY VERSION" | "BUNDLED WITH" => Section::Other,
        _ => Section::Unknown,
    }
}

/// As RubyGems asks for it (`Gem::Specification::VALID_NAME_PATTERN`).
fn is_gem_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// `  key: value`; the value may be empty.
fn option(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.trim_start().split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    let value = value
        .strip_prefix(' ')
        .or(Some(value).filter(|v| v.is_empty()));
    value.filter(|_| is_key).map(|value| (key, value))
}

fn parse_line(text: &str) -> Option<Line<'_>> {
    let trimmed = text.trim_start_matches(' ');
    let indent = text.len().saturating_sub(trimmed.len());
    let (name, rest) = match trimmed.split_once(" (") {
        Some((name, rest)) => (name, Some(rest)),
        None => match trimmed.split_once(' ') {
            Some((name, after)) => {
                return Some(Line {
                    indent,
                    name,
                    inside: None,
                    after,
                });
            }
            None => (trimmed, None),
        },
    };
    if name.is_empty() {
        return None;
    }
    let (inside, after) = match rest {
        Some(rest) => {
            let (inside, after) = rest.split_once(')')?;
            (Some(inside), after)
        }
        None => (None, ""),
    };
    Some(Line {
        indent,
        name,
        inside,
        after: after.trim(),
    })
}

/// A gem version has no dash; what follows one is the platform.
fn version_and_platform(text: &str) -> (&str, Option<&str>) {
    match text.split_once('-') {
        Some((version, platform)) => (version, Some(platform).filter(|p| *p != "ruby")),
        None => (text, None),
    }
}

/// The gem whose gemspec lies beside the lockfile, if it is one.
fn product(parsed: &Parsed) -> Option<Root> {
    let here = |package: &&Package| matches!(&package.origin, Origin::Path { path } if path.trim_end_matches('/') == ".");
    let mut own = parsed.packages.iter().filter(here);
    let (package, None) = (own.next()?, own.next()) else {
        return None;
    };
    Some(Root {
        name: package.name.clone(),
        version: package.version.clone(),
    })
}

#[cfg(test)]
mod tests;
