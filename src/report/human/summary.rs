//! What was looked at, with which database and policy.

use super::{BOLD, Options};
use crate::model::{DatabaseInfo, Inventory, Report, SourceInfo};
use crate::report::text;
use std::collections::BTreeMap;

/// Lockfiles, skipped files and sources that are named.
const LINES: usize = 20;

pub(super) fn render(out: &mut String, report: &Report, options: &Options) {
    let title = options.paint(BOLD, "checked");
    let checks = if report.checks.is_empty() {
        "nothing".to_owned()
    } else {
        report.checks.join(", ")
    };
    out.push_str(&format!(
        "{title} {} at {}: {checks}\n",
        text::clipped(&report.target, 200),
        text::clipped(&report.time, 40),
    ));
    if let Some(inventory) = &report.inventory {
        components(out, inventory, options);
    }
    if let Some(database) = &report.database {
        sources(out, database, report, options);
    }
    if let Some(secrets) = &report.secrets {
        out.push_str(&format!(
            "  secrets: {}, {}, {}\n",
            text::count(secrets.files, "file", "files"),
            text::bytes(secrets.bytes),
            text::count(secrets.rules, "rule", "rules"),
        ));
    }
    out.push_str(&format!(
        "  policy: {}, sha256:{}\n",
        text::clipped(&report.policy.source, 200),
        text::clipped(&report.policy.digest, 16),
    ));
}

fn components(out: &mut String, inventory: &Inventory, options: &Options) {
    let mut by_ecosystem: BTreeMap<&str, u64> = BTreeMap::new();
    for component in &inventory.components {
        *by_ecosystem
            .entry(component.ecosystem.purl_type())
            .or_default() += 1;
    }
    let parts: Vec<String> = by_ecosystem
        .iter()
        .map(|(name, number)| format!("{name} {}", text::grouped(*number)))
        .collect();
    let detail = if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    };
    out.push_str(&format!(
        "  components: {}{detail} from {}\n",
        text::grouped(inventory.components.len() as u64),
        text::count(inventory.lockfiles.len() as u64, "lockfile", "lockfiles"),
    ));
    let limit = if options.show_all { usize::MAX } else { LINES };
    for lock in inventory.lockfiles.iter().take(limit) {
        out.push_str(&format!(
            "    {}: {}\n",
            text::clipped(&lock.path, 200),
            text::count(lock.packages as u64, "package", "packages"),
        ));
    }
    more(out, inventory.lockfiles.len().saturating_sub(limit));
    if inventory.skipped.is_empty() {
        return;
    }
    out.push_str(&format!(
        "  left out: {}\n",
        text::count(inventory.skipped.len() as u64, "file", "files")
    ));
    for skipped in inventory.skipped.iter().take(limit) {
        out.push_str(&format!(
            "    {}: {}\n",
            text::clipped(&skipped.path, 200),
            text::clipped(&skipped.reason, 200),
        ));
    }
    more(out, inventory.skipped.len().saturating_sub(limit));
}

fn sources(out: &mut String, database: &DatabaseInfo, report: &Report, options: &Options) {
    out.push_str(&format!(
        "  advisories: database sha256:{}\n",
        text::clipped(&database.digest, 16)
    ));
    let limit = if options.show_all { usize::MAX } else { LINES };
    for source in database.sources.iter().take(limit) {
        out.push_str(&format!(
            "    {}: {}{}, {}\n",
            text::clipped(&source.name, 80),
            text::count(source.records, "record", "records"),
            if source.bad_records > 0 {
                format!(" and {} unusable", text::grouped(source.bad_records))
            } else {
                String::new()
            },
            newest(source, &report.time),
        ));
    }
    more(out, database.sources.len().saturating_sub(limit));
}

fn newest(source: &SourceInfo, now: &str) -> String {
    let Some(newest) = &source.newest else {
        return "no record has a date".to_owned();
    };
    let day = text::clipped(newest, 40);
    match text::days_between(newest, now).map(u64::try_from) {
        Some(Ok(0)) => format!("newest {day}, today"),
        Some(Ok(days)) => format!("newest {day}, {} old", text::count(days, "day", "days")),
        Some(Err(_)) => format!("newest {day}, in the future"),
        None => format!("newest {day}"),
    }
}

fn more(out: &mut String, number: usize) {
    if number > 0 {
        out.push_str(&format!(
            "    ... and {} more: use --format json\n",
            text::grouped(number as u64)
        ));
    }
}
