//! One package of SPDX 2.3 (<https://spdx.github.io/spdx-spec/v2.3/package-information/>).

use super::ids::Listed;
use super::licences::Extracted;
use super::{ANNOTATOR, HASHES, NO_ASSERTION, PURPOSES, agents};
use crate::model::Purl;
use crate::sbom::document::extra::{At, telling_keys};
use crate::sbom::document::given::FILE_NAME;
use crate::sbom::document::{DocComponent, ExternalReference, Extra, Format, Place, Property};
use crate::sbom::loss::{LossReason, Losses};
use serde_json::{Value, json};

/// What every package of a document shares.
pub struct Context<'c> {
    /// The target.
    pub format: Format,
    /// `creationInfo.created`: annotations need a date.
    pub created: &'c str,
    /// The document was read from SPDX 2, so what has no type of its own is SPDX 2.
    pub keeps_extra: bool,
}

impl Context<'_> {
    fn no_place(&self) -> LossReason {
        LossReason::NoPlace(self.format)
    }

    /// `NAME=VALUE` as an annotation.
    pub fn annotation(
        &self,
        name: &str,
        value: Option<&str>,
        at: &At<'_>,
        losses: &mut Losses,
    ) -> Option<Value> {
        if name.is_empty() || name.contains(['=', '\n']) {
            losses.add(at, self.no_place());
            return None;
        }
        Some(json!({
            "annotationDate": self.created,
            "annotationType": "OTHER",
            "annotator": ANNOTATOR,
            "comment": match value {
                Some(value) => format!("{name}={value}"),
                None => name.to_owned(),
            },
        }))
    }

    /// Properties as annotations, but for one that has a field of its own.
    pub fn properties(
        &self,
        properties: &[Property],
        except: Option<usize>,
        at: &At<'_>,
        losses: &mut Losses,
    ) -> Vec<Value> {
        let at = at.key("properties");
        properties
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != except)
            .filter_map(|(index, property)| {
                let value = property.value.as_deref();
                self.annotation(&property.name, value, &at.index(index), losses)
            })
            .collect()
    }

    /// A component as a package.
    pub fn package(
        &self,
        listed: &Listed<'_>,
        extracted: &mut Extracted,
        losses: &mut Losses,
    ) -> Extra {
        let component = listed.component;
        let at = At::ROOT;
        let at = at.key(&listed.path);
        let mut map = match self.keeps_extra {
            true => component.extra.clone(),
            false => {
                self.name_extra(component, &at, losses);
                Extra::new()
            }
        };
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        put("SPDXID", Value::from(listed.id.as_str()));
        put("name", Value::from(full_name(component)));
        if let Some(version) = &component.version {
            put("versionInfo", Value::from(version.as_str()));
        }
        if let Some(description) = &component.description {
            put("description", Value::from(description.as_str()));
        }
        self.agents(component, &at, losses, &mut put);
        let checksums = self.checksums(component, &at, losses);
        if !checksums.is_empty() {
            put("checksums", Value::Array(checksums));
        }
        let licences = extracted.expressions(&component.licences, self.format, &at, losses);
        let or_unknown = |text: Option<String>| Value::from(text.unwrap_or(NO_ASSERTION.into()));
        put("licenseDeclared", or_unknown(licences.declared));
        put("licenseConcluded", or_unknown(licences.concluded));
        put("copyrightText", or_unknown(component.copyright.clone()));
        put(
            "downloadLocation",
            Value::from(download_location(component)),
        );
        let references = self.external_references(component, &at, losses);
        if !references.is_empty() {
            put("externalRefs", Value::Array(references));
        }
        if let Some((_, purpose)) = PURPOSES.iter().find(|(kind, _)| *kind == component.kind) {
            put("primaryPackagePurpose", Value::from(*purpose));
        } else if !component.kind.is_empty() {
            put("primaryPackagePurpose", Value::from("OTHER"));
        }
        if let Some((_, file_name)) = file_name(component) {
            put("packageFileName", Value::from(file_name));
        }
        if let Some(info) = self.source_info(&component.occurrences, &at, losses) {
            put("sourceInfo", Value::from(info));
        }
        if !map.contains_key("filesAnalyzed") {
            map.insert("filesAnalyzed".to_owned(), Value::Bool(false));
        }
        let annotations = self.annotations(component, &at, losses);
        if !annotations.is_empty() {
            let all = map.entry("annotations").or_insert_with(|| json!([]));
            if let Value::Array(all) = all {
                all.extend(annotations);
            }
        }
        map
    }

    /// Fields without a type, of a document that is no SPDX.
    fn name_extra(&self, component: &DocComponent, at: &At<'_>, losses: &mut Losses) {
        for key in telling_keys(&component.extra) {
            losses.add(&at.key(key), self.no_place());
        }
        let at = at.key("evidence");
        for key in telling_keys(&component.evidence_extra) {
            losses.add(&at.key(key), self.no_place());
        }
    }

    fn agents(
        &self,
        component: &DocComponent,
        at: &At<'_>,
        losses: &mut Losses,
        put: &mut impl FnMut(&str, Value) -> Option<Value>,
    ) {
        let supplier = component.supplier.as_ref().and_then(|supplier| {
            agents::organization(supplier, self.format, &at.key("supplier"), losses)
        });
        let unknown = |field: &str| {
            let is_not_known = component.not_known.contains(field);
            is_not_known.then(|| NO_ASSERTION.to_owned())
        };
        if let Some(supplier) = supplier.or_else(|| unknown("supplier")) {
            put("supplier", Value::from(supplier));
        }
        // There is one originator.
        let manufacturer = component.manufacturer.as_ref().and_then(|one| {
            agents::organization(one, self.format, &at.key("manufacturer"), losses)
        });
        let authors_at = at.key("authors");
        let mut authors = component.authors.iter().enumerate();
        let originator = manufacturer.or_else(|| {
            let (index, author) = authors.next()?;
            agents::person(author, self.format, &authors_at.index(index), losses)
        });
        for (index, _) in authors {
            losses.add(&authors_at.index(index), self.no_place());
        }
        if let Some(originator) = originator.or_else(|| unknown("originator")) {
            put("originator", Value::from(originator));
        }
    }

    fn checksums(&self, component: &DocComponent, at: &At<'_>, losses: &mut Losses) -> Vec<Value> {
        let at = at.key("hashes");
        let mut checksums = Vec::new();
        for (index, hash) in component.hashes.iter().enumerate() {
            let known = HASHES.iter().find(|(name, ..)| *name == hash.algorithm);
            let value = hash.value.to_ascii_lowercase();
            match known {
                Some((_, name, length)) if is_hex(&value, *length) => {
                    checksums.push(json!({"algorithm": name, "checksumValue": value}));
                }
                Some(_) => losses.add(
                    &at.index(index),
                    LossReason::Invalid("is left out: its value does not fit its algorithm"),
                ),
                None => losses.add(&at.index(index), self.no_place()),
            }
        }
        checksums
    }

    fn external_references(
        &self,
        component: &DocComponent,
        at: &At<'_>,
        losses: &mut Losses,
    ) -> Vec<Value> {
        let mut references = Vec::new();
        if let Some(purl) = &component.purl {
            match Purl::parse(purl) {
                Ok(_) => references.push(json!({
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": purl,
                })),
                Err(_) => losses.add(
                    &at.key("purl"),
                    LossReason::Invalid("is left out: it is no package URL"),
                ),
            }
        }
        if let Some(cpe) = &component.cpe {
            match cpe_type(cpe) {
                Some(kind) => references.push(json!({
                    "referenceCategory": "SECURITY",
                    "referenceType": kind,
                    "referenceLocator": cpe,
                })),
                None => losses.add(
                    &at.key("cpe"),
                    LossReason::Invalid("is left out: it is no CPE name"),
                ),
            }
        }
        let at = at.key("externalReferences");
        for (index, reference) in component.external_references.iter().enumerate() {
            let written = self.external_reference(reference, &at.index(index), losses);
            references.extend(written);
        }
        references
    }

    fn external_reference(
        &self,
        reference: &ExternalReference,
        at: &At<'_>,
        losses: &mut Losses,
    ) -> Option<Value> {
        let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        if !is_word(&reference.kind) || !is_word(&reference.url) {
            losses.add(at, self.no_place());
            return None;
        }
        if !reference.hashes.is_empty() {
            losses.add(&at.key("hashes"), self.no_place());
        }
        let category = reference.extra.get("referenceCategory");
        let category = category.and_then(Value::as_str).unwrap_or("OTHER");
        for key in telling_keys(&reference.extra).filter(|key| *key != "referenceCategory") {
            losses.add(&at.key(key), self.no_place());
        }
        let mut written = json!({
            "referenceCategory": category,
            "referenceType": reference.kind,
            "referenceLocator": reference.url,
        });
        if let (Some(comment), Value::Object(map)) = (&reference.comment, &mut written) {
            map.insert("comment".to_owned(), Value::from(comment.as_str()));
        }
        Some(written)
    }

    /// `found in Cargo.lock:12; web/package-lock.json:3`.
    fn source_info(&self, places: &[Place], at: &At<'_>, losses: &mut Losses) -> Option<String> {
        let at = at.key("evidence");
        let at = at.key("occurrences");
        let mut shown = Vec::new();
        for (index, place) in places.iter().enumerate() {
            let at = at.index(index);
            for key in telling_keys(&place.extra) {
                losses.add(&at.key(key), self.no_place());
            }
            let text = match place.line {
                Some(line) => format!("{}:{line}", place.location),
                None => place.location.clone(),
            };
            let plain = Place {
                extra: Extra::new(),
                ..place.clone()
            };
            match parse_places(&format!("{FOUND_IN}{text}")).as_deref() {
                Some([back]) if *back == plain => shown.push(text),
                _ => losses.add(&at, self.no_place()),
            }
        }
        (!shown.is_empty()).then(|| format!("{FOUND_IN}{}", shown.join("; ")))
    }

    fn annotations(
        &self,
        component: &DocComponent,
        at: &At<'_>,
        losses: &mut Losses,
    ) -> Vec<Value> {
        let kind = Some(component.kind.as_str())
            .filter(|kind| !kind.is_empty() && !PURPOSES.iter().any(|(known, _)| known == kind));
        let fields = [
            ("type", kind),
            ("group", component.group.as_deref()),
            ("scope", component.scope.as_deref()),
            ("author", component.author.as_deref()),
            ("publisher", component.publisher.as_deref()),
        ];
        let mut annotations = Vec::new();
        for (key, value) in fields {
            if let Some(value) = value {
                let name = format!("cyclonedx:{key}");
                annotations.extend(self.annotation(&name, Some(value), &at.key(key), losses));
            }
        }
        let except = file_name(component).map(|(index, _)| index);
        annotations.extend(self.properties(&component.properties, except, at, losses));
        annotations
    }
}

