//! Why an SBOM could not be read or written.

use super::document::Format;
use crate::model::Hint;

/// Why an SBOM could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SbomError {
    /// Neither CycloneDX nor SPDX, or in a syntax that is not read.
    #[error("this is no SBOM that sealgate reads")]
    UnknownFormat,
    /// A version that is not read.
    #[error("{format} `{}` is not read; read: {known}", found.escape_debug())]
    UnsupportedVersion {
        /// `CycloneDX JSON`, `SPDX JSON`, ….
        format: &'static str,
        /// As written.
        found: String,
        /// What is read.
        known: &'static str,
    },
    /// A format or version that is not written.
    #[error("`{}` is not a format that is written", format.escape_debug())]
    NotWritten {
        /// As given.
        format: String,
    },
    /// No name of a person or organisation.
    #[error("`{}` names no person or organisation", text.escape_debug())]
    NotAParty {
        /// As given.
        text: String,
    },
    /// Not `PURL=NAME`.
    #[error("`{}` names no supplier of a purl: {reason}", text.escape_debug())]
    NotASupplier {
        /// As given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not JSON, or cut short.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// 1-based.
        line: usize,
        /// 1-based, in bytes.
        column: usize,
        /// The parser's word.
        message: String,
    },
    /// Well-formed, but not what such a document looks like.
    #[error("not valid {format}: {message}")]
    Malformed {
        /// `CycloneDX XML`, `SPDX JSON`, ….
        format: &'static str,
        /// The parser's word.
        message: String,
    },
    /// An object has the same key twice: readers differ on which one they believe.
    #[error("line {line}, column {column}: the key `{}` appears twice in one object", key.escape_debug())]
    DuplicateKey {
        /// 1-based.
        line: usize,
        /// 1-based, in bytes.
        column: usize,
        /// The key.
        key: String,
    },
    /// Nested deeper than the limit.
    #[error("nested deeper than the limit of {limit}")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More of something than the limit.
    #[error("more than the limit of {limit} {what}")]
    TooLarge {
        /// `bytes`, `components`, `values`.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

impl Hint for SbomError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownFormat => {
                "give CycloneDX JSON (1.2 to 1.7) or XML (1.3 to 1.5), or SPDX JSON (2.2, 2.3)"
                    .to_owned()
            }
            Self::UnsupportedVersion { .. } => {
                "ask the tool that made it for a version that is read".to_owned()
            }
            Self::NotWritten { .. } => {
                let names = Format::WRITTEN.map(|format| format.to_string());
                format!("use one of {}", names.join(", "))
            }
            Self::NotAParty { .. } => {
                "write NAME, NAME <E-MAIL> or NAME <URL>, such as Acme <oss@acme.example>"
                    .to_owned()
            }
            Self::NotASupplier { .. } => {
                "write PURL=NAME, such as pkg:cargo/serde=NAME or pkg:npm/@acme/*=Acme".to_owned()
            }
            Self::Syntax { .. } => "check that the file is whole".to_owned(),
            Self::Malformed { format, .. } if format.ends_with("XML") => {
                "ask the tool that made it for JSON instead".to_owned()
            }
            Self::Malformed { .. } => "ask the tool that made it for a valid document".to_owned(),
            Self::DuplicateKey { .. } => "keep one of the two".to_owned(),
            Self::TooDeep { .. } | Self::TooLarge { .. } => {
                "a document of this size is not an SBOM of one product; split it".to_owned()
            }
        })
    }
}
