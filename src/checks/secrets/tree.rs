//! The walk over a tree: in parallel, under its `.gitignore` files, never through a
//! symbolic link. What cannot be read is a gap.

use super::engine::{MAX_FINDINGS, Rules, scan};
use super::error::SecretsError;
use super::rules::{TOO_LARGE, TOO_MANY_FINDINGS, UNREADABLE_PATH};
use crate::model::{Detail, Finding, Gap, Location, Outcome, SecretsScanned, terminal_safe};
use crate::support::files::{FileError, read_bounded};
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What to search.
#[derive(Debug, Clone)]
pub struct Options {
    /// Leave out what the tree's own `.gitignore` files name (`.ignore` files, global
    /// and parent ignore files never count). A file that is tracked although it is
    /// ignored is left out too: search a fresh checkout with this off.
    pub respect_gitignore: bool,
    /// Largest file that is searched, in bytes; a larger one is a gap.
    pub max_file_size: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            respect_gitignore: true,
            max_file_size: 50 * 1024 * 1024,
        }
    }
}

/// The secrets of a tree or of a single file, sorted by place, and what could not be
/// searched. Paths are relative to `root` with `/` between their parts; `.git` and
/// symbolic links are left out.
///
/// # Errors
/// [`SecretsError::Root`] where `root` is missing or cannot be opened; a fault of the
/// rules as in [`Rules::load`].
pub fn check_tree(
    root: &Path,
    options: &Options,
) -> Result<(Outcome, SecretsScanned), SecretsError> {
    let failed = |source| SecretsError::Root {
        path: root.display().to_string(),
        source,
    };
    let rules = Rules::load()?;
    // A root that is itself a link is what the user named: it is followed, once.
    let real_root = root.canonicalize().map_err(failed)?;
    if real_root.is_dir() {
        std::fs::read_dir(&real_root).map_err(failed)?;
    }
    let collected = Mutex::new(Collected::default());
    let walker = WalkBuilder::new(&real_root)
        .standard_filters(false)
        .git_ignore(options.respect_gitignore)
        // An unpacked archive is searched like the checkout it came from.
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            let seen = match entry {
                Ok(entry) => look_at(&entry, &real_root, &rules, options),
                Err(error) => {
                    // The error's own text would show the path of this machine.
                    let cause = error.io_error().map_or_else(
                        || "the walk could not go on".to_owned(),
                        ToString::to_string,
                    );
                    Collected::unreadable(&relative_of(&error, &real_root), &cause)
                }
            };
            collected
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(seen);
            WalkState::Continue
        })
    });
    let mut collected = collected
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    collected.outcome.findings.sort_by(by_place);
    collected.outcome.gaps.sort();
    collected.scanned.rules = rules.count();
    Ok((collected.outcome, collected.scanned))
}

fn by_place(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    fn kind(finding: &Finding) -> &str {
        match &finding.detail {
            Detail::Secret(secret) => &secret.kind,
            _ => "",
        }
    }
    a.location
        .cmp(&b.location)
        .then_with(|| kind(a).cmp(kind(b)))
        .then_with(|| a.fingerprint.cmp(&b.fingerprint))
}

/// What the threads bring together.
#[derive(Debug, Default)]
struct Collected {
    outcome: Outcome,
    scanned: SecretsScanned,
}

impl Collected {
    fn take(&mut self, other: Self) {
        self.outcome.findings.extend(other.outcome.findings);
        self.outcome.gaps.extend(other.outcome.gaps);
        self.scanned.files += other.scanned.files;
        self.scanned.bytes += other.scanned.bytes;
    }

    fn gap(gap: Gap) -> Self {
        let mut collected = Self::default();
        collected.outcome.gaps.push(gap);
        collected
    }

    fn unreadable(path: &str, cause: &dyn std::fmt::Display) -> Self {
        Self::gap(Gap {
            id: UNREADABLE_PATH,
            message: format!(
                "`{}` could not be searched for secrets: {}",
                terminal_safe(path),
                terminal_safe(&cause.to_string())
            ),
            location: Some(Location::file(path)),
            remedy:
                "give the user who runs sealgate the right to read it, or remove it from the tree"
                    .to_owned(),
        })
    }
}

/// Searches one entry of the walk; only regular files are searched.
fn look_at(entry: &DirEntry, root: &Path, rules: &Rules, options: &Options) -> Collected {
    if !entry.file_type().is_some_and(|kind| kind.is_file()) {
        return Collected::default();
    }
    let path = relative(entry.path(), root);
    let bytes = match read_bounded(entry.path(), options.max_file_size) {
        Ok(bytes) => bytes,
        Err(FileError::TooLarge { limit, .. }) => {
            return Collected::gap(Gap {
                id: TOO_LARGE,
                message: format!(
                    "`{}` was not searched for secrets: it is larger than {limit} bytes",
                    terminal_safe(&path)
                ),
                location: Some(Location::file(path)),
                remedy: "keep large data outside the tree".to_owned(),
            });
        }
        Err(FileError::Read { source, .. }) => return Collected::unreadable(&path, &source),
        Err(_) => return Collected::unreadable(&path, &"it is no longer a regular file"),
    };
    let found = scan(&path, &bytes, rules);
    let mut collected = Collected::default();
    collected.scanned.files = 1;
    collected.scanned.bytes = bytes.len() as u64;
    collected.outcome.findings = found.findings;
    if found.omitted > 0 {
        collected.outcome.gaps.push(Gap {
            id: TOO_MANY_FINDINGS,
            message: format!(
                "`{}` holds {} findings more than the {MAX_FINDINGS} that are listed",
                terminal_safe(&path),
                found.omitted
            ),
            location: Some(Location::file(path)),
            remedy: "deal with the findings listed, then run the check again".to_owned(),
        });
    }
    collected
}

/// The path below the root, parts joined by `/`; for a root that is a file, its name.
fn relative(path: &Path, root: &Path) -> String {
    let below = match path.strip_prefix(root) {
        Ok(below) if !below.as_os_str().is_empty() => below,
        _ => Path::new(path.file_name().unwrap_or(path.as_os_str())),
    };
    let parts: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

/// The path that an error of the walk is about.
fn relative_of(error: &ignore::Error, root: &Path) -> String {
    fn path_of(error: &ignore::Error) -> Option<PathBuf> {
        match error {
            ignore::Error::WithPath { path, .. } => Some(path.clone()),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
                path_of(err)
            }
            _ => None,
        }
    }
    path_of(error).map_or_else(|| ".".to_owned(), |path| relative(&path, root))
}
