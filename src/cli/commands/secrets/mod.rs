//! `sealgate secrets`: the search for secrets alone, over a tree, what is staged, a
//! history, or what comes in.

mod except;

use crate::checks::secrets::{self, Commits, HistoryOptions, SecretsError};
use crate::cli::exit::{CliError, Exit};
use crate::cli::judging::Reporting;
use crate::cli::pipeline;
use crate::cli::policies;
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;
use crate::cli::{secret_exceptions, secret_rules};
use crate::model::{Decision, Outcome, Report, SecretsScanned};
use crate::policy::{self, Checked};
use crate::support::git_repository::GitError;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::PathBuf;

/// Search for secrets: a tree, what is staged, commits, standard input
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  sealgate secrets                          this directory: what is tracked or not ignored
  sealgate secrets --staged --quiet         what the next commit would bring, in a hook
  sealgate secrets --since origin/main      what the commits since then have brought
  sealgate secrets --since v1.0..v2.0       what the commits between two names have brought
  sealgate secrets --history --cache .git/sealgate
                                            every content that any commit ever had
  kubectl get secret -o yaml | sealgate secrets --stdin

git is never run and no configuration of the repository is obeyed.

Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 inconclusive.")]
pub struct SecretsArgs {
    /// Something else than a search.
    #[command(subcommand)]
    pub command: Option<SecretsCommand>,
    /// Directory or file to search
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Where the bytes come from.
    #[command(flatten)]
    pub source: Source,
    /// Tell only what the branch has brought since it left this one: what their merge base
    /// does not have
    #[arg(long, value_name = "REV", conflicts_with_all = ["staged", "since", "history", "pushed", "stdin"])]
    pub baseline_from: Option<String>,
    /// Remember in this directory which commits were searched; whoever can write there can
    /// hide commits from the next search
    #[arg(long, value_name = "DIR", requires = "history")]
    pub cache: Option<PathBuf>,
    /// Rules of your own, beside the built-in ones: TOML of their form or a gitleaks
    /// configuration (repeatable)
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// Policy and outputs.
    #[command(flatten)]
    pub reporting: Reporting,
    /// With --all, say why each finding counts as a secret, and why it is no surer; and list
    /// what looked like one and was dropped
    #[arg(long, requires = "all")]
    pub explain: bool,
    /// Write nothing to standard output where the verdict is to pass
    #[arg(long, short)]
    pub quiet: bool,
}

/// What to do other than to search.
#[derive(Debug, clap::Subcommand)]
pub enum SecretsCommand {
    /// Accept one secret for a while
    Except(except::ExceptArgs),
}

/// Where the bytes come from; a tree without any of these.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub struct Source {
    /// Search ignored files too
    #[arg(long)]
    pub all_files: bool,
    /// Search what is staged for the next commit, and tell only what it would bring
    #[arg(long)]
    pub staged: bool,
    /// Search the commits since this one (or FROM..TO), and tell only what they brought
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Search every commit that any reference leads to
    #[arg(long)]
    pub history: bool,
    /// Search the commits that a push to this remote would bring; what is pushed is read
    /// from standard input, as git gives it to its hook
    #[arg(long, value_name = "REMOTE")]
    pub pushed: Option<String>,
    /// Search standard input
    #[arg(long)]
    pub stdin: bool,
}

/// Searches and writes every output. The exit code is the verdict's.
///
/// # Errors
/// Exit 2 for a bad path, revision, policy or output; exit 3 where the repository cannot be
/// read.
pub fn run(args: &SecretsArgs, settings: &Settings) -> Result<Exit, CliError> {
    if let Some(SecretsCommand::Except(args)) = &args.command {
        return except::run(args, settings);
    }
    let outputs = args.reporting.outputs()?.explaining(args.explain);
    let mut loaded = policies::load(&args.reporting.policy)?;
    let (mut outcome, scanned) = {
        let _progress = Progress::start("searching for secrets");
        search(args, outputs.places())?
    };
    secret_exceptions::apply(
        &args.path,
        &mut loaded.policy,
        &mut outcome.findings,
        settings.now,
    )?;
    let checked = Checked {
        outcome,
        database: None,
        ecosystems: BTreeSet::default(),
        vex: BTreeMap::new(),
    };
    let verdict = policy::evaluate(&loaded.policy, checked, settings.now)
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    let decision = verdict.decision;
    let report = Report {
        tool: pipeline::tool(),
        target: match args.source.stdin {
            true => STDIN.to_owned(),
            false => pipeline::target_name(&args.path),
        },
        time: settings.now.to_string(),
        policy: loaded.info,
        inventory: None,
        database: None,
        vex: Vec::new(),
        registry: None,
        secrets: Some(scanned),
        checks: vec!["secrets"],
        verdict,
        advice: None,
    };
    match args.quiet && decision == Decision::Pass {
        true => outputs.write_files(&report, settings)?,
        false => outputs.write(&report, settings)?,
    }
    Ok(decision.into())
}

