//! `db update`: fetches what has changed and builds the database anew.
//!
//! Every source is fetched into the cache first. The index is built only when all of them
//! are there, and becomes current as a whole.

mod cache;
mod config;
mod content;
mod error;
mod fetch;
mod source;

use super::import::kept;
use super::{failed, imported};
use crate::checks::advisories::{Input, KEPT, Origin, UpdateLock, import_inputs};
use crate::cli::exit::{CliError, Exit};
use crate::cli::network::NetworkArgs;
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::inventory;
use crate::model::Ecosystem;
use crate::support::files::read_bounded;
use crate::support::http::{Client, SystemTimer};
use cache::{Cache, Cached, Entry};
use config::{Config, known_ecosystems};
use fetch::{Failure, Fetcher, Got};
use source::{Item, Kind, Mirror};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate db update                               the sources of db.toml
  sealgate db update --source osv=https://mirror.example/osv --for .
  sealgate db update --source osv=https://a.example/osv,https://b.example/osv \\
    --ecosystem npm --source kev=https://a.example/kev.json

docs/advisories.md describes the sources and db.toml.")]
pub struct UpdateArgs {
    /// Where a kind of source is, in place of the sources of the settings file: osv,
    /// rustsec, kev, epss or private; several mirrors are tried in order
    #[arg(long = "source", value_name = "KIND=MIRROR[,MIRROR]")]
    sources: Vec<String>,
    /// OSV ecosystem to fetch (`npm`, `PyPI`, `crates.io`); may be given several times
    #[arg(long = "ecosystem", value_name = "NAME")]
    ecosystems: Vec<String>,
    /// Fetch the OSV ecosystems that the project in a directory uses
    #[arg(long = "for", value_name = "DIR")]
    projects: Vec<PathBuf>,
    /// Settings file [default: db.toml in the database directory]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where a source cannot be fetched, use the copy that is here
    #[arg(long)]
    keep_going: bool,
    /// Generations of the database that are kept, this one included
    #[arg(long, value_name = "N", default_value_t = KEPT, value_parser = kept)]
    keep: usize,
    #[command(flatten)]
    network: NetworkArgs,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 where the options or the settings file are wrong, 3 where a source cannot be
/// had or the database cannot be written; it is then as it was.
pub fn run(args: &UpdateArgs, settings: &Settings) -> Result<Exit, CliError> {
    let database = settings.database()?;
    let mut config = read_config(args, database)?;
    config
        .take_options(
            &args.sources,
            &args.ecosystems,
            &args.network.redirect_hosts,
        )
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    let cache = Cache::new(database);
    choose_ecosystems(args, &mut config, &cache)?;
    let items: Vec<Item> = config
        .sources
        .iter()
        .flat_map(|source| source.items(&config.ecosystems))
        .collect();
    if items.is_empty() {
        return Err(
            CliError::new(Exit::Usage, "no source of advisories is named").with_hint(format!(
                "name one with --source osv=https://MIRROR/PATH, or in `{}`",
                database.join(config::FILE_NAME).display()
            )),
        );
    }
    warn_of_plain_http(&items);
    let client = client(args, settings, &config, &items)?;
    // The downloads are below the database, so its lock is theirs as well.
    let lock = UpdateLock::take(database).map_err(|e| failed(&e))?;
    let fetcher = Fetcher {
        client: client.as_ref(),
        cache: &cache,
        now: settings.now,
    };
    let fetched = fetch_all(&fetcher, &items, args.keep_going)?;
    let inputs = fetched
        .iter()
        .map(|done| done.input(&cache))
        .collect::<Vec<_>>();
    let mut text = String::new();
    for done in &fetched {
        let _ = writeln!(text, "{done}");
    }
    let progress = Progress::start("building the database");
    let database = import_inputs(&inputs, &lock, args.keep).map_err(|e| failed(&e))?;
    drop(progress);
    imported(text, &database, settings)
}

fn read_config(args: &UpdateArgs, database: &Path) -> Result<Config, CliError> {
    let default = database.join(config::FILE_NAME);
    let path = match &args.config {
        Some(path) => path,
        None if std::fs::symlink_metadata(&default).is_ok() => &default,
        None => return Ok(Config::default()),
    };
    let bytes =
        read_bounded(path, config::MAX_BYTES).map_err(|error| CliError::of(Exit::Usage, &error))?;
    let directory = path.parent().unwrap_or(Path::new(""));
    Config::parse(&bytes, &path.display().to_string(), directory)
        .map_err(|error| CliError::of(Exit::Usage, &error))
}

/// Named ones are fetched and no others. Where none is named: those of the project in the
/// current directory, and those that are here, so that no project loses its own to
/// another one.
fn choose_ecosystems(
    args: &UpdateArgs,
    config: &mut Config,
    cache: &Cache,
) -> Result<(), CliError> {
    if !config.sources.iter().any(|source| source.kind == Kind::Osv) {
        if args.ecosystems.is_empty() && args.projects.is_empty() {
            return Ok(());
        }
        return Err(CliError::new(
            Exit::Usage,
            "ecosystems are named, but no source of the kind `osv`",
        )
        .with_hint("name one with --source osv=https://MIRROR/PATH"));
    }
    for project in &args.projects {
        for ecosystem in ecosystems_of(project)? {
            config.add_ecosystem(ecosystem);
        }
    }
    if !config.ecosystems.is_empty() || !args.projects.is_empty() {
        return none_is_an_error(config, "the named projects use no package of an ecosystem");
    }
    let here = ecosystems_of(Path::new("."))?;
    for ecosystem in cache.ecosystems().into_iter().chain(here) {
        config.add_ecosystem(ecosystem);
    }
    none_is_an_error(
        config,
        "no ecosystem is named, and there is no project here",
    )
}

fn none_is_an_error(config: &Config, message: &str) -> Result<(), CliError> {
    if !config.ecosystems.is_empty() {
        return Ok(());
    }
    let known: Vec<_> = known_ecosystems().map(Ecosystem::osv_name).collect();
    Err(CliError::new(Exit::Usage, message).with_hint(format!(
        "name some with --ecosystem ({}), or a project with --for DIR",
        known.join(", ")
    )))
}

/// The ecosystems of the packages of a project, as its lockfiles name them.
fn ecosystems_of(project: &Path) -> Result<Vec<Ecosystem>, CliError> {
    let inventory = inventory::read_tree(project, &inventory::Options::default())
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    let types = inventory.components.iter().map(|c| c.purl.purl_type());
    let mut found: Vec<_> = types.filter_map(Ecosystem::from_purl_type).collect();
    found.sort();
    found.dedup();
    found.retain(|ecosystem| known_ecosystems().any(|known| known == *ecosystem));
    Ok(found)
}

fn warn_of_plain_http(items: &[Item]) {
    let mut plain: Vec<String> = items
        .iter()
        .flat_map(|item| &item.mirrors)
        .filter_map(|mirror| match mirror {
            Mirror::Web(address) if address.is_plain() && !address.is_loopback() => {
                Some(address.to_string())
            }
            _ => None,
        })
        .collect();
    plain.dedup();
    if let Some(first) = plain.first() {
        terminal::warning(&format!(
            "{first} is not encrypted: whoever sits on the way can take advisories out"
        ));
    }
}

/// None where nothing is on a server.
fn client(
    args: &UpdateArgs,
    settings: &Settings,
    config: &Config,
    items: &[Item],
) -> Result<Option<Client>, CliError> {
    let mut mirrors = items.iter().flat_map(|item| &item.mirrors);
    if !mirrors.any(|mirror| matches!(mirror, Mirror::Web(_))) {
        return Ok(None);
    }
    let network = args.network.network(settings, config.certificates.clone());
    Client::new(&network, config.limits, SystemTimer::default())
        .map(Some)
        .map_err(|error| CliError::of(Exit::Usage, &error))
}

/// An item that the database is built from.
struct Done<'a> {
    item: &'a Item,
    got: Got,
    /// The update failed and this is the older copy.
    is_kept: bool,
}

