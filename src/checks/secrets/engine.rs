//! The engine: one search for the keywords of all rules, then a bounded look at each
//! place where one stands. Bytes come in, findings go out; nothing is read here.

use super::candidate::{Candidate, Dropped, most_telling};
use super::credential_files;
use super::decode;
use super::error::SecretsError;
use super::file::{FileContext, Format};
use super::finding;
use super::keywords::Keywords;
use super::kind::Kind;
use super::matcher::Work;
use super::own::{OwnRules, Pattern};
use super::recognise::Recogniser;
use super::token::{Lead, TOKENS, Token};
use crate::model::{Confidence, Finding};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Most findings of medium or high confidence that one file gives; more are counted and
/// make a gap.
pub(super) const MAX_FINDINGS: usize = 2000;
/// Most findings of low confidence that one file gives: more tell nobody anything.
const MAX_UNLIKELY: usize = 50;
/// Most dropped candidates that are kept of one text where they are asked for.
const MAX_DROPPED: usize = 100;

/// How far the beginning of a line is looked for, in bytes.
const DOC_LINE: usize = 240;

/// What to do where a keyword stands.
#[derive(Debug, Clone, Copy)]
enum Action {
    /// Look for the token of this index.
    Token(usize, Lead),
    /// Let a recogniser look.
    Recognise(Recogniser),
    /// Search the file with the pattern of this index, once.
    Pattern(usize),
}

/// The rules, ready to search with. Load them once: it costs about a millisecond.
#[derive(Debug)]
pub struct Rules {
    keywords: Keywords,
    /// Per keyword.
    actions: Vec<Vec<Action>>,
    tokens: Vec<Token>,
    patterns: Vec<&'static Pattern>,
    /// Of the rules of one's own.
    own: String,
    /// Whether what is dropped is told as well.
    explains: bool,
}

impl Rules {
    /// The built-in rules.
    ///
    /// # Errors
    /// [`SecretsError::Shape`], a fault of the program, since `build.rs` has checked the
    /// rules.
    pub fn load() -> Result<Self, SecretsError> {
        Self::load_with(&OwnRules::default())
    }

    /// The built-in rules and some of one's own.
    ///
    /// # Errors
    /// As [`Rules::load`].
    pub fn load_with(own: &OwnRules) -> Result<Self, SecretsError> {
        let tokens: Vec<Token> = TOKENS
            .iter()
            .chain(own.tokens().iter().copied())
            .map(Token::load)
            .collect::<Result<_, _>>()?;
        // Keywords are searched without regard to case; the matchers compare exactly
        // where case counts.
        let mut leads: BTreeMap<String, Vec<Action>> = BTreeMap::new();
        for (index, token) in tokens.iter().enumerate() {
            for (keyword, lead) in token.keywords()? {
                let actions = leads.entry(keyword.to_ascii_lowercase()).or_default();
                actions.push(Action::Token(index, lead));
            }
        }
        for recogniser in Recogniser::ALL {
            for keyword in recogniser.keywords() {
                let actions = leads.entry((*keyword).to_owned()).or_default();
                actions.push(Action::Recognise(recogniser));
            }
        }
        for (index, pattern) in own.patterns().iter().enumerate() {
            for keyword in pattern.keywords() {
                let actions = leads.entry(keyword.clone()).or_default();
                actions.push(Action::Pattern(index));
            }
        }
        Ok(Self {
            keywords: Keywords::new(leads.keys().map(String::as_str)),
            actions: leads.into_values().collect(),
            tokens,
            patterns: own.patterns().to_vec(),
            own: own.digest(),
            explains: false,
        })
    }

    /// The same, and where `explains` holds what they drop is told as well.
    #[must_use]
    pub fn explaining(self, explains: bool) -> Self {
        Self { explains, ..self }
    }

    /// Whether what is dropped is told as well.
    pub(super) fn explains(&self) -> bool {
        self.explains
    }

