//! The history of a repository or a part of it: each content that a file ever had is
//! searched once, and each secret is told with the commit that brought it.

use super::cache::{Cache, Hit};
use super::engine::Rules;
use super::error::SecretsError;
use super::objects::{Content, are_same, search};
use super::own::OwnRules;
use super::rules::{BROKEN_REFERENCE, SHALLOW_HISTORY, SUBMODULE, UNREADABLE_OBJECT};
use super::tree::by_place;
use crate::model::{
    Detail, Finding, Gap, Introduced, Location, Outcome, SecretsScanned, terminal_safe,
};
use crate::support::git_history::{self, History, Trouble, ancestors, file_at, files_of};
use crate::support::git_repository::Repository;
use gix::ObjectId;
use gix::hashtable::HashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which commits to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commits {
    /// All that any reference leads to.
    All,
    /// Those that `until` leads to and `since` does not, as git's `since..until`.
    Range {
        /// A name of a commit.
        since: String,
        /// A name of a commit.
        until: String,
    },
    /// Those that a push would bring: that `tips` lead to, and neither `known` nor what was
    /// fetched from the remote does.
    Pushed {
        /// The remote's name.
        remote: String,
        /// Object ids that are pushed, in hex.
        tips: Vec<String>,
        /// Object ids that the other side has; one that this side does not have says
        /// nothing.
        known: Vec<String>,
    },
}

/// How to search.
#[derive(Debug, Clone)]
pub struct HistoryOptions {
    /// Largest content that is searched, in bytes; a larger one is a gap.
    pub max_file_size: u64,
    /// Directory that remembers which commits were searched with the same rules.
    pub cache: Option<PathBuf>,
    /// Rules of one's own, beside the built-in ones.
    pub own: OwnRules,
    /// Tell what was dropped as well.
    pub explain: bool,
}

/// The secrets of commits, sorted by place; each with the first commit that has it. The
/// same value of the same kind at the same path is one finding, however many versions of
/// the file have it. Of a range only what its edge does not have at the same path.
///
/// # Errors
/// [`SecretsError::NoRepository`] where `root` is in no repository, [`SecretsError::Git`]
/// where that or a name cannot be read, [`SecretsError::Cache`] where the cache cannot be
/// written; a fault of the rules as in [`Rules::load`].
pub fn check_history(
    root: &Path,
    commits: &Commits,
    options: &HistoryOptions,
) -> Result<(Outcome, SecretsScanned), SecretsError> {
    let limit = options.max_file_size;
    let repository = Repository::around(root, limit)?.ok_or_else(|| SecretsError::none(root))?;
    let rules = Rules::load_with(&options.own)?.explaining(options.explain);
    let Scope {
        tips,
        known,
        mut cache,
        mut gaps,
    } = Scope::of(&repository, &rules, commits, options)?;
    let history = git_history::walk(&repository, &tips, &known)?;
    gaps.extend(history.troubles.iter().map(trouble));

    let hits = cache.hits();
    let contents: Vec<Content<'_>> = hits
        .iter()
        .map(|hit| Content {
            id: hit.id,
            path: &hit.path,
        })
        .chain(history.blobs.iter().map(|blob| Content {
            id: blob.id,
            path: &blob.path,
        }))
        .collect();
    let mut searched = search(&repository, &rules, &contents, limit);
    searched.scanned.commits = history.commits.len() as u64;
    // A content that was not searched whole is searched again, like one with a finding.
    let complete = gaps.is_empty();
    gaps.append(&mut searched.gaps);
    let found = searched.findings.iter().map(|(place, _)| *place);
    let again: BTreeSet<usize> = found.chain(searched.unsearched).collect();
    let new_hits = new_hits(&history, hits.len(), &again);
    let origin = |place: usize| match hits.get(place) {
        Some(hit) => Some(hit.commit),
        None => commit_of(&history, place - hits.len()),
    };
    let mut secrets = Secrets::default();
    // The oldest commit first.
    let mut order: Vec<(usize, usize, Finding)> = searched
        .findings
        .into_iter()
        .map(|(place, finding)| {
            // Ancestors were searched before.
            let age = match (hits.get(place), place.checked_sub(hits.len())) {
                (Some(hit), _) => hit.age,
                (None, Some(place)) => {
                    known.len() + history.blobs.get(place).map_or(0, |blob| blob.commit)
                }
                (None, None) => 0,
            };
            (age, place, finding)
        })
        .collect();
    order.sort_by(|a, b| (a.0, &a.2.location, a.1).cmp(&(b.0, &b.2.location, b.1)));
    for (_, place, finding) in order {
        if let (Some(commit), Some(content)) = (origin(place), contents.get(place)) {
            secrets.take(finding, commit, content.id);
        }
    }
    if *commits != Commits::All {
        secrets.without(&known_at(&repository, &rules, &history, &secrets, limit)?);
    }
    let findings = secrets.finish(&repository)?;
    if complete && options.cache.is_some() && *commits == Commits::All {
        cache.add(&history, new_hits);
        cache.store()?;
    }
    gaps.sort();
    gaps.dedup();
    Ok((Outcome { findings, gaps }, searched.scanned))
}

