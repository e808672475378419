//! Markers of a `pylock.toml`: who asks for a package. They extend the markers of
//! requirement lines by `'…' in extras` and `'…' in dependency_groups`
//! (<https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers>).

use crate::inventory::python::normalise;
use std::collections::BTreeSet;

/// Parentheses that may stand in one another.
const DEPTH_LIMIT: usize = 30;

/// A set of names that a marker can ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Extras,
    Groups,
}

/// A marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// One of them holds.
    Any(Vec<Selection>),
    /// All of them hold.
    All(Vec<Selection>),
    /// A name is among the extras or groups asked for, or is not.
    Member(Member),
    /// A comparison of the environment, as written.
    Environment(String),
}

/// `'name' in extras`, `'name' not in dependency_groups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    set: Set,
    name: String,
    wanted: bool,
}

impl Selection {
    /// Reads a marker; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let mut rest = tokens.as_slice();
        let selection = any(&mut rest, DEPTH_LIMIT)?;
        rest.is_empty().then_some(selection)
    }

    /// Whether the marker can hold in some environment, where these extras and groups are
    /// asked for.
    #[must_use]
    pub fn can_hold(&self, extras: &BTreeSet<String>, groups: &BTreeSet<String>) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.can_hold(extras, groups)),
            Self::All(parts) => parts.iter().all(|part| part.can_hold(extras, groups)),
            Self::Member(member) => {
                let names = match member.set {
                    Set::Extras => extras,
                    Set::Groups => groups,
                };
                names.contains(&member.name) == member.wanted
            }
            Self::Environment(_) => true,
        }
    }

    /// What the marker says of the environment, with every question about extras and
    /// groups answered so that it holds; `None` where nothing is left.
    #[must_use]
    pub fn environment(&self) -> Option<String> {
        match self {
            Self::Any(parts) => {
                let parts: Option<Vec<String>> = parts.iter().map(Self::environment).collect();
                Some(format!("({})", parts?.join(" or ")))
            }
            Self::All(parts) => {
                let parts: Vec<String> = parts.iter().filter_map(Self::environment).collect();
                (!parts.is_empty()).then(|| format!("({})", parts.join(" and ")))
            }
            Self::Member(_) => None,
            Self::Environment(text) => Some(text.clone()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    /// With its quotes.
    Text(String),
    Word(String),
    Operator(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => 1,
            '\'' | '"' => rest.get(1..)?.find(first)?.checked_add(2)?,
            c if is_operator(c) => rest.find(|c| !is_operator(c)).unwrap_or(rest.len()),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => return None,
        };
        let (token, after) = rest.split_at_checked(length)?;
        let text = token.to_owned();
        tokens.push(match first {
            '(' => Token::Open,
            ')' => Token::Close,
            '\'' | '"' => Token::Text(text),
            c if is_operator(c) => Token::Operator(text),
            _ => Token::Word(text),
        });
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

fn is_keyword(token: Option<&Token>, keyword: &str) -> bool {
    matches!(token, Some(Token::Word(word)) if word == keyword)
}

fn advance<'t>(rest: &mut &'t [Token]) -> Option<&'t Token> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(first)
}

fn any(rest: &mut &[Token], depth: usize) -> Option<Selection> {
    let mut parts = vec![all(rest, depth)?];
    while is_keyword(rest.first(), "or") {
        advance(rest);
        parts.push(all(rest, depth)?);
    }
    Some(one_or(parts, Selection::Any))
}

fn all(rest: &mut &[Token], depth: usize) -> Option<Selection> {
    let mut parts = vec![comparison(rest, depth)?];
    while is_keyword(rest.first(), "and") {
        advance(rest);
        parts.push(comparison(rest, depth)?);
    }
    Some(one_or(parts, Selection::All))
}

fn one_or(mut parts: Vec<Selection>, many: fn(Vec<Selection>) -> Selection) -> Selection {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            many(parts)
        }
        (None, _) => many(parts),
    }
}

fn comparison(rest: &mut &[Token], depth: usize) -> Option<Selection> {
    let left = match advance(rest)? {
        Token::Open => {
            let inner = any(rest, depth.checked_sub(1)?)?;
            return matches!(advance(rest)?, Token::Close).then_some(inner);
        }
        token => operand(token)?,
    };
    let (operator, is_member, wanted) = match advance(rest)? {
        Token::Operator(operator) => (operator.clone(), false, true),
        Token::Word(word) if word == "in" => (word.clone(), true, true),
        Token::Word(word) if word == "not" && is_keyword(rest.first(), "in") => {
            advance(rest);
            ("not in".to_owned(), true, false)
        }
        _ => return None,
    };
    let right = operand(advance(rest)?)?;
    let set = match right {
        "extras" => Some(Set::Extras),
        "dependency_groups" => Some(Set::Groups),
        _ => None,
    };
    Some(match set {
        Some(set) if is_member => Selection::Member(Member {
            set,
            name: normalise(left.trim_matches(['\'', '"'])),
            wanted,
        }),
        _ => Selection::Environment(format!("{left} {operator} {right}")),
    })
}

fn operand(token: &Token) -> Option<&str> {
    match token {
        Token::Text(text) => Some(text),
        Token::Word(word) if !matches!(word.as_str(), "and" | "or" | "in" | "not") => Some(word),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_marker_says_who_asks_for_a_package() {
        let marker = Selection::parse(
            "python_version >= '3.9' and ('Dev' in dependency_groups or \"a.b\" in extras)",
        )
        .unwrap();
        let none = names(&[]);
        assert!(!marker.can_hold(&none, &none));
        assert!(marker.can_hold(&none, &names(&["dev"])));
        assert!(marker.can_hold(&names(&["a-b"]), &none));
        assert_eq!(
            marker.environment().as_deref(),
            Some("(python_version >= '3.9')")
        );
        let without = Selection::parse("'dev' not in dependency_groups").unwrap();
        assert!(without.can_hold(&none, &none) && !without.can_hold(&none, &names(&["dev"])));
        assert_eq!(without.environment(), None);
    }

    #[test]
    fn a_choice_with_a_group_says_nothing_of_the_environment() {
        let marker = Selection::parse("os_name == 'nt' or 'x' in extras").unwrap();
        assert_eq!(marker.environment(), None);
        let marker = Selection::parse("os_name == 'nt' or os_name != \"a b\"").unwrap();
        assert_eq!(
            marker.environment().as_deref(),
            Some("(os_name == 'nt' or os_name != \"a b\")")
        );
    }

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
            "é == 'b'",
            "and == or",
        ] {
            assert_eq!(Selection::parse(text), None, "{text}");
        }
        let deep = format!("{}a == 'b'{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(Selection::parse(&deep), None);
        let nested = format!("{}a == 'b'{}", "(".repeat(30), ")".repeat(30));
        assert!(Selection::parse(&nested).is_some());
    }
}
