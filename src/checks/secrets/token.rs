//! Provider tokens: the embedded rules, and the look at the place where one of their
//! keywords stands.

use super::candidate::{Candidate, MISMATCH, STAND_IN};
use super::checksum::Checksum;
use super::engine::Scan;
use super::error::SecretsError;
use super::kind::{Kind, Remedy};
use super::matcher::{begins_a_word, left_bound, match_around, match_at};
use super::recognise::assignment;
use super::rules::PROVIDER_TOKEN;
use super::shape::{Class, Piece, Shape};
use super::value::{Makeup, entropy, is_filler, is_well_known};
use crate::model::{Confidence, Severity, Validity};
use std::ops::Range;

/// A token kind as its rule file says it; written by `build.rs`.
#[derive(Debug)]
pub(super) struct TokenRule {
    /// The kind.
    pub kind: Kind,
    /// What it looks like.
    pub shapes: &'static [&'static str],
    /// The value counts only where one of these stands in the name it is assigned to.
    pub context: &'static [&'static str],
    /// That name holds one of these too, where there are any: `key` in `HEROKU_API_KEY`.
    pub words: &'static [&'static str],
    /// The value counts only within [`NEAR`] bytes of one of these.
    pub near: &'static [&'static str],
    /// The checksum inside it.
    pub checksum: Option<Checksum>,
    /// How sure a match is.
    pub confidence: Confidence,
}

/// Every token kind that is built in.
pub(super) static TOKENS: &[TokenRule] = &include!(concat!(env!("OUT_DIR"), "/secret_rules.rs"));

/// How far from its companion a value may stand, in bytes.
const NEAR: usize = 200;

/// A token kind ready to match.
#[derive(Debug)]
pub(super) struct Token {
    pub rule: &'static TokenRule,
    pub shapes: Vec<Shape>,
}

/// How a keyword leads to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// It is the piece `anchor` of the shape itself.
    Within { shape: usize, anchor: usize },
    /// It is part of the name that the value is assigned to.
    Context,
    /// It is a companion that the value stands near.
    Near,
}

impl Token {
    /// Reads the shapes of a rule.
    ///
    /// # Errors
    /// [`SecretsError::Shape`].
    pub(super) fn load(rule: &'static TokenRule) -> Result<Self, SecretsError> {
        let shapes: Result<Vec<Shape>, SecretsError> = rule
            .shapes
            .iter()
            .map(|text| {
                Shape::parse(text).map_err(|source| SecretsError::Shape {
                    kind: rule.kind.id,
                    source,
                })
            })
            .collect();
        Ok(Self {
            rule,
            shapes: shapes?,
        })
    }

    /// The keywords to search for and where each leads.
    ///
    /// # Errors
    /// [`SecretsError::Shape`] where a shape has nothing to search for.
    pub(super) fn keywords(&self) -> Result<Vec<(&str, Lead)>, SecretsError> {
        let mut keywords: Vec<(&str, Lead)> = Vec::new();
        keywords.extend(self.rule.context.iter().map(|k| (*k, Lead::Context)));
        keywords.extend(self.rule.near.iter().map(|k| (*k, Lead::Near)));
        if !keywords.is_empty() {
            return Ok(keywords);
        }
        for (index, shape) in self.shapes.iter().enumerate() {
            let (anchor, texts) = shape.anchor().map_err(|source| SecretsError::Shape {
                kind: self.rule.kind.id,
                source,
            })?;
            let lead = Lead::Within {
                shape: index,
                anchor,
            };
            keywords.extend(texts.into_iter().map(|text| (text, lead)));
        }
        Ok(keywords)
    }

    /// Looks at one keyword found at `hit`.
    pub(super) fn look(&self, lead: Lead, hit: Range<usize>, scan: &mut Scan<'_>) {
        match lead {
            Lead::Within { shape, anchor } => {
                let Some(shape) = self.shapes.get(shape) else {
                    return;
                };
                let found = match_around(shape, anchor, scan.bytes, hit.start, &mut scan.work);
                if let Some(value) = found {
                    self.claim(value, shape, scan);
                }
            }
            Lead::Context => self.look_assigned(hit, scan),
            Lead::Near => self.look_near(hit, scan),
        }
    }

