//! CycloneDX 1.4 to 1.7 with `vulnerabilities[].analysis`
//! (<https://cyclonedx.org/docs/1.6/json/#vulnerabilities>), read.
//!
//! The subject of the document (`metadata.component`) is the product, if it has one; what
//! `affects` names is the product itself or a part of it. Without a subject, what `affects`
//! names is the product, wherever it is used.

use super::json::{Object, id, objects, text, time};
use super::product::Named;
use super::{Document, MAX_STATEMENTS, ProductPattern, Statement, VexError};
use crate::model::{Purl, VexJustification, VexStatus};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The format's name in reports.
pub const FORMAT: &str = "cyclonedx";
const VERSIONS: [&str; 4] = ["1.4", "1.5", "1.6", "1.7"];
/// Components may hold components; deeper ones are not looked at.
const MAX_DEPTH: usize = 16;

/// States of `analysis`, with what they say.
const STATES: [(&str, VexStatus); 6] = [
    ("resolved", VexStatus::Fixed),
    ("resolved_with_pedigree", VexStatus::Fixed),
    ("exploitable", VexStatus::Affected),
    ("in_triage", VexStatus::UnderInvestigation),
    ("false_positive", VexStatus::NotAffected),
    ("not_affected", VexStatus::NotAffected),
];

/// Justifications of `analysis`, with the nearest one of OpenVEX.
const JUSTIFICATIONS: [(&str, VexJustification); 9] = {
    use VexJustification as J;
    [
        ("code_not_present", J::VulnerableCodeNotPresent),
        ("code_not_reachable", J::VulnerableCodeNotInExecutePath),
        (
            "requires_configuration",
            J::VulnerableCodeCannotBeControlledByAdversary,
        ),
        (
            "requires_dependency",
            J::VulnerableCodeCannotBeControlledByAdversary,
        ),
        (
            "requires_environment",
            J::VulnerableCodeCannotBeControlledByAdversary,
        ),
        ("protected_by_compiler", J::InlineMitigationsAlreadyExist),
        ("protected_at_runtime", J::InlineMitigationsAlreadyExist),
        ("protected_at_perimeter", J::InlineMitigationsAlreadyExist),
        (
            "protected_by_mitigating_control",
            J::InlineMitigationsAlreadyExist,
        ),
    ]
};

/// The justification that is written for one of OpenVEX.
pub fn justification_word(justification: VexJustification) -> &'static str {
    match justification {
        VexJustification::ComponentNotPresent | VexJustification::VulnerableCodeNotPresent => {
            "code_not_present"
        }
        VexJustification::VulnerableCodeNotInExecutePath => "code_not_reachable",
        VexJustification::VulnerableCodeCannotBeControlledByAdversary => "requires_environment",
        VexJustification::InlineMitigationsAlreadyExist => "protected_by_mitigating_control",
    }
}

/// What the references of a document stand for.
struct References<'d> {
    /// The subject, and its own reference.
    subject: Option<(Named, Option<&'d str>)>,
    /// Purls by reference.
    purls: BTreeMap<&'d str, Purl>,
}

pub fn read(object: &Object) -> Result<Document, VexError> {
    if object.get("bomFormat").and_then(Value::as_str) != Some("CycloneDX") {
        return Err(VexError::UnknownFormat);
    }
    let version = object.get("specVersion").and_then(Value::as_str);
    let version = version.unwrap_or_default();
    if !VERSIONS.contains(&version) {
        return Err(VexError::UnsupportedVersion {
            format: "CycloneDX",
            found: version.to_owned(),
            known: "1.4, 1.5, 1.6, 1.7",
        });
    }
    let malformed = |field, want| VexError::Malformed { field, want };
    let listed =
        objects(object, "vulnerabilities").filter(|_| object.contains_key("vulnerabilities"));
    let listed = listed.ok_or(malformed("vulnerabilities", "a list of objects"))?;
    if listed.len() > MAX_STATEMENTS {
        return Err(VexError::TooManyStatements);
    }
    let metadata = object.get("metadata").and_then(Value::as_object);
    let own_time = metadata.map_or(Ok(None), |metadata| time(metadata, &["timestamp"]));
    let own_time = own_time.map_err(|_| malformed("metadata.timestamp", "an RFC 3339 time"))?;
    let references = References::of(object, metadata);
    let mut document = Document {
        format: FORMAT,
        author: metadata.map(author).unwrap_or_default(),
        statements: Vec::new(),
        unusable: Vec::new(),
    };
    for (index, vulnerability) in listed.into_iter().enumerate() {
        let Some(analysis) = vulnerability.get("analysis") else {
            // Without one it is a report of a vulnerability, not a statement about it.
            continue;
        };
        match statement(vulnerability, analysis, &references, own_time) {
            Ok(statement) => document.statements.push(statement),
            Err(why) => document
                .unusable
                .push(format!("vulnerability {}: {why}", index + 1)),
        }
    }
    Ok(document)
}

