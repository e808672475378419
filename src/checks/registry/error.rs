//! Why registry settings cannot be used.

use super::address::shown;
use crate::model::Hint;

/// Why an approved registry or an internal name could not be read. Addresses are shown
/// without the credentials in them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The text is neither `default` nor an address.
    #[error("approved registry `{}` is not a URL: {reason}", shown(text))]
    NotAnAddress {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Packages are served over http and https; an approval of anything else would never match.
    #[error(
        "approved registry `{}` uses `{scheme}`, not http or https",
        shown(text)
    )]
    NotHttp {
        /// What was given.
        text: String,
        /// Its scheme.
        scheme: String,
    },
    /// A prefix ends at its path: a query or fragment would never match.
    #[error("approved registry `{}` has a query or a fragment", shown(text))]
    QueryOrFragment {
        /// What was given.
        text: String,
    },
    /// The entry is no single licence of the SPDX list.
    #[error("allowed licence `{}` is no single SPDX licence", text.escape_debug())]
    NotALicence {
        /// What was given.
        text: String,
    },
    /// The pattern is empty or has white space or control characters in it.
    #[error("internal name pattern `{}` is not a package name", text.escape_debug())]
    NotANamePattern {
        /// What was given.
        text: String,
    },
    /// The pattern matches every name, so that no dependency could be external.
    #[error("internal name pattern `{text}` matches every package")]
    MatchesEverything {
        /// What was given.
        text: String,
    },
    /// The pattern is longer, or has more `*`, than a name can need.
    #[error(
        "internal name pattern of {length} bytes is over the limits of {limit} bytes and {stars} `*`"
    )]
    PatternTooLarge {
        /// Its length in bytes.
        length: usize,
        /// The most bytes.
        limit: usize,
        /// The most `*`.
        stars: usize,
    },
}

impl Hint for RegistryError {
    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NotAnAddress { .. } | Self::NotHttp { .. } => {
                    "write `default`, `default=https://host/path/` or an address such as `https://registry.example/npm/`"
                }
                Self::QueryOrFragment { .. } => "end the address with its path",
                Self::NotANamePattern { .. } | Self::MatchesEverything { .. } => {
                    "name a scope or a prefix: `@acme/*`, `acme-*`"
                }
                Self::NotALicence { .. } => {
                    "write one id of the SPDX licence list an entry: `MIT`, `Apache-2.0 WITH LLVM-exception`"
                }
                Self::PatternTooLarge { .. } => "split it into several patterns",
            }
            .to_owned(),
        )
    }
}
