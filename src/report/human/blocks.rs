//! Findings, gaps and waivers.

use super::frame::Frame;
use super::{BOLD, Options, RED, YELLOW};
use crate::model::{Detail, Disposition, JudgedFinding, JudgedGap, Report, Severity, WaiverState};
use crate::report::{facts, text};
use anstyle::Style;
use std::collections::BTreeMap;

/// Lines per rule that are shown of reported findings.
const PER_RULE: usize = 3;
/// Rules of which reported findings are shown, and lines of waived ones and of gaps that
/// change nothing.
const LINES: usize = 20;
/// Other places of one finding that are named.
const PLACES: usize = 3;

/// A finding in full.
pub(super) fn finding(out: &mut String, judged: &JudgedFinding, options: &Options) {
    let finding = &judged.finding;
    let (word, style) = match judged.disposition {
        Disposition::Block => ("error", RED),
        Disposition::Inconclusive => ("inconclusive", YELLOW),
        Disposition::Report | Disposition::Waived => ("report", BOLD),
    };
    let frame = Frame::of(&finding.location, options);
    let word = format!("{word}[{}]", text::headline_id(finding));
    out.push_str(&format!(
        "{}: {}\n",
        options.paint(style, &word),
        options.paint(BOLD, &text::line(&finding.message))
    ));
    frame.place(out, &finding.location);
    if let Some(excerpt) = &finding.excerpt {
        frame.source(out, excerpt, &underlined(judged));
    }
    for (name, value) in notes(judged, options) {
        frame.note(out, name, &value);
    }
    out.push('\n');
}

/// What the finding is about, as the excerpt would show it.
fn underlined(judged: &JudgedFinding) -> String {
    match &judged.finding.detail {
        Detail::Secret(detail) => detail.value.masked(),
        Detail::Registry(_) | Detail::Advisory(_) | Detail::Yanked(_) => {
            let label = text::subject(&judged.finding.subject);
            // `@scope/name@version`: the name alone is what a lockfile line shows.
            match label.rfind('@') {
                Some(at) if at > 0 => label.get(..at).unwrap_or_default().to_owned(),
                _ => label,
            }
        }
    }
}

/// Why a secret counts as one, where that is asked for.
fn why(judged: &JudgedFinding, options: &Options) -> Option<String> {
    match &judged.finding.detail {
        Detail::Secret(detail) if options.explain && !detail.why.is_empty() => {
            Some(detail.why.join("; "))
        }
        _ => None,
    }
}

/// The lines below a finding: name and value.
fn notes(judged: &JudgedFinding, options: &Options) -> Vec<(&'static str, String)> {
    let finding = &judged.finding;
    let mut notes = vec![(
        "severity",
        format!("{}; {}", finding.severity, text::line(&judged.reason)),
    )];
    notes.extend(facts::facts(judged));
    notes.extend(why(judged, options).map(|why| ("why", why)));
    if !finding.also_at.is_empty() {
        let shown: Vec<String> = finding
            .also_at
            .iter()
            .take(PLACES)
            .map(text::place)
            .collect();
        let more = finding.also_at.len().saturating_sub(PLACES);
        let tail = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        notes.push(("also at", format!("{}{tail}", shown.join(", "))));
    }
    notes.push(("fix", text::line(&finding.remedy)));
    notes.push(("see", format!("sealgate explain {}", finding.rule.id)));
    notes
}

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => RED,
        Severity::Medium | Severity::Unknown => YELLOW,
        Severity::Low | Severity::Info => BOLD,
    }
}

/// Findings that change nothing, by rule, worst rule first.
pub(super) fn reported(out: &mut String, findings: &[&JudgedFinding], options: &Options) {
    if findings.is_empty() {
        return;
    }
    heading(out, "reported, not blocking", findings.len(), options);
    // The findings come worst first, so the first of a rule is its worst.
    let mut order: Vec<&'static str> = Vec::new();
    let mut by_rule: BTreeMap<&'static str, Vec<&JudgedFinding>> = BTreeMap::new();
    for judged in findings {
        let rule = judged.finding.rule.id;
        let list = by_rule.entry(rule).or_default();
        if list.is_empty() {
            order.push(rule);
        }
        list.push(judged);
    }
    let (rules, per_rule) = if options.show_all {
        (usize::MAX, usize::MAX)
    } else {
        (LINES, PER_RULE)
    };
    let mut hidden = 0;
    for (i, rule) in order.iter().enumerate() {
        let list = by_rule.remove(rule).unwrap_or_default();
        if i >= rules {
            hidden += list.len();
            continue;
        }
        rule_lines(out, rule, &list, per_rule, options);
    }
    if hidden > 0 {
        out.push_str(&format!(
            "  ... and {} of other rules: use --format json\n",
            text::count(hidden as u64, "finding", "findings")
        ));
    }
    out.push('\n');
}

fn rule_lines(
    out: &mut String,
    rule: &str,
    list: &[&JudgedFinding],
    limit: usize,
    options: &Options,
) {
    out.push_str(&format!(
        "  {rule} ({})\n",
        text::grouped(list.len() as u64)
    ));
    for judged in list.iter().take(limit) {
        let finding = &judged.finding;
        let severity = format!("{:<8}", finding.severity);
        out.push_str(&format!(
            "    {} {}: {}{}\n",
            options.paint(severity_style(finding.severity), &severity),
            text::place(&finding.location),
            text::clipped(&finding.message, 200),
            facts::marks(finding),
        ));
        if let Some(why) = why(judged, options) {
            out.push_str(&format!("             why: {why}\n"));
        }
    }
    let more = list.len().saturating_sub(limit);
    if more > 0 {
        out.push_str(&format!(
            "    ... and {} more: use --format json\n",
            text::grouped(more as u64)
        ));
    }
}

