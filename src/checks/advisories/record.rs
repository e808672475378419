//! An advisory as the index keeps it, whatever format it came in.

use crate::model::Ecosystem;
use crate::versions::EventKind;
use serde::{Deserialize, Serialize};

/// Longest id, package name or version, in bytes; longer ones are not looked at.
pub(super) const MAX_NAME_BYTES: usize = 512;
/// Longest summary that is kept, in characters.
const MAX_SUMMARY_CHARS: usize = 300;
/// Most aliases or related ids of a record.
pub(super) const MAX_IDS: usize = 1000;

/// The kind of database that a record came from. Records of one feed with the same id
/// replace each other; records of two feeds stand side by side and end in one finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Feed {
    Osv,
    RustSec,
}

/// One advisory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub feed: Feed,
    pub metadata: RecordMetadata,
    /// Packages of ecosystems that sealgate knows; never empty.
    pub affected: Vec<Affected>,
    /// Malformed parts that were left out, one line each.
    pub notes: Vec<String>,
    /// Other ecosystems that it names packages of, sorted; those are not matched.
    pub also_about: Vec<String>,
}

/// The part of a record that does not decide whether a version is affected. Kept
/// compressed in the index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordMetadata {
    pub id: String,
    /// `OSV npm`, `RustSec`.
    pub source: String,
    /// Sorted, without `id`.
    pub aliases: Vec<String>,
    /// Sorted.
    pub related: Vec<String>,
    /// One line.
    pub summary: String,
    /// RFC 3339, as recorded.
    pub modified: Option<String>,
    /// RFC 3339 or date, as recorded; present means withdrawn.
    pub withdrawn: Option<String>,
    pub url: Option<String>,
    /// What holds for every package of the record.
    pub rating: Rating,
    /// What holds for single packages, sorted.
    pub packages: Vec<PackageRating>,
}

/// How bad a record says it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Rating {
    /// CVSS vectors as recorded, sorted.
    pub vectors: Vec<String>,
    /// A word such as `HIGH`.
    pub word: Option<String>,
    /// RustSec's informational kind.
    pub informational: Option<String>,
}

/// The rating of one package of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct PackageRating {
    /// OSV ecosystem name.
    pub ecosystem: String,
    pub name: String,
    pub rating: Rating,
}

/// One package of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Affected {
    pub ecosystem: Ecosystem,
    /// Normalised as by [`normalised_name`].
    pub name: String,
    /// The release of the distribution that this is about, as in `Debian:12`; empty for
    /// all of them.
    pub release: String,
    pub ranges: Vec<Range>,
    /// Versions listed one by one.
    pub versions: Vec<String>,
}

/// One range over versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    /// In the record's order.
    pub events: Vec<(EventKind, String)>,
    /// Part of the range could not be read: "not affected" does not follow from it.
    pub incomplete: bool,
}

impl Range {
    /// A range that says nothing but that something could not be read.
    pub(super) fn unreadable() -> Self {
        Self {
            events: Vec::new(),
            incomplete: true,
        }
    }
}

/// The name under which a package is looked up: what records and lockfiles may spell in
/// several ways comes out in one.
///
/// - Python: without case, with one kind of separator
///   (<https://packaging.python.org/en/latest/specifications/name-normalization/>);
/// - .NET, PHP, GitHub: without case, as their registries look names up;
/// - Go: without case. Module paths have one, but their purls do not, and two modules
///   that differ in it alone are two times of one repository;
/// - Swift: the repository without case, scheme and `.git`, as SwiftPM tells packages apart.
///
/// All others are taken as they are: `group:artifact` for Maven, the name without its
/// UUID for Julia.
pub(super) fn normalised_name(ecosystem: Ecosystem, name: &str) -> String {
    match ecosystem {
        Ecosystem::Pypi => normalised_python_name(name),
        Ecosystem::Nuget | Ecosystem::Composer | Ecosystem::Github | Ecosystem::Golang => {
            name.to_lowercase()
        }
        Ecosystem::Swift => {
            let place = name.split_once("://").map_or(name, |(_, place)| place);
            let place = place.trim_end_matches('/').to_lowercase();
            match place.strip_suffix(".git") {
                Some(place) => place.to_owned(),
                None => place,
            }
        }
        _ => name.to_owned(),
    }
}

