//! `NuGet.Config` of the user: `packageSourceCredentials` with `ClearTextPassword` for the
//! sources that the same file gives an address
//! (<https://learn.microsoft.com/nuget/reference/nuget-config-file>). Encrypted passwords are
//! for Windows accounts and are not read.

use super::{Credentials, basic};
use crate::model::Ecosystem;
use roxmltree::{Document, Node};

pub(super) fn add(found: &mut Credentials, text: &str) {
    let Ok(document) = Document::parse(text.trim_start_matches('\u{feff}')) else {
        return;
    };
    let section = |name: &'static str| {
        document
            .root_element()
            .children()
            .filter(move |node| node.has_tag_name(name))
            .flat_map(|node| node.children().filter(Node::is_element))
    };
    let sources: Vec<(&str, &str)> = section("packageSources")
        .filter_map(|add| Some((add.attribute("key")?, add.attribute("value")?)))
        .collect();
    for credentials in section("packageSourceCredentials") {
        // A key that is no XML name is written with `_x0020_` for a blank.
        let key = credentials.tag_name().name().replace("_x0020_", " ");
        let value = |wanted: &str| {
            credentials
                .children()
                .find(|add| add.attribute("key") == Some(wanted))
                .and_then(|add| add.attribute("value"))
        };
        let source = sources.iter().find(|(name, _)| *name == key);
        if let (Some((_, address)), Some(user), Some(password)) =
            (source, value("Username"), value("ClearTextPassword"))
        {
            found.below(Ecosystem::Nuget, address, basic(user, password));
        }
    }
}
