//! Lists of `a < b`, `a = b` and `a > b`, one comparison a line.

use super::{LineError, Scheme, compare_as_written};
use std::cmp::Ordering;

/// Longest line, in bytes.
pub const MAX_LINE_BYTES: usize = 4096;
/// Most lines in a list.
pub const MAX_LINES: usize = 1_000_000;

/// What a line claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `<`
    Less,
    /// `=`
    Equal,
    /// `>`
    Greater,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine<'a> {
    /// 1-based line number.
    pub number: usize,
    /// The line without surrounding blanks.
    pub text: &'a str,
    /// The version on the left.
    pub left: &'a str,
    /// What the line claims.
    pub relation: Relation,
    /// The version on the right.
    pub right: &'a str,
}

impl OrderLine<'_> {
    /// Why the line does not hold in a scheme; `None` where it holds.
    #[must_use]
    pub fn failure(&self, scheme: Scheme) -> Option<String> {
        let order = match compare_as_written(scheme, self.left, self.right) {
            Ok(order) => order,
            Err(incomparable) => return Some(incomparable.to_string()),
        };
        let (holds, sign) = match order {
            Ordering::Less => (self.relation == Relation::Less, '<'),
            Ordering::Equal => (self.relation == Relation::Equal, '='),
            Ordering::Greater => (self.relation == Relation::Greater, '>'),
        };
        (!holds).then(|| format!("in fact {} {sign} {}", self.left, self.right))
    }
}

/// The comparisons of a text. Empty lines and lines that start with `#` or `//` are
/// comments.
///
/// # Errors
/// [`LineError`] for the first line that is malformed or over a limit.
pub fn parse_order_lines(text: &str) -> Result<Vec<OrderLine<'_>>, LineError> {
    let mut lines = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        let number = index + 1;
        if number > MAX_LINES {
            return Err(LineError::TooMany);
        }
        if raw.len() > MAX_LINE_BYTES {
            return Err(LineError::TooLong { line: number });
        }
        let text = raw.trim();
        if text.is_empty() || text.starts_with('#') || text.starts_with("//") {
            continue;
        }
        lines.push(parse_line(number, text)?);
    }
    Ok(lines)
}

fn parse_line(number: usize, text: &str) -> Result<OrderLine<'_>, LineError> {
    let malformed = || LineError::Malformed {
        line: number,
        text: text.chars().take(80).collect(),
    };
    let mut words = text.split_whitespace();
    let (Some(left), Some(sign), Some(right), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(malformed());
    };
    let relation = match sign {
        "<" => Relation::Less,
        "=" => Relation::Equal,
        ">" => Relation::Greater,
        _ => return Err(malformed()),
    };
    Ok(OrderLine {
        number,
        text,
        left,
        relation,
        right,
    })
}
