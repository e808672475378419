//! Images in a directory that is an OCI layout.
//!
//! Source: `image-layout.md` of github.com/opencontainers/image-spec. What is attached to an
//! image stands in `index.json` as an entry of its own, as ORAS writes it. Entries of indexes
//! below it count, too, as regclient writes them, and manifests that lie among the blobs without
//! being listed, as `cosign save` leaves them.
//!
//! The directory may come from anywhere: digests are the only names that become paths, nothing
//! is read through a link, and every blob must have the digest that is its name.

use super::attach::Referrer;
use super::error::OciError;
use super::manifest::{
    Descriptor, Document, Index, MAX_MANIFEST_BYTES, MAX_REFERRERS, OCI_INDEX, WireDescriptor,
    parse_digest,
};
use super::reference::{LAYOUT_PREFIX, Selector};
use super::store::{Fetched, Store, check_bytes};
use crate::model::{Digest, JsonLimits, parse_strict_json};
use crate::support::files::{FileError, read_bounded, write_atomic};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

const MARKER: &str = "oci-layout";
const INDEX: &str = "index.json";
const TAG: &str = "org.opencontainers.image.ref.name";
/// Deepest nesting of indexes.
const MAX_DEPTH: usize = 8;
/// Most manifests that are looked at for one image.
const MAX_MANIFESTS: usize = 10 * MAX_REFERRERS;
/// Most blobs of a layout.
const MAX_BLOBS: usize = 100_000;
/// Largest manifest that is looked for among blobs that are not listed.
const MAX_UNLISTED_BYTES: u64 = 1024 * 1024;
/// The tag of a list of referrers, as regclient and registries write it.
const REFERRERS_TAG: &str = "sha256-";

/// A layout.
#[derive(Debug)]
pub struct Layout {
    directory: PathBuf,
}

impl Layout {
    /// Looks whether a directory is a layout of version 1.
    ///
    /// # Errors
    /// [`OciError::BadLayout`].
    pub fn open(directory: &Path) -> Result<Self, OciError> {
        let layout = Self {
            directory: directory.to_owned(),
        };
        let path = directory.join(MARKER);
        let bytes = layout.file(&path, 64 * 1024)?;
        let limits = JsonLimits {
            depth: 8,
            values: 100,
        };
        let value = parse_strict_json(&bytes, limits).map_err(|e| OciError::BadLayout {
            path: path.clone(),
            reason: e.to_string(),
        })?;
        let version = value.get("imageLayoutVersion").and_then(Value::as_str);
        if version.is_some_and(|version| version.starts_with("1.")) {
            return Ok(layout);
        }
        Err(OciError::BadLayout {
            path,
            reason: "`imageLayoutVersion` is not 1".to_owned(),
        })
    }

