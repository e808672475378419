//! `sealgate verify`: artifacts against Sigstore bundles.
//!
//! Exit 0: every bundle verifies for its artifact, by one of the keys or by the identity; of
//! those attached to an image at least one. Exit 1: one does not: another signer, other bytes,
//! missing or forged evidence. Exit 2: a file, key, trusted root or bundle cannot be read;
//! nothing was learned about the artifact. Exit 3: a registry gave no usable answer. 1 wins over
//! 2, and 2 over 3. Only images in registries use the network, and `--offline` refuses them.

mod artifacts;
mod bundle;
#[cfg(feature = "full")]
mod images;
mod render;
mod signer;

#[cfg(feature = "full")]
pub use images::{MAX_CANDIDATES, attached, candidates};

use crate::cli::exit::{CliError, Exit};
use crate::cli::forms::ResultFormat;
#[cfg(feature = "full")]
use crate::cli::{images::ImageOptions, network::CertificateArgs, settings::Settings};
use artifacts::{ArtifactResult, worst};
use std::path::PathBuf;

/// Verify artifacts against Sigstore bundles, by key or by certificate
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
    --require-claim runner-environment=github-hosted
  sealgate verify oci://registry.example/team/app@sha256:9f86d0… --key release.pub
  sealgate verify oci-layout:dist/app:1.2 --offline --type slsaprovenance1 --key builder.pub")]
pub struct VerifyArgs {
    /// The files or directories that were signed, `sha256:DIGEST`, or images: oci://HOST/REPOSITORY@sha256:…,
    /// oci://HOST/REPOSITORY:TAG, oci-layout:DIRECTORY with the same endings
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
    /// Use no network: images in registries are refused; nothing else needs it
    #[arg(long)]
    pub offline: bool,
    #[cfg(feature = "full")]
    /// Of an image: what must be attested, a URI or a short name as for `attest` [default: the
    /// image's signature]
    #[arg(long = "type", value_name = "URI")]
    pub predicate_type: Option<String>,
    #[cfg(feature = "full")]
    /// Which image, and how registries are asked.
    #[command(flatten)]
    pub images: ImageOptions,
    #[cfg(feature = "full")]
    /// Whom to trust in the network.
    #[command(flatten)]
    pub certificates: CertificateArgs,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

/// Verifies.
///
/// # Errors
/// Exit 2 where a key, the trusted root, an artifact or a bundle file cannot be read; exit 3
/// where a registry gives no usable answer.
#[cfg(feature = "full")]
pub fn run(args: &VerifyArgs, settings: &Settings) -> Result<Exit, CliError> {
    let judge = signer::Judge::new(&args.signer, &args.evidence, settings.now)?;
    let results = match images::named(&args.artifacts)? {
        Some(named) => images::verify_all(args, &named, &judge, settings)?,
        None if args.predicate_type.is_some() => {
            return Err(CliError::new(
                Exit::Usage,
                "--type is for images: every bundle of a file must verify, whatever it says",
            )
            .with_hint("leave --type out"));
        }
        None => verify_files(args, &judge)?,
    };
    finish(args, &results)
}

/// The same in a build that knows files alone.
///
/// # Errors
/// Exit 2 where a key, the trusted root, an artifact or a bundle file cannot be read.
#[cfg(not(feature = "full"))]
pub fn run(args: &VerifyArgs, now: jiff::Timestamp) -> Result<Exit, CliError> {
    let judge = signer::Judge::new(&args.signer, &args.evidence, now)?;
    finish(args, &verify_files(args, &judge)?)
}

fn verify_files(args: &VerifyArgs, judge: &signer::Judge) -> Result<Vec<ArtifactResult>, CliError> {
    artifacts::verify_all(artifacts::tasks(&args.artifacts, &args.bundle)?, judge)
}

fn finish(args: &VerifyArgs, results: &[ArtifactResult]) -> Result<Exit, CliError> {
    render::render(args.format, results)?;
    Ok(worst(results.iter().map(ArtifactResult::exit)))
}
