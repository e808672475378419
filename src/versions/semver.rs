//! Semantic Versioning 2.0.0, section 11 (<https://semver.org/#spec-item-11>), as Cargo,
//! npm and Go order their versions.
//!
//! The crate `semver` reads strict versions with numbers up to 64 bits only. Advisory data
//! also holds `v1.2.3`, `1.2` and longer numbers, so the order is done here on the digits
//! themselves; a property test holds it against that crate.

use super::Incomparable;
use std::cmp::Ordering;

/// A version on the semver order.
#[derive(Debug, Clone)]
pub(super) struct SemverVersion {
    /// `0` alone: in OSV data it stands before every version.
    floor: bool,
    core: [Number; 3],
    /// Numbers after the third, which semver does not know.
    extra: String,
    pre: Vec<Identifier>,
}

/// A decimal number of any length, without leading zeros; zero is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Number(String);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Identifier {
    Numeric(Number),
    Text(String),
}

impl SemverVersion {
    /// Reads `[v]MAJOR[.MINOR[.PATCH]][-PRE][+BUILD]`. Build metadata (Go's
    /// `+incompatible` too) has no place in the order and is dropped.
    pub(super) fn parse(text: &str) -> Result<Self, Incomparable> {
        let failed = |reason| Incomparable::new(text, reason);
        let plain = text.trim();
        let plain = plain.strip_prefix(['v', 'V']).unwrap_or(plain);
        let plain = plain.split_once('+').map_or(plain, |(before, _)| before);
        let (core_text, pre_text) = match plain.split_once('-') {
            Some((core, pre)) => (core, Some(pre)),
            None => (plain, None),
        };
        let mut core = [Number::ZERO, Number::ZERO, Number::ZERO];
        let mut parts = core_text.splitn(4, '.');
        for (slot, part) in core.iter_mut().zip(parts.by_ref().take(3)) {
            *slot = Number::parse(part)
                .ok_or_else(|| failed("a release number is missing or not a number"))?;
        }
        let extra = parts.next().unwrap_or_default().to_owned();
        let pre = match pre_text {
            None => Vec::new(),
            Some(pre) => pre
                .split('.')
                .map(Identifier::parse)
                .collect::<Option<_>>()
                .ok_or_else(|| failed("its pre-release part is not well-formed"))?,
        };
        Ok(Self {
            floor: text.trim() == "0",
            core,
            extra,
            pre,
        })
    }

    pub(super) fn compare(&self, other: &Self) -> Result<Ordering, Incomparable> {
        if self.floor || other.floor {
            return Ok(other.floor.cmp(&self.floor));
        }
        let by_core = self.core.iter().cmp(&other.core);
        if by_core != Ordering::Equal {
            return Ok(by_core);
        }
        if self.extra != other.extra {
            return Err(Incomparable::new(
                &self.canonical(),
                "semver does not order a fourth number",
            ));
        }
        Ok(match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.pre.iter().cmp(&other.pre),
        })
    }

    pub(super) fn canonical(&self) -> String {
        if self.floor {
            return "0".to_owned();
        }
        let mut text = self.core.each_ref().map(Number::text).join(".");
        if !self.extra.is_empty() {
            text.push('.');
            text.push_str(&self.extra);
        }
        for (index, identifier) in self.pre.iter().enumerate() {
            text.push(if index == 0 { '-' } else { '.' });
            match identifier {
                Identifier::Numeric(number) => text.push_str(number.text()),
                Identifier::Text(word) => text.push_str(word),
            }
        }
        text
    }

    /// The caret rule: the leftmost number that is not zero stays; Go keeps the major
    /// version only.
    pub(super) fn is_compatible_with(&self, other: &Self, go: bool) -> bool {
        let [major, minor, _] = &self.core;
        let [other_major, other_minor, _] = &other.core;
        if go || *major != Number::ZERO {
            major == other_major
        } else if *minor != Number::ZERO {
            major == other_major && minor == other_minor
        } else {
            self.core == other.core
        }
    }
}

impl Number {
    const ZERO: Self = Self(String::new());

    fn parse(text: &str) -> Option<Self> {
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| Self(text.trim_start_matches('0').to_owned()))
    }

    fn text(&self) -> &str {
        if self.0.is_empty() { "0" } else { &self.0 }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without leading zeros the longer number is the larger one.
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Identifier {
    fn parse(text: &str) -> Option<Self> {
        if let Some(number) = Number::parse(text) {
            return Some(Self::Numeric(number));
        }
        let well_formed =
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        well_formed.then(|| Self::Text(text.to_owned()))
    }
}

impl Ord for Identifier {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Numeric(a), Self::Numeric(b)) => a.cmp(b),
            (Self::Numeric(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Numeric(_)) => Ordering::Greater,
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
        }
    }
}

impl PartialOrd for Identifier {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
