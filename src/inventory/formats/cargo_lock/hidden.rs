//! Packages that only seem to be the project's own: an entry without `source` is one, and no
//! registry is asked about it.

use super::{Parsed, directory_of, join};
use crate::inventory::document::{Document, table, text};
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
    if hidden.is_empty() {
        return;
    }
    let replaced = replaced_by_directories(input);
    for place in hidden {
        let Some(package) = parsed.packages.get(place) else {
            continue;
        };
        if replaced.contains(&package.name) {
            continue;
        }
        let message = format!(
            "`{}` has no source, but a package from elsewhere depends on it",
            package.name
        );
        let line = package.line;
        parsed.note(&rules::INCOMPLETE_ENTRY, input.path, line, &message);
    }
}

/// Names of packages in whose place the manifest beside the lockfile, or the configuration
/// there or above, puts directories.
fn replaced_by_directories(input: &Input<'_>) -> BTreeSet<String> {
    let directory = directory_of(input.path);
    let mut names = BTreeSet::new();
    collect(input, &join(directory, "Cargo.toml"), &mut names);
    let mut at = Some(directory);
    while let Some(directory) = at {
        for file in [".cargo/config.toml", ".cargo/config"] {
            collect(input, &join(directory, file), &mut names);
        }
        at = (!directory.is_empty()).then(|| directory_of(directory));
    }
    names
}

fn collect(input: &Input<'_>, path: &str, names: &mut BTreeSet<String>) {
    let Ok(Some(file)) = input.neighbours.read(path) else {
        return;
    };
    let Ok(document) = Document::parse(&file.text) else {
        return;
    };
    let sources = table(&document.root, "patch").into_iter();
    let patches = sources
        .flat_map(|sources| sources.values())
        .filter_map(|source| source.get_ref().as_table())
        .flat_map(|patches| patches.iter());
    // `[replace]`, the forerunner: `name:version`, `name@version`, `url#name:version`.
    let replaced = table(&document.root, "replace").into_iter();
    let replaced = replaced.flat_map(|replaced| replaced.iter());
    for (key, value) in patches.chain(replaced) {
        let Some(entry) = value.get_ref().as_table() else {
            continue;
        };
        if text(entry, "path").is_some() {
            let key = key.get_ref().rsplit(['#', '/']).next().unwrap_or_default();
            let name = key.split([':', '@']).next().unwrap_or(key);
            names.insert(text(entry, "package").unwrap_or(name).to_owned());
        }
    }
}
