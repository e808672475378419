//! From claims to findings: line and column, the masked excerpt, the fingerprint.

use super::candidate::{Candidate, Dropped};
use super::checksum::aws_account;
use super::public_half;
use super::recognise::token_terms;
use super::value::looks_random;
use crate::model::{
    Detail, DroppedCandidate, Finding, Location, Redacted, SecretDetail, Subject, terminal_safe,
};
use crate::support::hash::sha256;
use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes of the line shown before and after the value.
const AROUND: usize = 72;
/// Says on a line that what is on it is no secret.
const MARK: &str = "sealgate:allow";
/// How far from a value its line is looked through for the mark, in bytes.
const MARK_REACH: usize = 1000;
/// Longest excerpt in characters.
const MAX_EXCERPT: usize = 200;

/// What came before the bytes at hand in their file; nothing by default.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// Where the bytes at hand begin in the file.
    place: Cursor,
    /// How often findings were alike: part of the fingerprints.
    alike: BTreeMap<String, usize>,
}

impl Before {
    /// The 1-based line in which the bytes at hand begin.
    pub(super) fn line(&self) -> u32 {
        self.place.line
    }

    /// Passes the first `length` of the bytes at hand: the next ones begin behind them.
    pub(super) fn pass(&mut self, bytes: &[u8], length: usize) {
        self.place.advance(bytes, length);
        self.place.at = 0;
    }
}

/// The findings of claims that are sorted by place. `masks` are all values claimed, also
/// by claims that did not stay: an excerpt shows none of them.
pub(super) fn findings_of(
    path: &str,
    bytes: &[u8],
    mut candidates: Vec<Candidate>,
    masks: Vec<Range<usize>>,
    before: &mut Before,
) -> Vec<Finding> {
    candidates.sort_by_key(|c| (c.at, c.value.start));
    let masks = merged(masks);
    let mut cursor = before.place;
    candidates
        .into_iter()
        .map(|candidate| {
            let place = cursor.advance(bytes, candidate.at);
            finding_of(path, bytes, &candidate, place, &masks, &mut before.alike)
        })
        .collect()
}

/// Dropped candidates that are sorted by place, as they are told: each value masked.
pub(super) fn dropped_of(
    path: &str,
    bytes: &[u8],
    dropped: Vec<Dropped>,
    before: &Before,
) -> Vec<DroppedCandidate> {
    let mut cursor = before.place;
    let told = dropped.into_iter().map(|drop| {
        let (line, column) = cursor.advance(bytes, drop.value.start);
        DroppedCandidate {
            location: Location {
                path: path.to_owned(),
                line: Some(line),
                column: Some(column),
            },
            rule: drop.kind.rule.id,
            kind: drop.kind.id,
            masked: Redacted::new(text_of(bytes, drop.value)).masked(),
            why: drop.why,
        }
    });
    told.collect()
}

fn finding_of(
    path: &str,
    bytes: &[u8],
    candidate: &Candidate,
    (line, column): (u32, u32),
    masks: &[Range<usize>],
    seen: &mut BTreeMap<String, usize>,
) -> Finding {
    let kind = candidate.kind;
    let value = Redacted::new(text_of(bytes, candidate.value.clone()));
    let fingerprint = fingerprint(path, bytes, candidate, masks, seen);
    Finding {
        rule: kind.rule,
        severity: kind.severity,
        message: format!("{} in `{}`", title(bytes, candidate), terminal_safe(path)),
        remedy: kind.remedy.steps(),
        subject: Subject::File {
            path: path.to_owned(),
        },
        location: Location {
            path: path.to_owned(),
            line: Some(line),
            column: Some(column),
        },
        also_at: Vec::new(),
        excerpt: excerpt(bytes, candidate, masks),
        fingerprint,
        detail: Detail::Secret(SecretDetail {
            provider: kind.provider.to_owned(),
            kind: kind.id.to_owned(),
            credential: kind.credential.to_owned(),
            value,
            confidence: candidate.confidence,
            validity: candidate.validity,
            replace: kind.remedy.replaces(),
            exception: None,
            marked: is_marked(bytes, candidate.at),
            encoding: Vec::new(),
            why: candidate.why.clone(),
            introduced: None,
        }),
    }
}

/// Whether the line around a place says that what is on it is no secret.
fn is_marked(bytes: &[u8], at: usize) -> bool {
    let floor = at.saturating_sub(MARK_REACH);
    let before = bytes.get(floor..at).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
    let ceiling = bytes.len().min(at.saturating_add(MARK_REACH));
    let after = bytes.get(at..ceiling).unwrap_or_default();
    let end = memchr::memchr(b'\n', after).unwrap_or(after.len());
    let line = [before.get(start..), after.get(..end)];
    let mut parts = line.into_iter().flatten();
    parts.any(|part| memchr::memmem::find(part, MARK.as_bytes()).is_some())
}

/// The kind's title, with what the value says of itself that is no secret: the account that
/// an AWS key id names, the public half of a private key, the algorithm and end of a token.
fn title(bytes: &[u8], candidate: &Candidate) -> String {
    let kind = candidate.kind;
    let value = bytes.get(candidate.value.clone()).unwrap_or_default();
    match kind.id {
        "aws-access-key-id" => match aws_account(value) {
            Some(account) => format!("{} of account {account}", kind.title),
            None => kind.title.to_owned(),
        },
        "json-web-token" => match token_terms(value) {
            Some(terms) => format!("{} ({terms})", kind.title),
            None => kind.title.to_owned(),
        },
        _ => match public_half::of(kind.id, value) {
            Some(public) => format!("{} ({public})", kind.title),
            None => kind.title.to_owned(),
        },
    }
}

