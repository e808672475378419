//! Locked checksums against those that a registry gives.

use super::super::address::shown;
use super::answers::{FileFacts, VersionFacts};
use crate::model::{Checksum, Component, Digest, DigestAlgorithm, Ecosystem, Occurrence, Origin};
use crate::support::hash::sha256;
use std::collections::{BTreeMap, BTreeSet};

/// What the comparison of one lockfile entry came to; the order is from good to bad.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Comparison {
    /// They agree.
    Same,
    /// The lockfile has no checksum that a registry could give.
    NotRecorded,
    /// Some of the locked files are the registry's, others it does not have.
    Unlisted(String),
    /// There is no algorithm that both have.
    Unknown(String),
    /// They differ: locked and served, in words.
    Different { locked: String, served: String },
}

/// Digests over something else than what a registry publishes, which are computed here from
/// its files.
const COMPUTED: [&str; 3] = ["go-h1", "go-mod-h1", "nuget-content-hash"];

/// Checksums of the archives that Yarn 2 and later packs.
pub(super) const YARN: &str = "yarn-berry";
/// The same of a package with a patch, which no registry has.
const YARN_PATCHED: &str = "yarn-patch";
/// The cache key of archives that can be made again: the format of Yarn 4, not compressed.
const YARN_KEY: &str = "10c0";

type Digests = BTreeMap<DigestAlgorithm, BTreeSet<Digest>>;

/// Compares one entry of a component with what the registry says of the version.
pub(super) fn compare(
    component: &Component,
    occurrence: &Occurrence,
    facts: &VersionFacts,
) -> Comparison {
    let checksums = compare_checksums(component, occurrence, facts);
    match other_file(occurrence, facts) {
        Some(why) => checksums.max(Comparison::Unknown(why)),
        None => checksums,
    }
}

/// Why the entry's file is not the one that the registry names for the version. Even with the
/// same checksum it may not be there at all.
fn other_file(occurrence: &Occurrence, facts: &VersionFacts) -> Option<String> {
    let Origin::Registry {
        file: Some(file), ..
    } = &occurrence.origin
    else {
        return None;
    };
    let digest = sha256(file.as_bytes()).to_string();
    let named: Vec<&String> = facts
        .files
        .iter()
        .filter_map(|f| f.address.as_ref())
        .collect();
    (!named.is_empty() && !named.contains(&&digest)).then(|| {
        format!(
            "the lockfile takes it from `{}`, which is not the file that the registry names",
            shown(file)
        )
    })
}

fn compare_checksums(
    component: &Component,
    occurrence: &Occurrence,
    facts: &VersionFacts,
) -> Comparison {
    let mut worst = Comparison::NotRecorded;
    let mut is_compared = false;
    for (scheme, value) in opaque(occurrence) {
        let this = opaque_comparison(scheme, value, facts);
        worst = if is_compared { worst.max(this) } else { this };
        is_compared = true;
    }
    let locked = digests(file_digests(occurrence).cloned());
    if locked.is_empty()
        && !is_compared
        && let Some(this) = occurrence
            .checksums
            .iter()
            .filter_map(|checksum| of_yarn(checksum, facts))
            .max()
    {
        return this;
    }
    if locked.is_empty() {
        return worst;
    }
    let this = compare_files(component, &locked, &served(&facts.files));
    let this = match facts.assets.is_empty() {
        true => this,
        false => both(
            this,
            compare_files(component, &locked, &served(&facts.assets)),
        ),
    };
    if is_compared { worst.max(this) } else { this }
}

/// What the package protocol and the registry's API come to together: one that gives nothing
/// to compare with leaves it to the other, else the worse one counts.
fn both(protocol: Comparison, api: Comparison) -> Comparison {
    match (protocol, api) {
        (Comparison::Unknown(_), api @ (Comparison::Same | Comparison::Unlisted(_))) => api,
        (protocol, Comparison::Unknown(_)) => protocol,
        (Comparison::Different { locked, served }, _) => Comparison::Different { locked, served },
        (_, Comparison::Different { locked, served }) => Comparison::Different {
            locked,
            served: format!("{served} by what its API says"),
        },
        (protocol, api) => protocol.max(api),
    }
}

fn compare_files(component: &Component, locked: &Digests, served: &Digests) -> Comparison {
    let mut is_compared = false;
    let mut unlisted = None;
    let strongest = locked.keys().max();
    for (algorithm, locked) in locked {
        let is_choice = match component.ecosystem {
            // pip takes a file that fits any of its digests.
            Ecosystem::Pypi => true,
            // npm looks at the strongest ones.
            Ecosystem::Npm => Some(algorithm) == strongest,
            _ => false,
        };
        let Some(served) = served.get(algorithm) else {
            if is_choice {
                unlisted = Some(words(locked));
            }
            continue;
        };
        is_compared = true;
        if locked.is_disjoint(served) {
            return Comparison::Different {
                locked: words(locked),
                served: words(served),
            };
        }
        // One version of a Python project has many files, each with its digest; and of several
        // digests npm is content with one.
        if is_choice && !locked.is_subset(served) {
            let missing: BTreeSet<Digest> = locked.difference(served).cloned().collect();
            unlisted = Some(words(&missing));
        }
    }
    match (is_compared, unlisted) {
        (true, None) => Comparison::Same,
        (true, Some(missing)) => Comparison::Unlisted(missing),
        (false, _) => {
            let names = |digests: &Digests| {
                let names: Vec<&str> = digests.keys().map(|a| a.as_str()).collect();
                match names.is_empty() {
                    true => "none".to_owned(),
                    false => names.join(", "),
                }
            };
            Comparison::Unknown(format!(
                "the lockfile has {}, the registry gives {}",
                names(locked),
                names(served)
            ))
        }
    }
}

