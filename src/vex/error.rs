//! Why a VEX document cannot be read.

use super::MAX_STATEMENTS;
use crate::model::{Hint, StrictJsonError};

/// Why a VEX document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VexError {
    /// Not JSON, or JSON that two readers may understand differently.
    #[error(transparent)]
    Json(StrictJsonError),
    /// Neither OpenVEX nor CycloneDX.
    #[error("this is no VEX document that sealgate reads")]
    UnknownFormat,
    /// A version that is not read.
    #[error("{format} `{}` is not read; read: {known}", found.escape_debug())]
    UnsupportedVersion {
        /// `OpenVEX`, `CycloneDX`.
        format: &'static str,
        /// As written.
        found: String,
        /// What is read.
        known: &'static str,
    },
    /// A part that every document of the format has.
    #[error("`{field}` is missing or not {want}")]
    Malformed {
        /// Its name.
        field: &'static str,
        /// What it should be.
        want: &'static str,
    },
    /// More statements than are read.
    #[error("more than {MAX_STATEMENTS} statements")]
    TooManyStatements,
}

impl Hint for VexError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownFormat | Self::UnsupportedVersion { .. } => Some(
                "give an OpenVEX 0.2.0 document, or a CycloneDX 1.4 to 1.7 JSON document with \
                 `vulnerabilities`"
                    .to_owned(),
            ),
            Self::TooManyStatements => Some("split the document".to_owned()),
            Self::Json(_) | Self::Malformed { .. } => None,
        }
    }
}
