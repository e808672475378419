//! Where manifests of Cargo want packages from, against where the lockfile has them from.
//! `[source]` and `paths` of the configuration leave no trace in a lockfile; patches do
//! (<https://doc.rust-lang.org/cargo/reference/overriding-dependencies.html>).

use super::super::super::address::{Address, fold, without_prefix};
use super::super::super::clients::{Source, Toml, place, says};
use super::super::{Locked, Missing, javascript};
use crate::model::{Component, GitReference, Origin};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Cargo's name of its default registry.
const DEFAULT: &str = "crates-io";

/// What a dependency or a patch names as its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Default,
    /// Its index; `None` where nothing that was read says which.
    Registry(Option<String>),
    Git(String, GitReference),
    Path,
}

/// A source with the key, value and line that name it.
pub(super) struct Named<'t> {
    pub wanted: Wanted,
    /// `git`, `https://…`.
    pub says: Option<(&'static str, &'t str, u32)>,
}

/// An entry of `[patch]`.
struct Patch {
    /// What it is for.
    of: Wanted,
    /// Of the package, not the key.
    name: String,
    by: Wanted,
    missing: Missing,
}

/// What the manifest of the root and the configuration in the tree say of sources.
pub(super) struct Sources {
    /// Indexes by the registry's name.
    registries: BTreeMap<String, String>,
    patches: Vec<Patch>,
    /// Names of which the manifests alone do not decide.
    open: BTreeSet<String>,
    /// The default registry has an address of its own.
    default_is_moved: bool,
}

impl Sources {
    pub(super) fn read(
        source: &Source<'_>,
        path: &str,
        document: &Toml<'_>,
        directory: &str,
    ) -> Self {
        let mut all = Self {
            registries: BTreeMap::new(),
            patches: Vec::new(),
            open: BTreeSet::new(),
            default_is_moved: false,
        };
        for file in source.upwards(directory, &[".cargo/config", ".cargo/config.toml"]) {
            if let Some(config) = Toml::parse(&file.text) {
                all.configuration(&config);
            }
        }
        // `[replace]`, the forerunner of `[patch]`: `name:version`, `name@version`, `url#…`.
        for key in document.table(&["replace"]).into_iter().flatten() {
            let spec = key.0.get_ref();
            let spec = spec.rsplit(['#', '/']).next().unwrap_or(spec);
            let name = spec.split([':', '@']).next().unwrap_or(spec);
            all.open.insert(name.to_owned());
        }
        for (of, table) in document.table(&["patch"]).into_iter().flatten() {
            let table = table.get_ref().as_table().into_iter().flatten();
            for (key, value) in table {
                let patch = all.patch(path, document, of.get_ref(), key.get_ref(), value);
                all.patches.push(patch);
            }
        }
        all
    }

    fn configuration(&mut self, config: &Toml<'_>) {
        for (name, value) in config.table(&["registries"]).into_iter().flatten() {
            let table = value.get_ref().as_table();
            if let Some((index, _)) = table.and_then(|table| config.text(table, "index")) {
                let name = name.get_ref().to_string();
                self.registries.entry(name).or_insert(index.to_owned());
            }
        }
        for (_, table) in config.table(&["patch"]).into_iter().flatten() {
            for (key, value) in table.get_ref().as_table().into_iter().flatten() {
                let renamed = value.get_ref().as_table();
                let renamed = renamed.and_then(|table| config.text(table, "package"));
                let name = renamed.map_or(key.get_ref().as_ref(), |(name, _)| name);
                self.open.insert(name.to_owned());
            }
        }
        let default = config.table(&["source", DEFAULT]);
        self.default_is_moved |= default.is_some_and(|table| table.contains_key("registry"));
    }

    fn patch(
        &self,
        path: &str,
        document: &Toml<'_>,
        of: &str,
        key: &str,
        value: &toml::Spanned<DeValue<'_>>,
    ) -> Patch {
        let table = value.get_ref().as_table();
        let named = table.map(|table| self.named(document, table));
        let said = named.as_ref().and_then(|named| named.says);
        let shown = match of.contains("://") {
            true => format!("patch.\"{of}\".{key}"),
            false => format!("patch.{of}.{key}"),
        };
        let shown = fold(&shown).into_owned();
        let place = match said {
            Some((from, text, line)) => place(path, line, says(&format!("{shown}.{from}"), text)),
            None => {
                let version = table.map_or(value.get_ref().as_str(), |table| {
                    document.text(table, "version").map(|(text, _)| text)
                });
                let line = document.line(value);
                place(path, line, says(&shown, version.unwrap_or("*")))
            }
        };
        let renamed = table.and_then(|table| document.text(table, "package"));
        Patch {
            of: self.source_of(of),
            name: renamed.map_or(key, |(name, _)| name).to_owned(),
            by: named.map_or(Wanted::Default, |named| named.wanted),
            missing: Missing { place },
        }
    }

