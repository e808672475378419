//! The prefilter: one pass that says where the keywords of all rules stand.
//!
//! Three bytes, hashed, are looked up in a table of bits that stays in the first cache;
//! where the bit is set, the keywords that begin so are compared. An automaton over all
//! keywords needs a megabyte of tables and waits for one of them at each byte.

use std::ops::Range;

/// Bits of a hash.
const BITS: u32 = 15;
/// Number of hashes.
const SLOTS: usize = 1 << BITS;
/// Spreads three bytes over the hashes.
const FACTOR: u32 = 0x9E37_79B1;
/// Set in every byte before it is hashed, so that the two cases of a letter are one.
const FOLD: u8 = 0x20;

/// Keywords ready to search with, compared without regard to the case of ASCII letters.
#[derive(Debug)]
pub(super) struct Keywords {
    words: Vec<Box<[u8]>>,
    /// Per hash, whether a keyword begins with such bytes.
    begins: Box<[u64; SLOTS / 64]>,
    /// Per hash, where its entries begin; one more at the end.
    starts: Vec<u32>,
    /// Indexes of `words`, by hash.
    entries: Vec<u32>,
    /// Indexes of keywords of a single byte, which may stand anywhere.
    single: Vec<u32>,
}

impl Keywords {
    /// Takes the keywords; hits name them by their place here. Empty ones are never found.
    pub(super) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<Box<[u8]>> = words.into_iter().map(|w| w.as_bytes().into()).collect();
        let mut single = Vec::new();
        let mut placed: Vec<(usize, u32)> = Vec::new();
        for (index, word) in (0..).zip(&words) {
            match **word {
                [] => {}
                [_] => single.push(index),
                // What follows may be anything: an entry for each third byte.
                [a, b] => placed.extend((0..=u8::MAX).map(|c| (slot([a, b, c]), index))),
                [a, b, c, ..] => placed.push((slot([a, b, c]), index)),
            }
        }
        placed.sort_unstable();
        placed.dedup();
        let all = if single.is_empty() { 0 } else { u64::MAX };
        let mut begins = Box::new([all; SLOTS / 64]);
        let mut starts = vec![0; SLOTS + 1];
        for (slot, _) in &placed {
            if let Some(bits) = begins.get_mut(slot / 64) {
                *bits |= 1 << (slot % 64);
            }
            if let Some(next) = starts.get_mut(slot + 1) {
                *next += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Self {
            words,
            begins,
            starts,
            entries: placed.into_iter().map(|(_, index)| index).collect(),
            single,
        }
    }

    /// Calls `hit` with the index of each keyword and its place, sorted by where it begins;
    /// keywords may overlap.
    pub(super) fn find(&self, bytes: &[u8], mut hit: impl FnMut(usize, Range<usize>)) {
        let (mut at, mut window) = (0, 0_u32);
        // The first two bytes fill the window; two more after the end empty it again. As a
        // closure, the two parts of the chain become two loops.
        bytes.iter().chain(&[0, 0]).for_each(|byte| {
            window = window << 8 | u32::from(byte | FOLD);
            let slot = slot_of(window);
            let bits = self.begins.get(slot / 64).copied().unwrap_or_default();
            if bits >> (slot % 64) & 1 == 1 && at >= 2 {
                self.compare(bytes, at - 2, slot, &mut hit);
            }
            at += 1;
        });
    }

    #[inline(never)]
    fn compare(
        &self,
        bytes: &[u8],
        at: usize,
        slot: usize,
        hit: &mut impl FnMut(usize, Range<usize>),
    ) {
        let place = |slot: usize| self.starts.get(slot).map_or(0, |start| *start as usize);
        let entries = self.entries.get(place(slot)..place(slot + 1));
        let rest = bytes.get(at..).unwrap_or_default();
        for index in self.single.iter().chain(entries.unwrap_or_default()) {
            let index = *index as usize;
            let Some(word) = self.words.get(index) else {
                continue;
            };
            let text = rest.get(..word.len());
            if text.is_some_and(|text| text.eq_ignore_ascii_case(word)) {
                hit(index, at..at + word.len());
            }
        }
    }
}

fn slot(first: [u8; 3]) -> usize {
    let push = |window: u32, byte: u8| window << 8 | u32::from(byte | FOLD);
    slot_of(first.into_iter().fold(0, push))
}

/// The hash of the last three bytes of a window.
fn slot_of(window: u32) -> usize {
    ((window << 8).wrapping_mul(FACTOR) >> (u32::BITS - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(words: &[String], text: &[u8]) -> Vec<(usize, Range<usize>)> {
        let mut hits = Vec::new();
        let keywords = Keywords::new(words.iter().map(String::as_str));
        keywords.find(text, |index, place| hits.push((place.start, index, place)));
        assert!(hits.is_sorted_by_key(|(start, ..)| *start), "{hits:?}");
        hits.sort_by_key(|(start, index, _)| (*start, *index));
        hits.into_iter().map(|(_, i, place)| (i, place)).collect()
    }

    /// Each keyword at each place, compared by hand.
    fn expected(words: &[String], text: &[u8]) -> Vec<(usize, Range<usize>)> {
        let mut hits = Vec::new();
        for at in 0..text.len() {
            for (index, word) in words.iter().enumerate() {
                let end = at + word.len();
                let here = text.get(at..end).unwrap_or_default();
                if !word.is_empty() && here.eq_ignore_ascii_case(word.as_bytes()) {
                    hits.push((index, at..end));
                }
            }
        }
        hits
    }

    #[test]
    fn keywords_are_found_in_either_case_and_at_both_ends() {
        let words = ["key", "pw", "keyring", "://", "é1"].map(str::to_owned);
        let text = "KeyRing=://pw keyPW \u{e9}1 pW".as_bytes();
        let hits = found(&words, text);
        assert_eq!(hits, expected(&words, text));
        assert_eq!(hits.len(), 8, "{hits:?}");
        assert_eq!(found(&words, b"pw"), [(1, 0..2)]);
        assert_eq!(found(&words, b"p"), []);
        assert_eq!(found(&words, b""), []);
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_stands_there(
            words in prop::collection::vec("[a-cA-C@`\\[{0]{0,5}", 0..12),
            text in prop::collection::vec(prop::sample::select(b"abcABC@`[{0\0 \xFF".to_vec()), 0..80),
        ) {
            prop_assert_eq!(found(&words, &text), expected(&words, &text));
        }
    }
}
