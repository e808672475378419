//! Distributions in `site-packages`: `NAME-VERSION.dist-info/METADATA`
//! (<https://packaging.python.org/en/latest/specifications/core-metadata/>).

use super::store::Store;
use super::{Caches, Told, Untold};
use crate::inventory::formats::{directory_of, join};
use crate::inventory::python::normalise;
use crate::model::{Component, Ecosystem, Licence, LicenceSource, Origin};
use pep440_rs::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Where virtual environments lie beside a lockfile.
const ENVIRONMENTS: &[&str] = &[".venv", "venv", "env"];

/// Bytes of a licence that is a name; some distributions put the whole text there.
const NAME_LIMIT: usize = 200;

/// Installed distributions, by normalised name.
pub struct Environments {
    stores: Vec<Store>,
    /// Store and `dist-info` directory.
    distributions: BTreeMap<String, Vec<(usize, String)>>,
}

impl Environments {
    /// The environments that were named, and those beside Python's lockfiles in the tree;
    /// `None` where there are none.
    pub fn read(tree: &Path, caches: &Caches, components: &[Component]) -> Option<Self> {
        let mut environments = Self {
            stores: Vec::new(),
            distributions: BTreeMap::new(),
        };
        for path in &caches.site_packages {
            if let Some(store) = Store::open(path) {
                environments.add(store, &[String::new()]);
            }
        }
        if caches.in_tree
            && let Some(store) = Store::open(tree)
        {
            let directories = site_packages(&store, components);
            environments.add(store, &directories);
        }
        (!environments.stores.is_empty()).then_some(environments)
    }

    fn add(&mut self, store: Store, directories: &[String]) {
        let place = self.stores.len();
        for directory in directories {
            for name in store.directories(directory) {
                let stem = name.strip_suffix(".dist-info");
                if let Some((project, _)) = stem.and_then(|stem| stem.rsplit_once('-')) {
                    let of_project = self.distributions.entry(normalise(project)).or_default();
                    of_project.push((place, join(directory, &name)));
                }
            }
        }
        self.stores.push(store);
    }

    /// What the metadata of the first distribution says that is the locked one.
    pub fn tell(&self, component: &Component) -> Result<Told, Untold> {
        let version = component.version.as_deref().ok_or(Untold::Absent)?;
        let mut why = Untold::Absent;
        let distributions = self.distributions.get(&normalise(&component.name));
        for (store, directory) in distributions.into_iter().flatten() {
            let Some(store) = self.stores.get(*store) else {
                continue;
            };
            let Some(metadata) = store.read(&join(directory, "METADATA")) else {
                continue;
            };
            let headers = Headers::read(&metadata);
            let is_version = headers.one("version").is_some_and(|v| same(v, version));
            let is_name = headers.one("name").map(normalise) == Some(normalise(&component.name));
            if !is_version || !is_name {
                continue;
            }
            why = Untold::Unproved;
            // Written for what was installed from an address instead of an index (PEP 610).
            let is_direct = store.has_file(&join(directory, "direct_url.json"));
            if component
                .occurrences
                .iter()
                .all(|place| from_address(&place.origin) == is_direct)
            {
                return Ok(Told {
                    licence: headers.licence(),
                    runs_install_code: None,
                });
            }
        }
        Err(why)
    }
}

fn from_address(origin: &Origin) -> bool {
    matches!(
        origin,
        Origin::Git { .. } | Origin::Url { .. } | Origin::Path { .. }
    )
}

fn same(one: &str, other: &str) -> bool {
    match (
        one.trim().parse::<Version>(),
        other.trim().parse::<Version>(),
    ) {
        (Ok(one), Ok(other)) => one == other,
        _ => one.trim() == other.trim(),
    }
}

/// The `site-packages` of virtual environments beside lockfiles.
fn site_packages(store: &Store, components: &[Component]) -> Vec<String> {
    let bases: BTreeSet<&str> = components
        .iter()
        .filter(|component| component.ecosystem == Ecosystem::Pypi)
        .flat_map(|component| &component.occurrences)
        .map(|place| directory_of(&place.location.path))
        .collect();
    let mut found = Vec::new();
    for base in bases {
        for name in ENVIRONMENTS {
            let environment = join(base, name);
            if !store.has_file(&join(&environment, "pyvenv.cfg")) {
                continue;
            }
            let library = join(&environment, "lib");
            let versions = store.directories(&library);
            let versions = versions.iter().filter(|name| name.starts_with("python"));
            found.extend(versions.map(|version| format!("{library}/{version}/site-packages")));
            // On Windows.
            found.push(join(&environment, "Lib/site-packages"));
        }
    }
    found
}