impl Done<'_> {
    fn input(&self, cache: &Cache) -> Input {
        let (path, origin) = match &self.got {
            Got::Local(path) => (path.clone(), None),
            Got::New(entry) | Got::Same(entry) => {
                (cache.path(&self.item.key, entry), Some(self.origin(entry)))
            }
        };
        let place = path.is_file().then(|| {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            format!("{}/{file}", self.item.key.display())
        });
        Input {
            path,
            place,
            origin,
        }
    }

    fn origin(&self, entry: &Entry) -> Origin {
        Origin {
            source: self.item.name.clone(),
            url: entry.url.clone(),
            etag: entry.etag.clone(),
            last_modified: entry.last_modified.clone(),
            fetched: entry.fetched.to_string(),
            checked: entry.checked.to_string(),
        }
    }
}

/// One line for people.
impl std::fmt::Display for Done<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &self.item.name;
        match &self.got {
            Got::Local(path) => write!(f, "{name}: read from {}", path.display()),
            Got::New(entry) => {
                write!(f, "{name}: {} bytes from {}", entry.length(), entry.url)
            }
            Got::Same(entry) if self.is_kept => write!(
                f,
                "{name}: not fetched; the copy of {} is used, last checked {}",
                entry.fetched, entry.checked
            ),
            Got::Same(entry) => {
                write!(
                    f,
                    "{name}: unchanged since {} ({})",
                    entry.fetched, entry.url
                )
            }
        }
    }
}

