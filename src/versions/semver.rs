//! Semantic Versioning 2.0.0, section 11 (<https://semver.org/#spec-item-11>), as Cargo,
//! npm, Go, Hex and SwiftPM order their versions; and two dialects of it.
//!
//! The crate `semver` reads strict versions with numbers up to 64 bits only. Advisory data
//! also holds `v1.2.3`, `1.2` and longer numbers, so the order is done here on the digits
//! themselves; a property test holds it against that crate.
//!
//! Dart's pub (`pub_semver`) and Julia (`VersionNumber`) also order build metadata: none
//! comes before any. Bitnami (`bitnami/go-version`) takes what follows the dash for a
//! revision, so that `1.2.3` comes before `1.2.3-0`.

use super::Incomparable;
use super::number::Number;
use std::cmp::Ordering;
use std::fmt::Write as _;

/// What a dialect makes of the parts after the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// The specification.
    Plain,
    /// Build metadata is ordered.
    OrderedBuilds,
    /// The part after the dash is a revision.
    Revisions,
}

/// A version on the semver order.
#[derive(Debug, Clone)]
pub(super) struct SemverVersion {
    /// `0` alone: in OSV data it stands before every version.
    floor: bool,
    core: [Number; 3],
    /// Numbers after the third, which semver does not know.
    extra: String,
    /// With the part after the dash a version comes before or after the one without.
    dash_is_after: bool,
    dash: Vec<Identifier>,
    /// Empty where builds are not ordered.
    build: Vec<Identifier>,
}

/// The order of the variants is part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identifier {
    /// Julia's `1.2.3-`, which comes before every pre-release of `1.2.3`.
    Lowest,
    Numeric(Number),
    Text(Box<str>),
    /// Julia's `1.2.3+`, which comes after every build of `1.2.3`.
    Highest,
}

impl SemverVersion {
    /// Reads `[v]MAJOR[.MINOR[.PATCH]][-PRE][+BUILD]`. Build metadata (Go's
    /// `+incompatible` too) is dropped where it has no place in the order.
    pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Self, Incomparable> {
        let failed = |reason| Incomparable::new(text, reason);
        let plain = text.trim();
        let plain = plain.strip_prefix(['v', 'V']).unwrap_or(plain);
        let (plain, build_text) = match plain.split_once('+') {
            Some((before, build)) => (before, Some(build)),
            None => (plain, None),
        };
        let (core_text, dash_text) = match plain.split_once('-') {
            Some((core, dash)) => (core, Some(dash)),
            None => (plain, None),
        };
        let mut core = [Number::ZERO, Number::ZERO, Number::ZERO];
        let mut parts = core_text.splitn(4, '.');
        for (slot, part) in core.iter_mut().zip(parts.by_ref().take(3)) {
            *slot = Number::parse(part)
                .ok_or_else(|| failed("a release number is missing or not a number"))?;
        }
        let extra = parts.next().unwrap_or_default().to_owned();
        let build = match build_text {
            Some(build) if dialect == Dialect::OrderedBuilds => Identifier::parse_list(build)
                .ok_or_else(|| failed("its build metadata is not well-formed"))?,
            _ => Vec::new(),
        };
        Ok(Self {
            floor: dialect == Dialect::Plain && text.trim() == "0",
            core,
            extra,
            dash_is_after: dialect == Dialect::Revisions,
            dash: match dash_text {
                None => Vec::new(),
                Some(dash) => Identifier::parse_list(dash)
                    .ok_or_else(|| failed("its pre-release part is not well-formed"))?,
            },
            build,
        })
    }

    /// From parts that were read elsewhere; builds are ordered.
    pub(super) fn of_parts(
        core: [Number; 3],
        dash: Vec<Identifier>,
        build: Vec<Identifier>,
    ) -> Self {
        Self {
            floor: false,
            core,
            extra: String::new(),
            dash_is_after: false,
            dash,
            build,
        }
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
        let by_dash = match (self.dash.is_empty(), other.dash.is_empty()) {
            (false, false) => self.dash.cmp(&other.dash),
            (without, other_without) if self.dash_is_after => other_without.cmp(&without),
            (without, other_without) => without.cmp(&other_without),
        };
        Ok(by_dash.then_with(|| self.build.cmp(&other.build)))
    }

    pub(super) fn canonical(&self) -> String {
        if self.floor {
            return "0".to_owned();
        }
        let [major, minor, patch] = &self.core;
        let mut text = format!("{major}.{minor}.{patch}");
        if !self.extra.is_empty() {
            text.push('.');
            text.push_str(&self.extra);
        }
        Identifier::push_list(&mut text, '-', &self.dash);
        Identifier::push_list(&mut text, '+', &self.build);
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

impl Identifier {
    /// Identifiers separated by dots; `None` where one is empty or holds another
    /// character than letters, digits and dashes.
    pub(super) fn parse_list(text: &str) -> Option<Vec<Self>> {
        text.split('.').map(Self::parse).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(number) = Number::parse(text) {
            return Some(Self::Numeric(number));
        }
        let well_formed =
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        well_formed.then(|| Self::Text(text.into()))
    }

    fn push_list(text: &mut String, first: char, list: &[Self]) {
        for (index, identifier) in list.iter().enumerate() {
            text.push(if index == 0 { first } else { '.' });
            // Writing into memory does not fail.
            let _ = match identifier {
                Self::Lowest | Self::Highest => Ok(()),
                Self::Numeric(number) => write!(text, "{number}"),
                Self::Text(word) => text.write_str(word),
            };
        }
    }
}