/// Where a walk begins and ends.
struct Scope {
    tips: Vec<ObjectId>,
    known: HashSet<ObjectId>,
    cache: Cache,
    gaps: Vec<Gap>,
}

impl Scope {
    fn of(
        repository: &Repository,
        rules: &Rules,
        commits: &Commits,
        options: &HistoryOptions,
    ) -> Result<Self, SecretsError> {
        let mut scope = Self {
            tips: Vec::new(),
            known: HashSet::default(),
            cache: Cache::default(),
            gaps: Vec::new(),
        };
        if repository.is_shallow()? {
            scope.gaps.push(shallow());
        }
        match commits {
            Commits::All => {
                let (tips, broken) = repository.tips()?;
                let broken = broken.iter().map(|name| broken_reference(name));
                scope.gaps.extend(broken);
                if let Some(directory) = &options.cache {
                    scope.cache = Cache::open(directory, repository, &rules.digest(), &tips);
                    scope.known = scope.cache.commits();
                }
                scope.tips = tips;
            }
            Commits::Range { since, until } => {
                let since = repository.commit(since)?;
                scope.tips = vec![repository.commit(until)?];
                scope.known = ancestors(repository, &[since])?;
            }
            Commits::Pushed {
                remote,
                tips,
                known,
            } => {
                let tips = tips.iter().map(|name| repository.commit(name));
                scope.tips = tips.collect::<Result<_, _>>()?;
                let mut hidden = repository.fetched_from(remote)?;
                hidden.extend(known.iter().filter_map(|name| repository.commit(name).ok()));
                scope.known = ancestors(repository, &hidden)?;
            }
        }
        Ok(scope)
    }
}

fn commit_of(history: &History, place: usize) -> Option<ObjectId> {
    let blob = history.blobs.get(place)?;
    history.commits.get(blob.commit).map(|commit| commit.id)
}

/// The contents that are to be searched again, for the cache.
fn new_hits(history: &History, cached: usize, again: &BTreeSet<usize>) -> Vec<Hit> {
    let new = again.iter().filter_map(|place| place.checked_sub(cached));
    new.filter_map(|place| {
        let blob = history.blobs.get(place)?;
        Some(Hit {
            id: blob.id,
            path: blob.path.clone(),
            commit: commit_of(history, place)?,
            age: blob.commit,
        })
    })
    .collect()
}

/// The findings at the edge of a range, in the files that have some within it.
fn known_at(
    repository: &Repository,
    rules: &Rules,
    history: &History,
    secrets: &Secrets,
    limit: u64,
) -> Result<Vec<Finding>, SecretsError> {
    let mut known: Vec<(ObjectId, &str)> = Vec::new();
    for path in secrets.by_path.keys() {
        for commit in &history.boundary {
            let id = file_at(repository, *commit, path)?;
            known.extend(id.map(|id| (id, path.as_str())));
        }
    }
    known.sort();
    known.dedup();
    let contents: Vec<Content<'_>> = known
        .iter()
        .map(|(id, path)| Content { id: *id, path })
        .collect();
    let findings = search(repository, rules, &contents, limit).findings;
    Ok(findings.into_iter().map(|(_, finding)| finding).collect())
}

