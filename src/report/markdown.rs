//! A job summary in GitHub-flavoured Markdown: the verdict first, then tables. Text from
//! outside is escaped, so that it makes no link, no HTML and no mention.

use super::{advice, facts, text};
use crate::model::{Decision, Disposition, JudgedFinding, Report};

/// Rows per table; a job summary ends at 1 MiB.
const ROWS: usize = 200;

/// The report as Markdown with a line break at its end. Blocking findings come first in
/// the table; a cut table says how many rows are left out.
#[must_use]
pub fn render(report: &Report) -> String {
    let verdict = &report.verdict;
    let word = match verdict.decision {
        Decision::Pass => "✅ PASS",
        Decision::Fail => "❌ FAIL",
        Decision::Inconclusive => "⚠️ INCONCLUSIVE",
    };
    let mut out = format!(
        "## {word}: {}\n\n{}\n\n",
        escape(&text::clipped(&report.target, 200)),
        escape(&text::line(&verdict.summary))
    );
    out.push_str(&format!("| | |\n|---|---|\n{}", facts(report)));
    let all = text::worst_first(verdict);
    for (title, wanted) in [
        ("Blocking", Disposition::Block),
        ("Inconclusive", Disposition::Inconclusive),
        ("Reported", Disposition::Report),
        ("Waived", Disposition::Waived),
    ] {
        let list: Vec<&JudgedFinding> = all
            .iter()
            .copied()
            .filter(|judged| judged.disposition == wanted)
            .collect();
        table(&mut out, title, &list);
    }
    upgrades(&mut out, report);
    gaps(&mut out, report);
    waivers(&mut out, report);
    sources(&mut out, report);
    if !all.is_empty() {
        out.push_str("\nEach rule has a page: `sealgate explain RULE`\n");
    }
    out
}

fn facts(report: &Report) -> String {
    let mut rows = Vec::new();
    if let Some(inventory) = &report.inventory {
        rows.push((
            "Components",
            format!(
                "{} from {}",
                text::grouped(inventory.components.len() as u64),
                text::count(inventory.lockfiles.len() as u64, "lockfile", "lockfiles")
            ),
        ));
    }
    if let Some(database) = &report.database {
        rows.push((
            "Advisory database",
            format!(
                "{}, {}",
                text::count(database.sources.len() as u64, "source", "sources"),
                facts::database(database, &report.time)
            ),
        ));
    }
    for document in report.vex.iter().take(ROWS) {
        rows.push((
            "VEX",
            format!(
                "{} by {}, sha256:{} ({})",
                text::clipped(&document.file, 120),
                text::clipped(&document.author, 80),
                text::clipped(&document.digest, 16),
                if document.accepted {
                    "accepted"
                } else {
                    "only shown"
                }
            ),
        ));
    }
    if let Some(secrets) = &report.secrets {
        rows.push((
            "Secrets",
            format!(
                "{}{}, {}",
                match secrets.commits {
                    0 => String::new(),
                    commits => format!("{}, ", text::count(commits, "commit", "commits")),
                },
                text::count(secrets.files, "file", "files"),
                text::bytes(secrets.bytes)
            ),
        ));
    }
    rows.push((
        "Policy",
        format!(
            "{} ({}), sha256:{}",
            text::clipped(&report.policy.name, 80),
            text::clipped(&report.policy.source, 200),
            text::clipped(&report.policy.digest, 16)
        ),
    ));
    rows.push(("Time", text::clipped(&report.time, 40)));
    rows.into_iter()
        .map(|(name, value)| format!("| {name} | {} |\n", escape(&value)))
        .collect()
}

fn table(out: &mut String, title: &str, list: &[&JudgedFinding]) {
    if list.is_empty() {
        return;
    }
    out.push_str(&format!(
        "\n### {title} ({})\n\n| Severity | Rule | Where | What | Fix |\n|---|---|---|---|---|\n",
        text::grouped(list.len() as u64)
    ));
    for judged in list.iter().take(ROWS) {
        let finding = &judged.finding;
        let fix = match (&judged.waiver, judged.disposition) {
            (Some(waiver), Disposition::Waived) => format!(
                "waived by {} until {}{}: {}",
                waiver.owner,
                waiver.expires,
                facts::soon(waiver),
                waiver.reason
            ),
            (None, Disposition::Waived) => judged.reason.clone(),
            _ => finding.remedy.clone(),
        };
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            finding.severity,
            escape(&text::headline_id(finding)),
            escape(&text::place(&finding.location)),
            what(judged),
            escape(&text::clipped(&fix, 300)),
        ));
    }
    left_out(out, list.len());
}

