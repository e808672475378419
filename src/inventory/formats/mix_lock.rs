//! `mix.lock` of Elixir's Mix (<https://hexdocs.pm/mix/Mix.Tasks.Deps.html>; the tuples of
//! Hex packages are those of Hex's `scm.ex` and `remote_converger.ex`).
//!
//! Each entry is named by the application; the package's own name stands in its tuple.

mod term;

use super::{Edges, Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::lines::Lines;
use crate::inventory::rules;
use crate::model::{Checksum, Digest, DigestAlgorithm, Ecosystem, GitReference, Origin};
use std::collections::HashMap;
use term::{Term, Terms};

/// The repository that Hex uses by itself.
const DEFAULT_REPOSITORY: &str = "hexpm";

/// The format.
pub struct MixLock;

impl Format for MixLock {
    fn name(&self) -> &'static str {
        "mix-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Hex
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["mix.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "mix.lock"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let lines = Lines::new(input.text);
        let mut terms = Terms::new(input.text);
        if !terms.eat("%{") {
            return Err(FormatError::Syntax {
                line: lines.at(terms.at),
                reason: "a mix.lock is a map: `%{` is missing".to_owned(),
            });
        }
        let mut reader = Reader {
            path: input.path,
            parsed: Parsed::default(),
            places: HashMap::new(),
            dependencies: Vec::new(),
        };
        let mut is_closed = false;
        while !is_closed {
            is_closed = terms.eat("}");
            if is_closed || terms.is_at_end() {
                break;
            }
            if reader.parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            let line = lines.at(terms.at);
            let entry = terms
                .key()
                .and_then(|key| Ok((key, terms.term()?)))
                .and_then(|(key, term)| {
                    if terms.eat(",") {
                        return Ok((key, term));
                    }
                    is_closed = terms.eat("}");
                    if is_closed {
                        return Ok((key, term));
                    }
                    Err(format!("`,` is missing after `{key}`"))
                });
            match entry {
                Ok((key, term)) => reader.entry(&key, &term, line),
                Err(reason) => {
                    let message = format!("this entry cannot be read: {reason}");
                    reader.incomplete(lines.at(terms.at).max(line), &message);
                    // Mix writes one entry a line, so the next line is the next entry.
                    terms.skip_line();
                }
            }
        }
        terms.skip();
        if !is_closed || !terms.is_at_end() {
            let reason = if is_closed {
                "text follows the map"
            } else {
                "the map does not end"
            };
            let line = lines.at(terms.at);
            reader.parsed.note_broken(input.path, line, reason);
        }
        reader.resolve()?;
        // What a git dependency needs stands in its own `mix.exs`.
        let is_git = |package: &Package| matches!(package.origin, Origin::Git { .. });
        reader.parsed.has_graph = Some(!reader.parsed.packages.iter().any(is_git));
        Ok(reader.parsed)
    }
}

struct Wanted {
    application: String,
    is_optional: bool,
}

struct Reader<'t> {
    path: &'t str,
    parsed: Parsed,
    /// Packages by application.
    places: HashMap<String, usize>,
    /// Of each package.
    dependencies: Vec<Vec<Wanted>>,
}

