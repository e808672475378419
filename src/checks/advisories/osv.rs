//! OSV records (<https://ossf.github.io/osv-schema/>), read tolerantly: a field, range
//! type, event or ecosystem that is not known never drops a record, and a malformed part
//! is noted while the rest is used.

use super::record::{
    Affected, Feed, MAX_NAME_BYTES, PackageRating, Parsed, Range, Rating, Record, RecordMetadata,
    normalised_name, one_line, sorted_ids,
};
use crate::model::Ecosystem;
use crate::versions::{EventKind, Scheme};
use serde_json::{Map, Value};

/// Most events of a range and most versions of a list.
const MAX_ITEMS: usize = 60_000;

/// Reads one record.
pub(super) fn parse_record(bytes: &[u8]) -> Parsed {
    let object = match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return Parsed::bad("it is not a JSON object"),
        Err(error) => return Parsed::bad(format!("it is not valid JSON: {error}")),
    };
    let entries = match object.get("affected") {
        None | Some(Value::Null) => [].as_slice(),
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(_) => return Parsed::bad("its `affected` is not a list"),
    };
    let id = text(&object, "id").filter(|id| !id.trim().is_empty());
    let Some(id) = id.filter(|id| id.len() <= MAX_NAME_BYTES) else {
        return Parsed::Bad {
            reason: "it has no usable `id`".to_owned(),
            packages: named_packages(entries),
        };
    };
    let mut notes = Vec::new();
    let mut affected = Vec::new();
    let mut ratings = Vec::new();
    let mut unknown_ecosystem = None;
    let mut nameless = false;
    for (index, entry) in entries.iter().enumerate() {
        match package_of(entry) {
            Package::Known(ecosystem, name) => {
                affected.push(read_affected(ecosystem, &name, entry, &mut notes));
                let rating = read_rating(entry.as_object());
                if rating != Rating::default() {
                    ratings.push(PackageRating {
                        ecosystem: ecosystem.osv_name().to_owned(),
                        name,
                        rating,
                    });
                }
            }
            Package::Other(name) => {
                unknown_ecosystem.get_or_insert(name);
            }
            Package::Malformed => {
                nameless = true;
                notes.push(format!("its affected entry {index} names no package"));
            }
        }
    }
    if affected.is_empty() {
        return if nameless {
            Parsed::bad("no affected entry of it names a package")
        } else {
            Parsed::NotUsed(unknown_ecosystem.unwrap_or_else(|| "(no package)".to_owned()))
        };
    }
    let metadata = read_metadata(&object, id, &affected, ratings);
    Parsed::Record(Box::new(Record {
        feed: Feed::Osv,
        metadata,
        affected,
        notes,
    }))
}

fn read_metadata(
    object: &Map<String, Value>,
    id: &str,
    affected: &[Affected],
    mut packages: Vec<PackageRating>,
) -> RecordMetadata {
    packages.sort();
    packages.dedup();
    let summary = match text(object, "summary").map(one_line) {
        Some(summary) if !summary.is_empty() => summary,
        _ => one_line(text(object, "details").unwrap_or_default()),
    };
    RecordMetadata {
        id: id.to_owned(),
        source: affected
            .first()
            .map(|a| format!("OSV {}", a.ecosystem.osv_name()))
            .unwrap_or_default(),
        aliases: sorted_ids(texts(object, "aliases"), id),
        related: sorted_ids(
            texts(object, "related")
                .into_iter()
                .chain(texts(object, "upstream")),
            id,
        ),
        summary,
        // The Go database leaves the zero time of its language in the field.
        modified: text(object, "modified")
            .filter(|time| !time.starts_with("0001-"))
            .or_else(|| text(object, "published"))
            .map(str::to_owned),
        // `null` is what some exporters write for "not withdrawn".
        withdrawn: text(object, "withdrawn").map(str::to_owned),
        url: link(object),
        rating: read_rating(Some(object)),
        packages,
    }
}