/// What standard input is called in a report.
const STDIN: &str = "stdin";

fn search(
    args: &SecretsArgs,
    places: &BTreeSet<PathBuf>,
) -> Result<(Outcome, SecretsScanned), CliError> {
    let limit = secrets::MAX_CONTENT;
    let source = &args.source;
    let own = secret_rules::load(&args.rules)?;
    let history = HistoryOptions {
        max_file_size: limit,
        cache: args.cache.clone(),
        own: own.clone(),
        explain: args.explain,
    };
    let options = secrets::Options {
        respect_gitignore: !source.all_files,
        own: own.clone(),
        explain: args.explain,
        ..secrets::Options::default()
    };
    let found = if source.stdin {
        secrets::check_stream(STDIN, &mut std::io::stdin().lock(), &options)
    } else if source.staged {
        // Git names the index that the commit is made from to its hooks: with
        // `git commit -a` or `git commit FILE` it is not the repository's own.
        let index = std::env::var_os("GIT_INDEX_FILE").map(PathBuf::from);
        secrets::check_staged(&args.path, index.as_deref(), &history)
    } else if source.history {
        secrets::check_history(&args.path, &Commits::All, &history)
    } else if let Some(since) = &source.since {
        secrets::check_history(&args.path, &range(since)?, &history)
    } else if let Some(remote) = &source.pushed {
        match pushed(remote)? {
            Some(commits) => secrets::check_history(&args.path, &commits, &history),
            None => return Ok((Outcome::default(), SecretsScanned::default())),
        }
    } else {
        let options = secrets::Options {
            leave_out: pipeline::outputs_inside(&args.path, places),
            ..options
        };
        secrets::check_tree(&args.path, &options).and_then(|(mut outcome, scanned)| {
            if let Some(revision) = &args.baseline_from {
                secrets::only_new(&args.path, revision, &mut outcome.findings, &own, limit)?;
            }
            Ok((outcome, scanned))
        })
    };
    found.map_err(|error| CliError::of(exit_of(&error), &error))
}

fn exit_of(error: &SecretsError) -> Exit {
    match error {
        SecretsError::Git(GitError::Revision { .. }) => Exit::Usage,
        SecretsError::Git(_) => Exit::Inconclusive,
        _ => Exit::Usage,
    }
}

/// `REV` or `FROM..TO`.
fn range(text: &str) -> Result<Commits, CliError> {
    let (since, until) = match text.split_once("..") {
        Some((_, until)) if until.starts_with('.') => {
            let message = format!("--since: `{text}` has three dots; only `FROM..TO` is known");
            return Err(CliError::new(Exit::Usage, message)
                .with_hint("name the merge base of both as FROM: `git merge-base A B`"));
        }
        Some((since, until)) => (since, until),
        None => (text, ""),
    };
    if since.is_empty() {
        let message = format!("--since: `{text}` names no commit to begin after");
        return Err(CliError::new(Exit::Usage, message).with_hint("write REV or FROM..TO"));
    }
    Ok(Commits::Range {
        since: since.to_owned(),
        until: match until {
            "" => "HEAD".to_owned(),
            until => until.to_owned(),
        },
    })
}

/// Longest list of updates of one push, in bytes.
const MAX_PUSH: u64 = 16 * 1024 * 1024;

/// What git gives to its hook before a push: lines of local name, local object, remote name,
/// remote object (githooks(5)). `None` where only references are deleted.
fn pushed(remote: &str) -> Result<Option<Commits>, CliError> {
    let mut text = String::new();
    let mut input = std::io::stdin().lock().take(MAX_PUSH);
    let bad = |message: &str| {
        CliError::new(Exit::Usage, format!("--pushed: {message}"))
            .with_hint("this is for git's hook `pre-push`; `sealgate hook install` writes it")
    };
    input
        .read_to_string(&mut text)
        .map_err(|error| bad(&format!("standard input cannot be read: {error}")))?;
    let (mut tips, mut known) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [_, local, _, there] = fields.as_slice() else {
            return Err(bad(&format!("`{line}` is no update of a reference")));
        };
        for (id, list) in [(local, &mut tips), (there, &mut known)] {
            if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(bad(&format!("`{id}` is no object id")));
            }
            // Nothing but zeros: there is none.
            if id.bytes().any(|byte| byte != b'0') {
                list.push((*id).to_owned());
            }
        }
    }
    Ok((!tips.is_empty()).then(|| Commits::Pushed {
        remote: remote.to_owned(),
        tips,
        known,
    }))
}
