//! Which VEX statement about a finding decides, if one does.

use super::advisories::AdvisoryPolicy;
use super::freshness::DATE_TOLERANCE_SECONDS;
use super::rules::VEX_CONFLICT;
use crate::model::{Finding, Gap, VexStatement, VexUse};
use jiff::Timestamp;

/// The statements about a finding, as a report shows them, and what they do.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The one that decides first, then newest first.
    pub statements: Vec<VexUse>,
    /// Why the finding does not block, if that is so.
    pub clears: Option<String>,
    /// Accepted statements that do not agree.
    pub gap: Option<Gap>,
}

/// Only documents that the policy accepts can decide, and of their statements the newest.
/// Where it cannot be said which one that is, or the newest ones differ, none does: the
/// finding stands and there is a gap.
pub(super) fn hear(
    policy: &AdvisoryPolicy,
    finding: &Finding,
    statements: &[VexStatement],
    now: Timestamp,
) -> Heard {
    let mut newest_first: Vec<&VexStatement> = statements.iter().collect();
    newest_first.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.cmp(b)));
    newest_first.dedup();
    let accepted: Vec<&VexStatement> = newest_first
        .iter()
        .copied()
        .filter(|statement| policy.accepts(statement))
        .collect();
    let newest = newest_of(&accepted, now);
    let decides = match newest {
        Ok(Some(statement)) if statement.status.clears() => Some(statement),
        _ => None,
    };
    let mut uses: Vec<VexUse> = newest_first
        .iter()
        .map(|statement| VexUse {
            statement: (*statement).clone(),
            accepted: policy.accepts(statement),
            decides: decides == Some(*statement),
        })
        .collect();
    uses.sort_by_key(|statement| !statement.decides);
    Heard {
        clears: decides.map(reason),
        gap: newest.err().map(|why| conflict(finding, why)),
        statements: uses,
    }
}

/// The newest statement; `None` where there are none.
fn newest_of<'a>(
    accepted: &[&'a VexStatement],
    now: Timestamp,
) -> Result<Option<&'a VexStatement>, &'static str> {
    let Some(first) = accepted.first() else {
        return Ok(None);
    };
    let is_ahead =
        |time: Timestamp| time.as_second().saturating_sub(now.as_second()) > DATE_TOLERANCE_SECONDS;
    if first.time.is_some_and(is_ahead) {
        return Err("the newest one is dated after now");
    }
    let agree = |statement: &&&VexStatement| statement.status == first.status;
    if accepted.iter().any(|statement| statement.time.is_none())
        && !accepted.iter().all(|s| agree(&s))
    {
        return Err("they differ, and one of them has no date");
    }
    let newest = accepted.iter().filter(|s| s.time == first.time);
    match newest.into_iter().all(|s| agree(&s)) {
        true => Ok(Some(first)),
        false => Err("the newest ones are of the same time and differ"),
    }
}

fn reason(statement: &VexStatement) -> String {
    let why = match statement.justification {
        Some(label) => format!(", {}", label.as_str()),
        None => String::new(),
    };
    format!(
        "VEX: {}{why}, by {} ({})",
        statement.status.as_str(),
        statement.author,
        statement.document
    )
}

fn conflict(finding: &Finding, why: &'static str) -> Gap {
    Gap {
        id: VEX_CONFLICT.id,
        message: format!(
            "VEX statements about {} in `{}` do not count: {why}",
            finding.id(),
            finding.subject.label()
        ),
        location: None,
        remedy: VEX_CONFLICT.remedy.to_owned(),
    }
}
