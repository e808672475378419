//! One bundle for one artifact.

use super::signer::{Judge, RequiredSigner};
use crate::attest::{AttestError, Subjects, short_name};
use crate::cli::exit::{CliError, Exit};
use crate::cli::manifests;
use crate::model::{Hint, Rule};
use crate::signing::sigstore::{LogPolicy, Verified, VerifiedContent, VerifiedSigner, VerifyError};
use crate::signing::{
    Artifact, Bundle, BundleVersion, PublicKey, RULES, SignedContent, SigningError, TrustedKey,
    verify_artifact, verify_statement,
};

/// The reason of a bundle that verifies and is of another type.
pub const OTHER_PREDICATE: &str = "signing/other-predicate";

/// What became of one bundle.
#[derive(Debug)]
pub struct Outcome {
    /// `file` or `file:line`.
    pub source: String,
    /// What it proves, or why it does not.
    pub result: Result<Proof, Failure>,
}

impl Outcome {
    /// Pass, or the failure's code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match &self.result {
            Ok(_) => Exit::Pass,
            Err(failure) => failure.error.exit,
        }
    }
}

/// What a verified bundle proves.
#[derive(Debug)]
pub struct Proof {
    /// What it says: `file signature`, or the short name of a predicate.
    pub what: String,
    /// Type URI of the predicate; none for the signature of a file.
    #[cfg_attr(
        not(feature = "full"),
        expect(dead_code, reason = "only images are asked for by type")
    )]
    pub predicate_type: Option<String>,
    /// The key's name, for a signature by key.
    pub key: Option<String>,
    /// Signer and evidence.
    pub verified: Verified,
}

/// Why a bundle does not count.
#[derive(Debug)]
pub struct Failure {
    /// Message, hint and exit code.
    pub error: CliError,
    /// The reason, where it is one of verification.
    pub rule: Option<&'static Rule>,
}

/// Verifies one bundle.
pub fn verify(
    name: &str,
    bundle: Result<Bundle, SigningError>,
    artifact: &Artifact,
    judge: &Judge,
) -> Result<Proof, Failure> {
    let bundle = bundle.map_err(|e| Reason::Signing(e).told(name))?;
    let proof = match &judge.signer {
        RequiredSigner::Keys(keys) => by_keys(&bundle, keys, artifact, judge),
        RequiredSigner::Certificate(signer) => judge
            .verifier()
            .and_then(|verifier| {
                verifier.verify_certificate(&bundle, artifact, signer, &judge.evidence)
            })
            .map_err(Reason::Signing)
            .and_then(|verified| proof(verified, artifact, None)),
    };
    proof.map_err(|reason| {
        let mut failure = reason.told(name);
        if let Reason::Signing(SigningError::OtherSubject { got, .. }) = &reason
            && artifact.is_directory()
        {
            failure.error.message += &manifests::told(artifact, got);
        }
        failure
    })
}

/// With the first key that fits; of several that do not, the one that the bundle names
/// has more to say.
fn by_keys(
    bundle: &Bundle,
    keys: &[TrustedKey],
    artifact: &Artifact,
    judge: &Judge,
) -> Result<Proof, Reason> {
    let mut nearest: Option<Reason> = None;
    for trusted in keys {
        let key = trusted.key();
        let verified = by_key(bundle, key, artifact, judge).and_then(|verified| {
            trusted.check_time(&verified.times, judge.now)?;
            Ok(verified)
        });
        match verified {
            Ok(verified) => return proof(verified, artifact, Some(key)),
            Err(error @ SigningError::WrongKey { .. }) => {
                nearest = nearest.or(Some(Reason::Signing(error)));
            }
            Err(error) => nearest = Some(Reason::Signing(error)),
        }
    }
    // The command line asks for at least one key.
    Err(nearest.unwrap_or(Reason::Signing(SigningError::NotByKey)))
}