/// The first author, else the supplier or the manufacturer.
fn author(metadata: &Object) -> String {
    let authors = objects(metadata, "authors").unwrap_or_default();
    let organisations = ["supplier", "manufacturer", "manufacture"];
    let organisations = organisations
        .into_iter()
        .filter_map(|field| metadata.get(field)?.as_object());
    authors
        .into_iter()
        .chain(organisations)
        .find_map(|who| text(who, "name").or_else(|| text(who, "email")))
        .unwrap_or_default()
}

impl<'d> References<'d> {
    fn of(document: &'d Object, metadata: Option<&'d Object>) -> Self {
        let subject = metadata.and_then(|m| m.get("component")?.as_object());
        let mut purls = BTreeMap::new();
        if let Some(subject) = subject {
            collect(subject, &mut purls, 0);
        }
        for component in objects(document, "components").unwrap_or_default() {
            collect(component, &mut purls, 0);
        }
        Self {
            subject: subject.and_then(|subject| {
                let reference = subject.get("bom-ref").and_then(Value::as_str);
                Some((subject_of(subject)?, reference))
            }),
            purls,
        }
    }
}

fn subject_of(component: &Object) -> Option<Named> {
    let purl = component.get("purl").and_then(Value::as_str);
    match purl.map(Purl::parse) {
        Some(Ok(purl)) => Some(Named::Purl(purl)),
        // A product that cannot be told is not any product.
        Some(Err(_)) => Some(Named::Name {
            name: String::new(),
            version: None,
        }),
        None => Some(Named::Name {
            name: id(component.get("name"))?,
            version: id(component.get("version")),
        }),
    }
}

fn collect<'d>(component: &'d Object, purls: &mut BTreeMap<&'d str, Purl>, depth: usize) {
    let reference = component.get("bom-ref").and_then(Value::as_str);
    let purl = component.get("purl").and_then(Value::as_str);
    if let (Some(reference), Some(Ok(purl))) = (reference, purl.map(Purl::parse)) {
        purls.insert(reference, purl);
    }
    if depth < MAX_DEPTH {
        for inner in objects(component, "components").unwrap_or_default() {
            collect(inner, purls, depth + 1);
        }
    }
}

fn statement(
    vulnerability: &Object,
    analysis: &Value,
    references: &References<'_>,
    document_time: Option<Timestamp>,
) -> Result<Statement, String> {
    let name = id(vulnerability.get("id")).ok_or("it has no id")?;
    let about = |why: &str| format!("{name}: {why}");
    let analysis = analysis
        .as_object()
        .ok_or_else(|| about("its analysis is not an object"))?;
    let word = analysis.get("state").and_then(Value::as_str);
    let word = word.unwrap_or_default();
    let status = STATES
        .into_iter()
        .find_map(|(known, status)| (known == word).then_some(status))
        .ok_or_else(|| about(&format!("the state `{word}` is not known")))?;
    let justification = justification(analysis).map_err(|why| about(&why))?;
    let detail = text(analysis, "detail");
    if status == VexStatus::NotAffected && justification.is_none() && detail.is_none() {
        return Err(about(&format!(
            "`{word}` needs a justification or a detail"
        )));
    }
    let time = time(analysis, &["lastUpdated", "firstIssued"])
        .and_then(|own| match own {
            Some(own) => Ok(Some(own)),
            None => time(vulnerability, &["updated", "published", "created"]),
        })
        .map_err(|field| about(&format!("`{field}` is no time")))?;
    let equal = objects(vulnerability, "references").unwrap_or_default();
    let mut ids: BTreeSet<String> = equal
        .into_iter()
        .filter_map(|reference| id(reference.get("id")))
        .collect();
    let products = products(vulnerability, status, references).map_err(|why| about(&why))?;
    ids.insert(name);
    Ok(Statement {
        vulnerability: ids,
        products,
        status,
        justification: justification.filter(|_| status == VexStatus::NotAffected),
        text: detail,
        time: time.or(document_time),
    })
}