fn text_of(bytes: &[u8], range: Range<usize>) -> String {
    String::from_utf8_lossy(bytes.get(range).unwrap_or_default()).into_owned()
}

/// Counts lines and columns forwards only, so that many findings in one long line cost
/// one pass over it.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    at: usize,
    line: u32,
    column: u32,
}

impl Default for Cursor {
    fn default() -> Self {
        Self {
            at: 0,
            line: 1,
            column: 1,
        }
    }
}

impl Cursor {
    /// 1-based line and column (in characters) of the byte `to`, which is not before
    /// the last one asked for.
    fn advance(&mut self, bytes: &[u8], to: usize) -> (u32, u32) {
        let mut passed = bytes.get(self.at..to).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', passed).count();
        if let Some(last) = memchr::memrchr(b'\n', passed) {
            self.line = self
                .line
                .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.column = 1;
            passed = passed.get(last + 1..).unwrap_or_default();
        }
        // Continuation bytes of UTF-8 begin no character.
        let characters = passed.iter().filter(|b| **b & 0xC0 != 0x80).count();
        self.column = self
            .column
            .saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        self.at = self.at.max(to);
        (self.line, self.column)
    }
}

/// Sorted ranges, overlapping ones joined.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|r| (r.start, r.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The line at the finding, every claimed value in it masked, at most 200 characters.
fn excerpt(bytes: &[u8], candidate: &Candidate, masks: &[Range<usize>]) -> Option<String> {
    let at = candidate.at;
    let floor = at.saturating_sub(AROUND);
    let before = bytes.get(floor..at).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(floor, |i| floor + i + 1);
    // A value on the line shown counts as shown whole, since only its mask is.
    let value_end = candidate.value.end.max(at);
    let first_line = bytes.get(at..value_end).unwrap_or_default();
    let from = memchr::memchr(b'\n', first_line).map_or(value_end, |i| at + i);
    let ceiling = bytes.len().min(from.saturating_add(AROUND));
    let after = bytes.get(from..ceiling).unwrap_or_default();
    let end = memchr::memchr(b'\n', after).map_or(ceiling, |i| from + i);

    let shown = masked_text(bytes, start..end, masks);
    let safe = terminal_safe(shown.trim()).into_owned();
    let cut: String = safe.chars().take(MAX_EXCERPT).collect();
    (!cut.is_empty()).then_some(cut)
}

/// The text of a range, every value in it masked; a mask that reaches beyond its end
/// counts whole.
fn masked_text(bytes: &[u8], range: Range<usize>, masks: &[Range<usize>]) -> String {
    let first = masks.partition_point(|mask| mask.end <= range.start);
    let mut shown = String::new();
    let mut position = range.start;
    for mask in masks
        .iter()
        .skip(first)
        .take_while(|mask| mask.start < range.end)
    {
        shown.push_str(&text_of(bytes, position..mask.start.max(position)));
        shown.push_str(&Redacted::new(text_of(bytes, mask.clone())).masked());
        position = mask.end;
    }
    shown.push_str(&text_of(bytes, position..range.end.max(position)));
    shown
}

/// The whole text with the given values masked.
pub(super) fn masked(bytes: &[u8], masks: Vec<Range<usize>>) -> String {
    masked_text(bytes, 0..bytes.len(), &merged(masks))
}

/// A name for this secret that survives line moves: the first 32 hex digits of the
/// SHA-256 over kind, path and value.
///
/// A hash of a guessable value would be an oracle for guessing it, and fingerprints are
/// published with reports. So only values that nobody can guess are hashed; any other
/// counts by what the report shows of it anyway: its mask, and the line up to it as far
/// back as the last other secret. The n-th of equal ones gets its number.
fn fingerprint(
    path: &str,
    bytes: &[u8],
    candidate: &Candidate,
    masks: &[Range<usize>],
    seen: &mut BTreeMap<String, usize>,
) -> String {
    let value = candidate.value.clone();
    let raw = bytes.get(value.clone()).unwrap_or_default();
    let unguessable = raw.len() >= 100 || (raw.len() >= 20 && looks_random(raw));
    let what = if unguessable {
        format!("value\0{}", sha256(raw).hex())
    } else {
        let floor = value.start.saturating_sub(64);
        let before = bytes.get(floor..value.start).unwrap_or_default();
        let line = memchr::memrchr(b'\n', before).map_or(floor, |i| floor + i + 1);
        let earlier = masks.partition_point(|mask| mask.end <= value.start);
        let other = earlier.checked_sub(1).and_then(|i| masks.get(i));
        let from = other.map_or(line, |mask| line.max(mask.end));
        let name = text_of(bytes, from..value.start);
        let mask = Redacted::new(text_of(bytes, value)).masked();
        format!("mask\0{}\0{mask}", name.trim())
    };
    let mut input = format!("{}\0{path}\0{what}", candidate.kind.id);
    let earlier = seen.entry(input.clone()).or_default();
    if *earlier > 0 {
        input.push('\0');
        input.push_str(&earlier.to_string());
    }
    *earlier += 1;
    let mut hex = sha256(input.as_bytes()).hex();
    hex.truncate(32);
    hex
}
