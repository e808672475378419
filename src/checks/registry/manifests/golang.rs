//! What `go.mod` requires against the lines of `go.sum`: go refuses to build without them.

use super::super::clients::{Source, join, place, says};
use super::{Locked, Missing};
use crate::model::{Checksum, Origin};
use std::path::Path;

/// Requirements of a `go.mod` of which `go.sum` lacks a line that go wants: the hash of the
/// module's `go.mod`, always, and that of its files where it is required directly, so that
/// some package is imported from it. Nothing where there is no `go.sum` at all, which is
/// [`super::super::rules::MISSING_CHECKSUM`], and where the modules are kept in `vendor`,
/// which go builds from without it.
pub(super) fn go_sum(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let beside = |name: &str| root.join(join(locked.directory, name)).is_file();
    if !beside("go.sum") || beside("vendor/modules.txt") {
        return Vec::new();
    }
    let file = source.tree(locked.path);
    let lines: Vec<&str> = file.iter().flat_map(|file| file.text.lines()).collect();
    let mut out = Vec::new();
    for component in locked.all() {
        // A hash in any `go.sum` of the tree is one: workspaces have one for all.
        let has = |wanted: &str| {
            let checksums = component.occurrences.iter().flat_map(|o| &o.checksums);
            checksums
                .into_iter()
                .any(|c| matches!(c, Checksum::Opaque { scheme, .. } if *scheme == wanted))
        };
        let is_elsewhere =
            |origin: &Origin| matches!(origin, Origin::Path { .. } | Origin::Bundled { .. });
        let mut occurrences = component.occurrences.iter();
        let here = occurrences.find(|o| o.location.path == locked.path && !is_elsewhere(&o.origin));
        let (Some(here), Some(version)) = (here, &component.version) else {
            continue;
        };
        let line = here.location.line.unwrap_or(1);
        let text = lines.get(line.saturating_sub(1) as usize);
        let is_direct = text.is_some_and(|text| !text.contains("// indirect"));
        if !has("go-mod-h1") || (is_direct && !has("go-h1")) {
            out.push(Missing {
                place: place(locked.path, line, says(&component.name, version)),
            });
        }
    }
    out
}
