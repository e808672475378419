//! Poetry and PDM: the sources in `pyproject.toml`, and `poetry.toml`
//! (<https://python-poetry.org/docs/repositories/>). Both lockfiles record the source of a
//! package; what counts here is how the client chooses when it locks.

use super::files::{File, Files, join};
use super::model::{Client, CoolDown, Effective, Names, Route, Target};
use super::text::{Toml, says};
use crate::model::ConfiguredAt;
use toml::de::DeTable;

const ADVICE: &str = "`[solver] min-release-age = 7` (days, Poetry 2.4 or later) in `poetry.toml`";

/// The configuration of Poetry for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Poetry);
    effective.cool_down = CoolDown::Missing { advice: ADVICE };
    if let Some(file) = files.tree(&join(directory, "pyproject.toml"))
        && let Some(document) = files.toml(&file)
        && let Some(table) = document.table(&["tool", "poetry"])
    {
        sources(&file, &document, table, &mut effective);
    }
    let mut found: Vec<_> = files
        .tree(&join(directory, "poetry.toml"))
        .into_iter()
        .collect();
    found.extend(files.platform_config("pypoetry/config.toml"));
    for file in &found {
        let Some(document) = files.toml(file) else {
            continue;
        };
        if let Some(solver) = document.table(&["solver"])
            && solver.contains_key("min-release-age")
        {
            effective.cool_down = CoolDown::On;
        }
        for (name, value) in document.table(&["certificates"]).into_iter().flatten() {
            let table = value.get_ref().as_table();
            if let Some((false, line)) = table.and_then(|table| document.flag(table, "cert")) {
                let key = format!("certificates.{}.cert", name.get_ref());
                let place = file.at(line, says(&key, "false"));
                effective.weak(place, true, "the registry's certificate is not checked");
            }
        }
    }
    effective
}

/// Sources that are not explicit are asked for every name: several primary ones together,
/// supplemental ones for what the others do not have. Without a primary one, the default
/// registry is.
fn sources(file: &File, document: &Toml<'_>, table: &DeTable<'_>, effective: &mut Effective) {
    let mut open: Vec<ConfiguredAt> = Vec::new();
    let mut has_primary = false;
    for source in document.tables(table, "source") {
        let (name, line) = document.text(source, "name").unwrap_or(("", 1));
        let priority = document
            .text(source, "priority")
            .map_or("primary", |(priority, _)| priority);
        let (target, place) = match document.text(source, "url") {
            Some((url, line)) => (
                Target::Address(url.to_owned()),
                file.at(line, says("url", url)),
            ),
            // The default registry by its name.
            None => (Target::Default, file.at(line, says("name", name))),
        };
        let names = match priority {
            "explicit" => Names::OnRequest,
            other => {
                has_primary |= !matches!(other, "supplemental" | "secondary");
                open.push(place.clone());
                Names::All
            }
        };
        effective.routes.push(Route::new(names, target, place));
    }
    if open.len() > 1 || (open.len() == 1 && !has_primary) {
        effective.mixed = open;
    }
}

/// The configuration of PDM for a project. PDM asks its sources in order of preference by
/// version, not by place, unless a source includes or excludes names.
pub(super) fn read_pdm(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Pdm);
    let Some(file) = files.tree(&join(directory, "pyproject.toml")) else {
        return effective;
    };
    let Some(document) = files.toml(&file) else {
        return effective;
    };
    let Some(table) = document.table(&["tool", "pdm"]) else {
        return effective;
    };
    let mut open = Vec::new();
    let mut replaces_default = false;
    for source in document.tables(table, "source") {
        let Some((url, line)) = document.text(source, "url") else {
            continue;
        };
        let place = file.at(line, says("url", url));
        let is_bound = ["include_packages", "exclude_packages"]
            .iter()
            .any(|key| source.contains_key(*key));
        replaces_default |= document
            .text(source, "name")
            .is_some_and(|(name, _)| name == "pypi");
        if !is_bound {
            open.push(place.clone());
        }
        let target = match url.contains("${") {
            true => Target::Unknown("an environment variable decides".to_owned()),
            false => Target::Address(url.to_owned()),
        };
        effective
            .routes
            .push(Route::new(Names::OnRequest, target, place));
        if let Some((false, line)) = document.flag(source, "verify_ssl") {
            let place = file.at(line, says("verify_ssl", "false"));
            effective.weak(place, true, "the registry's certificate is not checked");
        }
    }
    // A source named `pypi` stands in for the default registry.
    if open.len() > 1 || (open.len() == 1 && !replaces_default) {
        effective.mixed = open;
    }
    effective
}
