//! CycloneDX XML 1.3 to 1.5, through the crate `cyclonedx-bom`: its reader makes the JSON
//! of the same version, which the reader of this room takes over.
//!
//! The crate reads recursively and expands entities, and leaves out what it does not
//! know. So before it sees the bytes, another parser refuses document type definitions,
//! depth and size; and after it, every text of the XML that is not in its JSON is named.

use crate::sbom::document::extra::{At, Notes};
use crate::sbom::document::{CycloneDxVersion, Extra, Note};
use crate::sbom::error::SbomError;
use crate::sbom::json;
use cyclonedx_bom::models::bom::Bom;
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;
use std::collections::BTreeMap;

/// Largest document in bytes: three copies of it are in memory at a time.
const MAX_BYTES: usize = 50 * 1024 * 1024;
/// Deepest nesting of elements.
const MAX_DEPTH: usize = 64;
/// Most elements and texts.
const MAX_NODES: u32 = 5_000_000;

/// The members of the document as JSON of its version, and what the crate left out.
///
/// # Errors
/// As [`crate::sbom::read`].
pub fn parse(bytes: &[u8]) -> Result<(CycloneDxVersion, Extra, Vec<Note>), SbomError> {
    if bytes.len() > MAX_BYTES {
        return Err(SbomError::TooLarge {
            what: "bytes of XML",
            limit: MAX_BYTES,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        SbomError::Syntax {
            line: before.split(|byte| *byte == b'\n').count(),
            column: 1,
            message: "not UTF-8".to_owned(),
        }
    })?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        if matches!(error, roxmltree::Error::NodesLimitReached) {
            return SbomError::TooLarge {
                what: "elements and texts",
                limit: MAX_NODES as usize,
            };
        }
        let place = error.pos();
        SbomError::Syntax {
            line: place.row as usize,
            column: place.col as usize,
            message: error.to_string(),
        }
    })?;
    let version = version(&document)?;
    check_depth(&document)?;
    let members = through_crate(text, version)?;
    let notes = left_out(&document, &members);
    Ok((version, members, notes))
}

fn version(document: &Document<'_>) -> Result<CycloneDxVersion, SbomError> {
    let root = document.root_element().tag_name();
    let namespace = root.namespace().unwrap_or_default();
    let found = namespace
        .strip_prefix("http://cyclonedx.org/schema/bom/")
        .filter(|_| root.name() == "bom")
        .ok_or(SbomError::UnknownFormat)?;
    match CycloneDxVersion::parse(found) {
        Some(
            version @ (CycloneDxVersion::V1_3 | CycloneDxVersion::V1_4 | CycloneDxVersion::V1_5),
        ) => Ok(version),
        _ => Err(SbomError::UnsupportedVersion {
            format: "CycloneDX XML",
            found: found.to_owned(),
            known: "1.3, 1.4, 1.5",
        }),
    }
}

fn check_depth(document: &Document<'_>) -> Result<(), SbomError> {
    // Nodes come in the order of the document, so each one's parent is known before it.
    let mut depths: BTreeMap<usize, usize> = BTreeMap::new();
    for node in document.descendants().filter(Node::is_element) {
        let parent = node
            .parent()
            .and_then(|parent| depths.get(&parent.id().get_usize()));
        let depth = parent.copied().unwrap_or(0).saturating_add(1);
        if depth > MAX_DEPTH {
            return Err(SbomError::TooDeep { limit: MAX_DEPTH });
        }
        depths.insert(node.id().get_usize(), depth);
    }
    Ok(())
}