    fn look_assigned(&self, hit: Range<usize>, scan: &mut Scan<'_>) {
        if !begins_a_word(scan.bytes, hit.start) {
            return;
        }
        let Some((name, at)) = assignment::value_after_name(scan, hit) else {
            return;
        };
        let name = scan.text(name).to_ascii_lowercase();
        let promises = |word: &&str| memchr::memmem::find(&name, word.as_bytes()).is_some();
        scan.work.add(name.len());
        if !self.rule.words.is_empty() && !self.rule.words.iter().any(promises) {
            return;
        }
        for shape in &self.shapes {
            let found = match_at(shape, scan.bytes, at, &mut scan.work);
            if let Some(value) = found {
                self.claim(value, shape, scan);
                return;
            }
        }
    }

    fn look_near(&self, hit: Range<usize>, scan: &mut Scan<'_>) {
        if !left_bound(scan.bytes, hit.start, None) {
            return;
        }
        let end = scan.bytes.len().min(hit.end + NEAR);
        let mut at = hit.start.saturating_sub(NEAR);
        while at < end {
            let mut next = at + 1;
            for shape in &self.shapes {
                scan.work.add(1);
                if !left_bound(scan.bytes, at, shape.pieces.first()) {
                    continue;
                }
                let found = match_at(shape, scan.bytes, at, &mut scan.work);
                if let Some(value) = found {
                    next = value.end;
                    self.claim(value, shape, scan);
                    break;
                }
            }
            at = next;
        }
    }

    fn claim(&self, value: Range<usize>, shape: &Shape, scan: &mut Scan<'_>) {
        let text = scan.bytes.get(value.clone()).unwrap_or_default();
        // Without a prefix of its own the shape fits hashes and words too.
        if is_bare(shape) && !is_mixed(text, shape) {
            let why = "as mixed as a hash or a word, not as a random value";
            return scan.drop_candidate(value, &self.rule.kind, why);
        }
        let validity = self
            .rule
            .checksum
            .map_or(Validity::Unknown, |checksum| checksum.check(text));
        let why_not = match (is_sample(text), in_base64(scan, &value)) {
            (true, _) => Some(STAND_IN),
            (_, true) => Some("in the middle of a longer base64 text"),
            _ => None,
        };
        let named = !self.rule.context.is_empty() || !self.rule.near.is_empty();
        let mut claim = Candidate {
            validity,
            narrow: self.narrowness(shape),
            ..Candidate::new(value, &self.rule.kind, self.rule.confidence)
        }
        .because(match (validity, named) {
            (Validity::Valid, _) => "the shape of a provider's token, and its checksum holds",
            (_, true) => "the shape of a provider's token beside the provider's name",
            _ => "the shape of a provider's token",
        })
        .doubted(validity == Validity::Mismatch, MISMATCH);
        if let Some(why) = why_not {
            claim.confidence = Confidence::Low;
            claim = claim.because(why);
        }
        scan.add(claim);
    }

    /// More for each fixed byte, for a name that is asked for and for a fixed length.
    fn narrowness(&self, shape: &Shape) -> usize {
        let fixed = |piece: &Piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::OneOf(texts) => texts.iter().map(String::len).min().unwrap_or(0),
            Piece::Run { .. } => 0,
        };
        let exact = !shape
            .pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Run { min, max, .. } if min != max));
        let named = !self.rule.context.is_empty() || !self.rule.near.is_empty();
        2 * shape.pieces.iter().map(fixed).sum::<usize>()
            + 16 * usize::from(named)
            + usize::from(exact)
    }
}

fn is_bare(shape: &Shape) -> bool {
    matches!(shape.pieces.as_slice(), [Piece::Run { .. }])
}

/// Whether a value without a prefix is as mixed as one drawn from its class: letters and
/// digits, and both cases where the class has both. A Git commit id is no base64 key.
fn is_mixed(text: &[u8], shape: &Shape) -> bool {
    let makeup = Makeup::of(text);
    let both_cases = matches!(
        shape.pieces.as_slice(),
        [Piece::Run {
            class: Class::Alnum | Class::Base64 | Class::Base64Url | Class::Word,
            ..
        }]
    );
    makeup.digits > 0
        && makeup.letters() > 0
        && entropy(text) > 2.5
        && (!both_cases || (makeup.lower > 0 && makeup.upper > 0))
}

