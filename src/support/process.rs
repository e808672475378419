//! Other programs, run without a shell, with bounded output and in bounded time.

use crate::model::Hint;
use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Bytes of standard error that are kept; the rest is read and dropped.
const ERROR_LIMIT: u64 = 64 * 1024;

/// How often an ended program is looked for when its output has ended.
const POLL: Duration = Duration::from_millis(2);

/// What is run.
#[derive(Debug, Clone)]
pub struct Invocation<'a> {
    /// The program: an absolute path, so that no directory of the judged tree is searched.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [&'a str],
    /// Where it runs.
    pub directory: &'a Path,
    /// Variables set on top of the environment.
    pub variables: &'a [(&'a str, &'a str)],
    /// Bytes that it may write to standard output.
    pub output_limit: u64,
    /// How long it may run.
    pub time_limit: Duration,
}

/// What a program left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// The first 64 KiB of standard error.
    pub stderr: Vec<u8>,
}

/// Why a program did not run to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The program is not named by an absolute path.
    #[error("`{}` is not an absolute path of a program", program.display())]
    NotAbsolute {
        /// As given.
        program: PathBuf,
    },
    /// It could not be started.
    #[error("cannot start `{}`: {source}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// Its output could not be read.
    #[error("cannot read the output of `{}`: {source}", program.display())]
    Output {
        /// The program.
        program: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// It wrote too much; it was ended.
    #[error("`{}` wrote more than the limit of {limit} bytes", program.display())]
    TooMuchOutput {
        /// The program.
        program: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// It took too long; it was ended.
    #[error("`{}` ran longer than the limit of {} seconds", program.display(), limit.as_secs())]
    TooLong {
        /// The program.
        program: PathBuf,
        /// The limit.
        limit: Duration,
    },
}

impl Hint for ProcessError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotAbsolute { .. } | Self::Start { .. } => {
                Some("check that the program is installed".to_owned())
            }
            _ => None,
        }
    }
}

/// Runs a program to its end, with nothing on its standard input. One that breaks a limit
/// is killed; programs that it started itself are not.
///
/// # Errors
/// [`ProcessError`]. A program that ends with a code other than 0 is no error here.
pub fn run(invocation: &Invocation<'_>) -> Result<Finished, ProcessError> {
    run_given(invocation, None)
}

/// As [`run`], with these bytes and then the end on its standard input. One that does not
/// read them is no error. They are few: a pipe holds them all, so that writing never waits.
///
/// # Errors
/// As [`run`].
pub fn run_with_input(invocation: &Invocation<'_>, input: &str) -> Result<Finished, ProcessError> {
    run_given(invocation, Some(input))
}

fn run_given(invocation: &Invocation<'_>, input: Option<&str>) -> Result<Finished, ProcessError> {
    let program = || invocation.program.to_owned();
    if !invocation.program.is_absolute() {
        return Err(ProcessError::NotAbsolute { program: program() });
    }
    let started = Instant::now();
    let mut child = Command::new(invocation.program)
        .args(invocation.arguments)
        .envs(invocation.variables.iter().copied())
        .current_dir(invocation.directory)
        .stdin(match input {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| ProcessError::Start {
            program: program(),
            source,
        })?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // A program that has ended already does not want them.
        let _ = pipe.write_all(input.as_bytes());
    }
    let stdout = collect(child.stdout.take(), invocation.output_limit, End::Stop);
    let stderr = collect(child.stderr.take(), ERROR_LIMIT, End::Drain);
    let outcome = wait(invocation, started, &stdout, &stderr, &mut child);
    if outcome.is_err() {
        // It may have ended meanwhile; then there is nothing to kill.
        let _ = child.kill();
        let _ = child.wait();
    }
    outcome
}

/// What happens to output beyond the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Stop,
    Drain,
}

type Collected = std::io::Result<(Vec<u8>, bool)>;

/// Reads a stream in a thread of its own; gives the bytes and whether there were more than
/// the limit. The thread is not waited for: a grandchild may hold the stream open.
fn collect(
    stream: Option<impl Read + Send + 'static>,
    limit: u64,
    end: End,
) -> mpsc::Receiver<Collected> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let read = || -> Collected {
            let mut bytes = Vec::new();
            let Some(mut stream) = stream else {
                return Ok((bytes, false));
            };
            stream.by_ref().take(limit).read_to_end(&mut bytes)?;
            let more = match end {
                End::Stop => stream.take(1).read_to_end(&mut Vec::new())? > 0,
                End::Drain => std::io::copy(&mut stream, &mut std::io::sink())? > 0,
            };
            Ok((bytes, more))
        };
        // The receiver is gone where the program broke a limit.
        let _ = sender.send(read());
    });
    receiver
}

