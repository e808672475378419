//! The order of versions, one file per scheme, and what a range of an advisory says about
//! a version. Texts come in; an order, a membership or [`Incomparable`] comes out.
//!
//! A version that cannot be ordered is never guessed about: `Incomparable` is an outcome
//! of its own, and a check turns it into a finding marked as indeterminate.

mod error;
mod lines;
mod pep440;
mod ranges;
mod semver;

pub use error::{Incomparable, LineError};
pub use lines::{MAX_LINE_BYTES, MAX_LINES, OrderLine, Relation, parse_order_lines};
pub use ranges::{Event, EventKind, Membership, evaluate_range};

use crate::model::Ecosystem;
use std::cmp::Ordering;

/// Longest version text that is looked at, in bytes. The longest one in today's advisory
/// data has 66.
pub const MAX_VERSION_BYTES: usize = 512;

/// A way of ordering versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Semantic Versioning 2.0.0: Cargo, npm, Go and GitHub Actions.
    Semver,
    /// PEP 440: Python.
    Pep440,
    /// The order of this ecosystem is not known here: no two versions can be compared.
    Unordered,
}

impl Scheme {
    /// The scheme of an ecosystem.
    #[must_use]
    pub fn of(ecosystem: Ecosystem) -> Self {
        match ecosystem {
            // OSV gives records about actions ranges of type SEMVER.
            Ecosystem::Cargo | Ecosystem::Npm | Ecosystem::Golang | Ecosystem::Github => {
                Self::Semver
            }
            Ecosystem::Pypi => Self::Pep440,
            _ => Self::Unordered,
        }
    }

    /// The scheme behind a name that people use: a purl type, an OSV ecosystem name, or
    /// `semver` and `pep440`; in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let ecosystem = Ecosystem::ALL.into_iter().find(|e| {
            e.purl_type().eq_ignore_ascii_case(name) || e.osv_name().eq_ignore_ascii_case(name)
        });
        match ecosystem {
            Some(ecosystem) => {
                Some(Self::of(ecosystem)).filter(|scheme| *scheme != Self::Unordered)
            }
            None if name.eq_ignore_ascii_case("semver") => Some(Self::Semver),
            None if name.eq_ignore_ascii_case("pep440") => Some(Self::Pep440),
            None => None,
        }
    }

    /// Every name that [`Scheme::from_name`] takes, sorted.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        let mut names: Vec<_> = Ecosystem::ALL
            .into_iter()
            .filter(|e| Self::of(*e) != Self::Unordered)
            .flat_map(|e| [e.purl_type(), e.osv_name()])
            .chain(["semver", "pep440"])
            .collect();
        names.sort_by_key(|name| name.to_ascii_lowercase());
        names.dedup_by_key(|name| name.to_ascii_lowercase());
        names
    }
}

/// A version that was read once and can be compared many times.
#[derive(Debug, Clone)]
pub struct Version(Parsed);

#[derive(Debug, Clone)]
enum Parsed {
    Semver(semver::SemverVersion),
    Pep440(pep440::PythonVersion),
}

impl Version {
    /// Reads a version.
    ///
    /// # Errors
    /// [`Incomparable`] where the scheme gives the text no place in its order.
    pub fn parse(scheme: Scheme, text: &str) -> Result<Self, Incomparable> {
        if text.len() > MAX_VERSION_BYTES {
            return Err(Incomparable::new(text, "it is too long for a version"));
        }
        match scheme {
            Scheme::Semver => semver::SemverVersion::parse(text).map(Parsed::Semver),
            Scheme::Pep440 => pep440::PythonVersion::parse(text).map(Parsed::Pep440),
            Scheme::Unordered => Err(Incomparable::new(
                text,
                "the order of versions of its ecosystem is not known here",
            )),
        }
        .map(Self)
    }

    /// The order of two versions of one scheme.
    ///
    /// # Errors
    /// [`Incomparable`] where they are of different schemes, or differ only in a part
    /// that the scheme does not order.
    pub fn compare(&self, other: &Self) -> Result<Ordering, Incomparable> {
        match (&self.0, &other.0) {
            (Parsed::Semver(a), Parsed::Semver(b)) => a.compare(b),
            (Parsed::Pep440(a), Parsed::Pep440(b)) => Ok(a.cmp(b)),
            _ => Err(Incomparable::new(
                &self.canonical(),
                "the versions are of different schemes",
            )),
        }
    }

    /// A text that is the same for versions that are equal in order, and only for those:
    /// `v1.2+build` and `1.2.0` give `1.2.0`.
    #[must_use]
    pub fn canonical(&self) -> String {
        match &self.0 {
            Parsed::Semver(version) => version.canonical(),
            Parsed::Pep440(version) => version.canonical(),
        }
    }

    /// Whether a user of `self` may take `other` without expecting a break: by the caret
    /// rule of Cargo and npm, by the major version for Go, by the first release number
    /// for Python (a habit there, not a rule).
    #[must_use]
    pub fn is_compatible_with(&self, other: &Self, ecosystem: Ecosystem) -> bool {
        match (&self.0, &other.0) {
            (Parsed::Semver(a), Parsed::Semver(b)) => {
                a.is_compatible_with(b, ecosystem == Ecosystem::Golang)
            }
            (Parsed::Pep440(a), Parsed::Pep440(b)) => a.same_first_number(b),
            _ => false,
        }
    }
}

/// The order of two versions as their ecosystem defines it.
///
/// # Errors
/// [`Incomparable`] where one of them has no place in the order.
pub fn compare(ecosystem: Ecosystem, a: &str, b: &str) -> Result<Ordering, Incomparable> {
    compare_in(Scheme::of(ecosystem), a, b)
}

/// The order of two versions in a scheme.
///
/// # Errors
/// [`Incomparable`] where one of them has no place in the order.
pub fn compare_in(scheme: Scheme, a: &str, b: &str) -> Result<Ordering, Incomparable> {
    Version::parse(scheme, a)?.compare(&Version::parse(scheme, b)?)
}

#[cfg(test)]
mod tests;
