//! NuGet: `nuget.config` in every directory from the project up, then the user's
//! (<https://learn.microsoft.com/nuget/consume-packages/configuring-nuget-behavior>). A
//! nearer file wins; `<clear/>` drops what farther ones add. Without it the user's file
//! counts too, and that holds the default registry from the start.

mod sources;

use super::files::{File, Files};
use super::model::{Client, Effective, Names, Route, Target};
use super::text::says;
use crate::model::ConfiguredAt;
use crate::support::xml::{self, Xml};
use roxmltree::Node;
use sources::OfProject;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const NAMES: [&str; 3] = ["nuget.config", "NuGet.config", "NuGet.Config"];

#[derive(Default)]
struct Merged {
    /// By name, lower case: address and place.
    sources: BTreeMap<String, (String, ConfiguredAt)>,
    disabled: BTreeSet<String>,
    /// Patterns by source, lower case, with the place of the first.
    mapping: BTreeMap<String, (Vec<String>, ConfiguredAt)>,
    sources_cleared: bool,
    disabled_cleared: bool,
    mapping_cleared: bool,
}

/// The configuration of NuGet for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    // `project.assets.json` lies in `obj` of the project.
    let directory = match directory.rsplit_once('/') {
        Some((project, "obj")) => project,
        None if directory == "obj" => "",
        _ => directory,
    };
    let mut effective = Effective::new(Client::NuGet);
    let mut merged = Merged::default();
    let mut found: Vec<Rc<File>> = files.upwards(directory, &NAMES);
    let user = files.home(".nuget/NuGet/NuGet.Config").or_else(|| {
        match files.variable("XDG_CONFIG_HOME") {
            Some(_) => files.in_variable("XDG_CONFIG_HOME", "NuGet/NuGet.Config"),
            None => files.home(".config/NuGet/NuGet.Config"),
        }
    });
    let has_user = user.is_some();
    found.extend(user);
    for file in &found {
        match Xml::parse(&file.text) {
            Ok(document) => add(file, &document, &mut merged, &mut effective),
            Err(error) => files.broken(file, &error),
        }
    }
    let own = sources::read(files, directory);
    routes(files, merged, has_user, own, &mut effective);
    effective
}

fn attribute<'n>(node: Node<'n, '_>, name: &str) -> Option<&'n str> {
    node.attribute(name)
}

fn add(file: &File, document: &Xml<'_>, merged: &mut Merged, effective: &mut Effective) {
    let root = document.root();
    for section in root.children().filter(Node::is_element) {
        match section.tag_name().name() {
            "packageSources" => add_sources(file, document, section, merged, effective),
            "disabledPackageSources" => {
                if merged.disabled_cleared {
                    continue;
                }
                let (kept, is_cleared) = kept(section);
                for item in kept {
                    let name = attribute(item, "key").unwrap_or_default();
                    if attribute(item, "value").is_some_and(is_true) {
                        merged.disabled.insert(name.to_lowercase());
                    }
                }
                merged.disabled_cleared = is_cleared;
            }
            "packageSourceMapping" => add_mapping(file, document, section, merged),
            _ => {}
        }
    }
}

fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

/// What of a section counts: within one file `<clear/>` drops what stands before it, and
/// everything farther away, which the second value says.
fn kept<'d, 'a>(section: Node<'d, 'a>) -> (Vec<Node<'d, 'a>>, bool) {
    let mut kept = Vec::new();
    let mut is_cleared = false;
    for item in section.children().filter(Node::is_element) {
        match item.tag_name().name() {
            "clear" => {
                is_cleared = true;
                kept.clear();
            }
            _ => kept.push(item),
        }
    }
    (kept, is_cleared)
}

