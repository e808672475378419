//! `sealgate secrets except`: accept one secret for a while.

use crate::checks::secrets::{self, Exception, Exceptions};
use crate::cli::exit::{CliError, Exit};
use crate::cli::secret_exceptions::{path_for, read};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::model::{Detail, Finding};
use crate::support::files;
use jiff::civil::Date;
use std::path::PathBuf;

/// Options of `secrets except`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate secrets except docs/sample.env:3 --owner jo@acme.example --expires 2027-01-31 \\
    --reason 'sample of the provider, revoked'

The file .sealgate/secret-exceptions.tsv gets a line with a keyed hash of the secret; commit it.")]
pub struct ExceptArgs {
    /// PATH, PATH:LINE or the fingerprint of a finding, or its beginning
    #[arg(value_name = "WHERE")]
    pub place: String,
    /// Who answers for it
    #[arg(long, value_name = "NAME")]
    pub owner: String,
    /// Why it is accepted
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The last day it holds, UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub expires: Date,
    /// Directory in which the secret was found
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub root: PathBuf,
}

/// Writes the exceptions.
///
/// # Errors
/// Exit 2 where nothing is found at the place, or the file cannot be read or written.
pub fn run(args: &ExceptArgs, settings: &Settings) -> Result<Exit, CliError> {
    let usage = |message: String| CliError::new(Exit::Usage, message);
    for (name, value) in [("--owner", &args.owner), ("--reason", &args.reason)] {
        if value.trim().is_empty() {
            return Err(usage(format!("{name} is empty")));
        }
    }
    if args.expires < settings.now.to_zoned(jiff::tz::TimeZone::UTC).date() {
        return Err(usage(format!("--expires: {} is over", args.expires)));
    }
    let (outcome, _) = secrets::check_tree(&args.root, &secrets::Options::default())
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    let found: Vec<&Finding> = outcome
        .findings
        .iter()
        .filter(|finding| is_at(finding, &args.place))
        .collect();
    if found.is_empty() {
        return Err(usage(format!("no secret is found at `{}`", args.place))
            .with_hint("`sealgate secrets --all` shows what is found, and where"));
    }
    let path = path_for(&args.root);
    let mut exceptions = match read(&path)? {
        Some(exceptions) => exceptions,
        None => Exceptions::new(salt()?),
    };
    for finding in found {
        let Detail::Secret(secret) = &finding.detail else {
            continue;
        };
        terminal::note(&format!(
            "excepted until {}: {} at {}",
            args.expires, secret.kind, finding.location
        ));
        let exception = Exception {
            expires: args.expires,
            owner: args.owner.trim().to_owned(),
            kind: secret.kind.clone(),
            place: finding.location.path.clone(),
            reason: args.reason.trim().to_owned(),
        };
        let key = exceptions.key_of(secret);
        exceptions.entries.insert(key, exception);
    }
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)
            .map_err(|error| usage(format!("cannot make `{}`: {error}", directory.display())))?;
    }
    files::write_atomic(&path, exceptions.to_text().as_bytes())
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    Ok(Exit::Pass)
}

fn is_at(finding: &Finding, place: &str) -> bool {
    let location = &finding.location;
    let line = location.line.unwrap_or_default();
    let is_fingerprint = place.len() >= 8 && finding.fingerprint.starts_with(place);
    is_fingerprint || location.path == place || format!("{}:{line}", location.path) == place
}

fn salt() -> Result<[u8; 16], CliError> {
    let mut salt = [0; 16];
    match aws_lc_rs::rand::fill(&mut salt) {
        Ok(()) => Ok(salt),
        Err(_) => Err(CliError::new(
            Exit::Usage,
            "the system gives no random bytes",
        )),
    }
}
