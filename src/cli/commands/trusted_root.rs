//! `sealgate trusted-root`: whose certificates, logs and timestamps count.

mod update;

use super::key::{ResultFormat, in_file};
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::targets::check_target;
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::signing::sigstore::{Instance, TrustedRoot, Verifier, read_trusted_root};
use crate::support::files;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Trusted roots: show what one trusts, export a built-in one
#[derive(Debug, clap::Args)]
pub struct TrustedRootArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TrustedRootCommand,
}

/// What to do with trusted roots.
#[derive(Debug, clap::Subcommand)]
pub enum TrustedRootCommand {
    /// Print what a trusted root trusts, and since when
    Show(ShowArgs),
    /// Write a built-in trusted root to a file, to pin it or for machines without a network
    Export(ExportArgs),
    /// Fetch the current trusted root of an instance by TUF, the only thing here that uses
    /// the network
    Update(update::UpdateArgs),
}

/// Which of the built-in ones.
#[derive(Debug, clap::Args)]
pub struct InstanceOptions {
    /// Sigstore's staging instance
    #[arg(long, conflicts_with = "github")]
    pub staging: bool,
    /// GitHub's own instance
    #[arg(long)]
    pub github: bool,
}

impl InstanceOptions {
    fn instance(&self) -> Instance {
        match (self.staging, self.github) {
            (true, _) => Instance::Staging,
            (_, true) => Instance::GitHub,
            _ => Instance::PublicGood,
        }
    }
}

/// Options of `trusted-root show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate trusted-root show
  sealgate trusted-root show acme-root.json --format json")]
pub struct ShowArgs {
    /// A trusted root [default: the built-in one of Sigstore's public-good instance]
    #[arg(conflicts_with_all = ["staging", "github"])]
    pub file: Option<PathBuf>,
    /// A built-in one instead.
    #[command(flatten)]
    pub instance: InstanceOptions,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

/// Options of `trusted-root export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate trusted-root export --output root.json
  sealgate verify app --trusted-root root.json …")]
pub struct ExportArgs {
    /// Where it goes
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Which one [default: Sigstore's public-good instance].
    #[command(flatten)]
    pub instance: InstanceOptions,
}

#[derive(Serialize)]
struct WireRoot {
    schema: &'static str,
    name: String,
    digest: String,
    trusted: Vec<WirePart>,
}

#[derive(Serialize)]
struct WirePart {
    kind: &'static str,
    uri: String,
    id: String,
    from: Option<String>,
    until: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for a trusted root that cannot be used, and a file that cannot be written; 3 for an
/// update that the mirror did not make possible.
pub fn run(args: &TrustedRootArgs, settings: &Settings) -> Result<Exit, CliError> {
    match &args.command {
        TrustedRootCommand::Show(args) => show(args),
        TrustedRootCommand::Export(args) => export(args),
        TrustedRootCommand::Update(args) => update::run(args, settings),
    }
}

fn export(args: &ExportArgs) -> Result<Exit, CliError> {
    check_target(&args.output, [])?;
    let instance = args.instance.instance();
    files::write_atomic(&args.output, instance.json().as_bytes())
        .map_err(|e| CliError::of(Exit::Usage, &e))?;
    let root = TrustedRoot::of(instance).map_err(|e| CliError::of(Exit::Usage, &e))?;
    terminal::result(&format!(
        "{}: {}, {}\n",
        terminal_safe(&args.output.display().to_string()),
        root.name(),
        root.digest()
    ))?;
    Ok(Exit::Pass)
}

fn show(args: &ShowArgs) -> Result<Exit, CliError> {
    let root = match &args.file {
        Some(path) => read_trusted_root(path).map_err(|e| in_file(path, Exit::Usage, &e))?,
        None => {
            TrustedRoot::of(args.instance.instance()).map_err(|e| CliError::of(Exit::Usage, &e))?
        }
    };
    // What verification would refuse is not shown as if it were trusted.
    Verifier::new(root.clone()).map_err(|e| match &args.file {
        Some(path) => in_file(path, Exit::Usage, &e),
        None => CliError::of(Exit::Usage, &e),
    })?;
    let text = match args.format {
        ResultFormat::Json => json(&root)?,
        ResultFormat::Human => human(&root),
    };
    terminal::result(&text)?;
    Ok(Exit::Pass)
}

fn json(root: &TrustedRoot) -> Result<String, CliError> {
    let wire = WireRoot {
        schema: "sealgate/trusted-root/v1",
        name: root.name().to_owned(),
        digest: root.digest().to_string(),
        trusted: root
            .parts()
            .into_iter()
            .map(|part| WirePart {
                kind: part.kind,
                uri: part.uri,
                id: part.id,
                from: part.from,
                until: part.until,
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&wire)
        .map_err(|e| CliError::new(Exit::Usage, format!("cannot write JSON: {e}")))?;
    text.push('\n');
    Ok(text)
}

fn human(root: &TrustedRoot) -> String {
    let mut text = format!("{}, {}\n", terminal_safe(root.name()), root.digest());
    for part in root.parts() {
        let _ = writeln!(
            text,
            "{} {}\n  {}\n  from {}{}",
            part.kind,
            terminal_safe(&part.uri),
            terminal_safe(&part.id),
            part.from.as_deref().unwrap_or("ever"),
            part.until
                .map_or_else(String::new, |until| format!(" until {until}")),
        );
    }
    text
}
