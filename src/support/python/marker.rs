//! Markers: in which environments, and for whose sake, a requirement or a package counts
//! (<https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers>).
//!
//! They are read here because `pep508_rs` 0.9.2 knows neither `extras` nor
//! `dependency_groups`, and panics on some input.

mod environments;
mod parse;

pub use environments::differ;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::str::FromStr as _;

/// Alternatives that a marker may amount to when it is compared with another.
const ALTERNATIVE_LIMIT: usize = 32;

/// A marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// One of them holds.
    Any(Vec<Marker>),
    /// All of them hold.
    All(Vec<Marker>),
    /// One comparison.
    Comparison(Comparison),
}

/// One comparison of a marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// `'name' in extras`, `'name' not in dependency_groups`.
    Member {
        /// Of which set.
        set: Set,
        /// Normalised.
        name: String,
        /// Whether it must be in the set, or must not.
        wanted: bool,
    },
    /// `extra == 'name'`: the requirement counts for those who ask for the extra.
    Extra {
        /// Normalised.
        name: String,
        /// `==`; else `!=`.
        wanted: bool,
    },
    /// `python_version`, with major and minor only, or `python_full_version`.
    Python {
        /// Whether it is the full version.
        full: bool,
        /// What it must be.
        range: VersionSpecifier,
    },
    /// `sys_platform == 'linux'` and other variables with one text each.
    Text {
        /// The variable.
        variable: String,
        /// The text.
        value: String,
        /// `==`; else `!=`.
        equal: bool,
    },
    /// Anything else: it may hold.
    Other,
}

/// A set of names that a marker can ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// `extras`.
    Extras,
    /// `dependency_groups`.
    Groups,
}

/// Comparisons of markers that may still be made for one lockfile. Once they are used up,
/// markers count as ones that may hold together.
#[derive(Debug)]
pub struct Budget {
    left: Cell<usize>,
    is_exceeded: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Self {
        // A lockfile of 500 packages takes some ten thousand.
        Self::of(20_000_000)
    }
}

impl Budget {
    fn of(count: usize) -> Self {
        Self {
            left: Cell::new(count),
            is_exceeded: Cell::new(false),
        }
    }

    /// Whether this many comparisons may be made; they count as made.
    #[must_use]
    pub fn take(&self, count: usize) -> bool {
        let left = self.left.get().checked_sub(count);
        self.left.set(left.unwrap_or(0));
        if left.is_none() {
            self.exceed();
        }
        left.is_some()
    }

    /// Remembers that something was too large to compare.
    pub fn exceed(&self) {
        self.is_exceeded.set(true);
    }

    /// Whether anything was left out.
    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }
}

impl Marker {
    /// Reads a marker; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse::marker(text)
    }

    /// The marker that a `requires-python` range amounts to; `None` where it is none.
    #[must_use]
    pub fn of_python(range: &str) -> Option<Self> {
        let range = VersionSpecifiers::from_str(range).ok()?;
        let parts = range.iter().map(|range| {
            Self::Comparison(Comparison::Python {
                full: true,
                range: range.clone(),
            })
        });
        Some(Self::All(parts.collect()))
    }

    /// Whether the marker can hold in some environment, where these extras and groups are
    /// asked for.
    #[must_use]
    pub fn can_hold(&self, extras: &BTreeSet<String>, groups: &BTreeSet<String>) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.can_hold(extras, groups)),
            Self::All(parts) => parts.iter().all(|part| part.can_hold(extras, groups)),
            Self::Comparison(Comparison::Member { set, name, wanted }) => {
                let names = match set {
                    Set::Extras => extras,
                    Set::Groups => groups,
                };
                names.contains(name) == *wanted
            }
            Self::Comparison(_) => true,
        }
    }

    /// Whether it is certain that two markers never hold in one environment. What cannot
    /// be told, or takes more than the budget, is not certain.
    #[must_use]
    pub fn excludes(&self, other: &Self, budget: &Budget) -> bool {
        let (Some(these), Some(those)) = (self.alternatives(), other.alternatives()) else {
            return false;
        };
        these.iter().all(|this| {
            those
                .iter()
                .all(|that| contradict(&[this.as_slice(), that.as_slice()].concat(), budget))
        })
    }

    /// The marker as alternatives of comparisons that must all hold; `None` where there
    /// are more than the limit.
    fn alternatives(&self) -> Option<Vec<Vec<&Comparison>>> {
        let all = match self {
            Self::Comparison(comparison) => vec![vec![comparison]],
            Self::Any(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(part.alternatives()?);
                    if all.len() > ALTERNATIVE_LIMIT {
                        return None;
                    }
                }
                all
            }
            Self::All(parts) => {
                let mut all = vec![Vec::new()];
                for part in parts {
                    let more = part.alternatives()?;
                    if all.len().saturating_mul(more.len()) > ALTERNATIVE_LIMIT {
                        return None;
                    }
                    all = all
                        .iter()
                        .flat_map(|one| more.iter().map(|two| [one.as_slice(), two].concat()))
                        .collect();
                }
                all
            }
        };
        Some(all)
    }
}

