//! SPDX 2.2 and 2.3 (<https://spdx.github.io/spdx-spec/v2.3/>).

use super::Problems;
use crate::model::Purl;
use crate::sbom::document::extra::{At, type_name};
use crate::sbom::document::{Extra, SpdxVersion};
use crate::sbom::spdx::package::{cpe_type, is_hex};
use crate::sbom::spdx::write::is_namespace;
use crate::sbom::spdx::{HASHES, PURPOSES, agents, ids};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// What breaks a rule of `version`.
pub fn check(map: &Extra, version: SpdxVersion) -> Problems {
    let mut checking = Checking {
        version,
        problems: Problems::default(),
        ids: BTreeSet::new(),
        licence_refs: BTreeSet::new(),
    };
    checking.document(map);
    checking.creation_info(map);
    checking.collect_ids(map);
    checking.packages(map);
    checking.relationships(map);
    checking.problems
}

struct Checking<'v> {
    version: SpdxVersion,
    problems: Problems,
    ids: BTreeSet<&'v str>,
    licence_refs: BTreeSet<&'v str>,
}

/// Checksums that SPDX knows and CycloneDX does not.
const OTHER_HASHES: &[(&str, usize)] = &[("SHA224", 56), ("MD2", 32), ("MD4", 32)];

impl<'v> Checking<'v> {
    /// A required text that is not empty.
    fn text(&mut self, map: &'v Extra, key: &str, at: &At<'_>) -> Option<&'v str> {
        match map.get(key) {
            None => {
                self.problems.add(at, format!("lacks `{key}`"));
                None
            }
            Some(Value::String(text)) if text.trim().is_empty() => {
                self.problems.add(&at.key(key), "is empty");
                None
            }
            Some(Value::String(text)) => Some(text),
            Some(other) => {
                let message = format!("is {}, not a text", type_name(other));
                self.problems.add(&at.key(key), message);
                None
            }
        }
    }

    /// The objects of a list that may be absent.
    fn objects(&mut self, map: &'v Extra, key: &str, at: &At<'_>) -> Vec<(usize, &'v Extra)> {
        let at = at.key(key);
        let items = match map.get(key) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                let message = format!("is {}, not a list", type_name(other));
                self.problems.add(&at, message);
                return Vec::new();
            }
        };
        let mut objects = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::Object(object) => objects.push((index, object)),
                other => {
                    let message = format!("is {}, not an object", type_name(other));
                    self.problems.add(&at.index(index), message);
                }
            }
        }
        objects
    }

    fn document(&mut self, map: &'v Extra) {
        let at = At::ROOT;
        if let Some(id) = self.text(map, "SPDXID", &at)
            && id != "SPDXRef-DOCUMENT"
        {
            let message = format!("is `{id}`, not `SPDXRef-DOCUMENT`");
            self.problems.add(&at.key("SPDXID"), message);
        }
        self.text(map, "name", &at);
        if let Some(licence) = self.text(map, "dataLicense", &at)
            && licence != "CC0-1.0"
        {
            let message = format!("is `{licence}`, not `CC0-1.0`");
            self.problems.add(&at.key("dataLicense"), message);
        }
        if let Some(namespace) = self.text(map, "documentNamespace", &at)
            && !is_namespace(namespace)
        {
            let message = format!("`{namespace}` is no absolute URI without `#`");
            self.problems.add(&at.key("documentNamespace"), message);
        }
    }

    fn creation_info(&mut self, map: &'v Extra) {
        let at = At::ROOT.key("creationInfo");
        let Some(Value::Object(info)) = map.get("creationInfo") else {
            self.problems.add(&At::ROOT, "lacks `creationInfo`");
            return;
        };
        if let Some(created) = self.text(info, "created", &at) {
            let is_utc = created.parse::<Timestamp>().is_ok()
                && created.len() == "2026-01-02T03:04:05Z".len()
                && created.ends_with('Z');
            if !is_utc {
                let message = format!("`{created}` is not written as 2026-01-02T03:04:05Z");
                self.problems.add(&at.key("created"), message);
            }
        }
        let at = at.key("creators");
        match info.get("creators") {
            Some(Value::Array(creators)) if !creators.is_empty() => {
                for (index, creator) in creators.iter().enumerate() {
                    if creator.as_str().and_then(agents::parse).is_none() {
                        let message = "is no `Person: …`, `Organization: …` or `Tool: …`";
                        self.problems.add(&at.index(index), message);
                    }
                }
            }
            _ => self.problems.add(&at, "names nobody"),
        }
    }

    /// Ids of everything, and of licences outside the list.
    fn collect_ids(&mut self, map: &'v Extra) {
        self.ids.insert("SPDXRef-DOCUMENT");
        for list in ["packages", "files", "snippets"] {
            let at = At::ROOT.key(list);
            for (index, item) in self.objects(map, list, &At::ROOT) {
                let at = at.index(index);
                let Some(id) = self.text(item, "SPDXID", &at) else {
                    continue;
                };
                let at = at.key("SPDXID");
                if !ids::is_id(id) {
                    let message =
                        format!("`{id}` is not `SPDXRef-` and letters, digits, `.` and `-`");
                    self.problems.add(&at, message);
                }
                if !self.ids.insert(id) {
                    self.problems.add(&at, format!("`{id}` stands twice"));
                }
            }
        }
        let key = "hasExtractedLicensingInfos";
        let at = At::ROOT.key(key);
        for (index, item) in self.objects(map, key, &At::ROOT) {
            let at = at.index(index);
            self.text(item, "extractedText", &at);
            let Some(id) = self.text(item, "licenseId", &at) else {
                continue;
            };
            if !id.starts_with("LicenseRef-") {
                let message = format!("`{id}` does not begin with `LicenseRef-`");
                self.problems.add(&at.key("licenseId"), message);
            }
            if !self.licence_refs.insert(id) {
                let message = format!("`{id}` stands twice");
                self.problems.add(&at.key("licenseId"), message);
            }
        }
    }

    fn packages(&mut self, map: &'v Extra) {
        let at = At::ROOT.key("packages");
        for (index, package) in self.objects(map, "packages", &At::ROOT) {
            let at = at.index(index);
            self.text(package, "name", &at);
            self.text(package, "downloadLocation", &at);
            for key in ["licenseConcluded", "licenseDeclared"] {
                // 2.2 requires both, 2.3 neither.
                if self.version == SpdxVersion::V2_2 || package.contains_key(key) {
                    let expression = self.text(package, key, &at);
                    self.expression(expression, &at.key(key));
                }
            }
            if self.version == SpdxVersion::V2_2 {
                self.text(package, "copyrightText", &at);
            }
            for key in ["supplier", "originator"] {
                if let Some(Value::String(text)) = package.get(key)
                    && text != "NOASSERTION"
                    && !matches!(
                        agents::parse(text),
                        Some(agents::Agent::Person(_) | agents::Agent::Organization(_))
                    )
                {
                    let message = "is no `Person: …`, `Organization: …` or `NOASSERTION`";
                    self.problems.add(&at.key(key), message);
                }
            }
            if let Some(Value::String(purpose)) = package.get("primaryPackagePurpose")
                && !PURPOSES.iter().any(|(_, known)| known == purpose)
            {
                let message = format!("`{purpose}` is no purpose of SPDX 2.3");
                self.problems.add(&at.key("primaryPackagePurpose"), message);
            }
            self.checksums(package, &at);
            self.external_references(package, &at);
        }
    }

    fn expression(&mut self, expression: Option<&str>, at: &At<'_>) {
        let Some(text) = expression.filter(|text| !matches!(*text, "NOASSERTION" | "NONE")) else {
            return;
        };
        let parsed = match spdx::Expression::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let message = format!("`{text}` is no SPDX expression: {}", error.reason);
                self.problems.add(at, message);
                return;
            }
        };
        for requirement in parsed.requirements() {
            if let spdx::LicenseItem::Other(other) = &requirement.req.license {
                let id = other.to_string();
                if id.starts_with("LicenseRef-") && !self.licence_refs.contains(id.as_str()) {
                    let message = format!("`{id}` is not in `hasExtractedLicensingInfos`");
                    self.problems.add(at, message);
                }
            }
        }
    }

    fn checksums(&mut self, package: &'v Extra, at: &At<'_>) {
        let list = at.key("checksums");
        for (index, checksum) in self.objects(package, "checksums", at) {
            let at = list.index(index);
            let (Some(algorithm), Some(value)) = (
                self.text(checksum, "algorithm", &at),
                self.text(checksum, "checksumValue", &at),
            ) else {
                continue;
            };
            let length = HASHES
                .iter()
                .map(|(_, name, length)| (*name, *length))
                .chain(OTHER_HASHES.iter().copied())
                .find(|(name, _)| *name == algorithm)
                .map(|(_, length)| length);
            match length {
                Some(length) if !is_hex(&value.to_ascii_lowercase(), length) => {
                    let message = format!("is not {length} hexadecimal digits ({algorithm})");
                    self.problems.add(&at.key("checksumValue"), message);
                }
                Some(_) => {}
                None if matches!(algorithm, "MD6" | "ADLER32") => {}
                None => {
                    let message = format!("`{algorithm}` is no algorithm of SPDX 2.3");
                    self.problems.add(&at.key("algorithm"), message);
                }
            }
        }
    }

    fn external_references(&mut self, package: &'v Extra, at: &At<'_>) {
        let list = at.key("externalRefs");
        for (index, reference) in self.objects(package, "externalRefs", at) {
            let at = list.index(index);
            let category = self.text(reference, "referenceCategory", &at);
            let kind = self.text(reference, "referenceType", &at);
            let locator = self.text(reference, "referenceLocator", &at);
            if let Some(category) = category
                && !matches!(
                    category,
                    "OTHER"
                        | "PERSISTENT-ID"
                        | "PERSISTENT_ID"
                        | "SECURITY"
                        | "PACKAGE-MANAGER"
                        | "PACKAGE_MANAGER"
                )
            {
                let message = format!("`{category}` is no category of SPDX 2.3");
                self.problems.add(&at.key("referenceCategory"), message);
            }
            let at = at.key("referenceLocator");
            match (kind, locator) {
                (Some("purl"), Some(purl)) => {
                    if let Err(error) = Purl::parse(purl) {
                        self.problems.add(&at, error.to_string());
                    }
                }
                (Some(kind @ ("cpe22Type" | "cpe23Type")), Some(cpe))
                    if cpe_type(cpe) != Some(kind) =>
                {
                    self.problems.add(&at, format!("is no name of {kind}"));
                }
                (_, Some(locator)) if locator.contains(char::is_whitespace) => {
                    self.problems.add(&at, "has white space");
                }
                _ => {}
            }
        }
    }

    fn relationships(&mut self, map: &'v Extra) {
        let at = At::ROOT.key("relationships");
        let mut describes = map.get("documentDescribes").is_some();
        for (index, relation) in self.objects(map, "relationships", &At::ROOT) {
            let at = at.index(index);
            if let Some(kind) = self.text(relation, "relationshipType", &at) {
                describes |= matches!(kind, "DESCRIBES" | "DESCRIBED_BY");
            }
            for key in ["spdxElementId", "relatedSpdxElement"] {
                if let Some(id) = self.text(relation, key, &at) {
                    self.leads(id, &at.key(key));
                }
            }
        }
        let described = map.get("documentDescribes").and_then(Value::as_array);
        let at = At::ROOT.key("documentDescribes");
        for (index, id) in described.into_iter().flatten().enumerate() {
            if let Value::String(id) = id {
                self.leads(id, &at.index(index));
            }
        }
        let packages = map.get("packages").and_then(Value::as_array);
        if !describes && packages.is_some_and(|packages| packages.len() > 1) {
            let message = "says with no `DESCRIBES` relationship what it is about";
            self.problems.add(&At::ROOT, message);
        }
    }

    fn leads(&mut self, id: &str, at: &At<'_>) {
        let is_elsewhere = id.starts_with("DocumentRef-") || matches!(id, "NONE" | "NOASSERTION");
        if !is_elsewhere && !self.ids.contains(id) {
            self.problems
                .add(at, format!("`{id}` is nothing of this document"));
        }
    }
}