fn by_key(
    bundle: &Bundle,
    key: &PublicKey,
    artifact: &Artifact,
    judge: &Judge,
) -> Result<Verified, SigningError> {
    let alone = bundle.evidence_count() == 0 && bundle.version() == BundleVersion::V0_3;
    if !alone || matches!(judge.key_log, Some(LogPolicy::Entries(_))) {
        let log = judge.key_log.unwrap_or(LogPolicy::TimestampsOnly);
        let old = judge.evidence.old_bundles;
        return judge
            .verifier()?
            .verify_key(bundle, artifact, key, old, log);
    }
    let content = match bundle.content()? {
        SignedContent::Message(_) => {
            verify_artifact(bundle, key, artifact)?;
            VerifiedContent::File
        }
        SignedContent::Envelope(_) => {
            VerifiedContent::Statement(verify_statement(bundle, key)?.payload)
        }
    };
    Ok(Verified {
        signer: VerifiedSigner::Key,
        content,
        times: Vec::new(),
        log_entries: 0,
    })
}

/// Compares a verified statement with the artifact.
fn proof(
    verified: Verified,
    artifact: &Artifact,
    key: Option<&PublicKey>,
) -> Result<Proof, Reason> {
    let (what, predicate_type) = match &verified.content {
        VerifiedContent::File => ("file signature".to_owned(), None),
        VerifiedContent::Statement(payload) => {
            let subjects = Subjects::parse(payload).map_err(Reason::Statement)?;
            let about = subjects
                .is_about(|algorithm| artifact.digest_of(algorithm))
                .map_err(Reason::Signing)?;
            if !about {
                return Err(Reason::Signing(other_subject(&subjects, artifact)));
            }
            let predicate_type = subjects.predicate_type();
            (
                short_name(predicate_type).to_owned(),
                Some(predicate_type.to_owned()),
            )
        }
    };
    Ok(Proof {
        what,
        predicate_type,
        key: key.map(|key| key.id().to_string()),
        verified,
    })
}

fn other_subject(subjects: &Subjects, artifact: &Artifact) -> SigningError {
    let Some(first) = subjects.first() else {
        return VerifyError::UnusableSubject {
            reason: "it has no subjects".to_owned(),
        }
        .into();
    };
    match artifact.digest_of(first.algorithm()) {
        Ok(want) => SigningError::OtherSubject {
            got: first.clone(),
            want,
        },
        Err(error) => error,
    }
}

enum Reason {
    Signing(SigningError),
    Statement(AttestError),
}

impl Reason {
    fn told(&self, name: &str) -> Failure {
        let (error, rule): (&dyn Hint, _) = match self {
            Self::Signing(error) => (error, error.rule()),
            Self::Statement(error) => (error, rule_of_statement(error)),
        };
        let mut told = CliError::of(exit_of(self, rule), error);
        // An error about a file names it: the bundle has been read.
        if !matches!(self, Self::Signing(SigningError::File(_))) {
            told.message = format!("{name}: {}", told.message);
        }
        Failure { error: told, rule }
    }
}

fn rule_of_statement(error: &AttestError) -> Option<&'static Rule> {
    let id = match error {
        AttestError::BadSubjectDigest { .. } | AttestError::SubjectCount { .. } => {
            "signing/unusable-subject"
        }
        _ => "signing/malformed-statement",
    };
    RULES.iter().find(|rule| rule.id == id)
}

/// What cannot be read is exit 2; what was read and does not verify is exit 1.
fn exit_of(reason: &Reason, rule: Option<&Rule>) -> Exit {
    const UNREADABLE: [&str; 7] = [
        "signing/bad-key",
        "signing/bad-trusted-root",
        "signing/malformed-bundle",
        "signing/malformed-statement",
        "signing/needs-file",
        "signing/signature-count",
        "signing/wrong-content",
    ];
    match (reason, rule) {
        (Reason::Signing(SigningError::File(_)), _) | (_, None) => Exit::Usage,
        (_, Some(rule)) if UNREADABLE.contains(&rule.id) => Exit::Usage,
        _ => Exit::Fail,
    }
}
