//! Why a report cannot be written.

use super::Format;
use crate::model::Hint;

/// Why a report cannot be written. Rendering itself cannot fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// No format has this name.
    #[error("unknown output format `{}`", text.escape_debug())]
    UnknownFormat {
        /// What was given.
        text: String,
    },
}

impl Hint for ReportError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownFormat { .. } => {
                let names: Vec<&str> = Format::ALL.iter().map(|f| f.as_str()).collect();
                Some(format!("use one of {}", names.join(", ")))
            }
        }
    }
}
