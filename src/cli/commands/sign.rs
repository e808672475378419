//! `sealgate sign`: a Sigstore bundle beside each file or directory, or attached to each image.

use super::image;
use super::key::{in_file, usage, with_ending};
use crate::cli::exit::{CliError, Exit};
use crate::cli::images::{self, ImageOptions, or_image};
use crate::cli::key_source::exit_of;
use crate::cli::manifests;
use crate::cli::settings::Settings;
use crate::cli::signing::SigningOptions;
use crate::cli::targets::{check_named_once, check_target};
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::signing::Artifact;
use crate::support::files;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Sign files into Sigstore bundles, and images in registries and OCI layouts
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate sign app.tar.gz --key release.key
  sealgate sign *.deb --key release.key --passphrase-fd 3 3<pass.txt
  sealgate sign dist/ --key release.key
  sealgate sign app.tar.gz --key awskms:///alias/release
  sealgate sign app.tar.gz --key 'pkcs11:token=release;object=signing' --pkcs11-module /usr/lib/module.so
  sealgate sign app.tar.gz --keyless
  sealgate sign app.tar.gz --keyless --identity-token-file token --signing-config acme.json \\
      --trusted-root acme-root.json
  sealgate sign app.tar.gz --key release.key --timestamp-url https://tsa.acme.example/api/v1/timestamp \\
      --trusted-root acme-root.json

  sealgate sign oci://registry.example/team/app@sha256:9f86d0… --key release.key")]
pub struct SignArgs {
    /// The files to sign, directories (by their manifests, DIR.manifest), or images: oci://HOST/REPOSITORY@sha256:…,
    /// oci://HOST/REPOSITORY:TAG, oci-layout:DIRECTORY with the same endings
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the bundle goes; with one file only [default: FILE.sigstore.json]
    #[arg(long, value_name = "OUT")]
    pub bundle: Option<PathBuf>,
    /// What signs.
    #[command(flatten)]
    pub signing: SigningOptions,
    /// Which image, and how registries are asked.
    #[command(flatten)]
    pub images: ImageOptions,
}

/// Signs every file, or none: nothing is written before all are signed.
///
/// # Errors
/// Exit 2 for a file, key or passphrase that cannot be used; 3 where KMS or a service gives no usable
/// answer.
pub fn run(args: &SignArgs, settings: &Settings) -> Result<Exit, CliError> {
    let images = images::all_or_none(&args.files)?;
    if !images.is_empty() {
        if args.bundle.is_some() {
            return Err(CliError::new(
                Exit::Usage,
                "--bundle names a file, but bundles of images are attached to them",
            )
            .with_hint("leave --bundle out"));
        }
        return image::sign(&images, &args.signing, &args.images, settings);
    }
    if args.bundle.is_some() && args.files.len() > 1 {
        return Err(CliError::new(
            Exit::Usage,
            "--bundle names one bundle, but there are several files",
        )
        .with_hint("leave --bundle out: each bundle is written beside its file"));
    }
    check_named_once(&args.files)?;
    let artifacts: Vec<Artifact> = args.files.iter().map(|f| Artifact::of_path(f)).collect();
    for (artifact, file) in artifacts.iter().zip(&args.files) {
        artifact
            .check_is_file()
            .map_err(|e| or_image(usage(&e), file))?;
    }
    let outputs: Vec<PathBuf> = match &args.bundle {
        Some(output) => vec![output.clone()],
        None => artifacts
            .iter()
            .map(|artifact| with_ending(artifact.path(), ".sigstore.json"))
            .collect(),
    };
    for output in &outputs {
        let files = args.files.iter().map(PathBuf::as_path);
        let inputs: Vec<&Path> = files.chain(args.signing.files()).collect();
        check_target(output, inputs.iter().copied())?;
        manifests::check(&artifacts, output, inputs.iter().copied())?;
    }
    let maker = args.signing.maker(settings)?;
    let mut signed = Vec::new();
    for ((file, artifact), output) in args.files.iter().zip(&artifacts).zip(outputs) {
        let bundle = maker
            .sign_artifact(artifact)
            .and_then(|bundle| bundle.to_json())
            .map_err(|error| in_file(file, exit_of(&error), &error))?;
        signed.push((file, output, bundle));
    }
    manifests::write(&artifacts)?;
    let mut text = String::new();
    for (file, output, mut bundle) in signed {
        bundle.push('\n');
        files::write_atomic(&output, bundle.as_bytes()).map_err(|e| usage(&e))?;
        let _ = writeln!(
            text,
            "{}: signed, bundle {}",
            terminal_safe(&file.display().to_string()),
            terminal_safe(&output.display().to_string())
        );
    }
    let _ = writeln!(text, "{}", maker.signed_by());
    terminal::result(&text)?;
    Ok(Exit::Pass)
}
