//! Assignments: a name that promises a secret, an operator, a value. Written by hand:
//! four generic regexes cost a prototype more than all provider rules together.
//!
//! `password = "…"`, `"api_key": "…"`, `<password>…</password>`, `define('DB_PASSWORD',
//! '…')`, `const token: &str = "…"` everywhere; `PASSWORD=…` and `password: …` without
//! quotes in files that hold settings.

use crate::checks::secrets::candidate::{Candidate, MADE_UP};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::file::Format;
use crate::checks::secrets::judge::{MAX_VALUE, confidence_of};
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::name::{Promise, promise_of};
use crate::checks::secrets::rules::PASSWORD;
use crate::checks::secrets::value::trim;
use crate::model::Severity;
use std::ops::Range;

pub(super) const KEYWORDS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "salt",
    "psw",
    "senha",
    "contrasena",
];

/// Longest name, in bytes to each side of its keyword.
const MAX_NAME: usize = 64;
/// Most blanks between name, operator and value.
const MAX_BLANKS: usize = 32;

static ASSIGNED_PASSWORD: Kind = Kind {
    id: "assigned-password",
    provider: "password",
    credential: "password",
    title: "Password",
    rule: &PASSWORD,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "by changing it where it logs in; for an RDS or Aurora administrator, by handing it to the Secrets Manager integration or to IAM database authentication",
    },
};

static ASSIGNED_SECRET: Kind = Kind {
    id: "assigned-secret",
    provider: "secret",
    credential: "secret or API key",
    title: "Secret or API key",
    rule: &PASSWORD,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "where it was issued",
    },
};

static ASSIGNED_TOKEN: Kind = Kind {
    id: "assigned-token",
    provider: "token",
    credential: "token or credential",
    title: "Token or credential",
    rule: &PASSWORD,
    severity: Severity::Medium,
    remedy: Remedy::Rotate {
        revoke: "where it was issued",
    },
};

/// How a value follows its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `=`, `:=`, `=>`, `==` and the like.
    Equals,
    /// `:`
    Colon,
    /// `,` in `f("name", "value")`.
    Comma,
    /// `>` in `<name>value</name>`.
    Tag,
    /// A blank in `--name value`.
    Blank,
}

/// A value found behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks::secrets) struct Assigned {
    /// Without quotes.
    pub value: Range<usize>,
    /// It stands in quotes or between tags.
    pub enclosed: bool,
}

pub(super) fn look(hit: Range<usize>, scan: &mut Scan<'_>) {
    if hit.start < scan.name_end {
        return;
    }
    let hit_start = hit.start;
    let name = name_around(scan, hit);
    scan.name_end = name.end;
    let Some(assigned) = value_of(scan, &name) else {
        return;
    };
    if !assigned.enclosed && !matches!(scan.file.format, Format::Settings | Format::Shell) {
        return;
    }
    let name = scan.text(name);
    let Some(promise) = promise_of(name) else {
        return;
    };
    let value = scan.text(assigned.value.clone());
    scan.work.add(value.len());
    let kind = match promise {
        Promise::Password => &ASSIGNED_PASSWORD,
        Promise::Secret => &ASSIGNED_SECRET,
        Promise::Vague => &ASSIGNED_TOKEN,
    };
    match confidence_of(promise, name, value, scan.file) {
        Ok(judged) => {
            // The judgement knows of files that are made up, not of comments.
            let doubt = !scan.file.made_up && scan.is_made_up(hit_start);
            let mut claim = Candidate::new(assigned.value, kind, judged.confidence);
            claim.why = judged.why;
            scan.add(claim.doubted(doubt, MADE_UP));
        }
        Err(why) => scan.drop_candidate(assigned.value, kind, why),
    }
}