/// Waived findings with who answers for them.
pub(super) fn waived(out: &mut String, findings: &[&JudgedFinding], options: &Options) {
    if findings.is_empty() {
        return;
    }
    heading(out, "waived", findings.len(), options);
    let limit = if options.show_all { usize::MAX } else { LINES };
    for judged in findings.iter().take(limit) {
        let finding = &judged.finding;
        out.push_str(&format!(
            "  {}: {}: {}{}\n",
            text::headline_id(finding),
            text::place(&finding.location),
            text::clipped(&finding.message, 200),
            facts::marks(finding),
        ));
        match &judged.waiver {
            Some(waiver) => out.push_str(&format!(
                "    by {} until {} ({}){}: {}\n",
                text::clipped(&waiver.owner, 80),
                text::clipped(&waiver.expires, 20),
                days_left(waiver.days_left),
                facts::soon(waiver),
                text::clipped(&waiver.reason, 200),
            )),
            None => out.push_str(&format!("    {}\n", text::line(&judged.reason))),
        }
    }
    more(out, findings.len().saturating_sub(limit));
    out.push('\n');
}

fn days_left(days: i64) -> String {
    match u64::try_from(days) {
        Ok(days) => format!("{} left", text::count(days, "day", "days")),
        Err(_) => "over".to_owned(),
    }
}

/// What was not checked; gaps that hold the verdict up are all shown.
pub(super) fn gaps(out: &mut String, report: &Report, options: &Options) {
    let all = text::gaps_worst_first(&report.verdict);
    if all.is_empty() {
        return;
    }
    heading(out, "not checked", all.len(), options);
    let (holding, rest): (Vec<&JudgedGap>, Vec<&JudgedGap>) = all.into_iter().partition(|judged| {
        matches!(
            judged.disposition,
            Disposition::Block | Disposition::Inconclusive
        )
    });
    let limit = if options.show_all { usize::MAX } else { LINES };
    let mut shown = holding.iter().chain(rest.iter().take(limit)).peekable();
    while let Some(judged) = shown.next() {
        let gap = &judged.gap;
        let word = match judged.disposition {
            Disposition::Block => options.paint(RED, "blocks"),
            Disposition::Inconclusive => options.paint(YELLOW, "inconclusive"),
            Disposition::Waived => "waived".to_owned(),
            Disposition::Report => "reported".to_owned(),
        };
        let place = gap
            .location
            .as_ref()
            .map(|l| format!("{}: ", text::place(l)))
            .unwrap_or_default();
        out.push_str(&format!(
            "  {word} {}: {place}{}\n",
            gap.id,
            text::clipped(&gap.message, 300),
        ));
        // Many lines of one file often have the same remedy: it is said after the last.
        let is_last = shown
            .peek()
            .is_none_or(|next| (next.gap.id, &next.gap.remedy) != (gap.id, &gap.remedy));
        if is_last {
            out.push_str(&format!("    fix: {}\n", text::line(&gap.remedy)));
        }
    }
    more(out, rest.len().saturating_sub(limit));
    out.push('\n');
}

/// What looked like a secret and is none, where that is asked for.
pub(super) fn dropped(out: &mut String, report: &Report, options: &Options) {
    let scanned = report.secrets.as_ref();
    let Some(dropped) = scanned.and_then(|scanned| scanned.dropped.as_ref()) else {
        return;
    };
    let all = dropped.listed.len() as u64 + dropped.more;
    if all == 0 {
        return;
    }
    heading(
        out,
        "dropped, no secrets",
        usize::try_from(all).unwrap_or(usize::MAX),
        options,
    );
    for drop in &dropped.listed {
        out.push_str(&format!(
            "  {} {}: {}: {}: {}\n",
            drop.rule,
            drop.kind,
            text::place(&drop.location),
            text::line(&drop.masked),
            drop.why,
        ));
    }
    if dropped.more > 0 {
        let more = text::grouped(dropped.more);
        out.push_str(&format!("    ... and {more} more that are not listed\n"));
    }
    out.push('\n');
}

/// Waivers that cover nothing, or not for long.
pub(super) fn waivers(out: &mut String, report: &Report, options: &Options) {
    let waivers = &report.verdict.waivers;
    if waivers.is_empty() {
        return;
    }
    heading(out, "waivers to look at", waivers.len(), options);
    for waiver in waivers {
        let state = match waiver.state {
            WaiverState::Expired => "expired, covers nothing",
            WaiverState::Unused => "covers nothing",
            WaiverState::ExpiresSoon => "expires soon",
        };
        out.push_str(&format!(
            "  {}: {state} (until {}, owner {}){}\n",
            text::clipped(&waiver.id, 120),
            text::clipped(&waiver.expires, 20),
            text::clipped(&waiver.owner, 80),
            text::about(&waiver.about),
        ));
    }
    out.push('\n');
}

fn heading(out: &mut String, title: &str, number: usize, options: &Options) {
    let title = options.paint(BOLD, title);
    out.push_str(&format!("{title} ({})\n", text::grouped(number as u64)));
}

fn more(out: &mut String, number: usize) {
    if number > 0 {
        out.push_str(&format!(
            "  ... and {} more: use --format json\n",
            text::grouped(number as u64)
        ));
    }
}
