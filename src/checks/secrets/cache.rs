//! What a search of a history may leave out the next time: the commits that were searched
//! with the same rules, and which of their contents had a finding or a gap. It holds names
//! of objects and paths, never a value: these contents are searched again.

use super::error::SecretsError;
use crate::support::files::{read_bounded, write_atomic};
use crate::support::git_history::{History, edge};
use crate::support::git_repository::Repository;
use crate::support::hash::sha256;
use gix::ObjectId;
use gix::hashtable::{HashMap, HashSet};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Form of the file; a file of another form is not used.
const FORM: u32 = 1;
/// Largest file that is read.
const MAX_CACHE: u64 = 1024 * 1024 * 1024;

/// A content with a finding or a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub id: ObjectId,
    pub path: String,
    /// The first commit that has it.
    pub commit: ObjectId,
    /// The place of that commit among those that were searched, ancestors first.
    pub age: usize,
}

/// The file, as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    form: u32,
    rules: String,
    /// The path of the root inside the repository.
    prefix: String,
    /// Object id and places of the parents; ancestors first.
    commits: Vec<(Vec<u8>, Vec<u32>)>,
    /// Object id, path, place of the commit.
    hits: Vec<(Vec<u8>, String, u32)>,
}

/// What is remembered; empty where nothing is, or where it does not fit.
#[derive(Debug, Default)]
pub(super) struct Cache {
    path: PathBuf,
    stored: Stored,
    places: HashMap<ObjectId, u32>,
}

impl Cache {
    /// Reads what a directory remembers of searches with these rules. A file that is
    /// damaged, or that knows commits which no reference leads to any more, counts as none:
    /// what those brought would be told as if it were still there.
    pub fn open(directory: &Path, repository: &Repository, rules: &str, tips: &[ObjectId]) -> Self {
        let prefix = repository.prefix();
        let key = sha256(format!("{FORM}\0{rules}\0{prefix}").as_bytes()).hex();
        let path = directory.join(format!("secrets-{}.cache", key.get(..16).unwrap_or(&key)));
        let empty = Self {
            stored: Stored {
                form: FORM,
                rules: rules.to_owned(),
                prefix: prefix.to_owned(),
                ..Stored::default()
            },
            path: path.clone(),
            places: HashMap::default(),
        };
        let Some(stored) = read(&path) else {
            return empty;
        };
        if stored.form != FORM || stored.rules != rules || stored.prefix != prefix {
            return empty;
        }
        let mut cache = Self {
            path,
            stored,
            places: HashMap::default(),
        };
        match cache.index() && cache.is_reached(repository, tips) {
            true => cache,
            false => empty,
        }
    }

    /// Fills `places`; `false` where the file contradicts itself.
    fn index(&mut self) -> bool {
        for (place, (id, parents)) in self.stored.commits.iter().enumerate() {
            let (Ok(id), Ok(place)) = (ObjectId::try_from(id.as_slice()), u32::try_from(place))
            else {
                return false;
            };
            if parents.iter().any(|parent| *parent >= place) {
                return false;
            }
            self.places.insert(id, place);
        }
        let count = self.stored.commits.len();
        let is_sound = |(id, _, commit): &(Vec<u8>, String, u32)| {
            ObjectId::try_from(id.as_slice()).is_ok() && (*commit as usize) < count
        };
        self.stored.hits.iter().all(is_sound)
    }

    /// Whether every commit that is known is one that the references lead to. New commits
    /// are walked, known ones looked up.
    fn is_reached(&self, repository: &Repository, tips: &[ObjectId]) -> bool {
        let mut reached = vec![false; self.stored.commits.len()];
        let known = self.commits();
        let Ok(edge) = edge(repository, tips, &known) else {
            return false;
        };
        for id in edge {
            if let Some(slot) = self
                .places
                .get(&id)
                .and_then(|p| reached.get_mut(*p as usize))
            {
                *slot = true;
            }
        }
        // Ancestors come first, so one pass from the end reaches all.
        for place in (0..reached.len()).rev() {
            if !reached.get(place).copied().unwrap_or_default() {
                return false;
            }
            let parents = self.stored.commits.get(place).map(|(_, parents)| parents);
            for parent in parents.into_iter().flatten() {
                if let Some(slot) = reached.get_mut(*parent as usize) {
                    *slot = true;
                }
            }
        }
        true
    }

    /// The commits that need not be searched.
    pub fn commits(&self) -> HashSet<ObjectId> {
        self.places.keys().copied().collect()
    }

    /// What is to be searched again.
    pub fn hits(&self) -> Vec<Hit> {
        let commits = &self.stored.commits;
        let hits = self.stored.hits.iter();
        hits.filter_map(|(id, path, place)| {
            let (commit, _) = commits.get(*place as usize)?;
            Some(Hit {
                id: ObjectId::try_from(id.as_slice()).ok()?,
                path: path.clone(),
                commit: ObjectId::try_from(commit.as_slice()).ok()?,
                age: *place as usize,
            })
        })
        .collect()
    }

    /// Takes in what was searched now: all commits that there are.
    pub fn add(&mut self, history: &History, hits: Vec<Hit>) {
        for commit in &history.commits {
            let Ok(place) = u32::try_from(self.stored.commits.len()) else {
                return;
            };
            let parents = commit.parents.iter();
            let parents = parents.filter_map(|parent| self.places.get(parent).copied());
            let parents = parents.collect();
            self.places.insert(commit.id, place);
            let id = commit.id.as_bytes().to_vec();
            self.stored.commits.push((id, parents));
        }
        for hit in hits {
            if let Some(place) = self.places.get(&hit.commit) {
                let id = hit.id.as_bytes().to_vec();
                self.stored.hits.push((id, hit.path, *place));
            }
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`SecretsError::Cache`].
    pub fn store(&self) -> Result<(), SecretsError> {
        let failed = |reason: String| SecretsError::Cache {
            path: self.path.display().to_string(),
            reason,
        };
        let mut bytes = postcard::to_allocvec(&self.stored).map_err(|e| failed(e.to_string()))?;
        let digest = sha256(&bytes).hex();
        bytes.extend(digest.as_bytes());
        if let Some(directory) = self.path.parent() {
            std::fs::create_dir_all(directory).map_err(|error| failed(error.to_string()))?;
        }
        write_atomic(&self.path, &bytes).map_err(|error| failed(error.to_string()))
    }
}

/// The content of the file; `None` where it is missing, damaged or of another form.
fn read(path: &Path) -> Option<Stored> {
    let bytes = read_bounded(path, MAX_CACHE).ok()?;
    let (content, digest) = bytes.split_at_checked(bytes.len().checked_sub(64)?)?;
    (sha256(content).hex().as_bytes() == digest).then_some(())?;
    postcard::from_bytes(content).ok()
}
