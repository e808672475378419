//! What makes bundles: a signer, and what stands beside its signatures.
//!
//! Where anything stands beside a signature, no service is taken at its word: the complete
//! bundle is read back and verified with the trusted root before anybody gets it.

use super::bundle::{Bundle, by_key};
use super::dsse::signed_statement;
use super::error::SigningError;
use super::identity::IdentityToken;
use super::key::{KeyId, SigningAlgorithm};
use super::message::{Artifact, signed_artifact};
use super::services::fulcio::{Certified, certify};
use super::services::rekor::{By, Signed, check_loggable, log};
use super::services::timestamp::timestamp;
use super::services::{Caller, RekorVersion, Service, ServiceError, Services};
use super::signers::{KeyFileSigner, Signer};
use super::sigstore::{EvidencePolicy, LogPolicy, SctPolicy, Verifier, VerifyError};
use crate::support::clock;
use crate::support::http::Address;
use jiff::{SignedDuration, Timestamp};
use sigstore_types::bundle::CertificateContent;
use sigstore_types::{
    SignatureBytes, SignatureContent, TransparencyLogEntry, VerificationMaterialContent,
};
use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::path::Path;
use std::rc::Rc;

/// A certificate that ends sooner is replaced before the next signature.
const SPARE: SignedDuration = SignedDuration::from_secs(60);

/// Makes complete bundles, or none.
pub struct BundleMaker {
    holder: Holder,
    witnesses: Option<Witnesses>,
}

enum Holder {
    Key(Box<dyn Signer>),
    Keyless(Box<Keyless>),
}

/// Who signs without a key of their own: the holder of an identity token.
pub struct Keyless {
    token: IdentityToken,
    audience: String,
    authority: Address,
    current: RefCell<Option<Rc<Ephemeral>>>,
}

/// A key that nobody keeps, and its certificate.
struct Ephemeral {
    signer: KeyFileSigner,
    certified: Certified,
}

/// What stands beside a signature, and what it is verified with.
pub struct Witnesses {
    caller: Caller,
    services: Services,
    verifier: Verifier,
    sct: SctPolicy,
}

impl std::fmt::Debug for BundleMaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("BundleMaker");
        if let Holder::Key(signer) = &self.holder {
            shown.field("public_key", signer.public_key());
        }
        shown.finish_non_exhaustive()
    }
}

impl Keyless {
    /// The holder of a token for an audience; nothing is asked yet.
    #[must_use]
    pub fn new(token: IdentityToken, audience: &str, authority: Address) -> Self {
        Self {
            token,
            audience: audience.to_owned(),
            authority,
            current: RefCell::new(None),
        }
    }

    /// A key with a certificate that lasts: one for all signatures of a run, as long as it is
    /// valid.
    fn ephemeral(&self, caller: &Caller) -> Result<Rc<Ephemeral>, SigningError> {
        let now = real_time();
        if let Some(current) = self.current.borrow().as_ref()
            && current.certified.until.duration_since(now) > SPARE
        {
            return Ok(Rc::clone(current));
        }
        self.token.check(&self.audience, now)?;
        let (signer, _) = KeyFileSigner::generate(SigningAlgorithm::EcdsaP256)?;
        let certified = certify(caller, &self.authority, &self.token, &signer)?;
        let ephemeral = Rc::new(Ephemeral { signer, certified });
        *self.current.borrow_mut() = Some(Rc::clone(&ephemeral));
        Ok(ephemeral)
    }
}

impl Witnesses {
    /// Services, and the trusted root that says which of them count.
    ///
    /// # Errors
    /// [`ServiceError::NoService`] where nothing would prove the time of a signature:
    /// Rekor 2 tells none, and neither does no log at all.
    pub fn new(
        caller: Caller,
        services: Services,
        verifier: Verifier,
        sct: SctPolicy,
    ) -> Result<Self, SigningError> {
        let first = |log: &super::services::LogService| log.version == RekorVersion::V1;
        if services.timestamps.is_empty() && !services.logs.iter().any(first) {
            return Err(ServiceError::NoService {
                service: Service::Timestamp,
                reason: "nothing else proves when the signature is made".to_owned(),
            }
            .into());
        }
        Ok(Self {
            caller,
            services,
            verifier,
            sct,
        })
    }

    fn log_policy(&self) -> LogPolicy {
        NonZeroUsize::new(self.services.logs.len())
            .map_or(LogPolicy::TimestampsOnly, LogPolicy::Entries)
    }
}

