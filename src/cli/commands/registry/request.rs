//! `sealgate registry request`: what is known of one package, for whoever approves it.

mod gather;

use crate::checks::secrets::OwnRules;
use crate::cli::database::Wanted;
use crate::cli::depth::Depth;
use crate::cli::exit::{CliError, Exit};
use crate::cli::input::{self, Kind};
use crate::cli::pipeline::{self, Check, Request, target_name};
use crate::cli::registry_answers::OnlineArgs;
use crate::cli::settings::Settings;
use crate::cli::{policies, terminal};
use crate::inventory;
use crate::model::{Component, Dossier, Inventory, Purl, fold_url_credentials, terminal_safe};
use crate::report;
use crate::support::files::{check_writable, write_atomic};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Names that are offered where the package is not there.
const NEAR_MISSES: usize = 5;
/// How like a name must be to be offered, between 0 and 1.
const LIKENESS: f64 = 0.8;

/// Options of `registry request`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate registry request pkg:npm/left-pad@1.3.0 --policy policy.toml
  sealgate registry request pkg:cargo/itoa --policy policy.toml --online -o itoa.md -o itoa.json
  sealgate registry request pkg:pypi/requests@2.32.3 app --snapshot answers.json --format json

The dossier holds advisories, licence, origin, checksums, install code, age, what depends on the
package, what the checks say, who may approve it, and the entry of the policy that lets it pass.
It decides nothing. The same input, policy, database, answers and --at give the same bytes.

Exit codes: 0 written, 2 usage or configuration, or no such package in the project, 3 written,
but parts could not be gathered (it names them).")]
pub struct RequestArgs {
    /// The package, with or without its version: `pkg:npm/@scope/name@1.2.3`
    #[arg(value_name = "PURL", value_parser = purl)]
    purl: Purl,
    /// Directory, lockfile or SBOM that has it
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
    /// Preset or policy file that judges and names who approves
    #[arg(long, default_value = "baseline", value_name = "NAME|FILE")]
    policy: String,
    /// Why it is wanted; one line for the dossier
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Form of the dossier on standard output, and in files named neither `.md` nor `.json`
    #[arg(long, value_enum, default_value = "markdown", value_name = "FORMAT")]
    format: DossierFormat,
    /// Write it to a file instead, as JSON or Markdown by its name (repeatable)
    #[arg(long, short, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Whether registries are asked about it.
    #[command(flatten)]
    online: OnlineArgs,
    /// Answers that `sealgate registry snapshot` has written, in the place of asking
    #[arg(long, value_name = "FILE", conflicts_with = "online")]
    snapshot: Option<PathBuf>,
    /// Also let the package managers' configuration in this machine's home, system and
    /// environment count. The result then depends on the machine
    #[arg(long)]
    client_config: bool,
    /// Treat this lockfile or directory as part of the product (repeatable)
    #[arg(long, value_name = "PATH")]
    include: Vec<String>,
    /// What the inventory reads beyond lockfiles and manifests.
    #[command(flatten)]
    depth: Depth,
}

/// The forms of a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DossierFormat {
    /// For people, and for an issue or a pull request.
    Markdown,
    /// For programs: `sealgate/registry-request/v1`.
    Json,
}

impl DossierFormat {
    fn of_file(self, path: &Path) -> Self {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Self::Json,
            Some("md") => Self::Markdown,
            _ => self,
        }
    }

    fn render(self, dossier: &Dossier) -> String {
        match self {
            Self::Markdown => report::dossier::render(dossier),
            Self::Json => report::json::render_dossier(dossier),
        }
    }
}

fn purl(text: &str) -> Result<Purl, String> {
    Purl::parse(text).map_err(|error| error.to_string())
}

/// Gathers and writes.
///
/// # Errors
/// Exit 2 for a bad path, policy, snapshot or output, and where the project does not have
/// the package; exit 3 for an input that cannot be read.
pub fn run(args: &RequestArgs, settings: &Settings) -> Result<Exit, CliError> {
    check_outputs(&args.output)?;
    let policy = policies::load(&args.policy)?;
    let registries = pipeline::registry_settings(&policy)?;
    let kind = Kind::of(&args.path)?;
    let options = args.depth.options(&args.include, kind, settings)?;
    let named = inventory::Options {
        fallback_name: target_name(&args.path),
        ..options.clone()
    };
    // Before anything is asked: a mistyped name must not cost a round of requests.
    let read = input::read(&args.path, kind, &named)?;
    let purl = find(&read.inventory, &args.purl)?.purl.clone();
    let machine = args.client_config.then(Settings::machine);
    let judging = policy.policy.clone();
    let report = pipeline::run(Request {
        path: &args.path,
        kind,
        checks: vec![Check::Advisories, Check::Registry],
        inventory: options,
        policy,
        database: Some(Wanted::current(settings.database()?)),
        registry: args.online.source(args.snapshot.as_deref(), settings),
        about: Some(&purl),
        own_rules: OwnRules::default(),
        vex: &[],
        machine: machine.clone(),
        now: settings.now,
        outputs: &BTreeSet::new(),
    })?;
    let root = matches!(kind, Kind::Tree | Kind::Lockfile).then_some(read.base.as_path());
    let dossier = gather::dossier(&gather::Gathered {
        report: &report,
        purl: &purl,
        policy: &judging,
        registries: &registries,
        root,
        machine: machine.as_ref(),
        now: settings.now,
        reason: args.reason.as_deref(),
    })
    .ok_or_else(|| not_here(&read.inventory, &args.purl))?;
    write(args, &dossier)?;
    match dossier.missing.is_empty() {
        true => Ok(Exit::Pass),
        false => Ok(Exit::Inconclusive),
    }
}

