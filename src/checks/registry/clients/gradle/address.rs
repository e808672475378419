//! The address in a statement of a build script: only what it says plainly.

use super::{after_word, begins};

/// The address that a statement about repositories names, if it is about one: `Some(None)`
/// where the script computes it. Taken at its word is `url` or `setUrl` with one plain
/// literal, bare or in `uri( )`, and `maven` or `ivy` with such an argument; nothing else
/// may stand in the statement.
pub(super) fn address<'t>(text: &'t str, code: &str) -> Option<Option<&'t str>> {
    const KEYS: [&str; 4] = ["url", "setUrl", "artifactUrls", "setArtifactUrls"];
    let head = ["maven", "ivy"]
        .iter()
        .find_map(|word| after_start(text, word));
    let mentions = KEYS
        .iter()
        .chain(&["uri", "URI", "URL", "maven", "ivy"])
        .any(|word| after_word(code, word).is_some());
    let Some(rest) = head else {
        if !mentions {
            return None;
        }
        let value = KEYS.iter().find_map(|key| after_start(text, key));
        return Some(value.and_then(value_of));
    };
    // One of several arguments on lines of their own.
    let rest = rest.trim().trim_end_matches(',').trim_end();
    if matches!(rest, "" | "()") {
        // A block follows, or nothing.
        return None;
    }
    let argument = in_parentheses(rest).unwrap_or(rest).trim();
    let named = after_start(argument, "url").map(str::trim_start);
    let value = named.and_then(|rest| rest.strip_prefix(['=', ':']));
    Some(literal(value.unwrap_or(argument)))
}

/// The literal behind `url`: `= "…"`, `("…")` or `"…"`.
fn value_of(rest: &str) -> Option<&str> {
    let rest = rest.trim();
    match rest.strip_prefix('=') {
        Some(value) => literal(value),
        None => literal(in_parentheses(rest).unwrap_or(rest)),
    }
}

/// `"…"`, or the same in `uri( )` and its like, as a whole and taken at its word.
fn literal(value: &str) -> Option<&str> {
    let value = value.trim();
    let bare = value.strip_prefix("new ").map_or(value, str::trim_start);
    let wrapped = [
        "uri",
        "project.uri",
        "URI",
        "URI.create",
        "java.net.URI",
        "java.net.URI.create",
    ]
    .iter()
    .find_map(|word| in_parentheses(after_start(bare, word)?.trim_start()));
    let value = wrapped.unwrap_or(value).trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = value.strip_prefix(quote)?.strip_suffix(quote)?;
    let is_plain = !inside.is_empty() && !inside.contains([quote, '\\', '$']);
    is_plain.then_some(inside)
}

/// What stands between a parenthesis at the start and one at the end.
fn in_parentheses(text: &str) -> Option<&str> {
    text.strip_prefix('(')?.strip_suffix(')')
}

/// What stands behind a word at the start.
pub(super) fn after_start<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    begins(text, word)
        .then(|| text.strip_prefix(word))
        .flatten()
}
