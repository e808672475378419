//! `pubspec.lock` of Dart's pub (<https://dart.dev/tools/pub/glossary#lockfile>; its fields
//! are those of pub's `lock_file.dart` and of its sources). The file has no edges.

use super::{Format, Input, PACKAGE_LIMIT, Package, Parsed, directory_of, join};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::inventory::yaml::{self, Node};
use crate::model::{
    Checksum, ComponentKind, Digest, DigestAlgorithm, Ecosystem, GitReference, Origin, Root, Scope,
};

/// The fields of a package that are read; `description` has two forms.
const PACKAGE: &Shapes = &[
    ("dependency", Shape::Text),
    ("source", Shape::Text),
    ("version", Shape::Text),
];

/// The description of one that is fetched.
const SOURCE: &Shapes = &[(
    "description",
    Shape::Fields(&[
        ("name", Shape::Text),
        ("path", Shape::Text),
        ("ref", Shape::Text),
        ("resolved-ref", Shape::Text),
        ("sha256", Shape::Text),
        ("url", Shape::Text),
    ]),
)];

/// That of a part of an SDK, which is a name.
const SDK: &Shapes = &[("description", Shape::Text)];

/// The format.
pub struct PubspecLock;

impl Format for PubspecLock {
    fn name(&self) -> &'static str {
        "pubspec-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pub
    }

    fn has_graph(&self) -> bool {
        false
    }

    fn globs(&self) -> &'static [&'static str] {
        &["pubspec.lock"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "pubspec.lock"
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let stream = yaml::parse(input.text);
        let packages = stream
            .documents
            .first()
            .and_then(|root| root.member("packages"));
        let Some(packages) = packages else {
            if let Some(error) = stream.broken {
                return Err(error.into());
            }
            return Err(FormatError::Shape {
                line: 1,
                reason: "there is no `packages`".to_owned(),
            });
        };
        let mut parsed = Parsed::default();
        parsed.note_repeated(input.path, &stream.repeated);
        if !packages.value.is_mapping() && !packages.value.is_null() {
            let message = "`packages` is not a mapping";
            parsed.note(&rules::INCOMPLETE_ENTRY, input.path, packages.line, message);
        }
        for member in packages.value.members() {
            if parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            if member.value.is_cut {
                continue;
            }
            let mut problems = Vec::new();
            let package = package(&member.key, &member.value, member.line, &mut problems);
            if member
                .value
                .text_of("dependency")
                .is_some_and(|kind| kind.starts_with("direct"))
            {
                parsed.direct.push(parsed.packages.len());
            }
            parsed.packages.push(package);
            let described = member.value.text_of("description");
            let description = match member.value.text_of("source") {
                Some("sdk") => SDK,
                // Old versions wrote the name alone of what pub's own registry serves.
                Some("hosted") if described == Some(&*member.key) => SDK,
                _ => SOURCE,
            };
            for shapes in [PACKAGE, description] {
                let found = wrong(&member.value, shapes);
                parsed.note_wrong(input.path, member.line, &member.key, &found);
            }
            for problem in problems {
                parsed.note(&rules::INCOMPLETE_ENTRY, input.path, member.line, &problem);
            }
        }
        parsed.root = product(input);
        if let Some(broken) = &stream.broken {
            parsed.note_broken(input.path, broken.line, &broken.reason);
        }
        Ok(parsed)
    }
}

fn package(key: &str, entry: &Node<'_>, line: u32, problems: &mut Vec<String>) -> Package {
    let description = entry.value("description");
    let field = |name: &str| description.and_then(|node| node.text_of(name));
    let source = entry.text_of("source").unwrap_or_default();
    // A hosted package may be used under another name than its own.
    let name = match source {
        "hosted" => field("name").unwrap_or(key),
        _ => key,
    };
    let mut package = Package::new(name, line);
    package.version = entry.text_of("version").map(str::to_owned);
    if package.version.is_none() {
        problems.push(format!("`{name}` has no version"));
    }
    package.scope = match entry.text_of("dependency") {
        Some("direct main") => Scope::Runtime,
        Some("direct dev") => Scope::Dev,
        // Nothing says whether the product or its tests need it.
        _ => Scope::Unknown,
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    match source {
        "hosted" => {
            package.origin = Origin::Registry {
                index: owned(field("url")),
                file: None,
                default: false,
            };
            if let Some(sha256) = field("sha256").filter(|text| !text.is_empty()) {
                match Digest::from_hex(DigestAlgorithm::Sha256, sha256) {
                    Ok(digest) => package.checksums.push(Checksum::File(digest)),
                    Err(error) => problems.push(format!("the checksum of `{name}`: {error}")),
                }
            }
        }
        "git" => {
            package.origin = Origin::Git {
                url: owned(field("url")).unwrap_or_default(),
                reference: match field("ref") {
                    None | Some("HEAD") => GitReference::Default,
                    Some(reference) => GitReference::Revision(reference.to_owned()),
                },
                commit: owned(field("resolved-ref")),
            };
        }
        "path" => {
            package.kind = ComponentKind::Own;
            package.origin = Origin::Path {
                path: owned(field("path")).unwrap_or_default(),
            };
        }
        // A part of the SDK: the description is the SDK's name.
        "sdk" => {
            let sdk = description.and_then(Node::text).unwrap_or("sdk");
            package.origin = Origin::Bundled {
                inside: sdk.to_owned(),
            };
        }
        other => problems.push(format!("the source `{other}` of `{name}` is not known")),
    }
    package
}

/// What `pubspec.yaml` beside the lockfile calls the product.
fn product(input: &Input<'_>) -> Option<Root> {
    let path = join(directory_of(input.path), "pubspec.yaml");
    let file = input.neighbours.read(&path).ok().flatten()?;
    let stream = yaml::parse(&file.text);
    let root = stream.documents.first()?;
    Some(Root {
        name: root.text_of("name")?.to_owned(),
        version: root.text_of("version").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests;
