//! Alpine (`apk version`, <https://gitlab.alpinelinux.org/alpine/apk-tools>, `src/version.c`),
//! also for Wolfi, Chainguard and their kin:
//! `NUMBER(.NUMBER)*[LETTER](_SUFFIX[NUMBER])*[~HASH][-rNUMBER]`.
//!
//! What `apk version --check` calls invalid has no place. `apk version --test` compares
//! such texts all the same, otherwise from release to release: [`compare_as_written`] does
//! so as the published list of OSV's scanner says.

use super::Incomparable;
use super::number::{Number, compare_padded};
use std::cmp::Ordering;
use std::fmt::Write as _;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AlpineVersion(Vec<Token>);

/// The order of the variants is part of it: where one version has a token of another kind
/// than the other, the earlier variant is the earlier version. `End` is what a shorter
/// version goes on with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Before(Before),
    End,
    Revision(Number),
    Hash(Box<str>),
    SuffixNumber(Number),
    After(After),
    Letter(u8),
    /// A number that starts with a zero, but for the first one: compared as text.
    Zeroed(Box<str>),
    Number(Number),
}

/// A suffix that comes before the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Before {
    Alpha,
    Beta,
    Pre,
    Rc,
}

/// A suffix that comes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum After {
    Cvs,
    Svn,
    Git,
    Hg,
    P,
}

impl AlpineVersion {
    pub(super) fn parse(text: &str) -> Result<Self, Incomparable> {
        match read(text.trim()) {
            (tokens, "") if !tokens.is_empty() => Ok(Self(tokens)),
            _ => Err(Incomparable::new(text, "it is not a version of apk")),
        }
    }

    pub(super) fn canonical(&self) -> String {
        let mut text = String::new();
        for token in &self.0 {
            // Writing into memory does not fail.
            let _ = match token {
                Token::Before(suffix) => text.write_str(match suffix {
                    Before::Alpha => "_alpha",
                    Before::Beta => "_beta",
                    Before::Pre => "_pre",
                    Before::Rc => "_rc",
                }),
                Token::End => Ok(()),
                Token::Revision(number) => write!(text, "-r{number}"),
                Token::Hash(hash) => write!(text, "~{hash}"),
                Token::SuffixNumber(number) => write!(text, "{number}"),
                Token::After(suffix) => text.write_str(match suffix {
                    After::Cvs => "_cvs",
                    After::Svn => "_svn",
                    After::Git => "_git",
                    After::Hg => "_hg",
                    After::P => "_p",
                }),
                Token::Letter(letter) => text.write_char(char::from(*letter)),
                Token::Zeroed(digits) => write!(text, ".{digits}"),
                Token::Number(number) if text.is_empty() => write!(text, "{number}"),
                Token::Number(number) => write!(text, ".{number}"),
            };
        }
        text
    }

    /// The same version of the software, perhaps packaged anew.
    pub(super) fn same_upstream(&self, other: &Self) -> bool {
        fn upstream(version: &AlpineVersion) -> impl Iterator<Item = &Token> {
            let tokens = version.0.iter();
            tokens.filter(|token| !matches!(token, Token::Revision(_)))
        }
        upstream(self).eq(upstream(other))
    }
}

impl Ord for AlpineVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_padded(&self.0, &other.0, &Token::End)
    }
}

impl PartialOrd for AlpineVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The longest valid start of a text, and the rest.
fn read(text: &str) -> (Vec<Token>, &str) {
    let (Some(first), mut rest) = Number::split_from(text) else {
        return (Vec::new(), text);
    };
    let mut tokens = vec![Token::Number(first)];
    while let Some((token, after)) = rest.strip_prefix('.').and_then(component) {
        tokens.push(token);
        rest = after;
    }
    if let Some(letter) = rest.bytes().next().filter(u8::is_ascii_lowercase) {
        tokens.push(Token::Letter(letter));
        rest = rest.get(1..).unwrap_or_default();
    }
    while let Some((token, after)) = rest.strip_prefix('_').and_then(suffix) {
        tokens.push(token);
        let (number, after) = Number::split_from(after);
        tokens.extend(number.map(Token::SuffixNumber));
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('~') {
        let end = after
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(after.len());
        match after.split_at_checked(end) {
            Some((hash, after)) if !hash.is_empty() => {
                tokens.push(Token::Hash(hash.into()));
                rest = after;
            }
            _ => return (tokens, rest),
        }
    }
    if let Some((Some(number), after)) = rest.strip_prefix("-r").map(Number::split_from) {
        tokens.push(Token::Revision(number));
        rest = after;
    }
    (tokens, rest)
}

fn component(text: &str) -> Option<(Token, &str)> {
    let (number, after) = Number::split_from(text);
    let number = number?;
    let token = if text.starts_with('0') {
        let digits = text.strip_suffix(after).unwrap_or(text);
        Token::Zeroed(digits.into())
    } else {
        Token::Number(number)
    };
    Some((token, after))
}

/// The suffix is the whole word: `_preview` is not `_pre`.
fn suffix(text: &str) -> Option<(Token, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_lowercase())
        .unwrap_or(text.len());
    let (word, after) = text.split_at_checked(end)?;
    let token = match word {
        "alpha" => Token::Before(Before::Alpha),
        "beta" => Token::Before(Before::Beta),
        "pre" => Token::Before(Before::Pre),
        "rc" => Token::Before(Before::Rc),
        "cvs" => Token::After(After::Cvs),
        "svn" => Token::After(After::Svn),
        "git" => Token::After(After::Git),
        "hg" => Token::After(After::Hg),
        "p" => Token::After(After::P),
        _ => return None,
    };
    Some((token, after))
}

/// The order of two texts of which one may be invalid. Two invalid ones are compared as
/// text, unless they are invalid only after `-r` (`1-r0-1`, `1-ruff`): those, and an
/// invalid one against a valid one, are compared by their valid starts; then the one with
/// a rest comes first.
///
/// This is no order (it has circles), so no check asks for it.
pub(super) fn compare_as_written(a: &str, b: &str) -> Ordering {
    let (a, b) = (AsWritten::read(a), AsWritten::read(b));
    if a.rest.is_empty() && b.rest.is_empty() && !a.lacks_number && !b.lacks_number {
        return compare_padded(&a.tokens, &b.tokens, &Token::End);
    }
    if a.is_invalid() && b.is_invalid() {
        return a.text.cmp(b.text);
    }
    let zero = |tokens: &[Token]| {
        let ends_with_revision = matches!(tokens.last(), Some(Token::Revision(_)));
        if ends_with_revision {
            tokens.to_vec()
        } else {
            [tokens, &[Token::Revision(Number::ZERO)]].concat()
        }
    };
    compare_padded(&zero(&a.tokens), &zero(&b.tokens), &Token::End)
        .then_with(|| a.rest.is_empty().cmp(&b.rest.is_empty()))
}

struct AsWritten<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    rest: &'a str,
    /// `-r` without a number.
    lacks_number: bool,
}

impl<'a> AsWritten<'a> {
    fn read(text: &'a str) -> Self {
        let (tokens, rest) = read(text);
        let after_r = rest.strip_prefix("-r");
        Self {
            text,
            tokens,
            rest: after_r.unwrap_or(rest),
            lacks_number: after_r.is_some(),
        }
    }

    fn is_invalid(&self) -> bool {
        let after_revision = matches!(self.tokens.last(), Some(Token::Revision(_)));
        !self.rest.is_empty() && !self.lacks_number && !after_revision
    }
}
