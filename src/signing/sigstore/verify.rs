//! Verification of Sigstore bundles.
//!
//! The library is given the digest that the bundle itself names, so everything but that
//! digest is verified before the artifact is read; then the artifact's digest is compared.
//! An artifact is hashed once, however many bundles it has, and not at all for a bundle of
//! the wrong signer.

use super::claims::ClaimName;
use super::error::VerifyError;
use super::evidence::{EvidencePolicy, LogPolicy, SctPolicy, check_count, verify_checkpoints};
use super::identity::{Claimed, SignerIdentity, SignerPolicy};
use super::library::translate;
use super::root::TrustedRoot;
use crate::model::{Digest, DigestAlgorithm};
use crate::signing::bundle::{Bundle, SignedContent};
use crate::signing::dsse::{STATEMENT_PAYLOAD_TYPE, check_key};
use crate::signing::error::SigningError;
use crate::signing::json::parse_json;
use crate::signing::key::PublicKey;
use crate::signing::message::{Artifact, claimed_digest, expect_subject};
use crate::signing::shape::BundleVersion;
use crate::support::files::FileError;
use jiff::Timestamp;
use serde_json::Value;
use sigstore_types::{Artifact as LibraryArtifact, ArtifactDigest, HashAlgorithm};
use sigstore_verify::{Policy, PublicKeyVerificationPolicy, VerificationPolicy};
use std::fs::File;
use std::path::Path;

/// Limit of a statement, in bytes; the same as `attest` allows.
const MAX_STATEMENT_BYTES: usize = 48 * 1024 * 1024;

/// Verifies bundles against one trusted root.
pub struct Verifier {
    library: sigstore_verify::Verifier,
    root: TrustedRoot,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier")
            .field("root", &self.root.name())
            .finish_non_exhaustive()
    }
}

/// What was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a statement still has to be compared with the artifact"]
pub struct Verified {
    /// Who signed.
    pub signer: VerifiedSigner,
    /// What was signed.
    pub content: VerifiedContent,
    /// Every proved signing time, sorted. Empty for a key without evidence.
    pub times: Vec<Timestamp>,
    /// How many log entries were verified.
    pub log_entries: usize,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifiedSigner {
    /// The holder of a certificate.
    Certificate {
        /// The certificate's name.
        identity: SignerIdentity,
        /// Who vouched for it.
        issuer: Option<String>,
        /// What else it claims.
        claims: Vec<(ClaimName, String)>,
    },
    /// The holder of the key that was asked for.
    Key,
}

/// What was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifiedContent {
    /// The artifact; it was compared.
    File,
    /// A statement: its bytes. Whether it is about the artifact is the caller's question.
    Statement(Vec<u8>),
}

/// What the library is given as the artifact.
enum Given {
    /// The digest that the bundle names; compared with the artifact afterwards.
    Claimed(ArtifactDigest),
    /// The artifact's own SHA-256, for a bundle that names none.
    Own(ArtifactDigest),
    /// All its bytes, with their SHA-256: the key signs whole messages.
    Bytes(Vec<u8>, Digest),
    /// The file: several digests are needed.
    Stream,
}

impl Verifier {
    /// A verifier for a trusted root.
    ///
    /// # Errors
    /// [`VerifyError::BadTrustedRoot`]: an unusable key or certificate, one twice, or a
    /// time range that ends before it starts.
    pub fn new(root: TrustedRoot) -> Result<Self, SigningError> {
        let library = sigstore_verify::Verifier::new(root.library()).map_err(|e| {
            VerifyError::BadTrustedRoot {
                reason: e.to_string(),
            }
        })?;
        Ok(Self { library, root })
    }

    /// The trusted root.
    #[must_use]
    pub fn root(&self) -> &TrustedRoot {
        &self.root
    }

