//! `yarn.lock`: two formats of one name. Yarn 1 writes a syntax of its own; Yarn 2 and
//! later ("berry") write YAML with a `__metadata` entry
//! (<https://yarnpkg.com/advanced/lexicon>, <https://classic.yarnpkg.com/docs/yarn-lock>).
//!
//! Neither says which dependencies are for development: that follows from the manifests
//! of the project and its workspaces, which are read along.

mod berry;
mod classic;
mod locator;
mod peers;
mod resolutions;
mod syntax;

use super::{Format, Input, Parsed};
use crate::inventory::error::FormatError;
use crate::model::Ecosystem;

/// The format.
pub struct YarnLock;

impl Format for YarnLock {
    fn name(&self) -> &'static str {
        "yarn-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Npm
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["yarn.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "yarn.lock"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        // The key that Yarn itself tells the two by.
        if input
            .text
            .lines()
            .any(|line| line.starts_with("__metadata:"))
        {
            berry::parse(input)
        } else {
            classic::parse(input)
        }
    }
}

#[cfg(test)]
mod tests;
