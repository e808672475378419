//! Which locked versions of one package move where.

use super::cover::{Cost, CoverSet, smallest};
use super::{Asked, ByComponent, clients, uncleared_of};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::groups::{Group, RecordIds, first_id, group};
use crate::checks::advisories::index::described::PackageKey;
use crate::checks::advisories::index::read::Database;
use crate::checks::advisories::index::rows::RecordRows;
use crate::checks::advisories::matching::{UsedVersion, fixed_bounds};
use crate::checks::advisories::paths::Paths;
use crate::checks::advisories::severity::class_of;
use crate::model::{
    Advice, AdvisoryClass, Cleared, Component, Ecosystem, Inventory, Purl, Step, Uncleared, Upgrade,
};
use crate::versions::{Membership, Scheme, Version};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Targets of one package that are looked at: the lowest, and the highest of all.
const MAX_TARGETS: usize = 256;
/// Locked versions of one package that advice is made for.
const MAX_LOCKED: usize = 500;

/// Places in the groups of the package.
type Groups = BTreeSet<usize>;

/// A version to move to.
struct Target {
    text: String,
    version: Version,
    is_pre_release: bool,
    /// What is known of it.
    groups: Groups,
}

/// A version that is locked.
struct Locked<'a, 'b> {
    component: &'a Component,
    asked: &'b [Asked<'a>],
    used: UsedVersion,
    groups: Groups,
    /// Groups with a finding that blocks.
    blocking: Groups,
}

/// What moving one locked version to one target does.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fit {
    cleared: Groups,
    remaining: Groups,
}

/// All that is known of one package, and what follows.
pub(super) struct Plan<'a, 'b> {
    ecosystem: Ecosystem,
    groups: Vec<Group>,
    targets: Vec<Target>,
    /// Some targets were left out.
    is_cut: bool,
    locked: Vec<Locked<'a, 'b>>,
    /// Locked versions beyond [`MAX_LOCKED`].
    left_out: Vec<&'b [Asked<'a>]>,
}

impl<'a, 'b> Plan<'a, 'b> {
    pub(super) fn of(
        also_here: &[&str],
        database: &Database,
        key: &PackageKey,
        by_component: &'b ByComponent<'a>,
    ) -> Result<Self, DatabaseError> {
        let (ecosystem, name) = (key.ecosystem, key.name.as_str());
        let described = database.described(key)?;
        let records = described.records.as_slice();
        let mut ids = Vec::with_capacity(records.len());
        for (record, metadata) in records.iter().zip(&described.metadata) {
            let class = class_of(metadata, ecosystem.osv_name(), name);
            ids.push(RecordIds::of(metadata, record.withdrawn, class));
        }
        let groups = group(&ids);
        let locked_versions = by_component
            .values()
            .filter_map(|(component, _)| component.version.as_deref());
        let also_here = also_here.iter().copied();
        let (texts, is_cut) = target_texts(ecosystem, records, locked_versions, also_here);
        let targets = texts
            .into_iter()
            .map(|(version, text)| Target {
                groups: matching(&groups, records, &UsedVersion::read(ecosystem, &text)),
                is_pre_release: is_pre_release(Scheme::of(ecosystem), &text),
                version,
                text,
            })
            .collect();
        let mut locked = Vec::new();
        let mut left_out = Vec::new();
        for (component, asked) in by_component.values() {
            let Some(version) = component.version.as_deref() else {
                left_out.push(asked.as_slice());
                continue;
            };
            if locked.len() >= MAX_LOCKED {
                left_out.push(asked.as_slice());
                continue;
            }
            let used = UsedVersion::read(ecosystem, version);
            let blocking = asked
                .iter()
                .filter_map(|asked| place_of(&groups, &asked.detail.id))
                .collect();
            locked.push(Locked {
                component,
                asked,
                groups: matching(&groups, records, &used),
                used,
                blocking,
            });
        }
        Ok(Self {
            ecosystem,
            groups,
            targets,
            is_cut,
            locked,
            left_out,
        })
    }

