//! Maven (<https://maven.apache.org/pom.html#version-order-specification>), as
//! `ComparableVersion` of Maven 3.9 orders versions, with its three breaks of the order
//! healed as the specification says:
//!
//! - what means "release" or zero before a hyphen does not count: `1-ga-1` is `1-1`
//!   (Maven puts it before `1-1`);
//! - a qualifier after a dot is one after a hyphen, wherever it stands (Maven holds to that
//!   at the end of a version and before a number only, so that there
//!   `1 < 1.jre.1 < 1-rc < 1`);
//! - a word at the start is a qualifier of nothing, as if it followed a zero (Maven has
//!   `0 < foo < 0-rc < 0`).
//!
//! Everything has a place: an unknown word is a qualifier after all known ones.

use super::Incomparable;
use super::number::{Number, compare_padded};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// Items in the order of the text, without those at the end of a hyphen's part that mean
/// "release" or zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MavenVersion(Vec<Item>);

/// The order of the variants is part of it. `End` is what a shorter version goes on with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Before(Stage),
    End,
    /// A qualifier that means "release" and is followed by a number after a dot.
    Release,
    ServicePack,
    /// In lower case.
    Unknown(Box<str>),
    /// A number after a hyphen or after a letter.
    Hyphen(Number),
    /// A number after a dot.
    Dot(Number),
}

/// A qualifier before the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
}

impl Item {
    fn of_word(word: &str, is_before_digit: bool) -> Self {
        match word {
            "alpha" => Self::Before(Stage::Alpha),
            "a" if is_before_digit => Self::Before(Stage::Alpha),
            "beta" => Self::Before(Stage::Beta),
            "b" if is_before_digit => Self::Before(Stage::Beta),
            "milestone" => Self::Before(Stage::Milestone),
            "m" if is_before_digit => Self::Before(Stage::Milestone),
            "rc" | "cr" => Self::Before(Stage::Candidate),
            "snapshot" => Self::Before(Stage::Snapshot),
            "ga" | "final" | "release" => Self::Release,
            "sp" => Self::ServicePack,
            _ => Self::Unknown(word.into()),
        }
    }

    /// Whether it does not count where nothing or a hyphen follows.
    fn is_null(&self) -> bool {
        matches!(
            self,
            Self::Release | Self::Hyphen(Number::ZERO) | Self::Dot(Number::ZERO)
        )
    }
}

/// How the next number is joined to what stands before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Dot,
    Hyphen,
}

impl MavenVersion {
    pub(super) fn parse(text: &str) -> Result<Self, Incomparable> {
        let lower = text.trim().to_lowercase();
        if lower.is_empty() {
            return Err(Incomparable::new(text, "it is empty"));
        }
        let mut builder = Builder::default();
        let mut joint = Joint::Dot;
        let mut rest = lower.as_str();
        while let Some(c) = rest.chars().next() {
            match c {
                '.' | '-' => {
                    // The zero of an empty part: `1..2`, `1.-2`, `.5`.
                    builder.push_number(joint, Number::ZERO);
                    rest = rest.get(1..).unwrap_or_default();
                    joint = if c == '-' { Joint::Hyphen } else { Joint::Dot };
                    continue;
                }
                '0'..='9' => {
                    let (number, after) = Number::split_from(rest);
                    builder.push_number(joint, number.unwrap_or(Number::ZERO));
                    rest = after;
                }
                _ => {
                    let end = rest
                        .find(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'))
                        .unwrap_or(rest.len());
                    let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                    builder.push_word(word, after.starts_with(|c: char| c.is_ascii_digit()));
                    rest = after;
                }
            }
            // A change between digits and letters is a hyphen too.
            joint = Joint::Hyphen;
            if let Some(after) = rest.strip_prefix('.') {
                joint = Joint::Dot;
                rest = after;
            } else if let Some(after) = rest.strip_prefix('-') {
                rest = after;
            }
        }
        builder.close_part();
        Ok(Self(builder.items))
    }

    pub(super) fn canonical(&self) -> String {
        let mut text = String::new();
        for item in &self.0 {
            // Writing into memory does not fail.
            let _ = match item {
                Item::Before(stage) => text.write_str(match stage {
                    Stage::Alpha => "-alpha",
                    Stage::Beta => "-beta",
                    Stage::Milestone => "-milestone",
                    Stage::Candidate => "-rc",
                    Stage::Snapshot => "-snapshot",
                }),
                Item::End => Ok(()),
                Item::Release => text.write_str("-ga"),
                Item::ServicePack => text.write_str("-sp"),
                Item::Unknown(word) => write!(text, "-{word}"),
                Item::Hyphen(number) => write!(text, "-{number}"),
                Item::Dot(number) if text.is_empty() => write!(text, "{number}"),
                Item::Dot(number) => write!(text, ".{number}"),
            };
        }
        if text.is_empty() {
            text.push('0');
        }
        text
    }

    pub(super) fn same_first_number(&self, other: &Self) -> bool {
        let first = |version: &Self| match version.0.first() {
            Some(Item::Dot(number)) => number.clone(),
            _ => Number::ZERO,
        };
        first(self) == first(other)
    }
}

impl Ord for MavenVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_padded(&self.0, &other.0, &Item::End)
    }
}

impl PartialOrd for MavenVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Default)]
struct Builder {
    items: Vec<Item>,
    /// Where the part after the last hyphen starts.
    part: usize,
}

impl Builder {
    fn push_number(&mut self, joint: Joint, number: Number) {
        if joint == Joint::Hyphen {
            self.close_part();
            self.items.push(Item::Hyphen(number));
        } else {
            self.items.push(Item::Dot(number));
        }
    }

    fn push_word(&mut self, word: &str, is_before_digit: bool) {
        self.close_part();
        self.items.push(Item::of_word(word, is_before_digit));
    }

    /// Ends the part after the last hyphen: what means zero at its end goes.
    fn close_part(&mut self) {
        while self.items.len() > self.part && self.items.last().is_some_and(Item::is_null) {
            self.items.pop();
        }
        self.part = self.items.len();
    }
}
