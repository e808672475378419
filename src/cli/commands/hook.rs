//! `sealgate hook`: the search for secrets before a commit and before a push.

use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use crate::support::files;
use crate::support::git_repository::Repository;
use std::path::{Path, PathBuf};

/// Search for secrets before every commit and push: install or remove the hooks
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate hook install                      before every commit and push of this repository
  sealgate hook install --only pre-commit
  sealgate hook uninstall

A hook is silent when there is nothing to say. It helps the person who commits; what must hold
is checked in the build, where a hook cannot be left out.")]
pub struct HookArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: HookCommand,
}

/// What to do with hooks.
#[derive(Debug, clap::Subcommand)]
pub enum HookCommand {
    /// Write the hooks into the repository
    Install(PlaceArgs),
    /// Remove the hooks that `install` wrote
    Uninstall(PlaceArgs),
}

/// Which hooks of which repository.
#[derive(Debug, clap::Args)]
pub struct PlaceArgs {
    /// Directory in the work tree
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// This hook alone
    #[arg(long, value_enum, value_name = "HOOK")]
    pub only: Option<Hook>,
}

/// A hook of git.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Hook {
    /// Before a commit: what is staged.
    PreCommit,
    /// Before a push: the commits that the other side does not have.
    PrePush,
}

/// Begins every hook that is written here, and no other.
const MARK: &str = "#!/bin/sh\n# Written by `sealgate hook install`.\n";
/// Largest hook that is read, in bytes.
const MAX_HOOK: u64 = 1024 * 1024;
/// Bytes of objects do not matter here: only places are asked for.
const OBJECT_LIMIT: u64 = 1024 * 1024;

impl Hook {
    const ALL: [Self; 2] = [Self::PreCommit, Self::PrePush];

    fn as_str(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
        }
    }

    fn text(self) -> String {
        let command = match self {
            Self::PreCommit => "exec sealgate secrets --staged --quiet\n",
            Self::PrePush => "exec sealgate secrets --pushed \"$1\" --quiet\n",
        };
        format!("{MARK}{command}")
    }
}

/// Installs or removes hooks.
///
/// # Errors
/// Exit 2 outside a repository, where a hook of another origin is in the way, or a file
/// cannot be written.
pub fn run(args: &HookArgs) -> Result<Exit, CliError> {
    let (place, install) = match &args.command {
        HookCommand::Install(place) => (place, true),
        HookCommand::Uninstall(place) => (place, false),
    };
    let hooks = match place.only {
        Some(hook) => vec![hook],
        None => Hook::ALL.to_vec(),
    };
    let directory = hooks_directory(&place.path)?;
    let targets: Vec<(Hook, PathBuf)> = hooks
        .into_iter()
        .map(|hook| (hook, directory.join(hook.as_str())))
        .collect();
    for (hook, path) in &targets {
        if state(path)? == State::Other && install {
            let message = format!("`{}` is there already", path.display());
            let line = hook.text().replace(MARK, "");
            return Err(CliError::new(Exit::Usage, message).with_hint(format!(
                "add this line to it: {}",
                line.trim().trim_start_matches("exec ")
            )));
        }
    }
    for (hook, path) in &targets {
        match (install, state(path)?) {
            (true, _) => write(path, &hook.text())?,
            (false, State::Ours) => std::fs::remove_file(path).map_err(|error| {
                let message = format!("cannot remove `{}`: {error}", path.display());
                CliError::new(Exit::Usage, message)
            })?,
            (false, _) => continue,
        }
        let verb = if install { "installed" } else { "removed" };
        terminal::note(&format!("{verb}: {}", path.display()));
    }
    Ok(Exit::Pass)
}

fn hooks_directory(path: &Path) -> Result<PathBuf, CliError> {
    let repository = Repository::around(path, OBJECT_LIMIT);
    match repository.map_err(|error| CliError::new(Exit::Usage, error.to_string()))? {
        Some(repository) => Ok(repository.hooks_directory()),
        None => {
            let message = format!("`{}` is in no git repository", path.display());
            Err(CliError::new(Exit::Usage, message).with_hint("run `git init` first"))
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Absent,
    Ours,
    Other,
}

fn state(path: &Path) -> Result<State, CliError> {
    if path.symlink_metadata().is_err() {
        return Ok(State::Absent);
    }
    let bytes =
        files::read_bounded(path, MAX_HOOK).map_err(|error| CliError::of(Exit::Usage, &error))?;
    Ok(match bytes.starts_with(MARK.as_bytes()) {
        true => State::Ours,
        false => State::Other,
    })
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let failed = |error: &dyn std::fmt::Display| {
        CliError::new(
            Exit::Usage,
            format!("cannot write `{}`: {error}", path.display()),
        )
    };
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(|error| failed(&error))?;
    }
    files::write_atomic(path, text.as_bytes()).map_err(|error| failed(&error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, mode).map_err(|error| failed(&error))?;
    }
    Ok(())
}
