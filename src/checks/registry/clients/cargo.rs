//! Cargo: `.cargo/config.toml` in every directory from the lockfile up, then the cargo
//! home (<https://doc.rust-lang.org/cargo/reference/config.html>,
//! <https://doc.rust-lang.org/cargo/reference/source-replacement.html>). Deeper files win
//! key by key; of `config` and `config.toml` in one directory cargo reads `config`.

use super::files::{File, Files};
use super::model::{Client, Effective, Names, Recorded, Replacement, Route, Target};
use super::text::{Toml, environment, says};
use crate::model::{ConfiguredAt, Location, terminal_safe};
use std::collections::BTreeMap;
use std::rc::Rc;
use toml::de::DeTable;

const NAMES: [&str; 2] = [".cargo/config", ".cargo/config.toml"];

/// Where a dependency that is no plain version comes from, as cargo weighs it.
const FROM: [&str; 4] = ["git", "path", "registry-index", "registry"];

/// Cargo's name of its default registry.
const DEFAULT: &str = "crates-io";

/// Sources that replace one another, one after the other.
const CHAIN_LIMIT: usize = 32;

/// A value and where it stands.
type Said = (String, ConfiguredAt);

#[derive(Default)]
struct Source {
    replace_with: Option<Said>,
    registry: Option<Said>,
    local: Option<Said>,
    git: Option<Said>,
}

#[derive(Default)]
struct Merged {
    sources: BTreeMap<String, Source>,
    /// Of files, by their very names: `my-reg` and `my_reg` are two.
    registries: BTreeMap<String, Said>,
    /// Of variables, by folded names. They win over files.
    variables: BTreeMap<String, Said>,
    /// Registries that patches name, with the line.
    patched_from: Vec<Said>,
}

impl Merged {
    fn registry(&self, name: &str) -> Option<&Said> {
        let variable = self.variables.get(&folded(name));
        variable.or_else(|| self.registries.get(name))
    }
}

/// The configuration of cargo in a directory.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Cargo);
    let mut merged = Merged::default();
    for (name, value) in files.variables("CARGO_REGISTRIES_") {
        if let Some(registry) = name.strip_suffix("_INDEX") {
            let variable = format!("CARGO_REGISTRIES_{name}");
            let said = (value.to_owned(), environment(&variable, value));
            merged.variables.insert(folded(registry), said);
        }
    }
    let mut found = files.upwards(directory, &NAMES);
    found.extend(home(files));
    for file in &found {
        if let Some(document) = files.toml(file) {
            merge(files, file, &document, &mut merged, &mut effective);
        }
    }
    for (name, source) in &merged.sources {
        add_source(&merged, name, source, &mut effective);
    }
    for (name, place) in &merged.patched_from {
        if name != DEFAULT && merged.registry(name).is_none() {
            let message = format!(
                "`{}`: no file that was read defines this registry, which stands in for another source",
                place.says
            );
            files.undecided(place.location.clone(), &message);
        }
    }
    for (address, place) in merged.variables.values().chain(merged.registries.values()) {
        let target = Target::Address(address.clone());
        let route = Route::new(Names::OnRequest, target, place.clone());
        effective.routes.push(route);
    }
    effective
}

fn home(files: &Files<'_>) -> Option<Rc<File>> {
    let names = ["config", "config.toml"];
    match files.variable("CARGO_HOME") {
        Some(home) => names
            .iter()
            .find_map(|name| files.at(&format!("{home}/{name}"), &format!("$CARGO_HOME/{name}"))),
        None => names
            .iter()
            .find_map(|name| files.home(&format!(".cargo/{name}"))),
    }
}

