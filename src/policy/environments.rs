//! The part of a policy that gates read: who may say what (`roles`), and what each
//! environment demands (`environments`).
//!
//! ```toml
//! [roles.tester]
//! key = "tester.pub"                  # SPKI PEM, relative to the policy file
//! [roles.builder]                     # or who signs keyless, and who vouches for them
//! identity = "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main"
//! issuer = "https://token.actions.githubusercontent.com"
//! require-claims = ["runner-environment=github-hosted"]
//! [environments.prod]
//! promoter = "promoter-prod"          # signs the summary of this gate
//! requires-vsa-from = "staging"       # only what has passed staging
//! [[environments.prod.require]]
//! predicate = "test-result"
//! role = "tester"
//! min-tests = 1
//! max-age = "30d"
//! ```

mod error;
mod identity;
mod requirement;

pub use error::EnvironmentError;
pub use identity::{KindName, TrustedIdentity};
pub use requirement::{Age, Condition, PolicyDigest, Requirement};

use crate::signing::{self, KeyId, PublicKey};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Longest name of a role or an environment, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// A kind of signer: by its key, or by the identity in its certificate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Role {
    /// Path of a public key file, relative to the policy file.
    pub key: Option<String>,
    /// The public key itself, PEM.
    pub key_pem: Option<String>,
    /// The name in the certificate, exactly.
    pub identity: Option<String>,
    /// A pattern for all of the name: `^…$`.
    pub identity_pattern: Option<String>,
    /// The kind of name.
    pub identity_kind: Option<KindName>,
    /// The issuer that vouches for the name, exactly.
    pub issuer: Option<String>,
    /// What the certificate must claim, each `NAME=VALUE`.
    #[serde(default)]
    pub require_claims: Vec<String>,
    /// `public-good` (the default), `staging`, `github`, or the path of a trusted root,
    /// relative to the policy file.
    pub trusted_root: Option<String>,
    /// How many logs must hold the signature; 1 by default, 0 with `github`.
    pub log_entries: Option<u8>,
    /// Accept certificates without a certificate transparency timestamp.
    #[serde(default)]
    pub without_sct: bool,
    /// Accept bundle versions 0.1 and 0.2; the log's proof is required all the same.
    #[serde(default)]
    pub allow_old_bundles: bool,
    /// Roles that must have another key than this one.
    #[serde(default)]
    pub distinct_from: Vec<String>,
}

/// A place that artifacts are promoted to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Environment {
    /// The role that signs the verification summaries of this environment.
    pub promoter: Option<String>,
    /// The environment that an artifact must have passed before.
    pub requires_vsa_from: Option<String>,
    /// What must be attested, all of it.
    #[serde(default)]
    pub require: Vec<Requirement>,
}

/// A requirement whose signer is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// What it must say.
    pub condition: Condition,
    /// Who must have signed it.
    pub role: String,
    /// How old it may be.
    pub max_age: Option<Age>,
}

/// The public keys and identities of all roles.
#[derive(Debug, Clone, Default)]
pub struct TrustedRoles {
    keys: BTreeMap<String, PublicKey>,
    identities: BTreeMap<String, TrustedIdentity>,
}

impl TrustedRoles {
    /// The key of a role.
    #[must_use]
    pub fn key(&self, role: &str) -> Option<&PublicKey> {
        self.keys.get(role)
    }

    /// All roles by certificate, sorted by name.
    pub fn identities(&self) -> impl Iterator<Item = (&str, &TrustedIdentity)> {
        self.identities
            .iter()
            .map(|(role, identity)| (role.as_str(), identity))
    }

    /// All roles with their keys, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PublicKey)> {
        self.keys.iter().map(|(role, key)| (role.as_str(), key))
    }

    /// The roles of a key, sorted.
    #[must_use]
    pub fn roles_of(&self, key: &KeyId) -> Vec<String> {
        self.keys
            .iter()
            .filter(|(_, candidate)| candidate.id() == key)
            .map(|(role, _)| role.clone())
            .collect()
    }
}

/// Reads the keys and trusted roots of all roles; paths are relative to `base`, the policy
/// file's directory.
///
/// # Errors
/// Every variant of [`EnvironmentError`] that is about a role.
pub fn resolve_roles(
    roles: &BTreeMap<String, Role>,
    base: &Path,
) -> Result<TrustedRoles, EnvironmentError> {
    let mut trusted = TrustedRoles::default();
    for (name, role) in roles {
        check_name(name)?;
        if identity::is_by_certificate(role) {
            if role.key.is_some() || role.key_pem.is_some() {
                return Err(EnvironmentError::Signer {
                    role: name.clone(),
                    reason: "has a key and an identity",
                });
            }
            let resolved = identity::resolve(name, role, base)?;
            trusted.identities.insert(name.clone(), resolved);
        } else {
            let key = resolve_key(name, role, base)?;
            trusted.keys.insert(name.clone(), key);
        }
    }
    for (name, role) in roles {
        for other in &role.distinct_from {
            check_distinct(&trusted, name, other)?;
        }
    }
    Ok(trusted)
}

