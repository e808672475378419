//! Composer: `repositories` and `config` of `composer.json`, and `config.json` of the home
//! (<https://getcomposer.org/doc/05-repositories.md>). Repositories are asked in order and
//! the first that has a name wins, unless one says `canonical: false`.

use super::files::{File, Files, join};
use super::model::{Client, Effective, Names, Route, Target};
use super::text::says;
use crate::model::ConfiguredAt;
use crate::support::json_tree::{self, Node};

/// The configuration of Composer for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Composer);
    let mut found: Vec<_> = files
        .tree(&join(directory, "composer.json"))
        .into_iter()
        .collect();
    found.extend(
        files
            .home(".config/composer/config.json")
            .or_else(|| files.home(".composer/config.json")),
    );
    let mut mixed = Vec::new();
    for file in &found {
        let document = json_tree::parse(&file.text);
        if let Some(broken) = &document.broken {
            files.broken(file, broken);
        }
        repositories(file, &document.root, &mut effective, &mut mixed);
        if let Some(config) = document.root.value("config") {
            weaken(file, config, &mut effective);
        }
    }
    effective.mixed = mixed;
    effective
}

fn repositories(
    file: &File,
    root: &Node<'_>,
    effective: &mut Effective,
    mixed: &mut Vec<ConfiguredAt>,
) {
    let Some(list) = root.value("repositories") else {
        return;
    };
    let named = list.members().iter().map(|member| &member.value);
    for entry in list.items().iter().chain(named) {
        let Some(member) = entry.member("url") else {
            continue;
        };
        let Some(url) = member.value.text() else {
            continue;
        };
        let place = file.at(member.line, says("url", url));
        let is_canonical = entry.value("canonical").and_then(Node::flag) != Some(false);
        let is_bound = entry.value("only").is_some();
        let kind = entry.text_of("type").unwrap_or_default();
        if kind == "composer" && !is_canonical && !is_bound {
            mixed.push(place.clone());
        }
        let target = match url.contains("://") {
            true => Target::Address(url.to_owned()),
            false => Target::Local(url.to_owned()),
        };
        // The lockfile records where each package came from.
        effective
            .routes
            .push(Route::new(Names::OnRequest, target, place));
    }
}

fn weaken(file: &File, config: &Node<'_>, effective: &mut Effective) {
    for (key, bad, effect) in [
        ("secure-http", false, "packages may be fetched without TLS"),
        ("disable-tls", true, "packages are fetched without TLS"),
        ("lock", false, "the lockfile is neither read nor written"),
    ] {
        if let Some(member) = config.member(key)
            && member.value.flag() == Some(bad)
        {
            let place = file.at(member.line, says(key, &bad.to_string()));
            effective.weak(place, true, effect);
        }
    }
}
