//! Maven's local repository (<https://maven.apache.org/pom.html#licenses>): poms under
//! `GROUP/AS/PATH/ARTIFACT/VERSION/`. A pom without licences has those of its parent.

use super::store::Store;
use super::{Told, Untold, is_one_part};
use crate::model::{Component, Licence, LicenceSource};
use roxmltree::{Document, Node, ParsingOptions};

/// Parents of parents.
const PARENT_LIMIT: usize = 10;

/// Nodes of one pom.
const NODE_LIMIT: u32 = 200_000;

/// Group, artifact, version.
type Coordinates = (String, String, String);

/// What the pom of an artifact, or its nearest parent that says something, says.
pub fn tell(store: &Store, component: &Component) -> Result<Told, Untold> {
    let (group, artifact) = component.name.split_once(':').ok_or(Untold::Absent)?;
    let version = component.version.as_deref().ok_or(Untold::Absent)?;
    let mut wanted = (group.to_owned(), artifact.to_owned(), version.to_owned());
    let mut licences = Vec::new();
    for generation in 0..PARENT_LIMIT {
        let text = path(&wanted).and_then(|path| store.read(&path));
        let Some(pom) = text.as_deref().and_then(Pom::read) else {
            if generation == 0 {
                return Err(Untold::Absent);
            }
            break;
        };
        if pom.coordinates.as_ref() != Some(&wanted) {
            if generation == 0 {
                return Err(Untold::Unproved);
            }
            break;
        }
        licences = pom.licences;
        match pom.parent {
            Some(parent) if licences.is_empty() => wanted = parent,
            _ => break,
        }
    }
    Ok(Told {
        licence: choice(&licences),
        runs_install_code: None,
    })
}

fn path((group, artifact, version): &Coordinates) -> Option<String> {
    let parts = [group, artifact, version];
    parts.iter().all(|part| is_one_part(part)).then(|| {
        let group = group.replace('.', "/");
        format!("{group}/{artifact}/{version}/{artifact}-{version}.pom")
    })
}

/// Several licences are a choice: "the user can select any of them".
fn choice(licences: &[String]) -> Licence {
    let source = LicenceSource::MavenRepository;
    match licences {
        [] => Licence::unknown("the pom and its parents state none"),
        [only] => Licence::of_text(only, source),
        several => {
            let read = several.iter().map(|name| Licence::of_text(name, source));
            let expressions: Option<Vec<String>> = read
                .map(|licence| match licence {
                    Licence::Expression { expression, .. } if expression.contains(' ') => {
                        Some(format!("({expression})"))
                    }
                    Licence::Expression { expression, .. } => Some(expression),
                    _ => None,
                })
                .collect();
            match expressions {
                Some(expressions) => Licence::of_text(&expressions.join(" OR "), source),
                None => Licence::of_text(&several.join("; "), source),
            }
        }
    }
}

struct Pom {
    coordinates: Option<Coordinates>,
    parent: Option<Coordinates>,
    licences: Vec<String>,
}

impl Pom {
    fn read(text: &str) -> Option<Self> {
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: NODE_LIMIT,
            ..ParsingOptions::default()
        };
        let document = Document::parse_with_options(text, options).ok()?;
        let project = document.root_element();
        let parent = child(project, "parent").and_then(|parent| {
            let of = |name| value(parent, name);
            Some((of("groupId")?, of("artifactId")?, of("version")?))
        });
        let inherited = parent.clone();
        let group = value(project, "groupId").or_else(|| inherited.as_ref().map(|p| p.0.clone()));
        let version = value(project, "version").or_else(|| inherited.map(|p| p.2));
        let coordinates = match (group, value(project, "artifactId"), version) {
            (Some(group), Some(artifact), Some(version)) => Some((group, artifact, version)),
            _ => None,
        };
        let licences = child(project, "licenses")
            .into_iter()
            .flat_map(|licences| licences.children())
            .filter(|node| is_called(*node, "license"))
            .filter_map(|licence| value(licence, "name"))
            .collect();
        Some(Self {
            coordinates,
            parent,
            licences,
        })
    }
}

/// Names are compared without their namespace: old poms have none.
fn is_called(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| is_called(*child, name))
}

fn value(node: Node<'_, '_>, name: &str) -> Option<String> {
    let text = child(node, name)?.text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_licences_are_a_choice() {
        let of =
            |names: &[&str]| choice(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            of(&["The Apache License, Version 2.0"]).text(),
            Some("Apache-2.0")
        );
        assert_eq!(
            of(&["MIT License", "EPL-2.0 OR GPL-2.0-only"]).text(),
            Some("MIT OR (EPL-2.0 OR GPL-2.0-only)")
        );
        let text = of(&["MIT License", "Own Terms"]);
        assert!(matches!(&text, Licence::Text { text, .. } if text == "MIT License; Own Terms"));
        assert!(!of(&[]).is_known());
    }

    #[test]
    fn a_pom_with_a_dtd_or_of_another_shape_says_nothing() {
        let bomb =
            "<!DOCTYPE a [<!ENTITY b \"c\">]><project><artifactId>&b;</artifactId></project>";
        assert!(Pom::read(bomb).is_none());
        assert!(Pom::read("{}").is_none());
        assert!(Pom::read("<project/>").is_some_and(|pom| pom.coordinates.is_none()));
    }
}
