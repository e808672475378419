//! What GitHub workflows and actions use: `.github/workflows/*.yml`, `action.yml`
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax>,
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax>).
//!
//! An action or a reusable workflow is a component of its repository at a reference. What
//! it uses itself is not known here.

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::inventory::yaml::{self, Member, Node};
use crate::model::{Checksum, Ecosystem, GitReference, Origin, Scope};

/// Where GitHub keeps the repositories that `uses:` names.
const SERVER: &str = "https://github.com";

/// The directory of workflows.
const WORKFLOWS: &str = ".github/workflows";

/// The format.
pub struct GithubActions;

impl Format for GithubActions {
    fn name(&self) -> &'static str {
        "github-actions"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Github
    }

    fn has_graph(&self) -> bool {
        false
    }

    fn globs(&self) -> &'static [&'static str] {
        &[
            "**/.github/workflows/*.yml",
            "**/.github/workflows/*.yaml",
            "action.yml",
            "action.yaml",
        ]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        matches!(file, "action.yml" | "action.yaml")
    }

    fn matches_at(&self, path: &str, directory: &str, file: &str) -> bool {
        self.matches(directory, file) || is_workflow(path)
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let stream = yaml::parse(input.text);
        let mut reader = Reader {
            path: input.path,
            parsed: Parsed::default(),
        };
        let root = stream.documents.first();
        if is_workflow(input.path) {
            let jobs = root.and_then(|root| root.value("jobs"));
            match (jobs, &stream.broken) {
                (Some(jobs), _) => reader.jobs(jobs)?,
                (None, Some(error)) => {
                    return Err(FormatError::Syntax {
                        line: error.line,
                        reason: error.reason.clone(),
                    });
                }
                (None, None) => {
                    return Err(FormatError::Shape {
                        line: 1,
                        reason: "a workflow has `jobs`, this file has none".to_owned(),
                    });
                }
            }
        } else if let Some(runs) = root.and_then(|root| root.member("runs")) {
            reader.runs(runs)?;
        } else if let Some(line) = line_of_uses(input.text) {
            // Without `runs` it is a file of something else with the name of an action.
            reader.incomplete(
                line,
                "this file uses an action, but has no `runs` that does",
            );
        }
        let mut parsed = reader.parsed;
        for (key, line) in &stream.repeated {
            let message = format!("the key `{key}` stands several times; the last one was read");
            parsed.note(&rules::UNREADABLE_LOCKFILE, input.path, *line, &message);
        }
        if let Some(error) = &stream.broken {
            parsed.note_broken(input.path, error.line, &error.reason);
        }
        Ok(parsed)
    }
}

/// Whether a file is one of GitHub's workflows, wherever its repository lies.
#[must_use]
pub fn is_workflow(path: &str) -> bool {
    let Some((directory, file)) = path.rsplit_once('/') else {
        return false;
    };
    (file.ends_with(".yml") || file.ends_with(".yaml")) && is_below(directory, WORKFLOWS)
}

/// Whether a directory is another, or ends with it below some other one.
fn is_below(directory: &str, end: &str) -> bool {
    directory
        .strip_suffix(end)
        .is_some_and(|base| base.is_empty() || base.ends_with('/'))
}

struct Reader<'t> {
    path: &'t str,
    parsed: Parsed,
}

impl Reader<'_> {
    /// GitHub refuses a job without steps that calls no workflow, and a step that neither
    /// runs nor uses something.
    fn jobs(&mut self, jobs: &Node<'_>) -> Result<(), FormatError> {
        if jobs.members().is_empty() {
            self.incomplete(jobs.line, "`jobs` holds no job");
        }
        for job in jobs.members() {
            self.uses(&job.value)?;
            let is_call = job.value.value("uses").is_some();
            self.steps(&job.value, job.line, !is_call)?;
        }
        Ok(())
    }

    fn steps(&mut self, of: &Node<'_>, line: u32, has_some: bool) -> Result<(), FormatError> {
        let steps = of.value("steps").map_or(&[][..], Node::items);
        if has_some && steps.is_empty() && !of.is_cut {
            self.incomplete(line, "there are no `steps` that can be read");
        }
        for step in steps {
            self.uses(step)?;
            if step.value("uses").is_none() && step.value("run").is_none() && !step.is_cut {
                self.incomplete(step.line, "this step has neither `uses` nor `run`");
            }
        }
        Ok(())
    }

    fn runs(&mut self, runs: &Member<'_>) -> Result<(), FormatError> {
        let (line, runs) = (runs.line, &runs.value);
        let using = runs.text_of("using");
        if using.is_none() && !runs.is_cut {
            self.incomplete(line, "this action does not say what runs it (`using`)");
        }
        self.steps(runs, line, using == Some("composite"))?;
        // Else it names a Dockerfile beside it, which is the action's own.
        if let Some(image) = runs.member("image")
            && let Some(address) = image.value.text()
            && address.starts_with("docker://")
        {
            self.add(address, image.line)?;
        }
        Ok(())
    }

    fn uses(&mut self, of: &Node<'_>) -> Result<(), FormatError> {
        let Some(uses) = of.member("uses") else {
            return Ok(());
        };
        match uses.value.text() {
            Some(address) => self.add(address.trim(), uses.line),
            None => {
                self.incomplete(uses.line, "this `uses` names nothing");
                Ok(())
            }
        }
    }

    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }

    fn add(&mut self, address: &str, line: u32) -> Result<(), FormatError> {
        if self.parsed.packages.len() >= PACKAGE_LIMIT {
            return Err(FormatError::TooManyPackages {
                limit: PACKAGE_LIMIT,
            });
        }
        // In the repository itself: read where it lies.
        if address.starts_with("./") || address.starts_with("../") {
            return Ok(());
        }
        let package = match address.strip_prefix("docker://") {
            Some(image) => docker_image(image, address, line),
            None => action(address, line),
        };
        match package {
            Some(mut package) => {
                package.scope = Scope::Build;
                // It does nothing else.
                package.runs_install_code = Some(true);
                self.parsed.packages.push(package);
            }
            None => {
                let message =
                    format!("`{address}` is neither an action at a reference nor an image");
                self.incomplete(line, &message);
            }
        }
        Ok(())
    }
}

