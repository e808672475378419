//! One entry of `require`: what an attestation must be, and what it must say.

use serde::Deserialize;

/// An age limit: a whole number and `m`, `h`, `d` or `w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Age {
    /// The limit in seconds.
    pub seconds: i64,
}

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bad = || format!("`{text}` is not an age: write `12h`, `30d` or `2w`");
        let unit = text.chars().last().ok_or_else(bad)?;
        let factor: i64 = match unit {
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return Err(bad()),
        };
        let count: u32 = text
            .strip_suffix(unit)
            .and_then(|count| count.parse().ok())
            .filter(|count| *count > 0)
            .ok_or_else(bad)?;
        Ok(Self {
            seconds: factor.saturating_mul(i64::from(count)),
        })
    }
}

/// What an attestation must be, and what it must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A passed test run.
    TestResult {
        /// At least so many tests passed; at least 1.
        min_tests: u64,
        /// Accept tests that passed only on another try.
        allow_warned: bool,
    },
    /// An SBOM.
    Sbom {
        /// It must say that it is complete.
        complete: bool,
        /// At least so many components.
        min_components: u64,
    },
    /// A passed scan.
    Scan {
        /// The policy that must have judged; any where it is none.
        policy: Option<PolicyDigest>,
        /// The checks that must have run, sorted.
        checks: Vec<String>,
    },
    /// A passed gate of another environment.
    Vsa {
        /// That environment.
        from: String,
        /// The policy that must have been applied; any where it is none.
        policy: Option<PolicyDigest>,
    },
}

/// Names one exact policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyDigest {
    /// `this`: the file that the word stands in.
    This,
    /// SHA-256, lower-case hex.
    Sha256(String),
}

impl PolicyDigest {
    /// Whether a policy of this SHA-256 (hex) is meant. `this` is nobody's until
    /// [`super::requirements`] has put the digest in its place.
    #[must_use]
    pub fn is(&self, hex: &str) -> bool {
        matches!(self, Self::Sha256(want) if want == hex)
    }

    fn resolved(self, this: &str) -> Self {
        match self {
            Self::This => Self::Sha256(this.to_owned()),
            digest @ Self::Sha256(_) => digest,
        }
    }
}

impl Condition {
    /// `test-result`, `sbom`, `scan`, `vsa`.
    #[must_use]
    pub fn predicate(&self) -> &'static str {
        match self {
            Self::TestResult { .. } => "test-result",
            Self::Sbom { .. } => "sbom",
            Self::Scan { .. } => "scan",
            Self::Vsa { .. } => "vsa",
        }
    }

    /// The same with the SHA-256 (hex) of the policy file in the place of `this`.
    pub(super) fn resolved(self, this: &str) -> Self {
        match self {
            Self::Scan { policy, checks } => Self::Scan {
                policy: policy.map(|digest| digest.resolved(this)),
                checks,
            },
            Self::Vsa { from, policy } => Self::Vsa {
                from,
                policy: policy.map(|digest| digest.resolved(this)),
            },
            other => other,
        }
    }
}

/// One entry of `require`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RequirementDocument")]
pub struct Requirement {
    /// What it must say.
    pub condition: Condition,
    /// Who must have signed it; none for a VSA, whose signer is the other environment's
    /// promoter.
    pub role: Option<String>,
    /// How old it may be.
    pub max_age: Option<Age>,
}

/// As written: every key of every predicate. Which fit together is checked at once, so
/// that a condition on the wrong predicate is an error and not a condition less.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RequirementDocument {
    predicate: PredicateWord,
    role: Option<String>,
    max_age: Option<Age>,
    min_tests: Option<u64>,
    allow_warned: Option<bool>,
    complete: Option<bool>,
    min_components: Option<u64>,
    policy_digest: Option<String>,
    checks: Option<Vec<CheckWord>>,
    from: Option<String>,
}

/// A check of `sealgate check`, as its report names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CheckWord {
    Advisories,
    Registry,
    Sbom,
    Secrets,
}

impl CheckWord {
    const ALL: [Self; 4] = [Self::Advisories, Self::Registry, Self::Sbom, Self::Secrets];

    fn as_str(self) -> &'static str {
        match self {
            Self::Advisories => "advisories",
            Self::Registry => "registry",
            Self::Sbom => "sbom",
            Self::Secrets => "secrets",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PredicateWord {
    TestResult,
    Sbom,
    Scan,
    Vsa,
}

impl TryFrom<RequirementDocument> for Requirement {
    type Error = String;

    fn try_from(document: RequirementDocument) -> Result<Self, String> {
        use PredicateWord::{Sbom, Scan, TestResult, Vsa};
        let predicate = document.predicate;
        for (key, present, belongs_to) in [
            ("min-tests", document.min_tests.is_some(), &[TestResult][..]),
            (
                "allow-warned",
                document.allow_warned.is_some(),
                &[TestResult],
            ),
            ("complete", document.complete.is_some(), &[Sbom]),
            ("min-components", document.min_components.is_some(), &[Sbom]),
            (
                "policy-digest",
                document.policy_digest.is_some(),
                &[Scan, Vsa],
            ),
            ("checks", document.checks.is_some(), &[Scan]),
            ("from", document.from.is_some(), &[Vsa]),
        ] {
            if present && !belongs_to.contains(&predicate) {
                return Err(format!("`{key}` does not apply to this predicate"));
            }
        }
        match (predicate, &document.role) {
            (Vsa, Some(_)) => {
                return Err(
                    "a `vsa` has no `role`: it is signed by the promoter of the environment in \
                     `from`"
                        .to_owned(),
                );
            }
            (Vsa, None) | (_, Some(_)) => {}
            (_, None) => return Err("`role` is missing: who must have signed it".to_owned()),
        }
        let policy = document.policy_digest.map(policy_digest).transpose()?;
        let condition = match predicate {
            TestResult => Condition::TestResult {
                // No policy can make an empty test run count.
                min_tests: document.min_tests.unwrap_or(1).max(1),
                allow_warned: document.allow_warned.unwrap_or(false),
            },
            Sbom => Condition::Sbom {
                complete: document.complete.unwrap_or(false),
                min_components: document.min_components.unwrap_or(0),
            },
            Scan => Condition::Scan {
                policy,
                checks: checks(document.checks)?,
            },
            Vsa => Condition::Vsa {
                policy,
                from: document
                    .from
                    .ok_or("`from` is missing: the environment that must have been passed")?,
            },
        };
        Ok(Self {
            condition,
            role: document.role,
            max_age: document.max_age,
        })
    }
}

/// The checks of a required scan: all of them unless the policy names some. A scan of one
/// check alone passes easily; it is no scan.
fn checks(named: Option<Vec<CheckWord>>) -> Result<Vec<String>, String> {
    let mut words = named.unwrap_or_else(|| CheckWord::ALL.to_vec());
    words.sort_unstable();
    words.dedup();
    if words.is_empty() {
        return Err("`checks` is empty: name the checks that must have run".to_owned());
    }
    Ok(words.iter().map(|word| word.as_str().to_owned()).collect())
}

fn policy_digest(text: String) -> Result<PolicyDigest, String> {
    if text == "this" {
        return Ok(PolicyDigest::This);
    }
    let hex = text.strip_prefix("sha256:").unwrap_or(&text);
    let valid = hex.len() == 64
        && hex
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if valid {
        Ok(PolicyDigest::Sha256(hex.to_owned()))
    } else {
        Err(format!(
            "`{text}` is neither `this` nor a SHA-256 in lower-case hex"
        ))
    }
}