/// The name that a keyword is part of and where the value begins that is assigned to it;
/// for values whose own shape says where they end.
pub(in crate::checks::secrets) fn value_after_name(
    scan: &mut Scan<'_>,
    keyword: Range<usize>,
) -> Option<(Range<usize>, usize)> {
    let name = name_around(scan, keyword);
    let (after, _) = operator(scan, &name)?;
    let at = skip_wrapper(scan, after);
    let quote = scan.bytes.get(at)?;
    let value = match quote {
        b'"' | b'\'' | b'`' => at + 1,
        b'\\' => at + 2,
        _ => at,
    };
    Some((name, value))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Number of bytes from `at` on that fit, at most `limit`.
fn run(scan: &mut Scan<'_>, at: usize, limit: usize, fits: fn(u8) -> bool) -> usize {
    let taken = scan
        .text(at..scan.bytes.len())
        .iter()
        .take(limit)
        .take_while(|b| fits(**b))
        .count();
    scan.work.add(taken + 1);
    taken
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn name_around(scan: &mut Scan<'_>, hit: Range<usize>) -> Range<usize> {
    let before = scan
        .text(0..hit.start)
        .iter()
        .rev()
        .take(MAX_NAME)
        .take_while(|b| is_name_byte(**b))
        .count();
    scan.work.add(before + 1);
    let after = run(scan, hit.end, MAX_NAME, is_name_byte);
    hit.start - before..hit.end + after
}

/// The value behind a name.
pub(in crate::checks::secrets) fn value_of(
    scan: &mut Scan<'_>,
    name: &Range<usize>,
) -> Option<Assigned> {
    let (at, operator) = operator(scan, name)?;
    if operator == Operator::Tag {
        return element(scan, at);
    }
    let at = skip_wrapper(scan, at);
    match quoted(scan, at) {
        Some(value) => Some(Assigned {
            value,
            enclosed: true,
        }),
        None if operator == Operator::Comma || is_quoted_name(scan, name) => None,
        None => unquoted(scan, at, operator),
    }
}

/// The place behind the operator that follows a name, and its blanks.
fn operator(scan: &mut Scan<'_>, name: &Range<usize>) -> Option<(usize, Operator)> {
    let bytes = scan.bytes;
    let at = |i: usize| bytes.get(i).copied();
    let mut i = name.end;
    let opening = name.start.checked_sub(1).and_then(at);
    let mut closed = false;
    // `"name"`, `\"name\"`, `['name']`
    if at(i) == Some(b'\\') && matches!(at(i + 1), Some(b'"' | b'\'')) {
        i += 1;
    }
    if matches!(at(i), Some(b'"' | b'\'' | b'`')) {
        closed = true;
        i += 1;
    }
    if at(i) == Some(b']') {
        i += 1;
    }
    let blanks = run(scan, i, MAX_BLANKS, is_blank);
    let end = i + blanks;
    let (length, operator) = match (at(end), at(end + 1), at(end + 2)) {
        (Some(b'='), Some(b'='), Some(b'=')) | (Some(b'|'), Some(b'|'), Some(b'=')) => {
            (3, Operator::Equals)
        }
        (Some(b':' | b'?' | b'=' | b'!'), Some(b'='), _) | (Some(b'='), Some(b'>'), _) => {
            (2, Operator::Equals)
        }
        (Some(b'='), ..) => (1, Operator::Equals),
        (Some(b':'), next, _) if next != Some(b':') => (1, Operator::Colon),
        (Some(b','), ..) if closed && is_argument(bytes, name.start) => (1, Operator::Comma),
        (Some(b'>'), ..) if opening == Some(b'<') => (1, Operator::Tag),
        _ if blanks > 0 && !closed && bytes.get(..name.start)?.ends_with(b"--") => {
            return Some((end, Operator::Blank));
        }
        _ if blanks > 0 && !closed && is_flag(bytes, name) => {
            return Some((end, Operator::Blank));
        }
        _ => return None,
    };
    let mut value = end + length;
    if operator == Operator::Colon && scan.file.format == Format::Code {
        value = skip_type(scan, value);
    }
    value += run(scan, value, MAX_BLANKS, is_blank);
    Some((value, operator))
}

/// Whether a quote closes the name: what follows without quotes is a JSON literal.
fn is_quoted_name(scan: &Scan<'_>, name: &Range<usize>) -> bool {
    matches!(scan.bytes.get(name.end), Some(b'"' | b'\''))
}

/// Whether the name in quotes is the first argument of a call: `define('name', …)`.
fn is_argument(bytes: &[u8], name_start: usize) -> bool {
    let before = bytes
        .get(..name_start.saturating_sub(1))
        .unwrap_or_default();
    let tail = before.get(before.len().saturating_sub(4)..);
    tail.is_some_and(|tail| tail.trim_ascii_end().ends_with(b"("))
}

/// Whether the name is a long option of a command; its dashes are part of the name.
fn is_flag(bytes: &[u8], name: &Range<usize>) -> bool {
    bytes
        .get(name.clone())
        .is_some_and(|name| name.starts_with(b"--"))
}

/// Behind `:`, the place behind a type and its `=`: `token: &str = "…"`.
fn skip_type(scan: &mut Scan<'_>, at: usize) -> usize {
    let is_type = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'&' | b'<' | b'>' | b' ' | b'?' | b'\'')
    };
    let length = run(scan, at, 40, is_type);
    let end = at + length;
    let only_equals =
        scan.bytes.get(end) == Some(&b'=') && !matches!(scan.bytes.get(end + 1), Some(b'=' | b'>'));
    if length > 0 && only_equals {
        end + 1
    } else {
        at
    }
}