fn through_crate(text: &str, version: CycloneDxVersion) -> Result<Extra, SbomError> {
    let bad = |message: String| SbomError::Malformed {
        format: "CycloneDX XML",
        message,
    };
    let bytes = text.as_bytes();
    let bom = match version {
        CycloneDxVersion::V1_3 => Bom::parse_from_xml_v1_3(bytes),
        CycloneDxVersion::V1_4 => Bom::parse_from_xml_v1_4(bytes),
        _ => Bom::parse_from_xml_v1_5(bytes),
    };
    let bom = bom.map_err(|error| bad(error.to_string()))?;
    let mut made = Vec::new();
    let written = match version {
        CycloneDxVersion::V1_3 => bom.output_as_json_v1_3(&mut made),
        CycloneDxVersion::V1_4 => bom.output_as_json_v1_4(&mut made),
        _ => bom.output_as_json_v1_5(&mut made),
    };
    written.map_err(|error| bad(error.to_string()))?;
    let mut members = json::parse(&made)?;
    respell(&mut members);
    match members {
        Value::Object(members) => Ok(members),
        _ => Err(SbomError::UnknownFormat),
    }
}

/// Fields of 1.5 that the crate writes under another name than the specification.
const MISSPELLED: [(&str, &str); 5] = [
    ("bomRef", "bom-ref"),
    ("size_allocated", "sizeAllocated"),
    ("confidence_interval", "confidenceInterval"),
    ("Organization", "organization"),
    ("Contact", "contact"),
];

fn respell(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (wrong, right) in MISSPELLED {
                if let Some(value) = map.remove(wrong) {
                    map.insert(right.to_owned(), value);
                }
            }
            map.values_mut().for_each(respell);
        }
        Value::Array(items) => items.iter_mut().for_each(respell),
        _ => {}
    }
}

/// Texts and attributes of the XML that are not in the JSON as often.
fn left_out(document: &Document<'_>, members: &Extra) -> Vec<Note> {
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();
    for value in members.values() {
        count(value, &mut kept);
    }
    let mut notes = Notes::default();
    let mut take = |value: &str, node: Node<'_, '_>, attribute: Option<&str>| {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        match kept.get_mut(&normal(value)) {
            Some(count) if *count > 0 => *count = count.saturating_sub(1),
            // A path costs a look at every sibling.
            _ if notes.is_full() => notes.add(&At::ROOT, String::new()),
            _ => {
                let mut path = path_of(node);
                if let Some(attribute) = attribute {
                    path.push('@');
                    path.push_str(attribute);
                }
                let message = "is not known to the reader of CycloneDX XML, and is left out";
                notes.add(&At::ROOT.key(&path), message);
            }
        }
    };
    for node in document.descendants() {
        if node.is_text() {
            if let (Some(text), Some(parent)) = (node.text(), node.parent()) {
                take(text, parent, None);
            }
        } else if node.is_element() {
            for attribute in node.attributes() {
                // Where a schema lies is no part of what the document says.
                if attribute.namespace().is_none() {
                    take(attribute.value(), node, Some(attribute.name()));
                }
            }
        }
    }
    notes.into_vec()
}

/// `bom/components/component[3]/name`.
fn path_of(node: Node<'_, '_>) -> String {
    let mut steps: Vec<String> = node
        .ancestors()
        .filter(Node::is_element)
        .map(|element| {
            let name = element.tag_name().name();
            let same = |other: &Node<'_, '_>| other.tag_name().name() == name;
            let before = element.prev_siblings().skip(1).filter(same).count();
            match before {
                0 => name.to_owned(),
                before => format!("{name}[{before}]"),
            }
        })
        .collect();
    steps.reverse();
    steps.join("/")
}

fn count(value: &Value, into: &mut BTreeMap<String, usize>) {
    let mut add = |text: &str| {
        let of = into.entry(normal(text)).or_default();
        *of = of.saturating_add(1);
    };
    match value {
        Value::Null => {}
        Value::Bool(value) => add(if *value { "true" } else { "false" }),
        Value::Number(number) => add(&number.to_string()),
        Value::String(text) => add(text),
        Value::Array(items) => items.iter().for_each(|item| count(item, into)),
        Value::Object(map) => map.values().for_each(|value| count(value, into)),
    }
}

/// The same value has the same text: numbers as they are counted, white space as one.
fn normal(text: &str) -> String {
    match text.trim().parse::<f64>() {
        Ok(number) => number.to_string(),
        Err(_) => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
