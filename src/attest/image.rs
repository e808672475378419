//! The statement by which an image is signed.
//!
//! Source: `cosign sign` of version 3: a statement about the image's digest with a type of its
//! own and an empty predicate, in the place of a signature over the manifest.

use super::statement::{Statement, Subject};
use crate::model::Digest;
use serde_json::json;

/// The predicate type of an image's signature.
pub const IMAGE_SIGNATURE_TYPE: &str = "https://sigstore.dev/cosign/sign/v1";

/// The statement that signs the image of this SHA-256; it says nothing else about it.
#[must_use]
pub fn image_signature(sha256: Digest) -> Statement {
    Statement {
        subjects: vec![Subject {
            name: String::new(),
            sha256,
        }],
        predicate_type: IMAGE_SIGNATURE_TYPE.to_owned(),
        predicate: json!({}),
    }
}
