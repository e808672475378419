//! Upgrades in words that several formats share. Everything here is safe to show at a
//! terminal.

use super::text::{clipped, count, grouped, line};
use crate::model::{Advice, ClientCommand, Disposition, Means, Report, Step, Upgrade};
use std::collections::BTreeMap;

/// Ids and direct dependencies that are named of one step.
const NAMED: usize = 10;

/// `to pass: 2 upgrades`, or what the upgrades do where they are not enough.
pub(super) fn title(report: &Report, advice: &Advice) -> String {
    let verdict = &report.verdict;
    let dispositions = verdict
        .findings
        .iter()
        .map(|judged| judged.disposition)
        .chain(verdict.gaps.iter().map(|judged| judged.disposition));
    let (mut blocking, mut open) = (0, 0);
    for disposition in dispositions {
        match disposition {
            Disposition::Block => blocking += 1,
            Disposition::Inconclusive => open += 1,
            Disposition::Waived | Disposition::Report => {}
        }
    }
    let cleared = advice.cleared();
    let upgrades = count(advice.upgrades.len() as u64, "upgrade", "upgrades");
    let bound = match advice.at_least < advice.upgrades.len() {
        true => format!(" (at least {} are needed)", grouped(advice.at_least as u64)),
        false => String::new(),
    };
    if advice.upgrades.is_empty() {
        return "no upgrade clears an advisory that blocks".to_owned();
    }
    match cleared == blocking && open == 0 {
        true => format!("to pass: {upgrades}{bound}"),
        false => format!(
            "{upgrades} clear{} {} of {}{bound}",
            if advice.upgrades.len() == 1 { "s" } else { "" },
            grouped(cleared as u64),
            count(blocking as u64, "item that blocks", "items that block"),
        ),
    }
}

/// `minimist to 1.2.6 (npm)`.
pub(super) fn upgrade(upgrade: &Upgrade) -> String {
    let remaining = match upgrade.remaining.is_empty() {
        true => String::new(),
        false => format!(", still meant by {}", several(&upgrade.remaining)),
    };
    format!(
        "{} to {} ({}{remaining})",
        clipped(&upgrade.name, 120),
        clipped(&upgrade.to, 80),
        upgrade.ecosystem
    )
}

/// `from 1.2.5, compatible, the lock alone can move`.
pub(super) fn step(step: &Step) -> String {
    format!(
        "from {}, {}, {}",
        clipped(&step.from, 80),
        compatible(step),
        means(step)
    )
}

/// `compatible`, or that it is not and what would be.
fn compatible(step: &Step) -> String {
    match (step.is_compatible, &step.compatible_instead) {
        (true, _) => "compatible".to_owned(),
        (false, None) => "not compatible".to_owned(),
        (false, Some(instead)) => {
            format!("not compatible ({} would be)", clipped(instead, 80))
        }
    }
}

fn means(step: &Step) -> String {
    match step.means {
        Means::Lock => "the lock alone can move".to_owned(),
        Means::Direct => "edit the manifest".to_owned(),
        Means::Indirect if step.through.is_empty() => {
            "what depends on it has to accept it".to_owned()
        }
        Means::Indirect => format!("{} must accept it", several(&step.through)),
    }
}

/// The ids that a step clears.
pub(super) fn clears(step: &Step) -> String {
    let ids: Vec<String> = step.clears.iter().map(|one| one.id.clone()).collect();
    several(&ids)
}

/// The text, with its directory where that is not the root.
pub(super) fn command(command: &ClientCommand) -> String {
    match command.directory.as_str() {
        "" => line(&command.text),
        directory => format!("in {}: {}", clipped(directory, 200), line(&command.text)),
    }
}

/// The upgrade of each finding that one clears, on one line, by fingerprint.
pub(super) fn by_finding(report: &Report) -> BTreeMap<&str, String> {
    let mut by_finding = BTreeMap::new();
    for of in report.advice.iter().flat_map(|advice| &advice.upgrades) {
        for found in &of.steps {
            let commands: Vec<String> = found.commands.iter().map(command).collect();
            let how = match commands.is_empty() {
                true => String::new(),
                false => format!("; {}", commands.join("; ")),
            };
            let text = line(&format!("{}, {}{how}", upgrade(of), step(found)));
            let cleared = found.clears.iter().map(|one| one.fingerprint.as_str());
            by_finding.extend(cleared.map(|fingerprint| (fingerprint, text.clone())));
        }
    }
    by_finding
}

fn several(list: &[String]) -> String {
    let shown: Vec<String> = list
        .iter()
        .take(NAMED)
        .map(|one| clipped(one, 120))
        .collect();
    let more = list.len().saturating_sub(NAMED);
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