    /// Names these rules and the way in which they are applied.
    #[must_use]
    pub fn digest(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let sources = env!("SEALGATE_SECRETS_SOURCES");
        format!("{version}-{sources}-{}", self.own)
    }

    /// Number of rules: token kinds, recognisers and credential-file formats.
    #[must_use]
    pub fn count(&self) -> u64 {
        (self.tokens.len()
            + self.patterns.len()
            + Recogniser::ALL.len()
            + credential_files::FORMATS.len()) as u64
    }
}

/// One file under search.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    /// All bytes of the file.
    pub bytes: &'a [u8],
    /// What the path says.
    pub file: FileContext<'a>,
    /// Steps taken so far.
    pub work: Work,
    /// End of the last name that the assignment recogniser has dealt with: a name may
    /// hold several keywords.
    pub name_end: usize,
    /// Where the last look at an object of JSON ended.
    pub object_end: usize,
    /// Where the tests begin that stand at the end of a file of code.
    tests_from: usize,
    candidates: Vec<Candidate>,
    /// What was no claim after all; `None` where nobody asks.
    dropped: Option<Vec<Dropped>>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(file: FileContext<'a>, bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            file,
            work: Work::default(),
            name_end: 0,
            object_end: 0,
            tests_from: file.tests_from(bytes),
            candidates: Vec::new(),
            dropped: None,
        }
    }

    /// Whether somebody asks for what is dropped.
    pub(super) fn explains(&self) -> bool {
        self.dropped.is_some()
    }

    /// Takes note of what looked like a secret and is none, where that is asked for.
    pub(super) fn drop_candidate(
        &mut self,
        value: Range<usize>,
        kind: &'static Kind,
        why: &'static str,
    ) {
        if let Some(dropped) = &mut self.dropped
            && !value.is_empty()
            && value.end <= self.bytes.len()
        {
            dropped.push(Dropped { value, kind, why });
        }
    }

    /// Takes a claim; an empty value claims nothing.
    pub(super) fn add(&mut self, candidate: Candidate) {
        if !candidate.value.is_empty() && candidate.value.end <= self.bytes.len() {
            self.candidates.push(candidate);
        }
    }

    /// The bytes of a range; empty where it is out of bounds.
    pub(super) fn text(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// Whether a guess at this place counts one step less: the file, the tests at its end,
    /// or the documentation comment around it (`///`, `//!`), holds examples.
    pub(super) fn is_made_up(&self, at: usize) -> bool {
        let floor = at.saturating_sub(DOC_LINE);
        let before = self.text(floor..at);
        let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let line = before.get(start..).unwrap_or_default().trim_ascii_start();
        self.file.made_up
            || at >= self.tests_from
            || line.starts_with(b"///")
            || line.starts_with(b"//!")
    }

    fn run(&mut self, rules: &Rules) {
        let mut due: BTreeSet<usize> = BTreeSet::new();
        rules.keywords.find(self.bytes, |keyword, hit| {
            self.work.add(1);
            for action in rules.actions.get(keyword).into_iter().flatten() {
                match *action {
                    Action::Token(index, lead) => {
                        if let Some(token) = rules.tokens.get(index)
                            && fits(lead, self.file.format)
                        {
                            token.look(lead, hit.clone(), self);
                        }
                    }
                    Action::Pattern(index) => {
                        due.insert(index);
                    }
                    Action::Recognise(recogniser) => {
                        if recogniser.fits(self.file.format) {
                            recogniser.look(hit.clone(), self);
                        }
                    }
                }
            }
        });
        // A part of a large file is none of the small files that programs keep.
        if self.file.is_whole {
            credential_files::look(self);
        }
        for (index, pattern) in rules.patterns.iter().enumerate() {
            if due.contains(&index) || pattern.keywords().is_empty() {
                pattern.look(self);
            }
        }
    }
}

/// Values without a prefix of their own say nothing among hashes or in binary data.
fn fits(lead: Lead, format: Format) -> bool {
    matches!(lead, Lead::Within { .. }) || !matches!(format, Format::Lockfile | Format::Binary)
}

