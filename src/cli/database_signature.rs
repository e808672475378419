//! The signature of an advisory database. The database carries it and knows nothing of
//! keys; it is made and verified here.
//!
//! It is an in-toto statement in a Sigstore bundle. Its subject is the database's root
//! digest, which is a SHA-256 over the digests of all of its content.

use super::exit::{CliError, Exit};
use super::key_source::exit_of;
use crate::attest::{Statement, Subject};
use crate::checks::advisories::Database;
use crate::signing::{
    Bundle, KeyId, PublicKey, Signer, SigningError, sign_statement, verify_statement,
};
use serde_json::Value;

/// What the statement says: this is a database of advisories. A statement of any other
/// type says nothing about it.
const PREDICATE_TYPE: &str = "urn:sealgate:predicate:advisory-database:v0.1";
/// The subject's name.
const SUBJECT: &str = "advisory-database";

/// A bundle that signs a database's root digest, as JSON.
///
/// # Errors
/// Exit 2 where the key cannot sign; 3 where KMS gives no usable answer.
pub fn sign(database: &Database, signer: &dyn Signer) -> Result<String, CliError> {
    let statement = Statement {
        subjects: vec![Subject {
            name: SUBJECT.to_owned(),
            sha256: database.digest().clone(),
        }],
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: Value::Object(serde_json::Map::new()),
    };
    let bytes = statement
        .to_bytes()
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    sign_statement(signer, &bytes)
        .and_then(|bundle| bundle.to_json())
        .map_err(|error| CliError::of(exit_of(&error), &error))
}

/// Verifies the signature that a database carries:
///
/// 1. It carries one, and it is a bundle.
/// 2. One of the keys signed it.
/// 3. What was signed is a statement about a database of advisories.
/// 4. Its subject is this database's digest.
///
/// Gives back the key. That the content has the digest is checked where it is read.
///
/// # Errors
/// Exit 1 for a missing or wrong signature.
pub fn verify_signature(database: &Database, keys: &[PublicKey]) -> Result<KeyId, CliError> {
    let failed = |what: &str| {
        CliError::new(
            Exit::Fail,
            format!(
                "the advisory database sha256:{} {what}",
                database.digest().hex()
            ),
        )
    };
    // 1. Presence.
    let Some(signature) = &database.attachments().signature else {
        return Err(failed("is not signed").with_hint("sign it with `sealgate db sign --key KEY`"));
    };
    let about = |error: &SigningError| {
        let error = CliError::of(Exit::Fail, error);
        failed(&format!("has no usable signature: {}", error.message))
    };
    let bundle = Bundle::parse(signature.as_bytes()).map_err(|e| about(&e))?;
    // 2. Identity and signature.
    let mut last = None;
    let verified = keys
        .iter()
        .find_map(|key| match verify_statement(&bundle, key) {
            Ok(verified) => Some(verified),
            Err(error) => {
                last = Some(error);
                None
            }
        });
    let Some(verified) = verified else {
        return Err(last.map_or_else(
            || failed("cannot be verified without a key"),
            |error| about(&error),
        ));
    };
    // 3. Kind.
    let statement = Statement::parse(&verified.payload)
        .map_err(|error| failed(&format!("has a signature of something else: {error}")))?;
    if statement.predicate_type != PREDICATE_TYPE {
        return Err(failed(&format!(
            "has a signature of something else: a statement of type `{}`",
            statement.predicate_type
        )));
    }
    // 4. Subject.
    if !statement.is_about(database.digest()) {
        return Err(failed("has the signature of another database"));
    }
    Ok(verified.key)
}