/// The first line that reads like the use of an action.
fn line_of_uses(text: &str) -> Option<u32> {
    let mut lines = text.lines().zip(1_u32..);
    let is_use = |line: &str| {
        let line = line.trim_start().trim_start_matches("- ").trim_start();
        line.starts_with("uses:") && line.contains(['@', '/'])
    };
    lines.find(|(line, _)| is_use(line)).map(|(_, line)| line)
}

/// `owner/repository[/path]@reference`.
fn action(address: &str, line: u32) -> Option<Package> {
    let (place, reference) = address.split_once('@')?;
    let mut parts = place.split('/');
    let (owner, repository) = (parts.next()?, parts.next()?);
    let is_name = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !part.is_empty() && !matches!(part, "." | "..") && part.chars().all(plain)
    };
    let is_reference = !reference.is_empty() && !reference.contains(char::is_whitespace);
    if !is_name(owner) || !is_name(repository) || !is_reference || address.contains("${{") {
        return None;
    }
    let subpath: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if subpath.contains(&"..") {
        return None;
    }
    let mut package = Package::new(format!("{owner}/{repository}"), line);
    package.version = Some(reference.to_owned());
    package.subpath = (!subpath.is_empty()).then(|| subpath.join("/"));
    package.origin = Origin::Git {
        url: format!("{SERVER}/{owner}/{repository}"),
        reference: git_reference(reference),
        commit: is_commit(reference).then(|| reference.to_ascii_lowercase()),
    };
    Some(package)
}

/// A full commit id: SHA-1 or SHA-256 in hex.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Only the repository can tell a tag from a branch; a reference that looks like a
/// version counts as a tag.
fn git_reference(text: &str) -> GitReference {
    if is_commit(text) {
        return GitReference::Revision(text.to_owned());
    }
    if let Some(name) = text.strip_prefix("refs/heads/") {
        return GitReference::Branch(name.to_owned());
    }
    let name = text.strip_prefix("refs/tags/");
    let version = text.strip_prefix('v').unwrap_or(text);
    match name {
        Some(name) => GitReference::Tag(name.to_owned()),
        None if version.starts_with(|c: char| c.is_ascii_digit()) => {
            GitReference::Tag(text.to_owned())
        }
        None => GitReference::Branch(text.to_owned()),
    }
}

/// `[registry/]name[:tag][@digest]`.
fn docker_image(image: &str, address: &str, line: u32) -> Option<Package> {
    if image.contains(char::is_whitespace) || image.contains("${{") {
        return None;
    }
    let (tagged, digest) = match image.split_once('@') {
        Some((tagged, digest)) => (tagged, Some(digest)),
        None => (image, None),
    };
    // A colon before a slash is that of a port.
    let (name, tag) = match tagged.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (tagged, None),
    };
    if name.is_empty() || tag == Some("") || digest == Some("") {
        return None;
    }
    let mut package = Package::new(name, line);
    package.ecosystem = Some(Ecosystem::Generic);
    package.version = digest.or(tag).map(str::to_owned);
    package.origin = Origin::Url {
        url: address.to_owned(),
    };
    // Of the manifest, which names the layers: not of a file of the image.
    package
        .checksums
        .extend(digest.map(|digest| Checksum::Opaque {
            scheme: "oci-manifest",
            value: digest.to_owned(),
        }));
    Some(package)
}

#[cfg(test)]
mod tests;
