//! Every file of a history, each content once: commits from the oldest on, and of each only
//! the directories and files that no earlier one had.

use super::git_repository::{GitError, Repository};
use gix::ObjectId;
use gix::hashtable::{HashMap, HashSet};
use gix::objs::tree::EntryKind;
use gix::odb::store::iter::Ordering;
use gix::prelude::FindExt as _;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Most commits of one history.
const MAX_COMMITS: usize = 5_000_000;
/// Most different files of one history.
const MAX_BLOBS: usize = 20_000_000;
/// Deepest nesting of directories that is followed.
const MAX_DEPTH: usize = 200;
/// Most troubles that are kept.
const MAX_TROUBLES: usize = 1000;

/// A commit of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its object id.
    pub id: ObjectId,
    /// Its parents, those too that the walk did not go to.
    pub parents: Vec<ObjectId>,
    tree: ObjectId,
    time: i64,
}

/// A content that some file had at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its object id.
    pub id: ObjectId,
    /// Where it was first, relative to the root that was asked for.
    pub path: String,
    /// The first commit that has it: an index into [`History::commits`].
    pub commit: usize,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A commit or directory cannot be read.
    Object {
        /// Its object id in hex.
        id: String,
        /// Why.
        reason: String,
    },
    /// The files of a submodule are in another repository.
    Submodule {
        /// Its path.
        path: String,
    },
    /// Directories are nested deeper than is followed.
    TooDeep {
        /// The path.
        path: String,
    },
}

/// What a walk gives.
#[derive(Debug, Default)]
pub struct History {
    /// The commits, ancestors first.
    pub commits: Vec<Commit>,
    /// The contents, in the order in which packs hold them.
    pub blobs: Vec<Blob>,
    /// Known commits that children of theirs led to, sorted.
    pub boundary: Vec<ObjectId>,
    /// What could not be looked at, sorted, each once.
    pub troubles: Vec<Trouble>,
}

/// The history that `tips` lead to, without the commits in `known` and what they hold.
///
/// # Errors
/// [`GitError::TooMany`] over the limits.
pub fn walk(
    repository: &Repository,
    tips: &[ObjectId],
    known: &HashSet<ObjectId>,
) -> Result<History, GitError> {
    let mut walker = Walker::new(repository)?;
    let boundary = walker.commits(tips, known)?;
    for id in &boundary {
        // What these hold was looked at before.
        if let Some(commit) = walker.commit(*id) {
            walker.commit_files(commit.tree, usize::MAX)?;
        }
    }
    walker.history.boundary = boundary;
    walker.found.clear();
    for place in 0..walker.history.commits.len() {
        let tree = walker.history.commits.get(place).map(|commit| commit.tree);
        if let Some(tree) = tree {
            walker.commit_files(tree, place)?;
        }
    }
    walker.finish()
}

/// The content that a file has in a commit; the path is relative to the root that was asked
/// for. `None` where there is no such file.
///
/// # Errors
/// [`GitError::Object`] where a part of the commit cannot be read.
pub fn file_at(
    repository: &Repository,
    commit: ObjectId,
    path: &str,
) -> Result<Option<ObjectId>, GitError> {
    let unreadable = |error: &dyn std::fmt::Display| GitError::object(commit, error);
    let local = repository.local();
    let commit = local.find_commit(commit).map_err(|e| unreadable(&e))?;
    let tree = commit.tree().map_err(|e| unreadable(&e))?;
    let path = format!("{}{path}", repository.prefix());
    let entry = tree
        .lookup_entry(path.split('/'))
        .map_err(|e| unreadable(&e))?;
    let is_file = |kind| matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable);
    Ok(entry
        .filter(|entry| is_file(entry.mode().kind()))
        .map(|entry| entry.object_id()))
}

/// The known commits that `tips` lead to without passing another known one.
///
/// # Errors
/// [`GitError::TooMany`] over the limit; [`GitError::Object`] where a commit cannot be read.
pub fn edge(
    repository: &Repository,
    tips: &[ObjectId],
    known: &HashSet<ObjectId>,
) -> Result<Vec<ObjectId>, GitError> {
    let mut walker = Walker::new(repository)?;
    let edge = walker.commits(tips, known)?;
    match walker.history.troubles.pop() {
        Some(Trouble::Object { id, reason }) => Err(GitError::Object { id, reason }),
        _ => Ok(edge),
    }
}

/// The ids of all commits that `tips` lead to.
///
/// # Errors
/// [`GitError::TooMany`] over the limit; [`GitError::Object`] where one cannot be read: what
/// it leads to is not known.
pub fn ancestors(
    repository: &Repository,
    tips: &[ObjectId],
) -> Result<HashSet<ObjectId>, GitError> {
    let mut walker = Walker::new(repository)?;
    walker.commits(tips, &HashSet::default())?;
    if let Some(Trouble::Object { id, reason }) = walker.history.troubles.pop() {
        return Err(GitError::Object { id, reason });
    }
    let commits = walker.history.commits.into_iter();
    Ok(commits.map(|commit| commit.id).collect())
}

