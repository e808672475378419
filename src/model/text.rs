//! Text from outside, made safe to show.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

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
    if is_plain(text.as_bytes()) || !text.chars().any(is_unsafe_to_show) {
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

/// A JSON document with the characters that [`terminal_safe`] shows written as `\u…`: the
/// same document, and it cannot steer a terminal. The control characters below space, which
/// JSON allows in no text, stand between its tokens and stay.
#[must_use]
pub fn terminal_safe_json(json: String) -> String {
    let is_unsafe = |c: char| c > '\u{1f}' && is_unsafe_to_show(c);
    // Nearly every document: compared many bytes at a time.
    let has_delete = || memchr::memchr(0x7F, json.as_bytes()).is_some();
    if (json.is_ascii() && !has_delete()) || !json.chars().any(is_unsafe) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if !is_unsafe(c) {
            safe.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    safe
}

/// Whether all bytes are printable ASCII: no decoding is needed to show them.
fn is_plain(bytes: &[u8]) -> bool {
    // Looked at without a branch for each byte, so that the compiler compares many at a time.
    let all_plain = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
    };
    let (chunks, rest) = bytes.as_chunks::<16>();
    chunks.iter().all(|chunk| all_plain(chunk)) && all_plain(rest)
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

/// The text with the user and password of every `scheme://user:password@host`, and the
/// value of every parameter with a telling name (`?access_token=…`), replaced by `***`.
/// Addresses with `/` written as `\/` (JSON) or `%2F` count too. Where it is not clear
/// how far a password reaches, more is masked rather than less.
#[must_use]
pub fn fold_url_credentials(text: &str) -> Cow<'_, str> {
    if after_scheme(text, 0).is_none() {
        return Cow::Borrowed(text);
    }
    let folded = fold_users(text);
    // Only what follows `=` or `%3D` is ever masked.
    match memchr::memchr2(b'=', b'%', folded.as_bytes()).is_some() {
        true => Cow::Owned(fold_parameters(&folded)),
        false => folded,
    }
}

/// The text with the users and passwords of addresses masked.
fn fold_users(text: &str) -> Cow<'_, str> {
    let mut folded = String::new();
    // How far the text is in `folded`, or masked there.
    let mut copied = 0;
    let mut done = 0;
    // Kept over the addresses inside one token, so that the time stays linear.
    let mut token_end = 0;
    while let Some(start) = after_scheme(text, done) {
        if token_end < start {
            let length = part(text, start, text.len()).find(ends_address);
            token_end = length.map_or(text.len(), |length| start + length);
        }
        let token = part(text, start, token_end);
        let length = end_of_authority(token);
        let authority = part(token, 0, length);
        let masked = match last_at(authority) {
            _ if is_image(part(text, done, start)) => 0,
            // The user that every git server has, without a password: a part of the address.
            Some(at) if part(authority, 0, at) == "git" => 0,
            Some(at) => at,
            // `user:pass/word@host`, or cut off before the `@`.
            None if has_port_of_letters(authority) => last_at(token).unwrap_or(token.len()),
            None => 0,
        };
        if masked > 0 {
            folded.push_str(part(text, copied, start));
            folded.push_str("***");
            copied = start + masked;
        }
        done = start + masked.max(length);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    folded.push_str(part(text, copied, text.len()));
    Cow::Owned(folded)
}

/// Whether what stands before an address says that it is a container image: those have
/// tags and digests where others have passwords (`docker://alpine:3.20@sha256:…`).
fn is_image(before: &str) -> bool {
    ["docker://", "docker:%2F%2F", "docker:%2f%2f"]
        .iter()
        .any(|scheme| before.ends_with(scheme))
}

/// The bytes of a text from one boundary to another; empty where there are none.
fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

/// Whether a parameter of this name holds a secret by its name: `access_token`, `sig`.
#[must_use]
pub fn is_secret_parameter(name: &str) -> bool {
    const PARTS: [&str; 8] = [
        "token",
        "secret",
        "passw",
        "apikey",
        "signature",
        "credential",
        "accesskey",
        "privatekey",
    ];
    const WHOLE: [&str; 6] = ["sig", "auth", "authorization", "key", "pass", "pwd"];
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    WHOLE.contains(&plain.as_str()) || PARTS.iter().any(|part| plain.contains(part))
}

/// What cannot stand in an address that is part of a longer text.
fn ends_address(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '`' | '<' | '>')
}