    /// Adds the upgrades of this package and what they do not clear.
    pub(super) fn add_to(
        &self,
        advice: &mut Advice,
        uncleared: &mut Vec<(usize, Uncleared)>,
        inventory: &Inventory,
        paths: &Paths<'_>,
    ) {
        for asked in self.left_out.iter().copied().flatten() {
            let why = "too many versions of one package are locked to look at all of them";
            uncleared.push((asked.place, uncleared_of(asked.finding, why.to_owned())));
        }
        let fitting: Vec<BTreeMap<usize, Fit>> =
            self.locked.iter().map(|locked| self.best(locked)).collect();
        let (chosen, at_least) = self.choose(&fitting);
        advice.at_least += at_least;
        let mut moving: BTreeMap<usize, Vec<(usize, &Fit)>> = BTreeMap::new();
        for (place, (locked, fits)) in self.locked.iter().zip(&fitting).enumerate() {
            let target = chosen
                .iter()
                .filter(|target| fits.contains_key(target))
                .min_by_key(|target| (self.step_cost(locked, fits, **target), **target));
            let fit = target.and_then(|target| Some((*target, fits.get(target)?)));
            self.note_uncleared(uncleared, locked, fit);
            if let Some((target, fit)) = fit {
                moving.entry(target).or_default().push((place, fit));
            }
        }
        for (target, moves) in moving {
            if let Some(target) = self.targets.get(target) {
                let upgrade = self.upgrade(target, &moves, inventory, paths);
                advice.upgrades.extend(upgrade);
            }
        }
    }

    /// The targets that a locked version may move to, with what that does.
    fn fits(&self, locked: &Locked<'_, '_>) -> impl Iterator<Item = (usize, Fit)> {
        let used = locked.used.parsed();
        self.targets
            .iter()
            .enumerate()
            .filter(move |(_, target)| {
                used.is_some_and(|used| target.version.compare(used) == Ok(Ordering::Greater))
            })
            .filter(|(_, target)| target.groups.is_subset(&locked.groups))
            .map(|(place, target)| {
                let fit = Fit {
                    cleared: locked
                        .blocking
                        .difference(&target.groups)
                        .copied()
                        .collect(),
                    remaining: target.groups.clone(),
                };
                (place, fit)
            })
            .filter(|(_, fit)| !fit.cleared.is_empty())
    }

    /// Of these the ones that clear most, and of those the ones that leave least.
    fn best(&self, locked: &Locked<'_, '_>) -> BTreeMap<usize, Fit> {
        let rank = |fit: &Fit| (std::cmp::Reverse(fit.cleared.len()), fit.remaining.len());
        let best = self.fits(locked).map(|(_, fit)| rank(&fit)).min();
        self.fits(locked)
            .filter(|(_, fit)| Some(rank(fit)) == best)
            .collect()
    }

    /// The fewest targets that hold every locked version that can move, and how few it must
    /// be at least.
    fn choose(&self, fitting: &[BTreeMap<usize, Fit>]) -> (Vec<usize>, usize) {
        // Of targets for the same locked versions the cheapest can stand for all.
        let mut by_covers: BTreeMap<BTreeSet<usize>, (Cost, usize)> = BTreeMap::new();
        for target in 0..self.targets.len() {
            let mut covers = BTreeSet::new();
            let mut cost = Cost::default();
            for (place, (locked, fits)) in self.locked.iter().zip(fitting).enumerate() {
                if fits.contains_key(&target) {
                    covers.insert(place);
                    cost = cost.plus(self.step_cost(locked, fits, target));
                }
            }
            if !covers.is_empty() {
                let found = (cost, target);
                let known = by_covers.entry(covers).or_insert(found);
                *known = (*known).min(found);
            }
        }
        let (sets, places): (Vec<CoverSet>, Vec<usize>) = by_covers
            .into_iter()
            .map(|(covers, (cost, target))| (CoverSet { covers, cost }, target))
            .unzip();
        let cover = smallest(&sets);
        let chosen: Vec<usize> = cover
            .chosen
            .iter()
            .filter_map(|set| places.get(*set).copied())
            .collect();
        let at_least = match self.is_cut {
            true => cover.at_least.min(1),
            false => cover.at_least,
        };
        (chosen, at_least)
    }

