//! One run of the checks over a tree: inventory, checks, verdict, report.

use super::database::{Opened, Wanted};
use super::database_signature::verify_signature;
use super::exit::{CliError, Exit};
use super::input::{self, Kind};
use super::policies::LoadedPolicy;
use super::progress::Progress;
use super::registry_answers::{self, RegistrySource};
use super::{masked, secret_exceptions, terminal, vex};
use crate::checks::advisories::{Database, DatabaseError};
use crate::checks::registry::clients::Machine;
use crate::checks::registry::{AllowedLicences, Approved, NamePattern, RegistrySettings};
use crate::checks::{advisories, secrets};
use crate::inventory;
use crate::model::{
    Advice, Detail, Disposition, Ecosystem, Finding, Gap, Inventory, Location, Outcome, Purl,
    Report, SecretsScanned, ToolInfo, Verdict, fold_url_credentials, terminal_safe,
};
use crate::policy::{self, Checked};
use crate::support::files;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Longest source line that a report shows, in characters.
const MAX_EXCERPT: usize = 200;
/// Longest part of a source line that is looked at, in bytes.
const MAX_EXCERPT_LINE: usize = 4096;
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
    /// What to look into. Secrets are looked for in a tree only.
    pub path: &'a Path,
    /// What kind of thing that is.
    pub kind: Kind,
    /// Which checks; sorted, at least one.
    pub checks: Vec<Check>,
    /// What the inventory reads; the fallback name is the tree's.
    pub inventory: inventory::Options,
    /// The policy.
    pub policy: LoadedPolicy,
    /// The advisory database; where there is none no advisory is checked, which is a gap.
    pub database: Option<Wanted<'a>>,
    /// Whether approved registries are asked.
    pub registry: RegistrySource,
    /// The only component that registries are asked about; every one without it.
    pub about: Option<&'a Purl>,
    /// Rules for secrets beside the built-in ones.
    pub own_rules: secrets::OwnRules,
    /// VEX documents to show with findings.
    pub vex: &'a [PathBuf],
    /// This machine's configuration of package managers, where the caller lets it count.
    pub machine: Option<Machine>,
    /// Time of the verdict.
    pub now: Timestamp,
    /// Files that the caller will write, with their directories resolved: what an
    /// earlier run left there is no part of the tree.
    pub outputs: &'a BTreeSet<PathBuf>,
}

/// Runs the checks and the policy. A database that is there and cannot be used is a gap of
/// the advisory check, so that the others still report.
///
/// # Errors
/// Exit 2 where what was named cannot be read at all or the policy is not usable; exit 3
/// where the database that is demanded is not there.
pub fn run(mut request: Request<'_>) -> Result<Report, CliError> {
    let target = target_name(request.path);
    let registry_settings = registry_settings(&request.policy)?;
    let vex_documents = match request.checks.contains(&Check::Advisories) {
        true => vex::load(request.vex, &request.policy)?,
        false => Vec::new(),
    };
    let mut outcome = Outcome::default();
    let mut database = None;
    let mut asked = None;
    let mut read = read_inventory(&request, &target)?;
    let inventory = read.as_mut().map(|read| &mut read.inventory);
    let answers = registry_answers::obtain(&request, inventory, &registry_settings)?;
    let inventory = read.as_ref().map(|read| &read.inventory);
    if let Some(inventory) = inventory {
        outcome.gaps.extend(inventory.gaps.iter().cloned());
        outcome.gaps.extend(inventory::left_out(inventory));
    }
    for check in &request.checks {
        match (check, inventory) {
            (Check::Advisories, Some(inventory)) => {
                database = check_advisories(&request, inventory, &mut outcome)?;
            }
            (Check::Registry, Some(inventory)) => {
                let base = read.as_ref().map_or(request.path, |read| &read.base);
                let answers = answers.as_ref();
                let settings = &registry_settings;
                let (found, said) =
                    registry_answers::check(&request, base, inventory, settings, answers)?;
                extend(&mut outcome, found);
                asked = said;
            }
            _ => {}
        }
    }
    let secrets = match request.checks.contains(&Check::Secrets) {
        true => Some(check_secrets(&request, &mut outcome)?),
        false => None,
    };
    let base = read.as_ref().map_or(request.path, |read| &read.base);
    if secrets.is_some() {
        let (policy, findings) = (&mut request.policy.policy, &mut outcome.findings);
        secret_exceptions::apply(request.path, policy, findings, request.now)?;
    }
    add_excerpts(base, &mut outcome.findings)?;
    let mut vex_statements = BTreeMap::new();
    if let Some(inventory) = inventory {
        outcome.gaps.extend(vex::gaps(&vex_documents));
        vex_statements = vex::statements(&vex_documents, inventory, &outcome.findings);
    }
    let used = database.as_ref().zip(inventory);
    let database_info = used.map(|(used, inventory)| advisories::database_info(used, inventory));
    let checked = Checked {
        outcome,
        database: database_info.clone(),
        ecosystems: inventory
            .map(Inventory::fetched_ecosystems)
            .unwrap_or_default(),
        vex: vex_statements,
    };
    let verdict = policy::evaluate(&request.policy.policy, checked, request.now)
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    let advice = match used {
        Some((database, inventory)) => advice(&verdict, inventory, database)?,
        None => None,
    };
    Ok(Report {
        tool: tool(),
        target,
        time: request.now.to_string(),
        policy: request.policy.info,
        inventory: read.map(|read| read.inventory),
        database: database_info,
        vex: vex_documents.into_iter().map(|vex| vex.info).collect(),
        registry: asked,
        secrets,
        checks: request.checks.iter().map(|check| check.as_str()).collect(),
        verdict,
        advice,
    })
}