/// The offset behind the first `://` from an offset on, however it is written.
fn after_scheme(text: &str, from: usize) -> Option<usize> {
    let marks = memchr::memchr2_iter(b':', b'%', text.as_bytes().get(from..)?);
    marks.map(|found| from + found).find_map(|at| {
        let rest = text.get(at..)?;
        let colon = [":", "%3A"].into_iter().find(|c| starts_with(rest, c))?;
        let behind = rest.get(colon.len()..)?;
        let slashes = ["//", "\\/\\/", "%2F%2F"];
        let slashes = slashes.into_iter().find(|s| starts_with(behind, s))?;
        Some(at + colon.len() + slashes.len())
    })
}

/// Whether a text starts with an ASCII prefix, without regard to case.
fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn end_of_authority(token: &str) -> usize {
    token
        .char_indices()
        .find(|(at, c)| {
            matches!(c, '/' | '?' | '#' | '\\')
                || token
                    .get(*at..)
                    .is_some_and(|rest| starts_with(rest, "%2F"))
        })
        .map_or(token.len(), |(at, _)| at)
}

/// The offset of the last `@`, also of one written as `%40`.
fn last_at(text: &str) -> Option<usize> {
    text.rfind('@').max(text.rfind("%40"))
}

/// Whether what should be the port of an authority without `@` is no number.
fn has_port_of_letters(authority: &str) -> bool {
    let host_and_port = match authority.strip_prefix('[') {
        Some(address) => address.split_once(']').map_or("", |(_, port)| port),
        None => authority,
    };
    let port = host_and_port
        .split_once(':')
        .or_else(|| host_and_port.split_once("%3A"))
        .or_else(|| host_and_port.split_once("%3a"))
        .map_or("", |(_, port)| port);
    let port = port.trim_end_matches(['.', ',', ';', ':', ')', ']', '}', '\'']);
    !port.is_empty() && !port.bytes().all(|b| b.is_ascii_digit())
}

