//! What a policy says about the age of versions and about snapshots of registry answers.

use super::error::PolicyError;
use serde::Deserialize;

/// What follows where a registry does not say when a version was published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownAge {
    /// A finding.
    Deny,
    /// A gap.
    #[default]
    Warn,
    /// Nothing.
    Allow,
}

/// A minimum age for some names or registries: `[[registry.age]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AgeEntry {
    /// The purl type; every ecosystem without it.
    pub ecosystem: Option<String>,
    /// The address of an approved registry, or above it; every registry without it.
    pub registry: Option<String>,
    /// Name patterns; every name without them.
    #[serde(default)]
    pub names: Vec<String>,
    /// In days; 0 asks for no age.
    pub minimum_age_days: u32,
    /// `warn` without it.
    #[serde(default)]
    pub unknown_age: UnknownAge,
}

/// The API of AWS CodeArtifact behind an approved registry: `[[registry.codeartifact]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CodeArtifactEntry {
    /// The approved registry's address.
    pub registry: String,
    /// The address of the API, since only what the policy names is contacted.
    pub api: String,
    /// These four only where the registry's address does not have CodeArtifact's form.
    pub domain: Option<String>,
    /// The account that owns the domain.
    pub owner: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// The repository.
    pub repository: Option<String>,
}

/// Who approves is a person or a team: blank text is nobody.
pub(super) fn check_approvers(approvers: &[String], source_name: &str) -> Result<(), PolicyError> {
    match approvers.iter().position(|name| name.trim().is_empty()) {
        None => Ok(()),
        Some(index) => Err(PolicyError::BlankApprover {
            source_name: source_name.to_owned(),
            number: index + 1,
        }),
    }
}

/// An entry that fits everything would hide the ones after it, and `[registry]` has a key of
/// its own for it.
pub(super) fn check_ages(entries: &[AgeEntry], source_name: &str) -> Result<(), PolicyError> {
    let wrong = entries.iter().position(|entry| {
        entry.ecosystem.is_none() && entry.registry.is_none() && entry.names.is_empty()
    });
    match wrong {
        None => Ok(()),
        Some(index) => Err(PolicyError::AgeForEverything {
            source_name: source_name.to_owned(),
            number: index + 1,
        }),
    }
}
