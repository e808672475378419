//! What `go.mod` requires against the lines of `go.sum`: go refuses to build without them.

use super::super::clients::{Source, join, place, says};
use super::{Locked, Missing};
use crate::model::Origin;
use std::path::Path;

/// Requirements of a `go.mod` of which `go.sum` has no line. Nothing where there is no
/// `go.sum` at all, which is [`super::super::rules::MISSING_CHECKSUM`], and where the modules
/// are kept in `vendor`, which go builds from without it.
pub(super) fn go_sum(root: &Path, _source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let beside = |name: &str| root.join(join(locked.directory, name)).is_file();
    if !beside("go.sum") || beside("vendor/modules.txt") {
        return Vec::new();
    }
    let mut out = Vec::new();
    for component in locked.all() {
        // A hash in any `go.sum` of the tree is one: workspaces have one for all.
        let has_none = component.occurrences.iter().all(|o| o.checksums.is_empty());
        let is_elsewhere =
            |origin: &Origin| matches!(origin, Origin::Path { .. } | Origin::Bundled { .. });
        let mut occurrences = component.occurrences.iter();
        let here = occurrences.find(|o| o.location.path == locked.path && !is_elsewhere(&o.origin));
        if let (true, Some(here), Some(version)) = (has_none, here, &component.version) {
            let line = here.location.line.unwrap_or(1);
            out.push(Missing {
                place: place(locked.path, line, says(&component.name, version)),
            });
        }
    }
    out
}