    /// What the key of a table below `[patch]` means.
    fn source_of(&self, key: &str) -> Wanted {
        match key {
            DEFAULT => Wanted::Default,
            address if address.contains("://") => {
                Wanted::Git(address.to_owned(), GitReference::Default)
            }
            name => Wanted::Registry(self.registries.get(name).cloned()),
        }
    }

    /// The source that a dependency's table names.
    pub(super) fn named<'t>(&self, document: &Toml<'_>, table: &'t DeTable<'_>) -> Named<'t> {
        let text = |key: &'static str| {
            let (text, line) = document.text(table, key)?;
            Some((key, text, line))
        };
        if let Some(says @ (_, url, _)) = text("git") {
            let reference = |key: &str| document.text(table, key).map(|(name, _)| name.to_owned());
            let reference = reference("rev")
                .map(GitReference::Revision)
                .or_else(|| reference("tag").map(GitReference::Tag))
                .or_else(|| reference("branch").map(GitReference::Branch))
                .unwrap_or(GitReference::Default);
            return Named {
                wanted: Wanted::Git(url.to_owned(), reference),
                says: Some(says),
            };
        }
        if let Some(says) = text("path") {
            return Named {
                wanted: Wanted::Path,
                says: Some(says),
            };
        }
        if let Some(says @ (_, index, _)) = text("registry-index") {
            return Named {
                wanted: Wanted::Registry(Some(index.to_owned())),
                says: Some(says),
            };
        }
        match text("registry") {
            Some(says @ (_, name, _)) if name != DEFAULT => Named {
                wanted: Wanted::Registry(self.registries.get(name).cloned()),
                says: Some(says),
            },
            _ => Named {
                wanted: Wanted::Default,
                says: None,
            },
        }
    }

    /// The components of a name that come from where they are wanted from, or from where a
    /// patch takes them.
    pub(super) fn fitting<'a>(
        &self,
        locked: &Locked<'a>,
        name: &str,
        wanted: &Wanted,
    ) -> Vec<&'a Component> {
        let patches = self.patches.iter();
        let patches: Vec<&Wanted> = patches
            .filter(|patch| patch.name == name && is_same_source(&patch.of, wanted))
            .map(|patch| &patch.by)
            .collect();
        let fits = |component: &&Component| {
            self.open.contains(name)
                || origins(component, locked.path).any(|origin| {
                    self.fits(wanted, origin) || patches.iter().any(|by| self.fits(by, origin))
                })
        };
        let all = locked.named(name).iter().copied();
        all.filter(fits).collect()
    }

    fn fits(&self, wanted: &Wanted, origin: &Origin) -> bool {
        match (wanted, origin) {
            // The entry is a gap already, or no entry of cargo.
            (_, Origin::Unrecorded) | (Wanted::Path, Origin::Path { .. }) => true,
            (Wanted::Default, Origin::Registry { default, .. }) => {
                *default || self.default_is_moved
            }
            (Wanted::Default, Origin::ImpliedDefault) => true,
            (Wanted::Registry(None), Origin::Registry { default, .. }) => !default,
            (Wanted::Registry(Some(wanted)), Origin::Registry { index, .. }) => {
                index.as_deref().is_some_and(|index| is_same(wanted, index))
            }
            (Wanted::Git(wanted, asked), Origin::Git { url, reference, .. }) => {
                is_same(wanted, url) && is_same_reference(asked, reference)
            }
            _ => false,
        }
    }

    /// Adds the patches that the lockfile has neither in use nor as unused.
    pub(super) fn unlocked(self, root: &Path, locked: &Locked<'_>, out: &mut Vec<Missing>) {
        let (mut unused, patches) = (None, self.patches.iter());
        let is_locked = patches.map(|patch| {
            let components = locked.named(&patch.name).iter();
            let mut origins = components.flat_map(|component| origins(component, locked.path));
            if origins.any(|origin| self.fits(&patch.by, origin)) {
                return true;
            }
            // Cargo keeps a patch that nothing asks for too.
            let unused = unused.get_or_insert_with(|| unused_patches(root, locked.path));
            let mut unused = unused.iter().filter(|(name, _)| *name == patch.name);
            unused.any(|(_, origin)| self.fits(&patch.by, origin))
        });
        let is_locked: Vec<bool> = is_locked.collect();
        let patches = self.patches.into_iter().zip(is_locked);
        out.extend(
            patches
                .filter(|(_, is_locked)| !is_locked)
                .map(|(patch, _)| patch.missing),
        );
    }
}

