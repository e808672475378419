//! What Maven refuses in a pom, and what would be no word here without being told: elements
//! that stand twice, that no list holds, and that hold elements where a text belongs.

use crate::inventory::xml::Xml;
use roxmltree::Node;
use std::collections::BTreeSet;

/// Elements of which each part stands once.
const SINGLE_IN: [&str; 5] = ["project", "parent", "dependency", "exclusion", "profile"];

/// Lists, what they hold and what they stand in.
const LISTS: [(&str, &str, &[&str]); 4] = [
    (
        "dependencies",
        "dependency",
        &["project", "profile", "dependencyManagement"],
    ),
    ("exclusions", "exclusion", &["dependency"]),
    ("modules", "module", &["project", "profile"]),
    ("profiles", "profile", &["project"]),
];

/// Parts of [`SINGLE_IN`] that hold a text.
const TEXTS: [&str; 9] = [
    "artifactId",
    "classifier",
    "groupId",
    "optional",
    "relativePath",
    "scope",
    "systemPath",
    "type",
    "version",
];

/// Parts of a pom that are no package and no dependency, and whose elements a plugin defines.
const FREE: [&str; 3] = ["build", "configuration", "reporting"];

/// Oddities that are told.
const LIMIT: usize = 20;

/// What is odd, with the 1-based line of each.
pub fn odd(xml: &Xml<'_>) -> Vec<(String, u32)> {
    let mut odd = Vec::new();
    let mut waiting = vec![xml.root()];
    while let Some(node) = waiting.pop() {
        if odd.len() >= LIMIT {
            break;
        }
        let name = node.tag_name().name();
        if SINGLE_IN.contains(&name) {
            parts(xml, node, &mut odd);
        }
        let parent = node.parent().map_or("", |parent| parent.tag_name().name());
        let list = LISTS
            .iter()
            .find(|(list, _, places)| *list == name && places.contains(&parent));
        if let Some((list, item, _)) = list {
            items(xml, node, (*list, *item), &mut odd);
        }
        let below = node.children().filter(Node::is_element);
        waiting.extend(below.filter(|node| !FREE.contains(&node.tag_name().name())));
    }
    odd.sort_by_key(|(_, line)| *line);
    odd.truncate(LIMIT);
    odd
}

fn parts(xml: &Xml<'_>, node: Node<'_, '_>, odd: &mut Vec<(String, u32)>) {
    let mut seen = BTreeSet::new();
    for part in node.children().filter(Node::is_element) {
        let name = part.tag_name().name();
        if !seen.insert(name) {
            let message = format!("`{name}` stands twice here, which Maven refuses; one was read");
            odd.push((message, xml.line(part)));
        }
        if TEXTS.contains(&name) && part.children().any(|below| below.is_element()) {
            let message = format!("`{name}` holds elements, which Maven refuses, and not a text");
            odd.push((message, xml.line(part)));
        }
    }
}

fn items(
    xml: &Xml<'_>,
    node: Node<'_, '_>,
    (list, item): (&str, &str),
    odd: &mut Vec<(String, u32)>,
) {
    for part in node.children() {
        let is_text = part.is_text() && part.text().is_some_and(|text| !text.trim().is_empty());
        let is_other = part.is_element() && part.tag_name().name() != item;
        if is_text || is_other {
            let shown = match is_other {
                true => format!("`{}`", part.tag_name().name()),
                false => "a text".to_owned(),
            };
            let message =
                format!("{shown} stands among `{list}`, which Maven refuses; it was not read");
            odd.push((message, xml.line(part)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_maven_refuses_is_told_with_its_line_and_the_rest_is_not() {
        let text = "<project>\n<artifactId>a</artifactId>\n<version><x>1</x></version>\n\
            <dependencies>\n<dependency><scope/>\n<scope>test</scope></dependency>\n\
            <dependancy/>\n<dependency/>\nlost</dependencies>\n\
            <modules><modul>m</modul></modules>\n\
            <build><plugins><plugin><configuration><modules><webModule/></modules>\
            <dependency><version><any/></version></dependency></configuration></plugin></plugins></build>\n\
            </project>";
        let xml = Xml::parse(text).unwrap();
        let lines: Vec<u32> = odd(&xml).iter().map(|(_, line)| *line).collect();
        assert_eq!(lines, [3, 6, 7, 8, 10], "{:?}", odd(&xml));
        let right = "<project><artifactId>a</artifactId><modules><module>m</module></modules>\
            <dependencies><!-- none --></dependencies></project>";
        assert_eq!(odd(&Xml::parse(right).unwrap()), []);
    }

    #[test]
    fn no_more_than_the_limit_is_told() {
        let many = "<x/>".repeat(1_000);
        let text = format!("<project><modules>{many}</modules></project>");
        assert_eq!(odd(&Xml::parse(&text).unwrap()).len(), LIMIT);
    }
}
