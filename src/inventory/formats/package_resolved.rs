//! `Package.resolved` of SwiftPM, versions 1 to 3
//! (<https://github.com/swiftlang/swift-package-manager>, `PackageGraph/ResolvedPackagesStore.swift`).
//!
//! A package is named by its repository: `host/owner/name`, as purl asks; one of a
//! registry by its identity, `scope/name`. The file holds neither edges nor checksums.

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::json_tree::{self, Node};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::model::{ComponentKind, Ecosystem, GitReference, Origin};

const KNOWN: &str = "1 to 3";

/// The member with all pins.
const FILE: &Shapes = &[("pins", Shape::List)];

/// The fields of a pin that may be absent.
const PIN: &Shapes = &[(
    "state",
    Shape::Fields(&[
        ("version", Shape::Text),
        ("branch", Shape::Text),
        ("revision", Shape::Text),
    ]),
)];

/// The format.
pub struct PackageResolved;

impl Format for PackageResolved {
    fn name(&self) -> &'static str {
        "package-resolved"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Swift
    }

    fn has_graph(&self) -> bool {
        false
    }

    fn globs(&self) -> &'static [&'static str] {
        &["Package.resolved"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "Package.resolved"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let document = json_tree::parse(input.text);
        let root = &document.root;
        let is_first = match version(root, document.broken.is_some())? {
            Some(version) => version == "1",
            // Version 1 keeps its pins one level down.
            None => root.member("object").is_some(),
        };
        let holder = if is_first {
            root.value("object")
        } else {
            Some(root)
        };
        let Some(pins) = holder.and_then(|holder| holder.member("pins")) else {
            if let Some(error) = document.broken {
                return Err(error.into());
            }
            return Err(FormatError::Shape {
                line: root.line,
                reason: "there is no `pins`".to_owned(),
            });
        };
        let mut parsed = Parsed::default();
        parsed.note_repeated(input.path, &document.repeated);
        let found = holder.map_or_else(Vec::new, |holder| wrong(holder, FILE));
        parsed.note_wrong_file(input.path, &found);
        for item in pins.value.items().iter().filter(|item| !item.is_cut) {
            if parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            let read = if is_first { pin_1(item) } else { pin(item) };
            match read {
                Ok(package) => {
                    let found = wrong(item, PIN);
                    parsed.note_wrong(input.path, item.line, &package.name, &found);
                    parsed.packages.push(package);
                }
                Err(message) => {
                    parsed.note(&rules::INCOMPLETE_ENTRY, input.path, item.line, &message);
                }
            }
        }
        if let Some(broken) = &document.broken {
            parsed.note_broken(input.path, broken.line, &broken.reason);
        }
        Ok(parsed)
    }
}

/// The version as text, where it is known; it stands last, so a broken file lacks it.
fn version(root: &Node<'_>, is_broken: bool) -> Result<Option<String>, FormatError> {
    let Some(member) = root.member("version") else {
        if is_broken {
            return Ok(None);
        }
        return Err(FormatError::Shape {
            line: root.line,
            reason: "there is no `version`".to_owned(),
        });
    };
    let found = member.value.shown();
    if matches!(found.as_str(), "1" | "2" | "3") {
        return Ok(Some(found));
    }
    Err(FormatError::UnknownVersion {
        line: member.line,
        found,
        known: KNOWN,
    })
}

fn pin_1(item: &Node<'_>) -> Result<Package, String> {
    let url = item
        .text_of("repositoryURL")
        .ok_or("this pin has no `repositoryURL`")?;
    git_pin(item, "repositoryURL", url)
}

fn pin(item: &Node<'_>) -> Result<Package, String> {
    let identity = item
        .text_of("identity")
        .ok_or("this pin has no `identity`")?;
    let location = item.text_of("location").unwrap_or_default();
    match item.text_of("kind") {
        Some("remoteSourceControl") if !location.is_empty() => git_pin(item, "location", location),
        Some("localSourceControl") if !location.is_empty() => {
            let mut package = Package::new(identity, line_of(item, "identity"));
            package.kind = ComponentKind::Own;
            package.origin = Origin::Path {
                path: location.to_owned(),
            };
            package.version = state(item).version;
            Ok(package)
        }
        Some("registry") => {
            let name = match identity.split_once('.') {
                Some((scope, name)) => format!("{scope}/{name}"),
                None => return Err(format!("`{identity}` is no identity `scope.name`")),
            };
            let mut package = Package::new(name, line_of(item, "identity"));
            package.version = state(item).version;
            package.origin = match location {
                "" => Origin::Unrecorded,
                index => Origin::Registry {
                    index: Some(index.to_owned()),
                    file: None,
                    default: false,
                },
            };
            with_version(package)
        }
        Some(kind) => Err(format!("the kind `{kind}` of `{identity}` is not known")),
        None => Err(format!("`{identity}` has no kind or no location")),
    }
}

fn git_pin(item: &Node<'_>, key: &str, url: &str) -> Result<Package, String> {
    let name = repository_name(url).ok_or_else(|| format!("`{url}` names no repository"))?;
    let state = state(item);
    let mut package = Package::new(name, line_of(item, key));
    package.origin = Origin::Git {
        url: url.to_owned(),
        reference: match (&state.version, &state.branch) {
            (Some(version), _) => GitReference::Tag(version.clone()),
            (None, Some(branch)) => GitReference::Branch(branch.clone()),
            (None, None) => match &state.revision {
                Some(revision) => GitReference::Revision(revision.clone()),
                None => GitReference::Default,
            },
        },
        commit: state.revision.clone(),
    };
    package.version = state.version;
    if package.version.is_none() && state.revision.is_none() {
        return Err(format!(
            "`{}` has neither version nor revision",
            package.name
        ));
    }
    Ok(package)
}

fn with_version(package: Package) -> Result<Package, String> {
    if package.version.is_none() {
        return Err(format!("`{}` has no version", package.name));
    }
    Ok(package)
}

#[derive(Default)]
struct State {
    version: Option<String>,
    branch: Option<String>,
    revision: Option<String>,
}

fn state(item: &Node<'_>) -> State {
    let field = |key: &str| {
        let text = item.value("state").and_then(|state| state.text_of(key));
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    State {
        version: field("version"),
        branch: field("branch"),
        revision: field("revision"),
    }
}

fn line_of(item: &Node<'_>, key: &str) -> u32 {
    item.member(key).map_or(item.line, |member| member.line)
}

/// `host/path` of a repository's address: without scheme, user, port and `.git`. Besides
/// URLs there is the form `user@host:path`.
fn repository_name(url: &str) -> Option<String> {
    let (authority, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        None => url.split_once(':')?,
    };
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("{}/{path}", host.to_lowercase()))
}

#[cfg(test)]
mod tests;
