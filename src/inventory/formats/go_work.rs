//! `go.work` with the `go.mod` files that it uses
//! (<https://go.dev/ref/mod#go-work-file>, <https://go.dev/ref/mod#workspaces>).
//!
//! In a workspace go builds every module in the highest version that any member requires,
//! and the replacements of `go.work` go before those of the members. So the members are
//! read together here, and not each for itself. What only the `go.mod` of a dependency
//! raises further is not known without it.

use super::go_mod::module::{Module, Replaces, Require, replaced};
use super::go_mod::sums::Sums;
use super::go_mod::syntax::{Statement, statements};
use super::go_mod::{note_incomplete, own, vendor};
use super::{AlsoRead, Format, Input, Neighbour, PACKAGE_LIMIT, Parsed, directory_of, join};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::inventory::tree::normalise;
use crate::model::{Ecosystem, Root};
use semver::Version;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Modules that one workspace may use.
const MEMBER_LIMIT: usize = 10_000;

/// The format.
pub struct GoWork;

impl Format for GoWork {
    fn name(&self) -> &'static str {
        "go-work"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Golang
    }

    fn has_graph(&self) -> bool {
        false
    }

    fn globs(&self) -> &'static [&'static str] {
        &["go.work"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "go.work"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let (own_statements, broken) = statements(input.text);
        let work = Module::read(&own_statements, input.path);
        if let (Some(error), true) = (&broken, work.uses.is_empty()) {
            return Err(error.clone());
        }
        if work.uses.len() > MEMBER_LIMIT {
            return Err(FormatError::TooManyPackages {
                limit: MEMBER_LIMIT,
            });
        }
        let mut parsed = Parsed {
            gaps: work.gaps.clone(),
            ..Parsed::default()
        };
        let files = read_members(input, &work, &mut parsed);
        let members: Vec<Member<'_>> = files.iter().map(Member::read).collect();
        Workspace::new(&work, &members).resolve(input, &mut parsed)?;
        if let Some(error) = broken {
            parsed.note_broken(input.path, error.line().unwrap_or(1), &error.to_string());
        }
        Ok(parsed)
    }
}

/// The directories of the modules that a workspace uses, relative to the root of the tree.
#[must_use]
pub fn member_directories(path: &str, text: &str) -> HashSet<String> {
    let (statements, _) = statements(text);
    let work = Module::read(&statements, path);
    let directories = work.uses.iter();
    directories
        .filter_map(|(directory, _)| manifest_of(path, directory))
        .map(|manifest| directory_of(&manifest).to_owned())
        .collect()
}

/// The go.mod in a directory that a go.work names; `None` where it is outside the tree.
fn manifest_of(work: &str, directory: &str) -> Option<String> {
    normalise(&join(directory_of(work), &format!("{directory}/go.mod")))
}

struct MemberFile {
    file: Neighbour,
    statements: Vec<Statement>,
    broken: Option<FormatError>,
}

fn read_members(input: &Input<'_>, work: &Module<'_>, parsed: &mut Parsed) -> Vec<MemberFile> {
    let mut files: BTreeMap<String, MemberFile> = BTreeMap::new();
    for (directory, line) in &work.uses {
        let path = manifest_of(input.path, directory);
        let read = match &path {
            Some(path) if files.contains_key(path) => continue,
            Some(path) => input.neighbours.read(path),
            None => Err("it lies outside the project".to_owned()),
        };
        let reason = match read {
            Ok(Some(file)) => {
                let (statements, broken) = statements(&file.text);
                let member = MemberFile {
                    statements,
                    broken,
                    file,
                };
                files.insert(member.file.path.clone(), member);
                continue;
            }
            Ok(None) => "there is no go.mod".to_owned(),
            Err(reason) => reason,
        };
        let message = format!("the module in `{directory}` cannot be read: {reason}");
        parsed.note(&rules::UNREADABLE_LOCKFILE, input.path, *line, &message);
    }
    files.into_values().collect()
}

struct Member<'f> {
    file: &'f Neighbour,
    broken: Option<&'f FormatError>,
    module: Module<'f>,
}

impl<'f> Member<'f> {
    fn read(member: &'f MemberFile) -> Self {
        Self {
            file: &member.file,
            broken: member.broken.as_ref(),
            module: Module::read(&member.statements, &member.file.path),
        }
    }
}

struct Workspace<'w> {
    members: &'w [Member<'w>],
    replaces: Vec<&'w Replaces<'w>>,
    excludes: HashSet<(&'w str, &'w str)>,
    /// The version that is built of each module, by path.
    selected: HashMap<&'w str, &'w Require>,
    /// Where each member's own package will stand.
    own: HashMap<&'w str, usize>,
}