    /// The bytes of a file that is no link.
    fn file(&self, path: &Path, limit: u64) -> Result<Vec<u8>, OciError> {
        let bad = |reason: &str| OciError::BadLayout {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let metadata = match std::fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(bad("it is missing"));
            }
            Err(source) => {
                return Err(FileError::Read {
                    path: path.to_owned(),
                    source,
                }
                .into());
            }
        };
        if metadata.is_symlink() {
            return Err(bad("it is a symbolic link"));
        }
        Ok(read_bounded(path, limit)?)
    }

    /// The file of a blob. The directories above it are no links either: what is written must
    /// not leave the layout.
    fn path_of(&self, digest: &Digest) -> Result<PathBuf, OciError> {
        let mut path = self.directory.clone();
        for part in ["blobs", "sha256"] {
            path.push(part);
            if path.is_symlink() {
                return Err(OciError::BadLayout {
                    path,
                    reason: "it is a symbolic link".to_owned(),
                });
            }
        }
        path.push(digest.hex());
        Ok(path)
    }

    fn index(&self) -> Result<(Value, Index), OciError> {
        let path = self.directory.join(INDEX);
        let bytes = self.file(&path, MAX_MANIFEST_BYTES)?;
        let what = path.display().to_string();
        let (document, _) = Document::parse(&bytes, "", &what)?;
        let Document::Index(index) = document else {
            return Err(OciError::BadLayout {
                path,
                reason: "it is no index".to_owned(),
            });
        };
        let limits = JsonLimits {
            depth: 32,
            values: 200_000,
        };
        let value = parse_strict_json(&bytes, limits).map_err(|e| OciError::BadLayout {
            path,
            reason: e.to_string(),
        })?;
        Ok((value, index))
    }

    /// The only entry that is an image and not about one.
    fn only_image(&self, index: &Index) -> Result<Descriptor, OciError> {
        let is_listing = |entry: &Descriptor| {
            let tag = entry.annotations.get(TAG);
            tag.is_some_and(|tag| tag.starts_with(REFERRERS_TAG))
        };
        let mut images = Vec::new();
        for entry in &index.manifests {
            if is_listing(entry) {
                continue;
            }
            let has_subject = match self.manifest(entry)?.document {
                Document::Manifest(manifest) => manifest.subject.is_some(),
                Document::Index(_) => false,
            };
            let is_known = images
                .iter()
                .any(|known: &Descriptor| known.digest == entry.digest);
            if !has_subject && !is_known {
                images.push(entry.clone());
            }
        }
        match images.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(OciError::NotFound {
                what: format!("an image in {}", self.name()),
            }),
            several => Err(OciError::Ambiguous {
                what: self.name(),
                count: several.len(),
            }),
        }
    }

    /// What is about a manifest, of everything that an index leads to.
    fn listed(
        &self,
        subject: &Digest,
        index: Index,
        seen: &mut BTreeSet<Digest>,
    ) -> Result<Vec<Descriptor>, OciError> {
        let mut open: Vec<(Descriptor, usize)> = index
            .manifests
            .into_iter()
            .map(|entry| (entry, 1))
            .collect();
        let mut found = Vec::new();
        while let Some((entry, depth)) = open.pop() {
            if !seen.insert(entry.digest.clone()) {
                continue;
            }
            if seen.len() > MAX_MANIFESTS {
                return Err(OciError::TooMany {
                    what: format!("{} has more than {MAX_MANIFESTS} manifests", self.name()),
                });
            }
            match self.manifest(&entry)?.document {
                Document::Manifest(manifest) => {
                    if manifest.subject.is_some_and(|s| s.digest == *subject) {
                        found.push(Descriptor {
                            artifact_type: manifest.artifact_type,
                            annotations: manifest.annotations,
                            ..entry
                        });
                    }
                }
                Document::Index(index) => {
                    if depth >= MAX_DEPTH {
                        return Err(OciError::TooDeep {
                            what: self.name(),
                            limit: MAX_DEPTH,
                        });
                    }
                    // Images for platforms may be left out of a layout, and are about nothing.
                    let entries = index.manifests.into_iter().filter(|e| e.platform.is_none());
                    open.extend(entries.map(|entry| (entry, depth + 1)));
                }
            }
        }
        Ok(found)
    }

    /// What is about a manifest, of the blobs that nothing led to.
    fn unlisted(
        &self,
        subject: &Digest,
        seen: &BTreeSet<Digest>,
    ) -> Result<Vec<Descriptor>, OciError> {
        let hex = subject.hex();
        // It is part of a path already, so that the directory is no link.
        let path = self.path_of(subject)?;
        let directory = path.parent().unwrap_or(&self.directory);
        let failed = |source| FileError::Read {
            path: directory.to_owned(),
            source,
        };
        let mut found = Vec::new();
        for (count, entry) in std::fs::read_dir(directory).map_err(failed)?.enumerate() {
            if count >= MAX_BLOBS {
                return Err(OciError::TooMany {
                    what: format!("{} has more than {MAX_BLOBS} blobs", self.name()),
                });
            }
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let digest = name
                .to_str()
                .map(|name| parse_digest(&format!("sha256:{name}")));
            let Some(Ok(digest)) = digest else {
                continue;
            };
            let metadata = entry.metadata().map_err(failed)?;
            let may_be = metadata.is_file() && metadata.len() <= MAX_UNLISTED_BYTES;
            if seen.contains(&digest) || !may_be {
                continue;
            }
            let bytes = self.file(&entry.path(), MAX_UNLISTED_BYTES)?;
            let names_it = memchr::memmem::find(&bytes, hex.as_bytes()).is_some();
            let own = Descriptor::of_digest(digest);
            let what = format!("{}@{}", self.name(), own.digest);
            // What is not listed claims nothing: other bytes or another kind are none of it.
            if !names_it || check_bytes(&bytes, &own, &what, true).is_err() {
                continue;
            }
            let Ok((Document::Manifest(manifest), media_type)) = Document::parse(&bytes, "", &what)
            else {
                continue;
            };
            if manifest
                .subject
                .is_some_and(|about| about.digest == *subject)
            {
                found.push(Descriptor {
                    media_type,
                    size: Some(bytes.len() as u64),
                    artifact_type: manifest.artifact_type,
                    annotations: manifest.annotations,
                    ..own
                });
            }
        }
        Ok(found)
    }
}

