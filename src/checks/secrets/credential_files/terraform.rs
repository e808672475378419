//! Terraform state: secrets that a plan keeps out of sight stand in it in clear
//! (<https://developer.hashicorp.com/terraform/language/manage-sensitive-data>): outputs that are
//! marked as sensitive, generated passwords, and attributes that are named or marked so.

use super::{Format, claim};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) const FORMAT: Format = Format {
    matches: |file| file.name.ends_with(".tfstate") || file.name.ends_with(".tfstate.backup"),
    look,
};

static STATE: Kind = Kind {
    id: "terraform-state-secret",
    provider: "Terraform",
    credential: "secret in a state",
    title: "Secret in a Terraform state",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "where it is used, and move the state to a backend that encrypts it",
    },
};

/// Shortest value that counts, in characters: shorter ones are flags and numbers.
const MIN_VALUE: usize = 4;
/// Attributes whose value is a secret whatever it looks like.
const ATTRIBUTES: &[&str] = &[
    "password",
    "master_password",
    "admin_password",
    "administrator_login_password",
    "root_password",
    "secret_string",
    "private_key_pem",
    "private_key_openssh",
    "secret",
    "auth_token",
];

fn look(scan: &mut Scan<'_>) {
    scan.work.add(scan.bytes.len());
    let Ok(state) = serde_json::from_slice::<Value>(scan.bytes) else {
        return;
    };
    let mut values = BTreeSet::new();
    for output in state
        .get("outputs")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if output.1.get("sensitive") == Some(&Value::Bool(true)) {
            texts_of(output.1.get("value"), &mut values);
        }
    }
    for resource in list(state.get("resources")) {
        let is_password = matches!(
            resource.get("type").and_then(Value::as_str),
            Some("random_password")
        );
        for instance in list(resource.get("instances")) {
            let Some(attributes) = instance.get("attributes") else {
                continue;
            };
            for name in ATTRIBUTES.iter().chain(is_password.then_some(&"result")) {
                texts_of(attributes.get(name), &mut values);
            }
            for name in list(instance.get("sensitive_attributes")).filter_map(first_step) {
                texts_of(attributes.get(name), &mut values);
            }
        }
    }
    place(scan, &values);
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// The attribute that a path of `sensitive_attributes` begins with.
fn first_step(path: &Value) -> Option<&str> {
    path.as_array()?.first()?.get("value")?.as_str()
}

/// The texts in a value: it may be a list or an object of them.
fn texts_of(value: Option<&Value>, texts: &mut BTreeSet<String>) {
    match value {
        Some(Value::String(text)) if text.chars().count() >= MIN_VALUE => {
            texts.insert(text.clone());
        }
        Some(Value::Array(values)) => values.iter().for_each(|v| texts_of(Some(v), texts)),
        Some(Value::Object(fields)) => fields.values().for_each(|v| texts_of(Some(v), texts)),
        _ => {}
    }
}

/// Claims each string of the file that is one of the values, in one pass over it.
fn place(scan: &mut Scan<'_>, values: &BTreeSet<String>) {
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'"', scan.bytes.get(at..).unwrap_or_default()) {
        let start = at + open + 1;
        let rest = scan.bytes.get(start..).unwrap_or_default();
        let mut escaped = false;
        let Some(length) = rest.iter().position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        }) else {
            return;
        };
        at = start + length + 1;
        let literal = scan.text(start - 1..at);
        // Names of attributes are followed by a colon.
        let follows = scan.bytes.get(at..).unwrap_or_default();
        let is_name = follows.trim_ascii_start().first() == Some(&b':');
        let text = serde_json::from_slice::<String>(literal);
        if !is_name && text.is_ok_and(|text| values.contains(&text)) {
            claim(scan, start..start + length, &STATE);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::secrets::testing::expand;
    use crate::checks::secrets::{Rules, check_bytes};
    use crate::model::{Confidence, Detail};

    fn lines_of(path: &str, text: &str) -> Vec<(String, Option<u32>)> {
        let rules = Rules::load().unwrap();
        check_bytes(path, text.as_bytes(), &rules)
            .into_iter()
            .filter_map(|finding| match finding.detail {
                Detail::Secret(s) if s.confidence > Confidence::Low => {
                    Some((s.kind, finding.location.line))
                }
                _ => None,
            })
            .collect()
    }

    const STATE: &str = r#"{"version": 4,
"outputs": {
  "admin": {"sensitive": true, "value": "first choice"},
  "place": {"value": "eu-central-1", "type": "string"}},
"resources": [{"type": "aws_db_instance", "instances": [{"attributes": {
  "master_password": "winterland",
  "engine": "postgres",
  "note": "kept \"aside\""},
  "sensitive_attributes": [[{"type": "get_attr", "value": "note"}]]}]},
 {"type": "random_password", "instances": [{"attributes": {
  "result": "{lower:9}"}}]},
 {"type": "random_pet", "instances": [{"attributes": {
  "result": "calm-otter"}}]}]}"#;

    #[test]
    fn what_a_state_holds_in_clear_is_found_each_at_its_place() {
        let state = expand(STATE);
        for name in ["terraform.tfstate", "env/prod.tfstate.backup"] {
            let expected: Vec<_> = [3, 6, 8, 11]
                .into_iter()
                .map(|line| ("terraform-state-secret".to_owned(), Some(line)))
                .collect();
            assert_eq!(lines_of(name, &state), expected, "{name}");
        }
        assert_eq!(lines_of("notes.json", &state), []);
    }

    #[test]
    fn a_state_that_is_no_json_is_read_as_any_file() {
        assert_eq!(lines_of("terraform.tfstate", "{\"outputs\": "), []);
    }
}
