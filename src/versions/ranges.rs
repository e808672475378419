//! What a range of an OSV record says about a version
//! (<https://ossf.github.io/osv-schema/#evaluation>).

use super::{Scheme, Version};
use std::cmp::Ordering;

/// What happens at a version of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// The first version that is affected; `0` stands before every version.
    Introduced,
    /// The first version that is not affected any more.
    Fixed,
    /// The last version that is affected.
    LastAffected,
    /// Versions from here on are not looked at; `*` is no limit.
    Limit,
}

/// One event of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// What happens.
    pub kind: EventKind,
    /// At which version, as the record writes it.
    pub version: &'a str,
}

/// Whether a version lies in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// It does not.
    NotAffected,
    /// It cannot be said: the version or a bound has no place in the order, or the range
    /// has no start.
    Indeterminate,
    /// It does.
    Affected,
}

/// Where one event stands.
enum Position {
    Floor,
    At(Version),
}

/// Whether a version lies in a range: the events are sorted, then scanned. Events of the
/// same version keep the record's order. `version` is `None` where it has no place in the
/// order; then only a range over all versions holds it.
#[must_use]
pub fn evaluate_range(
    scheme: Scheme,
    version: Option<&Version>,
    events: &[Event<'_>],
) -> Membership {
    if !events.iter().any(|e| e.kind == EventKind::Introduced) {
        return Membership::Indeterminate;
    }
    let bounds: Vec<_> = events
        .iter()
        .filter(|e| !(e.kind == EventKind::Limit && e.version == "*"))
        .collect();
    let covers_everything = bounds
        .iter()
        .all(|e| e.kind == EventKind::Introduced && e.version == "0");
    if covers_everything {
        return Membership::Affected;
    }
    let Some(version) = version else {
        return Membership::Indeterminate;
    };
    let unlimited = events
        .iter()
        .any(|e| e.kind == EventKind::Limit && e.version == "*");
    let mut positions = Vec::with_capacity(bounds.len());
    for event in bounds {
        if event.kind == EventKind::Introduced && event.version == "0" {
            positions.push((event.kind, Position::Floor));
            continue;
        }
        match Version::parse(scheme, event.version) {
            Ok(at) => positions.push((event.kind, Position::At(at))),
            Err(_) => return Membership::Indeterminate,
        }
    }
    scan(version, positions, unlimited).unwrap_or(Membership::Indeterminate)
}

/// `None` where two of the versions have no order between them.
fn scan(
    version: &Version,
    mut positions: Vec<(EventKind, Position)>,
    unlimited: bool,
) -> Option<Membership> {
    let mut ordered = true;
    positions.sort_by(|(_, a), (_, b)| {
        compare_positions(a, b).unwrap_or_else(|| {
            ordered = false;
            Ordering::Equal
        })
    });
    if !ordered {
        return None;
    }
    let mut limited = false;
    let mut below_a_limit = unlimited;
    let mut affected = false;
    for (kind, position) in &positions {
        let order = match position {
            Position::Floor => Ordering::Greater,
            Position::At(at) => version.compare(at).ok()?,
        };
        match kind {
            EventKind::Introduced if order.is_ge() => affected = true,
            EventKind::Fixed if order.is_ge() => affected = false,
            EventKind::LastAffected if order.is_gt() => affected = false,
            EventKind::Limit => {
                limited = true;
                below_a_limit |= order.is_lt();
            }
            _ => {}
        }
    }
    Some(if affected && (below_a_limit || !limited) {
        Membership::Affected
    } else {
        Membership::NotAffected
    })
}

fn compare_positions(a: &Position, b: &Position) -> Option<Ordering> {
    match (a, b) {
        (Position::Floor, Position::Floor) => Some(Ordering::Equal),
        (Position::Floor, Position::At(_)) => Some(Ordering::Less),
        (Position::At(_), Position::Floor) => Some(Ordering::Greater),
        (Position::At(a), Position::At(b)) => a.compare(b).ok(),
    }
}