/// Whether some of the comparisons never hold together.
fn contradict(comparisons: &[&Comparison], budget: &Budget) -> bool {
    let texts = comparisons
        .iter()
        .filter_map(|comparison| match comparison {
            Comparison::Text {
                variable,
                value,
                equal: true,
            } => Some((variable, value)),
            _ => None,
        });
    for (variable, value) in texts {
        let against = |comparison: &&Comparison| match comparison {
            Comparison::Text {
                variable: other,
                value: text,
                equal,
            } => other == variable && (text == value) != *equal,
            _ => false,
        };
        if !budget.take(comparisons.len()) {
            return false;
        }
        if comparisons.iter().any(against) {
            return true;
        }
    }
    no_python(comparisons, budget)
}

/// Whether no release of Python passes all comparisons. The ranges of versions that pass
/// begin and end at versions that are named, so it is enough to try these, the releases
/// next to them, and one before all.
fn no_python(comparisons: &[&Comparison], budget: &Budget) -> bool {
    let ranges: Vec<(bool, &VersionSpecifier)> = comparisons
        .iter()
        .filter_map(|comparison| match comparison {
            Comparison::Python { full, range } => Some((*full, range)),
            _ => None,
        })
        .collect();
    if ranges.is_empty() {
        return false;
    }
    let mut tried = vec![[0, 0, 1]];
    for (_, range) in &ranges {
        let mut numbers = range.version().release().iter().copied();
        let mut next = || numbers.next().unwrap_or(0);
        let [major, minor, micro] = [next(), next(), next()];
        tried.extend([
            [major, minor, micro],
            [major, minor, micro.saturating_add(1)],
            [major, minor.saturating_add(1), 0],
            [major.saturating_add(1), 0, 0],
        ]);
    }
    if !budget.take(tried.len().saturating_mul(ranges.len())) {
        return false;
    }
    !tried.iter().any(|release| {
        let whole = Version::new(release);
        let short = Version::new(release.iter().take(2));
        ranges
            .iter()
            .all(|(full, range)| range.contains(if *full { &whole } else { &short }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn apart(one: &str, other: &str) -> bool {
        let (one, other) = (Marker::parse(one).unwrap(), Marker::parse(other).unwrap());
        let apart = one.excludes(&other, &Budget::default());
        assert_eq!(apart, other.excludes(&one, &Budget::default()));
        apart
    }

    #[test]
    fn a_marker_says_who_asks_for_a_package() {
        let marker = Marker::parse(
            "python_version >= '3.9' and ('Dev' in dependency_groups or \"a.b\" in extras)",
        )
        .unwrap();
        let none = names(&[]);
        assert!(!marker.can_hold(&none, &none));
        assert!(marker.can_hold(&none, &names(&["dev"])));
        assert!(marker.can_hold(&names(&["a-b"]), &none));
        let without = Marker::parse("'dev' not in dependency_groups").unwrap();
        assert!(without.can_hold(&none, &none) && !without.can_hold(&none, &names(&["dev"])));
    }

    #[test]
    fn ranges_of_python_that_do_not_meet_exclude_each_other() {
        for (one, other) in [
            ("python_version < '3.11'", "python_version >= '3.11'"),
            ("python_version < '3.11'", "python_full_version >= '3.11.0'"),
            ("'3.11' > python_version", "python_version > '3.10'"),
            ("python_version == '3.9'", "python_version == '3.10'"),
            ("python_full_version == '3.9.*'", "python_version != '3.9'"),
            (
                "python_version > '3.9' and python_version < '3.11'",
                "python_version != '3.10'",
            ),
            (
                "python_full_version < '3.11.3'",
                "python_full_version > '3.11.2'",
            ),
            ("python_version ~= '3.9'", "python_version >= '4'"),
            (
                "python_version == '3.9' or python_version >= '3.12'",
                "python_version == '3.10' or python_version == '3.11'",
            ),
        ] {
            assert!(apart(one, other), "{one} | {other}");
        }
        for (one, other) in [
            ("python_version <= '3.11'", "python_version >= '3.11'"),
            ("python_version < '3.12'", "python_full_version >= '3.11.9'"),
            (
                "python_version > '3.9' and python_version < '3.12'",
                "python_version != '3.10'",
            ),
            (
                "python_full_version < '3.11.3'",
                "python_full_version > '3.11.1'",
            ),
            ("python_version < '3'", "python_full_version != '2.7.18'"),
            (
                "python_version >= '3.9'",
                "python_version != '3.9' and python_version != '3.10'",
            ),
            ("python_version in '3.8 3.9'", "python_version == '3.12'"),
        ] {
            assert!(!apart(one, other), "{one} | {other}");
        }
    }

    #[test]
    fn one_variable_has_one_text() {
        assert!(apart("sys_platform == 'win32'", "'linux' == sys_platform"));
        assert!(apart("sys_platform == 'win32'", "sys_platform != 'win32'"));
        assert!(apart(
            "os_name == 'nt' and sys_platform == 'win32'",
            "os_name == 'posix' or sys_platform == 'linux'"
        ));
        assert!(!apart("sys_platform != 'win32'", "sys_platform != 'linux'"));
        assert!(!apart("sys_platform == 'win32'", "os_name == 'posix'"));
        // A package can be asked for with two extras at once.
        assert!(!apart("extra == 'a'", "extra == 'b'"));
        assert!(!apart("'a' in extras", "'b' in extras"));
        assert!(!apart(
            "platform_machine in 'x86'",
            "platform_machine == 'arm'"
        ));
    }

    #[test]
    fn what_takes_too_long_to_tell_is_not_certain() {
        let either = "(python_version < '3' or python_version < '2')";
        let one = Marker::parse(&[either; 6].join(" and ")).unwrap();
        let other = Marker::parse("python_version > '3'").unwrap();
        assert!(!one.excludes(&other, &Budget::default()));
        let one = Marker::parse("python_version < '3'").unwrap();
        assert!(one.excludes(&other, &Budget::default()));
        let spent = Budget::of(3);
        assert!(!one.excludes(&other, &spent));
        assert!(spent.is_exceeded());
    }

    #[test]
    fn a_range_of_python_is_a_marker() {
        let range = Marker::of_python(">=3.9,<4,!=3.9.*").unwrap();
        let old = Marker::parse("python_version < '3.10'").unwrap();
        assert!(range.excludes(&old, &Budget::default()));
        let new = Marker::parse("python_version > '3.10'").unwrap();
        assert!(!range.excludes(&new, &Budget::default()));
        assert_eq!(Marker::of_python("x"), None);
    }
}
