//! From findings and gaps to a verdict. Pure: no file, no clock.

use super::document::Policy;
use super::error::{PolicyError, WaiverProblem};
use super::level::Level;
use super::rules::STALE_DATABASE;
use super::waiver::Waiver;
use crate::model::{
    AdvisoryClass, AdvisoryDetail, DatabaseInfo, Decision, Detail, Disposition, Finding, Gap,
    JudgedFinding, JudgedGap, Outcome, SecretDetail, Severity, UnusedWaiver, Verdict, WaiverState,
    WaiverUse,
};
use jiff::Timestamp;

/// A source may be ahead of this machine's clock by so much.
const DATE_TOLERANCE_SECONDS: i64 = 86_400;

/// What the checks brought.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// All findings and gaps.
    pub outcome: Outcome,
    /// The advisory database, if one was used: its age is judged.
    pub database: Option<DatabaseInfo>,
}

/// The verdict of a policy at a time.
///
/// Steps, in this order: (1) refuse waivers beyond the policy's cap, (2) add a gap for
/// each source of the database that is too old, (3) give each finding its level and its
/// waiver, (4) the same for each gap, (5) decide: one blocking item fails, else one
/// inconclusive item is inconclusive, else pass.
///
/// # Errors
/// [`PolicyError::BadWaiver`] where a waiver lasts longer than the policy allows.
pub fn evaluate(policy: &Policy, checked: Checked, now: Timestamp) -> Result<Verdict, PolicyError> {
    check_waiver_caps(policy, now)?;
    let mut gaps = checked.outcome.gaps;
    if let Some(database) = &checked.database {
        gaps.extend(stale_sources(policy, database, now));
    }
    let mut used = vec![false; policy.waivers.len()];
    let mut findings: Vec<JudgedFinding> = checked
        .outcome
        .findings
        .into_iter()
        .map(|finding| judge_finding(policy, finding, now, &mut used))
        .collect();
    findings.sort_by(worst_first);
    let mut gaps: Vec<JudgedGap> = gaps
        .into_iter()
        .map(|gap| judge_gap(policy, gap, now, &mut used))
        .collect();
    gaps.sort_by(|a, b| (a.disposition, &a.gap).cmp(&(b.disposition, &b.gap)));
    gaps.dedup();
    let (decision, summary) = decide(&findings, &gaps);
    Ok(Verdict {
        decision,
        summary,
        findings,
        gaps,
        waivers: waivers_to_look_at(policy, &used, now),
    })
}

fn check_waiver_caps(policy: &Policy, now: Timestamp) -> Result<(), PolicyError> {
    for (index, waiver) in policy.waivers.iter().enumerate() {
        if waiver.days_left(now) > i64::from(policy.waiver_max_days) {
            return Err(PolicyError::BadWaiver {
                source_name: policy.source_name.clone(),
                number: index + 1,
                id: waiver.id.clone(),
                problem: WaiverProblem::TooLong {
                    expires: waiver.expires.to_string(),
                    max_days: policy.waiver_max_days,
                },
            });
        }
    }
    Ok(())
}

fn stale_sources(policy: &Policy, database: &DatabaseInfo, now: Timestamp) -> Vec<Gap> {
    let Some(max_days) = policy.advisories.max_age_days else {
        return Vec::new();
    };
    let limit = i64::from(max_days) * 86_400;
    database
        .sources
        .iter()
        .filter_map(|source| {
            let newest: Option<Timestamp> = source.newest.as_ref().and_then(|t| t.parse().ok());
            let age = |newest: Timestamp| now.as_second().saturating_sub(newest.as_second());
            let message = match newest {
                // One record dated tomorrow must not make a database young forever.
                Some(newest) if age(newest) < -DATE_TOLERANCE_SECONDS => format!(
                    "the age of the records of {} is not known: the newest is dated {newest}, after now",
                    source.name
                ),
                Some(newest) if age(newest) <= limit => return None,
                Some(newest) => format!(
                    "the newest record of {} is from {newest}, more than {max_days} days ago",
                    source.name
                ),
                None => format!("the age of the records of {} is not known", source.name),
            };
            Some(Gap {
                id: STALE_DATABASE.id,
                message,
                location: None,
                remedy: STALE_DATABASE.remedy.to_owned(),
            })
        })
        .collect()
}

/// A waiver that covers, else the level of the policy.
fn judge_finding(
    policy: &Policy,
    finding: Finding,
    now: Timestamp,
    used: &mut [bool],
) -> JudgedFinding {
    let waiver = find_waiver(policy, now, used, |waiver| waiver.matches(&finding));
    let (disposition, reason) = match &waiver {
        Some(waiver) => (
            Disposition::Waived,
            format!("waived by {} until {}", waiver.owner, waiver.expires),
        ),
        None => {
            let (level, reason) = finding_level(policy, &finding);
            (level.disposition(), reason)
        }
    };
    JudgedFinding {
        waiver: waiver.map(|waiver| WaiverUse {
            owner: waiver.owner.clone(),
            reason: waiver.reason.clone(),
            expires: waiver.expires.to_string(),
            days_left: waiver.days_left(now),
        }),
        finding,
        disposition,
        reason,
    }
}

fn judge_gap(policy: &Policy, gap: Gap, now: Timestamp, used: &mut [bool]) -> JudgedGap {
    if let Some(waiver) = find_waiver(policy, now, used, |waiver| waiver.matches_gap(&gap)) {
        let reason = format!("waived by {} until {}", waiver.owner, waiver.expires);
        return JudgedGap {
            gap,
            disposition: Disposition::Waived,
            reason,
        };
    }
    let (key, level) = policy
        .gaps
        .lookup(gap.id)
        .unwrap_or_else(|| ("*".to_owned(), Level::Inconclusive));
    JudgedGap {
        gap,
        disposition: level.disposition(),
        reason: format!("`{key}` under [gaps]"),
    }
}

