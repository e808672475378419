//! `pom.xml` of Maven (<https://maven.apache.org/pom.html>).
//!
//! A pom is no lockfile: it names what is asked for, and most of that is decided in other
//! poms. Those of the tree are always read; those of parents, boms and dependencies from a
//! local Maven repository, if the caller names one. With all of them at hand the result is
//! what `mvn dependency:tree` prints; what is not at hand is a gap.
//!
//! Decisions: `provided` and `system` are expected from the environment
//! ([`Scope::Peer`]); `optional` says something to dependents only, so an optional
//! dependency of the product is as much part of it as any other. Build plugins are no
//! components. A module of the build that another one depends on is an own component.

mod effective;
mod model;
mod odd;
mod properties;
mod reactor;
mod shelf;
mod unknown;
mod walk;

use super::{Edges, Format, Input, Package, Parsed, directory_of};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::model::{ComponentKind, Ecosystem, Origin, Root, Scope};
use effective::{Effective, MavenScope};
pub use model::RawPom;
use shelf::Context;
pub use shelf::{Shelf, Store};
use unknown::Unknown;
use walk::{Node, conflict};

/// The format.
pub struct Pom;

impl Format for Pom {
    fn name(&self) -> &'static str {
        "pom"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Maven
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["pom.xml"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "pom.xml"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let pom = input
            .maven
            .put(input.path, input.text)
            .map_err(|(line, reason)| FormatError::Syntax { line, reason })?;
        let reactor = input.maven.reactor(input.path, input.neighbours);
        let context = Context {
            shelf: input.maven,
            tree: input.neighbours,
            reactor: &reactor,
        };
        let product = effective::effective(&pom, &context);
        let walk = walk::walk(&product, &context);
        let mut parsed = Parsed::default();
        let own = own(input, &product, pom.line);
        parsed.root = Some(Root {
            name: own.name.clone(),
            version: own.version.clone(),
        });
        parsed.packages.push(own);
        let mut edges = Edges::default();
        for (place, node) in walk.nodes.iter().enumerate() {
            // The product itself has the first place.
            let place = place.saturating_add(1);
            parsed.packages.push(package(node, &context));
            if node.is_direct {
                edges.add(0, &[place]);
            }
            let to: Vec<usize> = node.edges.iter().map(|to| to.saturating_add(1)).collect();
            edges.add(place, &to);
        }
        parsed.connect(edges)?;
        let unknown = Unknown::new(input, &product, &walk);
        parsed.has_graph = Some(unknown.is_nothing());
        parsed.gaps = unknown.gaps();
        for (message, line) in &pom.odd {
            parsed.note(&rules::INCOMPLETE_ENTRY, input.path, *line, message);
        }
        Ok(parsed)
    }
}

fn own(input: &Input<'_>, product: &Effective, line: u32) -> Package {
    let name = format!("{}:{}", product.group, product.artifact);
    let mut package = Package::new(name, line);
    package.kind = ComponentKind::Own;
    package.version = known(&product.version);
    package.licence = licence(product);
    package.origin = Origin::Path {
        path: match directory_of(input.path) {
            "" => ".".to_owned(),
            directory => directory.to_owned(),
        },
    };
    package
}

fn package(node: &Node, context: &Context<'_>) -> Package {
    let dependency = &node.dependency;
    let (group, artifact, ..) = &dependency.key;
    let mut package = Package::new(format!("{group}:{artifact}"), dependency.line);
    package.path.clone_from(&dependency.path);
    package.version.clone_from(&dependency.version);
    package.scope = match node.scope {
        MavenScope::Compile | MavenScope::Runtime => Scope::Runtime,
        MavenScope::Provided | MavenScope::System => Scope::Peer,
        MavenScope::Test => Scope::Dev,
    };
    package.licence = node.pom.as_deref().and_then(licence);
    let version = dependency.version.as_deref().unwrap_or_default();
    if let Some(path) = context.reactor.member(group, artifact, version) {
        package.kind = ComponentKind::Own;
        package.origin = Origin::Path {
            path: match directory_of(path) {
                "" => ".".to_owned(),
                directory => directory.to_owned(),
            },
        };
        return package;
    }
    if node.scope == MavenScope::System {
        package.origin = Origin::Path {
            path: dependency.system_path.clone().unwrap_or_default(),
        };
    }
    let (_, _, ending, classifier) = conflict(&dependency.key);
    if !classifier.is_empty() {
        package.qualifiers.push(("classifier", classifier));
    }
    if ending != "jar" {
        package.qualifiers.push(("type", ending));
    }
    package
}

fn known(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty() && !text.contains("${"))
}

/// Of several licences the user may choose
/// (<https://maven.apache.org/pom.html#licenses>).
fn licence(pom: &Effective) -> Option<String> {
    match pom.licences.as_slice() {
        [] => None,
        names => Some(names.join(" OR ")),
    }
}

#[cfg(test)]
mod tests;