/// Adds what the advisory check brings; gives back the database if it could be used. One
/// that the policy does not trust is not used: then it is as if there were none, for another
/// reason.
fn check_advisories(
    request: &Request<'_>,
    inventory: &Inventory,
    outcome: &mut Outcome,
) -> Result<Option<Database>, CliError> {
    let _progress = Progress::start("checking advisories");
    let opened = match &request.database {
        Some(wanted) => wanted.open()?,
        None => Opened::Missing,
    };
    let error = match opened {
        Opened::Open(database) => {
            if let Some(distrust) = distrust(request, &database) {
                let mut found = advisories::check_inventory(inventory, None).map_err(damaged)?;
                let no_database = advisories::rules::NO_DATABASE.id;
                found.gaps.retain(|gap| gap.id != no_database);
                found.gaps.push(distrust);
                extend(outcome, found);
                return Ok(None);
            }
            match advisories::check_inventory(inventory, Some(&database)) {
                Ok(found) => {
                    extend(outcome, found);
                    return Ok(Some(*database));
                }
                Err(error) => error,
            }
        }
        Opened::Missing => {
            let found = advisories::check_inventory(inventory, None).map_err(damaged)?;
            extend(outcome, found);
            return Ok(None);
        }
        Opened::Damaged(error) => error,
    };
    extend(outcome, advisories::check_damaged(inventory, &error));
    // The report names no path of this machine; whoever repairs it needs one.
    terminal::warning(&CliError::of(Exit::Inconclusive, &error).message);
    Ok(None)
}

/// Why the policy does not trust the database, where it names a key.
fn distrust(request: &Request<'_>, database: &Database) -> Option<Gap> {
    let key = request.policy.database_key.as_ref()?;
    let error = verify_signature(database, std::slice::from_ref(key)).err()?;
    let rule = advisories::rules::UNTRUSTED_DATABASE;
    Some(Gap {
        id: rule.id,
        message: format!("{}; nothing was checked against it", error.message),
        location: None,
        remedy: rule.remedy.to_owned(),
    })
}

/// How to clear the advisory findings that block, if any do.
fn advice(
    verdict: &Verdict,
    inventory: &Inventory,
    database: &Database,
) -> Result<Option<Advice>, CliError> {
    let blocking: Vec<&Finding> = verdict
        .findings
        .iter()
        .filter(|judged| judged.disposition == Disposition::Block)
        .map(|judged| &judged.finding)
        .filter(|finding| matches!(finding.detail, Detail::Advisory(_) | Detail::Yanked(_)))
        .collect();
    match blocking.is_empty() {
        true => Ok(None),
        false => advisories::advise(inventory, &blocking, database)
            .map(Some)
            .map_err(damaged),
    }
}

