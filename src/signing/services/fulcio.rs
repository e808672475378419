//! Certificates of Fulcio for keys that live as long as one signature.
//!
//! Source: `fulcio.proto` of github.com/sigstore/fulcio, `CreateSigningCertificate` of API
//! version 2.

use super::ask::{Caller, Question, malformed, strict_json};
use super::error::{Service, ServiceError};
use crate::model::{Redacted, terminal_safe};
use crate::signing::error::SigningError;
use crate::signing::identity::IdentityToken;
use crate::signing::signers::Signer;
use crate::signing::sigstore::{CertificateOfOurs, IdentityKind, SignerPolicy};
use crate::support::http::Address;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use sigstore_types::DerCertificate;

/// Issuer of the tokens of GitHub's jobs, and what stands before the workflow's path in the
/// names of their certificates.
const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";
const GITHUB: &str = "https://github.com";

/// Most certificates of a chain.
const MAX_CHAIN: usize = 16;

/// A certificate for our key.
#[derive(Debug)]
pub(in crate::signing) struct Certified {
    pub certificate: DerCertificate,
    /// Its last moment.
    pub until: Timestamp,
    /// Demands exactly what it says: name, issuer.
    pub policy: SignerPolicy,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    signed_certificate_embedded_sct: Option<WireCertificate>,
    signed_certificate_detached_sct: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct WireCertificate {
    chain: WireChain,
}

#[derive(Deserialize)]
struct WireChain {
    certificates: Vec<String>,
}

/// Asks for a certificate.
///
/// 1. The key is proved to be ours by a signature over the token's subject.
/// 2. The answer's first certificate is for that key,
/// 3. and for the token's identity.
///
/// That it is from the trusted root is verified with the bundle.
///
/// # Errors
/// [`ServiceError`], [`SigningError::Crypto`].
pub(in crate::signing) fn certify(
    caller: &Caller,
    address: &Address,
    token: &IdentityToken,
    signer: &dyn Signer,
) -> Result<Certified, SigningError> {
    // 1. Proof of possession.
    let proof = signer.sign_message(token.subject().as_bytes())?;
    let key = signer.public_key();
    let body = json!({
        "credentials": { "oidcIdentityToken": token.raw().expose() },
        "publicKeyRequest": {
            "publicKey": { "algorithm": "ECDSA", "content": key.to_pem()? },
            "proofOfPossession": STANDARD.encode(proof),
        },
    })
    .to_string();
    let body = Redacted::new(body);
    let address = address.join(&["api", "v2", "signingCert"]);
    let mut question = Question::json(Service::Authority, &address, body.expose().as_bytes());
    question.secrets = vec![token.raw()];
    let answer = caller.post(&question)?;
    let certificate = first_certificate(&answer)?;
    let ours =
        CertificateOfOurs::read(&certificate).map_err(|e| malformed(Service::Authority, e))?;
    // 2. Key.
    if ours.public_key != key.to_library() {
        return Err(ServiceError::OtherKey.into());
    }
    // 3. Identity.
    check_identity(&ours, token)?;
    Ok(Certified {
        certificate,
        until: ours.until,
        policy: ours.policy(),
    })
}

fn first_certificate(answer: &[u8]) -> Result<DerCertificate, ServiceError> {
    let failed = |reason: String| malformed(Service::Authority, reason);
    let value = strict_json(Service::Authority, answer)?;
    let wire: Wire = serde_json::from_value(value).map_err(|e| failed(e.to_string()))?;
    let embedded = match (
        wire.signed_certificate_embedded_sct,
        wire.signed_certificate_detached_sct,
    ) {
        (Some(embedded), None) => embedded,
        (None, Some(_)) => {
            return Err(failed(
                "its SCT stands beside the certificate, where no bundle can hold it".to_owned(),
            ));
        }
        _ => return Err(failed("it has not exactly one certificate".to_owned())),
    };
    let certificates = embedded.chain.certificates;
    if certificates.len() > MAX_CHAIN {
        return Err(failed("its chain is too long".to_owned()));
    }
    let first = certificates
        .first()
        .ok_or_else(|| failed("its chain is empty".to_owned()))?;
    DerCertificate::from_pem(first).map_err(|e| failed(e.to_string()))
}

/// What a certificate must say for a token, as far as that follows from the token:
///
/// 1. The issuer is the token's, or the one behind it where the token's only passes logins on.
/// 2. The name is the token's e-mail address; without one it is none at all. Of GitHub's jobs
///    it is the address of the workflow.
/// 3. The token's subject, which new authorities repeat for build systems, is the token's.
///
/// Other names follow rules of each issuer, which are the authority's to know.
fn check_identity(ours: &CertificateOfOurs, token: &IdentityToken) -> Result<(), ServiceError> {
    // 1. Issuer.
    let issuer = ours.issuer.as_deref();
    let known = [Some(token.issuer()), token.connector()];
    let same_issuer = issuer.is_some() && known.contains(&issuer);
    // 2. Name.
    let name = ours.identity.text.as_str();
    let is_email = ours.identity.kind == IdentityKind::Email;
    let same_name = match token.email() {
        Some(email) => is_email && name == email,
        None if is_github(token.issuer()) => {
            let workflow = token.workflow().map(|path| format!("{GITHUB}/{path}"));
            !is_email && workflow.as_deref() == Some(name)
        }
        None => !is_email,
    };
    // 3. Subject.
    let subject = ours.token_subject.as_deref();
    let same_subject = subject.is_none_or(|subject| subject == token.claimed_subject());
    if same_issuer && same_name && same_subject {
        return Ok(());
    }
    let of = subject.map_or_else(String::new, |subject| {
        format!(" for the token of `{subject}`")
    });
    let got = format!("{}{of} by {}", ours.identity, issuer.unwrap_or("no issuer"));
    let want = format!("{} by {}", token.subject(), token.issuer());
    Err(ServiceError::OtherIdentity {
        got: terminal_safe(&got).into_owned(),
        want: terminal_safe(&want).into_owned(),
    })
}

/// Whether GitHub gives tokens as this issuer: to everybody, or to one enterprise.
fn is_github(issuer: &str) -> bool {
    issuer
        .strip_prefix(GITHUB_ISSUER)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
