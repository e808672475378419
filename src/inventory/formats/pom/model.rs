//! What one `pom.xml` says by itself (<https://maven.apache.org/pom.html>): nothing is
//! inherited, managed or interpolated yet.

use super::odd::odd;
use crate::inventory::document::SyntaxError;
use crate::inventory::xml::{Xml, child, child_text, children};
use roxmltree::Node;
use std::borrow::Cow;

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
    /// What Maven would refuse, with its line.
    pub odd: Vec<(String, u32)>,
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
    /// With a JDK of some versions.
    Jdk(JdkRange),
    /// It depends on the machine: its system, its files.
    Machine,
    /// Where a file exists: never for a package, which is built already.
    File,
}

/// Major versions of the JDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JdkRange {
    /// All others are meant.
    pub is_negated: bool,
    /// The first that lies inside.
    pub from: u32,
    /// The first after it.
    pub to: u32,
}

impl JdkRange {
    /// Whether it holds for every JDK from one version on; none where they differ.
    pub fn holds_from(self, oldest: u32) -> Option<bool> {
        let inside = if self.to <= oldest {
            false
        } else if self.from <= oldest && self.to == u32::MAX {
            true
        } else {
            return None;
        };
        Some(inside != self.is_negated)
    }
}

impl Activation {
    /// Whether the profile counts with every JDK from one version on.
    pub fn is_certain(self, oldest_jdk: u32) -> bool {
        match self {
            Self::Always => true,
            Self::Jdk(range) => range.holds_from(oldest_jdk) == Some(true),
            _ => false,
        }
    }
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
            odd: odd(&xml),
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

    /// The parts that count if nobody names a profile, with every JDK from one version on.
    pub fn active(&self, oldest_jdk: u32) -> Vec<&Body> {
        let is_certain = |profile: &Profile| profile.activation.is_certain(oldest_jdk);
        let some_are = self.profiles.iter().any(is_certain);
        let profiles = self.profiles.iter().filter(|profile| {
            is_certain(profile) || (!some_are && profile.activation == Activation::Default)
        });
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
                Some(path) => crate::inventory::xml::text(path).map(Cow::into_owned),
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
                    (property.tag_name().name().to_owned(), value.into_owned())
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
            "activeByDefault" => match crate::inventory::xml::text(condition).as_deref() {
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
            "jdk" => jdk(&crate::inventory::xml::text(condition).unwrap_or_default()),
            _ => Activation::Machine,
        };
        holds = Some(match (holds, this) {
            (None | Some(Activation::Always), this) => this,
            (Some(Activation::Never), _) | (_, Activation::Never) => Activation::Never,
            (Some(other), Activation::Always) => other,
            (Some(other), this) if other == this => this,
            _ => Activation::Machine,
        });
    }
    holds.unwrap_or(Activation::Never)
}

/// A version, or a range of them
/// (<https://maven.apache.org/guides/introduction/introduction-to-profiles.html#jdk>).
fn jdk(text: &str) -> Activation {
    let (is_negated, text) = match text.strip_prefix('!') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let major = |text: &str| -> Option<u32> {
        let mut parts = text.trim().split(['.', '_', '-']);
        match parts.next()?.parse().ok()? {
            1 => parts.next()?.parse().ok(),
            major => Some(major),
        }
    };
    let bounds = match text.strip_prefix(['[', '(']) {
        Some(range) => {
            let range = range.trim_end_matches([']', ')']);
            let (from, to) = range.split_once(',').unwrap_or((range, range));
            let from = match from.trim() {
                "" => Some(0),
                from => major(from),
            };
            let to = match to.trim() {
                "" => Some(u32::MAX),
                to if text.ends_with(')') => major(to),
                to => major(to).map(|to| to.saturating_add(1)),
            };
            from.zip(to)
        }
        None => major(text).map(|version| (version, version.saturating_add(1))),
    };
    match bounds {
        Some((from, to)) => Activation::Jdk(JdkRange {
            is_negated,
            from,
            to,
        }),
        None => Activation::Machine,
    }
}

fn owned(node: Node<'_, '_>, name: &str) -> Option<String> {
    let found = node
        .children()
        .find(|child| child.is_element() && child.tag_name().name() == name)?;
    crate::inventory::xml::text(found).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_on_the_jdk_is_decided_where_every_jdk_agrees() {
        for (text, with_8, with_17) in [
            ("1.4", Some(false), Some(false)),
            ("!1.4", Some(true), Some(true)),
            ("[1.5,)", Some(true), Some(true)),
            ("[1.8,)", Some(true), Some(true)),
            ("(,1.8)", Some(false), Some(false)),
            ("[1.5,1.7]", Some(false), Some(false)),
            ("1.8", None, Some(false)),
            ("[9,)", None, Some(true)),
            ("[1.5,11)", None, Some(false)),
            ("(,1.8]", None, Some(false)),
            ("[17,21]", None, None),
            ("!17.0.1", None, None),
        ] {
            let Activation::Jdk(range) = jdk(text) else {
                panic!("{text}")
            };
            assert_eq!(range.holds_from(8), with_8, "{text}");
            assert_eq!(range.holds_from(17), with_17, "{text}");
        }
        assert_eq!(jdk(""), Activation::Machine);
        assert_eq!(jdk("[a,b]"), Activation::Machine);
    }
}
