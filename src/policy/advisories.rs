//! What a policy says about advisories: its keys, and the level of one finding.

use super::environments::Age;
use super::error::PolicyError;
use super::level::Level;
use crate::model::{
    AdvisoryClass, AdvisoryDetail, Ecosystem, Scope, Severity, SourceUse, VexStatement, nearest,
};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The wildcard of `[advisories.max-age]`.
const ANY_SOURCE: &str = "*";
/// What stands before the ecosystem in the name of an OSV source.
const OSV: &str = "OSV ";

/// The part of a policy about advisories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisoryPolicy {
    pub(super) block_severity: Severity,
    pub(super) block_without_fix: bool,
    pub(super) block_known_exploited: bool,
    /// In hundred-thousandths.
    pub(super) block_epss_e5: Option<u32>,
    pub(super) unknown_severity: Level,
    pub(super) indeterminate: Level,
    pub(super) max_age_days: Option<u32>,
    pub(super) max_age: BTreeMap<String, Age>,
    pub(super) scopes: BTreeMap<ScopeWord, Level>,
    database_key: Option<String>,
    vex: VexMode,
    vex_documents: Vec<VexDocument>,
}

/// A VEX document that the policy names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VexDocument {
    /// Path of the file, relative to the policy file.
    pub file: String,
    /// SHA-256 that its bytes must have, lower-case hex.
    pub sha256: String,
}

/// What a VEX document that the policy does not name can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum VexMode {
    /// Its statements are shown.
    Show,
    /// They change the verdict.
    Accept,
}

/// A scope that can have a level. What runs always has the rule's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ScopeWord {
    Peer,
    Optional,
    Build,
    Dev,
}

