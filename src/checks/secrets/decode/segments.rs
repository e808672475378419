//! Parts of a text that hold another text: base64, hex, percent and backslash escapes, and
//! string literals that are joined. Each finder is linear in the bytes.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use std::ops::Range;

/// Shortest run that may be base64: nine bytes.
const MIN_BASE64: usize = 12;
/// Shortest run that may be hex: twelve bytes.
const MIN_HEX: usize = 24;
/// A line of base64 this long may go on in the next one.
const WRAPPED: usize = 56;
/// Longest text before a segment that stays with it, in bytes: the name of a value.
const MAX_PREFIX: usize = 96;
/// Longest string literal that is looked through, in bytes.
const MAX_LITERAL: usize = 4 * 1024 * 1024;
/// Longest way back to the beginning of a literal, in bytes.
const MAX_BACK: usize = 64 * 1024;
/// Most literals that are joined to one.
const MAX_JOINED: usize = 1000;

const STANDARD: GeneralPurpose = engine(&alphabet::STANDARD);
const URL_SAFE: GeneralPurpose = engine(&alphabet::URL_SAFE);

const fn engine(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

/// A part of a text that holds another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// Where it is written.
    pub range: Range<usize>,
    /// How: the word used in reports.
    pub encoding: &'static str,
    /// What is written, with the beginning of its line before it where that may name it.
    pub text: Vec<u8>,
    /// Length of that beginning.
    pub prefix: usize,
}

/// The parts of `bytes` from `start` on that hold another text, sorted by place. `is_notebook`
/// says that all string literals are texts of their own.
pub(super) fn find(bytes: &[u8], start: usize, is_notebook: bool) -> Vec<Segment> {
    let mut segments = Vec::new();
    runs(bytes, start, &mut segments);
    percent(bytes, start, &mut segments);
    escapes(bytes, start, is_notebook, &mut segments);
    joined(bytes, start, &mut segments);
    segments.sort_by_key(|segment| (segment.range.start, segment.range.end));
    segments
}

/// The beginning of the line before a place, as far as it can name a value.
fn line_before(bytes: &[u8], at: usize) -> &[u8] {
    let floor = at.saturating_sub(MAX_PREFIX);
    let before = bytes.get(floor..at).unwrap_or_default();
    let from = memchr::memrchr2(b'\n', b'\r', before).map_or(0, |i| i + 1);
    before.get(from..).unwrap_or_default()
}

fn segment(bytes: &[u8], range: Range<usize>, encoding: &'static str, inner: &[u8]) -> Segment {
    let before = line_before(bytes, range.start);
    let mut text = Vec::with_capacity(before.len() + inner.len() + 1);
    text.extend_from_slice(before);
    text.extend_from_slice(inner);
    // The quote that ends the value.
    if let Some(quote @ (b'"' | b'\'' | b'`')) = bytes.get(range.end) {
        text.push(*quote);
    }
    Segment {
        range,
        encoding,
        prefix: before.len(),
        text,
    }
}

/// Whether bytes are a text: valid UTF-8 or ASCII without control characters other than
/// white space.
fn is_text(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    !bytes.iter().any(is_control) && std::str::from_utf8(bytes).is_ok()
}

