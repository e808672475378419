//! OSV records (<https://ossf.github.io/osv-schema/>), read tolerantly: a field, range
//! type, event or ecosystem that is not known never drops a record, and a malformed part
//! is noted while the rest is used.

mod wire;

use super::record::{
    Affected, Feed, MAX_NAME_BYTES, PackageRating, Parsed, Range, Rating, Record, RecordMetadata,
    normalised_name, one_line, sorted_ids,
};
use crate::model::Ecosystem;
use crate::versions::{EventKind, Scheme};
use std::collections::BTreeSet;
use wire::{List, Object, Text, WireAffected, WireOwn, WireRange, WireRecord, WireSeverity};

/// Most events of a range and most versions of a list.
const MAX_ITEMS: usize = 60_000;
/// Longest address that is kept, in bytes.
const MAX_URL_BYTES: usize = 2000;
/// The kinds behind [`wire::EVENT_KEYS`].
const EVENT_KINDS: [EventKind; 4] = [
    EventKind::Introduced,
    EventKind::Fixed,
    EventKind::LastAffected,
    EventKind::Limit,
];

/// Reads one record.
pub(super) fn parse_record(bytes: &[u8]) -> Parsed {
    // Texts inside a text need not be looked at one by one.
    let read = match std::str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str::<Object<WireRecord<'_>>>(text),
        Err(_) => serde_json::from_slice(bytes),
    };
    let error = match read {
        Ok(Object(Some(record))) => return read_record(&record),
        Ok(Object(None)) => return Parsed::bad("it is not a JSON object"),
        Err(error) => error,
    };
    // Where a key is there twice the last one counts, as for most readers of JSON; that is
    // worth a second reading, not a lost record.
    let plain = serde_json::from_slice::<serde_json::Value>(bytes)
        .and_then(|value| serde_json::to_vec(&value));
    match plain.as_deref().map(serde_json::from_slice) {
        Ok(Ok(Object(Some(record)))) => read_record(&record),
        _ => Parsed::bad(format!("it is not valid JSON: {error}")),
    }
}

