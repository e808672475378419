//! Steps 1 and 2: what a bundle is, and who signed it. No artifact is needed yet.

use crate::attest::{Predicate, Statement, short_name};
use crate::model::Digest;
use crate::policy::environments::TrustedRoles;
use crate::signing::sigstore::VerifyError;
use crate::signing::{Bundle, PublicKey, SignedContent, SigningError, show_hint, verify_statement};

/// A bundle after its identity was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// Where it came from: `file` or `file:line`.
    pub source: String,
    /// SHA-256 of the bundle's bytes; none where it could not be read.
    pub digest: Option<Digest>,
    /// Short name of the predicate. Not to be trusted unless verified.
    pub predicate: String,
    /// The roles of the key that it names, sorted. Not to be trusted unless verified.
    pub roles: Vec<String>,
    /// What came out.
    pub examination: Examination,
}

/// What came out of looking at a bundle; the texts are one line.
#[derive(Debug, Clone, PartialEq)]
pub enum Examination {
    /// Not readable.
    Malformed(String),
    /// Signed by nobody that the policy knows, or in a way that cannot be verified.
    Untrusted(String),
    /// Names a known key, which did not sign it.
    BadSignature(String),
    /// An envelope for another kind of payload.
    WrongPayloadType(String),
    /// Signs a file, not a statement.
    NotAStatement,
    /// Signed by a known key, but no statement of its type.
    MalformedStatement(String),
    /// Signed by a known key.
    Verified(Box<VerifiedAttestation>),
}

/// A statement with a known signer.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedAttestation {
    /// The statement.
    pub statement: Statement,
    /// Its typed predicate.
    pub predicate: Predicate,
}

/// Longest text of a bundle that is told again, in characters: a predicate type or a key
/// of JSON may be as long as a file, and the page of a gate is one page.
const MAX_TOLD: usize = 300;

/// Examines one bundle, or what became of reading it.
#[must_use]
pub fn examine(
    source: String,
    bundle: Result<Bundle, SigningError>,
    roles: &TrustedRoles,
) -> Examined {
    let bundle = match bundle {
        Ok(bundle) => bundle,
        Err(error) => {
            return Examined {
                source,
                digest: None,
                predicate: "unknown".to_owned(),
                roles: Vec::new(),
                examination: Examination::Malformed(clipped(&error)),
            };
        }
    };
    let digest = Some(bundle.digest().clone());
    let claimed = claimed_predicate(&bundle);
    let (signers, examination) = identify(&bundle, roles);
    Examined {
        source,
        digest,
        predicate: claimed,
        roles: signers,
        examination,
    }
}

fn identify(bundle: &Bundle, roles: &TrustedRoles) -> (Vec<String>, Examination) {
    if bundle.has_certificate() {
        return identify_certificate(bundle, roles);
    }
    let hint = match bundle.key_hint() {
        Ok(hint) => hint,
        Err(error) => return (Vec::new(), Examination::Untrusted(clipped(&error))),
    };
    let mut named: Vec<&PublicKey> = Vec::new();
    for (_, key) in roles.iter() {
        if (hint.is_empty() || key.id().matches_hint(hint))
            && !named.iter().any(|known| known.id() == key.id())
        {
            named.push(key);
        }
    }
    if named.is_empty() {
        let text = clipped(&format_args!("no role has the key {}", show_hint(hint)));
        return (Vec::new(), Examination::Untrusted(text));
    }
    let mut failure = None;
    for key in &named {
        match verify_statement(bundle, key) {
            Ok(verified) => return (roles.roles_of(key.id()), read_statement(&verified.payload)),
            Err(error) => failure = Some((key, error)),
        }
    }
    let Some((key, error)) = failure else {
        return (
            Vec::new(),
            Examination::Untrusted("no role's key verifies it".to_owned()),
        );
    };
    let text = clipped(&error);
    match error {
        // Without a hint, any key was tried: that none fits is no sign of tampering.
        SigningError::BadSignature { .. } if hint.is_empty() => (
            Vec::new(),
            Examination::Untrusted("it names no key, and no role's key verifies it".to_owned()),
        ),
        SigningError::BadSignature { .. } => {
            (roles.roles_of(key.id()), Examination::BadSignature(text))
        }
        SigningError::WrongPayloadType { .. } => (
            roles.roles_of(key.id()),
            Examination::WrongPayloadType(text),
        ),
        SigningError::NotAStatement => (roles.roles_of(key.id()), Examination::NotAStatement),
        _ => (Vec::new(), Examination::Malformed(text)),
    }
}

/// A certificate may fit several roles, each with conditions of its own.
fn identify_certificate(bundle: &Bundle, roles: &TrustedRoles) -> (Vec<String>, Examination) {
    let mut fitting = Vec::new();
    let mut payload = None;
    let mut damaged: Option<(String, SigningError)> = None;
    let mut other: Option<SigningError> = None;
    for (role, identity) in roles.identities() {
        match identity.verify(bundle) {
            Ok(verified) => {
                fitting.push(role.to_owned());
                payload = Some(verified);
            }
            Err(error) if is_about_signer(&error) => other = other.or(Some(error)),
            Err(error) => damaged = damaged.or(Some((role.to_owned(), error))),
        }
    }
    if let Some(payload) = payload {
        return (fitting, read_statement(&payload));
    }
    match (damaged, other) {
        (Some((role, SigningError::NotAStatement)), _) => (vec![role], Examination::NotAStatement),
        (Some((role, error @ SigningError::WrongPayloadType { .. })), _) => {
            (vec![role], Examination::WrongPayloadType(clipped(&error)))
        }
        (Some((role, error)), _) => (vec![role], Examination::BadSignature(clipped(&error))),
        (None, Some(error)) => (Vec::new(), Examination::Untrusted(clipped(&error))),
        (None, None) => (
            Vec::new(),
            Examination::Untrusted("no role is one by certificate".to_owned()),
        ),
    }
}

/// Whether a bundle is somebody else's, not a damaged one of this signer.
fn is_about_signer(error: &SigningError) -> bool {
    let SigningError::Verify(error) = error else {
        return false;
    };
    matches!(
        **error,
        VerifyError::WrongIssuer { .. }
            | VerifyError::WrongIdentity { .. }
            | VerifyError::WrongClaim { .. }
            | VerifyError::BadCertificate { .. }
            | VerifyError::NotByCertificate
    )
}

fn read_statement(payload: &[u8]) -> Examination {
    let read = Statement::parse_any_version(payload)
        .and_then(|statement| Predicate::of(&statement).map(|predicate| (statement, predicate)));
    match read {
        Ok((statement, predicate)) => Examination::Verified(Box::new(VerifiedAttestation {
            statement,
            predicate,
        })),
        Err(error) => Examination::MalformedStatement(clipped(&error)),
    }
}

fn clipped(text: &dyn std::fmt::Display) -> String {
    let text = text.to_string();
    match text.char_indices().nth(MAX_TOLD) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What the payload says it is, signed or not: only for explanations.
fn claimed_predicate(bundle: &Bundle) -> String {
    match bundle.content() {
        Ok(SignedContent::Envelope(envelope)) => {
            Statement::parse_any_version(envelope.payload.as_bytes()).map_or_else(
                |_| "unknown".to_owned(),
                |statement| clipped(&short_name(&statement.predicate_type)),
            )
        }
        Ok(SignedContent::Message(_)) => "file signature".to_owned(),
        Err(_) => "unknown".to_owned(),
    }
}
