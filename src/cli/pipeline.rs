//! One run of the checks over a tree: inventory, checks, verdict, report.

use super::exit::{CliError, Exit};
use super::policies::LoadedPolicy;
use super::progress::Progress;
use crate::checks::advisories::{Database, DatabaseError};
use crate::checks::registry::{Approved, NamePattern, RegistrySettings};
use crate::checks::{advisories, registry, secrets};
use crate::inventory;
use crate::model::{
    Ecosystem, Finding, Inventory, Location, Outcome, Report, SecretsScanned, ToolInfo,
    fold_url_credentials, terminal_safe,
};
use crate::policy::{self, Checked};
use crate::support::files;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;

/// Longest source line that a report shows, in characters.
const MAX_EXCERPT: usize = 200;
/// Larger files are not read again for a source line.
const MAX_EXCERPT_FILE: u64 = 100 * 1024 * 1024;

/// One part of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Check {
    /// The inventory and its SBOM.
    Sbom,
    /// Known vulnerabilities and other advisories.
    Advisories,
    /// Where packages come from.
    Registry,
    /// Hard-coded secrets.
    Secrets,
}

impl Check {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Sbom, Self::Advisories, Self::Registry, Self::Secrets];

    fn as_str(self) -> &'static str {
        match self {
            Self::Sbom => "sbom",
            Self::Advisories => "advisories",
            Self::Registry => "registry",
            Self::Secrets => "secrets",
        }
    }
}

/// What to run.
pub struct Request<'a> {
    /// The tree.
    pub root: &'a Path,
    /// Which checks; sorted, at least one.
    pub checks: Vec<Check>,
    /// Paths that are part of the product although they look like fixtures.
    pub include: Vec<String>,
    /// The policy.
    pub policy: LoadedPolicy,
    /// Directory of the advisory database.
    pub database: &'a Path,
    /// Time of the verdict.
    pub now: Timestamp,
}

/// Runs the checks and the policy.
///
/// # Errors
/// Exit 2 where the tree cannot be read at all or the policy is not usable; exit 3 where
/// the advisory database is damaged.
pub fn run(request: Request<'_>) -> Result<Report, CliError> {
    let target = target_name(request.root);
    let registry_settings = registry_settings(&request.policy)?;
    let mut outcome = Outcome::default();
    let mut database_info = None;
    let inventory = read_inventory(&request, &target)?;
    if let Some(inventory) = &inventory {
        outcome.gaps.extend(inventory.gaps.iter().cloned());
    }
    for check in &request.checks {
        match (check, &inventory) {
            (Check::Advisories, Some(inventory)) => {
                let _progress = Progress::start("checking advisories");
                let database = open_database(request.database)?;
                let found = advisories::check_inventory(inventory, database.as_ref())
                    .map_err(|error| CliError::of(Exit::Inconclusive, &error))?;
                database_info = database.map(|database| database.info());
                extend(&mut outcome, found);
            }
            (Check::Registry, Some(inventory)) => {
                extend(
                    &mut outcome,
                    registry::check_inventory(inventory, &registry_settings),
                );
            }
            _ => {}
        }
    }
    let secrets = match request.checks.contains(&Check::Secrets) {
        true => Some(check_secrets(&request, &mut outcome)?),
        false => None,
    };
    add_excerpts(request.root, &mut outcome.findings);
    let checked = Checked {
        outcome,
        database: database_info.clone(),
    };
    let verdict = policy::evaluate(&request.policy.policy, checked, request.now)
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    Ok(Report {
        tool: tool(),
        target,
        time: request.now.to_string(),
        policy: request.policy.info,
        inventory,
        database: database_info,
        secrets,
        checks: request.checks.iter().map(|check| check.as_str()).collect(),
        verdict,
    })
}

/// The database; that there is none is a gap of the check, a damaged one is an error.
fn open_database(directory: &Path) -> Result<Option<Database>, CliError> {
    match Database::open(directory) {
        Ok(database) => Ok(Some(database)),
        Err(DatabaseError::Missing { .. }) => Ok(None),
        Err(error) => Err(CliError::of(Exit::Inconclusive, &error)),
    }
}

/// This program.
#[must_use]
pub fn tool() -> ToolInfo {
    ToolInfo {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    }
}

