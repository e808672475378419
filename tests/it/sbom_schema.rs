//! The published schemas and examples of CycloneDX: our list of fields is theirs, what
//! we write is valid by them, and our own validation tells their examples apart.

use crate::conformance;
use crate::sbom_roundtrip::examples;
use sealgate::sbom::document::{CycloneDxVersion, Format, SpdxVersion};
use sealgate::sbom::{LossReason, read, render, validate};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

type Files = BTreeMap<String, Vec<u8>>;

fn schema(files: &Files, name: &str) -> Value {
    serde_json::from_slice(&files[&format!("cyclonedx/schema/{name}")]).unwrap()
}

/// A validator of one version that tells right from wrong.
pub fn validator(files: &Files, version: &str) -> jsonschema::Validator {
    let base = "http://cyclonedx.org/schema/";
    let names = [
        "spdx.schema.json",
        "jsf-0.82.schema.json",
        "cryptography-defs.schema.json",
    ];
    let others: Vec<Value> = names.iter().map(|name| schema(files, name)).collect();
    let mut registry = jsonschema::Registry::new();
    for (name, other) in names.iter().zip(&others) {
        registry = registry.add(format!("{base}{name}"), other).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(&schema(files, &format!("bom-{version}.schema.json")))
        .unwrap()
}

const VERSIONS: [&str; 4] = ["1.4", "1.5", "1.6", "1.7"];

#[test]
fn every_example_becomes_a_valid_document_of_every_version() {
    let Some(files) = conformance::unpack("cyclonedx.tar.gz") else {
        return;
    };
    let mut written = 0;
    for to in VERSIONS {
        let validator = validator(&files, to);
        let version = CycloneDxVersion::parse(to).unwrap();
        for from in ["1.4", "1.5", "1.6"] {
            for (name, bytes) in examples("valid-", from, ".json").unwrap() {
                let document = read(&bytes).unwrap().document;
                let format = Format::CycloneDxJson(version);
                let (bytes, losses) = render(&document, format).unwrap();
                let value: Value = serde_json::from_slice(&bytes).unwrap();
                let errors: Vec<String> = validator
                    .iter_errors(&value)
                    .map(|error| format!("{}: {error}", error.instance_path()))
                    .collect();
                assert!(errors.is_empty(), "{name} as {to}: {errors:#?}");
                // Upwards nothing is lost but vulnerabilities, and signatures with them.
                if from <= to {
                    for loss in losses {
                        let is_declared = matches!(
                            loss.reason,
                            LossReason::Vulnerability | LossReason::Signature
                        );
                        assert!(is_declared, "{name} as {to}: {loss}");
                    }
                }
                written += 1;
            }
        }
        let wrong = json!({"bomFormat": "CycloneDX", "specVersion": to, "version": 1,
            "components": [{"type": "crate", "name": "a"}]});
        assert!(!validator.is_valid(&wrong));
    }
    assert!(written > 400, "{written}");
}

#[test]
fn what_is_lost_downwards_is_named_field_by_field() {
    let Some(examples) = examples("valid-", "1.6", ".json") else {
        return;
    };
    for (name, bytes) in examples {
        let document = read(&bytes).unwrap().document;
        let format = Format::CycloneDxJson(CycloneDxVersion::V1_4);
        let (written, losses) = render(&document, format).unwrap();
        let before: Value = serde_json::from_slice(&bytes).unwrap();
        let after: Value = serde_json::from_slice(&written).unwrap();
        let mut gone = Vec::new();
        missing(&before, &after, "", &mut gone);
        for path in gone {
            let is_named = losses.iter().any(|loss| {
                let lost = steps(&loss.path);
                let path = steps(&path);
                // A field is named itself, or as part of something that is.
                path.starts_with(&lost) || lost.starts_with(&path)
            });
            assert!(is_named, "{name}: {path} is gone without a word");
        }
    }
}

fn steps(path: &str) -> Vec<String> {
    let path = path.replace('[', ".").replace(']', "");
    path.split('.').map(str::to_owned).collect()
}

/// Fields of `before` whose value is not in `after`. Lists are compared as a whole, since
/// what is behind an item that is gone moves up.
fn missing(before: &Value, after: &Value, at: &str, gone: &mut Vec<String>) {
    let Value::Object(fields) = before else {
        if before != after {
            gone.push(at.to_owned());
        }
        return;
    };
    for (key, value) in fields {
        if matches!(key.as_str(), "$schema" | "specVersion") && at.is_empty() {
            continue;
        }
        let path = match at {
            "" => key.clone(),
            at => format!("{at}.{key}"),
        };
        match after.get(key) {
            Some(after) => missing(value, after, &path, gone),
            None => gone.push(path),
        }
    }
}

#[test]
fn our_validation_tells_the_examples_apart() {
    let mut unnoticed = Vec::new();
    for version in ["1.4", "1.5", "1.6"] {
        let Some(valid) = examples("valid-", version, ".json") else {
            return;
        };
        for (name, bytes) in valid {
            let found = validate(&bytes).unwrap();
            assert!(found.problems.is_empty(), "{name}: {:#?}", found.problems);
        }
        for (name, bytes) in examples("invalid-", version, ".json").unwrap() {
            if validate(&bytes).is_ok_and(|found| found.problems.is_empty()) {
                unnoticed.push(name);
            }
        }
    }
    assert_eq!(unnoticed, Vec::<String>::new());
}

/// Fields by object and version, from the published schemas: every object that can be
/// reached by a name.
#[test]
fn our_list_of_fields_is_that_of_the_schemas() {
    let Some(files) = conformance::unpack("cyclonedx.tar.gz") else {
        return;
    };
    for version in ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] {
        let strict = matches!(version, "1.2" | "1.3");
        let name = match strict {
            true => format!("bom-{version}-strict.schema.json"),
            false => format!("bom-{version}.schema.json"),
        };
        let schema = schema(&files, &name);
        let mut checked = 0;
        for object in objects() {
            let Some(definition) = schema["definitions"].get(object) else {
                continue;
            };
            let Some(properties) = definition["properties"].as_object() else {
                continue;
            };
            let known: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
            assert_eq!(ours(object, version), known, "{object} of {version}");
            checked += 1;
        }
        let known: BTreeSet<&str> = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(ours("bom", version), known, "{version}");
        assert!(checked > 10, "{version}");
    }
}

