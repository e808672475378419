//! The policy file: its keys, its inheritance, its errors.

use super::advisories::{AdvisoryPolicy, AdvisorySection};
use super::environments::{Environment, Role, check_environments};
use super::error::PolicyError;
use super::level::{Level, LevelTable};
use super::presets::Preset;
use super::registry::{AgeEntry, CodeArtifactEntry, UnknownAge, check_ages, check_approvers};
use super::waiver::{Waiver, WaiverDocument};
use crate::model::{Confidence, TomlProblem, nearest};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Larger policies are refused by the reader; 1 MiB holds some ten thousand waivers.
pub const MAX_POLICY_BYTES: u64 = 1024 * 1024;

/// A policy, complete: its presets are merged in, its waivers are well formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Approved registries and internal names.
    pub registry: RegistryPolicy,
    /// Licences that are allowed, as SPDX ids; not judged where it is absent.
    pub licences: Option<Vec<String>>,
    /// Everyone's exceptions, in the order of the file.
    pub waivers: Vec<Waiver>,
    /// Who may say what, by role name.
    pub roles: BTreeMap<String, Role>,
    /// What each environment demands.
    pub environments: BTreeMap<String, Environment>,
    /// What blocks among advisories, and which VEX documents count.
    pub advisories: AdvisoryPolicy,
    /// Whether exceptions that the repository keeps for its secrets count.
    pub accepts_exceptions: bool,
    /// Where `sealgate:allow` on a line counts.
    pub marks: Marks,
    /// The longest time a waiver may last, in days.
    pub waiver_max_days: u32,
    pub(super) rules: LevelTable,
    pub(super) gaps: LevelTable,
    pub(super) block_confidence: Confidence,
    pub(super) waiver_warn_days: u32,
    pub(super) source_name: String,
}

