//! `sealgate attest`: signs a predicate about artifacts, as an in-toto statement in
//! `<artifact>.attestations.jsonl`, one bundle a line.

use super::image;
use super::key::{in_file, usage, with_ending};
use crate::attest::{
    AttestError, MAX_STATEMENT_BYTES, Predicate, Statement, Subject, TEST_RESULT_TYPE,
    predicate_type,
};
use crate::cli::attestations::Attestations;
use crate::cli::exit::{CliError, Exit};
use crate::cli::images::{self, ImageOptions, or_image};
use crate::cli::key_source::exit_of;
use crate::cli::manifests;
use crate::cli::settings::Settings;
use crate::cli::signing::SigningOptions;
use crate::cli::targets::{check_named_once, check_target};
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::signing::{Artifact, parse_json};
use crate::support::files;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Sign a predicate about artifacts: provenance, an SBOM, a review
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate attest app --predicate provenance.json --type slsaprovenance1 --key builder.key
  sealgate attest app --predicate app.spdx.json --type spdxjson --key awskms:///alias/builder
  sealgate attest *.deb --predicate review.json --type https://acme.example/review/v1 \\
      --key reviewer.key
  sealgate attest app --predicate provenance.json --type slsaprovenance1 --keyless
  sealgate attest oci://registry.example/team/app@sha256:9f86d0… --predicate provenance.json \\
      --type slsaprovenance1 --key builder.key

Short names of types: cyclonedx, openvex, release, runtime-trace, sbom, scai, scan,
slsaprovenance, slsaprovenance02, slsaprovenance1, spdx, spdxjson, vsa, vuln, vulns")]
pub struct AttestArgs {
    /// The artifacts, files, directories or images (oci://HOST/REPOSITORY@sha256:…, oci-layout:DIRECTORY);
    /// each gets a statement of its own
    #[arg(required = true, value_name = "ARTIFACT")]
    pub artifacts: Vec<PathBuf>,
    /// The predicate, JSON: what is said about the artifacts
    #[arg(long, value_name = "FILE")]
    pub predicate: PathBuf,
    /// The predicate's type: a URI, or a short name
    #[arg(long = "type", value_name = "URI")]
    pub predicate_type: String,
    /// Where the bundle is added; with one artifact only [default:
    /// ARTIFACT.attestations.jsonl]
    #[arg(long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// What signs.
    #[command(flatten)]
    pub signing: SigningOptions,
    /// Which image, and how registries are asked.
    #[command(flatten)]
    pub images: ImageOptions,
}

/// What is said, whoever it is said about.
#[derive(Debug)]
pub struct Said {
    /// Type URI of the predicate.
    predicate_type: String,
    predicate: Value,
}

impl Said {
    /// Reads a predicate from a file. The predicates that a gate understands must have the
    /// fields of their type. A test result is none that can be said about any artifact: it
    /// is about the one that was tested, which `test` writes down and `seal` looks at.
    ///
    /// # Errors
    /// Exit 2 for a type that is none, and for a file that is no such predicate.
    pub fn read(path: &Path, type_name: &str) -> Result<Self, CliError> {
        let failed = |error: AttestError| in_file(path, Exit::Usage, &error);
        let predicate_type = predicate_type(type_name).map_err(|e| usage(&e))?;
        let bytes = files::read_bounded(path, MAX_STATEMENT_BYTES as u64).map_err(|e| usage(&e))?;
        let predicate =
            parse_json(&bytes, MAX_STATEMENT_BYTES).map_err(|e| failed(AttestError::NotJson(e)))?;
        if !predicate.is_object() {
            return Err(CliError::new(
                Exit::Usage,
                format!("`{}` is no JSON object", path.display()),
            )
            .with_hint("name a file that holds the predicate alone, without a statement"));
        }
        if predicate.get("predicateType").is_some() && predicate.get("subject").is_some() {
            return Err(CliError::new(
                Exit::Usage,
                format!("`{}` is a whole statement, not a predicate", path.display()),
            )
            .with_hint("name a file with the content of its `predicate` alone"));
        }
        let said = Self {
            predicate_type: predicate_type.to_owned(),
            predicate,
        };
        Predicate::of(&said.about(Vec::new())).map_err(failed)?;
        Ok(said)
    }

