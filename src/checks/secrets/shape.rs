//! The small language in which a rule says what a token looks like, and its parser. A
//! shape text comes in, pieces with bounds come out. `build.rs` compiles this file too,
//! to refuse a malformed rule before it is embedded, so it uses nothing but `std`.
//!
//! * `ghp_` stands for itself.
//! * `{alnum:36}`, `{digit:10-13}` is that many bytes of a class.
//! * `{live|prod}` is one of these texts.
//!
//! A piece always takes as many bytes as it can and never gives one back. That is right
//! only where the next piece cannot begin with a byte of the class before it, which
//! [`Shape::parse`] checks: matching is then linear and needs no backtracking.

use std::fmt;

/// Most bytes that a whole shape may cover, so that the work at one keyword is bounded.
pub const MAX_SHAPE_LENGTH: usize = 4096;

/// A set of ASCII bytes that tokens are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `0-9`
    Digit,
    /// `a-z`
    Lower,
    /// `A-Z`
    Upper,
    /// `A-Z a-z`
    Alpha,
    /// `a-z 0-9`
    LowerAlnum,
    /// `A-Z 0-9`
    UpperAlnum,
    /// `A-Z a-z 0-9`
    Alnum,
    /// `0-9 a-f`
    Hex,
    /// `0-9 A-F`
    UpperHex,
    /// `0-9 a-f A-F`
    AnyHex,
    /// `A-Z 2-7` (RFC 4648 section 6, no padding)
    Base32,
    /// `A-Z a-z 0-9 + /` (RFC 4648 section 4, no padding)
    Base64,
    /// `A-Z a-z 0-9 - _` (RFC 4648 section 5, no padding)
    Base64Url,
    /// `A-Z a-z 0-9 _`
    Word,
    /// `A-Z a-z 0-9 - _ .`
    Dotted,
    /// `A-Z a-z 0-9 - _ . ~` (RFC 3986 unreserved)
    Unreserved,
    /// `A-Z a-z 0-9 - _ . ~ %`: the same, percent-encoded
    Percent,
    /// The 32 upper-case letters and digits of Bech32 (BIP 173)
    Bech32,
    /// `=`
    Pad,
}

impl Class {
    const NAMES: [(&'static str, Self); 19] = [
        ("digit", Self::Digit),
        ("lower", Self::Lower),
        ("upper", Self::Upper),
        ("alpha", Self::Alpha),
        ("lower-alnum", Self::LowerAlnum),
        ("upper-alnum", Self::UpperAlnum),
        ("alnum", Self::Alnum),
        ("hex", Self::Hex),
        ("upper-hex", Self::UpperHex),
        ("any-hex", Self::AnyHex),
        ("base32", Self::Base32),
        ("base64", Self::Base64),
        ("base64url", Self::Base64Url),
        ("word", Self::Word),
        ("dotted", Self::Dotted),
        ("unreserved", Self::Unreserved),
        ("percent", Self::Percent),
        ("bech32", Self::Bech32),
        ("pad", Self::Pad),
    ];

    fn from_name(name: &str) -> Option<Self> {
        Self::NAMES
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, class)| class)
    }

    /// Whether the byte belongs to the class.
    pub fn contains(self, byte: u8) -> bool {
        let alnum = byte.is_ascii_alphanumeric();
        match self {
            Self::Digit => byte.is_ascii_digit(),
            Self::Lower => byte.is_ascii_lowercase(),
            Self::Upper => byte.is_ascii_uppercase(),
            Self::Alpha => byte.is_ascii_alphabetic(),
            Self::LowerAlnum => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
            Self::UpperAlnum => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => alnum,
            Self::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            Self::UpperHex => byte.is_ascii_digit() || matches!(byte, b'A'..=b'F'),
            Self::AnyHex => byte.is_ascii_hexdigit(),
            Self::Base32 => byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7'),
            Self::Base64 => alnum || matches!(byte, b'+' | b'/'),
            Self::Base64Url => alnum || matches!(byte, b'-' | b'_'),
            Self::Word => alnum || byte == b'_',
            Self::Dotted => alnum || matches!(byte, b'-' | b'_' | b'.'),
            Self::Unreserved => alnum || matches!(byte, b'-' | b'_' | b'.' | b'~'),
            Self::Percent => alnum || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'%'),
            Self::Bech32 => {
                (byte.is_ascii_uppercase() || byte.is_ascii_digit())
                    && !matches!(byte, b'1' | b'B' | b'I' | b'O')
            }
            Self::Pad => byte == b'=',
        }
    }
}

