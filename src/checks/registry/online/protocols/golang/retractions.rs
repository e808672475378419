//! Retractions: `retract` in the `go.mod` of a module's newest version takes versions back
//! (<https://go.dev/ref/mod#go-mod-file-retract>).

use crate::model::Ecosystem;
use crate::versions::compare;
use std::cmp::Ordering;

/// Retractions of one module that are kept.
const MAX_RETRACTIONS: usize = 1000;

/// Versions that were taken back, both ends among them, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Retraction {
    low: String,
    high: String,
    why: String,
}

/// What a `go.mod` takes back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Retractions(Vec<Retraction>);

impl Retractions {
    /// Reads the `retract` lines and blocks; what is written otherwise is passed over, as go
    /// does in other modules' files.
    pub(super) fn parse(text: &str) -> Self {
        let mut found = Vec::new();
        // Inside `retract ( … )` or another block.
        let mut block: Option<bool> = None;
        // Comments on the lines above, which are the reason too.
        let mut above = String::new();
        for line in text.lines() {
            let (code, comment) = match line.split_once("//") {
                Some((code, comment)) => (code.trim(), comment.trim()),
                None => (line.trim(), ""),
            };
            if code.is_empty() {
                match comment {
                    "" => above.clear(),
                    comment if above.is_empty() => above.push_str(comment),
                    comment => {
                        above.push(' ');
                        above.push_str(comment);
                    }
                }
                continue;
            }
            let why = match comment {
                "" => std::mem::take(&mut above),
                comment => {
                    above.clear();
                    comment.to_owned()
                }
            };
            let opens = code.strip_suffix('(').map(str::trim);
            let spec = match (block, code, opens) {
                (_, ")", _) => {
                    block = None;
                    continue;
                }
                (None, _, Some(verb)) => {
                    block = Some(verb == "retract");
                    continue;
                }
                (Some(true), spec, _) => Some(spec),
                (None, line, _) => line
                    .strip_prefix("retract")
                    .filter(|rest| rest.starts_with([' ', '\t', '[']))
                    .map(str::trim),
                (Some(false), ..) => None,
            };
            if let Some((low, high)) = spec.and_then(interval)
                && found.len() < MAX_RETRACTIONS
            {
                found.push(Retraction { low, high, why });
            }
        }
        Self(found)
    }

    /// Why a version was taken back, perhaps without words; `None` where it was not.
    pub(super) fn of(&self, version: &str) -> Option<&str> {
        let order = |a: &str, b: &str| compare(Ecosystem::Golang, a, b).ok();
        let inside = |retraction: &&Retraction| {
            let low = order(&retraction.low, version);
            let high = order(version, &retraction.high);
            let is_in = |order: Option<Ordering>| order.is_some_and(Ordering::is_le);
            is_in(low) && is_in(high)
        };
        let found = self.0.iter().find(inside);
        found.map(|retraction| retraction.why.as_str())
    }
}

/// `v1.0.0`, or `[v1.0.0, v1.2.0]`.
fn interval(spec: &str) -> Option<(String, String)> {
    let bare = |text: &str| text.trim().trim_matches(['"', '`']).to_owned();
    let inside = spec
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match inside {
        Some(inside) => {
            let (low, high) = inside.split_once(',')?;
            Some((bare(low), bare(high)))
        }
        None => Some((bare(spec), bare(spec))),
    }
}

/// The newest of a proxy's list, by which go looks for retractions: releases before others,
/// and versions without a `go.mod` of their own (`+incompatible`) last.
pub(super) fn newest(list: &str) -> Option<&str> {
    let rank = |version: &str| {
        let is_release = !version.contains('-');
        (!version.ends_with("+incompatible"), is_release)
    };
    let versions = list
        .lines()
        .map(|line| line.split_whitespace().next().unwrap_or_default())
        .filter(|version| version.starts_with('v'));
    versions.max_by(|a, b| {
        let order = compare(Ecosystem::Golang, a, b).unwrap_or(Ordering::Equal);
        rank(a).cmp(&rank(b)).then(order)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "module example.com/left\n\n// not a reason\n\nretract v1.0.0 // leaks keys\nretract [v1.1.0, v1.1.9]\nrequire (\n\tv9.0.0 v1.0.5\n)\nretract (\n\t// broken\n\t// on Sundays\n\tv1.2.0\n\t[v1.3.0, v1.3.2] // lost\n)\nretraction v1.0.7\n";

    #[test]
    fn single_versions_intervals_and_blocks_are_read_with_their_reasons() {
        let retractions = Retractions::parse(FILE);
        for (version, expected) in [
            ("v1.0.0", Some("leaks keys")),
            ("v1.0.1", None),
            ("v1.0.5", None),
            ("v1.0.7", None),
            ("v1.1.0", Some("")),
            ("v1.1.9", Some("")),
            ("v1.1.10", None),
            ("v1.2.0", Some("broken on Sundays")),
            ("v1.3.1", Some("lost")),
            ("v1.3.0-rc.1", None),
            ("v1.3.2+incompatible", Some("lost")),
        ] {
            assert_eq!(retractions.of(version), expected, "{version}");
        }
        for text in [
            "",
            "retract",
            "retract (",
            "retract [v1, ",
            "retract\n(\nv1.0.0\n",
        ] {
            assert_eq!(Retractions::parse(text).of("v1.0.0"), None, "{text}");
        }
    }

    #[test]
    fn the_newest_release_goes_before_other_versions() {
        for (list, expected) in [
            ("v1.9.0\nv1.10.0\nv2.0.0-rc.1\n", Some("v1.10.0")),
            ("v1.0.0-a\nv1.0.0-b\n", Some("v1.0.0-b")),
            ("v1.0.0\nv3.0.0+incompatible\n", Some("v1.0.0")),
            ("v1.0.0 2020-01-01T00:00:00Z\n", Some("v1.0.0")),
            ("<html>\n", None),
            ("", None),
        ] {
            assert_eq!(newest(list), expected, "{list}");
        }
    }
}