fn add_sources<'a>(
    file: &File,
    document: &Xml<'a>,
    section: Node<'_, 'a>,
    merged: &mut Merged,
    effective: &mut Effective,
) {
    if merged.sources_cleared {
        return;
    }
    let (kept, is_cleared) = kept(section);
    for item in kept {
        if item.tag_name().name() != "add" {
            continue;
        }
        let key = attribute(item, "key").unwrap_or_default();
        let value = attribute(item, "value").unwrap_or_default();
        let line = document.line(item);
        let place = file.at(line, says(key, value));
        for (name, effect) in [
            (
                "allowInsecureConnections",
                "packages may be fetched without TLS",
            ),
            (
                "disableTLSCertificateValidation",
                "the registry's certificate is not checked",
            ),
        ] {
            if attribute(item, name).is_some_and(is_true) {
                let place = file.at(line, says(name, "true"));
                effective.weak(place, true, effect);
            }
        }
        merged
            .sources
            .entry(key.to_lowercase())
            .or_insert((value.to_owned(), place));
    }
    merged.sources_cleared = is_cleared;
}

fn add_mapping<'a>(file: &File, document: &Xml<'a>, section: Node<'_, 'a>, merged: &mut Merged) {
    if merged.mapping_cleared {
        return;
    }
    let (kept, is_cleared) = kept(section);
    for item in kept {
        if item.tag_name().name() != "packageSource" {
            continue;
        }
        let key = attribute(item, "key").unwrap_or_default();
        let patterns: Vec<String> = xml::children(item, "package")
            .filter_map(|package| Some(attribute(package, "pattern")?.to_owned()))
            .collect();
        let line = document.line(item);
        let place = file.at(line, says(key, &patterns.join(" ")));
        merged
            .mapping
            .entry(key.to_lowercase())
            .or_insert((patterns, place));
    }
    merged.mapping_cleared = is_cleared;
}

fn routes(
    files: &Files<'_>,
    merged: Merged,
    has_user: bool,
    own: OfProject,
    effective: &mut Effective,
) {
    let is_mapped = !merged.mapping.is_empty();
    let mut open: Vec<Route> = Vec::new();
    // What the project says takes the place of all that is configured.
    let configured = match own.replaces {
        true => BTreeMap::new(),
        false => merged.sources,
    };
    for (name, (value, place)) in &configured {
        if merged.disabled.contains(name) {
            continue;
        }
        let target = match value.contains("://") {
            true if value.contains('%') && value.matches('%').count() > 1 => {
                Target::Unknown("an environment variable decides".to_owned())
            }
            true => Target::Address(value.clone()),
            false => Target::Local(value.clone()),
        };
        let mut route = Route::new(Names::All, target, place.clone());
        if is_mapped {
            // A source without a pattern is asked for nothing.
            let Some((patterns, mapped)) = merged.mapping.get(name) else {
                continue;
            };
            route.names = Names::Patterns(patterns.clone());
            route.places.push(mapped.clone());
            effective.routes.push(route);
        } else {
            open.push(route);
        }
    }
    let has_default = !merged.sources_cleared && !has_user && !own.replaces;
    if has_default {
        // A name that the tree does not have may be one of the user's file, as the default
        // registry is.
        for (name, (patterns, place)) in &merged.mapping {
            if !configured.contains_key(name) && !merged.disabled.contains(name) {
                let names = Names::Patterns(patterns.clone());
                let mut route = Route::new(names, Target::Default, place.clone());
                route.is_certain = false;
                effective.routes.push(route);
            }
        }
    }
    for mut route in own.routes {
        // With patterns a source that has none is asked for nothing.
        if is_mapped {
            route.names = Names::OnRequest;
            effective.routes.push(route);
        } else {
            open.push(route);
        }
    }
    let mut targets: Vec<&Target> = open.iter().map(|route| &route.target).collect();
    targets.sort();
    targets.dedup();
    // NuGet makes the user's file with the default registry in it.
    let has_default = has_default && !is_mapped;
    let asked = targets.len() + usize::from(has_default && !open.is_empty());
    if asked > 1 {
        let places = open.iter().flat_map(|route| route.places.iter().cloned());
        effective.mixed = places.collect();
    }
    effective.routes.append(&mut open);
    if has_default {
        effective.routes.push(Route::default(files.reads_machine()));
    }
}
