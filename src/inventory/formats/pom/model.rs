//! What one `pom.xml` says by itself (<https://maven.apache.org/pom.html>): nothing is
//! inherited, managed or interpolated yet.

use crate::inventory::document::SyntaxError;
use crate::inventory::xml::{Xml, child, child_text, children};
use roxmltree::Node;

/// Dependencies, managed ones included, that one pom may hold.
const DEPENDENCY_LIMIT: usize = 20_000;

/// Modules that one pom may hold.
const MODULE_LIMIT: usize = 5_000;

/// A pom.
#[derive(Debug, Default)]
pub struct RawPom {
    /// Path relative to the root of the tree, where it is a file of the tree.
    pub path: Option<String>,
    /// What it inherits from.
    pub parent: Option<Parent>,
    /// `groupId`, unless it is inherited.
    pub group: Option<String>,
    /// `artifactId`.
    pub artifact: String,
    /// `version`, unless it is inherited.
    pub version: Option<String>,
    /// 1-based line of `artifactId`.
    pub line: u32,
    /// What stands beside and in the profiles.
    pub body: Body,
    /// Parts that count under a condition.
    pub profiles: Vec<Profile>,
    /// Names of licences.
    pub licences: Vec<String>,
    /// Where the artifact went: group, artifact, version.
    pub relocation: Option<[Option<String>; 3]>,
}

/// The part that a profile may have too.
#[derive(Debug, Default)]
pub struct Body {
    /// Names and values; of equal names the last counts.
    pub properties: Vec<(String, String)>,
    /// Directories or files below this one.
    pub modules: Vec<String>,
    /// `dependencies`.
    pub dependencies: Vec<RawDependency>,
    /// `dependencyManagement`.
    pub managed: Vec<RawDependency>,
}

/// A reference to the parent.
#[derive(Debug, Clone)]
pub struct Parent {
    /// As written.
    pub group: String,
    /// As written.
    pub artifact: String,
    /// As written.
    pub version: String,
    /// Where it should be found; none where the element is empty: not in the tree.
    pub relative_path: Option<String>,
    /// 1-based line.
    pub line: u32,
}

/// A dependency as written.
#[derive(Debug, Clone, Default)]
pub struct RawDependency {
    /// `groupId`.
    pub group: String,
    /// `artifactId`.
    pub artifact: String,
    /// `version`.
    pub version: Option<String>,
    /// `type`.
    pub kind: Option<String>,
    /// `classifier`.
    pub classifier: Option<String>,
    /// `scope`.
    pub scope: Option<String>,
    /// `optional`.
    pub optional: Option<String>,
    /// `systemPath`.
    pub system_path: Option<String>,
    /// Group and artifact, each perhaps `*`.
    pub exclusions: Vec<(String, String)>,
    /// 1-based line of `artifactId`.
    pub line: u32,
}

/// A profile.
#[derive(Debug)]
pub struct Profile {
    /// `id`.
    pub id: String,
    /// 1-based line.
    pub line: u32,
    /// When it counts.
    pub activation: Activation,
    /// What it adds.
    pub body: Body,
}

/// When a profile counts, if nobody names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Never.
    Never,
    /// Unless another of the same pom does (`activeByDefault`).
    Default,
    /// Always: it asks that a property is not set.
    Always,
    /// It depends on the machine: its JDK, its system, its files.
    Machine,
    /// Where a file exists: never for a package, which is built already.
    File,
}

