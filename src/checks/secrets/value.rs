//! What a value looks like by itself: a template, a word that stands for a secret, filler,
//! or something random. No list of real secrets, only properties of the text.

use std::ops::Range;

/// Shannon entropy in bits per byte.
pub(super) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let length = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let p = f64::from(*count) / length;
            -p * p.log2()
        })
        .sum()
}

/// How many bytes of each sort a value has.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Makeup {
    pub length: usize,
    pub lower: usize,
    pub upper: usize,
    pub digits: usize,
    pub spaces: usize,
    /// Neither letter, digit nor white space; bytes over 127 count as letters.
    pub symbols: usize,
    /// Of those, the ones that join words: `_`, `-`, `.`
    pub joiners: usize,
}

impl Makeup {
    pub(super) fn of(value: &[u8]) -> Self {
        let mut makeup = Self {
            length: value.len(),
            ..Self::default()
        };
        for byte in value {
            match byte {
                b'A'..=b'Z' => makeup.upper += 1,
                b'a'..=b'z' | 128.. => makeup.lower += 1,
                b'0'..=b'9' => makeup.digits += 1,
                b if b.is_ascii_whitespace() => makeup.spaces += 1,
                b'_' | b'-' | b'.' => {
                    makeup.symbols += 1;
                    makeup.joiners += 1;
                }
                _ => makeup.symbols += 1,
            }
        }
        makeup
    }

    pub(super) fn letters(&self) -> usize {
        self.lower + self.upper
    }

    /// How many of lower case, upper case, digits and symbols occur.
    pub(super) fn sorts(&self) -> usize {
        [self.lower, self.upper, self.digits, self.symbols]
            .into_iter()
            .filter(|n| *n > 0)
            .count()
    }
}

/// Whether the value is a reference to a value elsewhere: a variable, a template, a
/// format string, a call, a store's address.
pub(super) fn is_template(value: &[u8]) -> bool {
    let has = |needle: &str| memchr::memmem::find(value, needle.as_bytes()).is_some();
    if let [b'$', next, ..] = value
        && (next.is_ascii_alphabetic() || matches!(next, b'_' | b'{' | b'('))
        // A crypt hash also begins with `$`; it names its method in one or two bytes.
        && memchr::memchr_iter(b'$', value).count() == 1
    {
        return true;
    }
    let enclosed = matches!(
        value,
        [b'<', .., b'>']
            | [b'[', .., b']']
            | [b'(', .., b')']
            | [b'@', .., b'@']
            | [b'%', .., b'%']
    );
    enclosed
        || value.starts_with(b"__")
        || value.starts_with(b"%")
        || has_braced_name(value)
        || ["${", "$(", "<%", "#{", "%{", "{{", "}}", "$ENV", "(?"]
            .iter()
            .any(|mark| has(mark))
        || (value.len() <= 24 && ["%s", "%d", "%v", "%@", "%x"].iter().any(|mark| has(mark)))
        || [
            "environ",
            "getenv",
            "process.env",
            "env(",
            "secrets.",
            "vault:",
            "arn:aws",
            "op://",
            "ENC(",
            "ENC[",
            "!vault",
            "ssm:",
            "secretsmanager",
            "keyvault",
            "sm://",
            "kms:",
            "config.",
            "settings.",
            "self.",
            "this.",
            "var.",
            "local.",
            "data.",
        ]
        .iter()
        .any(|mark| has(mark))
        || (value.ends_with(b")") && has("("))
}

/// `{}`, `{0}`, `{name}`: a place in a format string.
fn has_braced_name(value: &[u8]) -> bool {
    memchr::memchr_iter(b'{', value).any(|open| {
        let inside = value.get(open + 1..).unwrap_or_default();
        let name = inside
            .iter()
            .take_while(|b| {
                b.is_ascii_alphanumeric()
                    || matches!(b, b'_' | b'.' | b':' | b'-' | b'|' | b'?' | b'!')
            })
            .count();
        name <= 40 && inside.get(name) == Some(&b'}')
    })
}

/// Words that stand where a secret belongs.
const STAND_INS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "changeit",
    "placeholder",
    "example",
    "sample",
    "dummy",
    "your",
    "insert",
    "redacted",
    "replace",
    "fixme",
    "notreal",
    "not-real",
    "not_real",
    "fake",
    "foobar",
    "foo-bar",
    "foo_bar",
    "lorem",
    "todo",
    "mysecret",
    "my-secret",
    "my_secret",
    "mypass",
    "my-pass",
    "my_pass",
    "mytoken",
    "my-token",
    "my_token",
    "mykey",
    "my-key",
    "my_key",
    "supersecret",
    "super-secret",
    "super_secret",
    "topsecret",
    "secret-key",
    "secret_key",
    "secretkey",
    "test",
    "demo",
    "mock",
    "invalid",
    "unused",
    "whatever",
    "xxxx",
    "****",
    "....",
    "____",
    "----",
    "goes-here",
    "goes_here",
    "here>",
    "asdf",
    "qwerty",
    "hidden",
    "masked",
    "censored",
    "s3cr3t",
    "bogus",
    "undefined",
    "default",
];

