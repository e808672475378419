//! The bundles that are attached to an image.
//!
//! One that counts is enough: who may write to a repository can attach anything, and what others
//! attach says nothing against the image. What does not count is told. A bundle counts if it is
//! of the asked type: without `--type` only the image's signature, since a statement such as a
//! failed test result is signed, too.

use super::artifacts::{ArtifactResult, Enough};
use super::bundle::{Failure, Outcome, Proof, verify};
use super::signer::Judge;
use crate::attest::{IMAGE_SIGNATURE_TYPE, short_name};
use crate::cli::exit::{CliError, Exit};
use crate::cli::images::{OpenImage, cli_error};
use crate::cli::progress::Progress;
use crate::model::{Hint as _, Rule, terminal_safe};
use crate::oci::{Candidate, Descriptor, OciError, attached_bundle, is_candidate};
use crate::signing::{Artifact, Bundle, MAX_ATTESTATIONS_BYTES, RULES};

/// Most candidates of one image that are read.
pub const MAX_CANDIDATES: usize = 200;

/// The reason of a bundle that verifies and is of another type.
pub const OTHER_PREDICATE: &str = "signing/other-predicate";

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