/// Environment variables hold neither the dashes nor the case of a registry's name.
fn folded(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

fn merge(
    files: &Files<'_>,
    file: &File,
    document: &Toml<'_>,
    merged: &mut Merged,
    effective: &mut Effective,
) {
    if let Some(include) = document.root.get("include") {
        let location = Location::line(&file.shown, document.line(include));
        let message = format!("`{}` includes other files, which are not read", file.shown);
        files.undecided(location, &message);
    }
    for (name, value) in document.table(&["source"]).into_iter().flatten() {
        let Some(table) = value.get_ref().as_table() else {
            continue;
        };
        let source = merged
            .sources
            .entry(name.get_ref().to_string())
            .or_default();
        let said = |key: &str| said(document, file, table, key);
        let set = |slot: &mut Option<Said>, found: Option<Said>| {
            if slot.is_none() {
                *slot = found;
            }
        };
        set(&mut source.replace_with, said("replace-with"));
        set(&mut source.registry, said("registry"));
        set(&mut source.git, said("git"));
        set(
            &mut source.local,
            said("directory").or_else(|| said("local-registry")),
        );
    }
    for (name, value) in document.table(&["registries"]).into_iter().flatten() {
        let table = value.get_ref().as_table();
        if let Some(found) = table.and_then(|table| said(document, file, table, "index")) {
            let name = name.get_ref().to_string();
            merged.registries.entry(name).or_insert(found);
        }
    }
    for (path, line) in document.texts(&document.root, "paths") {
        effective.weak(
            file.at(line, says("paths", path)),
            true,
            "a local directory replaces crates of the same name, of which the lockfile says nothing",
        );
    }
    patches(file, document, merged, effective);
    if let Some(http) = document.table(&["http"])
        && let Some((false, line)) = document.flag(http, "check-revoke")
    {
        let place = file.at(line, says("http.check-revoke", "false"));
        effective.weak(place, false, "revoked certificates are accepted");
    }
}

/// `[patch]` of the configuration does what that of `Cargo.toml` does, and no manifest says it
/// (<https://doc.rust-lang.org/cargo/reference/config.html#patch>).
fn patches(file: &File, document: &Toml<'_>, merged: &mut Merged, effective: &mut Effective) {
    for (of, table) in document.table(&["patch"]).into_iter().flatten() {
        let table = table.get_ref().as_table().into_iter().flatten();
        for (name, value) in table {
            let key = format!("patch.{}.{}", says_key(of.get_ref()), name.get_ref());
            let from = value.get_ref().as_table().and_then(|table| {
                let mut keys = FROM.iter();
                keys.find_map(|from| Some((*from, document.text(table, from)?)))
            });
            let place = match from {
                Some((from, (text, line))) => {
                    let place = file.at(line, says(&format!("{key}.{from}"), text));
                    match from {
                        "registry" => merged.patched_from.push((text.to_owned(), place.clone())),
                        "path" => {}
                        _ => {
                            let target = Target::Address(text.to_owned());
                            let route = Route::new(Names::OnRequest, target, place.clone());
                            effective.routes.push(route);
                        }
                    }
                    place
                }
                None => {
                    let version = value.get_ref().as_str().unwrap_or("{…}");
                    file.at(document.line(value), says(&key, version))
                }
            };
            let effect = format!(
                "another source stands in for `{}`, of which no manifest says anything",
                terminal_safe(name.get_ref())
            );
            effective.weak(place, true, &effect);
        }
    }
}

/// An address as a key has quotes.
fn says_key(of: &str) -> String {
    match of.contains("://") {
        true => format!("\"{}\"", crate::checks::registry::address::fold(of)),
        false => of.to_owned(),
    }
}

fn said(document: &Toml<'_>, file: &File, table: &DeTable<'_>, key: &str) -> Option<Said> {
    let (text, line) = document.text(table, key)?;
    Some((text.to_owned(), file.at(line, says(key, text))))
}

fn add_source(merged: &Merged, name: &str, source: &Source, effective: &mut Effective) {
    let is_default = name == DEFAULT;
    let recorded = match (is_default, &source.registry, &source.git) {
        (true, ..) => Some(Recorded::Default),
        (false, Some((address, _)), _) | (false, None, Some((address, _))) => {
            Some(Recorded::Address(address.clone()))
        }
        _ => None,
    };
    let by = match &source.replace_with {
        Some(_) => follow(merged, name),
        // The default with an address of its own.
        None if is_default => match &source.registry {
            Some((address, place)) => {
                Route::new(Names::All, Target::Address(address.clone()), place.clone())
            }
            None => return,
        },
        None => {
            if let Some((address, place)) = source.registry.as_ref().or(source.git.as_ref()) {
                let target = Target::Address(address.clone());
                let route = Route::new(Names::OnRequest, target, place.clone());
                effective.routes.push(route);
            }
            return;
        }
    };
    if let Some(of) = recorded {
        effective.replaced.push(Replacement { of, by });
    }
}

/// What stands at the end of a chain of replacements.
fn follow(merged: &Merged, from: &str) -> Route {
    let mut places = Vec::new();
    let mut name = from.to_owned();
    let mut target = Target::Unknown("the sources replace one another in a circle".to_owned());
    for _ in 0..CHAIN_LIMIT {
        let source = merged.sources.get(&name);
        if let Some((next, place)) = source.and_then(|source| source.replace_with.as_ref()) {
            places.push(place.clone());
            name.clone_from(next);
            continue;
        }
        let definition = source.and_then(|source| {
            let address = source.registry.as_ref().or(source.git.as_ref());
            let address = address.map(|(text, place)| (Target::Address(text.clone()), place));
            let local = source.local.as_ref();
            address.or_else(|| local.map(|(text, place)| (Target::Local(text.clone()), place)))
        });
        let registry = || {
            let (text, place) = merged.registry(&name)?;
            Some((Target::Address(text.clone()), place))
        };
        target = match definition.or_else(registry) {
            Some((target, place)) => {
                places.push(place.clone());
                target
            }
            None if name == DEFAULT => Target::Default,
            None => Target::Unknown(format!("the source `{name}` is not defined")),
        };
        break;
    }
    Route {
        names: Names::All,
        target,
        places,
        is_certain: true,
    }
}
