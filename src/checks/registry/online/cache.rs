//! Documents of registries that were fetched before, with what to ask with whether they
//! have changed. A directory of one file each; a damaged file is as good as none, and a body
//! is used only after its server said that it is still the newest.

use crate::support::files::{FileError, read_bounded, write_atomic_private};
use crate::support::hash::sha256;
use crate::support::http::Validators;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The first line of a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    key: String,
    etag: Option<String>,
    last_modified: Option<String>,
    sha256: String,
}

/// The directory.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// Of a directory, which is made.
    ///
    /// # Errors
    /// [`FileError::Write`].
    pub(super) fn open(directory: &Path) -> Result<Self, FileError> {
        std::fs::create_dir_all(directory).map_err(|source| FileError::Write {
            path: directory.to_owned(),
            source,
        })?;
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    fn path(&self, key: &str) -> PathBuf {
        self.directory.join(sha256(key.as_bytes()).hex())
    }

    /// A document and what to ask with; `key` names its address and form.
    pub(super) fn read(&self, key: &str, limit: u64) -> Option<(Validators, Vec<u8>)> {
        let mut bytes = read_bounded(&self.path(key), limit.saturating_add(8 * 1024)).ok()?;
        let end = memchr::memchr(b'\n', &bytes)?;
        let head: Head = serde_json::from_slice(bytes.get(..end)?).ok()?;
        bytes.drain(..=end);
        if head.key != key || head.sha256 != sha256(&bytes).hex() {
            return None;
        }
        let validators = Validators {
            etag: head.etag,
            last_modified: head.last_modified,
        };
        Some((validators, bytes))
    }

    /// Keeps a document. One that cannot be written is fetched again next time.
    pub(super) fn write(&self, key: &str, validators: &Validators, body: &[u8]) {
        let head = Head {
            key: key.to_owned(),
            etag: validators.etag.clone(),
            last_modified: validators.last_modified.clone(),
            sha256: sha256(body).hex(),
        };
        let mut bytes = serde_json::to_vec(&head).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(body);
        let _ = write_atomic_private(&self.path(key), &bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::files::write_atomic;

    #[test]
    fn only_an_undamaged_document_of_the_same_address_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(&dir.path().join("a/b")).unwrap();
        let validators = Validators {
            etag: Some("\"1\"".to_owned()),
            last_modified: None,
        };
        assert!(cache.read("k", 100).is_none());
        cache.write("k", &validators, b"line\nbody");
        assert_eq!(
            cache.read("k", 100),
            Some((validators, b"line\nbody".to_vec()))
        );
        assert!(cache.read("other", 100).is_none());
        let good = read_bounded(&cache.path("k"), 9999).unwrap();
        std::fs::rename(cache.path("k"), cache.path("other")).unwrap();
        assert!(cache.read("other", 100).is_none());
        let mut bad = good;
        *bad.last_mut().unwrap() = b'Y';
        write_atomic(&cache.path("k"), &bad).unwrap();
        assert!(cache.read("k", 100).is_none());
    }
}
