//! `settings.xml` of the user: a `server` with user and password for the mirrors and
//! repositories of the same file with its id
//! (<https://maven.apache.org/settings.html#servers>). Encrypted passwords (`{…}`) are not
//! read.

use super::{Credentials, Variables, basic, expand};
use crate::model::Ecosystem;
use roxmltree::{Document, Node};

pub(super) fn add(found: &mut Credentials, text: &str, variables: &Variables) {
    let Ok(document) = Document::parse(text) else {
        return;
    };
    let child = |node: Node<'_, '_>, name: &str| {
        node.children()
            .find(|child| child.tag_name().name() == name)
            .and_then(|child| child.text())
            .map(|text| text.trim().to_owned())
    };
    let named = |names: &'static [&'static str]| {
        document
            .descendants()
            .filter(move |node| names.contains(&node.tag_name().name()))
    };
    for server in named(&["server"]) {
        let (Some(id), Some(user), Some(password)) = (
            child(server, "id"),
            child(server, "username"),
            child(server, "password"),
        ) else {
            continue;
        };
        let (Some(user), Some(password)) = (expand(&user, variables), expand(&password, variables))
        else {
            continue;
        };
        if password.starts_with('{') {
            continue;
        }
        for place in named(&["mirror", "repository", "pluginRepository"]) {
            if child(place, "id").as_ref() == Some(&id)
                && let Some(url) = child(place, "url")
            {
                found.below(Ecosystem::Maven, &url, basic(&user, &password));
            }
        }
    }
}
