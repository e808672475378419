//! Credentials given to `curl`: `-u user:password`, `--user`, `--proxy-user` (curl(1)), in
//! scripts, makefiles, the configuration of a build and container files, as a line of a
//! shell or as a list of words in quotes.

use super::url::judge;
use crate::checks::secrets::candidate::{Candidate, MADE_UP, STAND_IN};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::AUTHORIZATION_HEADER;
use crate::checks::secrets::value::{is_stand_in, looks_random};
use crate::model::{Confidence, Severity};
use std::ops::Range;

pub(super) const KEYWORDS: &[&str] = &["curl"];

/// How far a command is read, in bytes.
const MAX_COMMAND: usize = 1000;
/// Most words of a command that are read.
const MAX_WORDS: usize = 100;
/// Options of one letter that take a value: what follows the letter is no further option.
const WITH_VALUE: &[u8] = b"AbcCdDeEFhHKmoPQrtTUuwxXyYz";

static CURL_CREDENTIAL: Kind = Kind {
    id: "curl-credential",
    provider: "HTTP",
    credential: "password on a command line",
    title: "Credential of a `curl` command",
    rule: &AUTHORIZATION_HEADER,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "by changing the password of its user",
    },
};

pub(super) fn look(hit: Range<usize>, scan: &mut Scan<'_>) {
    if !is_command(scan, &hit) {
        return;
    }
    let end = scan.bytes.len().min(hit.end.saturating_add(MAX_COMMAND));
    let mut words = Words {
        bytes: scan.text(0..end),
        at: hit.end,
    };
    let all: Vec<Range<usize>> = words.by_ref().take(MAX_WORDS).collect();
    scan.work.add(words.at - hit.end + 1);
    let given: Vec<Range<usize>> = credentials(scan, &all);
    if given.is_empty() {
        return;
    }
    let host = all.iter().find_map(|word| host_of(scan.text(word.clone())));
    for value in given {
        claim(scan, hit.start, value, host.unwrap_or_default());
    }
}

/// Whether `curl` is a word of its own that options follow; `libcurl` and `curl_init` are
/// something else.
fn is_command(scan: &Scan<'_>, hit: &Range<usize>) -> bool {
    let before = hit.start.checked_sub(1).and_then(|at| scan.bytes.get(at));
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$');
    let begins = !before.is_some_and(is_part);
    let after = scan.text(hit.end..scan.bytes.len().min(hit.end + 5));
    let after = after.strip_prefix(b".exe").unwrap_or(after);
    begins && matches!(after.first(), Some(b' ' | b'\t' | b'"' | b'\'' | b'\\'))
}

