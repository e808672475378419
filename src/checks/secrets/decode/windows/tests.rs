//! What is found in windows is what is found in the whole.

use super::*;
use crate::checks::secrets::testing::{expand, pem};
use crate::model::{Detail, Finding};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::LazyLock;

static LOADED: LazyLock<Rules> = LazyLock::new(|| Rules::load().unwrap());

/// Small enough that a test reads a few of them.
const SMALL: Windows = Windows {
    size: 64 * 1024,
    before: 6 * 1024,
    after: 8 * 1024,
};
/// Where the first core ends.
const BORDER: usize = SMALL.size + 1 - SMALL.after;

fn in_small(path: &str, bytes: &[u8]) -> Found {
    let size = Some(bytes.len() as u64);
    let mut reader = bytes;
    let searched = search_in(SMALL, path, (&mut reader, size), &LOADED, u64::MAX).unwrap();
    assert_eq!(searched.bytes, bytes.len() as u64);
    searched.found
}

/// Kind, line, column, fingerprint, excerpt, message and encoding.
type Shown = (
    String,
    Location,
    String,
    Option<String>,
    String,
    Vec<&'static str>,
);

fn shown(finding: &Finding) -> Shown {
    let Detail::Secret(secret) = &finding.detail else {
        panic!("a finding of another check");
    };
    (
        secret.kind.clone(),
        finding.location.clone(),
        finding.fingerprint.clone(),
        finding.excerpt.clone(),
        finding.message.clone(),
        secret.encoding.clone(),
    )
}

/// Lines of a log, at least this many bytes.
fn filler(size: usize) -> String {
    let mut text = String::with_capacity(size + 100);
    let mut count = 0;
    while text.len() < size {
        count += 1;
        text.push_str(&format!(
            "2026-01-01 12:00:00 INFO request {count} took 12 ms\n"
        ));
    }
    text
}

/// A text with `planted` beginning at `at`, in a file of several windows.
fn planted(planted: &str, at: usize) -> String {
    let mut text = filler(at);
    text.truncate(at);
    text.push_str(planted);
    text.push('\n');
    text.push_str(&filler(SMALL.size));
    text
}

fn assert_same(path: &str, text: &str, expected: usize) {
    let windows = in_small(path, text.as_bytes());
    let whole = super::super::search(path, text.as_bytes(), &LOADED);
    let seen: Vec<Shown> = windows.findings.iter().map(shown).collect();
    let wanted: Vec<Shown> = whole.findings.iter().map(shown).collect();
    assert_eq!(seen, wanted);
    assert_eq!(seen.len(), expected);
    assert_eq!(windows.gaps, whole.gaps);
}

/// One text of each sort that has a place and a length of its own.
fn secrets() -> Vec<(&'static str, String)> {
    let token = expand("dop_v1_{hex:64}");
    let key = pem("PRIVATE KEY", 200);
    let (first, second) = token.split_at(30);
    let wrapped: Vec<String> = STANDARD
        .encode(format!(
            "some text before\n{}x = {token}\n",
            "a line of it\n".repeat(60)
        ))
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    vec![
        ("a.log", format!("\ntoken = {token}")),
        ("a.log", format!("\n{key}")),
        (
            "a.py",
            format!("\nx = \"{}\" \\\n    \"{}\"", first, second),
        ),
        (
            "a.yml",
            format!("\nblob: {}", STANDARD.encode(format!("token = {token}"))),
        ),
        ("a.yml", format!("\nblob: |\n{}", wrapped.join("\n"))),
        (
            "a.json",
            expand(
                "\n{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"{base64url:43}\", \"d\": \"{base64url:42}A\"}",
            ),
        ),
    ]
}

#[test]
fn a_secret_at_any_place_near_a_border_is_found_once_at_its_line() {
    for (path, secret) in secrets() {
        let length = secret.len();
        // Each byte of the secret is once the first one behind the border, and a few places
        // further in both directions.
        let step = (length / 24).max(1);
        let mut places: Vec<usize> = (BORDER - length - 8..BORDER + 8).step_by(step).collect();
        places.extend(BORDER - 4..BORDER + 4);
        // The core ends where a line does: the end is looked for in the last bytes.
        places.extend((BORDER - 200..BORDER + 60).step_by(13));
        for at in places {
            assert_same(path, &planted(&secret, at), 1);
        }
    }
}

#[test]
fn one_line_without_an_end_is_searched_in_windows_too() {
    let token = expand("dop_v1_{hex:64}");
    for shift in (0..140).step_by(7) {
        let mut text = "var a=\"b\",c=d?e:f;".repeat(BORDER / 18);
        text.truncate(BORDER - shift);
        text.push_str(&format!(";t=\"{token}\";"));
        text.push_str(&"g(h);".repeat(SMALL.size / 5));
        assert_same("a.js", &text, 1);
    }
}

