//! Makes a document fit a version: what the version does not know is taken out and named.

use super::form::{Form, as_iri_reference};
use super::schema::{Alternative, Kind, ROOT, Schema, TypeId};
use crate::sbom::document::extra::At;
use crate::sbom::document::{CycloneDxVersion, Extra, Format};
use crate::sbom::loss::{LossReason, Losses};
use serde_json::Value;

/// The same document with what `version` knows of it.
pub fn fit(map: Extra, version: CycloneDxVersion, losses: &mut Losses) -> Extra {
    let fitting = Fitting {
        schema: Schema::embedded(),
        version,
    };
    fitting
        .object(map, ROOT, &At::ROOT, losses)
        .unwrap_or_default()
}

/// What a word becomes that the version does not know, where the version knows one of
/// these: `other` stands in most enumerations, `library` is what the specification
/// recommends for a component of unknown type, `not_specified` is an aggregate.
const FALLBACKS: [&str; 3] = ["other", "library", "not_specified"];

struct Fitting {
    schema: &'static Schema,
    version: CycloneDxVersion,
}

impl Fitting {
    fn no_place(&self) -> LossReason {
        LossReason::NoPlace(Format::CycloneDxJson(self.version))
    }

    /// `None` where the version requires a field that is not there (any more).
    fn object(&self, map: Extra, id: TypeId, at: &At<'_>, losses: &mut Losses) -> Option<Extra> {
        let object = self.schema.object(id)?;
        let mut fitting = Extra::new();
        for (key, value) in map {
            let at = at.key(&key);
            let Some(field) = object.field(&key) else {
                losses.add(&at, self.no_place());
                continue;
            };
            let known: Vec<Alternative> = field.in_version(self.version).copied().collect();
            let fitted = self.value(value, &known, &at, losses);
            if let Some(value) = fitted {
                fitting.insert(key, value);
            }
        }
        let lacks_field = object
            .fields
            .iter()
            .any(|field| field.is_required(self.version) && !fitting.contains_key(field.name));
        let lacks_choice = object.choices(self.version).any(|choice| {
            let has = |set: &Vec<&str>| set.iter().all(|field| fitting.contains_key(*field));
            !choice.sets.iter().any(has)
        });
        if (lacks_field || lacks_choice) && !at.is_root() {
            losses.add(
                at,
                LossReason::Invalid("is left out: a required field of it is missing"),
            );
            return None;
        }
        Some(fitting)
    }

    fn value(
        &self,
        value: Value,
        known: &[Alternative],
        at: &At<'_>,
        losses: &mut Losses,
    ) -> Option<Value> {
        let of_list = |list: bool| -> Vec<Kind> {
            let known = known.iter().filter(|alternative| alternative.list == list);
            known.map(|alternative| alternative.kind).collect()
        };
        match value {
            Value::Array(items) if known.iter().any(|alternative| alternative.list) => {
                let kinds = of_list(true);
                let was_empty = items.is_empty();
                let fitted: Vec<Value> = items
                    .into_iter()
                    .enumerate()
                    .filter_map(|(index, item)| self.best(item, &kinds, &at.index(index), losses))
                    .collect();
                (was_empty || !fitted.is_empty()).then_some(Value::Array(fitted))
            }
            value => self.best(value, &of_list(false), at, losses),
        }
    }

    /// Fits as the kind that loses least.
    fn best(
        &self,
        value: Value,
        kinds: &[Kind],
        at: &At<'_>,
        losses: &mut Losses,
    ) -> Option<Value> {
        let fitting = kinds.iter().filter(|kind| kind.has_shape_of(&value));
        let fitting: Vec<Kind> = fitting.copied().collect();
        if let [only] = fitting.as_slice() {
            return self.single(value, *only, at, losses);
        }
        let tried = fitting.into_iter().map(|kind| {
            let mut lost = Losses::default();
            let fitted = self.single(value.clone(), kind, at, &mut lost);
            (lost, fitted)
        });
        match tried.min_by_key(|(lost, _)| lost.len()) {
            Some((lost, fitted)) => {
                losses.append(lost);
                fitted
            }
            None => {
                losses.add(at, self.no_place());
                None
            }
        }
    }

    fn single(&self, value: Value, kind: Kind, at: &At<'_>, losses: &mut Losses) -> Option<Value> {
        match (kind, value) {
            (Kind::Object(id), Value::Object(map)) => {
                self.object(map, id, at, losses).map(Value::Object)
            }
            (Kind::Enum(id), Value::String(word)) => {
                if self.schema.knows_word(id, &word, self.version) {
                    return Some(Value::String(word));
                }
                let fallback = FALLBACKS
                    .into_iter()
                    .find(|fallback| self.schema.knows_word(id, fallback, self.version));
                losses.add(
                    at,
                    match fallback {
                        Some(word) => LossReason::Changed {
                            into: format!("`{word}`"),
                        },
                        None => self.no_place(),
                    },
                );
                fallback.map(|word| Value::String(word.to_owned()))
            }
            (Kind::Form(form), Value::String(text)) if !form.fits(&text) => {
                let reference = match form {
                    Form::Iri => as_iri_reference(&text),
                    _ => text,
                };
                if form.fits(&reference) {
                    let into = format!("`{reference}`");
                    losses.add(at, LossReason::Changed { into });
                    return Some(Value::String(reference));
                }
                losses.add(at, LossReason::OtherForm(form.name()));
                None
            }
            (Kind::Integer(bounds) | Kind::Number(bounds), number)
                if bounds.broken_by(&number).is_some() =>
            {
                losses.add(at, LossReason::Invalid("is left out: it is out of bounds"));
                None
            }
            (_, value) => Some(value),
        }
    }
}