    /// Verifies a bundle that is signed with a certificate.
    ///
    /// 1. The bundle's version is accepted.
    /// 2. The certificate names the issuer, identity and claims that are required.
    /// 3. There are as many log entries as required, all different, each with a proof
    ///    under a tree head that its log has signed.
    /// 4. By `sigstore-verify`: every timestamp and promise; the certificate's chain, its
    ///    usage and its validity at each of those times; its SCT; each inclusion proof;
    ///    the signature; that each log entry describes this bundle.
    /// 5. A signed file is compared with the artifact. A statement is left to the caller.
    ///
    /// # Errors
    /// Every variant of [`VerifyError`], and those of [`SigningError`] about bundles,
    /// files and digests.
    pub fn verify_certificate(
        &self,
        bundle: &Bundle,
        artifact: &Artifact,
        signer: &SignerPolicy,
        evidence: &EvidencePolicy,
    ) -> Result<Verified, SigningError> {
        // 1. Version.
        check_version(bundle, evidence.old_bundles)?;
        // 2. Identity.
        let certificate = bundle
            .wire()
            .signing_certificate()
            .ok_or(VerifyError::NotByCertificate)?;
        let claimed = Claimed::read(certificate)?;
        claimed.check(signer)?;
        if evidence.sct == SctPolicy::Required && !claimed.has_sct {
            return Err(VerifyError::MissingSct.into());
        }
        // 3. Log entries.
        let entries = &bundle.wire().verification_material.tlog_entries;
        check_count(entries, evidence.log)?;
        verify_checkpoints(entries, &self.root)?;
        // 4. The library.
        let mut policy = VerificationPolicy::any_identity();
        if entries.is_empty() && evidence.log == LogPolicy::TimestampsOnly {
            policy = policy.skip_tlog_unsafe();
        }
        if evidence.sct == SctPolicy::NotIssued {
            policy = policy.skip_sct();
        }
        let times = self.verify(bundle, artifact, claimed.signs_whole_messages(), &policy)?;
        Ok(Verified {
            content: content_of(bundle)?,
            times,
            log_entries: entries.len(),
            signer: VerifiedSigner::Certificate {
                claims: claimed.claims(),
                identity: claimed.identity,
                issuer: claimed.issuer,
            },
        })
    }

    /// The payload of a statement that is signed with a certificate, verified as
    /// [`Self::verify_certificate`] does. Whether it is about an artifact is the caller's
    /// question.
    ///
    /// # Errors
    /// Those of [`Self::verify_certificate`]; [`SigningError::NotAStatement`].
    pub fn verify_statement(
        &self,
        bundle: &Bundle,
        signer: &SignerPolicy,
        evidence: &EvidencePolicy,
    ) -> Result<Vec<u8>, SigningError> {
        if let SignedContent::Message(_) = bundle.content()? {
            return Err(SigningError::NotAStatement);
        }
        // For statements the artifact is not looked at.
        let none = Artifact::new(Path::new(""));
        match self
            .verify_certificate(bundle, &none, signer, evidence)?
            .content
        {
            VerifiedContent::Statement(payload) => Ok(payload),
            VerifiedContent::File => Err(SigningError::NotAStatement),
        }
    }

    /// Verifies a bundle that is signed with a key, and the log entries and timestamps
    /// that it carries. `log` entries are required; none where it is `None`, and then one
    /// may be there.
    ///
    /// The steps are those of [`Self::verify_certificate`], with the key in the place of
    /// the certificate.
    ///
    /// # Errors
    /// [`SigningError::NotByKey`], [`SigningError::WrongKey`],
    /// [`SigningError::BadSignature`], those of [`VerifyError`] about log entries and
    /// timestamps, and those about bundles, files and digests.
    pub fn verify_key(
        &self,
        bundle: &Bundle,
        artifact: &Artifact,
        key: &PublicKey,
        old_bundles: bool,
        log: LogPolicy,
    ) -> Result<Verified, SigningError> {
        check_version(bundle, old_bundles)?;
        check_key(bundle, key)?;
        let entries = &bundle.wire().verification_material.tlog_entries;
        check_count(entries, log)?;
        verify_checkpoints(entries, &self.root)?;
        let mut policy = PublicKeyVerificationPolicy::new(key.to_library());
        if entries.is_empty() {
            policy = policy.skip_tlog_unsafe();
        }
        let whole = key.algorithm().digest_algorithm().is_none();
        let times = self
            .verify(bundle, artifact, whole, &policy)
            .map_err(|error| match error {
                SigningError::Verify(error) if matches!(*error, VerifyError::BadSignature) => {
                    SigningError::BadSignature {
                        key: key.id().clone(),
                    }
                }
                error => error,
            })?;
        Ok(Verified {
            content: content_of(bundle)?,
            times,
            log_entries: entries.len(),
            signer: VerifiedSigner::Key,
        })
    }

