//! Who a certificate was issued to, and who it must be.

use super::claims::{CLAIMS, ClaimName, RequiredClaim};
use super::error::VerifyError;
use super::pattern::IdentityPattern;
use sigstore_crypto::{CertificateInfo, SubjectAltName, parse_certificate_info};
use sigstore_types::DerCertificate;
use std::fmt;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName as Names;

/// RFC 6962, section 3.3: the list of certificate transparency timestamps.
const SCT_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");

/// The kind of a certificate's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityKind {
    /// An e-mail address: a person or a service account.
    Email,
    /// A URI: a workflow, or SPIFFE.
    Uri,
}

impl IdentityKind {
    /// `email` or `uri`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Uri => "uri",
        }
    }
}

/// The one subject alternative name of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerIdentity {
    /// The name.
    pub text: String,
    /// Its kind.
    pub kind: IdentityKind,
}

impl fmt::Display for SignerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.as_str(), self.text)
    }
}

/// Who must have signed. Both parts are needed: without the issuer, anybody who runs one
/// could vouch for any name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerPolicy {
    /// The name in the certificate.
    pub identity: IdentityPattern,
    /// The issuer that vouched for it, compared byte by byte. Where it is none, the
    /// certificate must not name one: GitHub's release attestations.
    pub issuer: Option<String>,
    /// What else the certificate must claim, all of it.
    pub claims: Vec<RequiredClaim>,
}

/// A certificate that was issued for a key of this program.
#[cfg(feature = "full")]
#[derive(Debug, Clone)]
pub(in crate::signing) struct CertificateOfOurs {
    pub public_key: sigstore_types::DerPublicKey,
    pub identity: SignerIdentity,
    pub issuer: Option<String>,
    /// Its last moment.
    pub until: jiff::Timestamp,
}

#[cfg(feature = "full")]
impl CertificateOfOurs {
    /// Reads it. Nothing of it is verified.
    ///
    /// # Errors
    /// [`VerifyError::BadCertificate`].
    pub(in crate::signing) fn read(der: &DerCertificate) -> Result<Self, VerifyError> {
        let claimed = Claimed::read(der)?;
        Ok(Self {
            public_key: claimed.info.public_key,
            identity: claimed.identity,
            issuer: claimed.issuer,
            until: claimed.info.not_after,
        })
    }

    /// Demands exactly its name and issuer.
    pub(in crate::signing) fn policy(&self) -> SignerPolicy {
        SignerPolicy {
            identity: IdentityPattern::Exact {
                text: self.identity.text.clone(),
                kind: Some(self.identity.kind),
            },
            issuer: self.issuer.clone(),
            claims: Vec::new(),
        }
    }
}

/// What a certificate says; not to be trusted before it is verified.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    pub identity: SignerIdentity,
    pub issuer: Option<String>,
    pub has_sct: bool,
    info: CertificateInfo,
}

impl Claimed {
    /// Reads a certificate.
    pub(super) fn read(der: &DerCertificate) -> Result<Self, VerifyError> {
        let bad = |reason: String| VerifyError::BadCertificate { reason };
        let info = parse_certificate_info(der).map_err(|e| bad(e.to_string()))?;
        let certificate = Certificate::from_der(der.as_bytes()).map_err(|e| bad(e.to_string()))?;
        let names = certificate
            .tbs_certificate
            .get::<Names>()
            .map_err(|e| bad(e.to_string()))?;
        // The library takes the first of several names, whichever is meant.
        let count = names.map_or(0, |(_, names)| names.0.len());
        if count != 1 {
            return Err(bad(format!(
                "it has {count} names, exactly one is required"
            )));
        }
        let identity = match &info.identity {
            Some(SubjectAltName::Email(text)) => SignerIdentity {
                text: text.clone(),
                kind: IdentityKind::Email,
            },
            Some(SubjectAltName::Uri(text)) => SignerIdentity {
                text: text.clone(),
                kind: IdentityKind::Uri,
            },
            _ => return Err(bad("its name is no e-mail address and no URI".to_owned())),
        };
        let has_sct = certificate
            .tbs_certificate
            .extensions
            .iter()
            .flatten()
            .any(|extension| extension.extn_id == SCT_LIST);
        Ok(Self {
            identity,
            issuer: info.issuer.clone(),
            has_sct,
            info,
        })
    }

    /// Compares with who must have signed.
    ///
    /// # Errors
    /// [`VerifyError::WrongIssuer`], [`VerifyError::WrongIdentity`],
    /// [`VerifyError::WrongClaim`].
    pub(super) fn check(&self, want: &SignerPolicy) -> Result<(), VerifyError> {
        if self.issuer != want.issuer {
            return Err(VerifyError::WrongIssuer {
                got: self.issuer.clone(),
                want: want.issuer.clone(),
            });
        }
        if !want.identity.matches(&self.identity) {
            return Err(VerifyError::WrongIdentity {
                got: self.identity.clone(),
                want: want.identity.clone(),
            });
        }
        for claim in &want.claims {
            let got = self.claim(claim.name());
            if got != Some(claim.value()) {
                return Err(VerifyError::WrongClaim {
                    name: claim.name().as_str(),
                    got: got.map(str::to_owned),
                    want: claim.value().to_owned(),
                });
            }
        }
        Ok(())
    }

    fn claim(&self, name: ClaimName) -> Option<&str> {
        name.of(&self.info)
    }

    /// Every claim that it makes, with its value.
    pub(super) fn claims(&self) -> Vec<(ClaimName, String)> {
        CLAIMS
            .iter()
            .filter_map(|name| Some((*name, self.claim(*name)?.to_owned())))
            .collect()
    }

    /// Whether its key signs whole messages, not digests.
    pub(super) fn signs_whole_messages(&self) -> bool {
        self.info
            .key_algorithm
            .default_signing_scheme()
            .hash_algorithm()
            .is_none()
    }
}
