//! Only what is new: the secrets of a tree that its branch did not start from.

use super::engine::Rules;
use super::error::SecretsError;
use super::objects::{Content, are_same, search};
use super::own::OwnRules;
use crate::model::Finding;
use crate::support::git_history::file_at;
use crate::support::git_repository::Repository;
use std::collections::BTreeSet;
use std::path::Path;

/// Takes out of the findings of a tree those that the merge base of the commit checked out
/// and `revision` has at the same path; gives how many. `limit` is the size of the largest
/// file that is read, in bytes.
///
/// # Errors
/// [`SecretsError::NoRepository`], [`SecretsError::Git`] also where both have no common
/// ancestor; a fault of the rules as in [`Rules::load`].
pub fn only_new(
    root: &Path,
    revision: &str,
    findings: &mut Vec<Finding>,
    own: &OwnRules,
    limit: u64,
) -> Result<usize, SecretsError> {
    let repository = Repository::around(root, limit)?.ok_or_else(|| SecretsError::none(root))?;
    let base = repository.merge_base_with_head(revision)?;
    let paths: BTreeSet<String> = findings.iter().map(|f| f.location.path.clone()).collect();
    let mut known = Vec::new();
    for path in &paths {
        let id = file_at(&repository, base, path)?;
        known.extend(id.map(|id| Content { id, path }));
    }
    let known = search(&repository, &Rules::load_with(own)?, &known, limit);
    let before = findings.len();
    findings.retain(|finding| {
        !known.findings.iter().any(|(_, known)| {
            known.location.path == finding.location.path && are_same(known, finding)
        })
    });
    Ok(before - findings.len())
}
