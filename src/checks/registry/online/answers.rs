//! What registries said: the answers of one run, and the snapshot file that keeps them.
//!
//! The file is JSON, sorted, the same bytes for the same answers. It holds facts of the
//! registry only, for the versions that were asked for; what they mean is decided each time
//! anew, against the policy of that time.

use crate::model::{Ecosystem, Hint};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The shape's name and version.
pub const SCHEMA: &str = "sealgate/registry-answers/v1";
/// Most bytes of a snapshot.
pub const MAX_SNAPSHOT_BYTES: u64 = 128 * 1024 * 1024;
/// Most answers in one.
const MAX_ANSWERS: usize = 500_000;

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// Not JSON of this shape.
    #[error("`{name}` is no snapshot of registry answers: {reason}")]
    Malformed {
        /// The file, for the message.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Of another version.
    #[error("`{name}` is a snapshot of the shape `{got}`; this program reads `{SCHEMA}`")]
    OtherSchema {
        /// The file, for the message.
        name: String,
        /// What it says of itself.
        got: String,
    },
    /// More answers than a product can have questions.
    #[error("`{name}` has {got} answers, more than the limit of {MAX_ANSWERS}")]
    TooMany {
        /// The file, for the message.
        name: String,
        /// Their number.
        got: usize,
    },
}

impl Hint for SnapshotError {
    fn hint(&self) -> Option<String> {
        Some("write one with `sealgate registry snapshot PATH -o FILE`".to_owned())
    }
}

/// All answers of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answers {
    /// [`SCHEMA`].
    pub schema: String,
    /// When the registries were asked, RFC 3339.
    pub asked: String,
    /// Sorted by ecosystem, name and registry.
    pub answers: Vec<PackageAnswer>,
}

/// What one registry said of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackageAnswer {
    /// The purl type.
    pub ecosystem: String,
    /// The name as the lockfile writes it.
    pub name: String,
    /// The approved entry's address, as the policy check shows it.
    pub registry: String,
    /// What it said.
    pub reply: Reply,
}

/// What a registry said of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Reply {
    /// It has the name; the versions that were asked for and are there.
    Present {
        /// SHA-256 of the document that said so.
        document: String,
        /// By version, as the lockfile writes it.
        versions: BTreeMap<String, VersionFacts>,
    },
    /// It does not have the name.
    Absent,
    /// It did not say.
    Unreachable(Failure),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// One line, without credentials, safe to show.
    pub reason: String,
    /// What to do, one line.
    pub remedy: String,
}

/// The kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// No connection, or it ended before an answer.
    NoConnection,
    /// The server, or the whole run, took too long.
    OutOfTime,
    /// HTTP 401 or 407.
    NotAuthorized,
    /// HTTP 403.
    Forbidden,
    /// HTTP 429 or 5xx, after the retries.
    Unavailable,
    /// A redirect that is not followed.
    Redirect,
    /// An answer that is none: cut off, too large, of another form.
    BadAnswer,
    /// A name that cannot be asked for.
    BadName,
}

impl FailureKind {
    /// Whether it says something about the whole registry, not about one name.
    pub(super) fn is_of_the_registry(self) -> bool {
        matches!(
            self,
            Self::NoConnection | Self::OutOfTime | Self::NotAuthorized | Self::Unavailable
        )
    }

    /// Whether what the registry said before still counts where this keeps a package's file
    /// from being fetched: then there is nothing to compare a checksum with, and no more.
    pub(super) fn is_of_a_file(self) -> bool {
        !self.is_of_the_registry() || self == Self::OutOfTime
    }
}

