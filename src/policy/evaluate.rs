//! From findings and gaps to a verdict. Pure: no file, no clock.

use super::approval::approval;
use super::document::{Marks, Policy};
use super::error::{PolicyError, WaiverProblem};
use super::level::Level;
use super::rules::NEVER_BY_WILDCARD;
use super::waiver::{Waiver, WaiverMatch};
use super::{freshness, statements};
use crate::model::{
    DatabaseInfo, Decision, Detail, Disposition, Ecosystem, Finding, Gap, JudgedFinding, JudgedGap,
    Lapse, LapsedWaiver, Outcome, SecretDetail, UnusedWaiver, Verdict, VexStatement, WaiverState,
    WaiverUse,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Findings that a report names beside one waiver.
const MAX_ABOUT: usize = 100;

/// What the checks brought.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// All findings and gaps.
    pub outcome: Outcome,
    /// The advisory database, if one was used: its age is judged.
    pub database: Option<DatabaseInfo>,
    /// Ecosystems of the components that were looked up.
    pub ecosystems: BTreeSet<Ecosystem>,
    /// VEX statements about findings, by fingerprint.
    pub vex: BTreeMap<String, Vec<VexStatement>>,
}

/// The verdict of a policy at a time.
///
/// Steps, in this order: (1) refuse waivers beyond the policy's cap, (2) add a gap for
/// each source of the database that is used and too old or missing, (3) give each finding
/// its waiver, or the VEX statement that clears it, or its level, (4) the same for each
/// gap, (5) decide: one blocking item fails, else one inconclusive item is inconclusive,
/// else pass.
///
/// # Errors
/// [`PolicyError::BadWaiver`] where a waiver lasts longer than the policy allows.
pub fn evaluate(policy: &Policy, checked: Checked, now: Timestamp) -> Result<Verdict, PolicyError> {
    check_waiver_caps(policy, now)?;
    let mut gaps = checked.outcome.gaps;
    if let Some(database) = &checked.database {
        gaps.extend(freshness::gaps(
            &policy.advisories,
            database,
            &checked.ecosystems,
            now,
        ));
    }
    let mut waivers = WaiverBook::of(policy, now);
    let mut findings: Vec<JudgedFinding> = Vec::with_capacity(checked.outcome.findings.len());
    for finding in checked.outcome.findings {
        let statements = checked.vex.get(&finding.fingerprint);
        let statements = statements.map_or(&[][..], Vec::as_slice);
        let (judged, gap) = judge_finding(policy, finding, statements, &mut waivers);
        findings.push(judged);
        gaps.extend(gap);
    }
    findings.sort_by(worst_first);
    let mut gaps: Vec<JudgedGap> = gaps
        .into_iter()
        .map(|gap| judge_gap(policy, gap, &mut waivers))
        .collect();
    gaps.sort_by(|a, b| (a.disposition, &a.gap).cmp(&(b.disposition, &b.gap)));
    gaps.dedup();
    let (decision, summary) = decide(&findings, &gaps);
    Ok(Verdict {
        decision,
        summary,
        findings,
        gaps,
        waivers: waivers.close(),
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

/// The waivers of a policy, with what they were found to be about.
struct WaiverBook<'p> {
    policy: &'p Policy,
    now: Timestamp,
    /// One for each waiver, in order.
    pages: Vec<Page>,
}

#[derive(Debug, Clone, Default)]
struct Page {
    /// It covers something, or would if it had not expired.
    used: bool,
    about: BTreeSet<String>,
}

impl<'p> WaiverBook<'p> {
    fn of(policy: &'p Policy, now: Timestamp) -> Self {
        Self {
            policy,
            now,
            pages: vec![Page::default(); policy.waivers.len()],
        }
    }

    /// The first unexpired waiver that covers, and those that name `about` and do not.
    /// Every covering one counts as used, an expired one too: it is reported as expired,
    /// not as unused.
    fn look_up(
        &mut self,
        about: impl Fn() -> String,
        matches: impl Fn(&Waiver) -> WaiverMatch,
    ) -> (Option<&'p Waiver>, Vec<LapsedWaiver>) {
        let (mut found, mut lapsed) = (None, Vec::new());
        for (waiver, page) in self.policy.waivers.iter().zip(&mut self.pages) {
            let why = match matches(waiver) {
                WaiverMatch::Other => continue,
                WaiverMatch::Covers => {
                    page.used = true;
                    (waiver.days_left(self.now) < 0).then_some(Lapse::Expired)
                }
                WaiverMatch::Lapsed(why) => Some(why),
            };
            if page.about.len() < MAX_ABOUT {
                page.about.insert(about());
            }
            match why {
                Some(why) => lapsed.push(LapsedWaiver {
                    id: waiver.id.clone(),
                    owner: waiver.owner.clone(),
                    expires: waiver.expires.to_string(),
                    why,
                }),
                None => found = found.or(Some(waiver)),
            }
        }
        lapsed.sort();
        (found, lapsed)
    }

    fn ends_soon(&self, waiver: &Waiver) -> bool {
        waiver.days_left(self.now) <= i64::from(self.policy.waiver_warn_days)
    }

    /// Waivers that cover nothing, or not for long.
    fn close(self) -> Vec<UnusedWaiver> {
        let waivers = self.policy.waivers.iter().zip(&self.pages);
        let mut found: Vec<UnusedWaiver> = waivers
            .filter_map(|(waiver, page)| {
                let state = if waiver.days_left(self.now) < 0 {
                    WaiverState::Expired
                } else if !page.used {
                    WaiverState::Unused
                } else if self.ends_soon(waiver) {
                    WaiverState::ExpiresSoon
                } else {
                    return None;
                };
                Some(UnusedWaiver {
                    id: waiver.id.clone(),
                    owner: waiver.owner.clone(),
                    expires: waiver.expires.to_string(),
                    state,
                    about: page.about.iter().cloned().collect(),
                })
            })
            .collect();
        found.sort_by(|a, b| (a.state, &a.id, &a.expires).cmp(&(b.state, &b.id, &b.expires)));
        found
    }
}

/// A waiver that covers, else a VEX statement that clears, else the level of the policy.
fn judge_finding(
    policy: &Policy,
    finding: Finding,
    statements: &[VexStatement],
    waivers: &mut WaiverBook<'_>,
) -> (JudgedFinding, Option<Gap>) {
    let about = || format!("{} {}", finding.id(), finding.subject.label());
    let (waiver, mut lapsed) = waivers.look_up(about, |waiver| waiver.matches(&finding));
    let heard = statements::hear(&policy.advisories, &finding, statements, waivers.now);
    let (disposition, reason) = match (waiver, heard.clears) {
        (Some(waiver), _) => (
            Disposition::Waived,
            format!("waived by {} until {}", waiver.owner, waiver.expires),
        ),
        (None, Some(reason)) => (Disposition::Waived, reason),
        (None, None) => {
            let (level, reason) = finding_level(policy, &finding);
            (level.disposition(), reason)
        }
    };
    if waiver.is_some() {
        lapsed.clear();
    }
    let is_open = disposition != Disposition::Waived;
    let is_of_registry = matches!(finding.detail, Detail::Registry(_));
    let approval = match is_open && is_of_registry {
        true => approval(policy, &finding, waivers.now),
        false => None,
    };
    let judged = JudgedFinding {
        waiver: waiver.map(|waiver| WaiverUse {
            id: waiver.id.clone(),
            owner: waiver.owner.clone(),
            reason: waiver.reason.clone(),
            expires: waiver.expires.to_string(),
            days_left: waiver.days_left(waivers.now),
            ends_soon: waivers.ends_soon(waiver),
            status: waiver.vex.status(),
            justification: waiver.vex.justification(),
        }),
        finding,
        disposition,
        reason,
        lapsed,
        vex: heard.statements,
        approval,
    };
    (judged, heard.gap)
}

fn judge_gap(policy: &Policy, gap: Gap, waivers: &mut WaiverBook<'_>) -> JudgedGap {
    let matches = |waiver: &Waiver| match waiver.matches_gap(&gap) {
        true => WaiverMatch::Covers,
        false => WaiverMatch::Other,
    };
    if let (Some(waiver), _) = waivers.look_up(|| gap.id.to_owned(), matches) {
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
        .unwrap_or(("*", Level::Inconclusive));
    // A wildcard says what is to become of gaps in general; this one takes a line of its own.
    let is_by_wildcard = NEVER_BY_WILDCARD.contains(&gap.id) && key != gap.id;
    if is_by_wildcard && level > Level::Inconclusive {
        let reason = format!("inconclusive unless `{}` is under [gaps]", gap.id);
        return JudgedGap {
            gap,
            disposition: Disposition::Inconclusive,
            reason,
        };
    }
    JudgedGap {
        gap,
        disposition: level.disposition(),
        reason: format!("`{key}` under [gaps]"),
    }
}

fn finding_level(policy: &Policy, finding: &Finding) -> (Level, String) {
    let (key, level) = policy
        .rules
        .lookup(finding.rule.id)
        .unwrap_or(("*", Level::Block));
    if level != Level::Block {
        return (level, format!("`{key}` under [rules]"));
    }
    let by_rule = || (Level::Block, format!("`{key}` under [rules]"));
    let advisories = &policy.advisories;
    match &finding.detail {
        Detail::Advisory(advisory) => advisories.level(finding.severity, advisory, key),
        Detail::Yanked(yanked) => advisories.within_scope(by_rule(), yanked.reach.scope),
        Detail::Secret(secret) => secret_level(policy, secret, key),
        Detail::Registry(_) => by_rule(),
    }
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
    if secret.marked && policy.marks == Marks::Accept {
        return (Level::Report, "its line says `sealgate:allow`".to_owned());
    }
    (Level::Block, format!("`{key}` under [rules]"))
}

fn worst_first(a: &JudgedFinding, b: &JudgedFinding) -> std::cmp::Ordering {
    a.disposition
        .cmp(&b.disposition)
        .then_with(|| b.finding.urgency().cmp(&a.finding.urgency()))
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

#[cfg(test)]
mod tests;
