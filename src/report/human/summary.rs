//! What was looked at, with which database and policy.

use super::{BOLD, Options};
use crate::model::{DatabaseInfo, Inventory, Report, SourceUse};
use crate::report::{facts, text};
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
    for document in &report.vex {
        out.push_str(&format!(
            "  vex: {} by {}, {}, sha256:{} ({})\n",
            text::clipped(&document.file, 120),
            text::clipped(&document.author, 80),
            text::count(document.statements as u64, "statement", "statements"),
            text::clipped(&document.digest, 16),
            if document.accepted {
                "accepted"
            } else {
                "only shown"
            },
        ));
    }
    if let Some(asked) = &report.registry {
        let counts: Vec<String> = asked
            .counts()
            .into_iter()
            .map(|(answer, number)| format!("{} {answer}", text::grouped(number as u64)))
            .collect();
        out.push_str(&format!(
            "  registry: {} asked of approved registries {}: {}\n",
            text::count(asked.components.len() as u64, "component", "components"),
            match asked.is_snapshot {
                true => format!("(snapshot of {})", text::clipped(&asked.asked, 40)),
                false => format!("at {}", text::clipped(&asked.asked, 40)),
            },
            match counts.is_empty() {
                true => "nothing to ask".to_owned(),
                false => counts.join(", "),
            },
        ));
    }
    if let Some(secrets) = &report.secrets {
        out.push_str(&format!(
            "  secrets: {}{}, {}, {}\n",
            match secrets.commits {
                0 => String::new(),
                commits => format!("{}, ", text::count(commits, "commit", "commits")),
            },
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
            "    {}: {}{}, {}{}\n",
            text::clipped(&source.name, 80),
            text::count(source.records, "record", "records"),
            if source.bad_records > 0 {
                format!(" and {} unusable", text::grouped(source.bad_records))
            } else {
                String::new()
            },
            facts::age(source, &report.time),
            match source.used_for {
                SourceUse::Nothing => ", not used here",
                _ => "",
            },
        ));
    }
    more(out, database.sources.len().saturating_sub(limit));
}

fn more(out: &mut String, number: usize) {
    if number > 0 {
        out.push_str(&format!(
            "    ... and {} more: use --format json\n",
            text::grouped(number as u64)
        ));
    }
}
