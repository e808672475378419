//! Candidates: what a recogniser claims about a range of bytes, and which claims stay
//! where several overlap.

use super::kind::Kind;
use crate::model::{Confidence, Validity};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

/// A claim that a range of the file is a secret.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// The value, without quotes; never empty.
    pub value: Range<usize>,
    /// The byte whose line and column are shown.
    pub at: usize,
    /// What it is.
    pub kind: &'static Kind,
    /// How sure.
    pub confidence: Confidence,
    /// What its structure says.
    pub validity: Validity,
    /// How narrow the shape is that it fits: of two claims that are alike in all else,
    /// the narrower one is right (`sk_live_` and 40 hex digits is not any `sk_live_`).
    pub narrow: usize,
    /// Why it is a claim, and why it is no surer: for `--explain`.
    pub why: Vec<&'static str>,
}

/// What looked like a secret to a rule and is none: for `--explain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dropped {
    /// The value, without quotes; never empty.
    pub value: Range<usize>,
    /// What it would have been.
    pub kind: &'static Kind,
    /// What it is instead, or what speaks against it.
    pub why: &'static str,
}

/// Why a guess counts less: what holds examples.
pub(super) const MADE_UP: &str = "in a test, an example or documentation, where values are made up";
/// Why a claim counts less: what its structure says.
pub(super) const MISMATCH: &str = "its structure or checksum does not hold";
/// Why a claim is a mere possibility: what its value says.
pub(super) const STAND_IN: &str = "the value stands for one: a sample, filler or a manual's word";

impl Candidate {
    /// A claim shown where its value begins, with nothing to check in its structure.
    pub(super) fn new(value: Range<usize>, kind: &'static Kind, confidence: Confidence) -> Self {
        Self {
            at: value.start,
            value,
            kind,
            confidence,
            validity: Validity::Unknown,
            narrow: 0,
            why: Vec::new(),
        }
    }

    /// The same, with a reason for its confidence.
    pub(super) fn because(mut self, reason: &'static str) -> Self {
        if !self.why.contains(&reason) {
            self.why.push(reason);
        }
        self
    }

    /// This as a candidate that is dropped.
    pub(super) fn dropped(&self, why: &'static str) -> Dropped {
        Dropped {
            value: self.value.clone(),
            kind: self.kind,
            why,
        }
    }

    /// Whether this claims what was dropped elsewhere.
    pub(super) fn is_at(&self, dropped: &Dropped) -> bool {
        self.kind.id == dropped.kind.id && self.value == dropped.value
    }

    /// The same, one step less sure for this reason where `doubt` holds.
    pub(super) fn doubted(mut self, doubt: bool, reason: &'static str) -> Self {
        if doubt {
            self.confidence = lowered(self.confidence);
            return self.because(reason);
        }
        self
    }
}

/// One step less sure.
pub(super) fn lowered(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::High => Confidence::Medium,
        Confidence::Medium | Confidence::Low => Confidence::Low,
    }
}

/// How much a kind says; the more telling claim wins an overlap. A rule of one's own adds
/// and never weakens: any built-in claim that is more than a possibility wins.
fn rank(kind: &Kind) -> u8 {
    match kind.rule.id {
        // A key's body is base64, in which any short prefix may occur.
        "secrets/private-key" => 8,
        "secrets/provider-token" => 7,
        "secrets/credential-file" => 6,
        "secrets/connection-string" => 5,
        "secrets/url-credential" => 4,
        "secrets/authorization-header" => 3,
        "secrets/jwt" => 2,
        "secrets/own-rule" => 0,
        _ => 1,
    }
}

/// The claims that stay: of any that overlap, the most telling one; a mere possibility
/// never displaces something likely. Sorted by place. Gives `displaced` each other one.
pub(super) fn most_telling(
    mut candidates: Vec<Candidate>,
    mut displaced: impl FnMut(&Candidate),
) -> Vec<Candidate> {
    candidates.sort_by_key(|c| {
        (
            Reverse(c.confidence > Confidence::Low),
            Reverse(rank(c.kind)),
            Reverse(c.confidence),
            Reverse(c.value.len()),
            Reverse(c.narrow),
            c.value.start,
            c.kind.id,
        )
    });
    let mut kept: BTreeMap<usize, Candidate> = BTreeMap::new();
    for candidate in candidates {
        // Kept ranges are disjoint, so only the last one that begins before this one's
        // end can overlap it.
        let overlaps = kept
            .range(..candidate.value.end)
            .next_back()
            .is_some_and(|(_, other)| other.value.end > candidate.value.start);
        if overlaps {
            displaced(&candidate);
        } else {
            kept.insert(candidate.value.start, candidate);
        }
    }
    kept.into_values().collect()
}
