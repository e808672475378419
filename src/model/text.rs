//! Text from outside, made safe to show.

use std::borrow::Cow;
use std::fmt;

/// A value that must not be printed: `Debug` and `Display` mask it, it cannot be
/// serialised, and [`Redacted::expose`] is easy to find in a review.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    /// Takes the value in.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself. Every call is a place to review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// At most the first four characters, then `…` and the length: enough to find the
    /// value in the file, too little to use it. Values under 12 characters show nothing.
    #[must_use]
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        let shown: String = if length < 12 {
            String::new()
        } else {
            self.0.chars().take(4).collect()
        };
        format!("{}… ({length} characters)", terminal_safe(&shown))
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redacted(…)")
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The text with control characters, bidirectional overrides and zero-width characters
/// written as `\u{…}`, so that a scanned file cannot steer a terminal or a reader.
/// Tabs become one space.
#[must_use]
pub fn terminal_safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe_to_show) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => safe.push(' '),
            c if is_unsafe_to_show(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

fn is_unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200B}'..='\u{200F}' // zero width, direction marks
            | '\u{202A}'..='\u{202E}' // direction overrides
            | '\u{2060}'..='\u{206F}' // invisible operators, isolates
            | '\u{FEFF}' // byte order mark
            | '\u{E0000}'..='\u{E007F}') // tags
}

/// The text with the user and password of every `scheme://user:password@host` replaced
/// by `***`.
#[must_use]
pub fn fold_url_credentials(text: &str) -> Cow<'_, str> {
    let mut folded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        folded.push_str(before);
        let end = after
            .find(|c: char| {
                c == '/' || c == '?' || c == '#' || c == '"' || c == '\'' || c.is_whitespace()
            })
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rfind('@') {
            Some(i) => {
                folded.push_str("***");
                folded.push_str(authority.split_at(i).1);
            }
            None => folded.push_str(authority),
        }
        rest = tail;
    }
    if folded.is_empty() {
        return Cow::Borrowed(text);
    }
    folded.push_str(rest);
    Cow::Owned(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_cannot_reach_the_terminal() {
        assert_eq!(terminal_safe("a\u{1b}[2Jb\tc"), "a\\u{1b}[2Jb c");
        assert_eq!(terminal_safe("x\u{202e}y"), "x\\u{202e}y");
        assert!(matches!(terminal_safe("plain é"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_redacted_value_shows_at_most_four_characters() {
        let value = Redacted::new("abcdefghijklmnop");
        assert_eq!(format!("{value:?}"), "Redacted(…)");
        assert_eq!(value.to_string(), "abcd… (16 characters)");
        assert_eq!(Redacted::new("hunter2").to_string(), "… (7 characters)");
    }

    #[test]
    fn url_credentials_are_folded() {
        assert_eq!(
            fold_url_credentials(
                "resolved \"https://u:p@h.example/x\" and git+ssh://git@h.example/y"
            ),
            "resolved \"https://***@h.example/x\" and git+ssh://***@h.example/y"
        );
        assert_eq!(
            fold_url_credentials("https://h.example/a@b"),
            "https://h.example/a@b"
        );
        assert_eq!(fold_url_credentials("none"), "none");
    }
}