/// The message, and below it what is known beyond it. The record is a link where its
/// address is one for browsers.
fn what(judged: &JudgedFinding) -> String {
    let mut what = escape(&text::clipped(&judged.finding.message, 300));
    for (name, value) in facts::facts(judged) {
        // The column `Fix` has it, or it says what the message says.
        if matches!(name, "secret" | "found") {
            continue;
        }
        let link = Some(value.as_str())
            .filter(|_| name == "record")
            .and_then(facts::web_address);
        let value = match link {
            Some(address) => format!("[advisory](<{}>)", address.replace('|', "%7C")),
            None if name == facts::ENTRY => {
                let lines: Vec<String> = value.split('\n').map(escape).collect();
                format!("<br>{}", lines.join("<br>"))
            }
            None => escape(&text::clipped(&value, 300)),
        };
        what.push_str(&format!("<br>{name}: {value}"));
    }
    what
}

/// How old each source of the database is.
fn sources(out: &mut String, report: &Report) {
    let Some(database) = &report.database else {
        return;
    };
    if database.sources.is_empty() {
        return;
    }
    out.push_str(
        "\n### Advisory sources\n\n| Source | Records | Unusable | Age | Used for |\n|---|---|---|---|---|\n",
    );
    for source in database.sources.iter().take(ROWS) {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            escape(&text::clipped(&source.name, 80)),
            text::grouped(source.records),
            text::grouped(source.bad_records),
            escape(&facts::age(source, &report.time)),
            source.used_for.as_str(),
        ));
    }
    left_out(out, database.sources.len());
}

fn gaps(out: &mut String, report: &Report) {
    let all = text::gaps_worst_first(&report.verdict);
    if all.is_empty() {
        return;
    }
    out.push_str(&format!(
        "\n### Not checked ({})\n\n| Effect | Gap | What | Fix |\n|---|---|---|---|\n",
        text::grouped(all.len() as u64)
    ));
    for judged in all.iter().take(ROWS) {
        let place = judged.gap.location.as_ref().map(text::place);
        let message = match place {
            Some(place) => format!("{place}: {}", judged.gap.message),
            None => judged.gap.message.clone(),
        };
        out.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            judged.disposition.as_str(),
            escape(judged.gap.id),
            escape(&text::clipped(&message, 300)),
            escape(&text::clipped(&judged.gap.remedy, 300)),
        ));
    }
    left_out(out, all.len());
}

fn waivers(out: &mut String, report: &Report) {
    let waivers = &report.verdict.waivers;
    if waivers.is_empty() {
        return;
    }
    out.push_str(
        "\n### Waivers to look at\n\n| Waiver | State | Until | Owner | About |\n|---|---|---|---|---|\n",
    );
    for waiver in waivers.iter().take(ROWS) {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            escape(&text::clipped(&waiver.id, 120)),
            waiver.state.as_str(),
            escape(&text::clipped(&waiver.expires, 20)),
            escape(&text::clipped(&waiver.owner, 80)),
            escape(text::about(&waiver.about).trim_start_matches(": ")),
        ));
    }
    left_out(out, waivers.len());
}

/// Which upgrades clear what blocks.
fn upgrades(out: &mut String, report: &Report) {
    let Some(found) = &report.advice else {
        return;
    };
    let title = advice::title(report, found);
    let mut letters = title.chars();
    let first: String = letters
        .next()
        .iter()
        .flat_map(|c| c.to_uppercase())
        .collect();
    out.push_str(&format!(
        "\n### {}\n",
        escape(&format!("{first}{}", letters.as_str()))
    ));
    if !found.upgrades.is_empty() {
        out.push_str("\n| Upgrade | Step | Clears | How |\n|---|---|---|---|\n");
    }
    let steps = found
        .upgrades
        .iter()
        .flat_map(|upgrade| upgrade.steps.iter().map(move |step| (upgrade, step)));
    for (upgrade, step) in steps.clone().take(ROWS) {
        let commands: Vec<String> = step
            .commands
            .iter()
            .map(|command| escape(&advice::command(command)))
            .collect();
        out.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            escape(&advice::upgrade(upgrade)),
            escape(&advice::step(step)),
            escape(&advice::clears(step)),
            commands.join("<br>"),
        ));
    }
    left_out(out, steps.count());
    if !found.uncleared.is_empty() {
        out.push_str("\n| Not cleared | Component | Why |\n|---|---|---|\n");
    }
    for uncleared in found.uncleared.iter().take(ROWS) {
        out.push_str(&format!(
            "| {} | {} | {} |\n",
            escape(&text::clipped(&uncleared.id, 120)),
            escape(&text::clipped(&uncleared.label, 120)),
            escape(&text::clipped(&uncleared.why, 300)),
        ));
    }
    left_out(out, found.uncleared.len());
}

fn left_out(out: &mut String, number: usize) {
    let more = number.saturating_sub(ROWS);
    if more > 0 {
        out.push_str(&format!(
            "\n… and {} more: see the JSON report\n",
            text::grouped(more as u64)
        ));
    }
}

/// Text that Markdown shows as it is, on one line: every punctuation mark with a meaning
/// is a character reference, which also stops HTML, mentions and automatic links.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text::clipped(text, 2_000).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '(' | ')' | '#' | '|'
            | '~' | '&' | '@' | '!' | '"' | '\'' | ':' | '$' => {
                escaped.push_str(&format!("&#{};", u32::from(c)));
            }
            c => escaped.push(c),
        }
    }
    escaped
}
