//! The grammar of markers.

use super::super::normalise;
use super::{Comparison, Marker, Set};
use pep440_rs::VersionSpecifier;
use std::str::FromStr as _;

/// Parentheses that may stand in one another.
const DEPTH_LIMIT: usize = 30;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'t> {
    Open,
    Close,
    /// Without its quotes.
    Text(&'t str),
    Word(&'t str),
    Operator(&'t str),
}

pub fn marker(text: &str) -> Option<Marker> {
    let tokens = tokens(text)?;
    let mut rest = tokens.as_slice();
    let marker = any(&mut rest, DEPTH_LIMIT)?;
    rest.is_empty().then_some(marker)
}

fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = match first {
            '(' | ')' => {
                let token = if first == '(' {
                    Token::Open
                } else {
                    Token::Close
                };
                tokens.push(token);
                rest.get(1..)?
            }
            '\'' | '"' => {
                let (inside, after) = rest.get(1..)?.split_once(first)?;
                tokens.push(Token::Text(inside));
                after
            }
            c if is_operator(c) => {
                let end = rest.find(|c| !is_operator(c)).unwrap_or(rest.len());
                let (operator, after) = rest.split_at_checked(end)?;
                tokens.push(Token::Operator(operator));
                after
            }
            c if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end)?;
                tokens.push(Token::Word(word));
                after
            }
            _ => return None,
        };
        rest = after.trim_start();
    }
    Some(tokens)
}

fn is_operator(c: char) -> bool {
    matches!(c, '<' | '>' | '=' | '!' | '~')
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

fn advance<'s, 't>(rest: &mut &'s [Token<'t>]) -> Option<&'s Token<'t>> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(first)
}

fn any(rest: &mut &[Token<'_>], depth: usize) -> Option<Marker> {
    let mut parts = vec![all(rest, depth)?];
    while rest.first() == Some(&Token::Word("or")) {
        advance(rest);
        parts.push(all(rest, depth)?);
    }
    Some(one_or(parts, Marker::Any))
}

fn all(rest: &mut &[Token<'_>], depth: usize) -> Option<Marker> {
    let mut parts = vec![comparison(rest, depth)?];
    while rest.first() == Some(&Token::Word("and")) {
        advance(rest);
        parts.push(comparison(rest, depth)?);
    }
    Some(one_or(parts, Marker::All))
}

fn one_or(mut parts: Vec<Marker>, many: fn(Vec<Marker>) -> Marker) -> Marker {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            many(parts)
        }
        (None, _) => many(parts),
    }
}

fn comparison(rest: &mut &[Token<'_>], depth: usize) -> Option<Marker> {
    let left = match advance(rest)? {
        Token::Open => {
            let inner = any(rest, depth.checked_sub(1)?)?;
            return (advance(rest)? == &Token::Close).then_some(inner);
        }
        token => token,
    };
    let operator = match advance(rest)? {
        Token::Operator(operator) => operator,
        Token::Word("in") => "in",
        Token::Word("not") if rest.first() == Some(&Token::Word("in")) => {
            advance(rest);
            "not in"
        }
        _ => return None,
    };
    let right = advance(rest)?;
    let comparison = match (left, right) {
        (Token::Word(word), _) | (_, Token::Word(word)) if is_keyword(word) => return None,
        (Token::Text(value), Token::Word(variable)) => of_text(value, operator, variable),
        (Token::Word(variable), Token::Text(value)) => of_variable(variable, operator, value),
        (Token::Text(_), Token::Text(_)) | (Token::Word(_), Token::Word(_)) => Comparison::Other,
        _ => return None,
    };
    Some(Marker::Comparison(comparison))
}

fn is_keyword(word: &str) -> bool {
    matches!(word, "and" | "or" | "in" | "not")
}

/// A comparison with the variable on the right.
fn of_text(value: &str, operator: &str, variable: &str) -> Comparison {
    let set = match variable {
        "extras" => Some(Set::Extras),
        "dependency_groups" => Some(Set::Groups),
        _ => None,
    };
    match (set, operator) {
        (Some(set), "in" | "not in") => Comparison::Member {
            set,
            name: normalise(value),
            wanted: operator == "in",
        },
        (_, "<") => of_variable(variable, ">", value),
        (_, "<=") => of_variable(variable, ">=", value),
        (_, ">") => of_variable(variable, "<", value),
        (_, ">=") => of_variable(variable, "<=", value),
        (_, "==" | "!=") => of_variable(variable, operator, value),
        _ => Comparison::Other,
    }
}

fn of_variable(variable: &str, operator: &str, value: &str) -> Comparison {
    match (variable, operator) {
        ("python_version" | "python_full_version", "===" | "in" | "not in") => Comparison::Other,
        ("python_version" | "python_full_version", _) => VersionSpecifier::from_str(&format!(
            "{operator}{value}"
        ))
        .map_or(Comparison::Other, |range| Comparison::Python {
            full: variable == "python_full_version",
            range,
        }),
        // One that has several values at once.
        ("extra", "==" | "!=") => Comparison::Extra {
            name: normalise(value),
            wanted: operator == "==",
        },
        // Those that compare as versions.
        ("extra" | "platform_release" | "platform_version" | "implementation_version", _) => {
            Comparison::Other
        }
        (_, "==" | "!=") => Comparison::Text {
            variable: variable.to_owned(),
            value: value.to_owned(),
            equal: operator == "==",
        },
        _ => Comparison::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_marker_is_refused() {
        for text in [
            "",
            "'a",
            "a ==",
            "(a == 'b'",
            "a == 'b')",
            "a == 'b' and",
            "a 'b'",
            "a not 'b'",
            "\u{e9} == 'b'",
            "and == or",
            "a == ('b')",
        ] {
            assert_eq!(marker(text), None, "{text}");
        }
        assert!(marker("os_name=='\u{e9}' and\t'x'<=python_version").is_some());
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |depth: usize| format!("{}a == 'b'{}", "(".repeat(depth), ")".repeat(depth));
        assert!(marker(&deep(30)).is_some());
        assert_eq!(marker(&deep(31)), None);
        assert_eq!(marker(&deep(100_000)), None);
    }
}
