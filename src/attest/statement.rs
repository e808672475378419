//! in-toto statements v1, read strictly.
//!
//! Source: `spec/v1/statement.md` of github.com/in-toto/attestation. Unknown fields are
//! passed over, as it demands; a key twice is refused.

use super::error::AttestError;
use super::subjects::strict_hex;
use crate::model::{Digest, DigestAlgorithm};
use crate::signing::parse_json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The type of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// Larger statements are refused: an SBOM of 10,000 components takes about 10 MB.
pub const MAX_STATEMENT_BYTES: usize = 48 * 1024 * 1024;
/// Limit of subjects in one statement.
pub const MAX_SUBJECTS: usize = 1000;

/// An artifact that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name; says nothing about identity.
    pub name: String,
    /// Its SHA-256.
    pub sha256: Digest,
}

/// A reference to something by digest (in-toto `ResourceDescriptor`, the fields in use).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDescriptor {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digests: algorithm to lower-case hex.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digest: BTreeMap<String, String>,
}

impl ResourceDescriptor {
    /// A named thing with one digest.
    #[must_use]
    pub fn new(name: Option<String>, digest: &Digest) -> Self {
        Self {
            name,
            uri: None,
            digest: digest_set(digest),
        }
    }
}

/// A digest as in-toto writes it.
pub(super) fn digest_set(digest: &Digest) -> BTreeMap<String, String> {
    BTreeMap::from([(digest.algorithm().as_str().to_owned(), digest.hex())])
}

/// A statement: subjects, and a predicate about all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// At least one.
    pub subjects: Vec<Subject>,
    /// Type URI of the predicate.
    pub predicate_type: String,
    /// The predicate as written.
    pub predicate: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire {
    #[serde(rename = "_type")]
    statement_type: String,
    pub(super) subject: Vec<WireSubject>,
    pub(super) predicate_type: String,
    #[serde(default)]
    predicate: Value,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireSubject {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) name: String,
    pub(super) digest: BTreeMap<String, String>,
}

impl Wire {
    /// A statement of one of these types, with at least one subject and at most
    /// [`MAX_SUBJECTS`].
    pub(super) fn read(bytes: &[u8], types: &[&str]) -> Result<Self, AttestError> {
        let value = parse_json(bytes, MAX_STATEMENT_BYTES)?;
        let wire: Self =
            serde_json::from_value(value).map_err(|e| AttestError::MalformedStatement {
                reason: e.to_string(),
            })?;
        if !types.contains(&wire.statement_type.as_str()) {
            return Err(AttestError::WrongStatementType {
                got: wire.statement_type,
                want: STATEMENT_TYPE,
            });
        }
        let got = wire.subject.len();
        if got == 0 || got > MAX_SUBJECTS {
            return Err(AttestError::SubjectCount {
                got,
                limit: MAX_SUBJECTS,
            });
        }
        Ok(wire)
    }
}

impl Statement {
    /// Reads a statement of at most [`MAX_STATEMENT_BYTES`].
    ///
    /// # Errors
    /// [`AttestError::NotJson`], [`AttestError::MalformedStatement`],
    /// [`AttestError::WrongStatementType`], [`AttestError::SubjectCount`],
    /// [`AttestError::BadSubjectDigest`].
    pub fn parse(bytes: &[u8]) -> Result<Self, AttestError> {
        let wire = Wire::read(bytes, &[STATEMENT_TYPE])?;
        let subjects = wire
            .subject
            .into_iter()
            .map(Subject::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            subjects,
            predicate_type: wire.predicate_type,
            predicate: wire.predicate,
        })
    }

    /// The statement as JSON: two spaces of indent, sorted keys in the predicate, a final
    /// line break. The same statement gives the same bytes.
    ///
    /// # Errors
    /// [`AttestError::MalformedStatement`]; not for a statement made here.
    pub fn to_bytes(&self) -> Result<Vec<u8>, AttestError> {
        let wire = Wire {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: self
                .subjects
                .iter()
                .map(|subject| WireSubject {
                    name: subject.name.clone(),
                    digest: digest_set(&subject.sha256),
                })
                .collect(),
            predicate_type: self.predicate_type.clone(),
            predicate: self.predicate.clone(),
        };
        let mut bytes =
            serde_json::to_vec_pretty(&wire).map_err(|e| AttestError::MalformedStatement {
                reason: e.to_string(),
            })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Whether it is about the artifact of this SHA-256.
    #[must_use]
    pub fn is_about(&self, sha256: &Digest) -> bool {
        self.subjects
            .iter()
            .any(|subject| subject.sha256 == *sha256)
    }
}

