//! `sealgate trusted-root update`: the current trusted root, by TUF.

use super::InstanceOptions;
use crate::cli::commands::key::{ResultFormat, in_file};
use crate::cli::exit::{CliError, Exit};
use crate::cli::network::CertificateArgs;
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::signing::services::ServiceConnection;
use crate::signing::sigstore::Instance;
use crate::signing::tuf::{MAX_TUF_ROOT_BYTES, Source, UpdateError, Updated, update};
use crate::support::files;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate trusted-root update --store roots
  sealgate verify app --trusted-root roots/trusted_root.json …
  sealgate trusted-root update --root acme-root.json --mirror https://tuf.acme.example --store roots

The directory holds trusted_root.json, signing_config.v0.2.json where the instance has one, and
tuf.json, which says what was accepted before: nothing older is. Nothing else reads them unless
told to with --trusted-root and --signing-config. Exit code 2: to be mended here; 3: the mirror
gave nothing that can be accepted, and the files are as they were.")]
pub struct UpdateArgs {
    /// Address of the TUF repository, over https [default: the instance's own]
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
    /// The root that everything begins with, from a trusted place [default: the instance's,
    /// built in]
    #[arg(long, value_name = "FILE", requires = "mirror", requires = "store",
        conflicts_with_all = ["staging", "github"])]
    root: Option<PathBuf>,
    /// Where the trusted root goes, one directory for each instance [default: below
    /// sealgate/trusted-root in the user's data directory]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Which one [default: Sigstore's public-good instance].
    #[command(flatten)]
    instance: InstanceOptions,
    /// Most seconds for all of the update
    #[arg(long, value_name = "SECONDS", default_value = "120",
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Whom to trust for the connection.
    #[command(flatten)]
    certificates: CertificateArgs,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    format: ResultFormat,
}

#[derive(Serialize)]
struct Wire {
    schema: &'static str,
    trusted_root: String,
    digest: String,
    changed: bool,
    signing_config: Option<String>,
    versions: WireVersions,
    expires: String,
}

#[derive(Serialize)]
struct WireVersions {
    root: u64,
    timestamp: u64,
    snapshot: u64,
    targets: u64,
}

/// Runs the command. Times run out by the clock, whatever `--at` says.
///
/// # Errors
/// Exit 2 or 3 as [`UpdateError::is_configuration`] says.
pub fn run(args: &UpdateArgs, settings: &Settings) -> Result<Exit, CliError> {
    let instance = args.instance.instance();
    let directory = directory(args, instance, settings)?;
    let root = match &args.root {
        Some(path) => files::read_bounded(path, MAX_TUF_ROOT_BYTES)
            .map_err(|e| CliError::of(Exit::Usage, &e))?,
        None => instance.tuf_root().to_vec(),
    };
    let source = Source {
        mirror: match &args.mirror {
            Some(mirror) => mirror.clone(),
            None => instance.mirror().to_owned(),
        },
        root,
        connection: ServiceConnection {
            network: args.certificates.network(settings, Vec::new()),
            within: Duration::from_secs(args.timeout),
        },
    };
    let updated = {
        let _progress = Progress::start("asking for the trusted root");
        update(&source, &directory, Settings::real_time())
    };
    let updated = updated.map_err(|e| of(&e, args.root.as_deref()))?;
    let text = match args.format {
        ResultFormat::Json => json(&updated)?,
        ResultFormat::Human => human(&updated),
    };
    terminal::result(&text)?;
    Ok(Exit::Pass)
}

fn of(error: &UpdateError, root: Option<&Path>) -> CliError {
    let exit = match error.is_configuration() {
        true => Exit::Usage,
        false => Exit::Inconclusive,
    };
    match (error, root) {
        (UpdateError::BadFirstRoot { .. }, Some(path)) => in_file(path, exit, error),
        _ => CliError::of(exit, error),
    }
}

fn directory(
    args: &UpdateArgs,
    instance: Instance,
    settings: &Settings,
) -> Result<PathBuf, CliError> {
    let name = match instance {
        Instance::PublicGood => "public-good",
        Instance::Staging => "staging",
        Instance::GitHub => "github",
    };
    let default = || settings.trusted_roots.as_ref().map(|base| base.join(name));
    args.store.clone().or_else(default).ok_or_else(|| {
        CliError::new(Exit::Usage, "no home directory to keep the trusted root in")
            .with_hint("name one with --store DIR")
    })
}

fn json(updated: &Updated) -> Result<String, CliError> {
    let [root, timestamp, snapshot, targets] = updated.versions;
    let shown = |path: &Path| path.display().to_string();
    let wire = Wire {
        schema: "sealgate/trusted-root-update/v1",
        trusted_root: shown(&updated.path),
        digest: updated.digest.to_string(),
        changed: updated.changed,
        signing_config: updated.signing_config.as_deref().map(shown),
        versions: WireVersions {
            root,
            timestamp,
            snapshot,
            targets,
        },
        expires: updated.expires.to_string(),
    };
    let mut text = serde_json::to_string_pretty(&wire)
        .map_err(|e| CliError::new(Exit::Usage, format!("cannot write JSON: {e}")))?;
    text.push('\n');
    Ok(text)
}

fn human(updated: &Updated) -> String {
    let [root, timestamp, snapshot, targets] = updated.versions;
    let shown = |path: &Path| terminal_safe(&path.display().to_string()).into_owned();
    let mut text = format!(
        "{}: {}, {}\n",
        shown(&updated.path),
        match updated.changed {
            true => "updated",
            false => "unchanged",
        },
        updated.digest,
    );
    if let Some(path) = &updated.signing_config {
        text += &format!("{}\n", shown(path));
    }
    text += &format!(
        "root {root}, timestamp {timestamp}, snapshot {snapshot}, targets {targets}; current \
         until {}\n",
        updated.expires
    );
    text
}
