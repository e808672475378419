//! `sign` and `attest` for images: bundles are attached to them.

use super::attest::Said;
use super::key::usage;
use crate::attest::{Statement, Subject, image_signature};
use crate::cli::exit::{CliError, Exit};
use crate::cli::images::{self, ImageOptions, OpenImage};
use crate::cli::key_source::exit_of;
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;
use crate::cli::signing::SigningOptions;
use crate::cli::terminal;
use crate::model::{Digest, terminal_safe};
use crate::oci::{Access, ImageReference, NewBundle, Place, Referrer, Selector};
use crate::signing::Bundle;
use std::fmt::Write as _;

/// Signs images.
///
/// # Errors
/// As [`run`].
pub fn sign(
    images: &[ImageReference],
    signing: &SigningOptions,
    options: &ImageOptions,
    settings: &Settings,
) -> Result<Exit, CliError> {
    run(images, signing, options, settings, "signed", |image| {
        image_signature(image.digest().clone())
    })
}

/// Attests something about images.
///
/// # Errors
/// As [`run`].
pub fn attest(
    images: &[ImageReference],
    said: &Said,
    signing: &SigningOptions,
    options: &ImageOptions,
    settings: &Settings,
) -> Result<Exit, CliError> {
    let verb = format!("attested {} for", terminal_safe(said.predicate_type()));
    run(images, signing, options, settings, &verb, |image| {
        let name = match &image.reference.place {
            place @ Place::Registry { .. } => place.to_string(),
            // The path of a directory says nothing to others.
            Place::Layout(_) => String::new(),
        };
        said.about(vec![Subject {
            name,
            sha256: image.digest().clone(),
        }])
    })
}

/// Nothing is attached before every image is found and every statement is signed.
///
/// # Errors
/// Exit 2 for an image, key or passphrase that cannot be used; exit 3 where KMS or a registry
/// gives no usable answer.
fn run(
    images: &[ImageReference],
    signing: &SigningOptions,
    options: &ImageOptions,
    settings: &Settings,
    verb: &str,
    statement: impl Fn(&OpenImage) -> Statement,
) -> Result<Exit, CliError> {
    let mut found: Vec<OpenImage> = Vec::new();
    for image in images {
        let network = signing.kms.network(settings);
        let image = images::open(image, Access::Write, options, network, false)?;
        if found.iter().any(|other| other.name() == image.name()) {
            return Err(
                CliError::new(Exit::Usage, format!("{} is named twice", image.name()))
                    .with_hint("name each image once; two tags may stand for one"),
            );
        }
        found.push(image);
    }
    for image in &found {
        tell_tag(image);
    }
    let maker = signing.maker(settings)?;
    let mut signed = Vec::new();
    for image in &found {
        let statement = statement(image);
        let bytes = statement.to_bytes().map_err(|e| usage(&e))?;
        let bundle = maker.sign_statement(&bytes).map_err(|e| {
            let mut error = CliError::of(exit_of(&e), &e);
            error.message = format!("{}: {}", image.reference, error.message);
            error
        })?;
        let predicate_type = &statement.predicate_type;
        signed.push(referrer(image, &bundle, predicate_type, settings)?);
    }
    let mut text = String::new();
    for (image, referrer) in found.iter().zip(&signed) {
        let manifest = attach(image, referrer)?;
        let _ = writeln!(
            text,
            "{}: {verb} {}, attached {manifest}",
            terminal_safe(&image.reference.to_string()),
            image.digest(),
        );
    }
    let _ = writeln!(text, "{}", maker.signed_by());
    terminal::result(&text)?;
    Ok(Exit::Pass)
}

/// What a tag stands for may be another image tomorrow.
pub fn tell_tag(image: &OpenImage) {
    if let Some(Selector::Tag(tag)) = &image.reference.selector {
        terminal::note(&format!("the tag `{tag}` is {} now", image.name()));
    }
}

/// A bundle about an image, ready to be attached.
///
/// # Errors
/// Exit 2; not for a bundle that was made here.
pub fn referrer(
    image: &OpenImage,
    bundle: &Bundle,
    predicate_type: &str,
    settings: &Settings,
) -> Result<Referrer, CliError> {
    let json = bundle.to_json().map_err(|e| usage(&e))?;
    Referrer::of_bundle(&NewBundle {
        subject: &image.fetched.descriptor,
        json: &json,
        predicate_type,
        created: settings.now,
    })
    .map_err(|e| images::cli_error(&e))
}

/// Attaches; the digest of the manifest that holds the bundle.
///
/// # Errors
/// As [`images::cli_error`] has it.
pub fn attach<'a>(image: &OpenImage, referrer: &'a Referrer) -> Result<&'a Digest, CliError> {
    let _progress = Progress::start("attaching the bundle");
    image
        .store
        .attach(referrer)
        .map_err(|e| images::cli_error(&e))?;
    Ok(&referrer.descriptor.digest)
}