#[test]
fn many_findings_have_the_fingerprints_and_the_limits_of_the_whole() {
    let mut text = String::new();
    for i in 0..2100 {
        text.push_str(&expand(&format!("k{i} = glpat-{{base64url:20}}\n")));
        text.push_str(&format!("url{} = https://user:Hun7er-sum9er@", i % 7));
        text.push_str("example.com/\n");
        text.push_str(&"a line of something else, and a longer one\n".repeat(12));
    }
    assert!(text.len() > 2 * SMALL.size);
    let windows = in_small("a.txt", text.as_bytes());
    let whole = super::super::search("a.txt", text.as_bytes(), &LOADED);
    let of = |found: &Found| -> Vec<Shown> { found.findings.iter().map(shown).collect() };
    assert_eq!(of(&windows), of(&whole));
    assert_eq!(windows.findings.len(), 2050);
    assert_eq!(windows.gaps, whole.gaps);
    assert_eq!(windows.gaps.len(), 1);
}

#[test]
fn text_in_utf_16_is_searched_in_windows() {
    let token = expand("dop_v1_{hex:64}");
    let text = format!("é𝄞 {}", planted(&format!("\ntoken = {token}"), BORDER - 30));
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for mark in [&[][..], &[0xFF, 0xFE]] {
        let bytes = [mark, &bytes].concat();
        let found = in_small("a.txt", &bytes);
        let lines: Vec<_> = found.findings.iter().map(|f| f.location.line).collect();
        let line = text.split(&token).next().unwrap().matches('\n').count() + 1;
        assert_eq!(lines, [Some(u32::try_from(line).unwrap())]);
    }
}

#[test]
fn an_encoded_text_longer_than_a_window_is_told() {
    let token = expand("dop_v1_{hex:64}");
    let text = format!("{}\ntoken = {token}\n", "a line of it\n".repeat(60_000));
    let lines: Vec<String> = STANDARD
        .encode(text)
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let found = in_small("a.yml", lines.join("\n").as_bytes());
    let ids: Vec<_> = found.gaps.iter().map(|gap| gap.id).collect();
    assert_eq!(ids, ["secrets/decoding-limit"], "{:?}", found.gaps);
}

#[test]
fn the_tests_at_the_end_of_a_file_are_known_in_every_window() {
    let password = expand("{weak}");
    let line = format!("    let password = \"{password}\";\n");
    let body = "    let a = b(c);\n".repeat(SMALL.size / 10);
    let text = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{body}{line}}}\n");
    assert!(text.len() > SMALL.size + SMALL.after);
    let found = in_small("src/a.rs", text.as_bytes());
    let whole = super::super::search("src/a.rs", text.as_bytes(), &LOADED);
    assert_eq!(found.findings.len(), 1);
    assert_eq!(
        found.findings.iter().map(shown).collect::<Vec<_>>(),
        whole.findings.iter().map(shown).collect::<Vec<_>>()
    );
    let Detail::Secret(secret) = &found.findings[0].detail else {
        panic!("a finding of another check");
    };
    assert_eq!(secret.confidence, crate::model::Confidence::Low);
}

#[test]
fn what_goes_beyond_the_limit_is_told_and_what_comes_before_is_searched() {
    let token = expand("dop_v1_{hex:64}");
    let text = planted(&format!("\ntoken = {token}"), 80_000);
    let search = |limit: u64| {
        let mut reader = text.as_bytes();
        search_in(SMALL, "a.log", (&mut reader, None), &LOADED, limit).unwrap()
    };
    let short = search(80_010);
    assert_eq!(short.bytes, 80_010);
    assert!(short.found.findings.is_empty());
    let gap = &short.found.gaps[..];
    assert_eq!(gap.len(), 1);
    assert_eq!(gap[0].id, TOO_LARGE);
    assert!(gap[0].message.contains("first 80010 bytes"), "{gap:?}");
    let long = search(100_000);
    assert_eq!(long.found.findings.len(), 1);
    assert_eq!(long.found.gaps.len(), 1);
    let exact = search(text.len() as u64);
    assert!(exact.found.gaps.is_empty(), "{:?}", exact.found.gaps);
    assert_eq!(exact.found.findings.len(), 1);
}

#[test]
fn a_container_too_large_to_open_is_a_gap_and_its_bytes_are_searched() {
    let token = expand("dop_v1_{hex:64}");
    let mut bytes = b"PK\x03\x04 ".to_vec();
    bytes.resize(SMALL.size, 0);
    bytes.extend(format!("\n{token}\n").bytes());
    bytes.resize(2 * SMALL.size, 0);
    let mut reader = &bytes[..];
    let size = Some(MAX_CONTAINER as u64 + 1);
    let found = search_in(SMALL, "a.zip", (&mut reader, size), &LOADED, u64::MAX).unwrap();
    assert_eq!(found.found.findings.len(), 1);
    let ids: Vec<_> = found.found.gaps.iter().map(|gap| gap.id).collect();
    assert_eq!(ids, [ARCHIVE_LIMIT]);
}

#[test]
fn a_reader_that_fails_is_an_error() {
    struct Failing(usize);
    impl Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0 += into.len();
            match self.0 > SMALL.size {
                true => Err(io::Error::other("gone")),
                false => Ok(into.len()),
            }
        }
    }
    let failed = search_in(SMALL, "a", (&mut Failing(0), None), &LOADED, u64::MAX);
    assert_eq!(failed.unwrap_err().to_string(), "gone");
}