/// Whether the value stands in the middle of a longer base64 text, where any short
/// prefix occurs by chance. Paths and URLs have no 40 such bytes in a row. A text that is
/// wrapped goes on in other lines; a value alone on its line is no part of one.
fn in_base64(scan: &mut Scan<'_>, value: &Range<usize>) -> bool {
    const LONG: usize = 40;
    let is_base64 = |b: &&u8| Class::Base64.contains(**b);
    let is_wrapped = |b: &&u8| is_base64(b) || matches!(b, b'\n' | b'\r');
    let before = scan.text(value.start.saturating_sub(LONG)..value.start);
    let end = scan.bytes.len().min(value.end.saturating_add(LONG));
    let after = scan.text(value.end..end);
    scan.work.add(before.len() + after.len());
    let before = || before.iter().rev();
    let longest = match before().next().is_some_and(|b| is_base64(&b))
        || after.first().is_some_and(|b| is_base64(&b))
    {
        true => [
            before().take_while(is_wrapped).count(),
            after.iter().take_while(is_wrapped).count(),
        ],
        false => [0, 0],
    };
    longest.contains(&LONG) || in_wrapped(scan, value)
}

/// How far around a value the lines of a wrapped text are looked at, in bytes.
const LINES_AROUND: usize = 400;

/// Whether the value is one of several lines of base64 of its length, as a text is wrapped
/// in the source of a program: each line in quotes, with its line end written as an escape.
/// Tokens that are listed line by line begin alike, and are not taken for this.
fn in_wrapped(scan: &mut Scan<'_>, value: &Range<usize>) -> bool {
    const LONG: usize = 40;
    let text = scan.text(value.clone());
    if text.len() < LONG || !text.iter().all(|b| Class::Base64.contains(*b)) {
        return false;
    }
    let before = scan.text(value.start.saturating_sub(LINES_AROUND)..value.start);
    let end = scan.bytes.len().min(value.end.saturating_add(LINES_AROUND));
    let after = scan.text(value.end..end);
    scan.work.add(before.len() + after.len());
    let (before, after) = (lines_of(before), lines_of(after));
    // The value fills its own line: what is before and after it there is no text.
    let alone = [before.last(), after.first()];
    if !alone.into_iter().flatten().all(|line| line.is_empty()) {
        return false;
    }
    let nearest = before.iter().rev().skip(1).take(2);
    let nearest = nearest.chain(after.iter().skip(1).take(2));
    let alike = nearest.filter(|line| {
        line.len() == text.len()
            && line.get(..4) != text.get(..4)
            && line.iter().all(|b| Class::Base64.contains(*b))
    });
    alike.count() >= 2
}

/// The lines of a text without the quotes and blanks around them; an escape ends a line
/// like the line end that it stands for.
fn lines_of(text: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut written = text.split(|b| *b == b'\n').peekable();
    while let Some(mut rest) = written.next() {
        let mut was_escaped = false;
        while let Some(at) = memchr::memmem::find(rest, b"\\n") {
            lines.push(bare(rest.get(..at).unwrap_or_default()));
            rest = rest.get(at + 2..).unwrap_or_default();
            was_escaped = true;
        }
        // `"…\n"` and the end of its line are one line end.
        let is_over = was_escaped && bare(rest).is_empty() && written.peek().is_some();
        if !is_over {
            lines.push(bare(rest));
        }
    }
    lines
}

/// A line without what a program writes around it.
fn bare(mut line: &[u8]) -> &[u8] {
    let is_around = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b',' | b';');
    while let [first, rest @ ..] = line
        && is_around(first)
    {
        line = rest;
    }
    while let [rest @ .., last] = line
        && is_around(last)
    {
        line = rest;
    }
    line
}

/// Whether a token is one of those that manuals print: it says so, or its body is filler.
fn is_sample(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let says_so = [
        "example",
        "xxxxxx",
        "placeholder",
        "your-",
        "your_",
        "yourtoken",
        "dummy",
        "redacted",
    ]
    .iter()
    .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some());
    let body = text
        .iter()
        .rposition(|b| matches!(b, b'_' | b'-' | b'.' | b':' | b'/'))
        .filter(|at| text.len() - at > 16)
        .and_then(|at| text.get(at + 1..))
        .unwrap_or(text);
    says_so || is_well_known(&lower) || is_filler(body)
}
