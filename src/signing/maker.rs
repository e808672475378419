//! What makes bundles: a signer, and what stands beside its signatures.

use super::bundle::Bundle;
use super::dsse::sign_statement;
use super::error::SigningError;
use super::message::{Artifact, sign_artifact};
use super::signers::Signer;

/// Makes complete bundles, or none.
pub struct BundleMaker {
    signer: Box<dyn Signer>,
}

impl std::fmt::Debug for BundleMaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BundleMaker")
            .field("public_key", self.signer.public_key())
            .finish_non_exhaustive()
    }
}

impl BundleMaker {
    /// One that signs with a key, and puts nothing beside the signature.
    #[must_use]
    pub fn by_key(signer: Box<dyn Signer>) -> Self {
        Self { signer }
    }

    /// A bundle of a file.
    ///
    /// # Errors
    /// Those of [`sign_artifact`].
    pub fn sign_artifact(&self, artifact: &Artifact) -> Result<Bundle, SigningError> {
        sign_artifact(self.signer.as_ref(), artifact)
    }

    /// A bundle of the bytes of an in-toto statement.
    ///
    /// # Errors
    /// Those of [`sign_statement`].
    pub fn sign_statement(&self, statement: &[u8]) -> Result<Bundle, SigningError> {
        sign_statement(self.signer.as_ref(), statement)
    }

    /// Who signs, for people: `key ID`.
    #[must_use]
    pub fn signed_by(&self) -> String {
        format!("key {}", self.signer.public_key().id())
    }
}