fn opaque_comparison(scheme: &str, value: &str, facts: &VersionFacts) -> Comparison {
    let given: Vec<&str> = facts
        .files
        .iter()
        .flat_map(|file| &file.opaque)
        .filter_map(|text| text.strip_prefix(scheme)?.strip_prefix(':'))
        .collect();
    match given.first() {
        None => Comparison::Unknown(format!(
            "the lockfile has `{scheme}`, which was not computed from the registry's file"
        )),
        Some(_) if given.contains(&value) => Comparison::Same,
        Some(other) => Comparison::Different {
            locked: format!("`{}`", short(value)),
            served: format!("`{}`", short(other)),
        },
    }
}

fn opaque(occurrence: &Occurrence) -> impl Iterator<Item = (&'static str, &str)> {
    occurrence.checksums.iter().filter_map(|c| match c {
        Checksum::Opaque { scheme, value } if COMPUTED.contains(scheme) => {
            Some((*scheme, value.as_str()))
        }
        _ => None,
    })
}

/// The digest of a checksum of Yarn, where it is of an archive that can be made again.
pub(super) fn yarn_digest(value: &str) -> Option<&str> {
    value.strip_prefix(YARN_KEY)?.strip_prefix('/')
}

/// Yarn 2 and later packs each package anew and keeps the digest of its own archive.
fn of_yarn(checksum: &Checksum, facts: &VersionFacts) -> Option<Comparison> {
    let Checksum::Opaque { scheme, value } = checksum else {
        return None;
    };
    let unknown = |why: &str| Some(Comparison::Unknown(why.to_owned()));
    if *scheme == YARN_PATCHED {
        return unknown(
            "the lockfile has the checksum of a patched package, which no registry has",
        );
    }
    if *scheme != YARN {
        return None;
    }
    let Some(locked) = yarn_digest(value) else {
        return unknown(
            "the lockfile has checksums of archives that Yarn packs and compresses itself, which no registry has",
        );
    };
    let files = facts.files.iter().flat_map(|file| &file.opaque);
    let mut made = files.filter_map(|text| text.strip_prefix(YARN)?.strip_prefix(':'));
    match made.next() {
        None => unknown("the archive that Yarn packs of it could not be made again"),
        Some(made) if made.eq_ignore_ascii_case(locked) => Some(Comparison::Same),
        Some(made) => Some(Comparison::Different {
            locked: format!("Yarn's archive `{}`", short(locked)),
            served: format!("a file that Yarn packs to `{}`", short(made)),
        }),
    }
}

fn file_digests(occurrence: &Occurrence) -> impl Iterator<Item = &Digest> {
    occurrence.checksums.iter().filter_map(|c| match c {
        Checksum::File(digest) => Some(digest),
        Checksum::Opaque { .. } => None,
    })
}

fn digests(list: impl Iterator<Item = Digest>) -> Digests {
    let mut found = Digests::new();
    for digest in list {
        found.entry(digest.algorithm()).or_default().insert(digest);
    }
    found
}

/// Every digest that the registry gives for a version. What is none is left out: then there
/// is nothing to compare with.
fn served(files: &[FileFacts]) -> Digests {
    let texts = files.iter().flat_map(|file| &file.checksums);
    digests(texts.filter_map(|text| Digest::parse(text).ok()))
}

/// The files of a version that the lockfile's entries mean: those with a locked digest, or
/// all where none has.
pub(super) fn locked_files<'f>(
    component: &Component,
    facts: &'f VersionFacts,
) -> Vec<&'f FileFacts> {
    let locked: BTreeSet<String> = component
        .occurrences
        .iter()
        .flat_map(file_digests)
        .map(ToString::to_string)
        .collect();
    let chosen: Vec<&FileFacts> = facts
        .files
        .iter()
        .filter(|file| file.checksums.iter().any(|digest| locked.contains(digest)))
        .collect();
    match chosen.is_empty() {
        true => facts.files.iter().collect(),
        false => chosen,
    }
}

/// At most two digests, shortened.
fn words(digests: &BTreeSet<Digest>) -> String {
    let shown: Vec<String> = digests
        .iter()
        .take(2)
        .map(|digest| {
            let hex = digest.hex();
            format!("{} `{}`", digest.algorithm().as_str(), short(&hex))
        })
        .collect();
    match digests.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn short(text: &str) -> String {
    let safe = crate::model::terminal_safe(text);
    match safe.char_indices().nth(16) {
        Some((end, _)) => format!("{}…", safe.get(..end).unwrap_or_default()),
        None => safe.into_owned(),
    }
}
