//! Where the answers of approved registries come from: from themselves, from a snapshot, or
//! there are none.

use super::aws;
use super::exit::{CliError, Exit};
use super::input::Kind;
use super::network::CertificateArgs;
use super::pipeline::{Check, Request, in_policy};
use super::policies::LoadedPolicy;
use super::progress::Progress;
use super::registry_credentials;
use super::settings::Settings;
use crate::checks::registry::online::{
    self, AgeRule, Answers, AskOptions, CodeArtifactApi, MAX_SNAPSHOT_BYTES, OnlineSettings,
    UnknownAge,
};
use crate::checks::registry::{self, Approved, NamePattern, RegistrySettings};
use crate::model::{Ecosystem, Inventory, Outcome, RegistryAsked};
use crate::policy;
use crate::support::files::read_bounded;
use crate::support::http::{Network, SystemTimer, Timer as _};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most time for one question about credentials.
const MAX_CREDENTIALS_TIME: Duration = Duration::from_secs(20);

/// How registries are asked.
#[derive(Debug, Clone, clap::Args)]
pub struct AskArgs {
    /// Most seconds for asking registries; what is not answered then is a gap
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    budget: Duration,
    /// Keep what registries send in this directory, and ask next time only what has changed
    #[arg(long = "registry-cache", alias = "cache", value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Whom to trust.
    #[command(flatten)]
    certificates: CertificateArgs,
}

impl AskArgs {
    /// With proxies and time of the settings.
    #[must_use]
    pub fn asking(&self, settings: &Settings) -> Asking {
        Asking {
            budget: self.budget,
            cache: self.cache.clone(),
            network: self.certificates.network(settings, Vec::new()),
            asked: settings.now.to_string(),
        }
    }
}

/// Whether registries are asked, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct OnlineArgs {
    /// Ask the registries that the policy approves about every package: whether they have it
    /// with this checksum, withdrawn or not, since when. Nobody else is contacted
    #[arg(long)]
    pub online: bool,
    /// How they are asked.
    #[command(flatten)]
    pub ask: AskArgs,
}

impl OnlineArgs {
    /// What the options mean.
    #[must_use]
    pub fn source(&self, snapshot: Option<&Path>, settings: &Settings) -> RegistrySource {
        match snapshot {
            Some(path) => RegistrySource::Snapshot(path.to_owned()),
            None if self.online => RegistrySource::Ask(Box::new(self.ask.asking(settings))),
            None => RegistrySource::Offline,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(u64::from(seconds))),
        _ => Err("a whole number of seconds from 1 to 86400 is wanted".to_owned()),
    }
}

/// How to ask.
#[derive(Debug, Clone)]
pub struct Asking {
    budget: Duration,
    cache: Option<PathBuf>,
    network: Network,
    asked: String,
}

/// Where answers come from.
#[derive(Debug, Clone)]
pub enum RegistrySource {
    /// There are none.
    Offline,
    /// From the registries.
    Ask(Box<Asking>),
    /// From a file.
    Snapshot(PathBuf),
}

/// The answers, if there are to be any; what they say of withdrawn versions goes into the
/// inventory.
///
/// # Errors
/// Exit 2 where the snapshot, the proxy or the cache cannot be used.
pub fn obtain(
    request: &Request<'_>,
    inventory: Option<&mut Inventory>,
    settings: &RegistrySettings,
) -> Result<Option<Answers>, CliError> {
    let Some(inventory) = inventory else {
        return Ok(None);
    };
    let answers = match &request.registry {
        RegistrySource::Offline => return Ok(None),
        RegistrySource::Ask(asking) => ask(
            asking,
            request.path,
            &asked_about(request, inventory),
            settings,
            &request.policy,
        )?,
        RegistrySource::Snapshot(path) => {
            let bytes = read_bounded(path, MAX_SNAPSHOT_BYTES)
                .map_err(|error| CliError::of(Exit::Usage, &error))?;
            Answers::parse(&bytes, &path.display().to_string())
                .map_err(|error| CliError::of(Exit::Usage, &error))?
        }
    };
    online::fill_availability(inventory, settings, &answers);
    Ok(Some(answers))
}

/// The components that registries are asked about.
fn asked_about<'i>(request: &Request<'_>, inventory: &'i Inventory) -> Cow<'i, Inventory> {
    let Some(purl) = request.about else {
        return Cow::Borrowed(inventory);
    };
    Cow::Owned(Inventory {
        components: inventory.component(purl).cloned().into_iter().collect(),
        ..inventory.clone()
    })
}

/// What needs no answer. An SBOM and a program have no clients with a configuration.
fn offline(
    request: &Request<'_>,
    base: &Path,
    inventory: &Inventory,
    settings: &RegistrySettings,
) -> Outcome {
    match request.kind {
        Kind::Tree | Kind::Lockfile => {
            registry::check_tree(base, inventory, settings, request.machine.as_ref())
        }
        Kind::Binary | Kind::Sbom => registry::check_inventory(inventory, settings),
    }
}

/// The registry check: the lockfiles' own fields, the clients' configuration, and the answers
/// where there are any. Places are relative to `base`.
///
/// # Errors
/// Those of [`settings`].
pub fn check(
    request: &Request<'_>,
    base: &Path,
    inventory: &Inventory,
    registries: &RegistrySettings,
    answers: Option<&Answers>,
) -> Result<(Outcome, Option<RegistryAsked>), CliError> {
    let mut outcome = offline(request, base, inventory, registries);
    let Some(answers) = answers else {
        return Ok((outcome, None));
    };
    let (found, said) = online::judge(
        &asked_about(request, inventory),
        registries,
        &settings(&request.policy, &request.checks)?,
        answers,
        matches!(request.registry, RegistrySource::Snapshot(_)),
        request.now,
    );
    outcome.add(found);
    Ok((outcome, Some(said)))
}