impl ScopeWord {
    fn of(scope: Scope) -> Option<Self> {
        match scope {
            Scope::Runtime | Scope::Unknown => None,
            Scope::Peer => Some(Self::Peer),
            Scope::Optional => Some(Self::Optional),
            Scope::Build => Some(Self::Build),
            Scope::Dev => Some(Self::Dev),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AdvisorySection {
    #[serde(default, deserialize_with = "severity")]
    block_severity: Option<Severity>,
    block_without_fix: Option<bool>,
    block_known_exploited: Option<bool>,
    #[serde(default, deserialize_with = "probability")]
    block_epss: Option<u32>,
    unknown_severity: Option<Level>,
    indeterminate: Option<Level>,
    max_age_days: Option<u32>,
    #[serde(default)]
    max_age: BTreeMap<String, Age>,
    #[serde(default)]
    scopes: BTreeMap<ScopeWord, Level>,
    database_key: Option<String>,
    vex: Option<VexMode>,
    #[serde(default)]
    vex_document: Vec<VexDocument>,
}

fn severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Severity>, D::Error> {
    let word = String::deserialize(deserializer)?;
    let level: Severity = word.parse().map_err(|()| {
        serde::de::Error::custom(format!(
            "`{word}` is not a severity: low, medium, high or critical"
        ))
    })?;
    if matches!(level, Severity::Unknown | Severity::Info) {
        return Err(serde::de::Error::custom(format!(
            "`{word}` cannot be a threshold: use low, medium, high or critical"
        )));
    }
    Ok(Some(level))
}

/// Hundred-thousandths of a number from 0 to 1.
fn probability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if !(0.0..=1.0).contains(&number) {
        return Err(serde::de::Error::custom(format!(
            "`{number}` is not a probability: a number from 0.0 to 1.0"
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 100000"
    )]
    Ok(Some((number * 100_000.0).round() as u32))
}

impl AdvisorySection {
    /// The same policy with what the file says in the place of what held before.
    pub(super) fn over(
        self,
        base: AdvisoryPolicy,
        source_name: &str,
    ) -> Result<AdvisoryPolicy, PolicyError> {
        check_sources(&self.max_age, source_name)?;
        check_documents(&self.vex_document, source_name)?;
        let mut policy = AdvisoryPolicy {
            block_severity: self.block_severity.unwrap_or(base.block_severity),
            block_without_fix: self.block_without_fix.unwrap_or(base.block_without_fix),
            block_known_exploited: self
                .block_known_exploited
                .unwrap_or(base.block_known_exploited),
            block_epss_e5: self.block_epss.or(base.block_epss_e5),
            unknown_severity: self.unknown_severity.unwrap_or(base.unknown_severity),
            indeterminate: self.indeterminate.unwrap_or(base.indeterminate),
            max_age_days: self.max_age_days.or(base.max_age_days),
            database_key: self.database_key.or(base.database_key),
            vex: self.vex.unwrap_or(base.vex),
            ..base
        };
        policy.max_age.extend(self.max_age);
        policy.scopes.extend(self.scopes);
        policy.vex_documents.extend(self.vex_document);
        Ok(policy)
    }
}

/// A misspelt name would never be too old. Only names of OSV sources can be checked
/// without a database.
fn check_sources(ages: &BTreeMap<String, Age>, source_name: &str) -> Result<(), PolicyError> {
    let wrong = ages.keys().find(|name| {
        name.strip_prefix(OSV)
            .is_some_and(|ecosystem| Ecosystem::from_osv_name(ecosystem).is_none())
    });
    match wrong {
        None => Ok(()),
        Some(name) => {
            let names: Vec<String> = Ecosystem::ALL
                .into_iter()
                .map(|known| format!("{OSV}{}", known.osv_name()))
                .collect();
            Err(PolicyError::UnknownSource {
                source_name: source_name.to_owned(),
                name: name.clone(),
                nearest: nearest(name, names.iter().map(String::as_str)).map(str::to_owned),
            })
        }
    }
}

fn check_documents(documents: &[VexDocument], source_name: &str) -> Result<(), PolicyError> {
    for (index, document) in documents.iter().enumerate() {
        let is_digest = document.sha256.len() == 64
            && document
                .sha256
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
        let reason = if document.file.trim().is_empty() {
            "`file` is empty"
        } else if is_digest {
            continue;
        } else {
            "`sha256` is not 64 lower-case hex digits"
        };
        return Err(PolicyError::BadVexDocument {
            source_name: source_name.to_owned(),
            number: index + 1,
            reason,
        });
    }
    Ok(())
}

impl AdvisoryPolicy {
    /// What holds where nothing is said: everything blocks.
    pub(super) fn strictest() -> Self {
        Self {
            block_severity: Severity::Low,
            block_without_fix: true,
            block_known_exploited: true,
            block_epss_e5: None,
            unknown_severity: Level::Block,
            indeterminate: Level::Block,
            max_age_days: None,
            max_age: BTreeMap::new(),
            scopes: BTreeMap::new(),
            database_key: None,
            vex: VexMode::Show,
            vex_documents: Vec::new(),
        }
    }

    /// The file of the public key that must have signed the advisory database, relative to
    /// the policy's file.
    #[must_use]
    pub fn database_key(&self) -> Option<&str> {
        self.database_key.as_deref()
    }

    /// VEX documents to read from beside the policy.
    #[must_use]
    pub fn vex_documents(&self) -> &[VexDocument] {
        &self.vex_documents
    }

    /// Whether a VEX document (SHA-256, hex) can change a verdict: the policy names it, or
    /// accepts any.
    #[must_use]
    pub fn accepts_vex(&self, sha256: &str) -> bool {
        let is_named = |document: &VexDocument| document.sha256 == sha256;
        self.vex == VexMode::Accept || self.vex_documents.iter().any(is_named)
    }

    pub(super) fn accepts(&self, statement: &VexStatement) -> bool {
        self.accepts_vex(&statement.digest)
    }

    /// Whether what a source says is of use under this policy.
    pub(super) fn uses(&self, source: SourceUse) -> bool {
        match source {
            SourceUse::Advisories => true,
            SourceUse::Nothing => false,
            SourceUse::KnownExploited => self.block_known_exploited,
            SourceUse::ExploitScores => self.block_epss_e5.is_some(),
        }
    }

    /// How old a source may be, with the key that says so; `None` where nothing does.
    pub(super) fn max_age_of(&self, source: &str) -> Option<(i64, String)> {
        let named = [source, ANY_SOURCE].into_iter().find_map(|key| {
            let age = self.max_age.get(key)?;
            Some((
                age.seconds,
                format!("`\"{key}\"` under [advisories.max-age]"),
            ))
        });
        named.or_else(|| {
            let days = self.max_age_days?;
            Some((
                i64::from(days) * 86_400,
                format!("`max-age-days = {days}` under [advisories]"),
            ))
        })
    }

    /// Sources that the policy gives an age of their own.
    pub(super) fn named_sources(&self) -> impl Iterator<Item = &str> {
        let names = self.max_age.keys().map(String::as_str);
        names.filter(|name| *name != ANY_SOURCE)
    }

    /// The level of a finding whose rule blocks (`key` says so), and why.
    pub(super) fn level(
        &self,
        severity: Severity,
        advisory: &AdvisoryDetail,
        key: &str,
    ) -> (Level, String) {
        let by_rule = || (Level::Block, format!("`{key}` under [rules]"));
        // What a withdrawn record says about attacks and bounds does not hold either.
        let attacks = match advisory.class {
            AdvisoryClass::Withdrawn => None,
            _ => self.attacks(advisory),
        };
        let judged = match (advisory.class, &attacks) {
            (AdvisoryClass::Withdrawn, _) => by_rule(),
            (_, Some(why)) if advisory.indeterminate => {
                return (
                    self.indeterminate.min(Level::Inconclusive),
                    format!("the version could not be compared, and {why}"),
                );
            }
            (_, None) if advisory.indeterminate => (
                self.indeterminate,
                "`indeterminate` under [advisories]: the version could not be compared".to_owned(),
            ),
            (_, Some(why)) => return (Level::Block, why.clone()),
            (AdvisoryClass::Vulnerability, None) => self.by_thresholds(severity, advisory, key),
            (_, None) => by_rule(),
        };
        match advisory.class {
            // Development machines and build servers have secrets to lose too.
            AdvisoryClass::Malicious => judged,
            _ => self.within_scope(judged, advisory.reach.scope),
        }
    }

    /// Why a finding blocks whatever its severity, its fixes and its scope.
    fn attacks(&self, advisory: &AdvisoryDetail) -> Option<String> {
        if let Some(known) = &advisory.known_exploited
            && self.block_known_exploited
        {
            return Some(format!(
                "known exploited since {}, and `block-known-exploited = true`",
                known.date_added
            ));
        }
        let (score, limit) = (advisory.exploit_score.as_ref()?, self.block_epss_e5?);
        (score.score_e5 >= limit).then(|| {
            format!(
                "EPSS {} is not below `block-epss = {}`",
                decimal_e5(score.score_e5),
                decimal_e5(limit)
            )
        })
    }

    fn by_thresholds(
        &self,
        severity: Severity,
        advisory: &AdvisoryDetail,
        key: &str,
    ) -> (Level, String) {
        if severity == Severity::Unknown {
            if self.unknown_severity != Level::Block {
                return (
                    self.unknown_severity,
                    "`unknown-severity` under [advisories]".to_owned(),
                );
            }
        } else if severity < self.block_severity {
            return (
                Level::Report,
                format!(
                    "{severity} is below `block-severity = \"{}\"`",
                    self.block_severity
                ),
            );
        }
        if advisory.fixed.is_empty() && !self.block_without_fix {
            return (
                Level::Report,
                "no fixed version, and `block-without-fix = false`".to_owned(),
            );
        }
        (Level::Block, format!("`{key}` under [rules], {severity}"))
    }

    /// The milder one of a level and that of the scope.
    pub(super) fn within_scope(&self, judged: (Level, String), scope: Scope) -> (Level, String) {
        let of_scope = ScopeWord::of(scope).and_then(|word| self.scopes.get(&word));
        match of_scope {
            Some(level) if *level > judged.0 => (
                *level,
                format!("`{}` under [advisories.scopes]", scope.as_str()),
            ),
            _ => judged,
        }
    }
}

/// Hundred-thousandths as a decimal number: 4200 is `0.042`.
fn decimal_e5(number: u32) -> String {
    let text = format!("{}.{:05}", number / 100_000, number % 100_000);
    let short = text.trim_end_matches('0');
    match short.strip_suffix('.') {
        Some(whole) => format!("{whole}.0"),
        None => short.to_owned(),
    }
}