    /// A break or a pre-release is worse than any jump; of jumps the shorter is better.
    fn step_cost(
        &self,
        locked: &Locked<'_, '_>,
        fits: &BTreeMap<usize, Fit>,
        target: usize,
    ) -> Cost {
        let Some(to) = self.targets.get(target) else {
            return Cost::default();
        };
        let breaks = u64::from(!self.is_compatible(locked, to)) + u64::from(to.is_pre_release);
        Cost(breaks, fits.range(..target).count() as u64)
    }

    fn is_compatible(&self, locked: &Locked<'_, '_>, to: &Target) -> bool {
        let used = locked.used.parsed();
        used.is_some_and(|used| used.is_compatible_with(&to.version, self.ecosystem))
    }

    /// The nearest compatible target that clears as much, though more may remain at it.
    fn compatible_instead(&self, locked: &Locked<'_, '_>, fit: &Fit) -> Option<String> {
        let mut fits = self
            .fits(locked)
            .filter(|(_, other)| other.cleared == fit.cleared);
        fits.find_map(|(place, _)| {
            let target = self.targets.get(place)?;
            let is_one = self.is_compatible(locked, target) && !target.is_pre_release;
            is_one.then(|| target.text.clone())
        })
    }

    fn note_uncleared(
        &self,
        uncleared: &mut Vec<(usize, Uncleared)>,
        locked: &Locked<'_, '_>,
        fit: Option<(usize, &Fit)>,
    ) {
        for asked in locked.asked {
            let group = place_of(&self.groups, &asked.detail.id);
            let is_cleared =
                group.is_some_and(|group| fit.is_some_and(|(_, fit)| fit.cleared.contains(&group)));
            if !is_cleared {
                let why = self.why_not(locked, asked, group);
                uncleared.push((asked.place, uncleared_of(asked.finding, why)));
            }
        }
    }

    fn why_not(&self, locked: &Locked<'_, '_>, asked: &Asked<'_>, group: Option<usize>) -> String {
        if asked.detail.class == AdvisoryClass::Malicious {
            return "it is malicious: remove it".to_owned();
        }
        let Some(used) = locked.used.parsed() else {
            return "its version has no place in the order of versions".to_owned();
        };
        let fixing: Vec<&Target> = self
            .targets
            .iter()
            .filter(|target| target.version.compare(used) == Ok(Ordering::Greater))
            .filter(|target| group.is_some_and(|group| !target.groups.contains(&group)))
            .collect();
        let Some(nearest) = fixing.first() else {
            return "no version is known that fixes it".to_owned();
        };
        let new: Groups = nearest.groups.difference(&locked.groups).copied().collect();
        if fixing
            .iter()
            .all(|target| !target.groups.is_subset(&locked.groups))
        {
            return format!(
                "every version that fixes it has other advisories: {} has {}",
                nearest.text,
                self.ids(&new).join(", ")
            );
        }
        "no version fixes it together with what else blocks".to_owned()
    }

    fn ids(&self, groups: &Groups) -> Vec<String> {
        let mut ids: Vec<String> = groups
            .iter()
            .filter_map(|place| self.groups.get(*place))
            .filter_map(|group| {
                let valid = group.ids.difference(&group.withdrawn);
                first_id(valid).or_else(|| first_id(group.ids.iter()))
            })
            .cloned()
            .collect();
        ids.sort();
        ids
    }

    fn upgrade(
        &self,
        target: &Target,
        moves: &[(usize, &Fit)],
        inventory: &Inventory,
        paths: &Paths<'_>,
    ) -> Option<Upgrade> {
        let remaining: Groups = moves
            .iter()
            .flat_map(|(_, fit)| fit.remaining.iter().copied())
            .collect();
        let steps: Vec<Step> = moves
            .iter()
            .filter_map(|(place, fit)| {
                let locked = self.locked.get(*place)?;
                Some(self.step(locked, target, fit, inventory, paths))
            })
            .collect();
        let first = moves
            .first()
            .and_then(|(place, _)| self.locked.get(*place))?;
        Some(Upgrade {
            ecosystem: self.ecosystem,
            name: first.component.name.clone(),
            to: target.text.clone(),
            steps,
            remaining: self.ids(&remaining),
        })
    }

