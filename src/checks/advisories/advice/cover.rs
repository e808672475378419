//! The smallest number of sets that together hold everything: exact for few sets, greedy
//! with a proven bound for many.

use std::collections::BTreeSet;

/// Up to so many candidates the answer is exact. Set cover is hard: the exact search may
/// look at every subset.
pub(super) const EXACT_CANDIDATES: usize = 20;

/// A set to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CoverSet {
    /// What it holds.
    pub covers: BTreeSet<usize>,
    /// What choosing it costs beside being one more; decides between equal numbers.
    pub cost: Cost,
}

/// Compared part by part: breaking steps, then the length of the jumps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost(pub u64, pub u64);

impl Cost {
    pub(super) fn plus(self, other: Self) -> Self {
        Self(
            self.0.saturating_add(other.0),
            self.1.saturating_add(other.1),
        )
    }
}

/// A choice of sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cover {
    /// Places of the chosen sets, sorted.
    pub chosen: Vec<usize>,
    /// No choice with fewer sets holds everything.
    pub at_least: usize,
}

/// Chooses as few sets as possible that together hold all that any of them holds. Of
/// several smallest choices the cheapest is taken, of those the first in the order of
/// places. Above [`EXACT_CANDIDATES`] sets the choice is greedy: it has at most
/// `H(d) = 1 + 1/2 + … + 1/d` times as many sets as the smallest one, where `d` is the size
/// of the largest set (Chvátal 1979), and `at_least` follows from that.
pub(super) fn smallest(sets: &[CoverSet]) -> Cover {
    let all: BTreeSet<usize> = sets.iter().flat_map(|set| &set.covers).copied().collect();
    if sets.len() > EXACT_CANDIDATES {
        return greedy(sets, all);
    }
    let mut search = Search {
        sets,
        best: None,
        chosen: Vec::new(),
    };
    search.step(&all, Cost::default());
    let chosen = search.best.map(|(_, _, chosen)| chosen).unwrap_or_default();
    Cover {
        at_least: chosen.len(),
        chosen,
    }
}

struct Search<'s> {
    sets: &'s [CoverSet],
    best: Option<(usize, Cost, Vec<usize>)>,
    chosen: Vec<usize>,
}

impl Search<'_> {
    /// Branches over the sets that hold the first thing that is missing: one of them must
    /// be chosen. A branch that cannot become better than the best is cut.
    fn step(&mut self, missing: &BTreeSet<usize>, cost: Cost) {
        let Some(first) = missing.first() else {
            let mut chosen = self.chosen.clone();
            chosen.sort_unstable();
            let found = (chosen.len(), cost, chosen);
            if self.best.as_ref().is_none_or(|best| found < *best) {
                self.best = Some(found);
            }
            return;
        };
        let largest = self.sets.iter().map(|set| set.covers.len()).max();
        let needed = missing.len().div_ceil(largest.unwrap_or(1).max(1));
        let bound = self.chosen.len() + needed;
        if self.best.as_ref().is_some_and(|(best, ..)| bound > *best) {
            return;
        }
        for (place, set) in self.sets.iter().enumerate() {
            if !set.covers.contains(first) || self.chosen.contains(&place) {
                continue;
            }
            let rest: BTreeSet<usize> = missing.difference(&set.covers).copied().collect();
            self.chosen.push(place);
            self.step(&rest, cost.plus(set.cost));
            self.chosen.pop();
        }
    }
}

fn greedy(sets: &[CoverSet], all: BTreeSet<usize>) -> Cover {
    let total = all.len();
    let largest = sets.iter().map(|set| set.covers.len()).max().unwrap_or(0);
    let mut missing = all;
    let mut chosen = Vec::new();
    while !missing.is_empty() {
        let gain = |set: &CoverSet| set.covers.intersection(&missing).count();
        let best = sets
            .iter()
            .enumerate()
            .map(|(place, set)| (std::cmp::Reverse(gain(set)), set.cost, place))
            .min();
        let Some((_, _, place)) = best else {
            break;
        };
        let Some(set) = sets.get(place) else {
            break;
        };
        missing.retain(|one| !set.covers.contains(one));
        chosen.push(place);
    }
    chosen.sort_unstable();
    let by_size = total.div_ceil(largest.max(1));
    Cover {
        at_least: by_harmonic(chosen.len(), largest).max(by_size),
        chosen,
    }
}