fn wait(
    invocation: &Invocation<'_>,
    started: Instant,
    stdout: &mpsc::Receiver<Collected>,
    stderr: &mpsc::Receiver<Collected>,
    child: &mut std::process::Child,
) -> Result<Finished, ProcessError> {
    let program = || invocation.program.to_owned();
    let too_long = || ProcessError::TooLong {
        program: program(),
        limit: invocation.time_limit,
    };
    let output = |source| ProcessError::Output {
        program: program(),
        source,
    };
    let left = || invocation.time_limit.saturating_sub(started.elapsed());
    let (out, more) = stdout
        .recv_timeout(left())
        .map_err(|_| too_long())?
        .map_err(output)?;
    if more {
        return Err(ProcessError::TooMuchOutput {
            program: program(),
            limit: invocation.output_limit,
        });
    }
    let (err, _) = stderr
        .recv_timeout(left())
        .map_err(|_| too_long())?
        .map_err(output)?;
    loop {
        if let Some(status) = child.try_wait().map_err(output)? {
            return Ok(Finished {
                code: status.code(),
                stdout: out,
                stderr: err,
            });
        }
        if left().is_zero() {
            return Err(too_long());
        }
        std::thread::sleep(POLL.min(left()));
    }
}

/// The file of a program in the directories of a `PATH`. Relative directories are passed
/// over: they would be looked for in the judged tree.
#[must_use]
pub fn find_program(name: &str, path: Option<OsString>) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path?)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(&file))
        .find(|program| program.is_file())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::support::files::write_atomic;

    const SHELL: &str = "/bin/sh";

    fn sh(script: &str, output_limit: u64, time_limit: Duration) -> Result<Finished, ProcessError> {
        run(&Invocation {
            program: Path::new(SHELL),
            arguments: &["-c", script],
            directory: Path::new("/"),
            variables: &[("SEALGATE_TEST", "set")],
            output_limit,
            time_limit,
        })
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn output_and_code_are_what_the_program_left() {
        let finished = sh("printf $SEALGATE_TEST; echo no >&2; exit 7", 3, MINUTE).unwrap();
        assert_eq!(finished.code, Some(7));
        assert_eq!(finished.stdout, b"set");
        assert_eq!(finished.stderr, b"no\n");
    }

    #[test]
    fn input_arrives_and_ends_and_a_program_that_does_not_read_it_is_no_error() {
        let given = |script: &str| {
            let invocation = Invocation {
                program: Path::new(SHELL),
                arguments: &["-c", script],
                directory: Path::new("/"),
                variables: &[],
                output_limit: 100,
                time_limit: MINUTE,
            };
            run_with_input(&invocation, "asked").unwrap().stdout
        };
        assert_eq!(given("cat; printf ' all'"), b"asked all");
        assert_eq!(given("printf unread"), b"unread");
    }

    #[test]
    fn a_program_that_breaks_a_limit_is_ended() {
        let error = sh("printf abcd; exec sleep 1000", 3, MINUTE).unwrap_err();
        assert!(matches!(
            error,
            ProcessError::TooMuchOutput { limit: 3, .. }
        ));
        let error = sh("exec sleep 1000", 3, Duration::from_millis(20)).unwrap_err();
        assert!(matches!(error, ProcessError::TooLong { .. }));
        // Closed streams do not mean that it has ended.
        let closed = "exec >/dev/null 2>/dev/null sleep 1000";
        let error = sh(closed, 3, Duration::from_millis(50)).unwrap_err();
        assert!(matches!(error, ProcessError::TooLong { .. }));
    }

    #[test]
    fn much_on_standard_error_neither_blocks_nor_fills_memory() {
        let script = "head -c 1000000 /dev/zero >&2; printf x";
        let finished = sh(script, 10, MINUTE).unwrap();
        assert_eq!(finished.stderr.len() as u64, ERROR_LIMIT);
        assert_eq!(finished.stdout, b"x");
    }

    #[test]
    fn a_program_is_only_found_in_absolute_directories() {
        let directory = tempfile::tempdir().unwrap();
        write_atomic(&directory.path().join("tool"), b"").unwrap();
        let path = std::env::join_paths([Path::new("."), Path::new("src"), directory.path()]);
        let found = find_program("tool", path.ok());
        assert_eq!(found, Some(directory.path().join("tool")));
        assert_eq!(find_program("lib.rs", Some("src".into())), None);
        assert_eq!(find_program("tool", None), None);
        let error = run(&Invocation {
            program: Path::new("tool"),
            arguments: &[],
            directory: directory.path(),
            variables: &[],
            output_limit: 1,
            time_limit: MINUTE,
        });
        assert!(matches!(error, Err(ProcessError::NotAbsolute { .. })));
    }
}
