//! NuGet (`NuGet.Versioning`, <https://learn.microsoft.com/nuget/concepts/package-versioning>):
//! up to four numbers, missing ones are zero; pre-release labels without regard to case;
//! build metadata does not count.

use super::Incomparable;
use super::number::Number;
use std::fmt::Write as _;

/// The order of the fields is part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NugetVersion {
    numbers: [Number; 4],
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    PreRelease(Vec<Label>),
    Release,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Numeric(u32),
    /// Lower case. Digits over 31 bits are here too, as NuGet takes them.
    Text(Box<str>),
}

impl NugetVersion {
    pub(super) fn parse(text: &str) -> Result<Self, Incomparable> {
        let failed = |reason| Incomparable::new(text, reason);
        let plain = text.trim();
        let (plain, metadata) = match plain.split_once('+') {
            Some((plain, metadata)) => (plain, Some(metadata)),
            None => (plain, None),
        };
        if metadata.is_some_and(|metadata| !metadata.split('.').all(is_label)) {
            return Err(failed("its metadata is not well-formed"));
        }
        let (core, labels) = match plain.split_once('-') {
            Some((core, labels)) => (core, Some(labels)),
            None => (plain, None),
        };
        let mut numbers = [const { Number::ZERO }; 4];
        let mut parts = core.split('.');
        for (slot, part) in numbers.iter_mut().zip(parts.by_ref()) {
            *slot =
                Number::parse(part).ok_or_else(|| failed("a number is missing or not a number"))?;
        }
        if parts.next().is_some() {
            return Err(failed("it has more than four numbers"));
        }
        let stage = match labels {
            None => Stage::Release,
            Some(labels) => Stage::PreRelease(
                labels
                    .split('.')
                    .map(Label::parse)
                    .collect::<Option<_>>()
                    .ok_or_else(|| failed("its pre-release part is not well-formed"))?,
            ),
        };
        Ok(Self { numbers, stage })
    }

    pub(super) fn canonical(&self) -> String {
        let [major, minor, patch, revision] = &self.numbers;
        let mut text = format!("{major}.{minor}.{patch}");
        // Writing into memory does not fail.
        if *revision != Number::ZERO {
            let _ = write!(text, ".{revision}");
        }
        if let Stage::PreRelease(labels) = &self.stage {
            for (index, label) in labels.iter().enumerate() {
                text.push(if index == 0 { '-' } else { '.' });
                let _ = match label {
                    Label::Numeric(number) => write!(text, "{number}"),
                    Label::Text(word) => text.write_str(word),
                };
            }
        }
        text
    }

    pub(super) fn same_first_number(&self, other: &Self) -> bool {
        let ([major, ..], [other_major, ..]) = (&self.numbers, &other.numbers);
        major == other_major
    }
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl Label {
    fn parse(text: &str) -> Option<Self> {
        if !is_label(text) {
            return None;
        }
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        // .NET reads a label such as `-5` as a number below zero; nobody writes one.
        if text
            .strip_prefix('-')
            .is_some_and(|digits| !digits.is_empty() && is_number(digits))
        {
            return None;
        }
        let number = is_number(text)
            .then(|| text.parse::<i32>().ok()?.try_into().ok())
            .flatten();
        Some(match number {
            Some(number) => Self::Numeric(number),
            None => Self::Text(text.to_ascii_lowercase().into()),
        })
    }
}