fn read_record(wire: &WireRecord<'_>) -> Parsed {
    if matches!(wire.affected, List::Other) {
        return Parsed::bad("its `affected` is not a list");
    }
    let entries = wire.affected.items();
    let id = wire.id.as_str().filter(|id| !id.trim().is_empty());
    let Some(id) = id.filter(|id| id.len() <= MAX_NAME_BYTES) else {
        return Parsed::Bad {
            reason: "it has no usable `id`".to_owned(),
            packages: named_packages(entries),
        };
    };
    let none = WireAffected::default();
    let mut notes = Vec::new();
    let mut affected = Vec::new();
    let mut ratings = Vec::new();
    let mut others = BTreeSet::new();
    let mut nameless = false;
    for (index, Object(entry)) in entries.iter().enumerate() {
        let entry = entry.as_ref().unwrap_or(&none);
        match package_of(entry) {
            Package::Known(package) => {
                let rating = rating_of(entry);
                if rating != Rating::default() {
                    ratings.push(PackageRating {
                        ecosystem: package.ecosystem.osv_name().to_owned(),
                        name: package.name.clone(),
                        rating,
                    });
                }
                affected.push(read_affected(package, entry, &mut notes));
            }
            Package::Other(name) => {
                others.insert(name);
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
            let first = others.pop_first();
            Parsed::NotUsed(first.unwrap_or_else(|| "(no package)".to_owned()))
        };
    }
    let metadata = read_metadata(wire, id, &affected, ratings);
    Parsed::Record(Box::new(Record {
        feed: Feed::Osv,
        metadata,
        affected,
        notes,
        also_about: others.into_iter().collect(),
    }))
}

fn read_metadata(
    wire: &WireRecord<'_>,
    id: &str,
    affected: &[Affected],
    mut packages: Vec<PackageRating>,
) -> RecordMetadata {
    packages.sort();
    packages.dedup();
    let summary = match wire.summary.as_str().map(one_line) {
        Some(summary) if !summary.is_empty() => summary,
        _ => {
            let details = wire.details.map(|raw| serde_json::from_str(raw.get()));
            match details {
                Some(Ok(Text(Some(details)))) => one_line(&details),
                _ => String::new(),
            }
        }
    };
    let text = |text: &Text<'_>| text.as_str().map(str::to_owned);
    RecordMetadata {
        id: id.to_owned(),
        source: affected
            .first()
            .map(|a| format!("OSV {}", a.ecosystem.osv_name()))
            .unwrap_or_default(),
        aliases: sorted_ids(texts(&wire.aliases), id),
        related: sorted_ids(texts(&wire.related).chain(texts(&wire.upstream)), id),
        summary,
        // The Go database leaves the zero time of its language in the field.
        modified: text(&wire.modified)
            .filter(|time| !time.starts_with("0001-"))
            .or_else(|| text(&wire.published)),
        // `null` is what some exporters write for "not withdrawn".
        withdrawn: text(&wire.withdrawn),
        url: link(wire),
        rating: read_rating(&wire.severity, [&wire.database_specific]),
        packages,
    }
}

/// The address of the advisory itself, else of the first web page named.
fn link(wire: &WireRecord<'_>) -> Option<String> {
    let references = wire.references.items();
    let of_kind = |kind: &str| {
        references.iter().find_map(|Object(reference)| {
            let reference = reference.as_ref()?;
            let url = reference.url.as_str()?;
            let matches = reference.kind.as_str() == Some(kind)
                && (url.starts_with("https://") || url.starts_with("http://"))
                && url.len() <= MAX_URL_BYTES;
            matches.then(|| url.to_owned())
        })
    };
    of_kind("ADVISORY")
        .or_else(|| of_kind("WEB"))
        .or_else(|| of_kind("REPORT"))
}

fn rating_of(entry: &WireAffected<'_>) -> Rating {
    let own = [&entry.database_specific, &entry.ecosystem_specific];
    read_rating(&entry.severity, own)
}

/// `own` are the objects that databases and ecosystems add; the first that says something
/// counts.
fn read_rating<const N: usize>(
    severity: &List<Object<WireSeverity<'_>>>,
    own: [&Object<WireOwn<'_>>; N],
) -> Rating {
    let mut vectors: Vec<String> = severity
        .items()
        .iter()
        .filter_map(|Object(entry)| entry.as_ref()?.score.as_str())
        .filter(|score| score.len() <= MAX_NAME_BYTES)
        .map(str::to_owned)
        .collect();
    vectors.sort();
    vectors.dedup();
    let word = |field: for<'a, 'b> fn(&'b WireOwn<'a>) -> &'b Text<'a>| {
        own.iter()
            .filter_map(|Object(own)| field(own.as_ref()?).as_str())
            .map(|word| word.chars().take(40).collect())
            .next()
    };
    Rating {
        vectors,
        word: word(|own| &own.severity),
        informational: word(|own| &own.informational),
    }
}

/// What an affected entry is about.
struct Named {
    ecosystem: Ecosystem,
    /// Normalised.
    name: String,
    /// What follows the ecosystem's name: `12` of `Debian:12`; empty for all releases.
    release: String,
}

enum Package {
    Known(Named),
    Other(String),
    Malformed,
}

fn package_of(entry: &WireAffected<'_>) -> Package {
    let package = entry.package.0.as_ref();
    let usable = |text: &&str| !text.is_empty() && text.len() <= MAX_NAME_BYTES;
    let ecosystem = package.and_then(|p| p.ecosystem.as_str()).filter(usable);
    let name = package.and_then(|p| p.name.as_str()).filter(usable);
    match (ecosystem, name) {
        (Some(full), name) => {
            let (base, release) = full.split_once(':').unwrap_or((full, ""));
            match (known_ecosystem(full), name) {
                (Some(ecosystem), Some(name)) => Package::Known(Named {
                    ecosystem,
                    name: normalised_name(ecosystem, name),
                    release: release.to_owned(),
                }),
                (Some(_), None) => Package::Malformed,
                (None, _) => Package::Other(base.to_owned()),
            }
        }
        // Records about source repositories have ranges of type GIT and no package.
        (None, None) if package.is_none() && !matches!(entry.ranges, List::Absent) => {
            Package::Other("GIT".to_owned())
        }
        (None, _) => Package::Malformed,
    }
}

/// The ecosystem of an OSV name, where its versions can be ordered here.
fn known_ecosystem(name: &str) -> Option<Ecosystem> {
    Ecosystem::from_osv_name(name).filter(|ecosystem| Scheme::of(*ecosystem) != Scheme::Unordered)
}

fn named_packages(entries: &[Object<WireAffected<'_>>]) -> Vec<(String, String)> {
    let packages: BTreeSet<_> = entries
        .iter()
        .filter_map(|Object(entry)| match package_of(entry.as_ref()?) {
            Package::Known(named) => Some((named.ecosystem.osv_name().to_owned(), named.name)),
            _ => None,
        })
        .collect();
    packages.into_iter().collect()
}

fn read_affected(named: Named, entry: &WireAffected<'_>, notes: &mut Vec<String>) -> Affected {
    let name = named.name.as_str();
    let mut ranges = Vec::new();
    let mut has_git = false;
    let none = WireRange::default();
    for Object(range) in entry.ranges.items() {
        let range = range.as_ref().unwrap_or(&none);
        match range.kind.as_str() {
            Some("GIT") => {
                has_git = true;
                note_malformed_commits(range, name, notes);
            }
            Some("SEMVER" | "ECOSYSTEM") => ranges.push(read_range(range, name, notes)),
            kind => {
                notes.push(format!(
                    "a range of `{name}` is of the unknown type `{}`",
                    short(kind.unwrap_or("(none)"))
                ));
                ranges.push(Range::unreadable());
            }
        }
    }
    if matches!(entry.ranges, List::Other) {
        notes.push(format!("the ranges of `{name}` are not a list"));
        ranges.push(Range::unreadable());
    }
    let versions = read_versions(&entry.versions, name, &mut ranges, notes);
    if ranges.is_empty() && versions.is_empty() {
        // Commits only, or nothing: some versions are affected and nobody says which.
        let what = if has_git { "commits" } else { "nothing" };
        notes.push(format!(
            "its entry for `{name}` tells {what} but no versions"
        ));
        ranges.push(Range::unreadable());
    }
    Affected {
        ecosystem: named.ecosystem,
        name: named.name,
        release: named.release,
        ranges,
        versions,
    }
}

fn read_versions(
    list: &List<Text<'_>>,
    name: &str,
    ranges: &mut Vec<Range>,
    notes: &mut Vec<String>,
) -> Vec<String> {
    if matches!(list, List::Other) {
        notes.push(format!("the versions of `{name}` are not a list"));
        ranges.push(Range::unreadable());
    }
    let items = list.items();
    let versions: Vec<String> = items
        .iter()
        .filter_map(Text::as_str)
        .filter(|version| version.len() <= MAX_NAME_BYTES)
        .take(MAX_ITEMS)
        .map(str::to_owned)
        .collect();
    if versions.len() < items.len() {
        notes.push(format!(
            "{} versions of `{name}` are malformed",
            items.len() - versions.len()
        ));
        ranges.push(Range::unreadable());
    }
    versions
}

fn read_range(range: &WireRange<'_>, name: &str, notes: &mut Vec<String>) -> Range {
    let List::Items(list) = &range.events else {
        notes.push(format!("a range of `{name}` has no list of events"));
        return Range::unreadable();
    };
    let mut events = Vec::new();
    let mut incomplete = list.len() > MAX_ITEMS;
    for event in list.iter().take(MAX_ITEMS) {
        incomplete |= event.odd;
        for (kind, version) in EVENT_KINDS.into_iter().zip(&event.known) {
            let Some(version) = version else { continue };
            if version.len() <= MAX_NAME_BYTES {
                events.push((kind, version.clone().into_owned()));
            } else {
                incomplete = true;
            }
        }
    }
    if incomplete {
        notes.push(format!("a range of `{name}` has events that are not known"));
    }
    Range { events, incomplete }
}

/// A commit id is 40 or 64 hex digits, or `0`. Ranges of commits are not evaluated, so a
/// malformed one changes nothing; it is told all the same.
fn note_malformed_commits(range: &WireRange<'_>, name: &str, notes: &mut Vec<String>) {
    let sound = |commit: &str| {
        commit == "0"
            || (matches!(commit.len(), 40 | 64) && commit.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let malformed = range
        .events
        .items()
        .iter()
        .any(|event| event.odd || !event.known.iter().flatten().all(|commit| sound(commit)));
    if malformed {
        notes.push(format!(
            "a GIT range of `{name}` has malformed commit ids; its versions are used"
        ));
    }
}

fn texts<'a>(list: &'a List<Text<'a>>) -> impl Iterator<Item = String> + 'a {
    let texts = list.items().iter().filter_map(Text::as_str);
    texts.map(str::to_owned)
}

/// A text of the record, cut for a note.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