/// Whether bytes begin a container or UTF-16 text.
fn is_wrapped(bytes: &[u8]) -> bool {
    super::archive::Container::of(bytes).is_some() || super::utf16::decoded(bytes).is_some()
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses a place outside of the table"
)]
const fn sextets() -> [u8; 256] {
    let mut table = [64; 256];
    let mut value = 0;
    while value < 64 {
        let letter = match value {
            0..=25 => b'A' + value,
            26..=51 => b'a' + value - 26,
            52..=61 => b'0' + value - 52,
            62 => b'+',
            _ => b'/',
        };
        table[letter as usize] = value;
        value += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
}

/// The six bits of each letter of base64; 64 for any other byte.
const SEXTETS: [u8; 256] = sextets();

fn sextet(byte: u8) -> u8 {
    SEXTETS.get(usize::from(byte)).copied().unwrap_or(64)
}

/// Runs of letters of base64, among them those of hex.
fn runs(bytes: &[u8], start: usize, segments: &mut Vec<Segment>) {
    let mut at = start;
    while let Some(Range { start, end }) = next_run(bytes, at) {
        at = start;
        let run = bytes.get(at..end).unwrap_or_default();
        let may_be_hex = run.len() >= MIN_HEX && run.len().is_multiple_of(2) && begins_hex(run);
        if may_be_hex && let Some(inner) = hex::decode(run).ok().filter(|inner| is_text(inner)) {
            segments.push(segment(bytes, at..end, "hex", &inner));
            at = end;
            continue;
        }
        if !begins_base64(run) || !has_base64_head(run) {
            at = end;
            continue;
        }
        // Lines that go on in the next one are looked at once, whatever they decode to.
        let whole = wrapped_end(bytes, at, end);
        if let Some(inner) = base64_of(bytes.get(at..whole).unwrap_or_default()) {
            let padding = bytes.get(whole..).unwrap_or_default();
            let padding = padding.iter().take(2).take_while(|b| **b == b'=');
            let range = at..whole + padding.count();
            segments.push(segment(bytes, range, "base64", &inner));
        }
        at = whole;
    }
}

/// The next run that is long enough to be base64; `at` is no place inside of a run. Read
/// from its end, a window with another byte in it is skipped up to that byte at once: most
/// bytes of a text are never looked at.
fn next_run(bytes: &[u8], mut at: usize) -> Option<Range<usize>> {
    loop {
        let window = bytes.get(at..at + MIN_BASE64)?;
        let Some(other) = window.iter().rposition(|byte| sextet(*byte) == 64) else {
            return Some(at..run_end(bytes, at + MIN_BASE64));
        };
        at += other + 1;
    }
}

/// Where base64 or hex begins that runs to the end of the bytes, over lines; the end where
/// none does.
pub(super) fn open_run(bytes: &[u8]) -> usize {
    let is_letter = |byte: &&u8| sextet(**byte) != 64;
    let mut open = bytes.len();
    let mut end = bytes.len();
    let mut is_last = true;
    loop {
        let before = bytes.get(..end).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = before.get(start..).unwrap_or_default().trim_ascii();
        let run = line.iter().rev().take_while(is_letter).count();
        // The last line may be empty, or cut anywhere; any other is as long as lines are.
        let is_part = run >= WRAPPED || (is_last && run == line.len());
        if !is_part {
            return open;
        }
        let written = before.get(start..).unwrap_or_default().trim_ascii_end();
        open = start + written.len() - run;
        if run < line.len() || start == 0 {
            return open;
        }
        (end, is_last) = (start - 1, false);
    }
}

fn run_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|byte| sextet(*byte) == 64)
        .unwrap_or(rest.len())
}

/// Where base64 that is wrapped into lines ends.
fn wrapped_end(bytes: &[u8], start: usize, first: usize) -> usize {
    let (mut begin, mut end) = (start, first);
    while end - begin >= WRAPPED {
        let rest = bytes.get(end..).unwrap_or_default();
        let gap = rest.iter().take(40).take_while(|b| b.is_ascii_whitespace());
        let gap = gap.count();
        let is_break = rest.get(..gap).is_some_and(|gap| gap.contains(&b'\n'));
        let next = run_end(bytes, end + gap);
        let after = bytes.get(next).unwrap_or(&b'\n');
        let is_line = after.is_ascii_whitespace() || matches!(after, b'=' | b'"' | b'\'' | b'<');
        if !is_break || next == end + gap || !is_line {
            break;
        }
        (begin, end) = (end + gap, next);
    }
    end
}

/// Cheap: most runs are names, whose first bytes decode to no text.
fn begins_base64(run: &[u8]) -> bool {
    let [a, b, c, d, ..] = run else {
        return false;
    };
    let (a, b, c, d) = (sextet(*a), sextet(*b), sextet(*c), sextet(*d));
    let first = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    let is_magic = matches!(
        first,
        [0x1f, 0x8b, 8] | [b'P', b'K', 3] | [0xFF, 0xFE, _] | [0xFE, 0xFF, _]
    );
    let is_ascii = first.iter().all(u8::is_ascii) && first.iter().all(is_text);
    is_ascii || is_magic || matches!(first, [_, 0, _])
}

fn begins_hex(run: &[u8]) -> bool {
    let head = run.get(..8).unwrap_or_default();
    let mut pairs = head.as_chunks::<2>().0.iter();
    pairs.all(|[high, low]| matches!(high, b'2'..=b'7') && low.is_ascii_hexdigit())
}

