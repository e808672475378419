//! Composer (<https://github.com/composer/semver>, `VersionParser::normalize` and
//! `Comparator`): a text is normalised to four numbers (or a date) and a stability, then
//! compared as PHP's `version_compare` does, part by part.
//!
//! What Composer refuses has no place, nor has a branch (`dev-master`): Composer never
//! compares one with a number. `2.x-dev` has one: it comes after every 2.

use super::Incomparable;
use super::number::{Number, compare_padded, strip_word};
use std::cmp::Ordering;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ComposerVersion(Vec<Part>);

/// The order of the variants is `version_compare`'s. `End` is what a shorter version goes
/// on with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// A word that PHP does not know; all of them are equal to it.
    Unknown,
    Dev,
    Alpha,
    Beta,
    Candidate,
    End,
    /// `#`, in texts as written only.
    AnyNumber,
    Number(Number),
    Patch,
}

/// What `x` of a branch stands for.
const BRANCH_END: Number = Number::Short(9_999_999);

impl ComposerVersion {
    pub(super) fn parse(text: &str) -> Result<Self, Incomparable> {
        let plain = text.trim();
        let is_branch =
            strip_word(plain, "dev-").is_some() || matches!(plain, "master" | "trunk" | "default");
        if is_branch {
            return Err(Incomparable::new(
                text,
                "a branch has no place among numbers",
            ));
        }
        normalise(plain)
            .map(Self)
            .ok_or_else(|| Incomparable::new(text, "it is not a version of Composer"))
    }

    pub(super) fn canonical(&self) -> String {
        let parts: Vec<_> = self
            .0
            .iter()
            .map(|part| match part {
                Part::Number(number) => number.to_string(),
                Part::Dev => "dev".to_owned(),
                Part::Alpha => "alpha".to_owned(),
                Part::Beta => "beta".to_owned(),
                Part::Candidate => "rc".to_owned(),
                Part::Patch => "patch".to_owned(),
                Part::Unknown | Part::End | Part::AnyNumber => String::new(),
            })
            .collect();
        parts.join(".")
    }

    /// The caret rule: the leftmost number that is not zero stays.
    pub(super) fn is_compatible_with(&self, other: &Self) -> bool {
        let zero = Part::Number(Number::ZERO);
        let kept = self.0.iter().take_while(|part| **part == zero).count() + 1;
        (0..kept.min(4)).all(|i| self.0.get(i) == other.0.get(i))
    }
}

impl Ord for ComposerVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_padded(&self.0, &other.0, &Part::End)
    }
}

impl PartialOrd for ComposerVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `VersionParser::normalize`; `None` where it refuses the text.
fn normalise(text: &str) -> Option<Vec<Part>> {
    let text = match text.rsplit_once('@') {
        Some((version, flag)) if is_stability(flag) => version,
        _ => text,
    };
    let text = match text.split_once('+') {
        Some((version, build)) if !version.is_empty() && !build.is_empty() => version,
        _ => text,
    };
    let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
    classical(bare).or_else(|| date(bare)).or_else(|| {
        // `2.x-dev`
        let name = strip_word_at_end(text, "dev")?;
        numeric_branch(name.strip_suffix(['.', '-']).unwrap_or(name))
    })
}

fn is_stability(flag: &str) -> bool {
    ["stable", "rc", "beta", "alpha", "dev"]
        .iter()
        .any(|known| flag.eq_ignore_ascii_case(known))
}

/// One to four numbers, the first of at most five digits, and a stability.
fn classical(text: &str) -> Option<Vec<Part>> {
    let (first, mut rest) = Number::split_from(text);
    if text.len() - rest.len() > 5 {
        return None;
    }
    let mut parts = vec![Part::Number(first?)];
    while parts.len() < 4 {
        let Some((Some(number), after)) = rest.strip_prefix('.').map(Number::split_from) else {
            break;
        };
        parts.push(Part::Number(number));
        rest = after;
    }
    parts.resize(4, Part::Number(Number::ZERO));
    push_stability(&mut parts, rest)?;
    Some(parts)
}

/// A date or a time: four digits, one to six pairs, up to two numbers of up to three
/// digits, perhaps separated by `.`, `:` or `-`; and a stability.
fn date(text: &str) -> Option<Vec<Part>> {
    let is_separator = |c: char| matches!(c, '.' | ':' | '-');
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !is_separator(c))
        .unwrap_or(text.len());
    let (main, _) = text.split_at_checked(end)?;
    let main = main.trim_end_matches(is_separator);
    let rest = text.strip_prefix(main)?;
    let after_year = main.get(4..)?;
    let is_date = main
        .get(..4)
        .is_some_and(|year| year.bytes().all(|b| b.is_ascii_digit()))
        && is_split_into(after_year, 6, 2, true);
    if !is_date {
        return None;
    }
    let mut parts: Vec<_> = main
        .split(is_separator)
        .map(|number| Number::parse(number).map(Part::Number))
        .collect::<Option<_>>()?;
    push_stability(&mut parts, rest)?;
    Some(parts)
}

/// Whether a text is made of one to `pairs` pairs of digits (none where they are not
/// `needed`) and up to `tails` groups of one to three, each after one separator or none.
fn is_split_into(text: &str, pairs: u8, tails: u8, needed: bool) -> bool {
    if text.is_empty() {
        return !needed;
    }
    let digits = text.strip_prefix(['.', ':', '-']).unwrap_or(text);
    let without = |count: usize| {
        let (start, rest) = digits.split_at_checked(count)?;
        start.bytes().all(|b| b.is_ascii_digit()).then_some(rest)
    };
    let as_pair =
        pairs > 0 && without(2).is_some_and(|r| is_split_into(r, pairs - 1, tails, false));
    as_pair
        || (!needed
            && tails > 0
            && (1..=3)
                .any(|count| without(count).is_some_and(|r| is_split_into(r, 0, tails - 1, false))))
}

