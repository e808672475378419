//! Why something could not be signed or verified.

use super::directory::DirectoryError;
#[cfg(feature = "full")]
use super::identity::TokenError;
use super::json::JsonError;
use super::key::KeyId;
use super::rules;
#[cfg(feature = "full")]
use super::services::ServiceError;
#[cfg(feature = "full")]
use super::signers::{KmsError, Pkcs11Error};
use super::sigstore::VerifyError;
use crate::model::{Digest, Hint, Rule};
use crate::support::files::FileError;

/// One variant per failed step of signing and verification.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),

    /// The passphrase is empty.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// The file is not PEM, or not a private key.
    #[error("not a private key in PEM: {reason}")]
    NotAKeyFile {
        /// What it is instead.
        reason: String,
    },
    /// The private key lies open in the file.
    #[error("the private key is not encrypted")]
    KeyNotEncrypted,
    /// The key is encrypted in a way that this program does not read.
    #[error("the key file uses {got}")]
    UnsupportedKeyEncryption {
        /// What it uses.
        got: String,
    },
    /// Decrypting the key would take more memory or time than is allowed.
    #[error("the key file asks for {got}; at most {limit} is allowed")]
    KeyDerivationTooExpensive {
        /// What the file asks for.
        got: String,
        /// The limit.
        limit: String,
    },
    /// The key could not be decrypted.
    #[error("wrong passphrase, or the key file is damaged")]
    WrongPassphrase,
    /// A private key of a kind that cannot sign here.
    #[error("cannot sign with this key: {reason}")]
    UnsupportedPrivateKey {
        /// What it is.
        reason: String,
    },
    /// The crypto library failed.
    #[error("{step} failed in the crypto library")]
    Crypto {
        /// What was being done.
        step: &'static str,
    },

    /// The file is not a public key in PEM.
    #[error("not a public key in PEM: {reason}")]
    NotAPublicKey {
        /// What is wrong.
        reason: String,
    },
    /// A public key of an algorithm or size that is not on the list.
    #[error("the public key is not of an allowed kind: {reason}")]
    UnsupportedPublicKey {
        /// What it is.
        reason: String,
    },

    /// A file of trusted keys that cannot be used.
    #[error("not a file of trusted keys: {reason}")]
    BadTrustedKeys {
        /// What is wrong, with line and column.
        reason: String,
    },

    /// The bundle is not strict JSON.
    #[error("the bundle is malformed: {0}")]
    NotJson(#[from] JsonError),
    /// The bundle has no media type, or that of something else.
    #[error("the bundle's media type is `{got}`, not a Sigstore bundle's")]
    UnknownMediaType {
        /// As written; empty where it is missing.
        got: String,
    },
    /// A Sigstore bundle of a version that is not known.
    #[error("the bundle's media type is `{got}`; versions 0.1 to 0.3 are known")]
    UnsupportedVersion {
        /// As written.
        got: String,
    },
    /// A part of the bundle is missing, doubled, unknown or of the wrong type.
    #[error("the bundle is malformed: {reason}")]
    MalformedBundle {
        /// Which part and how.
        reason: String,
    },
    /// A DSSE envelope with no signature or with several.
    #[error("the envelope has {got} signatures, exactly one is required")]
    SignatureCount {
        /// How many.
        got: usize,
    },
    /// A bundle of version 0.1 or 0.2, where only 0.3 is accepted.
    #[error("the bundle has version {got}; version 0.3 is required")]
    OldBundle {
        /// Its version.
        got: &'static str,
    },
    /// The bundle is signed with a certificate, where a key was expected.
    #[error("the bundle is signed with a certificate, not with a key")]
    NotByKey,
    /// A file of attestations has too many lines.
    #[error("more than {limit} bundles in one file")]
    TooManyBundles {
        /// The limit.
        limit: usize,
    },

    /// The bundle names another key.
    #[error("the bundle is signed with the key {got}, expected {want}")]
    WrongKey {
        /// The key that the bundle names.
        got: String,
        /// The key that was given.
        want: KeyId,
    },
    /// The artifact is not the one that was signed.
    #[error("the bundle is about {got}, the artifact is {want}")]
    OtherSubject {
        /// The digest in the bundle.
        got: Digest,
        /// The digest of the artifact.
        want: Digest,
    },
    /// The signature does not fit the key and what was signed.
    #[error("the signature does not verify with the key {key}")]
    BadSignature {
        /// The key that was used.
        key: KeyId,
    },
    /// The bundle names a hash that is not on the list.
    #[error("the bundle's digest algorithm `{got}` is not allowed")]
    UnsupportedDigest {
        /// As written.
        got: String,
    },
    /// The envelope holds something other than a statement.
    #[error("the envelope's payload type is `{got}`, expected `{want}`")]
    WrongPayloadType {
        /// As written.
        got: String,
        /// What is expected.
        want: &'static str,
    },
    /// The bundle signs a file, where a statement was expected.
    #[error("the bundle signs a file, not a statement")]
    NotAStatement,
    /// The bundle signs a statement, where a file was expected.
    #[error("the bundle signs a statement, not a file")]
    NotAMessage,
    /// Only the digest of the artifact is known, and more is needed.
    #[error("only the artifact's SHA-256 was given, but {what} is needed")]
    NeedsFile {
        /// What is needed.
        what: &'static str,
    },
    /// A step of the verification of a Sigstore bundle failed.
    #[error(transparent)]
    Verify(Box<VerifyError>),
    /// A key in AWS KMS cannot be used, or did not sign.
    #[error(transparent)]
    #[cfg(feature = "full")]
    Kms(Box<KmsError>),
    /// A directory has no manifest.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A key behind PKCS#11.
    #[error(transparent)]
    #[cfg(feature = "full")]
    Pkcs11(Box<Pkcs11Error>),
    /// A service of Sigstore cannot be used, or gave nothing that can be.
    #[error(transparent)]
    #[cfg(feature = "full")]
    Service(Box<ServiceError>),
    /// An identity token cannot be used.
    #[error(transparent)]
    #[cfg(feature = "full")]
    Token(Box<TokenError>),
    /// An algorithm that signs digests was asked for whole messages, or the reverse.
    #[error("{algorithm} cannot sign a digest")]
    NoDigestSigning {
        /// The algorithm.
        algorithm: &'static str,
    },
}