/// Whether the value names itself as something else than a secret.
pub(super) fn is_stand_in(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    is_well_known(&lower)
        || STAND_INS
            .iter()
            .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

/// Whether a value in lower case is a hash of nothing (MD5, SHA-1, SHA-256) or the sample
/// UUID of a standard.
pub(super) fn is_well_known(lower: &[u8]) -> bool {
    [
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "123e4567-e89b-12d3-a456-426614174000",
        "550e8400-e29b-41d4-a716-446655440000",
    ]
    .iter()
    .any(|known| lower == known.as_bytes())
}

/// Whether most of the value is one byte repeated or counted up: `aaaa`, `0123456789`.
pub(super) fn is_filler(value: &[u8]) -> bool {
    let mut distinct = [false; 256];
    for byte in value {
        if let Some(seen) = distinct.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let distinct = distinct.iter().filter(|seen| **seen).count();
    if distinct <= 2 || (value.len() >= 16 && distinct <= 5) {
        return true;
    }
    let mut in_runs = 0;
    let mut run = 1_usize;
    let mut step = 0_i16;
    for pair in value.windows(2) {
        let [a, b] = pair else { continue };
        let next = i16::from(*b) - i16::from(*a);
        if next.abs() <= 1 && (run == 1 || next == step) {
            run += 1;
            step = next;
            continue;
        }
        in_runs += if run >= 4 { run } else { 0 };
        run = if next.abs() <= 1 { 2 } else { 1 };
        step = next;
    }
    in_runs += if run >= 4 { run } else { 0 };
    in_runs * 2 > value.len()
}

/// Whether the value looks drawn at random rather than made of words: 16 bytes or more,
/// letters and digits, high entropy, and few runs of letters of one case.
pub(super) fn looks_random(value: &[u8]) -> bool {
    let makeup = Makeup::of(value);
    if makeup.length < 16 || makeup.spaces > 0 || is_filler(value) {
        return false;
    }
    let is_hex = value.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    if makeup.letters() < 3 || (makeup.digits < 2 && !(makeup.length >= 24 && makeup.sorts() >= 2))
    {
        return false;
    }
    let enough = if is_hex { 2.9 } else { 3.4 };
    entropy(value) >= enough && letters_in_words(value) * 5 < makeup.length * 3
}

/// How many bytes stand in runs that words are made of: five or more letters of one
/// case, four where the first is the only capital, or three between `_`, `-` and `.` or an
/// end. Random text has few.
fn letters_in_words(value: &[u8]) -> usize {
    let is_edge = |byte: u8| matches!(byte, b'_' | b'-' | b'.' | b' ');
    let mut total = 0;
    let mut run = 0_usize;
    let mut capital = false;
    let mut from_edge = false;
    let mut last = b' ';
    for byte in value.iter().copied().chain(std::iter::once(b' ')) {
        let same_case = byte.is_ascii_lowercase() == last.is_ascii_lowercase();
        let after_capital = byte.is_ascii_lowercase() && last.is_ascii_uppercase() && run == 1;
        if byte.is_ascii_alphabetic() && last.is_ascii_alphabetic() && (same_case || after_capital)
        {
            run += 1;
            capital |= after_capital;
        } else {
            let stands_alone = from_edge && is_edge(byte) && run >= 3;
            let word = run >= 5 || (capital && run == 4) || stands_alone;
            total += if word { run } else { 0 };
            run = usize::from(byte.is_ascii_alphabetic());
            capital = false;
            from_edge = is_edge(last);
        }
        last = byte;
    }
    total
}

/// The range without white space at both ends.
pub(super) fn trim(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let value = bytes.get(range.clone()).unwrap_or_default();
    let front = value.len() - value.trim_ascii_start().len();
    let back = value.len() - value.trim_ascii_end().len();
    if front == value.len() {
        return range.start..range.start;
    }
    range.start + front..range.end - back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_templates_and_values_are_not() {
        for value in [
            "${DB_PASS}",
            "$DB_PASS",
            "{{ password }}",
            "<password>",
            "%(password)s",
            "{}",
            "{0}",
            "{user}:{pw}",
            "os.environ['X']",
            "vault:secret/x",
            "%PASSWORD%",
            "$(pass show x)",
            "getenv(X)",
        ] {
            assert!(is_template(value.as_bytes()), "{value}");
        }
        for value in [
            "p{a+}ss",
            "$2y$10$abc",
            "a$b1c",
            "x}y{z",
            "100%sure-this-is-long-text",
        ] {
            assert!(!is_template(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn words_and_counting_are_not_random() {
        for value in [
            "aaaaaaaaaaaaaaaaaaaa",
            "0123456789abcdef0123456789abcdef",
            "correct-horse-battery-staple-1",
            "correct_master_key_123!",
            "application/octet-stream1",
            "MyVeryLongConstantName12",
            "2023-01-01 00:00:00",
        ] {
            assert!(!looks_random(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn filler_is_recognised() {
        for value in [
            "xxxxxxxxxxxx",
            "1234567890",
            "abcdefgh",
            "0000000000000001",
            "aaaaaaaabbbbbbbb",
        ] {
            assert!(is_filler(value.as_bytes()), "{value}");
        }
        assert!(!is_filler(b"q8Zk2LmX91pT"));
    }
}
