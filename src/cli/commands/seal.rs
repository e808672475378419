//! `sealgate seal`: signs what is known about an artifact into
//! `<artifact>.attestations.jsonl`, one bundle a line.
//!
//! It does not judge: a failed test result is sealed as such, and the gate denies. It
//! refuses to seal a test result of another artifact.

use super::key::{in_file, usage, with_ending};
use crate::attest::{
    AttestError, CYCLONEDX_TYPE, MAX_STATEMENT_BYTES, Predicate, SCAN_TYPE, SbomPredicate,
    ScanPredicate, Statement, Subject, TestOutcome,
};
use crate::cli::attestations::Attestations;
use crate::cli::exit::{CliError, Exit};
use crate::cli::key_source::exit_of;
use crate::cli::pipeline::Check;
use crate::cli::settings::Settings;
use crate::cli::signing::SigningOptions;
use crate::cli::targets::{check_named_once, check_target};
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::signing::{Artifact, parse_json};
use crate::support::{files, hash};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Sign test result, SBOM and scan result of an artifact
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate seal app --key release.key
  sealgate seal app --key tester.key --only test-result
  sealgate seal app --key builder.key --only sbom,scan --append
  sealgate seal app --keyless --only test-result")]
pub struct SealArgs {
    /// The artifacts; each gets its own ARTIFACT.attestations.jsonl
    #[arg(required = true, value_name = "ARTIFACT")]
    pub artifacts: Vec<PathBuf>,
    /// What `sealgate test` wrote [default: ARTIFACT.test-result.json]
    #[arg(long, value_name = "FILE")]
    pub test_result: Option<PathBuf>,
    /// CycloneDX JSON [default: ARTIFACT.cdx.json]
    #[arg(long, value_name = "FILE")]
    pub sbom: Option<PathBuf>,
    /// What `sealgate check --output json=FILE` wrote [default: ARTIFACT.scan.json]
    #[arg(long, value_name = "FILE")]
    pub scan: Option<PathBuf>,
    /// Seal only these; without it all three are required
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND,…")]
    pub only: Vec<Part>,
    /// Keep the bundles that the file already has: for parts that other roles sign
    #[arg(long)]
    pub append: bool,
    /// Where the bundles go; with one artifact only [default: ARTIFACT.attestations.jsonl]
    #[arg(long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// What signs.
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// What can be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The test result
    TestResult,
    /// The SBOM
    Sbom,
    /// The scan
    Scan,
}

impl Part {
    const ALL: [Self; 3] = [Self::TestResult, Self::Sbom, Self::Scan];

    fn name(self) -> &'static str {
        match self {
            Self::TestResult => "test-result",
            Self::Sbom => "sbom",
            Self::Scan => "scan",
        }
    }

    /// The file that the command line names for it.
    fn given(self, args: &SealArgs) -> Option<&Path> {
        match self {
            Self::TestResult => args.test_result.as_deref(),
            Self::Sbom => args.sbom.as_deref(),
            Self::Scan => args.scan.as_deref(),
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::TestResult => ".test-result.json",
            Self::Sbom => ".cdx.json",
            Self::Scan => ".scan.json",
        }
    }

    fn how(self) -> &'static str {
        match self {
            Self::TestResult => "sealgate test ARTIFACT -- COMMAND",
            Self::Sbom => "sealgate check --output cyclonedx-json=FILE",
            Self::Scan => "sealgate check --output json=FILE",
        }
    }
}

/// Seals every artifact, or none: nothing is written before all is signed.
///
/// # Errors
/// Exit 1 where the test result is about another artifact; exit 2 for a part, key or
/// passphrase that is missing or cannot be used; exit 3 where KMS or a service gives no usable answer.
pub fn run(args: &SealArgs, settings: &Settings) -> Result<Exit, CliError> {
    if args.output.is_some() && args.artifacts.len() > 1 {
        return Err(CliError::new(
            Exit::Usage,
            "--output names one file, but there are several artifacts",
        )
        .with_hint("leave --output out: each file is written beside its artifact"));
    }
    check_named_once(&args.artifacts)?;
    let parts: Vec<Part> = Part::ALL
        .into_iter()
        .filter(|part| args.only.is_empty() || args.only.contains(part))
        .collect();
    let output_of = |path: &Path| match &args.output {
        Some(output) => output.clone(),
        None => with_ending(path, ".attestations.jsonl"),
    };
    let mut statements = Vec::new();
    for path in &args.artifacts {
        Artifact::new(path).check_is_file().map_err(|e| usage(&e))?;
        check_target(&output_of(path), inputs(args, &parts))?;
        let artifact = Artifact::new(path);
        for part in &parts {
            statements.push((path, *part, statement(args, *part, &artifact)?));
        }
    }
    let mut files = Vec::new();
    for path in &args.artifacts {
        let file = Attestations::open(&output_of(path), args.append)?;
        file.make_room(parts.len())?;
        files.push((path, file));
    }
    let maker = args.signing.maker(settings)?;
    for (path, file) in &mut files {
        for (_, _, statement) in statements.iter().filter(|(of, _, _)| of == path) {
            let bundle = maker.sign_statement(statement);
            file.push(&bundle.map_err(|e| CliError::of(exit_of(&e), &e))?)?;
        }
    }
    let mut text = String::new();
    for (path, file) in files {
        file.write()?;
        let names: Vec<_> = parts.iter().map(|part| part.name()).collect();
        let _ = writeln!(
            text,
            "{}: sealed {} into {}",
            terminal_safe(&path.display().to_string()),
            names.join(", "),
            terminal_safe(&file.path().display().to_string())
        );
    }
    let _ = writeln!(text, "{}", maker.signed_by());
    terminal::result(&text)?;
    Ok(Exit::Pass)
}

