//! The exceptions that a repository keeps for its secrets: read for a verdict, written by
//! `sealgate secrets except`.

use super::exit::{CliError, Exit};
use super::terminal;
use crate::checks::secrets::{Exceptions, MAX_EXCEPTIONS};
use crate::model::Finding;
use crate::policy::{Marks, Policy, Waiver};
use crate::support::files::{self, FileError};
use crate::support::git_repository::work_tree_of;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Where they are kept, below the top of the work tree.
const FILE: &str = ".sealgate/secret-exceptions.tsv";

/// The file of the repository around a directory or file.
#[must_use]
pub fn path_for(root: &Path) -> PathBuf {
    work_tree_of(root)
        .unwrap_or_else(|| root.to_owned())
        .join(FILE)
}

/// Reads the file; `None` where there is none.
///
/// # Errors
/// Exit 2 where it cannot be read or a line is malformed.
pub fn read(path: &Path) -> Result<Option<Exceptions>, CliError> {
    let bytes = match files::read_bounded(path, MAX_EXCEPTIONS) {
        Ok(bytes) => bytes,
        Err(FileError::Read { source, .. }) if is_absent(&source) => return Ok(None),
        Err(error) => return Err(CliError::of(Exit::Usage, &error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    Exceptions::parse(&text).map(Some).map_err(|error| {
        let message = format!("{FILE}:{}: {}", error.line, error.reason);
        CliError::new(Exit::Usage, message)
            .with_hint("`sealgate secrets except` writes such lines; keep one of two that conflict")
    })
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// Lets the exceptions of the repository around `root` and the marks on lines count as far
/// as the policy accepts them.
///
/// # Errors
/// Exit 2 where the file is malformed, or one of its exceptions lasts longer than the
/// policy allows.
pub fn apply(
    root: &Path,
    policy: &mut Policy,
    findings: &mut [Finding],
    now: Timestamp,
) -> Result<(), CliError> {
    if policy.marks == Marks::OutsideCi {
        // Every CI service sets it.
        policy.marks = match std::env::var_os("CI").is_some_and(|value| !value.is_empty()) {
            true => Marks::Refuse,
            false => Marks::Accept,
        };
    }
    let Some(exceptions) = read(&path_for(root))? else {
        return Ok(());
    };
    if !policy.accepts_exceptions {
        terminal::warning(&format!(
            "{FILE}: the policy refuses exceptions that the repository keeps; none of them counts"
        ));
        return Ok(());
    }
    exceptions.mark(findings);
    for (key, entry) in exceptions.entries {
        let waiver = Waiver::of_secret(entry.kind, key, entry.owner, entry.reason, entry.expires);
        let limit = policy.waiver_max_days;
        if waiver.days_left(now) > i64::from(limit) {
            let message = format!(
                "{FILE}: the exception of {} for {} until {} lasts longer than the {limit} days that the policy allows",
                waiver.owner, entry.place, waiver.expires
            );
            return Err(CliError::new(Exit::Usage, message)
                .with_hint("give it an earlier last day: `sealgate secrets except` again"));
        }
        policy.waivers.push(waiver);
    }
    Ok(())
}
