//! The valid examples with one thing wrong at a time: our validation and the published
//! schema say the same of each, or differ for a reason that stands here.

use crate::conformance;
use crate::sbom_roundtrip::examples;
use crate::sbom_schema::validator;
use sealgate::sbom::validate;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every place of a document, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut visit = |key: &str, inner: &Value| {
        let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        found.push(at.clone());
        places(inner, &at, found);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| visit(key, inner)),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, inner)| visit(&index.to_string(), inner));
        }
        _ => {}
    }
}

/// The document without what is at a place.
fn without(document: &Value, place: &str) -> Value {
    let mut document = document.clone();
    let (parent, key) = place.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(map) => drop(map.remove(&key.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(key.parse().unwrap())),
        _ => unreachable!(),
    }
    document
}

/// The document with something else at a place.
fn with(document: &Value, place: &str, value: Value) -> Value {
    let mut document = document.clone();
    *document.pointer_mut(place).unwrap() = value;
    document
}

/// What is done at one place, by name.
fn mutations(document: &Value, place: &str) -> Vec<(&'static str, Value)> {
    let value = document.pointer(place).unwrap();
    let mut made = vec![("removed", without(document, place))];
    let other = match value {
        Value::String(_) => json!(7),
        Value::Array(_) => json!({}),
        _ => json!("word"),
    };
    made.push(("another type", with(document, place, other)));
    match value {
        Value::String(_) => made.push(("another word", with(document, place, json!("no such")))),
        Value::Number(_) => made.push(("below zero", with(document, place, json!(-1)))),
        Value::Object(_) => {
            let mut more = value.clone();
            more["unheardOf"] = json!("x");
            made.push(("unknown field", with(document, place, more)));
        }
        _ => {}
    }
    made
}

/// What our validation finds beyond the schema: part of the place, part of the message, why.
const BEYOND: &[(&str, &str, &str)] = &[
    (
        "",
        "is the bom-ref of nothing",
        "a schema follows no references",
    ),
    (
        "purl",
        "is not a valid package URL",
        "the schema takes any text for a purl",
    ),
    (
        "",
        "is not read; read:",
        "the schema takes any text for `specVersion`",
    ),
    (
        "email",
        "is no e-mail address",
        "the crate `jsonschema` lets the format `idn-email` be",
    ),
    (
        "properties[",
        "is no field",
        "the schemas 1.4 and 1.5 leave properties open",
    ),
    (
        "environmentVars[",
        "is no field",
        "these are properties too",
    ),
    (
        "proofOfConcept",
        "is no field",
        "the schemas 1.5 and 1.6 leave it open",
    ),
    (
        "affects[",
        "not an object",
        "the schema 1.4 names no type here",
    ),
    (
        "references[",
        "not an object",
        "the schema 1.4 names no type here",
    ),
];

#[test]
fn a_valid_example_with_one_thing_wrong_is_judged_as_by_the_published_schema() {
    let Some(files) = conformance::unpack("cyclonedx.tar.gz") else {
        return;
    };
    let (mut valid, mut invalid) = (0, 0);
    let mut used = BTreeSet::new();
    for version in ["1.4", "1.5", "1.6"] {
        let official = validator(&files, version);
        for (name, bytes) in examples("valid-", version, ".json").unwrap() {
            let document: Value = serde_json::from_slice(&bytes).unwrap();
            let mut found = Vec::new();
            places(&document, "", &mut found);
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for place in &found {
                // Of the items of a list two will do.
                let form = place.chars().filter(|c| !c.is_ascii_digit()).collect();
                let count = seen.entry(form).or_default();
                *count += 1;
                if *count > 2 {
                    continue;
                }
                for (what, mutated) in mutations(&document, place) {
                    let ours: Vec<String> = match validate(mutated.to_string().as_bytes()) {
                        Ok(found) => found.problems.iter().map(ToString::to_string).collect(),
                        Err(error) => vec![error.to_string()],
                    };
                    if !official.is_valid(&mutated) {
                        invalid += 1;
                        assert!(
                            !ours.is_empty(),
                            "{name} {place}: {what}, and nothing is found"
                        );
                        continue;
                    }
                    valid += 1;
                    for problem in ours {
                        let named = BEYOND.iter().position(|(at, message, _)| {
                            problem.contains(at) && problem.contains(message)
                        });
                        let named = named.unwrap_or_else(|| {
                            panic!("{name} {place}: {what} is valid, and this is found: {problem}")
                        });
                        used.insert(named);
                    }
                }
            }
        }
    }
    assert_eq!(
        used.len(),
        BEYOND.len(),
        "a difference is named that there is not"
    );
    assert!(
        valid > 5_000 && invalid > 7_500,
        "{valid} valid, {invalid} not"
    );
}
