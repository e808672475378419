//! `sealgate discover`: what is attached to an image.
//!
//! A list of claims: nothing of it is verified, `verify` does that.

use super::key::ResultFormat;
use super::verify::MAX_CANDIDATES;
use crate::attest::short_name;
use crate::cli::exit::{CliError, Exit};
use crate::cli::images::{self, ImageOptions, OpenImage};
use crate::cli::network::CertificateArgs;
use crate::cli::settings::Settings;
use crate::cli::terminal;
use crate::model::{terminal_safe, terminal_safe_json};
use crate::oci::{
    Access, BUNDLE_PREDICATE_TYPE, Descriptor, Document, IMAGE_CREATED, is_candidate,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// List what is attached to an image: signatures, attestations, anything else
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate discover oci://registry.example/team/app:1.2
  sealgate discover oci://registry.example/team/app@sha256:9f86d0… --format json
  sealgate discover oci-layout:dist/app:1.2 --platform linux/arm64")]
pub struct DiscoverArgs {
    /// The image: oci://HOST/REPOSITORY@sha256:…, oci://HOST/REPOSITORY:TAG, or
    /// oci-layout:DIRECTORY with the same endings
    #[arg(value_name = "IMAGE")]
    pub image: PathBuf,
    /// Ask no registry: only images in OCI layouts
    #[arg(long)]
    pub offline: bool,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
    /// Which image, and how registries are asked.
    #[command(flatten)]
    pub images: ImageOptions,
    /// Whom to trust.
    #[command(flatten)]
    pub certificates: CertificateArgs,
}

#[derive(Serialize)]
struct WireList {
    schema: &'static str,
    image: String,
    digest: String,
    referrers: Vec<WireReferrer>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireReferrer {
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate_type: Option<String>,
    media_type: String,
    /// Bytes of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

/// Lists.
///
/// # Errors
/// Exit 2 for an image that does not exist or cannot be read, exit 3 where the registry gives no
/// usable answer.
pub fn run(args: &DiscoverArgs, settings: &Settings) -> Result<Exit, CliError> {
    let reference = images::of_argument(&args.image)?.ok_or_else(|| {
        let given = args.image.display();
        CliError::new(Exit::Usage, format!("`{given}` is no name of an image")).with_hint(
            images::hint_for_missing(&args.image).unwrap_or_else(|| {
                "write oci://HOST/REPOSITORY@sha256:…, or oci-layout:DIRECTORY".to_owned()
            }),
        )
    })?;
    let network = args.certificates.network(settings, Vec::new());
    let image = images::open(
        &reference,
        Access::Read,
        &args.images,
        network,
        args.offline,
    )?;
    let mut listed = image
        .store
        .referrers(image.digest())
        .map_err(|e| images::cli_error(&e))?;
    for entry in listed.iter_mut().take(MAX_CANDIDATES) {
        complete(&image, entry);
    }
    listed.sort_by(|a, b| {
        let key = |d: &Descriptor| (d.annotations.get(IMAGE_CREATED).cloned(), d.digest.clone());
        key(a).cmp(&key(b))
    });
    terminal::result(&match args.format {
        ResultFormat::Human => human(&image, &listed),
        ResultFormat::Json => json(&image, listed)?,
    })?;
    Ok(Exit::Pass)
}

/// Registries without the referrers API may list a bundle without what is said about it; its
/// manifest has it.
fn complete(image: &OpenImage, entry: &mut Descriptor) {
    if !is_candidate(entry) || entry.annotations.contains_key(BUNDLE_PREDICATE_TYPE) {
        return;
    }
    match image.store.manifest(entry).map(|fetched| fetched.document) {
        Ok(Document::Manifest(manifest)) => {
            entry.artifact_type = manifest.artifact_type;
            entry.annotations = manifest.annotations;
        }
        Ok(Document::Index(_)) => {}
        Err(error) => terminal::warning(&error.to_string()),
    }
}

fn human(image: &OpenImage, listed: &[Descriptor]) -> String {
    let mut text = format!(
        "{}\n",
        terminal_safe(&match &image.reference.selector {
            Some(selector) => format!("{}{selector}: {}", image.reference.place, image.digest()),
            None => image.name(),
        })
    );
    if listed.is_empty() {
        text.push_str("nothing is attached\n");
    }
    for entry in listed {
        let annotation = |name: &str| entry.annotations.get(name).map(String::as_str);
        let _ = write!(text, "  {}", entry.digest);
        let kind = entry.artifact_type.as_deref().unwrap_or("no artifact type");
        let _ = write!(text, "  {}", terminal_safe(kind));
        if let Some(predicate) = annotation(BUNDLE_PREDICATE_TYPE) {
            let _ = write!(text, "  {}", terminal_safe(short_name(predicate)));
        }
        if let Some(size) = entry.size {
            let _ = write!(text, "  {size} bytes");
        }
        if let Some(created) = annotation(IMAGE_CREATED) {
            let _ = write!(text, "  {}", terminal_safe(created));
        }
        text.push('\n');
    }
    text
}

fn json(image: &OpenImage, listed: Vec<Descriptor>) -> Result<String, CliError> {
    let list = WireList {
        schema: "sealgate/discover/v1",
        image: image.reference.to_string(),
        digest: image.digest().to_string(),
        referrers: listed
            .into_iter()
            .map(|entry| WireReferrer {
                digest: entry.digest.to_string(),
                artifact_type: entry.artifact_type,
                predicate_type: entry.annotations.get(BUNDLE_PREDICATE_TYPE).cloned(),
                media_type: entry.media_type,
                size: entry.size,
                annotations: entry.annotations,
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&list)
        .map_err(|e| CliError::new(Exit::Usage, format!("cannot write JSON: {e}")))?;
    text.push('\n');
    Ok(terminal_safe_json(text))
}