fn damaged(error: DatabaseError) -> CliError {
    CliError::of(Exit::Inconclusive, &error)
}

/// This program.
#[must_use]
pub fn tool() -> ToolInfo {
    ToolInfo {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    }
}

fn read_inventory(request: &Request<'_>, target: &str) -> Result<Option<input::Read>, CliError> {
    if request.checks == [Check::Secrets] {
        return Ok(None);
    }
    let _progress = Progress::start("reading lockfiles");
    let options = inventory::Options {
        fallback_name: target.to_owned(),
        ..request.inventory.clone()
    };
    input::read(request.path, request.kind, &options).map(Some)
}

fn check_secrets(request: &Request<'_>, outcome: &mut Outcome) -> Result<SecretsScanned, CliError> {
    let _progress = Progress::start("scanning for secrets");
    let options = secrets::Options {
        leave_out: outputs_inside(request.path, request.outputs),
        own: request.own_rules.clone(),
        ..secrets::Options::default()
    };
    let (found, scanned) = secrets::check_tree(request.path, &options)
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    extend(outcome, found);
    Ok(scanned)
}

/// The outputs that lie in the tree, relative to it.
#[must_use]
pub fn outputs_inside(root: &Path, outputs: &BTreeSet<PathBuf>) -> BTreeSet<String> {
    let Ok(root) = root.canonicalize() else {
        return BTreeSet::new();
    };
    outputs
        .iter()
        .filter_map(|place| {
            let parts = place.strip_prefix(&root).ok()?.components();
            let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
            Some(parts?.join("/"))
        })
        .collect()
}

fn extend(outcome: &mut Outcome, more: Outcome) {
    outcome.findings.extend(more.findings);
    outcome.gaps.extend(more.gaps);
}

/// What the policy says of registries, parsed.
///
/// # Errors
/// Exit 2 where it cannot be used.
pub fn registry_settings(policy: &LoadedPolicy) -> Result<RegistrySettings, CliError> {
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
    let licences = policy
        .policy
        .licences
        .as_deref()
        .map(AllowedLicences::parse)
        .transpose()
        .map_err(|error| in_policy(source, &CliError::of(Exit::Usage, &error)))?;
    Ok(RegistrySettings {
        approved,
        internal,
        licences,
    })
}

pub(super) fn in_policy(source: &str, error: &CliError) -> CliError {
    CliError {
        exit: error.exit,
        message: format!("{source}: {}", error.message),
        hint: error.hint.clone(),
    }
}

/// The last part of the resolved path: reports hold no path of one machine.
#[must_use]
pub fn target_name(root: &Path) -> String {
    std::fs::canonicalize(root)
        .ok()
        .as_deref()
        .unwrap_or(root)
        .file_name()
        .map_or_else(|| "root".to_owned(), |n| n.to_string_lossy().into_owned())
}

/// Adds the source line to findings whose check did not bring one. Checks of an
/// inventory hold no bytes; secrets bring lines that are already masked.
fn add_excerpts(root: &Path, findings: &mut [Finding]) -> Result<(), CliError> {
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
    if by_path.is_empty() {
        return Ok(());
    }
    // Loaded for the first line that needs them.
    let mut rules = None;
    for (path, wanted) in by_path {
        // Without the line the finding still names its place.
        let Ok(bytes) = files::read_bounded(&root.join(&path), MAX_EXCERPT_FILE) else {
            continue;
        };
        let starts: Vec<usize> = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', &bytes).map(|at| at + 1))
            .collect();
        for (index, line) in wanted {
            let Some(line) = line_at(&bytes, &starts, line) else {
                continue;
            };
            let Some(finding) = findings.get_mut(index) else {
                continue;
            };
            let masked = masked::is_configuration(finding)
                .then(|| masked::without_named(&String::from_utf8_lossy(line)));
            let line = masked.as_ref().map_or(line, String::as_bytes);
            let is_plain = secrets::is_plain(line)
                || secrets::is_plain(&without_name(line, finding.subject.label()));
            finding.excerpt = match is_plain {
                true => plain_excerpt(&String::from_utf8_lossy(line)),
                false => {
                    let rules = match &rules {
                        Some(rules) => rules,
                        None => rules.insert(
                            secrets::Rules::load()
                                .map_err(|error| CliError::of(Exit::Usage, &error))?,
                        ),
                    };
                    safe_excerpt(&path, line, rules)
                }
            };
        }
    }
    Ok(())
}