/// Behind the prefix of a literal (`b"`, `r"`, `u'`) or a constructor around it.
fn skip_wrapper(scan: &mut Scan<'_>, at: usize) -> usize {
    let rest = scan.text(at..scan.bytes.len().min(at + 24));
    for wrapper in ["String::from(", "new String(", "Some(", "Buffer.from("] {
        if rest.starts_with(wrapper.as_bytes()) {
            return at + wrapper.len();
        }
    }
    match rest {
        [
            b'b' | b'r' | b'u' | b'L' | b'@' | b'f' | b'N',
            b'"' | b'\'',
            ..,
        ] => at + 1,
        // `("…" "…")`: Python puts what goes on in the next line in parentheses.
        [b'(', b'"' | b'\'', ..] => at + 1,
        _ => at,
    }
}

/// The text between the quote at `at` and its partner on the same line.
fn quoted(scan: &mut Scan<'_>, at: usize) -> Option<Range<usize>> {
    let rest = scan.text(at..scan.bytes.len());
    let (quote, escaped, start) = match rest {
        [b'\\', quote @ (b'"' | b'\''), ..] => (*quote, true, at + 2),
        [quote @ (b'"' | b'\'' | b'`'), ..] => (*quote, false, at + 1),
        _ => return None,
    };
    let body = scan.text(start..scan.bytes.len());
    let mut skip = false;
    for (i, byte) in body.iter().take(MAX_VALUE + 1).enumerate() {
        scan.work.add(1);
        match *byte {
            b'\n' | b'\r' => return None,
            _ if skip => skip = false,
            b'\\' if escaped && body.get(i + 1) == Some(&quote) => return Some(start..start + i),
            b'\\' => skip = true,
            b if b == quote => return Some(start..start + i),
            _ => {}
        }
    }
    None
}

/// The text up to the closing tag, where it is on the same line.
fn element(scan: &mut Scan<'_>, start: usize) -> Option<Assigned> {
    let length = run(scan, start, MAX_VALUE + 1, |b| !matches!(b, b'<' | b'\n'));
    let closes = scan
        .text(start + length..scan.bytes.len())
        .starts_with(b"</");
    closes.then(|| Assigned {
        value: trim(scan.bytes, start..start + length),
        enclosed: true,
    })
}

/// A value without quotes: up to white space, and nothing but a comment behind it unless
/// a shell would read on.
fn unquoted(scan: &mut Scan<'_>, at: usize, operator: Operator) -> Option<Assigned> {
    let shell = scan.file.format == Format::Shell;
    if shell && operator == Operator::Colon {
        return None;
    }
    // `name = value` in a shell is a command, not an assignment.
    if shell && operator == Operator::Equals && scan.bytes.get(at.checked_sub(1)?) == Some(&b' ') {
        return None;
    }
    let first = *scan.bytes.get(at)?;
    if matches!(
        first,
        b'"' | b'\''
            | b'`'
            | b'$'
            | b'('
            | b'{'
            | b'<'
            | b'['
            | b'*'
            | b'&'
            | b'!'
            | b'|'
            | b'>'
            | b'@'
            | b'%'
            | b'-'
    ) {
        return None;
    }
    let ends: fn(u8) -> bool = if shell {
        |b| !b.is_ascii_whitespace() && !matches!(b, b';' | b'&' | b'|' | b'\\' | b'"' | b'\'')
    } else {
        |b| !b.is_ascii_whitespace()
    };
    let length = run(scan, at, MAX_VALUE + 1, ends);
    let value = at..at + length;
    if shell || operator == Operator::Blank {
        return Some(Assigned {
            value,
            enclosed: false,
        });
    }
    let blanks = run(scan, value.end, MAX_BLANKS, is_blank);
    let next = scan.bytes.get(value.end + blanks);
    let over = matches!(next, None | Some(b'\n' | b'\r' | b'#' | b';'))
        || (blanks > 0
            && scan
                .text(value.end + blanks..scan.bytes.len())
                .starts_with(b"//"));
    over.then_some(Assigned {
        value,
        enclosed: false,
    })
}
