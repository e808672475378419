//! Which records of one package are about the same thing.
//!
//! Records that share an id, as their own or as an alias, are one group. A record that
//! names two ids of one kind (two CVEs, two GHSAs) is about several things; where these
//! belong to groups of their own it is an *umbrella*: it stays a group of its own and is
//! linked with them, so that it does not melt them into one.
//!
//! A record that says that a package is unmaintained is about something else than one of the
//! same database that says more, whatever ids they share (RustSec gives the CVE of a flaw to
//! the note that nobody will fix it): it is linked in the same way, so that the policy's
//! level for each class holds.
//!
//! A withdrawn record never brings others together: it is named in the one group whose ids
//! it shares, linked where it shares ids of several, and makes a group with other withdrawn
//! records where it shares none.

use super::record::RecordMetadata;
use crate::model::AdvisoryClass;
use std::collections::{BTreeMap, BTreeSet};

/// The ids of one record: its own first.
#[derive(Debug, Clone)]
pub(super) struct RecordIds {
    pub own: String,
    pub aliases: Vec<String>,
    pub related: Vec<String>,
    pub withdrawn: bool,
    /// It says that nobody maintains the package, and no more.
    pub unmaintained: bool,
}

impl RecordIds {
    pub(super) fn of(metadata: &RecordMetadata, withdrawn: bool, class: AdvisoryClass) -> Self {
        Self {
            unmaintained: class == AdvisoryClass::Unmaintained,
            own: metadata.id.clone(),
            aliases: metadata.aliases.clone(),
            related: metadata.related.clone(),
            withdrawn,
        }
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.own).chain(&self.aliases)
    }

    /// Whether another record of its database shares an id and says more.
    fn is_beside_another(&self, records: &[Self]) -> bool {
        let kind = kind_of(&self.own);
        let is_another =
            |other: &Self| !other.unmaintained && !other.withdrawn && kind_of(&other.own) == kind;
        self.unmaintained
            && kind != OTHER_KIND
            && records.iter().any(|other| {
                is_another(other) && other.all().any(|id| self.all().any(|own| own == id))
            })
    }

    fn names_two_of_a_kind(&self) -> bool {
        let mut kinds = BTreeMap::new();
        let distinct: BTreeSet<_> = self.all().collect();
        distinct
            .into_iter()
            .filter(|id| kind_of(id) != OTHER_KIND)
            .any(|id| kinds.insert(kind_of(id), id).is_some())
    }
}

/// Records that are about the same thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// Places in the list given, sorted.
    pub members: Vec<usize>,
    /// Every id of the group.
    pub ids: BTreeSet<String>,
    /// Ids that are linked but not the same.
    pub related: BTreeSet<String>,
    /// Ids among `ids` whose records were withdrawn.
    pub withdrawn: BTreeSet<String>,
}

const OTHER_KIND: &str = "";

/// The database that gives ids of a kind; ids of private databases are of no kind, since
/// nothing is known about how they are given.
fn kind_of(id: &str) -> &'static str {
    ["CVE-", "GHSA-", "RUSTSEC-", "PYSEC-", "GO-"]
        .into_iter()
        .find(|prefix| id.starts_with(prefix))
        .unwrap_or(OTHER_KIND)
}

/// The groups of some records of one package, in the order of their first members. The
/// order of the records does not change which records are together.
pub(super) fn group(records: &[RecordIds]) -> Vec<Group> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_by_key(|i| records.get(*i).map(|r| (&r.own, &r.aliases)));
    let (withdrawn, order): (Vec<_>, Vec<_>) = order
        .into_iter()
        .partition(|i| records.get(*i).is_some_and(|record| record.withdrawn));
    let mut groups = group_valid(order, records);
    add_withdrawn(&mut groups, withdrawn, records);
    for group in &mut groups {
        group.members.sort_unstable();
        let related = group
            .members
            .iter()
            .filter_map(|i| records.get(*i))
            .flat_map(|record| record.related.iter().cloned());
        group.related.extend(related);
        let ids = &group.ids;
        group.related.retain(|id| !ids.contains(id));
    }
    groups.sort_by(|a, b| a.members.cmp(&b.members));
    groups
}

