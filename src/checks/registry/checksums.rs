//! Rules about recorded checksums.

use super::case::{Case, Hit, Sink, label};
use super::rules;
use crate::model::{
    Checksum, Component, Digest, DigestAlgorithm, Ecosystem, Occurrence, Origin, Severity,
    terminal_safe,
};
use std::collections::{BTreeMap, BTreeSet};

/// Adds what the checksums of one entry break.
pub(super) fn check(case: &Case<'_>, sink: &mut Sink<'_>) {
    if let Some(hit) = missing(case).or_else(|| weak(case)) {
        sink.add(hit, case.occurrence);
    }
}

fn file_digests(occurrence: &Occurrence) -> impl Iterator<Item = &Digest> {
    occurrence.checksums.iter().filter_map(|c| match c {
        Checksum::File(digest) => Some(digest),
        Checksum::Opaque { .. } => None,
    })
}

/// `registry/missing-checksum`.
fn missing(case: &Case<'_>) -> Option<Hit> {
    if !case.occurrence.checksums.is_empty() || !expects_checksum(case) {
        return None;
    }
    let label = case.label();
    let (what, remedy) = match case.component.ecosystem {
        Ecosystem::Golang => (
            "no `go.sum` line",
            "run `go mod tidy` with the checksum database on and commit `go.sum`",
        ),
        Ecosystem::Pypi if is_requirements(case) => (
            "no `--hash`, although other lines of the file have one",
            "compile the file anew with hashes for every line, and install with hashes required",
        ),
        _ => (
            "no checksum",
            "write the lockfile anew with its tool, and find out why this entry had none",
        ),
    };
    Some(Hit {
        rule: &rules::MISSING_CHECKSUM,
        severity: Severity::Medium,
        message: format!("`{label}` has {what}"),
        remedy: remedy.to_owned(),
    })
}

fn is_requirements(case: &Case<'_>) -> bool {
    case.format.starts_with("requirements")
}

/// Whether the lock format records a checksum for an entry with this origin. Where its
/// absence has a harmless reason (a bundled npm package, a git commit), the answer is no.
fn expects_checksum(case: &Case<'_>) -> bool {
    let origin = &case.occurrence.origin;
    if matches!(
        origin,
        Origin::Git { .. } | Origin::Path { .. } | Origin::Bundled { .. }
    ) {
        return false;
    }
    let from_registry = matches!(origin, Origin::Registry { .. } | Origin::ImpliedDefault);
    match case.component.ecosystem {
        Ecosystem::Cargo => from_registry,
        // pnpm leaves the address out for registry packages, and so may npm, but never
        // the hash; yarn berry hashes an archive of its own.
        Ecosystem::Npm => match origin {
            Origin::Registry { .. } | Origin::Url { .. } => true,
            _ => !case.format.starts_with("yarn"),
        },
        Ecosystem::Pypi if is_requirements(case) => case.lockfile_has_hashes,
        Ecosystem::Pypi => from_registry || matches!(origin, Origin::Url { .. }),
        // `go.mod` has no checksums; `go.sum` beside it has. A module of which only
        // `go.mod` is hashed gives no code to the build.
        Ecosystem::Golang => case
            .component
            .occurrences
            .iter()
            .all(|o| o.checksums.is_empty()),
        // The lockfiles of the others record checksums for some packages only, or never.
        _ => false,
    }
}

/// `registry/weak-checksum`.
fn weak(case: &Case<'_>) -> Option<Hit> {
    let algorithms: BTreeSet<DigestAlgorithm> = file_digests(case.occurrence)
        .map(Digest::algorithm)
        .collect();
    if algorithms.is_empty()
        || algorithms.iter().any(|a| a.is_strong())
        || file_digests(case.occurrence).count() < case.occurrence.checksums.len()
    {
        return None;
    }
    let names: Vec<&str> = algorithms.iter().map(|a| a.as_str()).collect();
    Some(Hit {
        rule: &rules::WEAK_CHECKSUM,
        severity: Severity::Medium,
        message: format!(
            "`{}` is checked by {} only",
            case.label(),
            names.join(" and ")
        ),
        remedy: "remove the entry and write the lockfile anew, so that it records sha256 or sha512"
            .to_owned(),
    })
}