/// A line without the name of `NAME@VERSION`, which the finding says anyway.
fn without_name(line: &[u8], label: &str) -> Vec<u8> {
    let name = label.rsplit_once('@').map_or(label, |(name, _)| name);
    match memchr::memmem::find(line, name.as_bytes()) {
        Some(at) if !name.is_empty() => {
            let (before, rest) = line.split_at(at);
            let rest = rest.get(name.len()..).unwrap_or_default();
            [before, b" ", rest].concat()
        }
        _ => line.to_owned(),
    }
}

/// A line without its end, at most [`MAX_EXCERPT_LINE`] bytes of it.
fn line_at<'a>(bytes: &'a [u8], starts: &[usize], line: u32) -> Option<&'a [u8]> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let start = *starts.get(index)?;
    let end = starts.get(index + 1).map_or(bytes.len(), |next| next - 1);
    bytes.get(start..end.min(start.saturating_add(MAX_EXCERPT_LINE)))
}

/// The line as a report may show it. A lockfile line may hold secrets that its finding
/// is not about: they are masked, and only then the line is cut, since half a credential
/// is not recognised. A line that hides characters behind escapes is not shown at all.
fn safe_excerpt(path: &str, line: &[u8], rules: &secrets::Rules) -> Option<String> {
    if memchr::memmem::find(line, b"\\u00").is_some() {
        return None;
    }
    let text = String::from_utf8_lossy(line);
    let folded = fold_url_credentials(&text);
    plain_excerpt(&secrets::mask_secrets(path, folded.as_bytes(), rules))
}

/// A line without secrets as a report may show it.
fn plain_excerpt(line: &str) -> Option<String> {
    let short: String = line.trim_end().chars().take(MAX_EXCERPT).collect();
    let safe = terminal_safe(&short).into_owned();
    (!safe.trim().is_empty()).then_some(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str) -> Option<String> {
        safe_excerpt(
            "package-lock.json",
            line.as_bytes(),
            &secrets::Rules::load().unwrap(),
        )
    }

    #[test]
    fn a_credential_that_the_cut_would_halve_is_not_shown() {
        let password = ["hun", "ter2"].concat();
        let line = format!(
            "{} https://user:{password}{}@h.example/x",
            " ".repeat(150),
            "y".repeat(300)
        );
        let shown = excerpt(&line).unwrap();
        assert!(shown.ends_with("https://***@h.example/x"), "{shown}");
        let endless = format!(
            "https://user:{password}{}",
            "y".repeat(2 * MAX_EXCERPT_LINE)
        );
        let cut = line_at(endless.as_bytes(), &[0], 1).unwrap();
        assert_eq!(
            safe_excerpt("a", cut, &secrets::Rules::load().unwrap()).unwrap(),
            "https://***"
        );
    }

    #[test]
    fn a_secret_that_the_finding_is_not_about_is_masked() {
        let token = ["ghp_", &"a1B2c3D4e5F6".repeat(3)].concat();
        let shown = excerpt(&format!("\"resolved\": \"https://h.example/x?t={token}\",")).unwrap();
        assert!(!shown.contains(&token), "{shown}");
        assert!(shown.contains("h.example"), "{shown}");
    }

    #[test]
    fn a_line_that_hides_characters_behind_escapes_is_not_shown() {
        assert_eq!(
            excerpt("\"resolved\": \"https\\u003a//u:p\\u0040h.example/x\""),
            None
        );
        assert!(excerpt("\"name\": \"caf\\u{e9}\"").is_some());
    }
}