/// The groups of records that hold, in any order.
fn group_valid(order: Vec<usize>, records: &[RecordIds]) -> Vec<Group> {
    let (beside, order): (Vec<_>, Vec<_>) = order.into_iter().partition(|i| {
        let record = records.get(*i);
        record.is_some_and(|record| record.is_beside_another(records))
    });
    let (suspects, plain): (Vec<_>, Vec<_>) = order
        .into_iter()
        .partition(|i| records.get(*i).is_some_and(RecordIds::names_two_of_a_kind));
    let mut groups: Vec<Group> = Vec::new();
    for index in plain {
        join(&mut groups, index, records);
    }
    let mut umbrellas = Vec::new();
    for index in suspects {
        let Some(record) = records.get(index) else {
            continue;
        };
        let touched = groups
            .iter()
            .filter(|group| record.all().any(|id| group.ids.contains(id)))
            .count();
        // The same id twice (from two feeds) is the same record.
        let is_again = groups.iter().any(|group| group.ids.contains(&record.own));
        if touched > 1 && !is_again {
            umbrellas.push(index);
        } else if touched > 1 {
            join_own(&mut groups, index, record);
        } else {
            join(&mut groups, index, records);
        }
    }
    let mut apart = Vec::new();
    for index in umbrellas.into_iter().chain(beside) {
        let Some(record) = records.get(index) else {
            continue;
        };
        link(&mut groups, &mut apart, index, record);
    }
    groups.extend(apart);
    groups
}

/// Names withdrawn records in the groups that they belong to. Of their aliases only those
/// that the group has anyway are taken over: what a withdrawn record says need not hold.
fn add_withdrawn(groups: &mut Vec<Group>, withdrawn: Vec<usize>, records: &[RecordIds]) {
    let mut alone = Vec::new();
    for index in withdrawn {
        let Some(record) = records.get(index) else {
            continue;
        };
        let mut touched: Vec<&mut Group> = groups
            .iter_mut()
            .filter(|group| record.all().any(|id| group.ids.contains(id)))
            .collect();
        match touched.as_mut_slice() {
            [] => join(&mut alone, index, records),
            [group] => {
                // Another feed may hold the record as one that was not withdrawn.
                if group.ids.insert(record.own.clone()) {
                    group.withdrawn.insert(record.own.clone());
                }
                group.members.push(index);
            }
            several => {
                for group in several {
                    group.related.insert(record.own.clone());
                }
            }
        }
    }
    for group in &mut alone {
        let own = group.members.iter().filter_map(|i| records.get(*i));
        group.withdrawn = own.map(|record| record.own.clone()).collect();
    }
    groups.extend(alone);
}

/// Puts a record into the group that shares an id with it; several such groups become one.
fn join(groups: &mut Vec<Group>, index: usize, records: &[RecordIds]) {
    let Some(record) = records.get(index) else {
        return;
    };
    let mut joined = Group {
        members: vec![index],
        ids: record.all().cloned().collect(),
        ..Group::default()
    };
    groups.retain_mut(|group| {
        let shares = group.ids.iter().any(|id| joined.ids.contains(id));
        if shares {
            joined.members.append(&mut group.members);
            joined.ids.append(&mut group.ids);
        }
        !shares
    });
    groups.push(joined);
}

/// Puts a record into the group that holds its own id, and no other.
fn join_own(groups: &mut [Group], index: usize, record: &RecordIds) {
    if let Some(group) = groups.iter_mut().find(|g| g.ids.contains(&record.own)) {
        group.members.push(index);
    }
}

