//! PEP 440 (<https://packaging.python.org/en/latest/specifications/version-specifiers/>)
//! through the crate `pep440_rs`: epochs, pre-, post- and development releases, local
//! versions.
//!
//! Texts from before PEP 440 (`0.9-ivysaur`) are refused, as `packaging` and pip do. To sort
//! them before every version, as both did until 2022, would hide what is affected: records
//! say `fixed` of `2019-09-12` and of `0.2.0-n653`, and every version would be above that.
//! [`as_written`](PythonVersion::as_written) orders such texts the old way for
//! `version compare`, since the published list of OSV's scanner holds some.

use super::Incomparable;
use std::str::FromStr as _;

/// A version on Python's order. The order of the variants is part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PythonVersion {
    Legacy(Vec<String>),
    Standard(pep440_rs::Version),
}

impl PythonVersion {
    pub(super) fn parse(text: &str) -> Result<Self, Incomparable> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Incomparable::new(text, "it is empty"));
        }
        pep440_rs::Version::from_str(text)
            .map(Self::Standard)
            .map_err(|_| Incomparable::new(text, "it is no version by PEP 440"))
    }

    /// A text as pip and setuptools ordered it until 2022: what is no version by PEP 440
    /// stands before every one that is, among themselves by their parts. A number that does
    /// not fit 64 bits is no such text.
    pub(super) fn as_written(text: &str) -> Result<Self, Incomparable> {
        let text = text.trim();
        if text.is_empty() || pep440_rs::Version::from_str(text).is_ok() {
            return Self::parse(text);
        }
        if has_number_over_64_bits(text) {
            return Err(Incomparable::new(text, "it holds a number over 64 bits"));
        }
        Ok(Self::Legacy(legacy_key(text)))
    }

    pub(super) fn canonical(&self) -> String {
        match self {
            Self::Legacy(parts) => format!("legacy {}", parts.join(" ")),
            Self::Standard(version) => {
                let release = version.release();
                let kept = release
                    .iter()
                    .rposition(|number| *number != 0)
                    .map_or(1, |last| last + 1);
                version
                    .clone()
                    .with_release(release.iter().take(kept).copied())
                    .to_string()
            }
        }
    }

    pub(super) fn same_first_number(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Standard(a), Self::Standard(b)) => {
                a.epoch() == b.epoch() && a.release().first() == b.release().first()
            }
            _ => false,
        }
    }
}

fn has_number_over_64_bits(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit())
        .any(|digits| !digits.is_empty() && digits.parse::<u64>().is_err())
}

/// The key of a version that is not PEP 440. Numbers are padded to eight digits, words
/// get a `*` so that they sort before numbers, and `*final` closes the list, so that
/// words before `final` in the alphabet (and `pre`, `dev`, `rc`) come before a release
/// and the others after it.
fn legacy_key(text: &str) -> Vec<String> {
    let mut key: Vec<String> = Vec::new();
    for part in legacy_parts(&text.to_lowercase()) {
        if part.starts_with('*') {
            if part.as_str() < "*final" {
                while key.last().is_some_and(|last| last == "*final-") {
                    key.pop();
                }
            }
            // 1.0 and 1 are the same release.
            while key.last().is_some_and(|last| last == "00000000") {
                key.pop();
            }
        }
        key.push(part);
    }
    key
}

fn legacy_parts(text: &str) -> Vec<String> {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Digits,
        Letters,
        Dot,
        Dash,
        Other,
    }
    let class = |c: char| match c {
        '0'..='9' => Class::Digits,
        'a'..='z' => Class::Letters,
        '.' => Class::Dot,
        '-' => Class::Dash,
        _ => Class::Other,
    };
    let mut runs: Vec<(Class, String)> = Vec::new();
    for c in text.chars() {
        let this = class(c);
        match runs.last_mut() {
            Some((last, run)) if *last == this && this != Class::Dash => run.push(c),
            _ => runs.push((this, c.to_string())),
        }
    }
    runs.into_iter()
        .filter(|(kind, _)| *kind != Class::Dot)
        .map(|(kind, run)| match (kind, run.as_str()) {
            (Class::Digits, digits) => format!("{digits:0>8}"),
            (Class::Dash, _) => "*final-".to_owned(),
            (_, "pre" | "preview" | "rc") => "*c".to_owned(),
            (_, "dev") => "*@".to_owned(),
            (_, word) => format!("*{word}"),
        })
        .chain(["*final".to_owned()])
        .collect()
}
