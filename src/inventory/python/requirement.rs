//! Requirement lines of Python lockfiles, and which of several locked versions each means.

use super::marker::{Budget, Marker};
use super::{Wanted, requirement, wanted};
use pep440_rs::{Version, VersionSpecifiers};
use std::collections::{BTreeSet, HashMap};
use std::str::FromStr as _;

/// Versions of one package that one lockfile may hold for different environments.
pub const SAME_NAME_LIMIT: usize = 100;

/// A requirement line
/// (<https://packaging.python.org/en/latest/specifications/dependency-specifiers/>).
#[derive(Debug, Clone)]
pub struct Line {
    /// Normalised.
    pub name: String,
    /// Normalised.
    pub extras: BTreeSet<String>,
    /// Whether it holds in some environments only.
    pub conditional: bool,
    /// Everything, where it has an address.
    range: VersionSpecifiers,
    /// Absent also where it cannot be read: then the line may hold anywhere.
    marker: Option<Marker>,
}

impl Line {
    /// Reads a line; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // An address may hold a `;`; the one of the marker has a blank beside it there.
        let end = if text.contains("://") {
            text.find(" ;").or_else(|| text.find("; "))
        } else {
            text.find(';')
        };
        let (plain, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
        let condition = rest.trim_start().strip_prefix(';');
        let (Wanted { name, extras }, range) = if plain.contains('@') {
            (wanted(plain)?, VersionSpecifiers::empty())
        } else {
            let requirement = requirement(plain).ok()?;
            (requirement.wanted, requirement.range)
        };
        Some(Self {
            name,
            extras,
            conditional: condition.is_some(),
            range,
            marker: condition.and_then(Marker::parse),
        })
    }
}

/// The packages of a lockfile by name.
#[derive(Debug, Default)]
pub struct Candidates {
    by_name: HashMap<String, Vec<Candidate>>,
    /// Where the lockfile is meant to be used at all.
    environment: Option<Marker>,
    budget: Budget,
}

#[derive(Debug)]
struct Candidate {
    place: usize,
    version: Option<Version>,
    marker: Option<Marker>,
}

/// What a line means.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning {
    /// These packages; none, where the line never holds together with its dependent.
    Packages(Vec<usize>),
    /// The lockfile does not hold the name.
    Absent,
    /// More packages have the name than the limit.
    TooMany,
}

impl Candidates {
    /// No packages yet, for the environments of a marker.
    #[must_use]
    pub fn new(environment: Option<Marker>) -> Self {
        Self {
            environment,
            ..Self::default()
        }
    }

    /// Notes the package at `place` under a key: its normalised name, or that with extras.
    pub fn add(
        &mut self,
        key: String,
        version: Option<&str>,
        marker: Option<Marker>,
        place: usize,
    ) {
        self.by_name.entry(key).or_default().push(Candidate {
            place,
            version: version.and_then(|version| Version::from_str(version).ok()),
            marker,
        });
    }

    /// Whether there is a package under a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.by_name.contains_key(key)
    }

    /// What a line of a dependent with a marker means among the packages under a key. Of
    /// several versions those in the range count, all where none is; of these the ones
    /// that can be installed together with the dependent.
    #[must_use]
    pub fn find(&self, key: &str, line: &Line, dependent: Option<&Marker>) -> Meaning {
        let Some(found) = self.by_name.get(key) else {
            return Meaning::Absent;
        };
        if found.len() > SAME_NAME_LIMIT {
            return Meaning::TooMany;
        }
        let apart = |one: Option<&Marker>, other: Option<&Marker>| match (one, other) {
            (Some(one), Some(other)) => one.excludes(other, &self.budget),
            _ => false,
        };
        let line_marker = line.marker.as_ref();
        if apart(line_marker, dependent) || apart(line_marker, self.environment.as_ref()) {
            return Meaning::Packages(Vec::new());
        }
        let fits = |candidate: &&Candidate| {
            let version = candidate.version.as_ref();
            version.is_none_or(|version| line.range.contains(version))
        };
        let mut fitting: Vec<&Candidate> = found.iter().filter(fits).collect();
        if fitting.is_empty() {
            fitting = found.iter().collect();
        }
        fitting.retain(|candidate| {
            let marker = candidate.marker.as_ref();
            !apart(line_marker, marker) && !apart(dependent, marker)
        });
        Meaning::Packages(fitting.iter().map(|candidate| candidate.place).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numpy() -> Candidates {
        let mut candidates = Candidates::new(Marker::of_python(">=3.9,!=3.10.*"));
        for (version, marker_text, place) in [
            ("1.26.0", "python_version < '3.11'", 0),
            ("2.2.0", "python_version >= '3.11'", 1),
        ] {
            candidates.add(
                "numpy".to_owned(),
                Some(version),
                Marker::parse(marker_text),
                place,
            );
        }
        candidates
    }

    fn find(line: &str, dependent: Option<&str>) -> Meaning {
        let line = Line::parse(line).unwrap();
        let dependent = dependent.and_then(Marker::parse);
        numpy().find(&line.name, &line, dependent.as_ref())
    }

    #[test]
    fn a_line_means_the_versions_that_can_be_installed_with_it() {
        assert_eq!(find("NumPy", None), Meaning::Packages(vec![0, 1]));
        assert_eq!(find("numpy>=2", None), Meaning::Packages(vec![1]));
        assert_eq!(
            find("numpy; python_version >= '3.12'", None),
            Meaning::Packages(vec![1])
        );
        assert_eq!(
            find("numpy", Some("python_version < '3.10'")),
            Meaning::Packages(vec![0])
        );
        // In no range: the lockfile knows better (an override).
        assert_eq!(find("numpy>=9", None), Meaning::Packages(vec![0, 1]));
        assert_eq!(find("pandas", None), Meaning::Absent);
    }

    #[test]
    fn a_line_that_never_holds_means_nothing() {
        let never = Meaning::Packages(Vec::new());
        assert_eq!(find("numpy; python_version < '3.8'", None), never);
        assert_eq!(find("numpy; python_version == '3.10'", None), never);
        assert_eq!(
            find(
                "numpy; sys_platform == 'win32'",
                Some("sys_platform == 'linux'")
            ),
            never
        );
    }

    #[test]
    fn a_line_is_read_with_its_address_and_its_extras() {
        let line = Line::parse("A.b[X_y] @ https://h.example/a;b.whl ; extra == 'z'").unwrap();
        assert_eq!((line.name.as_str(), line.conditional), ("a-b", true));
        assert!(line.extras.contains("x-y"));
        assert!(Line::parse("a>=1;python_version<'3'").is_some_and(|line| line.conditional));
        assert!(Line::parse("a>=1").is_some_and(|line| !line.conditional));
        assert!(Line::parse("").is_none());
        assert!(Line::parse("-e .").is_none());
    }

    #[test]
    fn too_many_packages_of_one_name_are_not_searched() {
        let mut candidates = Candidates::default();
        for place in 0..=SAME_NAME_LIMIT {
            candidates.add("a".to_owned(), None, None, place);
        }
        let line = Line::parse("a").unwrap();
        assert_eq!(candidates.find("a", &line, None), Meaning::TooMany);
    }
}