/// What the rules claim of some bytes.
#[derive(Debug)]
pub(super) struct Claims {
    /// The claims that stay, sorted by place.
    pub kept: Vec<Candidate>,
    /// Every value claimed, also by claims that did not stay.
    pub masks: Vec<Range<usize>>,
    /// What did not stay and why, sorted by place; empty where nobody asks.
    pub dropped: Vec<Dropped>,
    /// Steps taken.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests hold it to linear growth")
    )]
    pub work: Work,
}

/// What the rules claim of the bytes of one file. [`Tally::limit`] bounds what is told.
pub(super) fn claims(file: FileContext<'_>, bytes: &[u8], rules: &Rules) -> Claims {
    let mut scan = Scan::new(file, bytes);
    scan.dropped = rules.explains.then(Vec::new);
    scan.run(rules);
    let masks: Vec<Range<usize>> = scan.candidates.iter().map(|c| c.value.clone()).collect();
    let mut dropped = scan.dropped.unwrap_or_default();
    let kept = most_telling(scan.candidates, |loser| {
        if rules.explains {
            dropped.push(loser.dropped("a more telling claim covers it"));
        }
    });
    dropped.sort_by_key(|d| (d.value.start, d.value.end, d.kind.id, d.why));
    dropped.dedup();
    // What one rule refuses and another one claims is no dropped candidate.
    dropped.retain(|drop| {
        let same = kept.binary_search_by_key(&drop.value.start, |claim| claim.value.start);
        let same = same.ok().and_then(|place| kept.get(place));
        !same.is_some_and(|claim| claim.is_at(drop))
    });
    Claims {
        kept,
        masks,
        dropped,
        work: scan.work,
    }
}

/// How much of one file or text is told already.
#[derive(Debug, Default)]
pub(super) struct Tally {
    likely: usize,
    unlikely: usize,
    dropped: usize,
    /// Claims of medium or high confidence beyond [`MAX_FINDINGS`].
    pub omitted: usize,
    /// Dropped candidates beyond [`MAX_DROPPED`].
    pub unlisted: u64,
}

impl Tally {
    /// Takes out what goes beyond the limits, in the order of the places.
    pub(super) fn limit(&mut self, claims: &mut Claims, rules: &Rules) {
        let dropped = &mut claims.dropped;
        claims.kept.retain(|candidate| {
            if candidate.confidence > Confidence::Low {
                self.likely += 1;
                let fits = self.likely <= MAX_FINDINGS;
                self.omitted += usize::from(!fits);
                return fits;
            }
            self.unlikely += 1;
            let fits = self.unlikely <= MAX_UNLIKELY;
            if !fits && rules.explains {
                let why = "one of more mere possibilities than are told of a text";
                dropped.push(candidate.dropped(why));
            }
            fits
        });
        dropped.retain(|_| {
            self.dropped += 1;
            let fits = self.dropped <= MAX_DROPPED;
            self.unlisted += u64::from(!fits);
            fits
        });
    }
}

/// The secrets in the bytes of one file, sorted by place: at most 2,000 of medium or
/// high and 50 of low confidence for each text that is written in it. `path` is relative
/// with `/` between its parts; it says how values are written in the file and is part of
/// the fingerprints.
#[must_use]
pub fn check_bytes(path: &str, bytes: &[u8], rules: &Rules) -> Vec<Finding> {
    decode::search(path, bytes, rules).findings
}

/// The text of `bytes` with every value masked that any rule claims, however unlikely it
/// is a secret: for lines that something else than this check wants to show.
#[must_use]
pub fn mask_secrets(path: &str, bytes: &[u8], rules: &Rules) -> String {
    let mut scan = Scan::new(FileContext::new(path, bytes), bytes);
    scan.run(rules);
    let masks = scan.candidates.into_iter().map(|c| c.value).collect();
    finding::masked(bytes, masks)
}
