//! Composer: `repositories` and `config` of `composer.json`, and `config.json` of the home
//! (<https://getcomposer.org/doc/05-repositories.md>). Repositories are asked in order and
//! the first that has a name wins, unless one says `canonical: false`. What the lockfile
//! says of mirrors and checkouts is read with its packages; here only of the transport.

use super::files::{File, Files, join};
use super::model::{Client, Effective, Names, Route, Target};
use super::text::says;
use crate::model::{ConfiguredAt, Location};
use crate::support::json_tree::{self, Document, Node, Value};
use std::rc::Rc;

/// Settings of `config` that turn something off, the value that does, and what then holds.
const WEAK: [(&str, bool, &str); 3] = [
    ("secure-http", false, "packages may be fetched without TLS"),
    ("disable-tls", true, "packages are fetched without TLS"),
    ("lock", false, "the lockfile is neither read nor written"),
];

/// Options of a TLS connection that turn its verification off.
const WEAK_TLS: [(&str, bool); 3] = [
    ("verify_peer", false),
    ("verify_peer_name", false),
    ("allow_self_signed", true),
];

const UNVERIFIED: &str = "the registry's certificate is not checked";

/// The configuration of Composer for a project.
pub(super) fn read(files: &Files<'_>, path: &str, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Composer);
    let mut found: Vec<Rc<File>> = files
        .tree(&join(directory, "composer.json"))
        .into_iter()
        .collect();
    found.extend(of_the_user(files));
    let documents: Vec<(&File, Document<'_>)> = found
        .iter()
        .map(|file| (file.as_ref(), json_tree::parse(&file.text)))
        .collect();
    let mut mixed = Vec::new();
    for (file, document) in &documents {
        if let Some(broken) = &document.broken {
            files.broken(file, broken);
        }
        repositories(file, &document.root, &mut effective, &mut mixed);
    }
    weaken(&documents, &mut effective);
    preference(files, &documents);
    transport(files, path, &mut effective);
    effective.mixed = mixed;
    effective
}

/// `config.json` of `COMPOSER_HOME`, else of the first directory that is there.
fn of_the_user(files: &Files<'_>) -> Option<Rc<File>> {
    const NAME: &str = "config.json";
    if files.variable("COMPOSER_HOME").is_some() {
        return files.in_variable("COMPOSER_HOME", NAME);
    }
    let of_xdg = match files.variable("XDG_CONFIG_HOME") {
        Some(_) => files.in_variable("XDG_CONFIG_HOME", "composer/config.json"),
        None => files.home(".config/composer/config.json"),
    };
    of_xdg.or_else(|| files.home(".composer/config.json"))
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
        if let Some(options) = entry.value("options") {
            unverified(&file.shown, options, effective);
        }
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

/// What PHP makes of a value where it asks whether it is true.
fn truth(node: &Node<'_>) -> Option<bool> {
    match &node.value {
        Value::Flag(flag) => Some(*flag),
        Value::Text(text) => Some(!matches!(text.as_ref(), "" | "0" | "false")),
        Value::Number(text) => Some(!matches!(text.as_str(), "0" | "-0" | "0.0")),
        _ => None,
    }
}

/// The project's file wins over the user's.
fn weaken(documents: &[(&File, Document<'_>)], effective: &mut Effective) {
    for (key, bad, effect) in WEAK {
        let said = documents.iter().find_map(|(file, document)| {
            let member = document.root.value("config")?.member(key)?;
            Some((file, member.line, truth(&member.value)?))
        });
        if let Some((file, line, value)) = said
            && value == bad
        {
            let place = file.at(line, says(key, &bad.to_string()));
            effective.weak(place, true, effect);
        }
    }
}

/// A user who prefers checkouts gets them where the project does not say what it prefers;
/// which repositories these are is judged for projects only.
fn preference(files: &Files<'_>, documents: &[(&File, Document<'_>)]) {
    const KEY: &str = "preferred-install";
    let fallback = documents.iter().find_map(|(file, document)| {
        let member = document.root.value("config")?.member("source-fallback")?;
        Some((file, member.line, truth(&member.value)?))
    });
    if let Some((file, line, true)) = fallback
        && !file.in_tree
    {
        let message = format!(
            "`{}` lets Composer check out what it cannot download, from repositories that were not judged",
            file.shown
        );
        files.undecided(Location::line(&file.shown, line), &message);
    }
    for (file, document) in documents {
        let config = document.root.value("config");
        let Some(member) = config.and_then(|config| config.member(KEY)) else {
            continue;
        };
        let text = member.value.text();
        if !file.in_tree && text != Some("dist") {
            let message = format!(
                "`{}` prefers checkouts, whose repositories were not judged",
                file.shown
            );
            files.undecided(Location::line(&file.shown, member.line), &message);
        }
        // Of two files of which one goes by names, both count.
        if text.is_some() {
            return;
        }
    }
}

/// `transport-options` of the packages in the lockfile.
fn transport(files: &Files<'_>, path: &str, effective: &mut Effective) {
    let text = files.lockfile(path);
    // Most lockfiles have none; an escape may hide the word.
    if !text.contains("transport-options") && !text.contains("\\u") {
        return;
    }
    let document = json_tree::parse(&text);
    for list in ["packages", "packages-dev"] {
        let packages = document.root.value(list).map(Node::items);
        for package in packages.unwrap_or_default() {
            if let Some(options) = package.value("transport-options") {
                unverified(path, options, effective);
            }
        }
    }
}

/// Options of a connection in which certificates are not checked.
fn unverified(path: &str, options: &Node<'_>, effective: &mut Effective) {
    let Some(tls) = options.value("ssl") else {
        return;
    };
    for (key, bad) in WEAK_TLS {
        if let Some(member) = tls.member(key)
            && truth(&member.value) == Some(bad)
        {
            let place = super::place(path, member.line, says(key, &bad.to_string()));
            effective.weak(place, true, UNVERIFIED);
        }
    }
}
