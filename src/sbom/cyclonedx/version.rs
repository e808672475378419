//! What older versions say in another way than the newest.

use super::write;
use crate::sbom::document::extra::{At, telling_keys};
use crate::sbom::document::{
    CycloneDxVersion, DocComponent, Document, Extra, Format, LicenceChoice, LicenceText,
};
use crate::sbom::licence;
use crate::sbom::loss::{LossReason, Losses};
use serde_json::Value;
use std::collections::BTreeSet;

/// The members of the document, said as `version` says them; [`super::fit`] takes out
/// what it cannot say.
pub fn members(document: &Document, version: CycloneDxVersion, losses: &mut Losses) -> Extra {
    let target = Format::CycloneDxJson(version);
    let keeps_extra = document
        .source
        .is_some_and(|source| source.is_of_one_family(target));
    let mut document = document.clone();
    if !keeps_extra {
        name_extra(&document, target, losses);
    }
    identifier(&mut document, losses);
    if document.name.take().is_some() {
        losses.add(&At::ROOT.key("name"), LossReason::NoPlace(target));
    }
    if version < CycloneDxVersion::V1_5 {
        older_tools(&mut document, target, losses);
    }
    let metadata = At::ROOT.key("metadata");
    older_licences(&mut document.licences, version, &metadata, losses);
    if let Some(root) = &mut document.root {
        older_component(root, version, &metadata.key("component"), losses);
    }
    older_components(
        &mut document.components,
        version,
        &At::ROOT.key("components"),
        losses,
    );
    let mut map = write::members(&document, keeps_extra);
    drop_vulnerabilities(&mut map, losses);
    map
}

/// Vulnerabilities, and what refers to them.
fn drop_vulnerabilities(map: &mut Extra, losses: &mut Losses) {
    let Some(vulnerabilities) = map.remove("vulnerabilities") else {
        return;
    };
    let at = At::ROOT.key("vulnerabilities");
    let items = vulnerabilities.as_array().map_or(&[][..], Vec::as_slice);
    let mut dropped: BTreeSet<String> = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        losses.add(&at.index(index), LossReason::Vulnerability);
        let reference = item.get("bom-ref").and_then(Value::as_str);
        dropped.extend(reference.map(str::to_owned));
    }
    drop_references(
        map,
        "compositions",
        &["vulnerabilities", "assemblies", "dependencies"],
        &dropped,
        losses,
    );
    drop_references(map, "annotations", &["subjects"], &dropped, losses);
}

/// Takes references to what was dropped out of the fields of `list`. An item about nothing
/// else goes as a whole: without a subject it would be about the document.
fn drop_references(
    map: &mut Extra,
    list: &str,
    fields: &[&str],
    dropped: &BTreeSet<String>,
    losses: &mut Losses,
) {
    let Some(Value::Array(items)) = map.get_mut(list) else {
        return;
    };
    let at = At::ROOT.key(list);
    let mut index = 0_usize;
    items.retain_mut(|item| {
        let here = at.index(index);
        index = index.saturating_add(1);
        let Value::Object(item) = item else {
            return true;
        };
        let mut emptied = Vec::new();
        for field in fields {
            let Some(Value::Array(references)) = item.get_mut(*field) else {
                continue;
            };
            let before = references.len();
            references.retain(|reference| {
                let is_dropped = |reference| dropped.contains(reference);
                // A vulnerability of another document has no place here either.
                *field != "vulnerabilities" && !reference.as_str().is_some_and(is_dropped)
            });
            if references.len() == before {
                continue;
            }
            if references.is_empty() {
                item.remove(*field);
            }
            emptied.push(here.key(field));
        }
        let stays = emptied.is_empty() || fields.iter().any(|field| item.contains_key(*field));
        match stays {
            true => emptied
                .iter()
                .for_each(|at| losses.add(at, LossReason::Vulnerability)),
            false => losses.add(&here, LossReason::Vulnerability),
        }
        stays
    });
}

/// What a document of another format holds and CycloneDX has no name for.
fn name_extra(document: &Document, target: Format, losses: &mut Losses) {
    let mut all = |extra: &Extra, at: &At<'_>| {
        for key in telling_keys(extra) {
            losses.add(&at.key(key), LossReason::NoPlace(target));
        }
    };
    all(&document.extra, &At::ROOT);
    all(&document.metadata_extra, &At::ROOT.key("creationInfo"));
    let packages = At::ROOT.key("packages");
    for (index, component) in document.all_components().enumerate() {
        let label = component
            .ref_id
            .clone()
            .unwrap_or_else(|| index.to_string());
        let at = packages.key(&label);
        all(&component.extra, &at);
        all(&component.evidence_extra, &at);
        for licence in &component.licences {
            let mut extra = licence.extra.clone();
            extra.remove("text");
            all(&extra, &at.key("licenses"));
        }
        for reference in &component.external_references {
            all(&reference.extra, &at.key("externalRefs"));
        }
    }
    for dependency in &document.dependencies {
        all(&dependency.extra, &At::ROOT.key("relationships"));
    }
}

/// A serial number is a UUID; an SPDX namespace that is none is named.
fn identifier(document: &mut Document, losses: &mut Losses) {
    let Some(identifier) = &document.identifier else {
        return;
    };
    if !is_serial_number(identifier) {
        losses.add(
            &At::ROOT.key("serialNumber"),
            LossReason::Invalid("is left out: a serial number is `urn:uuid:` and a UUID"),
        );
        document.identifier = None;
    }
}