/// The files of a commit below the root that was asked for: path and content.
///
/// # Errors
/// [`GitError::Object`] where a part of it cannot be read.
pub fn files_of(
    repository: &Repository,
    commit: ObjectId,
) -> Result<Vec<(String, ObjectId)>, GitError> {
    let mut walker = Walker::new(repository)?;
    walker.every_path = true;
    if let Some(commit) = walker.commit(commit) {
        walker.commit_files(commit.tree, 0)?;
    }
    let problem = walker.history.troubles.into_iter().find_map(|trouble| {
        Some(match trouble {
            Trouble::Object { id, reason } => GitError::Object { id, reason },
            Trouble::TooDeep { path } => GitError::object(path, &"it is nested too deep"),
            Trouble::Submodule { .. } => return None,
        })
    });
    match problem {
        Some(error) => Err(error),
        None => Ok(walker.found.into_iter().map(|b| (b.path, b.id)).collect()),
    }
}

struct Walker<'r> {
    repository: &'r Repository,
    local: gix::Repository,
    /// Commits whose parents were not fetched.
    shallow: HashSet<ObjectId>,
    trees: HashSet<ObjectId>,
    blobs: HashSet<ObjectId>,
    found: Vec<Blob>,
    /// A content at two paths is two files, and a directory is read at every place.
    every_path: bool,
    history: History,
    buffer: Vec<u8>,
}

/// An entry of a directory that is to be looked at.
struct Entry {
    name: String,
    id: ObjectId,
    kind: EntryKind,
}

impl<'r> Walker<'r> {
    fn new(repository: &'r Repository) -> Result<Self, GitError> {
        let local = repository.reader().into_inner();
        let shallow = local
            .shallow_commits()
            .map_err(|error| GitError::Repository(error.to_string()))?;
        let ids = shallow.iter().flat_map(|ids| ids.iter().copied());
        Ok(Self {
            repository,
            shallow: ids.collect(),
            local,
            trees: HashSet::default(),
            blobs: HashSet::default(),
            found: Vec::new(),
            every_path: false,
            history: History::default(),
            buffer: Vec::new(),
        })
    }

    fn trouble(&mut self, trouble: Trouble) {
        if self.history.troubles.len() < MAX_TROUBLES {
            self.history.troubles.push(trouble);
        }
    }

