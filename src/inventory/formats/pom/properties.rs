//! What `${name}` means in a pom
//! (<https://maven.apache.org/pom.html#properties>).

use super::model::RawPom;
use super::shelf::Context;
use std::collections::HashMap;
use std::rc::Rc;

/// Properties inside one another.
const DEPTH_LIMIT: usize = 32;

/// Replacements that the text of one value may need.
const STEP_LIMIT: usize = 1_000;

/// Bytes of one value.
const VALUE_LIMIT: usize = 4_096;

/// The properties of a pom and its parents.
pub struct Properties<'p> {
    values: HashMap<&'p str, &'p str>,
    /// Where the pom was found.
    pub context: &'p Context<'p>,
    pom: Rc<RawPom>,
    group: String,
    version: String,
}

impl<'p> Properties<'p> {
    /// Of a pom, its parent, and so on.
    pub fn new(lineage: &'p [Rc<RawPom>], context: &'p Context<'p>) -> Self {
        let mut values = HashMap::new();
        for pom in lineage.iter().rev() {
            for (name, value) in pom
                .active(context.reactor.oldest_jdk)
                .into_iter()
                .flat_map(|body| &body.properties)
            {
                values.insert(name.as_str(), value.as_str());
            }
        }
        let first = lineage.first().cloned().unwrap_or_default();
        let group = lineage.iter().find_map(|pom| pom.group.clone());
        let version = lineage.iter().find_map(|pom| pom.version.clone());
        // Where the parent is not there, the reference to it still says these.
        let last = lineage.iter().rev().find_map(|pom| pom.parent.as_ref());
        Self {
            values,
            context,
            group: group
                .or_else(|| first.parent.as_ref().map(|parent| parent.group.clone()))
                .or_else(|| last.map(|parent| parent.group.clone()))
                .unwrap_or_default(),
            version: version
                .or_else(|| first.parent.as_ref().map(|parent| parent.version.clone()))
                .or_else(|| last.map(|parent| parent.version.clone()))
                .unwrap_or_default(),
            pom: first,
        }
    }

    /// The text with every `${name}` that is known replaced.
    pub fn expand(&self, text: &str) -> String {
        if !text.contains("${") {
            return text.to_owned();
        }
        let mut steps = 0;
        self.expand_within(text, &mut Vec::new(), &mut steps)
    }

    fn expand_within(&self, text: &str, inside: &mut Vec<String>, steps: &mut usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                out.push_str("${");
                rest = after;
                continue;
            };
            *steps += 1;
            let known = *steps <= STEP_LIMIT
                && out.len() <= VALUE_LIMIT
                && inside.len() < DEPTH_LIMIT
                && !inside.iter().any(|outer| outer == name);
            match self.value(name).filter(|_| known) {
                Some(value) => {
                    inside.push(name.to_owned());
                    out.push_str(&self.expand_within(&value, inside, steps));
                    inside.pop();
                }
                None => {
                    out.push_str("${");
                    out.push_str(name);
                    out.push('}');
                }
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn value(&self, name: &str) -> Option<String> {
        if let Some(value) = self.context.reactor.property(name) {
            return Some(value.to_owned());
        }
        let field = name
            .strip_prefix("project.")
            .or_else(|| name.strip_prefix("pom."))
            .unwrap_or(name);
        let parent = self.pom.parent.as_ref();
        match field {
            "groupId" => return Some(self.group.clone()),
            "version" => return Some(self.version.clone()),
            "artifactId" => return Some(self.pom.artifact.clone()),
            "parent.groupId" => return parent.map(|parent| parent.group.clone()),
            "parent.artifactId" => return parent.map(|parent| parent.artifact.clone()),
            "parent.version" => return parent.map(|parent| parent.version.clone()),
            _ => {}
        }
        self.values.get(name).map(|value| (*value).to_owned())
    }
}
