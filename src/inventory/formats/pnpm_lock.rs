//! `pnpm-lock.yaml`, versions 5.x, 6.x and 9.0
//! (<https://github.com/pnpm/spec/tree/master/lockfile>).
//!
//! A file may hold several documents: pnpm 11 and later keep what configures the
//! installation (configuration packages, pnpm itself) in one of its own. All are read.
//!
//! Entries that differ only in the peers that they were resolved with are one package,
//! with the edges of all of them.

mod key;
mod reader;

use super::{Format, Input, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::npm::Graph;
use crate::inventory::rules;
use crate::inventory::yaml::{self, Node};
use crate::model::Ecosystem;
use key::Syntax;
use reader::Reader;
use std::collections::BTreeMap;

const KNOWN: &str = "5.0 to 5.4, 6.0, 6.1 and 9.0";

/// The format.
pub struct PnpmLock;

impl Format for PnpmLock {
    fn name(&self) -> &'static str {
        "pnpm-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Npm
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["pnpm-lock.yaml"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "pnpm-lock.yaml"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let stream = yaml::parse(input.text);
        let mut parsed = Parsed::default();
        let mut graph = Graph::default();
        let mut own = BTreeMap::new();
        let mut unread = Vec::new();
        let mut walks = false;
        for document in &stream.documents {
            match syntax(document) {
                Ok(syntax) => {
                    walks |= syntax == Syntax::V9;
                    Reader::new(input, syntax, &mut parsed, &mut graph, &mut own).read(document)?;
                }
                Err(error) => unread.push(error),
            }
        }
        if unread.len() == stream.documents.len() {
            let error = unread.into_iter().next();
            return Err(match (error, stream.broken) {
                (_, Some(broken)) => FormatError::Syntax {
                    line: broken.line,
                    reason: broken.reason,
                },
                (Some(error), None) => error,
                (None, None) => no_version(1),
            });
        }
        for error in unread {
            let line = error.line().unwrap_or(1);
            let message = format!("a document of `{}` was not read: {error}", input.path);
            parsed.note(&rules::UNSUPPORTED_LOCK_VERSION, input.path, line, &message);
        }
        // Versions before 9 record what each package is for.
        if walks {
            graph.walk(&mut parsed);
        }
        graph.finish(&mut parsed);
        for (key, line) in &stream.repeated {
            let message = format!("the key `{key}` stands several times; the last one was read");
            parsed.note(&rules::UNREADABLE_LOCKFILE, input.path, *line, &message);
        }
        if let Some(broken) = &stream.broken {
            parsed.note_broken(input.path, broken.line, &broken.reason);
        }
        Ok(parsed)
    }
}

fn syntax(document: &Node<'_>) -> Result<Syntax, FormatError> {
    let Some(version) = document.member("lockfileVersion") else {
        return Err(no_version(document.line));
    };
    let text = version.value.text().unwrap_or("that is no text");
    match text {
        "9.0" => Ok(Syntax::V9),
        "6.0" | "6.1" => Ok(Syntax::V6),
        // pnpm 7 could be told to write the dependencies of version 6 early.
        "5"
        | "5.0"
        | "5.1"
        | "5.2"
        | "5.3"
        | "5.4"
        | "5.3-inlineSpecifiers"
        | "5.4-inlineSpecifiers" => Ok(Syntax::V5),
        _ => Err(FormatError::UnknownVersion {
            line: version.line,
            found: text.chars().take(20).collect(),
            known: KNOWN,
        }),
    }
}

fn no_version(line: u32) -> FormatError {
    FormatError::Shape {
        line,
        reason: "there is no `lockfileVersion`".to_owned(),
    }
}

#[cfg(test)]
mod tests;
