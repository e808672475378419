//! Hostile input: binary, broken text, endless lines, floods of keywords.

use super::{LOADED, check, detail};
use crate::checks::secrets::check_bytes;
use crate::checks::secrets::decode::search;
use crate::checks::secrets::engine::{Claims, Tally, claims};
use crate::checks::secrets::file::FileContext;
use crate::checks::secrets::testing::expand;
use crate::model::{Confidence, Finding};

fn claimed(path: &str, text: &str) -> Claims {
    let bytes = text.as_bytes();
    claims(FileContext::new(path, bytes), bytes, &LOADED)
}

#[test]
fn binary_and_broken_text_is_searched_without_harm() {
    let token = expand("dop_v1_{hex:64}");
    let mut bytes = vec![0_u8, 0xff, 0xfe, b'\n', 0x80];
    bytes.extend(token.as_bytes());
    bytes.extend([0, 0xc3, b'\n']);
    bytes.extend(b"password = \"");
    bytes.extend(expand("{weak}\"").as_bytes());
    let found = check_bytes("a.bin", &bytes, &LOADED);
    // A token counts in binary data; what looks like an assignment there does not.
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(detail(&found[0]).kind, "digitalocean-personal-token");
    for text in [
        "",
        "\0",
        "://",
        "-----BEGIN ",
        "eyJ",
        "password",
        "password=",
        "=\"",
        "\\",
    ] {
        assert!(check("a.env", text).is_empty(), "{text:?}");
    }
    assert!(check_bytes("x", &[0xff; 4096], &LOADED).is_empty());
}

#[test]
fn work_grows_with_the_length_of_a_hostile_line_and_no_faster() {
    let (begin, url) = (expand("-----BEGIN {alnum:3}"), "x://u:p");
    let key = format!("{}{}", "-----BEGIN PRIVATE", " KEY-----");
    for unit in [
        "password",
        "password=",
        "password=\"",
        "\"password\":",
        "{ \"kty\" ",
        "\"kty\"}",
        "password=a;",
        "://",
        url,
        "eyJ",
        "eyJa.eyJb.",
        "ghp_",
        ";ghp_",
        "-pypi-AgEI",
        "AKIA",
        ";AKIA;",
        "aws_secret=",
        "Bearer ",
        "authorization bearer a",
        "$2a$",
        "$6$",
        "sv=20&",
        "PuTTY-User-Key-File-2: ",
        "datadog",
        "<password>",
        "--password ",
        "curl ",
        "curl -u ",
        "curl -u a:b ",
        "curl \"",
        "a",
        "A",
        "0",
        "key:",
        &begin,
        &key,
        "\"",
        "=",
    ] {
        let steps = |count: usize| {
            let line = unit.repeat(count);
            let work = claimed("a.env", &line).work.0;
            (line.len() as u64, work)
        };
        let (short_length, short) = steps(1000);
        let (long_length, long) = steps(4000);
        assert!(
            long <= short * 5 + 10_000,
            "{unit:?}: {short} steps for {short_length} bytes, {long} for {long_length}"
        );
        assert!(
            long <= long_length * 700,
            "{unit:?}: {long} for {long_length}"
        );
    }
}

#[test]
fn a_line_of_three_megabytes_is_one_pass() {
    let mut line = "var a=\"b\",token=c?d:e;".repeat(3 * 1024 * 1024 / 22);
    line.push_str(&expand("x=\"dop_v1_{hex:64}\""));
    let scanned = claimed("a.js", &line);
    assert_eq!(scanned.kept.len(), 1);
    assert!(scanned.work.0 < 4 * line.len() as u64, "{:?}", scanned.work);
}

#[test]
fn a_file_gives_a_bounded_number_of_findings_and_says_what_it_left_out() {
    let mut text = String::new();
    for i in 0..2100 {
        text.push_str(&expand(&format!("k{i} = glpat-{{base64url:20}}\n")));
        text.push_str(&expand(&format!(
            "u{i} = https://user:{{weak}}@example.com/\n"
        )));
    }
    let mut tally = Tally::default();
    tally.limit(&mut claimed("a.txt", &text), &LOADED);
    assert_eq!(tally.omitted, 100);
    let scanned = search("a.txt", text.as_bytes(), &LOADED);
    assert_eq!(scanned.dropped.listed, []);
    assert_eq!(scanned.gaps.len(), 1, "{:?}", scanned.gaps);
    assert!(scanned.gaps[0].message.contains("100 findings more"));
    let low = |f: &&Finding| detail(f).confidence == Confidence::Low;
    assert_eq!(scanned.findings.iter().filter(low).count(), 50);
    assert_eq!(scanned.findings.len(), 2050);
}