/// The text with the values of secret parameters masked.
fn fold_parameters(text: &str) -> String {
    const SEPARATORS: [&str; 8] = ["?", "&", "#", ";", "%3F", "%26", "%23", "%3B"];
    let separator = |rest: &str| match rest.as_bytes().first() {
        Some(b'?' | b'&' | b'#' | b';' | b'%') => {
            SEPARATORS.into_iter().find(|s| starts_with(rest, s))
        }
        _ => None,
    };
    let mut folded = String::with_capacity(text.len());
    // Where the name of a parameter starts in `text`, while one is being read.
    let mut name: Option<usize> = None;
    let mut masking = false;
    let mut skip_to = 0;
    for (at, c) in text.char_indices() {
        if at < skip_to {
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        if ends_address(c) {
            (name, masking) = (None, false);
        } else if let Some(separator) = separator(rest) {
            (name, masking) = (Some(at + separator.len()), false);
            folded.push_str(rest.get(..separator.len()).unwrap_or_default());
            skip_to = at + separator.len();
            continue;
        } else if let Some(equals) = ["=", "%3D"].into_iter().find(|e| starts_with(rest, e)) {
            let start = name.take();
            if start.is_some_and(|s| is_secret_parameter(text.get(s..at).unwrap_or_default())) {
                folded.push_str(rest.get(..equals.len()).unwrap_or_default());
                skip_to = at + equals.len();
                masking = text
                    .get(skip_to..)
                    .and_then(|value| value.chars().next())
                    .is_some_and(|c| !ends_address(c) && c != '&');
                if masking {
                    folded.push_str("***");
                }
                continue;
            }
        }
        if !masking {
            folded.push(c);
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_document_stays_the_same_and_steers_nothing() {
        let json = "{\n  \"a\": \"x\u{202e}\u{9b}\u{e0001}\u{fc}\"\n}\n";
        let safe = terminal_safe_json(json.to_owned());
        assert_eq!(
            safe,
            "{\n  \"a\": \"x\\u202e\\u009b\\udb40\\udc01\u{fc}\"\n}\n"
        );
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&safe), value(json));
        assert_eq!(terminal_safe_json("{\n}".to_owned()), "{\n}");
    }

    #[test]
    fn one_character_is_seen_at_any_place_of_a_long_text() {
        for at in 0..40 {
            let mut text = "x".repeat(40);
            text.insert(at, '\u{7f}');
            let escaped = text.replace('\u{7f}', "\\u{7f}");
            assert_eq!(terminal_safe(&text), escaped);
        }
    }

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
                "resolved \"https://u:p@h.example/x\" and git+ssh://me@h.example/y"
            ),
            "resolved \"https://***@h.example/x\" and git+ssh://***@h.example/y"
        );
        for plain in [
            "https://h.example/a@b",
            "https://h.example:8443/a@b?egg=c#sha256=00",
            "(see https://h.example:8443), or http://[::1]:80/x",
            "file:///C:/x; scheme://",
            "git+ssh://git@h.example/y#00",
            "none of 100%: 3%3",
        ] {
            assert_eq!(fold_url_credentials(plain), plain);
        }
    }

    #[test]
    fn a_text_without_credentials_is_not_copied() {
        for plain in [
            "a: b, 100% of c",
            "see https://h.example:8443/a@b and http://h.example/",
            "git+ssh://git@h.example/y",
        ] {
            assert!(matches!(fold_url_credentials(plain), Cow::Borrowed(_)));
        }
        assert_eq!(
            fold_url_credentials(
                "a https://me@h.example/b https://h.example/c https://u:p@i.example/"
            ),
            "a https://***@h.example/b https://h.example/c https://***@i.example/"
        );
    }

    #[test]
    fn an_oddly_written_password_is_folded_too() {
        let password = ["hun", "ter2"].concat();
        for odd in [
            format!("https://u:{password}"),
            format!("https://u:{password}/x@h.example/y"),
            format!("https://u:a/{password}@h.example/y"),
            format!("https://u:a?{password}#@h.example/y"),
            format!("\"https:\\/\\/u:{password}@h.example\\/y\""),
            format!("pkg:npm/a?download_url=https:%2F%2Fu:{password}%40h.example%2Fy"),
            format!("x::__archiveUrl=https%3A%2F%2Fu%3A{password}%40h.example%2Fy"),
            format!("https://h.example/a https://u:{password}@h.example/b"),
            format!("https://h.example/?next=https://u:{password}@h.example/b"),
        ] {
            let folded = fold_url_credentials(&odd);
            assert!(!folded.contains(&password), "{folded}");
            assert!(folded.contains("***"), "{folded}");
        }
    }

    #[test]
    fn folding_a_chain_of_addresses_takes_linear_time() {
        for unit in [
            "https://",
            "https://a:b@",
            "https://a:b/",
            "a:b@?key=",
            "%3A",
        ] {
            let text = unit.repeat(200_000);
            assert!(fold_url_credentials(&text).len() <= 2 * text.len());
        }
    }

    #[test]
    fn the_values_of_secret_parameters_are_folded() {
        assert_eq!(
            fold_url_credentials("b @ https://h.example/b?a=1&access_token=abc&b=2#sha256=00 --x"),
            "b @ https://h.example/b?a=1&access_token=***&b=2#sha256=00 --x"
        );
        assert_eq!(
            fold_url_credentials("https:%2F%2Fh.example%2Fb%3FX-Amz-Signature%3Dabc%26b%3D2"),
            "https:%2F%2Fh.example%2Fb%3FX-Amz-Signature%3D***%26b%3D2"
        );
        assert_eq!(
            fold_url_credentials("https://h.example/?token=&key=\""),
            "https://h.example/?token=&key=\""
        );
    }

    #[test]
    fn the_tag_of_a_container_image_is_no_password() {
        let image = ["docker:", "//alpine:3.20@sha256:00"].concat();
        assert_eq!(fold_url_credentials(&image), image);
    }
}
