//! Matching of shapes at a place in the bytes: forwards from a keyword, backwards for
//! what stands before it, and the bounds that tell a token from a part of something
//! longer.

use super::shape::{Class, Piece, Shape};
use std::ops::Range;

/// Counts the bytes that matchers look at, so that a test can hold the engine to linear
/// work without a stopwatch.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work(pub u64);

impl Work {
    pub(super) fn add(&mut self, steps: usize) {
        self.0 = self.0.saturating_add(steps as u64);
    }
}

/// The range of a whole shape whose piece `anchor` begins at `at`, where its outer
/// bounds hold too.
pub(super) fn match_around(
    shape: &Shape,
    anchor: usize,
    bytes: &[u8],
    at: usize,
    work: &mut Work,
) -> Option<Range<usize>> {
    let mut start = at;
    for piece in shape.pieces.get(..anchor)?.iter().rev() {
        start = step_back(piece, bytes, start, work)?;
    }
    // The bounds before are checked first: they refuse most hits at once.
    if !left_bound(bytes, start, shape.pieces.first()) {
        return None;
    }
    let mut end = at;
    for piece in shape.pieces.get(anchor..)? {
        end = step_forward(piece, bytes, end, work)?;
    }
    right_bound(bytes, end, shape.pieces.last()).then_some(start..end)
}

/// The range of a shape that begins exactly at `at`; the caller vouches for what stands
/// before it.
pub(super) fn match_at(
    shape: &Shape,
    bytes: &[u8],
    at: usize,
    work: &mut Work,
) -> Option<Range<usize>> {
    let mut end = at;
    for piece in &shape.pieces {
        end = step_forward(piece, bytes, end, work)?;
    }
    right_bound(bytes, end, shape.pieces.last()).then_some(at..end)
}

fn step_forward(piece: &Piece, bytes: &[u8], at: usize, work: &mut Work) -> Option<usize> {
    let rest = bytes.get(at..)?;
    match piece {
        Piece::Text(text) => {
            work.add(text.len());
            rest.starts_with(text.as_bytes()).then(|| at + text.len())
        }
        Piece::OneOf(texts) => {
            work.add(texts.iter().map(String::len).sum());
            texts
                .iter()
                .find(|text| rest.starts_with(text.as_bytes()))
                .map(|text| at + text.len())
        }
        Piece::Run { class, min, max } => {
            let taken = rest
                .iter()
                .take(*max)
                .take_while(|b| class.contains(**b))
                .count();
            work.add(taken + 1);
            (taken >= *min).then_some(at + taken)
        }
    }
}

fn step_back(piece: &Piece, bytes: &[u8], end: usize, work: &mut Work) -> Option<usize> {
    let before = bytes.get(..end)?;
    match piece {
        Piece::Text(text) => {
            work.add(text.len());
            before.ends_with(text.as_bytes()).then(|| end - text.len())
        }
        Piece::OneOf(texts) => {
            work.add(texts.iter().map(String::len).sum());
            texts
                .iter()
                .find(|text| before.ends_with(text.as_bytes()))
                .map(|text| end - text.len())
        }
        Piece::Run { class, min, max } => {
            let taken = before
                .iter()
                .rev()
                .take(*max)
                .take_while(|b| class.contains(**b))
                .count();
            work.add(taken + 1);
            (taken >= *min).then_some(end - taken)
        }
    }
}

/// Whether something of its own can begin at `start`: the byte before is no part of a
/// word or of the first class. The letter of an escape (`\n`, `%3D`, `\u003d`) is not a
/// part of what follows it.
pub(super) fn left_bound(bytes: &[u8], start: usize, first: Option<&Piece>) -> bool {
    let before = bytes.get(..start).unwrap_or_default();
    let Some(&last) = before.last() else {
        return true;
    };
    let in_class = match first {
        Some(Piece::Run { class, .. }) => class.contains(last),
        // A text that itself begins with a separator may follow anything.
        Some(Piece::Text(text)) if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) => {
            return true;
        }
        _ => false,
    };
    (!in_class && !Class::Word.contains(last)) || ends_with_escape(before)
}

/// Whether a word of a name begins at `at`: `key` does in `api_key`, `api-key`, `apiKey`
/// and `APIKey`, but not in `monkey`.
pub(super) fn begins_a_word(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    let (Some(last), Some(first)) = (before.last(), bytes.get(at)) else {
        return true;
    };
    let next_is_lower = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
    !last.is_ascii_alphanumeric()
        || (first.is_ascii_uppercase() && (!last.is_ascii_uppercase() || next_is_lower))
        || ends_with_escape(before)
}

fn ends_with_escape(before: &[u8]) -> bool {
    match before {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., b'%', a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        [.., b'\\', b'x', a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit),
        _ => false,
    }
}

/// Whether the token ends at `end`: the byte after is no part of a word or of the last
/// class.
fn right_bound(bytes: &[u8], end: usize, last: Option<&Piece>) -> bool {
    let Some(&next) = bytes.get(end) else {
        return true;
    };
    let in_class = match last {
        Some(Piece::Run { class, .. }) => class.contains(next),
        _ => false,
    };
    !in_class && !Class::Word.contains(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(shape: &str, text: &str) -> Option<Range<usize>> {
        let shape = Shape::parse(shape).unwrap();
        let (anchor, texts) = shape.anchor().unwrap();
        let at = texts.iter().find_map(|t| text.find(t)).unwrap();
        match_around(&shape, anchor, text.as_bytes(), at, &mut Work::default())
    }

    #[test]
    fn a_shape_matches_only_as_a_whole_word() {
        assert_eq!(found("abc_{hex:4}", "x=abc_12ef;"), Some(2..10));
        assert_eq!(found("abc_{hex:4}", "abc_12ef"), Some(0..8));
        assert_eq!(found("abc_{hex:4}", "xabc_12ef"), None);
        assert_eq!(found("abc_{hex:4}", "abc_12efa"), None);
        assert_eq!(found("abc_{hex:4}", "abc_12efz"), None);
        assert_eq!(found("abc_{hex:4}", "abc_12e"), None);
    }

    #[test]
    fn what_stands_before_the_anchor_is_matched_backwards() {
        assert_eq!(
            found("{hex:4}-zone{digit:1-2}", "k=12ef-zone12"),
            Some(2..13)
        );
        assert_eq!(found("{hex:4}-zone{digit:1-2}", "k=912ef-zone12"), None);
        assert_eq!(found("{hex:4}-zone{digit:1-2}", "2ef-zone12"), None);
    }

    #[test]
    fn a_word_of_a_name_begins_at_a_separator_or_a_change_of_case() {
        for name in [
            "key", "api_key", "api-key", "apiKey", "APIKey", "s3Key", "a\\nkey",
        ] {
            let at = name.to_ascii_lowercase().find("key").unwrap();
            assert!(begins_a_word(name.as_bytes(), at), "{name}");
        }
        for name in ["monkey", "MONKEY", "Monkey", "api2key"] {
            let at = name.to_ascii_lowercase().find("key").unwrap();
            assert!(!begins_a_word(name.as_bytes(), at), "{name}");
        }
    }

    #[test]
    fn an_escape_before_a_token_is_not_part_of_it() {
        assert_eq!(found("abc_{hex:4}", "a\\nabc_12ef"), Some(3..11));
        assert_eq!(found("abc_{hex:4}", "a%3Dabc_12ef"), Some(4..12));
        assert_eq!(found("abc_{hex:4}", "a\\u003dabc_12ef"), Some(7..15));
        assert_eq!(found("abc_{hex:4}", "anabc_12ef"), None);
    }
}