/// Where packages may come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryPolicy {
    /// By ecosystem (purl type): `default`, or addresses.
    pub approved: BTreeMap<String, Vec<String>>,
    /// Name patterns that must come from an approved registry of one's own.
    pub internal: Vec<String>,
    /// Who may approve a package: for messages, nobody is asked.
    pub approvers: Vec<String>,
    /// Minimum ages; the first that fits decides.
    pub ages: Vec<AgeEntry>,
    /// The minimum age where none of them fits, in days.
    pub minimum_age_days: Option<u32>,
    /// What an unknown age means there.
    pub unknown_age: UnknownAge,
    /// Oldest snapshot of registry answers, in days.
    pub max_snapshot_age_days: Option<u32>,
    /// APIs of CodeArtifact behind approved registries.
    pub codeartifact: Vec<CodeArtifactEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    schema: u32,
    name: String,
    /// For people and for rollback protection; not compared yet by `check`.
    #[serde(rename = "version")]
    _version: u64,
    extends: Option<String>,
    #[serde(default)]
    rules: BTreeMap<String, Level>,
    #[serde(default)]
    gaps: BTreeMap<String, Level>,
    #[serde(default)]
    advisories: AdvisorySection,
    #[serde(default)]
    secrets: SecretSection,
    #[serde(default)]
    registry: RegistrySection,
    #[serde(default)]
    licences: LicenceSection,
    #[serde(default)]
    waivers: WaiverSection,
    #[serde(default)]
    waiver: Vec<WaiverDocument>,
    #[serde(default)]
    roles: BTreeMap<String, Role>,
    #[serde(default)]
    environments: BTreeMap<String, Environment>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SecretSection {
    block_confidence: Option<ConfidenceWord>,
    exceptions: Option<ExceptionsWord>,
    inline_marks: Option<Marks>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ExceptionsWord {
    Accept,
    Refuse,
}

/// Where `sealgate:allow` on a line counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marks {
    /// Nowhere.
    Refuse,
    /// On the machine of a person; in CI it is the change under review that says so.
    OutsideCi,
    /// Everywhere.
    Accept,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ConfidenceWord {
    Low,
    Medium,
    High,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RegistrySection {
    #[serde(default)]
    approved: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    internal: Vec<String>,
    #[serde(default)]
    approvers: Vec<String>,
    #[serde(default)]
    age: Vec<AgeEntry>,
    #[serde(default)]
    codeartifact: Vec<CodeArtifactEntry>,
    minimum_age_days: Option<u32>,
    unknown_age: Option<UnknownAge>,
    max_snapshot_age_days: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LicenceSection {
    allow: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WaiverSection {
    max_days: Option<u32>,
    warn_days: Option<u32>,
}

impl Policy {
    /// Reads a policy. `source_name` is for messages; `known_ids` are the ids of all
    /// rules and gaps, against which the tables and waivers are checked.
    ///
    /// # Errors
    /// Every variant of [`PolicyError`].
    pub fn parse(bytes: &[u8], source_name: &str, known_ids: &[&str]) -> Result<Self, PolicyError> {
        let text = std::str::from_utf8(bytes).map_err(|_| PolicyError::NotText {
            source_name: source_name.to_owned(),
        })?;
        let document = parse_document(text, source_name)?;
        let base = match &document.extends {
            None => None,
            Some(name) => {
                let preset = Preset::named(name).ok_or_else(|| PolicyError::UnknownPreset {
                    source_name: source_name.to_owned(),
                    name: name.clone(),
                })?;
                Some(Self::preset(preset, known_ids)?)
            }
        };
        check_ids(&document, source_name, known_ids)?;
        document.complete(base, source_name)
    }

    /// A preset as a policy.
    ///
    /// # Errors
    /// None for the presets of this program; a test reads them all.
    pub fn preset(preset: Preset, known_ids: &[&str]) -> Result<Self, PolicyError> {
        Self::parse(preset.text.as_bytes(), preset.name, known_ids)
    }
}

fn parse_document(text: &str, source_name: &str) -> Result<Document, PolicyError> {
    let document: Document =
        toml::from_str(text).map_err(|error| describe(&error, text, source_name))?;
    if document.schema != 1 {
        return Err(PolicyError::UnknownSchema {
            source_name: source_name.to_owned(),
            got: document.schema,
        });
    }
    Ok(document)
}

impl Document {
    fn complete(self, base: Option<Policy>, source_name: &str) -> Result<Policy, PolicyError> {
        let waivers = self
            .waiver
            .into_iter()
            .enumerate()
            .map(|(index, waiver)| {
                let id = waiver.id.clone();
                Waiver::try_from(waiver).map_err(|problem| PolicyError::BadWaiver {
                    source_name: source_name.to_owned(),
                    number: index + 1,
                    id,
                    problem,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut policy = base.unwrap_or_else(Policy::without_preset);
        policy.name = self.name;
        source_name.clone_into(&mut policy.source_name);
        policy.rules = LevelTable(self.rules).over(policy.rules);
        policy.gaps = LevelTable(self.gaps).over(policy.gaps);
        policy.advisories = self.advisories.over(policy.advisories, source_name)?;
        if let Some(word) = self.secrets.block_confidence {
            policy.block_confidence = match word {
                ConfidenceWord::Low => Confidence::Low,
                ConfidenceWord::Medium => Confidence::Medium,
                ConfidenceWord::High => Confidence::High,
            };
        }
        if let Some(word) = self.secrets.exceptions {
            policy.accepts_exceptions = matches!(word, ExceptionsWord::Accept);
        }
        policy.marks = self.secrets.inline_marks.unwrap_or(policy.marks);
        policy.registry.approved.extend(self.registry.approved);
        policy.registry.internal.extend(self.registry.internal);
        policy.licences = self.licences.allow.or(policy.licences);
        check_ages(&self.registry.age, source_name)?;
        check_approvers(&self.registry.approvers, source_name)?;
        let registry = &mut policy.registry;
        registry.approvers.extend(self.registry.approvers);
        // The file's own before the preset's: the first that fits decides.
        registry.ages.splice(0..0, self.registry.age);
        registry.codeartifact.extend(self.registry.codeartifact);
        registry.minimum_age_days = self.registry.minimum_age_days.or(registry.minimum_age_days);
        registry.unknown_age = self.registry.unknown_age.unwrap_or(registry.unknown_age);
        registry.max_snapshot_age_days = self
            .registry
            .max_snapshot_age_days
            .or(registry.max_snapshot_age_days);
        policy.waiver_max_days = self.waivers.max_days.unwrap_or(policy.waiver_max_days);
        policy.waiver_warn_days = self.waivers.warn_days.unwrap_or(policy.waiver_warn_days);
        policy.waivers.extend(waivers);
        check_environments(&self.roles, &self.environments).map_err(|source| {
            PolicyError::Environments {
                source_name: source_name.to_owned(),
                source,
            }
        })?;
        policy.roles = self.roles;
        policy.environments = self.environments;
        Ok(policy)
    }
}

impl Policy {
    /// What holds where a policy extends nothing and says nothing: everything blocks, and
    /// everything unchecked is inconclusive.
    fn without_preset() -> Self {
        Self {
            name: String::new(),
            registry: RegistryPolicy::default(),
            licences: None,
            waivers: Vec::new(),
            roles: BTreeMap::new(),
            environments: BTreeMap::new(),
            rules: LevelTable(BTreeMap::from([("*".to_owned(), Level::Block)])),
            gaps: LevelTable(BTreeMap::from([("*".to_owned(), Level::Inconclusive)])),
            advisories: AdvisoryPolicy::strictest(),
            block_confidence: Confidence::Low,
            accepts_exceptions: false,
            marks: Marks::Refuse,
            waiver_warn_days: 14,
            waiver_max_days: 90,
            source_name: String::new(),
        }
    }
}

fn check_ids(document: &Document, source_name: &str, known: &[&str]) -> Result<(), PolicyError> {
    for id in document.rules.keys().chain(document.gaps.keys()) {
        let is_known = id == "*"
            || known.contains(&id.as_str())
            || id.strip_suffix("/*").is_some_and(|room| {
                known
                    .iter()
                    .any(|k| k.split_once('/').is_some_and(|(r, _)| r == room))
            });
        if !is_known {
            return Err(unknown_rule(id, source_name, known));
        }
    }
    // Advisory ids and kinds of secrets hold no slash.
    let waived = document.waiver.iter().map(|waiver| &waiver.id);
    match waived
        .filter(|id| id.contains('/'))
        .find(|id| !known.contains(&id.as_str()))
    {
        Some(id) => Err(unknown_rule(id, source_name, known)),
        None => Ok(()),
    }
}

fn unknown_rule(id: &str, source_name: &str, known: &[&str]) -> PolicyError {
    PolicyError::UnknownRule {
        source_name: source_name.to_owned(),
        id: id.to_owned(),
        nearest: nearest(id, known.iter().copied()).map(str::to_owned),
    }
}

fn describe(error: &toml::de::Error, text: &str, source_name: &str) -> PolicyError {
    let source_name = source_name.to_owned();
    match TomlProblem::of(error, text) {
        TomlProblem::UnknownKey { line, key, nearest } => PolicyError::UnknownKey {
            source_name,
            line,
            key,
            nearest,
        },
        TomlProblem::Malformed { line, message } => PolicyError::Malformed {
            source_name,
            line,
            message,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hint as _;

    const IDS: &[&str] = &[
        "advisories/vulnerability",
        "advisories/malicious",
        "advisories/no-database",
        "secrets/account-data",
        "secrets/password",
        "registry/unapproved-origin",
        "registry/source-unknown",
        "registry/checksum-conflict",
        "registry/internal-name-outside",
        "registry/url-credentials",
        "registry/name-mismatch",
        "registry/weakened-client",
        "registry/no-cool-down",
        "registry/look-alike-name",
        "registry/stale-lockfile",
        "registry/licence-not-allowed",
        "registry/licence-unknown",
        "registry/no-approved-registries",
        "registry/absent",
        "registry/age-denied",
        "registry/age-unknown",
        "registry/checksum-mismatch",
        "registry/origin-external",
        "registry/too-new",
        "advisories/withdrawn",
        "advisories/yanked",
        "advisories/yank-data-absent",
        "advisories/no-exploit-data",
        "vex/unusable-statement",
        "vex/conflicting-statements",
    ];
    const HEAD: &str = "schema = 1\nname = \"t\"\nversion = 1\n";

    fn parse(rest: &str) -> Result<Policy, PolicyError> {
        Policy::parse(format!("{HEAD}{rest}").as_bytes(), "policy.toml", IDS)
    }

    #[test]
    fn every_preset_is_a_policy() {
        for name in super::super::preset_names() {
            let preset = Preset::named(name).unwrap();
            assert_eq!(Policy::preset(preset, IDS).unwrap().name, name);
        }
    }

    #[test]
    fn a_typo_in_a_key_names_its_line_and_the_key_that_was_meant() {
        let error = parse("[advisories]\nblock-severty = \"high\"\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "policy.toml:5: unknown key `block-severty`"
        );
        assert_eq!(error.hint().unwrap(), "did you mean `block-severity`?");
    }

    #[test]
    fn a_typo_in_a_rule_id_names_the_rule_that_was_meant() {
        let error = parse("[rules]\n\"secrets/pasword\" = \"block\"\n").unwrap_err();
        assert!(
            matches!(&error, PolicyError::UnknownRule { nearest: Some(n), .. } if n == "secrets/password"),
            "{error:?}"
        );
        assert!(parse("[rules]\n\"nowhere/*\" = \"block\"\n").is_err());
        let waiver = |id: &str| {
            parse(&format!(
                "[[waiver]]\nid = \"{id}\"\npath = \"a\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n"
            ))
        };
        assert!(matches!(
            waiver("secrets/pasword").unwrap_err(),
            PolicyError::UnknownRule { nearest: Some(n), .. } if n == "secrets/password"
        ));
        assert!(waiver("secrets/*").is_err());
        assert!(waiver("secrets/password").is_ok());
        assert!(waiver("CVE-2026-1").is_ok());
        assert!(parse("[rules]\n\"secrets/*\" = \"block\"\n").is_ok());
    }

    #[test]
    fn a_wrong_value_names_its_line() {
        let error = parse("[advisories]\n\nblock-severity = \"huge\"\n").unwrap_err();
        assert!(
            matches!(&error, PolicyError::Malformed { line: 6, .. }),
            "{error:?}"
        );
        assert!(matches!(
            parse("[rules\n").unwrap_err(),
            PolicyError::Malformed { .. }
        ));
    }

    #[test]
    fn an_own_entry_wins_over_the_preset_it_extends() {
        let policy = parse(
            "extends = \"baseline\"\n[rules]\n\"secrets/password\" = \"report\"\n[registry.approved]\ncargo = [\"default\"]\n",
        )
        .unwrap();
        assert_eq!(
            policy.rules.lookup("secrets/password").unwrap().1,
            Level::Report
        );
        assert_eq!(
            policy.rules.lookup("secrets/other").unwrap(),
            ("secrets/*", Level::Block)
        );
        assert_eq!(policy.registry.approved["cargo"], ["default"]);
    }

    #[test]
    fn a_policy_that_says_nothing_blocks_everything() {
        let policy = parse("").unwrap();
        assert_eq!(policy.rules.lookup("any/thing").unwrap().1, Level::Block);
        assert_eq!(
            policy.gaps.lookup("any/thing").unwrap().1,
            Level::Inconclusive
        );
    }

    #[test]
    fn another_schema_and_another_encoding_are_refused() {
        let error = Policy::parse(b"schema = 2\nname=\"x\"\nversion=1", "p", IDS).unwrap_err();
        assert!(matches!(error, PolicyError::UnknownSchema { got: 2, .. }));
        let error = Policy::parse(b"\xff\xfe", "p", IDS).unwrap_err();
        assert!(matches!(error, PolicyError::NotText { .. }));
        assert!(matches!(
            parse("extends = \"lax\"").unwrap_err(),
            PolicyError::UnknownPreset { .. }
        ));
    }
}
