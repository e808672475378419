//! The order of versions, one file per scheme, and what a range of an advisory says about
//! a version. Texts come in; an order, a membership or [`Incomparable`] comes out.
//!
//! A version that cannot be ordered is never guessed about: `Incomparable` is an outcome
//! of its own, and a check turns it into a finding marked as indeterminate. What has no
//! place is what the ecosystem's own tool refuses.

mod alpine;
mod composer;
mod debian;
mod dotted;
mod error;
mod gem;
mod julia;
mod lines;
mod maven;
mod nuget;
mod number;
mod pep440;
mod ranges;
mod rpm;
mod scheme;
mod semver;

pub use error::{Incomparable, LineError};
pub use lines::{MAX_LINE_BYTES, MAX_LINES, OrderLine, Relation, parse_order_lines};
pub use ranges::{Event, EventKind, Membership, evaluate_range};
pub use scheme::Scheme;

use crate::model::Ecosystem;
use semver::Dialect;
use std::cmp::Ordering;

/// Longest version text that is looked at, in bytes. The longest one in today's advisory
/// data has 66.
pub const MAX_VERSION_BYTES: usize = 512;

/// A version that was read once and can be compared many times.
#[derive(Debug, Clone)]
pub struct Version {
    scheme: Scheme,
    parsed: Parsed,
}

#[derive(Debug, Clone)]
enum Parsed {
    Semver(semver::SemverVersion),
    Pep440(pep440::PythonVersion),
    Maven(maven::MavenVersion),
    Nuget(nuget::NugetVersion),
    Gem(gem::GemVersion),
    Composer(composer::ComposerVersion),
    Dotted(dotted::DottedVersion),
    Debian(debian::DebianVersion),
    Alpine(alpine::AlpineVersion),
    Rpm(rpm::RpmVersion),
}

impl Version {
    /// Reads a version.
    ///
    /// # Errors
    /// [`Incomparable`] where the scheme gives the text no place in its order.
    pub fn parse(scheme: Scheme, text: &str) -> Result<Self, Incomparable> {
        limit_length(text)?;
        let semver = |dialect| semver::SemverVersion::parse(text, dialect).map(Parsed::Semver);
        let dotted = |separators: &[char]| {
            dotted::DottedVersion::parse(text, separators).map(Parsed::Dotted)
        };
        let parsed = match scheme {
            Scheme::Semver => semver(Dialect::Plain),
            Scheme::Pub => semver(Dialect::OrderedBuilds),
            Scheme::Bitnami => semver(Dialect::Revisions),
            Scheme::Julia => julia::parse(text).map(Parsed::Semver),
            Scheme::Pep440 => pep440::PythonVersion::parse(text).map(Parsed::Pep440),
            Scheme::Maven => maven::MavenVersion::parse(text).map(Parsed::Maven),
            Scheme::Nuget => nuget::NugetVersion::parse(text).map(Parsed::Nuget),
            Scheme::Gem => gem::GemVersion::parse(text).map(Parsed::Gem),
            Scheme::Composer => composer::ComposerVersion::parse(text).map(Parsed::Composer),
            Scheme::Cran => dotted(&['.', '-']),
            Scheme::Hackage => dotted(&['.']),
            Scheme::Debian => debian::DebianVersion::parse(text).map(Parsed::Debian),
            Scheme::Alpine => alpine::AlpineVersion::parse(text).map(Parsed::Alpine),
            Scheme::Rpm => rpm::RpmVersion::parse(text).map(Parsed::Rpm),
            Scheme::Unordered => Err(Incomparable::new(
                text,
                "the order of versions of its ecosystem is not known here",
            )),
        }?;
        Ok(Self { scheme, parsed })
    }

    /// The order of two versions of one scheme.
    ///
    /// # Errors
    /// [`Incomparable`] where they are of different schemes, or differ only in a part
    /// that the scheme does not order.
    pub fn compare(&self, other: &Self) -> Result<Ordering, Incomparable> {
        match (&self.parsed, &other.parsed) {
            _ if self.scheme != other.scheme => Err(self.of_another_scheme()),
            (Parsed::Semver(a), Parsed::Semver(b)) => a.compare(b),
            (Parsed::Pep440(a), Parsed::Pep440(b)) => Ok(a.cmp(b)),
            (Parsed::Maven(a), Parsed::Maven(b)) => Ok(a.cmp(b)),
            (Parsed::Nuget(a), Parsed::Nuget(b)) => Ok(a.cmp(b)),
            (Parsed::Gem(a), Parsed::Gem(b)) => Ok(a.cmp(b)),
            (Parsed::Composer(a), Parsed::Composer(b)) => Ok(a.cmp(b)),
            (Parsed::Dotted(a), Parsed::Dotted(b)) => Ok(a.cmp(b)),
            (Parsed::Debian(a), Parsed::Debian(b)) => Ok(a.cmp(b)),
            (Parsed::Alpine(a), Parsed::Alpine(b)) => Ok(a.cmp(b)),
            (Parsed::Rpm(a), Parsed::Rpm(b)) => Ok(a.cmp(b)),
            _ => Err(self.of_another_scheme()),
        }
    }

