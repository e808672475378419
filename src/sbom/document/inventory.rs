//! The document of an inventory.

use super::given::{Artifact, Party, SupplierOf, supply};
use super::{Composition, Dependency, DocComponent, Document, Lifecycle, Property, Tools};
use crate::model::{Component, ComponentKind, Inventory, Purl, terminal_safe};
use crate::sbom::document::library;
use std::collections::{BTreeMap, BTreeSet};

/// What a document says beside its inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentOptions {
    /// RFC 3339 time of the document; none is written where none is given.
    pub timestamp: Option<String>,
    /// Version of sealgate.
    pub tool_version: String,
    /// Who answers for the document, if they want to be named.
    pub author: Option<Party>,
    /// Who supplies the product and its other own components, if they want to be named.
    pub supplier: Option<Party>,
    /// Who supplies what it depends on, as far as the caller knows.
    pub suppliers: Vec<SupplierOf>,
    /// The file of the product.
    pub artifact: Option<Artifact>,
    /// Whether the inventory is what a built binary records, not what lockfiles promise.
    pub is_of_binary: bool,
}

impl Document {
    /// The SBOM of an inventory: one component per purl, its references are purls, and
    /// the product reaches every component. The same inventory gives the same document.
    #[must_use]
    pub fn of_inventory(inventory: &Inventory, options: &DocumentOptions) -> Self {
        let product = product(inventory);
        let root_ref = match product {
            Some(component) => component.purl.to_string(),
            None => format!("root:{}", inventory.root.name),
        };
        let supplier = options.supplier.as_ref().map(Party::organization);
        let described = |component: &Component| {
            let mut described = library(component);
            match component.kind {
                ComponentKind::Own => described.supplier.clone_from(&supplier),
                _ => supply(&mut described, &component.purl, &options.suppliers),
            }
            described
        };
        let mut root = match product {
            Some(component) => described(component),
            None => DocComponent {
                ref_id: Some(root_ref.clone()),
                name: inventory.root.name.clone(),
                version: inventory.root.version.clone(),
                supplier: supplier.clone(),
                ..DocComponent::default()
            },
        };
        root.kind = "application".to_owned();
        if let Some(artifact) = &options.artifact {
            artifact.describe(&mut root);
        }
        let phase = match options.is_of_binary {
            true => "post-build",
            false => "pre-build",
        };
        Self {
            version: 1,
            timestamp: options.timestamp.clone(),
            lifecycles: vec![Lifecycle::Phase(phase.to_owned())],
            tools: Tools {
                components: vec![DocComponent {
                    kind: "application".to_owned(),
                    name: "sealgate".to_owned(),
                    version: Some(options.tool_version.clone()),
                    ..DocComponent::default()
                }],
                ..Tools::default()
            },
            authors: options.author.iter().map(Party::contact).collect(),
            properties: properties(inventory),
            root: Some(root),
            components: inventory
                .components
                .iter()
                .filter(|component| product.is_none_or(|product| product.purl != component.purl))
                .map(described)
                .collect(),
            dependencies: dependencies(inventory, product, &root_ref),
            compositions: compositions(inventory, product, &root_ref),
            supplier,
            ..Self::default()
        }
    }
}

/// The own component that is the product itself, if exactly one is.
fn product(inventory: &Inventory) -> Option<&Component> {
    let root = &inventory.root;
    let mut fitting = inventory.components.iter().filter(|component| {
        component.kind == ComponentKind::Own
            && component.name == root.name
            && (component.version == root.version || component.version.is_none())
    });
    fitting.next().filter(|_| fitting.next().is_none())
}

fn properties(inventory: &Inventory) -> Vec<Property> {
    let lockfiles = inventory.lockfiles.iter().map(|lockfile| {
        let text = format!("{} {} {}", lockfile.path, lockfile.format, lockfile.digest);
        ("sealgate:lockfile", text)
    });
    let skipped = inventory.skipped.iter().map(|skipped| {
        let text = format!("{}: {}", skipped.path, skipped.reason);
        ("sealgate:skipped", text)
    });
    let gaps = inventory.gaps.iter().map(|gap| {
        let place = gap.location.as_ref().map(|place| format!("{place}: "));
        let text = format!("{}: {}{}", gap.id, place.unwrap_or_default(), gap.message);
        ("sealgate:incomplete", text)
    });
    lockfiles
        .chain(skipped)
        .chain(gaps)
        .map(|(name, value)| Property::new(name, terminal_safe(&value)))
        .collect()
}

fn dependencies(
    inventory: &Inventory,
    product: Option<&Component>,
    root_ref: &str,
) -> Vec<Dependency> {
    let product = product.map(|component| &component.purl);
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let of_root = all.entry(root_ref).or_default();
    let direct = inventory
        .direct
        .iter()
        .filter(|purl| Some(*purl) != product);
    of_root.extend(direct.map(Purl::as_str));
    for component in &inventory.components {
        let purl = &component.purl;
        let depends_on = all.entry(purl.as_str()).or_default();
        let edges = inventory.edges.get(purl).into_iter().flatten();
        depends_on.extend(edges.map(Purl::as_str));
    }
    all.into_iter()
        .map(|(reference, depends_on)| Dependency {
            ref_id: reference.to_owned(),
            depends_on: depends_on.into_iter().map(str::to_owned).collect(),
            ..Dependency::default()
        })
        .collect()
}

/// How complete the document is: its list of components as a whole, and for each
/// component whether its lockfile holds the graph.
fn compositions(
    inventory: &Inventory,
    product: Option<&Component>,
    root_ref: &str,
) -> Vec<Composition> {
    let with_graph: BTreeSet<&str> = inventory
        .lockfiles
        .iter()
        .filter(|lockfile| lockfile.has_graph)
        .map(|lockfile| lockfile.path.as_str())
        .collect();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for component in &inventory.components {
        let from_graph = component
            .occurrences
            .iter()
            .any(|place| with_graph.contains(place.location.path.as_str()));
        if product.is_some_and(|product| product.purl == component.purl) {
            continue;
        }
        match from_graph {
            true => known.push(component.purl.to_string()),
            false => unknown.push(component.purl.to_string()),
        }
    }
    let complete_if = |complete: bool| match complete {
        true => "complete",
        false => "incomplete",
    };
    // A gap in a lockfile may hide components, and edges of any component of it.
    let whole = complete_if(inventory.gaps.is_empty());
    let root_edges = complete_if(!inventory.graph_is_incomplete());
    let of = |aggregate: &str, assemblies: Vec<String>, dependencies: Vec<String>| Composition {
        aggregate: aggregate.to_owned(),
        assemblies,
        dependencies,
        ..Composition::default()
    };
    let root = || vec![root_ref.to_owned()];
    let mut compositions = vec![
        of(whole, root(), Vec::new()),
        of(root_edges, Vec::new(), root()),
        of(whole, Vec::new(), known),
        of("unknown", Vec::new(), unknown),
    ];
    compositions.retain(|composition| {
        !composition.assemblies.is_empty() || !composition.dependencies.is_empty()
    });
    compositions
}
