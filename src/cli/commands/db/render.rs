//! A database in words and as JSON.

use super::failed;
use crate::checks::advisories::{Database, SourceKind, SourceOrigin, SourceStatus};
use crate::cli::exit::CliError;
use crate::model::terminal_safe;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Bad records and notes that are listed by name.
const LISTED: usize = 20;
const DAY_SECONDS: i64 = 86_400;

/// Appends everything that is worth knowing about a database, for people.
pub(super) fn human(
    text: &mut String,
    database: &Database,
    now: Timestamp,
) -> Result<(), CliError> {
    let info = database.status();
    let remarks = database.remarks().map_err(|e| failed(&e))?;
    let signed = match database.attachments().signature {
        Some(_) => ", signed (`sealgate db verify --key PUB` says by whom)",
        None => "",
    };
    let _ = writeln!(text, "  root sha256:{}{signed}", database.digest().hex());
    let _ = writeln!(
        text,
        "  {} about {}, {}",
        count(info.records(), "record", "records"),
        count(info.packages, "package", "packages"),
        count(info.rows, "row", "rows")
    );
    let width = info.sources.keys().map(String::len).max().unwrap_or(0);
    for (name, source) in &info.sources {
        let _ = write!(text, "  {:width$}  ", terminal_safe(name));
        source_line(text, source, now);
        for origin in origins(database, name) {
            let _ = writeln!(text, "  {:width$}    from {}", "", origin_words(origin));
        }
    }
    for (ecosystem, number) in &info.not_used {
        let _ = writeln!(
            text,
            "  not used: {} about {}",
            count(*number, "record", "records"),
            terminal_safe(ecosystem)
        );
    }
    for (ecosystem, number) in &info.also_about {
        let _ = writeln!(
            text,
            "  {} in use also about {}, which is not used",
            count(*number, "record", "records"),
            terminal_safe(ecosystem)
        );
    }
    if info.replaced > 0 {
        let _ = writeln!(
            text,
            "  {} there more than once; the newest of each is kept",
            count(info.replaced, "record was", "records were")
        );
    }
    list(
        text,
        "could not be used",
        info.bad,
        remarks
            .bad
            .iter()
            .map(|bad| format!("{}: {}", bad.place, bad.reason)),
    );
    list(
        text,
        "with malformed parts; the rest of each is used",
        info.notes,
        remarks.notes.iter().cloned(),
    );
    Ok(())
}

fn source_line(text: &mut String, source: &SourceStatus, now: Timestamp) {
    let unit = match source.kind {
        SourceKind::Advisories => "records",
        SourceKind::Signals => "CVE ids",
    };
    let _ = write!(text, "{:>7} {unit}", source.records);
    if source.withdrawn > 0 {
        let _ = write!(text, ", {} of them withdrawn", source.withdrawn);
    }
    if source.bad_records > 0 {
        let _ = write!(text, ", {} could not be used", source.bad_records);
    }
    if let Some(newest) = &source.newest {
        let _ = write!(text, ", newest {}", terminal_safe(newest));
    }
    match age_days(source, now) {
        Some(days @ 0..) => {
            let _ = write!(text, " ({} old)", count(days.unsigned_abs(), "day", "days"));
        }
        Some(_) => text.push_str(" (in the future)"),
        None => text.push_str(", of unknown age"),
    }
    text.push('\n');
}

/// Whole days since the newest record; negative for one from the future.
fn age_days(source: &SourceStatus, now: Timestamp) -> Option<i64> {
    let newest: Timestamp = source.newest.as_ref()?.parse().ok()?;
    let seconds = now.as_second().saturating_sub(newest.as_second());
    Some(seconds.div_euclid(DAY_SECONDS))
}

fn origins<'a>(
    database: &'a Database,
    source: &'a str,
) -> impl Iterator<Item = &'a SourceOrigin> + 'a {
    let all = database.attachments().origins.iter();
    all.filter(move |origin| origin.source == source)
}

fn origin_words(origin: &SourceOrigin) -> String {
    let mut words = match &origin.fetched {
        Some(fetched) => {
            let tag = fetched.etag.as_deref().unwrap_or("no tag");
            format!(
                "{}, {tag}, fetched {}, checked {}",
                fetched.url, fetched.fetched, fetched.checked
            )
        }
        None => origin.name.clone(),
    };
    if let Some(commit) = &origin.commit {
        let _ = write!(words, ", commit {commit}");
    }
    one_line(&words)
}

fn list(text: &mut String, what: &str, number: u64, items: impl Iterator<Item = String>) {
    if number == 0 {
        return;
    }
    let records = count(number, "record", "records");
    let _ = writeln!(text, "  {records} {what}:");
    for item in items.take(LISTED) {
        let _ = writeln!(text, "    {}", one_line(&item));
    }
    if number > LISTED as u64 {
        let _ = writeln!(text, "    and {} more", number - LISTED as u64);
    }
}

pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn one_line(text: &str) -> String {
    terminal_safe(text).into_owned()
}

/// The same for programs.
pub(super) fn json(database: &Database, now: Timestamp) -> Result<Value, CliError> {
    let info = database.status();
    let remarks = database.remarks().map_err(|e| failed(&e))?;
    let sources: Vec<_> = info
        .sources
        .iter()
        .map(|(name, source)| {
            let origins: Vec<_> = origins(database, name).map(origin_json).collect();
            json!({
                "name": name,
                "kind": source.kind,
                "records": source.records,
                "withdrawn": source.withdrawn,
                "bad_records": source.bad_records,
                "newest": source.newest,
                "age_days": age_days(source, now),
                "origins": origins,
            })
        })
        .collect();
    let bad: Vec<_> = remarks
        .bad
        .iter()
        .map(|bad| json!({ "source": bad.source, "place": bad.place, "reason": bad.reason }))
        .collect();
    Ok(json!({
        "digest": format!("sha256:{}", database.digest().hex()),
        "signed": database.attachments().signature.is_some(),
        "records": info.records(),
        "packages": info.packages,
        "rows": info.rows,
        "sources": sources,
        "ecosystems": info.ecosystems,
        "not_used": info.not_used,
        "also_about": info.also_about,
        "replaced": info.replaced,
        "bad": bad,
        "bad_records": info.bad,
        "notes": remarks.notes,
    }))
}

fn origin_json(origin: &SourceOrigin) -> Value {
    let fetched = origin.fetched.as_ref();
    json!({
        "name": origin.name,
        "commit": origin.commit,
        "url": fetched.map(|fetched| &fetched.url),
        "etag": fetched.and_then(|fetched| fetched.etag.as_ref()),
        "last_modified": fetched.and_then(|fetched| fetched.last_modified.as_ref()),
        "fetched": fetched.map(|fetched| &fetched.fetched),
        "checked": fetched.map(|fetched| &fetched.checked),
    })
}