    fn of_another_scheme(&self) -> Incomparable {
        Incomparable::new(&self.canonical(), "the versions are of different schemes")
    }

    /// A text that is the same for versions that are equal in order, and only for those:
    /// `v1.2+build` and `1.2.0` give `1.2.0`. It need not be a version itself.
    #[must_use]
    pub fn canonical(&self) -> String {
        match &self.parsed {
            Parsed::Semver(version) => version.canonical(),
            Parsed::Pep440(version) => version.canonical(),
            Parsed::Maven(version) => version.canonical(),
            Parsed::Nuget(version) => version.canonical(),
            Parsed::Gem(version) => version.canonical(),
            Parsed::Composer(version) => version.canonical(),
            Parsed::Dotted(version) => version.canonical(),
            Parsed::Debian(version) => version.canonical(),
            Parsed::Alpine(version) => version.canonical(),
            Parsed::Rpm(version) => version.canonical(),
        }
    }

    /// Whether a user of `self` may take `other` without expecting a break: by the caret
    /// rule of Cargo, npm, Composer and the other kin of semver; by the major version for
    /// Go; by the first two numbers for Haskell (its versioning policy); by the same
    /// version of the software for Debian, Alpine and RPM; by the first number for Python,
    /// Maven, .NET, Ruby and R (a habit there, not a rule).
    #[must_use]
    pub fn is_compatible_with(&self, other: &Self, ecosystem: Ecosystem) -> bool {
        match (&self.parsed, &other.parsed) {
            _ if self.scheme != other.scheme => false,
            (Parsed::Semver(a), Parsed::Semver(b)) => {
                a.is_compatible_with(b, ecosystem == Ecosystem::Golang)
            }
            (Parsed::Pep440(a), Parsed::Pep440(b)) => a.same_first_number(b),
            (Parsed::Maven(a), Parsed::Maven(b)) => a.same_first_number(b),
            (Parsed::Nuget(a), Parsed::Nuget(b)) => a.same_first_number(b),
            (Parsed::Gem(a), Parsed::Gem(b)) => a.same_first_number(b),
            (Parsed::Composer(a), Parsed::Composer(b)) => a.is_compatible_with(b),
            (Parsed::Dotted(a), Parsed::Dotted(b)) => {
                a.shares_first(b, if self.scheme == Scheme::Hackage { 2 } else { 1 })
            }
            (Parsed::Debian(a), Parsed::Debian(b)) => a.same_upstream(b),
            (Parsed::Alpine(a), Parsed::Alpine(b)) => a.same_upstream(b),
            (Parsed::Rpm(a), Parsed::Rpm(b)) => a.same_upstream(b),
            _ => false,
        }
    }
}

fn limit_length(text: &str) -> Result<(), Incomparable> {
    if text.len() > MAX_VERSION_BYTES {
        return Err(Incomparable::new(text, "it is too long for a version"));
    }
    Ok(())
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

/// The order of two texts for lists of comparisons: [`compare_in`], and beyond it what is
/// made of texts of Alpine, PHP, Python and Ruby that have no place in the order. With those
/// it is no order (it has circles), or not the tool's, so no check asks for it.
///
/// # Errors
/// [`Incomparable`] as for [`compare_in`], but for those texts.
pub fn compare_as_written(scheme: Scheme, a: &str, b: &str) -> Result<Ordering, Incomparable> {
    limit_length(a)?;
    limit_length(b)?;
    match scheme {
        Scheme::Alpine => Ok(alpine::compare_as_written(a, b)),
        Scheme::Pep440 => {
            let read = pep440::PythonVersion::as_written;
            Ok(read(a)?.cmp(&read(b)?))
        }
        Scheme::Composer => Ok(composer::compare_as_written(a, b)),
        Scheme::Gem => Ok(gem::GemVersion::as_written(a).cmp(&gem::GemVersion::as_written(b))),
        _ => compare_in(scheme, a, b),
    }
}

#[cfg(test)]
mod tests;