    /// The statement about these subjects.
    #[must_use]
    pub fn about(&self, subjects: Vec<Subject>) -> Statement {
        Statement {
            subjects,
            predicate_type: self.predicate_type.clone(),
            predicate: self.predicate.clone(),
        }
    }

    /// The type URI.
    #[must_use]
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }
}

/// Attests for every artifact, or for none: nothing is written before all is signed.
///
/// # Errors
/// Exit 2 for a file, type, key or passphrase that cannot be used; exit 3 where KMS or a service gives
/// no usable answer.
pub fn run(args: &AttestArgs, settings: &Settings) -> Result<Exit, CliError> {
    if args.output.is_some() && args.artifacts.len() > 1 {
        return Err(CliError::new(
            Exit::Usage,
            "--output names one file, but there are several artifacts",
        )
        .with_hint("leave --output out: each file is written beside its artifact"));
    }
    check_named_once(&args.artifacts)?;
    let said = Said::read(&args.predicate, &args.predicate_type)?;
    let images = images::all_or_none(&args.artifacts)?;
    if !images.is_empty() {
        if args.output.is_some() {
            return Err(CliError::new(
                Exit::Usage,
                "--output names a file, but bundles of images are attached to them",
            )
            .with_hint("leave --output out"));
        }
        return image::attest(&images, &said, &args.signing, &args.images, settings);
    }
    // `test` and `seal` know files; who signs the test result of an image answers for it.
    if said.predicate_type() == TEST_RESULT_TYPE {
        return Err(CliError::new(
            Exit::Usage,
            "a test result is not attested: it is about the artifact that was tested",
        )
        .with_hint(
            "run the tests with `sealgate test ARTIFACT -- COMMAND`, and sign the result with \
             `sealgate seal ARTIFACT --only test-result`",
        ));
    }
    let artifacts: Vec<Artifact> = args
        .artifacts
        .iter()
        .map(|path| Artifact::of_path(path))
        .collect();
    let inputs = args.artifacts.iter().chain([&args.predicate]);
    let inputs: Vec<&Path> = inputs
        .map(PathBuf::as_path)
        .chain(args.signing.files())
        .collect();
    let mut planned = Vec::new();
    for (artifact, path) in artifacts.iter().zip(&args.artifacts) {
        artifact
            .check_is_file()
            .map_err(|e| or_image(usage(&e), path))?;
        let output = match &args.output {
            Some(output) => output.clone(),
            None => with_ending(artifact.path(), ".attestations.jsonl"),
        };
        manifests::check(&artifacts, &output, inputs.iter().copied())?;
        check_target(&output, inputs.iter().copied())?;
        let attestations = Attestations::open(&output, true)?;
        attestations.make_room(1)?;
        let subject = Subject {
            name: artifact.name(),
            sha256: artifact.digest().map_err(|e| usage(&e))?.clone(),
        };
        let statement = said.about(vec![subject]).to_bytes();
        planned.push((path, attestations, statement.map_err(|e| usage(&e))?));
    }
    let maker = args.signing.maker(settings)?;
    for (path, attestations, statement) in &mut planned {
        let bundle = maker.sign_statement(statement);
        attestations.push(&bundle.map_err(|e| in_file(path, exit_of(&e), &e))?)?;
    }
    manifests::write(&artifacts)?;
    let mut text = String::new();
    for (path, attestations, _) in planned {
        attestations.write()?;
        let _ = writeln!(
            text,
            "{}: attested {} in {}",
            terminal_safe(&path.display().to_string()),
            terminal_safe(said.predicate_type()),
            terminal_safe(&attestations.path().display().to_string())
        );
    }
    let _ = writeln!(text, "{}", maker.signed_by());
    terminal::result(&text)?;
    Ok(Exit::Pass)
}