impl TryFrom<WireSubject> for Subject {
    type Error = AttestError;

    /// Only SHA-256 counts: a subject that matched by a weaker or unknown hash would be
    /// somebody else's artifact.
    fn try_from(wire: WireSubject) -> Result<Self, AttestError> {
        let bad = |reason: String| AttestError::BadSubjectDigest {
            name: wire.name.clone(),
            reason,
        };
        let text = wire
            .digest
            .get(DigestAlgorithm::Sha256.as_str())
            .ok_or_else(|| bad("it is missing".to_owned()))?;
        let sha256 = strict_hex(DigestAlgorithm::Sha256, text).map_err(bad)?;
        Ok(Self {
            name: wire.name,
            sha256,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A digest that stands for these bytes.
    fn sha256(bytes: &[u8]) -> Digest {
        Digest::new(DigestAlgorithm::Sha256, vec![bytes[0]; 32]).unwrap()
    }

    fn statement(subjects: &[&[u8]]) -> Statement {
        Statement {
            subjects: subjects
                .iter()
                .map(|bytes| Subject {
                    name: "a".to_owned(),
                    sha256: sha256(bytes),
                })
                .collect(),
            predicate_type: "urn:x".to_owned(),
            predicate: json!({"b": 1, "a": [true]}),
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_matches_any_of_its_subjects() {
        let written = statement(&[b"one", b"two"]);
        let bytes = written.to_bytes().unwrap();
        let read = Statement::parse(&bytes).unwrap();
        assert_eq!(read, written);
        assert_eq!(read.to_bytes().unwrap(), bytes);
        assert!(read.is_about(&sha256(b"two")));
        assert!(!read.is_about(&sha256(b"four")));
    }

    #[test]
    fn unknown_fields_are_passed_over_and_a_key_twice_is_not() {
        let hex = sha256(b"x").hex();
        let good = format!(
            r#"{{"_type":"{STATEMENT_TYPE}","new":1,"subject":[{{"digest":{{"sha256":"{hex}"}}}}],"predicateType":"urn:x"}}"#
        );
        let read = Statement::parse(good.as_bytes()).unwrap();
        assert_eq!(read.predicate, Value::Null);
        let twice = good.replacen(r#""new":1"#, r#""new":1,"new":1"#, 1);
        assert!(matches!(
            Statement::parse(twice.as_bytes()),
            Err(AttestError::NotJson(_))
        ));
    }

    #[test]
    fn wrong_type_no_subject_and_bad_digests_are_refused() {
        let with = |edit: &dyn Fn(&mut Value)| {
            let mut value: Value =
                serde_json::from_slice(&statement(&[b"x"]).to_bytes().unwrap()).unwrap();
            edit(&mut value);
            Statement::parse(value.to_string().as_bytes()).unwrap_err()
        };
        assert!(matches!(
            with(&|v| v["_type"] = json!("https://in-toto.io/Statement/v0.1")),
            AttestError::WrongStatementType { .. }
        ));
        assert!(matches!(
            with(&|v| v["subject"] = json!([])),
            AttestError::SubjectCount { got: 0, .. }
        ));
        let many = vec![json!({"digest": {"sha256": "00"}}); MAX_SUBJECTS + 1];
        assert!(matches!(
            with(&|v| v["subject"] = json!(many)),
            AttestError::SubjectCount { .. }
        ));
        for digest in [
            json!({}),
            json!({"sha1": "00"}),
            json!({"sha256": "00"}),
            json!({"sha256": "AA".repeat(32)}),
        ] {
            assert!(matches!(
                with(&|v| v["subject"][0]["digest"] = digest.clone()),
                AttestError::BadSubjectDigest { .. }
            ));
        }
        assert!(matches!(
            with(&|v| drop(v.as_object_mut().unwrap().remove("predicateType"))),
            AttestError::MalformedStatement { .. }
        ));
    }
}
