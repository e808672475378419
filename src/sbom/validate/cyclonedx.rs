//! CycloneDX: the shape by the list of fields, then what a shape cannot say.

use super::Problems;
use crate::model::Purl;
use crate::sbom::cyclonedx::schema::{Alternative, Kind, ROOT, Schema, TypeId};
use crate::sbom::cyclonedx::version::is_serial_number;
use crate::sbom::document::extra::{At, type_name};
use crate::sbom::document::{CycloneDxVersion, Extra};
use crate::sbom::licence::is_listed;
use crate::sbom::spdx::HASHES;
use serde_json::Value;
use std::collections::BTreeSet;

/// What breaks a rule of `version`.
pub fn check(map: &Extra, version: CycloneDxVersion) -> Problems {
    let mut checking = Checking {
        schema: Schema::embedded(),
        version,
        problems: Problems::default(),
        references: BTreeSet::new(),
        trail: Vec::new(),
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
    /// The same, in the order in which they were found.
    trail: Vec<&'v str>,
    /// The published examples name one workspace in several workflows.
    in_formulation: bool,
}

impl<'v> Checking<'v> {
    fn object(&mut self, map: &'v Extra, id: TypeId, at: &At<'_>) {
        let Some(object) = self.schema.object(id) else {
            return;
        };
        for choice in object.choices(self.version) {
            let has = |set: &&Vec<&str>| set.iter().all(|field| map.contains_key(*field));
            if choice.sets.iter().filter(has).count() != 1 {
                let sets = choice.sets.iter().map(|set| set.join(" and "));
                let sets: Vec<String> = sets.map(|set| format!("`{set}`")).collect();
                let message = format!("needs exactly one of {}", sets.join(", "));
                self.problems.add(at, message);
            }
        }
        for field in &object.fields {
            if field.is_required(self.version) && !map.contains_key(field.name) {
                self.problems.add(at, format!("lacks `{}`", field.name));
            }
        }
        for (key, value) in map {
            let at = at.key(key);
            let kinds: Vec<Alternative> = object
                .field(key)
                .into_iter()
                .flat_map(|field| field.in_version(self.version))
                .copied()
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

    fn field(&mut self, value: &'v Value, known: &[Alternative], at: &At<'_>) {
        let of_list = |list: bool| -> Vec<Kind> {
            let fitting = known.iter().filter(|alternative| alternative.list == list);
            fitting.map(|alternative| alternative.kind).collect()
        };
        match (value, of_list(true), of_list(false)) {
            (Value::Array(items), lists, _) if !lists.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.value(item, &lists, &at.index(index));
                }
                if known.iter().any(|alternative| alternative.unique) {
                    self.unique(items, at);
                }
            }
            (value, _, single) if !single.is_empty() => self.value(value, &single, at),
            (value, ..) => {
                let message = format!("is {}, not a list", type_name(value));
                self.problems.add(at, message);
            }
        }
    }

    fn unique(&mut self, items: &[Value], at: &At<'_>) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            if !seen.insert(item.to_string()) {
                let message = "stands in this list before";
                self.problems.add(&at.index(index), message);
            }
        }
    }

    fn value(&mut self, value: &'v Value, kinds: &[Kind], at: &At<'_>) {
        let fitting = kinds.iter().filter(|kind| kind.has_shape_of(value));
        let fitting: Vec<Kind> = fitting.copied().collect();
        match fitting.as_slice() {
            [] => {
                let wanted: BTreeSet<&str> = kinds.iter().map(|kind| kind.shape_name()).collect();
                let wanted: Vec<&str> = wanted.into_iter().collect();
                let message = format!("is {}, not {}", type_name(value), wanted.join(" or "));
                self.problems.add(at, message);
            }
            [only] => self.single(value, *only, at),
            // Of several types the one with the fewest problems is meant.
            several => {
                let tried = several.iter().copied();
                if let Some(kind) = tried.min_by_key(|kind| self.tried(value, *kind, at)) {
                    self.single(value, kind, at);
                }
            }
        }
    }

    /// How many problems a value has as one of several types; nothing is kept of it.
    fn tried(&mut self, value: &'v Value, kind: Kind, at: &At<'_>) -> usize {
        let problems = std::mem::take(&mut self.problems);
        let known = self.trail.len();
        self.single(value, kind, at);
        for reference in self.trail.drain(known..) {
            self.references.remove(reference);
        }
        std::mem::replace(&mut self.problems, problems).0.len()
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
            (Kind::Form(form), Value::String(text)) if !form.fits(text) => {
                let message = format!("`{text}` is no {}", form.name());
                self.problems.add(at, message);
            }
            (Kind::Integer(bounds) | Kind::Number(bounds), number) => {
                if let Some(message) = bounds.broken_by(number) {
                    self.problems.add(at, message);
                }
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
            } else if self.references.insert(reference) {
                self.trail.push(reference);
            } else if !self.in_formulation {
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
        let known = HASHES.iter().find(|(name, ..)| *name == algorithm);
        let length = known.map(|(_, _, length)| *length);
        if let Some(length) = length.filter(|length| *length != value.len()) {
            let got = value.len();
            let message = format!("has {got} digits, {algorithm} has {length}");
            self.problems.add(&at, message);
        }
    }

    fn licences(&mut self, choices: &'v [Value], at: &At<'_>) {
        let is_expression = |choice: &&Value| choice.get("expression").is_some();
        let either = (CycloneDxVersion::V1_5..=CycloneDxVersion::V1_6).contains(&self.version);
        if either && choices.len() > 1 && choices.iter().any(|choice| is_expression(&choice)) {
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
