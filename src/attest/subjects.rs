//! What a signed statement is about, whatever its predicate.
//!
//! Source: `spec/v0.1/README.md` and `spec/v1/statement.md` of
//! github.com/in-toto/attestation. Both versions have the same subjects, and
//! both are read; [`Statement::parse`] reads only v1, since all that is made here is v1.
//!
//! [`Statement::parse`]: super::Statement::parse

use super::error::AttestError;
use super::statement::{OLD_STATEMENT_TYPE, STATEMENT_TYPE, Wire};
use crate::model::{Digest, DigestAlgorithm};

/// Digests that count, the cheapest to compare first.
const COMPARED: [DigestAlgorithm; 3] = [
    DigestAlgorithm::Sha256,
    DigestAlgorithm::Sha512,
    DigestAlgorithm::Sha384,
];

/// The subjects of a statement, and the type of what it says about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    predicate_type: String,
    digests: Vec<Digest>,
}

impl Subjects {
    /// Reads the subjects of a statement of at most [`super::statement::MAX_STATEMENT_BYTES`]. At least one
    /// must have a digest that nobody can find a second artifact for; only such count, and
    /// they must be in lower-case hex.
    ///
    /// # Errors
    /// [`AttestError::NotJson`], [`AttestError::MalformedStatement`],
    /// [`AttestError::WrongStatementType`], [`AttestError::SubjectCount`],
    /// [`AttestError::BadSubjectDigest`].
    pub fn parse(bytes: &[u8]) -> Result<Self, AttestError> {
        let wire = Wire::read(bytes, &[STATEMENT_TYPE, OLD_STATEMENT_TYPE])?;
        let mut digests = Vec::new();
        for subject in &wire.subject {
            for algorithm in COMPARED {
                if let Some(text) = subject.digest.get(algorithm.as_str()) {
                    digests.push(strict_hex(algorithm, text).map_err(|reason| {
                        AttestError::BadSubjectDigest {
                            name: subject.name.clone(),
                            reason,
                        }
                    })?);
                }
            }
        }
        // One without a strong digest is never the artifact; GitHub's statements about
        // releases name a commit beside the files.
        if digests.is_empty() {
            let first = wire.subject.first();
            let names: Vec<&str> = first
                .iter()
                .flat_map(|subject| subject.digest.keys().map(String::as_str))
                .collect();
            return Err(AttestError::BadSubjectDigest {
                name: first.map_or_else(String::new, |subject| subject.name.clone()),
                reason: match names.is_empty() {
                    true => "it has none".to_owned(),
                    false => format!("it has only {}", names.join(", ")),
                },
            });
        }
        Ok(Self {
            predicate_type: wire.predicate_type,
            digests,
        })
    }

    /// Type URI of the predicate.
    #[must_use]
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// The first digest, for messages.
    #[must_use]
    pub fn first(&self) -> Option<&Digest> {
        self.digests.first()
    }

    /// Whether one of them is the artifact whose digests `own` gives. It is asked for as
    /// few algorithms as possible: SHA-256 before others.
    ///
    /// # Errors
    /// Those of `own`.
    pub fn is_about<E>(
        &self,
        mut own: impl FnMut(DigestAlgorithm) -> Result<Digest, E>,
    ) -> Result<bool, E> {
        for algorithm in COMPARED {
            if !self.digests.iter().any(|d| d.algorithm() == algorithm) {
                continue;
            }
            let own = own(algorithm)?;
            if self.digests.contains(&own) {
                return Ok(true);
            }
            // Every subject that has this algorithm is another artifact. Others remain
            // only where a subject was named by another algorithm alone.
        }
        Ok(false)
    }
}

/// A digest in lower-case hex, as in-toto demands it: two spellings of one digest would
/// compare as two artifacts elsewhere.
pub(super) fn strict_hex(algorithm: DigestAlgorithm, text: &str) -> Result<Digest, String> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("`{text}` is not lower-case hex"));
    }
    Digest::from_hex(algorithm, text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parse(subject: Value) -> Result<Subjects, AttestError> {
        let value = json!({
            "_type": STATEMENT_TYPE, "subject": subject, "predicateType": "urn:x", "predicate": {}
        });
        Subjects::parse(value.to_string().as_bytes())
    }

    fn about(subjects: &Subjects, own: &Digest) -> bool {
        subjects
            .is_about(|algorithm| match algorithm == own.algorithm() {
                true => Ok(own.clone()),
                false => Err(()),
            })
            .unwrap()
    }

    #[test]
    fn one_subject_of_several_is_enough_and_other_algorithms_are_not_asked_for() {
        let hex = |byte: &str, count| byte.repeat(count);
        let subjects = parse(json!([
            {"name": "a", "digest": {"sha256": hex("aa", 32), "sha1": "00"}},
            {"name": "b", "digest": {"sha256": hex("bb", 32)}},
        ]))
        .unwrap();
        let digest = |byte| Digest::new(DigestAlgorithm::Sha256, vec![byte; 32]).unwrap();
        assert!(about(&subjects, &digest(0xbb)));
        assert!(!about(&subjects, &digest(0xcc)));
        let long = parse(json!([{"digest": {"sha512": hex("aa", 64)}}])).unwrap();
        let own = Digest::new(DigestAlgorithm::Sha512, vec![0xaa; 64]).unwrap();
        assert!(about(&long, &own));
    }

    #[test]
    fn weak_missing_and_upper_case_digests_and_no_subjects_are_refused() {
        for digest in [
            json!({}),
            json!({"sha1": "00".repeat(20)}),
            json!({"gitCommit": "00".repeat(20)}),
            json!({"sha256": "AA".repeat(32)}),
            json!({"sha256": "aa"}),
        ] {
            assert!(
                matches!(
                    parse(json!([{"name": "x", "digest": digest}])),
                    Err(AttestError::BadSubjectDigest { .. })
                ),
                "{digest}"
            );
        }
        assert!(matches!(
            parse(json!([])),
            Err(AttestError::SubjectCount { got: 0, .. })
        ));
    }
}