    /// Steps 4 and 5; the proved times.
    fn verify(
        &self,
        bundle: &Bundle,
        artifact: &Artifact,
        whole_messages: bool,
        policy: &dyn Policy,
    ) -> Result<Vec<Timestamp>, SigningError> {
        let given = given(bundle, artifact, whole_messages)?;
        let wire = bundle.wire();
        let claimed = match bundle.content()? {
            SignedContent::Message(message) => claimed_digest(message)?,
            SignedContent::Envelope(_) => None,
        };
        // Where the artifact has to be read anyway, it is compared at once.
        match (&given, &claimed) {
            (Given::Bytes(_, own), Some(claimed)) if own.algorithm() == claimed.algorithm() => {
                expect_subject(claimed, own.clone())?;
            }
            (Given::Bytes(..) | Given::Stream, Some(claimed)) => {
                expect_subject(claimed, artifact.digest_of(claimed.algorithm())?)?;
            }
            _ => {}
        }
        let result = match &given {
            Given::Claimed(digest) | Given::Own(digest) => {
                let digest = LibraryArtifact::Digest(digest.clone());
                self.library.verify(digest, wire, policy)
            }
            Given::Bytes(bytes, _) => {
                let bytes = LibraryArtifact::from_blob(bytes);
                self.library.verify(bytes, wire, policy)
            }
            Given::Stream if artifact.is_directory() => {
                let (manifest, _) = artifact.bytes()?;
                let manifest = LibraryArtifact::from_blob(&manifest);
                self.library.verify(manifest, wire, policy)
            }
            Given::Stream => {
                artifact.check_is_file()?;
                let file = File::open(artifact.path()).map_err(|source| FileError::Read {
                    path: artifact.path().to_owned(),
                    source,
                })?;
                self.library.verify_reader(file, wire, policy)
            }
        };
        let verified = result.map_err(|error| translate(error, bundle, &self.root))?;
        // 5. The artifact.
        if let (Given::Claimed(_), Some(claimed)) = (&given, &claimed) {
            expect_subject(claimed, artifact.digest_of(claimed.algorithm())?)?;
        }
        let mut times = verified.verified_timestamps().to_vec();
        times.sort();
        Ok(times)
    }
}

fn check_version(bundle: &Bundle, old_bundles: bool) -> Result<(), SigningError> {
    match bundle.version() {
        BundleVersion::V0_3 => Ok(()),
        _ if old_bundles => Ok(()),
        old => Err(SigningError::OldBundle { got: old.as_str() }),
    }
}

fn content_of(bundle: &Bundle) -> Result<VerifiedContent, SigningError> {
    Ok(match bundle.content()? {
        SignedContent::Message(_) => VerifiedContent::File,
        SignedContent::Envelope(envelope) => {
            VerifiedContent::Statement(envelope.payload.as_bytes().to_vec())
        }
    })
}

fn given(
    bundle: &Bundle,
    artifact: &Artifact,
    whole_messages: bool,
) -> Result<Given, SigningError> {
    match bundle.content()? {
        SignedContent::Envelope(envelope) => {
            if envelope.payload_type != STATEMENT_PAYLOAD_TYPE {
                return Err(SigningError::WrongPayloadType {
                    got: envelope.payload_type.clone(),
                    want: STATEMENT_PAYLOAD_TYPE,
                });
            }
            Ok(Given::Claimed(subject_digest(envelope.payload.as_bytes())?))
        }
        SignedContent::Message(_) if whole_messages => {
            let (bytes, digest) = artifact.bytes()?;
            Ok(Given::Bytes(bytes, digest))
        }
        SignedContent::Message(message) => match claimed_digest(message)? {
            Some(claimed) if claimed.algorithm() == DigestAlgorithm::Sha256 => {
                Ok(Given::Claimed(library_digest(&claimed)?))
            }
            // The log entry has the SHA-256, the signature is over another digest.
            Some(_) => Ok(Given::Stream),
            None => Ok(Given::Own(library_digest(artifact.digest()?)?)),
        },
    }
}

/// A digest that the library will find in the statement: it asks for one.
fn subject_digest(payload: &[u8]) -> Result<ArtifactDigest, SigningError> {
    let unusable = |reason: &str| VerifyError::UnusableSubject {
        reason: reason.to_owned(),
    };
    let statement = parse_json(payload, MAX_STATEMENT_BYTES)?;
    let subjects = statement
        .get("subject")
        .and_then(Value::as_array)
        .filter(|subjects| !subjects.is_empty())
        .ok_or_else(|| unusable("it has no subjects"))?;
    for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
        let found = subjects
            .iter()
            .filter_map(|subject| subject.get("digest")?.get(algorithm.as_str())?.as_str())
            .filter(|text| !text.bytes().any(|byte| byte.is_ascii_uppercase()))
            .find_map(|text| Digest::from_hex(algorithm, text).ok());
        if let Some(digest) = found {
            return library_digest(&digest);
        }
    }
    Err(unusable("no subject has a SHA-256 or SHA-512 in lower-case hex").into())
}

fn library_digest(digest: &Digest) -> Result<ArtifactDigest, SigningError> {
    let algorithm = match digest.algorithm() {
        DigestAlgorithm::Sha256 => HashAlgorithm::Sha2256,
        DigestAlgorithm::Sha384 => HashAlgorithm::Sha2384,
        DigestAlgorithm::Sha512 => HashAlgorithm::Sha2512,
        other => {
            return Err(SigningError::UnsupportedDigest {
                got: other.as_str().to_owned(),
            });
        }
    };
    ArtifactDigest::new(algorithm, digest.bytes().to_vec()).map_err(|e| {
        SigningError::MalformedBundle {
            reason: e.to_string(),
        }
    })
}
