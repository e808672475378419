//! The daily file of EPSS scores (<https://www.first.org/epss/data_stats>): CSV of three
//! plain columns below a comment that tells the model and the day.

use super::table::{CveKey, Day, EpssEntry};
use jiff::Timestamp;
use std::io::{BufRead, Read};

/// Most lines of a file. Today's has 300,000.
const MAX_LINES: u64 = 2_000_000;
/// Longest line, in bytes.
const MAX_LINE_BYTES: u64 = 4096;

/// What was read of a file.
#[derive(Debug, Default)]
pub(in crate::checks::advisories) struct Scores {
    pub date: Option<Timestamp>,
    pub entries: Vec<(CveKey, EpssEntry)>,
    /// Lines that cannot be used: number, from 1, and what is wrong.
    pub bad: Vec<(u64, String)>,
}

/// Where the columns are.
struct Columns {
    cve: usize,
    epss: usize,
    percentile: usize,
}

impl Columns {
    fn of(header: &str) -> Option<Self> {
        let names: Vec<&str> = header.split(',').map(str::trim).collect();
        let place = |name| names.iter().position(|known| *known == name);
        Some(Self {
            cve: place("cve")?,
            epss: place("epss")?,
            percentile: place("percentile")?,
        })
    }
}

/// Whether the first bytes of a file are those of EPSS scores.
#[must_use]
pub fn is_scores(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    text.lines()
        .take(4)
        .find(|line| !line.starts_with('#') && !line.trim().is_empty())
        .is_some_and(|line| Columns::of(line).is_some())
}

/// Reads a file; `name_date` is the day in its name, for files that do not tell it.
///
/// # Errors
/// What is wrong with it as a whole: no header, too many lines, not readable.
pub(in crate::checks::advisories) fn parse(
    mut reader: impl BufRead,
    name_date: Option<Day>,
) -> Result<Scores, String> {
    let mut scores = Scores::default();
    let mut day = name_date.unwrap_or_default();
    let mut columns: Option<Columns> = None;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = Read::by_ref(&mut reader)
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut line)
            .map_err(|error| format!("it cannot be read: {error}"))?;
        if read == 0 {
            break;
        }
        if number > MAX_LINES {
            return Err(format!("it has more than {MAX_LINES} lines"));
        }
        if line.len() as u64 > MAX_LINE_BYTES {
            return Err(format!(
                "its line {number} is longer than {MAX_LINE_BYTES} bytes"
            ));
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if let Some(comment) = text.strip_prefix('#') {
            if let Some(date) = score_date(comment) {
                scores.date = Some(date);
                day = Day::parse(&date.to_string().chars().take(10).collect::<String>())
                    .unwrap_or_default();
            }
        } else if text.is_empty() {
        } else if let Some(columns) = &columns {
            match parse_line(text, columns) {
                Ok((key, entry)) => scores.entries.push((key, EpssEntry { date: day, ..entry })),
                Err(reason) => scores.bad.push((number, reason)),
            }
        } else {
            columns = Some(Columns::of(text).ok_or_else(|| {
                "it has no header with the columns `cve`, `epss` and `percentile`".to_owned()
            })?);
        }
    }
    match columns {
        Some(_) => Ok(scores),
        None => Err("it is empty".to_owned()),
    }
}

fn parse_line(text: &str, columns: &Columns) -> Result<(CveKey, EpssEntry), String> {
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let id = field(columns.cve);
    let key = CveKey::parse(id).ok_or_else(|| format!("no CVE id: {}", short(id)))?;
    let number = |at: usize| {
        parts_e5(field(at)).ok_or_else(|| format!("no number from 0 to 1: {}", short(field(at))))
    };
    Ok((
        key,
        EpssEntry {
            date: Day::default(),
            score_e5: number(columns.epss)?,
            percentile_e5: number(columns.percentile)?,
        },
    ))
}

/// A number from 0 to 1 in hundred-thousandths, which is how exact the files are.
fn parts_e5(text: &str) -> Option<u32> {
    let value: f64 = text.parse().ok()?;
    if !(0.0..=1.0).contains(&value) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it was just seen to be from 0 to 1"
    )]
    Some((value * 100_000.0).round() as u32)
}

/// The time of a comment `model_version:v2026.01.01,score_date:2026-01-02T12:00:00Z`.
fn score_date(comment: &str) -> Option<Timestamp> {
    let text = comment
        .split(',')
        .find_map(|part| part.trim().strip_prefix("score_date:"))?
        .trim();
    // Older files write the zone as `+0000`.
    text.parse()
        .or_else(|_| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text))
        .ok()
}

/// A text of the file, cut for a message.
pub(super) fn short(text: &str) -> String {
    format!("`{}`", text.chars().take(40).collect::<String>())
}
