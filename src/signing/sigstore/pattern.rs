//! What a certificate's identity must be.

use super::error::ConditionError;
use super::identity::{IdentityKind, SignerIdentity};
use regex::bytes::{Regex, RegexBuilder};
use std::fmt;

/// Longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 1024;
/// Limit of a compiled pattern, in bytes.
const MAX_COMPILED_BYTES: usize = 1024 * 1024;

/// A regular expression that must match the whole text. ASCII classes only.
#[derive(Clone)]
pub struct AnchoredPattern {
    text: String,
    compiled: Regex,
}

impl AnchoredPattern {
    /// A pattern that says itself that it means the whole text: `^…$`. One that does not
    /// is refused, since `https://github.com/acme/` would also match
    /// `https://evil.example/?https://github.com/acme/`.
    ///
    /// # Errors
    /// [`ConditionError::UnanchoredPattern`], [`ConditionError::BadPattern`].
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let inner = text
            .strip_prefix('^')
            .and_then(|rest| rest.strip_suffix('$'))
            .filter(|inner| !ends_in_escape(inner));
        let Some(inner) = inner else {
            return Err(ConditionError::UnanchoredPattern {
                got: text.to_owned(),
            });
        };
        let bad = |reason: String| ConditionError::BadPattern {
            got: text.to_owned(),
            reason,
        };
        if text.len() > MAX_PATTERN_BYTES {
            return Err(bad(format!("longer than {MAX_PATTERN_BYTES} bytes")));
        }
        // By itself first: `)|(a` would close the group and leave an alternative that
        // matches everything.
        let build = |text: &str| {
            RegexBuilder::new(text)
                .unicode(false)
                .size_limit(MAX_COMPILED_BYTES)
                .build()
                .map_err(|e| bad(e.to_string().replace('\n', " ")))
        };
        build(inner)?;
        // The group keeps the anchors outside of every alternative: `^a|b$` means a or b.
        let compiled = build(&format!(r"\A(?:{inner})\z"))?;
        Ok(Self {
            text: text.to_owned(),
            compiled,
        })
    }

    /// Whether it matches all of `text`.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.is_match(text.as_bytes())
    }
}

/// Whether the text ends in an odd number of backslashes: what follows is then escaped.
fn ends_in_escape(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

impl fmt::Debug for AnchoredPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnchoredPattern").field(&self.text).finish()
    }
}

impl PartialEq for AnchoredPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for AnchoredPattern {}

/// What the one subject alternative name of a certificate must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityPattern {
    /// This text, of any kind or of one.
    Exact {
        /// The text, compared byte by byte.
        text: String,
        /// The kind of name, where it matters.
        kind: Option<IdentityKind>,
    },
    /// A text that the pattern matches, of any kind or of one.
    Pattern {
        /// The pattern.
        pattern: AnchoredPattern,
        /// The kind of name, where it matters.
        kind: Option<IdentityKind>,
    },
}

impl IdentityPattern {
    /// This very text.
    ///
    /// # Errors
    /// [`ConditionError::ImpossibleIdentity`] for an empty text, and one that is not
    /// ASCII: X.509 writes these names in ASCII, so it could never match, and it may be a
    /// look-alike.
    pub fn exact(text: &str, kind: Option<IdentityKind>) -> Result<Self, ConditionError> {
        if text.is_empty() || !text.is_ascii() {
            return Err(ConditionError::ImpossibleIdentity {
                got: text.escape_default().to_string(),
            });
        }
        Ok(Self::Exact {
            text: text.to_owned(),
            kind,
        })
    }

    /// Whether this identity is meant.
    #[must_use]
    pub fn matches(&self, identity: &SignerIdentity) -> bool {
        let (matches, kind) = match self {
            Self::Exact { text, kind } => (*text == identity.text, kind),
            Self::Pattern { pattern, kind } => (pattern.matches(&identity.text), kind),
        };
        matches && kind.is_none_or(|kind| kind == identity.kind)
    }
}

impl fmt::Display for IdentityPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, what, text) = match self {
            Self::Exact { text, kind } => (kind, "", text),
            Self::Pattern { pattern, kind } => (kind, "pattern ", &pattern.text),
        };
        if let Some(kind) = kind {
            write!(f, "{} ", kind.as_str())?;
        }
        write!(f, "{what}`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        AnchoredPattern::parse(pattern).unwrap().matches(text)
    }

    #[test]
    fn a_pattern_means_the_whole_text() {
        assert!(matches(
            "^https://a\\.example/x@refs/.*$",
            "https://a.example/x@refs/heads/m"
        ));
        assert!(!matches("^https://a\\.example/$", "https://a.example/x"));
        assert!(!matches("^a$", "a\n"));
        assert!(!matches("^a.b$", "a\nb"));
        // Alternatives and flags inside do not loosen the ends.
        assert!(!matches("^a|b$", "ax"));
        assert!(!matches("^a|b$", "xb"));
        assert!(!matches("^(?m)a$", "a\nb"));
    }

    #[test]
    fn a_pattern_that_may_match_a_part_is_refused() {
        for text in ["a", "^a", "a$", "", "^", "(?m)^a$", "^a\\$", ".*", "a|^b$"] {
            assert!(
                matches!(
                    AnchoredPattern::parse(text),
                    Err(ConditionError::UnanchoredPattern { .. })
                ),
                "{text}"
            );
        }
        // An escaped backslash before the anchor is no escaped anchor.
        assert!(matches("^a\\\\$", "a\\"));
    }

    #[test]
    fn a_pattern_that_cannot_be_compiled_or_is_too_large_is_refused() {
        let long = format!("^{}$", "a".repeat(MAX_PATTERN_BYTES));
        for text in ["^($", "^a{99999}{99999}$", long.as_str(), "^)|(a$"] {
            assert!(
                matches!(
                    AnchoredPattern::parse(text),
                    Err(ConditionError::BadPattern { .. })
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn an_identity_that_no_certificate_can_have_is_refused() {
        for text in ["", "d\u{435}v@example.com"] {
            assert!(matches!(
                IdentityPattern::exact(text, None),
                Err(ConditionError::ImpossibleIdentity { .. })
            ));
        }
    }
}
