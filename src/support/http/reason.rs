//! What a server says of its refusal, made safe to show.

use crate::model::{Redacted, fold_url_credentials, terminal_safe};
use serde_json::Value;

/// Longest reason, in characters.
const SHOWN_CHARACTERS: usize = 300;

/// Keys under which servers put the text of an error.
const KEYS: [&str; 7] = [
    "message", "Message", "reason", "error", "detail", "title", "errors",
];

/// One line of at most 300 characters: the message of a JSON error, the text of a page or of
/// plain text. Without the credentials that were sent, which a server may repeat, and without
/// control characters. `None` where it says nothing.
#[must_use]
pub fn of_body(body: &[u8], secrets: &[&Redacted]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let said = match serde_json::from_str::<Value>(&text) {
        Ok(value) => message(&value, 0)?,
        Err(_) if text.trim_start().starts_with('<') => without_tags(&text),
        Err(_) => text.into_owned(),
    };
    let mut line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for secret in secrets.iter().copied().flat_map(parts_of) {
        line = line.replace(secret, "***");
    }
    let folded = fold_url_credentials(&line);
    let safe = terminal_safe(&folded);
    let mut short: String = safe.chars().take(SHOWN_CHARACTERS).collect();
    if short.len() < safe.len() {
        short.push('…');
    }
    (!short.is_empty()).then_some(short)
}

/// The value of the header and the credential in it.
fn parts_of(secret: &Redacted) -> impl Iterator<Item = &str> {
    let whole = secret.expose();
    let word = whole.rsplit(' ').next().unwrap_or(whole);
    [whole, word].into_iter().filter(|part| part.len() >= 4)
}

fn message(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(map) if depth < 4 => KEYS
            .iter()
            .filter_map(|key| map.get(*key))
            .find_map(|value| message(value, depth + 1)),
        Value::Array(list) if depth < 4 => list.first().and_then(|v| message(v, depth + 1)),
        _ => None,
    }
}

/// The text of a page between its tags; for people to read, nothing is decided by it.
fn without_tags(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in page.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_in_json_pages_and_plain_text() {
        for (body, expected) in [
            (r#"{"error":"blocked: malware"}"#, Some("blocked: malware")),
            (
                r#"{"errors":[{"status":403,"message":"quarantined"}]}"#,
                Some("quarantined"),
            ),
            (
                "<html><title>Denied</title><p>by\n rule 7</p></html>",
                Some("Denied by rule 7"),
            ),
            ("policy  says no\n", Some("policy says no")),
            ("{}", None),
            ("", None),
        ] {
            assert_eq!(of_body(body.as_bytes(), &[]).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_reason_repeats_no_credential_and_steers_no_terminal() {
        let token = ["tok", "en-of-the-build"].concat();
        let secret = Redacted::new(format!("Bearer {token}"));
        let body = format!("no \u{1b}[2J access with {token} at https://u:{token}@h.example/");
        let shown = of_body(body.as_bytes(), &[&secret]).unwrap();
        assert!(!shown.contains(&token), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
        let long = of_body("x".repeat(5000).as_bytes(), &[]).unwrap();
        assert_eq!(long.chars().count(), SHOWN_CHARACTERS + 1);
    }
}