impl BundleMaker {
    /// One that signs with a key, and puts nothing beside the signature.
    #[must_use]
    pub fn by_key(signer: Box<dyn Signer>) -> Self {
        Self {
            holder: Holder::Key(signer),
            witnesses: None,
        }
    }

    /// One that signs with a key, and has the signature logged or timestamped.
    #[must_use]
    pub fn by_witnessed_key(signer: Box<dyn Signer>, witnesses: Witnesses) -> Self {
        Self {
            holder: Holder::Key(signer),
            witnesses: Some(witnesses),
        }
    }

    /// One that signs with keys that live as long as their certificates.
    #[must_use]
    pub fn keyless(keyless: Keyless, witnesses: Witnesses) -> Self {
        Self {
            holder: Holder::Keyless(Box::new(keyless)),
            witnesses: Some(witnesses),
        }
    }

    /// The key that signs; none where each run has another.
    #[must_use]
    pub fn key_id(&self) -> Option<&KeyId> {
        match &self.holder {
            Holder::Key(signer) => Some(signer.public_key().id()),
            Holder::Keyless(_) => None,
        }
    }

    /// A bundle of a file.
    ///
    /// # Errors
    /// [`SigningError::File`], also for a file over
    /// [`super::MAX_WHOLE_MESSAGE_BYTES`] with Ed25519; [`SigningError::Crypto`],
    /// [`SigningError::Kms`], [`SigningError::Service`], [`SigningError::Token`].
    pub fn sign_artifact(&self, artifact: &Artifact) -> Result<Bundle, SigningError> {
        self.make(Some(artifact), &|signer| signed_artifact(signer, artifact))
    }

    /// A bundle of the bytes of an in-toto statement.
    ///
    /// # Errors
    /// [`SigningError::Crypto`], [`SigningError::Kms`], [`SigningError::Service`],
    /// [`SigningError::Token`].
    pub fn sign_statement(&self, statement: &[u8]) -> Result<Bundle, SigningError> {
        self.make(None, &|signer| signed_statement(signer, statement))
    }

    /// Who signs, for people: `key ID`, or the identity of the last certificate.
    #[must_use]
    pub fn signed_by(&self) -> String {
        match &self.holder {
            Holder::Key(signer) => format!("key {}", signer.public_key().id()),
            Holder::Keyless(keyless) => match keyless.current.borrow().as_ref() {
                Some(current) => {
                    let policy = &current.certified.policy;
                    let issuer = policy.issuer.as_deref().unwrap_or("no issuer");
                    let issuer = crate::model::terminal_safe(issuer);
                    format!("signer {}\nissuer {issuer}", policy.identity)
                }
                None => "nobody yet".to_owned(),
            },
        }
    }

    /// The parts of a bundle, one after the other:
    ///
    /// 1. For a keyless signature, a certificate of a new key.
    /// 2. The signature.
    /// 3. Timestamps over it.
    /// 4. Where they prove a time, everything so far is verified: what nobody could verify
    ///    is not logged for ever.
    /// 5. Log entries.
    /// 6. The whole is read back and verified with the trusted root.
    fn make(
        &self,
        artifact: Option<&Artifact>,
        sign: &dyn Fn(&dyn Signer) -> Result<SignatureContent, SigningError>,
    ) -> Result<Bundle, SigningError> {
        let Some(witnesses) = &self.witnesses else {
            let Holder::Key(signer) = &self.holder else {
                return Err(no_authority().into());
            };
            return Bundle::of_key(signer.public_key().id(), sign(signer.as_ref())?);
        };
        // 1. Certificate.
        let ephemeral = match &self.holder {
            Holder::Key(_) => None,
            Holder::Keyless(keyless) => Some(keyless.ephemeral(&witnesses.caller)?),
        };
        let signer: &dyn Signer = match (&self.holder, &ephemeral) {
            (Holder::Key(signer), _) => signer.as_ref(),
            (_, Some(ephemeral)) => &ephemeral.signer,
            _ => return Err(no_authority().into()),
        };
        for log in &witnesses.services.logs {
            let algorithm = signer.public_key().algorithm();
            check_loggable(log.version, algorithm, artifact.is_some())?;
        }
        // 2. Signature.
        let content = sign(signer)?;
        let signature = signature_of(&content)?;
        let certified = ephemeral.as_deref().map(|ephemeral| &ephemeral.certified);
        let draft = Draft {
            witnesses,
            signer,
            certified,
            artifact,
            content,
        };
        // 3. Timestamps.
        let mut timestamps = Vec::new();
        for address in &witnesses.services.timestamps {
            timestamps.push(timestamp(&witnesses.caller, address, &signature)?);
        }
        // 4. So far.
        if !timestamps.is_empty() && !witnesses.services.logs.is_empty() {
            draft.bundle(Vec::new(), timestamps.clone(), LogPolicy::TimestampsOnly)?;
        }
        // 5. Log entries.
        let entries = draft.log()?;
        // 6. The whole.
        draft.bundle(entries, timestamps, witnesses.log_policy())
    }
}

