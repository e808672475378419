//! What the advisory database lacks under a policy: sources that are too old, and sources
//! about attacks that the policy judges by.

use super::advisories::AdvisoryPolicy;
use super::rules::{NO_EXPLOIT_DATA, STALE_DATABASE};
use crate::model::{DatabaseInfo, Ecosystem, Gap, Rule, SourceUse, terminal_safe};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// A source may be ahead of this machine's clock by so much.
pub(super) const DATE_TOLERANCE_SECONDS: i64 = 86_400;

/// A gap for each source that is used and too old, of unknown age, or named by the policy
/// and not there; and for each kind of knowledge about attacks that is not there.
pub(super) fn gaps(
    policy: &AdvisoryPolicy,
    database: &DatabaseInfo,
    ecosystems: &BTreeSet<Ecosystem>,
    now: Timestamp,
) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = database
        .sources
        .iter()
        // One without a record has other gaps: it is not there, or nothing of it can be read.
        .filter(|source| policy.uses(source.used_for) && source.records > 0)
        .filter_map(|source| {
            let (limit, key) = policy.max_age_of(&source.name)?;
            let message = stale(&source.name, source.newest.as_deref(), limit, &key, now)?;
            Some(gap(&STALE_DATABASE, message))
        })
        .collect();
    for name in policy.named_sources() {
        let is_there = database.sources.iter().any(|source| source.name == name);
        let would_be = SourceUse::of_source(name, ecosystems);
        if !is_there && would_be == SourceUse::Advisories {
            let message = format!(
                "the database has no source `{}`, which [advisories.max-age] names",
                terminal_safe(name)
            );
            gaps.push(gap(&STALE_DATABASE, message));
        }
    }
    for (wanted, what, key) in [
        (
            SourceUse::KnownExploited,
            "known exploited vulnerabilities (KEV)",
            "block-known-exploited",
        ),
        (SourceUse::ExploitScores, "EPSS scores", "block-epss"),
    ] {
        let is_there =
            |source: &crate::model::SourceInfo| source.used_for == wanted && source.records > 0;
        if policy.uses(wanted) && !ecosystems.is_empty() && !database.sources.iter().any(is_there) {
            let message =
                format!("the database has no {what}, so `{key}` of the policy judged nothing");
            gaps.push(gap(&NO_EXPLOIT_DATA, message));
        }
    }
    gaps
}

/// Why a source is too old; `None` where it is not.
fn stale(
    name: &str,
    newest: Option<&str>,
    limit: i64,
    key: &str,
    now: Timestamp,
) -> Option<String> {
    let name = terminal_safe(name);
    let newest: Option<Timestamp> = newest.and_then(|time| time.parse().ok());
    let Some(newest) = newest else {
        return Some(format!("the age of the records of {name} is not known"));
    };
    let age = now.as_second().saturating_sub(newest.as_second());
    // One record dated next year must not make a database young forever.
    if age < -DATE_TOLERANCE_SECONDS {
        return Some(format!(
            "the age of the records of {name} is not known: the newest is dated {newest}, after now"
        ));
    }
    (age > limit)
        .then(|| format!("the newest record of {name} is from {newest}, older than {key} allows"))
}

fn gap(rule: &Rule, message: String) -> Gap {
    Gap {
        id: rule.id,
        message,
        location: None,
        remedy: rule.remedy.to_owned(),
    }
}
