//! Images as the command line names them, and the registry or layout that holds them.

use super::exit::{CliError, Exit};
use super::image_credentials;
use super::progress::Progress;
use crate::model::Digest;
use crate::oci::{
    Access, Fetched, ImageReference, Layout, OciError, Place, Platform, Registry,
    RegistryConnection, Store, resolve,
};
use crate::support::http::Network;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Options of every command that takes images.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Images")]
pub struct ImageOptions {
    /// Of an image for several platforms, the one for this: `linux/amd64` [default: all of it]
    #[arg(long, value_name = "OS/ARCH", value_parser = platform)]
    pub platform: Option<Platform>,
    /// Speak https to a registry on this machine, too
    #[arg(long)]
    pub registry_https: bool,
    /// Most seconds for one question to a registry, with retries
    #[arg(long, value_name = "SECONDS", default_value = "120",
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub registry_timeout: u64,
    /// Further host that a registry may redirect a tag to; credentials never follow there
    #[arg(long = "redirect-host", value_name = "HOST")]
    pub redirect_hosts: Vec<String>,
}

fn platform(text: &str) -> Result<Platform, String> {
    Platform::parse(text).map_err(|error| error.to_string())
}

/// An image that was found.
pub struct OpenImage {
    /// As it was named.
    pub reference: ImageReference,
    /// What holds it.
    pub store: Box<dyn Store>,
    /// Its manifest or index.
    pub fetched: Fetched,
}

impl OpenImage {
    /// Its digest, which is what is signed and verified.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.fetched.descriptor.digest
    }

    /// Its place and digest: `host/repository@sha256:…`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}@{}", self.reference.place, self.digest())
    }
}

/// The image that an argument names; `None` where it names a file.
///
/// # Errors
/// Exit 2 for a name that is none.
pub fn of_argument(argument: &Path) -> Result<Option<ImageReference>, CliError> {
    argument
        .to_str()
        .and_then(ImageReference::of_argument)
        .transpose()
        .map_err(|e| cli_error(&e))
}

/// The images among arguments, if all are.
///
/// # Errors
/// Exit 2 where some are files, and for a name that is none.
pub fn all_or_none(arguments: &[PathBuf]) -> Result<Vec<ImageReference>, CliError> {
    let mut images = Vec::new();
    for argument in arguments {
        images.extend(of_argument(argument)?);
    }
    if images.is_empty() || images.len() == arguments.len() {
        return Ok(images);
    }
    Err(
        CliError::new(Exit::Usage, "images and files are named in one call").with_hint(
            "sign them in two calls: bundles of files go beside them, those of images are attached",
        ),
    )
}

/// An error about a file that is not there, with the image that may have been meant.
#[must_use]
pub fn or_image(mut error: CliError, argument: &Path) -> CliError {
    if let Some(hint) = hint_for_missing(argument) {
        error.hint = Some(hint);
    }
    error
}

/// What a file that is not there may have been meant as.
#[must_use]
pub fn hint_for_missing(argument: &Path) -> Option<String> {
    let guess = ImageReference::guess(argument.to_str()?)?;
    (!argument.exists()).then(|| format!("an image is written {guess}"))
}

/// Finds an image. A tag is resolved here, once.
///
/// # Errors
/// As [`cli_error`] has it; exit 2 for an image of a registry where `offline` forbids to ask.
pub fn open(
    reference: &ImageReference,
    access: Access,
    options: &ImageOptions,
    network: Network,
    offline: bool,
) -> Result<OpenImage, CliError> {
    let _progress = Progress::start("reading the image");
    let store = store(reference, access, options, network, offline)?;
    let fetched = resolve(
        store.as_ref(),
        reference.selector.as_ref(),
        options.platform.as_ref(),
    )
    .map_err(|e| cli_error(&e))?;
    Ok(OpenImage {
        reference: reference.clone(),
        store,
        fetched,
    })
}

fn store(
    reference: &ImageReference,
    access: Access,
    options: &ImageOptions,
    network: Network,
    offline: bool,
) -> Result<Box<dyn Store>, CliError> {
    let (host, repository) = match &reference.place {
        Place::Layout(directory) => {
            return match Layout::open(directory) {
                Ok(layout) => Ok(Box::new(layout)),
                Err(error) => Err(cli_error(&error)),
            };
        }
        Place::Registry { host, repository } => (host, repository),
    };
    if offline {
        return Err(cli_error(&OciError::Offline {
            image: reference.to_string(),
        }));
    }
    let connection = RegistryConnection {
        network,
        redirect_hosts: options.redirect_hosts.clone(),
        https_only: options.registry_https,
        within: Duration::from_secs(options.registry_timeout),
        credentials: image_credentials::load()?,
    };
    match Registry::new(host, repository, access, connection) {
        Ok(registry) => Ok(Box::new(registry)),
        Err(error) => Err(cli_error(&error)),
    }
}

/// An error about an image with its exit code: 3 where a registry gave no usable answer, 1 where
/// a layout holds other bytes than those that a digest stands for, else 2.
#[must_use]
pub fn cli_error(error: &OciError) -> CliError {
    let exit = match error {
        error if error.is_unanswered() => Exit::Inconclusive,
        error if error.is_forged() => Exit::Fail,
        _ => Exit::Usage,
    };
    CliError::of(exit, error)
}
