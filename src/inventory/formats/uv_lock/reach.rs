//! What each package of a `uv.lock` is needed for: the lockfile keeps dependencies,
//! extras and development groups of own packages apart, so it follows from them.

use super::Group;
use crate::inventory::formats::Package;
use crate::model::{ComponentKind, Scope};
use std::collections::{HashMap, HashSet};

/// A resolved reference.
pub struct Link {
    /// The dependent.
    pub from: usize,
    /// The dependency.
    pub to: usize,
    /// Why.
    pub group: Group,
    /// Extras of the dependency that are asked for.
    pub extras: Vec<String>,
}

/// Sets the scope of every package that an own package reaches. Extras of a dependency
/// count only where they are asked for.
pub fn scopes(packages: &mut [Package], links: &[Link]) {
    let mut of: HashMap<usize, Vec<&Link>> = HashMap::new();
    for link in links {
        of.entry(link.from).or_default().push(link);
    }
    let own: Vec<usize> = (0..packages.len())
        .filter(|place| {
            packages
                .get(*place)
                .is_some_and(|package| package.kind == ComponentKind::Own)
        })
        .collect();
    // In the order of exposure: what is reached first keeps its scope.
    for scope in [Scope::Runtime, Scope::Optional, Scope::Dev] {
        let starts = |link: &&Link| match scope {
            Scope::Runtime => link.group == Group::Always,
            Scope::Optional => matches!(link.group, Group::Extra(_)),
            _ => link.group == Group::Dev,
        };
        let first = own
            .iter()
            .filter_map(|place| of.get(place))
            .flatten()
            .filter(|link| starts(link));
        for place in reached(first.copied(), &of) {
            if let Some(package) = packages.get_mut(place)
                && package.scope == Scope::Unknown
            {
                package.scope = scope;
            }
        }
        if scope == Scope::Runtime {
            for place in &own {
                if let Some(package) = packages.get_mut(*place) {
                    package.scope = Scope::Runtime;
                }
            }
        }
    }
}

/// Everything that a walk over dependencies, and the extras asked for, comes to.
fn reached<'l>(
    first: impl Iterator<Item = &'l Link>,
    of: &HashMap<usize, Vec<&'l Link>>,
) -> HashSet<usize> {
    let mut seen: HashSet<(usize, Option<&'l str>)> = HashSet::new();
    let mut waiting: Vec<(usize, Option<&'l str>)> = Vec::new();
    let enter = |link: &'l Link, waiting: &mut Vec<(usize, Option<&'l str>)>| {
        waiting.push((link.to, None));
        waiting.extend(
            link.extras
                .iter()
                .map(|extra| (link.to, Some(extra.as_str()))),
        );
    };
    for link in first {
        enter(link, &mut waiting);
    }
    while let Some((place, extra)) = waiting.pop() {
        if !seen.insert((place, extra)) {
            continue;
        }
        for link in of.get(&place).into_iter().flatten() {
            let asked = match (&link.group, extra) {
                (Group::Always, None) => true,
                (Group::Extra(of), Some(extra)) => of == extra,
                _ => false,
            };
            if asked {
                enter(link, &mut waiting);
            }
        }
    }
    seen.into_iter().map(|(place, _)| place).collect()
}