/// Asks the approved registries about an inventory, which was read from `judged`.
///
/// # Errors
/// Exit 2 where the proxy, the certificates or the cache cannot be used.
pub fn ask(
    asking: &Asking,
    judged: &Path,
    inventory: &Inventory,
    settings: &RegistrySettings,
    policy: &LoadedPolicy,
) -> Result<Answers, CliError> {
    let approved: Vec<&Approved> = settings.approved.values().flatten().collect();
    let codeartifact = policy
        .policy
        .registry
        .codeartifact
        .iter()
        .map(|entry| codeartifact_api(entry, &policy.info.source, &approved))
        .collect::<Result<Vec<_>, _>>()?;
    let _progress = Progress::start("asking registries");
    let timer = SystemTimer::default();
    let aws = match codeartifact.is_empty() {
        true => None,
        false => Some(
            aws::Environment::read_beside(judged)
                .chain(&asking.network)
                .within(asking.budget.min(MAX_CREDENTIALS_TIME))
                .find(),
        ),
    };
    let options = AskOptions {
        network: &asking.network,
        credentials: &registry_credentials::load(),
        cache: asking.cache.as_deref(),
        // What the search for credentials took is gone.
        budget: asking.budget.saturating_sub(timer.elapsed()),
        asked: asking.asked.clone(),
        codeartifact: &codeartifact,
        aws: aws.as_ref(),
    };
    online::ask(inventory, settings, &options).map_err(|error| CliError::of(Exit::Usage, &error))
}

/// What the policy says about answers.
///
/// # Errors
/// Exit 2 where an age names an ecosystem, a registry or a name that cannot be.
fn settings(loaded: &LoadedPolicy, checks: &[Check]) -> Result<OnlineSettings, CliError> {
    let registry = &loaded.policy.registry;
    let source = &loaded.info.source;
    let mut ages = registry
        .ages
        .iter()
        .map(|entry| age_rule(entry, source))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(minimum_days) = registry.minimum_age_days {
        ages.push(AgeRule {
            ecosystem: None,
            registry: None,
            names: Vec::new(),
            minimum_days,
            unknown: unknown(registry.unknown_age),
        });
    }
    let apis = registry.codeartifact.iter().map(|entry| {
        Approved::parse(&entry.registry)
            .map_err(|error| in_policy(source, &CliError::of(Exit::Usage, &error)))
    });
    Ok(OnlineSettings {
        ages,
        apis: apis.collect::<Result<Vec<_>, _>>()?,
        max_snapshot_days: registry.max_snapshot_age_days,
        withdrawn_elsewhere: checks.contains(&Check::Advisories),
    })
}

fn age_rule(entry: &policy::AgeEntry, source: &str) -> Result<AgeRule, CliError> {
    let wrong =
        |error: &dyn crate::model::Hint| in_policy(source, &CliError::of(Exit::Usage, error));
    let ecosystem = match &entry.ecosystem {
        None => None,
        Some(name) => Some(Ecosystem::from_purl_type(name).ok_or_else(|| {
            let known: Vec<&str> = Ecosystem::ALL.iter().map(|e| e.purl_type()).collect();
            CliError::new(
                Exit::Usage,
                format!("{source}: `{name}` in [[registry.age]] is no ecosystem"),
            )
            .with_hint(format!("the ecosystems are {}", known.join(", ")))
        })?),
    };
    Ok(AgeRule {
        ecosystem,
        registry: entry
            .registry
            .as_deref()
            .map(Approved::parse)
            .transpose()
            .map_err(|error| wrong(&error))?,
        names: entry
            .names
            .iter()
            .map(|pattern| NamePattern::parse(pattern))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| wrong(&error))?,
        minimum_days: entry.minimum_age_days,
        unknown: unknown(entry.unknown_age),
    })
}

fn codeartifact_api(
    entry: &policy::CodeArtifactEntry,
    source: &str,
    approved: &[&Approved],
) -> Result<CodeArtifactApi, CliError> {
    let address = |text: &str| {
        Approved::parse(text).map_err(|error| in_policy(source, &CliError::of(Exit::Usage, &error)))
    };
    let (registry, api) = (address(&entry.registry)?, address(&entry.api)?);
    // It would never be asked, or in the clear, and nobody would see it.
    let problem = match () {
        () if !registry.has_address() || !api.has_address() => "names no address",
        () if !api.is_private() => "has an `api` that is not https",
        () if !approved.contains(&&registry) => {
            "has a `registry` that is none under [registry.approved]"
        }
        () => "",
    };
    if !problem.is_empty() {
        let message = format!(
            "{source}: the entry `{}` under [[registry.codeartifact]] {problem}",
            entry.registry
        );
        return Err(CliError::new(Exit::Usage, message)
            .with_hint("give the same address as under [registry.approved], and an https API"));
    }
    Ok(CodeArtifactApi {
        registry,
        api,
        place: [
            entry.domain.clone(),
            entry.owner.clone(),
            entry.region.clone(),
            entry.repository.clone(),
        ],
    })
}

fn unknown(word: policy::UnknownAge) -> UnknownAge {
    match word {
        policy::UnknownAge::Deny => UnknownAge::Deny,
        policy::UnknownAge::Warn => UnknownAge::Warn,
        policy::UnknownAge::Allow => UnknownAge::Allow,
    }
}
