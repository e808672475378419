//! Versions that are numbers only, compared one by one, where a longer one is the later
//! one: `1.0` comes before `1.0.0`.
//!
//! CRAN (R's `package_version`, <https://stat.ethz.ch/R-manual/R-devel/library/base/html/numeric_version.html>)
//! separates them by dots and dashes, Hackage and GHC (Haskell's `Data.Version`,
//! <https://pvp.haskell.org/>) by dots.

use super::Incomparable;
use super::number::Number;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DottedVersion(Vec<Number>);

impl DottedVersion {
    pub(super) fn parse(text: &str, separators: &[char]) -> Result<Self, Incomparable> {
        text.trim()
            .split(separators)
            .map(Number::parse)
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| Incomparable::new(text, "it is not made of numbers alone"))
    }

    pub(super) fn canonical(&self) -> String {
        let numbers: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        numbers.join(".")
    }

    /// Whether the first numbers are the same; a missing one counts as zero.
    pub(super) fn shares_first(&self, other: &Self, count: usize) -> bool {
        let first = |version: &Self, i| version.0.get(i).cloned().unwrap_or(Number::ZERO);
        (0..count).all(|i| first(self, i) == first(other, i))
    }
}
