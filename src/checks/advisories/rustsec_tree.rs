//! Advisories of the RustSec tree (`crates/<name>/RUSTSEC-….md`), through the crate
//! `rustsec`.
//!
//! A RustSec advisory names patched and unaffected versions as requirements, and what is
//! left is affected. The crate's own conversion to ranges is used, so that pre-releases
//! are treated as `cargo audit` does.

use super::record::{
    Affected, Feed, MAX_NAME_BYTES, Parsed, Range, Rating, Record, RecordMetadata, normalised_name,
    one_line, sorted_ids,
};
use crate::model::Ecosystem;
use crate::versions::EventKind;
use rustsec::advisory::Advisory;
use rustsec::osv::{OsvRange, ranges_for_advisory};
use semver::{Op, VersionReq};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The name that `db status` shows for the source.
const SOURCE: &str = "RustSec";

/// Reads one advisory file. `collection` is the directory above the package's:
/// `crates` or `rust`.
pub(super) fn parse_advisory(bytes: &[u8], collection: &str) -> Parsed {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Parsed::bad("it is not valid UTF-8");
    };
    if !text.starts_with("```toml\n") && !text.starts_with("```toml\r\n") {
        return Parsed::bad("it does not start with a TOML block");
    }
    if let Err(reason) = precheck(text) {
        return Parsed::bad(reason);
    }
    // The checks above rule out every panic known in the crate's conversion of versions;
    // should there be another one, it costs one record and not the import.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        text.parse::<Advisory>().map(|advisory| {
            let ranges = ranges_for_advisory(&advisory.versions);
            (advisory, ranges)
        })
    }));
    match parsed {
        Ok(Ok((advisory, ranges))) => record(&advisory, &ranges, collection),
        Ok(Err(error)) => Parsed::bad(one_line(&error.to_string())),
        Err(_) => Parsed::bad("the crate `rustsec` cannot read it"),
    }
}

fn record(advisory: &Advisory, ranges: &[OsvRange], collection: &str) -> Parsed {
    let metadata = &advisory.metadata;
    if collection == "rust" {
        return Parsed::NotUsed("Rust toolchain".to_owned());
    }
    if metadata.id.is_placeholder() {
        return Parsed::NotUsed("draft without an id".to_owned());
    }
    let name = normalised_name(Ecosystem::Cargo, metadata.package.as_str());
    let id = metadata.id.as_str();
    if name.len() > MAX_NAME_BYTES || id.len() > MAX_NAME_BYTES {
        return Parsed::bad("its id or package name is too long");
    }
    let date = |date: &rustsec::advisory::Date| format!("{}T00:00:00Z", date.as_str());
    Parsed::Record(Box::new(Record {
        feed: Feed::RustSec,
        metadata: RecordMetadata {
            id: id.to_owned(),
            source: SOURCE.to_owned(),
            aliases: sorted_ids(metadata.aliases.iter().map(ToString::to_string), id),
            related: sorted_ids(metadata.related.iter().map(ToString::to_string), id),
            summary: one_line(&metadata.title),
            modified: Some(date(&metadata.date)),
            withdrawn: metadata.withdrawn.as_ref().map(date),
            url: Some(format!("https://rustsec.org/advisories/{id}.html")),
            rating: Rating {
                vectors: metadata.cvss.iter().map(ToString::to_string).collect(),
                word: None,
                informational: metadata
                    .informational
                    .as_ref()
                    .map(|kind| kind.as_str().chars().take(40).collect()),
            },
            packages: Vec::new(),
        },
        affected: vec![Affected {
            ecosystem: Ecosystem::Cargo,
            name,
            release: String::new(),
            ranges: ranges.iter().map(range).collect(),
            versions: Vec::new(),
        }],
        notes: Vec::new(),
        also_about: Vec::new(),
    }))
}

fn range(range: &OsvRange) -> Range {
    let introduced = range
        .introduced
        .as_ref()
        .map_or_else(|| "0".to_owned(), ToString::to_string);
    let mut events = vec![(EventKind::Introduced, introduced)];
    if let Some(fixed) = &range.fixed {
        events.push((EventKind::Fixed, fixed.to_string()));
    }
    Range {
        events,
        incomplete: false,
    }
}

