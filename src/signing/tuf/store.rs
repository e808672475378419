//! What earlier updates have accepted: the versions below which nothing is accepted.
//!
//! One JSON file, so that it is always that of one update:
//!
//! ```json
//! {"schema": "sealgate/tuf-store/v1", "roots": ["<base64>", …],
//!  "accepted": {"root": 5, "timestamp": "<base64>", "snapshot": "…", "targets": "…"}}
//! ```
//!
//! `roots` is the chain of roots with versions that follow each other; `accepted` is
//! absent until the first complete update, and names the root that it was verified with.

use super::error::{UpdateError, reason_of};
use crate::signing::json::parse_json;
use crate::support::files::{self, FileError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sigstore_tuf::{MemoryStore, MetadataStore as _, TrustedMetadataSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

const SCHEMA: &str = "sealgate/tuf-store/v1";
const FILE_NAME: &str = "tuf.json";
const LOCK_NAME: &str = "lock";
/// 256 roots of 512 kB, and the rest, as base64.
const MAX_BYTES: u64 = 192 * 1024 * 1024;

/// The directory of one repository, locked.
pub(super) struct Store {
    directory: PathBuf,
    content: Content,
    /// The system lets go of it when the process ends, however it ends.
    _lock: File,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    schema: String,
    roots: Vec<Base64>,
    accepted: Option<Accepted>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    root: u64,
    timestamp: Base64,
    snapshot: Base64,
    targets: Base64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Base64(Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

impl Store {
    /// Takes the lock of a directory, which is made where it is missing, and reads what is
    /// there. All of it must verify, whatever its age: what is damaged would be no floor.
    ///
    /// # Errors
    /// [`UpdateError::Busy`], [`UpdateError::File`], [`UpdateError::BadStore`].
    pub(super) fn open(directory: &Path) -> Result<Self, UpdateError> {
        let lock = lock(directory)?;
        let path = directory.join(FILE_NAME);
        let content = match files::read_bounded(&path, MAX_BYTES) {
            Ok(bytes) => parse(&bytes),
            Err(FileError::Read { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                Ok(Content::default())
            }
            Err(error) => return Err(error.into()),
        };
        let content = content.and_then(|content| {
            verify(&content)?;
            Ok(content)
        });
        Ok(Self {
            content: content.map_err(|reason| UpdateError::BadStore { path, reason })?,
            directory: directory.to_owned(),
            _lock: lock,
        })
    }

    /// What the library is to begin with after the first root: the chain as far as it goes
    /// on from there, and the floors.
    ///
    /// # Errors
    /// [`UpdateError::BadStore`] where the chain is of another repository.
    pub(super) fn seed(&self, first: &TrustedMetadataSet) -> Result<MemoryStore, UpdateError> {
        let bad = |reason: &str| UpdateError::BadStore {
            path: self.directory.join(FILE_NAME),
            reason: reason.to_owned(),
        };
        let failed = |_| bad("it cannot be kept in memory");
        let memory = MemoryStore::new();
        let other = || bad("it is of a repository with another root");
        let mut roots = Vec::new();
        for root in &self.content.roots {
            roots.push((version_of(root).map_err(|reason| bad(&reason))?, root));
        }
        let own = first.root().version;
        if let Some((_, same)) = roots.iter().find(|(version, _)| *version == own)
            && same.0 != first.root_bytes()
        {
            return Err(other());
        }
        // Another program began with another root: the chain between them is not here.
        let is_apart = |from: u64, to: u64| own + 1 < from || to < own;
        if let (Some((from, start)), Some((to, end))) = (roots.first(), roots.last())
            && is_apart(*from, *to)
        {
            let nearest = if *to < own { end } else { start };
            let nearest = TrustedMetadataSet::from_root(&nearest.0);
            if !nearest.is_ok_and(|set| shares_keys(&set, first)) {
                return Err(other());
            }
            roots.clear();
        }
        let mut trusted = first.clone();
        for (version, root) in roots.into_iter().filter(|(version, _)| *version > own) {
            trusted
                .update_root(&root.0)
                .map_err(|_| bad("its roots do not follow from the first root"))?;
            let name = format!("root_history/{version}.root.json");
            memory.store(&name, &root.0).map_err(failed)?;
        }
        if let Some(accepted) = &self.content.accepted {
            for (name, bytes) in [
                ("timestamp.json", &accepted.timestamp),
                ("snapshot.json", &accepted.snapshot),
                ("targets.json", &accepted.targets),
            ] {
                memory.store(name, &bytes.0).map_err(failed)?;
            }
        }
        Ok(memory)
    }

    /// The version of the last root that was accepted; 0 where none was.
    pub(super) fn last_root(&self) -> u64 {
        let last = self.content.roots.last();
        last.and_then(|root| version_of(root).ok()).unwrap_or(0)
    }

    /// Keeps the chain of roots, and where an update is complete what it accepted.
    ///
    /// # Errors
    /// [`UpdateError::File`].
    pub(super) fn keep(
        &mut self,
        memory: &MemoryStore,
        first: &TrustedMetadataSet,
        trusted: &TrustedMetadataSet,
        complete: bool,
    ) -> Result<(), UpdateError> {
        let load = |name: &str| memory.load(name).ok().flatten().map(Base64);
        let last = trusted.root().version;
        if last < self.last_root() {
            return Ok(());
        }
        let mut roots = vec![Base64(first.root_bytes().to_vec())];
        for version in first.root().version + 1..=last {
            roots.extend(load(&format!("root_history/{version}.root.json")));
        }
        let mut content = Content {
            schema: SCHEMA.to_owned(),
            roots,
            accepted: self.content.accepted.clone(),
        };
        if complete {
            let parts = (
                load("timestamp.json"),
                load("snapshot.json"),
                load("targets.json"),
            );
            if let (Some(timestamp), Some(snapshot), Some(targets)) = parts {
                content.accepted = Some(Accepted {
                    root: last,
                    timestamp,
                    snapshot,
                    targets,
                });
            }
        } else if let Some(accepted) = &content.accepted {
            // A newer program begins with a root that what was accepted is older than.
            let has_root = content
                .roots
                .iter()
                .any(|root| version_of(root).is_ok_and(|version| version == accepted.root));
            if !has_root {
                return Ok(());
            }
        }
        // What could not be read back would lock everybody out.
        if let Err(reason) = verify(&content) {
            return Err(UpdateError::Malformed { reason });
        }
        if content == self.content {
            return Ok(());
        }
        self.write(FILE_NAME, &json_of(&content)?)?;
        self.content = content;
        Ok(())
    }

    /// Writes a file of the directory, unless it is there like that.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), UpdateError> {
        let path = self.path(name);
        match files::read_bounded(&path, bytes.len() as u64) {
            Ok(there) if there == bytes => Ok(()),
            _ => Ok(files::write_atomic(&path, bytes)?),
        }
    }

    /// Removes a file of the directory, if it is there.
    pub(super) fn remove(&self, name: &str) -> Result<(), UpdateError> {
        let path = self.path(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(FileError::Write { path, source }.into())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

fn lock(directory: &Path) -> Result<File, UpdateError> {
    let path = directory.join(LOCK_NAME);
    let failed = |source| {
        let path = path.clone();
        UpdateError::File(FileError::Write { path, source })
    };
    std::fs::create_dir_all(directory).map_err(failed)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(UpdateError::Busy {
            path: directory.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn parse(bytes: &[u8]) -> Result<Content, String> {
    let limit = usize::try_from(MAX_BYTES).unwrap_or(usize::MAX);
    let value = parse_json(bytes, limit).map_err(|e| e.to_string())?;
    let content: Content = serde_json::from_value(value).map_err(|e| e.to_string())?;
    match content.schema == SCHEMA {
        true => Ok(content),
        false => Err(format!("its schema is not `{SCHEMA}`")),
    }
}

fn json_of(content: &Content) -> Result<Vec<u8>, UpdateError> {
    serde_json::to_vec(content).map_err(|e| UpdateError::Malformed {
        reason: e.to_string(),
    })
}

/// Whether the chain is one, and what was accepted verifies with the root that it names.
fn verify(content: &Content) -> Result<(), String> {
    let Some((first, rest)) = content.roots.split_first() else {
        return match content.accepted {
            None => Ok(()),
            Some(_) => Err("it has no root".to_owned()),
        };
    };
    let mut set = TrustedMetadataSet::from_root(&first.0).map_err(|e| reason_of(&e))?;
    let mut accepted_with = None;
    let wanted = content.accepted.as_ref().map(|accepted| accepted.root);
    if Some(set.root().version) == wanted {
        accepted_with = Some(set.clone());
    }
    for root in rest {
        set.update_root(&root.0).map_err(|e| reason_of(&e))?;
        if Some(set.root().version) == wanted {
            accepted_with = Some(set.clone());
        }
    }
    let Some(accepted) = &content.accepted else {
        return Ok(());
    };
    let mut set = accepted_with.ok_or("it lacks the root that it was accepted with")?;
    // Floors do not expire: nothing has at the earliest of times.
    let ever = Timestamp::MIN;
    set.update_timestamp(&accepted.timestamp.0, ever)
        .and_then(|()| set.update_snapshot(&accepted.snapshot.0, ever))
        .and_then(|()| set.update_targets(&accepted.targets.0, ever).map(|_| ()))
        .map_err(|e| reason_of(&e))
}

fn version_of(root: &Base64) -> Result<u64, String> {
    TrustedMetadataSet::from_root(&root.0)
        .map(|set| set.root().version)
        .map_err(|e| reason_of(&e))
}

/// Whether two roots have a key of the role `root` in common: consecutive ones of one
/// repository usually have, those of two repositories never.
fn shares_keys(one: &TrustedMetadataSet, other: &TrustedMetadataSet) -> bool {
    let keys = |set: &TrustedMetadataSet| {
        let root = set.root();
        let ids = root.role("root").map(|role| role.keyids.clone());
        let mut keys = Vec::new();
        for id in ids.unwrap_or_default() {
            keys.extend(root.keys.get(&id).map(|key| key.keyval.public.clone()));
        }
        keys
    };
    let others = keys(other);
    keys(one).iter().any(|key| others.contains(key))
}
