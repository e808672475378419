//! `sealgate verify`: a file against a Sigstore bundle, or several in a `.jsonl` file.
//!
//! Exit 0: every bundle verifies for this artifact with one of the keys. Exit 1: one does
//! not (wrong key, other subject, bad signature). Exit 2: a file, key or bundle cannot be
//! read: bad input, nothing was learned about the artifact. Exit 3: the bundle is signed
//! in a way that this version cannot verify (a certificate). 1 wins over 2 over 3.

use super::key::{ResultFormat, in_file};
use crate::attest::{Statement, short_name};
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::signing::{
    Artifact, Bundle, BundleSource, PublicKey, SignedContent, SigningError, read_bundles,
    read_public_key, verify_artifact, verify_statement,
};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate verify app.tar.gz --bundle app.tar.gz.sigstore.json --key release.pub
  sealgate verify app --bundle app.attestations.jsonl --key tester.pub --key builder.pub")]
pub struct VerifyArgs {
    /// The file that was signed
    pub artifact: PathBuf,
    /// The bundle, or a `.jsonl` file with one per line
    #[arg(long, value_name = "FILE")]
    pub bundle: PathBuf,
    /// A public key, PEM; give it again to accept several
    #[arg(long, value_name = "PUB", required = true)]
    pub key: Vec<PathBuf>,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

/// What became of one bundle.
struct Outcome {
    source: String,
    result: Result<Proof, CliError>,
}

/// What a verified bundle proves.
struct Proof {
    what: String,
    key: String,
    unchecked: usize,
}

/// Verifies.
///
/// # Errors
/// Exit 2 where a key, the artifact or the bundle file cannot be read.
pub fn run(args: &VerifyArgs, _settings: &Settings) -> Result<Exit, CliError> {
    let mut keys = Vec::new();
    for path in &args.key {
        keys.push(read_public_key(path).map_err(|e| in_file(path, Exit::Usage, &e))?);
    }
    let sources = read_bundles(&args.bundle).map_err(|e| in_file(&args.bundle, Exit::Usage, &e))?;
    if sources.is_empty() {
        return Err(CliError::new(
            Exit::Usage,
            format!("`{}` holds no bundle", args.bundle.display()),
        )
        .with_hint("an empty file proves nothing: name the file that `sealgate seal` wrote"));
    }
    let artifact = Artifact::new(&args.artifact);
    let outcomes: Vec<Outcome> = sources
        .into_iter()
        .map(|BundleSource { name, bundle }| Outcome {
            result: verify(&name, bundle, &keys, &artifact),
            source: name,
        })
        .collect();
    report(args, &artifact, &outcomes)?;
    Ok(exit(&outcomes))
}

fn exit(outcomes: &[Outcome]) -> Exit {
    let has = |exit: Exit| {
        outcomes
            .iter()
            .any(|outcome| matches!(&outcome.result, Err(error) if error.exit == exit))
    };
    [Exit::Fail, Exit::Usage, Exit::Inconclusive]
        .into_iter()
        .find(|exit| has(*exit))
        .unwrap_or(Exit::Pass)
}

fn exit_of(error: &SigningError) -> Exit {
    match error {
        SigningError::WrongKey { .. }
        | SigningError::OtherSubject { .. }
        | SigningError::BadSignature { .. }
        | SigningError::WrongPayloadType { .. } => Exit::Fail,
        SigningError::CertificateNotSupported => Exit::Inconclusive,
        _ => Exit::Usage,
    }
}

fn verify(
    name: &str,
    bundle: Result<Bundle, SigningError>,
    keys: &[PublicKey],
    artifact: &Artifact,
) -> Result<Proof, CliError> {
    let named = |mut error: CliError| {
        error.message = format!("{name}: {}", error.message);
        error
    };
    let failed = |error: &SigningError| {
        let of = CliError::of(exit_of(error), error);
        match error {
            // About the artifact: the bundle has been read.
            SigningError::File(_) => of,
            _ => named(of),
        }
    };
    let bundle = bundle.map_err(|e| failed(&e))?;
    let mut nearest: Option<CliError> = None;
    for key in keys {
        match verify_with(&bundle, key, artifact) {
            Ok(what) => {
                return Ok(Proof {
                    what,
                    key: key.id().to_string(),
                    unchecked: bundle.unchecked_evidence(),
                });
            }
            // Of several keys, the one that the bundle names has more to say.
            Err(Failure::Signing(SigningError::WrongKey { got, want })) => {
                let error = SigningError::WrongKey { got, want };
                nearest = nearest.or_else(|| Some(failed(&error)));
            }
            Err(Failure::Signing(error)) => nearest = Some(failed(&error)),
            Err(Failure::Other(error)) => nearest = Some(named(error)),
        }
    }
    Err(nearest.unwrap_or_else(|| named(CliError::new(Exit::Usage, "no key was given"))))
}

enum Failure {
    Signing(SigningError),
    Other(CliError),
}

impl From<SigningError> for Failure {
    fn from(error: SigningError) -> Self {
        Self::Signing(error)
    }
}

fn verify_with(bundle: &Bundle, key: &PublicKey, artifact: &Artifact) -> Result<String, Failure> {
    if let SignedContent::Message(_) = bundle.content()? {
        verify_artifact(bundle, key, artifact)?;
        return Ok("file signature".to_owned());
    }
    let verified = verify_statement(bundle, key)?;
    let statement = Statement::parse(&verified.payload)
        .map_err(|error| Failure::Other(CliError::of(Exit::Usage, &error)))?;
    let digest = artifact.digest()?;
    match statement.subjects.first() {
        Some(first) if !statement.is_about(digest) => Err(SigningError::OtherSubject {
            got: first.sha256.clone(),
            want: digest.clone(),
        }
        .into()),
        _ => Ok(short_name(&statement.predicate_type).to_owned()),
    }
}

#[derive(Serialize)]
struct WireReport {
    schema: &'static str,
    artifact: WireArtifact,
    verified: bool,
    bundles: Vec<WireBundle>,
}

#[derive(Serialize)]
struct WireArtifact {
    name: String,
    /// None where no bundle got so far that the file was hashed.
    digest: Option<String>,
}

#[derive(Serialize)]
struct WireBundle {
    source: String,
    verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unchecked_evidence: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn report(args: &VerifyArgs, artifact: &Artifact, outcomes: &[Outcome]) -> Result<(), CliError> {
    match args.format {
        ResultFormat::Json => report_json(artifact, outcomes),
        ResultFormat::Human => report_human(artifact, outcomes),
    }
}

fn report_json(artifact: &Artifact, outcomes: &[Outcome]) -> Result<(), CliError> {
    let wire = WireReport {
        schema: "sealgate/verify/v1",
        artifact: WireArtifact {
            name: artifact.name(),
            digest: artifact.known_digest().map(ToString::to_string),
        },
        verified: exit(outcomes) == Exit::Pass,
        bundles: outcomes
            .iter()
            .map(|outcome| {
                let proof = outcome.result.as_ref().ok();
                WireBundle {
                    source: outcome.source.clone(),
                    verified: proof.is_some(),
                    content: proof.map(|proof| proof.what.clone()),
                    key: proof.map(|proof| proof.key.clone()),
                    unchecked_evidence: proof.map(|proof| proof.unchecked),
                    error: outcome.result.as_ref().err().map(|e| e.message.clone()),
                }
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&wire)
        .map_err(|e| CliError::new(Exit::Usage, format!("cannot write JSON: {e}")))?;
    text.push('\n');
    terminal::result(&text)
}

fn report_human(artifact: &Artifact, outcomes: &[Outcome]) -> Result<(), CliError> {
    let mut text = String::new();
    for outcome in outcomes {
        match &outcome.result {
            Ok(proof) => {
                let _ = writeln!(
                    text,
                    "{}: verified, {}, key {}",
                    terminal_safe(&outcome.source),
                    terminal_safe(&proof.what),
                    proof.key
                );
                if proof.unchecked > 0 {
                    terminal::warning(&format!(
                        "{}: {} log entries or timestamps were not checked; the key's signature \
                         stands without them",
                        outcome.source, proof.unchecked
                    ));
                }
            }
            Err(error) => {
                terminal::error(&error.message);
                if let Some(hint) = &error.hint {
                    terminal::hint(hint);
                }
            }
        }
    }
    if exit(outcomes) == Exit::Pass
        && let Some(digest) = artifact.known_digest()
    {
        let _ = writeln!(text, "{}: {digest}", terminal_safe(&artifact.name()));
    }
    terminal::result(&text)
}