/// A signature on its way into a bundle.
struct Draft<'a> {
    witnesses: &'a Witnesses,
    signer: &'a dyn Signer,
    certified: Option<&'a Certified>,
    artifact: Option<&'a Artifact>,
    content: SignatureContent,
}

impl Draft<'_> {
    fn log(&self) -> Result<Vec<TransparencyLogEntry>, SigningError> {
        let file = match self.artifact {
            Some(artifact) => Some(artifact.digest()?),
            None => None,
        };
        let signed = Signed {
            content: &self.content,
            file,
            by: match self.certified {
                Some(certified) => By::Certificate(&certified.certificate),
                None => By::Key(self.signer.public_key()),
            },
        };
        let logs = self.witnesses.services.logs.iter();
        logs.map(|service| log(&self.witnesses.caller, service, &signed))
            .collect()
    }

    /// The bundle, if it verifies for its signer with so many log entries.
    fn bundle(
        &self,
        entries: Vec<TransparencyLogEntry>,
        timestamps: Vec<sigstore_types::TimestampToken>,
        log: LogPolicy,
    ) -> Result<Bundle, SigningError> {
        let by = match self.certified {
            Some(certified) => VerificationMaterialContent::Certificate(CertificateContent::new(
                certified.certificate.clone(),
            )),
            None => by_key(self.signer.public_key().id()),
        };
        let bundle = Bundle::of_parts(by, self.content.clone(), entries, timestamps);
        let bundle = bundle.map_err(unverified)?;
        // A statement is not compared with an artifact here: its maker has read the digest.
        let none = Artifact::new(Path::new(""));
        let artifact = self.artifact.unwrap_or(&none);
        let verifier = &self.witnesses.verifier;
        let verified = match self.certified {
            Some(certified) => {
                let evidence = EvidencePolicy {
                    old_bundles: false,
                    log,
                    sct: self.witnesses.sct,
                };
                verifier.verify_certificate(&bundle, artifact, &certified.policy, &evidence)
            }
            None => verifier.verify_key(&bundle, artifact, self.signer.public_key(), false, log),
        };
        let verified = verified.map_err(unverified)?;
        // A key's signature verifies without a time, too.
        if verified.times.is_empty() {
            return Err(unverified(
                VerifyError::NoSigningTime {
                    reason: "neither a log nor an authority has told one".to_owned(),
                }
                .into(),
            ));
        }
        Ok(bundle)
    }
}

/// What a service's answer is to blame for. A file that cannot be read, and a trusted root
/// that cannot be used, are the caller's.
fn unverified(error: SigningError) -> SigningError {
    match error {
        SigningError::File(_) => error,
        SigningError::Verify(error) if matches!(*error, VerifyError::BadTrustedRoot { .. }) => {
            SigningError::Verify(error)
        }
        source => ServiceError::Unverified {
            source: Box::new(source),
        }
        .into(),
    }
}

fn no_authority() -> ServiceError {
    ServiceError::NoService {
        service: Service::Authority,
        reason: String::new(),
    }
}

fn signature_of(content: &SignatureContent) -> Result<SignatureBytes, SigningError> {
    match content {
        SignatureContent::MessageSignature(message) => Ok(message.signature.clone()),
        SignatureContent::DsseEnvelope(envelope) => Ok(envelope.signature.sig.clone()),
        _ => Err(SigningError::MalformedBundle {
            reason: "unknown kind of content".to_owned(),
        }),
    }
}

/// Services and certificates live by the clock, whatever time a verdict is as of.
fn real_time() -> Timestamp {
    Timestamp::try_from(clock::signing_time()).unwrap_or(Timestamp::MAX)
}
