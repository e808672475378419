//! A request for one package, as Markdown for whoever approves it: the facts first, then
//! what is missing, then the tables, at the end the entry of the policy. Text from outside
//! is escaped as in [`super::markdown`]. The JSON is [`super::json::render_dossier`].

use super::markdown::escape;
use super::{facts, text};
use crate::model::{
    Availability, Checksum, Clients, Detail, Dossier, JudgedFinding, Occurrence, Scope,
};

/// Rows per table.
const ROWS: usize = 200;

/// The dossier as Markdown with a line break at its end. A cut table says how many rows are
/// left out.
#[must_use]
pub fn render(dossier: &Dossier) -> String {
    let label = dossier.component.label();
    let mut out = format!("# Request for {}\n\n", escape(&text::clipped(&label, 200)));
    pairs(&mut out, &summary(dossier));
    missing(&mut out, dossier);
    origins(&mut out, dossier);
    configured(&mut out, &dossier.configured);
    advisories(&mut out, dossier);
    let others: Vec<&JudgedFinding> = dossier
        .findings
        .iter()
        .filter(|f| !is_advisory(f))
        .collect();
    findings(&mut out, "Other findings about it", &others);
    let around: Vec<&JudgedFinding> = dossier.around.iter().collect();
    findings(&mut out, "Findings about files of the product", &around);
    gaps(&mut out, dossier);
    users(&mut out, dossier);
    entries(&mut out, dossier);
    out
}

/// Whether a finding comes from the advisory check.
fn is_advisory(judged: &JudgedFinding) -> bool {
    matches!(
        judged.finding.detail,
        Detail::Advisory(_) | Detail::Yanked(_)
    )
}

/// The two-column table at the top: names and values, values not yet escaped.
fn summary(dossier: &Dossier) -> Vec<(&'static str, String)> {
    let component = &dossier.component;
    let mut rows = vec![
        ("Package", text::purl(&component.purl).into_owned()),
        ("Wanted by", text::clipped(&dossier.target, 200)),
    ];
    if let Some(reason) = &dossier.reason {
        rows.push(("Reason given", text::line(reason)));
    }
    rows.push((
        "May approve",
        match dossier.approvers.is_empty() {
            true => "not named: the policy has no approvers under [registry]".to_owned(),
            false => text::line(&dossier.approvers.join(", ")),
        },
    ));
    rows.push((
        "Licence",
        match (component.licence.text(), component.licence.source()) {
            (Some(licence), Some(source)) => {
                format!(
                    "{}, by the {}",
                    text::clipped(licence, 300),
                    source.as_str()
                )
            }
            _ => "not known".to_owned(),
        },
    ));
    rows.push((
        "Runs code when installed or built",
        match component.runs_install_code {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        }
        .to_owned(),
    ));
    rows.push(("Published", published(dossier)));
    rows.push(("Approved registry", registry(dossier)));
    rows.push(("Offered", availability(&component.availability)));
    if component.scope() != Scope::Unknown {
        rows.push(("Needed for", component.scope().as_str().to_owned()));
    }
    rows.push((
        "Judged by",
        format!(
            "policy {} ({}), sha256:{}, at {}",
            text::clipped(&dossier.policy.name, 80),
            text::clipped(&dossier.policy.source, 200),
            text::clipped(&dossier.policy.digest, 16),
            text::clipped(&dossier.time, 40)
        ),
    ));
    rows
}

fn published(dossier: &Dossier) -> String {
    let Some(published) = dossier.answer.as_ref().and_then(|a| a.published.as_ref()) else {
        return match dossier.asked {
            Some(_) => "not known",
            None => "not known: no registry was asked",
        }
        .to_owned();
    };
    let time = text::clipped(&published.time, 40);
    let by = match published.source {
        "index" => "by the registry's index",
        "last-modified" => "by the file's last-modified date",
        _ => "by the commit's time, which its author chose",
    };
    match text::days_between(&published.time, &dossier.time).map(u64::try_from) {
        Some(Ok(days)) => format!("{time} ({by}), {} ago", text::count(days, "day", "days")),
        _ => format!("{time} ({by})"),
    }
}

