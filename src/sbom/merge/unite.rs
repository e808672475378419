//! One component of two that are the same.

use crate::sbom::document::extra::At;
use crate::sbom::document::{DocComponent, Extra, Hash, Organization};
use crate::sbom::loss::{LossReason, Losses};

/// All items in order, each once.
pub fn lists<'l, T: Clone + PartialEq + 'l>(lists: impl Iterator<Item = &'l Vec<T>>) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    for item in lists.flatten() {
        if !all.contains(item) {
            all.push(item.clone());
        }
    }
    all
}

fn extend<T: PartialEq>(known: &mut Vec<T>, more: Vec<T>) {
    for item in more {
        if !known.contains(&item) {
            known.push(item);
        }
    }
}

/// What `other` says and `known` does not is taken over; what it says differently is
/// named.
pub fn component(known: &mut DocComponent, other: DocComponent, at: &At<'_>, losses: &mut Losses) {
    let mut text = |known: &mut Option<String>, other: Option<String>, key: &str| match (
        known.as_deref(),
        other,
    ) {
        (None, other) => *known = other,
        (Some(first), Some(second)) if first != second => {
            losses.add(&at.key(key), differs(first));
        }
        _ => {}
    };
    text(&mut known.description, other.description, "description");
    text(&mut known.cpe, other.cpe, "cpe");
    text(&mut known.copyright, other.copyright, "copyright");
    text(&mut known.author, other.author, "author");
    text(&mut known.publisher, other.publisher, "publisher");
    known.scope = scope(known.scope.take(), other.scope);
    if known.kind != other.kind {
        losses.add(&at.key("type"), differs(&known.kind));
    }
    organization(
        &mut known.supplier,
        other.supplier,
        &at.key("supplier"),
        losses,
    );
    let manufacturer = at.key("manufacturer");
    organization(
        &mut known.manufacturer,
        other.manufacturer,
        &manufacturer,
        losses,
    );
    hashes(&mut known.hashes, other.hashes, &at.key("hashes"), losses);
    extend(&mut known.licences, other.licences);
    extend(&mut known.authors, other.authors);
    extend(&mut known.external_references, other.external_references);
    extend(&mut known.occurrences, other.occurrences);
    extend(&mut known.properties, other.properties);
    known.properties.sort();
    known.components.extend(other.components);
    extra(&mut known.extra, other.extra, at, losses);
    let evidence = at.key("evidence");
    extra(
        &mut known.evidence_extra,
        other.evidence_extra,
        &evidence,
        losses,
    );
}

fn differs(kept: &str) -> LossReason {
    LossReason::Changed {
        into: format!("`{kept}`, as another input says"),
    }
}

/// Needed somewhere is needed.
fn scope(known: Option<String>, other: Option<String>) -> Option<String> {
    let rank = |scope: &Option<String>| match scope.as_deref() {
        Some("required") => 0,
        // Not said counts as required.
        None => 1,
        Some("optional") => 2,
        Some(_) => 3,
    };
    match rank(&other) < rank(&known) {
        true => other,
        false => known,
    }
}

fn organization(
    known: &mut Option<Organization>,
    other: Option<Organization>,
    at: &At<'_>,
    losses: &mut Losses,
) {
    match (&known, other) {
        (None, other) => *known = other,
        (Some(first), Some(second)) if *first != second => {
            losses.add(at, differs(first.name.as_deref().unwrap_or_default()));
        }
        _ => {}
    }
}

/// Two hashes of one algorithm would be hashes of two files: the second is named.
fn hashes(known: &mut Vec<Hash>, other: Vec<Hash>, at: &At<'_>, losses: &mut Losses) {
    for hash in other {
        let same = known.iter().find(|k| k.algorithm == hash.algorithm);
        match same {
            None => known.push(hash),
            Some(first) if first.value.eq_ignore_ascii_case(&hash.value) => {}
            Some(first) => losses.add(&at.key(&hash.algorithm), differs(&first.value)),
        }
    }
    known.sort();
}

fn extra(known: &mut Extra, other: Extra, at: &At<'_>, losses: &mut Losses) {
    for (key, value) in other {
        match known.get(&key) {
            None => {
                known.insert(key, value);
            }
            Some(first) if *first == value => {}
            Some(_) => losses.add(
                &at.key(&key),
                LossReason::Changed {
                    into: "what another input says".to_owned(),
                },
            ),
        }
    }
}
