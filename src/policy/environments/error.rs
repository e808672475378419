//! Why roles and environments cannot be used.

use crate::model::Hint;
use crate::signing::sigstore::ConditionError;
use crate::signing::{KeyId, SigningError};

/// What is wrong with roles and environments.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// A name with other characters than `a`–`z`, `0`–`9` and `-`, or too long.
    #[error("`{name}` is not a name: a-z, 0-9 and `-`, at most 64, starting with a letter")]
    BadName {
        /// As written.
        name: String,
    },
    /// No key, or two.
    #[error("role `{role}` has {got}, expected either `key` or `key-pem`")]
    KeyCount {
        /// The role.
        role: String,
        /// `no key` or `two keys`.
        got: &'static str,
    },
    /// A key that cannot be read or is not allowed.
    #[error("role `{role}`: {source}")]
    Key {
        /// The role.
        role: String,
        /// Why.
        source: SigningError,
    },
    /// A signer by certificate that is not clear.
    #[error("role `{role}` {reason}")]
    Signer {
        /// The role.
        role: String,
        /// What is missing or too much.
        reason: &'static str,
    },
    /// A condition on the signer that cannot be meant.
    #[error("role `{role}`: {source}")]
    Condition {
        /// The role.
        role: String,
        /// Why.
        source: ConditionError,
    },
    /// An option for signers by certificate, at a role by key.
    #[error("role `{role}` has `{option}`, but no `identity`")]
    StrayOption {
        /// The role.
        role: String,
        /// The option.
        option: &'static str,
    },
    /// Two roles that must be different people may be the same.
    #[error("roles `{first}` and `{second}` must be distinct, but one certificate may fit both")]
    NotDistinctIdentities {
        /// One role.
        first: String,
        /// The other.
        second: String,
    },
    /// Two roles that must be different people share a key.
    #[error("roles `{first}` and `{second}` must be distinct, but both have the key {key}")]
    NotDistinct {
        /// One role.
        first: String,
        /// The other.
        second: String,
        /// Their key.
        key: KeyId,
    },
    /// A role that is named but not defined.
    #[error("{place} names the role `{role}`, which is not defined")]
    UnknownRole {
        /// Where.
        place: String,
        /// The name.
        role: String,
    },
    /// An environment that is named but not defined.
    #[error("environment `{name}` is not in the policy")]
    UnknownEnvironment {
        /// The name.
        name: String,
        /// Those that are, sorted.
        known: Vec<String>,
    },
    /// An environment that anything may enter.
    #[error("environment `{environment}` requires nothing")]
    NothingRequired {
        /// Its name.
        environment: String,
    },
    /// A VSA is required from an environment whose summaries nobody signs.
    #[error("environment `{environment}` requires a VSA from `{from}`, which has no promoter")]
    NoPromoter {
        /// Its name.
        environment: String,
        /// The other one's.
        from: String,
    },
    /// An environment that must be passed before itself.
    #[error("environment `{environment}` comes after itself by way of the VSAs it requires")]
    Cycle {
        /// Its name.
        environment: String,
    },
}

impl Hint for EnvironmentError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::BadName { .. } => "rename it",
            Self::KeyCount { .. } => "name the public key: key = \"tester.pub\"",
            Self::Key { source, .. } => return source.hint(),
            Self::Condition { source, .. } => return source.hint(),
            Self::Signer { .. } => {
                "name either a key, or `identity` (or `identity-pattern`) and `issuer`"
            }
            Self::StrayOption { .. } => "take it out, or name an `identity` instead of a key",
            Self::NotDistinctIdentities { .. } => {
                "give each role an identity of its own; two patterns of one issuer are taken to \
                 overlap"
            }
            Self::NotDistinct { .. } => "give each role a key of its own",
            Self::UnknownRole { role, .. } => {
                return Some(format!("add `[roles.{role}]`, or correct the name"));
            }
            Self::UnknownEnvironment { known, .. } if known.is_empty() => {
                "the policy defines no environments"
            }
            Self::UnknownEnvironment { known, .. } => {
                return Some(format!("the policy defines {}", known.join(", ")));
            }
            Self::NothingRequired { .. } => "add `[[environments.NAME.require]]` entries",
            Self::NoPromoter { .. } => "set `promoter` on that environment",
            Self::Cycle { .. } => "take one of `requires-vsa-from` or `from` out",
        };
        Some(text.to_owned())
    }
}