/// Which property names the component's file, and the name.
fn file_name(component: &DocComponent) -> Option<(usize, &str)> {
    let mut properties = component.properties.iter().enumerate();
    properties.find_map(|(index, property)| {
        let value = property.value.as_deref()?;
        (property.name == FILE_NAME).then_some((index, value))
    })
}

/// How [`Place`]s begin in `sourceInfo`.
const FOUND_IN: &str = "found in ";

/// The places of a `sourceInfo` that was written here.
pub fn parse_places(text: &str) -> Option<Vec<Place>> {
    let places = text.strip_prefix(FOUND_IN)?;
    let parse = |text: &str| {
        let line = text
            .rsplit_once(':')
            .and_then(|(path, line)| Some((path, line.parse::<u64>().ok()?)));
        let (location, line) = match line {
            // `+1` and `01` would not come back as they are.
            Some((path, line)) if text.ends_with(&format!(":{line}")) => (path, Some(line)),
            _ => (text, None),
        };
        Place {
            location: location.to_owned(),
            line,
            extra: Extra::new(),
        }
    };
    Some(places.split("; ").map(parse).collect())
}

/// The name as the ecosystem writes it: `@scope/name`, `group:artifact`.
pub fn full_name(component: &DocComponent) -> String {
    let is_maven = component
        .purl
        .as_deref()
        .is_some_and(|purl| purl.starts_with("pkg:maven/"));
    match component.group.as_deref().filter(|group| !group.is_empty()) {
        Some(group) if is_maven => format!("{group}:{}", component.name),
        _ => component.full_name(),
    }
}

