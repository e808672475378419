//! A rule that is a regular expression, and what its file allows. Expressions are
//! compiled without Unicode classes, as gitleaks compiles them, and have limits on their
//! length and on the size of their automaton; matching is linear in the file.

use super::RuleFault;
use crate::checks::secrets::candidate::{Candidate, STAND_IN};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::Kind;
use crate::checks::secrets::value::{entropy, is_filler};
use crate::model::Confidence;
use regex::bytes::{Regex, RegexBuilder};
use std::ops::Range;

/// Longest expression, in bytes.
const MAX_REGEX: usize = 16 * 1024;
/// Largest compiled expression, in bytes.
const MAX_COMPILED: usize = 4 * 1024 * 1024;
/// Most that one expression keeps while it searches, in bytes.
const MAX_CACHE: usize = 512 * 1024;
/// Most matches of one rule in one file.
const MAX_MATCHES: usize = 1000;

/// A rule that is a regular expression.
#[derive(Debug)]
pub(in crate::checks::secrets) struct Pattern {
    pub(super) kind: Kind,
    pub(super) regex: Regex,
    /// The group that is the secret; 0: the first that matched, else all.
    pub(super) group: usize,
    /// Bits per byte that the secret has to exceed.
    pub(super) entropy: Option<f64>,
    /// Lower case; the file holds one of them, where there are any.
    pub(super) keywords: Vec<String>,
    pub(super) path: Option<Regex>,
    pub(super) allowlists: Vec<Allowlist>,
}

/// What of a rule's matches counts for nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowlist {
    /// All kinds of conditions have to hold, not just one.
    pub(super) all: bool,
    pub(super) paths: Vec<Regex>,
    pub(super) regexes: Vec<Regex>,
    pub(super) target: Target,
    /// Lower case.
    pub(super) stopwords: Vec<String>,
}

/// What an allowlist's expressions are matched with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Target {
    #[default]
    Secret,
    Match,
    Line,
}

/// Compiles an expression.
///
/// # Errors
/// [`RuleFault::Regex`].
pub(super) fn compiled(field: &'static str, text: &str) -> Result<Regex, RuleFault> {
    let fault = |message: String| RuleFault::Regex { field, message };
    if text.len() > MAX_REGEX {
        return Err(fault(format!("longer than {MAX_REGEX} bytes")));
    }
    RegexBuilder::new(text)
        .unicode(false)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_CACHE)
        .build()
        .map_err(|error| {
            let text = error.to_string();
            // The last line says what is wrong, those before draw the expression.
            let last = text.lines().last().unwrap_or_default();
            fault(last.trim_start_matches("error: ").to_owned())
        })
}

impl Pattern {
    pub(in crate::checks::secrets) fn keywords(&self) -> &[String] {
        &self.keywords
    }

    /// Searches the whole file; for a file that holds a keyword.
    pub(in crate::checks::secrets) fn look(&'static self, scan: &mut Scan<'_>) {
        let path = scan.file.path;
        let on_path = |regex: &Regex| regex.is_match(path.as_bytes());
        if !self.path.as_ref().is_none_or(on_path) {
            return;
        }
        scan.work.add(scan.bytes.len());
        for captures in self.regex.captures_iter(scan.bytes).take(MAX_MATCHES) {
            let Some(whole) = captures.get(0) else {
                continue;
            };
            let secret = match self.group {
                0 => captures.iter().skip(1).flatten().find(|m| !m.is_empty()),
                group => captures.get(group),
            };
            let value = secret.unwrap_or(whole).range();
            let text = scan.text(value.clone());
            if self.entropy.is_some_and(|least| entropy(text) <= least)
                || self
                    .allowlists
                    .iter()
                    .any(|list| list.allows(path, text, whole.range(), scan.bytes))
            {
                continue;
            }
            let (confidence, why) = match is_filler(text) {
                true => (Confidence::Low, STAND_IN),
                false => (Confidence::Medium, "the expression of a rule of your own"),
            };
            scan.add(Candidate::new(value, &self.kind, confidence).because(why));
        }
    }
}

impl Allowlist {
    fn allows(&self, path: &str, secret: &[u8], whole: Range<usize>, bytes: &[u8]) -> bool {
        let on_path = self.paths.iter().any(|r| r.is_match(path.as_bytes()));
        let target = match self.target {
            Target::Secret => secret,
            Target::Match => bytes.get(whole).unwrap_or_default(),
            Target::Line => lines_around(bytes, whole),
        };
        let by_regex = self.regexes.iter().any(|r| r.is_match(target));
        let lower = secret.to_ascii_lowercase();
        let by_word = self
            .stopwords
            .iter()
            .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some());
        let conditions = [
            (self.paths.is_empty(), on_path),
            (self.regexes.is_empty(), by_regex),
            (self.stopwords.is_empty(), by_word),
        ];
        match self.all {
            true => conditions.iter().all(|(absent, holds)| *absent || *holds),
            false => conditions.iter().any(|(_, holds)| *holds),
        }
    }
}

fn lines_around(bytes: &[u8], range: Range<usize>) -> &[u8] {
    let before = bytes.get(..range.start).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let after = bytes.get(range.end..).unwrap_or_default();
    let end = memchr::memchr(b'\n', after).map_or(bytes.len(), |at| range.end + at);
    bytes.get(start..end).unwrap_or_default()
}