const FIELDS: &str = include_str!("../../src/sbom/cyclonedx/fields.txt");

fn objects() -> impl Iterator<Item = &'static str> {
    let headers = FIELDS.lines();
    headers.filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
}

/// The fields that `fields.txt` gives an object in a version.
fn ours(object: &str, version: &str) -> BTreeSet<&'static str> {
    let header = format!("[{object}]");
    let within = |span: &str| match span.split_once('-') {
        Some((from, to)) => from <= version && version <= to,
        None => span <= version,
    };
    FIELDS
        .lines()
        .skip_while(|line| *line != header)
        .skip(1)
        .take_while(|line| !line.starts_with('[') && !line.starts_with('<'))
        .filter(|line| !line.starts_with("! "))
        .filter_map(|line| {
            let (name, rest) = line.split_once(' ').unwrap();
            let types = rest.split(" !").next().unwrap();
            let known = types
                .split(", ")
                .any(|of| within(of.split_once(' ').unwrap().1));
            known.then_some(name)
        })
        .collect()
}

#[test]
fn every_example_becomes_spdx_that_our_own_validation_takes() {
    for version in ["1.4", "1.5", "1.6"] {
        let Some(examples) = examples("valid-", version, ".json") else {
            return;
        };
        for (name, bytes) in examples {
            let document = read(&bytes).unwrap().document;
            let (spdx, _) = render(&document, Format::SpdxJson(SpdxVersion::V2_3)).unwrap();
            let found = validate(&spdx).unwrap();
            assert!(found.problems.is_empty(), "{name}: {:#?}", found.problems);
            let text = String::from_utf8(spdx).unwrap();
            assert!(!text.contains("CVE-"), "{name} carries a vulnerability");
        }
    }
}

#[test]
fn valid_xml_examples_are_read_and_what_is_not_is_named() {
    let mut whole = 0;
    for version in ["1.4", "1.5"] {
        let Some(examples) = examples("valid-", version, ".xml") else {
            return;
        };
        for (name, bytes) in examples {
            match read(&bytes) {
                Ok(made) => {
                    let spec = CycloneDxVersion::parse(version).unwrap();
                    assert_eq!(made.format, Format::CycloneDxXml(spec), "{name}");
                    whole += usize::from(made.notes.is_empty());
                }
                // The crate refuses some valid documents: an error, not a silent loss.
                Err(error) => println!("{name}: {error}"),
            }
        }
    }
    assert!(whole > 30, "{whole}");
}