/// Secrets of different contents, each once.
#[derive(Debug, Default)]
struct Secrets {
    by_path: BTreeMap<String, Vec<Secret>>,
}

#[derive(Debug)]
struct Secret {
    finding: Finding,
    first: ObjectId,
    /// The contents that have it.
    contents: Vec<ObjectId>,
}

impl Secrets {
    fn take(&mut self, finding: Finding, commit: ObjectId, content: ObjectId) {
        let list = self
            .by_path
            .entry(finding.location.path.clone())
            .or_default();
        match list.iter_mut().find(|s| are_same(&s.finding, &finding)) {
            Some(known) => known.contents.push(content),
            None => list.push(Secret {
                finding,
                first: commit,
                contents: vec![content],
            }),
        }
    }

    fn without(&mut self, known: &[Finding]) {
        for (path, list) in &mut self.by_path {
            let here = known.iter().filter(|known| known.location.path == *path);
            let here: Vec<&Finding> = here.collect();
            list.retain(|secret| !here.iter().any(|known| are_same(known, &secret.finding)));
        }
    }

    /// Says of each which commit brought it and whether it is still there.
    fn finish(self, repository: &Repository) -> Result<Vec<Finding>, SecretsError> {
        let secrets: Vec<Secret> = self.by_path.into_values().flatten().collect();
        if secrets.is_empty() {
            return Ok(Vec::new());
        }
        let now: HashSet<ObjectId> = match repository.head()? {
            Some(head) => {
                let files = files_of(repository, head)?.into_iter();
                files.map(|(_, id)| id).collect()
            }
            None => HashSet::default(),
        };
        let mut findings = Vec::with_capacity(secrets.len());
        for secret in secrets {
            let mut finding = secret.finding;
            let facts = repository.facts(secret.first)?;
            let in_head = secret.contents.iter().any(|id| now.contains(id));
            finding.message = format!(
                "{} since commit {} by {}, {}; {}",
                finding.message,
                facts.id.get(..12).unwrap_or(&facts.id),
                terminal_safe(&facts.author),
                facts.time.strftime("%Y-%m-%d"),
                match in_head {
                    true => "the commit checked out still has it",
                    false => "the commit checked out does not have it any more",
                }
            );
            if let Detail::Secret(detail) = &mut finding.detail {
                detail.introduced = Some(Box::new(Introduced {
                    commit: facts.id,
                    author: facts.author,
                    time: facts.time.to_string(),
                    in_head,
                }));
            }
            findings.push(finding);
        }
        findings.sort_by(by_place);
        Ok(findings)
    }
}

fn trouble(trouble: &Trouble) -> Gap {
    let (id, message, location, remedy) = match trouble {
        Trouble::Object { id, reason } => (
            UNREADABLE_OBJECT,
            format!(
                "git's object {} was not searched for secrets: {}",
                id.get(..12).unwrap_or(id),
                terminal_safe(reason)
            ),
            None,
            "search a full clone; `git fsck --full` says what is missing or damaged",
        ),
        Trouble::Submodule { path } => (
            SUBMODULE,
            format!(
                "the history of the submodule `{}` was not searched for secrets: it is in another repository",
                terminal_safe(path)
            ),
            Some(Location::file(path.as_str())),
            "search the submodule's repository on its own",
        ),
        Trouble::TooDeep { path } => (
            UNREADABLE_OBJECT,
            format!(
                "`{}` was not searched for secrets: it is nested too deep",
                terminal_safe(path)
            ),
            Some(Location::file(path.as_str())),
            "keep directories less deep",
        ),
    };
    Gap {
        id,
        message,
        location,
        remedy: remedy.to_owned(),
    }
}

fn broken_reference(name: &str) -> Gap {
    Gap {
        id: BROKEN_REFERENCE,
        message: format!(
            "the reference `{}` leads to no object, so its history was not searched for secrets",
            terminal_safe(name)
        ),
        location: None,
        remedy: "delete the reference or fetch what it leads to".to_owned(),
    }
}

fn shallow() -> Gap {
    Gap {
        id: SHALLOW_HISTORY,
        message: "the clone is shallow: commits before its edge were not searched for secrets"
            .to_owned(),
        location: None,
        remedy: "fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` in CI"
            .to_owned(),
    }
}
