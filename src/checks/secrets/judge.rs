//! Judgement of a value by the promise of its name: how sure we are that it is a secret,
//! or that it is none.

use super::candidate::{MADE_UP, STAND_IN, lowered};
use super::file::{FileContext, Format};
use super::name::Promise;
use super::value::{Makeup, is_filler, is_stand_in, is_template, looks_random};
use crate::model::Confidence;

/// Longest value that is judged, in bytes; a longer one is data.
pub(super) const MAX_VALUE: usize = 512;

/// Values that settings have where a secret could stand.
const SETTINGS_WORDS: &[&str] = &[
    "none",
    "null",
    "nil",
    "true",
    "false",
    "string",
    "required",
    "optional",
    "prompt",
    "basic",
    "bearer",
    "digest",
    "bcrypt",
    "plaintext",
    "disabled",
    "enabled",
    "secret",
    "password",
    "passwd",
    "token",
    "passphrase",
    "username",
    "account",
    "apikey",
    "api_key",
    "unknown",
    "empty",
    "value",
    "change",
    "random",
    "generated",
    "environment",
    "keychain",
    "keyring",
];

/// How sure we are of a value, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub confidence: Confidence,
    pub why: Vec<&'static str>,
}

/// A first judgement: of the value alone.
type First = Option<(Confidence, &'static str)>;

/// How sure we are that `value` is the secret that its name promises.
///
/// # Errors
/// What it is instead, in a few words.
pub(super) fn confidence_of(
    promise: Promise,
    name: &[u8],
    value: &[u8],
    file: FileContext<'_>,
) -> Result<Judged, &'static str> {
    if value.len() < 6 {
        return Err("shorter than 6 bytes");
    }
    if value.len() > MAX_VALUE {
        return Err("longer than a secret is");
    }
    if let Some(other) = other_than_a_value(name, value) {
        return Err(other);
    }
    let free = matches!(file.format, Format::Settings | Format::Shell);
    let makeup = Makeup::of(value);
    let first = match promise {
        Promise::Password => password(&makeup, value, free),
        Promise::Secret => secret(&makeup, value, free),
        Promise::Vague if is_dense(&makeup, value) => Some((Confidence::High, DENSE)),
        Promise::Vague => looks_random(value).then_some((
            Confidence::Medium,
            "a random value under a name that may mean a secret",
        )),
    };
    let (confidence, why) =
        first.ok_or("words, an expression, or not random enough for its name")?;
    let mut why = vec![why];
    let confidence = if is_stand_in(value) || is_filler(value) {
        why.push(STAND_IN);
        Confidence::Low
    } else if file.made_up {
        why.push(MADE_UP);
        lowered(confidence)
    } else if is_made_up(name) {
        why.push("the name says that the value is made up");
        lowered(confidence)
    } else {
        confidence
    };
    Ok(Judged { confidence, why })
}

/// Why a dense value is a secret.
const DENSE: &str = "symbols among letters and digits over a length that no sentence has";

fn password(makeup: &Makeup, value: &[u8], free: bool) -> First {
    if makeup.spaces > 0 && !is_dense(makeup, value) {
        return None;
    }
    let words_only = makeup.digits == 0 && makeup.symbols == makeup.joiners;
    if words_only {
        // `swordfish` may be a password; `passwordField` in code never is.
        return (free && makeup.sorts() <= 2)
            .then_some((Confidence::Low, "a mere word under the name of a password"));
    }
    if makeup.letters() == 0 {
        return free.then_some((Confidence::Low, "no letter under the name of a password"));
    }
    if makeup.digits == 0 && !free && has_syntax(value) {
        return None;
    }
    if makeup.sorts() >= 3 && makeup.length >= 12 && looks_random(value) {
        return Some((
            Confidence::High,
            "a random value under the name of a password",
        ));
    }
    Some((
        Confidence::Medium,
        "a value that people choose, under the name of a password",
    ))
}

fn secret(makeup: &Makeup, value: &[u8], free: bool) -> First {
    if is_dense(makeup, value) {
        return Some((Confidence::High, DENSE));
    }
    if makeup.spaces > 0 || makeup.length < 8 {
        return None;
    }
    if looks_random(value) {
        return Some(if makeup.length >= 32 {
            (
                Confidence::High,
                "a long random value under the name of a secret",
            )
        } else {
            (
                Confidence::Medium,
                "a random value under the name of a secret",
            )
        });
    }
    if makeup.digits > 0 && makeup.letters() > 0 {
        return Some(if free && !is_word_like(makeup) {
            (
                Confidence::Medium,
                "letters and digits under the name of a secret",
            )
        } else {
            (
                Confidence::Low,
                "words with a number under the name of a secret",
            )
        });
    }
    (free && makeup.digits == 0 && makeup.joiners == 0)
        .then_some((Confidence::Low, "a mere word under the name of a secret"))
}

