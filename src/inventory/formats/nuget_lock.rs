//! `packages.lock.json` of NuGet, versions 1 and 2
//! (<https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies>).
//!
//! There is a list of packages for each framework, and one for each framework and
//! platform with only what differs there. The project itself is not named.

use super::{Edges, Format, Input, PACKAGE_LIMIT, Package, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::json_tree::{self, Node};
use crate::inventory::rules;
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::model::{Checksum, ComponentKind, Ecosystem, Origin};
use std::collections::HashMap;

const KNOWN: &str = "1 and 2";

/// The hash of a package's content without its signature: not that of the file that a
/// feed serves (<https://github.com/NuGet/Home/wiki/Nupkg-Metadata-File>).
pub const CONTENT_HASH: &str = "nuget-content-hash";

/// The fields of a package that may be absent.
const PACKAGE: &Shapes = &[("dependencies", Shape::TEXT_BY_NAME)];

/// The format.
pub struct NugetLock;

impl Format for NugetLock {
    fn name(&self) -> &'static str {
        "nuget-lock"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Nuget
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["packages.lock.json"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file == "packages.lock.json"
    }

    fn is_per_project(&self) -> bool {
        true
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let document = json_tree::parse(input.text);
        let root = &document.root;
        check_version(root, document.broken.as_ref().map(|broken| broken.line))?;
        let Some(frameworks) = root.value("dependencies").and_then(Node::object) else {
            if let Some(error) = document.broken {
                return Err(error.into());
            }
            return Err(FormatError::Shape {
                line: root.line,
                reason: "there is no `dependencies`".to_owned(),
            });
        };
        let mut reader = Reader {
            path: input.path,
            parsed: Parsed::default(),
            dependencies: Vec::new(),
        };
        reader.parsed.note_repeated(input.path, &document.repeated);
        let mut indexes: HashMap<&str, HashMap<String, usize>> = HashMap::new();
        for framework in frameworks {
            let Some(members) = framework.value.object() else {
                let message = format!("`{}` is not an object", framework.key);
                reader.incomplete(framework.line, &message);
                continue;
            };
            let index = indexes.entry(framework.key.as_ref()).or_default();
            for member in members.iter().filter(|member| !member.value.is_cut) {
                if reader.parsed.packages.len() >= PACKAGE_LIMIT {
                    return Err(FormatError::TooManyPackages {
                        limit: PACKAGE_LIMIT,
                    });
                }
                index.insert(member.key.to_lowercase(), reader.parsed.packages.len());
                reader.package(&member.key, &member.value, &framework.key);
            }
        }
        reader.resolve(&indexes)?;
        let mut parsed = reader.parsed;
        if let Some(broken) = &document.broken {
            parsed.note_broken(input.path, broken.line, &broken.reason);
        }
        Ok(parsed)
    }
}

fn check_version(root: &Node<'_>, broken: Option<u32>) -> Result<(), FormatError> {
    let Some(version) = root.member("version") else {
        return Err(FormatError::Shape {
            line: broken.unwrap_or(root.line),
            reason: "there is no `version`".to_owned(),
        });
    };
    match version.value.shown().as_str() {
        "1" | "2" => Ok(()),
        found => Err(FormatError::UnknownVersion {
            line: version.line,
            found: found.to_owned(),
            known: KNOWN,
        }),
    }
}

/// What one entry asks for.
struct Asked {
    from: usize,
    framework: String,
    names: Vec<(String, u32)>,
}

struct Reader<'t> {
    path: &'t str,
    parsed: Parsed,
    dependencies: Vec<Asked>,
}

impl Reader<'_> {
    fn package(&mut self, name: &str, entry: &Node<'_>, framework: &str) {
        let place = self.parsed.packages.len();
        let mut package = Package::new(name, entry.line);
        match entry.text_of("type") {
            Some("Project") => {
                package.kind = ComponentKind::Own;
                package.origin = Origin::Path {
                    path: ".".to_owned(),
                };
            }
            Some("Direct") => self.parsed.direct.push(place),
            Some("Transitive" | "CentralTransitive") => {}
            kind => {
                let shown = kind.unwrap_or("none");
                let message = format!("the type of `{name}` ({shown}) is not known");
                self.incomplete(entry.line, &message);
            }
        }
        package.version = entry.text_of("resolved").map(str::to_owned);
        if package.version.is_none() && package.kind == ComponentKind::Dependency {
            self.incomplete(entry.line, &format!("`{name}` has no version"));
        }
        match entry.member("contentHash") {
            Some(hash) => match hash.value.text() {
                Some(value) => package.checksums.push(Checksum::Opaque {
                    scheme: CONTENT_HASH,
                    value: value.to_owned(),
                }),
                None => {
                    self.incomplete(hash.line, &format!("the hash of `{name}` is no text"));
                }
            },
            None if package.kind == ComponentKind::Own => {}
            None => self.incomplete(entry.line, &format!("`{name}` has no `contentHash`")),
        }
        let found = wrong(entry, PACKAGE);
        self.parsed.note_wrong(self.path, entry.line, name, &found);
        let names = entry.value("dependencies").map(Node::members);
        self.dependencies.push(Asked {
            from: place,
            framework: framework.to_owned(),
            names: names
                .unwrap_or_default()
                .iter()
                .map(|member| (member.key.to_lowercase(), member.line))
                .collect(),
        });
        self.parsed.packages.push(package);
    }

    fn resolve(
        &mut self,
        indexes: &HashMap<&str, HashMap<String, usize>>,
    ) -> Result<(), FormatError> {
        let mut missing = Vec::new();
        let mut edges = Edges::default();
        for asked in &self.dependencies {
            // `net8.0/linux-x64` adds to `net8.0`.
            let base = asked.framework.split('/').next().unwrap_or_default();
            let find = |name: &str| {
                let of = |framework: &str| indexes.get(framework)?.get(name).copied();
                of(&asked.framework).or_else(|| of(base))
            };
            for (name, line) in &asked.names {
                match find(name) {
                    Some(to) => edges.add(asked.from, &[to]),
                    None => missing.push((asked.from, name.clone(), *line)),
                }
            }
        }
        self.parsed.connect(edges)?;
        for (from, name, line) in missing {
            self.parsed.note_missing(self.path, from, &name, line);
        }
        Ok(())
    }

    fn incomplete(&mut self, line: u32, message: &str) {
        self.parsed
            .note(&rules::INCOMPLETE_ENTRY, self.path, line, message);
    }
}

#[cfg(test)]
mod tests;
