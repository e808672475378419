//! Contents out of git's object database: read and searched by all cores, each once.

use super::decode;
use super::engine::Rules;
use super::rules::{MISSING_OBJECT, TOO_LARGE, UNREADABLE_OBJECT};
use crate::model::{
    Detail, DroppedCandidates, Finding, Gap, Location, SecretsScanned, terminal_safe,
};
use crate::support::git_repository::{BlobError, Reader, Repository};
use gix::ObjectId;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Largest content of git's database that is searched, in bytes: 50 MB. Git keeps most as
/// differences to others, so each is held as a whole.
pub const MAX_CONTENT: u64 = 50 * 1024 * 1024;

/// Contents that one thread takes at a time: neighbours in a pack share what they are
/// stored as a difference to.
const BATCH: usize = 256;

/// A content and the path that it is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content<'a> {
    pub id: ObjectId,
    pub path: &'a str,
}

/// What the contents gave.
#[derive(Debug, Default)]
pub(super) struct Searched {
    /// Findings with the place of their content in the list, sorted by it.
    pub findings: Vec<(usize, Finding)>,
    pub gaps: Vec<Gap>,
    pub scanned: SecretsScanned,
    /// What was dropped, where the rules are asked for it.
    dropped: DroppedCandidates,
    /// Places of the contents that gave a gap.
    pub unsearched: Vec<usize>,
}

/// Searches the contents; one that cannot be read is a gap. `limit` is the size of the
/// largest that is searched, in bytes.
pub(super) fn search(
    repository: &Repository,
    rules: &Rules,
    contents: &[Content<'_>],
    limit: u64,
) -> Searched {
    let collected = Mutex::new(Searched::default());
    let next = AtomicUsize::new(0);
    let batches = contents.len().div_ceil(BATCH);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores.min(batches).max(1) {
            scope.spawn(|| {
                let mut reader = repository.reader();
                let mut own = Searched::default();
                loop {
                    let start = next.fetch_add(BATCH, Ordering::Relaxed);
                    if start >= contents.len() {
                        break;
                    }
                    for (place, content) in contents.iter().enumerate().skip(start).take(BATCH) {
                        own.take(place, *content, &mut reader, rules, limit);
                    }
                }
                let mut all = collected.lock().unwrap_or_else(PoisonError::into_inner);
                all.findings.extend(own.findings);
                all.gaps.extend(own.gaps);
                all.unsearched.extend(own.unsearched);
                all.scanned.files += own.scanned.files;
                all.scanned.bytes += own.scanned.bytes;
                all.dropped.take(own.dropped);
            });
        }
    });
    let mut searched = collected
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    // Findings of one content keep their order.
    searched.findings.sort_by_key(|(place, _)| *place);
    searched.gaps.sort();
    searched.scanned.rules = rules.count();
    let mut dropped = std::mem::take(&mut searched.dropped);
    dropped.finish();
    searched.scanned.dropped = rules.explains().then_some(dropped);
    searched
}

impl Searched {
    fn take(
        &mut self,
        place: usize,
        content: Content<'_>,
        reader: &mut Reader,
        rules: &Rules,
        limit: u64,
    ) {
        let Content { id, path } = content;
        let bytes = match reader.blob(&id, limit) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.unsearched.push(place);
                return self.gaps.push(unread(path, &id.to_string(), &error, limit));
            }
        };
        self.scanned.files += 1;
        self.scanned.bytes += bytes.len() as u64;
        let found = decode::search(path, bytes, rules);
        self.findings
            .extend(found.findings.into_iter().map(|finding| (place, finding)));
        if !found.gaps.is_empty() {
            self.unsearched.push(place);
        }
        self.gaps.extend(found.gaps);
        self.dropped.take(found.dropped);
    }
}

/// The gap of a content that is larger than is searched.
fn too_large(path: &str, limit: u64) -> Gap {
    Gap {
        id: TOO_LARGE,
        message: format!(
            "`{}` was not searched for secrets: it is larger than {limit} bytes",
            terminal_safe(path)
        ),
        location: Some(Location::file(path)),
        remedy: "keep large data outside the tree".to_owned(),
    }
}

fn unread(path: &str, id: &str, error: &BlobError, limit: u64) -> Gap {
    let (rule, reason, remedy) = match error {
        BlobError::TooLarge => return too_large(path, limit),
        BlobError::Missing => (
            MISSING_OBJECT,
            "this clone does not have it".to_owned(),
            "search a full clone: `git fetch --refetch` without a filter",
        ),
        BlobError::Unreadable(reason) => (
            UNREADABLE_OBJECT,
            reason.clone(),
            "repair the repository: `git fsck --full` says what is damaged",
        ),
    };
    Gap {
        id: rule,
        message: format!(
            "`{}` in the form {} was not searched for secrets: {}",
            terminal_safe(path),
            id.get(..12).unwrap_or(id),
            terminal_safe(&reason)
        ),
        location: Some(Location::file(path)),
        remedy: remedy.to_owned(),
    }
}

/// Whether two findings are of one secret: the same kind with the same value.
pub(super) fn are_same(one: &Finding, two: &Finding) -> bool {
    match (&one.detail, &two.detail) {
        (Detail::Secret(one), Detail::Secret(two)) => {
            one.kind == two.kind && one.value == two.value
        }
        _ => false,
    }
}
