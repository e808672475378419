//! Rules of the builder's own, from TOML files: the form of the built-in rules
//! (`native`), or a configuration of gitleaks (`gitleaks`). The text of a file comes in,
//! rules and notes about what is not understood come out; nothing is read here.
//!
//! Such rules only add. What a built-in rule claims with more than low confidence stays
//! whatever an own rule says of the same place, and a gitleaks allowlist counts for the
//! rules of its own file alone.

mod error;
mod gitleaks;
mod native;
mod pattern;

#[cfg(test)]
mod tests;

pub use error::{OwnRulesError, RuleFault};
pub(super) use pattern::Pattern;

use super::kind::{Kind, Remedy};
use super::rules::OWN_RULE;
use super::token::TokenRule;
use crate::model::Severity;
use crate::support::hash::sha256;
use std::collections::BTreeSet;

/// Largest rule file, in bytes.
pub const MAX_FILE: u64 = 1024 * 1024;
/// Most rules of one's own.
const MAX_RULES: usize = 2000;
/// Most keywords of one rule, and the lengths that they may have.
const MAX_KEYWORDS: usize = 200;
const KEYWORD_LENGTHS: std::ops::RangeInclusive<usize> = 2..=100;
/// Longest text of a rule that is shown, in bytes.
const MAX_TEXT: usize = 400;

/// Rules read from files; none by default. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct OwnRules {
    tokens: Vec<&'static TokenRule>,
    patterns: Vec<&'static Pattern>,
    ids: BTreeSet<String>,
    /// SHA-256 of each file, in order.
    digests: Vec<String>,
}

impl OwnRules {
    /// Adds the rules of a file and gives back notes, one line each, about what in it has
    /// no effect. `file` is its name for messages. The texts of the rules are kept for
    /// the life of the process.
    ///
    /// # Errors
    /// Each variant of [`OwnRulesError`]; with the line of the rule at fault.
    pub fn add(&mut self, file: &str, text: &str) -> Result<Vec<String>, OwnRulesError> {
        let table: toml::Table = toml::from_str(text).map_err(|e| malformed(file, text, &e))?;
        let notes = match (table.contains_key("token"), table.contains_key("rules")) {
            (true, false) => native::read(file, text, self).map(|()| Vec::new()),
            (false, true) => gitleaks::read(file, text, self),
            _ => Err(OwnRulesError::Form {
                file: file.to_owned(),
            }),
        }?;
        if self.tokens.len() + self.patterns.len() > MAX_RULES {
            return Err(OwnRulesError::TooMany {
                file: file.to_owned(),
                limit: MAX_RULES,
            });
        }
        self.digests.push(sha256(text.as_bytes()).hex());
        Ok(notes)
    }

    /// Names the files of the rules; empty where there are none.
    pub(super) fn digest(&self) -> String {
        self.digests.concat()
    }

    pub(super) fn tokens(&self) -> &[&'static TokenRule] {
        &self.tokens
    }

    pub(super) fn patterns(&self) -> &[&'static Pattern] {
        &self.patterns
    }

    /// Takes an id that is not taken yet.
    fn claim_id(&mut self, id: &str) -> Result<(), RuleFault> {
        let is_id = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if id.is_empty() || id.len() > 100 || !id.bytes().all(is_id) {
            return Err(RuleFault::Id);
        }
        match self.ids.insert(id.to_owned()) {
            true => Ok(()),
            false => Err(RuleFault::Twice),
        }
    }
}

/// What a file says of a kind.
struct Described<'a> {
    id: &'a str,
    provider: &'a str,
    credential: &'a str,
    title: &'a str,
    severity: Severity,
    revoke: &'a str,
    instead: Option<&'a str>,
}

impl Described<'_> {
    /// The kind, its id marked as one's own: a waiver for a built-in kind never covers it.
    fn kind(&self) -> Result<Kind, RuleFault> {
        let texts = [self.provider, self.credential, self.title, self.revoke];
        let instead = self.instead.unwrap_or_default();
        let bad = |text: &str| text.len() > MAX_TEXT || text.chars().any(char::is_control);
        if texts.into_iter().any(|text| text.is_empty() || bad(text)) || bad(instead) {
            return Err(RuleFault::Text);
        }
        let revoke = kept(self.revoke);
        Ok(Kind {
            id: kept(&format!("own-{}", self.id)),
            provider: kept(self.provider),
            credential: kept(self.credential),
            title: kept(self.title),
            rule: &OWN_RULE,
            severity: self.severity,
            remedy: match self.instead {
                Some(instead) => Remedy::Replace {
                    revoke,
                    instead: kept(instead),
                },
                None => Remedy::Rotate { revoke },
            },
        })
    }
}

/// The text for the life of the process. Kinds of findings are static, since all but
/// these are built in; their number and size have limits.
fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn kept_all(texts: &[String]) -> &'static [&'static str] {
    Box::leak(texts.iter().map(|text| kept(text)).collect::<Box<[_]>>())
}

fn check_keywords<'a>(keywords: impl Iterator<Item = &'a String>) -> Result<(), RuleFault> {
    let mut count = 0;
    for keyword in keywords {
        count += 1;
        if !KEYWORD_LENGTHS.contains(&keyword.len()) || count > MAX_KEYWORDS {
            return Err(RuleFault::Keywords);
        }
    }
    Ok(())
}

/// The 1-based line of a place in the text.
fn line_of(text: &str, at: usize) -> usize {
    let before = text
        .as_bytes()
        .get(..at.min(text.len()))
        .unwrap_or_default();
    memchr::memchr_iter(b'\n', before).count() + 1
}

fn malformed(file: &str, text: &str, error: &toml::de::Error) -> OwnRulesError {
    OwnRulesError::Toml {
        file: file.to_owned(),
        line: error.span().map_or(1, |span| line_of(text, span.start)),
        message: error
            .message()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}
