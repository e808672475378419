//! Roles by certificate: who must have signed, and whose word counts for that.

use super::{EnvironmentError, Role};
use crate::signing::sigstore::{
    AnchoredPattern, ConditionError, EvidencePolicy, IdentityKind, IdentityPattern, Instance,
    LogPolicy, RequiredClaim, SctPolicy, SignerIdentity, SignerPolicy, TrustedRoot, Verifier,
    read_trusted_root,
};
use crate::signing::{Bundle, SigningError};
use serde::Deserialize;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// Kinds of names by their spelling in a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KindName {
    /// An e-mail address.
    Email,
    /// A URI.
    Uri,
}

/// A role whose holder signs with certificates.
#[derive(Debug, Clone)]
pub struct TrustedIdentity {
    signer: SignerPolicy,
    evidence: EvidencePolicy,
    verifier: Arc<Verifier>,
}

impl TrustedIdentity {
    /// The payload of a statement that the holder of this role has signed.
    ///
    /// # Errors
    /// Those of [`Verifier::verify_statement`].
    pub fn verify(&self, bundle: &Bundle) -> Result<Vec<u8>, SigningError> {
        self.verifier
            .verify_statement(bundle, &self.signer, &self.evidence)
    }

    /// Whether somebody could be both. Two patterns of one issuer are taken to overlap:
    /// whether they do cannot be told.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        if self.signer.issuer != other.signer.issuer {
            return false;
        }
        match (&self.signer.identity, &other.signer.identity) {
            (IdentityPattern::Exact { text, .. }, IdentityPattern::Exact { text: other, .. }) => {
                text == other
            }
            (IdentityPattern::Exact { text, .. }, pattern)
            | (pattern, IdentityPattern::Exact { text, .. }) => {
                [IdentityKind::Email, IdentityKind::Uri].iter().any(|kind| {
                    pattern.matches(&SignerIdentity {
                        text: text.clone(),
                        kind: *kind,
                    })
                })
            }
            _ => true,
        }
    }
}

/// Whether a role is one by certificate.
pub(super) fn is_by_certificate(role: &Role) -> bool {
    role.identity.is_some() || role.identity_pattern.is_some()
}

/// The option of a role by key that only a role by certificate has.
pub(super) fn stray_option(role: &Role) -> Option<&'static str> {
    [
        ("issuer", role.issuer.is_some()),
        ("identity-kind", role.identity_kind.is_some()),
        ("require-claims", !role.require_claims.is_empty()),
        ("trusted-root", role.trusted_root.is_some()),
        ("log-entries", role.log_entries.is_some()),
        ("without-sct", role.without_sct),
        ("allow-old-bundles", role.allow_old_bundles),
    ]
    .into_iter()
    .find_map(|(name, given)| given.then_some(name))
}

/// Reads a role by certificate; the trusted root's path is relative to `base`.
///
/// # Errors
/// [`EnvironmentError::Signer`], [`EnvironmentError::Condition`],
/// [`EnvironmentError::Key`] for a trusted root that cannot be used.
pub(super) fn resolve(
    name: &str,
    role: &Role,
    base: &Path,
) -> Result<TrustedIdentity, EnvironmentError> {
    let condition = |source: ConditionError| EnvironmentError::Condition {
        role: name.to_owned(),
        source,
    };
    let signer = |reason| EnvironmentError::Signer {
        role: name.to_owned(),
        reason,
    };
    let kind = role.identity_kind.map(|kind| match kind {
        KindName::Email => IdentityKind::Email,
        KindName::Uri => IdentityKind::Uri,
    });
    let identity = match (&role.identity, &role.identity_pattern) {
        (Some(text), None) => IdentityPattern::exact(text, kind).map_err(condition)?,
        (None, Some(pattern)) => IdentityPattern::Pattern {
            pattern: AnchoredPattern::parse(pattern).map_err(condition)?,
            kind,
        },
        _ => return Err(signer("needs one of `identity` and `identity-pattern`")),
    };
    let issuer = role.issuer.clone().ok_or_else(|| {
        signer("has an identity without `issuer`: anybody could vouch for that name")
    })?;
    let claims = role
        .require_claims
        .iter()
        .map(|text| RequiredClaim::parse(text).map_err(condition))
        .collect::<Result<_, _>>()?;
    let key_error = |source| EnvironmentError::Key {
        role: name.to_owned(),
        source,
    };
    let github = role.trusted_root.as_deref() == Some("github");
    let root = match role.trusted_root.as_deref() {
        None | Some("public-good") => TrustedRoot::of(Instance::PublicGood),
        Some("staging") => TrustedRoot::of(Instance::Staging),
        Some("github") => TrustedRoot::of(Instance::GitHub),
        Some(path) => read_trusted_root(&base.join(path)),
    };
    let verifier = root.and_then(Verifier::new).map_err(key_error)?;
    let log = match role.log_entries {
        Some(count) => {
            NonZeroUsize::new(count.into()).map_or(LogPolicy::TimestampsOnly, LogPolicy::Entries)
        }
        None if github => LogPolicy::TimestampsOnly,
        None => LogPolicy::ONE,
    };
    Ok(TrustedIdentity {
        signer: SignerPolicy {
            identity,
            issuer: Some(issuer),
            claims,
        },
        evidence: EvidencePolicy {
            old_bundles: role.allow_old_bundles,
            log,
            sct: match role.without_sct || github {
                true => SctPolicy::NotIssued,
                false => SctPolicy::Required,
            },
        },
        verifier: Arc::new(verifier),
    })
}
