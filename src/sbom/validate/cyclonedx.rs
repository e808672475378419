//! CycloneDX: the shape by the list of fields, then what a shape cannot say.

use super::Problems;
use crate::model::Purl;
use crate::sbom::cyclonedx::schema::{Kind, ROOT, Schema, TypeId};
use crate::sbom::cyclonedx::version::is_serial_number;
use crate::sbom::document::extra::{At, type_name};
use crate::sbom::document::{CycloneDxVersion, Extra};
use crate::sbom::licence::is_listed;
use crate::sbom::spdx::HASHES;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// What breaks a rule of `version`.
pub fn check(map: &Extra, version: CycloneDxVersion) -> Problems {
    let mut checking = Checking {
        schema: Schema::embedded(),
        version,
        problems: Problems::default(),
        references: BTreeSet::new(),
        in_formulation: false,
    };
    checking.object(map, ROOT, &At::ROOT);
    checking.document(map);
    checking.references(map);
    checking.problems
}

struct Checking<'v> {
    schema: &'static Schema,
    version: CycloneDxVersion,
    problems: Problems,
    /// Every `bom-ref`.
    references: BTreeSet<&'v str>,
    /// The published examples name one workspace in several workflows.
    in_formulation: bool,
}

impl<'v> Checking<'v> {
    fn object(&mut self, map: &'v Extra, id: TypeId, at: &At<'_>) {
        let Some(object) = self.schema.object(id) else {
            return;
        };
        for field in &object.fields {
            if field.is_required(self.version) && !map.contains_key(field.name) {
                self.problems.add(at, format!("lacks `{}`", field.name));
            }
        }
        for (key, value) in map {
            let at = at.key(key);
            let kinds: Vec<(Kind, bool)> = object
                .field(key)
                .into_iter()
                .flat_map(|field| field.in_version(self.version))
                .map(|alternative| (alternative.kind, alternative.list))
                .collect();
            if kinds.is_empty() {
                // 1.2 and 1.3 let other fields be.
                if self.version >= CycloneDxVersion::V1_4 {
                    let version = self.version.as_str();
                    let message = format!("is no field of CycloneDX {version}");
                    self.problems.add(&at, message);
                }
                continue;
            }
            self.in_formulation |= id == ROOT && key == "formulation";
            self.field(value, &kinds, &at);
            self.in_formulation &= id != ROOT;
        }
        self.rules(map, at);
    }

