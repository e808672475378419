//! Pipenv: the sources of `Pipfile` and `Pipfile.lock`, and `PIPENV_PYPI_MIRROR`
//! (<https://pipenv.pypa.io/en/latest/indexes.html>). A package that names no index may come
//! from any source that is listed.

use super::files::{File, Files, join};
use super::model::{Client, Effective, Names, Recorded, Replacement, Route, Target};
use super::text::{environment, says};
use crate::support::json_tree;
use std::collections::BTreeSet;

/// The configuration of Pipenv for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Pipenv);
    if let Some(file) = files.tree(&join(directory, "Pipfile.lock")) {
        locked(&file, &mut effective);
    }
    if let Some(file) = files.tree(&join(directory, "Pipfile"))
        && let Some(document) = files.toml(&file)
    {
        for source in document.tables(&document.root, "source") {
            if let Some((url, line)) = document.text(source, "url") {
                let place = file.at(line, says("url", url));
                effective
                    .routes
                    .push(Route::new(Names::OnRequest, target(url), place));
            }
            if let Some((false, line)) = document.flag(source, "verify_ssl") {
                let place = file.at(line, says("verify_ssl", "false"));
                effective.weak(place, true, "the registry's certificate is not checked");
            }
        }
    }
    if let Some(value) = files.variable("PIPENV_PYPI_MIRROR") {
        let place = environment("PIPENV_PYPI_MIRROR", value);
        effective.replaced.push(Replacement {
            of: Recorded::Default,
            by: Route::new(Names::All, target(value), place),
        });
    }
    effective
}

fn target(url: &str) -> Target {
    match url.contains("${") || url.contains('$') {
        true => Target::Unknown("an environment variable decides".to_owned()),
        false => Target::Address(url.to_owned()),
    }
}

/// The sources that an installation from the lockfile asks.
fn locked(file: &File, effective: &mut Effective) {
    let document = json_tree::parse(&file.text);
    // A lockfile that breaks off is a gap of the inventory.
    let Some(meta) = document.root.value("_meta") else {
        return;
    };
    let mut places = Vec::new();
    let mut urls = BTreeSet::new();
    for source in meta
        .value("sources")
        .map_or(&[][..], json_tree::Node::items)
    {
        if let Some(member) = source.member("url")
            && let Some(url) = member.value.text()
        {
            let place = file.at(member.line, says("url", url));
            places.push(place.clone());
            urls.insert(url.to_owned());
            effective
                .routes
                .push(Route::new(Names::All, target(url), place));
        }
        if let Some(member) = source.member("verify_ssl")
            && member.value.flag() == Some(false)
        {
            let place = file.at(member.line, says("verify_ssl", "false"));
            effective.weak(place, true, "the registry's certificate is not checked");
        }
    }
    let unbound = ["default", "develop"].iter().any(|group| {
        let members = document.root.value(group).map(json_tree::Node::members);
        members.into_iter().flatten().any(|member| {
            member.value.member("version").is_some() && member.value.member("index").is_none()
        })
    });
    if urls.len() > 1 && unbound {
        effective.mixed = places;
    }
}
