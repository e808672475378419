//! Where a package comes from: the `resolution` of its entry.

use super::Reader;
use crate::inventory::formats::Package;
use crate::inventory::npm::{OwnPackage, git_origin};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::inventory::yaml::Node;
use crate::model::{Checksum, Digest, Origin};

/// The fields that are read, but for the integrity.
const RESOLUTION: &Shapes = &[
    ("commit", Shape::Text),
    ("directory", Shape::Text),
    ("registry", Shape::Text),
    ("repo", Shape::Text),
    ("tarball", Shape::Text),
    ("type", Shape::Text),
    (
        "variants",
        Shape::ListOf(&Shape::Fields(&[(
            "resolution",
            Shape::Fields(&[("url", Shape::Text)]),
        )])),
    ),
];

impl Reader<'_, '_> {
    /// Origin and checksums.
    pub(super) fn resolution(
        &mut self,
        package: &mut Package,
        resolution: Option<&Node<'_>>,
        is_registry: bool,
        asked: Option<&str>,
    ) {
        let line = package.line;
        let Some(resolution) = resolution else {
            return;
        };
        if !resolution.is_mapping() {
            let message = format!("the resolution of `{}` is not a mapping", package.name);
            return self.note(&rules::INCOMPLETE_ENTRY, line, &message);
        }
        let found = wrong(resolution, RESOLUTION);
        let path = self.input.path;
        self.parsed.note_wrong(path, line, &package.name, &found);
        let text = |key: &str| resolution.text_of(key);
        let tarball = text("tarball");
        package.origin = match (text("type"), tarball) {
            (Some("git"), _) => {
                let repository = text("repo").unwrap_or_default();
                let commit = text("commit").unwrap_or_default();
                git_origin(&format!("{repository}#{commit}"), asked)
            }
            (Some("directory"), _) => {
                let directory = text("directory").unwrap_or_default();
                if package.version.is_none() {
                    let parsed = &mut *self.parsed;
                    let found = OwnPackage::read(self.input, directory, None, line, parsed);
                    package.version = found.manifest.and_then(|manifest| manifest.version);
                }
                Origin::Path {
                    path: directory.to_owned(),
                }
            }
            (Some("variations"), _) => variant(resolution),
            (_, Some(tarball)) => match tarball.strip_prefix("file:") {
                Some(path) => Origin::Path {
                    path: path.to_owned(),
                },
                None if is_registry => Origin::Registry {
                    index: text("registry").map(str::to_owned),
                    file: Some(tarball.to_owned()),
                    default: false,
                },
                None => Origin::Url {
                    url: tarball.to_owned(),
                },
            },
            (_, None) => match text("registry") {
                Some(registry) => Origin::Registry {
                    index: Some(registry.to_owned()),
                    file: None,
                    default: false,
                },
                None => Origin::Unrecorded,
            },
        };
        let own = resolution.value("integrity").into_iter();
        let variants = resolution.value("variants").map_or(&[][..], Node::items);
        let theirs = variants
            .iter()
            .filter_map(|variant| variant.value("resolution")?.value("integrity"));
        for integrity in own.chain(theirs) {
            self.checksum(package, integrity);
        }
    }

    pub(super) fn checksum(&mut self, package: &mut Package, integrity: &Node<'_>) {
        let read = integrity.text().map(Digest::parse_sri);
        let message = match read {
            Some(Ok(digests)) => {
                package
                    .checksums
                    .extend(digests.into_iter().map(Checksum::File));
                return;
            }
            Some(Err(error)) => format!("the integrity of `{}`: {error}", package.name),
            None => format!("the integrity of `{}` is not a text", package.name),
        };
        self.note(&rules::INCOMPLETE_ENTRY, integrity.line, &message);
    }
}

/// Of the files of a runtime, one for each platform, the first by address.
fn variant(resolution: &Node<'_>) -> Origin {
    let variants = resolution.value("variants").map_or(&[][..], Node::items);
    let urls = variants
        .iter()
        .filter_map(|variant| variant.value("resolution")?.text_of("url"));
    urls.min().map_or(Origin::Unrecorded, |url| Origin::Url {
        url: url.to_owned(),
    })
}