fn check_outputs(outputs: &[PathBuf]) -> Result<(), CliError> {
    let mut seen = BTreeSet::new();
    for path in outputs {
        check_writable(path).map_err(|error| CliError::of(Exit::Usage, &error))?;
        if !seen.insert(path) {
            let message = format!("two outputs are to be written to `{}`", path.display());
            return Err(CliError::new(Exit::Usage, message));
        }
    }
    Ok(())
}

fn write(args: &RequestArgs, dossier: &Dossier) -> Result<(), CliError> {
    for path in &args.output {
        let text = args.format.of_file(path).render(dossier);
        write_atomic(path, text.as_bytes()).map_err(|error| CliError::of(Exit::Usage, &error))?;
    }
    if args.output.is_empty() {
        terminal::result(&args.format.render(dossier))?;
    }
    for missing in &dossier.missing {
        let text = format!("missing: {}: {}", missing.part, missing.why);
        terminal::warning(&fold_url_credentials(&text));
        terminal::hint(&fold_url_credentials(&missing.remedy));
    }
    Ok(())
}

/// The only component that a purl means. One without a version means any version, one
/// without qualifiers any origin.
fn find<'i>(inventory: &'i Inventory, purl: &Purl) -> Result<&'i Component, CliError> {
    let is_meant = |component: &&Component| {
        let found = &component.purl;
        found.without_version() == purl.without_version()
            && purl
                .version()
                .is_none_or(|version| found.version() == Some(version))
            && purl
                .qualifiers()
                .iter()
                .all(|q| found.qualifiers().contains(q))
            && purl
                .subpath()
                .is_none_or(|path| found.subpath() == Some(path))
    };
    let found: Vec<&Component> = inventory.components.iter().filter(is_meant).collect();
    match found.as_slice() {
        [] => Err(not_here(inventory, purl)),
        [only] => Ok(only),
        several => {
            let exact = several.iter().find(|component| component.purl == *purl);
            exact.copied().ok_or_else(|| {
                let message = format!("`{}` means {} packages here", shown(purl), several.len());
                CliError::new(Exit::Usage, message)
                    .with_hint(format!("name one of {}", list(several.iter().copied())))
            })
        }
    }
}

/// That the project does not have it, and what it has instead: other versions, else names
/// like it.
fn not_here(inventory: &Inventory, purl: &Purl) -> CliError {
    let message = format!(
        "`{}` is not in this project: {} packages were read from {} lockfiles",
        shown(purl),
        inventory.components.len(),
        inventory.lockfiles.len()
    );
    let error = CliError::new(Exit::Usage, message);
    let components = &inventory.components;
    let versions: Vec<&Component> = components
        .iter()
        .filter(|component| component.purl.without_version() == purl.without_version())
        .collect();
    if !versions.is_empty() {
        return error.with_hint(format!("it has {}", list(versions.into_iter())));
    }
    let wanted = full_name(purl);
    let mut like: Vec<(f64, &Component)> = components
        .iter()
        .map(|component| {
            let name = full_name(&component.purl);
            let likeness = match name == wanted {
                true => 1.0,
                false => strsim::jaro_winkler(&name, &wanted),
            };
            (likeness, component)
        })
        .filter(|(likeness, _)| *likeness > LIKENESS)
        .collect();
    like.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.purl.cmp(&b.1.purl)));
    match like.is_empty() {
        true => error.with_hint("`sealgate sbom generate` lists what it has"),
        false => {
            let names = list(like.into_iter().map(|(_, component)| component));
            error.with_hint(format!("it has {names}"))
        }
    }
}

fn full_name(purl: &Purl) -> String {
    match purl.namespace() {
        Some(namespace) => format!("{namespace}/{}", purl.name()).to_lowercase(),
        None => purl.name().to_lowercase(),
    }
}

/// The first ones, safe to show.
fn list<'i>(components: impl ExactSizeIterator<Item = &'i Component>) -> String {
    let more = components.len().saturating_sub(NEAR_MISSES);
    let shown: Vec<String> = components
        .take(NEAR_MISSES)
        .map(|component| format!("`{}`", shown(&component.purl)))
        .collect();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn shown(purl: &Purl) -> String {
    terminal_safe(&report::purl(purl)).into_owned()
}