impl From<VerifyError> for SigningError {
    fn from(error: VerifyError) -> Self {
        Self::Verify(Box::new(error))
    }
}

#[cfg(feature = "full")]
impl From<KmsError> for SigningError {
    fn from(error: KmsError) -> Self {
        Self::Kms(Box::new(error))
    }
}

#[cfg(feature = "full")]
impl From<Pkcs11Error> for SigningError {
    fn from(error: Pkcs11Error) -> Self {
        Self::Pkcs11(Box::new(error))
    }
}

#[cfg(feature = "full")]
impl From<ServiceError> for SigningError {
    fn from(error: ServiceError) -> Self {
        Self::Service(Box::new(error))
    }
}

#[cfg(feature = "full")]
impl From<TokenError> for SigningError {
    fn from(error: TokenError) -> Self {
        Self::Token(Box::new(error))
    }
}

impl SigningError {
    /// The reason that a verification gives for this error, and the page that explains
    /// it; none for errors about private keys and files.
    #[must_use]
    pub fn rule(&self) -> Option<&'static Rule> {
        Some(match self {
            Self::NotJson(_)
            | Self::UnknownMediaType { .. }
            | Self::UnsupportedVersion { .. }
            | Self::MalformedBundle { .. }
            | Self::TooManyBundles { .. } => &rules::MALFORMED_BUNDLE,
            Self::SignatureCount { .. } => &rules::SIGNATURE_COUNT,
            Self::OldBundle { .. } => &rules::OLD_BUNDLE,
            Self::NotByKey => &rules::NOT_BY_KEY,
            Self::WrongKey { .. } => &rules::WRONG_KEY,
            Self::OtherSubject { .. } => &rules::OTHER_SUBJECT,
            Self::Directory(error) if error.is_another() => &rules::OTHER_SUBJECT,
            Self::BadSignature { .. } => &rules::BAD_SIGNATURE,
            Self::UnsupportedDigest { .. } | Self::NoDigestSigning { .. } => {
                &rules::UNSUPPORTED_ALGORITHM
            }
            Self::UnsupportedPublicKey { .. }
            | Self::NotAPublicKey { .. }
            | Self::BadTrustedKeys { .. } => &rules::BAD_KEY,
            Self::WrongPayloadType { .. } => &rules::WRONG_PAYLOAD_TYPE,
            Self::NotAStatement | Self::NotAMessage => &rules::WRONG_CONTENT,
            Self::NeedsFile { .. } => &rules::NEEDS_FILE,
            Self::Verify(error) => error.rule(),
            #[cfg(feature = "full")]
            Self::Kms(_) | Self::Pkcs11(_) | Self::Service(_) | Self::Token(_) => return None,
            Self::File(_)
            | Self::Directory(_)
            | Self::EmptyPassphrase
            | Self::NotAKeyFile { .. }
            | Self::KeyNotEncrypted
            | Self::UnsupportedKeyEncryption { .. }
            | Self::KeyDerivationTooExpensive { .. }
            | Self::WrongPassphrase
            | Self::UnsupportedPrivateKey { .. }
            | Self::Crypto { .. } => return None,
        })
    }
}

