//! Peer dependencies of Yarn 2 and later. The lockfile lists what a package expects of
//! whoever depends on it, and not what it gets: that follows from its dependents. The rule
//! is that of Yarn's `Project.ts`, `applyVirtualResolutionMutations`: a package gets what
//! its dependent asks for itself, or the dependent where that has the name, or what the
//! dependent got for the same name from its own dependents. A package that several ones
//! depend on gets what each of them gives.

use std::collections::{HashMap, HashSet};

/// Steps that are taken through one lockfile. Real ones take about as many as they have
/// edges to packages with peers.
const STEP_LIMIT: usize = 2_000_000;

/// An entry of the lockfile.
pub struct Place<'t> {
    /// Its own name, whatever it is asked for as.
    pub name: &'t str,
    /// The entries that it asks for, by the names under which it does.
    pub dependencies: HashMap<&'t str, usize>,
    /// The names that it expects of its dependents.
    pub peers: Vec<&'t str>,
}

/// What each entry gets: the entry, the name, and the entry that has it; sorted. `None`
/// where that takes too many steps.
pub fn resolve<'t>(places: &[Place<'t>]) -> Option<Vec<(usize, &'t str, usize)>> {
    let mut steps = Steps(0);
    // Who expects a name of a dependent.
    let mut expecting: HashMap<(usize, &str), Vec<usize>> = HashMap::new();
    for (dependent, place) in places.iter().enumerate() {
        for target in place.dependencies.values() {
            let peers = places.get(*target).map_or(&[][..], |target| &target.peers);
            steps.take(peers.len().saturating_add(1))?;
            for peer in peers {
                let key = (dependent, *peer);
                expecting.entry(key).or_default().push(*target);
            }
        }
    }
    let mut waiting = Vec::new();
    for ((dependent, peer), targets) in &expecting {
        let given = places.get(*dependent).and_then(|place| {
            let asked = place.dependencies.get(peer).copied();
            asked.or_else(|| (place.name == *peer).then_some(*dependent))
        });
        if let Some(given) = given {
            waiting.extend(targets.iter().map(|target| (*target, *peer, given)));
        }
    }
    let mut found = HashSet::new();
    while let Some((place, peer, given)) = waiting.pop() {
        if !found.insert((place, peer, given)) {
            continue;
        }
        // What it got, it gives to those that expect the same of it.
        let targets = expecting.get(&(place, peer)).map_or(&[][..], Vec::as_slice);
        steps.take(targets.len().saturating_add(1))?;
        waiting.extend(targets.iter().map(|target| (*target, peer, given)));
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_unstable();
    Some(found)
}

struct Steps(usize);

impl Steps {
    fn take(&mut self, more: usize) -> Option<()> {
        self.0 = self.0.saturating_add(more);
        (self.0 <= STEP_LIMIT).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place<'t>(name: &'t str, asks: &[(&'t str, usize)], peers: &[&'t str]) -> Place<'t> {
        Place {
            name,
            dependencies: asks.iter().copied().collect(),
            peers: peers.to_vec(),
        }
    }

    #[test]
    fn a_package_gets_what_each_of_its_dependents_asks_for() {
        let places = [
            place("one", &[("dom", 2), ("react", 3)], &[]),
            place("two", &[("dom", 2), ("react", 4)], &[]),
            place("dom", &[], &["react"]),
            place("react", &[], &[]),
            place("react", &[], &[]),
            place("three", &[("dom", 2)], &[]),
        ];
        assert_eq!(
            resolve(&places).unwrap(),
            [(2, "react", 3), (2, "react", 4)]
        );
    }

    #[test]
    fn a_dependent_of_that_name_is_itself_what_is_expected() {
        let places = [
            place("eslint", &[("utils", 1)], &[]),
            place("utils", &[], &["eslint"]),
        ];
        assert_eq!(resolve(&places).unwrap(), [(1, "eslint", 0)]);
    }

    #[test]
    fn what_a_dependent_got_is_handed_on_and_circles_end() {
        let places = [
            place("app", &[("outer", 1), ("react", 3)], &[]),
            place("outer", &[("inner", 2)], &["react"]),
            place("inner", &[("outer", 1)], &["react", "missing"]),
            place("react", &[], &[]),
        ];
        assert_eq!(
            resolve(&places).unwrap(),
            [(1, "react", 3), (2, "react", 3)]
        );
    }

    #[test]
    fn a_name_counts_as_it_is_asked_for() {
        // `"react": "npm:preact@10"`.
        let places = [
            place("app", &[("dom", 1), ("react", 2)], &[]),
            place("dom", &[], &["react", "preact"]),
            place("preact", &[], &[]),
        ];
        assert_eq!(resolve(&places).unwrap(), [(1, "react", 2)]);
    }

    #[test]
    fn a_hostile_number_of_peers_is_given_up() {
        let names: Vec<String> = (0..3000).map(|number| number.to_string()).collect();
        let peers: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut places: Vec<Place<'_>> =
            peers.iter().map(|name| place(name, &[], &peers)).collect();
        let asks: Vec<(&str, usize)> = peers.iter().copied().zip(0..).collect();
        places.push(place("app", &asks, &[]));
        assert!(resolve(&places).is_none());
    }
}