fn fetch_all<'a>(
    fetcher: &Fetcher<'_>,
    items: &'a [Item],
    keep_going: bool,
) -> Result<Vec<Done<'a>>, CliError> {
    let mut fetched = Vec::new();
    let mut missing = Vec::new();
    for item in items {
        let cached = fetcher.cache.entry(&item.key);
        if let Cached::Damaged(reason) = &cached {
            terminal::warning(&format!(
                "the copy of {} that is here cannot be used: {reason}",
                item.name
            ));
        }
        let progress = Progress::start(&format!("fetching {}", item.name));
        let got = fetcher.get(item, &cached)?;
        drop(progress);
        match (got, cached) {
            (Ok(got), _) => fetched.push(Done {
                item,
                got,
                is_kept: false,
            }),
            (Err(failures), Cached::Usable(entry)) if keep_going => {
                terminal::warning(&format!(
                    "{}\n{}",
                    kept_copy(&item.name, &entry),
                    answers(&failures)
                ));
                fetched.push(Done {
                    item,
                    got: Got::Same(*entry),
                    is_kept: true,
                });
            }
            (Err(failures), cached) => {
                let has_copy = matches!(cached, Cached::Usable(_));
                missing.push((item, failures, has_copy));
            }
        }
    }
    match missing.is_empty() {
        true => Ok(fetched),
        false => Err(not_updated(&missing, items.len())),
    }
}

fn kept_copy(name: &str, entry: &Entry) -> String {
    format!(
        "{name} could not be fetched; its copy of {} is used, last checked {}",
        entry.fetched, entry.checked
    )
}

fn answers(failures: &[Failure]) -> String {
    let lines: Vec<_> = failures
        .iter()
        .map(|failure| format!("  {}", failure.message))
        .collect();
    lines.join("\n")
}

/// What every mirror of every missing item answered. The database stays as it is.
fn not_updated(missing: &[(&Item, Vec<Failure>, bool)], all: usize) -> CliError {
    let mut message = format!(
        "{} of {all} sources could not be fetched; the database stays as it was",
        missing.len()
    );
    for (item, failures, _) in missing {
        let _ = write!(message, "\n{}:\n{}", item.name, answers(failures));
    }
    let error = CliError::new(Exit::Inconclusive, message);
    let mut hints = missing.iter().flat_map(|(_, failures, _)| failures);
    let first = hints.find_map(|failure| failure.hint.clone());
    let has_copies = missing.iter().all(|(_, _, has_copy)| *has_copy);
    let keep = "--keep-going uses the copies that are here";
    match (first, has_copies) {
        (Some(first), true) => error.with_hint(format!("{first}\n{keep}")),
        (Some(first), false) => error.with_hint(first),
        (None, true) => error.with_hint(keep),
        (None, false) => error,
    }
}