fn read_inventory(request: &Request<'_>, target: &str) -> Result<Option<Inventory>, CliError> {
    if request.checks == [Check::Secrets] {
        return Ok(None);
    }
    let _progress = Progress::start("reading lockfiles");
    let options = inventory::Options {
        include: request.include.clone(),
        fallback_name: target.to_owned(),
        maven_repository: None,
    };
    inventory::read_tree(request.root, &options)
        .map(Some)
        .map_err(|error| CliError::of(Exit::Usage, &error))
}

fn check_secrets(request: &Request<'_>, outcome: &mut Outcome) -> Result<SecretsScanned, CliError> {
    let _progress = Progress::start("scanning for secrets");
    let (found, scanned) = secrets::check_tree(request.root, &secrets::Options::default())
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    extend(outcome, found);
    Ok(scanned)
}

fn extend(outcome: &mut Outcome, more: Outcome) {
    outcome.findings.extend(more.findings);
    outcome.gaps.extend(more.gaps);
}

fn registry_settings(policy: &LoadedPolicy) -> Result<RegistrySettings, CliError> {
    let source = &policy.info.source;
    let mut approved: BTreeMap<Ecosystem, Vec<Approved>> = BTreeMap::new();
    for (name, entries) in &policy.policy.registry.approved {
        let ecosystem = Ecosystem::from_purl_type(name).ok_or_else(|| {
            let known: Vec<&str> = Ecosystem::ALL.iter().map(|e| e.purl_type()).collect();
            CliError::new(
                Exit::Usage,
                format!("{source}: `{name}` under [registry.approved] is no ecosystem"),
            )
            .with_hint(format!("the ecosystems are {}", known.join(", ")))
        })?;
        let parsed = entries
            .iter()
            .map(|entry| Approved::parse(entry))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| in_policy(source, &CliError::of(Exit::Usage, &error)))?;
        approved.insert(ecosystem, parsed);
    }
    let internal = policy
        .policy
        .registry
        .internal
        .iter()
        .map(|pattern| NamePattern::parse(pattern))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| in_policy(source, &CliError::of(Exit::Usage, &error)))?;
    Ok(RegistrySettings { approved, internal })
}

fn in_policy(source: &str, error: &CliError) -> CliError {
    CliError {
        exit: error.exit,
        message: format!("{source}: {}", error.message),
        hint: error.hint.clone(),
    }
}

/// The last part of the resolved path: reports hold no path of one machine.
fn target_name(root: &Path) -> String {
    std::fs::canonicalize(root)
        .ok()
        .as_deref()
        .unwrap_or(root)
        .file_name()
        .map_or_else(|| "root".to_owned(), |n| n.to_string_lossy().into_owned())
}

/// Adds the source line to findings whose check did not bring one. Checks of an
/// inventory hold no bytes; secrets bring lines that are already masked.
fn add_excerpts(root: &Path, findings: &mut [Finding]) {
    let mut by_path: BTreeMap<String, Vec<(usize, u32)>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if let (
            None,
            Location {
                path,
                line: Some(line),
                ..
            },
        ) = (&finding.excerpt, &finding.location)
        {
            by_path
                .entry(path.clone())
                .or_default()
                .push((index, *line));
        }
    }
    for (path, wanted) in by_path {
        // Without the line the finding still names its place.
        let Ok(bytes) = files::read_bounded(&root.join(&path), MAX_EXCERPT_FILE) else {
            continue;
        };
        let starts: Vec<usize> = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', &bytes).map(|at| at + 1))
            .collect();
        for (index, line) in wanted {
            let excerpt = line_at(&bytes, &starts, line);
            if let Some(finding) = findings.get_mut(index) {
                finding.excerpt = excerpt;
            }
        }
    }
}

fn line_at(bytes: &[u8], starts: &[usize], line: u32) -> Option<String> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let start = *starts.get(index)?;
    let end = starts.get(index + 1).map_or(bytes.len(), |next| next - 1);
    let text = String::from_utf8_lossy(bytes.get(start..end)?);
    let short: String = text.trim_end().chars().take(MAX_EXCERPT).collect();
    let folded = fold_url_credentials(&short);
    let safe = terminal_safe(&folded).into_owned();
    (!safe.trim().is_empty()).then_some(safe)
}