/// `registry/checksum-conflict`: two entries of one package version that cannot both be
/// the registry's file. Only where a version has one file, as a gem has for each platform,
/// which is part of its purl. PyPI has several: see [`super::python_files`].
pub(super) fn check_conflict(component: &Component, sink: &mut Sink<'_>) {
    match component.ecosystem {
        Ecosystem::Cargo | Ecosystem::Npm | Ecosystem::Gem | Ecosystem::Composer => {
            files_conflict(component, sink);
        }
        Ecosystem::Golang => opaque_conflict(component, &["go-h1", "go-mod-h1"], sink),
        Ecosystem::Nuget => opaque_conflict(component, &["nuget-content-hash"], sink),
        _ => {}
    }
}

/// One value of a scheme is right; go.sum may have several lines for one module.
fn opaque_conflict(component: &Component, schemes: &[&str], sink: &mut Sink<'_>) {
    for wanted in schemes {
        let mut values: BTreeSet<&str> = BTreeSet::new();
        let mut places: Vec<&Occurrence> = Vec::new();
        for occurrence in &component.occurrences {
            let found = occurrence.checksums.iter().filter_map(|c| match c {
                Checksum::Opaque { scheme, value } if scheme == wanted => Some(value.as_str()),
                _ => None,
            });
            let found: Vec<&str> = found.collect();
            if !found.is_empty() {
                places.push(occurrence);
            }
            values.extend(found);
        }
        if values.len() < 2 {
            continue;
        }
        let shown: Vec<String> = values
            .iter()
            .take(4)
            .map(|value| {
                let start: String = value.chars().take(19).collect();
                format!("`{}…`", terminal_safe(&start))
            })
            .collect();
        let message = format!(
            "entries of `{}` contradict each other: {wanted} {}",
            label(component),
            shown.join(", ")
        );
        for occurrence in places {
            sink.add(conflict(message.clone()), occurrence);
        }
    }
}

/// The finding that says so.
pub(super) fn conflict(message: String) -> Hit {
    Hit {
        rule: &rules::CHECKSUM_CONFLICT,
        severity: Severity::High,
        message,
        remedy: "compare the entries with the file that the approved registry serves, find out which was changed, then lock both anew".to_owned(),
    }
}

fn files_conflict(component: &Component, sink: &mut Sink<'_>) {
    let mut by_algorithm: BTreeMap<DigestAlgorithm, Vec<(&Occurrence, BTreeSet<&Digest>)>> =
        BTreeMap::new();
    for occurrence in &component.occurrences {
        let mut sets: BTreeMap<DigestAlgorithm, BTreeSet<&Digest>> = BTreeMap::new();
        for digest in file_digests(occurrence) {
            sets.entry(digest.algorithm()).or_default().insert(digest);
        }
        for (algorithm, set) in sets {
            by_algorithm
                .entry(algorithm)
                .or_default()
                .push((occurrence, set));
        }
    }
    for (algorithm, entries) in by_algorithm {
        let Some((_, first)) = entries.first() else {
            continue;
        };
        // An SRI string may list several digests, of which one has to fit.
        let differs = entries.iter().any(|(_, set)| set.is_disjoint(first));
        if !differs {
            continue;
        }
        let all: BTreeSet<&Digest> = entries.iter().flat_map(|(_, set)| set).copied().collect();
        let values: Vec<String> = all.iter().take(4).map(|digest| short(digest)).collect();
        let message = format!(
            "entries of `{}` contradict each other: {} {}",
            label(component),
            algorithm.as_str(),
            values.join(", ")
        );
        for (occurrence, _) in entries {
            sink.add(conflict(message.clone()), occurrence);
        }
    }
}

/// The first 16 hexadecimal digits.
fn short(digest: &Digest) -> String {
    let hex = digest.hex();
    format!("`{}…`", hex.get(..16).unwrap_or(&hex))
}
