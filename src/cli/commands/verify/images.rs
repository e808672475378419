//! The bundles that are attached to an image.
//!
//! One that counts is enough: who may write to a repository can attach anything, and what others
//! attach says nothing against the image. What does not count is told. A bundle counts if it is
//! of the asked type: without `--type` only the image's signature, since a statement such as a
//! failed test result is signed, too.

use super::super::image::tell_tag;
use super::VerifyArgs;
use super::artifacts::{self, ArtifactResult, Enough};
use super::bundle::{Failure, OTHER_PREDICATE, Outcome, Proof, verify};
use super::signer::Judge;
use crate::attest::{IMAGE_SIGNATURE_TYPE, predicate_type, short_name};
use crate::cli::exit::{CliError, Exit};
use crate::cli::images::{self as images_of_cli, OpenImage, cli_error};
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;
use crate::model::{Hint as _, Rule, terminal_safe};
use crate::oci::{
    Access, Candidate, Descriptor, ImageReference, OciError, Selector, attached_bundle,
    is_candidate,
};
use crate::signing::{Artifact, Bundle, MAX_ATTESTATIONS_BYTES, RULES};
use std::path::{Path, PathBuf};

/// Most candidates of one image that are read.
pub const MAX_CANDIDATES: usize = 200;

/// The images among artifacts; `None` where all are files.
///
/// # Errors
/// Exit 2 for a malformed reference.
pub fn named(artifacts: &[PathBuf]) -> Result<Option<Vec<Option<ImageReference>>>, CliError> {
    let named: Vec<Option<ImageReference>> = artifacts
        .iter()
        .map(|artifact| images_of_cli::of_argument(artifact))
        .collect::<Result<_, _>>()?;
    Ok(named.iter().any(Option::is_some).then_some(named))
}

/// Verifies the images of one call.
///
/// # Errors
/// Exit 2 for files among them and for options that do not go together, and as
/// [`verify_image`].
pub fn verify_all(
    args: &VerifyArgs,
    named: &[Option<ImageReference>],
    judge: &Judge,
    settings: &Settings,
) -> Result<Vec<ArtifactResult>, CliError> {
    let wanted = match &args.predicate_type {
        Some(text) => Some(predicate_type(text).map_err(|e| CliError::of(Exit::Usage, &e))?),
        None => None,
    };
    let mut results = Vec::new();
    for (artifact, image) in args.artifacts.iter().zip(named) {
        let Some(reference) = image else {
            return Err(
                CliError::new(Exit::Usage, "images and files are named in one call")
                    .with_hint("verify them in two calls"),
            );
        };
        results.push(verify_named(
            args, artifact, reference, wanted, judge, settings,
        )?);
    }
    Ok(results)
}

/// One image: by what is attached to it, or by the bundle that is named.
fn verify_named(
    args: &VerifyArgs,
    artifact: &Path,
    reference: &ImageReference,
    wanted: Option<&str>,
    judge: &Judge,
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
                return verify_image(&image, wanted, judge);
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

/// Verifies what is attached to an image.
///
/// # Errors
/// Exit 3 where the list cannot be read from the registry or is too long; exit 2 for a damaged
/// layout.
pub fn verify_image(
    image: &OpenImage,
    wanted: Option<&str>,
    judge: &Judge,
) -> Result<ArtifactResult, CliError> {
    let _progress = Progress::start("verifying the image");
    let artifact =
        Artifact::of_digest(image.digest().clone()).map_err(|e| CliError::of(Exit::Usage, &e))?;
    let mut outcomes = Vec::new();
    for listed in candidates(image)? {
        let name = listed.digest.to_string();
        let result = match attached_bundle(
            image.store.as_ref(),
            image.digest(),
            &listed,
            MAX_ATTESTATIONS_BYTES,
        ) {
            Ok(Candidate::Other(_)) => continue,
            Ok(Candidate::Bundle(bytes)) => {
                let bundle = Bundle::parse(bytes.trim_ascii());
                verify(&name, bundle, &artifact, judge)
                    .and_then(|proof| of_type(proof, &name, wanted))
            }
            Err(error) => Err(unreadable(&error)),
        };
        outcomes.push(Outcome {
            source: name,
            result,
        });
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome {
            source: image.name(),
            result: Err(nothing(image)),
        });
    }
    Ok(ArtifactResult {
        name: image.name(),
        digest: Some(image.digest().clone()),
        outcomes,
        enough: Enough::One,
    })
}

/// What may hold a bundle, of everything that is listed for an image.
///
/// # Errors
/// As [`verify_image`].
pub fn candidates(image: &OpenImage) -> Result<Vec<Descriptor>, CliError> {
    let listed = image
        .store
        .referrers(image.digest())
        .map_err(|e| cli_error(&e))?;
    let candidates: Vec<Descriptor> = listed.into_iter().filter(is_candidate).collect();
    if candidates.len() > MAX_CANDIDATES {
        return Err(CliError::new(
            Exit::Inconclusive,
            format!(
                "{} has {} bundles attached; at most {MAX_CANDIDATES} are read",
                image.name(),
                candidates.len()
            ),
        )
        .with_hint("name the bundle that is meant with --bundle FILE"));
    }
    Ok(candidates)
}

fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// Whether a verified bundle is what was asked for.
fn of_type(proof: Proof, name: &str, wanted: Option<&str>) -> Result<Proof, Failure> {
    let got = proof.predicate_type.as_deref();
    let counts = match wanted {
        // A signature over the manifest itself is one, too.
        None => got.is_none_or(|got| got == IMAGE_SIGNATURE_TYPE),
        Some(wanted) => got == Some(wanted),
    };
    if counts {
        return Ok(proof);
    }
    let wanted = wanted.unwrap_or(IMAGE_SIGNATURE_TYPE);
    let is = match got {
        None => "a signature without a statement".to_owned(),
        Some(got) => format!(
            "a verified `{}` attestation",
            terminal_safe(short_name(got))
        ),
    };
    let error = CliError::new(
        Exit::Fail,
        format!(
            "{name}: it is {is}, not the `{}` that is asked for",
            short_name(wanted)
        ),
    );
    Err(Failure {
        error: error.with_hint(match got {
            Some(got) => format!("ask for it with --type {}", terminal_safe(short_of(got))),
            None => "leave --type out".to_owned(),
        }),
        rule: rule(OTHER_PREDICATE),
    })
}

/// A name that `--type` takes.
fn short_of(uri: &str) -> &str {
    let known = crate::attest::PREDICATE_TYPES.iter();
    known
        .filter(|(_, known)| *known == uri)
        .map(|(name, _)| *name)
        .next()
        .unwrap_or(uri)
}

fn unreadable(error: &OciError) -> Failure {
    let (exit, id) = match error {
        OciError::OtherSubject { .. } => (Exit::Fail, Some("signing/other-subject")),
        OciError::NoBundle { .. } => (Exit::Usage, Some("signing/malformed-bundle")),
        _ => (cli_error(error).exit, None),
    };
    let mut told = CliError::new(exit, error.to_string());
    told.hint = error.hint();
    Failure {
        error: told,
        rule: id.and_then(rule),
    }
}

fn nothing(image: &OpenImage) -> Failure {
    Failure {
        error: CliError::new(
            Exit::Fail,
            format!("{}: no bundle is attached", image.name()),
        )
        .with_hint("see what is there with `sealgate discover`; sign it with `sealgate sign`"),
        rule: rule("signing/no-bundle"),
    }
}
