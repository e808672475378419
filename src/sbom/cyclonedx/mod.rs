//! CycloneDX 1.6 JSON (<https://cyclonedx.org/docs/1.6/json/>).
//!
//! Two decisions that a reader may wonder about:
//!
//! * `hashes` of a component are written only where they are digests of one and the same
//!   file. A Python lockfile has one hash for each distribution of a version; these are
//!   hashes of different files, so they are properties (`sealgate:distribution:sha256`).
//!   External references would need an address for each, which most lockfiles lack.
//! * The same inventory gives the same bytes: there is no time unless one is given, and
//!   the serial number is a digest of the content (UUID version 8, RFC 9562 section 5.8).

mod component;
mod wire;

use crate::model::{Component, ComponentKind, Inventory, Purl, terminal_safe};
use aws_lc_rs::digest::{SHA256, digest};
use std::collections::{BTreeMap, BTreeSet};
use wire::{
    Bom, Composition, Dependency, Lifecycle, Metadata, Property, ToolComponent, Tools,
    WireComponent,
};

/// What the document says beside the inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CycloneDxOptions {
    /// RFC 3339 time of the document; none is written where none is given.
    pub timestamp: Option<String>,
    /// Version of sealgate.
    pub tool_version: String,
}

/// The inventory as a CycloneDX 1.6 JSON document, with a final line feed.
#[must_use]
pub fn render(inventory: &Inventory, options: &CycloneDxOptions) -> Vec<u8> {
    let product = product(inventory);
    let root_ref = match product {
        Some(component) => component.purl.to_string(),
        None => format!("root:{}", inventory.root.name),
    };
    let components = inventory
        .components
        .iter()
        .filter(|component| product.is_none_or(|product| product.purl != component.purl))
        .map(component::library)
        .collect();
    let mut bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: String::new(),
        version: 1,
        metadata: metadata(inventory, options, product, &root_ref),
        components,
        dependencies: dependencies(inventory, product, &root_ref),
        compositions: compositions(inventory, product, &root_ref),
    };
    bom.serial_number = serial_number(&to_bytes(&bom));
    let mut bytes = to_bytes(&bom);
    bytes.push(b'\n');
    bytes
}

#[expect(
    clippy::expect_used,
    reason = "structs of strings, numbers and lists always serialise"
)]
fn to_bytes(bom: &Bom) -> Vec<u8> {
    serde_json::to_vec_pretty(bom).expect("plain data serialises")
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

fn metadata(
    inventory: &Inventory,
    options: &CycloneDxOptions,
    product: Option<&Component>,
    root_ref: &str,
) -> Metadata {
    let component = match product {
        Some(component) => WireComponent {
            kind: "application",
            ..component::library(component)
        },
        None => WireComponent {
            kind: "application",
            bom_ref: root_ref.to_owned(),
            name: inventory.root.name.clone(),
            version: inventory.root.version.clone(),
            ..WireComponent::default()
        },
    };
    let mut properties: Vec<Property> = Vec::new();
    for lockfile in &inventory.lockfiles {
        properties.push(Property::new(
            "sealgate:lockfile",
            format!("{} {} {}", lockfile.path, lockfile.format, lockfile.digest),
        ));
    }
    for skipped in &inventory.skipped {
        let text = format!("{}: {}", skipped.path, skipped.reason);
        properties.push(Property::new("sealgate:skipped", text));
    }
    for gap in &inventory.gaps {
        let place = gap.location.as_ref().map(|place| format!("{place}: "));
        let text = format!("{}: {}{}", gap.id, place.unwrap_or_default(), gap.message);
        properties.push(Property::new("sealgate:incomplete", text));
    }
    for property in &mut properties {
        property.value = terminal_safe(&property.value).into_owned();
    }
    Metadata {
        timestamp: options.timestamp.clone(),
        lifecycles: vec![Lifecycle { phase: "pre-build" }],
        tools: Tools {
            components: vec![ToolComponent {
                kind: "application",
                name: "sealgate",
                version: options.tool_version.clone(),
            }],
        },
        component,
        properties,
    }
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
            reference: reference.to_owned(),
            depends_on: depends_on.into_iter().map(str::to_owned).collect(),
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
    let whole = if inventory.gaps.is_empty() {
        "complete"
    } else {
        "incomplete"
    };
    let root_edges = if inventory.graph_is_incomplete() {
        "incomplete"
    } else {
        "complete"
    };
    // A gap in a lockfile may hide edges of any component of it.
    let edges = if inventory.gaps.is_empty() {
        "complete"
    } else {
        "incomplete"
    };
    let root = || vec![root_ref.to_owned()];
    let mut compositions = vec![
        Composition::of_assemblies(whole, root()),
        Composition::of_dependencies(root_edges, root()),
        Composition::of_dependencies(edges, known),
        Composition::of_dependencies("unknown", unknown),
    ];
    compositions.retain(|composition| !composition.is_empty());
    compositions
}

fn serial_number(content: &[u8]) -> String {
    let hash = digest(&SHA256, content);
    let mut bytes = [0_u8; 16];
    for (byte, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *byte = *from;
    }
    // Version 8 and the RFC's variant.
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = hex::encode(bytes);
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    for length in [8, 4, 4, 4, 12] {
        let (part, after) = rest.split_at(length);
        parts.push(part);
        rest = after;
    }
    format!("urn:uuid:{}", parts.join("-"))
}

#[cfg(test)]
mod tests;
