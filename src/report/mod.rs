//! Output formats: a report in, text out. One file per format; none of them decides, reads
//! or prints. Each copies the report into shapes of its own, so that an inner rename never
//! changes an output, and each makes text from outside harmless in its own way.

mod advice;
pub mod diff;
pub mod dossier;
mod error;
mod facts;
pub mod github;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
mod text;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

pub use error::ReportError;

use crate::model::Purl;
use std::fmt;
use std::str::FromStr;

/// An output format of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people, at a terminal or in a log: [`human::render`].
    Human,
    /// Everything, in a frozen shape: [`json::render`].
    Json,
    /// SARIF 2.1.0 for code scanning: [`sarif::render`].
    Sarif,
    /// JUnit XML for test dashboards: [`junit::render`].
    Junit,
    /// A job summary: [`markdown::render`].
    Markdown,
    /// Workflow commands that annotate a pull request: [`github::render`].
    Github,
    /// The SBOM; it is rendered by the `sbom` room from the inventory.
    CyclonedxJson,
    /// The SBOM as SPDX 2.3; likewise.
    SpdxJson,
}

impl Format {
    /// Every format, in the order of the help text.
    pub const ALL: [Self; 8] = [
        Self::Human,
        Self::Json,
        Self::Sarif,
        Self::Junit,
        Self::Markdown,
        Self::Github,
        Self::CyclonedxJson,
        Self::SpdxJson,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Github => "github",
            Self::CyclonedxJson => "cyclonedx-json",
            Self::SpdxJson => "spdx-json",
        }
    }
}

/// A purl as every format shows it, credentials folded.
#[must_use]
pub fn purl(purl: &Purl) -> String {
    text::purl(purl).into_owned()
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| ReportError::UnknownFormat {
                text: text.to_owned(),
            })
    }
}
