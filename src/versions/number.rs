//! What all schemes share: numbers of any length, and lists that are compared part by part.

use std::cmp::Ordering;
use std::fmt;

/// A decimal number of any length. The order of the variants is part of it: what fits 64
/// bits is never kept in the long form, so the long form is the larger one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Number {
    Short(u64),
    /// Digits without leading zeros.
    Long(Box<str>),
}

impl Number {
    pub(super) const ZERO: Self = Self::Short(0);

    /// `None` unless the text is one or more ASCII digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(match text.parse() {
            Ok(number) => Self::Short(number),
            // More digits than 64 bits hold, unless most of them are leading zeros.
            Err(_) => Self::Long(text.trim_start_matches('0').into()),
        })
    }

    /// Splits the digits off the front of a text.
    pub(super) fn split_from(text: &str) -> (Option<Self>, &str) {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (digits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        (Self::parse(digits), rest)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Short(a), Self::Short(b)) => a.cmp(b),
            (Self::Short(_), Self::Long(_)) => Ordering::Less,
            (Self::Long(_), Self::Short(_)) => Ordering::Greater,
            // Without leading zeros the one with more digits is the larger one.
            (Self::Long(a), Self::Long(b)) => (a.len(), a).cmp(&(b.len(), b)),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(number) => number.fmt(f),
            Self::Long(digits) => f.write_str(digits),
        }
    }
}

/// The order of two lists part by part, where the shorter one goes on with `end`.
pub(super) fn compare_padded<T: Ord>(a: &[T], b: &[T], end: &T) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|i| a.get(i).unwrap_or(end).cmp(b.get(i).unwrap_or(end)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// A prefix that matches without regard to ASCII case, cut off.
pub(super) fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length_are_ordered_by_value() {
        let number = |text| Number::parse(text).unwrap();
        assert_eq!(number("007"), number("7"));
        let zeros = format!("{}7", "0".repeat(40));
        assert_eq!(number(&zeros), Number::Short(7));
        assert!(number("18446744073709551615") < number("18446744073709551616"));
        assert!(number("99999999999999999999") < number("100000000000000000000"));
        assert_eq!(
            number("0100000000000000000000").to_string(),
            "100000000000000000000"
        );
        for text in ["", "-1", "+1", "1a", "١"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }
}
