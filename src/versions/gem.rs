//! RubyGems (`Gem::Version`, <https://docs.ruby-lang.org/en/master/Gem/Version.html>):
//! numbers and words, a word makes a pre-release, `-` stands for `.pre.`, and zeros at the
//! end of the numbers or of the whole do not count.

use super::Incomparable;
use super::number::{Number, compare_padded};
use std::cmp::Ordering;

/// Segments without the zeros that do not count. The missing ones are zeros too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GemVersion(Vec<Segment>);

/// The order of the variants is part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Word(Box<str>),
    Number(Number),
}

const ZERO: Segment = Segment::Number(Number::ZERO);

impl GemVersion {
    pub(super) fn parse(text: &str) -> Result<Self, Incomparable> {
        let plain = text.trim();
        if !is_correct(plain) {
            return Err(Incomparable::new(text, "it is not a version of a gem"));
        }
        Ok(Self::as_written(plain))
    }

    /// The segments of any text, also of one that RubyGems refuses (`1beta`).
    pub(super) fn as_written(text: &str) -> Self {
        let mut segments = Segments::default();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if c.is_ascii_digit() {
                let (number, after) = Number::split_from(rest);
                segments.list.extend(number.map(Segment::Number));
                rest = after;
                continue;
            }
            let end = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            match rest.split_at_checked(end) {
                Some((word, after)) if !word.is_empty() => {
                    segments.push_word(word);
                    rest = after;
                }
                _ => {
                    if c == '-' {
                        segments.push_word("pre");
                    }
                    rest = rest.get(c.len_utf8()..).unwrap_or_default();
                }
            }
        }
        segments.drop_zeros();
        Self(segments.list)
    }

    pub(super) fn canonical(&self) -> String {
        if self.0.is_empty() {
            return "0".to_owned();
        }
        let segments: Vec<_> = self
            .0
            .iter()
            .map(|segment| match segment {
                Segment::Word(word) => word.to_string(),
                Segment::Number(number) => number.to_string(),
            })
            .collect();
        segments.join(".")
    }

    pub(super) fn same_first_number(&self, other: &Self) -> bool {
        let first = |version: &Self| match version.0.first() {
            Some(Segment::Number(number)) => number.clone(),
            _ => Number::ZERO,
        };
        first(self) == first(other)
    }
}

impl Ord for GemVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_padded(&self.0, &other.0, &ZERO)
    }
}

impl PartialOrd for GemVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `N(.WORD)*[-LABEL(.LABEL)*]`: what RubyGems does not refuse.
fn is_correct(text: &str) -> bool {
    let (plain, dash) = match text.split_once('-') {
        Some((plain, dash)) => (plain, Some(dash)),
        None => (text, None),
    };
    let mut parts = plain.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_label = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    parts.next().is_some_and(is_number)
        && parts.all(is_word)
        && dash.is_none_or(|dash| dash.split('.').all(is_label))
}

#[derive(Default)]
struct Segments {
    list: Vec<Segment>,
    has_word: bool,
}

impl Segments {
    fn push_word(&mut self, word: &str) {
        if !self.has_word {
            self.drop_zeros();
            self.has_word = true;
        }
        self.list.push(Segment::Word(word.into()));
    }

    fn drop_zeros(&mut self) {
        while self.list.last() == Some(&ZERO) {
            self.list.pop();
        }
    }
}
