//! `project.assets.json`, which NuGet's restore writes into `obj/`, versions 2 to 4
//! (<https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files>;
//! its fields are those of NuGet's `LockFileFormat.cs`).

pub mod library;

use super::{Format, Input, Package, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::json_tree::{self, Node};
use crate::model::{ComponentKind, Ecosystem, Origin, Root};
use library::Libraries;
use std::collections::BTreeSet;

const KNOWN: &str = "2 to 4";

/// The format.
pub struct NugetAssets;

impl Format for NugetAssets {
    fn name(&self) -> &'static str {
        "nuget-assets"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Nuget
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["project.assets.json"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "project.assets.json"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let document = json_tree::parse(input.text);
        let root = &document.root;
        check_version(root, document.broken.as_ref().map(|broken| broken.line))?;
        if root.value("libraries").and_then(Node::object).is_none() {
            if let Some(error) = document.broken {
                return Err(error.into());
            }
            return Err(FormatError::Shape {
                line: root.line,
                reason: "there is no `libraries`".to_owned(),
            });
        }
        let libraries = Libraries::read(input.path, root)?;
        let wanted = wanted(root, &libraries);
        let mut parsed = libraries.parsed;
        parsed.note_repeated(input.path, &document.repeated);
        if let Some(index) = only_feed(root) {
            let fetched = parsed.packages.iter_mut().filter(|package| {
                package.kind == ComponentKind::Dependency && package.origin == Origin::Unrecorded
            });
            for package in fetched {
                package.origin = Origin::Registry {
                    index: Some(index.to_owned()),
                    file: None,
                    default: false,
                };
            }
        }
        add_project(root, &wanted, &mut parsed);
        if let Some(broken) = &document.broken {
            parsed.note_broken(input.path, broken.line, &broken.reason);
        }
        Ok(parsed)
    }
}

fn check_version(root: &Node<'_>, broken: Option<u32>) -> Result<(), FormatError> {
    let Some(version) = root.member("version") else {
        return Err(FormatError::Shape {
            line: broken.unwrap_or(root.line),
            reason: "there is no `version`".to_owned(),
        });
    };
    match version.value.shown().as_str() {
        "2" | "3" | "4" => Ok(()),
        found => Err(FormatError::UnknownVersion {
            line: version.line,
            found: found.to_owned(),
            known: KNOWN,
        }),
    }
}

/// What the project asks for: `NAME >= VERSION` for each framework.
fn wanted(root: &Node<'_>, libraries: &Libraries<'_>) -> BTreeSet<usize> {
    let groups = root.value("projectFileDependencyGroups").map(Node::members);
    groups
        .unwrap_or_default()
        .iter()
        .flat_map(|group| group.value.items())
        .filter_map(|item| item.text()?.split(' ').next())
        .flat_map(|name| libraries.named(name).iter().copied())
        .collect()
}

/// The feed that everything came from, where there was only one.
fn only_feed<'n>(root: &'n Node<'_>) -> Option<&'n str> {
    let sources = root.value("project")?.value("restore")?.value("sources")?;
    let mut feeds = sources.members().iter().map(|source| source.key.as_ref());
    // The SDK's own directory of packages is always there.
    let mut feeds = feeds.by_ref().filter(|feed| {
        !feed
            .trim_end_matches(['/', '\\'])
            .ends_with("library-packs")
    });
    let (feed, None) = (feeds.next()?, feeds.next()) else {
        return None;
    };
    feed.contains("://").then_some(feed)
}

/// The project itself, which is no library of its own.
fn add_project(root: &Node<'_>, wanted: &BTreeSet<usize>, parsed: &mut Parsed) {
    let project = root.value("project");
    let named = project
        .and_then(|project| project.value("restore"))
        .and_then(|restore| restore.member("projectName"));
    let Some((member, name)) = named.and_then(|member| Some((member, member.value.text()?))) else {
        parsed.direct = wanted.iter().copied().collect();
        return;
    };
    let version = project.and_then(|project| project.text_of("version"));
    let mut package = Package::new(name, member.line);
    package.version = version.map(str::to_owned);
    package.kind = ComponentKind::Own;
    package.origin = Origin::Path {
        path: ".".to_owned(),
    };
    let place = parsed.packages.len();
    parsed.packages.push(package);
    parsed.edges.extend(wanted.iter().map(|to| (place, *to)));
    parsed.root = Some(Root {
        name: name.to_owned(),
        version: version.map(str::to_owned),
    });
}

#[cfg(test)]
mod tests;
