//! What the next commit would bring: the staged form of files, not that of the work tree.

use super::engine::Rules;
use super::error::SecretsError;
use super::history::HistoryOptions;
use super::objects::{Content, are_same, search};
use super::tree::by_place;
use crate::model::{Outcome, SecretsScanned};
use crate::support::git_repository::Repository;
use crate::support::git_staged::staged_files;
use std::collections::BTreeSet;
use std::path::Path;

/// The secrets that the next commit below `root` would bring: those of every file that is
/// staged in another form than the commit checked out has it, without those that this
/// commit has at the same path. `index` is another index file than the repository's own:
/// git names one to its hooks. Of `options` its rules count, whether what is dropped is told,
/// and the size of the largest file searched.
///
/// # Errors
/// [`SecretsError::NoRepository`] outside a git work tree, [`SecretsError::Git`] where its
/// index or commit cannot be read; a fault of the rules as in [`Rules::load`].
pub fn check_staged(
    root: &Path,
    index: Option<&Path>,
    options: &HistoryOptions,
) -> Result<(Outcome, SecretsScanned), SecretsError> {
    let limit = options.max_file_size;
    let repository = Repository::around(root, limit)?.ok_or_else(|| SecretsError::none(root))?;
    let staged = staged_files(&repository, index)?;
    if staged.is_empty() {
        return Ok((Outcome::default(), SecretsScanned::default()));
    }
    let rules = Rules::load_with(&options.own)?.explaining(options.explain);
    let contents: Vec<Content<'_>> = staged
        .iter()
        .map(|file| Content {
            id: file.id,
            path: &file.path,
        })
        .collect();
    let mut searched = search(&repository, &rules, &contents, limit);
    // Only what has a finding is compared with what it was.
    let places: BTreeSet<usize> = searched.findings.iter().map(|(place, _)| *place).collect();
    let before: Vec<Content<'_>> = places
        .iter()
        .filter_map(|place| staged.get(*place))
        .filter_map(|file| {
            let path = file.path.as_str();
            file.before.map(|id| Content { id, path })
        })
        .collect();
    if !before.is_empty() {
        let known = search(&repository, &rules, &before, limit);
        searched.findings.retain(|(_, finding)| {
            !known.findings.iter().any(|(_, known)| {
                known.location.path == finding.location.path && are_same(known, finding)
            })
        });
    }
    let mut findings: Vec<_> = searched.findings.into_iter().map(|(_, f)| f).collect();
    findings.sort_by(by_place);
    let gaps = searched.gaps;
    Ok((Outcome { findings, gaps }, searched.scanned))
}
