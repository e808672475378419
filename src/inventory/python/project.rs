//! What a project asks for, by group: `pyproject.toml`
//! (<https://packaging.python.org/en/latest/specifications/pyproject-toml/>,
//! <https://packaging.python.org/en/latest/specifications/dependency-groups/>).

use super::requirement::Line;
use super::{normalise, strings};
use crate::inventory::document::{Document, table, text};
use crate::inventory::formats::Input;
use crate::model::{Root, Scope};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::DeTable;

/// A project with the lines of its groups.
#[derive(Debug, Default)]
pub struct Project {
    /// Where it has a name.
    pub root: Option<Root>,
    /// What it asks for, with the scope of the group.
    pub lines: Vec<(Scope, Line)>,
    /// Scope of each group but the main one, by normalised name.
    pub groups: BTreeMap<String, Scope>,
    /// Normalised names that PDM leaves out of its lockfile on request.
    pub excluded: BTreeSet<String>,
}

impl Project {
    /// The project in the directory of a lockfile; `None` where there is no manifest that
    /// can be read.
    #[must_use]
    pub fn beside(input: &Input<'_>) -> Option<Self> {
        Self::parse(&super::project_file(input)?)
    }

    /// Reads a manifest; `None` where it is no TOML.
    #[must_use]
    pub fn parse(source: &str) -> Option<Self> {
        let document = Document::parse(source).ok()?;
        if document.broken.is_some() {
            return None;
        }
        let root = &document.root;
        let mut read = Self::default();
        if let Some(project) = table(root, "project") {
            read.root = text(project, "name").map(|name| Root {
                name: name.to_owned(),
                version: text(project, "version").map(str::to_owned),
            });
            read.add(project, "dependencies", Scope::Runtime);
            read.groups(table(project, "optional-dependencies"), Scope::Optional);
        }
        read.groups(table(root, "dependency-groups"), Scope::Dev);
        if let Some(pdm) = table(root, "tool").and_then(|tool| table(tool, "pdm")) {
            read.groups(table(pdm, "dev-dependencies"), Scope::Dev);
            if let Some(resolution) = table(pdm, "resolution") {
                let names = strings(resolution, "excludes");
                read.excluded = names.iter().map(|name| normalise(name)).collect();
            }
        }
        Some(read)
    }

    fn groups(&mut self, groups: Option<&DeTable<'_>>, scope: Scope) {
        let Some(groups) = groups else { return };
        for name in groups.keys() {
            let name = name.get_ref();
            self.groups.entry(normalise(name)).or_insert(scope);
            self.add(groups, name, scope);
        }
    }

    fn add(&mut self, of: &DeTable<'_>, key: &str, scope: Scope) {
        for line in strings(of, key) {
            if let Some(line) = Line::parse(&line) {
                self.lines.push((scope, line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_its_scope() {
        let project = Project::parse(
            "[project]\nname = 'app'\ndependencies = ['a>=1']\n\
             [project.optional-dependencies]\nAWS = ['b']\n\
             [dependency-groups]\ntest = ['c', {include-group = 'lint'}]\n\
             [tool.pdm.dev-dependencies]\nlint = ['d']\n\
             [tool.pdm.resolution]\nexcludes = ['E_f']\n",
        )
        .unwrap();
        let lines: Vec<(Scope, &str)> = project
            .lines
            .iter()
            .map(|(scope, line)| (*scope, line.name.as_str()))
            .collect();
        assert_eq!(
            lines,
            [
                (Scope::Runtime, "a"),
                (Scope::Optional, "b"),
                (Scope::Dev, "c"),
                (Scope::Dev, "d")
            ]
        );
        assert_eq!(project.groups.get("aws"), Some(&Scope::Optional));
        assert_eq!(project.groups.get("lint"), Some(&Scope::Dev));
        assert!(project.excluded.contains("e-f"));
        assert!(Project::parse("[project").is_none());
    }
}
