//! What could not be told from the poms at hand: each kind is one gap, counted, at the
//! first place.

use super::effective::{Effective, MavenScope, Undecided};
use super::walk::{Node, Walk};
use crate::inventory::formats::Input;
use crate::inventory::rules;
use crate::model::{Gap, Location, Rule};
use std::collections::HashMap;

const FETCH: &str = "run `mvn dependency:go-offline` and name the local repository to sealgate";
const MOVE: &str = "move these dependencies out of the profile";

/// What is not known of a product.
pub struct Unknown<'a> {
    input: &'a Input<'a>,
    product: &'a Effective,
    walk: &'a Walk,
    /// Whose own dependencies are not known.
    leaves: Vec<&'a Node>,
    /// The widest scope of everything that is known, by group and artifact.
    names: HashMap<(&'a str, &'a str), MavenScope>,
}

impl<'a> Unknown<'a> {
    /// Looks through a result.
    pub fn new(input: &'a Input<'a>, product: &'a Effective, walk: &'a Walk) -> Self {
        let fetched = walk
            .nodes
            .iter()
            .filter(|node| node.scope != MavenScope::System);
        let mut names: HashMap<(&str, &str), MavenScope> = HashMap::new();
        for node in &walk.nodes {
            let (group, artifact, ..) = &node.dependency.key;
            let widest = names.entry((group, artifact)).or_insert(node.scope);
            *widest = node.scope.min(*widest);
        }
        Self {
            input,
            product,
            walk,
            leaves: fetched
                .filter(|node| node.pom.as_ref().is_none_or(|pom| !pom.missing.is_empty()))
                .collect(),
            names,
        }
    }

    /// Whether the graph is whole.
    pub fn is_nothing(&self) -> bool {
        self.product.missing.is_empty() && self.leaves.is_empty() && !self.walk.is_cut
    }

    /// The gaps.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        gaps.extend(self.versions());
        gaps.extend(self.foundations());
        gaps.extend(self.indirect());
        gaps.extend(self.own_profiles());
        gaps.extend(self.other_profiles());
        if self.walk.is_cut {
            let message = "there are more dependencies than the limit; the rest was left out";
            let location = Some(Location::file(self.input.path));
            gaps.push(rules::gap(&rules::TOO_LARGE, location, message, None));
        }
        gaps
    }

    fn versions(&self) -> Option<Gap> {
        let nodes = self.walk.nodes.iter();
        let nodes: Vec<&Node> = nodes
            .filter(|node| node.dependency.version.is_none())
            .collect();
        let first = nodes.first()?;
        let message = format!(
            "{} dependencies have no version that can be told from the poms at hand; the first is `{}`",
            nodes.len(),
            label(first)
        );
        Some(self.at(first, &rules::INCOMPLETE_ENTRY, &message, FETCH))
    }

    /// Parents and boms.
    fn foundations(&self) -> Option<Gap> {
        let missing = &self.product.missing;
        let first = missing.first()?;
        let message = format!(
            "{} poms that this one builds on are neither in the tree nor in a local Maven repository; the first is `{first}`",
            missing.len()
        );
        let location = Some(Location::file(self.input.path));
        let rule = &rules::INCOMPLETE_LOCKFILE;
        Some(rules::gap(rule, location, &message, Some(FETCH)))
    }

    fn indirect(&self) -> Option<Gap> {
        let first = self.leaves.first()?;
        let why = match first.pom.as_ref().and_then(|pom| pom.missing.first()) {
            Some(missing) => format!("`{missing}` is not in the local Maven repository"),
            None if self.input.maven.has_repository() => {
                "its pom is not in the local Maven repository".to_owned()
            }
            None => "no local Maven repository was named".to_owned(),
        };
        let message = format!(
            "what {} dependencies need in turn is not known; the first is `{}`: {why}",
            self.leaves.len(),
            label(first)
        );
        Some(self.at(first, &rules::INCOMPLETE_LOCKFILE, &message, FETCH))
    }

    fn own_profiles(&self) -> impl Iterator<Item = Gap> {
        let profiles = self.product.undecided.iter();
        let of_use = profiles.filter(|profile| self.brings_more(profile, None));
        of_use.map(|profile| {
            let message = format!(
                "whether the profile `{}` counts depends on the machine; its dependencies were left out",
                profile.id
            );
            let location = match &profile.path {
                Some(path) => Location::line(path, profile.line),
                None => Location::file(self.input.path),
            };
            let rule = &rules::INCOMPLETE_LOCKFILE;
            rules::gap(rule, Some(location), &message, Some(MOVE))
        })
    }

    fn other_profiles(&self) -> Option<Gap> {
        let found: Vec<(&Node, &Undecided)> = self
            .walk
            .nodes
            .iter()
            .filter_map(|node| {
                let mut profiles = node.pom.as_ref()?.undecided.iter();
                let profile = profiles.find(|profile| self.brings_more(profile, Some(node)))?;
                Some((node, profile))
            })
            .collect();
        let (node, profile) = found.first()?;
        let message = format!(
            "{} dependencies have profiles with dependencies that count on some machines only; these were left out; the first is `{}` of `{}`",
            found.len(),
            profile.id,
            label(node)
        );
        let remedy = "accept the gap in the policy, or name these dependencies in the pom";
        Some(self.at(node, &rules::INCOMPLETE_LOCKFILE, &message, remedy))
    }

    /// Whether a profile names something that is not part of the product anyway, in a scope
    /// as wide as that of what names it.
    fn brings_more(&self, profile: &Undecided, holder: Option<&Node>) -> bool {
        let wanted = holder.map_or(MavenScope::Runtime, |node| {
            node.scope.max(MavenScope::Runtime)
        });
        profile.names.iter().any(|(group, artifact)| {
            let known = self.names.get(&(group.as_str(), artifact.as_str()));
            known.is_none_or(|scope| *scope > wanted)
                && holder.is_none_or(|node| !node.excludes(group, artifact))
        })
    }

    fn at(&self, node: &Node, rule: &Rule, message: &str, remedy: &str) -> Gap {
        let path = node.dependency.path.as_deref().unwrap_or(self.input.path);
        let location = Some(Location::line(path, node.dependency.line));
        rules::gap(rule, location, message, Some(remedy))
    }
}

fn label(node: &Node) -> String {
    let (group, artifact, ..) = &node.dependency.key;
    format!("{group}:{artifact}")
}