/// The values of the options that take a credential.
fn credentials(scan: &Scan<'_>, words: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut given = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = scan.text(word.clone());
        let value = match text {
            b"--user" | b"--proxy-user" => words.next().cloned(),
            [b'-', b'-', ..] => ["--user=", "--proxy-user="]
                .iter()
                .find(|option| text.starts_with(option.as_bytes()))
                .map(|option| word.start + option.len()..word.end),
            [b'-', letters @ ..] => {
                let option = letters.iter().position(|b| WITH_VALUE.contains(b));
                match option.map(|at| (at, letters.get(at))) {
                    // `-sSu name:value` and `-uname:value`
                    Some((at, Some(b'u' | b'U'))) if at + 1 == letters.len() => {
                        words.next().cloned()
                    }
                    Some((at, Some(b'u' | b'U'))) => Some(word.start + at + 2..word.end),
                    // The value of another option is none of the options.
                    Some((at, _)) if at + 1 == letters.len() => {
                        words.next();
                        None
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        given.extend(value.map(|value| unquoted(scan, value)));
    }
    given
}

/// Without quotes that stand within the word: `--user="name:value"`.
fn unquoted(scan: &Scan<'_>, value: Range<usize>) -> Range<usize> {
    match scan.text(value.clone()) {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => value.start + 1..value.end - 1,
        _ => value,
    }
}

/// The host of an address.
fn host_of(word: &[u8]) -> Option<&[u8]> {
    let start = memchr::memmem::find(word, b"://")? + 3;
    let rest = word.get(start..)?;
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#'));
    let authority = rest.get(..end.unwrap_or(rest.len()))?;
    let host = memchr::memrchr(b'@', authority).map_or(0, |at| at + 1);
    authority.get(host..)
}

fn claim(scan: &mut Scan<'_>, at: usize, word: Range<usize>, host: &[u8]) {
    let text = scan.text(word.clone());
    let Some(colon) = memchr::memchr(b':', text) else {
        // The name alone: curl asks for the password.
        return;
    };
    let user = text.get(..colon).unwrap_or_default();
    let value = unquoted(scan, word.start + colon + 1..word.end);
    let made_up = scan.is_made_up(at);
    if value.is_empty() {
        // A token as the user, with an empty password.
        let token = word.start..word.start + colon;
        if looks_random(user) {
            let claim = Candidate::new(token, &CURL_CREDENTIAL, Confidence::Medium)
                .because("a random user name alone, as tokens are given");
            scan.add(claim.doubted(made_up, MADE_UP));
        }
        return;
    }
    match judge_word(user, scan.text(value.clone()), host) {
        Ok((confidence, why)) => {
            let claim = Candidate::new(value, &CURL_CREDENTIAL, confidence).because(why);
            scan.add(claim.doubted(made_up, MADE_UP));
        }
        Err(why) => scan.drop_candidate(value, &CURL_CREDENTIAL, why),
    }
}

/// As a password in an address is judged; in a shell a dollar sign begins a variable and a
/// backquote a command, wherever they stand.
fn judge_word(
    user: &[u8],
    password: &[u8],
    host: &[u8],
) -> Result<(Confidence, &'static str), &'static str> {
    let is_variable = |pair: &[u8]| matches!(pair, [b'$', next] if next.is_ascii_alphabetic() || matches!(next, b'_' | b'{' | b'('));
    if password.windows(2).any(is_variable) || password.contains(&b'`') {
        return Err("a reference to a value elsewhere");
    }
    if password.contains(&b'<') || password.contains(&b'>') || password == b"..." {
        return Err("a place to fill in");
    }
    let (confidence, why) = judge(user, password, host)?;
    match is_stand_in(password) {
        true => Ok((Confidence::Low, STAND_IN)),
        false => Ok((confidence, why)),
    }
}

/// The words of a command from a place on: without the quotes around them, over lines that
/// end with a backslash, up to the end of the command.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Words<'_> {
    /// Passes what separates words; `false` at the end of the command.
    fn pass(&mut self) -> bool {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += match rest {
                [b' ' | b'\t' | b',', ..] => 1,
                [b'\\', b'\n', ..] => 2,
                [b'\\', b'\r', b'\n', ..] => 3,
                // The quote that ends `"curl"` in a list of words.
                [b'"' | b'\'', b',' | b']', ..] => 1,
                []
                | [
                    b'\n' | b'\r' | b';' | b'|' | b'&' | b')' | b']' | b'`' | b'#',
                    ..,
                ] => {
                    return false;
                }
                _ => return true,
            };
        }
    }
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if !self.pass() {
            return None;
        }
        let start = self.at;
        let rest = self.bytes.get(start..)?;
        let (escaped, quote) = match rest {
            [quote @ (b'"' | b'\''), ..] => (0, Some(*quote)),
            // In a string of a program: `"curl -u \"name:value\""`.
            [b'\\', quote @ (b'"' | b'\''), ..] => (1, Some(*quote)),
            _ => (0, None),
        };
        if let Some(quote) = quote {
            let inside = rest.get(escaped + 1..)?;
            let length = inside.iter().position(|b| *b == quote || *b == b'\n')?;
            let end = inside.get(length) == Some(&quote);
            let value = start + escaped + 1..start + escaped + 1 + length;
            self.at = value.end + 1;
            // An open quote: the rest of the line is no word that can be told.
            return end.then(|| value.start..value.end - escaped.min(value.len()));
        }
        let length = bare_length(rest);
        // A backslash inside a word is not read any further.
        self.at = start + length.max(1);
        Some(start..start + length)
    }
}

/// Length of a word that begins without a quote. A quote within it belongs to an option
/// (`--user="name:value"`) or a part (`name:"value"`); any other one ends the string that
/// the command stands in.
fn bare_length(rest: &[u8]) -> usize {
    let is_option = rest.starts_with(b"-");
    let (mut within, mut last) = (None, 0);
    let length = rest.iter().position(|b| {
        let before = std::mem::replace(&mut last, *b);
        match (within, b) {
            (_, b'\n' | b'\r') => true,
            (Some(quote), b) => {
                within = (*b != quote).then_some(quote);
                false
            }
            (None, b'"' | b'\'') if is_option || before == b':' => {
                within = Some(*b);
                false
            }
            (None, b'"' | b'\'') => true,
            (None, b) => matches!(b, b' ' | b'\t' | b';' | b'|' | b'&' | b')' | b'`' | b'\\'),
        }
    });
    length.unwrap_or(rest.len())
}
