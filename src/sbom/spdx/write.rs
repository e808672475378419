//! A document as SPDX 2.3 JSON.

use super::ids::Ids;
use super::licences::Extracted;
use super::package::Context;
use super::{NO_TIME, NO_TIME_COMMENT, agents, relations};
use crate::sbom::cyclonedx::serial_number;
use crate::sbom::document::extra::{At, telling_keys};
use crate::sbom::document::{DocComponent, Document, Extra, Format, Lifecycle, SpdxVersion};
use crate::sbom::loss::{Loss, LossReason, Losses};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A document as SPDX 2.3 JSON with a final line feed, and what that could not carry.
pub fn render_v2(document: &Document) -> (Vec<u8>, Vec<Loss>) {
    let format = Format::SpdxJson(SpdxVersion::V2_3);
    let mut losses = Losses::default();
    let created = created(document, format, &mut losses);
    let context = Context {
        format,
        created: created.as_deref().unwrap_or(NO_TIME),
        keeps_extra: document
            .source
            .is_some_and(|source| source.is_of_one_family(format)),
    };
    let ids = Ids::new(document);
    let mut extracted = Extracted::default();
    let mut map = top_extra(document, &context, &mut losses);
    let packages: Vec<Value> = ids
        .listed
        .iter()
        .map(|listed| Value::Object(context.package(listed, &mut extracted, &mut losses)))
        .collect();
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    put("SPDXID", Value::from("SPDXRef-DOCUMENT"));
    put("spdxVersion", Value::from("SPDX-2.3"));
    put("dataLicense", Value::from("CC0-1.0"));
    put("name", Value::from(name(document)));
    let info = creation_info(document, created.clone(), &context, &mut losses);
    put("creationInfo", Value::Object(info));
    put("packages", Value::Array(packages));
    let relationships = relations::relationships(document, &ids, &context, &mut losses);
    put("relationships", Value::Array(relationships));
    let listed: Vec<Value> = extracted
        .iter()
        .map(|(id, reference)| {
            json!({"licenseId": id, "name": reference.name, "extractedText": reference.text})
        })
        .collect();
    if !listed.is_empty() {
        put("hasExtractedLicensingInfos", Value::Array(listed));
    }
    let annotations = annotations(document, &context, &mut losses);
    if !annotations.is_empty() {
        let all = map.entry("annotations").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.extend(annotations);
        }
    }
    other_fields(document, &context, &mut losses);
    let namespace = match &document.identifier {
        Some(identifier) if is_namespace(identifier) => identifier.clone(),
        Some(_) => {
            let reason = LossReason::Invalid("is left out: a namespace is a URI without `#`");
            losses.add(&At::ROOT.key("serialNumber"), reason);
            serial_number(&to_bytes(&map))
        }
        None => serial_number(&to_bytes(&map)),
    };
    map.insert("documentNamespace".to_owned(), Value::from(namespace));
    let mut bytes = to_bytes(&map);
    bytes.push(b'\n');
    (bytes, losses.into_vec())
}

#[expect(
    clippy::expect_used,
    reason = "values of JSON with text keys always serialise"
)]
fn to_bytes(map: &Extra) -> Vec<u8> {
    serde_json::to_vec_pretty(map).expect("plain data serialises")
}

/// What has no type of its own, where it is SPDX; `relationships` are united later.
fn top_extra(document: &Document, context: &Context<'_>, losses: &mut Losses) -> Extra {
    if context.keeps_extra {
        let mut map = document.extra.clone();
        map.remove("relationships");
        return map;
    }
    name_extra(document, context.format, losses);
    Extra::new()
}

/// Names what a document says of itself and has no type of its own.
pub fn name_extra(document: &Document, format: Format, losses: &mut Losses) {
    for key in telling_keys(&document.extra) {
        let at = At::ROOT.key(key);
        if key != "vulnerabilities" {
            losses.add(&at, LossReason::NoPlace(format));
            continue;
        }
        let items = document.extra.get(key).and_then(Value::as_array);
        for index in 0..items.map_or(0, Vec::len) {
            losses.add(&at.index(index), LossReason::Vulnerability);
        }
    }
    let at = At::ROOT.key("metadata");
    for key in telling_keys(&document.metadata_extra) {
        losses.add(&at.key(key), LossReason::NoPlace(format));
    }
}

/// The document's name, else the product's.
pub fn name(document: &Document) -> String {
    let product = || document.root.as_ref().map(DocComponent::label);
    match document.name.clone().or_else(product) {
        Some(name) if !name.trim().is_empty() => name,
        _ => "sbom".to_owned(),
    }
}