/// Whether a text is so many lower-case hex digits.
pub fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The SPDX name of a CPE's syntax.
pub fn cpe_type(cpe: &str) -> Option<&'static str> {
    if cpe.contains(char::is_whitespace) {
        None
    } else if cpe.starts_with("cpe:2.3:") {
        Some("cpe23Type")
    } else {
        cpe.starts_with("cpe:/").then_some("cpe22Type")
    }
}

/// Where the package comes from: the first distribution or repository that is a web
/// address.
pub fn download_location(component: &DocComponent) -> String {
    let is_web = |url: &str| {
        (url.starts_with("https://") || url.starts_with("http://"))
            && !url.contains(char::is_whitespace)
    };
    let first = |kind: &str| {
        component
            .external_references
            .iter()
            .find(|reference| reference.kind == kind && is_web(&reference.url))
    };
    if let Some(reference) = first("distribution") {
        return reference.url.clone();
    }
    match first("vcs") {
        Some(reference) => {
            let commit = reference
                .comment
                .as_deref()
                .and_then(|comment| comment.strip_prefix("commit "))
                .filter(|commit| commit.bytes().all(|byte| byte.is_ascii_hexdigit()));
            match commit {
                Some(commit) => format!("git+{}@{commit}", reference.url),
                None => format!("git+{}", reference.url),
            }
        }
        None => NO_ASSERTION.to_owned(),
    }
}
