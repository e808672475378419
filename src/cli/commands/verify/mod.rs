//! `sealgate verify`: artifacts against Sigstore bundles.
//!
//! Exit 0: every bundle verifies for its artifact, by one of the keys or by the identity.
//! Exit 1: one does not: another signer, other bytes, missing or forged evidence. Exit 2:
//! a file, key, trusted root or bundle cannot be read; nothing was learned about the
//! artifact. 1 wins over 2. Nothing here uses the network, with or without `--offline`.

mod artifacts;
mod bundle;
mod render;
mod signer;

use super::key::ResultFormat;
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use artifacts::Task;
use std::path::PathBuf;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate verify app.tar.gz --key release.pub
  sealgate verify app --bundle app.attestations.jsonl --key tester.pub --key builder.pub
  sealgate verify app --trusted-keys keys.toml
  sealgate verify app.tar.gz --certificate-identity release@acme.example \\
    --certificate-oidc-issuer https://accounts.acme.example
  sealgate verify sha256:9f86d0… --bundle app.sigstore.json --github \\
    --certificate-identity-regexp '^https://github\\.com/acme/app/\\.github/workflows/release\\.yml@refs/tags/v[0-9.]+$' \\
    --certificate-oidc-issuer https://token.actions.githubusercontent.com \\
    --require-claim source-repository-ref=refs/tags/v1.2.3 \\
    --require-claim runner-environment=github-hosted")]
pub struct VerifyArgs {
    /// The files or directories that were signed, or `sha256:DIGEST`
    #[arg(required = true, value_name = "ARTIFACT")]
    pub artifacts: Vec<PathBuf>,
    /// A bundle, or a `.jsonl` file with one per line; with several artifacts, one for
    /// each in their order [default: ARTIFACT.sigstore.json and ARTIFACT.attestations.jsonl]
    #[arg(long, value_name = "FILE")]
    pub bundle: Vec<PathBuf>,
    /// Who must have signed.
    #[command(flatten)]
    pub signer: signer::SignerOptions,
    /// What must stand beside the signature.
    #[command(flatten)]
    pub evidence: signer::EvidenceOptions,
    /// Promise not to use the network; `verify` never does
    #[arg(long)]
    pub offline: bool,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

/// Verifies.
///
/// # Errors
/// Exit 2 where a key, the trusted root, an artifact or a bundle file cannot be read.
pub fn run(args: &VerifyArgs, settings: &Settings) -> Result<Exit, CliError> {
    let judge = signer::Judge::new(&args.signer, &args.evidence, settings.now)?;
    let tasks: Vec<Task> = artifacts::tasks(&args.artifacts, &args.bundle)?;
    let results = artifacts::verify_all(tasks, &judge)?;
    render::render(args.format, &results)?;
    Ok(exit(results.iter().flat_map(|result| &result.outcomes)))
}

/// The worst of all outcomes.
fn exit<'a>(outcomes: impl Iterator<Item = &'a bundle::Outcome> + Clone) -> Exit {
    let has = |exit: Exit| {
        outcomes
            .clone()
            .any(|outcome| matches!(&outcome.result, Err(failure) if failure.error.exit == exit))
    };
    [Exit::Fail, Exit::Usage, Exit::Inconclusive]
        .into_iter()
        .find(|exit| has(*exit))
        .unwrap_or(Exit::Pass)
}
