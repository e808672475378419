//! Which bundles belong to which artifacts, and all of them on every core.

use super::bundle::{Outcome, verify};
use super::signer::Judge;
use crate::cli::exit::{CliError, Exit};
use crate::cli::forms::{in_file, with_ending};
use crate::model::{Digest, DigestAlgorithm};
use crate::signing::{Artifact, BundleSource, read_bundles};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What stands beside an artifact when it was signed here or by cosign.
const ENDINGS: [&str; 2] = [".sigstore.json", ".attestations.jsonl"];
/// Digests are written so.
const DIGEST_PREFIX: &str = "sha256:";

/// An artifact and the files with its bundles.
#[derive(Debug)]
pub struct Task {
    artifact: PathBuf,
    digest: Option<Digest>,
    bundles: Vec<PathBuf>,
}

/// What became of one artifact.
#[derive(Debug)]
pub struct ArtifactResult {
    /// Its name, or its digest.
    pub name: String,
    /// Its SHA-256; none where no bundle got so far that it was hashed.
    pub digest: Option<Digest>,
    /// One for each bundle, at least one.
    pub outcomes: Vec<Outcome>,
    /// How many of them must verify.
    pub enough: Enough,
}

/// How many bundles of an artifact must verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enough {
    /// Every one: their file was named or lies beside the artifact.
    All,
    /// One: anyone who may write to a repository attaches what they like.
    One,
}

impl ArtifactResult {
    /// Pass, or the worst of what does not verify. Where one is enough and none passes, one
    /// that could not be read may be the one that counts.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let has = |exit: Exit| self.outcomes.iter().any(|outcome| outcome.exit() == exit);
        if self.enough == Enough::One {
            for exit in [Exit::Pass, Exit::Inconclusive] {
                if has(exit) {
                    return exit;
                }
            }
        }
        worst(self.outcomes.iter().map(Outcome::exit))
    }
}

/// The worst of some codes: 1 before 2 before 3. None are a failure.
pub fn worst(codes: impl IntoIterator<Item = Exit>) -> Exit {
    let rank = |exit: &Exit| match exit {
        Exit::Pass => 0,
        Exit::Inconclusive => 1,
        Exit::Usage => 2,
        Exit::Fail => 3,
    };
    codes.into_iter().max_by_key(rank).unwrap_or(Exit::Fail)
}

/// Pairs artifacts with bundle files.
///
/// # Errors
/// Exit 2 where the numbers do not fit, an artifact has no bundle, or a digest is none.
pub fn tasks(artifacts: &[PathBuf], bundles: &[PathBuf]) -> Result<Vec<Task>, CliError> {
    if artifacts.len() > 1 && !bundles.is_empty() && bundles.len() != artifacts.len() {
        return Err(CliError::new(
            Exit::Usage,
            format!(
                "{} artifacts, but {} bundles",
                artifacts.len(),
                bundles.len()
            ),
        )
        .with_hint("give one --bundle for each artifact, or none to find them beside the files"));
    }
    artifacts
        .iter()
        .enumerate()
        .map(|(index, artifact)| {
            let digest = given_digest(artifact)?;
            let bundles = match (bundles, artifacts.len()) {
                ([], _) => beside(artifact, digest.is_some())?,
                (all, 1) => all.to_vec(),
                (all, _) => all.iter().skip(index).take(1).cloned().collect(),
            };
            Ok(Task {
                artifact: artifact.clone(),
                digest,
                bundles,
            })
        })
        .collect()
}

fn given_digest(artifact: &Path) -> Result<Option<Digest>, CliError> {
    let Some(hex) = artifact
        .to_str()
        .and_then(|a| a.strip_prefix(DIGEST_PREFIX))
    else {
        return Ok(None);
    };
    let usage = |text: String| {
        CliError::new(Exit::Usage, text)
            .with_hint("write `sha256:` and 64 digits of lower-case hex; a file of such a name is `./sha256:…`")
    };
    if hex.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(usage(format!("`{hex}` is not lower-case hex")));
    }
    Digest::from_hex(DigestAlgorithm::Sha256, hex)
        .map(Some)
        .map_err(|e| usage(e.to_string()))
}

fn beside(artifact: &Path, only_digest: bool) -> Result<Vec<PathBuf>, CliError> {
    if only_digest {
        return Err(CliError::new(
            Exit::Usage,
            "nothing stands beside a digest: its bundle must be named",
        )
        .with_hint("give --bundle FILE"));
    }
    let artifact = Artifact::of_path(artifact);
    let candidates = ENDINGS.map(|ending| with_ending(artifact.path(), ending));
    let found: Vec<PathBuf> = candidates.iter().filter(|p| p.is_file()).cloned().collect();
    if found.is_empty() {
        let names = candidates.map(|path| format!("`{}`", path.display()));
        return Err(CliError::new(
            Exit::Usage,
            format!("no bundle beside the artifact: {}", names.join(" or ")),
        )
        .with_hint("give --bundle FILE, or sign the artifact"));
    }
    Ok(found)
}

/// Verifies all, in the order of the command line.
///
/// # Errors
/// Exit 2 where a file of bundles cannot be read or is empty.
pub fn verify_all(tasks: Vec<Task>, judge: &Judge) -> Result<Vec<ArtifactResult>, CliError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = cores.min(tasks.len());
    if workers <= 1 {
        return tasks.iter().map(|task| verify_task(task, judge)).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(tasks.len()));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, task)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    tasks.get(index).map(|task| (index, task))
                } {
                    let result = verify_task(task, judge);
                    if let Ok(mut done) = done.lock() {
                        done.push((index, result));
                    }
                }
            });
        }
    });
    let mut done = done
        .into_inner()
        .map_err(|_| CliError::new(Exit::Usage, "a worker thread stopped"))?;
    // A task that no worker finished must not pass unseen.
    if done.len() != tasks.len() {
        return Err(CliError::new(Exit::Usage, "a worker thread stopped"));
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn verify_task(task: &Task, judge: &Judge) -> Result<ArtifactResult, CliError> {
    let artifact = match &task.digest {
        Some(digest) => {
            Artifact::of_digest(digest.clone()).map_err(|e| CliError::of(Exit::Usage, &e))?
        }
        None => Artifact::of_path(&task.artifact),
    };
    let mut outcomes = Vec::new();
    for path in &task.bundles {
        let sources = read_bundles(path).map_err(|e| in_file(path, Exit::Usage, &e))?;
        if sources.is_empty() {
            return Err(CliError::new(
                Exit::Usage,
                format!("`{}` holds no bundle", path.display()),
            )
            .with_hint("an empty file proves nothing: name the file that `sealgate seal` wrote"));
        }
        for BundleSource { name, bundle } in sources {
            outcomes.push(Outcome {
                result: verify(&name, bundle, &artifact, judge),
                source: name,
            });
        }
    }
    Ok(ArtifactResult {
        name: artifact.name(),
        digest: artifact.known_digest().cloned(),
        outcomes,
        enough: Enough::All,
    })
}