/// The address of the advisory itself, else of the first web page named.
fn link(object: &Map<String, Value>) -> Option<String> {
    let references = object.get("references")?.as_array()?;
    let of_kind = |kind: &str| {
        references.iter().find_map(|reference| {
            let url = reference.get("url")?.as_str()?;
            let matches = reference.get("type").and_then(Value::as_str) == Some(kind)
                && (url.starts_with("https://") || url.starts_with("http://"))
                && url.len() <= 2000;
            matches.then(|| url.to_owned())
        })
    };
    of_kind("ADVISORY")
        .or_else(|| of_kind("WEB"))
        .or_else(|| of_kind("REPORT"))
}

fn read_rating(object: Option<&Map<String, Value>>) -> Rating {
    let Some(object) = object else {
        return Rating::default();
    };
    let mut vectors: Vec<String> = object
        .get("severity")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.get("score")?.as_str())
        .filter(|score| score.len() <= MAX_NAME_BYTES)
        .map(str::to_owned)
        .collect();
    vectors.sort();
    vectors.dedup();
    let own = object.get("database_specific").and_then(Value::as_object);
    Rating {
        vectors,
        word: own
            .and_then(|own| text(own, "severity"))
            .map(|word| word.chars().take(40).collect()),
        informational: own
            .and_then(|own| text(own, "informational"))
            .map(|kind| kind.chars().take(40).collect()),
    }
}

enum Package {
    Known(Ecosystem, String),
    Other(String),
    Malformed,
}

fn package_of(entry: &Value) -> Package {
    let package = entry.get("package");
    let field = |key: &str| {
        package?
            .get(key)?
            .as_str()
            .filter(|value| !value.is_empty() && value.len() <= MAX_NAME_BYTES)
    };
    match (field("ecosystem"), field("name")) {
        (Some(ecosystem), name) => match (known_ecosystem(ecosystem), name) {
            (Some(ecosystem), Some(name)) => {
                Package::Known(ecosystem, normalised_name(ecosystem, name))
            }
            (Some(_), None) => Package::Malformed,
            (None, _) => {
                let base = ecosystem.split(':').next().unwrap_or(ecosystem);
                Package::Other(base.to_owned())
            }
        },
        // Records about source repositories have ranges of type GIT and no package.
        (None, None) if package.is_none() && entry.get("ranges").is_some() => {
            Package::Other("GIT".to_owned())
        }
        (None, _) => Package::Malformed,
    }
}

/// The ecosystem of an OSV name, where its versions can be ordered here.
///
/// Distributions are left out although their versions can be: a record speaks of one
/// release (`Debian:12`), and a package is looked up by its name alone. Ubuntu's `curl`
/// would be matched against Debian's records, and count as checked.
fn known_ecosystem(name: &str) -> Option<Ecosystem> {
    Ecosystem::from_osv_name(name).filter(|ecosystem| {
        let is_distribution = matches!(ecosystem, Ecosystem::Deb | Ecosystem::Apk | Ecosystem::Rpm);
        !is_distribution && Scheme::of(*ecosystem) != Scheme::Unordered
    })
}

fn named_packages(entries: &[Value]) -> Vec<(String, String)> {
    let mut packages: Vec<_> = entries
        .iter()
        .filter_map(|entry| match package_of(entry) {
            Package::Known(ecosystem, name) => Some((ecosystem.osv_name().to_owned(), name)),
            _ => None,
        })
        .collect();
    packages.sort();
    packages.dedup();
    packages
}

