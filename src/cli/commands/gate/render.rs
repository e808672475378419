//! The gate's page, for people and as JSON.

use crate::cli::exit::{CliError, Exit};
use crate::gate::{GateOutcome, Reason, RequirementOutcome};
use crate::model::{Decision, EvidenceLine, PolicyInfo, terminal_safe};
use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write as _;

const GREEN: Style = AnsiColor::Green.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// Bundles that do not count and are shown to people; the rest is a number.
const MAX_UNUSED: usize = 20;

/// Everything that the page shows.
pub(super) struct Page<'a> {
    pub(super) artifact: String,
    pub(super) digest: String,
    pub(super) environment: String,
    pub(super) policy: &'a PolicyInfo,
    pub(super) time: Timestamp,
    pub(super) outcome: &'a GateOutcome,
}

impl Page<'_> {
    /// One page of text with colour codes.
    pub(super) fn human(&self) -> String {
        let mut text = String::new();
        let artifact = terminal_safe(&self.artifact);
        let environment = &self.environment;
        let _ = writeln!(
            text,
            "artifact     {artifact}\n             {}",
            self.digest
        );
        let _ = writeln!(text, "environment  {environment}");
        let _ = writeln!(
            text,
            "policy       {} (sha256:{})",
            terminal_safe(&self.policy.name),
            self.policy.digest
        );
        let _ = writeln!(text, "time         {}\n", self.time);
        for requirement in &self.outcome.requirements {
            requirement_lines(&mut text, requirement);
        }
        let of_requirements: Vec<&Reason> = self
            .outcome
            .requirements
            .iter()
            .flat_map(|requirement| &requirement.reasons)
            .collect();
        for reason in &self.outcome.reasons {
            if !of_requirements.contains(&reason) {
                reason_line(&mut text, "", reason);
            }
        }
        self.unused_lines(&mut text);
        self.verdict_lines(&mut text, &artifact);
        text
    }

    fn unused_lines(&self, text: &mut String) {
        // What a reason above already told is not told twice.
        let told = |line: &EvidenceLine| {
            self.outcome
                .reasons
                .iter()
                .any(|reason| reason.source.as_ref() == Some(&line.source))
        };
        let unused: Vec<(&EvidenceLine, &String)> = self
            .outcome
            .evidence
            .iter()
            .filter(|line| !told(line))
            .filter_map(|line| line.accepted.as_ref().err().map(|why| (line, why)))
            .collect();
        if unused.is_empty() {
            return;
        }
        let _ = writeln!(text, "\nnot counted:");
        for (line, why) in unused.iter().take(MAX_UNUSED) {
            let _ = writeln!(
                text,
                "  {}: {} by {}: {}",
                terminal_safe(&line.source),
                terminal_safe(&line.predicate),
                terminal_safe(&line.signer),
                terminal_safe(why)
            );
        }
        if unused.len() > MAX_UNUSED {
            let _ = writeln!(
                text,
                "  and {} more; --format json lists all",
                unused.len() - MAX_UNUSED
            );
        }
    }

    fn verdict_lines(&self, text: &mut String, artifact: &str) {
        let environment = &self.environment;
        let _ = match self.outcome.decision {
            Decision::Pass => writeln!(
                text,
                "\n{GREEN}PASS{GREEN:#}: {artifact} may enter {environment}"
            ),
            Decision::Fail => writeln!(
                text,
                "\n{RED}FAIL{RED:#}: {artifact} may not enter {environment}"
            ),
            Decision::Inconclusive => writeln!(
                text,
                "\n{YELLOW}INCONCLUSIVE{YELLOW:#}: it could not be settled whether {artifact} \
                 may enter {environment}; it may not"
            ),
        };
        let mut told = Vec::new();
        for reason in &self.outcome.reasons {
            if !told.contains(&reason.rule.id) {
                told.push(reason.rule.id);
                let _ = writeln!(text, "  {}: {}", reason.rule.id, reason.rule.remedy);
            }
        }
        if !told.is_empty() {
            let _ = writeln!(text, "  more: sealgate explain ID");
        }
    }

    /// The page as JSON, schema `sealgate/gate/v1`.
    pub(super) fn json(&self) -> Result<String, CliError> {
        let wire = WirePage {
            schema: "sealgate/gate/v1",
            artifact: WireArtifact {
                name: &self.artifact,
                digest: &self.digest,
            },
            environment: &self.environment,
            policy: WirePolicy {
                name: &self.policy.name,
                digest: &self.policy.digest,
            },
            time: self.time.to_string(),
            decision: self.outcome.decision.as_str(),
            requirements: self
                .outcome
                .requirements
                .iter()
                .map(|requirement| WireRequirement {
                    predicate: requirement.predicate,
                    from: requirement.from.as_deref(),
                    role: &requirement.role,
                    met: requirement.accepted.is_some(),
                    by: requirement.accepted.as_ref().map(|a| a.source.as_str()),
                    summary: requirement.accepted.as_ref().map(|a| a.summary.as_str()),
                    reasons: requirement.reasons.iter().map(|r| r.rule.id).collect(),
                })
                .collect(),
            reasons: self.outcome.reasons.iter().map(WireReason::of).collect(),
            evidence: self
                .outcome
                .evidence
                .iter()
                .map(|line| WireEvidence {
                    predicate: &line.predicate,
                    signer: &line.signer,
                    accepted: line.accepted.is_ok(),
                    source: &line.source,
                    why_not: line.accepted.as_ref().err().map(String::as_str),
                })
                .collect(),
        };
        let mut text = serde_json::to_string_pretty(&wire)
            .map_err(|e| CliError::new(Exit::Usage, format!("cannot write JSON: {e}")))?;
        text.push('\n');
        Ok(text)
    }
}