impl RawPom {
    /// Reads a pom.
    ///
    /// # Errors
    /// A syntax error, no `project`, no `artifactId`, or a limit.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let xml = Xml::parse(text)?;
        let root = xml.root();
        let wrong = |node: Node<'_, '_>, reason: &str| SyntaxError {
            line: xml.line(node),
            reason: reason.to_owned(),
        };
        if root.tag_name().name() != "project" {
            return Err(wrong(root, "the root element is not `project`"));
        }
        let Some(artifact) = child(root, "artifactId") else {
            return Err(wrong(root, "there is no `artifactId`"));
        };
        let reader = Reader { xml: &xml };
        let pom = Self {
            path: None,
            parent: child(root, "parent").map(|parent| reader.parent(parent)),
            group: owned(root, "groupId"),
            artifact: owned(root, "artifactId").unwrap_or_default(),
            version: owned(root, "version"),
            line: xml.line(artifact),
            body: reader.body(root),
            profiles: child(root, "profiles")
                .into_iter()
                .flat_map(|profiles| children(profiles, "profile"))
                .map(|profile| reader.profile(profile))
                .collect(),
            licences: child(root, "licenses")
                .into_iter()
                .flat_map(|licences| children(licences, "license"))
                .filter_map(|licence| owned(licence, "name"))
                .collect(),
            relocation: child(root, "distributionManagement")
                .and_then(|management| child(management, "relocation"))
                .map(|to| ["groupId", "artifactId", "version"].map(|name| owned(to, name))),
        };
        let bodies = || std::iter::once(&pom.body).chain(pom.profiles.iter().map(|p| &p.body));
        let dependencies: usize = bodies()
            .map(|body| body.dependencies.len() + body.managed.len())
            .sum();
        let modules: usize = bodies().map(|body| body.modules.len()).sum();
        if dependencies > DEPENDENCY_LIMIT || modules > MODULE_LIMIT {
            let reason = format!(
                "more than {DEPENDENCY_LIMIT} dependencies or {MODULE_LIMIT} modules in one pom"
            );
            return Err(wrong(root, &reason));
        }
        Ok(pom)
    }

    /// The modules of the pom and of all its profiles.
    pub fn all_modules(&self) -> impl Iterator<Item = &str> {
        let profiles = self.profiles.iter().map(|profile| &profile.body);
        std::iter::once(&self.body)
            .chain(profiles)
            .flat_map(|body| body.modules.iter().map(String::as_str))
    }

    /// The parts that count if nobody names a profile.
    pub fn active(&self) -> Vec<&Body> {
        let always = |profile: &&Profile| profile.activation == Activation::Always;
        let wanted = if self.profiles.iter().any(|profile| always(&profile)) {
            Activation::Always
        } else {
            Activation::Default
        };
        let profiles = self
            .profiles
            .iter()
            .filter(|profile| profile.activation == wanted);
        std::iter::once(&self.body)
            .chain(profiles.map(|profile| &profile.body))
            .collect()
    }
}

struct Reader<'x, 'a> {
    xml: &'x Xml<'a>,
}

impl Reader<'_, '_> {
    fn parent(&self, node: Node<'_, '_>) -> Parent {
        let text = |name| owned(node, name).unwrap_or_default();
        Parent {
            group: text("groupId"),
            artifact: text("artifactId"),
            version: text("version"),
            relative_path: match child(node, "relativePath") {
                Some(path) => crate::inventory::xml::text(path).map(str::to_owned),
                None => Some("../pom.xml".to_owned()),
            },
            line: self.xml.line(node),
        }
    }

    fn body(&self, node: Node<'_, '_>) -> Body {
        Body {
            properties: child(node, "properties")
                .into_iter()
                .flat_map(|properties| properties.children().filter(Node::is_element))
                .map(|property| {
                    let value = crate::inventory::xml::text(property).unwrap_or_default();
                    (property.tag_name().name().to_owned(), value.to_owned())
                })
                .collect(),
            modules: child(node, "modules")
                .into_iter()
                .flat_map(|modules| children(modules, "module"))
                .filter_map(crate::inventory::xml::text)
                .map(|module| module.replace('\\', "/"))
                .collect(),
            dependencies: self.dependencies(Some(node)),
            managed: self.dependencies(child(node, "dependencyManagement")),
        }
    }

    fn dependencies(&self, node: Option<Node<'_, '_>>) -> Vec<RawDependency> {
        node.and_then(|node| child(node, "dependencies"))
            .into_iter()
            .flat_map(|list| children(list, "dependency"))
            .map(|node| self.dependency(node))
            .collect()
    }

    fn dependency(&self, node: Node<'_, '_>) -> RawDependency {
        let text = |name| owned(node, name).unwrap_or_default();
        RawDependency {
            group: text("groupId"),
            artifact: text("artifactId"),
            version: owned(node, "version"),
            kind: owned(node, "type"),
            classifier: owned(node, "classifier"),
            scope: owned(node, "scope"),
            optional: owned(node, "optional"),
            system_path: owned(node, "systemPath"),
            exclusions: child(node, "exclusions")
                .into_iter()
                .flat_map(|list| children(list, "exclusion"))
                .map(|exclusion| {
                    let part = |name| owned(exclusion, name).unwrap_or_default();
                    (part("groupId"), part("artifactId"))
                })
                .collect(),
            line: self.xml.line(child(node, "artifactId").unwrap_or(node)),
        }
    }