fn read_affected(
    ecosystem: Ecosystem,
    name: &str,
    entry: &Value,
    notes: &mut Vec<String>,
) -> Affected {
    let mut ranges = Vec::new();
    let mut has_git = false;
    match entry.get("ranges") {
        None | Some(Value::Null) => {}
        Some(Value::Array(list)) => {
            for range in list {
                match range.get("type").and_then(Value::as_str) {
                    Some("GIT") => {
                        has_git = true;
                        note_malformed_commits(range, name, notes);
                    }
                    Some("SEMVER" | "ECOSYSTEM") => ranges.push(read_range(range, name, notes)),
                    kind => {
                        notes.push(format!(
                            "a range of `{name}` is of the unknown type `{}`",
                            kind.unwrap_or("(none)")
                        ));
                        ranges.push(Range::unreadable());
                    }
                }
            }
        }
        Some(_) => {
            notes.push(format!("the ranges of `{name}` are not a list"));
            ranges.push(Range::unreadable());
        }
    }
    let versions = match entry.get("versions") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => read_versions(list, name, &mut ranges, notes),
        Some(_) => {
            notes.push(format!("the versions of `{name}` are not a list"));
            ranges.push(Range::unreadable());
            Vec::new()
        }
    };
    if ranges.is_empty() && versions.is_empty() {
        // Commits only, or nothing: some versions are affected and nobody says which.
        let what = if has_git { "commits" } else { "nothing" };
        notes.push(format!(
            "its entry for `{name}` tells {what} but no versions"
        ));
        ranges.push(Range::unreadable());
    }
    Affected {
        ecosystem,
        name: name.to_owned(),
        ranges,
        versions,
    }
}

fn read_versions(
    list: &[Value],
    name: &str,
    ranges: &mut Vec<Range>,
    notes: &mut Vec<String>,
) -> Vec<String> {
    let versions: Vec<String> = list
        .iter()
        .filter_map(Value::as_str)
        .filter(|version| version.len() <= MAX_NAME_BYTES)
        .take(MAX_ITEMS)
        .map(str::to_owned)
        .collect();
    if versions.len() < list.len() {
        notes.push(format!(
            "{} versions of `{name}` are malformed",
            list.len() - versions.len()
        ));
        ranges.push(Range::unreadable());
    }
    versions
}

fn read_range(range: &Value, name: &str, notes: &mut Vec<String>) -> Range {
    let Some(list) = range.get("events").and_then(Value::as_array) else {
        notes.push(format!("a range of `{name}` has no list of events"));
        return Range::unreadable();
    };
    let mut events = Vec::new();
    let mut incomplete = list.len() > MAX_ITEMS;
    for event in list.iter().take(MAX_ITEMS) {
        let before = events.len();
        for (key, kind) in [
            ("introduced", EventKind::Introduced),
            ("fixed", EventKind::Fixed),
            ("last_affected", EventKind::LastAffected),
            ("limit", EventKind::Limit),
        ] {
            if let Some(version) = event.get(key).and_then(Value::as_str)
                && version.len() <= MAX_NAME_BYTES
            {
                events.push((kind, version.to_owned()));
            }
        }
        let keys = event.as_object().map_or(0, Map::len);
        incomplete |= keys == 0 || events.len() - before != keys;
    }
    if incomplete {
        notes.push(format!("a range of `{name}` has events that are not known"));
    }
    Range { events, incomplete }
}

/// A commit id is 40 or 64 hex digits, or `0`. Ranges of commits are not evaluated, so a
/// malformed one changes nothing; it is told all the same.
fn note_malformed_commits(range: &Value, name: &str, notes: &mut Vec<String>) {
    let sound = |commit: &str| {
        commit == "0"
            || (matches!(commit.len(), 40 | 64) && commit.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let events = range.get("events").and_then(Value::as_array);
    let malformed = events.into_iter().flatten().any(|event| {
        event
            .as_object()
            .is_none_or(|event| !event.values().all(|v| v.as_str().is_some_and(sound)))
    });
    if malformed {
        notes.push(format!(
            "a GIT range of `{name}` has malformed commit ids; its versions are used"
        ));
    }
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str()
}

fn texts(object: &Map<String, Value>, key: &str) -> Vec<String> {
    object
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
