//! The prefilter: one pass that says where the keywords of all rules stand.
//!
//! Three bytes, hashed, are looked up in a table of bits that stays in the first cache, and
//! where the bit is set, four in a second one; where both are, the keywords that begin so
//! are compared. An automaton over all keywords needs a megabyte of tables and waits for one
//! of them at each byte.

use std::ops::Range;

/// Bits of a hash of three bytes.
const BITS: u32 = 15;
/// Number of these hashes.
const SLOTS: usize = 1 << BITS;
/// Bits of a hash of four bytes.
const WIDE_BITS: u32 = 17;
/// Number of these hashes.
const WIDE_SLOTS: usize = 1 << WIDE_BITS;
/// Spreads bytes over the hashes.
const FACTOR: u32 = 0x9E37_79B1;
/// Set in every byte before it is hashed, so that the two cases of a letter are one.
const FOLD: u8 = 0x20;

/// Keywords ready to search with, compared without regard to the case of ASCII letters.
#[derive(Debug)]
pub(super) struct Keywords {
    words: Vec<Box<[u8]>>,
    /// Per hash of three bytes, whether a keyword begins with such bytes.
    begins: Box<[u64; SLOTS / 64]>,
    /// The same of four bytes.
    begins_wide: Box<[u64; WIDE_SLOTS / 64]>,
    /// Per hash of three bytes, where its entries begin; one more at the end.
    starts: Vec<u32>,
    /// By hash.
    entries: Vec<Entry>,
    /// Keywords of a single byte, which may stand anywhere.
    single: Vec<Entry>,
}

/// A keyword by its first eight bytes, which decide nearly always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    head: u64,
    mask: u64,
    /// Index in `words`.
    word: u32,
}

impl Entry {
    fn of(word: &[u8], index: u32) -> Self {
        let mask = match word.len() {
            0..8 => (1 << (8 * word.len())) - 1,
            _ => u64::MAX,
        };
        Self {
            head: head(word) & mask,
            mask,
            word: index,
        }
    }
}

/// The first eight bytes, or as many as there are, folded.
fn head(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    match bytes.first_chunk() {
        Some(chunk) => first = *chunk,
        None => {
            for (to, from) in first.iter_mut().zip(bytes) {
                *to = *from;
            }
        }
    }
    u64::from_le_bytes(first) | u64::from_le_bytes([FOLD; 8])
}

impl Keywords {
    /// Takes the keywords; hits name them by their place here. Empty ones are never found.
    pub(super) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<Box<[u8]>> = words.into_iter().map(|w| w.as_bytes().into()).collect();
        let mut single = Vec::new();
        let mut placed: Vec<(usize, Entry)> = Vec::new();
        let mut begins_wide = Box::new([0; WIDE_SLOTS / 64]);
        for (index, word) in (0..).zip(&words) {
            let entry = Entry::of(word, index);
            // What follows a short one may be anything.
            let any = 0..=u8::MAX;
            match **word {
                [] => {}
                [_] => single.push(entry),
                [a, b] => {
                    for c in any.clone() {
                        placed.push((slot([a, b, c, 0]), entry));
                        let quads = any.clone().map(|d| wide_slot([a, b, c, d]));
                        quads.for_each(|slot| set(begins_wide.as_mut(), slot));
                    }
                }
                [a, b, c] => {
                    placed.push((slot([a, b, c, 0]), entry));
                    let quads = any.map(|d| wide_slot([a, b, c, d]));
                    quads.for_each(|slot| set(begins_wide.as_mut(), slot));
                }
                [a, b, c, d, ..] => {
                    placed.push((slot([a, b, c, d]), entry));
                    set(begins_wide.as_mut(), wide_slot([a, b, c, d]));
                }
            }
        }
        placed.sort_unstable();
        placed.dedup();
        let mut begins = Box::new([0; SLOTS / 64]);
        if !single.is_empty() {
            begins.fill(u64::MAX);
            begins_wide.fill(u64::MAX);
        }
        let mut starts = vec![0; SLOTS + 1];
        for (slot, _) in &placed {
            set(begins.as_mut(), *slot);
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
            begins_wide,
            starts,
            entries: placed.into_iter().map(|(_, entry)| entry).collect(),
            single,
        }
    }

    /// Calls `hit` with the index of each keyword and its place, sorted by where it begins;
    /// keywords may overlap.
    pub(super) fn find(&self, bytes: &[u8], mut hit: impl FnMut(usize, Range<usize>)) {
        let (mut read, mut window) = (0, 0_u32);
        // The first three bytes fill the window; three more after the end empty it again.
        // As a closure, the two parts of the chain become two loops.
        bytes.iter().chain(&[0; 3]).for_each(|byte| {
            window = window << 8 | u32::from(byte | FOLD);
            read += 1;
            let slot = slot_of(window);
            if is_set(self.begins.as_ref(), slot)
                && is_set(self.begins_wide.as_ref(), wide_slot_of(window))
                && read >= 4
            {
                self.compare(bytes, read - 4, slot, &mut hit);
            }
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
        let here = head(rest);
        for entry in self.single.iter().chain(entries.unwrap_or_default()) {
            if (here ^ entry.head) & entry.mask != 0 {
                continue;
            }
            let index = entry.word as usize;
            let Some(word) = self.words.get(index) else {
                continue;
            };
            // Folding takes `@` for a backquote, and the end of the text for a blank.
            let text = rest.get(..word.len());
            if text.is_some_and(|text| text.eq_ignore_ascii_case(word)) {
                hit(index, at..at + word.len());
            }
        }
    }
}

fn is_set(bits: &[u64], slot: usize) -> bool {
    let word = bits.get(slot / 64).copied().unwrap_or_default();
    word >> (slot % 64) & 1 == 1
}

fn set(bits: &mut [u64], slot: usize) {
    if let Some(word) = bits.get_mut(slot / 64) {
        *word |= 1 << (slot % 64);
    }
}

fn window(bytes: [u8; 4]) -> u32 {
    u32::from_be_bytes(bytes.map(|byte| byte | FOLD))
}

fn slot(first: [u8; 4]) -> usize {
    slot_of(window(first))
}

fn wide_slot(first: [u8; 4]) -> usize {
    wide_slot_of(window(first))
}

/// The hash of the first three bytes of a window.
fn slot_of(window: u32) -> usize {
    ((window & !0xFF).wrapping_mul(FACTOR) >> (u32::BITS - BITS)) as usize
}

/// The hash of all of it.
fn wide_slot_of(window: u32) -> usize {
    (window.wrapping_mul(FACTOR) >> (u32::BITS - WIDE_BITS)) as usize
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