impl Hint for SigningError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::File(error) => return error.hint(),
            #[cfg(feature = "full")]
            Self::Kms(error) => return error.hint(),
            #[cfg(feature = "full")]
            Self::Pkcs11(error) => return error.hint(),
            Self::Directory(error) => return error.hint(),
            #[cfg(feature = "full")]
            Self::Service(error) => return error.hint(),
            #[cfg(feature = "full")]
            Self::Token(error) => return error.hint(),
            Self::EmptyPassphrase => "choose a passphrase of several words",
            Self::NotAKeyFile { .. } => "make one with `sealgate key generate`",
            Self::KeyNotEncrypted => {
                "encrypt it: openssl pkcs8 -topk8 -v2 aes-256-cbc -scrypt -in KEY -out ENCRYPTED"
            }
            Self::UnsupportedKeyEncryption { got } if got.starts_with("cosign") => {
                "take it over: sealgate key import FILE --output PREFIX"
            }
            Self::UnsupportedKeyEncryption { .. } | Self::KeyDerivationTooExpensive { .. } => {
                "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -scrypt -in KEY -out ENCRYPTED"
            }
            Self::WrongPassphrase => "check where the passphrase comes from",
            Self::UnsupportedPrivateKey { .. } => {
                "use an ECDSA P-256 or Ed25519 key, as `sealgate key generate` makes them"
            }
            Self::Crypto { .. } => return None,
            Self::BadTrustedKeys { .. } => {
                "write `schema = 1`, and for each key `[[key]]` with `key`, `from` and `until`"
            }
            Self::NotAPublicKey { .. } => {
                "name the `.pub` file, or print it with `sealgate key public FILE`"
            }
            Self::UnsupportedPublicKey { .. } => {
                "use ECDSA P-256 or P-384, Ed25519, or RSA of 2048 to 8192 bits"
            }
            Self::NotJson(_) | Self::MalformedBundle { .. } | Self::SignatureCount { .. } => {
                "the bundle is damaged or was tampered with: get it again from its source"
            }
            Self::UnknownMediaType { .. } => "name a Sigstore bundle (`.sigstore.json`)",
            Self::UnsupportedVersion { .. } => {
                "get a newer sealgate, or sign again with bundle v0.3"
            }
            Self::OldBundle { .. } => {
                "sign again with a tool that writes bundle v0.3, or accept it with \
                 `--allow-old-bundles`: the log's proof is required all the same"
            }
            Self::NotByKey => {
                "name its signer with `--certificate-identity` and `--certificate-oidc-issuer`"
            }
            Self::NeedsFile { .. } => "name the file instead of its digest",
            Self::Verify(error) => return error.hint(),
            Self::TooManyBundles { .. } => "split the file",
            Self::WrongKey { .. } => "verify with the public key of the signer you expect",
            Self::OtherSubject { .. } => {
                "the artifact was changed after it was signed, or the bundle belongs to another one"
            }
            Self::BadSignature { .. } => "do not use the artifact: the bundle was tampered with",
            Self::UnsupportedDigest { .. } => "sign again with SHA-256",
            Self::WrongPayloadType { .. } => "name a bundle that holds an in-toto statement",
            Self::NotAStatement => "name a bundle made by `sealgate seal`",
            Self::NotAMessage => "name a bundle made by `sealgate sign`",
            Self::NoDigestSigning { .. } => "sign the whole message, or use ECDSA",
        };
        Some(text.to_owned())
    }
}