/// What the lockfile says of the origins of a component.
fn origins<'a>(component: &'a Component, lockfile: &str) -> impl Iterator<Item = &'a Origin> {
    let here = component.occurrences.iter();
    here.filter(move |one| one.location.path == lockfile)
        .map(|one| &one.origin)
}

/// Whether a key of `[patch]` is for a source.
fn is_same_source(of: &Wanted, wanted: &Wanted) -> bool {
    match (of, wanted) {
        (Wanted::Default, Wanted::Default) => true,
        (Wanted::Registry(of), Wanted::Registry(wanted)) => of == wanted,
        (Wanted::Git(of, _), Wanted::Git(url, _) | Wanted::Registry(Some(url))) => is_same(of, url),
        // The index of the default registry by its address.
        (Wanted::Git(of, _), Wanted::Default) => {
            of.trim_end_matches('/').ends_with("/crates.io-index")
        }
        _ => false,
    }
}

/// Whether two addresses lead to the same place: cargo folds the case of paths at some hosts,
/// and writes the address into the lockfile as one of several manifests has it.
fn is_same(one: &str, other: &str) -> bool {
    match (Address::parse(one), Address::parse(other)) {
        (Some(one), Some(other)) => one.to_string().eq_ignore_ascii_case(&other.to_string()),
        // `file:///…` and the like.
        _ => without_prefix(one) == without_prefix(other),
    }
}

fn is_same_reference(asked: &GitReference, locked: &GitReference) -> bool {
    use GitReference::{Branch, Default, Revision, Tag};
    // A space in a query may be written as a plus sign.
    let is_same = |one: &str, other: &str| one.replace('+', " ") == other.replace('+', " ");
    match (asked, locked) {
        (Branch(one), Branch(other))
        | (Tag(one), Tag(other))
        | (Revision(one), Revision(other)) => is_same(one, other),
        (Default, Default) => true,
        // Versions 1 and 2 of the lockfile leave this branch out.
        (Branch(name), Default) | (Default, Branch(name)) => name == "master",
        _ => false,
    }
}

/// Name and source of every `[[patch.unused]]`.
fn unused_patches(root: &Path, lockfile: &str) -> Vec<(String, Origin)> {
    let text = javascript::lockfile(root, lockfile).unwrap_or_default();
    let Some(document) = Toml::parse(&text) else {
        return Vec::new();
    };
    let here = Origin::Path {
        path: ".".to_owned(),
    };
    let patch = document.table(&["patch"]);
    let unused = patch.map(|patch| document.tables(patch, "unused"));
    let unused = unused.unwrap_or_default().into_iter();
    unused
        .filter_map(|entry| {
            let (name, _) = document.text(entry, "name")?;
            let source = document.text(entry, "source").map(|(source, _)| source);
            Some((
                name.to_owned(),
                source.map_or_else(|| here.clone(), origin_of),
            ))
        })
        .collect()
}

/// As the inventory reads a `source`.
fn origin_of(source: &str) -> Origin {
    let Some(address) = source.strip_prefix("git+") else {
        return Origin::Registry {
            index: Some(source.to_owned()),
            file: None,
            default: source.ends_with("/crates.io-index"),
        };
    };
    let address = address.split('#').next().unwrap_or(address);
    let (url, query) = address.split_once('?').unwrap_or((address, ""));
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let reference = pairs.find_map(|(key, value)| match key.as_ref() {
        "branch" => Some(GitReference::Branch(value.into_owned())),
        "tag" => Some(GitReference::Tag(value.into_owned())),
        "rev" => Some(GitReference::Revision(value.into_owned())),
        _ => None,
    });
    Origin::Git {
        url: url.to_owned(),
        reference: reference.unwrap_or(GitReference::Default),
        commit: None,
    }
}