/// The first unexpired waiver that matches. Every matching one counts as used, an
/// expired one too: it is reported as expired, not as unused.
fn find_waiver<'a>(
    policy: &'a Policy,
    now: Timestamp,
    used: &mut [bool],
    matches: impl Fn(&Waiver) -> bool,
) -> Option<&'a Waiver> {
    let mut found = None;
    for (waiver, used) in policy.waivers.iter().zip(used) {
        if matches(waiver) {
            *used = true;
            if found.is_none() && waiver.days_left(now) >= 0 {
                found = Some(waiver);
            }
        }
    }
    found
}

fn finding_level(policy: &Policy, finding: &Finding) -> (Level, String) {
    let (key, level) = policy
        .rules
        .lookup(finding.rule.id)
        .unwrap_or_else(|| ("*".to_owned(), Level::Block));
    if level != Level::Block {
        return (level, format!("`{key}` under [rules]"));
    }
    match &finding.detail {
        Detail::Advisory(advisory) => advisory_level(policy, finding.severity, advisory, &key),
        Detail::Secret(secret) => secret_level(policy, secret, &key),
        Detail::Registry(_) => (Level::Block, format!("`{key}` under [rules]")),
    }
}

/// The thresholds apply to vulnerabilities; a hostile package has no "low" severity.
fn advisory_level(
    policy: &Policy,
    severity: Severity,
    advisory: &AdvisoryDetail,
    key: &str,
) -> (Level, String) {
    let thresholds = &policy.advisories;
    if advisory.indeterminate {
        return (
            thresholds.indeterminate,
            "`indeterminate` under [advisories]: the version could not be compared".to_owned(),
        );
    }
    if advisory.class != AdvisoryClass::Vulnerability {
        return (Level::Block, format!("`{key}` under [rules]"));
    }
    if severity == Severity::Unknown {
        if thresholds.unknown_severity != Level::Block {
            return (
                thresholds.unknown_severity,
                "`unknown-severity` under [advisories]".to_owned(),
            );
        }
    } else if severity < thresholds.block_severity {
        return (
            Level::Report,
            format!(
                "{severity} is below `block-severity = \"{}\"`",
                thresholds.block_severity
            ),
        );
    }
    if advisory.fixed.is_empty() && !thresholds.block_without_fix {
        return (
            Level::Report,
            "no fixed version, and `block-without-fix = false`".to_owned(),
        );
    }
    (Level::Block, format!("`{key}` under [rules], {severity}"))
}

fn secret_level(policy: &Policy, secret: &SecretDetail, key: &str) -> (Level, String) {
    if secret.confidence < policy.block_confidence {
        return (
            Level::Report,
            format!(
                "confidence {} is below `block-confidence = \"{}\"`",
                secret.confidence.as_str(),
                policy.block_confidence.as_str()
            ),
        );
    }
    (Level::Block, format!("`{key}` under [rules]"))
}

fn worst_first(a: &JudgedFinding, b: &JudgedFinding) -> std::cmp::Ordering {
    a.disposition
        .cmp(&b.disposition)
        .then_with(|| b.finding.severity.cmp(&a.finding.severity))
        .then_with(|| a.finding.rule.id.cmp(b.finding.rule.id))
        .then_with(|| a.finding.location.cmp(&b.finding.location))
        .then_with(|| a.finding.subject.cmp(&b.finding.subject))
        .then_with(|| a.finding.message.cmp(&b.finding.message))
        .then_with(|| a.finding.fingerprint.cmp(&b.finding.fingerprint))
}

fn decide(findings: &[JudgedFinding], gaps: &[JudgedGap]) -> (Decision, String) {
    let count_findings = |wanted| findings.iter().filter(|f| f.disposition == wanted).count();
    let count_gaps = |wanted| gaps.iter().filter(|g| g.disposition == wanted).count();
    let blocking = count_findings(Disposition::Block) + count_gaps(Disposition::Block);
    let open = count_findings(Disposition::Inconclusive) + count_gaps(Disposition::Inconclusive);
    let reported = count_findings(Disposition::Report);
    let waived = count_findings(Disposition::Waived) + count_gaps(Disposition::Waived);
    let decision = if blocking > 0 {
        Decision::Fail
    } else if open > 0 {
        Decision::Inconclusive
    } else {
        Decision::Pass
    };
    let mut parts = Vec::new();
    match blocking {
        0 => parts.push("nothing blocks".to_owned()),
        1 => parts.push("1 item blocks".to_owned()),
        n => parts.push(format!("{n} items block")),
    }
    for (count, text) in [
        (open, "could not be settled"),
        (reported, "reported"),
        (waived, "waived"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {text}"));
        }
    }
    (decision, parts.join(", "))
}

fn waivers_to_look_at(policy: &Policy, used: &[bool], now: Timestamp) -> Vec<UnusedWaiver> {
    let mut found: Vec<UnusedWaiver> = policy
        .waivers
        .iter()
        .zip(used)
        .filter_map(|(waiver, used)| {
            let left = waiver.days_left(now);
            let state = if left < 0 {
                WaiverState::Expired
            } else if !used {
                WaiverState::Unused
            } else if left <= i64::from(policy.waiver_warn_days) {
                WaiverState::ExpiresSoon
            } else {
                return None;
            };
            Some(UnusedWaiver {
                id: waiver.id.clone(),
                owner: waiver.owner.clone(),
                expires: waiver.expires.to_string(),
                state,
            })
        })
        .collect();
    found.sort_by(|a, b| (a.state, &a.id, &a.expires).cmp(&(b.state, &b.id, &b.expires)));
    found
}

#[cfg(test)]
mod tests;