fn justification(analysis: &Object) -> Result<Option<VexJustification>, String> {
    let Some(value) = analysis.get("justification") else {
        return Ok(None);
    };
    let word = value.as_str().unwrap_or_default();
    let known = JUSTIFICATIONS
        .into_iter()
        .find_map(|(known, label)| (known == word).then_some(label));
    known
        .map(Some)
        .ok_or_else(|| format!("the justification `{word}` is not known"))
}

/// What `affects` names. A reference that leads nowhere makes the statement unusable:
/// nothing says how much of it that is.
fn products(
    vulnerability: &Object,
    status: VexStatus,
    references: &References<'_>,
) -> Result<Vec<ProductPattern>, String> {
    let listed = objects(vulnerability, "affects").ok_or("`affects` is not a list of objects")?;
    let mut products = Vec::new();
    for affected in listed {
        let reference = affected.get("ref").and_then(Value::as_str);
        let reference = reference.ok_or("something that it affects has no reference")?;
        let versions =
            objects(affected, "versions").ok_or("`versions` is not a list of objects")?;
        let named = purl_of(reference, references);
        if let Some((subject, own)) = &references.subject
            && (*own == Some(reference)
                || matches!((subject, &named), (Named::Purl(own), Some(named)) if own == named))
        {
            if !versions.is_empty() {
                return Err("versions of the subject are not told apart".to_owned());
            }
            products.push(ProductPattern {
                product: subject.clone(),
                subcomponents: None,
            });
            continue;
        }
        let named =
            named.ok_or_else(|| format!("`{reference}` leads to no component with a purl"))?;
        for part in of_versions(named, &versions, status)? {
            products.push(match &references.subject {
                Some((subject, _)) => ProductPattern {
                    product: subject.clone(),
                    subcomponents: Some(vec![part]),
                },
                None => ProductPattern {
                    product: Named::Purl(part),
                    subcomponents: None,
                },
            });
        }
    }
    if products.is_empty() {
        return Err("it affects nothing that is named by purl".to_owned());
    }
    Ok(products)
}

/// A reference inside of the document, a purl, or a link to another BOM
/// (`urn:cdx:SERIAL/VERSION#REFERENCE`) whose reference is a purl.
fn purl_of(reference: &str, references: &References<'_>) -> Option<Purl> {
    if let Some(purl) = references.purls.get(reference) {
        return Some(purl.clone());
    }
    let text = match reference.strip_prefix("urn:cdx:") {
        Some(link) => percent_decode_str(link.split_once('#')?.1)
            .decode_utf8()
            .ok()?
            .into_owned(),
        None => reference.to_owned(),
    };
    text.starts_with("pkg:")
        .then(|| Purl::parse(&text).ok())
        .flatten()
}

/// The component in each version that is listed with a status that fits. Without a list it
/// is the component as named. Ranges are not told apart, so they cover nothing.
fn of_versions(named: Purl, versions: &[&Object], status: VexStatus) -> Result<Vec<Purl>, String> {
    if versions.is_empty() {
        return Ok(vec![named]);
    }
    let mut parts = Vec::new();
    for listed in versions {
        let word = listed.get("status").and_then(Value::as_str);
        let is_cleared = match word.unwrap_or("affected") {
            "unaffected" => true,
            "affected" | "unknown" => false,
            other => return Err(format!("the version status `{other}` is not known")),
        };
        if is_cleared != status.clears() {
            return Err("what it says of versions is not what its state says".to_owned());
        }
        let version = id(listed.get("version")).ok_or("ranges of versions are not read")?;
        match named.version() {
            Some(own) if own != version => {}
            _ => parts.push(
                named
                    .with_version(&version)
                    .map_err(|error| error.to_string())?,
            ),
        }
    }
    Ok(parts)
}