/// Whether the name says that the value is made up: `EXAMPLE_SALT`, `testPassword`.
fn is_made_up(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    ["example", "sample", "dummy", "mock", "fake", "test"]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

/// Many symbols among letters and digits over a length that no sentence has:
/// WordPress salts and Django keys.
fn is_dense(makeup: &Makeup, value: &[u8]) -> bool {
    makeup.length >= 32
        && makeup.sorts() == 4
        && makeup.symbols * 6 >= makeup.length
        && makeup.spaces * 12 <= makeup.length
        && super::value::entropy(value) >= 4.2
}

/// Words joined by `-`, `_` or `.` with a number somewhere: `my-app-v2`.
fn is_word_like(makeup: &Makeup) -> bool {
    makeup.joiners > 0 && makeup.symbols == makeup.joiners && makeup.digits <= 2
}

/// Brackets and the like, which passwords rarely have and expressions always.
fn has_syntax(value: &[u8]) -> bool {
    value.iter().any(|b| {
        matches!(
            b,
            b'(' | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'<'
                | b'>'
                | b'|'
                | b'\\'
                | b';'
                | b','
                | b'/'
                | b':'
                | b'='
        )
    })
}

/// What the value plainly is: a reference, a path, an address, the name of something, one
/// of the words that settings use.
fn other_than_a_value(name: &[u8], value: &[u8]) -> Option<&'static str> {
    if is_template(value) {
        return Some("a reference to a value elsewhere");
    }
    let lower = value.to_ascii_lowercase();
    if lower == name.to_ascii_lowercase() {
        return Some("the name itself");
    }
    if SETTINGS_WORDS.iter().any(|word| lower == word.as_bytes()) {
        return Some("a word that settings have where a secret could stand");
    }
    if memchr::memmem::find(value, b"://").is_some() {
        return Some("an address");
    }
    if is_path(value) {
        return Some("a path or the name of a file");
    }
    if is_algorithm(&lower) {
        return Some("the name of an algorithm or a media type");
    }
    let has_control = value.iter().any(|b| b.is_ascii_control());
    has_control.then_some("control characters stand in it")
}

fn is_path(value: &[u8]) -> bool {
    let starts = [b"./".as_slice(), b"../", b"~/", b"C:\\", b"\\\\"]
        .iter()
        .any(|start| value.starts_with(start));
    let ends = [
        ".pem", ".key", ".crt", ".cer", ".json", ".yml", ".yaml", ".txt", ".js", ".ts", ".py",
        ".html", ".php", ".jks", ".p12", ".pfx", ".pub", ".xml", ".java", ".go", ".rs", ".rb",
        ".css", ".svg", ".png", ".conf", ".env", ".ini", ".vue", ".tsx", ".jsx", ".md", ".gpg",
        ".enc",
    ]
    .iter()
    .any(|end| value.ends_with(end.as_bytes()));
    let slashes = memchr::memchr_iter(b'/', value).count();
    let words = slashes >= 2 && !looks_random(value);
    starts || ends || words || (value.starts_with(b"/") && !looks_random(value))
}

/// `hmac-sha256`, `aes-256-gcm`: names that look like weak passwords.
fn is_algorithm(lower: &[u8]) -> bool {
    lower.len() <= 24
        && [
            "sha",
            "hmac",
            "aes",
            "rsa",
            "md5",
            "pbkdf2",
            "ed25519",
            "ecdsa",
            "bcrypt",
            "scrypt",
            "argon2",
            "hs256",
            "rs256",
            "es256",
            "oauth",
            "utf8",
            "utf-8",
            "base64",
            "x509",
            "ssh-",
            "blowfish",
            "chacha",
            "crc32",
            "v1",
            "v2",
            "http",
            "urn:",
            "application/",
            "text/",
        ]
        .iter()
        .any(|start| lower.starts_with(start.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(promise: Promise, value: &str, path: &str) -> Option<Confidence> {
        confidence_of(
            promise,
            b"name",
            value.as_bytes(),
            FileContext::new(path, b""),
        )
        .ok()
        .map(|judged| judged.confidence)
    }

    // The values have no name before them here, so they are no findings in this file.
    #[test]
    fn a_chosen_password_is_likely_and_one_in_a_test_less_so() {
        for value in [
            "Pass!12345",
            "hunter22",
            "mongo#pw",
            "admin123",
            "Tr0ub4dor&3",
        ] {
            assert_eq!(
                judge(Promise::Password, value, "a.env"),
                Some(Confidence::Medium),
                "{value}"
            );
            assert_eq!(
                judge(Promise::Password, value, "tests/a.env"),
                Some(Confidence::Low),
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_plainly_no_secret_is_none() {
        for value in [
            "${DB_PASS}",
            "<password>",
            "/run/secrets/db",
            "./key.pem",
            "https://h.example/x1",
            "short",
            "hmac-sha256",
            "password",
            "none",
            "{{ vault_pw }}",
            "os.environ['PW1']",
        ] {
            assert_eq!(judge(Promise::Password, value, "a.env"), None, "{value}");
        }
        for value in [
            "Enter your password 2",
            "current-password",
            "passwordField",
            "([a-z]+)",
        ] {
            assert_eq!(judge(Promise::Password, value, "a.js"), None, "{value}");
        }
    }

    #[test]
    fn a_stand_in_is_a_mere_possibility() {
        for value in [
            "changeme1",
            "xxxxxxxx1",
            "your-password-1",
            "12345678",
            "test1234",
        ] {
            assert_eq!(
                judge(Promise::Password, value, "a.env"),
                Some(Confidence::Low),
                "{value}"
            );
        }
    }

    #[test]
    fn a_secret_is_random_and_a_vague_name_needs_one() {
        let random = "q8Zk2LmX91pTbb07cdKs";
        assert_eq!(
            judge(Promise::Secret, random, "a.js"),
            Some(Confidence::Medium)
        );
        assert_eq!(
            judge(Promise::Vague, random, "a.js"),
            Some(Confidence::Medium)
        );
        assert_eq!(judge(Promise::Vague, "hunter22", "a.env"), None);
        assert_eq!(judge(Promise::Secret, "my-app-name", "a.js"), None);
        assert_eq!(
            judge(Promise::Secret, "9f8e2c1b7a6d5043f1e2d3c4b5a69788", "a.js"),
            Some(Confidence::High)
        );
    }
}