/// An absolute URI without a fragment.
pub fn is_namespace(text: &str) -> bool {
    !text.contains('#') && !text.contains(char::is_whitespace) && url::Url::parse(text).is_ok()
}

/// The time in UTC and whole seconds, the only form that SPDX takes.
pub fn created(document: &Document, format: Format, losses: &mut Losses) -> Option<String> {
    let text = document.timestamp.as_deref()?;
    let at = At::ROOT.key("metadata");
    let at = at.key("timestamp");
    let Ok(time) = text.parse::<Timestamp>() else {
        losses.add(&at, LossReason::NoPlace(format));
        return None;
    };
    let whole = Timestamp::from_second(time.as_second()).unwrap_or(time);
    let written = whole.to_string();
    if written != text {
        let into = format!("`{written}`");
        losses.add(&at, LossReason::Changed { into });
    }
    Some(written)
}

fn creation_info(
    document: &Document,
    created: Option<String>,
    context: &Context<'_>,
    losses: &mut Losses,
) -> Extra {
    let format = context.format;
    let mut map = match context.keeps_extra {
        true => document.metadata_extra.clone(),
        false => Extra::new(),
    };
    let at = At::ROOT.key("metadata");
    let mut creators = Vec::new();
    let tools_at = at.key("tools");
    for (index, tool) in document.tools.components.iter().enumerate() {
        creators.push(tool_creator(tool, &tools_at.index(index), losses));
    }
    if !document.tools.services.is_empty() {
        losses.add(&tools_at.key("services"), LossReason::NoPlace(format));
    }
    let authors_at = at.key("authors");
    for (index, author) in document.authors.iter().enumerate() {
        creators.extend(agents::person(
            author,
            format,
            &authors_at.index(index),
            losses,
        ));
    }
    if let Some(manufacturer) = &document.manufacturer {
        let at = at.key("manufacturer");
        creators.extend(agents::organization(manufacturer, format, &at, losses));
    }
    if creators.is_empty() {
        // One is required.
        creators.push("Tool: sealgate".to_owned());
    }
    if created.is_none() {
        map.insert("comment".to_owned(), Value::from(NO_TIME_COMMENT));
    }
    let created = created.unwrap_or_else(|| NO_TIME.to_owned());
    map.insert("created".to_owned(), Value::from(created));
    map.insert("creators".to_owned(), Value::from(creators));
    map
}

fn tool_creator(tool: &DocComponent, at: &At<'_>, losses: &mut Losses) -> String {
    let name = tool.full_name();
    let shown = match &tool.version {
        Some(version) => format!("Tool: {name}-{version}"),
        None => format!("Tool: {name}"),
    };
    let shown: String = shown
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let carried = match agents::parse(&shown) {
        Some(agents::Agent::Tool(carried)) => *carried,
        _ => DocComponent::default(),
    };
    if carried != *tool {
        losses.add(
            at,
            LossReason::Changed {
                into: format!("`{shown}`"),
            },
        );
    }
    shown
}

/// What the document says of itself and SPDX has no field for.
fn annotations(document: &Document, context: &Context<'_>, losses: &mut Losses) -> Vec<Value> {
    let at = At::ROOT.key("metadata");
    let mut annotations = Vec::new();
    let lifecycles = at.key("lifecycles");
    for (index, lifecycle) in document.lifecycles.iter().enumerate() {
        let at = lifecycles.index(index);
        match lifecycle {
            Lifecycle::Phase(phase) => annotations.extend(context.annotation(
                "cyclonedx:lifecycle",
                Some(phase),
                &at,
                losses,
            )),
            Lifecycle::Named { .. } => losses.add(&at, LossReason::NoPlace(context.format)),
        }
    }
    if document.version > 1 {
        let version = document.version.to_string();
        let at = At::ROOT.key("version");
        annotations.extend(context.annotation("cyclonedx:version", Some(&version), &at, losses));
    }
    annotations.extend(context.properties(&document.properties, None, &at, losses));
    annotations
}

/// What is left of the document itself.
fn other_fields(document: &Document, context: &Context<'_>, losses: &mut Losses) {
    let at = At::ROOT.key("metadata");
    for (index, _) in document.licences.iter().enumerate() {
        let licences = at.key("licenses");
        losses.add(&licences.index(index), LossReason::NoPlace(context.format));
    }
    let Some(supplier) = &document.supplier else {
        return;
    };
    let of_product = document
        .root
        .as_ref()
        .and_then(|root| root.supplier.as_ref());
    let reason = match of_product == Some(supplier) {
        true => LossReason::Changed {
            into: "the supplier of the product".to_owned(),
        },
        false => LossReason::NoPlace(context.format),
    };
    losses.add(&at.key("supplier"), reason);
}