/// The smallest whole number that is not below `greedy / H(largest)`.
fn by_harmonic(greedy: usize, largest: usize) -> usize {
    const SCALE: u128 = 1_000_000_000;
    // Rounded up, so that the quotient is not too large.
    let harmonic: u128 = (1..=largest as u128).map(|n| SCALE.div_ceil(n)).sum();
    if harmonic == 0 {
        return 0;
    }
    let bound = (greedy as u128 * SCALE).div_ceil(harmonic);
    usize::try_from(bound).unwrap_or(greedy).min(greedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sets(list: &[(&[usize], u64, u64)]) -> Vec<CoverSet> {
        let set = |(covers, breaks, jump): &(&[usize], u64, u64)| CoverSet {
            covers: covers.iter().copied().collect(),
            cost: Cost(*breaks, *jump),
        };
        list.iter().map(set).collect()
    }

    #[test]
    fn fewer_sets_win_over_cheaper_ones_and_cheaper_ones_at_equal_number() {
        let some = sets(&[(&[0], 0, 1), (&[1], 0, 1), (&[0, 1], 2, 9)]);
        assert_eq!(smallest(&some).chosen, [2]);
        let equal = sets(&[(&[0, 1], 1, 0), (&[0, 1], 0, 9), (&[0, 1], 0, 9)]);
        assert_eq!(smallest(&equal).chosen, [1]);
        assert!(smallest(&[]).chosen.is_empty());
    }

    #[test]
    fn greedy_is_not_fooled_where_the_search_is_exact() {
        // Greedy takes the four in the middle first and needs three.
        let some = sets(&[
            (&[0, 1, 2], 0, 0),
            (&[3, 4, 5], 0, 0),
            (&[1, 2, 3, 4], 0, 0),
        ]);
        assert_eq!(smallest(&some).chosen, [0, 1]);
        let all = (0..6).collect();
        assert_eq!(greedy(&some, all).chosen.len(), 3);
    }

    #[test]
    fn the_bound_of_a_greedy_choice_is_proven_and_no_less_than_one() {
        assert_eq!(by_harmonic(3, 1), 3);
        assert_eq!(by_harmonic(3, 2), 2);
        assert_eq!(by_harmonic(1, 100), 1);
        assert_eq!(by_harmonic(0, 0), 0);
    }

    /// Every subset, in the order of what is preferred.
    fn brute_force(sets: &[CoverSet]) -> Vec<usize> {
        let all: BTreeSet<usize> = sets.iter().flat_map(|s| &s.covers).copied().collect();
        (0..1_u32 << sets.len())
            .filter_map(|mask| {
                let chosen: Vec<usize> = (0..sets.len()).filter(|i| mask >> i & 1 == 1).collect();
                let held: BTreeSet<usize> = chosen
                    .iter()
                    .flat_map(|i| &sets[*i].covers)
                    .copied()
                    .collect();
                let cost = chosen
                    .iter()
                    .fold(Cost::default(), |cost, i| cost.plus(sets[*i].cost));
                (held == all).then_some((chosen.len(), cost, chosen))
            })
            .min()
            .unwrap()
            .2
    }

    fn any_sets(most: usize) -> impl Strategy<Value = Vec<CoverSet>> {
        let set = (
            prop::collection::btree_set(0_usize..12, 1..6),
            0_u64..3,
            0_u64..5,
        )
            .prop_map(|(covers, breaks, jump)| CoverSet {
                covers,
                cost: Cost(breaks, jump),
            });
        prop::collection::vec(set, 0..most)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn the_exact_choice_is_that_of_trying_every_subset(some in any_sets(10)) {
            let found = smallest(&some);
            prop_assert_eq!(&found.chosen, &brute_force(&some));
            prop_assert_eq!(found.at_least, found.chosen.len());
        }

        #[test]
        fn a_greedy_choice_holds_everything_and_its_bound_is_no_more_than_the_truth(
            some in any_sets(10)
        ) {
            let all: BTreeSet<usize> = some.iter().flat_map(|s| &s.covers).copied().collect();
            let found = greedy(&some, all.clone());
            let held: BTreeSet<usize> =
                found.chosen.iter().flat_map(|i| &some[*i].covers).copied().collect();
            prop_assert_eq!(held, all);
            prop_assert!(found.at_least <= brute_force(&some).len());
        }

        #[test]
        fn many_candidates_are_covered_too(some in any_sets(60)) {
            let found = smallest(&some);
            let all: BTreeSet<usize> = some.iter().flat_map(|s| &s.covers).copied().collect();
            let held: BTreeSet<usize> =
                found.chosen.iter().flat_map(|i| &some[*i].covers).copied().collect();
            prop_assert_eq!(held, all);
            prop_assert!(found.at_least <= found.chosen.len());
        }
    }
}
