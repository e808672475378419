//! What each package of a graph is needed for, from what its edges are for.

use crate::model::Scope;

/// The scope of every place of a graph that the roots reach: along one way the narrowest
/// scope of its edges (what a build dependency needs at run time is needed to build), of
/// several ways the widest. The scopes of edges are `Runtime`, `Build` and `Dev`.
#[must_use]
pub fn reach(
    places: usize,
    roots: impl IntoIterator<Item = usize>,
    edges: impl IntoIterator<Item = (usize, usize, Scope)>,
) -> Vec<Option<Scope>> {
    let mut edges: Vec<(usize, usize, Scope)> = edges.into_iter().collect();
    // Mostly they are in this order.
    edges.sort_by_key(|(from, ..)| *from);
    let outgoing = |place: usize| {
        let first = edges.partition_point(|(from, ..)| *from < place);
        let rest = edges.get(first..).unwrap_or_default().iter();
        rest.take_while(move |(from, ..)| *from == place)
    };
    let mut scopes: Vec<Option<Scope>> = vec![None; places];
    // One list a scope, the widest first: a place is settled when it is met first.
    let mut waiting = [
        (Scope::Runtime, roots.into_iter().collect::<Vec<usize>>()),
        (Scope::Build, Vec::new()),
        (Scope::Dev, Vec::new()),
    ];
    for step in 0..waiting.len() {
        let Some((scope, mut ready)) = waiting
            .get_mut(step)
            .map(|(scope, list)| (*scope, std::mem::take(list)))
        else {
            continue;
        };
        while let Some(place) = ready.pop() {
            match scopes.get_mut(place) {
                Some(slot @ None) => *slot = Some(scope),
                _ => continue,
            }
            for (_, to, edge) in outgoing(place) {
                let narrow = scope.max(*edge);
                let later = waiting.iter_mut().find(|(scope, _)| *scope == narrow);
                match later {
                    Some((_, list)) if narrow != scope => list.push(*to),
                    _ => ready.push(*to),
                }
            }
        }
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;
    use Scope::{Build, Dev, Runtime};

    #[test]
    fn a_way_is_as_narrow_as_its_narrowest_edge_and_the_widest_way_counts() {
        let edges = [
            (0, 1, Runtime),
            (0, 2, Build),
            (0, 3, Dev),
            (2, 4, Runtime),
            (3, 4, Runtime),
            (3, 5, Build),
            (4, 2, Runtime),
            (5, 1, Runtime),
            (7, 7, Runtime),
        ];
        assert_eq!(
            reach(8, [0], edges),
            [
                Some(Runtime),
                Some(Runtime),
                Some(Build),
                Some(Dev),
                Some(Build),
                Some(Dev),
                None,
                None
            ]
        );
    }

    #[test]
    fn places_outside_the_graph_and_circles_are_harmless() {
        assert_eq!(reach(0, [3], [(1, 2, Dev)]), []);
        let circle = [(0, 1, Runtime), (1, 0, Dev), (1, 9, Build)];
        assert_eq!(reach(2, [0, 0], circle), [Some(Runtime), Some(Runtime)]);
    }
}