/// What a registry says of one version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionFacts {
    /// Its files, at least one where the registry names files.
    #[serde(default)]
    pub files: Vec<FileFacts>,
    /// Withdrawn, with the reason if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
    /// Whether it was looked whether the version was retracted (Go): a proxy need not say
    /// which version is the newest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retractions: bool,
    /// Advised against, with what the publisher says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// Where the dates of the files come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_source: Option<DateSource>,
    /// Where the version came into the registry from, as the registry says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_from: Option<CameFrom>,
    /// Its files as the registry's API lists them, beside those of the package protocol.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<FileFacts>,
    /// Whether further versions of the name may come in from outside; asked for internal
    /// names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Outside>,
}

/// One file of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileFacts {
    /// `sha256:HEX`, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checksums: Vec<String>,
    /// Checksums that are no digests of the file: `go-h1:VALUE`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opaque: Vec<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// The address of the file where that is another server than the registry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<String>,
    /// SHA-256 of the file's address where lockfiles go by that: Composer installs from it, and
    /// a checksum need not be there. Not the address itself, which may hold a credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Who says when a version was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateSource {
    /// The registry's own record of the publication.
    Index,
    /// The `Last-Modified` header of a file: when this server stored it.
    LastModified,
    /// The time of the commit, which its author chose.
    CommitTime,
}

impl DateSource {
    /// The word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::LastModified => "last-modified",
            Self::CommitTime => "commit-time",
        }
    }

    /// In words, for messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Index => "by the registry's index",
            Self::LastModified => "by the file's last-modified date",
            Self::CommitTime => "by the commit's time, which its author chose",
        }
    }
}

/// Whether a registry takes versions of a name from other registries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outside", rename_all = "kebab-case")]
pub enum Outside {
    /// It does not.
    Blocked,
    /// It does.
    Allowed {
        /// The group of names whose setting allows it.
        group: String,
        /// The repositories that may; all where there are none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        repositories: Vec<String>,
    },
}

/// Where a version came into the registry from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "origin", rename_all = "kebab-case")]
pub enum CameFrom {
    /// Published into it.
    Internal,
    /// Fetched from another registry.
    External {
        /// Which one, in the registry's words.
        connection: Option<String>,
    },
    /// The registry does not know.
    Unknown,
}

impl Answers {
    /// Sorted and complete.
    #[must_use]
    pub fn new(asked: String, mut answers: Vec<PackageAnswer>) -> Self {
        answers.sort_by(|a, b| {
            (&a.ecosystem, &a.name, &a.registry).cmp(&(&b.ecosystem, &b.name, &b.registry))
        });
        Self {
            schema: SCHEMA.to_owned(),
            asked,
            answers,
        }
    }

    /// Reads a snapshot. `name` is the file's, for messages.
    ///
    /// # Errors
    /// Every variant of [`SnapshotError`].
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, SnapshotError> {
        let malformed = |reason: String| SnapshotError::Malformed {
            name: name.to_owned(),
            reason,
        };
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        let head: Head =
            serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        if head.schema != SCHEMA {
            return Err(SnapshotError::OtherSchema {
                name: name.to_owned(),
                got: crate::model::terminal_safe(&head.schema).into_owned(),
            });
        }
        let answers: Self =
            serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        if answers.answers.len() > MAX_ANSWERS {
            return Err(SnapshotError::TooMany {
                name: name.to_owned(),
                got: answers.answers.len(),
            });
        }
        Ok(Self::new(answers.asked, answers.answers))
    }

    /// The snapshot's text: the same answers give the same bytes.
    #[must_use]
    pub fn render(&self) -> String {
        // Texts and maps with text keys always serialise.
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// What was said of a name.
    pub(super) fn about(&self, ecosystem: Ecosystem, name: &str) -> &[PackageAnswer] {
        let key = (ecosystem.purl_type(), name);
        let of =
            |answer: &PackageAnswer| (answer.ecosystem.as_str(), answer.name.as_str()).cmp(&key);
        let start = self.answers.partition_point(|answer| of(answer).is_lt());
        let rest = self.answers.get(start..).unwrap_or_default();
        let length = rest.partition_point(|answer| of(answer).is_eq());
        rest.get(..length).unwrap_or_default()
    }
}