/// The headers of core metadata.
struct Headers(Vec<(String, String)>);

impl Headers {
    fn read(metadata: &str) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in metadata.lines() {
            if line.trim().is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push('\n');
                    value.push_str(line.trim());
                }
            } else if let Some((key, value)) = line.split_once(':') {
                headers.push((key.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self(headers)
    }

    fn all<'h>(&'h self, key: &'h str) -> impl Iterator<Item = &'h str> {
        let of_key = self.0.iter().filter(move |(name, _)| name == key);
        of_key.map(|(_, value)| value.as_str())
    }

    fn one<'h>(&'h self, key: &'h str) -> Option<&'h str> {
        self.all(key)
            .find(|value| !value.is_empty() && *value != "UNKNOWN")
    }

    /// `License-Expression`, which is SPDX; else what `License` or the classifiers say, the
    /// better of them. Of several classifiers nothing says whether they are a choice.
    fn licence(&self) -> Licence {
        let read = |text: &str| Licence::of_text(text, LicenceSource::SitePackages);
        if let Some(expression) = self.one("license-expression") {
            return read(expression);
        }
        let stated = self.one("license");
        let short = stated.filter(|text| text.len() <= NAME_LIMIT && !text.contains('\n'));
        let classifiers: Vec<&str> = self
            .all("classifier")
            .filter_map(|classifier| classifier.strip_prefix("License :: "))
            .filter(|name| *name != "OSI Approved")
            .map(|name| name.rsplit(" :: ").next().unwrap_or(name))
            .collect();
        let joined = (!classifiers.is_empty()).then(|| classifiers.join("; "));
        // An expression is smaller than a text; of two equals `License` counts.
        let known = [short.map(read), joined.as_deref().map(read)];
        let mut known: Vec<Licence> = known.into_iter().flatten().collect();
        known.sort_by_key(|licence| !matches!(licence, Licence::Expression { .. }));
        match known.into_iter().next() {
            Some(licence) => licence,
            None if stated.is_some() => {
                Licence::unknown("the distribution's licence is a text, which is not classified")
            }
            None => Licence::unknown("the distribution states none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn licence(headers: &str) -> Licence {
        Headers::read(&format!(
            "Metadata-Version: 2.4\n{headers}\n\nLicense: of the readme\n"
        ))
        .licence()
    }

    #[test]
    fn the_expression_counts_then_what_can_be_read_as_one() {
        for (headers, want) in [
            (
                "License: BSD\nLicense-Expression: BSD-3-Clause",
                Some("BSD-3-Clause"),
            ),
            (
                "License: MIT\nClassifier: License :: OSI Approved :: BSD License",
                Some("MIT"),
            ),
            (
                "License: BSD-like\nClassifier: License :: OSI Approved :: MIT License",
                Some("MIT"),
            ),
            (
                "Classifier: License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)",
                Some("MPL-2.0"),
            ),
            (
                "Classifier: License :: OSI Approved :: Apache Software License",
                Some("Apache Software License"),
            ),
            (
                "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: Public Domain",
                Some("MIT License; Public Domain"),
            ),
            (
                "License: UNKNOWN\nClassifier: License :: OSI Approved",
                None,
            ),
            ("License: Permission is granted\n  to everyone.\n\n", None),
            ("Name: a", None),
        ] {
            assert_eq!(licence(headers).text(), want, "{headers}");
        }
        assert!(matches!(
            licence("License: Apache Software License"),
            Licence::Text { .. }
        ));
    }

    #[test]
    fn versions_are_compared_as_versions() {
        assert!(same("1.0.0", "1.0") && same("1.0RC1", "1.0rc1") && same("weird", "weird"));
        assert!(!same("1.0", "1.1") && !same("1.0", "weird"));
    }
}
