//! The last good download of everything, in the database directory.
//!
//! ```text
//! sources/osv/npm/entry.json              what is known of the download
//! sources/osv/npm/<SHA-256>/all.zip       the download
//! ```
//!
//! `entry.json` is replaced atomically and names the digest of its file, and the old file
//! goes only after that: at every moment there is the old download or the new one.

use crate::cli::commands::db::update::config::known_ecosystems;
use crate::model::{Digest, Ecosystem};
use crate::support::files::{FileError, read_bounded, sync_directory, write_atomic};
use crate::support::hash::sha256_file;
use crate::support::http::{Stored, Validators};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

const ENTRY: &str = "entry.json";
const MAX_ENTRY_BYTES: u64 = 64 * 1024;

/// A download and where it is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Where it is from, without credentials.
    pub url: String,
    /// What to ask the same server with.
    pub etag: Option<String>,
    /// What to ask the same server with.
    pub last_modified: Option<String>,
    /// When it came.
    pub fetched: Timestamp,
    /// When its server said last that it is the newest.
    pub checked: Timestamp,
    sha256: String,
    length: u64,
    file: String,
}

impl Entry {
    /// A new download.
    #[must_use]
    pub fn new(
        url: String,
        validators: Validators,
        stored: &Stored,
        file: String,
        now: Timestamp,
    ) -> Self {
        Self {
            url,
            etag: validators.etag,
            last_modified: validators.last_modified,
            fetched: now,
            checked: now,
            sha256: stored.digest.hex(),
            length: stored.length,
            file,
        }
    }

    /// What to ask `url` with: nothing where the download is from elsewhere.
    #[must_use]
    pub fn validators_for(&self, url: &str) -> Validators {
        if self.url != url {
            return Validators::default();
        }
        Validators {
            etag: self.etag.clone(),
            last_modified: self.last_modified.clone(),
        }
    }

    /// Bytes of the download.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// What the cache has of an item.
#[derive(Debug)]
pub enum Cached {
    /// Nothing.
    Nothing,
    /// Something that must not be used, and why.
    Damaged(String),
    /// A download whose digest holds.
    Usable(Box<Entry>),
}

/// The cache; who uses it holds the lock of the database.
#[derive(Debug)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The cache of a database directory; neither need exist.
    #[must_use]
    pub fn new(database: &Path) -> Self {
        Self {
            root: database.join("sources"),
        }
    }

    /// The path of a download.
    #[must_use]
    pub fn path(&self, key: &Path, entry: &Entry) -> PathBuf {
        self.root.join(key).join(&entry.sha256).join(&entry.file)
    }

    /// Ecosystems whose OSV dump is here.
    #[must_use]
    pub fn ecosystems(&self) -> Vec<Ecosystem> {
        let osv = self.root.join("osv");
        known_ecosystems()
            .filter(|ecosystem| osv.join(ecosystem.osv_name()).join(ENTRY).is_file())
            .collect()
    }

    /// What is here of an item; the digest of the file is checked.
    #[must_use]
    pub fn entry(&self, key: &Path) -> Cached {
        let path = self.root.join(key).join(ENTRY);
        if std::fs::symlink_metadata(&path).is_err() {
            return Cached::Nothing;
        }
        match self.checked_entry(key, &path) {
            Ok(entry) => Cached::Usable(Box::new(entry)),
            Err(reason) => Cached::Damaged(reason),
        }
    }

    fn checked_entry(&self, key: &Path, path: &Path) -> Result<Entry, String> {
        let bytes = read_bounded(path, MAX_ENTRY_BYTES).map_err(|error| error.to_string())?;
        let entry: Entry = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        // Both become parts of a path.
        let is_plain = |name: &str| {
            let mut parts = Path::new(name).components();
            matches!(
                (parts.next(), parts.next()),
                (Some(std::path::Component::Normal(_)), None)
            )
        };
        if !is_plain(&entry.sha256) || !is_plain(&entry.file) {
            return Err("it names no file".to_owned());
        }
        let (digest, length): (Digest, u64) =
            sha256_file(&self.path(key, &entry)).map_err(|error| error.to_string())?;
        if digest.hex() != entry.sha256 || length != entry.length {
            return Err("the digest of its file is another one".to_owned());
        }
        Ok(entry)
    }

    /// A file to receive a download; it goes where it is not kept.
    ///
    /// # Errors
    /// [`FileError::Write`].
    pub fn receive(&self, key: &Path) -> Result<NamedTempFile, FileError> {
        let directory = self.root.join(key);
        std::fs::create_dir_all(&directory)
            .and_then(|()| {
                tempfile::Builder::new()
                    .prefix(".part-")
                    .tempfile_in(&directory)
            })
            .map_err(|error| write_failed(&directory, error.kind().into()))
    }

