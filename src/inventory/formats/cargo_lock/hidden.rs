//! Packages that only seem to be the project's own: an entry without `source` is one, and no
//! registry is asked about it.

use super::{Parsed, directory_of, join};
use crate::inventory::document::Document;
use crate::inventory::formats::Input;
use crate::inventory::rules;
use crate::model::ComponentKind;
use std::collections::BTreeSet;

/// Notes packages without a source that a package with one depends on: nothing that comes from
/// elsewhere knows a directory of this project, unless `[patch]` puts one in a package's place.
pub(super) fn note(parsed: &mut Parsed, input: &Input<'_>) {
    let is_own = |place: usize| {
        let package = parsed.packages.get(place);
        package.is_some_and(|package| package.kind == ComponentKind::Own)
    };
    let hidden: BTreeSet<usize> = parsed
        .edges
        .iter()
        .filter(|(from, to)| is_own(*to) && !is_own(*from))
        .map(|(_, to)| *to)
        .collect();
    if hidden.is_empty() || is_patched(input) {
        return;
    }
    for place in hidden {
        let Some(package) = parsed.packages.get(place) else {
            continue;
        };
        let message = format!(
            "`{}` has no source, but a package from elsewhere depends on it",
            package.name
        );
        let line = package.line;
        parsed.note(&rules::INCOMPLETE_ENTRY, input.path, line, &message);
    }
}

/// Whether the manifest or the configuration beside the lockfile puts directories in the place
/// of packages.
fn is_patched(input: &Input<'_>) -> bool {
    let files = ["Cargo.toml", ".cargo/config.toml", ".cargo/config"];
    files.iter().any(|name| {
        let path = join(directory_of(input.path), name);
        let file = input.neighbours.read(&path).ok().flatten();
        let document = file.as_ref().and_then(|f| Document::parse(&f.text).ok());
        document.is_some_and(|document| {
            let mut keys = ["patch", "replace"].iter();
            keys.any(|key| document.root.contains_key(*key))
        })
    })
}