/// Every file that sealing reads and must not replace.
fn inputs<'a>(args: &'a SealArgs, parts: &[Part]) -> Vec<&'a Path> {
    let given = parts.iter().filter_map(|part| part.given(args));
    args.artifacts
        .iter()
        .map(PathBuf::as_path)
        .chain(given)
        .chain(args.signing.files())
        .collect()
}

/// The bytes of the statement of one part about one artifact.
fn statement(args: &SealArgs, part: Part, artifact: &Artifact) -> Result<Vec<u8>, CliError> {
    let path = part.given(args).map_or_else(
        || with_ending(artifact.path(), part.ending()),
        Path::to_owned,
    );
    // Else the file's absence would be told as if it were a mistyped path.
    artifact.digest().map_err(|e| usage(&e))?;
    if path.symlink_metadata().is_err() {
        return Err(CliError::new(
            Exit::Usage,
            format!(
                "no {} for `{}`: `{}` does not exist",
                part.name(),
                artifact.path().display(),
                path.display()
            ),
        )
        .with_hint(format!(
            "make it with `{}`, name it with --{}, or leave it out with --only",
            part.how(),
            part.name()
        )));
    }
    let bytes = files::read_bounded(&path, MAX_STATEMENT_BYTES as u64).map_err(|e| usage(&e))?;
    let failed = |error: AttestError| in_file(&path, Exit::Usage, &error);
    match part {
        Part::TestResult => {
            check_test_result(&bytes, &path, artifact)?;
            Ok(bytes)
        }
        Part::Sbom => {
            let document = json(&bytes).map_err(failed)?;
            SbomPredicate::parse(&document).map_err(failed)?;
            about(artifact, CYCLONEDX_TYPE, document)
        }
        Part::Scan => {
            let report = json(&bytes).map_err(failed)?;
            let scan = ScanPredicate::of_report(report, &hash::sha256(&bytes)).map_err(failed)?;
            if scan.decision != "pass" {
                terminal::warning(&format!(
                    "the scan's decision is `{}`; it is sealed as it is",
                    scan.decision
                ));
            }
            if scan.checks.len() < Check::ALL.len() {
                terminal::warning(&format!(
                    "the scan ran only {}; a gate asks for all checks unless its policy names some",
                    scan.checks.join(", ")
                ));
            }
            about(artifact, SCAN_TYPE, scan.to_json().map_err(failed)?)
        }
    }
}

fn json(bytes: &[u8]) -> Result<Value, AttestError> {
    Ok(parse_json(bytes, MAX_STATEMENT_BYTES)?)
}

fn check_test_result(bytes: &[u8], path: &Path, artifact: &Artifact) -> Result<(), CliError> {
    let failed = |error: AttestError| in_file(path, Exit::Usage, &error);
    let statement = Statement::parse(bytes).map_err(failed)?;
    let Predicate::TestResult(result) = Predicate::of(&statement).map_err(failed)? else {
        return Err(CliError::new(
            Exit::Usage,
            format!(
                "`{}` is a `{}` statement, not a test result",
                path.display(),
                statement.predicate_type
            ),
        )
        .with_hint("name the file that `sealgate test` wrote"));
    };
    let digest = artifact.digest().map_err(|e| usage(&e))?;
    if !statement.is_about(digest) {
        return Err(CliError::new(
            Exit::Fail,
            format!(
                "the test result `{}` is not about `{}` ({digest})",
                path.display(),
                artifact.path().display()
            ),
        )
        .with_hint(
            "the artifact was changed after the tests, or never tested: run `sealgate test`",
        ));
    }
    if result.result != TestOutcome::Passed {
        terminal::warning("the test result is not a pass; it is sealed as it is");
    }
    Ok(())
}

fn about(artifact: &Artifact, predicate_type: &str, predicate: Value) -> Result<Vec<u8>, CliError> {
    let statement = Statement {
        subjects: vec![Subject {
            name: artifact.name(),
            sha256: artifact.digest().map_err(|e| usage(&e))?.clone(),
        }],
        predicate_type: predicate_type.to_owned(),
        predicate,
    };
    statement.to_bytes().map_err(|e| usage(&e))
}