    fn profile(&self, node: Node<'_, '_>) -> Profile {
        Profile {
            id: owned(node, "id").unwrap_or_default(),
            line: self.xml.line(node),
            activation: child(node, "activation").map_or(Activation::Never, activation),
            body: self.body(node),
        }
    }
}

/// Several conditions must all hold
/// (<https://maven.apache.org/guides/introduction/introduction-to-profiles.html>).
fn activation(node: Node<'_, '_>) -> Activation {
    let mut holds = None;
    for condition in node.children().filter(Node::is_element) {
        let this = match condition.tag_name().name() {
            "activeByDefault" => match crate::inventory::xml::text(condition) {
                Some("true") => Activation::Default,
                _ => continue,
            },
            "property" => {
                let name = child_text(condition, "name").unwrap_or_default();
                // No property is set by hand. One of the system is the machine's.
                if name.starts_with('!') {
                    Activation::Always
                } else if name.starts_with("os.") || name.starts_with("java.") {
                    Activation::Machine
                } else {
                    Activation::Never
                }
            }
            "file" if child(condition, "missing").is_none() => Activation::File,
            "jdk" => jdk(crate::inventory::xml::text(condition).unwrap_or_default()),
            _ => Activation::Machine,
        };
        holds = Some(match (holds, this) {
            (None | Some(Activation::Always), this) => this,
            (Some(Activation::Never), _) | (_, Activation::Never) => Activation::Never,
            (Some(Activation::File), _) | (_, Activation::File) => Activation::File,
            (Some(Activation::Machine), _) | (_, Activation::Machine) => Activation::Machine,
            (Some(other), _) => other,
        });
    }
    holds.unwrap_or(Activation::Never)
}

/// Maven itself asks for Java 8, so what asks for less or for older is decided.
fn jdk(text: &str) -> Activation {
    const OLDEST: u32 = 8;
    let (not, text) = match text.strip_prefix('!') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let major = |text: &str| -> Option<u32> {
        let mut parts = text.trim().split('.');
        match parts.next()?.parse().ok()? {
            1 => parts.next()?.split('_').next()?.parse().ok(),
            major => Some(major),
        }
    };
    let holds = match text.strip_prefix(['[', '(']) {
        Some(range) => {
            let range = range.trim_end_matches([']', ')']);
            let (from, to) = range.split_once(',').unwrap_or((range, range));
            let is_over =
                major(to).is_some_and(|to| to < OLDEST || (to == OLDEST && text.ends_with(')')));
            let is_open = to.trim().is_empty();
            let is_early = from.trim().is_empty() || major(from).is_some_and(|from| from <= OLDEST);
            match (is_over, is_open && is_early) {
                (true, _) => Some(false),
                (_, true) => Some(true),
                _ => None,
            }
        }
        None => major(text)
            .filter(|version| *version < OLDEST)
            .map(|_| false),
    };
    match holds {
        Some(holds) if holds != not => Activation::Always,
        Some(_) => Activation::Never,
        None => Activation::Machine,
    }
}

fn owned(node: Node<'_, '_>, name: &str) -> Option<String> {
    let found = node
        .children()
        .find(|child| child.is_element() && child.tag_name().name() == name)?;
    crate::inventory::xml::text(found).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_on_the_jdk_is_decided_where_every_jdk_agrees() {
        for (text, want) in [
            ("1.4", Activation::Never),
            ("!1.4", Activation::Always),
            ("[1.5,)", Activation::Always),
            ("[1.8,)", Activation::Always),
            ("(,1.8)", Activation::Never),
            ("[1.5,1.7]", Activation::Never),
            ("1.8", Activation::Machine),
            ("[9,)", Activation::Machine),
            ("[1.5,11)", Activation::Machine),
            ("(,1.8]", Activation::Machine),
            ("!17", Activation::Machine),
            ("", Activation::Machine),
        ] {
            assert_eq!(jdk(text), want, "{text}");
        }
    }
}
