//! Kinds of secrets: the stable ids under the broad rules, and what to do about each.

use crate::model::{Rule, Severity};

/// What to do about a secret; after AWS SEC02-BP03: a credential that can be done
/// without is replaced, any other is rotated in a secret store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Revoke it and keep its successor in a secret store.
    Rotate {
        /// Where or how to revoke it: completes "revoke it …".
        revoke: &'static str,
    },
    /// Revoke it and use a mechanism without a stored secret.
    Replace {
        /// Where or how to revoke it: completes "revoke it …".
        revoke: &'static str,
        /// The mechanism: completes "replace it by …".
        instead: &'static str,
    },
}

impl Remedy {
    /// The steps in order, one line: revoke, replace, purge.
    pub(super) fn steps(self) -> String {
        match self {
            Self::Rotate { revoke } => format!(
                "revoke it {revoke}, keep its successor in a secret store that rotates it (AWS Secrets Manager), then purge it from the history"
            ),
            Self::Replace { revoke, instead } => format!(
                "revoke it {revoke}, replace it by {instead}, then purge it from the history"
            ),
        }
    }

    pub(super) fn replaces(self) -> bool {
        matches!(self, Self::Replace { .. })
    }
}

/// One kind of secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Stable id: `github-personal-access-token`.
    pub id: &'static str,
    /// `GitHub`, `private key`.
    pub provider: &'static str,
    /// A few words: `personal access token`.
    pub credential: &'static str,
    /// How a message begins: `GitHub personal access token`.
    pub title: &'static str,
    /// The rule that findings of this kind belong to.
    pub rule: &'static Rule,
    /// How bad.
    pub severity: Severity,
    /// What to do.
    pub remedy: Remedy,
}