    fn commit(&mut self, id: ObjectId) -> Option<Commit> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = self.local.objects.find_commit(&id, &mut buffer);
        let commit = read.map_err(|error| error.to_string()).and_then(|commit| {
            let time = commit.time().map_err(|error| error.to_string())?;
            Ok(Commit {
                id,
                parents: match self.shallow.contains(&id) {
                    true => Vec::new(),
                    false => commit.parents().collect(),
                },
                tree: commit.tree(),
                time: time.seconds,
            })
        });
        self.buffer = buffer;
        match commit {
            Ok(commit) => Some(commit),
            Err(reason) => {
                let id = id.to_string();
                self.trouble(Trouble::Object { id, reason });
                None
            }
        }
    }

    /// Collects the commits, ancestors first; gives the known ones at their edge.
    fn commits(
        &mut self,
        tips: &[ObjectId],
        known: &HashSet<ObjectId>,
    ) -> Result<Vec<ObjectId>, GitError> {
        let mut boundary = Vec::new();
        let mut seen: HashSet<ObjectId> = HashSet::default();
        let mut open: Vec<ObjectId> = tips.to_vec();
        let mut commits: HashMap<ObjectId, Commit> = HashMap::default();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if known.contains(&id) {
                boundary.push(id);
                continue;
            }
            if commits.len() >= MAX_COMMITS {
                return Err(GitError::TooMany {
                    what: "commits",
                    limit: MAX_COMMITS,
                });
            }
            if let Some(commit) = self.commit(id) {
                open.extend(commit.parents.iter().copied());
                commits.insert(id, commit);
            }
        }
        self.history.commits = ancestors_first(commits);
        boundary.sort();
        Ok(boundary)
    }

    /// The files of a commit's tree below the root that was asked for.
    fn commit_files(&mut self, tree: ObjectId, commit: usize) -> Result<(), GitError> {
        let prefix = self.repository.prefix().trim_end_matches('/').to_owned();
        let mut at = tree;
        for part in prefix.split('/').filter(|part| !part.is_empty()) {
            // Entries of one directory, unfiltered: the way down is read for each commit.
            let Some(entries) = self.entries(at) else {
                return Ok(());
            };
            let is_it = |entry: &Entry| entry.name == part && entry.kind == EntryKind::Tree;
            match entries.into_iter().find(is_it) {
                Some(entry) => at = entry.id,
                None => return Ok(()),
            }
        }
        self.tree(at, &mut String::new(), commit, 0)
    }

    fn entries(&mut self, id: ObjectId) -> Option<Vec<Entry>> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = self.local.objects.find_tree_iter(&id, &mut buffer);
        let entries = read.map_err(|error| error.to_string()).and_then(|entries| {
            let mut list = Vec::new();
            for entry in entries {
                let entry = entry.map_err(|error| error.to_string())?;
                list.push((entry.filename, entry.oid, entry.mode.kind()));
            }
            let is_new = |(_, id, kind): &(_, &gix::oid, EntryKind)| match kind {
                EntryKind::Blob | EntryKind::BlobExecutable => {
                    self.every_path || !self.blobs.contains(*id)
                }
                EntryKind::Tree => self.every_path || !self.trees.contains(*id),
                EntryKind::Commit => true,
                EntryKind::Link => false,
            };
            list.retain(is_new);
            Ok(list
                .into_iter()
                .map(|(name, id, kind)| Entry {
                    name: name.to_string(),
                    id: id.to_owned(),
                    kind,
                })
                .collect::<Vec<_>>())
        });
        self.buffer = buffer;
        match entries {
            Ok(entries) => Some(entries),
            Err(reason) => {
                let id = id.to_string();
                self.trouble(Trouble::Object { id, reason });
                None
            }
        }
    }

    fn tree(
        &mut self,
        id: ObjectId,
        path: &mut String,
        commit: usize,
        depth: usize,
    ) -> Result<(), GitError> {
        if !self.every_path && !self.trees.insert(id) {
            return Ok(());
        }
        if depth > MAX_DEPTH {
            let path = path.clone();
            self.trouble(Trouble::TooDeep { path });
            return Ok(());
        }
        let length = path.len();
        for entry in self.entries(id).unwrap_or_default() {
            path.push_str(&entry.name);
            match entry.kind {
                EntryKind::Tree => {
                    path.push('/');
                    self.tree(entry.id, path, commit, depth + 1)?;
                }
                EntryKind::Commit => {
                    let path = path.clone();
                    self.trouble(Trouble::Submodule { path });
                }
                EntryKind::Blob | EntryKind::BlobExecutable => {
                    if self.blobs.insert(entry.id) || self.every_path {
                        self.blob(entry.id, path, commit)?;
                    }
                }
                EntryKind::Link => {}
            }
            path.truncate(length);
        }
        Ok(())
    }

    fn blob(&mut self, id: ObjectId, path: &str, commit: usize) -> Result<(), GitError> {
        if self.found.len() >= MAX_BLOBS {
            return Err(GitError::TooMany {
                what: "files",
                limit: MAX_BLOBS,
            });
        }
        if commit != usize::MAX {
            let path = path.to_owned();
            self.found.push(Blob { id, path, commit });
        }
        Ok(())
    }

    /// Brings the contents into the order of the packs, where one is often stored as the
    /// difference to its neighbour.
    fn finish(mut self) -> Result<History, GitError> {
        let mut places: HashMap<ObjectId, Blob> =
            self.found.into_iter().map(|blob| (blob.id, blob)).collect();
        let mut blobs = Vec::with_capacity(places.len());
        if let Ok(iter) = self.local.objects.iter() {
            let order = Ordering::PackAscendingOffsetThenLooseLexicographical;
            // What cannot be listed here fails, and is told, where it is read.
            for id in iter.with_ordering(order).flatten() {
                blobs.extend(places.remove(&id));
            }
        }
        let mut rest: Vec<Blob> = places.into_values().collect();
        rest.sort_by_key(|blob| blob.id);
        blobs.extend(rest);
        self.history.blobs = blobs;
        self.history.troubles.sort();
        self.history.troubles.dedup();
        Ok(self.history)
    }
}

/// Every commit after all its parents; of those that could come next, the oldest.
fn ancestors_first(mut commits: HashMap<ObjectId, Commit>) -> Vec<Commit> {
    let mut waiting: HashMap<ObjectId, usize> = HashMap::default();
    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::default();
    let mut ready = BinaryHeap::new();
    for commit in commits.values() {
        let mut parents = commit.parents.clone();
        parents.sort();
        parents.dedup();
        parents.retain(|parent| commits.contains_key(parent));
        if parents.is_empty() {
            ready.push(Reverse((commit.time, commit.id)));
        }
        waiting.insert(commit.id, parents.len());
        for parent in parents {
            children.entry(parent).or_default().push(commit.id);
        }
    }
    let mut sorted = Vec::with_capacity(commits.len());
    while let Some(Reverse((_, id))) = ready.pop() {
        for child in children.remove(&id).unwrap_or_default() {
            if let Some(count) = waiting.get_mut(&child) {
                *count -= 1;
                if *count == 0
                    && let Some(commit) = commits.get(&child)
                {
                    ready.push(Reverse((commit.time, child)));
                }
            }
        }
        sorted.extend(commits.remove(&id));
    }
    sorted
}