fn registry(dossier: &Dossier) -> String {
    let (Some(asked), Some(answer)) = (&dossier.asked, &dossier.answer) else {
        return match dossier.asked {
            Some(_) => "has no answer: the package comes from no registry",
            None => "not asked",
        }
        .to_owned();
    };
    let words = answer.answers.join(", ");
    let asked = text::clipped(asked, 40);
    match &answer.registry {
        Some(registry) => format!(
            "{}: {words}, asked at {asked}",
            text::clipped(registry, 200)
        ),
        None => format!("{words}, asked at {asked}"),
    }
}

fn availability(availability: &Availability) -> String {
    let said = |reason: &Option<String>| {
        let reason = reason.as_ref().map(|reason| text::clipped(reason, 200));
        reason.map_or_else(String::new, |reason| format!(": {reason}"))
    };
    match availability {
        Availability::Unknown => "not known".to_owned(),
        Availability::Offered(source) => format!("yes, by the {}", source.as_str()),
        Availability::Withdrawn { source, reason } => {
            format!("withdrawn, by the {}{}", source.as_str(), said(reason))
        }
        Availability::Abandoned { source, instead } => {
            format!("given up, by the {}{}", source.as_str(), said(instead))
        }
    }
}

fn pairs(out: &mut String, rows: &[(&'static str, String)]) {
    out.push_str("| | |\n|---|---|\n");
    for (name, value) in rows {
        out.push_str(&format!("| {name} | {} |\n", escape(value)));
    }
}

fn missing(out: &mut String, dossier: &Dossier) {
    if dossier.missing.is_empty() {
        return;
    }
    let rows = dossier.missing.iter().map(|missing| {
        [
            missing.part.to_owned(),
            text::line(&missing.why),
            text::line(&missing.remedy),
        ]
    });
    table(
        out,
        "Missing from this dossier",
        ["Part", "Why", "Fix"],
        rows,
    );
}

fn origins(out: &mut String, dossier: &Dossier) {
    let rows = dossier.component.occurrences.iter().map(|place| {
        [
            text::place(&place.location),
            text::origin(&place.origin),
            checksums(place),
        ]
    });
    table(
        out,
        "Where it comes from",
        ["Lockfile", "Origin", "Checksums"],
        rows,
    );
}

fn checksums(place: &Occurrence) -> String {
    match place.checksums.is_empty() {
        true => "none".to_owned(),
        false => {
            let all: Vec<String> = place.checksums.iter().map(checksum).collect();
            text::clipped(&all.join(", "), 1_000)
        }
    }
}

/// `sha256:HEX`, or the scheme and value of one that is no digest of a file.
pub(super) fn checksum(checksum: &Checksum) -> String {
    match checksum {
        Checksum::File(digest) => digest.to_string(),
        Checksum::Opaque { scheme, value } => format!("{scheme}:{value}"),
    }
}

fn configured(out: &mut String, clients: &[Clients]) {
    if clients.is_empty() {
        return;
    }
    let rows = clients.iter().map(|way| {
        let places: Vec<String> = way
            .places
            .iter()
            .map(|place| {
                let says = text::clipped(&place.says, 120);
                format!("{}: {says}", text::place(&place.location))
            })
            .collect();
        [
            format!("{}, for {}", way.client, text::place(&way.lockfile)),
            text::clipped(&way.takes_from.join(", "), 600),
            text::clipped(&places.join("; "), 600),
        ]
    });
    let title = "What the clients are configured to do";
    table(
        out,
        title,
        ["Client", "Takes it from", "Configured at"],
        rows,
    );
}

fn advisories(out: &mut String, dossier: &Dossier) {
    let found: Vec<&JudgedFinding> = dossier.findings.iter().filter(|f| is_advisory(f)).collect();
    match found.is_empty() {
        true => out.push_str("\n## Advisories\n"),
        false => findings(out, "Advisories", &found),
    }
    let Some(database) = &dossier.database else {
        out.push_str("\nAdvisories were **not** looked up: see what is missing above\n");
        return;
    };
    if found.is_empty() {
        out.push_str("\nNone is known\n");
    }
    let database = facts::database(database, &dossier.time);
    out.push_str(&format!(
        "\nLooked up in the database {}\n",
        escape(&database)
    ));
}

fn findings(out: &mut String, title: &str, list: &[&JudgedFinding]) {
    if list.is_empty() {
        return;
    }
    let rows = list.iter().map(|judged| {
        let finding = &judged.finding;
        let mut what = vec![text::line(&finding.message)];
        let known = facts::facts(judged).into_iter();
        what.extend(
            known
                .filter(|(name, _)| !matches!(*name, "found" | "may approve" | facts::ENTRY))
                .map(|(name, value)| format!("{name}: {value}")),
        );
        [
            format!("{}, {}", judged.disposition.as_str(), finding.severity),
            format!(
                "{} at {}",
                text::headline_id(finding),
                text::place(&finding.location)
            ),
            format!("{}. Fix: {}", what.join("; "), text::line(&finding.remedy)),
        ]
    });
    table(out, title, ["Verdict", "Rule", "What"], rows);
}

fn gaps(out: &mut String, dossier: &Dossier) {
    if dossier.gaps.is_empty() {
        return;
    }
    let rows = dossier.gaps.iter().map(|judged| {
        [
            judged.disposition.as_str().to_owned(),
            judged.gap.id.to_owned(),
            text::line(&judged.gap.message),
        ]
    });
    table(out, "Not checked", ["Verdict", "Gap", "What"], rows);
}

fn users(out: &mut String, dossier: &Dossier) {
    let reach = &dossier.reach;
    let product = text::clipped(&dossier.target, 120);
    let direct = dossier.is_direct.then(|| ["directly".to_owned(), product]);
    let dependents = dossier.dependents.iter();
    let dependents =
        dependents.map(|label| ["depends on it".to_owned(), text::clipped(label, 200)]);
    let paths = reach.paths.iter().filter(|path| path.len() > 1);
    let paths = paths.map(|path| ["path".to_owned(), text::line(&path.join(" > "))]);
    let more = (reach.more_paths > 0).then(|| {
        let more = text::grouped(reach.more_paths as u64);
        [
            "path".to_owned(),
            format!("{more} more direct dependencies"),
        ]
    });
    let rows: Vec<[String; 2]> = direct
        .into_iter()
        .chain(dependents)
        .chain(paths)
        .chain(more)
        .collect();
    match rows.is_empty() {
        true => out.push_str("\n## What uses it\n\nThe lockfiles do not say\n"),
        false => table(out, "What uses it", ["How", "What"], rows.into_iter()),
    }
}

fn entries(out: &mut String, dossier: &Dossier) {
    out.push_str("\n## Policy\n\n");
    if dossier.entries.is_empty() {
        out.push_str(
            "Nothing about this package keeps the verdict from passing: no entry is needed\n",
        );
        return;
    }
    out.push_str(
        "These entries let it pass. A `[registry.approved]` line takes the place of the line there; a waiver needs its reason.\n",
    );
    for approval in &dossier.entries {
        // Indented code: nothing in a line can end it.
        let lines = facts::entry(approval);
        let lines: String = lines
            .split('\n')
            .map(|line| format!("    {line}\n"))
            .collect();
        out.push_str(&format!("\n{lines}"));
    }
}

fn table<const N: usize>(
    out: &mut String,
    title: &str,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    out.push_str(&format!(
        "\n## {title}\n\n| {} |\n|{}\n",
        head.join(" | "),
        "---|".repeat(N)
    ));
    let mut more: u64 = 0;
    for (index, row) in rows.enumerate() {
        if index >= ROWS {
            more += 1;
            continue;
        }
        let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if more > 0 {
        out.push_str(&format!(
            "\n… and {} more: see the JSON\n",
            text::grouped(more)
        ));
    }
}