    fn field(&mut self, value: &'v Value, kinds: &[(Kind, bool)], at: &At<'_>) {
        let of_list = |list: bool| -> Vec<Kind> {
            let fitting = kinds.iter().filter(|(_, of_list)| *of_list == list);
            fitting.map(|(kind, _)| *kind).collect()
        };
        match (value, of_list(true), of_list(false)) {
            (Value::Array(items), lists, _) if !lists.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.value(item, &lists, &at.index(index));
                }
            }
            (value, _, single) if !single.is_empty() => self.value(value, &single, at),
            (value, ..) => {
                let message = format!("is {}, not a list", type_name(value));
                self.problems.add(at, message);
            }
        }
    }

    fn value(&mut self, value: &'v Value, kinds: &[Kind], at: &At<'_>) {
        let mut fitting = kinds.iter().filter(|kind| kind.has_shape_of(value));
        let (first, second) = (fitting.next(), fitting.next());
        match (first, second) {
            (None, _) => {
                let wanted: BTreeSet<&str> = kinds.iter().map(|kind| kind.shape_name()).collect();
                let wanted: Vec<&str> = wanted.into_iter().collect();
                let message = format!("is {}, not {}", type_name(value), wanted.join(" or "));
                self.problems.add(at, message);
            }
            (Some(kind), None) => self.single(value, *kind, at),
            // Objects of two types: the one with fewer problems is meant.
            (Some(first), Some(second)) => {
                let before = self.problems.0.len();
                self.single(value, *first, at);
                let as_first = self.problems.0.split_off(before);
                if as_first.is_empty() {
                    return;
                }
                self.single(value, *second, at);
                if self.problems.0.len().saturating_sub(before) > as_first.len() {
                    self.problems.0.truncate(before);
                    self.problems.0.extend(as_first);
                }
            }
        }
    }

    fn single(&mut self, value: &'v Value, kind: Kind, at: &At<'_>) {
        match (kind, value) {
            (Kind::Object(id), Value::Object(map)) => self.object(map, id, at),
            (Kind::Enum(id), Value::String(word))
                if !self.schema.knows_word(id, word, self.version) =>
            {
                let known: Vec<&str> = self.schema.words(id, self.version).collect();
                let known = match known.len() {
                    0..=16 => format!(": {}", known.join(", ")),
                    _ => String::new(),
                };
                let message = format!("`{word}` is none of the words known here{known}");
                self.problems.add(at, message);
            }
            (Kind::Time, Value::String(text)) if text.parse::<Timestamp>().is_err() => {
                let message = format!("`{text}` is no RFC 3339 time");
                self.problems.add(at, message);
            }
            (Kind::LicenceId, Value::String(id)) if !is_listed(id) => {
                let message = format!("`{id}` is not on the SPDX licence list");
                self.problems.add(at, message);
            }
            _ => {}
        }
    }

    /// Rules of single objects that their fields do not say.
    fn rules(&mut self, map: &'v Extra, at: &At<'_>) {
        if let Some(Value::String(reference)) = map.get("bom-ref") {
            if reference.is_empty() {
                self.problems.add(&at.key("bom-ref"), "is empty");
            } else if !self.references.insert(reference) && !self.in_formulation {
                let message = format!("`{reference}` is the bom-ref of something else too");
                self.problems.add(&at.key("bom-ref"), message);
            }
        }
        if let Some(Value::String(purl)) = map.get("purl")
            && let Err(error) = Purl::parse(purl)
        {
            self.problems.add(&at.key("purl"), error.to_string());
        }
        if let (Some(Value::String(algorithm)), Some(Value::String(value))) =
            (map.get("alg"), map.get("content"))
        {
            self.hash(algorithm, value, at);
        }
        if let Some(Value::Array(choices)) = map.get("licenses") {
            self.licences(choices, &at.key("licenses"));
        }
    }

    fn hash(&mut self, algorithm: &str, value: &str, at: &At<'_>) {
        let at = at.key("content");
        if !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            self.problems.add(&at, "is not hexadecimal");
            return;
        }
        let known = HASHES.iter().find(|(name, ..)| *name == algorithm);
        let length = known.map(|(_, _, length)| *length);
        if let Some(length) = length.filter(|length| *length != value.len()) {
            let got = value.len();
            let message = format!("has {got} digits, {algorithm} has {length}");
            self.problems.add(&at, message);
        }
    }

    fn licences(&mut self, choices: &'v [Value], at: &At<'_>) {
        let mut expressions = 0_usize;
        for (index, choice) in choices.iter().enumerate() {
            let at = at.index(index);
            let has = |key: &str| choice.get(key).is_some();
            if has("license") == has("expression") {
                let message = "needs either `license` or `expression`";
                self.problems.add(&at, message);
            }
            if has("expression") {
                expressions = expressions.saturating_add(1);
            }
            let licence = choice.get("license");
            let has = |key: &str| licence.is_some_and(|licence| licence.get(key).is_some());
            if licence.is_some() && has("id") == has("name") {
                let at = at.key("license");
                self.problems.add(&at, "needs either `id` or `name`");
            }
        }
        let either = (CycloneDxVersion::V1_5..=CycloneDxVersion::V1_6).contains(&self.version);
        if either && expressions > 0 && choices.len() > 1 {
            let message = "is either licences or one expression in this version";
            self.problems.add(at, message);
        }
    }

    fn document(&mut self, map: &Extra) {
        if let Some(Value::String(serial)) = map.get("serialNumber")
            && !is_serial_number(serial)
        {
            let message = format!("`{serial}` is not `urn:uuid:` and a lower-case UUID");
            self.problems.add(&At::ROOT.key("serialNumber"), message);
        }
        if let Some(version) = map.get("version")
            && version.as_u64().is_none_or(|version| version == 0)
        {
            let message = "is no whole number from 1 on";
            self.problems.add(&At::ROOT.key("version"), message);
        }
    }

    /// References of dependencies and compositions lead somewhere.
    fn references(&mut self, map: &Extra) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for (list, field) in [
            ("dependencies", "ref"),
            ("dependencies", "dependsOn"),
            ("dependencies", "provides"),
            ("compositions", "assemblies"),
            ("compositions", "dependencies"),
        ] {
            let at = At::ROOT.key(list);
            let items = map.get(list).and_then(Value::as_array);
            for (index, item) in items.into_iter().flatten().enumerate() {
                let at = at.index(index);
                let at = at.key(field);
                match item.get(field) {
                    Some(Value::String(reference)) => {
                        if !seen.insert(reference) {
                            let message = format!("`{reference}` stands twice");
                            self.problems.add(&at, message);
                        }
                        self.leads(reference, &at);
                    }
                    Some(Value::Array(references)) => self.all_lead(references, &at),
                    _ => {}
                }
            }
        }
    }

    fn all_lead(&mut self, references: &[Value], at: &At<'_>) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for (index, reference) in references.iter().enumerate() {
            let at = at.index(index);
            if let Value::String(reference) = reference {
                if !seen.insert(reference) {
                    self.problems
                        .add(&at, format!("`{reference}` stands twice"));
                }
                self.leads(reference, &at);
            }
        }
    }

    fn leads(&mut self, reference: &str, at: &At<'_>) {
        // A BOM-Link leads into another document.
        if !self.references.contains(reference) && !reference.starts_with("urn:cdx:") {
            let message = format!("`{reference}` is the bom-ref of nothing");
            self.problems.add(at, message);
        }
    }
}
