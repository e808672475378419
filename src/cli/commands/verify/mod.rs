//! `sealgate verify`: artifacts against Sigstore bundles.
//!
//! Exit 0: every bundle verifies for its artifact, by one of the keys or by the identity; of
//! those attached to an image at least one. Exit 1: one does not: another signer, other bytes,
//! missing or forged evidence. Exit 2: a file, key, trusted root or bundle cannot be read;
//! nothing was learned about the artifact. Exit 3: a registry gave no usable answer. 1 wins over
//! 2, and 2 over 3. Only images in registries use the network, and `--offline` refuses them.

mod artifacts;
mod bundle;
mod images;
mod render;
mod signer;

pub use images::{MAX_CANDIDATES, candidates};

use super::image::tell_tag;
use super::key::ResultFormat;
use crate::attest::predicate_type;
use crate::cli::exit::{CliError, Exit};
use crate::cli::images::{self as images_of_cli, ImageOptions};
use crate::cli::network::CertificateArgs;
use crate::cli::settings::Settings;
use crate::oci::{Access, ImageReference, Selector};
use artifacts::{ArtifactResult, Task, worst};
use std::path::{Path, PathBuf};

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
    --require-claim runner-environment=github-hosted
  sealgate verify oci://registry.example/team/app@sha256:9f86d0… --key release.pub
  sealgate verify oci-layout:dist/app:1.2 --offline --type slsaprovenance1 --key builder.pub")]
pub struct VerifyArgs {
    /// The files that were signed, `sha256:DIGEST`, or images: oci://HOST/REPOSITORY@sha256:…,
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
    /// Of an image: what must be attested, a URI or a short name as for `attest` [default: the
    /// image's signature]
    #[arg(long = "type", value_name = "URI")]
    pub predicate_type: Option<String>,
    /// Which image, and how registries are asked.
    #[command(flatten)]
    pub images: ImageOptions,
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
pub fn run(args: &VerifyArgs, settings: &Settings) -> Result<Exit, CliError> {
    let judge = signer::Judge::new(&args.signer, &args.evidence, settings.now)?;
    let named: Vec<Option<ImageReference>> = args
        .artifacts
        .iter()
        .map(|artifact| images_of_cli::of_argument(artifact))
        .collect::<Result<_, _>>()?;
    if named.iter().all(Option::is_none) {
        if args.predicate_type.is_some() {
            return Err(CliError::new(
                Exit::Usage,
                "--type is for images: every bundle of a file must verify, whatever it says",
            )
            .with_hint("leave --type out"));
        }
        let tasks: Vec<Task> = artifacts::tasks(&args.artifacts, &args.bundle)?;
        let results = artifacts::verify_all(tasks, &judge)?;
        return finish(args, &results);
    }
    let wanted = match &args.predicate_type {
        Some(text) => Some(predicate_type(text).map_err(|e| CliError::of(Exit::Usage, &e))?),
        None => None,
    };
    let mut results = Vec::new();
    for (artifact, image) in args.artifacts.iter().zip(&named) {
        let Some(reference) = image else {
            return Err(
                CliError::new(Exit::Usage, "images and files are named in one call")
                    .with_hint("verify them in two calls"),
            );
        };
        results.push(verify_named(
            args, artifact, reference, wanted, &judge, settings,
        )?);
    }
    finish(args, &results)
}

/// One image: by what is attached to it, or by the bundle that is named.
fn verify_named(
    args: &VerifyArgs,
    artifact: &Path,
    reference: &ImageReference,
    wanted: Option<&str>,
    judge: &signer::Judge,
    settings: &Settings,
) -> Result<ArtifactResult, CliError> {
    let digest = match (&reference.selector, args.bundle.as_slice()) {
        // With digest and bundle nothing has to be asked.
        (Some(Selector::Digest(digest)), [_, ..]) if args.images.platform.is_none() => {
            digest.clone()
        }
        (_, bundles) => {
            let network = args.certificates.network(settings, Vec::new());
            let image =
                images_of_cli::open(reference, Access::Read, &args.images, network, args.offline)?;
            tell_tag(&image);
            if bundles.is_empty() {
                return images::verify_image(&image, wanted, judge);
            }
            image.digest().clone()
        }
    };
    if args.artifacts.len() > 1 {
        return Err(CliError::new(
            Exit::Usage,
            "--bundle is for one image, but there are several",
        )
        .with_hint("verify them one by one, or by what is attached to them"));
    }
    if wanted.is_some() {
        return Err(CliError::new(
            Exit::Usage,
            "--type is for what is attached to an image, not for --bundle",
        )
        .with_hint("leave one of them out"));
    }
    let by_digest = [PathBuf::from(digest.to_string())];
    let tasks = artifacts::tasks(&by_digest, &args.bundle)?;
    let mut results = artifacts::verify_all(tasks, judge)?;
    let mut result = results.pop().ok_or_else(|| {
        CliError::new(
            Exit::Usage,
            format!("`{}` was not verified", artifact.display()),
        )
    })?;
    result.name = format!("{}@{digest}", reference.place);
    Ok(result)
}

fn finish(args: &VerifyArgs, results: &[ArtifactResult]) -> Result<Exit, CliError> {
    render::render(args.format, results)?;
    Ok(worst(results.iter().map(ArtifactResult::exit)))
}