/// Makes an umbrella a group of its own: ids that belong to other groups are only related.
fn link(groups: &mut [Group], apart: &mut Vec<Group>, index: usize, record: &RecordIds) {
    let mut umbrella = Group {
        members: vec![index],
        ids: BTreeSet::from([record.own.clone()]),
        ..Group::default()
    };
    for id in &record.aliases {
        let mut taken = false;
        for group in groups.iter_mut().filter(|group| group.ids.contains(id)) {
            taken = true;
            group.related.insert(record.own.clone());
            umbrella.related.extend(group.ids.iter().cloned());
        }
        if !taken {
            umbrella.ids.insert(id.clone());
        }
    }
    // The same umbrella from another feed, or under another database's id.
    match apart
        .iter_mut()
        .find(|other: &&mut Group| other.ids.intersection(&umbrella.ids).next().is_some())
    {
        Some(other) => {
            other.members.append(&mut umbrella.members);
            other.ids.append(&mut umbrella.ids);
            other.related.append(&mut umbrella.related);
        }
        None => apart.push(umbrella),
    }
}

/// The id that is shown first: the one of the ecosystem's own database (`RUSTSEC-`,
/// `PYSEC-`, `GO-`), else GHSA, else CVE, else any; the smallest text among equals. A
/// `MAL-` id goes before all others, since it says the most.
pub(super) fn first_id<'a>(ids: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    ids.min_by_key(|id| {
        let rank = match id.as_str() {
            id if id.starts_with("MAL-") => 0,
            id if ["RUSTSEC-", "PYSEC-", "GO-"]
                .iter()
                .any(|p| id.starts_with(p)) =>
            {
                1
            }
            id if id.starts_with("GHSA-") => 2,
            id if id.starts_with("CVE-") => 3,
            _ => 4,
        };
        (rank, *id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(own: &str, aliases: &[&str]) -> RecordIds {
        RecordIds {
            own: own.to_owned(),
            aliases: aliases.iter().map(|&a| a.to_owned()).collect(),
            related: Vec::new(),
            withdrawn: false,
            unmaintained: false,
        }
    }

    fn withdrawn(own: &str, aliases: &[&str]) -> RecordIds {
        RecordIds {
            withdrawn: true,
            ..record(own, aliases)
        }
    }

    fn members(records: &[RecordIds]) -> Vec<Vec<usize>> {
        group(records).into_iter().map(|g| g.members).collect()
    }

    #[test]
    fn records_that_share_an_alias_are_one_group() {
        let records = [
            record("GHSA-1", &["CVE-1"]),
            record("PYSEC-9", &["CVE-9"]),
            record("PYSEC-1", &["CVE-1"]),
        ];
        assert_eq!(members(&records), [vec![0, 2], vec![1]]);
        let groups = group(&records);
        assert!(groups[0].ids.contains("CVE-1"));
        assert_eq!(first_id(groups[0].ids.iter()).unwrap(), "PYSEC-1");
    }

    #[test]
    fn a_chain_of_aliases_is_one_group_in_any_order() {
        let a = record("GHSA-1", &["X-1"]);
        let b = record("RUSTSEC-1", &["CVE-1"]);
        let c = record("X-1", &["CVE-1"]);
        assert_eq!(members(&[a.clone(), b.clone(), c.clone()]), [vec![0, 1, 2]]);
        assert_eq!(members(&[c, a, b]), [vec![0, 1, 2]]);
    }

    #[test]
    fn an_umbrella_links_and_does_not_merge() {
        let records = [
            record("GHSA-u", &["CVE-1", "CVE-2", "CVE-3"]),
            record("PYSEC-1", &["CVE-1"]),
            record("PYSEC-2", &["CVE-2"]),
        ];
        let groups = group(&records);
        assert_eq!(members(&records), [vec![0], vec![1], vec![2]]);
        assert!(groups[0].ids.contains("CVE-3"));
        assert!(!groups[0].ids.contains("CVE-1"));
        for id in ["CVE-1", "PYSEC-1", "CVE-2", "PYSEC-2"] {
            assert!(groups[0].related.contains(id), "{id}");
        }
        assert!(groups[1].related.contains("GHSA-u"));
        assert!(!groups[1].related.contains("PYSEC-2"));
    }

    #[test]
    fn that_nobody_maintains_a_package_is_linked_with_its_flaw_and_not_the_same() {
        let unmaintained = |own, aliases| RecordIds {
            unmaintained: true,
            ..record(own, aliases)
        };
        let records = [
            unmaintained("RUSTSEC-1", &["CVE-1", "GHSA-1"]),
            record("RUSTSEC-2", &["CVE-1", "GHSA-1"]),
            record("GHSA-1", &["CVE-1"]),
            unmaintained("RUSTSEC-1", &["CVE-1", "GHSA-1"]),
        ];
        let groups = group(&records);
        assert_eq!(members(&records), [vec![0, 3], vec![1, 2]]);
        assert_eq!(groups[0].ids, BTreeSet::from(["RUSTSEC-1".to_owned()]));
        assert!(groups[0].related.contains("RUSTSEC-2"));
        assert!(groups[1].related.contains("RUSTSEC-1"));
        // Another database's record of the same note is the same.
        let records = [
            unmaintained("RUSTSEC-1", &["GHSA-1"]),
            record("GHSA-1", &["RUSTSEC-1"]),
        ];
        assert_eq!(members(&records), [vec![0, 1]]);
    }

    #[test]
    fn a_record_with_two_cves_and_one_companion_is_one_group() {
        let records = [
            record("RUSTSEC-1", &["CVE-1", "CVE-2"]),
            record("GHSA-1", &["CVE-1"]),
        ];
        assert_eq!(members(&records), [vec![0, 1]]);
    }

    #[test]
    fn a_withdrawn_record_is_named_in_the_group_that_it_shares_an_id_with() {
        let records = [
            withdrawn("GHSA-old", &["CVE-1", "CVE-9"]),
            record("GHSA-new", &["CVE-1"]),
        ];
        let groups = group(&records);
        assert_eq!(members(&records), [vec![0, 1]]);
        assert!(groups[0].ids.contains("GHSA-old"));
        assert!(!groups[0].ids.contains("CVE-9"), "only its own word");
        assert_eq!(groups[0].withdrawn, BTreeSet::from(["GHSA-old".to_owned()]));
    }

    #[test]
    fn a_withdrawn_record_does_not_melt_two_groups_into_one() {
        let records = [
            record("GHSA-1", &["CVE-1"]),
            record("GHSA-2", &["CVE-2"]),
            withdrawn("GHSA-w", &["CVE-1", "CVE-2"]),
        ];
        let groups = group(&records);
        assert_eq!(members(&records), [vec![0], vec![1]]);
        assert!(groups.iter().all(|group| group.related.contains("GHSA-w")));
        assert!(groups.iter().all(|group| group.withdrawn.is_empty()));
    }

    #[test]
    fn withdrawn_records_alone_are_a_group_of_their_own() {
        let records = [
            withdrawn("GHSA-w", &["CVE-1"]),
            record("GHSA-2", &["CVE-2"]),
            withdrawn("PYSEC-w", &["CVE-1"]),
        ];
        let groups = group(&records);
        assert_eq!(members(&records), [vec![0, 2], vec![1]]);
        assert_eq!(
            groups[0].withdrawn,
            BTreeSet::from(["GHSA-w".to_owned(), "PYSEC-w".to_owned()])
        );
        // The same record, withdrawn in one feed only, still holds.
        let records = [withdrawn("GHSA-1", &[]), record("GHSA-1", &[])];
        assert_eq!(members(&records), [vec![0, 1]]);
        assert!(group(&records)[0].withdrawn.is_empty());
    }

    #[test]
    fn the_same_record_from_two_feeds_is_one_group_even_as_an_umbrella() {
        let records = [
            record("RUSTSEC-u", &["CVE-1", "CVE-2"]),
            record("RUSTSEC-u", &["CVE-1", "CVE-2"]),
            record("GHSA-1", &["CVE-1"]),
            record("GHSA-2", &["CVE-2"]),
        ];
        assert_eq!(members(&records), [vec![0, 1], vec![2], vec![3]]);
    }
}
