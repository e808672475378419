//! The part of a JSON report that a comparison looks at. A report is input from outside:
//! its size, depth and number of values are bounded, and a key that stands twice is
//! refused.

use crate::model::{Disposition, Hint, JsonLimits, StrictJsonError, parse_strict_json};
use crate::report::json::SCHEMA;
use serde::Deserialize;
use serde_json::Value;

/// Largest report that is read, in bytes.
pub const MAX_REPORT_BYTES: u64 = 200 * 1024 * 1024;
/// Deepest nesting; reports have 9.
const MAX_DEPTH: usize = 30;
/// Most values of any type.
const MAX_VALUES: usize = 10_000_000;
/// Rooms whose gaps say what the advisory check did not see.
const ROOMS: [&str; 3] = ["advisories/", "inventory/", "vex/"];

/// Why bytes are no report that can be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not JSON, or more of it than is read.
    #[error(transparent)]
    Json(#[from] StrictJsonError),
    /// JSON, but no report of sealgate.
    #[error("it is not a JSON report of sealgate")]
    NotAReport,
    /// A report in a shape of another version.
    #[error("it is a report of the shape `{}`, and `{SCHEMA}` is read", found.escape_debug())]
    OtherSchema {
        /// As written.
        found: String,
    },
    /// A report in which something is not as its schema says.
    #[error("it is not a well-formed report: {reason}")]
    Shape {
        /// The reader's word.
        reason: String,
    },
    /// A report of other checks only.
    #[error("it is a report without the advisory check")]
    NoAdvisories,
}

impl Hint for ReadError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoAdvisories => {
                "compare reports of `sealgate check` or `sealgate advisories`".to_owned()
            }
            _ => "write reports with `--output json=FILE`".to_owned(),
        })
    }
}

/// A report, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadReport {
    pub(super) tool_version: String,
    pub(super) target: String,
    pub(super) time: String,
    pub(super) decision: String,
    pub(super) policy: String,
    pub(super) policy_digest: String,
    pub(super) database: Option<String>,
    /// Every component; `None` where the report has no list of them.
    pub(super) purls: Option<Vec<String>>,
    /// Of the advisory check, in the order of the report.
    pub(super) findings: Vec<ReadFinding>,
    pub(super) gaps: Vec<ReadGap>,
}

/// A finding of the advisory check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadFinding {
    pub rule: String,
    pub severity: String,
    pub disposition: Disposition,
    pub reason: String,
    pub message: String,
    pub purl: String,
    pub label: String,
    /// The one shown first, then its aliases; none of a version that was withdrawn.
    pub ids: Vec<String>,
    pub is_withdrawn_record: bool,
    /// `OWNER until DAY` of a waiver that names it and is over.
    pub expired: Option<String>,
}

/// What was not checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ReadGap {
    pub id: String,
    pub message: String,
    pub disposition: Disposition,
}

#[derive(Deserialize)]
struct Wire {
    tool: WireTool,
    target: String,
    time: String,
    decision: String,
    policy: WirePolicy,
    database: Option<WireDatabase>,
    inventory: Option<WireInventory>,
    checks: Vec<String>,
    findings: Vec<WireFinding>,
    gaps: Vec<WireGap>,
}

#[derive(Deserialize)]
struct WireTool {
    version: String,
}

#[derive(Deserialize)]
struct WirePolicy {
    name: String,
    digest: String,
}

#[derive(Deserialize)]
struct WireDatabase {
    digest: String,
}

#[derive(Deserialize)]
struct WireInventory {
    purls: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct WireFinding {
    rule: String,
    severity: String,
    disposition: WireDisposition,
    reason: String,
    message: String,
    subject: WireSubject,
    #[serde(default)]
    lapsed_waivers: Vec<WireLapsed>,
    advisory: Option<WireAdvisory>,
    #[serde(default)]
    yanked: Option<Value>,
}

#[derive(Deserialize)]
struct WireSubject {
    purl: Option<String>,
    label: Option<String>,
}

#[derive(Deserialize)]
struct WireLapsed {
    owner: String,
    expires: String,
    why: String,
}

#[derive(Deserialize)]
struct WireAdvisory {
    id: String,
    aliases: Vec<String>,
    class: String,
}

#[derive(Deserialize)]
struct WireGap {
    id: String,
    disposition: WireDisposition,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireDisposition {
    Block,
    Inconclusive,
    Waived,
    Report,
}

impl From<WireDisposition> for Disposition {
    fn from(word: WireDisposition) -> Self {
        match word {
            WireDisposition::Block => Self::Block,
            WireDisposition::Inconclusive => Self::Inconclusive,
            WireDisposition::Waived => Self::Waived,
            WireDisposition::Report => Self::Report,
        }
    }
}

impl ReadReport {
    /// Reads a JSON report.
    ///
    /// # Errors
    /// Every variant of [`ReadError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let limits = JsonLimits {
            depth: MAX_DEPTH,
            values: MAX_VALUES,
        };
        let value = parse_strict_json(bytes, limits)?;
        match value.get("schema").and_then(Value::as_str) {
            Some(SCHEMA) => {}
            Some(found) if found.starts_with("sealgate/report/") => {
                return Err(ReadError::OtherSchema {
                    found: found.to_owned(),
                });
            }
            _ => return Err(ReadError::NotAReport),
        }
        let wire: Wire = serde_json::from_value(value).map_err(|error| ReadError::Shape {
            reason: error.to_string(),
        })?;
        if !wire.checks.iter().any(|check| check == "advisories") {
            return Err(ReadError::NoAdvisories);
        }
        Ok(Self {
            tool_version: wire.tool.version,
            target: wire.target,
            time: wire.time,
            decision: wire.decision,
            policy: wire.policy.name,
            policy_digest: wire.policy.digest,
            database: wire.database.map(|database| database.digest),
            purls: wire.inventory.and_then(|inventory| inventory.purls),
            findings: wire.findings.into_iter().filter_map(finding).collect(),
            gaps: wire
                .gaps
                .into_iter()
                .filter(|gap| ROOMS.iter().any(|room| gap.id.starts_with(room)))
                .map(|gap| ReadGap {
                    id: gap.id,
                    message: gap.message,
                    disposition: gap.disposition.into(),
                })
                .collect(),
        })
    }
}

/// `None` for findings of other checks.
fn finding(wire: WireFinding) -> Option<ReadFinding> {
    let (ids, is_withdrawn_record) = match (wire.advisory, wire.yanked) {
        (Some(advisory), _) => {
            let mut ids = vec![advisory.id];
            ids.extend(advisory.aliases);
            (ids, advisory.class == "withdrawn")
        }
        (None, Some(_)) => (Vec::new(), false),
        (None, None) => return None,
    };
    let mut lapsed = wire.lapsed_waivers.into_iter();
    let expired = lapsed.find(|waiver| waiver.why == "expired");
    Some(ReadFinding {
        rule: wire.rule,
        severity: wire.severity,
        disposition: wire.disposition.into(),
        reason: wire.reason,
        message: wire.message,
        purl: wire.subject.purl?,
        label: wire.subject.label.unwrap_or_default(),
        ids,
        is_withdrawn_record,
        expired: expired.map(|waiver| format!("{} until {}", waiver.owner, waiver.expires)),
    })
}
