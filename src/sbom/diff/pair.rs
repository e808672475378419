//! Which component of one document is which of the other.

use crate::sbom::facts::{ComponentFacts, Facts};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Leading parts of a version that are compared when versions are matched.
const PARTS: usize = 3;

/// Positions that belong together, each position at most once.
pub(super) fn pairs(before: &Facts, after: &Facts) -> Vec<(usize, usize)> {
    let mut left: BTreeMap<String, Vec<usize>> = by_key(before);
    let mut right: BTreeMap<String, Vec<usize>> = by_key(after);
    let mut pairs = Vec::new();
    if let (Some(from), Some(to)) = (before.product, after.product) {
        pairs.push((from, to));
        for (map, position) in [(&mut left, from), (&mut right, to)] {
            for positions in map.values_mut() {
                positions.retain(|other| *other != position);
            }
        }
    }
    for (key, from) in left {
        if let Some(to) = right.remove(&key) {
            Matching::new(before, after, from, to).run(&mut pairs);
        }
    }
    pairs.sort_unstable();
    pairs
}

fn by_key(facts: &Facts) -> BTreeMap<String, Vec<usize>> {
    let mut map: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (position, component) in facts.components.iter().enumerate() {
        map.entry(component.key()).or_default().push(position);
    }
    map
}

/// The components of one package on both sides that have no partner yet.
struct Matching<'a> {
    before: &'a Facts,
    after: &'a Facts,
    from: Vec<usize>,
    to: Vec<usize>,
}

impl<'a> Matching<'a> {
    fn new(before: &'a Facts, after: &'a Facts, from: Vec<usize>, to: Vec<usize>) -> Self {
        Self {
            before,
            after,
            from,
            to,
        }
    }

    /// Round by round, from "the very same" to "the same package".
    fn run(mut self, pairs: &mut Vec<(usize, usize)>) {
        self.round(pairs, |component| {
            component.purl.as_ref().map(ToString::to_string)
        });
        self.round(pairs, |component| component.version.known().cloned());
        for parts in (0..=PARTS).rev() {
            self.round(pairs, |component| {
                let version = component.version.known().map(String::as_str);
                let version = Version::of(version.unwrap_or_default());
                let beginning = version.0.get(..parts).unwrap_or(&version.0);
                Some(format!("{beginning:?}"))
            });
        }
    }

    /// Matches those with the same token, the later versions first.
    fn round(
        &mut self,
        pairs: &mut Vec<(usize, usize)>,
        token: impl Fn(&ComponentFacts) -> Option<String>,
    ) {
        if self.from.is_empty() || self.to.is_empty() {
            return;
        }
        let left = buckets(self.before, &self.from, &token);
        let mut right = buckets(self.after, &self.to, &token);
        let (mut done_from, mut done_to) = (BTreeSet::new(), BTreeSet::new());
        for (token, from) in left {
            let to = right.remove(&token).unwrap_or_default();
            for pair in from.into_iter().rev().zip(to.into_iter().rev()) {
                done_from.insert(pair.0);
                done_to.insert(pair.1);
                pairs.push(pair);
            }
        }
        self.from.retain(|position| !done_from.contains(position));
        self.to.retain(|position| !done_to.contains(position));
    }
}

/// Positions by token, those of one token in the order of their versions.
fn buckets(
    facts: &Facts,
    positions: &[usize],
    token: &impl Fn(&ComponentFacts) -> Option<String>,
) -> BTreeMap<String, Vec<usize>> {
    let mut buckets: BTreeMap<String, Vec<(Version, String, usize)>> = BTreeMap::new();
    for position in positions {
        let Some(component) = facts.components.get(*position) else {
            continue;
        };
        if let Some(token) = token(component) {
            let text = component.version.known().cloned().unwrap_or_default();
            let purl = component.purl.as_ref().map(ToString::to_string);
            let order = format!("{text} {}", purl.unwrap_or_default());
            let entry = (Version::of(&text), order, *position);
            buckets.entry(token).or_default().push(entry);
        }
    }
    buckets
        .into_iter()
        .map(|(token, mut entries)| {
            entries.sort();
            (token, entries.into_iter().map(|entry| entry.2).collect())
        })
        .collect()
}

/// A version cut into parts, in an order that is good enough to match by in every
/// ecosystem; it judges nothing.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Word(String),
    /// Digits without leading zeros.
    Number(String),
}

impl Version {
    fn of(text: &str) -> Self {
        let text = text.strip_prefix('v').unwrap_or(text);
        let parts = text
            .split(['.', '-', '+', '_', ':', '~'])
            .filter(|part| !part.is_empty())
            .map(
                |part| match part.bytes().all(|byte| byte.is_ascii_digit()) {
                    true => Part::Number(part.trim_start_matches('0').to_owned()),
                    false => Part::Word(part.to_owned()),
                },
            );
        Self(parts.collect())
    }
}

impl Ord for Part {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            (Self::Word(_), Self::Number(_)) => Ordering::Less,
            (Self::Number(_), Self::Word(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