fn engine_of(letters: &[u8]) -> &'static GeneralPurpose {
    match letters.iter().any(|byte| matches!(byte, b'-' | b'_')) {
        true => &URL_SAFE,
        false => &STANDARD,
    }
}

/// Whether the beginning of a run decodes to a text or a container.
fn has_base64_head(run: &[u8]) -> bool {
    let letters = run.get(..run.len().min(64) & !3).unwrap_or_default();
    let Ok(head) = engine_of(letters).decode(letters) else {
        return false;
    };
    // The last character may be cut.
    let complete = std::str::from_utf8(&head).map_or_else(|e| e.valid_up_to(), str::len);
    let text = head.get(..complete).unwrap_or_default();
    is_wrapped(&head) || (head.len() - complete <= 3 && is_text(text))
}

fn base64_of(run: &[u8]) -> Option<Vec<u8>> {
    let is_space = |byte: &u8| byte.is_ascii_whitespace();
    let letters: Vec<u8> = run.iter().copied().filter(|b| !is_space(b)).collect();
    let inner = engine_of(&letters).decode(&letters).ok()?;
    (is_text(&inner) || is_wrapped(&inner)).then_some(inner)
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Words with two or more `%41`.
fn percent(bytes: &[u8], start: usize, segments: &mut Vec<Segment>) {
    let is_end =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`');
    let mut from = start;
    while let Some(hit) = memchr::memchr(b'%', bytes.get(from..).unwrap_or_default()) {
        let at = from + hit;
        let before = bytes
            .get(from.max(at.saturating_sub(MAX_BACK))..at)
            .unwrap_or_default();
        let begin = at - before.iter().rev().take_while(|byte| !is_end(byte)).count();
        let rest = bytes.get(at..).unwrap_or_default();
        let end = at + rest.iter().position(is_end).unwrap_or(rest.len());
        let (inner, count) = unpercent(bytes.get(begin..end).unwrap_or_default());
        if count >= 2 && is_text(&inner) {
            segments.push(segment(bytes, begin..end, "percent escapes", &inner));
        }
        from = end.max(at + 1);
    }
}

fn unpercent(word: &[u8]) -> (Vec<u8>, usize) {
    let inner: Vec<u8> = percent_encoding::percent_decode(word).collect();
    let count = (word.len() - inner.len()) / 2;
    (inner, count)
}

/// String literals with escaped quotes or several characters written as numbers.
fn escapes(bytes: &[u8], start: usize, is_notebook: bool, segments: &mut Vec<Segment>) {
    let mut from = start;
    while let Some(hit) = memchr::memchr(b'\\', bytes.get(from..).unwrap_or_default()) {
        let at = from + hit;
        let (begin, quote) = literal_begin(bytes, from, at);
        let end = literal_end(bytes, begin, quote);
        let (inner, quotes, numbers) = unescaped(bytes.get(begin..end).unwrap_or_default());
        let range = begin..end;
        if is_text(&inner) {
            if quotes > 0 || is_notebook {
                segments.push(Segment {
                    range,
                    encoding: "an escaped string",
                    text: inner,
                    prefix: 0,
                });
            } else if numbers >= 4 {
                segments.push(segment(bytes, range, "escaped characters", &inner));
            }
        }
        from = end.max(at + 2);
    }
}

/// The first byte of the literal around a place, and its quote; of the word, where there is
/// no quote before it on its line.
fn literal_begin(bytes: &[u8], from: usize, at: usize) -> (usize, Option<u8>) {
    let floor = from.max(at.saturating_sub(MAX_BACK));
    let before = bytes.get(floor..at).unwrap_or_default();
    let line = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
    let line_text = before.get(line..).unwrap_or_default();
    if let Some(i) = memchr::memrchr2(b'"', b'\'', line_text) {
        return (floor + line + i + 1, line_text.get(i).copied());
    }
    let word = line_text.iter().rev();
    let word = word
        .take_while(|b| !b.is_ascii_whitespace() && **b != b'=')
        .count();
    (at - word, None)
}

fn literal_end(bytes: &[u8], begin: usize, quote: Option<u8>) -> usize {
    let mut at = begin;
    let limit = bytes.len().min(begin.saturating_add(MAX_LITERAL));
    while at < limit {
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(b'\n') => break,
            Some(byte) if Some(*byte) == quote => break,
            Some(byte) if quote.is_none() && byte.is_ascii_whitespace() => break,
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

/// The text of a literal, the escaped quotes in it, and the characters written as numbers.
fn unescaped(literal: &[u8]) -> (Vec<u8>, usize, usize) {
    let mut inner = Vec::with_capacity(literal.len());
    let (mut quotes, mut numbers) = (0, 0);
    let mut rest = literal;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        inner.extend_from_slice(plain);
        let length = match escape {
            [_, b'u', ..] | [_, b'x', ..] | [_, b'U', ..] => match number(escape) {
                Some((character, length)) => {
                    numbers += 1;
                    inner.extend(character.to_string().bytes());
                    length
                }
                None => {
                    inner.push(b'\\');
                    1
                }
            },
            [_, b'n', ..] => push(&mut inner, b'\n'),
            [_, b't', ..] => push(&mut inner, b'\t'),
            [_, b'r', ..] => push(&mut inner, b'\r'),
            [_, quote @ (b'"' | b'\''), ..] => {
                quotes += 1;
                push(&mut inner, *quote)
            }
            [_, byte @ (b'\\' | b'/'), ..] => push(&mut inner, *byte),
            _ => {
                inner.push(b'\\');
                1
            }
        };
        rest = escape.get(length..).unwrap_or_default();
    }
    inner.extend_from_slice(rest);
    (inner, quotes, numbers)
}

fn push(inner: &mut Vec<u8>, byte: u8) -> usize {
    inner.push(byte);
    2
}

/// `\u0041`, `\u{41}`, `\x41`, `\U00000041`: the character and the length of its escape.
fn number(escape: &[u8]) -> Option<(char, usize)> {
    if let [_, b'u', b'{', rest @ ..] = escape {
        let length = rest.iter().take(7).position(|byte| *byte == b'}')?;
        return Some((scalar(rest.get(..length)?)?, length + 4));
    }
    let digits = match escape.get(1)? {
        b'x' => 2,
        b'u' => 4,
        _ => 8,
    };
    Some((scalar(escape.get(2..2 + digits)?)?, 2 + digits))
}

fn scalar(digits: &[u8]) -> Option<char> {
    let mut value = 0_u32;
    for digit in digits {
        value = value.checked_mul(16)? | u32::from(nibble(*digit)?);
    }
    char::from_u32(value)
}

/// String literals that follow each other with nothing, or an operator that joins, between
/// them; on one line or several.
fn joined(bytes: &[u8], start: usize, segments: &mut Vec<Segment>) {
    let mut from = start;
    // Up to where no literal of either quote ends: looked for once, however many begin.
    let mut barren = [0, 0];
    while let Some(hit) = memchr::memchr2(b'"', b'\'', bytes.get(from..).unwrap_or_default()) {
        let open = from + hit;
        from = open + 1;
        let Some(quote) = bytes.get(open).copied() else {
            return;
        };
        let [double, single] = &mut barren;
        let barren = if quote == b'"' { double } else { single };
        if open < *barren {
            continue;
        }
        let mut close = match closing(bytes, open + 1, quote) {
            Ok(close) => close,
            Err(end) => {
                *barren = end;
                continue;
            }
        };
        from = close + 1;
        let mut text: Option<Vec<u8>> = None;
        for _ in 0..MAX_JOINED {
            let Some(next) = next_literal(bytes, close + 1, quote) else {
                break;
            };
            let Ok(end) = closing(bytes, next, quote) else {
                break;
            };
            let first = || bytes.get(open + 1..close).unwrap_or_default().to_vec();
            let part = bytes.get(next..end).unwrap_or_default();
            text.get_or_insert_with(first).extend_from_slice(part);
            close = end;
        }
        if let Some(text) = text {
            segments.push(segment(bytes, open + 1..close, "joined strings", &text));
            from = close + 1;
        }
    }
}

/// The quote that ends a literal on its line, or where the line ends without one.
fn closing(bytes: &[u8], begin: usize, quote: u8) -> Result<usize, usize> {
    let mut at = begin;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(hit) = memchr::memchr3(quote, b'\\', b'\n', rest) else {
            return Err(bytes.len());
        };
        match rest.get(hit) {
            Some(b'\\') => at += hit + 2,
            Some(b'\n') => return Err(at + hit),
            _ => return Ok(at + hit),
        }
    }
}

/// Where the text of the literal begins that is joined to the one that ended before `at`.
fn next_literal(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut operators = 0;
    let mut spaces = 0;
    let mut place = at;
    loop {
        match bytes.get(place)? {
            b' ' | b'\t' | b'\r' | b'\n' if spaces < 200 => spaces += 1,
            b'+' | b'.' | b'&' | b'\\' | b'~' if operators == 0 => operators += 1,
            // `""` is an escaped quote in some languages, and nothing in others.
            byte if *byte == quote && place > at => return Some(place + 1),
            _ => return None,
        }
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&'static str, String)> {
        find(text.as_bytes(), 0, false)
            .into_iter()
            .map(|s| (s.encoding, String::from_utf8(s.text).unwrap()))
            .collect()
    }

    fn one(text: &str) -> (&'static str, String) {
        let found = found(text);
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn base64_is_read_in_either_alphabet_with_its_name() {
        let inner = "value of a thing?>~";
        for engine in [STANDARD, URL_SAFE] {
            let text = format!("  name: \"{}\"\n", engine.encode(inner));
            let expected = format!("  name: \"{inner}\"");
            assert_eq!(one(&text), ("base64", expected));
        }
        let unpadded = STANDARD.encode("one more value");
        let text = format!("k={}\n", unpadded.trim_end_matches('='));
        assert_eq!(one(&text), ("base64", "k=one more value".to_owned()));
    }

    #[test]
    fn base64_over_several_lines_is_one_text() {
        let inner = "a line of text that is long enough to be wrapped, twice: ".repeat(4);
        let encoded = STANDARD.encode(&inner);
        let lines: Vec<String> = encoded
            .as_bytes()
            .chunks(76)
            .map(|line| format!("    {}\r\n", String::from_utf8_lossy(line)))
            .collect();
        let text = format!("blob: |\n{}end: 1\n", lines.concat());
        assert_eq!(one(&text), ("base64", format!("    {inner}")));
    }

    #[test]
    fn names_hashes_and_binary_data_are_no_text() {
        for text in [
            "someQuiteLongFunctionNameInCamelCase(another_name_with_underscores)",
            "src/components/navigation/index.module.css",
            "sha512-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "integrity sha1-Kd0x3nQFVGGLdXQ1LbcLIZMRQSE=",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(
            found(&STANDARD.encode([0x30, 0x82, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])),
            []
        );
    }

    #[test]
    fn hex_percent_and_escapes_are_read() {
        let hex = hex::encode("a value in hex");
        assert_eq!(
            one(&format!("x = '{hex}'")),
            ("hex", "x = 'a value in hex'".to_owned())
        );
        assert_eq!(
            one("x=a%20b%3Dc%21 y"),
            ("percent escapes", "x=a b=c!".to_owned())
        );
        assert_eq!(
            one(r#"x = "\u0061\x62\u{63}d\u0065";"#),
            ("escaped characters", "x = \"abcde\"".to_owned())
        );
        assert_eq!(
            one(r#"{"body": "{\"a\": \"b\\n\"}"}"#),
            ("an escaped string", r#"{"a": "b\n"}"#.to_owned())
        );
        assert_eq!(found(r#"x = "a\n"; y = "100%"; z = "%s %d""#), []);
    }

    #[test]
    fn literals_that_follow_each_other_are_joined() {
        let expected = |text: &str| ("joined strings", text.to_owned());
        assert_eq!(
            one("x = \"abc\" +\n    \"def\";"),
            expected("x = \"abcdef\"")
        );
        assert_eq!(
            one("x = ('ab'\n     'cd'\n 'ef')"),
            expected("x = ('abcdef'")
        );
        assert_eq!(one("$x = 'a' . 'b';"), expected("$x = 'ab'"));
        assert_eq!(
            found("[\"abc\", \"def\"]\n{'a': 'b'}\nx = \"\"\"doc\"\"\"\n"),
            []
        );
    }

    #[test]
    fn a_hostile_text_is_read_once() {
        for text in [
            "\"".repeat(300_000),
            "\\\"".repeat(300_000),
            "%41".repeat(300_000),
        ] {
            let bytes: usize = find(text.as_bytes(), 0, true)
                .iter()
                .map(|s| s.text.len())
                .sum();
            assert!(bytes <= 2 * text.len(), "{bytes}");
        }
        let lines = "'a' +\n".repeat(100_000);
        assert!(find(lines.as_bytes(), 0, false).len() < 200);
    }
}