/// Refuses what `rustsec` 0.33 panics on while it converts requirements: numbers at the
/// end of 64 bits (it adds one) and two requirements that start at the same version (it
/// asserts that there are none).
fn precheck(text: &str) -> Result<(), String> {
    let front_matter = text
        .split_once('\n')
        .and_then(|(_, rest)| rest.split_once("\n```"))
        .map(|(front_matter, _)| front_matter)
        .ok_or("its TOML block has no end")?;
    let table: toml::Table = front_matter
        .parse()
        .map_err(|error: toml::de::Error| one_line(error.message()))?;
    let mut starts = Vec::new();
    for key in ["patched", "unaffected"] {
        let list = table
            .get("versions")
            .and_then(|versions| versions.get(key))
            .and_then(toml::Value::as_array);
        for requirement in list.into_iter().flatten().filter_map(toml::Value::as_str) {
            let requirement: VersionReq = requirement
                .parse()
                .map_err(|error| format!("its requirement `{requirement}`: {error}"))?;
            for comparator in &requirement.comparators {
                let numbers = [
                    comparator.major,
                    comparator.minor.unwrap_or(0),
                    comparator.patch.unwrap_or(0),
                ];
                if numbers.contains(&u64::MAX) {
                    return Err(format!("its requirement `{requirement}` has no successor"));
                }
                if !matches!(comparator.op, Op::Less | Op::LessEq) {
                    starts.push((numbers, comparator.pre.clone()));
                }
            }
        }
    }
    starts.sort();
    let count = starts.len();
    starts.dedup();
    if starts.len() == count {
        Ok(())
    } else {
        Err("two of its requirements start at the same version".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advisory(versions: &str) -> String {
        format!(
            "```toml\n[advisory]\nid = \"RUSTSEC-2020-0001\"\npackage = \"demo\"\ndate = \"2020-01-02\"\n\
             aliases = [\"CVE-2020-1\"]\n\n[versions]\n{versions}\n```\n\n# Title here\n\nText.\n"
        )
    }

    fn ranges(versions: &str) -> Vec<Vec<(EventKind, String)>> {
        match parse_advisory(advisory(versions).as_bytes(), "crates") {
            Parsed::Record(record) => {
                let [affected] = record.affected.as_slice() else {
                    panic!("one package expected");
                };
                affected.ranges.iter().map(|r| r.events.clone()).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn requirements_become_the_ranges_between_them() {
        use EventKind::{Fixed, Introduced};
        assert_eq!(
            ranges("patched = [\"^0.6.14\", \">= 1.6.1\"]\nunaffected = [\"< 0.6.3\"]"),
            [
                vec![(Introduced, "0.6.3".into()), (Fixed, "0.6.14".into())],
                vec![(Introduced, "0.7.0-0".into()), (Fixed, "1.6.1".into())],
            ]
        );
        assert_eq!(ranges("patched = []"), [vec![(Introduced, "0".into())]]);
    }

    #[test]
    fn an_advisory_about_the_toolchain_is_counted_and_not_matched_with_crates() {
        let text = advisory("patched = [\">= 1.26.0\"]");
        assert!(matches!(
            parse_advisory(text.as_bytes(), "rust"),
            Parsed::NotUsed(kind) if kind == "Rust toolchain"
        ));
    }

    #[test]
    fn requirements_that_the_crate_panics_on_make_a_bad_record() {
        for versions in [
            "patched = [\"^18446744073709551615\"]",
            "patched = [\"> 0.18446744073709551615\"]",
            "patched = [\"> 1.0.0\"]\nunaffected = [\"= 1.0.0\"]",
            "patched = [\"> 1.0.0\", \"> 1.0.0\"]",
            "patched = [\"nonsense\"]",
        ] {
            let parsed = parse_advisory(advisory(versions).as_bytes(), "crates");
            assert!(
                matches!(parsed, Parsed::Bad { .. }),
                "{versions}: {parsed:?}"
            );
        }
    }

    #[test]
    fn a_file_that_is_no_advisory_is_a_bad_record() {
        for text in [
            "",
            "# Title",
            "```toml",
            "```toml\nx = 1\n```",
            "```toml\n€€€€€€€€€",
        ] {
            assert!(
                matches!(
                    parse_advisory(text.as_bytes(), "crates"),
                    Parsed::Bad { .. }
                ),
                "{text}"
            );
        }
    }
}