impl Store for Layout {
    fn name(&self) -> String {
        format!("{LAYOUT_PREFIX}{}", self.directory.display())
    }

    fn select(&self, selector: Option<&Selector>) -> Result<Fetched, OciError> {
        let entry = match selector {
            Some(Selector::Digest(digest)) => Descriptor::of_digest(digest.clone()),
            Some(Selector::Tag(tag)) => {
                let (_, index) = self.index()?;
                let fits: BTreeSet<&Digest> = index
                    .manifests
                    .iter()
                    .filter(|entry| entry.annotations.get(TAG) == Some(tag))
                    .map(|entry| &entry.digest)
                    .collect();
                let mut tagged = index.manifests.iter().filter(|e| fits.contains(&e.digest));
                match (fits.len(), tagged.next()) {
                    (1, Some(entry)) => entry.clone(),
                    (0, _) | (_, None) => {
                        return Err(OciError::NotFound {
                            what: format!("{}:{tag}", self.name()),
                        });
                    }
                    (count, _) => {
                        return Err(OciError::Ambiguous {
                            what: format!("{}:{tag}", self.name()),
                            count,
                        });
                    }
                }
            }
            None => self.only_image(&self.index()?.1)?,
        };
        self.manifest(&entry)
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<Fetched, OciError> {
        let what = format!("{}@{}", self.name(), descriptor.digest);
        let bytes = self.file(&self.path_of(&descriptor.digest)?, MAX_MANIFEST_BYTES)?;
        check_bytes(&bytes, descriptor, &what, true)?;
        let (document, media_type) = Document::parse(&bytes, &descriptor.media_type, &what)?;
        Ok(Fetched {
            descriptor: Descriptor {
                media_type,
                size: Some(bytes.len() as u64),
                ..descriptor.clone()
            },
            document,
        })
    }

    fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, OciError> {
        let what = format!("{}@{}", self.name(), descriptor.digest);
        let bytes = self.file(&self.path_of(&descriptor.digest)?, limit)?;
        check_bytes(&bytes, descriptor, &what, true)?;
        Ok(bytes)
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, OciError> {
        let (_, index) = self.index()?;
        let mut seen = BTreeSet::new();
        let mut found = self.listed(subject, index, &mut seen)?;
        found.extend(self.unlisted(subject, &seen)?);
        if found.len() > MAX_REFERRERS {
            return Err(OciError::TooMany {
                what: format!("more than {MAX_REFERRERS} entries are about one image"),
            });
        }
        // The order of a directory walk means nothing.
        found.sort_by(|a, b| a.digest.cmp(&b.digest));
        Ok(found)
    }

    /// Blobs first, `index.json` last and whole: until then nothing is listed.
    fn attach(&self, referrer: &Referrer) -> Result<(), OciError> {
        let manifest = (referrer.descriptor.clone(), referrer.manifest.clone());
        for (descriptor, bytes) in referrer.blobs.iter().chain([&manifest]) {
            let path = self.path_of(&descriptor.digest)?;
            if let Some(directory) = path.parent() {
                std::fs::create_dir_all(directory).map_err(|source| FileError::Write {
                    path: directory.to_owned(),
                    source,
                })?;
            }
            write_atomic(&path, bytes)?;
        }
        // Other runs of this program wait; the lock ends with the file.
        let marker = self.directory.join(MARKER);
        let locked = File::open(&marker).and_then(|file| file.lock().map(|()| file));
        let _locked = locked.map_err(|source| FileError::Read {
            path: marker,
            source,
        })?;
        let (mut value, index) = self.index()?;
        let is_listed = index
            .manifests
            .iter()
            .any(|entry| entry.digest == referrer.descriptor.digest);
        if is_listed {
            return Ok(());
        }
        let path = self.directory.join(INDEX);
        let bad = |reason: String| OciError::BadLayout {
            path: path.clone(),
            reason,
        };
        let entry = serde_json::to_value(WireDescriptor::from(&referrer.descriptor))
            .map_err(|e| bad(e.to_string()))?;
        value
            .get_mut("manifests")
            .and_then(Value::as_array_mut)
            .ok_or_else(|| bad("it has no `manifests`".to_owned()))?
            .push(entry);
        let bytes = serde_json::to_vec(&value).map_err(|e| bad(e.to_string()))?;
        if bytes.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(OciError::TooLarge {
                what: path.display().to_string(),
                limit: MAX_MANIFEST_BYTES,
            });
        }
        // What could not be read afterwards is not written.
        Document::parse(&bytes, OCI_INDEX, &path.display().to_string())?;
        Ok(write_atomic(&path, &bytes)?)
    }
}