impl Reader<'_> {
    fn entry(&mut self, application: &str, term: &Term, line: u32) {
        let read = match term.items() {
            [Term::Atom(kind), rest @ ..] if kind == "hex" => self.hex(application, rest, line),
            [Term::Atom(kind), rest @ ..] if kind == "git" => git(application, rest, line),
            [Term::Atom(kind), ..] => Err(format!(
                "`{application}` is of the kind `{kind}`, which is not known"
            )),
            _ => Err(format!("`{application}` is no tuple that is known")),
        };
        match read {
            Ok((package, wanted)) => {
                let place = self.parsed.packages.len();
                self.parsed.packages.push(package);
                self.dependencies.push(wanted);
                if self.places.insert(application.to_owned(), place).is_some() {
                    let message = format!("`{application}` stands several times");
                    self.incomplete(line, &message);
                }
            }
            Err(message) => self.incomplete(line, &message),
        }
    }

    /// `{:hex, name, version, inner checksum, managers, dependencies, repository, outer
    /// checksum}`; old ones end earlier.
    fn hex(
        &mut self,
        application: &str,
        rest: &[Term],
        line: u32,
    ) -> Result<(Package, Vec<Wanted>), String> {
        let (Some(name), Some(version)) = (
            rest.first().and_then(Term::atom),
            rest.get(1).and_then(Term::text),
        ) else {
            return Err(format!("`{application}` has no name or no version"));
        };
        let mut package = Package::new(name, line);
        package.version = Some(version.to_owned());
        package.origin = match rest.get(5).and_then(Term::text) {
            Some(DEFAULT_REPOSITORY) => Origin::Registry {
                index: None,
                file: None,
                default: true,
            },
            // A repository of another name; its address is in Hex's own configuration.
            Some(repository) => Origin::Registry {
                index: Some(repository.to_owned()),
                file: None,
                default: false,
            },
            None => Origin::ImpliedDefault,
        };
        if let Some(inner) = rest.get(2).and_then(Term::text) {
            package.checksums.push(Checksum::Opaque {
                scheme: "hex-inner",
                value: inner.to_owned(),
            });
        }
        if let Some(outer) = rest.get(6).and_then(Term::text) {
            match Digest::from_hex(DigestAlgorithm::Sha256, outer) {
                Ok(digest) => package.checksums.push(Checksum::File(digest)),
                Err(error) => {
                    self.incomplete(line, &format!("the checksum of `{name}`: {error}"));
                }
            }
        }
        let mut wanted = Vec::new();
        for dependency in rest.get(4).map(Term::items).unwrap_or_default() {
            let Some(application) = dependency.items().first().and_then(Term::atom) else {
                self.incomplete(line, &format!("a dependency of `{name}` is no tuple"));
                continue;
            };
            let is_optional = dependency
                .items()
                .last()
                .and_then(|options| options.option("optional"))
                .is_some_and(|flag| flag.atom() == Some("true"));
            wanted.push(Wanted {
                application: application.to_owned(),
                is_optional,
            });
        }
        Ok((package, wanted))
    }

    fn resolve(&mut self) -> Result<(), FormatError> {
        let mut missing = Vec::new();
        let mut edges = Edges::default();
        for (from, wanted) in self.dependencies.iter().enumerate() {
            for wanted in wanted {
                match self.places.get(&wanted.application) {
                    Some(to) => edges.add(from, &[*to]),
                    None if wanted.is_optional => {}
                    None => missing.push((from, wanted.application.clone())),
                }
            }
        }
        self.parsed.connect(edges)?;
        for (from, name) in missing {
            let line = self.parsed.packages.get(from).map_or(1, |p| p.line);
            self.parsed.note_missing(self.path, from, &name, line);
        }
        Ok(())
    }

    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }
}

/// `{:git, url, commit, options}`.
fn git(application: &str, rest: &[Term], line: u32) -> Result<(Package, Vec<Wanted>), String> {
    let (Some(url), Some(commit)) = (
        rest.first().and_then(Term::text),
        rest.get(1).and_then(Term::text),
    ) else {
        return Err(format!("`{application}` has no address or no commit"));
    };
    let option = |key: &str| {
        let value = rest.get(2)?.option(key)?;
        Some(value.text()?.to_owned())
    };
    let mut package = Package::new(application, line);
    package.origin = Origin::Git {
        url: url.to_owned(),
        reference: if let Some(branch) = option("branch") {
            GitReference::Branch(branch)
        } else if let Some(tag) = option("tag") {
            GitReference::Tag(tag)
        } else if let Some(revision) = option("ref") {
            GitReference::Revision(revision)
        } else {
            GitReference::Default
        },
        commit: Some(commit.to_owned()),
    };
    Ok((package, Vec::new()))
}

#[cfg(test)]
mod tests;
