//! A private key in AWS KMS: it never leaves there, and only digests go there.
//!
//! KMS is not taken at its word: an answer about another key is refused, and each signature
//! is verified with the public key before anybody gets it.

mod api;
mod error;
mod reference;

pub use api::KmsConnection;
pub use error::{KmsError, Refusal};
pub use reference::{AWS_KMS_SCHEME, KmsKey, KmsReference};

use super::{Signer, digest_of};
use crate::model::{Digest, DigestAlgorithm, terminal_safe};
use crate::signing::error::SigningError;
use crate::signing::key::{PublicKey, SignatureAlgorithm};
use api::Api;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

/// Signs with a key in KMS.
pub struct KmsSigner {
    api: Api,
    /// As KMS named it when it gave the public key: an alias may lead elsewhere meanwhile.
    key: KmsKey,
    public_key: PublicKey,
    algorithm: &'static str,
    digest: DigestAlgorithm,
}

impl std::fmt::Debug for KmsSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KmsSigner")
            .field("key", &self.key)
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublicKeyAnswer {
    key_id: String,
    public_key: String,
    key_spec: Option<String>,
    /// The older name of `KeySpec`, which is sent along with it.
    customer_master_key_spec: Option<String>,
    key_usage: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SignAnswer {
    key_id: String,
    signature: String,
    signing_algorithm: String,
}

impl KmsSigner {
    /// Asks KMS for the public key.
    ///
    /// 1. The answer is about the key that was asked for.
    /// 2. The key is for signatures, and of an allowed kind.
    /// 3. The public key is of that kind.
    ///
    /// # Errors
    /// [`SigningError::Kms`]; [`SigningError::UnsupportedPublicKey`] for a weak key.
    pub fn open(
        reference: &KmsReference,
        connection: &KmsConnection,
    ) -> Result<Self, SigningError> {
        const OPERATION: &str = "GetPublicKey";
        let api = Api::of(reference, connection)?;
        let asked = reference.key();
        let question = json!({ "KeyId": asked.to_string() });
        let answer: PublicKeyAnswer = api.ask(OPERATION, asked, &question)?;
        // 1. Identity.
        let key = same_key(OPERATION, asked, &answer.key_id)?;
        // 2. Kind.
        if answer.key_usage != "SIGN_VERIFY" {
            return Err(KmsError::NotForSigning {
                usage: terminal_safe(&answer.key_usage).into_owned(),
            }
            .into());
        }
        let spec = answer.key_spec.or(answer.customer_master_key_spec);
        let spec = spec.ok_or_else(|| KmsError::Malformed {
            operation: OPERATION,
            reason: "`KeySpec` is missing".to_owned(),
        })?;
        let (want, algorithm) = match spec.as_str() {
            "ECC_NIST_P256" => (SignatureAlgorithm::EcdsaP256Sha256, "ECDSA_SHA_256"),
            "ECC_NIST_P384" => (SignatureAlgorithm::EcdsaP384Sha384, "ECDSA_SHA_384"),
            "RSA_2048" | "RSA_3072" | "RSA_4096" => (
                SignatureAlgorithm::RsaPkcs1Sha256,
                "RSASSA_PKCS1_V1_5_SHA_256",
            ),
            _ => {
                return Err(KmsError::UnsupportedSpec {
                    spec: terminal_safe(&spec).into_owned(),
                }
                .into());
            }
        };
        // 3. Public key.
        let spki = bytes(OPERATION, "PublicKey", &answer.public_key)?;
        let public_key = PublicKey::from_spki(&spki)?;
        let got = public_key.algorithm();
        let digest = got.digest_algorithm().filter(|_| got == want);
        let digest = digest.ok_or_else(|| KmsError::Contradiction {
            spec,
            algorithm: got.as_str(),
        })?;
        Ok(Self {
            api,
            key,
            public_key,
            algorithm,
            digest,
        })
    }
}

impl Signer for KmsSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The message itself does not go to KMS, which takes at most 4 kB.
    fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        self.sign_digest(&digest_of(self.digest, message)?)
    }

    fn sign_digest(&self, digest: &Digest) -> Result<Vec<u8>, SigningError> {
        const OPERATION: &str = "Sign";
        if digest.algorithm() != self.digest {
            return Err(SigningError::UnsupportedDigest {
                got: digest.algorithm().as_str().to_owned(),
            });
        }
        let question = json!({
            "KeyId": self.key.to_string(),
            "Message": STANDARD.encode(digest.bytes()),
            "MessageType": "DIGEST",
            "SigningAlgorithm": self.algorithm,
        });
        let answer: SignAnswer = self.api.ask(OPERATION, &self.key, &question)?;
        same_key(OPERATION, &self.key, &answer.key_id)?;
        if answer.signing_algorithm != self.algorithm {
            return Err(KmsError::OtherAlgorithm {
                got: terminal_safe(&answer.signing_algorithm).into_owned(),
                want: self.algorithm,
            }
            .into());
        }
        let signature = bytes(OPERATION, "Signature", &answer.signature)?;
        self.public_key
            .verify_digest(digest, &signature)
            .map_err(|_| KmsError::WrongSignature {
                key: self.public_key.id().clone(),
            })?;
        Ok(signature)
    }
}

/// The key that an answer names, if it may be the one that was asked for.
fn same_key(operation: &'static str, asked: &KmsKey, got: &str) -> Result<KmsKey, KmsError> {
    let named = KmsKey::parse(got).filter(|named| asked.may_be(named));
    named.ok_or_else(|| KmsError::OtherKey {
        operation,
        got: terminal_safe(got).into_owned(),
        want: asked.to_string(),
    })
}

fn bytes(operation: &'static str, name: &str, base64: &str) -> Result<Vec<u8>, KmsError> {
    STANDARD.decode(base64).map_err(|_| KmsError::Malformed {
        operation,
        reason: format!("`{name}` is not base64"),
    })
}