fn resolve_key(name: &str, role: &Role, base: &Path) -> Result<PublicKey, EnvironmentError> {
    if let Some(option) = identity::stray_option(role) {
        return Err(EnvironmentError::StrayOption {
            role: name.to_owned(),
            option,
        });
    }
    let count_error = |got| EnvironmentError::KeyCount {
        role: name.to_owned(),
        got,
    };
    let key = match (&role.key, &role.key_pem) {
        (Some(path), None) => signing::read_public_key(&base.join(path)),
        (None, Some(pem)) => PublicKey::from_pem(pem.as_bytes()),
        (None, None) => return Err(count_error("no key")),
        (Some(_), Some(_)) => return Err(count_error("two keys")),
    };
    key.map_err(|source| EnvironmentError::Key {
        role: name.to_owned(),
        source,
    })
}

/// A key and a certificate are always different signers.
fn check_distinct(roles: &TrustedRoles, name: &str, other: &str) -> Result<(), EnvironmentError> {
    let (theirs, their_identity) = (roles.keys.get(other), roles.identities.get(other));
    if theirs.is_none() && their_identity.is_none() {
        return Err(EnvironmentError::UnknownRole {
            place: format!("role `{name}`"),
            role: other.to_owned(),
        });
    }
    if let (Some(own), Some(theirs)) = (roles.keys.get(name), theirs)
        && own.id() == theirs.id()
    {
        return Err(EnvironmentError::NotDistinct {
            first: name.to_owned(),
            second: other.to_owned(),
            key: theirs.id().clone(),
        });
    }
    if let (Some(own), Some(theirs)) = (roles.identities.get(name), their_identity)
        && own.may_be(theirs)
    {
        return Err(EnvironmentError::NotDistinctIdentities {
            first: name.to_owned(),
            second: other.to_owned(),
        });
    }
    Ok(())
}

/// Checks that every environment demands something and names only roles and environments
/// that exist. For the loader: a policy that passes has no dead ends.
///
/// # Errors
/// Every variant of [`EnvironmentError`] that is not about keys.
pub fn check_environments(
    roles: &BTreeMap<String, Role>,
    environments: &BTreeMap<String, Environment>,
) -> Result<(), EnvironmentError> {
    for (name, environment) in environments {
        check_name(name)?;
        let required = requirements(environments, name, "")?;
        let named = required
            .iter()
            .map(|required| &required.role)
            .chain(&environment.promoter);
        for role in named {
            if !roles.contains_key(role) {
                return Err(EnvironmentError::UnknownRole {
                    place: format!("environment `{name}`"),
                    role: role.clone(),
                });
            }
        }
        check_order(environments, name)?;
    }
    Ok(())
}

/// Everything that an environment demands, in the order of the policy; the VSA of
/// `requires-vsa-from` comes first. `this` is the SHA-256 (hex) of the policy file.
///
/// # Errors
/// [`EnvironmentError::UnknownEnvironment`], [`EnvironmentError::NoPromoter`],
/// [`EnvironmentError::NothingRequired`].
pub fn requirements(
    environments: &BTreeMap<String, Environment>,
    name: &str,
    this: &str,
) -> Result<Vec<Required>, EnvironmentError> {
    let environment = find(environments, name)?;
    let shorthand = environment
        .requires_vsa_from
        .iter()
        .map(|from| Requirement {
            condition: Condition::Vsa {
                from: from.clone(),
                policy: None,
            },
            role: None,
            max_age: None,
        });
    let mut required = Vec::new();
    for requirement in shorthand.chain(environment.require.iter().cloned()) {
        let role = match (&requirement.condition, requirement.role) {
            (Condition::Vsa { from, .. }, _) => find(environments, from)?
                .promoter
                .clone()
                .ok_or_else(|| EnvironmentError::NoPromoter {
                    environment: name.to_owned(),
                    from: from.clone(),
                })?,
            (_, role) => role.unwrap_or_default(),
        };
        required.push(Required {
            condition: requirement.condition.resolved(this),
            role,
            max_age: requirement.max_age,
        });
    }
    if required.is_empty() {
        return Err(EnvironmentError::NothingRequired {
            environment: name.to_owned(),
        });
    }
    Ok(required)
}

fn find<'a>(
    environments: &'a BTreeMap<String, Environment>,
    name: &str,
) -> Result<&'a Environment, EnvironmentError> {
    environments
        .get(name)
        .ok_or_else(|| EnvironmentError::UnknownEnvironment {
            name: name.to_owned(),
            known: environments.keys().cloned().collect(),
        })
}

/// An environment whose predecessors lead back to it can never be entered.
fn check_order(
    environments: &BTreeMap<String, Environment>,
    start: &str,
) -> Result<(), EnvironmentError> {
    let mut reached = Vec::new();
    let mut open = vec![start.to_owned()];
    while let Some(name) = open.pop() {
        for required in requirements(environments, &name, "")? {
            let Condition::Vsa { from, .. } = required.condition else {
                continue;
            };
            if from == start {
                return Err(EnvironmentError::Cycle {
                    environment: start.to_owned(),
                });
            }
            if !reached.contains(&from) {
                reached.push(from.clone());
                open.push(from);
            }
        }
    }
    Ok(())
}

/// Names become parts of file names and URIs.
fn check_name(name: &str) -> Result<(), EnvironmentError> {
    let valid = name.len() <= MAX_NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if valid {
        Ok(())
    } else {
        Err(EnvironmentError::BadName {
            name: name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
