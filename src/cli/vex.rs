//! VEX documents: those that the command line names, and those of the policy.

use super::exit::{CliError, Exit};
use super::policies::LoadedPolicy;
use crate::model::{
    Detail, Finding, Gap, Inventory, Purl, Subject, VexDocumentInfo, VexStatement, terminal_safe,
};
use crate::support::{files, hash};
use crate::vex::{self, Document, MAX_VEX_BYTES, Product, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Unusable statements of one document that are named.
const LISTED: usize = 20;

/// A document that was read.
pub struct LoadedVex {
    /// What a report says about it.
    pub info: VexDocumentInfo,
    document: Document,
}

/// Reads the documents that the policy names and those given, each content once.
///
/// # Errors
/// Exit 2 where one cannot be read, is no VEX document, or does not have the digest that
/// the policy names.
pub fn load(given: &[PathBuf], loaded: &LoadedPolicy) -> Result<Vec<LoadedVex>, CliError> {
    let policy = &loaded.policy.advisories;
    let mut documents: Vec<LoadedVex> = Vec::new();
    let base = loaded.directory.as_deref().unwrap_or(Path::new(""));
    for named in policy.vex_documents() {
        let path = base.join(&named.file);
        let (bytes, digest) = read(&path)?;
        if digest != named.sha256 {
            return Err(CliError::new(
                Exit::Usage,
                format!(
                    "`{}` has the SHA-256 {digest}, and the policy names {}",
                    path.display(),
                    named.sha256
                ),
            )
            .with_hint("look at what changed, then write the new digest into the policy"));
        }
        add(&mut documents, &path, &bytes, digest, true)?;
    }
    for path in given {
        let (bytes, digest) = read(path)?;
        let accepted = policy.accepts_vex(&digest);
        add(&mut documents, path, &bytes, digest, accepted)?;
    }
    documents.sort_by(|a, b| a.info.cmp(&b.info));
    Ok(documents)
}

fn read(path: &Path) -> Result<(Vec<u8>, String), CliError> {
    let bytes = files::read_bounded(path, MAX_VEX_BYTES)
        .map_err(|error| CliError::of(Exit::Usage, &error))?;
    let digest = hash::sha256(&bytes).hex();
    Ok((bytes, digest))
}

fn add(
    documents: &mut Vec<LoadedVex>,
    path: &Path,
    bytes: &[u8],
    digest: String,
    accepted: bool,
) -> Result<(), CliError> {
    if documents.iter().any(|known| known.info.digest == digest) {
        return Ok(());
    }
    let document = vex::parse(bytes).map_err(|error| {
        let error = CliError::of(Exit::Usage, &error);
        CliError {
            message: format!("{}: {}", path.display(), error.message),
            ..error
        }
    })?;
    let file = path.file_name().map(|name| name.to_string_lossy());
    documents.push(LoadedVex {
        info: VexDocumentInfo {
            file: file.map_or_else(String::new, |name| terminal_safe(&name).into_owned()),
            digest,
            format: document.format,
            author: match document.author.as_str() {
                "" => "an unnamed author".to_owned(),
                author => terminal_safe(author).into_owned(),
            },
            statements: document.statements.len(),
            unusable: document.unusable.len(),
            accepted,
        },
        document,
    });
    Ok(())
}

/// What cannot be used of the documents.
pub fn gaps(documents: &[LoadedVex]) -> Vec<Gap> {
    let rule = &vex::rules::UNUSABLE_STATEMENT;
    let gap = |message: String| Gap {
        id: rule.id,
        message: terminal_safe(&message).into_owned(),
        location: None,
        remedy: rule.remedy.to_owned(),
    };
    let mut gaps = Vec::new();
    for LoadedVex { info, document } in documents {
        let unusable = &document.unusable;
        let named = unusable.iter().take(LISTED);
        gaps.extend(named.map(|why| gap(format!("{}: {why}", info.file))));
        let more = unusable.len().saturating_sub(LISTED);
        if more > 0 {
            gaps.push(gap(format!(
                "{}: {more} more statements cannot be used",
                info.file
            )));
        }
    }
    gaps
}

/// The statements about each advisory finding, by its fingerprint.
pub fn statements(
    documents: &[LoadedVex],
    inventory: &Inventory,
    findings: &[Finding],
) -> BTreeMap<String, Vec<VexStatement>> {
    let mut by_id: BTreeMap<&str, Vec<(&LoadedVex, &Statement)>> = BTreeMap::new();
    for loaded in documents {
        for statement in &loaded.document.statements {
            for id in &statement.vulnerability {
                by_id.entry(id).or_default().push((loaded, statement));
            }
        }
    }
    if by_id.is_empty() {
        return BTreeMap::new();
    }
    let product = Product::of_inventory(inventory);
    let mut found: BTreeMap<String, Vec<VexStatement>> = BTreeMap::new();
    for finding in findings {
        let Some((ids, component)) = asked(finding) else {
            continue;
        };
        let candidates = ids.iter().filter_map(|id| by_id.get(id)).flatten();
        let about: Vec<VexStatement> = candidates
            .filter(|(_, statement)| statement.is_about(&ids, component, &product))
            .map(|(loaded, statement)| shown(loaded, statement))
            .collect();
        if !about.is_empty() {
            found.insert(finding.fingerprint.clone(), about);
        }
    }
    found
}

/// All ids of an advisory finding, and its component.
fn asked(finding: &Finding) -> Option<(BTreeSet<&str>, &Purl)> {
    match (&finding.detail, &finding.subject) {
        (Detail::Advisory(detail), Subject::Component { purl, .. }) => {
            let aliases = detail.aliases.iter().map(String::as_str);
            Some((
                std::iter::once(detail.id.as_str()).chain(aliases).collect(),
                purl,
            ))
        }
        _ => None,
    }
}

fn shown(loaded: &LoadedVex, statement: &Statement) -> VexStatement {
    VexStatement {
        time: statement.time,
        status: statement.status,
        justification: statement.justification,
        text: statement
            .text
            .as_deref()
            .map(|text| terminal_safe(text).into_owned()),
        author: loaded.info.author.clone(),
        document: loaded.info.file.clone(),
        digest: loaded.info.digest.clone(),
    }
}