/// `urn:uuid:` and a lower-case UUID.
pub fn is_serial_number(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else {
        return false;
    };
    let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && uuid
            .chars()
            .all(|c| matches!(c, '0'..='9' | 'a'..='f' | '-'))
}

/// Up to 1.4 a tool is vendor, name, version, hashes and (1.4) references.
fn older_tools(document: &mut Document, target: Format, losses: &mut Losses) {
    let tools = &mut document.tools;
    if tools.legacy {
        return;
    }
    tools.legacy = true;
    let at = At::ROOT.key("metadata");
    let at = at.key("tools");
    if !tools.services.is_empty() {
        losses.add(&at.key("services"), LossReason::NoPlace(target));
    }
    let components = at.key("components");
    for (index, tool) in tools.components.iter_mut().enumerate() {
        let at = components.index(index);
        let kept = DocComponent {
            kind: tool.kind.clone(),
            name: tool.name.clone(),
            version: tool.version.clone(),
            supplier: tool.supplier.clone(),
            hashes: tool.hashes.clone(),
            external_references: tool.external_references.clone(),
            ..DocComponent::default()
        };
        // What the old form has no place for is what differs once the rest is gone.
        let lost = write::component_fields_beside(tool, &kept);
        for key in lost {
            losses.add(&at.key(&key), LossReason::NoPlace(target));
        }
        *tool = kept;
    }
}

fn older_components(
    components: &mut [DocComponent],
    version: CycloneDxVersion,
    at: &At<'_>,
    losses: &mut Losses,
) {
    for (index, component) in components.iter_mut().enumerate() {
        older_component(component, version, &at.index(index), losses);
    }
}

fn older_component(
    component: &mut DocComponent,
    version: CycloneDxVersion,
    at: &At<'_>,
    losses: &mut Losses,
) {
    older_licences(&mut component.licences, version, at, losses);
    if version < CycloneDxVersion::V1_6 {
        older_authors(component, at, losses);
        older_identity(component);
    }
    let inner = at.key("components");
    older_components(&mut component.components, version, &inner, losses);
}

/// Before 1.6 the authors are one text.
fn older_authors(component: &mut DocComponent, at: &At<'_>, losses: &mut Losses) {
    if component.authors.is_empty() || component.author.is_some() {
        return;
    }
    let names: Vec<&str> = component
        .authors
        .iter()
        .filter_map(|author| author.name.as_deref())
        .collect();
    if names.is_empty() {
        return;
    }
    let joined = names.join(", ");
    losses.add(
        &at.key("authors"),
        LossReason::Changed {
            into: format!("`author`: `{joined}`"),
        },
    );
    component.author = Some(joined);
    component.authors.clear();
}

/// Before 1.6 there is one identity, not a list.
fn older_identity(component: &mut DocComponent) {
    let evidence = &mut component.evidence_extra;
    if let Some(Value::Array(identities)) = evidence.get("identity")
        && let [one] = identities.as_slice()
    {
        let one = one.clone();
        evidence.insert("identity".to_owned(), one);
    }
}

/// Before 1.7 there are either licences or one expression, and an id is one of the list.
fn older_licences(
    licences: &mut [LicenceChoice],
    version: CycloneDxVersion,
    at: &At<'_>,
    losses: &mut Losses,
) {
    let at = at.key("licenses");
    let mixed = licences.len() > 1 && version < CycloneDxVersion::V1_7;
    for (index, choice) in licences.iter_mut().enumerate() {
        let renamed = match &choice.text {
            LicenceText::Expression(text) if mixed => Some((text, "expression")),
            LicenceText::Id(text) if !licence::is_listed(text) => Some((text, "id")),
            _ => None,
        };
        if let Some((text, key)) = renamed {
            let text = text.clone();
            losses.add(
                &at.index(index).key(key),
                LossReason::Changed {
                    into: format!("the licence name `{text}`"),
                },
            );
            if key == "expression" {
                choice.extra.append(&mut choice.outer_extra);
            }
            choice.text = LicenceText::Name(text);
        }
    }
}

/// A signature over a document or a part of it does not hold once something changed.
pub fn drop_signatures(
    document: &Document,
    version: CycloneDxVersion,
    map: &mut Extra,
    losses: &mut Losses,
) {
    let same = document.source == Some(Format::CycloneDxJson(version));
    if same && losses.len() == 0 {
        return;
    }
    drop_signatures_in(map, &At::ROOT, losses);
}

fn drop_signatures_in(map: &mut Extra, at: &At<'_>, losses: &mut Losses) {
    if map.remove("signature").is_some() {
        losses.add(&at.key("signature"), LossReason::Signature);
    }
    for (key, value) in map.iter_mut() {
        drop_signatures_of(value, &at.key(key), losses);
    }
}

fn drop_signatures_of(value: &mut Value, at: &At<'_>, losses: &mut Losses) {
    match value {
        Value::Object(map) => drop_signatures_in(map, at, losses),
        Value::Array(items) => {
            let mut index = 0_usize;
            items.retain_mut(|item| {
                let at = at.index(index);
                index = index.saturating_add(1);
                let was_signed = item.get("signature").is_some();
                drop_signatures_of(item, &at, losses);
                // One who signs is named by a signature or by an organisation.
                let is_signatory = at.is_in("signatories");
                let stays = !(is_signatory && was_signed && item.get("organization").is_none());
                if !stays {
                    losses.add(&at, LossReason::Signature);
                }
                stays
            });
        }
        _ => {}
    }
}
