//! `sealgate test`: runs the tests of artifacts and records the result for their digests.
//!
//! The order is what makes the result mean something: the artifacts are hashed, an older
//! result is taken away, the command runs, its report is read, the artifacts are hashed
//! again. A run that cannot be understood is recorded as failed, never left out.

use super::key::{ResultFormat, usage, with_ending};
use crate::attest::{
    MAX_REPORT_BYTES, ReportDigest, ResourceDescriptor, Statement, Subject, TEST_RESULT_TYPE,
    TestOutcome, TestReport, TestResult, TestRun, Tool, parse_cargo_test, parse_junit,
};
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::targets::{check_target, remove_old};
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::signing::Artifact;
use crate::support::{files, hash};
use jiff::{SignedDuration, Timestamp};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Run the tests of an artifact and record the result for its digest
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate test target/release/app -- cargo test --workspace
  sealgate test app --report junit.xml -- pytest --junit-xml junit.xml")]
pub struct TestArgs {
    /// The artifacts that are tested
    #[arg(required = true, value_name = "ARTIFACT")]
    pub artifacts: Vec<PathBuf>,
    /// JUnit XML that the command writes [default: its output is read as that of cargo test]
    #[arg(long, value_name = "JUNIT.xml")]
    pub report: Option<PathBuf>,
    /// A file that defines the tests; its digest is recorded
    #[arg(long, value_name = "FILE")]
    pub definition: Vec<PathBuf>,
    /// Where the statement goes [default: ARTIFACT.test-result.json, one beside each]
    #[arg(long, value_name = "STATEMENT")]
    pub output: Option<PathBuf>,
    /// Form of the result; with `json` the command's own output goes to stderr
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
    /// The test command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Runs the tests and writes the statement.
///
/// # Errors
/// Exit 1 where an artifact changed during the run; exit 2 where the command cannot be
/// started or a file cannot be read or written.
pub fn run(args: &TestArgs, settings: &Settings) -> Result<Exit, CliError> {
    let subjects = subjects(args)?;
    let configuration = configuration(args)?;
    let outputs: Vec<PathBuf> = match &args.output {
        Some(output) => vec![output.clone()],
        None => args
            .artifacts
            .iter()
            .map(|artifact| with_ending(artifact, ".test-result.json"))
            .collect(),
    };
    for output in &outputs {
        let inputs = args.artifacts.iter().chain(&args.definition);
        check_target(output, inputs.chain(&args.report).map(PathBuf::as_path))?;
    }
    // An older result must not outlive a run that ends badly.
    for output in &outputs {
        remove_old(output)?;
    }
    if settings.time_is_given {
        terminal::warning(&format!(
            "the record will say that the tests began at {} (--at), not when they do",
            settings.now
        ));
    }
    let stamp = args.report.as_deref().and_then(Stamp::of);
    let clock = Instant::now();
    let ran = execute(&args.command, args.format, LINGER)?;
    let finished = after(settings.now, clock.elapsed().as_secs());
    for (subject, path) in subjects.iter().zip(&args.artifacts) {
        let what = match Artifact::new(path).digest() {
            Ok(digest) if *digest == subject.sha256 => continue,
            Ok(_) => "changed",
            Err(_) => "can no longer be read: it changed",
        };
        return Err(CliError::new(
            Exit::Fail,
            format!(
                "`{}` {what} while its tests ran; no result is recorded",
                path.display()
            ),
        )
        .with_hint("build first, then test the finished artifact"));
    }
    let (report, digest, problem) = read_report(args, stamp.as_ref(), &ran);
    let run = TestRun {
        argv: args.command.clone(),
        exit_code: ran.exit_code,
        counts: report.counts,
        started: settings.now,
        finished,
        report: digest,
        problem,
        tool: Tool {
            name: "sealgate".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    };
    let result = TestResult::of_run(report, configuration, run);
    let statement = Statement {
        subjects,
        predicate_type: TEST_RESULT_TYPE.to_owned(),
        predicate: result.to_json().map_err(|e| usage(&e))?,
    };
    let bytes = statement.to_bytes().map_err(|e| usage(&e))?;
    for output in &outputs {
        files::write_atomic(output, &bytes).map_err(|e| usage(&e))?;
    }
    // The command's last line may lack its end.
    if args.format == ResultFormat::Human && ran.output.last().is_some_and(|last| *last != b'\n') {
        terminal::result("\n")?;
    }
    report_result(args, &result, &bytes, &outputs)?;
    Ok(match result.result {
        TestOutcome::Passed | TestOutcome::Warned => Exit::Pass,
        TestOutcome::Failed => Exit::Fail,
    })
}

fn subjects(args: &TestArgs) -> Result<Vec<Subject>, CliError> {
    args.artifacts
        .iter()
        .map(|path| {
            let artifact = Artifact::new(path);
            Ok(Subject {
                name: artifact.name(),
                sha256: artifact.digest().map_err(|e| usage(&e))?.clone(),
            })
        })
        .collect()
}

fn configuration(args: &TestArgs) -> Result<Vec<ResourceDescriptor>, CliError> {
    args.definition
        .iter()
        .map(|path| {
            let (digest, _) = hash::sha256_file(path).map_err(|e| usage(&e))?;
            let name = path.to_string_lossy().replace('\\', "/");
            Ok(ResourceDescriptor::new(Some(name), &digest))
        })
        .collect()
}

fn after(start: Timestamp, seconds: u64) -> Timestamp {
    let elapsed = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    start.checked_add(elapsed).unwrap_or(start)
}

/// Names of failed tests that are shown.
const MAX_NAMES: usize = 10;
/// How long the output of a command that has ended may stay open.
const LINGER: Duration = Duration::from_secs(10);

/// What the command did.
struct Ran {
    exit_code: i32,
    /// At most [`MAX_REPORT_BYTES`] of its standard output.
    output: Vec<u8>,
    /// Why that is not all of it.
    incomplete: Option<String>,
}

/// Runs the command; its standard output is shown as it comes and kept for the report. A
/// process that it leaves behind with its output open is waited for no longer than
/// `linger`: the run would never end, and what it still prints is not the tests'.
fn execute(command: &[String], format: ResultFormat, linger: Duration) -> Result<Ran, CliError> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(CliError::new(Exit::Usage, "no test command was given"));
    };
    let failed = |error: std::io::Error| {
        CliError::new(Exit::Usage, format!("cannot run `{program}`: {error}"))
            .with_hint("check the name of the test command after `--`")
    };
    let mut child = Command::new(program)
        .args(arguments)
        // Tests are not to read the passphrase of the signing key.
        .env_remove("SEALGATE_PASSPHRASE")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (sender, receiver) = std::sync::mpsc::channel();
    if let Some(pipe) = child.stdout.take() {
        let show: Box<dyn std::io::Write + Send> = match format {
            ResultFormat::Human => Box::new(std::io::stdout()),
            ResultFormat::Json => Box::new(std::io::stderr()),
        };
        std::thread::spawn(move || {
            let mut output = Vec::new();
            let copied = copy(pipe, show, &mut output);
            // Nobody listens any more where it was waited for too long.
            let _ = sender.send((output, copied));
        });
    }
    let exit_code = exit_code(child.wait().map_err(failed)?);
    let (output, incomplete) = match receiver.recv_timeout(linger) {
        Ok((output, Ok(true))) => (output, None),
        Ok((output, Ok(false))) => (
            output,
            Some(format!(
                "the command wrote more than {MAX_REPORT_BYTES} bytes; use --report"
            )),
        ),
        Ok((_, Err(error))) => return Err(failed(error)),
        Err(_) => (
            Vec::new(),
            Some("the command left a process behind that kept its output open".to_owned()),
        ),
    };
    Ok(Ran {
        exit_code,
        output,
        incomplete,
    })
}

