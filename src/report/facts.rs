//! What is known of a finding beyond its message, as names and values that several formats
//! show. Everything here is safe to show at a terminal.

use super::text::{clipped, line, origin};
use crate::model::{
    AdvisoryDetail, Approval, DatabaseInfo, Detail, ExploitScore, Finding, JudgedFinding,
    KnownExploited, Lapse, LapsedWaiver, Origin, Reach, RegistryDetail, Scope, SourceInfo,
    SourceUse, VexUse, WaiverUse, terminal_safe,
};
use url::Url;

/// Paths, statements and waivers that are named beside one finding.
const NAMED: usize = 5;

/// Longest line of an entry of the policy that is shown, in characters.
const ENTRY_LINE: usize = 1_000;

/// Names and values of what is known of a finding, in the order in which they are shown.
pub(super) fn facts(judged: &JudgedFinding) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    match &judged.finding.detail {
        Detail::Advisory(detail) => advisory(&mut facts, detail),
        Detail::Yanked(detail) => {
            facts.push(("told by", detail.source.as_str().to_owned()));
            reach(&mut facts, &detail.reach);
        }
        Detail::Registry(detail) => registry(&mut facts, detail),
        Detail::Secret(detail) => facts.push((
            "secret",
            format!(
                "{} {}, {}, confidence {}, structure {}",
                clipped(&detail.provider, 60),
                clipped(&detail.credential, 60),
                detail.value.masked(),
                detail.confidence.as_str(),
                detail.validity.as_str(),
            ),
        )),
    }
    several(&mut facts, "vex", judged.vex.iter().map(vex));
    several(&mut facts, "waiver", judged.lapsed.iter().map(lapsed));
    if let Some(approval) = &judged.approval {
        approve(&mut facts, approval);
    }
    facts
}

