//! What the gate decides about: a file with what lies beside it, or an image with what is
//! attached to it.

use super::super::image;
use super::super::key::{in_file, usage, with_ending};
use super::super::verify::candidates;
use super::{GateArgs, signs};
use crate::cli::exit::{CliError, Exit};
use crate::cli::images::{self, OpenImage, or_image};
use crate::cli::settings::Settings;
use crate::cli::targets::{check_target, remove_old};
use crate::cli::terminal;
use crate::gate::{Examined, examine};
use crate::model::Digest;
use crate::oci::{Access, Candidate, Place, attached_bundle};
use crate::policy::environments::{Condition, Required, TrustedRoles};
use crate::signing::{
    Artifact, Bundle, BundleSource, MAX_ATTESTATIONS_BYTES, SigningError, read_bundles,
};
use crate::support::files::{self, FileError};
use std::path::{Path, PathBuf};

/// What the gate decides about.
pub(super) struct GateSubject {
    artifact: Artifact,
    image: Option<OpenImage>,
    /// The file of the summary; none where it is attached to the image.
    output: Option<PathBuf>,
}

impl GateSubject {
    /// Finds it, and looks whether the summary can be written.
    pub(super) fn open(args: &GateArgs, settings: &Settings) -> Result<Self, CliError> {
        let subject = match images::of_argument(&args.artifact)? {
            Some(reference) => {
                let attaches = signs(args) && args.vsa.is_none();
                let access = match attaches {
                    true => Access::Write,
                    false => Access::Read,
                };
                let network = args.signing.kms.network(settings);
                let image = images::open(&reference, access, &args.images, network, false)?;
                image::tell_tag(&image);
                Self {
                    artifact: Artifact::of_digest(image.digest().clone()).map_err(|e| usage(&e))?,
                    image: Some(image),
                    output: args.vsa.clone(),
                }
            }
            None => {
                let artifact = Artifact::new(&args.artifact);
                artifact
                    .check_is_file()
                    .map_err(|e| or_image(usage(&e), &args.artifact))?;
                let beside = || with_ending(&args.artifact, &format!(".{}.vsa.json", args.env));
                Self {
                    artifact,
                    image: None,
                    output: Some(args.vsa.clone().unwrap_or_else(beside)),
                }
            }
        };
        if let (true, Some(output)) = (signs(args), &subject.output) {
            let files = [&args.artifact, &args.policy];
            let inputs = files.into_iter().chain(&args.attestations);
            let inputs = inputs.map(PathBuf::as_path);
            check_target(output, inputs.chain(args.signing.files()))?;
        }
        Ok(subject)
    }

    /// Takes an older summary away, so that it does not outlive a run that ends badly.
    pub(super) fn remove_old_summary(&self) -> Result<(), CliError> {
        match &self.output {
            Some(output) => remove_old(output),
            None => Ok(()),
        }
    }

    /// Its SHA-256.
    pub(super) fn digest(&self) -> Result<&Digest, CliError> {
        self.artifact.digest().map_err(|e| usage(&e))
    }

    /// Its name for people: the file's, or the image's without its digest.
    pub(super) fn name(&self) -> String {
        match &self.image {
            Some(image) => match &image.reference.place {
                place @ Place::Registry { .. } => place.to_string(),
                Place::Layout(directory) => directory.file_name().map_or_else(
                    || directory.display().to_string(),
                    |name| name.to_string_lossy().into_owned(),
                ),
            },
            None => self.artifact.name(),
        }
    }

    /// Everything that is said about it: the files that are named, else what lies beside the
    /// file or is attached to the image.
    pub(super) fn examine(
        &self,
        args: &GateArgs,
        required: &[Required],
        roles: &TrustedRoles,
    ) -> Result<Vec<Examined>, CliError> {
        let mut bundles = match (&self.image, args.attestations.is_empty()) {
            (Some(image), true) => attached(image, roles)?,
            _ => Vec::new(),
        };
        for path in self.files(args, required) {
            let sources = read_bundles(&path).map_err(|error| unreadable(&path, &error))?;
            let examined = sources
                .into_iter()
                .map(|BundleSource { name, bundle }| examine(name, bundle, roles));
            bundles.extend(examined);
        }
        Ok(bundles)
    }

    fn files(&self, args: &GateArgs, required: &[Required]) -> Vec<PathBuf> {
        let mut paths = args.attestations.clone();
        let is_file = self.image.is_none();
        if paths.is_empty() && is_file {
            let default = with_ending(&args.artifact, ".attestations.jsonl");
            // Without attestations the gate still decides: everything required is missing.
            if default.symlink_metadata().is_ok() {
                paths.push(default);
            } else {
                terminal::warning(&format!(
                    "no attestations: `{}` does not exist",
                    default.display()
                ));
            }
        }
        paths.extend(args.vsa_in.iter().cloned());
        if args.vsa_in.is_empty() && is_file {
            let beside = required
                .iter()
                .filter_map(|required| match &required.condition {
                    Condition::Vsa { from, .. } => {
                        Some(with_ending(&args.artifact, &format!(".{from}.vsa.json")))
                    }
                    _ => None,
                });
            paths.extend(beside.filter(|path| path.symlink_metadata().is_ok()));
        }
        paths
    }

    /// Writes or attaches the summary's bundle; where it went.
    pub(super) fn deliver(
        &self,
        bundle: &Bundle,
        predicate_type: &str,
        settings: &Settings,
    ) -> Result<String, CliError> {
        if let (Some(image), None) = (&self.image, &self.output) {
            let referrer = image::referrer(image, bundle, predicate_type, settings)?;
            let manifest = image::attach(image, &referrer)?;
            return Ok(format!("attached {manifest}"));
        }
        let output = self.output.as_deref().unwrap_or(Path::new(""));
        let mut line = bundle.to_json().map_err(|e| usage(&e))?;
        line.push('\n');
        files::write_atomic(output, line.as_bytes()).map_err(|e| usage(&e))?;
        Ok(output.display().to_string())
    }
}

/// The bundles that are attached to an image. One that is listed and cannot be read may hold
/// what speaks against it, so that nothing is decided without it.
fn attached(image: &OpenImage, roles: &TrustedRoles) -> Result<Vec<Examined>, CliError> {
    let mut examined = Vec::new();
    for listed in candidates(image)? {
        let found = attached_bundle(
            image.store.as_ref(),
            image.digest(),
            &listed,
            MAX_ATTESTATIONS_BYTES,
        );
        match found {
            Ok(Candidate::Other(_)) => {}
            Ok(Candidate::Bundle(bytes)) => {
                let name = listed.digest.to_string();
                examined.push(examine(name, Bundle::parse(bytes.trim_ascii()), roles));
            }
            Err(error) => return Err(CliError::of(Exit::Inconclusive, &error)),
        }
    }
    if examined.is_empty() {
        terminal::warning(&format!("no attestations are attached to {}", image.name()));
    }
    Ok(examined)
}

fn unreadable(path: &Path, error: &SigningError) -> CliError {
    let missing = matches!(
        error,
        SigningError::File(FileError::Read { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound
    );
    // A mistyped path is the caller's; a file that is there and cannot be read may hold what
    // speaks against the artifact.
    let exit = match missing {
        true => Exit::Usage,
        false => Exit::Inconclusive,
    };
    in_file(path, exit, error)
}
