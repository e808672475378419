//! Published example documents go through the model and come out as they were, but for
//! what the loss report names.

use crate::conformance;
use sealgate::sbom::cyclonedx::render_document;
use sealgate::sbom::document::{CycloneDxVersion, Format};
use sealgate::sbom::{Loss, LossReason, read};
use serde_json::Value;

/// Examples of one version by file name, `valid-` or `invalid-`.
pub fn examples(prefix: &str, version: &str, extension: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let files = conformance::unpack("cyclonedx.tar.gz")?;
    let start = format!("cyclonedx/tools/src/test/resources/{version}/{prefix}");
    let found: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .filter(|(path, _)| path.starts_with(&start) && path.ends_with(extension))
        .map(|(path, bytes)| (path.rsplit('/').next().unwrap().to_owned(), bytes))
        .collect();
    Some(found)
}

/// Takes what a loss report names out of a document.
fn without(document: &mut Value, losses: &[Loss]) {
    // From the back, so that places of a list stay where they are.
    for loss in losses.iter().rev() {
        assert_eq!(loss.reason, LossReason::Vulnerability, "{loss}");
        let pointer: String = loss
            .path
            .replace('[', ".")
            .replace(']', "")
            .split('.')
            .map(|step| format!("/{step}"))
            .collect();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Array(items) => {
                items.remove(key.parse().unwrap());
            }
            Value::Object(map) => {
                map.remove(key).unwrap();
            }
            _ => unreachable!(),
        }
    }
    let map = document.as_object_mut().unwrap();
    if map.get("vulnerabilities") == Some(&Value::Array(Vec::new())) {
        map.remove("vulnerabilities");
    }
}

#[test]
fn every_valid_example_comes_back_with_no_undeclared_loss() {
    let mut compared = 0;
    for version in ["1.4", "1.5", "1.6"] {
        let Some(examples) = examples("valid-", version, ".json") else {
            return;
        };
        assert!(!examples.is_empty());
        for (name, bytes) in examples {
            let made = read(&bytes).unwrap();
            assert!(made.notes.is_empty(), "{name}: {:?}", made.notes);
            let spec = CycloneDxVersion::parse(version).unwrap();
            assert_eq!(made.format, Format::CycloneDxJson(spec));
            let (written, losses) = render_document(&made.document, spec);
            let mut before: Value = serde_json::from_slice(&bytes).unwrap();
            let mut after: Value = serde_json::from_slice(&written).unwrap();
            without(&mut before, &losses);
            for document in [&mut before, &mut after] {
                document.as_object_mut().unwrap().remove("$schema");
            }
            // Two things are always written: the number of the document's revision,
            // which is 1 by default, and a serial number.
            if before.get("version").is_none() {
                assert_eq!(after["version"].take(), 1);
                after.as_object_mut().unwrap().remove("version");
            }
            if before.get("serialNumber").is_none() {
                after.as_object_mut().unwrap().remove("serialNumber");
            }
            assert_eq!(before, after, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 90, "{compared}");
}