fn normalised_python_name(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    let mut separator = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            separator = true;
            continue;
        }
        if separator {
            normalised.push('-');
            separator = false;
        }
        normalised.push(c.to_ascii_lowercase());
    }
    if separator {
        normalised.push('-');
    }
    normalised
}

/// The first line with words in it, without markdown heading marks, cut to
/// [`MAX_SUMMARY_CHARS`].
pub(super) fn one_line(text: &str) -> String {
    let line = text
        .lines()
        .map(|line| line.trim_start_matches('#').trim())
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let mut words = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = words.char_indices().nth(MAX_SUMMARY_CHARS) {
        words.truncate(cut);
        words.push('…');
    }
    words
}

/// Ids sorted, without doubles, without `own`.
pub(super) fn sorted_ids(ids: impl IntoIterator<Item = String>, own: &str) -> Vec<String> {
    let mut ids: Vec<_> = ids
        .into_iter()
        .filter(|id| id != own && !id.is_empty() && id.len() <= MAX_NAME_BYTES)
        .take(MAX_IDS)
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// A record that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BadRecord {
    /// The source that it belongs to, as `db status` names it.
    pub source: String,
    /// File or archive entry, relative to what was imported; of signals with the line or
    /// the place in the list.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
    /// Packages that it names, as OSV ecosystem and normalised name; sorted.
    pub packages: Vec<(String, String)>,
}

/// What became of one file.
#[derive(Debug)]
pub(super) enum Parsed {
    Record(Box<Record>),
    /// A sound record about ecosystems that sealgate does not know, by OSV name.
    NotUsed(String),
    Bad {
        reason: String,
        packages: Vec<(String, String)>,
    },
}

impl Parsed {
    pub(super) fn bad(reason: impl Into<String>) -> Self {
        Self::Bad {
            reason: reason.into(),
            packages: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_package_are_looked_up_under_one_name() {
        for (ecosystem, spellings) in [
            (
                Ecosystem::Pypi,
                &["foo-bar", "Foo.Bar", "foo__bar", "FOO-_.bar"][..],
            ),
            (
                Ecosystem::Nuget,
                &["newtonsoft.json", "Newtonsoft.Json", "NEWTONSOFT.JSON"],
            ),
            (
                Ecosystem::Composer,
                &["symfony/http-kernel", "Symfony/HTTP-Kernel"],
            ),
            (
                Ecosystem::Github,
                &["tj-actions/changed-files", "TJ-Actions/Changed-Files"],
            ),
            (
                Ecosystem::Golang,
                &["github.com/burntsushi/toml", "github.com/BurntSushi/toml"],
            ),
            (
                Ecosystem::Swift,
                &[
                    "github.com/apple/swift-nio",
                    "https://github.com/apple/swift-nio.git",
                    "github.com/Apple/swift-nio/",
                    "ssh://github.com/apple/swift-NIO.git",
                ],
            ),
        ] {
            for spelling in spellings {
                assert_eq!(normalised_name(ecosystem, spelling), spellings[0]);
            }
        }
    }

    #[test]
    fn names_with_a_case_or_signs_of_their_own_keep_them() {
        for (ecosystem, name) in [
            (Ecosystem::Npm, "@Scope/JSON_Stream.js"),
            (Ecosystem::Cargo, "Inflector_x"),
            (Ecosystem::Maven, "org.Example.Group:Artifact_2.13"),
            (Ecosystem::Gem, "RedCloth"),
            (Ecosystem::Cran, "readxl.R"),
            (Ecosystem::Hackage, "HTTP"),
            (Ecosystem::Julia, "OpenSSL_jll"),
            (Ecosystem::Hex, "phoenix_html"),
            (Ecosystem::Pub, "http2_client"),
            (Ecosystem::Deb, "libc++1-14"),
        ] {
            assert_eq!(normalised_name(ecosystem, name), name);
        }
    }

    #[test]
    fn a_summary_is_one_line_of_bounded_length() {
        assert_eq!(one_line("\n\n## Impact  of\tx\nmore"), "Impact of x");
        assert_eq!(one_line(&"é".repeat(400)).chars().count(), 301);
        assert_eq!(one_line(""), "");
    }
}
