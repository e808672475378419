//! Loss reports: a summary on stderr, every field in a file.

use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use crate::sbom::{Format, Loss};
use crate::support::files;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Most kinds of losses that the summary names.
const MAX_SHOWN: usize = 20;

/// A loss report as written to a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    from: Option<String>,
    to: String,
    losses: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    path: String,
    reason: String,
}

/// Says on stderr what was lost: one line per kind of field, with its count.
pub fn summarise(losses: &[Loss], format: Format) {
    if losses.is_empty() {
        return;
    }
    let mut kinds: BTreeMap<(String, String), usize> = BTreeMap::new();
    for loss in losses {
        let kind = (pattern(&loss.path), loss.reason.to_string());
        let count = kinds.entry(kind).or_default();
        *count = count.saturating_add(1);
    }
    terminal::warning(&match losses.len() {
        1 => format!("1 field is not in {format} as it was"),
        count => format!("{count} fields are not in {format} as they were"),
    });
    for ((path, reason), count) in kinds.iter().take(MAX_SHOWN) {
        let times = match count {
            1 => String::new(),
            count => format!(" ({count} times)"),
        };
        terminal::note(&format!("  `{path}` {reason}{times}"));
    }
    if let Some(more) = kinds.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
        terminal::note(&format!("  and {more} more kinds"));
    }
}

/// The path without its indices: `components[].licenses`.
fn pattern(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => {
                inside = true;
                pattern.push('[');
            }
            ']' => {
                inside = false;
                pattern.push(']');
            }
            c if inside && c.is_ascii_digit() => {}
            c => pattern.push(c),
        }
    }
    pattern
}

/// Writes every loss to a file, as JSON.
///
/// # Errors
/// Exit 2 where the file cannot be written.
pub fn write(
    path: &Path,
    losses: &[Loss],
    from: Option<Format>,
    to: Format,
) -> Result<(), CliError> {
    let report = Report {
        from: from.map(|format| format.to_string()),
        to: to.to_string(),
        losses: losses
            .iter()
            .map(|loss| Entry {
                path: loss.path.clone(),
                reason: loss.reason.to_string(),
            })
            .collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&report)
        .map_err(|error| CliError::new(Exit::Usage, error.to_string()))?;
    bytes.push(b'\n');
    files::write_atomic(path, &bytes).map_err(|error| CliError::of(Exit::Usage, &error))
}
