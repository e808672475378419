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
}

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
        }
    }

    /// The same, one step less sure where `doubt` holds.
    pub(super) fn doubted(mut self, doubt: bool) -> Self {
        if doubt {
            self.confidence = lowered(self.confidence);
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
/// never displaces something likely. Sorted by place.
pub(super) fn most_telling(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
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
        if !overlaps {
            kept.insert(candidate.value.start, candidate);
        }
    }
    kept.into_values().collect()
}