fn requirement_lines(text: &mut String, requirement: &RequirementOutcome) {
    let kind = match &requirement.from {
        Some(from) => format!("{} of {from}", requirement.predicate),
        None => requirement.predicate.to_owned(),
    };
    let label = format!("{kind} by {}", requirement.role);
    match &requirement.accepted {
        Some(accepted) => {
            let _ = writeln!(
                text,
                "{GREEN}✓{GREEN:#} {label}: {} [{}]",
                terminal_safe(&accepted.summary),
                terminal_safe(&accepted.source)
            );
        }
        None => {
            for reason in &requirement.reasons {
                reason_line(text, &label, reason);
            }
        }
    }
}

fn reason_line(text: &mut String, label: &str, reason: &Reason) {
    let (style, mark) = match reason.decision {
        Decision::Inconclusive => (YELLOW, '?'),
        _ => (RED, '✗'),
    };
    let _ = write!(text, "{style}{mark}{style:#} ");
    for part in [Some(label), reason.source.as_deref()] {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            let _ = write!(text, "{}: ", terminal_safe(part));
        }
    }
    let _ = writeln!(
        text,
        "{} [{}]",
        terminal_safe(&reason.message),
        reason.rule.id
    );
}

#[derive(Serialize)]
struct WirePage<'a> {
    schema: &'static str,
    artifact: WireArtifact<'a>,
    environment: &'a str,
    policy: WirePolicy<'a>,
    time: String,
    decision: &'static str,
    requirements: Vec<WireRequirement<'a>>,
    reasons: Vec<WireReason<'a>>,
    evidence: Vec<WireEvidence<'a>>,
}

#[derive(Serialize)]
struct WireArtifact<'a> {
    name: &'a str,
    digest: &'a str,
}

#[derive(Serialize)]
struct WirePolicy<'a> {
    name: &'a str,
    digest: &'a str,
}

#[derive(Serialize)]
struct WireRequirement<'a> {
    predicate: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    role: &'a str,
    met: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    reasons: Vec<&'static str>,
}

#[derive(Serialize)]
struct WireReason<'a> {
    id: &'static str,
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    message: &'a str,
    remedy: &'static str,
}

impl<'a> WireReason<'a> {
    fn of(reason: &'a Reason) -> Self {
        Self {
            id: reason.rule.id,
            decision: reason.decision.as_str(),
            source: reason.source.as_deref(),
            message: &reason.message,
            remedy: reason.rule.remedy,
        }
    }
}

#[derive(Serialize)]
struct WireEvidence<'a> {
    predicate: &'a str,
    signer: &'a str,
    accepted: bool,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<&'a str>,
}