/// One part of a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// This very text.
    Text(String),
    /// One of these texts; the first that fits.
    OneOf(Vec<String>),
    /// Between `min` and `max` bytes of a class.
    Run {
        /// The class.
        class: Class,
        /// Fewest bytes.
        min: usize,
        /// Most bytes.
        max: usize,
    },
}

impl Piece {
    fn longest(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::OneOf(texts) => texts.iter().map(String::len).max().unwrap_or(0),
            Self::Run { max, .. } => *max,
        }
    }

    fn may_be_empty(&self) -> bool {
        matches!(self, Self::Run { min: 0, .. })
    }

    fn may_end_in(&self, class: Class) -> bool {
        let last_of = |text: &String| text.bytes().next_back().is_some_and(|b| class.contains(b));
        match self {
            Self::Text(text) => last_of(text),
            Self::OneOf(texts) => texts.iter().any(last_of),
            Self::Run { .. } => self.may_begin_in(class),
        }
    }

    fn may_begin_in(&self, class: Class) -> bool {
        let first_of = |text: &String| text.bytes().next().is_some_and(|b| class.contains(b));
        match self {
            Self::Text(text) => first_of(text),
            Self::OneOf(texts) => texts.iter().any(first_of),
            Self::Run { class: own, .. } => {
                (0..=127_u8).any(|b| own.contains(b) && class.contains(b))
            }
        }
    }
}

/// Why a shape text is not a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShapeError {
    /// `{` without `}`, or a `}` alone.
    Unbalanced,
    /// `{…}` is neither `class:n`, `class:min-max` nor `a|b`.
    BadPiece(String),
    /// No class has this name.
    UnknownClass(String),
    /// The run before this piece would swallow its beginning.
    Ambiguous(String),
    /// No text of three bytes or more that a search could begin with.
    NoAnchor,
    /// It covers more than [`MAX_SHAPE_LENGTH`] bytes.
    TooLong,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbalanced => f.write_str("a `{` or `}` has no partner"),
            Self::BadPiece(piece) => write!(
                f,
                "`{{{piece}}}` is neither `{{class:n}}`, `{{class:min-max}}` nor `{{a|b}}`"
            ),
            Self::UnknownClass(name) => write!(f, "no byte class is called `{name}`"),
            Self::Ambiguous(piece) => {
                write!(f, "the run before {piece} would swallow its beginning")
            }
            Self::NoAnchor => f.write_str("no fixed text of three bytes or more to search for"),
            Self::TooLong => write!(f, "it covers more than {MAX_SHAPE_LENGTH} bytes"),
        }
    }
}

impl std::error::Error for ShapeError {}

/// The pieces of a token, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// At least one piece.
    pub pieces: Vec<Piece>,
}