/// Who may approve, and the entry of the policy, which has a line for each of its own.
fn approve(facts: &mut Vec<(&'static str, String)>, approval: &Approval) {
    if !approval.approvers.is_empty() {
        facts.push(("may approve", line(&approval.approvers.join(", "))));
    }
    facts.push((ENTRY, entry(approval)));
}

/// Name of the fact whose value has several lines, none of which may be cut or wrapped.
pub(super) const ENTRY: &str = "policy entry";

/// The lines of an entry, safe to show. One that cannot be shown as it is, or not whole, is
/// named only: half of it would be another entry.
pub(super) fn entry(approval: &Approval) -> String {
    let lines: Vec<&str> = approval.entry.split('\n').collect();
    let is_plain =
        |text: &&str| text.chars().count() <= ENTRY_LINE && terminal_safe(text) == **text;
    match lines.iter().all(is_plain) {
        true => approval.entry.clone(),
        false => "see `approval` in the JSON report".to_owned(),
    }
}

fn advisory(facts: &mut Vec<(&'static str, String)>, detail: &AdvisoryDetail) {
    if !detail.aliases.is_empty() {
        facts.push(("aliases", line(&detail.aliases.join(", "))));
    }
    if !detail.withdrawn.is_empty() {
        facts.push(("withdrawn", line(&detail.withdrawn.join(", "))));
    }
    if !detail.related.is_empty() {
        facts.push(("related", line(&detail.related.join(", "))));
    }
    if let Some(known) = &detail.known_exploited {
        facts.push(("exploited", known_exploited(known)));
    }
    if let Some(score) = &detail.exploit_score {
        facts.push(("EPSS", exploit_score(score)));
    }
    if let Some(vector) = &detail.vector {
        let score = detail.score_tenths.map_or_else(String::new, |tenths| {
            format!("{}.{} ", tenths / 10, tenths % 10)
        });
        facts.push(("CVSS", format!("{score}{}", clipped(vector, 200))));
    }
    if !detail.fixed.is_empty() {
        facts.push(("fixed in", line(&detail.fixed.join(", "))));
    }
    if detail.indeterminate {
        facts.push((
            "note",
            "a version bound could not be compared: it may be affected".to_owned(),
        ));
    }
    reach(facts, &detail.reach);
    if let Some(url) = &detail.url {
        facts.push(("record", line(url)));
    }
}

fn reach(facts: &mut Vec<(&'static str, String)>, reach: &Reach) {
    if reach.scope != Scope::Unknown {
        facts.push(("scope", reach.scope.as_str().to_owned()));
    }
    let paths = reach.paths.iter().filter(|path| path.len() > 1);
    let mut shown: Vec<String> = paths.map(|path| line(&path.join(" > "))).collect();
    if reach.more_paths > 0 {
        shown.push(format!(
            "{} more direct dependencies",
            super::text::grouped(reach.more_paths as u64)
        ));
    }
    facts.extend(shown.into_iter().map(|path| ("through", path)));
}

/// Where it comes from, and the lines of configuration that say so. A finding about the
/// configuration alone has no origin.
fn registry(facts: &mut Vec<(&'static str, String)>, detail: &RegistryDetail) {
    if detail.origin != Origin::Unrecorded || detail.configuration.is_empty() {
        facts.push(("found", origin(&detail.origin)));
    }
    let places = detail.configuration.iter();
    let texts = places.map(|place| {
        let says = clipped(&place.says, 120);
        format!("{}: {says}", super::text::place(&place.location))
    });
    several(facts, "configured", texts);
}

fn several(
    facts: &mut Vec<(&'static str, String)>,
    name: &'static str,
    values: impl ExactSizeIterator<Item = String>,
) {
    let more = values.len().saturating_sub(NAMED);
    facts.extend(values.take(NAMED).map(|value| (name, value)));
    if more > 0 {
        facts.push((name, format!("and {more} more: see the JSON report")));
    }
}

/// The entry of the catalogue in words.
pub(super) fn known_exploited(known: &KnownExploited) -> String {
    let mut text = format!("known since {}", clipped(&known.date_added, 20));
    if let Some(due) = &known.due {
        text.push_str(&format!(", to be repaired by {}", clipped(due, 20)));
    }
    if known.ransomware {
        text.push_str(", also by ransomware");
    }
    text
}

fn exploit_score(score: &ExploitScore) -> String {
    let mut text = format!(
        "{} (higher than or equal to {} of all)",
        percent_e5(score.score_e5),
        percent_e5(score.percentile_e5)
    );
    if let Some(date) = &score.date {
        text.push_str(&format!(", on {}", clipped(date, 20)));
    }
    text
}

/// Hundred-thousandths as a percentage with two digits after the point.
fn percent_e5(number: u32) -> String {
    format!("{}.{:02} %", number / 1_000, number % 1_000 / 10)
}

fn vex(statement: &VexUse) -> String {
    let VexUse {
        statement,
        accepted,
        decides,
    } = statement;
    let mut text = statement.status.as_str().to_owned();
    if let Some(label) = statement.justification {
        text.push_str(&format!(", {}", label.as_str()));
    }
    text.push_str(&format!(
        ", by {} in {}",
        clipped(&statement.author, 80),
        clipped(&statement.document, 120)
    ));
    if let Some(time) = statement.time {
        text.push_str(&format!(" at {time}"));
    }
    text.push_str(match (accepted, decides) {
        (_, true) => " (accepted)",
        (true, false) => " (changes nothing)",
        (false, false) => " (only shown: the policy does not accept the document)",
    });
    if let Some(words) = &statement.text {
        text.push_str(&format!(": {}", clipped(words, 200)));
    }
    text
}

fn lapsed(waiver: &LapsedWaiver) -> String {
    let why = match waiver.why {
        Lapse::Expired => format!("expired on {}", clipped(&waiver.expires, 20)),
        Lapse::OtherVersion => "is for other versions".to_owned(),
        Lapse::VersionUnknown => {
            "is for a range with which the version cannot be compared".to_owned()
        }
    };
    format!(
        "{} of {} does not cover it: it {why}",
        clipped(&waiver.id, 120),
        clipped(&waiver.owner, 80)
    )
}

/// ` (ends soon)` after the end of a waiver that does.
pub(super) fn soon(waiver: &WaiverUse) -> &'static str {
    match waiver.ends_soon {
        true => " (ends soon)",
        false => "",
    }
}

/// Short marks after a message where there is one line only: ` (known exploited, dev)`.
pub(super) fn marks(finding: &Finding) -> String {
    let mut marks = Vec::new();
    if finding.urgency().0 {
        marks.push("known exploited");
    }
    match finding.reach().map_or(Scope::Unknown, |reach| reach.scope) {
        Scope::Runtime | Scope::Unknown => {}
        scope => marks.push(scope.as_str()),
    }
    match marks.is_empty() {
        true => String::new(),
        false => format!(" ({})", marks.join(", ")),
    }
}

/// How old a source is: `newest 2026-11-20T08:00:00Z, 3 days old`.
pub(super) fn age(source: &SourceInfo, now: &str) -> String {
    let Some(newest) = &source.newest else {
        return "no record has a date".to_owned();
    };
    let day = clipped(newest, 40);
    match super::text::days_between(newest, now).map(u64::try_from) {
        Some(Ok(0)) => format!("newest {day}, today"),
        Some(Ok(days)) => format!(
            "newest {day}, {} old",
            super::text::count(days, "day", "days")
        ),
        Some(Err(_)) => format!("newest {day}, in the future"),
        None => format!("newest {day}"),
    }
}

/// Whole days from the newest record of a source to the time of the verdict.
pub(super) fn age_days(source: &SourceInfo, now: &str) -> Option<i64> {
    super::text::days_between(source.newest.as_deref()?, now)
}

/// The database in one line: its digest and the oldest source in use.
pub(super) fn database(database: &DatabaseInfo, now: &str) -> String {
    let used = database
        .sources
        .iter()
        .filter(|source| source.used_for != SourceUse::Nothing);
    let oldest = used.min_by_key(|source| source.newest.clone());
    let oldest = oldest.map_or_else(String::new, |source| {
        format!(
            ", oldest source in use {}: {}",
            clipped(&source.name, 80),
            age(source, now)
        )
    });
    format!("sha256:{}{oldest}", clipped(&database.digest, 16))
}

/// The address, if a browser may open it.
pub(super) fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    (plain && matches!(url.scheme(), "https" | "http")).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_links() {
        assert_eq!(web_address("javascript:alert(1)"), None);
        assert_eq!(web_address("https://u:p@h.example/"), None);
        assert_eq!(
            web_address("https://h.example/a b").as_deref(),
            Some("https://h.example/a%20b")
        );
    }

    #[test]
    fn a_score_is_a_percentage() {
        assert_eq!(percent_e5(94_358), "94.35 %");
        assert_eq!(percent_e5(43), "0.04 %");
        assert_eq!(percent_e5(100_000), "100.00 %");
    }
}
