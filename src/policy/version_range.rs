//! A range of versions in a waiver: `>=1.0.0, <2.0.0`. What its bounds mean is a matter of
//! the ecosystem's order, which is known only with the finding.

use crate::model::Ecosystem;
use crate::versions::{MAX_VERSION_BYTES, Scheme, Version};
use std::cmp::Ordering;

/// Most bounds of one range.
const MAX_BOUNDS: usize = 20;

/// Bounds that a version must meet, all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    bounds: Vec<(Operator, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Operator {
    /// Longer signs first, so that `>=` is not read as `>`.
    const SIGNS: [(&'static str, Self); 6] = [
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("==", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
        ("=", Self::Equal),
    ];

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }
}

impl VersionRange {
    /// Reads bounds separated by commas, each `<`, `<=`, `=`, `>=` or `>` and a version;
    /// a version alone is that version. At most 20.
    ///
    /// # Errors
    /// What is wrong, as the end of "`RANGE` ...".
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let bounds = text
            .split(',')
            .map(|bound| parse_bound(bound.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        if bounds.len() > MAX_BOUNDS {
            return Err("has more than 20 bounds");
        }
        Ok(Self { bounds })
    }

    /// Whether a version meets every bound in its ecosystem's order; `None` where one of
    /// them cannot be compared with it.
    #[must_use]
    pub fn contains(&self, ecosystem: Ecosystem, version: &str) -> Option<bool> {
        let scheme = Scheme::of(ecosystem);
        let version = Version::parse(scheme, version).ok()?;
        let mut inside = true;
        for (operator, bound) in &self.bounds {
            let bound = Version::parse(scheme, bound).ok()?;
            inside &= operator.holds(version.compare(&bound).ok()?);
        }
        Some(inside)
    }
}

fn parse_bound(text: &str) -> Result<(Operator, String), &'static str> {
    let (operator, version) = Operator::SIGNS
        .into_iter()
        .find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)))
        .unwrap_or((Operator::Equal, text));
    let version = version.trim();
    if version.is_empty() {
        return Err("has a bound without a version");
    }
    // What other languages of ranges have would read as a version that nothing equals.
    if version.starts_with(['<', '>', '=', '~', '^', '!', '*', '[', '('])
        || version.contains(char::is_whitespace)
        || version.contains(['|', '*'])
    {
        return Err("is no list of bounds such as `>=1.0.0, <2.0.0`");
    }
    if version.len() > MAX_VERSION_BYTES {
        return Err("has a version that is too long");
    }
    Ok((operator, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(range: &str, ecosystem: Ecosystem, version: &str) -> Option<bool> {
        VersionRange::parse(range)
            .unwrap()
            .contains(ecosystem, version)
    }

    #[test]
    fn every_bound_must_hold_in_the_order_of_the_ecosystem() {
        for (range, version, inside) in [
            (">=1.0.0, <2.0.0", "1.0.0", true),
            (">=1.0.0, <2.0.0", "1.10.0", true),
            (">=1.0.0, <2.0.0", "2.0.0", false),
            (">=1.0.0, <2.0.0", "2.0.0-rc.1", true),
            (">=1.0.0,<2.0.0", "0.9.9", false),
            ("1.2.3", "1.2.3", true),
            ("= 1.2.3", "1.2.4", false),
            ("<=1.2.3", "1.2.3", true),
            (">1.2.3", "1.2.3", false),
        ] {
            assert_eq!(
                contains(range, Ecosystem::Npm, version),
                Some(inside),
                "{version} in {range}"
            );
        }
        assert_eq!(contains(">=1.0", Ecosystem::Pypi, "1!0.1"), Some(true));
        assert_eq!(contains("<1.0", Ecosystem::Pypi, "1.0rc1"), Some(true));
        assert_eq!(contains("<v2.0.0", Ecosystem::Golang, "v1.9.0"), Some(true));
    }

    #[test]
    fn what_cannot_be_compared_is_neither_inside_nor_outside() {
        assert_eq!(contains(">=1.0.0", Ecosystem::Npm, "latest"), None);
        assert_eq!(contains(">=one", Ecosystem::Npm, "1.0.0"), None);
        // Also where another bound excludes the version already.
        assert_eq!(contains("<1.0.0, >=one", Ecosystem::Npm, "2.0.0"), None);
        assert_eq!(contains(">=1", Ecosystem::Generic, "1"), None);
    }

    #[test]
    fn another_language_of_ranges_is_refused() {
        for range in [
            "",
            " ",
            ">=1.0.0,",
            ",",
            ">=",
            "^1.0.0",
            "~1.2",
            "1.x || 2.x",
            "1.*",
            "*",
            ">=1.0.0 <2.0.0",
            "[1.0,2.0)",
            "!=1.0.0",
            ">=>1.0",
            "=<1.0",
        ] {
            assert!(VersionRange::parse(range).is_err(), "{range}");
        }
        assert!(VersionRange::parse(&vec!["1"; 21].join(",")).is_err());
        assert!(VersionRange::parse(&"1".repeat(513)).is_err());
    }
}