impl Shape {
    /// Reads a shape text.
    ///
    /// # Errors
    /// Every variant of [`ShapeError`] but `NoAnchor`, which [`Shape::anchor`] finds.
    pub fn parse(text: &str) -> Result<Self, ShapeError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('{') {
                let (piece, after) = inside.split_once('}').ok_or(ShapeError::Unbalanced)?;
                pieces.push(parse_piece(piece)?);
                rest = after;
                continue;
            }
            let end = rest.find(['{', '}']).unwrap_or(rest.len());
            if end == 0 {
                return Err(ShapeError::Unbalanced);
            }
            let (fixed, after) = rest.split_at(end);
            pieces.push(Piece::Text(fixed.to_owned()));
            rest = after;
        }
        let shape = Self { pieces };
        shape.check()?;
        Ok(shape)
    }

    fn check(&self) -> Result<(), ShapeError> {
        if self.pieces.iter().map(Piece::longest).sum::<usize>() > MAX_SHAPE_LENGTH {
            return Err(ShapeError::TooLong);
        }
        for (i, piece) in self.pieces.iter().enumerate() {
            let Piece::Run { class, min, max } = piece else {
                continue;
            };
            if min == max {
                continue;
            }
            for next in self.pieces.iter().skip(i + 1) {
                if next.may_begin_in(*class) {
                    return Err(ShapeError::Ambiguous(format!("{next:?}")));
                }
                if !next.may_be_empty() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Index of the piece that a search begins with, and its texts: the longest fixed
    /// one of three bytes or more from which the pieces before can be matched backwards
    /// without backtracking.
    ///
    /// # Errors
    /// [`ShapeError::NoAnchor`].
    pub fn anchor(&self) -> Result<(usize, Vec<&str>), ShapeError> {
        let mut best: Option<(usize, Vec<&str>)> = None;
        let mut longest = 2;
        for (i, piece) in self.pieces.iter().enumerate() {
            let texts: Vec<&str> = match piece {
                Piece::Text(text) => vec![text],
                Piece::OneOf(texts) => texts.iter().map(String::as_str).collect(),
                Piece::Run { .. } => continue,
            };
            let length = texts.iter().map(|t| t.len()).min().unwrap_or(0);
            if length > longest && self.can_step_back(i) {
                longest = length;
                best = Some((i, texts));
            }
        }
        best.ok_or(ShapeError::NoAnchor)
    }

    /// Whether each run of variable length before the piece stands behind something
    /// that it cannot swallow.
    fn can_step_back(&self, anchor: usize) -> bool {
        self.pieces
            .iter()
            .take(anchor)
            .enumerate()
            .all(|(i, piece)| match piece {
                Piece::Run { class, min, max } if min != max => i
                    .checked_sub(1)
                    .and_then(|before| self.pieces.get(before))
                    .is_none_or(|before| !before.may_be_empty() && !before.may_end_in(*class)),
                _ => true,
            })
    }
}

fn parse_piece(inside: &str) -> Result<Piece, ShapeError> {
    let bad = || ShapeError::BadPiece(inside.to_owned());
    if inside.contains('|') {
        let texts: Vec<String> = inside.split('|').map(str::to_owned).collect();
        if texts.iter().any(String::is_empty) {
            return Err(bad());
        }
        return Ok(Piece::OneOf(texts));
    }
    let (name, count) = inside.split_once(':').ok_or_else(bad)?;
    let class = Class::from_name(name).ok_or_else(|| ShapeError::UnknownClass(name.to_owned()))?;
    let (min, max) = count.split_once('-').unwrap_or((count, count));
    let (min, max): (usize, usize) = match (min.parse(), max.parse()) {
        (Ok(min), Ok(max)) => (min, max),
        _ => return Err(bad()),
    };
    if min > max || max == 0 || max > MAX_SHAPE_LENGTH {
        return Err(bad());
    }
    Ok(Piece::Run { class, min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_read_piece_by_piece() {
        let shape = Shape::parse("sk_{live|prod}_{alnum:10-99}").unwrap();
        assert_eq!(
            shape.pieces,
            [
                Piece::Text("sk_".to_owned()),
                Piece::OneOf(vec!["live".to_owned(), "prod".to_owned()]),
                Piece::Text("_".to_owned()),
                Piece::Run {
                    class: Class::Alnum,
                    min: 10,
                    max: 99
                },
            ]
        );
        assert_eq!(shape.anchor().unwrap(), (1, vec!["live", "prod"]));
    }

    #[test]
    fn a_shape_that_would_need_backtracking_is_refused() {
        assert!(matches!(
            Shape::parse("x{base64url:5-9}-{digit:2}"),
            Err(ShapeError::Ambiguous(_))
        ));
        assert!(matches!(
            Shape::parse("abc{alnum:5-9}{pad:0-2}{hex:1}"),
            Err(ShapeError::Ambiguous(_))
        ));
        assert!(Shape::parse("abc{alnum:5-9}{pad:0-2}.{hex:1}").is_ok());
        assert!(Shape::parse("abc{base64url:5}-{digit:2}").is_ok());
    }

    #[test]
    fn a_search_begins_with_the_longest_text_that_can_be_stepped_back_from() {
        let anchor = |text: &str| Shape::parse(text).unwrap().anchor().map(|(i, _)| i);
        assert_eq!(anchor("sk-{alnum:20}MIDDLE{alnum:20}"), Ok(2));
        assert_eq!(anchor("abc{alnum:2-9}-MIDDLE{alnum:20}"), Ok(0));
        assert_eq!(anchor("ab-{alnum:2-9}-MIDDLE{alnum:20}"), Ok(2));
    }

    #[test]
    fn malformed_shapes_name_their_fault() {
        assert_eq!(Shape::parse("a{hex:3"), Err(ShapeError::Unbalanced));
        assert_eq!(Shape::parse("a}"), Err(ShapeError::Unbalanced));
        assert!(matches!(
            Shape::parse("{hex}"),
            Err(ShapeError::BadPiece(_))
        ));
        assert!(matches!(
            Shape::parse("{hex:9-3}"),
            Err(ShapeError::BadPiece(_))
        ));
        assert!(matches!(
            Shape::parse("{hexx:3}"),
            Err(ShapeError::UnknownClass(_))
        ));
        assert_eq!(
            Shape::parse("{hex:4000}-{hex:4000}"),
            Err(ShapeError::TooLong)
        );
        assert_eq!(
            Shape::parse("{hex:32}-u").unwrap().anchor(),
            Err(ShapeError::NoAnchor)
        );
    }
}