/// Copies everything to `show` and the first part to `kept`; whether that is all of it.
fn copy(
    mut pipe: impl Read,
    mut show: Box<dyn std::io::Write + Send>,
    kept: &mut Vec<u8>,
) -> std::io::Result<bool> {
    let mut buffer = vec![0_u8; 64 * 1024];
    let mut complete = true;
    loop {
        let count = match pipe.read(&mut buffer) {
            Ok(0) => return Ok(complete),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        // A reader that has gone away does not end the tests.
        let _ = show.write_all(bytes).and_then(|()| show.flush());
        let room = MAX_REPORT_BYTES.saturating_sub(kept.len());
        complete &= count <= room;
        kept.extend_from_slice(bytes.get(..count.min(room)).unwrap_or_default());
    }
}

/// The exit code, or 128 and the signal as shells count it.
fn exit_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return 128_i32.saturating_add(signal);
        }
    }
    status.code().unwrap_or(-1)
}

/// What tells a file that was written again from one that was not.
#[derive(PartialEq, Eq)]
struct Stamp {
    modified: Option<std::time::SystemTime>,
    length: u64,
    #[cfg(unix)]
    inode: (u64, i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            #[cfg(unix)]
            inode: (metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// The report of the run, its digest, and why it cannot be counted.
fn read_report(
    args: &TestArgs,
    stamp_before: Option<&Stamp>,
    ran: &Ran,
) -> (TestReport, Option<ReportDigest>, Option<String>) {
    let failed = |problem: String| (TestReport::default(), None, Some(problem));
    let (format, bytes, parsed) = match &args.report {
        Some(path) => {
            let name = path.display();
            let stamp = Stamp::of(path);
            if stamp.is_none() {
                return failed(format!("the command did not write the report `{name}`"));
            }
            if !path.is_file() {
                return failed(format!("the report `{name}` is not a regular file"));
            }
            if stamp.as_ref() == stamp_before {
                return failed(format!(
                    "the report `{name}` is older than this run: the command did not write it again"
                ));
            }
            match files::read_bounded(path, MAX_REPORT_BYTES as u64) {
                Ok(bytes) => {
                    let parsed = parse_junit(&bytes);
                    ("junit", bytes, parsed)
                }
                Err(error) => return failed(error.to_string()),
            }
        }
        None if ran.incomplete.is_some() => {
            return (TestReport::default(), None, ran.incomplete.clone());
        }
        None => (
            "cargo-test",
            ran.output.clone(),
            parse_cargo_test(&ran.output),
        ),
    };
    let digest = Some(ReportDigest::new(format, &hash::sha256(&bytes)));
    match parsed {
        Ok(report) => (report, digest, None),
        Err(error) => (TestReport::default(), digest, Some(error.to_string())),
    }
}

fn report_result(
    args: &TestArgs,
    result: &TestResult,
    statement: &[u8],
    outputs: &[PathBuf],
) -> Result<(), CliError> {
    let counts = result.counts();
    let run = result.run.as_ref();
    if result.result == TestOutcome::Failed {
        let why = match run.and_then(|run| run.problem.as_deref()) {
            Some(problem) => problem.to_owned(),
            None if counts.failed > 0 => {
                format!("{} of {} tests failed", counts.failed, counts.ran())
            }
            None if counts.ran() == 0 => "not a single test ran".to_owned(),
            None => format!(
                "the test command ended with {}",
                run.map_or(-1, |run| run.exit_code)
            ),
        };
        terminal::error(&why);
        for name in result.failed.iter().take(MAX_NAMES) {
            terminal::note(&format!("  failed: {name}"));
        }
        if result.failed.len() > MAX_NAMES {
            terminal::note(&format!(
                "  and {} more, in the record",
                result.failed.len() - MAX_NAMES
            ));
        }
        if counts.ran() == 0 && args.report.is_none() {
            terminal::hint(
                "if the tests are not cargo's, let them write JUnit XML and name it with --report",
            );
        }
    }
    if args.format == ResultFormat::Json {
        return terminal::result(&String::from_utf8_lossy(statement));
    }
    let word = match result.result {
        TestOutcome::Passed => "PASSED",
        TestOutcome::Warned => "WARNED",
        TestOutcome::Failed => "FAILED",
    };
    let names: Vec<String> = outputs
        .iter()
        .map(|path| terminal_safe(&path.display().to_string()).into_owned())
        .collect();
    terminal::result(&format!(
        "{word}: {} passed, {} failed, {} skipped; recorded in {}\n",
        counts.passed.saturating_add(counts.warned),
        counts.failed,
        counts.skipped,
        names.join(", ")
    ))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_process_left_behind_with_the_output_open_is_not_waited_for() {
        let run = |script: &str| {
            let command = ["sh", "-c", script].map(str::to_owned);
            execute(&command, ResultFormat::Json, Duration::from_millis(500)).unwrap()
        };
        let left = run("echo running; sleep 20 & exit 0");
        assert_eq!(left.exit_code, 0);
        assert!(left.incomplete.unwrap().contains("left a process behind"));
        let closed = run("echo running; sleep 20 > /dev/null & exit 0");
        assert_eq!(closed.incomplete, None);
        assert_eq!(closed.output, b"running\n");
    }
}
