//! One run of the checks over a tree: inventory, checks, verdict, report.

use super::database::{Opened, Wanted};
use super::database_signature::verify_signature;
use super::exit::{CliError, Exit};
use super::input::{self, Kind};
use super::policies::LoadedPolicy;
use super::progress::Progress;
use super::registry_answers::{self, RegistrySource};
use super::{excerpts, secret_exceptions, terminal, vex};
use crate::checks::advisories::{Database, DatabaseError, Paths};
use crate::checks::registry::clients::Machine;
use crate::checks::registry::{AllowedLicences, Approved, NamePattern, RegistrySettings};
use crate::checks::{advisories, secrets};
use crate::inventory;
use crate::model::{
    Advice, Detail, Disposition, Ecosystem, Finding, Gap, Inventory, Outcome, Purl, Report,
    SecretsScanned, ToolInfo, Verdict,
};
use crate::policy::{self, Checked};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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
    let paths = inventory.map(Paths::of);
    if let Some(inventory) = inventory {
        outcome.gaps.extend(inventory.gaps.iter().cloned());
        outcome.gaps.extend(inventory::left_out(inventory));
    }
    for check in &request.checks {
        match (check, inventory.zip(paths.as_ref())) {
            (Check::Advisories, Some((_, paths))) => {
                database = check_advisories(&request, paths, &mut outcome)?;
            }
            (Check::Registry, Some((inventory, _))) => {
                let base = read.as_ref().map_or(request.path, |read| &read.base);
                let answers = answers.as_ref();
                let settings = &registry_settings;
                let (found, said) =
                    registry_answers::check(&request, base, inventory, settings, answers)?;
                outcome.add(found);
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
    excerpts::add(base, &mut outcome.findings)?;
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
    let advice = match database.as_ref().zip(paths.as_ref()) {
        Some((database, paths)) => advice(&verdict, paths, database)?,
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
    paths: &Paths<'_>,
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
                let mut found = advisories::check_inventory(paths, None).map_err(damaged)?;
                let no_database = advisories::rules::NO_DATABASE.id;
                found.gaps.retain(|gap| gap.id != no_database);
                found.gaps.push(distrust);
                outcome.add(found);
                return Ok(None);
            }
            match advisories::check_inventory(paths, Some(&database)) {
                Ok(found) => {
                    outcome.add(found);
                    return Ok(Some(*database));
                }
                Err(error) => error,
            }
        }
        Opened::Missing => {
            let found = advisories::check_inventory(paths, None).map_err(damaged)?;
            outcome.add(found);
            return Ok(None);
        }
        Opened::Damaged(error) => error,
    };
    outcome.add(advisories::check_damaged(paths, &error));
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
    paths: &Paths<'_>,
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
        false => advisories::advise(paths, &blocking, database)
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
    outcome.add(found);
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