impl<'w> Workspace<'w> {
    fn new(work: &'w Module<'w>, members: &'w [Member<'w>]) -> Self {
        let mut workspace = Self {
            members,
            replaces: std::iter::once(&work.replaces)
                .chain(members.iter().map(|member| &member.module.replaces))
                .collect(),
            excludes: members
                .iter()
                .flat_map(|member| member.module.excludes.iter().copied())
                .collect(),
            selected: HashMap::new(),
            own: HashMap::new(),
        };
        let names = members.iter().filter_map(|m| m.module.name.as_ref());
        for (place, (name, _)) in names.enumerate() {
            workspace.own.entry(name).or_insert(place);
        }
        for require in members.iter().flat_map(|m| &m.module.requires) {
            if workspace.is_excluded(require) {
                continue;
            }
            let best = workspace.selected.entry(&require.path).or_insert(require);
            if is_higher(&require.version, &best.version) {
                *best = require;
            }
        }
        workspace
    }

    fn is_excluded(&self, require: &Require) -> bool {
        let required = (require.path.as_str(), require.version.as_str());
        self.excludes.contains(&required)
    }

    fn resolve(&self, input: &Input<'_>, parsed: &mut Parsed) -> Result<(), FormatError> {
        for member in self.members {
            let path = member.file.path.as_str();
            parsed.gaps.extend(member.module.gaps.iter().cloned());
            match &member.module.name {
                Some((name, line)) => {
                    let mut package = own(name, *line);
                    package.path = Some(path.to_owned());
                    parsed.packages.push(package);
                    if directory_of(path) == directory_of(input.path) {
                        parsed.root = Some(Root {
                            name: name.clone(),
                            version: None,
                        });
                    }
                }
                None => {
                    let message = format!("`{path}` has no `module` line");
                    parsed.note(&rules::UNREADABLE_LOCKFILE, path, 1, &message);
                }
            }
        }
        let mut sums = Sums::default();
        for member in self.members {
            self.requires(member, parsed)?;
            let sum = join(directory_of(&member.file.path), "go.sum");
            sums.read(input, &sum, parsed);
        }
        let directory = directory_of(input.path);
        sums.read(input, &join(directory, "go.work.sum"), parsed);
        sums.apply(parsed);
        let complete = self.members.iter().all(|m| m.module.lists_indirect());
        let listing = join(directory, "vendor/modules.txt");
        let owner = vendor::Owner::Workspace;
        let vendored = vendor::add(input, &listing, owner, complete, parsed);
        for member in self.members {
            if !vendored && !member.module.lists_indirect() {
                note_incomplete(&member.module, &member.file.path, parsed);
            }
            if let Some(error) = member.broken {
                let line = error.line().unwrap_or(1);
                parsed.note_broken(&member.file.path, line, &error.to_string());
            }
        }
        Ok(())
    }

    /// What one member requires, in the versions of the workspace.
    fn requires(&self, member: &Member<'_>, parsed: &mut Parsed) -> Result<(), FormatError> {
        let path = member.file.path.as_str();
        let name = member.module.name.as_ref().map(|(name, _)| name.as_str());
        let from = name.and_then(|name| self.own.get(name).copied());
        let mut counted = 0_usize;
        for require in &member.module.requires {
            if self.is_excluded(require) {
                continue;
            }
            counted = counted.saturating_add(1);
            if let Some(to) = self.own.get(require.path.as_str()) {
                parsed.edges.extend(from.map(|from| (from, *to)));
                continue;
            }
            if parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            let selected = self.selected.get(require.path.as_str());
            let version = selected.map_or(&require.version, |selected| &selected.version);
            let mut package = replaced(&require.path, version, require.line, &self.replaces);
            package.path = Some(path.to_owned());
            if let (Some(from), false) = (from, require.indirect) {
                parsed.edges.push((from, parsed.packages.len()));
            }
            parsed.packages.push(package);
        }
        parsed.also_read.push(AlsoRead {
            path: path.to_owned(),
            format: "go-mod",
            packages: counted.saturating_add(usize::from(name.is_some())),
            digest: member.file.digest.clone(),
        });
        Ok(())
    }
}

/// Whether one version is higher than another, as go orders them: by Semantic Versioning,
/// without build metadata (`+incompatible`). What is no version is lower than any.
fn is_higher(one: &str, other: &str) -> bool {
    let read = |text: &str| Version::parse(text.strip_prefix('v')?).ok();
    match (read(one), read(other)) {
        (Some(one), Some(other)) => one.cmp_precedence(&other).is_gt(),
        (Some(_), None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