    /// Puts a download in the place of the one that is there.
    ///
    /// # Errors
    /// [`FileError::Write`]; the old one stays.
    pub fn replace(&self, key: &Path, new: NamedTempFile, entry: &Entry) -> Result<(), FileError> {
        let directory = self.root.join(key);
        let target = self.path(key, entry);
        let failed = |source| write_failed(&target, source);
        let above = target.parent().unwrap_or(&directory);
        std::fs::create_dir_all(above).map_err(failed)?;
        new.as_file().sync_all().map_err(failed)?;
        new.persist(&target).map_err(|error| failed(error.error))?;
        for parent in [above, &directory] {
            sync_directory(parent).map_err(failed)?;
        }
        self.write_entry(key, entry)?;
        self.prune(key, entry);
        Ok(())
    }

    /// Notes that a download is still the newest.
    ///
    /// # Errors
    /// [`FileError::Write`].
    pub fn confirm(&self, key: &Path, entry: &mut Entry, now: Timestamp) -> Result<(), FileError> {
        entry.checked = now;
        self.write_entry(key, entry)?;
        self.prune(key, entry);
        Ok(())
    }

    fn write_entry(&self, key: &Path, entry: &Entry) -> Result<(), FileError> {
        // Texts, numbers and times always serialise.
        let json = serde_json::to_vec_pretty(entry).unwrap_or_default();
        write_atomic(&self.root.join(key).join(ENTRY), &json)
    }

    /// Removes what no entry names: older downloads and what an ended run left.
    fn prune(&self, key: &Path, entry: &Entry) {
        let entries = std::fs::read_dir(self.root.join(key));
        for other in entries.into_iter().flatten().flatten() {
            let name = other.file_name();
            let path = other.path();
            // What cannot be removed is only in the way of the disk's space.
            if name.to_string_lossy().starts_with('.') {
                let _ = std::fs::remove_file(path);
            } else if name != ENTRY && name != entry.sha256.as_str() {
                let _ = std::fs::remove_dir_all(path);
            }
        }
    }
}

fn write_failed(path: &Path, source: std::io::Error) -> FileError {
    FileError::Write {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::hash::sha256;
    use std::io::Write as _;

    const KEY: &str = "osv/npm";

    fn put(cache: &Cache, content: &[u8]) -> Entry {
        let key = Path::new(KEY);
        let mut file = cache.receive(key).unwrap();
        file.write_all(content).unwrap();
        let stored = Stored {
            digest: sha256(content),
            length: content.len() as u64,
        };
        let validators = Validators {
            etag: Some("\"1\"".to_owned()),
            last_modified: None,
        };
        let entry = Entry::new(
            "https://m.example/npm/all.zip".to_owned(),
            validators,
            &stored,
            "all.zip".to_owned(),
            Timestamp::UNIX_EPOCH,
        );
        cache.replace(key, file, &entry).unwrap();
        entry
    }

    fn usable(cache: &Cache) -> Entry {
        match cache.entry(Path::new(KEY)) {
            Cached::Usable(entry) => *entry,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_download_replaces_the_older_one_and_leaves_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path());
        assert!(matches!(cache.entry(Path::new(KEY)), Cached::Nothing));
        let first = put(&cache, b"first");
        assert_eq!(usable(&cache), first);
        let leftover = cache.receive(Path::new(KEY)).unwrap().keep().unwrap().1;
        let second = put(&cache, b"second");
        assert_eq!(usable(&cache), second);
        assert!(!leftover.exists());
        assert!(!cache.path(Path::new(KEY), &first).exists());
        assert_eq!(cache.ecosystems(), [Ecosystem::Npm]);
    }

    #[test]
    fn only_the_server_that_gave_it_is_asked_with_its_tag() {
        let dir = tempfile::tempdir().unwrap();
        let entry = put(&Cache::new(dir.path()), b"x");
        let same = entry.validators_for("https://m.example/npm/all.zip");
        assert_eq!(same.etag.as_deref(), Some("\"1\""));
        assert!(
            entry
                .validators_for("https://n.example/npm/all.zip")
                .is_empty()
        );
    }

    #[test]
    fn what_was_changed_behind_its_back_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path());
        let entry = put(&cache, b"content");
        let path = cache.path(Path::new(KEY), &entry);
        let entry_path = dir.path().join("sources/osv/npm/entry.json");
        let good = read_bounded(&entry_path, 4096).unwrap();
        let text = String::from_utf8(good.clone()).unwrap();
        let climbing = text.replace("all.zip\"\n", "../../../entry\"\n");
        assert_ne!(text, climbing);
        for bad in [climbing.as_bytes(), b"{}", b"no json"] {
            write_atomic(&entry_path, bad).unwrap();
            assert!(matches!(cache.entry(Path::new(KEY)), Cached::Damaged(_)));
        }
        write_atomic(&entry_path, &good).unwrap();
        assert_eq!(usable(&cache), entry);
        write_atomic(&path, b"contenT").unwrap();
        assert!(matches!(cache.entry(Path::new(KEY)), Cached::Damaged(_)));
        std::fs::remove_file(path).unwrap();
        assert!(matches!(cache.entry(Path::new(KEY)), Cached::Damaged(_)));
    }
}