    fn step(
        &self,
        locked: &Locked<'a, '_>,
        target: &Target,
        fit: &Fit,
        inventory: &Inventory,
        paths: &Paths<'_>,
    ) -> Step {
        let component: &Component = locked.component;
        let purl: &Purl = &component.purl;
        let is_compatible = self.is_compatible(locked, target);
        let means = clients::means(inventory, component, is_compatible, paths.is_direct(purl));
        let mut clears: Vec<Cleared> = locked
            .asked
            .iter()
            .filter(|asked| {
                let group = place_of(&self.groups, &asked.detail.id);
                group.is_some_and(|group| fit.cleared.contains(&group))
            })
            .map(|asked| Cleared {
                id: asked.detail.id.clone(),
                fingerprint: asked.finding.fingerprint.clone(),
            })
            .collect();
        clears.sort();
        Step {
            purl: purl.clone(),
            from: component.version.clone().unwrap_or_default(),
            is_compatible,
            compatible_instead: match is_compatible {
                true => None,
                false => self.compatible_instead(locked, fit),
            },
            means,
            through: paths.direct_dependents(purl),
            commands: clients::commands(inventory, component, &target.text, means),
            clears,
        }
    }
}

/// The group that holds an id.
fn place_of(groups: &[Group], id: &str) -> Option<usize> {
    // An id that is an alias in one group may be the own id of an umbrella beside it.
    groups.iter().position(|group| group.ids.contains(id))
}

/// The groups of which a record that holds matches a version, or may.
fn matching(groups: &[Group], records: &[RecordRows], used: &UsedVersion) -> Groups {
    let is_match = |place: &usize| {
        records.get(*place).is_some_and(|record| {
            !record.withdrawn && used.membership(record) != Membership::NotAffected
        })
    };
    let matches = groups.iter().enumerate();
    matches
        .filter(|(_, group)| group.members.iter().any(is_match))
        .map(|(place, _)| place)
        .collect()
}

/// Versions to look at, lowest first: those at which a record names a fix, and those that
/// the product holds elsewhere; above the lowest locked one. `true` where some are left
/// out.
fn target_texts<'v>(
    ecosystem: Ecosystem,
    records: &[RecordRows],
    locked: impl Iterator<Item = &'v str>,
    also_here: impl Iterator<Item = &'v str>,
) -> (Vec<(Version, String)>, bool) {
    let scheme = Scheme::of(ecosystem);
    let parse = |text: &str| Version::parse(scheme, text).ok();
    let order = |a: &Version, b: &Version| a.compare(b).unwrap_or(Ordering::Equal);
    let Some(lowest) = locked.filter_map(parse).min_by(|a, b| order(a, b)) else {
        return (Vec::new(), false);
    };
    let mut targets: Vec<(Version, String)> = also_here
        .filter_map(|text| Some((parse(text)?, text.to_owned())))
        .chain(fixed_bounds(scheme, records.iter()))
        .filter(|(version, _)| version.compare(&lowest) == Ok(Ordering::Greater))
        .collect();
    targets.sort_by(|(a, _), (b, _)| order(a, b));
    targets.dedup_by(|(a, _), (b, _)| a.compare(b) == Ok(Ordering::Equal));
    let is_cut = targets.len() > MAX_TARGETS;
    if is_cut {
        let highest = targets.pop();
        targets.truncate(MAX_TARGETS - 1);
        targets.extend(highest);
    }
    (targets, is_cut)
}

/// Whether a version is one for trying out, as far as its scheme shows it in the text.
fn is_pre_release(scheme: Scheme, text: &str) -> bool {
    let release = text.split('+').next().unwrap_or(text);
    match scheme {
        Scheme::Semver | Scheme::Pub | Scheme::Nuget => release.contains('-'),
        // `a`, `b`, `c`, `rc`, `dev`, `alpha`, `beta`; `post` has none of these letters.
        Scheme::Pep440 => release.contains(['a', 'b', 'c', 'd']),
        Scheme::Gem => release.contains(|c: char| c.is_ascii_alphabetic()),
        Scheme::Maven | Scheme::Composer => {
            let lower = release.to_ascii_lowercase();
            ["alpha", "beta", "rc", "snapshot", "dev", "-m"]
                .iter()
                .any(|word| lower.contains(word))
        }
        _ => false,
    }
}