/// `[._-]?(WORD([.-]?DIGITS)*)?([.-]?dev)?`, to the end of the text.
fn push_stability(parts: &mut Vec<Part>, text: &str) -> Option<()> {
    const WORDS: [(&str, Option<Part>); 9] = [
        ("stable", None),
        ("beta", Some(Part::Beta)),
        ("b", Some(Part::Beta)),
        ("rc", Some(Part::Candidate)),
        ("alpha", Some(Part::Alpha)),
        ("a", Some(Part::Alpha)),
        ("patch", Some(Part::Patch)),
        ("pl", Some(Part::Patch)),
        ("p", Some(Part::Patch)),
    ];
    let mut rest = text.strip_prefix(['.', '_', '-']).unwrap_or(text);
    let word = WORDS
        .into_iter()
        .find_map(|(word, part)| Some((part, strip_word(rest, word)?)));
    let mut numbers = Vec::new();
    if let Some((_, after)) = &word {
        rest = after;
        loop {
            let after = rest.strip_prefix(['.', '-']).unwrap_or(rest);
            let (Some(number), after) = Number::split_from(after) else {
                break;
            };
            numbers.push(Part::Number(number));
            rest = after;
        }
    }
    let dev = rest.strip_prefix(['.', '-']).unwrap_or(rest);
    let is_dev = dev.eq_ignore_ascii_case("dev");
    if !rest.is_empty() && !is_dev {
        return None;
    }
    match word {
        // Composer stops at `stable` and forgets what follows.
        Some((None, _)) => return Some(()),
        Some((Some(part), _)) => {
            parts.push(part);
            parts.append(&mut numbers);
        }
        None => {}
    }
    if is_dev {
        parts.push(Part::Dev);
    }
    Some(())
}

/// `2`, `2.x`, `v2.1.*`: numbers with what is left open at its end.
fn numeric_branch(name: &str) -> Option<Vec<Part>> {
    let name = name.strip_prefix(['v', 'V']).unwrap_or(name);
    let mut pieces = name.split('.');
    let mut parts = vec![Part::Number(Number::parse(pieces.next()?)?)];
    for piece in pieces {
        let number = match piece {
            "x" | "X" | "*" => BRANCH_END,
            digits => Number::parse(digits)?,
        };
        parts.push(Part::Number(number));
    }
    if parts.len() > 4 {
        return None;
    }
    parts.resize(4, Part::Number(BRANCH_END));
    parts.push(Part::Dev);
    Some(parts)
}

fn strip_word_at_end<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, end) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
    end.eq_ignore_ascii_case(word).then_some(start)
}

/// The order of two texts as the published list of OSV's scanner has it: normalised where
/// Composer does so; what is equal then, and what it refuses, as PHP's `version_compare`
/// takes the text itself. So `1.0` comes before `1.0.0` here, a branch before every number,
/// and `#`, PHP's sign for any number, is equal to each of them.
///
/// This is no order (because of `#`), so no check asks for it.
pub(super) fn compare_as_written(a: &str, b: &str) -> Ordering {
    let key = |text: &str| normalise(text).unwrap_or_else(|| as_written(text));
    compare_loosely(&key(a), &key(b)).then_with(|| compare_loosely(&as_written(a), &as_written(b)))
}

fn compare_loosely(a: &[Part], b: &[Part]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|i| {
            let part = |parts: &[Part]| parts.get(i).cloned().unwrap_or(Part::End);
            match (part(a), part(b)) {
                (Part::AnyNumber, Part::AnyNumber | Part::Number(_) | Part::End)
                | (Part::Number(_) | Part::End, Part::AnyNumber) => Ordering::Equal,
                (a, b) => a.cmp(&b),
            }
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The parts that `version_compare` sees: cut at signs, and between digits and others. A
/// sign right after a digit is no cut but starts a word, unless it is one of `.-_+`.
fn as_written(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut last = None;
    for c in text.strip_prefix(['v', 'V']).unwrap_or(text).chars() {
        let follows_digit = last.is_some_and(|last: char| last.is_ascii_digit());
        last = Some(c);
        let is_plain = c.is_ascii_alphanumeric() || c == '#';
        let is_cut = matches!(c, '.' | '-' | '_' | '+') || !is_plain && !follows_digit;
        if is_cut || follows_digit != c.is_ascii_digit() {
            parts.extend(Part::as_written(&part));
            part.clear();
        }
        if !is_cut {
            part.push(c);
        }
    }
    if part.is_empty() && !parts.is_empty() {
        // An empty part at the end is a word that PHP does not know.
        parts.push(Part::Unknown);
    }
    parts.extend(Part::as_written(&part));
    parts
}

impl Part {
    fn as_written(part: &str) -> Option<Self> {
        let number = || Number::parse(part).map(Self::Number);
        (!part.is_empty()).then(|| number().unwrap_or_else(|| Self::of_word(part)))
    }

    /// PHP knows a word by its start, in lower case but for `RC`.
    fn of_word(word: &str) -> Self {
        let starts = |known: &str| word.starts_with(known);
        if starts("dev") {
            Self::Dev
        } else if starts("a") {
            Self::Alpha
        } else if starts("b") {
            Self::Beta
        } else if starts("RC") || starts("rc") {
            Self::Candidate
        } else if starts("#") {
            Self::AnyNumber
        } else if starts("p") {
            Self::Patch
        } else {
            Self::Unknown
        }
    }
}
