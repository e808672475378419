//! What a document lost on its way into another format or version.

use super::document::Format;
use super::document::extra::At;
use std::fmt;

/// One field that was not carried as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Where it was: `components[3].evidence.occurrences[0].line`.
    pub path: String,
    /// Why it was not carried.
    pub reason: LossReason,
}

/// Why a field was not carried as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LossReason {
    /// The target has no such field, or knows it only in another version.
    NoPlace(Format),
    /// The target requires something of it that it lacks.
    Invalid(&'static str),
    /// The target takes no text but one of this form: `e-mail address`.
    OtherForm(&'static str),
    /// It was carried as something else.
    Changed {
        /// As what: `the text `…``.
        into: String,
    },
    /// Vulnerabilities belong into a VEX document beside the SBOM.
    Vulnerability,
    /// A signature does not hold for a changed document.
    Signature,
    /// It could not be read in the first place.
    Unread(String),
}

impl fmt::Display for LossReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPlace(format) => write!(f, "has no place in {format}"),
            Self::Invalid(reason) => f.write_str(reason),
            Self::OtherForm(form) => write!(f, "is left out: it is no {form}"),
            Self::Changed { into } => write!(f, "became {into}"),
            Self::Vulnerability => {
                f.write_str("is left out: vulnerabilities belong into a VEX document")
            }
            Self::Signature => {
                f.write_str("is left out: the signature does not hold for the changed document")
            }
            Self::Unread(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.path, self.reason)
    }
}

/// Collects losses.
#[derive(Debug, Default)]
pub struct Losses(Vec<Loss>);

impl Losses {
    /// Adds one.
    pub fn add(&mut self, at: &At<'_>, reason: LossReason) {
        self.0.push(Loss {
            path: at.to_string(),
            reason,
        });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds those of another collection.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// All of them, in the order of the document.
    pub fn into_vec(self) -> Vec<Loss> {
        self.0
    }
}
